//! Laws of the ledger and its subledgers.

use std::collections::BTreeMap;

use jiff::civil::Date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::exchange::Valued;
use quittance_accounting::identity::EntryKey;
use quittance_accounting::invoice::Standing;
use quittance_accounting::journal::{JournalEntry, Posting};
use quittance_accounting::kept::{Deltas, TallyKey};
use quittance_accounting::money::Currency;
use quittance_accounting::settlement::Payment;
use quittance_accounting::snapshot::Snapshot;

/// Every live entry with its postings.
pub fn journal(snapshot: &Snapshot) -> BTreeMap<EntryKey, JournalEntry> {
    let keys = snapshot.tables().entries.keys();
    keys.map(|key| (*key, snapshot.journal_entry(*key).unwrap())).collect()
}

/// Every entry is whole and balances, and no posting stands alone.
pub fn entries_balance(snapshot: &Snapshot) {
    let postings: usize = journal(snapshot).values().map(|entry| entry.postings().len()).sum();
    assert_eq!(postings, snapshot.tables().postings.len(), "postings without an entry");
}

/// Every entry that a document names is there, each is named once, and those named by none belong to a live payment.
pub fn documents_and_entries_fit(snapshot: &Snapshot) {
    let tables = snapshot.tables();
    let mut named: Vec<EntryKey> = Vec::new();
    for invoice in tables.invoices.values() {
        named.extend(invoice.issue_entry().into_iter().chain(invoice.void_entry()));
    }
    named.extend(tables.allocations.values().map(|allocation| allocation.entry));
    for part in tables.former_allocations.values() {
        named.extend(std::iter::once(part.entry).chain(part.undone));
    }
    let voided = tables.payments.values().filter_map(|payment| payment.voided);
    named.extend(voided.filter_map(|voided| voided.entry));
    named.extend(tables.refunds.values().map(|refund| refund.entry));
    named.extend(tables.write_offs.values().map(|write_off| write_off.entry));
    named.extend(tables.payments.values().filter_map(|payment| payment.receipt_entry));
    let all = named.len();
    named.sort();
    named.dedup();
    assert_eq!(named.len(), all, "two documents name one entry");
    assert!(
        named.iter().all(|key| tables.entries.contains_key(key)),
        "an entry is missing"
    );
    assert_eq!(named.len(), tables.entries.len(), "an entry belongs to nothing live");
    for part in tables.former_allocations.values() {
        let live = part.invoice.is_none_or(|key| tables.invoices.contains_key(&key));
        assert!(tables.payments.contains_key(&part.payment) && live, "{part:?}");
        assert!(
            !tables.allocations.contains_key(&(part.payment, part.place)),
            "{part:?}"
        );
    }
    for allocation in tables.allocations.values() {
        assert!(tables.payments.contains_key(&allocation.payment) && tables.invoices.contains_key(&allocation.invoice));
    }
    for line in tables.lines.values() {
        assert!(tables.invoices.contains_key(&line.invoice));
    }
}

/// The kept figures counted anew from all records.
pub fn recount(snapshot: &Snapshot) -> Deltas {
    let mut counted = Deltas::default();
    for record in snapshot.tables().iter() {
        counted.replace(None, Some(&record));
    }
    counted
}

/// What is kept equals a recount, in the deltas and in the snapshot's own balances.
pub fn kept_is_recounted(snapshot: &Snapshot, kept: &Deltas) {
    let mut counted = recount(snapshot);
    // A yen may be less than half a cent: it moves nothing in the book's currency.
    counted.balances.retain(|_, turnover| !turnover.is_zero());
    let mut kept = kept.clone();
    kept.balances.retain(|_, turnover| !turnover.is_zero());
    kept.tallies.retain(|_, tally| !tally.is_zero());
    assert_eq!(kept, counted);
    for (key, turnover) in &counted.balances {
        assert_eq!(snapshot.turnover(*key), *turnover, "{key:?}");
    }
    let count_of = |standing| {
        counted
            .tallies
            .get(&TallyKey::Standing(standing))
            .map_or(0, |tally| tally.count)
    };
    let count: i64 = Standing::ALL.iter().map(|(standing, _)| count_of(*standing)).sum();
    assert_eq!(count, snapshot.tables().invoices.len() as i64);
    let payments = snapshot.tables().payments.values();
    let money = payments.filter(|payment| payment.witness.is_money());
    let settled = |payment: &Payment| payment.valued().booked.minor() - payment.unapplied_valued().booked.minor();
    let settled: i64 = money.map(|payment| settled(payment)).sum();
    let tallied = counted.tallies.get(&TallyKey::Settled);
    assert_eq!(tallied.map_or(0, |tally| tally.booked), settled);
}

/// Every credit note has its credit, its number and lines that come to it; no invoice is credited beyond what it came to.
fn credits_fit(snapshot: &Snapshot) {
    let tables = snapshot.tables();
    let credits = tables.payments.values().filter(|payment| !payment.witness.is_money());
    assert_eq!(credits.count(), tables.credit_notes.len());
    for note in tables.credit_notes.values() {
        let credit = &tables.payments[&note.key.credit()];
        assert_eq!(tables.numbers[&note.number].document, note.key.into());
        let nets = snapshot.credit_lines(note.key).map(|line| line.amount.minor());
        let taxes = snapshot.credit_lines(note.key).flat_map(|line| &line.taxes);
        let tax: i64 = taxes.map(|share| share.amount.minor()).sum();
        assert_eq!(nets.sum::<i64>() + tax, credit.amount.minor(), "{note:?}");
        assert_eq!(tax, note.tax.minor());
    }
    for line in tables.credit_lines.values() {
        assert!(tables.credit_notes.contains_key(&line.credit_note));
    }
    for invoice in tables.invoices.values() {
        let notes = tables
            .credit_notes
            .values()
            .filter(|note| note.invoice == Some(invoice.key));
        let live = notes
            .map(|note| &tables.payments[&note.key.credit()])
            .filter(|credit| credit.voided.is_none());
        let credited: i64 = live.map(|credit| credit.amount.minor()).sum();
        assert!(credited <= invoice.total.minor(), "{invoice:?}");
    }
}

/// Sums by currency, and of all in the book's; nothing where they are zero.
fn by_currency(sums: impl Iterator<Item = (Option<Currency>, Valued)>) -> BTreeMap<Option<Currency>, i64> {
    let mut all = BTreeMap::new();
    for (currency, sum) in sums {
        *all.entry(None).or_insert(0) += sum.booked.minor();
        if currency.is_some() {
            *all.entry(currency).or_insert(0) += sum.amount.minor();
        }
    }
    all.retain(|_, sum| *sum != 0);
    all
}

/// Control accounts stand at the sums of their documents.
pub fn subledgers_agree(snapshot: &Snapshot) {
    let tables = snapshot.tables();
    let postings = |role| {
        let account = snapshot.account_of(role).unwrap();
        let of_account = tables
            .postings
            .values()
            .filter(move |posting| posting.account == account);
        of_account.map(|posting| (posting.foreign.map(|money| money.currency), posting.signed()))
    };
    let open = tables
        .invoices
        .values()
        .map(|invoice| (invoice.foreign(), invoice.open_valued()));
    let left = |money: bool| {
        let payments = tables.payments.values();
        let payments = payments.filter(move |payment| payment.witness.is_money() == money);
        by_currency(payments.map(|payment| (payment.foreign(), payment.unapplied_valued().negated())))
    };
    assert_eq!(
        by_currency(postings(AccountRole::Receivable)),
        by_currency(open),
        "receivables"
    );
    assert_eq!(
        by_currency(postings(AccountRole::UnappliedPayments)),
        left(true),
        "unapplied payments"
    );
    assert_eq!(
        by_currency(postings(AccountRole::CustomerCredits)),
        left(false),
        "customer credits"
    );
    credits_fit(snapshot);
    for entry in journal(snapshot).values() {
        let both = entry.postings().iter().map(Posting::signed);
        let sum = both.fold(Valued::ZERO, |sum, moved| sum.plus(moved).unwrap());
        assert!(sum.is_zero(), "{entry:?}");
    }
    for invoice in tables.invoices.values() {
        let parts = |money: bool| -> i64 {
            let parts = snapshot.allocations(invoice.key);
            let parts = parts.filter(|(_, payment)| payment.witness.is_money() == money);
            parts.map(|(part, _)| part.amount.minor()).sum()
        };
        let refunded: i64 = snapshot.refunds(invoice.key).map(|refund| refund.amount.minor()).sum();
        let given_up: i64 = snapshot
            .write_offs(invoice.key)
            .map(|write_off| write_off.amount.minor())
            .sum();
        let kept = [invoice.paid, invoice.credited, invoice.refunded, invoice.written_off];
        let expected = [parts(true), parts(false), refunded, given_up];
        assert_eq!(kept.map(|amount| amount.minor()), expected, "{invoice:?}");
        let open = invoice.open_valued();
        assert!(
            !open.amount.is_negative() && invoice.refunded <= invoice.paid,
            "{invoice:?}"
        );
        assert!(
            !open.booked.is_negative() && (open.amount.is_positive() || open.booked.is_zero()),
            "{invoice:?}"
        );
    }
    for payment in tables.payments.values() {
        let left = payment.unapplied_valued();
        assert!(
            !left.booked.is_negative() && (left.amount.is_positive() || left.booked.is_zero()),
            "{payment:?}"
        );
        let of_payment = tables.allocations.range((payment.key, 0)..=(payment.key, i64::MAX));
        let allocated: i64 = of_payment.map(|(_, allocation)| allocation.amount.minor()).sum();
        let rest = payment.unallocated.minor() + payment.refunded.minor();
        match payment.voided {
            None => assert_eq!(payment.amount.minor(), allocated + rest, "{payment:?}"),
            Some(_) => assert_eq!((allocated, rest), (0, 0), "{payment:?}"),
        }
    }
}

/// No entry dated in what was closed before a command comes, goes or changes with it.
pub fn closed_spans_stand_still(before: &Snapshot, after: &Snapshot) {
    let Some(through) = before.settings().unwrap().closed_through else {
        return;
    };
    let closed = |snapshot: &Snapshot| {
        let mut journal = journal(snapshot);
        journal.retain(|_, entry| entry.entry().date <= through);
        journal
    };
    assert_eq!(
        closed(before),
        closed(after),
        "closed through {}",
        Date::to_string(&through)
    );
}
