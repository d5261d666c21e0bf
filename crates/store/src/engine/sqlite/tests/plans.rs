//! The ways in which SQLite finds what lists and reports ask for: along an index that begins at the place, never through a whole book.

use jiff::Timestamp;
use jiff::civil::date;
use quittance_accounting::content::Content;
use quittance_accounting::identity::{CustomerKey, InvoiceKey};
use quittance_accounting::invoice::{Invoice, Standing};
use rusqlite::{Connection, params_from_iter};

use super::{BOOK, File};
use crate::engine::journal;
use crate::engine::list::List;
use crate::engine::said::Spelling;
use crate::engine::sqlite::gather;
use crate::engine::sqlite::rows::statements;
use crate::field::Cell;
use crate::gathering::Seek;
use crate::listing::{
    CustomerOfEntry, EntryQuery, InvoiceFilter, InvoicePlace, InvoiceQuery, MOST_LOOKED_AT, MOST_TEXTS_LOOKED_AT,
    OrderBy, PlaceValue, TextCondition,
};
use crate::tables::{Stored as _, TABLES};

fn list(filter: InvoiceFilter, order: OrderBy, descending: bool) -> InvoiceQuery {
    InvoiceQuery {
        filter,
        order,
        descending,
        after: None,
        offset: 0,
        limit: 10,
        count: false,
    }
}

/// How SQLite carries a statement out.
pub(super) fn plan<'a>(connection: &Connection, sql: &str, arguments: impl IntoIterator<Item = &'a Cell>) -> String {
    let mut statement = connection.prepare(&format!("explain query plan {sql}")).unwrap();
    let steps = statement
        .query_map(params_from_iter(arguments), |row| row.get::<_, String>(3))
        .unwrap();
    steps.collect::<Result<Vec<_>, _>>().unwrap().join("; ")
}

/// How SQLite finds the invoices of a list.
fn way(connection: &Connection, query: &InvoiceQuery) -> String {
    let (sql, arguments) = List::new(BOOK, &query.filter, Spelling::Sqlite).page(query, None);
    plan(connection, &sql, &arguments)
}

#[test]
fn a_list_that_goes_on_begins_at_its_place() {
    let file = File::new();
    let connection = file.raw();
    let open = InvoiceFilter {
        standings: Some(vec![Standing::Open]),
        ..InvoiceFilter::default()
    };
    let (all, at) = (InvoiceFilter::default, PlaceValue::At(Timestamp::UNIX_EPOCH));
    let day = PlaceValue::On(date(2026, 3, 1));
    let cases = [
        (
            all(),
            OrderBy::Created,
            PlaceValue::Nothing,
            "sqlite_autoindex_invoice_1 (book=? AND key",
        ),
        (
            open.clone(),
            OrderBy::Created,
            PlaceValue::Nothing,
            "invoice_by_standing (book=? AND standing=? AND key",
        ),
        (
            all(),
            OrderBy::InvoiceDate,
            day,
            "invoice_by_date (book=? AND (invoice_date,key)",
        ),
        (
            all(),
            OrderBy::SentAt,
            at,
            "invoice_by_sending (book=? AND (sent_at,key)",
        ),
        (
            all(),
            OrderBy::SentAt,
            PlaceValue::Nothing,
            "invoice_by_sending (book=? AND sent_at=? AND key",
        ),
    ];
    for (filter, order, value, index) in cases {
        for descending in [false, true] {
            let mut query = list(filter.clone(), order, descending);
            let key = InvoiceKey(500_000);
            query.after = Some(InvoicePlace {
                value: value.clone(),
                key,
            });
            let way = way(&connection, &query);
            assert!(way.contains(index), "{query:?}: {way}");
            assert!(
                !way.contains("SCAN") && !way.contains("TEMP B-TREE"),
                "{query:?}: {way}"
            );
        }
    }
    for (order, index) in [
        (OrderBy::InvoiceDate, "invoice_by_date"),
        (OrderBy::SentAt, "invoice_by_sending"),
    ] {
        let query = list(open.clone(), order, true);
        let (sql, arguments) = List::new(BOOK, &query.filter, Spelling::Sqlite).page(&query, Some(true));
        let crowded = plan(&connection, &sql, &arguments);
        assert!(crowded.contains(index) && !crowded.contains("TEMP B-TREE"), "{crowded}");
        let (sql, arguments) = List::new(BOOK, &query.filter, Spelling::Sqlite).page(&query, Some(false));
        let rare = plan(&connection, &sql, &arguments);
        assert!(rare.contains("invoice_by_standing (book=? AND standing=?)"), "{rare}");
    }
    let first = plan(&connection, crate::documents::FIRST_FROM, &[Cell::Int(1), Cell::Int(9)]);
    assert!(
        first.contains("sqlite_autoindex_invoice_1 (book=? AND key>?)"),
        "{first}"
    );
    let counted = plan(&connection, crate::documents::BURIED, &[Cell::Int(1), Cell::Int(9)]);
    let along_the_key = "COVERING INDEX sqlite_autoindex_tombstone_1 (book=? AND kind=? AND number<?)";
    assert!(counted.contains(along_the_key), "{counted}");
    let open = InvoiceFilter {
        standings: Some(vec![Standing::Open, Standing::PartPaid, Standing::PartWrittenOff]),
        overdue: Some((false, Timestamp::UNIX_EPOCH)),
        ..all()
    };
    let unpaid = InvoiceFilter {
        pending: Some(false),
        ..open.clone()
    };
    let found = way(&connection, &list(unpaid, OrderBy::Created, true));
    assert!(
        !found.contains("autoindex") && !found.contains("TEMP B-TREE"),
        "{found}"
    );
    let list = List::new(BOOK, &open, Spelling::Sqlite);
    let (sql, arguments) = list.total();
    let counted = plan(&connection, &sql, &arguments);
    // Only those due around today are counted one by one.
    assert!(
        counted.contains("COVERING INDEX invoice_open_by_due (book=? AND due_on>? AND due_on<?)"),
        "{counted}"
    );
}

#[test]
fn lists_use_the_indexes_made_for_them() {
    let file = File::new();
    let connection = file.raw();
    let all = InvoiceFilter::default;
    let now = Timestamp::UNIX_EPOCH;
    let one = InvoiceFilter {
        standings: Some(vec![Standing::Open]),
        ..all()
    };
    let two = InvoiceFilter {
        standings: Some(vec![Standing::Open, Standing::PartPaid]),
        ..all()
    };
    let of_customer = InvoiceFilter {
        customer: Some(CustomerKey(1)),
        ..all()
    };
    let number = InvoiceFilter {
        number: Some("1".to_owned()),
        ..all()
    };
    let external = InvoiceFilter {
        external_id: Some("1".to_owned()),
        ..all()
    };
    let overdue = InvoiceFilter {
        overdue: Some((true, now)),
        ..all()
    };
    let dated = InvoiceFilter {
        invoice_date: (Some(date(2026, 1, 1)), None),
        ..all()
    };
    let cases = [
        (all(), OrderBy::Created, "sqlite_autoindex_invoice_1 (book=?)", true),
        (all(), OrderBy::InvoiceDate, "invoice_by_date (book=?)", true),
        (all(), OrderBy::SentAt, "invoice_by_sending (book=?)", true),
        (
            one.clone(),
            OrderBy::Created,
            "invoice_by_standing (book=? AND standing=?)",
            true,
        ),
        (
            two,
            OrderBy::Created,
            "invoice_by_standing (book=? AND standing=?)",
            true,
        ),
        (
            of_customer,
            OrderBy::Created,
            "invoice_by_customer (book=? AND customer=?)",
            true,
        ),
        (
            number,
            OrderBy::Created,
            "sqlite_autoindex_invoice_1 (book=? AND key=?)",
            true,
        ),
        (
            external,
            OrderBy::Created,
            "invoice_by_external_id (book=? AND external_id=?)",
            true,
        ),
        (
            overdue,
            OrderBy::DueAt,
            "invoice_open_by_due (book=? AND due_on<?)",
            false,
        ),
        (
            dated,
            OrderBy::InvoiceDate,
            "invoice_by_date (book=? AND invoice_date>?)",
            true,
        ),
    ];
    for (filter, order, index, sorted) in cases {
        for descending in [false, true] {
            let way = way(&connection, &list(filter.clone(), order, descending));
            assert!(way.contains(index), "{filter:?}: {way}");
            assert!(!way.contains("SCAN"), "{filter:?}: {way}");
            assert_eq!(!way.contains("TEMP B-TREE"), sorted, "{filter:?}: {way}");
        }
    }
}

/// What is found by its key where rows lie by a rowid of their own is found there, without an index between.
#[test]
fn wide_rows_are_found_where_they_lie() {
    let file = File::new();
    let connection = file.raw();
    let (one, two) = (
        [1, 7].map(Cell::Int),
        [Cell::Int(1), Cell::Text("invoice".to_owned()), Cell::Int(7)],
    );
    for (table, seek, key) in [
        (Invoice::TABLE, Seek::Invoice, one.as_slice()),
        (Content::TABLE, Seek::Content, two.as_slice()),
    ] {
        let all = TABLES.iter().find(|known| **known == table).unwrap();
        let written = statements(all).unwrap();
        for sql in [gather::text(seek), &written.delete, &written.update] {
            let others = vec![Cell::Null; connection.prepare(sql).unwrap().parameter_count() - key.len()];
            let way = plan(&connection, sql, key.iter().chain(&others));
            let step = format!("SEARCH {} USING INTEGER PRIMARY KEY (rowid=?)", table.name);
            assert_eq!(way, step, "{sql}");
        }
    }
}

/// Without figures about the tables the planner takes the first key it sees for a narrow one, so each statement is held to its plan.
#[test]
fn reports_use_the_indexes_made_for_them() {
    let file = File::new();
    let connection = file.raw();
    for (asked, used) in crate::reports::plans() {
        let mut statement = connection
            .prepare(&format!("explain query plan {}", asked.sql))
            .unwrap();
        let arguments = vec![1; statement.parameter_count()];
        let plan: Vec<String> = statement
            .query_map(rusqlite::params_from_iter(arguments), |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for index in used {
            assert!(plan.iter().any(|step| step.contains(index)), "{index}: {plan:#?}");
        }
        let whole = |step: &&String| step.starts_with("SCAN") && !["t", "m", "e"].contains(&&step[5..]);
        assert_eq!(plan.iter().find(whole), None, "{plan:#?}");
    }
}

/// What no index has is looked for among so many as may be looked at, in the order of the list.
#[test]
fn what_stands_in_no_index_is_looked_for_among_so_many() {
    let file = File::new();
    let connection = file.raw();
    let all = InvoiceFilter::default;
    let text = || TextCondition::Mentions(vec![&["memo"]], "birch".to_owned());
    let now = Timestamp::UNIX_EPOCH;
    let looked_for = [
        InvoiceFilter {
            texts: vec![text()],
            ..all()
        },
        InvoiceFilter {
            total: (Some(5), None),
            ..all()
        },
        InvoiceFilter {
            due_at: (Some(now), Some(now)),
            ..all()
        },
        InvoiceFilter {
            paid_on: (Some(date(2026, 1, 1)), None),
            ..all()
        },
        InvoiceFilter {
            texts: vec![text()],
            standings: Some(vec![Standing::Open, Standing::PartPaid]),
            ..all()
        },
    ];
    for filter in looked_for {
        let most = match filter.texts.is_empty() {
            true => MOST_LOOKED_AT,
            false => MOST_TEXTS_LOOKED_AT,
        };
        for order in [OrderBy::Created, OrderBy::InvoiceDate, OrderBy::SentAt] {
            for descending in [false, true] {
                let query = list(filter.clone(), order, descending);
                let asked = List::new(BOOK, &filter, Spelling::Sqlite);
                let crowded = asked.is_crowded(&query).map(|_| true);
                let (sql, arguments) = asked.page(&query, crowded);
                assert!(arguments.contains(&Cell::Int(most)), "{sql}");
                let way = plan(&connection, &sql, &arguments);
                // What is scanned is only what was found.
                let rest = way.replace("CO-ROUTINE invoice", "").replace("; SCAN invoice;", ";");
                let rest = rest.strip_suffix("; SCAN invoice").unwrap_or(&rest);
                assert!(way.contains("CO-ROUTINE invoice"), "{query:?}: {way}");
                assert!(
                    !rest.contains("SCAN invoice") && !rest.contains("TEMP B-TREE"),
                    "{query:?}: {way}"
                );
                let (sql, arguments) = asked.is_more();
                assert!(arguments.contains(&Cell::Int(most)), "{sql}");
            }
        }
    }
}

/// What an index has day by day is merged in order of creation: from each day along the index alone, and nothing is sorted but the days.
#[test]
fn a_page_of_days_is_merged_of_them() {
    let file = File::new();
    let connection = file.raw();
    let now = Timestamp::UNIX_EPOCH;
    let overdue = InvoiceFilter {
        overdue: Some((true, now)),
        pending: Some(false),
        ..InvoiceFilter::default()
    };
    let told_twice = InvoiceFilter {
        standings: Some(vec![Standing::Open, Standing::PartPaid, Standing::PartWrittenOff]),
        pending: None,
        ..overdue.clone()
    };
    let dated = InvoiceFilter {
        invoice_date: (Some(date(2026, 1, 1)), Some(date(2026, 1, 31))),
        ..InvoiceFilter::default()
    };
    let both = InvoiceFilter {
        standings: Some(vec![Standing::Paid]),
        ..dated.clone()
    };
    let cases = [
        (
            overdue,
            None,
            "USING COVERING INDEX invoice_open_by_due (book=? AND due_on=?",
        ),
        (
            told_twice,
            None,
            "USING COVERING INDEX invoice_open_by_due (book=? AND due_on=?",
        ),
        (
            dated,
            None,
            "USING COVERING INDEX invoice_by_date (book=? AND invoice_date=?",
        ),
        (
            both,
            Some(true),
            "USING COVERING INDEX invoice_by_date (book=? AND invoice_date=?",
        ),
    ];
    for (filter, crowded, index) in cases {
        for (descending, later) in [(false, ">"), (true, "<")] {
            for after in [None, Some(InvoiceKey(500_000))] {
                let mut query = list(filter.clone(), OrderBy::Created, descending);
                let value = PlaceValue::Nothing;
                query.after = after.map(|key| InvoicePlace { value, key });
                let asked = List::new(BOOK, &filter, Spelling::Sqlite);
                assert_eq!(asked.is_crowded(&query).is_some(), crowded.is_some());
                let (sql, arguments) = asked.page(&query, crowded);
                let way = plan(&connection, &sql, &arguments);
                let first = match after {
                    None => format!("{index})"),
                    Some(_) => format!("{index} AND key{later}?)"),
                };
                assert!(way.contains(&first), "{query:?}: {way}");
                assert!(way.contains(&format!("{index} AND key{later}?)")), "{query:?}: {way}");
                assert_eq!(way.matches(" invoice ").count(), 2, "{query:?}: {way}");
                let (days, merging) = way.split_once("; SCAN ahead; RECURSIVE STEP; ").unwrap();
                assert!(days.contains("SEARCH tally USING"), "{query:?}: {way}");
                assert!(
                    !way.contains("SCAN invoice") && !merging.contains("ORDER BY"),
                    "{query:?}: {way}"
                );
                // Far behind, sorting is the shorter way, along the same index.
                query.offset = 30_000;
                let (sql, arguments) = asked.page(&query, crowded);
                let way = plan(&connection, &sql, &arguments);
                let (index, _) = index.split_once(" (").unwrap_or_default();
                assert!(way.contains(index) && way.contains("TEMP B-TREE"), "{query:?}: {way}");
            }
        }
    }
}

#[test]
fn entries_of_a_customer_are_found_along_its_documents() {
    let file = File::new();
    let query = EntryQuery {
        customer: Some(CustomerOfEntry {
            key: CustomerKey(1),
            named: "ada".to_owned(),
        }),
        limit: 10,
        ..EntryQuery::default()
    };
    let (sql, arguments) = journal::entries(BOOK, &query, Spelling::Sqlite);
    let way = plan(&file.raw(), &sql, &arguments);
    for table in ["entry", "i", "p", "e", "f", "o", "r"] {
        let looked_up = way.contains(&format!("SEARCH {table} USING"));
        let walked = way.split("; ").any(|step| {
            step.starts_with(&format!("SCAN {table}"))
                || (step.starts_with(&format!("SEARCH {table} USING")) && step.ends_with("(book=?)"))
        });
        assert!(looked_up && !walked, "{table}: {way}");
    }
}

/// Statements number their own arguments and no others: PostgreSQL refuses one whose type it cannot see.
#[test]
fn a_statement_has_the_arguments_that_it_names() {
    let filter = InvoiceFilter {
        standings: Some(vec![Standing::Open, Standing::PartPaid, Standing::PartWrittenOff]),
        overdue: Some((true, Timestamp::UNIX_EPOCH)),
        ..InvoiceFilter::default()
    };
    let list = List::new(BOOK, &filter, Spelling::Postgres);
    let query = list_of(filter);
    for (sql, arguments) in [list.total(), list.page(&query, None), list.is_more()] {
        for place in 1..=arguments.len() {
            assert!(sql.contains(&format!("?{place}")), "{sql}");
        }
        assert!(!sql.contains(&format!("?{}", arguments.len() + 1)), "{sql}");
    }
}

fn list_of(filter: InvoiceFilter) -> InvoiceQuery {
    list(filter, OrderBy::Created, true)
}
