//! From the vendor's shapes to the core's: payments and write-offs.

use jiff::tz::TimeZone;
use quittance_accounting::account::{AccountKind, AccountRole};
use quittance_accounting::identity::DocumentKind;
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::money::Amount;
use quittance_accounting::settlement::{MOST_ALLOCATIONS, Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::content::{PaymentContent, WriteOffContent};
use quittance_books::input::{PaymentInput, WriteOffInput};
use quittance_books::view::{BookView, InvoiceView};
use serde_json::Value;

use super::super::errors::Fault;
use super::super::manners::{MOST_LONG_TEXT, MOST_SHORT_TEXT};
use super::super::wire;
use super::fields::{Fields, kept};
use super::input::account;

/// A payment over any number of invoices.
pub fn payment(book: &BookView, body: &Value, zone: &TimeZone) -> Result<PaymentInput, Fault> {
    let fields = Fields::of(body, "")?;
    let parts = parts(&fields)?;
    let amount = required_amount(&fields)?;
    let offers = parts.iter().map(|(_, part)| match part {
        Part::Exactly(amount) => *amount,
        Part::WhatIsOpen => Amount::ZERO,
    });
    if Amount::sum(offers) != Some(amount) {
        return Err(fields.wrong("invoice_payments", "must add up to the amount of the payment"));
    }
    common_payment(book, &fields, zone, amount, parts)
}

/// The invoices that a payment settles, each once.
pub fn parts(fields: &Fields<'_>) -> Result<Vec<(Named, Part)>, Fault> {
    let items = fields.objects("invoice_payments")?;
    if items.is_empty() {
        return Err(fields.wrong("invoice_payments", "must name at least one invoice"));
    }
    if items.len() > MOST_ALLOCATIONS {
        let problem = format!("must name at most {MOST_ALLOCATIONS} invoices");
        return Err(fields.wrong("invoice_payments", &problem));
    }
    let mut parts = Vec::new();
    for item in &items {
        item.unserved("dedicated_refunds", "record refunds after the payment")?;
        let named = invoice_named(item)?;
        if parts.iter().any(|(earlier, _)| *earlier == named) {
            return Err(fields.wrong("invoice_payments", "must name each invoice once"));
        }
        parts.push((named, Part::Exactly(required_amount(item)?)));
    }
    Ok(parts)
}

/// A payment bound to one invoice.
pub fn dedicated_payment(
    book: &BookView,
    body: &Value,
    zone: &TimeZone,
    invoice: Named,
) -> Result<PaymentInput, Fault> {
    let fields = Fields::of(body, "")?;
    let amount = required_amount(&fields)?;
    common_payment(book, &fields, zone, amount, vec![(invoice, Part::Exactly(amount))])
}

fn common_payment(
    book: &BookView,
    fields: &Fields<'_>,
    zone: &TimeZone,
    amount: Amount,
    parts: Vec<(Named, Part)>,
) -> Result<PaymentInput, Fault> {
    fields.unserved("additional_fees", "this server posts no fees")?;
    let at = fields.required_when("paid_at")?;
    let method = method(fields)?.ok_or_else(|| fields.wrong("method", "is required"))?;
    let clearing = match fields.value("payment_clearing_account_identifier") {
        None => AccountChoice::Role(AccountRole::Clearing),
        Some(value) => {
            let place = fields.place("payment_clearing_account_identifier");
            AccountChoice::Key(account(book, value, &place)?.key)
        }
    };
    let fee = fields.cents_or_none("fee")?;
    let keep = |member: &str| Ok::<_, Fault>(fields.text(member, MOST_SHORT_TEXT)?.map(Value::from));
    let extra = kept(vec![
        ("fee", (!fee.is_zero()).then(|| Value::from(fee.minor()))),
        ("processor", keep("processor")?),
        ("reference_number", keep("reference_number")?),
        ("metadata", fields.metadata()?),
        ("tags", fields.tags()?),
    ]);
    Ok(PaymentInput {
        currency: Some(book.settings.currency),
        rate: None,
        customer: None,
        paid_on: Some(at.day(zone)),
        paid_at: Some(at.instant(zone)),
        amount: Some(amount),
        method,
        witness: Witness::Hand,
        clearing,
        parts,
        external_id: fields.text("external_id", MOST_SHORT_TEXT)?,
        content: PaymentContent {
            memo: fields.text("memo", MOST_LONG_TEXT)?,
            extra,
        },
    })
}

/// The method, if one is named.
pub fn method(fields: &Fields<'_>) -> Result<Option<Method>, Fault> {
    let problem = "must be CASH, CHECK, CREDIT_CARD, ACH, CREDIT_BALANCE or OTHER";
    match fields.text("method", 64)? {
        None => Ok(None),
        Some(word) => wire::method(&word)
            .map(Some)
            .ok_or_else(|| fields.wrong("method", problem)),
    }
}

/// The amount, which must be there and above zero.
pub fn required_amount(fields: &Fields<'_>) -> Result<Amount, Fault> {
    let amount = fields
        .cents("amount")?
        .ok_or_else(|| fields.wrong("amount", "is required"))?;
    if !amount.is_positive() {
        return Err(fields.wrong("amount", "must be above zero"));
    }
    Ok(amount)
}

/// The invoice that an object names, by one of its two ids.
pub fn invoice_named(fields: &Fields<'_>) -> Result<Named, Fault> {
    let id = fields.id("invoice_id", DocumentKind::Invoice)?;
    let external = fields.text("invoice_external_id", MOST_SHORT_TEXT)?;
    match (id, external) {
        (Some(_), Some(_)) => Err(fields.wrong("invoice_external_id", "must not come with invoice_id")),
        (Some(id), None) => Ok(Named::Id(id)),
        (None, Some(external)) => Ok(Named::External(external)),
        (None, None) => Err(fields.wrong("invoice_id", "or invoice_external_id is required")),
    }
}

/// The account that a write-off is charged to: bad debt unless one is named. A reversal of revenue is charged to the account that all
/// lines of the invoice are revenue of, or to a named one of revenue.
fn destination(fields: &Fields<'_>, view: &InvoiceView) -> Result<Option<AccountChoice>, Fault> {
    let mode = fields.text("write_off_mode", 64)?;
    let (reverses, kinds, problem) = match mode.as_deref() {
        None | Some("EXPENSE") => (
            false,
            [AccountKind::Expense, AccountKind::ContraRevenue],
            "must be an expense or contra-revenue account",
        ),
        Some("REVENUE_REVERSAL") => (
            true,
            [AccountKind::Revenue, AccountKind::ContraRevenue],
            "must be a revenue or contra-revenue account",
        ),
        Some(_) => return Err(fields.wrong("write_off_mode", "must be EXPENSE or REVENUE_REVERSAL")),
    };
    let place = "destination_ledger_account";
    if let Some(value) = fields.value(place) {
        let account = account(&view.book, value, place)?;
        if !kinds.contains(&account.kind) {
            return Err(fields.wrong(place, problem));
        }
        return Ok(Some(AccountChoice::Key(account.key)));
    }
    if !reverses {
        return Ok(None);
    }
    let mut accounts = view.lines.iter().map(|line| line.account);
    let first = accounts.next();
    match first.filter(|first| accounts.all(|other| other == *first)) {
        Some(only) => Ok(Some(AccountChoice::Key(only))),
        None => Err(fields.wrong(place, "is required: the lines are revenue of several accounts")),
    }
}

/// A write-off: of the outstanding balance unless an amount is named.
pub fn write_off(view: &InvoiceView, body: &Value, zone: &TimeZone) -> Result<WriteOffInput, Fault> {
    let fields = Fields::of(body, "")?;
    let destination = destination(&fields, view)?;
    let reference = fields.text("reference_number", MOST_SHORT_TEXT)?.map(Value::from);
    let extra = kept(vec![
        ("reference_number", reference),
        ("metadata", fields.metadata()?),
        ("tags", fields.tags()?),
    ]);
    let at = fields.when("write_off_at")?;
    Ok(WriteOffInput {
        currency: Some(view.book.settings.currency),
        invoice: Named::Key(view.invoice.key.0),
        amount: fields.cents("amount")?,
        on: at.map(|when| when.day(zone)),
        at: at.map(|when| when.instant(zone)),
        account: destination,
        external_id: fields.text("external_id", MOST_SHORT_TEXT)?,
        content: WriteOffContent {
            memo: fields.text("memo", MOST_LONG_TEXT)?,
            extra,
        },
    })
}
