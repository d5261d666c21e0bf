//! Requests into what the books take.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::AccountKey;
use quittance_accounting::invoice::MOST_LINES;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency, extend, share};
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::content::{CustomerContent, InvoiceContent, LineContent, PaymentContent, ProductContent};
use quittance_books::input::{CustomerInput, Due, InvoiceInput, LineInput, PaymentInput, ProductInput};
use quittance_books::view::BookView;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::super::manners::{DIALECT, MOST_NAME, MOST_PAYMENTS, MOST_PLACES, MOST_TEXT};
use super::super::wire::{INVOICE_KEPT, INVOICE_READ, LINE_KEPT, PAYMENT_STATUS};
use super::fields::{Fields, Need, object, objects, whole};
use super::{entity, integer, number_of};

/// The integers that a body names as its customer and its products; what is not one of this book's is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// At most one.
    pub customers: BTreeSet<i64>,
    /// Each once.
    pub products: BTreeSet<i64>,
}

impl References {
    /// Looks for them, in whatever state the body is.
    pub fn of(body: &Map<String, Value>, book: &BookView) -> References {
        let own = |value: &Value| whole(value).flatten().filter(|id| number_of(book.key, *id).is_some());
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
    fn named(&self, id: i64) -> Option<Named> {
        number_of(self.book.key, id).map(Named::Key)
    }
}

/// Whether a body asks for a draft, as far as can be told before it is checked.
pub fn asks_for_draft(body: &Value) -> bool {
    body.get("payment_status").and_then(Value::as_str) == Some("draft")
}

/// A new invoice, or all that is wrong with it.
pub fn invoice(body: &Map<String, Value>, setting: &Setting<'_>) -> Result<InvoiceInput, Value> {
    let settings = &setting.book.settings;
    let mut fields = Fields::of(body);
    let lines = lines(&mut fields, setting);
    let invoice_date = fields.date("invoice_date", Need::Required);
    let due_date = fields.date("due_date", Need::Required);
    fields.reference("entity", Need::Required, &BTreeSet::from([entity(setting.book.key)]));
    let client = fields.reference("client", Need::Optional, &setting.known.customers);
    let currency = currency(&mut fields, settings.currency);
    let number = fields.text("invoice_number", Need::Optional, MOST_NAME);
    let status = fields.choice("payment_status", &PAYMENT_STATUS).unwrap_or("open");
    if !matches!(status, "draft" | "open" | "sent") {
        let text = format!("An invoice cannot begin as {status}; the books work that out from payments and voids.");
        fields.say("payment_status", text);
    }
    let memo = fields.text("message_on_invoice", Need::Optional, MOST_TEXT);
    let kept = fields.kept(&INVOICE_KEPT);
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
        customer: client.and_then(|id| setting.named(id)),
        currency: currency.unwrap_or(settings.currency),
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

/// A currency of three letters; whether it is the book's is for the books to say.
fn currency(fields: &mut Fields<'_>, own: Currency) -> Option<Currency> {
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

fn lines(fields: &mut Fields<'_>, setting: &Setting<'_>) -> Option<Vec<(LineInput, LineContent)>> {
    let value = fields.value("lines", Need::Required)?;
    let items = match objects(value, MOST_LINES) {
        Ok(items) => items,
        Err(errors) => {
            fields.say_inside("lines", errors);
            return None;
        }
    };
    let mut read = Vec::with_capacity(items.len());
    // By position: a line in order is an empty object.
    let mut errors = Vec::with_capacity(items.len());
    for item in items {
        match object(item).and_then(|members| line(members, setting)) {
            Ok(line) => {
                read.push(line);
                errors.push(json!({}));
            }
            Err(wrong) => errors.push(wrong),
        }
    }
    if read.len() < items.len() {
        fields.say_inside("lines", Value::Array(errors));
        return None;
    }
    Some(read)
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

fn line_currency(fields: &mut Fields<'_>, own: Currency) {
    if currency(fields, own).is_some_and(|currency| currency != own) {
        fields.say("currency", format!("These books are kept in {own}."));
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
        let full = extend(rate, quantity, settings.currency)?;
        share(full, percent?, settings.currency)
    };
    given.or_else(of_percent).unwrap_or(Amount::ZERO)
}

/// What a change of status asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    Nothing,
    /// This status.
    Status(&'static str),
}

/// The change that a patch asks for. Members that cannot be changed yet are refused, not passed over in silence.
pub fn change(body: &Map<String, Value>) -> Result<Change, Value> {
    let mut fields = Fields::of(body);
    let kept = INVOICE_KEPT.iter().map(|(name, _)| *name);
    for name in INVOICE_READ.into_iter().chain(kept) {
        if body.contains_key(name) {
            fields.say(name, "This field cannot be changed.");
        }
    }
    if body.get("payment_status") == Some(&Value::Null) {
        fields.say("payment_status", "This field may not be null.");
    }
    let status = fields.choice("payment_status", &PAYMENT_STATUS);
    match fields.errors() {
        Some(errors) => Err(errors),
        None => Ok(status.map_or(Change::Nothing, Change::Status)),
    }
}

/// The day of a void.
pub fn void_date(body: &Map<String, Value>) -> Result<Option<Date>, Value> {
    let mut fields = Fields::of(body);
    let date = fields.date("void_date", Need::Optional);
    fields.errors().map_or(Ok(date), Err)
}

/// A payment of an invoice.
pub fn payment(body: &Map<String, Value>, book: &BookView, invoice: &Named) -> Result<PaymentInput, Value> {
    let mut fields = Fields::of(body);
    for name in ["transactions", "credit_memos"] {
        let asked = fields
            .value(name, Need::Optional)
            .is_some_and(|value| value.as_array().is_none_or(|v| !v.is_empty()));
        if asked {
            fields.say(name, "None are kept here; use empty_transactions.");
        }
    }
    let value = match fields.value("empty_transactions", Need::Optional) {
        Some(value) => value,
        None => {
            let missing = || json!({"non_field_errors": ["empty_transactions is required."]});
            return Err(fields.errors().unwrap_or_else(missing));
        }
    };
    let read = objects(value, MOST_PAYMENTS).and_then(|items| {
        let read = object(&items[0]).and_then(|members| one_payment(members, book, invoice));
        read.map_err(|errors| json!([errors]))
    });
    if let Err(errors) = &read {
        fields.say_inside("empty_transactions", errors.clone());
    }
    match fields.errors() {
        Some(errors) => Err(errors),
        None => read,
    }
}

fn one_payment(members: &Map<String, Value>, book: &BookView, invoice: &Named) -> Result<PaymentInput, Value> {
    let mut fields = Fields::of(members);
    let account = account(&mut fields, "account_id", Need::Present, book);
    let name = fields.text("account_name", Need::Present, MOST_NAME);
    let amount = fields.money("amount", Need::Required, &book.settings);
    if amount.is_some_and(|amount| !amount.is_positive()) {
        fields.say("amount", "Ensure this value is greater than 0.");
    }
    let paid_on = fields.date("payment_date", Need::Required);
    let memo = fields.text("memo", Need::Optional, MOST_TEXT);
    let external_id = fields
        .text("external_id", Need::Optional, MOST_NAME)
        .filter(|id| !id.is_empty());
    line_currency(&mut fields, book.settings.currency);
    let kept = fields.kept(&[
        ("department_id", super::super::wire::Kind::Integer),
        ("tag_ids", super::super::wire::Kind::Integers),
    ]);
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    let mut content = PaymentContent {
        memo,
        ..PaymentContent::default()
    };
    let mut kept = kept;
    kept.extend(name.map(|name| ("account_name".to_owned(), Value::from(name))));
    if !kept.is_empty() {
        content.extra.insert(DIALECT.to_owned(), Value::Object(kept));
    }
    Ok(PaymentInput {
        customer: None,
        paid_on,
        paid_at: None,
        amount,
        method: Method::Other,
        witness: Witness::Hand,
        clearing: account.unwrap_or(AccountChoice::Role(AccountRole::Clearing)),
        parts: vec![(invoice.clone(), Part::Exactly(amount.unwrap_or(Amount::ZERO)))],
        external_id,
        content,
    })
}

/// An account of the book's that is none of its control accounts.
fn account(fields: &mut Fields<'_>, name: &str, need: Need, book: &BookView) -> Option<AccountChoice> {
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

/// A new customer.
pub fn vendor(body: &Map<String, Value>) -> Result<CustomerInput, Value> {
    let mut fields = Fields::of(body);
    let name = fields.text("name", Need::Required, MOST_NAME);
    fields.choice("vendor_type", &["customer"]);
    let email = fields.text("email", Need::Optional, MOST_NAME);
    let phone = fields.text("phone", Need::Optional, MOST_NAME);
    let address = fields.text("billing_address", Need::Optional, MOST_TEXT);
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    let content = CustomerContent {
        name: name.unwrap_or_default(),
        email,
        phone,
        address,
        ..CustomerContent::default()
    };
    Ok(CustomerInput {
        external_id: None,
        content,
    })
}

/// A new product.
pub fn product(body: &Map<String, Value>, book: &BookView) -> Result<ProductInput, Value> {
    let mut fields = Fields::of(body);
    let name = fields.text("name", Need::Required, MOST_NAME);
    let description = fields.text("description", Need::Optional, MOST_TEXT);
    let taxable = fields.boolean("is_taxable");
    let account = account(&mut fields, "invoice_account", Need::Optional, book);
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    let mut content = ProductContent {
        name: name.unwrap_or_default(),
        ..ProductContent::default()
    };
    let mut kept = Map::new();
    kept.extend(description.map(|text| ("description".to_owned(), Value::from(text))));
    kept.extend(taxable.map(|taxable| ("is_taxable".to_owned(), Value::from(taxable))));
    content.extra.insert(DIALECT.to_owned(), Value::Object(kept));
    Ok(ProductInput {
        account: account.unwrap_or(AccountChoice::Role(AccountRole::Sales)),
        content,
    })
}
