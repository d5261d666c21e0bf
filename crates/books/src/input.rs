//! What a command brings: figures, names and texts, as a dialect's mapping hands them over.

use jiff::{Timestamp, civil::Date};
use quittance_accounting::arriving::Voucher;
use quittance_accounting::book::{Customer, Product};
use quittance_accounting::exchange::Rate;
use quittance_accounting::invoice::{LineItem, TaxShare};
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::ledger::Movement;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::settlement::{Method, Payment, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;

use crate::access::Actor;
use crate::content::{
    CreditNoteContent, CustomerContent, EntryContent, InvoiceContent, PaymentContent, ProductContent, RefundContent,
    WriteOffContent,
};

use crate::view::{CreditNoteView, CustomerView, InvoiceView, PaymentView};

/// What a refund is for, as the accounting takes it.
pub use quittance_accounting::refunding::RefundOf;

/// Who sends a command, through which dialect, in which request.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who.
    pub actor: Actor,
    /// Through which dialect, or `cli`.
    pub source: &'static str,
    /// In which request: a repeat after a lost answer carries the same id.
    pub request_id: String,
}

/// A client's key for a command that must not be carried out twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The key.
    pub key: String,
    /// The request's bytes: another request under the same key is refused.
    pub request: Vec<u8>,
}

/// What a provider or a bank says: so much money came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmationInput {
    /// The invoice that it is for.
    pub invoice: Named,
    /// How much.
    pub amount: Amount,
    /// Its currency; else the invoice's, else the book's.
    pub currency: Option<Currency>,
    /// Its rate to the book's currency, when it is in another; else the one kept for its day, else the invoice's.
    pub rate: Option<Rate>,
    /// The day it counts for; else the day of `paid_at` in the book's zone, else today.
    pub value_date: Option<Date>,
    /// The instant it came.
    pub paid_at: Option<Timestamp>,
    /// How it came.
    pub method: Method,
    /// Who says so.
    pub voucher: Voucher,
    /// Their id of it: the same fact is taken once.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: PaymentContent,
}

/// A line, as the accounting takes it.
pub use quittance_accounting::issuing::NewLine as LineInput;

/// An invoice to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceInput {
    /// Its customer.
    pub customer: Option<Named>,
    /// Its currency.
    pub currency: Currency,
    /// Its rate to the book's currency, when it is in another; else the one kept for its date.
    pub rate: Option<Rate>,
    /// Its number.
    pub number: NumberChoice,
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// Its date; else today in the book's zone.
    pub invoice_date: Option<Date>,
    /// When it is due.
    pub due: Option<Due>,
    /// When it was sent, if the client says that it was.
    pub sent_at: Option<Timestamp>,
    /// Whether to issue it at once.
    pub issue: bool,
    /// Its lines.
    pub lines: Vec<LineInput>,
    /// Discount on the document as a whole.
    pub discount: Amount,
    /// Taxes on the document as a whole.
    pub taxes: Vec<(AccountChoice, Amount)>,
    /// Tip.
    pub tip: Amount,
    /// Its texts; `content.lines` in the order of `lines`.
    pub content: InvoiceContent,
}

/// An edit: all that an invoice says from now on. Whoever changes a part starts from [`InvoiceEdit::of`] what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceEdit {
    /// The revision that the client looked at: another one is refused. `None` edits whatever is there.
    pub expected_revision: Option<i64>,
    /// Its customer.
    pub customer: Option<Named>,
    /// Another number; `None` keeps the one it has.
    pub number: Option<NumberChoice>,
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// Its date.
    pub invoice_date: Date,
    /// When it is due.
    pub due: Option<Due>,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// Another currency, of a draft; `None` keeps the one it has.
    pub currency: Option<Currency>,
    /// Another rate, of a draft; `None` keeps the one it has.
    pub rate: Option<Rate>,
    /// Its lines.
    pub lines: Vec<LineInput>,
    /// Discount on the document as a whole.
    pub discount: Amount,
    /// Taxes on the document as a whole.
    pub taxes: Vec<(AccountChoice, Amount)>,
    /// Tip.
    pub tip: Amount,
    /// Its texts; `content.lines` in the order of `lines`.
    pub content: InvoiceContent,
}

impl InvoiceEdit {
    /// The edit that changes nothing, made for the revision that was seen: a partial edit starts from it.
    pub fn of(view: &InvoiceView) -> InvoiceEdit {
        let invoice = &view.invoice;
        let taxes = |line: &LineItem| {
            let share = |share: &TaxShare| (AccountChoice::Key(share.account), share.amount);
            line.taxes.iter().map(share).collect::<Vec<_>>()
        };
        let line = |line: &LineItem| LineInput {
            account: AccountChoice::Key(line.account),
            product: line.product.map(|key| Named::Key(key.0)),
            quantity: line.quantity,
            unit_price: line.unit_price,
            subtotal: Some(line.subtotal),
            discount: line.discount,
            taxes: taxes(line),
        };
        InvoiceEdit {
            expected_revision: Some(invoice.revision),
            customer: invoice.customer.map(|key| Named::Key(key.0)),
            number: None,
            external_id: invoice.external_id.clone(),
            invoice_date: invoice.invoice_date,
            due: invoice.due_at.map(Due::At),
            sent_at: invoice.sent_at,
            currency: None,
            rate: None,
            lines: view.lines.iter().map(line).collect(),
            discount: invoice.document_discount,
            taxes: view.document_line.as_ref().map(taxes).unwrap_or_default(),
            tip: invoice.tip,
            content: view.content.clone(),
        }
    }
}

/// When an invoice is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// At this instant.
    At(Timestamp),
    /// At the end of this day in the book's zone.
    On(Date),
}

/// A payment to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentInput {
    /// The customer; else that of the first invoice.
    pub customer: Option<Named>,
    /// The day it counts for; else the day of `paid_at` in the book's zone, else today.
    pub paid_on: Option<Date>,
    /// The instant the client gave.
    pub paid_at: Option<Timestamp>,
    /// All of it; else the sum of its parts.
    pub amount: Option<Amount>,
    /// Its currency; else that of the first invoice, else the book's.
    pub currency: Option<Currency>,
    /// Its rate to the book's currency, when it is in another; else the one kept for its day.
    pub rate: Option<Rate>,
    /// How it came.
    pub method: Method,
    /// Who says so.
    pub witness: Witness,
    /// Where it arrived; usually `AccountChoice::Role(AccountRole::Clearing)`.
    pub clearing: AccountChoice,
    /// The invoices it settles.
    pub parts: Vec<(Named, Part)>,
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: PaymentContent,
}

/// A change of a payment: all that it says from now on. Whoever changes a part starts from [`PaymentEdit::of`] what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentEdit {
    /// The payment that the change was made of: if it is another by the time the change is decided, it is refused as outrun.
    pub seen: Payment,
    /// The day it counts for; else the day of `paid_at` in the book's zone.
    pub paid_on: Option<Date>,
    /// The instant the client gave.
    pub paid_at: Timestamp,
    /// All of it. A payment of one invoice settles so much of it then, unless `parts` says otherwise.
    pub amount: Amount,
    /// Another rate; `None` keeps the one it has.
    pub rate: Option<Rate>,
    /// How it came.
    pub method: Method,
    /// Where it arrived.
    pub clearing: AccountChoice,
    /// The invoices it settles; `None` keeps those it settles.
    pub parts: Option<Vec<(Named, Part)>>,
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: PaymentContent,
}

impl PaymentEdit {
    /// The change that changes nothing.
    pub fn of(view: &PaymentView) -> PaymentEdit {
        let payment = &view.payment;
        PaymentEdit {
            seen: payment.clone(),
            paid_on: Some(payment.paid_on),
            paid_at: payment.paid_at,
            amount: payment.amount,
            rate: None,
            method: payment.method,
            clearing: AccountChoice::Key(payment.clearing),
            parts: None,
            external_id: payment.external_id.clone(),
            content: view.content.clone(),
        }
    }
}

/// What a dialect writes down with a verb, such as why an invoice is cancelled: members that join its own among the texts of the
/// invoice, in the same commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The dialect.
    pub dialect: &'static str,
    /// What to write down; a member that was there before is replaced.
    pub members: serde_json::Map<String, serde_json::Value>,
}

/// Items that a dialect puts into a list of its own among the texts of a document, such as tags. What the list holds is read in the
/// commit itself, so of several who add to it at once nobody loses what another added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListNote {
    /// The dialect.
    pub dialect: &'static str,
    /// The member that holds the list.
    pub list: &'static str,
    /// The member that tells items apart: a new item takes the place of the one that has the same there.
    pub by: &'static str,
    /// The new items.
    pub items: Vec<serde_json::Value>,
    /// The most items that the list may hold afterwards.
    pub most: usize,
}

/// A refund to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundInput {
    /// What for.
    pub of: RefundOf,
    /// How much; else all that can be.
    pub amount: Option<Amount>,
    /// Its currency, if the client says it: that of what the money came for.
    pub currency: Option<Currency>,
    /// Its rate to the book's currency, when it is in another; else the one kept for its day.
    pub rate: Option<Rate>,
    /// The day it counts for; else the day of `at` in the book's zone, else today.
    pub on: Option<Date>,
    /// The instant the client gave.
    pub at: Option<Timestamp>,
    /// The account it is paid from, unless the clearing account.
    pub clearing: Option<AccountChoice>,
    /// The liability on which it is owed, when it is not paid yet.
    pub owed_on: Option<AccountChoice>,
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: RefundContent,
}

impl RefundInput {
    /// A refund of all that can be, today, without texts.
    pub fn of(of: RefundOf) -> RefundInput {
        RefundInput {
            of,
            amount: None,
            currency: None,
            rate: None,
            on: None,
            at: None,
            clearing: None,
            owed_on: None,
            external_id: None,
            content: RefundContent::default(),
        }
    }
}

/// What a credit note takes back and what it is applied to, as the accounting takes them.
pub use quittance_accounting::crediting::{Applying, CreditOf, Extent, NewCreditLine as CreditLineInput};

/// A credit note to issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditNoteInput {
    /// What it takes back.
    pub of: CreditOf,
    /// Its number.
    pub number: NumberChoice,
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// The day it counts for; else the day of `at` in the book's zone, else today.
    pub on: Option<Date>,
    /// The instant the client gave.
    pub at: Option<Timestamp>,
    /// What it is applied to at once.
    pub applying: Applying,
    /// Its texts; `content.lines` in the order of its lines.
    pub content: CreditNoteContent,
}

impl CreditNoteInput {
    /// A counted credit note of today, without texts, that is applied to the invoice it is of.
    pub fn of(of: CreditOf) -> CreditNoteInput {
        CreditNoteInput {
            of,
            number: NumberChoice::Counted,
            external_id: None,
            on: None,
            at: None,
            applying: Applying::ItsInvoice,
            content: CreditNoteContent::default(),
        }
    }
}

/// A change of a credit note: all that it says from now on. Whoever changes a part starts from [`CreditNoteEdit::of`] what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditNoteEdit {
    /// The texts that were looked at: when others are there by now, the change is refused.
    pub seen: Option<quittance_accounting::content::Digest>,
    /// The customer whose credit it is; `None` keeps the one it has.
    pub customer: Option<Named>,
    /// Another number; `None` keeps the one it has.
    pub number: Option<NumberChoice>,
    /// The day it counts for.
    pub on: Date,
    /// Its lines; `None` keeps those it has.
    pub lines: Option<Vec<CreditLineInput>>,
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// Its texts; `content.lines` in the order of its lines.
    pub content: CreditNoteContent,
}

impl CreditNoteEdit {
    /// The change that changes nothing.
    pub fn of(view: &CreditNoteView) -> CreditNoteEdit {
        CreditNoteEdit {
            seen: Some(view.note.content),
            customer: None,
            number: None,
            on: view.credit.paid_on,
            lines: None,
            external_id: view.note.external_id.clone(),
            content: view.content.clone(),
        }
    }
}

/// A write-off to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteOffInput {
    /// The invoice.
    pub invoice: Named,
    /// How much; else all that is open.
    pub amount: Option<Amount>,
    /// Its currency, if the client says it: the invoice's.
    pub currency: Option<Currency>,
    /// The day it counts for; else the day of `at` in the book's zone, else today.
    pub on: Option<Date>,
    /// The instant the client gave.
    pub at: Option<Timestamp>,
    /// The account it is charged to, unless bad debt.
    pub account: Option<AccountChoice>,
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: WriteOffContent,
}

impl WriteOffInput {
    /// A write-off of all that is open, today, without texts.
    pub fn of(invoice: Named) -> WriteOffInput {
        WriteOffInput {
            invoice,
            amount: None,
            currency: None,
            on: None,
            at: None,
            account: None,
            external_id: None,
            content: WriteOffContent::default(),
        }
    }
}

/// An entry to record by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryInput {
    /// The day it counts for; else today in the book's zone.
    pub date: Option<Date>,
    /// Its movements.
    pub movements: Vec<Movement>,
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// Its texts; `content.lines` in the order of `movements`.
    pub content: EntryContent,
}

/// The reversal of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReversalInput {
    /// The day it counts for; else today in the book's zone. Never before the day of what it reverses.
    pub date: Option<Date>,
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: EntryContent,
}

/// A customer to add.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerInput {
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: CustomerContent,
}

/// A change of a customer: all that it says from now on. Whoever changes a part starts from [`CustomerEdit::of`] what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerEdit {
    /// The customer that was looked at: when it is another by now, the change is refused.
    pub seen: Option<Customer>,
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// Whether it is put away.
    pub archived: bool,
    /// Its texts.
    pub content: CustomerContent,
}

impl CustomerEdit {
    /// The change that changes nothing.
    pub fn of(view: &CustomerView) -> CustomerEdit {
        CustomerEdit {
            seen: Some(view.customer.clone()),
            external_id: view.customer.external_id.clone(),
            archived: view.customer.archived_at.is_some(),
            content: view.content.clone(),
        }
    }
}

/// A product to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductInput {
    /// Its revenue account.
    pub account: AccountChoice,
    /// Its texts.
    pub content: ProductContent,
}

/// A change of a product: all that it says from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductEdit {
    /// The product that was looked at: when it is another by now, the change is refused.
    pub seen: Option<Product>,
    /// What it says.
    pub product: ProductInput,
}

/// What a delete may carry besides the name of the invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Why, in the words of whoever asked. It stays in the log: it must not hold personal data.
    pub reason: Option<String>,
    /// The digest of the plan that was looked at before.
    pub expected_plan: Option<quittance_accounting::content::Digest>,
}
