//! How far a book has counted: the numbers of its documents come from here and are never given twice.

use crate::record::RecordKey;

/// The highest number given out, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Ledger accounts.
    pub accounts: i64,
    /// Customers.
    pub customers: i64,
    /// Products.
    pub products: i64,
    /// Invoices.
    pub invoices: i64,
    /// Payments.
    pub payments: i64,
    /// Refunds.
    pub refunds: i64,
    /// Write-offs.
    pub write_offs: i64,
    /// Journal entries.
    pub entries: i64,
    /// Tokens.
    pub tokens: i64,
    /// Resources of dialects.
    pub resources: i64,
}

impl Counters {
    /// Moves past the number of a record that was put.
    pub fn pass(&mut self, key: &RecordKey) {
        let (counter, number) = match key {
            RecordKey::Account(key) => (&mut self.accounts, key.0),
            RecordKey::Customer(key) => (&mut self.customers, key.0),
            RecordKey::Product(key) => (&mut self.products, key.0),
            RecordKey::Invoice(key) => (&mut self.invoices, key.0),
            RecordKey::Payment(key) => (&mut self.payments, key.0),
            RecordKey::Refund(key) => (&mut self.refunds, key.0),
            RecordKey::WriteOff(key) => (&mut self.write_offs, key.0),
            RecordKey::Entry(key) => (&mut self.entries, key.0),
            RecordKey::Token(key) => (&mut self.tokens, key.0),
            RecordKey::Resource(key) => (&mut self.resources, key.0),
            RecordKey::Settings(())
            | RecordKey::Period(_)
            | RecordKey::Line(_)
            | RecordKey::Posting(_)
            | RecordKey::ManualEntry(_)
            | RecordKey::Allocation(_)
            | RecordKey::FormerAllocation(_)
            | RecordKey::CreditNote(_)
            | RecordKey::CreditLine(_)
            | RecordKey::Grant(_)
            | RecordKey::Rate(_)
            | RecordKey::Series(_)
            | RecordKey::Number(_)
            | RecordKey::Tombstone(_)
            | RecordKey::Idempotency(_)
            | RecordKey::Content(_) => return,
        };
        *counter = (*counter).max(number);
    }
}
