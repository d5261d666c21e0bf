//! Asks both engines for everything that reports are made of, and checks that the parts add up.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{AccountKey, BookKey, CustomerKey};
use quittance_accounting::kept::Turnover;
use quittance_accounting::snapshot::{Snapshot, Want};
use quittance_store::reports::LedgerPage;
use quittance_store::{Head, Reader};

use crate::chance::Chance;
use crate::twins::now;

/// Compares every sum and every page.
pub fn compare(a: &Reader<'_>, b: &Reader<'_>, book: BookKey, chance: &mut Chance) {
    let mut chart = Snapshot::sparse(Head::empty().counters);
    now(a.gather(book, &[Want::Chart], &mut chart)).unwrap();
    let accounts: Vec<AccountKey> = chart.tables().accounts.keys().copied().collect();
    let Ok(receivable) = chart.account_of(AccountRole::Receivable) else {
        // There is no such book, and nothing in it.
        let far = date(2030, 1, 1);
        assert_eq!(now(a.turnovers(book, far)), now(b.turnovers(book, far)));
        return;
    };
    let day = |chance: &mut Chance| date(2026, 3, 1).saturating_add(chance.below(150).days());
    let after = quittance_accounting::identity::EntryKey(chance.below(20));
    for limit in [-1, 3, 1_000_000] {
        let journal = |reader: &Reader<'_>| now(reader.journal(book, after, limit)).unwrap();
        assert_eq!(journal(a), journal(b), "after {after:?}, {limit}");
    }
    assert_eq!(now(a.paid_in_all(book)), now(b.paid_in_all(book)));
    assert_eq!(now(a.tallies_by_due(book)), now(b.tallies_by_due(book)));
    assert_eq!(now(a.currencies(book)), now(b.currencies(book)));
    for (offset, limit) in [(0, 100), (1, 2), (-1, -1)] {
        let rates = |reader: &Reader<'_>| now(reader.rates(book, offset, limit)).unwrap();
        assert_eq!(rates(a), rates(b), "{limit} after {offset}");
    }
    registers(a, b, book, chance);
    for _ in 0..6 {
        let (one, other) = (day(chance), day(chance));
        let (from, to) = (one.min(other), one.max(other));
        let turnovers = |reader: &Reader<'_>| now(reader.turnovers(book, to)).unwrap();
        assert_eq!(turnovers(a), turnovers(b), "through {to}");
        let between = |reader: &Reader<'_>| now(reader.turnovers_between(book, from, to)).unwrap();
        assert_eq!(between(a), between(b), "{from} to {to}");
        let open = |reader: &Reader<'_>| now(reader.open_items(book, receivable, to)).unwrap();
        let items = open(a);
        assert_eq!(items, open(b), "as of {to}");
        let owed: i64 = items.iter().map(|item| item.booked).sum();
        let control = turnovers(a).get(&receivable).copied().unwrap_or_default();
        assert_eq!(owed, control.net(), "the receivable as of {to}");
        let account = chance.pick(&accounts);
        let sum = ledger(a, b, book, account, (from, to), 1 + chance.below(4));
        assert_eq!(
            sum,
            between(a).get(&account).copied().unwrap_or_default(),
            "{account:?}"
        );
        let customer = CustomerKey(1 + chance.below(4));
        let lines = |reader: &Reader<'_>| now(reader.customer_ledger(book, receivable, customer, to)).unwrap();
        let of_customer: i64 = lines(a).iter().map(|line| line.signed()).sum();
        assert_eq!(lines(a), lines(b), "{customer:?} to {to}");
        let held = |reader: &Reader<'_>| now(reader.customer_credit(book, [UNAPPLIED, account], customer, to)).unwrap();
        assert_eq!(held(a), held(b), "{customer:?} to {to}");
        let aged = items.iter().filter(|item| item.customer == Some(customer));
        assert_eq!(
            of_customer,
            aged.map(|item| item.booked).sum::<i64>(),
            "{customer:?} as of {to}"
        );
    }
}

/// Unapplied payments in the chart that every book starts with.
const UNAPPLIED: AccountKey = AccountKey(5);

/// Compares taxed lines, payments, numbers and deletions, whole and in pages.
fn registers(a: &Reader<'_>, b: &Reader<'_>, book: BookKey, chance: &mut Chance) {
    let days = (date(2026, 3, 1), date(2026, 8, 1));
    for limit in [1_000_000, 1 + chance.below(5)] {
        let taxed = |reader: &Reader<'_>, after| now(reader.taxed_lines(book, days, after, limit)).unwrap();
        let lines = taxed(a, None);
        assert_eq!(lines, taxed(b, None));
        let after = lines.last().map(|line| (line.date, line.entry));
        assert_eq!(taxed(a, after), taxed(b, after));
        let paid = |reader: &Reader<'_>, after| now(reader.paid(book, UNAPPLIED, days, after, limit)).unwrap();
        let lines = paid(a, None);
        assert_eq!(lines, paid(b, None));
        let after = lines.last().map(|line| (line.posted_on, line.key));
        assert_eq!(paid(a, after), paid(b, after));
        let last = 5 + chance.below(40);
        let deletions = |reader: &Reader<'_>| now(reader.deletions(book, 3, last, limit)).unwrap();
        assert_eq!(deletions(a), deletions(b));
        let lengths = now(a.number_lengths(book)).unwrap();
        assert_eq!(Ok(&lengths), now(b.number_lengths(book)).as_ref());
        for length in lengths {
            let numbers = |reader: &Reader<'_>, after: &str| now(reader.numbers(book, length, after, limit)).unwrap();
            let lines = numbers(a, "");
            assert_eq!(lines, numbers(b, ""));
            let after = &lines[lines.len() - 1].number;
            assert_eq!(numbers(a, after), numbers(b, after));
        }
    }
}

/// Walks the ledger of an account page by page and adds it up.
fn ledger(
    a: &Reader<'_>,
    b: &Reader<'_>,
    book: BookKey,
    account: AccountKey,
    (from, to): (Date, Date),
    limit: i64,
) -> Turnover {
    let (mut sum, mut of_day, mut after) = (Turnover::default(), Turnover::default(), None);
    loop {
        let page = LedgerPage {
            account,
            from,
            to,
            after,
            limit,
        };
        let lines = now(a.ledger(book, &page)).unwrap();
        assert_eq!(Ok(&lines), now(b.ledger(book, &page)).as_ref(), "{page:?}");
        let Some(last) = lines.last() else { return sum };
        for line in &lines {
            let signed = line.signed();
            let moved = Turnover {
                debits: signed.max(0),
                credits: (-signed).max(0),
            };
            let same_day = after.is_some_and(|cursor: quittance_store::reports::LedgerCursor| cursor.date == line.date);
            of_day = if same_day { of_day.plus(moved) } else { moved };
            sum = sum.plus(moved);
            after = Some(line.cursor());
        }
        for reader in [a, b] {
            assert_eq!(
                now(reader.turnover_up_to(book, account, last.cursor())),
                Ok(of_day),
                "{page:?}"
            );
        }
    }
}
