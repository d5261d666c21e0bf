//! The chart and entries that no document made.

use jiff::civil::date;
use quittance_accounting::account::{AccountKind, AccountRole, Side};
use quittance_accounting::identity::{AccountKey, DocumentKind, EntryKey};
use quittance_accounting::issuing::{AccountChoice, create_invoice, issue_invoice};
use quittance_accounting::ledger::{
    AccountChange, Movement, NewAccount, NewManualEntry, add_account, change_account, delete_manual_entry,
    record_manual_entry, reverse_entry, stable_name_of,
};
use quittance_accounting::money::Currency;
use quittance_accounting::periods::close_period;
use quittance_accounting::plan::EventKind;
use quittance_accounting::refusal::{LedgerRefusal, Refusal, Stop};
use quittance_accounting::snapshot::Named;

use crate::model::*;

fn movement(account: &str, side: Side, units: i64) -> Movement {
    Movement {
        account: AccountChoice::StableName(account.to_owned()),
        side,
        amount: minor(units),
    }
}

fn entry(n: u64, movements: Vec<Movement>) -> NewManualEntry {
    NewManualEntry {
        id: id(n),
        date: date(2026, 5, 10),
        movements,
        external_id: None,
        content: texts(n),
    }
}

fn rent(n: u64) -> NewManualEntry {
    let movements = vec![movement("FEES", Side::Debit, 900), movement("CASH", Side::Credit, 900)];
    entry(n, movements)
}

fn record(model: &mut Model, new: &NewManualEntry) -> Result<EntryKey, Stop> {
    let plan = model.run(|s, m| record_manual_entry(s, m, new.clone()))?;
    assert_eq!(
        (plan.kind, plan.subject.kind),
        (EventKind::EntryRecorded, DocumentKind::ManualEntry)
    );
    Ok(EntryKey(plan.subject.number))
}

fn ledger(refused: Result<impl std::fmt::Debug, Stop>) -> LedgerRefusal {
    match refused {
        Err(Stop::Refused(refusals)) => match refusals.first() {
            Refusal::Ledger(refusal) => refusal.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("not refused: {other:?}"),
    }
}

fn first(refused: Result<impl std::fmt::Debug, Stop>) -> Refusal {
    match refused {
        Err(Stop::Refused(refusals)) => refusals.first().clone(),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn an_entry_by_hand_moves_what_it_says_and_its_reversal_the_opposite() {
    let mut model = Model::new(Currency::USD);
    let key = record(&mut model, &rent(1)).unwrap();
    assert_eq!((model.balance("FEES"), model.balance("CASH")), (900, -900));
    let reversal = model
        .run(|s, m| reverse_entry(s, m, &Named::Id(id(1)), None, rent(2)))
        .unwrap();
    assert_eq!((model.balance("FEES"), model.balance("CASH")), (0, 0));
    let by = EntryKey(reversal.subject.number);
    let entries = &model.snapshot.tables().entries;
    assert_eq!((entries[&key].date, entries[&by].date), (date(2026, 5, 10), TODAY));
    let again = model.run(|s, m| reverse_entry(s, m, &Named::Key(key.0), None, rent(3)));
    assert_eq!(ledger(again), LedgerRefusal::AlreadyReversed { by });
    let deleted = model.run(|s, _| delete_manual_entry(s, &Named::Key(key.0)));
    assert_eq!(ledger(deleted), LedgerRefusal::AlreadyReversed { by });
    // Without its reversal it stands as before.
    model.run(|s, _| delete_manual_entry(s, &Named::Id(id(2)))).unwrap();
    assert_eq!((model.balance("FEES"), model.balance("CASH")), (900, -900));
    assert_eq!(model.snapshot.tables().manual_entries[&key].reversed_by, None);
    model.run(|s, _| delete_manual_entry(s, &Named::Id(id(1)))).unwrap();
    assert_eq!((model.balance("FEES"), model.balance("CASH")), (0, 0));
    let tables = model.snapshot.tables();
    assert!(tables.manual_entries.is_empty() && tables.postings.is_empty() && tables.entries.is_empty());
}

#[test]
fn a_reversal_never_counts_before_what_it_reverses() {
    let mut model = Model::new(Currency::USD);
    record(&mut model, &rent(1)).unwrap();
    let early = Some(date(2026, 4, 1));
    let plan = model
        .run(|s, m| reverse_entry(s, m, &Named::Id(id(1)), early, rent(2)))
        .unwrap();
    let entry = model.snapshot.tables().entries[&EntryKey(plan.subject.number)];
    assert_eq!(entry.date, date(2026, 5, 10));
}

#[test]
fn what_cannot_be_recorded_by_hand() {
    let mut model = Model::new(Currency::USD);
    let one_sided = vec![movement("FEES", Side::Debit, 900), movement("CASH", Side::Credit, 899)];
    let (debits, credits) = (minor(900), minor(899));
    let refused = record(&mut model, &entry(1, one_sided));
    assert_eq!(ledger(refused), LedgerRefusal::Unbalanced { debits, credits });
    let nothing = LedgerRefusal::Unbalanced {
        debits: minor(0),
        credits: minor(0),
    };
    assert_eq!(ledger(record(&mut model, &entry(1, vec![]))), nothing);
    for (control, role) in [
        ("ACCOUNTS_RECEIVABLE", AccountRole::Receivable),
        ("UNAPPLIED_PAYMENTS", AccountRole::UnappliedPayments),
    ] {
        let movements = vec![movement(control, Side::Debit, 5), movement("CASH", Side::Credit, 5)];
        assert_eq!(
            first(record(&mut model, &entry(1, movements))),
            Refusal::ControlAccount { role }
        );
    }
    let zero = vec![movement("FEES", Side::Debit, 0), movement("CASH", Side::Credit, 0)];
    let amount = minor(0);
    assert_eq!(
        first(record(&mut model, &entry(1, zero))),
        Refusal::AmountNotPositive { amount }
    );
    let many = vec![movement("FEES", Side::Debit, 1); 1001];
    let (most, found) = (1000, 1001);
    assert_eq!(
        first(record(&mut model, &entry(1, many))),
        Refusal::TooMany { most, found }
    );
    model.run(|s, m| close_period(s, m, date(2026, 5, 10), 1)).unwrap();
    assert!(matches!(
        first(record(&mut model, &rent(1))),
        Refusal::PeriodClosed { .. }
    ));
}

#[test]
fn a_documents_entry_is_not_reversed_or_deleted_on_its_own() {
    let mut model = Model::new(Currency::USD);
    let new = invoice(1, true, vec![line("SALES", 500)]);
    model.run(|s, m| create_invoice(s, m, &NATIVE, new.clone())).unwrap();
    let entry = model.invoice(&named(1)).unwrap().issue_entry().unwrap();
    let expected = |refusal| match refusal {
        LedgerRefusal::BelongsToDocument { document, .. } => document.kind == DocumentKind::Invoice,
        _ => false,
    };
    let reversed = model.run(|s, m| reverse_entry(s, m, &Named::Key(entry.0), None, rent(2)));
    assert!(expected(ledger(reversed)));
    let deleted = model.run(|s, _| delete_manual_entry(s, &Named::Key(entry.0)));
    assert!(expected(ledger(deleted)));
    let unknown = model.run(|s, _| delete_manual_entry(s, &Named::Key(99)));
    let kind = DocumentKind::ManualEntry;
    assert_eq!(first(unknown), Refusal::NotFound { kind });
}

#[test]
fn a_closed_period_keeps_its_manual_entries() {
    let mut model = Model::new(Currency::USD);
    record(&mut model, &rent(1)).unwrap();
    model.run(|s, m| close_period(s, m, date(2026, 5, 31), 1)).unwrap();
    let deleted = model.run(|s, _| delete_manual_entry(s, &Named::Id(id(1))));
    assert!(matches!(first(deleted), Refusal::PeriodClosed { .. }));
    let back = Some(date(2026, 5, 20));
    let reversed = model.run(|s, m| reverse_entry(s, m, &Named::Id(id(1)), back, rent(2)));
    assert!(matches!(first(reversed), Refusal::PeriodClosed { .. }));
    model
        .run(|s, m| reverse_entry(s, m, &Named::Id(id(1)), None, rent(2)))
        .unwrap();
}

fn account(code: &str, name: &str) -> NewAccount {
    NewAccount {
        code: code.to_owned(),
        stable_name: None,
        name: name.to_owned(),
        kind: AccountKind::Expense,
        namesakes: None,
    }
}

fn retired(active: bool) -> AccountChange {
    AccountChange {
        active: Some(active),
        ..AccountChange::default()
    }
}

#[test]
fn accounts_are_added_renamed_and_retired_while_nothing_is_posted_to_them() {
    let mut model = Model::new(Currency::USD);
    let plan = model
        .run(|s, _| add_account(s, &account("6300", "Office rent")))
        .unwrap();
    let key = AccountKey(plan.subject.number);
    assert_eq!(model.snapshot.tables().accounts[&key].stable_name, "OFFICE_RENT");
    let again = model.run(|s, _| add_account(s, &account("6300", "Something")));
    let reference = "6300".to_owned();
    assert_eq!(ledger(again), LedgerRefusal::AccountTaken { reference });
    let again = model.run(|s, _| add_account(s, &account("6301", "office  rent")));
    let reference = "OFFICE_RENT".to_owned();
    assert_eq!(ledger(again), LedgerRefusal::AccountTaken { reference });
    // Where names tell accounts apart, one of the name that was not looked at is in the way.
    let mut unlike = account("6302", "Office rent");
    unlike.stable_name = Some("RENT_TOO".to_owned());
    unlike.namesakes = Some(vec![]);
    let again = model.run(|s, _| add_account(s, &unlike));
    let reference = "Office rent".to_owned();
    assert_eq!(ledger(again), LedgerRefusal::AccountTaken { reference });
    unlike.namesakes = Some(vec![key]);
    model.run(|s, _| add_account(s, &unlike)).unwrap();

    let chosen = AccountChoice::Key(key);
    let renamed = AccountChange {
        name: Some("Rent of offices".to_owned()),
        ..AccountChange::default()
    };
    model.run(|s, _| change_account(s, &chosen, &renamed)).unwrap();
    assert_eq!(model.snapshot.tables().accounts[&key].name, "Rent of offices");

    let movements = vec![
        movement("OFFICE_RENT", Side::Debit, 70),
        movement("CASH", Side::Credit, 70),
    ];
    record(&mut model, &entry(1, movements.clone())).unwrap();
    let used = LedgerRefusal::AccountInUse {
        role: AccountRole::Ordinary,
        debits: 70,
        credits: 0,
    };
    assert_eq!(
        ledger(model.run(|s, _| change_account(s, &chosen, &retired(false)))),
        used
    );
    model.run(|s, _| delete_manual_entry(s, &Named::Id(id(1)))).unwrap();
    model.run(|s, _| change_account(s, &chosen, &retired(false))).unwrap();
    let refused = record(&mut model, &entry(2, movements.clone()));
    assert_eq!(ledger(refused), LedgerRefusal::AccountInactive { account: key });
    model.run(|s, _| change_account(s, &chosen, &retired(true))).unwrap();
    record(&mut model, &entry(2, movements)).unwrap();

    let sales = AccountChoice::Role(AccountRole::Sales);
    let refused = model.run(|s, _| change_account(s, &sales, &retired(false)));
    assert!(matches!(ledger(refused), LedgerRefusal::AccountInUse { .. }));
    let unknown = model.run(|s, _| change_account(s, &AccountChoice::Key(AccountKey(99)), &retired(true)));
    let kind = DocumentKind::Account;
    assert_eq!(first(unknown), Refusal::NotFound { kind });
}

#[test]
fn a_draft_that_names_a_retired_account_waits_for_it() {
    let mut model = Model::new(Currency::USD);
    let new = invoice(1, false, vec![line("SERVICES", 500)]);
    model.run(|s, m| create_invoice(s, m, &NATIVE, new.clone())).unwrap();
    let services = AccountChoice::StableName("SERVICES".to_owned());
    model.run(|s, _| change_account(s, &services, &retired(false))).unwrap();
    let refused = model.run(|s, m| issue_invoice(s, m, &NATIVE, &named(1)));
    assert!(matches!(ledger(refused), LedgerRefusal::AccountInactive { .. }));
    model.run(|s, _| change_account(s, &services, &retired(true))).unwrap();
    model.run(|s, m| issue_invoice(s, m, &NATIVE, &named(1))).unwrap();
}

#[test]
fn a_stable_name_is_made_of_a_name() {
    assert_eq!(stable_name_of("Office rent (HQ)"), "OFFICE_RENT_HQ");
    assert_eq!(stable_name_of("帳簿"), "");
}
