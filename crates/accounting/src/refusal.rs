//! Why a command is refused, and the two other ways in which a decision can stop.
//!
//! A [`Refusal`] carries the facts: what blocks, which sums and dates. The variants stand in descending order of precedence;
//! a decision collects every reason that holds and hands them out in that order. A dialect words the first reason that its
//! vendor documents, else the first. Deliberately absent: words for clients, status codes.

use jiff::{Timestamp, civil::Date};

use crate::account::AccountRole;
use crate::exchange::Rate;
use crate::identity::{AccountKey, CreditNoteKey, CustomerKey, DocumentKind, DocumentRef, EntryKey, InvoiceKey};
use crate::invoice::Standing;
use crate::journal::{EntryError, EntryKind};
use crate::money::{Amount, Currency};
use crate::snapshot::Want;

/// One reason to refuse. The order of the variants is the order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The book has no document of this name.
    NotFound {
        /// What was asked for.
        kind: DocumentKind,
    },
    /// The document was deleted.
    AlreadyDeleted {
        /// The seq of the event that did it.
        seq: i64,
        /// When.
        at: Timestamp,
    },
    /// The idempotency key was used for another request.
    KeyReused {
        /// The document that the first request made or changed.
        subject: i64,
    },
    /// What the plan was made from has changed since.
    PlanMoved,
    /// The document has changed since the client looked at it.
    RevisionMoved {
        /// What the client looked at: a revision, or of a payment the microsecond of its last change.
        expected: i64,
        /// What it is now.
        found: i64,
    },
    /// A retention hold forbids deletion.
    Held {
        /// Through this day.
        until: Date,
        /// Why, in the words of whoever put it on hold: a text, which a decision does not know and whoever carries the refusal on adds.
        reason: Option<String>,
    },
    /// The document was handed over to an authority.
    HandedOver {
        /// When.
        at: Timestamp,
    },
    /// A provider is collecting money for the invoice right now.
    PaymentInProgress {
        /// How much.
        pending: Amount,
    },
    /// An entry that would come, go or change lies in a closed period.
    PeriodClosed {
        /// The earliest date of such an entry.
        entry_date: Date,
        /// Everything on or before this day is closed.
        closed_through: Date,
    },
    /// The verb is not allowed for an invoice of this standing.
    WrongStanding {
        /// What it is.
        standing: Standing,
        /// Those that would do.
        allowed: Vec<Standing>,
    },
    /// Payments settle the invoice.
    HasPayments {
        /// How many.
        count: i64,
        /// What they settle of it together.
        sum: Amount,
    },
    /// Credit notes settle the invoice, or take it back.
    HasCredits {
        /// How many.
        count: i64,
        /// What they come to together.
        sum: Amount,
    },
    /// Money of the invoice was given back.
    HasRefunds {
        /// How many refunds.
        count: i64,
        /// Their sum.
        sum: Amount,
    },
    /// Part of the invoice was given up.
    HasWriteOffs {
        /// How many write-offs.
        count: i64,
        /// Their sum.
        sum: Amount,
    },
    /// Money that a provider or a bank vouches for settles the invoice.
    HasWitnessedMoney {
        /// How much.
        sum: Amount,
    },
    /// Its money settles invoices.
    HasAllocations {
        /// How many parts.
        count: i64,
        /// Their sum.
        sum: Amount,
    },
    /// The document was annulled.
    IsVoid {
        /// What it is.
        kind: DocumentKind,
        /// As of this day.
        on: Date,
    },
    /// Other documents name it.
    InUse {
        /// What it is.
        kind: DocumentKind,
        /// What names it.
        by: DocumentKind,
        /// How many of them, as far as they were counted.
        count: i64,
    },
    /// Its texts are gone, so it cannot be restored.
    ContentErased {
        /// The seq of the event that deleted it.
        seq: i64,
    },
    /// Another live document has the number.
    NumberTaken {
        /// The number.
        number: String,
        /// Who has it.
        document: DocumentRef,
    },
    /// Another live document has the id that the client brought.
    ExternalIdTaken {
        /// Of this kind.
        kind: DocumentKind,
        /// The id.
        external_id: String,
    },
    /// Something the command refers to does not exist.
    UnknownReference {
        /// What it would be.
        kind: DocumentKind,
        /// As the client wrote it, or its number.
        reference: String,
    },
    /// A control account takes no posting of this kind.
    ControlAccount {
        /// The part it plays.
        role: AccountRole,
    },
    /// The ledger does not take it.
    Ledger(LedgerRefusal),
    /// Its currency or its rate does not fit.
    Exchange(ExchangeRefusal),
    /// An invoice without lines.
    NoLines,
    /// More parts than the limit.
    TooMany {
        /// The limit.
        most: usize,
        /// How many came.
        found: usize,
    },
    /// The sum of an invoice is below zero.
    NegativeTotal {
        /// The sum.
        total: Amount,
    },
    /// A sum passes the largest amount.
    AmountTooLarge,
    /// An amount that must be more than zero is not.
    AmountNotPositive {
        /// The amount.
        amount: Amount,
    },
    /// More than is open.
    Overpayment {
        /// What is open.
        open: Amount,
        /// What was offered.
        offered: Amount,
    },
    /// Less than is open, where only the whole can be paid.
    Underpayment {
        /// What is open.
        open: Amount,
        /// What was offered.
        offered: Amount,
    },
    /// The parts of a payment are more than the payment.
    OverAllocated {
        /// The payment.
        amount: Amount,
        /// Its parts together.
        allocated: Amount,
    },
    /// An edit would make an invoice come to less than what settles it.
    BelowSettled {
        /// What it would come to.
        total: Amount,
        /// What payments and write-offs settle.
        settled: Amount,
    },
    /// The money of one customer for the invoice of another.
    CustomerDiffers {
        /// Whose money it is.
        expected: CustomerKey,
        /// Whose invoice.
        found: CustomerKey,
    },
    /// A credit note for more than its invoice comes to.
    OverCredit {
        /// What can still be credited.
        creditable: Amount,
        /// What was asked for.
        asked: Amount,
    },
    /// More than was paid and not given back.
    OverRefund {
        /// What could be given back.
        refundable: Amount,
        /// What was asked for.
        asked: Amount,
    },
    /// A period can only be closed forward, and only through a day that is over.
    CannotClose {
        /// Through this day it is closed already.
        closed_through: Option<Date>,
        /// This day was asked for.
        asked: Date,
        /// Today.
        today: Date,
    },
    /// A period can only be reopened back to an earlier day.
    CannotReopen {
        /// Through this day it is closed.
        closed_through: Option<Date>,
        /// It was asked to stay closed through this day.
        asked: Option<Date>,
    },
}

/// Why a currency or a rate is not taken. The order of the variants is the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExchangeRefusal {
    /// A document is in one currency.
    Differs {
        /// Of the document.
        document: Currency,
        /// Of the money that is for it.
        money: Currency,
    },
    /// Neither the document nor the book knows a rate.
    NoRate {
        /// Of this currency.
        currency: Currency,
        /// On this day.
        day: Date,
    },
    /// The book's own currency has no rate but one.
    OwnCurrency {
        /// That currency.
        currency: Currency,
    },
    /// The currency and the rate of what was issued are frozen.
    Frozen {
        /// The currency it has.
        currency: Currency,
        /// The rate it has; none in the book's currency.
        rate: Option<Rate>,
    },
}

/// Why the ledger does not take a change of its chart or a manual entry. The order of the variants is the order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LedgerRefusal {
    /// Another account has the number or the stable name.
    AccountTaken {
        /// That number or name.
        reference: String,
    },
    /// An account that plays a part, or that something is posted to, cannot be retired.
    AccountInUse {
        /// The part it plays.
        role: AccountRole,
        /// What is debited to it, in minor units.
        debits: i64,
        /// What is credited to it, in minor units.
        credits: i64,
    },
    /// The account was retired and takes no postings.
    AccountInactive {
        /// Which.
        account: AccountKey,
    },
    /// An entry does not balance, or moves nothing.
    Unbalanced {
        /// Sum of the debits.
        debits: Amount,
        /// Sum of the credits.
        credits: Amount,
    },
    /// The entry belongs to a document and stands and falls with it.
    BelongsToDocument {
        /// The document.
        document: DocumentRef,
        /// What the entry records.
        kind: EntryKind,
    },
    /// The entry was reversed.
    AlreadyReversed {
        /// By this one.
        by: EntryKey,
    },
}

/// All reasons to refuse a command, in order of precedence; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusals(Vec<Refusal>);

impl Refusals {
    /// Puts reasons in order; `None` when there are none.
    pub fn of(mut reasons: Vec<Refusal>) -> Option<Refusals> {
        reasons.sort();
        reasons.dedup();
        (!reasons.is_empty()).then_some(Refusals(reasons))
    }

    /// The reason that comes first.
    pub fn first(&self) -> &Refusal {
        &self.0[0]
    }

    /// The same reasons, with a hold told why it is.
    #[must_use]
    pub fn with_hold_reason(mut self, why: Option<String>) -> Refusals {
        for refusal in &mut self.0 {
            if let Refusal::Held { reason, .. } = refusal {
                reason.clone_from(&why);
            }
        }
        self
    }

    /// Every reason, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Refusal> {
        self.0.iter()
    }
}

impl From<Refusal> for Refusals {
    fn from(refusal: Refusal) -> Refusals {
        Refusals(vec![refusal])
    }
}

/// Records that contradict themselves or each other: never the client's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The book has no settings.
    NoSettings,
    /// The chart has no account of this role.
    NoAccountOf(AccountRole),
    /// A document names an entry that is not there.
    NoEntry(EntryKey),
    /// An entry whose postings do not fit together.
    BadEntry(EntryKey, EntryError),
    /// A document does not add up.
    BadInvoice(InvoiceKey),
    /// A credit note without its credit.
    BadCreditNote(CreditNoteKey),
    /// A control account would move by another sum than its subledger, in minor units.
    OutOfBalance {
        /// The control account.
        role: AccountRole,
        /// In this currency; `None` is the book's.
        currency: Option<Currency>,
        /// How the account would move.
        account: i64,
        /// How the documents would move.
        documents: i64,
    },
    /// The receivable would move by another sum on an invoice than the invoice itself, in minor units.
    InvoiceOutOfBalance {
        /// The invoice; `None` for entries that name none.
        invoice: Option<InvoiceKey>,
        /// In this currency; `None` is the book's.
        currency: Option<Currency>,
        /// How the account would move.
        account: i64,
        /// How the invoice would move.
        documents: i64,
    },
}

/// How a decision stops without a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Something must be gathered first.
    Missing(Want),
    /// The command is refused.
    Refused(Refusals),
    /// The records contradict themselves.
    Flawed(Flaw),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal.into())
    }
}

impl From<ExchangeRefusal> for Refusal {
    fn from(refusal: ExchangeRefusal) -> Refusal {
        Refusal::Exchange(refusal)
    }
}

impl From<ExchangeRefusal> for Stop {
    fn from(refusal: ExchangeRefusal) -> Stop {
        Refusal::from(refusal).into()
    }
}

impl From<Refusals> for Stop {
    fn from(refusals: Refusals) -> Stop {
        Stop::Refused(refusals)
    }
}
