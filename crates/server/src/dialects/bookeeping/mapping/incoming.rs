//! Bodies of requests into commands.
//!
//! Every fault is named by the place of the member it stands in. A member that is not known is kept with a line, because the
//! vendor's own names of lines are not fully known, and reported as a warning elsewhere. Deliberately absent: what only the books
//! can tell, such as whether a counterparty exists.

use quittance_accounting::account::{AccountKind, AccountRole};
use quittance_accounting::invoice::{LineItem, MOST_LINES};
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::rounding::Figures;
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::content::{CustomerContent, InvoiceContent, LineContent, PaymentContent};
use quittance_books::input::{CustomerInput, Due, InvoiceEdit, InvoiceInput, LineInput, PaymentInput};
use quittance_books::view::{BookView, InvoiceView};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::categories::Chart;
use super::rates::{RateInput, figures};
use super::{When, category, id, instant, money_account, zone};
use crate::dialects::bookeeping::errors::{Problem, of_body};
use crate::dialects::bookeeping::manners::{LONG_TEXT, MOST_WARNINGS, SHORT_TEXT};
use crate::dialects::bookeeping::rules::DIALECT;
use crate::dialects::bookeeping::wire::{COUNTERPARTY_TYPES, CREATE_TRANSACTION, INCREMENTAL};
use crate::http::{Request, numbers};

/// The body of a request: an object; nothing at all counts as an empty one.
pub fn body(request: &Request) -> Result<Map<String, Value>, Problem> {
    let value = request.json().map_err(|error| of_body(&error))?;
    let value = value.unwrap_or_else(|| Value::Object(Map::new()));
    if has_nul(&value) {
        return Err(Problem::bad("The body must not hold NUL characters"));
    }
    match value {
        Value::Object(members) => Ok(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Problem::bad("The body must be a JSON object"))
        }
    }
}

/// No text can be stored with a NUL in it everywhere, so none is taken.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// An object and where it stands.
pub(super) struct Fields<'a> {
    place: String,
    members: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(members: &'a Map<String, Value>) -> Fields<'a> {
        Fields {
            place: String::new(),
            members,
        }
    }

    pub(super) fn name(&self, member: &str) -> String {
        format!("{}{member}", self.place)
    }

    pub(super) fn fault(&self, member: &str, must: &str) -> Problem {
        Problem::bad(format!("{} {must}", self.name(member)))
    }

    /// A member that is there and not null.
    pub(super) fn given(&self, member: &str) -> Option<&'a Value> {
        self.members.get(member).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, member: &str, most: usize) -> Result<Option<String>, Problem> {
        match self.given(member) {
            None => Ok(None),
            Some(Value::String(text)) if text.chars().count() <= most => Ok(Some(text.clone())),
            Some(Value::String(_)) => Err(self.fault(member, &format!("must have at most {most} characters"))),
            Some(_) => Err(self.fault(member, "must be a string")),
        }
    }

    pub(super) fn needed_text(&self, member: &str, most: usize) -> Result<String, Problem> {
        let text = self.text(member, most)?.filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| self.fault(member, "is required"))
    }

    pub(super) fn number(&self, member: &str) -> Result<Decimal, Problem> {
        let value = self.given(member).ok_or_else(|| self.fault(member, "is required"))?;
        numbers::read_decimal(value)
            .map_err(|error| self.fault(member, &format!("is no number to count with: {error}")))
    }

    pub(super) fn object(&self, member: &str) -> Result<Option<Fields<'a>>, Problem> {
        match self.given(member) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Fields {
                place: format!("{}.", self.name(member)),
                members,
            })),
            Some(_) => Err(self.fault(member, "must be an object")),
        }
    }

    /// The objects of a list, of which there must be some.
    pub(super) fn objects(&self, member: &str, most: usize) -> Result<Vec<Fields<'a>>, Problem> {
        let items = match self.given(member) {
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.fault(member, "must be an array")),
            None => return Err(self.fault(member, "is required")),
        };
        if items.is_empty() {
            return Err(self.fault(member, "must not be empty"));
        }
        if items.len() > most {
            return Err(self.fault(member, &format!("must have at most {most} items")));
        }
        let read = |(at, item): (usize, &'a Value)| match item {
            Value::Object(members) => Ok(Fields {
                place: format!("{}[{at}].", self.name(member)),
                members,
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(Problem::bad(format!("{}[{at}] must be an object", self.name(member))))
            }
        };
        items.iter().enumerate().map(read).collect()
    }

    /// The currency, if it is named, is the book's: checked here already, so that amounts are read with the right number of places.
    pub(super) fn own_currency(&self, book: &BookView) -> Result<(), Problem> {
        let Some(text) = self.text("currency", SHORT_TEXT)? else {
            return Ok(());
        };
        let currency = Currency::parse(&text).ok_or_else(|| self.fault("currency", "must be an ISO 4217 code"))?;
        let own = book.settings.currency;
        if currency == own {
            return Ok(());
        }
        let must = format!("must be {own}, the currency of the project, and not {currency}");
        Err(self.fault("currency", &must))
    }

    fn needed_object(&self, member: &str) -> Result<Fields<'a>, Problem> {
        self.object(member)?.ok_or_else(|| self.fault(member, "is required"))
    }

    /// Names of members that are not among those known.
    pub(super) fn unknown(&self, known: &[&str]) -> impl Iterator<Item = (&'a String, &'a Value)> {
        let known: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
        self.members.iter().filter(move |(name, _)| !known.contains(name))
    }

    pub(super) fn warnings(&self, known: &[&str]) -> Vec<String> {
        let warning = |(name, _): (&String, &Value)| {
            let name: String = name.chars().take(SHORT_TEXT).collect();
            format!("{} is not known and was ignored", self.name(&name))
        };
        self.unknown(known).take(MOST_WARNINGS).map(warning).collect()
    }
}

/// A line, what it comes to before the invoice's own discount, and its texts.
struct Line {
    input: LineInput,
    net: Amount,
    /// Its tax where that is a percentage, exactly: it is rounded with those of the other lines.
    percentage: Option<Decimal>,
    content: LineContent,
}

const LINE_MEMBERS: [&str; 7] = [
    "name",
    "description",
    "quantity",
    "unitPrice",
    "discount",
    "tax",
    "category",
];

fn line(fields: &Fields<'_>, gross: Option<Amount>, book: &BookView) -> Result<Line, Problem> {
    let figures = figures(book);
    let name = fields.needed_text("name", SHORT_TEXT)?;
    let description = fields.text("description", LONG_TEXT)?;
    let (quantity, unit_price) = (fields.number("quantity")?, fields.number("unitPrice")?);
    if quantity.is_sign_negative() && !quantity.is_zero() {
        return Err(fields.fault("quantity", "must not be negative"));
    }
    let too_large = || fields.fault("unitPrice", "makes the line too large");
    let gross = gross.ok_or_else(too_large)?;
    let (discount, tax) = (RateInput::read(fields, "discount")?, RateInput::read(fields, "tax")?);
    let off = match &discount {
        Some(rate) => rate.of(gross, figures).ok_or_else(too_large)?,
        None => Amount::ZERO,
    };
    // A line below zero is a credit: a percentage of it is below zero too, and a fixed sum off it makes no sense.
    if off < gross.min(Amount::ZERO) || off > gross.max(Amount::ZERO) {
        return Err(fields.fault("discount", "must not be more than the line"));
    }
    let net = gross.minus(off).ok_or_else(too_large)?;
    let (taxes, percentage) = match &tax {
        Some(rate) if rate.percentage => {
            let exact = figures.percentage(net, rate.value).ok_or_else(too_large)?;
            (Amount::ZERO, Some(exact))
        }
        Some(rate) => (figures.amount(rate.value).ok_or_else(too_large)?, None),
        None => (Amount::ZERO, None),
    };
    let account = earning_account(fields, book)?;
    let input = LineInput {
        account,
        product: None,
        quantity,
        unit_price,
        subtotal: None,
        discount: off,
        taxes: sales_tax(taxes),
    };
    let mut kept = Map::new();
    kept.extend(discount.map(|rate| ("discount".to_owned(), rate.shown())));
    kept.extend(tax.map(|rate| ("tax".to_owned(), rate.shown())));
    let unknown: Map<String, Value> = fields
        .unknown(&LINE_MEMBERS)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if !unknown.is_empty() {
        kept.insert("unknown".to_owned(), Value::Object(unknown));
    }
    let content = LineContent {
        name: Some(name),
        description,
        extra: extra(kept),
    };
    Ok(Line {
        input,
        net,
        percentage,
        content,
    })
}

fn sales_tax(amount: Amount) -> Vec<(AccountChoice, Amount)> {
    let some = (!amount.is_zero()).then_some((AccountChoice::Role(AccountRole::SalesTax), amount));
    some.into_iter().collect()
}

/// The account that a line's category names: one that can take what a line earns, now or later.
fn earning_account(fields: &Fields<'_>, book: &BookView) -> Result<AccountChoice, Problem> {
    let Some(text) = fields.text("category", SHORT_TEXT)? else {
        return Ok(AccountChoice::Role(AccountRole::Sales));
    };
    let id = id(&text, &fields.name("category"))?;
    let account = category(book, id).ok_or_else(|| fields.fault("category", "is not a category of this project"))?;
    let earns = match account.kind {
        AccountKind::Revenue | AccountKind::ContraRevenue => account.role != AccountRole::ExchangeDifferences,
        AccountKind::Liability => account.role == AccountRole::Ordinary,
        AccountKind::Asset | AccountKind::Equity | AccountKind::Expense => false,
    };
    if earns {
        Ok(AccountChoice::Key(account.key))
    } else {
        Err(fields.fault(
            "category",
            "cannot take what a line earns: name a category of income or sales",
        ))
    }
}

/// The members that this dialect keeps among the texts of a document.
pub(super) fn extra(kept: Map<String, Value>) -> std::collections::BTreeMap<String, Value> {
    let kept = (!kept.is_empty()).then(|| (DIALECT.to_owned(), Value::Object(kept)));
    kept.into_iter().collect()
}

const INVOICE_MEMBERS: [&str; 10] = [
    "discount",
    "invoiceDate",
    "dueDate",
    "lineItems",
    "note",
    "counterParty",
    "invoiceId",
    "currency",
    "purchaseOrderId",
    "payViaStripeAccountConnectionId",
];

/// A new invoice, and what to warn of.
pub fn invoice(members: &Map<String, Value>, book: &BookView) -> Result<(InvoiceInput, Vec<String>), Problem> {
    let fields = Fields::of(members);
    fields.needed_text("currency", SHORT_TEXT)?;
    fields.own_currency(book)?;
    let currency = book.settings.currency;
    let zone = zone(book);
    let invoice_date = When::read(&fields.needed_text("invoiceDate", SHORT_TEXT)?, "invoiceDate", &zone)?;
    let due = When::read(&fields.needed_text("dueDate", SHORT_TEXT)?, "dueDate", &zone)?;
    if due.is_before(&invoice_date) {
        return Err(Problem::bad("dueDate must not be before invoiceDate"));
    }
    let customer = id(&fields.needed_text("counterParty", SHORT_TEXT)?, "counterParty")?;
    let lines = lines(&fields, book)?;
    let rate = RateInput::read(&fields, "discount")?;
    let nets: Vec<Amount> = lines.iter().map(|line| line.net).collect();
    let discount = document_discount(rate.as_ref(), &nets, figures(book))?;
    let note = fields.text("note", LONG_TEXT)?;
    let mut kept = Map::new();
    kept.extend(rate.map(|rate| ("discount".to_owned(), rate.shown())));
    kept.extend(
        invoice_date
            .at
            .map(|at| ("invoiceDate".to_owned(), Value::from(instant(at)))),
    );
    for member in ["purchaseOrderId", "payViaStripeAccountConnectionId"] {
        let text = fields.text(member, SHORT_TEXT)?;
        kept.extend(text.map(|text| (member.to_owned(), Value::from(text))));
    }
    let (inputs, texts) = lines.into_iter().map(|line| (line.input, line.content)).unzip();
    let input = InvoiceInput {
        rate: None,
        customer: Some(Named::Id(customer)),
        currency,
        number: number(&fields)?,
        external_id: None,
        invoice_date: Some(invoice_date.day),
        due: Some(due.at.map_or(Due::On(due.day), Due::At)),
        sent_at: None,
        issue: false,
        lines: inputs,
        discount,
        taxes: vec![],
        tip: Amount::ZERO,
        content: InvoiceContent {
            hold_reason: None,
            title: None,
            memo: note.filter(|note| !note.is_empty()),
            lines: texts,
            extra: extra(kept),
        },
    };
    Ok((input, fields.warnings(&INVOICE_MEMBERS)))
}

fn number(fields: &Fields<'_>) -> Result<NumberChoice, Problem> {
    let Some(text) = fields.text("invoiceId", SHORT_TEXT)? else {
        return Ok(NumberChoice::Counted);
    };
    match text.trim() {
        "" => Err(fields.fault("invoiceId", "must not be empty")),
        INCREMENTAL => Ok(NumberChoice::Counted),
        text => Ok(NumberChoice::Explicit(text.to_owned())),
    }
}

fn lines(fields: &Fields<'_>, book: &BookView) -> Result<Vec<Line>, Problem> {
    let items = fields.objects("lineItems", MOST_LINES)?;
    let figures = figures(book);
    // What cannot be read counts for nothing here, and is refused where its line is read.
    let exact = |item: &Fields<'_>| {
        let (quantity, price) = (item.number("quantity").ok()?, item.number("unitPrice").ok()?);
        quantity.checked_mul(price)
    };
    let exact: Vec<Decimal> = items.iter().map(|item| exact(item).unwrap_or_default()).collect();
    let grosses = figures.amounts(&exact);
    let gross = |at: usize| grosses.as_ref().and_then(|grosses| grosses.get(at)).copied();
    let lines = items.iter().enumerate().map(|(at, item)| line(item, gross(at), book));
    let mut lines = lines.collect::<Result<Vec<Line>, Problem>>()?;
    let exact: Vec<Decimal> = lines.iter().filter_map(|line| line.percentage).collect();
    let too_large = || Problem::bad("The total of the invoice is too large");
    let taxes = figures.amounts(&exact).ok_or_else(too_large)?;
    let taxed = lines.iter_mut().filter(|line| line.percentage.is_some());
    for (line, tax) in taxed.zip(taxes) {
        line.input.taxes = sales_tax(tax);
    }
    Ok(lines)
}

/// The discount on the invoice, of what its lines come to.
fn document_discount(rate: Option<&RateInput>, nets: &[Amount], figures: Figures) -> Result<Amount, Problem> {
    let Some(rate) = rate else {
        return Ok(Amount::ZERO);
    };
    let too_large = || Problem::bad("The total of the invoice is too large");
    let sub_total = Amount::sum(nets.iter().copied()).ok_or_else(too_large)?;
    let discount = rate.of(sub_total, figures).ok_or_else(too_large)?;
    if discount > sub_total.max(Amount::ZERO) {
        return Err(Problem::bad("discount must not be more than the sum of the lines"));
    }
    Ok(discount)
}

/// The invoice as it is once the members that are there are laid over it, and what to warn of. Null unsets what can be unset.
pub fn change(members: &Map<String, Value>, view: &InvoiceView) -> Result<(InvoiceEdit, Vec<String>), Problem> {
    let fields = Fields::of(members);
    let book = &view.book;
    fields.own_currency(book)?;
    if view.invoice.currency != book.settings.currency {
        let (own, found) = (book.settings.currency, view.invoice.currency);
        let problem =
            format!("must be {own}, the currency of the project; the invoice is in {found} and is changed elsewhere");
        return Err(fields.fault("currency", &problem));
    }
    let mut edit = InvoiceEdit::of(view);
    let mut own = match view.content.extra.get(DIALECT) {
        Some(Value::Object(own)) => own.clone(),
        Some(_) | None => Map::new(),
    };
    change_dates(&fields, view, &mut edit, &mut own)?;
    if let Some(text) = fields.text("counterParty", SHORT_TEXT)? {
        edit.customer = Some(Named::Id(id(&text, "counterParty")?));
    }
    if fields.given("invoiceId").is_some() {
        edit.number = Some(number(&fields)?);
    }
    change_sums(&fields, view, &mut edit, &mut own)?;
    if members.contains_key("note") {
        edit.content.memo = fields.text("note", LONG_TEXT)?.filter(|note| !note.is_empty());
    }
    for member in ["purchaseOrderId", "payViaStripeAccountConnectionId"] {
        if members.contains_key(member) {
            own.remove(member);
            let text = fields.text(member, SHORT_TEXT)?;
            own.extend(text.map(|text| (member.to_owned(), Value::from(text))));
        }
    }
    edit.content.extra.remove(DIALECT);
    edit.content.extra.extend(extra(own));
    Ok((edit, fields.warnings(&INVOICE_MEMBERS)))
}

fn change_dates(
    fields: &Fields<'_>,
    view: &InvoiceView,
    edit: &mut InvoiceEdit,
    own: &mut Map<String, Value>,
) -> Result<(), Problem> {
    let zone = zone(&view.book);
    let read = |member: &str| {
        let text = fields.text(member, SHORT_TEXT)?;
        text.map(|text| When::read(&text, member, &zone)).transpose()
    };
    let (new_date, new_due) = (read("invoiceDate")?, read("dueDate")?);
    if let Some(date) = new_date {
        edit.invoice_date = date.day;
        own.remove("invoiceDate");
        own.extend(date.at.map(|at| ("invoiceDate".to_owned(), Value::from(instant(at)))));
    }
    if let Some(due) = new_due {
        edit.due = Some(due.at.map_or(Due::On(due.day), Due::At));
    }
    if new_date.is_none() && new_due.is_none() {
        return Ok(());
    }
    let kept_date = own
        .get("invoiceDate")
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok());
    let date = new_date.unwrap_or(When {
        at: kept_date,
        day: view.invoice.invoice_date,
    });
    let known_due = view.invoice.due_at.map(|at| When {
        at: Some(at),
        day: zone.to_datetime(at).date(),
    });
    match new_due.or(known_due) {
        Some(due) if due.is_before(&date) => Err(Problem::bad("dueDate must not be before invoiceDate")),
        Some(_) | None => Ok(()),
    }
}

/// Lines and the discount on them all: a discount that is a percentage follows the lines.
fn change_sums(
    fields: &Fields<'_>,
    view: &InvoiceView,
    edit: &mut InvoiceEdit,
    own: &mut Map<String, Value>,
) -> Result<(), Problem> {
    let names_lines = fields.given("lineItems").is_some();
    let names_discount = fields.members.contains_key("discount");
    if !names_lines && !names_discount {
        return Ok(());
    }
    let nets: Vec<Amount> = if names_lines {
        let lines = lines(fields, &view.book)?;
        let nets = lines.iter().map(|line| line.net).collect();
        (edit.lines, edit.content.lines) = lines.into_iter().map(|line| (line.input, line.content)).unzip();
        nets
    } else {
        view.lines.iter().map(LineItem::net).collect()
    };
    let rate = if names_discount {
        let rate = RateInput::read(fields, "discount")?;
        own.remove("discount");
        own.extend(rate.as_ref().map(|rate| ("discount".to_owned(), rate.shown())));
        rate
    } else {
        match RateInput::read(&Fields::of(own), "discount")? {
            Some(rate) => Some(rate),
            // Another dialect's discount is a sum of money, and stays it.
            None => Some(RateInput {
                percentage: false,
                value: view.invoice.document_discount.in_major_units(view.invoice.currency),
            }),
        }
    };
    edit.discount = document_discount(rate.as_ref(), &nets, figures(&view.book))?;
    Ok(())
}

const COUNTERPARTY_MEMBERS: [&str; 8] = [
    "accountName",
    "accountNumber",
    "type",
    "email",
    "otherEmails",
    "phone",
    "address",
    "taxId",
];

/// A new counterparty, and what to warn of.
pub fn counterparty(members: &Map<String, Value>) -> Result<(CustomerInput, Vec<String>), Problem> {
    let fields = Fields::of(members);
    let name = fields.needed_text("accountName", SHORT_TEXT)?;
    let mut kept = Map::new();
    let number = fields.needed_text("accountNumber", SHORT_TEXT)?;
    kept.insert("accountNumber".to_owned(), Value::from(number));
    let kind = fields.needed_text("type", SHORT_TEXT)?;
    if !COUNTERPARTY_TYPES.contains(&kind.as_str()) {
        return Err(fields.fault("type", "must be customer, vendor or both"));
    }
    kept.insert("type".to_owned(), Value::from(kind));
    let email = fields.text("email", SHORT_TEXT)?;
    let phone = fields.text("phone", SHORT_TEXT)?;
    let tax_id = fields.text("taxId", SHORT_TEXT)?;
    kept.extend(tax_id.map(|text| ("taxId".to_owned(), Value::from(text))));
    if let Some(others) = other_emails(&fields)? {
        kept.insert("otherEmails".to_owned(), others);
    }
    let mut address = None;
    if let Some(parts) = fields.object("address")? {
        address = address_text(&parts)?;
        kept.insert("address".to_owned(), Value::Object(parts.members.clone()));
    }
    let content = CustomerContent {
        name,
        company: None,
        email,
        phone,
        address,
        extra: extra(kept),
    };
    let input = CustomerInput {
        external_id: None,
        content,
    };
    Ok((input, fields.warnings(&COUNTERPARTY_MEMBERS)))
}

fn other_emails(fields: &Fields<'_>) -> Result<Option<Value>, Problem> {
    let fault = || fields.fault("otherEmails", "must be an array of at most 100 strings");
    match fields.given("otherEmails") {
        None => Ok(None),
        Some(Value::Array(items)) if items.len() <= 100 && items.iter().all(Value::is_string) => {
            Ok(Some(Value::Array(items.clone())))
        }
        Some(_) => Err(fault()),
    }
}

/// The parts of an address in one text, for the other dialects. What is no text is the client's own business.
fn address_text(parts: &Fields<'_>) -> Result<Option<String>, Problem> {
    let mut texts = Vec::new();
    for (name, _) in parts.members.iter().filter(|(_, value)| value.is_string()) {
        texts.extend(parts.text(name, SHORT_TEXT)?.filter(|text| !text.is_empty()));
    }
    Ok((!texts.is_empty()).then(|| texts.join(", ")))
}

/// A payment of all that is open on an invoice, and what to warn of. The receivable is credited whatever category is named: it is
/// kept with the payment.
pub fn payment(
    members: &Map<String, Value>,
    chart: &Chart,
    invoice: Named,
    marked_by: &str,
) -> Result<(PaymentInput, Vec<String>), Problem> {
    let fields = Fields::of(members);
    let strategy = fields.needed_object("strategyData")?;
    if strategy.needed_text("strategy", SHORT_TEXT)? != CREATE_TRANSACTION {
        return Err(strategy.fault("strategy", &format!("must be {CREATE_TRANSACTION}")));
    }
    let data = strategy.needed_object("data")?;
    let named = data.needed_text("category", SHORT_TEXT)?;
    let named = category(chart, id(&named, &data.name("category"))?)
        .ok_or_else(|| data.fault("category", "is not a category of this project"))?;
    let account = data.needed_text("account", SHORT_TEXT)?;
    let account = money_account(chart, id(&account, &data.name("account"))?)
        .ok_or_else(|| data.fault("account", "is not an account of this project"))?;
    let customer = match data.text("counterParty", SHORT_TEXT)? {
        Some(text) => Some(Named::Id(id(&text, &data.name("counterParty"))?)),
        None => None,
    };
    let category = super::category_id(chart.key, named.key);
    let mut kept = Map::new();
    let reference = data.text("transactionRefNo", SHORT_TEXT)?;
    kept.extend(reference.map(|text| ("transactionRefNo".to_owned(), Value::from(text))));
    kept.insert("category".to_owned(), Value::from(category));
    kept.insert("markedBy".to_owned(), Value::from(marked_by));
    let mut warnings = vec![format!(
        "The payment settles the receivable; the category {} is shown on the transaction and takes no posting",
        named.name
    )];
    let known = [
        "category",
        "account",
        "counterParty",
        "transactionRefNo",
        "transactionNote",
    ];
    warnings.extend(data.warnings(&known));
    let input = PaymentInput {
        currency: None,
        rate: None,
        customer,
        paid_on: None,
        paid_at: None,
        amount: None,
        method: Method::Other,
        witness: Witness::Hand,
        clearing: AccountChoice::Key(account.key),
        parts: vec![(invoice, Part::WhatIsOpen)],
        external_id: None,
        content: PaymentContent {
            memo: data.text("transactionNote", LONG_TEXT)?,
            extra: extra(kept),
        },
    };
    Ok((input, warnings))
}

/// Why an invoice is cancelled. Both spellings of the member are taken: the vendor's own is not known.
pub fn cancellation(members: &Map<String, Value>) -> Result<Option<String>, Problem> {
    let fields = Fields::of(members);
    let reason = match fields.text("cancellationReason", LONG_TEXT)? {
        Some(reason) => Some(reason),
        None => fields.text("reason", LONG_TEXT)?,
    };
    Ok(reason.filter(|reason| !reason.is_empty()))
}
