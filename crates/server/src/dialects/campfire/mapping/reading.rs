//! Requests into what the books take.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::exchange::{RATE_DIGITS, Rate};
use quittance_accounting::identity::{AccountKey, BookKey};
use quittance_accounting::invoice::MOST_LINES;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::rounding::Figures;
use quittance_accounting::snapshot::Named;
use quittance_books::content::{InvoiceContent, LineContent};
use quittance_books::input::{Due, InvoiceInput, LineInput};
use quittance_books::view::BookView;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::super::manners::{DIALECT, MOST_NAME, MOST_PLACES, MOST_TEXT};
use super::super::wire::{INVOICE_KEPT, LINE_KEPT, PAYMENT_STATUS};
use super::fields::{Fields, Need, each, objects, whole};
use super::{entity, integer, number_of};
use crate::http::numbers;

/// The integers that a body names as its customer and its products; what is not one of this book's is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// At most one.
    pub customers: BTreeSet<i64>,
    /// Each once.
    pub products: BTreeSet<i64>,
}

impl References {
    /// Those of several bodies.
    pub fn of_all(bodies: &[Value], book: BookKey) -> References {
        let mut all = References::default();
        for body in bodies.iter().filter_map(Value::as_object) {
            let one = References::of(body, book);
            all.customers.extend(one.customers);
            all.products.extend(one.products);
        }
        all
    }

    /// Looks for them, in whatever state the body is.
    pub fn of(body: &Map<String, Value>, book: BookKey) -> References {
        let own = |value: &Value| whole(value).flatten().filter(|id| number_of(book, *id).is_some());
        let lines = body
            .get("lines")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        let products = lines
            .iter()
            .take(MOST_LINES)
            .filter_map(|line| line.get("product").and_then(own));
        References {
            customers: body.get("client").and_then(own).into_iter().collect(),
            products: products.collect(),
        }
    }
}

/// What a new invoice is read against.
pub struct Setting<'a> {
    /// The book.
    pub book: &'a BookView,
    /// The references that name something.
    pub known: &'a References,
    /// The instant of the request.
    pub now: Timestamp,
}

impl Setting<'_> {
    /// The name in the books of what has this integer.
    pub(super) fn named(&self, id: i64) -> Option<Named> {
        number_of(self.book.key, id).map(Named::Key)
    }
}

/// Whether a body asks for a draft, as far as can be told before it is checked.
pub fn asks_for_draft(body: &Value) -> bool {
    body.get("payment_status").and_then(Value::as_str) == Some("draft")
}

/// A new invoice, or all that is wrong with it.
pub fn invoice(body: &Map<String, Value>, setting: &Setting<'_>) -> Result<InvoiceInput, Value> {
    let own = setting.book.settings.currency;
    let mut fields = Fields::of(body);
    let currency = currency(&mut fields, own).unwrap_or(own);
    // Amounts are read with the places of the document's currency.
    let setting = &Setting {
        book: &setting.book.in_currency(currency),
        ..*setting
    };
    let lines = lines(&mut fields, Need::Required, setting);
    let invoice_date = fields.date("invoice_date", Need::Required);
    let due_date = fields.date("due_date", Need::Required);
    fields.reference("entity", Need::Required, &BTreeSet::from([entity(setting.book.key)]));
    let client = fields.reference("client", Need::Optional, &setting.known.customers);
    let number = fields.text("invoice_number", Need::Optional, MOST_NAME);
    let status = fields.choice("payment_status", &PAYMENT_STATUS).unwrap_or("open");
    if !matches!(status, "draft" | "open" | "sent") {
        let text = format!("An invoice cannot begin as {status}; the books work that out from payments and voids.");
        fields.say("payment_status", text);
    }
    let memo = fields.text("message_on_invoice", Need::Optional, MOST_TEXT);
    let kept = fields.kept(&INVOICE_KEPT);
    let rate = rate(&mut fields, &kept);
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    let (lines, line_texts) = lines.unwrap_or_default().into_iter().unzip();
    let mut content = InvoiceContent {
        memo,
        lines: line_texts,
        ..InvoiceContent::default()
    };
    content.extra.insert(DIALECT.to_owned(), Value::Object(kept));
    Ok(InvoiceInput {
        rate,
        customer: client.and_then(|id| setting.named(id)),
        currency,
        number: match number.filter(|text| !text.is_empty()) {
            Some(number) => NumberChoice::Explicit(number),
            None => NumberChoice::Counted,
        },
        external_id: None,
        invoice_date,
        due: due_date.map(Due::On),
        sent_at: (status == "sent").then_some(setting.now),
        issue: status != "draft",
        lines,
        discount: Amount::ZERO,
        taxes: Vec::new(),
        tip: Amount::ZERO,
        content,
    })
}

/// The rate from the document's currency to the book's; the one to the consolidation's is kept and no more.
fn rate(fields: &mut Fields<'_>, kept: &Map<String, Value>) -> Option<Rate> {
    let given = kept.get("exchange_rate_book").filter(|value| !value.is_null())?;
    let rate = numbers::read_decimal_or_text(given).ok().and_then(Rate::new);
    if rate.is_none() {
        fields.say(
            "exchange_rate_book",
            format!("A rate is more than 0, with at most {RATE_DIGITS} digits."),
        );
    }
    rate
}

/// A currency of three letters; whether it is the book's is for the books to say.
pub(super) fn currency(fields: &mut Fields<'_>, own: Currency) -> Option<Currency> {
    let text = fields.text("currency", Need::Optional, 3)?;
    if text.is_empty() {
        return Some(own);
    }
    let currency = Currency::parse(&text);
    if currency.is_none() {
        fields.say("currency", format!("\"{text}\" is not a valid choice."));
    }
    currency
}

/// The lines with their texts.
pub(super) fn lines(
    fields: &mut Fields<'_>,
    need: Need,
    setting: &Setting<'_>,
) -> Option<Vec<(LineInput, LineContent)>> {
    let value = fields.value("lines", need)?;
    let items = match objects(value, MOST_LINES) {
        Ok(items) => items,
        Err(errors) => {
            fields.say_inside("lines", errors);
            return None;
        }
    };
    let read = each(items, |members| line(members, setting));
    if let Err(errors) = &read {
        fields.say_inside("lines", errors.clone());
    }
    read.ok()
}

fn line(members: &Map<String, Value>, setting: &Setting<'_>) -> Result<(LineInput, LineContent), Value> {
    let settings = &setting.book.settings;
    let mut fields = Fields::of(members);
    let product = fields.reference("product", Need::Optional, &setting.known.products);
    let quantity = fields.number("quantity", Need::Optional, MOST_PLACES);
    let rate = fields.number("rate", Need::Optional, MOST_PLACES);
    let need = if rate.is_some() { Need::Optional } else { Need::Required };
    // A faulty rate has been noted; the amount is not missing for it.
    let need = if members.get("rate").is_some_and(|rate| !rate.is_null()) {
        Need::Optional
    } else {
        need
    };
    let amount = fields.money("amount", need, settings);
    let tax = fields.money("tax", Need::Optional, settings).unwrap_or(Amount::ZERO);
    let description = fields.text("description", Need::Optional, MOST_TEXT);
    line_currency(&mut fields, settings.currency);
    let quantity = quantity.unwrap_or(Decimal::ONE);
    let discount = line_discount(&mut fields, settings, amount, rate, quantity);
    let kept = fields.kept(&LINE_KEPT);
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    let mut content = LineContent {
        description,
        ..LineContent::default()
    };
    if !kept.is_empty() {
        content.extra.insert(DIALECT.to_owned(), Value::Object(kept));
    }
    let tax = (!tax.is_zero()).then_some((AccountChoice::Role(AccountRole::SalesTax), tax));
    let in_major = |amount: Amount| amount.in_major_units(settings.currency);
    let line = LineInput {
        account: AccountChoice::Role(AccountRole::Sales),
        product: product.and_then(|id| setting.named(id)),
        quantity,
        unit_price: rate.or(amount.map(in_major)).unwrap_or_default(),
        subtotal: amount,
        discount,
        taxes: tax.into_iter().collect(),
    };
    Ok((line, content))
}

/// Notes a currency that is not the book's.
pub(super) fn line_currency(fields: &mut Fields<'_>, own: Currency) {
    if currency(fields, own).is_some_and(|currency| currency != own) {
        fields.say("currency", format!("Only {own} is taken here."));
    }
}

/// What is taken off the line. An amount that the client gives is final, whatever discount stands beside it.
fn line_discount(
    fields: &mut Fields<'_>,
    settings: &quittance_accounting::book::BookSettings,
    amount: Option<Amount>,
    rate: Option<Decimal>,
    quantity: Decimal,
) -> Amount {
    let given = fields.money("discount_amount", Need::Optional, settings);
    let percent = fields.number("discount_percentage", Need::Optional, MOST_PLACES);
    if percent.is_some_and(|percent| percent.abs() >= Decimal::ONE_THOUSAND) {
        fields.say("discount_percentage", "Ensure this value is less than 1000.");
    }
    let (None, Some(rate)) = (amount, rate) else {
        return Amount::ZERO;
    };
    let of_percent = || {
        let figures = Figures {
            rounding: settings.rounding,
            currency: settings.currency,
        };
        figures.share(figures.line(rate, quantity)?, percent?)
    };
    given.or_else(of_percent).unwrap_or(Amount::ZERO)
}

/// The day of a void.
pub fn void_date(body: &Map<String, Value>) -> Result<Option<Date>, Value> {
    let mut fields = Fields::of(body);
    let date = fields.date("void_date", Need::Optional);
    fields.errors().map_or(Ok(date), Err)
}

/// An account of the book's that is none of its control accounts.
pub(super) fn account(fields: &mut Fields<'_>, name: &str, need: Need, book: &BookView) -> Option<AccountChoice> {
    let known: BTreeSet<i64> = book
        .accounts
        .iter()
        .map(|account| integer(book.key, account.key.0))
        .collect();
    let number = number_of(book.key, fields.reference(name, need, &known)?)?;
    if book
        .account(AccountKey(number))
        .is_some_and(|account| account.role.is_control())
    {
        fields.say(name, "This account takes no payments of its own.");
        return None;
    }
    Some(AccountChoice::Key(AccountKey(number)))
}
