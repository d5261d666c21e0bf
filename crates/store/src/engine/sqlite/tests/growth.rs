//! What the statements of a page do does not grow with the book: counted in steps of the engine, not in time.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use quittance_accounting::identity::InvoiceKey;
use quittance_accounting::invoice::Standing;
use quittance_accounting::money::Currency;
use rusqlite::{Connection, StatementStatus, params_from_iter};

use super::plans::plan;
use super::{BOOK, File};
use crate::engine::list::List;
use crate::engine::said::Spelling;
use crate::field::Cell;
use crate::listing::{InvoiceFilter, InvoicePlace, InvoiceQuery, OrderBy, PlaceValue};

/// The sizes that are compared.
const SMALL: i64 = 2_000;
const LARGE: i64 = 40_000;

/// Invoices of 200 days, in order, of which each is due thirty days later; one in four is open, one in a hundred a draft, the others
/// are paid. Money is on its way for days, so it is of as many in a small book as in a large one: of every fiftieth open one of the last.
const INVOICES: &str = "
    with recursive n (k) as (select 1 union all select k + 1 from n where k < :size),
    d as (select k, date('2026-01-01', '+' || (k * 200 / :size) || ' days') as day,
        date('2026-01-31', '+' || (k * 200 / :size) || ' days') as due,
        case when k % 100 = 7 then 'draft' when k % 4 = 0 then 'open' else 'paid' end as standing from n)
    insert into invoice (book, key, id, source, currency, stage, issued_at, entry, number, invoice_date, due_at, due_on, sent_at, created_at,
        updated_at, revision, subtotal, discount, document_discount, tax, document_tax, tip, total, paid, credited, refunded, written_off,
        pending, content, standing, open)
    select 1, k, printf('%024x', k), 'native', 'USD', case standing when 'draft' then 'draft' else 'issued' end, day, k, 'INV-' || k, day,
        due || 'T22:59:59.999999999Z', due, null, day, day, 1, 5, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0,
        k % 200 = 0 and k > :size - 2000, '', standing, case standing when 'open' then 5 else 0 end
    from d";

/// What is kept of them.
const TALLIES: &str = "
    insert into tally select book, 'standing', standing, count(*), 0, 0 from invoice group by book, standing;
    insert into tally select book, 'due', due_on, count(*), 0, 0 from invoice where open > 0 group by book, due_on;
    insert into tally select book, 'dated USD ' || standing, invoice_date, count(*), 0, 0 from invoice group by book, standing, invoice_date;";

fn filled(size: i64) -> (File, Connection) {
    let file = File::new();
    let connection = file.raw();
    connection.busy_timeout(Duration::from_secs(60)).unwrap();
    connection.execute(INVOICES, &[(":size", &size)]).unwrap();
    connection.execute_batch(TALLIES).unwrap();
    (file, connection)
}

/// The numbers that a statement finds, and how many steps that took.
fn asked(connection: &Connection, (sql, arguments): &(String, Vec<Cell>)) -> (Vec<i64>, i64) {
    let mut statement = connection.prepare(sql).unwrap();
    let found = statement
        .query_map(params_from_iter(arguments), |row| row.get(0))
        .unwrap()
        .collect::<Result<Vec<i64>, _>>()
        .unwrap();
    let steps = statement.get_status(StatementStatus::VmStep);
    (found, i64::from(steps))
}

/// The invoices of a page and the steps to it, counting included where it is asked for.
fn page(connection: &Connection, query: &InvoiceQuery) -> (Vec<i64>, i64) {
    let list = List::new(BOOK, &query.filter, Spelling::Sqlite);
    let crowded = list.is_crowded(query).map(|sql| asked(connection, &sql));
    let (found, mut steps) = asked(
        connection,
        &list.page(query, crowded.as_ref().map(|(yes, _)| yes == &[1])),
    );
    steps += crowded.map_or(0, |(_, steps)| steps);
    if query.count {
        steps += asked(connection, &list.total()).1;
    }
    (found, steps)
}

fn at(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

/// The lists whose pages are bounded: the filter, the order, and whether the page is counted too.
fn lists() -> Vec<(&'static str, InvoiceFilter, OrderBy, bool)> {
    let all = InvoiceFilter::default;
    let standings = |standings: &[Standing]| Some(standings.to_vec());
    let month = (Some(date(2026, 3, 1)), Some(date(2026, 3, 31)));
    let overdue = |day| InvoiceFilter {
        overdue: Some((true, at(day))),
        pending: Some(false),
        ..all()
    };
    let late = InvoiceFilter {
        pending: None,
        ..overdue("2027-01-01")
    };
    let aged = InvoiceFilter {
        due_at: (Some(at("2026-03-01")), Some(at("2026-04-10"))),
        ..overdue("2026-05-01")
    };
    let dated = InvoiceFilter {
        invoice_date: month,
        ..all()
    };
    let paid_then = InvoiceFilter {
        standings: standings(&[Standing::Paid, Standing::Refunded]),
        ..dated.clone()
    };
    let of_currency = InvoiceFilter {
        currency: Some(Currency::USD),
        ..all()
    };
    let open = InvoiceFilter {
        standings: standings(&[Standing::Open]),
        ..all()
    };
    let not_being_paid = InvoiceFilter {
        pending: Some(false),
        ..open.clone()
    };
    let not_being_paid_of_a_month = InvoiceFilter {
        pending: Some(false),
        invoice_date: month,
        ..open.clone()
    };
    let being_paid = InvoiceFilter {
        standings: standings(&[Standing::Open, Standing::PartPaid, Standing::PartWrittenOff]),
        pending: Some(true),
        ..all()
    };
    vec![
        ("all", all(), OrderBy::Created, true),
        ("all by date", all(), OrderBy::InvoiceDate, true),
        ("open", open.clone(), OrderBy::Created, true),
        ("open by date", open, OrderBy::InvoiceDate, true),
        ("sent", not_being_paid.clone(), OrderBy::Created, true),
        ("sent by date", not_being_paid, OrderBy::InvoiceDate, true),
        (
            "sent of a month",
            not_being_paid_of_a_month.clone(),
            OrderBy::Created,
            true,
        ),
        (
            "sent of a month by date",
            not_being_paid_of_a_month,
            OrderBy::InvoiceDate,
            true,
        ),
        ("being paid", being_paid.clone(), OrderBy::Created, true),
        ("being paid by date", being_paid, OrderBy::InvoiceDate, true),
        ("few overdue", overdue("2026-02-20"), OrderBy::Created, false),
        ("all overdue, by date", late, OrderBy::InvoiceDate, true),
        ("half overdue", overdue("2026-05-01"), OrderBy::Created, false),
        ("all overdue", overdue("2027-01-01"), OrderBy::Created, false),
        ("overdue for some time", aged, OrderBy::Created, false),
        ("of a month", dated.clone(), OrderBy::Created, true),
        ("of a month by date", dated, OrderBy::InvoiceDate, true),
        ("paid of a month", paid_then.clone(), OrderBy::Created, true),
        ("paid of a month by date", paid_then, OrderBy::InvoiceDate, true),
        ("of a currency", of_currency.clone(), OrderBy::Created, true),
        ("of a currency by date", of_currency, OrderBy::InvoiceDate, true),
    ]
}

#[test]
fn the_steps_to_a_page_do_not_grow_with_the_book() {
    let books = [filled(SMALL), filled(LARGE)];
    for (name, filter, order, count) in lists() {
        for descending in [false, true] {
            for goes_on in [false, true] {
                let [small, large] = [SMALL, LARGE].map(|size| {
                    let (_, connection) = &books[usize::from(size == LARGE)];
                    let value = match order {
                        OrderBy::InvoiceDate => PlaceValue::On(date(2026, 3, 20)),
                        _ => PlaceValue::Nothing,
                    };
                    // The day that one in two and a half is dated before.
                    let key = InvoiceKey(size * 39 / 100);
                    let query = InvoiceQuery {
                        filter: filter.clone(),
                        order,
                        descending,
                        after: goes_on.then_some(InvoicePlace { value, key }),
                        offset: 0,
                        limit: 100,
                        count,
                    };
                    page(connection, &query)
                });
                let what = format!("{name}, descending: {descending}, goes on: {goes_on}");
                // A short page says nothing about a full one.
                if small.0.len() == 100 {
                    assert_eq!(large.0.len(), 100, "{what}");
                    assert!(large.1 * 2 <= small.1 * 3, "{what}: {} steps, and {}", small.1, large.1);
                } else {
                    assert!(large.1 <= 40_000, "{what}: {} steps", large.1);
                    let of_few = name.starts_with("being paid");
                    assert!(
                        !of_few || large.1 * 2 <= small.1 * 3,
                        "{what}: {} steps, and {}",
                        small.1,
                        large.1
                    );
                }
            }
        }
    }
}

/// A page of overdue invoices is the same as one that is found by looking at all.
#[test]
fn a_merged_page_is_what_a_look_at_all_finds() {
    let (_file, connection) = filled(SMALL);
    for day in ["2026-01-15", "2026-02-20", "2026-05-01", "2026-08-18", "2027-01-01"] {
        for (descending, direction) in [(false, ""), (true, " desc")] {
            for (offset, limit) in [(0, 100), (7, 3), (250, 100), (0, 10_000)] {
                let query = InvoiceQuery {
                    filter: InvoiceFilter {
                        overdue: Some((true, at(day))),
                        pending: Some(false),
                        ..InvoiceFilter::default()
                    },
                    order: OrderBy::Created,
                    descending,
                    after: None,
                    offset,
                    limit,
                    count: false,
                };
                let all = format!(
                    "select key from invoice where book = 1 and open > 0 and pending = 0 and due_at <= '{day}T12:00:00Z' \
                     order by key{direction} limit {limit} offset {offset}"
                );
                let (expected, _) = asked(&connection, &(all, Vec::new()));
                assert_eq!(page(&connection, &query).0, expected, "{query:?}");
            }
        }
    }
}

/// In order of date, those of a standing and those that are overdue are told from the others in the index.
#[test]
fn what_is_passed_over_in_order_of_date_is_not_read() {
    let file = File::new();
    let connection = file.raw();
    let of_standing = InvoiceFilter {
        standings: Some(vec![Standing::Paid, Standing::Refunded]),
        ..InvoiceFilter::default()
    };
    let overdue = InvoiceFilter {
        overdue: Some((true, at("2026-05-01"))),
        ..InvoiceFilter::default()
    };
    for filter in [of_standing, overdue] {
        for descending in [false, true] {
            let query = InvoiceQuery {
                filter: filter.clone(),
                order: OrderBy::InvoiceDate,
                descending,
                after: None,
                offset: 0,
                limit: 100,
                count: false,
            };
            let (sql, arguments) = List::new(BOOK, &filter, Spelling::Sqlite).page(&query, Some(true));
            let way = plan(&connection, &sql, &arguments);
            assert_eq!(
                way, "SEARCH invoice USING COVERING INDEX invoice_by_date (book=?)",
                "{query:?}"
            );
        }
    }
}
