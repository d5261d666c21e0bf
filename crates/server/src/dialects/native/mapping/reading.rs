//! From the wire to what the books take.

use std::collections::BTreeMap;

use jiff::civil::Date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::arriving::Voucher;
use quittance_accounting::content::Digest;
use quittance_accounting::exchange::{KeptRate, LARGEST_RATE, RATE_DIGITS, Rate};
use quittance_accounting::invoice::MOST_LINES;
use quittance_accounting::issuing::{AccountChoice, Hold, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::settlement::{MOST_ALLOCATIONS, Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::content::{
    CustomerContent, InvoiceContent, LineContent, PaymentContent, ProductContent, RefundContent, WriteOffContent,
};
use quittance_books::input::{
    ConfirmationInput, CustomerEdit, CustomerInput, DeleteOptions, Due, InvoiceEdit, InvoiceInput, LineInput,
    PaymentEdit, PaymentInput, ProductEdit, ProductInput, RefundInput, RefundOf, WriteOffInput,
};
use quittance_books::view::{CustomerView, InvoiceView, PaymentView, ProductView};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::dialects::native::manners::{MOST_MEMO, MOST_NAME, MOST_REASON, MOST_REFERENCE, SOURCE};
use crate::dialects::native::wire::{Invalid, Members};

/// The most taxes on one line: a federal, a state, a county and a city tax, and as many again.
const MOST_TAXES: usize = 8;

/// All money of one request must be in one currency; the first that is read says which.
#[derive(Debug, Default)]
pub struct OneCurrency(Option<Currency>);

impl OneCurrency {
    /// Takes note of a currency.
    fn note(&mut self, field: String, currency: Currency) -> Result<(), Invalid> {
        match self.0 {
            Some(known) if known != currency => Err(Invalid {
                field,
                problem: format!("is in {currency}, while what stands before it is in {known}"),
            }),
            _ => {
                self.0 = Some(currency);
                Ok(())
            }
        }
    }

    /// The currency, if money was named.
    pub fn named(&self) -> Option<Currency> {
        self.0
    }

    /// The currency, or the book's when no money was named.
    pub fn or(&self, book: Currency) -> Currency {
        self.0.unwrap_or(book)
    }

    /// Reads an amount that is not below zero.
    pub fn amount(&mut self, members: &mut Members<'_>, name: &'static str) -> Result<Option<Amount>, Invalid> {
        let Some((amount, currency)) = members.money_from_zero(name)? else {
            return Ok(None);
        };
        self.note(members.place(name), currency)?;
        Ok(Some(amount))
    }
}

/// What the native API's clients send along.
pub fn metadata(members: &mut Members<'_>) -> Result<BTreeMap<String, Value>, Invalid> {
    let kept = members.kept_object("metadata")?;
    Ok(kept.map(|value| (SOURCE.to_owned(), value)).into_iter().collect())
}

/// The rate of a document in another currency than the book's.
pub fn rate(members: &mut Members<'_>) -> Result<Option<Rate>, Invalid> {
    let Some(decimal) = members.decimal("exchange_rate")? else {
        return Ok(None);
    };
    let limits =
        || format!("must be more than zero, at most {LARGEST_RATE}, with at most {RATE_DIGITS} significant digits");
    match Rate::new(decimal) {
        Some(rate) => Ok(Some(rate)),
        None => Err(members.wrong("exchange_rate", limits())),
    }
}

/// The account that is named by its stable name, or the usual one.
pub fn account(members: &mut Members<'_>, usual: AccountRole) -> Result<AccountChoice, Invalid> {
    let name = members.text("account", MOST_REFERENCE)?;
    Ok(name.map_or(AccountChoice::Role(usual), AccountChoice::StableName))
}

/// A customer.
pub fn customer(body: &Value) -> Result<CustomerInput, Invalid> {
    let mut members = Members::of(body, "")?;
    let input = described(&mut members)?;
    members.finish()?;
    Ok(input)
}

fn described(members: &mut Members<'_>) -> Result<CustomerInput, Invalid> {
    let name = members.text("name", MOST_NAME)?;
    Ok(CustomerInput {
        external_id: members.text("external_id", MOST_REFERENCE)?,
        content: CustomerContent {
            name: members.need("name", name)?,
            company: members.text("company", MOST_NAME)?,
            email: members.text("email", MOST_NAME)?,
            phone: members.text("phone", MOST_NAME)?,
            address: members.text("address", MOST_MEMO)?,
            extra: metadata(members)?,
        },
    })
}

/// A change of a customer: what the body does not say is said no longer, but for what other dialects know of it.
pub fn customer_edit(body: &Value, view: &CustomerView) -> Result<CustomerEdit, Invalid> {
    let mut members = Members::of(body, "")?;
    let archived = members.truth("archived")?.unwrap_or(false);
    let said = described(&mut members)?;
    members.finish()?;
    let mut content = said.content;
    keep_others(&mut content.extra, &view.content.extra);
    Ok(CustomerEdit {
        seen: Some(view.customer.clone()),
        external_id: said.external_id,
        archived,
        content,
    })
}

/// Keeps what other dialects know of a document.
pub fn keep_others(extra: &mut BTreeMap<String, Value>, before: &BTreeMap<String, Value>) {
    let others = before.iter().filter(|(dialect, _)| *dialect != SOURCE);
    extra.extend(others.map(|(dialect, known)| (dialect.clone(), known.clone())));
}

/// A product.
pub fn product(body: &Value) -> Result<ProductInput, Invalid> {
    let mut members = Members::of(body, "")?;
    let name = members.text("name", MOST_NAME)?;
    let input = ProductInput {
        account: account(&mut members, AccountRole::Sales)?,
        content: ProductContent {
            name: members.need("name", name)?,
            extra: metadata(&mut members)?,
        },
    };
    members.finish()?;
    Ok(input)
}

/// A change of a product: what the body does not say is said no longer, but for what other dialects know of it.
pub fn product_edit(body: &Value, view: &ProductView) -> Result<ProductEdit, Invalid> {
    let mut product = product(body)?;
    keep_others(&mut product.content.extra, &view.content.extra);
    Ok(ProductEdit {
        seen: Some(view.product.clone()),
        product,
    })
}

/// An invoice. `book` is the book's currency, for an invoice that names none.
pub fn invoice(body: &Value, book: Currency) -> Result<InvoiceInput, Invalid> {
    let mut members = Members::of(body, "")?;
    let issue = members.truth("issue")?.unwrap_or(false);
    let input = said(&mut members, book, issue)?;
    members.finish()?;
    Ok(input)
}

/// An edit of an invoice: what is left out is no longer said, but for number, date, instant of sending, currency and rate.
pub fn edit(body: &Value, view: &InvoiceView) -> Result<InvoiceEdit, Invalid> {
    let mut members = Members::of(body, "")?;
    let expected_revision = members.whole("revision", 1)?;
    let invoice = &view.invoice;
    let mut said = said(&mut members, invoice.currency, false)?;
    members.finish()?;
    keep_others(&mut said.content.extra, &view.content.extra);
    let edit = InvoiceEdit {
        currency: Some(said.currency),
        rate: said.rate,
        expected_revision,
        customer: said.customer,
        number: match said.number {
            NumberChoice::Counted => None,
            other => Some(other),
        },
        external_id: said.external_id,
        invoice_date: said.invoice_date.unwrap_or(invoice.invoice_date),
        due: said.due,
        sent_at: invoice.sent_at,
        lines: said.lines,
        discount: said.discount,
        taxes: said.taxes,
        tip: said.tip,
        content: said.content,
    };
    Ok(edit)
}

/// What an invoice says.
fn said(members: &mut Members<'_>, book: Currency, issue: bool) -> Result<InvoiceInput, Invalid> {
    let mut money = OneCurrency::default();
    let number = members.text("number", MOST_REFERENCE)?;
    let due_at = members.instant("due_at")?;
    let due_on = members.day("due_on")?;
    if due_at.is_some() && due_on.is_some() {
        return Err(members.wrong("due_on", "cannot stand beside due_at"));
    }
    let items = members.list("lines", usize::MAX)?.unwrap_or_default();
    let mut lines = Vec::new();
    let mut texts = Vec::new();
    // One more than may be is read, so that the books refuse the count with its facts and nobody parses a million lines.
    for (index, item) in items.iter().take(MOST_LINES + 1).enumerate() {
        let (input, content) = line(item, &format!("lines[{index}]"), &mut money)?;
        lines.push(input);
        texts.push(content);
    }
    let input = InvoiceInput {
        rate: rate(members)?,
        customer: members.id("customer")?.map(Named::Id),
        number: number.map_or(NumberChoice::Counted, NumberChoice::Explicit),
        external_id: members.text("external_id", MOST_REFERENCE)?,
        invoice_date: members.day("invoice_date")?,
        due: due_at.map(Due::At).or(due_on.map(Due::On)),
        sent_at: None,
        issue,
        lines,
        discount: money.amount(members, "discount")?.unwrap_or(Amount::ZERO),
        taxes: taxes(members, &mut money)?,
        tip: money.amount(members, "tip")?.unwrap_or(Amount::ZERO),
        content: InvoiceContent {
            hold_reason: None,
            title: members.text("title", MOST_NAME)?,
            memo: members.text("memo", MOST_MEMO)?,
            lines: texts,
            extra: metadata(members)?,
        },
        currency: money.or(book),
    };
    Ok(input)
}

fn line(item: &Value, path: &str, money: &mut OneCurrency) -> Result<(LineInput, LineContent), Invalid> {
    let mut members = Members::of(item, path)?;
    let price = members.price("unit_price")?;
    let (unit_price, currency) = members.need("unit_price", price)?;
    money.note(members.place("unit_price"), currency)?;
    let input = LineInput {
        account: account(&mut members, AccountRole::Sales)?,
        product: members.id("product")?.map(Named::Id),
        quantity: members.decimal("quantity")?.unwrap_or(Decimal::ONE),
        unit_price,
        subtotal: None,
        discount: money.amount(&mut members, "discount")?.unwrap_or(Amount::ZERO),
        taxes: taxes(&mut members, money)?,
    };
    let content = LineContent {
        name: members.text("name", MOST_NAME)?,
        description: members.text("description", MOST_MEMO)?,
        extra: metadata(&mut members)?,
    };
    members.finish()?;
    Ok((input, content))
}

/// The taxes on a line, or on a document as a whole.
pub fn taxes(members: &mut Members<'_>, money: &mut OneCurrency) -> Result<Vec<(AccountChoice, Amount)>, Invalid> {
    let items = members.list("taxes", MOST_TAXES)?.unwrap_or_default();
    let mut taxes = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut tax = Members::of(item, &members.place(&format!("taxes[{index}]")))?;
        let choice = account(&mut tax, AccountRole::SalesTax)?;
        let amount = money.amount(&mut tax, "amount")?;
        taxes.push((choice, tax.need("amount", amount)?));
        tax.finish()?;
    }
    Ok(taxes)
}

/// A payment.
pub fn payment(body: &Value) -> Result<PaymentInput, Invalid> {
    let mut members = Members::of(body, "")?;
    let mut money = OneCurrency::default();
    let amount = money.amount(&mut members, "amount")?;
    let parts = parts(&mut members, &mut money)?.unwrap_or_default();
    if amount.is_none() && parts.is_empty() {
        return Err(members.wrong("amount", "is required where no invoice is named"));
    }
    let input = PaymentInput {
        currency: money.named(),
        rate: rate(&mut members)?,
        customer: members.id("customer")?.map(Named::Id),
        paid_on: members.day("paid_on")?,
        paid_at: members.instant("paid_at")?,
        amount,
        method: members.word("method", &Method::ALL)?.unwrap_or(Method::Other),
        witness: members.word("witness", &Witness::OF_MONEY)?.unwrap_or(Witness::Hand),
        clearing: account(&mut members, AccountRole::Clearing)?,
        parts,
        external_id: members.text("external_id", MOST_REFERENCE)?,
        content: PaymentContent {
            memo: members.text("memo", MOST_MEMO)?,
            extra: metadata(&mut members)?,
        },
    };
    members.finish()?;
    Ok(input)
}

/// The invoices that a payment settles, and how much of each; `None` where the body does not say.
pub fn parts(members: &mut Members<'_>, money: &mut OneCurrency) -> Result<Option<Parts>, Invalid> {
    let Some(items) = members.list("invoices", MOST_ALLOCATIONS)? else {
        return Ok(None);
    };
    let mut parts = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut part = Members::of(item, &format!("invoices[{index}]"))?;
        let id = part.id("invoice")?;
        let id = part.need("invoice", id)?;
        let exactly = money.amount(&mut part, "amount")?;
        part.finish()?;
        parts.push((Named::Id(id), exactly.map_or(Part::WhatIsOpen, Part::Exactly)));
    }
    Ok(Some(parts))
}

/// Invoices, and how much goes to each.
pub type Parts = Vec<(Named, Part)>;

/// To which invoices unapplied money goes, and as of which day.
pub fn allocation(body: &Value) -> Result<(Parts, Option<Date>, OneCurrency), Invalid> {
    let mut members = Members::of(body, "")?;
    let mut money = OneCurrency::default();
    let parts = parts(&mut members, &mut money)?.filter(|parts| !parts.is_empty());
    let parts = members.need("invoices", parts)?;
    let on = members.day("on")?;
    members.finish()?;
    Ok((parts, on, money))
}

/// A change of a payment: what the body does not say stays.
pub fn payment_edit(body: &Value, view: &PaymentView) -> Result<(PaymentEdit, OneCurrency), Invalid> {
    let mut members = Members::of(body, "")?;
    let mut money = OneCurrency::default();
    let mut edit = PaymentEdit::of(view);
    if let Some(amount) = money.amount(&mut members, "amount")? {
        edit.amount = amount;
    }
    let paid_on = members.day("paid_on")?;
    if let Some(at) = members.instant("paid_at")? {
        (edit.paid_at, edit.paid_on) = (at, None);
    }
    edit.paid_on = paid_on.or(edit.paid_on);
    if let Some(method) = members.word("method", &Method::ALL)? {
        edit.method = method;
    }
    if let Some(account) = members.text("account", MOST_REFERENCE)? {
        edit.clearing = AccountChoice::StableName(account);
    }
    edit.rate = rate(&mut members)?;
    edit.parts = parts(&mut members, &mut money)?;
    if members.has("external_id") {
        edit.external_id = members.text("external_id", MOST_REFERENCE)?;
    }
    if members.has("memo") {
        edit.content.memo = members.text("memo", MOST_MEMO)?;
    }
    if members.has("metadata") {
        edit.content.extra = metadata(&mut members)?;
    }
    members.finish()?;
    Ok((edit, money))
}

/// A refund of what a payment has unapplied, of what a credit note has left, of nothing but a customer, or of a refund that was owed.
pub fn refund_of(body: &Value, of: RefundOf) -> Result<RefundInput, Invalid> {
    let mut members = Members::of(body, "")?;
    let mut money = OneCurrency::default();
    let input = returned(&mut members, &mut money, of)?;
    members.finish()?;
    Ok(input)
}

fn returned(members: &mut Members<'_>, money: &mut OneCurrency, of: RefundOf) -> Result<RefundInput, Invalid> {
    let amount = money.amount(members, "amount")?;
    let clearing = members.text("account", MOST_REFERENCE)?;
    // What is paid out is paid.
    let owed_on = match of {
        RefundOf::Owed(_) => None,
        RefundOf::Invoice(_)
        | RefundOf::Line(..)
        | RefundOf::Allocation { .. }
        | RefundOf::Unapplied(_)
        | RefundOf::Credit(_)
        | RefundOf::Customer(_) => members.text("owed_on", MOST_REFERENCE)?,
    };
    if clearing.is_some() && owed_on.is_some() {
        return Err(members.wrong("owed_on", "must not come with account"));
    }
    Ok(RefundInput {
        currency: money.named(),
        rate: rate(members)?,
        of,
        amount,
        on: members.day("on")?,
        at: members.instant("at")?,
        clearing: clearing.map(AccountChoice::StableName),
        owed_on: owed_on.map(AccountChoice::StableName),
        external_id: members.text("external_id", MOST_REFERENCE)?,
        content: RefundContent {
            memo: members.text("memo", MOST_MEMO)?,
            extra: metadata(members)?,
        },
    })
}

/// A refund of an invoice, of one of its lines or of what a payment settled of it.
pub fn refund(body: &Value, invoice: Named) -> Result<RefundInput, Invalid> {
    let mut members = Members::of(body, "")?;
    let mut money = OneCurrency::default();
    let of = match (members.whole("line", 1)?, members.id("payment")?) {
        (Some(_), Some(_)) => return Err(members.wrong("payment", "must not come with line")),
        (Some(place), None) => RefundOf::Line(invoice, place),
        (None, Some(payment)) => RefundOf::Allocation {
            invoice,
            payment: Named::Id(payment),
        },
        (None, None) => RefundOf::Invoice(invoice),
    };
    let input = returned(&mut members, &mut money, of)?;
    members.finish()?;
    Ok(input)
}

/// A write-off of an invoice.
pub fn write_off(body: &Value, invoice: Named) -> Result<WriteOffInput, Invalid> {
    let mut members = Members::of(body, "")?;
    let mut money = OneCurrency::default();
    let amount = money.amount(&mut members, "amount")?;
    let input = WriteOffInput {
        currency: money.named(),
        invoice,
        amount,
        on: members.day("on")?,
        at: members.instant("at")?,
        account: members.text("account", MOST_REFERENCE)?.map(AccountChoice::StableName),
        external_id: members.text("external_id", MOST_REFERENCE)?,
        content: WriteOffContent {
            memo: members.text("memo", MOST_MEMO)?,
            extra: metadata(&mut members)?,
        },
    };
    members.finish()?;
    Ok(input)
}

/// An amount and nothing else, where it may be left out.
pub fn only_amount(body: &Value) -> Result<(Option<Amount>, OneCurrency), Invalid> {
    let mut members = Members::of(body, "")?;
    let mut money = OneCurrency::default();
    let amount = money.amount(&mut members, "amount")?;
    members.finish()?;
    Ok((amount, money))
}

/// What a provider or a bank says came.
pub fn confirmation(body: &Value) -> Result<ConfirmationInput, Invalid> {
    let mut members = Members::of(body, "")?;
    let mut money = OneCurrency::default();
    let invoice = members.id("invoice")?;
    let amount = money.amount(&mut members, "amount")?;
    let input = ConfirmationInput {
        currency: money.named(),
        rate: rate(&mut members)?,
        invoice: Named::Id(members.need("invoice", invoice)?),
        amount: members.need("amount", amount)?,
        value_date: members.day("value_date")?,
        paid_at: members.instant("paid_at")?,
        method: members.word("method", &Method::ALL)?.unwrap_or(Method::Other),
        voucher: members.word("witness", &Voucher::ALL)?.unwrap_or(Voucher::Provider),
        external_id: members.text("external_id", MOST_REFERENCE)?,
        content: PaymentContent {
            memo: members.text("memo", MOST_MEMO)?,
            extra: metadata(&mut members)?,
        },
    };
    members.finish()?;
    Ok(input)
}

/// A hold, a release or a hand-over, and why; what is not said stays as it is.
pub fn hold(body: &Value) -> Result<(Hold, bool, Option<String>), Invalid> {
    let mut members = Members::of(body, "")?;
    let says_until = members.has("until");
    let until = members.day("until")?;
    let handed_over = members.truth("handed_over")?.unwrap_or(false);
    let reason = members.text("reason", MOST_REASON)?;
    members.finish()?;
    if !says_until && !handed_over {
        return Err(Invalid {
            field: "until".to_owned(),
            problem: "is required: a day, or null to release; or `handed_over` as true".to_owned(),
        });
    }
    let hold = match until {
        Some(day) => Hold::Until(day),
        None if says_until => Hold::Released,
        None => Hold::AsItIs,
    };
    Ok((hold, handed_over, reason))
}

/// What a delete may carry.
pub fn delete_options(body: &Value) -> Result<DeleteOptions, Invalid> {
    let mut members = Members::of(body, "")?;
    let digest = members.text("plan_digest", MOST_REFERENCE)?;
    let expected_plan = match digest {
        None => None,
        Some(text) => {
            Some(Digest::from_hex(&text).ok_or_else(|| members.wrong("plan_digest", "must be 64 hex digits"))?)
        }
    };
    let options = DeleteOptions {
        reason: members.text("reason", MOST_REASON)?,
        expected_plan,
    };
    members.finish()?;
    Ok(options)
}

/// A rate to keep.
pub fn kept_rate(body: &Value, currency: Currency, day: Date) -> Result<KeptRate, Invalid> {
    let mut members = Members::of(body, "")?;
    let known = rate(&mut members)?;
    let rate = members.need("exchange_rate", known)?;
    members.finish()?;
    Ok(KeptRate { currency, day, rate })
}
