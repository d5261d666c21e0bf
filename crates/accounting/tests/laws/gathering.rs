//! Deciding on a sparse snapshot that is given exactly what it asks for.
//!
//! [`gather`] is the reference for what a store loads for each [`Want`]. That the plans agree proves that a sparse snapshot
//! never takes "not loaded" for "not there".

use quittance_accounting::identity::{EntryKey, InvoiceKey};
use quittance_accounting::invoice::Invoice;
use quittance_accounting::kept::Deltas;
use quittance_accounting::plan::Plan;
use quittance_accounting::record::{Record, RecordKey};
use quittance_accounting::refusal::Stop;
use quittance_accounting::snapshot::{Named, Snapshot, Want};

/// A sparse snapshot that knows the head of the book only.
pub fn head_of(store: &Snapshot) -> Snapshot {
    let mut sparse = Snapshot::sparse(store.counters());
    sparse.load(store.settings().unwrap().clone().into());
    sparse
}

/// Decides on `sparse`, gathering from `store` what is missing until there is an answer.
pub fn decide(
    store: &Snapshot,
    sparse: &mut Snapshot,
    decide: impl Fn(&Snapshot) -> Result<Plan, Stop>,
) -> Result<Plan, Stop> {
    for _ in 0..100 {
        let answer = decide(sparse).and_then(|plan| {
            plan.check(sparse)?;
            Ok(plan)
        });
        match answer {
            Err(Stop::Missing(want)) => {
                assert!(!sparse.has(&want), "{want:?} was gathered and is missing again");
                gather(&want, store, sparse);
            }
            Ok(mut plan) => {
                for key in plan.unknown_balances(sparse) {
                    sparse.load_balance(key, store.turnover(key));
                }
                plan.fill_balances(sparse);
                return Ok(plan);
            }
            stopped => return stopped,
        }
    }
    panic!("no answer after a hundred rounds");
}

/// Loads what a want covers.
pub fn gather(want: &Want, store: &Snapshot, sparse: &mut Snapshot) {
    let tables = store.tables();
    let mut found: Vec<Record> = Vec::new();
    match want {
        Want::Periods => found.extend(store.tables().periods.values().cloned().map(Record::from)),
        Want::Invoice(named) | Want::InvoiceView(named) => {
            let whole = matches!(want, Want::Invoice(_));
            if let Some(invoice) = store.invoice(named).unwrap() {
                found.extend(case_of(store, invoice, whole));
            } else if let Some(tombstone) = store.buried_invoice(named) {
                found.push(tombstone.clone().into());
                found.extend(
                    tombstone
                        .documents()
                        .filter_map(|document| tables.get(&RecordKey::Content(document))),
                );
            }
        }
        Want::Customer(named) => found.extend(store.customer(named).unwrap().cloned().map(Record::from)),
        Want::Product(named) => found.extend(store.product(named).unwrap().cloned().map(Record::from)),
        Want::Payment(named) => {
            if let Some(payment) = store.payment(named).unwrap().cloned() {
                let parts = (payment.key, 0)..=(payment.key, i64::MAX);
                found.extend(tables.get(&RecordKey::Content(payment.key.into())));
                found.extend(
                    tables
                        .allocations
                        .range(parts.clone())
                        .map(|(_, part)| Record::from(*part)),
                );
                found.extend(
                    tables
                        .former_allocations
                        .range(parts)
                        .map(|(_, part)| Record::from(*part)),
                );
                found.push(payment.into());
            }
        }
        Want::CreditNote(named) => {
            if let Some((note, credit)) = store.whole_credit_note(named).unwrap() {
                let parts = (credit.key, 0)..=(credit.key, i64::MAX);
                found.extend(tables.get(&RecordKey::Content(note.key.into())));
                found.extend(tables.get(&RecordKey::Number(note.number.clone())));
                found.extend(store.credit_lines(note.key).cloned().map(Record::from));
                let live = tables.allocations.range(parts.clone());
                found.extend(live.map(|(_, part)| Record::from(*part)));
                let former = tables.former_allocations.range(parts);
                found.extend(former.map(|(_, part)| Record::from(*part)));
                found.extend([Record::from(note.clone()), Record::from(credit.clone())]);
            } else if let Some(tombstone) = store.buried_credit_note(named) {
                found.push(tombstone.clone().into());
                found.extend(
                    tombstone
                        .documents()
                        .filter_map(|document| tables.get(&RecordKey::Content(document))),
                );
            }
        }
        Want::CreditNotesOf(invoice) => {
            for (note, credit) in store.credit_notes_of(*invoice).unwrap() {
                found.extend(store.credit_lines(note.key).cloned().map(Record::from));
                found.extend([Record::from(note.clone()), Record::from(credit.clone())]);
            }
        }
        Want::PayoutsOf(refund) => {
            for payout in store.payouts_of(*refund).unwrap() {
                found.extend(tables.get(&RecordKey::Content(payout.key.into())));
                found.push(payout.clone().into());
            }
        }
        Want::Refund(named) => {
            if let Some(refund) = store.refund(named).unwrap().cloned() {
                found.extend(tables.get(&RecordKey::Content(refund.key.into())));
                found.push(refund.into());
            }
        }
        Want::WriteOff(named) => {
            if let Some(write_off) = store.write_off(named).unwrap().cloned() {
                found.extend(tables.get(&RecordKey::Content(write_off.key.into())));
                found.push(write_off.into());
            }
        }
        Want::Entry(key) => found.extend(whole_entry(store, *key)),
        Want::Chart => found.extend(tables.accounts.values().cloned().map(Record::from)),
        Want::Series(prefix) => found.extend(tables.get(&RecordKey::Series(prefix.clone()))),
        Want::Number(number) => found.extend(tables.get(&RecordKey::Number(number.clone()))),
        Want::Idempotency(key) => found.extend(tables.get(&RecordKey::Idempotency(key.clone()))),
        Want::ManualEntry(named) => {
            let manual = store.manual_entry(named).unwrap().cloned();
            let key = match (&manual, named) {
                (Some(manual), _) => Some(manual.key),
                (None, Named::Key(number)) => Some(EntryKey(*number)),
                (None, _) => None,
            };
            found.extend(manual.map(Record::from));
            if let Some(entry) = key.and_then(|key| store.journal_entry(key).ok()) {
                found.push(Record::Entry(*entry.entry()));
                found.extend(entry.postings().iter().map(|posting| Record::Posting(*posting)));
            }
        }
        Want::Turnover(key) => sparse.load_balance(*key, store.turnover(*key)),
        Want::Requests(subject) => found.extend(store.requests(*subject).unwrap().cloned().map(Record::from)),
        Want::Rate(currency, day) => {
            let until = tables
                .rates
                .range((*currency, jiff::civil::Date::MIN)..=(*currency, *day));
            found.extend(until.map(|(_, kept)| Record::from(*kept)).next_back());
        }
        Want::Token(key) => found.extend(tables.get(&RecordKey::Token(*key))),
        Want::Grant(digest) => found.extend(store.grant(*digest).unwrap().cloned().map(Record::from)),
        Want::Resource(named) => found.extend(store.resource(named).unwrap().cloned().map(Record::from)),
    }
    let mut stands_in = Deltas::default();
    for record in &found {
        stands_in.replace(None, Some(record));
    }
    for key in stands_in.balances.keys() {
        sparse.load_balance(*key, store.turnover(*key));
    }
    for record in found {
        sparse.load(record);
    }
    sparse.note_gathered(want.clone());
}

/// The case of a live invoice; without entries when only its view is wanted.
fn case_of(store: &Snapshot, invoice: &Invoice, whole: bool) -> Vec<Record> {
    let key: InvoiceKey = invoice.key;
    let tables = store.tables();
    let mut found = vec![Record::from(invoice.clone())];
    let mut entries: Vec<_> = invoice.issue_entry().into_iter().chain(invoice.void_entry()).collect();
    found.extend(
        tables
            .lines
            .range((key, 0)..=(key, i64::MAX))
            .map(|(_, line)| line.clone().into()),
    );
    for (allocation, payment) in store.allocations(key) {
        found.extend([Record::Allocation(*allocation), payment.clone().into()]);
        found.extend(tables.get(&RecordKey::Content(payment.document())));
        entries.push(allocation.entry);
    }
    for (part, payment) in store.former_allocations(key) {
        found.extend([Record::FormerAllocation(*part), Record::from(payment.clone())]);
        found.extend(tables.get(&RecordKey::Content(payment.document())));
        entries.push(part.entry);
        entries.extend(part.undone);
    }
    for refund in store.refund_records(key) {
        found.push(refund.clone().into());
        found.extend(tables.get(&RecordKey::Content(refund.key.into())));
        entries.push(refund.entry);
    }
    for write_off in store.write_offs(key) {
        found.push(write_off.clone().into());
        found.extend(tables.get(&RecordKey::Content(write_off.key.into())));
        entries.push(write_off.entry);
    }
    found.extend(
        invoice
            .number
            .iter()
            .filter_map(|n| tables.get(&RecordKey::Number(n.clone()))),
    );
    found.extend(
        invoice
            .customer
            .and_then(|customer| tables.get(&RecordKey::Customer(customer))),
    );
    found.extend(tables.get(&RecordKey::Content(key.into())));
    for key in entries.into_iter().filter(|_| whole) {
        found.extend(whole_entry(store, key));
    }
    found
}

fn whole_entry(store: &Snapshot, key: EntryKey) -> Vec<Record> {
    let entry = store.journal_entry(key).unwrap();
    let postings = entry.postings().iter().map(|posting| Record::Posting(*posting));
    std::iter::once(Record::Entry(*entry.entry())).chain(postings).collect()
}
