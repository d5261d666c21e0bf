//! Ways to find a record of a snapshot other than by its key.
//!
//! Every put and every removal is noted here, so that a name, a client's id or what hangs on an invoice is found without a search.
//! Deliberately absent: the records themselves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::account::AccountRole;
use crate::identity::{
    AccountKey, CreditNoteKey, DocumentId, DocumentKind, DocumentRef, InvoiceKey, PaymentKey, RefundKey, WriteOffKey,
};
use crate::record::Record;

/// Ways to find a record other than by its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) ids: HashMap<(DocumentKind, DocumentId), i64>,
    pub(super) externals: HashMap<(DocumentKind, String), i64>,
    pub(super) buried: HashMap<(DocumentKind, DocumentId), i64>,
    pub(super) allocations: BTreeMap<InvoiceKey, BTreeSet<(PaymentKey, i64)>>,
    pub(super) former_allocations: BTreeMap<InvoiceKey, BTreeSet<(PaymentKey, i64)>>,
    pub(super) refunds: BTreeMap<InvoiceKey, BTreeSet<RefundKey>>,
    pub(super) refunds_of_payments: BTreeMap<PaymentKey, BTreeSet<RefundKey>>,
    pub(super) payouts: BTreeMap<RefundKey, BTreeSet<RefundKey>>,
    pub(super) credit_notes: BTreeMap<InvoiceKey, BTreeSet<CreditNoteKey>>,
    pub(super) write_offs: BTreeMap<InvoiceKey, BTreeSet<WriteOffKey>>,
    pub(super) roles: BTreeMap<AccountRole, BTreeSet<AccountKey>>,
    pub(super) text_bytes: usize,
    pub(super) requests: BTreeMap<DocumentRef, BTreeSet<String>>,
}

impl Index {
    fn name(&mut self, kind: DocumentKind, id: DocumentId, external: Option<&String>, number: i64, present: bool) {
        if present {
            self.ids.insert((kind, id), number);
        } else {
            self.ids.remove(&(kind, id));
        }
        if let Some(external) = external {
            if present {
                self.externals.insert((kind, external.clone()), number);
            } else {
                self.externals.remove(&(kind, external.clone()));
            }
        }
    }

    fn set<K: Ord, V: Ord>(map: &mut BTreeMap<K, BTreeSet<V>>, key: K, value: V, present: bool) {
        if present {
            map.entry(key).or_default().insert(value);
        } else if let Some(values) = map.get_mut(&key) {
            values.remove(&value);
            if values.is_empty() {
                map.remove(&key);
            }
        }
    }

    pub(super) fn note(&mut self, record: &Record, present: bool) {
        match record {
            Record::Invoice(r) => self.name(DocumentKind::Invoice, r.id, r.external_id.as_ref(), r.key.0, present),
            Record::Customer(r) => self.name(DocumentKind::Customer, r.id, r.external_id.as_ref(), r.key.0, present),
            Record::Product(r) => self.name(DocumentKind::Product, r.id, None, r.key.0, present),
            Record::Resource(r) => self.name(DocumentKind::Resource, r.id, Some(&r.name), r.key.0, present),
            Record::Payment(r) => self.name(DocumentKind::Payment, r.id, r.external_id.as_ref(), r.key.0, present),
            Record::ManualEntry(r) => {
                self.name(
                    DocumentKind::ManualEntry,
                    r.id,
                    r.external_id.as_ref(),
                    r.key.0,
                    present,
                );
            }
            Record::Allocation(r) => Index::set(&mut self.allocations, r.invoice, (r.payment, r.place), present),
            Record::FormerAllocation(r) => {
                if let Some(invoice) = r.invoice {
                    Index::set(&mut self.former_allocations, invoice, (r.payment, r.place), present);
                }
            }
            Record::CreditNote(r) => {
                self.name(DocumentKind::CreditNote, r.id, r.external_id.as_ref(), r.key.0, present);
                if let Some(invoice) = r.invoice {
                    Index::set(&mut self.credit_notes, invoice, r.key, present);
                }
            }
            Record::Refund(r) => {
                if let Some(payment) = r.payment {
                    Index::set(&mut self.refunds_of_payments, payment, r.key, present);
                }
                if let Some(paid) = r.pays {
                    Index::set(&mut self.payouts, paid, r.key, present);
                }
                self.name(DocumentKind::Refund, r.id, r.external_id.as_ref(), r.key.0, present);
                if let Some(invoice) = r.invoice {
                    Index::set(&mut self.refunds, invoice, r.key, present);
                }
            }
            Record::WriteOff(r) => {
                self.name(DocumentKind::WriteOff, r.id, r.external_id.as_ref(), r.key.0, present);
                Index::set(&mut self.write_offs, r.invoice, r.key, present);
            }
            Record::Tombstone(r) => {
                if present {
                    self.buried.insert((r.document.kind, r.id), r.document.number);
                } else {
                    self.buried.remove(&(r.document.kind, r.id));
                }
            }
            Record::Account(r) => Index::set(&mut self.roles, r.role, r.key, present),
            Record::Idempotency(r) => Index::set(&mut self.requests, r.subject, r.key.clone(), present),
            Record::Settings(_)
            | Record::Period(_)
            | Record::Line(_)
            | Record::CreditLine(_)
            | Record::Entry(_)
            | Record::Posting(_)
            | Record::Rate(_)
            | Record::Series(_)
            | Record::Number(_)
            | Record::Token(_)
            | Record::Grant(_) => {}
            Record::Content(r) if present => self.text_bytes += r.body.len(),
            Record::Content(r) => self.text_bytes -= r.body.len(),
        }
    }
}
