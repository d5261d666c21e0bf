//! Credit notes, in both directions.

use std::collections::BTreeMap;

use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{CustomerKey, DocumentId, InvoiceKey, ProductKey};
use quittance_accounting::invoice::{MOST_LINES, TaxShare};
use quittance_accounting::issuing::NumberChoice;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::settlement::{Allocation, CreditLine};
use quittance_accounting::snapshot::Named;
use quittance_books::content::{CreditNoteContent, LineContent};
use quittance_books::input::{Applying, CreditLineInput, CreditNoteInput, CreditOf, Extent};
use quittance_books::view::{BookView, CreditNoteView, InvoiceView};
use serde_json::{Value, json};

use super::reading::{OneCurrency, account, metadata, parts, rate, taxes};
use super::showing::{account_in_passing, exchange_of, metadata_of, part_exchange, text, with_exchange};
use crate::dialects::native::manners::{MOST_MEMO, MOST_NAME, MOST_REFERENCE};
use crate::dialects::native::wire::{Invalid, Members, day, instant, money, optional};

/// A credit note, and the currency that it names, if it names one: of an invoice, whose currency and rate it has, or of a customer.
pub fn credit_note_input(body: &Value, book: Currency) -> Result<(CreditNoteInput, OneCurrency), Invalid> {
    let mut members = Members::of(body, "")?;
    let mut money = OneCurrency::default();
    let (invoice, customer) = (members.id("invoice")?, members.id("customer")?);
    let mut texts = Vec::new();
    let of = match (invoice, customer) {
        (Some(_), Some(_)) => return Err(members.wrong("customer", "must not come with invoice")),
        (None, None) => return Err(members.wrong("invoice", "is required where no customer is named")),
        (Some(id), None) => CreditOf::Invoice(Named::Id(id), extent(&mut members, &mut money)?),
        (None, Some(id)) => CreditOf::Free {
            customer: Named::Id(id),
            lines: own_lines(&mut members, &mut money, &mut texts)?,
            currency: money.or(book),
            rate: rate(&mut members)?,
        },
    };
    let to = parts(&mut members, &mut money)?;
    let applying = match (members.truth("apply")?, to) {
        (Some(_), Some(_)) => return Err(members.wrong("apply", "must not come with invoices")),
        (None, Some(parts)) => Applying::To(parts),
        (Some(true) | None, None) => Applying::ItsInvoice,
        (Some(false), None) => Applying::Nothing,
    };
    let number = members.text("number", MOST_REFERENCE)?;
    let input = CreditNoteInput {
        of,
        number: number.map_or(NumberChoice::Counted, NumberChoice::Explicit),
        external_id: members.text("external_id", MOST_REFERENCE)?,
        on: members.day("on")?,
        at: members.instant("at")?,
        applying,
        content: CreditNoteContent {
            memo: members.text("memo", MOST_MEMO)?,
            hold_reason: None,
            lines: texts,
            extra: metadata(&mut members)?,
        },
    };
    members.finish()?;
    Ok((input, money))
}

/// How much of an invoice: an amount, lines, or all that can still be credited.
fn extent(members: &mut Members<'_>, money: &mut OneCurrency) -> Result<Extent, Invalid> {
    let amount = money.amount(members, "amount")?;
    let Some(items) = members.list("lines", MOST_LINES)? else {
        return Ok(amount.map_or(Extent::Rest, Extent::Amount));
    };
    if amount.is_some() {
        return Err(members.wrong("amount", "must not come with lines"));
    }
    let mut lines = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let mut line = Members::of(item, &format!("lines[{index}]"))?;
        let place = line.whole("line", 0)?;
        let amount = money.amount(&mut line, "amount")?;
        lines.push((line.need("line", place)?, amount));
        line.finish()?;
    }
    Ok(Extent::Lines(lines))
}

fn own_lines(
    members: &mut Members<'_>,
    money: &mut OneCurrency,
    texts: &mut Vec<LineContent>,
) -> Result<Vec<CreditLineInput>, Invalid> {
    let items = members.list("lines", usize::MAX)?.unwrap_or_default();
    let mut lines = Vec::new();
    // One more than may be is read, so that the books refuse the count with its facts.
    for (index, item) in items.iter().take(MOST_LINES + 1).enumerate() {
        let mut line = Members::of(item, &format!("lines[{index}]"))?;
        let amount = money.amount(&mut line, "amount")?;
        lines.push(CreditLineInput {
            account: account(&mut line, AccountRole::Sales)?,
            product: line.id("product")?.map(Named::Id),
            amount: line.need("amount", amount)?,
            taxes: taxes(&mut line, money)?,
        });
        texts.push(LineContent {
            name: line.text("name", MOST_NAME)?,
            description: line.text("description", MOST_MEMO)?,
            extra: metadata(&mut line)?,
        });
        line.finish()?;
    }
    Ok(lines)
}

/// The ids of what credit notes name.
#[derive(Debug, Default)]
pub struct Ids {
    /// Of invoices.
    pub invoices: BTreeMap<InvoiceKey, DocumentId>,
    /// Of customers.
    pub customers: BTreeMap<CustomerKey, DocumentId>,
    /// Of products.
    pub products: BTreeMap<ProductKey, DocumentId>,
}

impl Ids {
    /// Takes in what an invoice says: its own id, its customer's and its products'.
    pub fn take_in(&mut self, view: &InvoiceView) {
        self.invoices.insert(view.invoice.key, view.invoice.id);
        let customer = view.customer.as_ref().map(|known| &known.customer);
        self.customers
            .extend(customer.map(|customer| (customer.key, customer.id)));
        let products = view.products.iter().map(|known| &known.product);
        self.products.extend(products.map(|product| (product.key, product.id)));
    }

    /// Whether everything that a credit note names is among them.
    pub fn name_all(&self, view: &CreditNoteView) -> bool {
        let mut invoices = view
            .allocations
            .iter()
            .map(|part| part.invoice)
            .chain(view.note.invoice);
        let mut products = view.lines.iter().filter_map(|line| line.product);
        invoices.all(|key| self.invoices.contains_key(&key))
            && view.credit.customer.is_none_or(|key| self.customers.contains_key(&key))
            && products.all(|key| self.products.contains_key(&key))
    }
}

fn hex(id: Option<&DocumentId>) -> Value {
    optional(id, |id| Value::from(id.hex()))
}

/// A credit note.
pub fn credit_note(view: &CreditNoteView, book: &BookView, ids: &Ids) -> Value {
    let (note, credit, currency) = (&view.note, &view.credit, view.credit.currency);
    let applied = |part: &Allocation| {
        let mut shown =
            json!({"invoice": hex(ids.invoices.get(&part.invoice)), "amount": money(part.amount, currency)});
        with_exchange(&mut shown, part_exchange(part, book));
        shown
    };
    let status = match (&view.deleted, credit.voided, credit.unallocated) {
        (Some(_), _, _) => "deleted",
        (None, Some(_), _) => "void",
        (None, None, left) if left == credit.amount => "open",
        (None, None, left) if left.is_zero() => "used",
        (None, None, _) => "part_used",
    };
    let mut shown = json!({
        "id": note.id.hex(),
        "number": note.number,
        "status": status,
        "external_id": text(&note.external_id),
        "made_in": note.source,
        "customer": hex(credit.customer.and_then(|key| ids.customers.get(&key))),
        "invoice": hex(note.invoice.and_then(|key| ids.invoices.get(&key))),
        "on": day(credit.paid_on),
        "at": instant(credit.paid_at),
        "lines": view.lines.iter().map(|own| line(own, view, book, ids)).collect::<Vec<_>>(),
        "tax": money(note.tax, currency),
        "amount": money(credit.amount, currency),
        "refunded": money(credit.refunded, currency),
        "unapplied": money(credit.unallocated, currency),
        "invoices": view.allocations.iter().map(applied).collect::<Vec<_>>(),
        "voided_on": optional(credit.voided, |voided| day(voided.on)),
        "held_until": optional(note.held_until, day),
        "hold_reason": text(&view.content.hold_reason),
        "handed_over_at": optional(note.handed_over_at, instant),
        "deleted_at": optional(view.deleted.as_ref(), |stone| instant(stone.deleted_at)),
        "memo": text(&view.content.memo),
        "metadata": metadata_of(&view.content.extra),
        "created_at": instant(credit.created_at),
        "updated_at": instant(credit.updated_at),
    });
    with_exchange(&mut shown, exchange_of(credit, book));
    shown
}

fn line(own: &CreditLine, view: &CreditNoteView, book: &BookView, ids: &Ids) -> Value {
    let currency = view.credit.currency;
    let at = usize::try_from(own.place - 1).ok();
    let content = at
        .and_then(|at| view.content.lines.get(at))
        .cloned()
        .unwrap_or_default();
    let tax = |share: &TaxShare| json!({"account": account_in_passing(book, share.account), "amount": money(share.amount, currency)});
    let total = Amount::sum(own.taxes.iter().map(|share| share.amount)).and_then(|tax| own.amount.plus(tax));
    json!({
        "place": own.place,
        "line": own.line,
        "name": text(&content.name),
        "description": text(&content.description),
        "product": hex(own.product.and_then(|key| ids.products.get(&key))),
        "account": account_in_passing(book, own.account),
        "amount": money(own.amount, currency),
        "taxes": own.taxes.iter().map(tax).collect::<Vec<_>>(),
        "total": money(total.unwrap_or_default(), currency),
        "metadata": metadata_of(&content.extra),
    })
}

/// What a credit note settles of the invoice with which it is shown.
pub fn settles(view: &CreditNoteView) -> Value {
    let settled = Amount::sum(view.allocations.iter().map(|part| part.amount));
    json!({
        "credit_note": view.note.id.hex(),
        "number": view.note.number,
        "on": day(view.credit.paid_on),
        "settled": money(settled.unwrap_or_default(), view.credit.currency),
    })
}
