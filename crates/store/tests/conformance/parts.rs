//! Parts of payments: both engines hand out the same pages, and a cursor leads through all of them once.

use jiff::{SignedDuration, Timestamp};
use quittance_accounting::identity::{BookKey, InvoiceKey};
use quittance_store::Reader;
use quittance_store::parts::PartQuery;

use crate::chance::Chance;
use crate::twins::now;

/// A random list of parts.
fn query(clock: Timestamp, chance: &mut Chance) -> PartQuery {
    let rare = chance.pick(&[1, 3, 6, 1_000_000]) + 1;
    let instant = |chance: &mut Chance| clock - SignedDuration::from_secs(chance.below(200));
    PartQuery {
        invoice: chance.maybe(rare, |chance| InvoiceKey(chance.below(30))),
        external_id: chance.maybe(rare + 3, |chance| format!("ext {}", chance.below(12))),
        credits: chance.once_in(2),
        undone: chance.maybe(rare, |chance| chance.once_in(2)),
        updated_at: (chance.maybe(rare, instant), chance.maybe(rare, instant)),
        after: None,
        offset: chance.pick(&[0, 0, 1, 7, -2]),
        limit: chance.pick(&[1_000, 10, 1, 0, -1]),
        count: chance.once_in(2),
    }
}

/// Compares lists of parts, and walks all of them by cursor.
pub fn compare(clock: Timestamp, a: &Reader<'_>, b: &Reader<'_>, book: BookKey, chance: &mut Chance) {
    for _ in 0..15 {
        let query = query(clock, chance);
        let answer = |reader: &Reader<'_>| now(reader.parts(book, &query)).unwrap();
        assert_eq!(answer(a), answer(b), "{query:?}");
    }
    let all = PartQuery {
        limit: 100_000,
        count: true,
        ..PartQuery::default()
    };
    let whole = now(a.parts(book, &all)).unwrap();
    assert_eq!(whole.total, Some(whole.parts.len() as i64));
    let mut seen = Vec::new();
    let mut page = PartQuery {
        limit: 3,
        count: false,
        ..all
    };
    loop {
        let found = now(a.parts(book, &page)).unwrap();
        assert_eq!(found, now(b.parts(book, &page)).unwrap(), "{page:?}");
        let Some(last) = found.parts.last() else { break };
        page.after = Some(*last);
        seen.extend(found.parts);
    }
    assert_eq!(seen, whole.parts);
}
