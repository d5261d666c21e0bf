//! Laws of a single delete and its restore.

use quittance_accounting::crediting::restore_credit_note;
use quittance_accounting::deletion::restore_invoice;
use quittance_accounting::identity::InvoiceKey;
use quittance_accounting::kept::{BalanceKey, Grain};
use quittance_accounting::plan::Plan;
use quittance_accounting::snapshot::{Named, Snapshot};

use crate::books_add_up::journal;

/// What goes is what the receipt names; every other entry, invoice, line and allocation is as it was.
pub fn only_its_own_goes(before: &Snapshot, after: &Snapshot, plan: &Plan, target: InvoiceKey) {
    let receipt = plan.receipt.as_ref().unwrap();
    let mut expected = journal(before);
    for entry in &receipt.withdrawn {
        let document = entry.entry().document;
        let foreign = before
            .tables()
            .invoices
            .keys()
            .any(|key| *key != target && document == (*key).into());
        assert!(!foreign, "{entry:?} is another invoice's");
        assert_eq!(expected.remove(&entry.entry().key).as_ref(), Some(entry));
    }
    for entry in &receipt.recorded {
        assert_eq!(expected.insert(entry.entry().key, entry.clone()), None);
    }
    assert_eq!(journal(after), expected);
    let mut tables = before.tables().clone();
    tables.invoices.remove(&target);
    tables.lines.retain(|(invoice, _), _| *invoice != target);
    tables.allocations.retain(|_, allocation| allocation.invoice != target);
    tables.refunds.retain(|_, refund| refund.invoice != Some(target));
    tables.write_offs.retain(|_, write_off| write_off.invoice != target);
    let left = after.tables();
    assert_eq!(left.invoices, tables.invoices);
    assert_eq!(left.lines, tables.lines);
    assert_eq!(left.allocations, tables.allocations);
    assert_eq!(left.refunds, tables.refunds);
    assert_eq!(left.write_offs, tables.write_offs);
    assert_eq!((&left.customers, &left.series), (&tables.customers, &tables.series));
}

/// The receipt's balances are those before and after, and its payments are as it says.
pub fn receipt_is_true(before: &Snapshot, after: &Snapshot, plan: &Plan) {
    let receipt = plan.receipt.as_ref().unwrap();
    for effect in &receipt.balances {
        let grain = if effect.day.is_some() { Grain::Day } else { Grain::Ever };
        let key = BalanceKey {
            currency: effect.currency,
            account: effect.account,
            grain,
            start: effect.day.unwrap_or(Grain::Ever.start(jiff::civil::Date::ZERO)),
        };
        assert_eq!(effect.before, before.turnover(key));
        assert_eq!(effect.after, after.turnover(key));
    }
    for effect in &receipt.payments {
        let left = after.tables().payments.get(&effect.payment);
        let amounts = left.map(|payment| (payment.amount, payment.unallocated));
        let said = (effect.amount_after, effect.unallocated_after);
        assert_eq!(amounts, (!said.0.is_zero()).then_some(said));
    }
    for effect in &receipt.credits {
        let left = &after.tables().payments[&effect.credit_note.credit()];
        let had = &before.tables().payments[&effect.credit_note.credit()];
        assert_eq!(left.unallocated, effect.left_after);
        assert_eq!(had.unallocated.plus(effect.applied), Some(left.unallocated));
        assert_eq!(had.amount, left.amount, "a credit note keeps its amount");
    }
    for effect in &receipt.invoices {
        let left = &after.tables().invoices[&effect.invoice];
        let had = &before.tables().invoices[&effect.invoice];
        assert_eq!(left.open(), effect.open_after);
        assert_eq!(had.open().plus(effect.applied), Some(left.open()));
    }
}

/// A delete and a restore of a credit note that settled nothing leave every record as it was.
pub fn credit_restore_is_identity(before: &Snapshot, after: &Snapshot, named: &Named) {
    if after.buried_credit_note(named).unwrap().removed.is_empty() {
        return;
    }
    let plan = restore_credit_note(after, named).unwrap();
    assert_eq!(plan.check(after), Ok(()));
    let mut restored = after.clone();
    restored.apply(&plan.changes);
    assert_eq!(restored.tables(), before.tables());
}

/// A delete and a restore leave every record as it was.
pub fn restore_is_identity(before: &Snapshot, after: &Snapshot, named: &Named) {
    let plan = restore_invoice(after, named).unwrap();
    assert_eq!(plan.check(after), Ok(()));
    let mut restored = after.clone();
    restored.apply(&plan.changes);
    assert_eq!(restored.tables(), before.tables());
    // A receipt that was recorded in between took a number.
    let mut counters = restored.counters();
    counters.entries = before.counters().entries;
    assert_eq!(counters, before.counters());
}
