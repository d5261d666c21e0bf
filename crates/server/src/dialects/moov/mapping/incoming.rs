//! Bodies to the core's inputs.
//!
//! A surcharge becomes a line of its own, because it is revenue: other dialects show it as a line, this one as `surcharge`. An
//! item's options are summed into its unit price; what the client sent is kept beside it. Deliberately absent: rendering.

use jiff::tz::TimeZone;
use quittance_accounting::account::AccountRole;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::content::{CustomerContent, InvoiceContent, LineContent, PaymentContent};
use quittance_books::input::{CustomerInput, Due, InvoiceInput, LineInput, PaymentInput};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::super::manners::{
    MOST_DESCRIPTION, MOST_GROUP, MOST_NAME, MOST_NUMBER, MOST_OPTIONS, MOST_SHORT_TEXT, Shape,
};
use super::super::wire::PAYMENT_METHODS;
use super::EXTRA;
use super::reading::{Fault, Fields, Prices, Unreadable};

/// What a body is read against.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The currency that sums are in: the account's, or that of the invoice that is changed.
    pub currency: Currency,
    /// Whose currency that is: the account's or the invoice's.
    pub of: &'static str,
    /// The account's time zone.
    pub zone: TimeZone,
    /// The version's shape of tax.
    pub shape: Shape,
}

impl Ground {
    /// For what changes an invoice, whose sums are in its own currency.
    #[must_use]
    pub fn of_invoice(self, currency: Currency) -> Ground {
        Ground {
            currency,
            of: "invoice",
            ..self
        }
    }

    pub(super) fn prices(&self) -> Prices {
        Prices {
            currency: self.currency,
            of: self.of,
            signed: false,
            faults_inside: true,
            in_part: false,
        }
    }

    /// How the amounts in `amountDetails` are read: their faults have no place of their own.
    pub(super) fn prices_of_details(&self) -> Prices {
        Prices {
            faults_inside: false,
            ..self.prices()
        }
    }
}

/// An invoice to create: always a draft.
pub fn new_invoice(body: &Fields<'_>, ground: &Ground) -> Result<InvoiceInput, Unreadable> {
    let faults = &mut Vec::new();
    if body.text("customerAccountID")?.is_none() {
        faults.push(body.fault("customerAccountID", "is required"));
    }
    let customer = body.id("customerAccountID", faults)?.map(Named::Id);
    let number = body.bounded("invoiceNumber", MOST_NUMBER, faults)?;
    let number = number
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    let memo = body.bounded("description", MOST_DESCRIPTION, faults)?;
    let email = body.bounded("customerEmail", MOST_SHORT_TEXT, faults)?;
    let invoice_date = body.instant("invoiceDate", faults)?;
    let due = body.instant("dueDate", faults)?;
    let payment = match body.object("payment")? {
        Some(payment) => Some(Value::Object(payment_options(&payment, Map::new(), faults)?)),
        None => None,
    };
    let (tax, surcharge) = tax_and_surcharge(body, ground, faults)?;
    let (mut lines, mut texts) = items(body, ground, faults)?;
    if let Some(amount) = surcharge.filter(|amount| !amount.is_zero()) {
        let (line, text) = surcharge_line(amount, ground.currency);
        lines.push(line);
        texts.push(text);
    }
    if !faults.is_empty() {
        return Err(Unreadable::Values(std::mem::take(faults)));
    }
    let mut extra = Map::new();
    let mut keep = |name: &str, value: Option<Value>| {
        value.map(|value| extra.insert(name.to_owned(), value));
    };
    keep("invoiceDate", invoice_date.map(|at| json!(at.to_string())));
    keep("customerEmail", email.map(Value::from));
    keep("payment", payment);
    keep("tax", tax.map(|_| Value::Bool(true)));
    keep("surcharge", surcharge.map(|_| Value::Bool(true)));
    Ok(InvoiceInput {
        rate: None,
        customer,
        currency: ground.currency,
        number: number.map_or(NumberChoice::Counted, NumberChoice::Explicit),
        external_id: None,
        invoice_date: invoice_date.map(|at| ground.zone.to_datetime(at).date()),
        due: due.map(Due::At),
        sent_at: None,
        issue: false,
        lines,
        discount: Amount::ZERO,
        taxes: tax
            .filter(|tax| !tax.is_zero())
            .map(|tax| (AccountChoice::Role(AccountRole::SalesTax), tax))
            .into_iter()
            .collect(),
        tip: Amount::ZERO,
        content: InvoiceContent {
            hold_reason: None,
            title: None,
            memo,
            lines: texts,
            extra: [(EXTRA.to_owned(), Value::Object(extra))].into(),
        },
    })
}

/// Tax and surcharge, in the version's shape.
fn tax_and_surcharge(
    body: &Fields<'_>,
    ground: &Ground,
    faults: &mut Vec<Fault>,
) -> Result<(Option<Amount>, Option<Amount>), Unreadable> {
    refuse_other_shape(body, ground.shape)?;
    let mut sum = |fields: &Fields<'_>, name: &str, prices: Prices| match fields.object(name)? {
        Some(amount) => prices.sum(&amount, faults),
        None => Ok(None),
    };
    match ground.shape {
        Shape::TaxAmount => Ok((sum(body, "taxAmount", ground.prices())?, None)),
        Shape::AmountDetails => match body.object("amountDetails")? {
            Some(details) => {
                let prices = ground.prices_of_details();
                Ok((sum(&details, "tax", prices)?, sum(&details, "surcharge", prices)?))
            }
            None => Ok((None, None)),
        },
    }
}

/// Refuses the member of the other version's shape, because leaving it out would change the total.
pub(super) fn refuse_other_shape(body: &Fields<'_>, shape: Shape) -> Result<(), Unreadable> {
    let (member, message) = match shape {
        Shape::TaxAmount => (
            "amountDetails",
            "amountDetails needs X-Moov-Version v2026.07.00 or later; before it there is taxAmount.",
        ),
        Shape::AmountDetails => (
            "taxAmount",
            "taxAmount ended with X-Moov-Version v2026.07.00; from it on there is amountDetails.tax.",
        ),
    };
    match body.member(member) {
        Some(_) => Err(Unreadable::Shape(message.to_owned())),
        None => Ok(()),
    }
}

/// The line that a surcharge is in the books.
pub(super) fn surcharge_line(amount: Amount, currency: Currency) -> (LineInput, LineContent) {
    let line = LineInput {
        account: AccountChoice::Role(AccountRole::Sales),
        product: None,
        quantity: Decimal::ONE,
        unit_price: amount.in_major_units(currency),
        subtotal: None,
        discount: Amount::ZERO,
        taxes: Vec::new(),
    };
    let text = LineContent {
        name: Some("Surcharge".to_owned()),
        description: None,
        extra: [(EXTRA.to_owned(), json!({"surcharge": true}))].into(),
    };
    (line, text)
}

/// The items of a body, at least one.
pub(super) fn items(
    body: &Fields<'_>,
    ground: &Ground,
    faults: &mut Vec<Fault>,
) -> Result<(Vec<LineInput>, Vec<LineContent>), Unreadable> {
    let items = match body.object("lineItems")? {
        Some(list) => list.objects("items")?.unwrap_or_default(),
        None => Vec::new(),
    };
    if items.is_empty() {
        return Err(Unreadable::Shape(
            "lineItems.items must have at least one item.".to_owned(),
        ));
    }
    let most = quittance_accounting::invoice::MOST_LINES;
    if items.len() > most {
        let message = format!("lineItems.items must have at most {most} items.");
        return Err(Unreadable::Shape(message));
    }
    let (mut lines, mut texts) = (Vec::new(), Vec::new());
    for fields in &items {
        if let Some((line, text)) = item(fields, ground, faults)? {
            lines.push(line);
            texts.push(text);
        }
    }
    Ok((lines, texts))
}

/// One item: `None` when a fault was noted.
fn item(
    fields: &Fields<'_>,
    ground: &Ground,
    faults: &mut Vec<Fault>,
) -> Result<Option<(LineInput, LineContent)>, Unreadable> {
    let name = fields.required("name", MOST_NAME, faults)?;
    let quantity = fields.count("quantity", faults)?;
    let product = fields.id("productID", faults)?;
    let base = match fields.object("basePrice")? {
        Some(amount) => ground.prices().price(&amount, faults)?,
        None => {
            let mut path = fields.path_of("basePrice");
            path.push("valueDecimal".to_owned());
            faults.push(Fault {
                path,
                message: "is required".to_owned(),
            });
            None
        }
    };
    let mut price = base;
    let mut kept = Map::new();
    let mut options = Vec::new();
    let sent = fields.objects("options")?.unwrap_or_default();
    if sent.len() > MOST_OPTIONS {
        let path = fields.path_of("options").join(".");
        return Err(Unreadable::Shape(format!(
            "{path} must have at most {MOST_OPTIONS} options."
        )));
    }
    for option in &sent {
        let (of_one, text) = self::option(option, ground, faults)?;
        price = price.and_then(|sum| sum.checked_add(of_one?));
        options.push(text);
    }
    let (Some(name), Some(quantity), Some(base)) = (name, quantity, base) else {
        return Ok(None);
    };
    let Some(price) = price else {
        // A fault of an option has been noted already, unless it is the sum that is too large.
        if faults.is_empty() {
            faults.push(fields.fault("name", "the price with its options is too large"));
        }
        return Ok(None);
    };
    kept.insert("basePrice".to_owned(), json!(base.to_string()));
    if !options.is_empty() {
        kept.insert("options".to_owned(), Value::Array(options));
    }
    let line = LineInput {
        account: AccountChoice::Role(AccountRole::Sales),
        product: product.map(Named::Id),
        quantity: Decimal::from(quantity),
        unit_price: price,
        subtotal: None,
        discount: Amount::ZERO,
        taxes: Vec::new(),
    };
    let text = LineContent {
        name: Some(name),
        description: None,
        extra: [(EXTRA.to_owned(), Value::Object(kept))].into(),
    };
    Ok(Some((line, text)))
}

/// One option: what it adds to the price of one item, and what is kept of it.
fn option(
    fields: &Fields<'_>,
    ground: &Ground,
    faults: &mut Vec<Fault>,
) -> Result<(Option<Decimal>, Value), Unreadable> {
    let name = fields.required("name", MOST_NAME, faults)?;
    let quantity = fields.count("quantity", faults)?;
    let group = fields.bounded("group", MOST_GROUP, faults)?;
    let prices = Prices {
        signed: true,
        ..ground.prices()
    };
    let modifier = match fields.object("priceModifier")? {
        Some(amount) => prices.price(&amount, faults)?,
        None => None,
    };
    let of_one = quantity.and_then(|quantity| modifier.unwrap_or_default().checked_mul(Decimal::from(quantity)));
    let mut kept = Map::new();
    kept.insert("name".to_owned(), json!(name));
    kept.insert("quantity".to_owned(), json!(quantity));
    if let Some(modifier) = modifier {
        kept.insert("priceModifier".to_owned(), json!(modifier.to_string()));
    }
    if let Some(group) = group {
        kept.insert("group".to_owned(), json!(group));
    }
    Ok((of_one, Value::Object(kept)))
}

/// How the client lets the invoice be paid, checked, over what was kept before: no hosted page reads it here.
pub(super) fn payment_options(
    payment: &Fields<'_>,
    mut kept: Map<String, Value>,
    faults: &mut Vec<Fault>,
) -> Result<Map<String, Value>, Unreadable> {
    match payment.member("allowedMethods") {
        // Null stands for all that the merchant supports, as a missing list does.
        None if payment.has("allowedMethods") => {
            kept.remove("allowedMethods");
        }
        None => {}
        Some(Value::Array(methods)) => {
            let known = |method: &Value| method.as_str().is_some_and(|text| PAYMENT_METHODS.contains(&text));
            if !methods.iter().all(known) || methods.len() > PAYMENT_METHODS.len() {
                let message = format!("must be of {}, each once", PAYMENT_METHODS.join(", "));
                faults.push(payment.fault("allowedMethods", &message));
            }
            kept.insert("allowedMethods".to_owned(), Value::Array(methods.clone()));
        }
        Some(_) => return Err(Unreadable::Shape("payment.allowedMethods must be a list.".to_owned())),
    }
    let texts = [
        ("cardDetails", "dynamicDescriptor", 4, 22),
        ("achDetails", "companyEntryDescription", 4, 10),
        ("achDetails", "originatingCompanyName", 4, 16),
    ];
    for (group, name, least, most) in texts {
        let Some(details) = payment.object(group)? else {
            continue;
        };
        let Some(text) = details.bounded(name, most, faults)? else {
            continue;
        };
        if text.chars().count() < least {
            faults.push(details.fault(name, &format!("must be at least {least} characters long")));
        }
        let group = kept.entry(group).or_insert_with(|| Value::Object(Map::new()));
        group[name] = Value::from(text);
    }
    Ok(kept)
}

/// A payment that was made elsewhere, in the currency that it names: whether the invoice is in it is for the books to say.
pub fn new_payment(body: &Fields<'_>, ground: &Ground, invoice: Named) -> Result<PaymentInput, Unreadable> {
    let faults = &mut Vec::new();
    let mut currency = ground.currency;
    let amount = match body.object("amount")? {
        Some(amount) => {
            // What is no currency is a fault of the amount, noted there.
            currency = amount.text("currency")?.and_then(Currency::parse).unwrap_or(currency);
            let prices = Prices {
                currency,
                ..ground.prices()
            };
            prices.sum(&amount, faults)?
        }
        None => {
            faults.push(Fault::at(&["amount", "valueDecimal"], "is required"));
            None
        }
    };
    if amount.is_some_and(|amount| !amount.is_positive()) {
        faults.push(Fault::at(&["amount", "valueDecimal"], "must be more than zero"));
    }
    let foreign_id = body.bounded("foreignID", MOST_SHORT_TEXT, faults)?;
    let memo = body.bounded("description", MOST_DESCRIPTION, faults)?;
    let paid_at = body.instant("paymentDate", faults)?;
    let (Some(amount), true) = (amount, faults.is_empty()) else {
        return Err(Unreadable::Values(std::mem::take(faults)));
    };
    let mut extra = Map::new();
    if let Some(foreign_id) = foreign_id {
        extra.insert("foreignID".to_owned(), Value::from(foreign_id));
    }
    if let Some(paid_at) = paid_at {
        extra.insert("paymentDate".to_owned(), Value::from(paid_at.to_string()));
    }
    Ok(PaymentInput {
        currency: Some(currency),
        rate: None,
        customer: None,
        paid_on: None,
        paid_at,
        amount: Some(amount),
        method: Method::Other,
        witness: Witness::Hand,
        clearing: AccountChoice::Role(AccountRole::Clearing),
        parts: vec![(invoice, Part::Exactly(amount))],
        external_id: None,
        content: PaymentContent {
            memo,
            extra: [(EXTRA.to_owned(), Value::Object(extra))].into(),
        },
    })
}

/// An account that can be billed: an individual or a business.
pub fn new_account(body: &Fields<'_>) -> Result<CustomerInput, Unreadable> {
    let kind = body.text("accountType")?.unwrap_or_default();
    if !["individual", "business"].contains(&kind) {
        return Err(Unreadable::Shape(
            "accountType must be individual or business.".to_owned(),
        ));
    }
    let faults = &mut Vec::new();
    let Some(profile) = body
        .object("profile")?
        .map(|all| all.object(kind))
        .transpose()?
        .flatten()
    else {
        return Err(Unreadable::Shape(format!("profile.{kind} is required.")));
    };
    let name = if kind == "individual" {
        let Some(parts) = profile.object("name")? else {
            return Err(Unreadable::Shape("profile.individual.name is required.".to_owned()));
        };
        let first = parts.required("firstName", MOST_SHORT_TEXT, faults)?;
        let last = parts.required("lastName", MOST_SHORT_TEXT, faults)?;
        first.zip(last).map(|(first, last)| format!("{first} {last}"))
    } else {
        profile.required("legalBusinessName", MOST_SHORT_TEXT, faults)?
    };
    let email = profile.bounded("email", MOST_SHORT_TEXT, faults)?;
    let external_id = body.bounded("foreignID", MOST_SHORT_TEXT, faults)?;
    let (Some(name), true) = (name, faults.is_empty()) else {
        return Err(Unreadable::Values(std::mem::take(faults)));
    };
    let extra = json!({"accountType": kind, "profile": body.member("profile")});
    Ok(CustomerInput {
        external_id: external_id.filter(|id| !id.is_empty()),
        content: CustomerContent {
            company: (kind == "business").then(|| name.clone()),
            name,
            email,
            phone: None,
            address: None,
            extra: [(EXTRA.to_owned(), extra)].into(),
        },
    })
}
