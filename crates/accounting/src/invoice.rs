//! Invoices and their lines.
//!
//! An invoice is a draft, issued or void; a stage carries its evidence, so an issued invoice without its date of issue cannot be
//! built. What it is worth is frozen at creation from its lines; what has been settled is kept on it; its [`Standing`] and its
//! open balance follow from both and are never stored apart from them. Deliberately absent: texts (names, memos, addresses),
//! which live in [`crate::content`] so that they can be erased, and "overdue", which depends on the clock.

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;

use crate::content::Digest;
use crate::exchange::{InvoiceExchange, Valued, part_of};
use crate::identity::{AccountKey, CustomerKey, DocumentId, EntryKey, InvoiceKey, ProductKey};
use crate::money::{Amount, Currency};
use crate::refusal::Stop;
use crate::settlement::Witness;
use crate::snapshot::Snapshot;

/// The most lines one invoice may have: a page of a thousand lines is a data import, not an invoice.
pub const MOST_LINES: usize = 1000;

/// Where an invoice is in its life, with the evidence of each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing is posted.
    Draft,
    /// Posted on its invoice date.
    Issued {
        /// When it was issued.
        at: Timestamp,
        /// The entry; `None` when the total is zero.
        entry: Option<EntryKey>,
    },
    /// Annulled, still visible.
    Void {
        /// When it was voided.
        at: Timestamp,
        /// When it had been issued, and its entry and the mirror of it. `None` for a draft that was voided.
        issued: Option<IssuedThenVoid>,
    },
}

/// What remains of an issue after a void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuedThenVoid {
    /// When it had been issued.
    pub at: Timestamp,
    /// The entry of the issue; `None` when the total is zero.
    pub entry: Option<EntryKey>,
    /// The mirror entry; `None` when the total is zero.
    pub mirror: Option<EntryKey>,
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Its number in the book.
    pub key: InvoiceKey,
    /// Its id everywhere.
    pub id: DocumentId,
    /// The dialect that created it.
    pub source: String,
    /// The customer, if one is named.
    pub customer: Option<CustomerKey>,
    /// Its currency.
    pub currency: Currency,
    /// Its stage.
    pub stage: Stage,
    /// The number a human reads, once given.
    pub number: Option<String>,
    /// The id a client brought, unique per book.
    pub external_id: Option<String>,
    /// The day of the document and of its entry.
    pub invoice_date: Date,
    /// The instant after which it is overdue.
    pub due_at: Option<Timestamp>,
    /// The civil day of that instant in the book's zone.
    pub due_on: Option<Date>,
    /// When it was last sent.
    pub sent_at: Option<Timestamp>,
    /// When its open balance became zero by money.
    pub paid_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How often it changed.
    pub revision: i64,
    /// Sum of the lines before discounts.
    pub subtotal: Amount,
    /// Discounts of lines and of the document.
    pub discount: Amount,
    /// The part of `discount` given on the document as a whole.
    pub document_discount: Amount,
    /// Taxes of lines and of the document.
    pub tax: Amount,
    /// The part of `tax` charged on the document as a whole.
    pub document_tax: Amount,
    /// Tips.
    pub tip: Amount,
    /// Subtotal less discount plus tax plus tip.
    pub total: Amount,
    /// Settled by payments.
    pub paid: Amount,
    /// Settled by credit notes.
    pub credited: Amount,
    /// Of that, given back.
    pub refunded: Amount,
    /// Given up as bad debt.
    pub written_off: Amount,
    /// Being paid right now, through a provider that has not confirmed.
    pub pending: Amount,
    /// It may not be deleted until after this day.
    pub held_until: Option<Date>,
    /// When it was handed over to an authority.
    pub handed_over_at: Option<Timestamp>,
    /// Digest of its texts.
    pub content: Digest,
    /// What it is in the book's currency, when it is in another.
    pub exchange: Option<InvoiceExchange>,
}

/// The settlement state of an invoice, without "overdue".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Nothing posted.
    Draft,
    /// Issued, nothing settled.
    Open,
    /// Settled in part, by payments or credit notes.
    PartPaid,
    /// Settled by payments or credit notes.
    Paid,
    /// Given up in part, the rest open.
    PartWrittenOff,
    /// Settled, the last part of it by a write-off.
    WrittenOff,
    /// Paid, and all of the money given back.
    Refunded,
    /// Annulled.
    Void,
}

impl Standing {
    /// Every standing with the word that names it in the store.
    pub const ALL: [(Standing, &'static str); 8] = [
        (Standing::Draft, "draft"),
        (Standing::Open, "open"),
        (Standing::PartPaid, "part_paid"),
        (Standing::Paid, "paid"),
        (Standing::PartWrittenOff, "part_written_off"),
        (Standing::WrittenOff, "written_off"),
        (Standing::Refunded, "refunded"),
        (Standing::Void, "void"),
    ];

    /// The word that names it in the store and in refusals.
    pub fn word(self) -> &'static str {
        Standing::ALL
            .iter()
            .find(|(standing, _)| *standing == self)
            .map_or("", |(_, word)| word)
    }
}

impl Invoice {
    /// What is still owed: nothing before issue and after a void.
    pub fn open(&self) -> Amount {
        match self.stage {
            Stage::Issued { .. } => self
                .total
                .minus(self.settled().unwrap_or(self.total))
                .unwrap_or(Amount::ZERO),
            Stage::Draft | Stage::Void { .. } => Amount::ZERO,
        }
    }

    /// What payments, credit notes and write-offs settle; `None` beyond the largest amount.
    pub fn settled(&self) -> Option<Amount> {
        self.paid.plus(self.credited)?.plus(self.written_off)
    }

    /// Where what a payment or a credit note settles of it is counted.
    fn settled_by(&mut self, witness: Witness) -> &mut Amount {
        match witness {
            Witness::Hand | Witness::Bank | Witness::Provider => &mut self.paid,
            Witness::Credit => &mut self.credited,
        }
    }

    /// Its currency, when it is not the book's.
    pub fn foreign(&self) -> Option<Currency> {
        self.exchange.map(|_| self.currency)
    }

    /// All of it, in both currencies.
    pub fn total_valued(&self) -> Valued {
        Valued {
            amount: self.total,
            booked: self.exchange.map_or(self.total, |exchange| exchange.total),
        }
    }

    /// What is still owed, in both currencies.
    pub fn open_valued(&self) -> Valued {
        let open = self.open();
        let booked = match (self.stage, self.exchange) {
            (_, None) => open,
            (Stage::Issued { .. }, Some(exchange)) => exchange.total.minus(exchange.settled).unwrap_or(Amount::ZERO),
            (Stage::Draft | Stage::Void { .. }, Some(_)) => Amount::ZERO,
        };
        Valued { amount: open, booked }
    }

    /// What so much of what is still owed is in both currencies: at its rate, and the last of it all that is left.
    pub(crate) fn open_part(&self, snapshot: &Snapshot, amount: Amount) -> Result<Valued, Stop> {
        let rate = self.exchange.map(|exchange| exchange.rate);
        part_of(snapshot, self.open_valued(), amount, self.currency, rate)
    }

    /// Notes that a payment or a credit note settled so much of it; that it does no longer, where `part` is negative. `None` beyond the
    /// largest amount.
    pub(crate) fn pay(&mut self, witness: Witness, part: Valued) -> Option<()> {
        let sum = self.settled_by(witness);
        *sum = sum.plus(part.amount)?;
        self.settle(part)
    }

    /// Notes that so much of it was given up.
    pub(crate) fn give_up(&mut self, part: Valued) -> Option<()> {
        self.written_off = self.written_off.plus(part.amount)?;
        self.settle(part)
    }

    /// Notes in the book's currency that so much of it is settled; that it is no longer, where `part` is negative.
    fn settle(&mut self, part: Valued) -> Option<()> {
        if let Some(exchange) = &mut self.exchange {
            exchange.settled = exchange.settled.plus(part.booked)?;
        }
        Some(())
    }

    /// The settlement state.
    pub fn standing(&self) -> Standing {
        match self.stage {
            Stage::Draft => Standing::Draft,
            Stage::Void { .. } => Standing::Void,
            Stage::Issued { .. } => {
                let nothing_open = !self.open().is_positive();
                if self.written_off.is_positive() {
                    if nothing_open {
                        Standing::WrittenOff
                    } else {
                        Standing::PartWrittenOff
                    }
                } else if nothing_open {
                    let all_back = self.refunded.is_positive() && self.refunded >= self.paid;
                    if all_back { Standing::Refunded } else { Standing::Paid }
                } else if self.paid.is_positive() || self.credited.is_positive() {
                    Standing::PartPaid
                } else {
                    Standing::Open
                }
            }
        }
    }

    /// Whether anything was ever posted for it.
    pub fn was_posted(&self) -> bool {
        !matches!(self.stage, Stage::Draft | Stage::Void { issued: None, .. })
    }

    /// Whether it is open and its due instant has come.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.open().is_positive() && self.due_at.is_some_and(|due| due <= now)
    }

    /// When it was issued, if it ever was.
    pub fn issued_at(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Draft => None,
            Stage::Issued { at, .. } => Some(at),
            Stage::Void { issued, .. } => issued.map(|issued| issued.at),
        }
    }

    /// When it was voided, if it was.
    pub fn voided_at(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Void { at, .. } => Some(at),
            Stage::Draft | Stage::Issued { .. } => None,
        }
    }

    /// The entry of its issue, if one is live.
    pub fn issue_entry(&self) -> Option<EntryKey> {
        match self.stage {
            Stage::Draft => None,
            Stage::Issued { entry, .. } => entry,
            Stage::Void { issued, .. } => issued.and_then(|issued| issued.entry),
        }
    }

    /// The mirror entry of its void, if one is live.
    pub fn void_entry(&self) -> Option<EntryKey> {
        match self.stage {
            Stage::Void { issued, .. } => issued.and_then(|issued| issued.mirror),
            Stage::Draft | Stage::Issued { .. } => None,
        }
    }
}

/// A share of tax and the account that owes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxShare {
    /// The tax account.
    pub account: AccountKey,
    /// How much.
    pub amount: Amount,
}

/// One line of an invoice. Line 0 carries what belongs to the document as a whole: its discount, its taxes, its tip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineItem {
    /// The invoice.
    pub invoice: InvoiceKey,
    /// Its place: 1, 2, 3; 0 for the document's own discount, taxes and tip.
    pub place: i64,
    /// The revenue account.
    pub account: AccountKey,
    /// The product it names.
    pub product: Option<ProductKey>,
    /// How many units.
    pub quantity: Decimal,
    /// The price of a unit in major units.
    pub unit_price: Decimal,
    /// Price times quantity, rounded once.
    pub subtotal: Amount,
    /// Discount on the line.
    pub discount: Amount,
    /// Its taxes.
    pub taxes: Vec<TaxShare>,
}

impl LineItem {
    /// Sum of its taxes.
    pub fn tax(&self) -> Amount {
        Amount::sum(self.taxes.iter().map(|share| share.amount)).unwrap_or(Amount::ZERO)
    }

    /// Subtotal less discount.
    pub fn net(&self) -> Amount {
        self.subtotal.minus(self.discount).unwrap_or(Amount::ZERO)
    }

    /// Subtotal less discount plus taxes.
    pub fn total(&self) -> Amount {
        self.net().plus(self.tax()).unwrap_or(Amount::ZERO)
    }
}
