//! How invoices are settled: payments and their allocations, credit notes, refunds, write-offs.
//!
//! One entry per allocation and one for what a payment leaves unallocated, so that deleting an invoice withdraws exactly its own
//! entries and re-records nothing. Money with a witness of its own (a bank, a provider) posts *received* and *applied* apart: only
//! *applied* can be withdrawn with an invoice.
//!
//! A credit note is a source of settlement like a payment with a witness of its own: its credit is kept as a [`Payment`] record of
//! the same number whose witness is [`Witness::Credit`], and whose unallocated part stands on the control account of customer
//! credits. No list of payments shows such a record.

use jiff::{Timestamp, civil::Date};

use crate::account::AccountRole;
use crate::content::Digest;
use crate::exchange::{Exchanged, PaymentExchange, RefundExchange, Valued, WriteOffExchange, part_of};
use crate::identity::{
    AccountKey, CreditNoteKey, CustomerKey, DocumentId, DocumentRef, EntryKey, InvoiceKey, PaymentKey, ProductKey,
    RefundKey, WriteOffKey,
};
use crate::invoice::TaxShare;
use crate::money::{Amount, Currency};
use crate::refusal::{Refusal, Stop};
use crate::snapshot::Snapshot;

/// The most invoices one payment may settle at once.
pub const MOST_ALLOCATIONS: usize = 500;

/// Who says that the money came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Witness {
    /// A person recorded it by hand; it stands and falls with the invoices it settled.
    Hand,
    /// A bank transaction.
    Bank,
    /// A payment provider's transfer.
    Provider,
    /// A credit note: no money came.
    Credit,
}

impl Witness {
    /// Every witness with the word that names it in the store.
    pub const ALL: [(Witness, &'static str); 4] = [
        (Witness::Hand, "hand"),
        (Witness::Bank, "bank"),
        (Witness::Provider, "provider"),
        (Witness::Credit, "credit"),
    ];

    /// Those that vouch for money, with their words.
    pub const OF_MONEY: [(Witness, &'static str); 3] = [
        (Witness::Hand, "hand"),
        (Witness::Bank, "bank"),
        (Witness::Provider, "provider"),
    ];

    /// The control account on which what settles nothing stands.
    pub fn control(self) -> AccountRole {
        match self {
            Witness::Hand | Witness::Bank | Witness::Provider => AccountRole::UnappliedPayments,
            Witness::Credit => AccountRole::CustomerCredits,
        }
    }

    /// Whether money came.
    pub fn is_money(self) -> bool {
        self != Witness::Credit
    }
}

/// How the money came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Notes and coins.
    Cash,
    /// A check.
    Check,
    /// A card.
    Card,
    /// A bank transfer, ACH or wire.
    BankTransfer,
    /// A credit the customer had.
    CreditBalance,
    /// Anything else.
    Other,
}

impl Method {
    /// Every method with the word that names it in the store.
    pub const ALL: [(Method, &'static str); 6] = [
        (Method::Cash, "cash"),
        (Method::Check, "check"),
        (Method::Card, "card"),
        (Method::BankTransfer, "bank_transfer"),
        (Method::CreditBalance, "credit_balance"),
        (Method::Other, "other"),
    ];
}

/// Money received from a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its number in the book.
    pub key: PaymentKey,
    /// Its id everywhere.
    pub id: DocumentId,
    /// The customer, if one is named.
    pub customer: Option<CustomerKey>,
    /// Its currency.
    pub currency: Currency,
    /// The day it counts for.
    pub paid_on: Date,
    /// The day its receipt is posted on: the day it counts for, unless that was closed when a fact arrived.
    pub posted_on: Date,
    /// The instant the client gave, or when it was recorded.
    pub paid_at: Timestamp,
    /// All of it. It shrinks when an invoice takes its part of hand-recorded money along.
    pub amount: Amount,
    /// What settles nothing yet.
    pub unallocated: Amount,
    /// What of it was given back while it settled nothing.
    pub refunded: Amount,
    /// How it came.
    pub method: Method,
    /// Who says so.
    pub witness: Witness,
    /// Where it arrived.
    pub clearing: AccountKey,
    /// The entry of what was unallocated when it was recorded (hand), or of all of it (witnessed).
    pub receipt_entry: Option<EntryKey>,
    /// How many allocations it ever had: the place of the next one follows.
    pub allocations: i64,
    /// The id a client brought, unique per book.
    pub external_id: Option<String>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Its void, once it was annulled.
    pub voided: Option<PaymentVoid>,
    /// The invoice that it was meant for and could not settle, or not with all of it: deleted, void or paid otherwise when it came.
    pub meant_for: Option<InvoiceKey>,
    /// Digest of its texts.
    pub content: Digest,
    /// What it is in the book's currency, when it is in another.
    pub exchange: Option<PaymentExchange>,
}

impl Payment {
    /// Its currency, when it is not the book's.
    pub fn foreign(&self) -> Option<Currency> {
        self.exchange.map(|_| self.currency)
    }

    /// All of it, in both currencies.
    pub fn valued(&self) -> Valued {
        Valued {
            amount: self.amount,
            booked: self.exchange.map_or(self.amount, |exchange| exchange.amount),
        }
    }

    /// What settles nothing yet, in both currencies.
    pub fn unapplied_valued(&self) -> Valued {
        Valued {
            amount: self.unallocated,
            booked: self.exchange.map_or(self.unallocated, |exchange| exchange.unallocated),
        }
    }

    /// Takes so much out of what settles nothing, at its rate, and the last of it all that is left.
    pub(crate) fn take(&mut self, snapshot: &Snapshot, amount: Amount) -> Result<Valued, Stop> {
        let (left, rate) = (self.unapplied_valued(), self.exchange.map(|exchange| exchange.rate));
        let taken = part_of(snapshot, left, amount, self.currency, rate)?;
        self.set_unapplied(left.minus(taken).ok_or(Refusal::AmountTooLarge)?);
        Ok(taken)
    }

    /// Changes all of it.
    pub(crate) fn set_valued(&mut self, all: Valued) {
        self.amount = all.amount;
        if let Some(exchange) = &mut self.exchange {
            exchange.amount = all.booked;
        }
    }

    /// Changes what settles nothing.
    pub(crate) fn set_unapplied(&mut self, rest: Valued) {
        self.unallocated = rest.amount;
        if let Some(exchange) = &mut self.exchange {
            exchange.unallocated = rest.booked;
        }
    }
}

impl Payment {
    /// The document that its entries belong to: the payment, or the credit note whose credit it is.
    pub fn document(&self) -> DocumentRef {
        match self.witness {
            Witness::Hand | Witness::Bank | Witness::Provider => self.key.into(),
            Witness::Credit => CreditNoteKey(self.key.0).into(),
        }
    }
}

/// The void of a payment: each part of it has its mirror entry, and what settled nothing has this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentVoid {
    /// When it was voided.
    pub at: Timestamp,
    /// The day that its mirror entries are dated.
    pub on: Date,
    /// The mirror of what settled nothing; `None` when all of it settled invoices.
    pub entry: Option<EntryKey>,
}

/// The part of a payment that settles one invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The payment.
    pub payment: PaymentKey,
    /// Its place in the payment: 1, 2, 3.
    pub place: i64,
    /// The invoice.
    pub invoice: InvoiceKey,
    /// How much.
    pub amount: Amount,
    /// Whether the money was there before, unapplied or witnessed: then it stays when the invoice goes.
    pub from_unapplied: bool,
    /// Its own entry.
    pub entry: EntryKey,
    /// What it is in the book's currency, when the invoice is in another.
    pub exchange: Option<Exchanged>,
}

/// What a part is worth, in the document's currency and in the book's: the money, and what it settled.
fn both(amount: Amount, exchange: Option<Exchanged>) -> (Valued, Valued) {
    let valued = |booked| Valued { amount, booked };
    let Exchanged { received, settled } = exchange.unwrap_or(Exchanged {
        received: amount,
        settled: amount,
    });
    (valued(received), valued(settled))
}

impl Allocation {
    /// The money, and what it settled: both the same in the book's currency, unless the invoice is in another.
    pub fn valued(&self) -> (Valued, Valued) {
        both(self.amount, self.exchange)
    }
}

impl FormerAllocation {
    /// The money, and what it had settled.
    pub fn valued(&self) -> (Valued, Valued) {
        both(self.amount, self.exchange)
    }
}

/// A part of a payment that settled an invoice and no longer does: it was undone by a visible entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormerAllocation {
    /// The payment.
    pub payment: PaymentKey,
    /// Its place in the payment.
    pub place: i64,
    /// The invoice; `None` when that was deleted since, and the entry is now the receipt of this part.
    pub invoice: Option<InvoiceKey>,
    /// How much.
    pub amount: Amount,
    /// Whether the money was there before.
    pub from_unapplied: bool,
    /// Its own entry.
    pub entry: EntryKey,
    /// The entry that undid it; `None` for the receipt of a deleted invoice's part.
    pub undone: Option<EntryKey>,
    /// What it is in the book's currency, when the invoice was in another.
    pub exchange: Option<Exchanged>,
}

/// A document that takes an amount back from what a customer was invoiced. What it comes to, its customer, its day, its entry and
/// what it settles stand on the [`Payment`] record that its credit is kept as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditNote {
    /// Its number in the book.
    pub key: CreditNoteKey,
    /// Its id everywhere.
    pub id: DocumentId,
    /// The dialect that created it.
    pub source: String,
    /// The number a human reads.
    pub number: String,
    /// The id a client brought, unique per book.
    pub external_id: Option<String>,
    /// The invoice whose figures it takes back; it may be deleted since. `None` for one that stands free.
    pub invoice: Option<InvoiceKey>,
    /// Of its amount, taxes.
    pub tax: Amount,
    /// It may not be deleted until after this day.
    pub held_until: Option<Date>,
    /// When it was handed over to an authority.
    pub handed_over_at: Option<Timestamp>,
    /// Digest of its texts.
    pub content: Digest,
}

/// What a credit note takes back from one account, with the taxes on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditLine {
    /// The credit note.
    pub credit_note: CreditNoteKey,
    /// Its place: 1, 2, 3.
    pub place: i64,
    /// The line of the invoice that it takes from, by its place there; 0 for what belongs to the invoice as a whole.
    pub line: Option<i64>,
    /// The account that is debited.
    pub account: AccountKey,
    /// The product it names.
    pub product: Option<ProductKey>,
    /// How much, without taxes.
    pub amount: Amount,
    /// Its taxes.
    pub taxes: Vec<TaxShare>,
}

/// Money given back to a customer: on an invoice, out of a payment that settles nothing, or for nothing that was documented here.
///
/// One that was not paid when it was recorded is *owed*: its entry credits a liability. What is paid of it later is a record of this
/// kind too, which names it in `pays` and moves the money from that liability; it is of the same invoice and customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Its number in the book.
    pub key: RefundKey,
    /// Its id everywhere.
    pub id: DocumentId,
    /// The invoice; `None` when unapplied money went back.
    pub invoice: Option<InvoiceKey>,
    /// The place of the line, when it is of one line.
    pub line: Option<i64>,
    /// The payment, when it is of one payment.
    pub payment: Option<PaymentKey>,
    /// The customer, when it is of no invoice, payment or credit.
    pub customer: Option<CustomerKey>,
    /// The owed refund that it pays, when it is such a payment.
    pub pays: Option<RefundKey>,
    /// How much.
    pub amount: Amount,
    /// Of one that was not paid when it was recorded: what of it is not paid yet.
    pub owed: Option<Amount>,
    /// The day it counts for.
    pub refunded_on: Date,
    /// The instant the client gave, or when it was recorded.
    pub refunded_at: Timestamp,
    /// The account it was paid from, or on which it is owed.
    pub clearing: AccountKey,
    /// Its entry.
    pub entry: EntryKey,
    /// The id a client brought, unique per book.
    pub external_id: Option<String>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// Digest of its texts.
    pub content: Digest,
    /// What it is in the book's currency, when it is in another.
    pub exchange: Option<RefundExchange>,
}

/// A receivable given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteOff {
    /// Its number in the book.
    pub key: WriteOffKey,
    /// Its id everywhere.
    pub id: DocumentId,
    /// The invoice.
    pub invoice: InvoiceKey,
    /// How much.
    pub amount: Amount,
    /// The day it counts for.
    pub written_off_on: Date,
    /// The instant the client gave, or when it was recorded.
    pub written_off_at: Timestamp,
    /// The account that it was charged to.
    pub account: AccountKey,
    /// Its entry.
    pub entry: EntryKey,
    /// The id a client brought, unique per book.
    pub external_id: Option<String>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// Digest of its texts.
    pub content: Digest,
    /// What it is in the book's currency, when it is in another.
    pub exchange: Option<WriteOffExchange>,
}

impl WriteOff {
    /// How much, in both currencies.
    pub fn valued(&self) -> Valued {
        Valued {
            amount: self.amount,
            booked: self.exchange.map_or(self.amount, |exchange| exchange.booked),
        }
    }
}
