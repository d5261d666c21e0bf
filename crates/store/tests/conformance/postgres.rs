//! What only PostgreSQL is asked: its catalogue, its statements with their plans, and what the role of a server may not do.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use jiff::Timestamp;
use jiff::civil::date;
use quittance_accounting::identity::{BookKey, InvoiceKey};
use quittance_accounting::invoice::Standing;
use quittance_store::listing::{InvoiceFilter, InvoicePlace, InvoiceQuery, OrderBy, PlaceValue, TextCondition};
use quittance_store::{CarriedOut, Scratch, Store, StoreError};

use crate::chance::Chance;
use crate::commands::Commands;
use crate::compare::compare;
use crate::history::stock;
use crate::twins::{Engine, Place, Twins, now};

/// The small tables that are the same for every book, and the one that says which version the tables have.
const REFERENCE: [&str; 2] = ["directory", "quittance_version"];

fn scratch(twins: &Twins) -> &Scratch {
    match &twins.place {
        Place::Database(scratch) => scratch,
        Place::File(_) => panic!("not PostgreSQL"),
    }
}

/// Every name in the first columns of what is asked of the catalogue.
fn asked(scratch: &Scratch, sql: &str) -> Vec<Vec<String>> {
    let rows = scratch.carry_out(&[sql]).unwrap();
    rows.into_iter()
        .map(|row| row.into_iter().map(Option::unwrap_or_default).collect())
        .collect()
}

#[test]
fn every_key_starts_with_the_book() {
    let twins = Twins::new(Engine::Postgres);
    let scratch = scratch(&twins);
    let tables = asked(
        scratch,
        "select relname, exists (select 1 from pg_index where indrelid = c.oid and indisprimary) from pg_class c \
         where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') order by 1",
    );
    assert!(tables.len() > 20, "{tables:?}");
    let indexes = asked(
        scratch,
        "select c.relname, i.relname, a.attname from pg_index x join pg_class c on c.oid = x.indrelid \
         join pg_class i on i.oid = x.indexrelid \
         left join pg_attribute a on a.attrelid = c.oid and a.attnum = x.indkey[0] \
         where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')",
    );
    for row in tables.iter().filter(|row| !REFERENCE.contains(&row[0].as_str())) {
        assert_eq!(row[1], "t", "table {} has no primary key", row[0]);
        let of_table = indexes.iter().filter(|index| index[0] == row[0]);
        for index in of_table {
            assert_eq!(index[2], "book", "index {} of table {}", index[1], index[0]);
        }
    }
    let foreign = asked(
        scratch,
        "select conname, a.attname from pg_constraint k left join pg_attribute a on a.attrelid = k.conrelid \
         and a.attnum = k.conkey[1] where k.contype = 'f' and k.connamespace = current_schema()::regnamespace",
    );
    for key in foreign {
        assert_eq!(key[1], "book", "foreign key {}", key[0]);
    }
    let collations = asked(
        scratch,
        "select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid \
         join pg_collation l on l.oid = a.attcollation where c.relnamespace = current_schema()::regnamespace \
         and c.relkind in ('r', 'p') and a.attnum > 0 and l.collname <> 'C'",
    );
    assert_eq!(
        collations,
        Vec::<Vec<String>>::new(),
        "texts must be ordered by their bytes"
    );
}

/// Whether a step reads a table of books otherwise than by an index and a book.
fn strays(step: &serde_json::Value) -> bool {
    let text = |name: &str| step[name].as_str().unwrap_or_default();
    let table = text("Relation Name");
    let reads = !table.is_empty() || text("Node Type") == "Bitmap Index Scan";
    if !reads
        || REFERENCE.contains(&table)
        || ["ModifyTable", "Bitmap Heap Scan", "LockRows"].contains(&text("Node Type"))
    {
        return false;
    }
    !text("Index Cond").contains("(book = $1)") && !text("Index Cond").contains(".book = $1)")
}

/// A database of which one connection of each kind has carried out every statement there is.
fn asked_for_everything() -> Twins {
    let scratch = Scratch::new().unwrap();
    let store = now(Store::open_postgres(&format!(
        "{}&writers=1&readers=1",
        scratch.address()
    )))
    .unwrap();
    let mut twins = Twins::over(store, Place::Database(scratch));
    let book = twins.open(1, 0);
    let mut commands = Commands::new(12);
    let moment = twins.moment();
    for store in [&twins.engine, &twins.memory] {
        stock(store, book, &mut Commands::new(12), &moment);
    }
    commands.stock();
    for _ in 0..40 {
        let next = commands.next();
        for plan in twins.run(book, &[next]).into_iter().flatten() {
            commands.learn(&plan);
        }
    }
    compare(&twins, book, &commands.ids, &mut Chance::new(6));
    twins
}

#[test]
fn every_statement_is_of_one_book() {
    let twins = asked_for_everything();
    let carried = now(twins.engine.carried_out()).unwrap();
    assert!(carried.len() > 100, "only {} statements", carried.len());
    let searches = carried.iter().flat_map(|carried| &carried.steps);
    assert!(searches.filter(|step| step["Index Cond"].is_string()).count() > 100);
    for CarriedOut { sql, steps } in &carried {
        assert!(!steps.is_empty(), "no plan: {sql}");
        let stray = steps.iter().find(|step| strays(step));
        assert_eq!(stray, None, "{sql}\nreads more than one book");
        let inserts = sql.starts_with("insert into") && !sql.starts_with("insert into directory");
        assert!(
            !inserts || sql.contains("select $1,") || sql.contains("values ($1,"),
            "{sql}"
        );
    }
}

/// Whether a step takes the rows of a book and looks at each for whether it is among those that are wanted: what it costs grows with
/// the book.
fn walks(step: &serde_json::Value) -> bool {
    let text = |name: &str| step[name].as_str().unwrap_or_default();
    text("Filter").contains("ANY ($") || text("Filter").contains("sought") || text("Join Filter").contains("new.")
}

#[test]
fn what_was_planned_for_a_small_book_is_planned_anew_for_a_larger_one() {
    let twins = asked_for_everything();
    let statements = || {
        let carried = now(twins.engine.carried_out()).unwrap();
        let of_crowds = |carried: &CarriedOut| {
            let tables = ["from number_use ", "from line ", "update line ", "from posting "];
            tables.iter().any(|table| carried.sql.contains(table)) && !carried.sql.starts_with("with ")
        };
        carried.into_iter().filter(of_crowds).collect::<Vec<_>>()
    };
    let walking = |statements: &[CarriedOut]| {
        let walking = statements.iter().filter(|carried| carried.steps.iter().any(walks));
        walking.map(|carried| carried.sql.clone()).collect::<Vec<_>>()
    };
    let small = statements();
    assert!(small.len() > 5, "{small:?}");
    // Without statistics, as after a busy first minute.
    scratch(&twins)
        .carry_out(&[
            "insert into number_use (book, number, counted, document_kind, document_number, state) \
             select 1, 'X-' || n, 0, 'invoice', n, 'live' from generate_series(1, 20000) as n",
            "insert into line (book, invoice, place, account, quantity, unit_price, subtotal, discount, taxes) \
             select 1, 1000 + n, place, 1, '1', '5', 5, 0, '' \
             from generate_series(1, 10000) as n, generate_series(1, 3) as place",
            "insert into posting (book, entry, place, account, date, side, amount) \
             select 1, 1000 + n, place, 1, '2026-03-01', 'debit', 5 from generate_series(1, 10000) as n, generate_series(1, 3) as place",
        ])
        .unwrap();
    for _ in 0..1100 {
        let mut unit = now(twins.engine.begin()).unwrap();
        now(unit.head(BookKey(1))).unwrap();
        drop(now(twins.engine.reader()).unwrap());
    }
    assert_eq!(
        walking(&statements()),
        Vec::<String>::new(),
        "at first: {:?}",
        walking(&small)
    );
}

#[test]
fn the_log_refuses_its_owner_and_the_role_of_a_server_may_do_less() {
    let mut twins = Twins::new(Engine::Postgres);
    let book = twins.open(1, 0);
    let place = scratch(&twins);
    for sql in ["update event set actor = actor", "delete from event", "truncate event"] {
        let refused = place.carry_out(&[sql]).unwrap_err();
        assert!(
            refused.to_string().contains("the log is insert-only"),
            "{sql}: {refused}"
        );
    }
    let (address, role) = place.server().unwrap();
    now(Store::migrate_postgres(&place.address(), Some(&role))).unwrap();
    for sql in [
        "update event set actor = actor",
        "delete from event",
        "truncate event",
        "update directory set first = 1",
        "delete from directory",
        "update quittance_version set version = 9",
        "drop table tally",
        "alter table event disable trigger all",
        "create table mine (book bigint)",
        "truncate content",
    ] {
        let refused = place.carry_out(&[&format!("set role {role}"), sql]).unwrap_err();
        let text = refused.to_string();
        assert!(
            text.contains("permission denied") || text.contains("must be owner"),
            "{sql}: {text}"
        );
    }
    // It serves all the same.
    twins.engine = now(Store::open_postgres(&address)).unwrap();
    let mut commands = Commands::new(5);
    twins.run(book, &commands.stock());
    let second = twins.open(2, 0);
    assert_eq!(second, BookKey(2));
    compare(&twins, book, &[1], &mut Chance::new(4));
    // Only the owner can vacuum, so that nothing is said to be gone.
    assert_eq!(now(twins.engine.scrub()), Ok(false));
}

#[test]
fn tables_of_another_version_are_refused_and_two_programs_make_them_once() {
    let place = Scratch::new().unwrap();
    let address = place.address();
    // Whoever only looks makes nothing.
    for _ in 0..2 {
        let refused = now(Store::open_postgres_as_it_is(&address)).unwrap_err();
        assert!(
            matches!(refused, StoreError::WrongVersion { found: 0, .. }),
            "{refused:?}"
        );
    }
    let opened: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| now(Store::open_postgres(&address))))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for store in opened {
        now(now(store.unwrap().reader()).unwrap().directory()).unwrap();
    }
    now(Store::open_postgres_as_it_is(&address)).unwrap();
    // One that is to come, and one that was given up.
    for version in [99, 1] {
        let other = format!("update quittance_version set version = {version}");
        place.carry_out(&[&other]).unwrap();
        let refused = now(Store::open_postgres(&address)).unwrap_err();
        assert!(
            matches!(refused, StoreError::WrongVersion { found, .. } if found == version),
            "{refused:?}"
        );
    }
}

#[test]
fn a_stranger_at_the_other_end_is_told_from_a_database_that_is_away() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!(
        "postgres://clerk:secret@{}/books?sslmode=require&connect_timeout=60",
        listener.local_addr().unwrap()
    );
    let stranger = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 8];
        stream.read_exact(&mut asked).unwrap();
        // It says yes to TLS and does not know it.
        stream.write_all(b"Shello, I am the database").unwrap();
        let _ended = stream.read(&mut asked);
    });
    let refused = now(Store::open_postgres(&address)).unwrap_err();
    stranger.join().unwrap();
    assert!(matches!(refused, StoreError::Engine { .. }), "{refused:?}");
    // Nobody listens there any more.
    let away = now(Store::open_postgres(&address)).unwrap_err();
    assert!(matches!(away, StoreError::Interrupted { .. }), "{away:?}");
}

/// Fills a book with so many invoices that a plan which reads or sorts all of them costs more than one along an index.
fn crowd(scratch: &Scratch) {
    let instant = "'2026-03-01T00:00:00.000000000Z'";
    scratch
        .carry_out(&[
            &format!(
                "insert into invoice (book, key, id, source, customer, currency, stage, issued_at, entry, number, invoice_date, due_at, \
                 due_on, sent_at, created_at, updated_at, revision, subtotal, discount, document_discount, tax, document_tax, tip, total, \
                 paid, credited, refunded, written_off, pending, content, standing, open) \
                 select 1, n, lpad(to_hex(n), 24, '0'), 'native', n % 50, 'USD', 'issued', {instant}, n, 'INV-' || n, \
                 to_char(date '2024-01-01' + cast(n % 700 as integer), 'YYYY-MM-DD'), {instant}, '2026-03-01', \
                 case when n % 3 > 0 then {instant} end, {instant}, {instant}, 1, 5, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, repeat('0', 64), \
                 (array['open', 'paid', 'part_paid', 'void'])[1 + n % 4], n % 2 * 5 from generate_series(1, 40000) as n"
            ),
            "analyze invoice",
        ])
        .unwrap();
}

#[test]
fn no_list_reads_or_sorts_a_whole_book() {
    let scratch = Scratch::new().unwrap();
    let address = format!("{}&writers=1&readers=1", scratch.address());
    let store = now(Store::open_postgres(&address)).unwrap();
    crowd(&scratch);
    let twins = Twins::over(store, Place::Database(scratch));
    let reader = now(twins.engine.reader()).unwrap();
    let (book, at) = (BookKey(1), Timestamp::UNIX_EPOCH);
    let standings = |standings: &[Standing]| InvoiceFilter {
        standings: Some(standings.to_vec()),
        ..InvoiceFilter::default()
    };
    let filters = [
        InvoiceFilter::default(),
        InvoiceFilter {
            texts: vec![TextCondition::Mentions(vec![&["memo"]], "birch".to_owned())],
            ..InvoiceFilter::default()
        },
        InvoiceFilter {
            total: (Some(6), None),
            ..InvoiceFilter::default()
        },
        standings(&[Standing::Open]),
        InvoiceFilter {
            texts: vec![TextCondition::Holds(&["memo"], "birch".to_owned())],
            ..standings(&[Standing::Open])
        },
    ];
    for (at_filter, filter) in filters.into_iter().enumerate() {
        for (order, value) in [
            (OrderBy::Created, PlaceValue::Nothing),
            (OrderBy::InvoiceDate, PlaceValue::On(date(2025, 1, 1))),
            (OrderBy::SentAt, PlaceValue::At(at)),
            (OrderBy::SentAt, PlaceValue::Nothing),
        ] {
            // Of a standing, only the order of creation has an index.
            if at_filter > 2 && order != OrderBy::Created {
                continue;
            }
            let key = InvoiceKey(20_000);
            for (descending, after) in [(true, false), (false, false), (true, true), (false, true)] {
                let query = InvoiceQuery {
                    filter: filter.clone(),
                    order,
                    descending,
                    after: after.then(|| InvoicePlace {
                        value: value.clone(),
                        key,
                    }),
                    offset: 0,
                    limit: 100,
                    count: false,
                };
                let page = now(reader.invoices(book, &query)).unwrap();
                assert!(page.invoices.len() == 100 || at_filter > 0, "{query:?}");
            }
        }
    }
    drop(reader);
    let carried = now(twins.engine.carried_out()).unwrap();
    let lists: Vec<&CarriedOut> = carried
        .iter()
        .filter(|carried| carried.sql.contains("from invoice where"))
        .collect();
    assert!(lists.len() > 20, "{}", lists.len());
    for CarriedOut { sql, steps } in lists {
        let is_bad = |step: &&serde_json::Value| {
            ["Seq Scan", "Sort", "Bitmap Heap Scan"].contains(&step["Node Type"].as_str().unwrap_or_default())
        };
        assert_eq!(steps.iter().find(is_bad), None, "{sql}\n{steps:#?}");
    }
}

/// What is overdue, and what is dated in a span, is in order of creation merged of days: each is looked up along an index that begins
/// with it, and what is sorted are the days and their pages.
#[test]
fn a_page_of_days_reads_what_it_shows() {
    let scratch = Scratch::new().unwrap();
    let address = format!("{}&writers=1&readers=1", scratch.address());
    let store = now(Store::open_postgres(&address)).unwrap();
    crowd(&scratch);
    scratch
        .carry_out(&[
            "update invoice set due_on = to_char(date '2024-01-31' + cast(key % 700 as integer), 'YYYY-MM-DD') where open > 0",
            "update invoice set due_at = due_on || 'T22:59:59.999999999Z' where open > 0",
            "insert into tally select book, 'due', due_on, count(*), 0, 0 from invoice where open > 0 group by book, due_on",
            "insert into tally select book, 'dated USD ' || standing, invoice_date, count(*), 0, 0 \
             from invoice group by book, standing, invoice_date",
            "analyze invoice",
            "analyze tally",
        ])
        .unwrap();
    let overdue = InvoiceFilter {
        overdue: Some((true, "2025-03-01T12:00:00Z".parse().unwrap())),
        pending: Some(false),
        ..InvoiceFilter::default()
    };
    let dated = InvoiceFilter {
        invoice_date: (Some(date(2024, 6, 1)), Some(date(2025, 1, 31))),
        ..InvoiceFilter::default()
    };
    let cases = [
        (overdue, "open > 0 and due_at <= '2025-03-01T12:00:00Z'"),
        (dated, "invoice_date between '2024-06-01' and '2025-01-31'"),
    ];
    let reader = now(store.reader()).unwrap();
    for (filter, same) in &cases {
        for (descending, offset, limit) in [(true, 0, 100), (false, 0, 100), (true, 150, 30), (false, 999, 7)] {
            let query = InvoiceQuery {
                filter: filter.clone(),
                order: OrderBy::Created,
                descending,
                after: None,
                offset,
                limit,
                count: false,
            };
            let direction = if descending { " desc" } else { "" };
            let all =
                format!("select key from invoice where {same} order by key{direction} limit {limit} offset {offset}");
            let all = scratch.carry_out(&[&all]).unwrap();
            let expected: Vec<Option<String>> = all.into_iter().flatten().collect();
            let page = now(reader.invoices(BookKey(1), &query)).unwrap().invoices;
            let page: Vec<Option<String>> = page.iter().map(|key| Some(key.0.to_string())).collect();
            assert_eq!((page.len() as i64, page), (limit, expected), "{query:?}");
        }
    }
    drop(reader);
    let carried = now(store.carried_out()).unwrap();
    let merged = carried.iter().filter(|carried| carried.sql.starts_with("with day as"));
    let mut looked_up = 0;
    for CarriedOut { sql, steps } in merged {
        for step in steps.iter().filter(|step| step["Relation Name"] == "invoice") {
            let begins = step["Index Cond"].as_str().unwrap_or_default();
            let by_day = begins.contains("due_on = ") || begins.contains("invoice_date = ");
            assert!(by_day, "{sql}\n{step:#?}");
            looked_up += 1;
        }
    }
    assert!(looked_up >= 8, "{looked_up}");
}
