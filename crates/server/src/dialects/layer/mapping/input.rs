//! From the vendor's shapes to the core's: invoices and customers.

use jiff::tz::TimeZone;
use quittance_accounting::account::{AccountRole, LedgerAccount};
use quittance_accounting::identity::{DocumentId, DocumentKind};
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::Amount;
use quittance_books::content::{CustomerContent, InvoiceContent, LineContent};
use quittance_books::input::{CustomerInput, Due, InvoiceInput, LineInput};
use quittance_books::view::BookView;
use serde_json::Value;

use super::super::errors::{self, Fault};
use super::super::manners::{MOST_LONG_TEXT, MOST_SHORT_TEXT, MOST_TAXES, account_of_uuid};
use super::fields::{Fields, When, kept};
use quittance_accounting::invoice::MOST_LINES;

/// How an invoice names its customer; at least one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerRef {
    /// By the id.
    pub id: Option<DocumentId>,
    /// By the client's own id, which makes the customer if nobody has it.
    pub external_id: Option<String>,
}

/// An invoice to create, and what comes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvoice {
    /// The invoice.
    pub input: InvoiceInput,
    /// Its customer, to be found first.
    pub customer: CustomerRef,
    /// When it was voided, if it comes void.
    pub voided: Option<When>,
    /// Payments of it that come with it, as they stand in the body.
    pub payments: Vec<Value>,
}

/// The most payments that an invoice may bring along: our choice.
const MOST_PAYMENTS: usize = 50;

/// Refuses what no invoice here can have.
pub fn refuse_unserved(book: &BookView, fields: &Fields<'_>) -> Result<(), Fault> {
    fields.unserved("dedicated_refunds", "record refunds after creating the invoice")?;
    if let Some(value) = fields.value("tips_account")
        && account(book, value, &fields.place("tips_account"))?.role != AccountRole::Tips
    {
        return Err(errors::not_served("tips_account", "tips go to the account TIPS"));
    }
    Ok(())
}

/// An invoice to create.
pub fn invoice(book: &BookView, body: &Value, zone: &TimeZone) -> Result<NewInvoice, Fault> {
    let fields = Fields::of(body, "")?;
    refuse_unserved(book, &fields)?;
    let voided = fields.when("voided_at")?;
    let payments = fields.list("payments")?.to_vec();
    if payments.len() > MOST_PAYMENTS {
        return Err(fields.wrong("payments", &format!("must be at most {MOST_PAYMENTS}")));
    }
    if voided.is_some() && !payments.is_empty() {
        return Err(fields.wrong("voided_at", "must not come with payments"));
    }
    let customer = CustomerRef {
        id: fields.id("customer_id", DocumentKind::Customer)?,
        external_id: fields.text("customer_external_id", MOST_SHORT_TEXT)?,
    };
    if customer.id.is_none() && customer.external_id.is_none() {
        return Err(errors::payload("customer_id or customer_external_id", "is required"));
    }
    let sent = fields.required_when("sent_at")?;
    let (taxes, tax_accounts) = taxes(book, &fields, "additional_sales_taxes")?;
    let (lines, texts) = lines(book, &fields)?;
    let keep = |member: &str, most: usize| Ok::<_, Fault>(fields.text(member, most)?.map(Value::from));
    let extra = kept(vec![
        ("reference_number", keep("reference_number", MOST_SHORT_TEXT)?),
        (
            "custom_payment_instructions",
            keep("custom_payment_instructions", MOST_LONG_TEXT)?,
        ),
        ("metadata", fields.metadata()?),
        ("tags", fields.tags()?),
        ("tax_accounts", tax_accounts),
    ]);
    let number = fields.text("invoice_number", MOST_SHORT_TEXT)?;
    let input = InvoiceInput {
        rate: None,
        customer: None,
        currency: book.settings.currency,
        number: number.map_or(NumberChoice::Counted, NumberChoice::Explicit),
        external_id: fields.text("external_id", MOST_SHORT_TEXT)?,
        invoice_date: Some(sent.day(zone)),
        due: fields.when("due_at")?.map(|when| match when {
            When::At(at) => Due::At(at),
            When::On(day) => Due::On(day),
        }),
        sent_at: Some(sent.instant(zone)),
        issue: true,
        lines,
        discount: fields.cents_or_none("additional_discount")?,
        taxes,
        tip: fields.cents_or_none("tips")?,
        content: InvoiceContent {
            hold_reason: None,
            title: None,
            memo: fields.text("memo", MOST_LONG_TEXT)?,
            lines: texts,
            extra,
        },
    };
    Ok(NewInvoice {
        input,
        customer,
        voided,
        payments,
    })
}

/// The lines of an invoice with their texts.
pub fn lines(book: &BookView, fields: &Fields<'_>) -> Result<(Vec<LineInput>, Vec<LineContent>), Fault> {
    let items = fields.objects("line_items")?;
    if items.is_empty() {
        return Err(fields.wrong("line_items", "must hold at least one line"));
    }
    if items.len() > MOST_LINES {
        return Err(fields.wrong("line_items", &format!("must hold at most {MOST_LINES} lines")));
    }
    let both = items.iter().map(|item| line(book, item));
    Ok(both.collect::<Result<Vec<_>, _>>()?.into_iter().unzip())
}

fn line(book: &BookView, fields: &Fields<'_>) -> Result<(LineInput, LineContent), Fault> {
    let instead = "name the revenue account in account_identifier";
    fields.unserved("prepayment_account_identifier", instead)?;
    fields.unserved("is_prepayment", instead)?;
    fields.unserved("dedicated_refunds", "record refunds after creating the invoice")?;
    let chosen = match fields.value("account_identifier") {
        None => AccountChoice::Role(AccountRole::Sales),
        Some(value) => AccountChoice::Key(account(book, value, &fields.place("account_identifier"))?.key),
    };
    let price = fields
        .cents("unit_price")?
        .ok_or_else(|| fields.wrong("unit_price", "is required"))?;
    let (taxes, tax_accounts) = taxes(book, fields, "sales_taxes")?;
    let input = LineInput {
        account: chosen,
        product: None,
        quantity: fields.quantity("quantity")?,
        unit_price: price.in_major_units(book.settings.currency),
        subtotal: None,
        discount: fields.cents_or_none("discount_amount")?,
        taxes,
    };
    let external_id = fields.text("external_id", MOST_SHORT_TEXT)?.map(Value::from);
    let content = LineContent {
        name: fields.text("product", MOST_SHORT_TEXT)?,
        description: fields.text("description", MOST_LONG_TEXT)?,
        extra: kept(vec![
            ("external_id", external_id),
            ("tags", fields.tags()?),
            ("tax_accounts", tax_accounts),
        ]),
    };
    Ok((input, content))
}

/// Taxes with their accounts, and how the client named those: a tax by name posts to the one account of sales taxes and keeps its
/// name as a text.
pub type Taxes = (Vec<(AccountChoice, Amount)>, Option<Value>);

/// Shares of tax, and how their accounts were named.
pub fn taxes(book: &BookView, fields: &Fields<'_>, member: &str) -> Result<Taxes, Fault> {
    let items = fields.objects(member)?;
    if items.len() > MOST_TAXES {
        return Err(fields.wrong(member, &format!("must be at most {MOST_TAXES}")));
    }
    let (mut shares, mut named) = (Vec::new(), Vec::new());
    for item in &items {
        let amount = item
            .cents("amount")?
            .ok_or_else(|| item.wrong("amount", "is required"))?;
        let (account, name) = tax_account(book, item)?;
        shares.push((account, amount));
        named.push(name.map_or(
            Value::Null,
            |name| serde_json::json!({"type": "Tax_Name", "name": name}),
        ));
    }
    let names = named.iter().any(|name| !name.is_null()).then_some(Value::Array(named));
    Ok((shares, names))
}

fn tax_account(book: &BookView, fields: &Fields<'_>) -> Result<(AccountChoice, Option<String>), Fault> {
    let top = AccountChoice::Role(AccountRole::SalesTax);
    let Some(value) = fields.value("tax_account") else {
        return Ok((top, None));
    };
    let place = fields.place("tax_account");
    let inner = Fields::of(value, &place)?;
    match inner.text("type", 32)?.as_deref() {
        Some("AccountId" | "StableName") => {
            return Ok((AccountChoice::Key(account(book, value, &place)?.key), None));
        }
        None | Some("Tax_Name") => {}
        Some(_) => return Err(inner.wrong("type", "must be Tax_Name, AccountId or StableName")),
    }
    match inner.text("name", MOST_SHORT_TEXT)? {
        Some(name) => Ok((top, Some(name))),
        None => Err(inner.wrong("name", "is required")),
    }
}

/// The account that an identifier names.
pub fn account<'a>(book: &'a BookView, value: &Value, place: &str) -> Result<&'a LedgerAccount, Fault> {
    let fields = Fields::of(value, place)?;
    let found = match fields.text("type", 32)?.as_deref() {
        Some("AccountId") => {
            let id = fields
                .text("id", 64)?
                .ok_or_else(|| fields.wrong("id", "is required"))?;
            if DocumentId::from_uuid(&id) == quittance_accounting::identity::UuidReading::Malformed {
                return Err(fields.wrong("id", "must be a UUID"));
            }
            account_of_uuid(book, &id).and_then(|key| book.account(key))
        }
        Some("StableName") => {
            let name = fields.text("stable_name", MOST_SHORT_TEXT)?;
            let name = name.ok_or_else(|| fields.wrong("stable_name", "is required"))?;
            book.accounts.iter().find(|account| account.stable_name == name)
        }
        Some(_) | None => return Err(fields.wrong("type", "must be AccountId or StableName")),
    };
    found.ok_or_else(|| errors::unknown_reference(place, DocumentKind::Account))
}

/// A customer to add.
pub fn customer(body: &Value) -> Result<CustomerInput, Fault> {
    let fields = Fields::of(body, "")?;
    let short = |member: &str| fields.text(member, MOST_SHORT_TEXT);
    let (individual, company) = (short("individual_name")?, short("company_name")?);
    let (mobile, office) = (short("mobile_phone")?, short("office_phone")?);
    let memo = match fields.text("memo", MOST_LONG_TEXT)? {
        Some(memo) => Some(memo),
        None => fields.text("notes", MOST_LONG_TEXT)?,
    };
    let extra = kept(vec![
        ("individual_name", individual.clone().map(Value::from)),
        ("mobile_phone", mobile.clone().map(Value::from)),
        ("office_phone", office.clone().map(Value::from)),
        ("memo", memo.map(Value::from)),
        ("tags", fields.tags()?),
    ]);
    Ok(CustomerInput {
        external_id: short("external_id")?,
        content: CustomerContent {
            name: individual.or_else(|| company.clone()).unwrap_or_default(),
            company,
            email: short("email")?,
            phone: office.or(mobile),
            address: fields.text("address_string", MOST_LONG_TEXT)?,
            extra,
        },
    })
}

/// A customer of whom only the client's id is known: an invoice named it.
pub fn bare_customer(external_id: &str) -> CustomerInput {
    CustomerInput {
        external_id: Some(external_id.to_owned()),
        content: CustomerContent {
            name: external_id.to_owned(),
            ..CustomerContent::default()
        },
    }
}
