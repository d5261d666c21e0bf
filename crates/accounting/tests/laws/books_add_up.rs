//! Laws of the ledger and its subledgers.

use std::collections::BTreeMap;

use jiff::civil::Date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::EntryKey;
use quittance_accounting::invoice::Standing;
use quittance_accounting::journal::JournalEntry;
use quittance_accounting::kept::{Deltas, TallyKey};
use quittance_accounting::snapshot::Snapshot;

use crate::model::signed;

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
    let counted = recount(snapshot);
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
}

/// Control accounts stand at the sums of their documents.
pub fn subledgers_agree(snapshot: &Snapshot) {
    let tables = snapshot.tables();
    let balance = |role| {
        let account = snapshot.account_of(role).unwrap();
        let of_account = tables.postings.values().filter(|posting| posting.account == account);
        of_account.map(signed).sum::<i64>()
    };
    let open: i64 = tables.invoices.values().map(|invoice| invoice.open().minor()).sum();
    let unallocated: i64 = tables
        .payments
        .values()
        .map(|payment| payment.unallocated.minor())
        .sum();
    assert_eq!(balance(AccountRole::Receivable), open, "receivables");
    assert_eq!(
        balance(AccountRole::UnappliedPayments),
        -unallocated,
        "unapplied payments"
    );
    for invoice in tables.invoices.values() {
        let settled: i64 = snapshot.allocations(invoice.key).map(|(a, _)| a.amount.minor()).sum();
        let refunded: i64 = snapshot.refunds(invoice.key).map(|refund| refund.amount.minor()).sum();
        let given_up: i64 = snapshot
            .write_offs(invoice.key)
            .map(|write_off| write_off.amount.minor())
            .sum();
        let kept = [invoice.paid, invoice.refunded, invoice.written_off].map(|amount| amount.minor());
        assert_eq!(kept, [settled, refunded, given_up], "{invoice:?}");
        assert!(
            !invoice.open().is_negative() && invoice.refunded <= invoice.paid,
            "{invoice:?}"
        );
    }
    for payment in tables.payments.values() {
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
