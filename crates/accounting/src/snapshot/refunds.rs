//! What a snapshot knows of refunds. Absent: their texts, which are asked for as those of other documents.

use std::sync::Arc;

use super::{Named, Snapshot, Want};
use crate::identity::{DocumentKind, InvoiceKey, PaymentKey, RefundKey};
use crate::refusal::Stop;
use crate::settlement::Refund;

impl Snapshot {
    /// The refund of this name.
    pub fn refund(&self, named: &Named) -> Result<Option<&Refund>, Stop> {
        let found = self
            .find(DocumentKind::Refund, named)
            .and_then(|n| self.tables.refunds.get(&RefundKey(n)));
        self.found(found.map(Arc::as_ref), || Want::Refund(named.clone()))
    }

    /// The refunds of an invoice.
    pub fn refunds(&self, invoice: InvoiceKey) -> impl Iterator<Item = &Refund> {
        self.refund_records(invoice).filter(|refund| refund.pays.is_none())
    }

    /// The refunds of an invoice, and what was paid of those that were owed.
    pub fn refund_records(&self, invoice: InvoiceKey) -> impl Iterator<Item = &Refund> {
        self.refunds_at(self.index.refunds.get(&invoice).into_iter().flatten())
    }

    /// The refunds that name a payment, of those that were gathered with its invoices.
    pub fn refunds_of(&self, payment: PaymentKey) -> impl Iterator<Item = &Refund> {
        let keys = self.index.refunds_of_payments.get(&payment).into_iter().flatten();
        keys.filter_map(|key| self.tables.refunds.get(key).map(Arc::as_ref))
    }

    /// What was paid of a refund that was owed.
    pub fn payouts_of(&self, refund: RefundKey) -> Result<impl Iterator<Item = &Refund>, Stop> {
        let want = Want::PayoutsOf(refund);
        if !self.has(&want) {
            return Err(Stop::Missing(want));
        }
        Ok(self.refunds_at(self.index.payouts.get(&refund).into_iter().flatten()))
    }

    fn refunds_at<'a>(&'a self, keys: impl Iterator<Item = &'a RefundKey>) -> impl Iterator<Item = &'a Refund> {
        keys.filter_map(|key| self.tables.refunds.get(key).map(Arc::as_ref))
    }
}
