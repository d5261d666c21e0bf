//! Asks both engines everything and compares the answers.

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use quittance_accounting::identity::{
    AccountKey, BookKey, CustomerKey, DocumentKind, EntryKey, InvoiceKey, PaymentKey, RefundKey, TokenKey,
};
use quittance_accounting::invoice::Standing;
use quittance_accounting::kept::{BalanceKey, Turnover};
use quittance_accounting::money::Currency;
use quittance_accounting::record::Record;
use quittance_accounting::settlement::Method;
use quittance_accounting::snapshot::{Named, Snapshot, Want};
use quittance_store::documents::DocumentQuery;
use quittance_store::listing::InvoicePlace;
use quittance_store::listing::{
    InvoiceFilter, InvoiceQuery, OrderBy, PaymentFilter, PaymentOrder, PaymentQuery, PlaceValue, ResourceQuery,
    TextCondition, TextPath,
};
use quittance_store::tables::TABLES;
use quittance_store::{Head, Reader};

use crate::chance::Chance;
use crate::commands::digest;
use crate::twins::{Twins, id, now};

/// Every question that both are asked must have one answer.
macro_rules! same {
    ($a:expr, $b:expr, $reader:ident => $call:expr) => {{
        let answer = |$reader: &Reader<'_>| now($call);
        let (a, b) = (answer($a), answer($b));
        assert_eq!(a, b, "{}", stringify!($call));
        a
    }};
}

/// Balances are loaded by name as they are listed, and those that nobody kept as zero.
fn compare_loading(readers: &[&Reader<'_>], book: BookKey, balances: &[(BalanceKey, Turnover)]) {
    let nobodys = BalanceKey::ever(AccountKey(999));
    let keys: Vec<BalanceKey> = balances.iter().map(|(key, _)| *key).chain([nobodys]).collect();
    for reader in readers {
        let mut into = Snapshot::sparse(Head::empty().counters);
        now(reader.load_balances(book, &keys, &mut into)).unwrap();
        for (key, kept) in balances.iter().chain(&[(nobodys, Turnover::default())]) {
            assert!(into.knows_balance(key), "{key:?}");
            assert_eq!(into.turnover(*key), *kept, "{key:?}");
        }
    }
}

/// Compares every call of a reader on one book, and the directory. `ids` are the numbers that ids were made of.
pub fn compare(twins: &Twins, book: BookKey, ids: &[i64], chance: &mut Chance) {
    {
        let (a, b) = (
            &now(twins.engine.reader()).unwrap(),
            &now(twins.memory.reader()).unwrap(),
        );
        same!(a, b, reader => reader.directory()).unwrap();
        same!(a, b, reader => reader.lines()).unwrap();
    }
    compare_book(twins, book, ids, chance);
}

/// Compares every call of a reader on one book.
pub fn compare_book(twins: &Twins, book: BookKey, ids: &[i64], chance: &mut Chance) {
    let (a, b) = (
        &now(twins.engine.reader()).unwrap(),
        &now(twins.memory.reader()).unwrap(),
    );
    let pages = [(0, 1_000), (2, 3), (-1, 5), (0, 0), (0, -1), (500, 10)];
    let head = same!(a, b, reader => reader.head(book)).unwrap();
    let balances = same!(a, b, reader => reader.balances(book)).unwrap();
    if head.is_some() {
        compare_loading(&[a, b], book, &balances);
    }
    same!(a, b, reader => reader.tallies(book)).unwrap();
    for token in same!(a, b, reader => reader.tokens(book)).unwrap() {
        assert_eq!(same!(a, b, reader => reader.token(book, token.digest)), Ok(Some(token)));
    }
    same!(a, b, reader => reader.grants(book)).unwrap();
    assert_eq!(same!(a, b, reader => reader.token(book, digest(-1))), Ok(None));
    for (kind, _) in DocumentKind::ALL {
        let (offset, limit) = chance.pick(&pages);
        same!(a, b, reader => reader.documents(book, kind, offset, limit)).unwrap();
    }
    let events = same!(a, b, reader => reader.events(book, 0, 1_000_000)).unwrap();
    assert!(events.iter().all(|event| event.computed_hash() == event.hash));
    let (after, limit) = (chance.below(9), chance.below(5) - 1);
    same!(a, b, reader => reader.events(book, after, limit)).unwrap();
    for kind in [None, Some("invoice.created"), Some("invoice.deleted"), Some("nothing")] {
        same!(a, b, reader => reader.newest_events(book, kind, limit + 2)).unwrap();
    }
    for today in [
        date(2026, 6, 15),
        date(2026, 7, 15),
        date(2026, 7, 16),
        date(2028, 1, 1),
    ] {
        for limit in [-1, 0, 1, 1_000] {
            same!(a, b, reader => reader.texts_to_go(book, today, limit)).unwrap();
        }
    }
    for table in TABLES.iter().map(|table| table.name).chain(["head", "nothing"]) {
        let rows = same!(a, b, reader => reader.scan(book, table)).unwrap();
        assert!(rows.iter().all(Result::is_ok), "{rows:?}");
    }
    for _ in 0..25 {
        let query = query(twins.clock, chance);
        let answer = |reader: &Reader<'_>| now(reader.invoices(book, &query)).unwrap();
        assert_eq!(answer(a), answer(b), "{query:?}");
    }
    resources(book, twins.clock.as_second(), [a, b]);
    for _ in 0..15 {
        let query = payments(twins.clock, chance);
        let answer = |reader: &Reader<'_>| now(reader.payments(book, &query)).unwrap();
        assert_eq!(answer(a), answer(b), "{query:?}");
    }
    crate::ledger::compare(book, chance, [a, b]);
    wants(book, ids, chance, [a, b]);
    let mut dice = Chance::new(7 + events.len() as u64);
    crate::parts::compare(twins.clock, a, b, book, &mut dice);
    places(twins.clock, book, &mut dice, [a, b]);
    days(twins.clock, book, &mut dice, [a, b]);
    crate::credits::compare(a, b, book, &mut dice);
    // Dice of its own, so that what is asked about reports does not change the histories.
    crate::reports::compare(a, b, book, &mut Chance::new(1 + events.len() as u64));
}

/// Lists that go on where a page ended.
fn places(clock: Timestamp, book: BookKey, dice: &mut Chance, [a, b]: [&Reader<'_>; 2]) {
    let rows = now(a.scan(book, "invoice")).unwrap();
    let invoices: Vec<_> = rows
        .into_iter()
        .filter_map(|row| match row {
            Ok(Record::Invoice(invoice)) => Some(invoice),
            _ => None,
        })
        .collect();
    for _ in 0..40 {
        let mut query = query(clock, dice);
        query.offset = 0;
        let name = dice.pick(&[None, Some("A"), Some("Z")]);
        query.after = match invoices.len() {
            0 => None,
            several => {
                let invoice = &invoices[dice.below(several as i64) as usize];
                Some(InvoicePlace::of(invoice, query.order, name))
            }
        };
        let answer = |reader: &Reader<'_>| now(reader.invoices(book, &query)).unwrap();
        assert_eq!(answer(a), answer(b), "{query:?}");
    }
    for (kind, _) in DocumentKind::ALL {
        let query = DocumentQuery {
            kind,
            descending: dice.once_in(2),
            after: dice.maybe(2, |dice| dice.below(30)),
            limit: dice.pick(&[1_000, 3, 1, 0, -1]),
        };
        same!(a, b, reader => reader.documents_after(book, &query)).unwrap();
    }
    let (offset, limit) = (dice.below(4), dice.below(5));
    for kind in ["a.thing", "b.thing", "nothing"] {
        same!(a, b, reader => reader.resources_at(book, kind, offset, limit)).unwrap();
    }
    let up_to = InvoiceKey(dice.below(40));
    same!(a, b, reader => reader.buried_invoices(book, up_to)).unwrap();
}

/// Lists that are merged of days, and what is kept of days: overdue ones and those of a span of dates, page after page.
fn days(clock: Timestamp, book: BookKey, dice: &mut Chance, [a, b]: [&Reader<'_>; 2]) {
    for _ in 0..6 {
        let mut query = query(clock, dice);
        query.order = dice.pick(&[OrderBy::Created, OrderBy::Created, OrderBy::InvoiceDate]);
        let filter = &mut query.filter;
        let other = std::mem::take(filter);
        let month = |dice: &mut Chance| date(2026, 3 + dice.below(3) as i8, 1 + dice.below(9) as i8);
        match dice.below(3) {
            0 => {
                filter.overdue = Some((true, clock + SignedDuration::from_hours(12 * (dice.below(60) - 30))));
                filter.due_at = other.due_at;
            }
            1 => filter.invoice_date = (Some(month(dice)), dice.maybe(2, month)),
            _ => filter.invoice_date = other.invoice_date,
        }
        filter.pending = dice.maybe(3, |dice| dice.once_in(2));
        filter.standings = other.standings;
        filter.currency = other.currency;
        if dice.once_in(4) {
            filter.keys = other.keys;
        }
        let answer = |reader: &Reader<'_>, query: &InvoiceQuery| now(reader.invoices(book, query)).unwrap();
        assert_eq!(answer(a, &query), answer(b, &query), "{query:?}");
        same!(a, b, reader => reader.invoice_days(book, &query.filter)).unwrap();
        // Page after page is the whole, in either way to go on.
        let whole = InvoiceQuery {
            after: None,
            offset: 0,
            limit: 1_000,
            ..query
        };
        let listed = answer(b, &whole).invoices;
        let (limit, count) = (3 + dice.below(9), false);
        for by_place in [false, true] {
            let mut next = InvoiceQuery {
                limit,
                count,
                ..whole.clone()
            };
            let mut paged: Vec<InvoiceKey> = Vec::new();
            loop {
                let page = answer(a, &next).invoices;
                paged.extend(&page);
                match page.last() {
                    None => break,
                    Some(key) if by_place && next.order == OrderBy::Created => {
                        let value = PlaceValue::Nothing;
                        next.after = Some(InvoicePlace { value, key: *key });
                    }
                    Some(_) => next.offset = paged.len() as i64,
                }
            }
            assert_eq!(paged, listed, "{next:?}");
        }
    }
}

/// A random list of payments.
fn payments(clock: Timestamp, chance: &mut Chance) -> PaymentQuery {
    let rare = chance.pick(&[1, 3, 6, 1_000_000]) + 1;
    let day = |chance: &mut Chance| date(2026, 5, 10 + chance.below(9) as i8);
    let instant = |chance: &mut Chance| clock - SignedDuration::from_secs(chance.below(200));
    let filter = PaymentFilter {
        credits: chance.once_in(4),
        customer: chance.maybe(rare, |chance| CustomerKey(chance.below(5))),
        invoice: chance.maybe(rare, |chance| InvoiceKey(chance.below(30))),
        external_id: chance.maybe(rare + 3, |chance| format!("ext {}", chance.below(12))),
        method: chance.maybe(rare + 3, |chance| chance.pick(&Method::ALL).0),
        voided: chance.maybe(rare, |chance| chance.once_in(2)),
        paid_on: (chance.maybe(rare, day), chance.maybe(rare, day)),
        paid_at: (chance.maybe(rare + 3, |_| Timestamp::UNIX_EPOCH), None),
        updated_at: (chance.maybe(rare, instant), chance.maybe(rare, instant)),
    };
    // Drawn beside, so that the histories stay what they are.
    let dice = &mut chance.clone();
    dice.below(2);
    PaymentQuery {
        filter,
        order: chance.pick(&[PaymentOrder::Created, PaymentOrder::PaidAt, PaymentOrder::UpdatedAt]),
        descending: chance.once_in(2),
        after: dice.maybe(3, |dice| PaymentKey(dice.below(30))),
        offset: chance.pick(&[0, 0, 1, 7, -2]),
        limit: chance.pick(&[1_000, 10, 1, 0, -1]),
        count: chance.once_in(2),
        look_at: dice.maybe(2, |dice| dice.pick(&[1, 2, 5, 20])),
    }
}

/// A random condition on texts.
fn said(chance: &mut Chance) -> TextCondition {
    let paths: [TextPath; 3] = [&["memo"], &["extra", "dialect", "number"], &["title"]];
    match chance.below(5) {
        3 => {
            let path = chance.pick(&paths);
            let values = (0..chance.below(3)).map(|_| format!("{}", chance.below(9)));
            TextCondition::IsOneOf(path, values.collect())
        }
        4 => TextCondition::Holds(chance.pick(&paths), chance.pick(&["A", "o", "7", "\u{e9}"]).to_owned()),
        0 => TextCondition::Is(chance.pick(&paths), format!("{}", chance.below(9))),
        1 => TextCondition::LineHolds(&["extra", "dialect", "tags"], chance.below(9)),
        _ => TextCondition::Mentions(
            paths.to_vec(),
            chance.pick(&["A", "o", "INV", "7", "\u{e9}"]).to_owned(),
        ),
    }
}

/// A random list: mostly one or two conditions, sometimes none or many.
fn query(clock: Timestamp, chance: &mut Chance) -> InvoiceQuery {
    let rare = chance.pick(&[1, 3, 6, 12, 1_000_000]) + 1;
    let standing = |chance: &mut Chance| chance.pick(&Standing::ALL).0;
    let due = |chance: &mut Chance| date(2026, 6, 1 + chance.below(28) as i8).at(23, 0, 0, 0);
    let instant = |chance: &mut Chance| match chance.below(2) {
        0 => due(chance).to_zoned(TimeZone::UTC).unwrap().timestamp(),
        _ => clock + SignedDuration::from_hours(24 * (chance.below(40) - 30)),
    };
    let day = |chance: &mut Chance| date(2026, 3 + chance.below(3) as i8, 1 + chance.below(9) as i8);
    let units = |chance: &mut Chance| chance.below(200_000);
    let filter = InvoiceFilter {
        standings: chance.maybe(rare, |chance| (0..chance.below(4)).map(|_| standing(chance)).collect()),
        overdue: chance.maybe(rare, |chance| (chance.once_in(2), instant(chance))),
        or_standings: (0..chance.pick(&[0, 0, 0, 2])).map(|_| standing(chance)).collect(),
        keys: (
            chance.maybe(rare + 3, |chance| InvoiceKey(chance.below(30))),
            chance.maybe(rare + 3, |chance| InvoiceKey(chance.below(30))),
        ),
        look_at: chance.maybe(2, |chance| chance.pick(&[1, 2, 5, 20])),
        customer: chance.maybe(rare, |chance| CustomerKey(chance.below(5))),
        customers: chance.maybe(rare + 3, |chance| {
            (0..chance.below(3)).map(|_| CustomerKey(chance.below(5))).collect()
        }),
        paid_on: (chance.maybe(rare + 3, day), chance.maybe(rare + 3, day)),
        texts: (0..chance.pick(&[0, 0, 0, 1, 2])).map(|_| said(chance)).collect(),
        number: chance.maybe(rare + 3, |chance| format!("INV-{:04}", chance.below(30))),
        external_id: chance.maybe(rare + 3, |chance| format!("ext {}", chance.below(12))),
        invoice_date: (chance.maybe(rare, day), chance.maybe(rare, day)),
        due_at: (chance.maybe(rare, instant), chance.maybe(rare, instant)),
        created_at: (chance.maybe(rare, |_| clock - SignedDuration::from_secs(30)), None),
        sent_at: (chance.maybe(rare, instant), chance.maybe(rare, instant)),
        sent: chance.maybe(rare, |chance| chance.once_in(2)),
        pending: chance.maybe(rare, |chance| chance.once_in(2)),
        total: (chance.maybe(rare, units), chance.maybe(rare, units)),
        currency: chance.maybe(rare + 3, |chance| {
            chance.pick(&[Currency::USD, crate::commands::euros()])
        }),
    };
    InvoiceQuery {
        filter,
        order: chance.pick(&[
            OrderBy::Created,
            OrderBy::InvoiceDate,
            OrderBy::DueAt,
            OrderBy::SentAt,
            OrderBy::UpdatedAt,
            OrderBy::Open,
            OrderBy::Total,
            OrderBy::CustomerName,
        ]),
        descending: chance.once_in(2),
        after: None,
        offset: chance.pick(&[0, 0, 1, 7, -2]),
        limit: chance.pick(&[1_000, 10, 1, 0, -1]),
        count: chance.once_in(2),
    }
}

fn named(ids: &[i64], chance: &mut Chance) -> Named {
    match chance.below(3) {
        0 if !ids.is_empty() => Named::Id(id(chance.pick(ids))),
        1 => Named::External(format!("ext {}", chance.below(12))),
        _ => Named::Key(chance.below(30)),
    }
}

/// Gathers random wants, alone and together, into sparse snapshots, and compares all that these know.
fn wants(book: BookKey, ids: &[i64], chance: &mut Chance, readers: [&Reader<'_>; 2]) {
    for _ in 0..30 {
        let want = |chance: &mut Chance| match chance.below(18) {
            0..=3 => Want::Invoice(named(ids, chance)),
            4 => Want::InvoiceView(named(ids, chance)),
            5 => Want::Customer(named(ids, chance)),
            6 => Want::Product(named(ids, chance)),
            7 => Want::Payment(named(ids, chance)),
            8 => match chance.below(6) {
                0 => Want::Refund(named(ids, chance)),
                1 => Want::WriteOff(named(ids, chance)),
                2 => Want::CreditNote(named(ids, chance)),
                3 => Want::CreditNotesOf(InvoiceKey(chance.below(30))),
                4 => Want::PayoutsOf(RefundKey(chance.below(30))),
                _ => Want::Entry(EntryKey(chance.below(60))),
            },
            9 if chance.once_in(3) => {
                let day = date(2026, 3 + chance.below(3) as i8, 1 + chance.below(9) as i8);
                Want::Rate(crate::commands::euros(), day)
            }
            9 => Want::Chart,
            10 => Want::Series(chance.pick(&["INV-", "B/", "C"]).to_owned()),
            11 => Want::Number(format!("INV-{:04}", chance.below(40))),
            12 => Want::Idempotency(format!("create:{}", chance.below(30))),
            13 => Want::Grant(digest(chance.below(60))),
            14 => Want::Requests(InvoiceKey(chance.below(30)).into()),
            15 => Want::ManualEntry(named(ids, chance)),
            16 => Want::Turnover(BalanceKey::ever(AccountKey(chance.below(17)))),
            _ => Want::Token(TokenKey(chance.below(4))),
        };
        let wanted: Vec<Want> = (0..chance.below(3)).map(|_| want(chance)).collect();
        let [a, b] = readers.map(|reader| {
            let mut into = Snapshot::sparse(Head::empty().counters);
            now(reader.gather(book, &wanted, &mut into)).unwrap();
            into
        });
        assert_eq!(a.tables(), b.tables(), "{wanted:?}");
        let mut noted = wanted.clone();
        noted.extend((0..6).map(|n| Want::Customer(Named::Key(n))));
        noted.extend((0..30).map(|n| Want::Requests(InvoiceKey(n).into())));
        noted.extend((0..40).map(|n| Want::Number(format!("INV-{n:04}"))));
        noted.extend((0..20).map(|n| Want::Number(format!("CN-{n:04}"))));
        noted
            .iter()
            .for_each(|want| assert_eq!(a.has(want), b.has(want), "{want:?} of {wanted:?}"));
        for (key, _) in now(readers[1].balances(book)).unwrap() {
            assert_eq!(a.knows_balance(&key), b.knows_balance(&key), "{key:?} of {wanted:?}");
            assert_eq!(a.turnover(key), b.turnover(key), "{key:?} of {wanted:?}");
        }
        for named in wanted.iter().filter_map(|want| {
            if let Want::Invoice(named) = want {
                Some(named)
            } else {
                None
            }
        }) {
            assert_eq!(a.whole_invoice(named), b.whole_invoice(named));
            assert_eq!(a.buried_invoice(named), b.buried_invoice(named));
        }
    }
}

/// Lists of what only a dialect knows, and each of it by its name and its number; with a chance of its own, as it is made.
fn resources(book: BookKey, seed: i64, readers: [&Reader<'_>; 2]) {
    let chance = &mut Chance::new(seed as u64);
    for _ in 0..12 {
        let query = ResourceQuery {
            kind: chance.pick(&["a.thing", "b.thing", "c.thing"]).to_owned(),
            belongs_to: chance.maybe(2, |chance| format!("invoice {}", chance.below(3))),
            descending: chance.once_in(2),
            after: chance.maybe(2, |chance| chance.below(12)),
            limit: chance.pick(&[100, 2, 1, 0, -1]),
        };
        let [a, b] = readers.map(|reader| now(reader.resources(book, &query)).unwrap());
        assert_eq!(a, b, "{query:?}");
        let named = match chance.below(2) {
            0 => Named::External(format!("a.thing:{}", chance.below(6))),
            _ => Named::Key(chance.below(12)),
        };
        let [a, b] = readers.map(|reader| {
            let mut into = Snapshot::sparse(Head::empty().counters);
            now(reader.gather(book, &[Want::Resource(named.clone())], &mut into)).unwrap();
            into
        });
        assert_eq!(a.tables(), b.tables(), "{named:?}");
        assert_eq!(a.resource(&named), b.resource(&named), "{named:?}");
    }
}
