//! From the vendor's shape to the core's: refunds, simple and itemized, recorded and replaced.
//!
//! The books give money back for one thing at a time. A refund of several is recorded as one for each, in one commit; the first has the
//! refund's id and texts and names the others. One whose payments are listed, be it none, is owed, and each payment is recorded by
//! itself (`refunds/paying.rs`).

use jiff::tz::TimeZone;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{DocumentId, DocumentKind, UuidReading};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::settlement::MOST_ALLOCATIONS;
use quittance_accounting::snapshot::Named;
use quittance_books::content::RefundContent;
use quittance_books::input::{RefundInput, RefundOf};
use quittance_books::view::{BookView, CustomerView, InvoiceView, RefundView};
use serde_json::{Map, Value};

use super::super::errors::{self, Fault};
use super::super::manners::{MOST_LONG_TEXT, MOST_SHORT_TEXT, NAME};
use super::super::wire;
use super::fields::{Fields, When, kept};
use super::input::account;
use super::output;
use super::settling::{invoice_named, method};

mod paying;

pub use paying::{AskedPayment, grouped, is_of_a_payment, payment, payment_inputs, said, shares};

/// What a refund names as its target: exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An invoice as a whole.
    Invoice(Named),
    /// A line of an invoice, by its UUID.
    Line(DocumentId, i64),
    /// What a payment settled.
    Payment(Named),
    /// Nothing that is documented here: a customer alone.
    Customer(Named),
}

/// What money is given back on.
#[derive(Clone, Debug)]
pub enum Of {
    /// An invoice, or something of it.
    Invoice(Box<InvoiceView>),
    /// A customer alone.
    Customer(Box<CustomerView>),
}

/// One of the things that a refund is of.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is.
    pub of: Of,
    /// How much, and with what texts.
    pub refund: RefundView,
    /// What was paid of it, when it was owed.
    pub payouts: Vec<RefundView>,
}

/// A refund as the body has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// How much in all.
    pub amount: Option<Amount>,
    /// When.
    pub at: Option<When>,
    /// What for, and how much for each; none where the body or the path says it elsewhere.
    pub targets: Vec<(Target, Option<Amount>)>,
    /// The account it is paid from.
    pub clearing: Option<AccountChoice>,
    /// Its payments, where they are listed; else it is paid in full when it is recorded.
    pub payments: Option<Vec<AskedPayment>>,
    /// Its texts.
    pub content: RefundContent,
}

/// What a refund of listed things is when its payments are not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// Owed: a new one names all its payments.
    Owed,
    /// Paid, as it was.
    Paid,
}

fn names_a_target(fields: &Fields<'_>) -> bool {
    let members = [
        "invoice_id",
        "invoice_external_id",
        "invoice_line_item_id",
        "invoice_line_item_external_id",
        "invoice_payment_id",
        "invoice_payment_external_id",
        "customer_id",
        "customer_external_id",
    ];
    members.iter().any(|member| fields.value(member).is_some())
}

fn target(fields: &Fields<'_>) -> Result<Target, Fault> {
    let instead = "name the line by its id in invoice_line_item_id";
    fields.unserved("invoice_line_item_external_id", instead)?;
    let place = fields.place("invoice_line_item_id");
    let line = fields.value("invoice_line_item_id");
    let payment = fields.id("invoice_payment_id", DocumentKind::Payment)?.map(Named::Id);
    let external = fields.text("invoice_payment_external_id", MOST_SHORT_TEXT)?;
    let payment = payment.or(external.map(Named::External));
    let whole = fields.value("invoice_id").is_some() || fields.value("invoice_external_id").is_some();
    if let Some(customer) = customer(fields)? {
        return match (line, payment, whole) {
            (None, None, false) => Ok(Target::Customer(customer)),
            (Some(_), _, _) | (_, Some(_), _) | (_, _, true) => {
                Err(errors::payload("The refund", "must name one target"))
            }
        };
    }
    match (line, payment, whole) {
        (None, None, _) => invoice_named(fields).map(Target::Invoice),
        (Some(line), None, false) => match DocumentId::from_uuid(line.as_str().unwrap_or_default()) {
            UuidReading::Part(id, place) => Ok(Target::Line(id, i64::from(place))),
            UuidReading::Malformed => Err(fields.wrong("invoice_line_item_id", "must be a UUID")),
            UuidReading::Foreign | UuidReading::Document(_) => {
                Err(errors::unknown_reference(&place, DocumentKind::Line))
            }
        },
        (None, Some(payment), false) => Ok(Target::Payment(payment)),
        (Some(_), _, _) | (None, Some(_), true) => Err(errors::payload("The refund", "must name one target")),
    }
}

/// The customer that an object names, by one of its two ids.
fn customer(fields: &Fields<'_>) -> Result<Option<Named>, Fault> {
    let id = fields.id("customer_id", DocumentKind::Customer)?;
    let external = fields.text("customer_external_id", MOST_SHORT_TEXT)?;
    match (id, external) {
        (Some(_), Some(_)) => Err(fields.wrong("customer_external_id", "must not come with customer_id")),
        (id, external) => Ok(id.map(Named::Id).or(external.map(Named::External))),
    }
}

/// Refuses an account that refunds are not charged to here.
fn charged_as_here(book: &BookView, fields: &Fields<'_>) -> Result<(), Fault> {
    let Some(value) = fields.value("account_identifier") else {
        return Ok(());
    };
    let place = fields.place("account_identifier");
    if account(book, value, &place)?.role == AccountRole::Refunds {
        return Ok(());
    }
    let instead = "refunds are charged to the account CUSTOMER_REFUNDS";
    Err(errors::not_served(&place, instead))
}

/// The sum of the amounts of a list; `None` where there is no such list.
fn sum_of(book: &BookView, fields: &Fields<'_>, list: &str, members: &[&str]) -> Result<Option<Amount>, Fault> {
    if fields.value(list).is_none() {
        return Ok(None);
    }
    let mut sum = Amount::ZERO;
    for item in fields.objects(list)? {
        charged_as_here(book, &item)?;
        item.unserved("prepayment_account_identifier", "this server keeps no prepayments")?;
        let amount = one_of(&item, members)?;
        let amount = amount.ok_or_else(|| item.wrong(members[0], "is required"))?;
        sum = sum.plus(amount).ok_or_else(|| item.wrong(members[0], "is too large"))?;
    }
    Ok(Some(sum))
}

/// The first of several members that is there, whole cents above zero.
fn one_of(fields: &Fields<'_>, members: &[&str]) -> Result<Option<Amount>, Fault> {
    for member in members {
        if let Some(amount) = fields.cents(member)? {
            return match amount.is_positive() {
                true => Ok(Some(amount)),
                false => Err(fields.wrong(member, "must be above zero")),
            };
        }
    }
    Ok(None)
}

fn targets(book: &BookView, fields: &Fields<'_>) -> Result<Vec<(Target, Option<Amount>)>, Fault> {
    let items = fields.objects("allocations")?;
    if items.is_empty() {
        return match names_a_target(fields) {
            true => Ok(vec![(target(fields)?, None)]),
            false => Ok(Vec::new()),
        };
    }
    if names_a_target(fields) {
        return Err(errors::payload(
            "The refund",
            "must name its targets in allocations alone",
        ));
    }
    if items.len() > MOST_ALLOCATIONS {
        return Err(fields.wrong("allocations", &format!("must be at most {MOST_ALLOCATIONS}")));
    }
    let mut targets: Vec<(Target, Option<Amount>)> = Vec::new();
    for item in &items {
        charged_as_here(book, item)?;
        let said = one_of(item, &["total_amount", "amount"])?;
        let lines = sum_of(book, item, "line_items", &["amount"])?;
        let amount = said.or(lines).filter(|amount| amount.is_positive());
        let amount = amount.ok_or_else(|| item.wrong("total_amount", "is required"))?;
        if lines.is_some_and(|lines| lines != amount) {
            return Err(item.wrong("line_items", "must add up to total_amount"));
        }
        let target = target(item)?;
        if targets.iter().any(|(earlier, _)| *earlier == target) {
            return Err(fields.wrong("allocations", "must name each target once"));
        }
        targets.push((target, Some(amount)));
    }
    Ok(targets)
}

/// The sum over several, where each is known.
fn total(targets: &[(Target, Option<Amount>)]) -> Option<Amount> {
    let amounts: Option<Vec<Amount>> = targets.iter().map(|(_, amount)| *amount).collect();
    Amount::sum(amounts.filter(|amounts| !amounts.is_empty())?)
}

/// How money is paid: what only this dialect keeps of it.
fn texts(fields: &Fields<'_>) -> Result<RefundContent, Fault> {
    let method = method(fields)?.map(|method| Value::from(wire::method_word(method)));
    let fee = fields.cents_or_none("refund_processing_fee")?;
    let text = |member: &str| Ok::<_, Fault>(fields.text(member, MOST_SHORT_TEXT)?.map(Value::from));
    let extra = kept(vec![
        ("method", method),
        ("processor", text("processor")?),
        ("fee", (!fee.is_zero()).then(|| Value::from(fee.minor()))),
        ("reference_number", text("reference_number")?),
        ("metadata", fields.metadata()?),
        ("tags", fields.tags()?),
    ]);
    Ok(RefundContent {
        memo: fields.text("memo", MOST_LONG_TEXT)?,
        extra,
    })
}

/// The account that money is paid from, if one is named.
fn paid_from(book: &BookView, fields: &Fields<'_>) -> Result<Option<AccountChoice>, Fault> {
    let Some(value) = fields.value("payment_clearing_account_identifier") else {
        return Ok(None);
    };
    let place = fields.place("payment_clearing_account_identifier");
    Ok(Some(AccountChoice::Key(account(book, value, &place)?.key)))
}

/// Reads a refund.
pub fn asked(book: &BookView, body: &Value, unlisted: Unlisted) -> Result<Asked, Fault> {
    let fields = Fields::of(body, "")?;
    charged_as_here(book, &fields)?;
    fields.unserved("refunded_payment_fees", "this server posts no fees")?;
    let targets = targets(book, &fields)?;
    // A sum of its own, or that of its lines: the dedicated form has either.
    let lines = sum_of(book, &fields, "line_items", &["amount"])?.filter(|amount| amount.is_positive());
    let amount = fields.cents("refunded_amount")?.or(lines);
    let parts = total(&targets);
    if let (Some(amount), Some(parts)) = (amount, parts)
        && amount != parts
    {
        return Err(fields.wrong("allocations", "must add up to refunded_amount"));
    }
    let amount = amount.or(parts);
    if amount.is_none() && targets.iter().any(|(target, _)| matches!(target, Target::Customer(_))) {
        return Err(fields.wrong("refunded_amount", "is required of a refund to a customer"));
    }
    let itemized = fields.value("allocations").is_some();
    let payments = match fields.value("payments") {
        None if itemized && unlisted == Unlisted::Owed => Some(Vec::new()),
        None => None,
        Some(_) => Some(paying::list(book, &fields, amount)?),
    };
    Ok(Asked {
        external_id: fields.text("external_id", MOST_SHORT_TEXT)?,
        amount,
        at: fields.when("completed_at")?,
        targets,
        clearing: paid_from(book, &fields)?,
        payments,
        content: texts(&fields)?,
    })
}

/// What a patch says, over what is there: the members that it names, null to empty one.
pub fn patched(book: &BookView, body: &Value, known: &[Part]) -> Result<Value, Fault> {
    let named = body
        .as_object()
        .ok_or_else(|| errors::payload("The body", "must be a JSON object"))?;
    let first = known.first().ok_or_else(|| errors::missing(DocumentKind::Refund))?;
    let mut said = said(book, &first.refund);
    let moves = ["allocations", "line_items"];
    if !moves.iter().any(|member| named.contains_key(*member)) {
        said.insert("refunded_amount".to_owned(), Value::from(total_of(known).minor()));
    }
    if is_owed(known) {
        said.insert("payments".to_owned(), paying::all_said(book, known));
    }
    said.extend(named.clone());
    // Null empties the list of those that was owed.
    if is_owed(known) && said.get("payments").is_some_and(Value::is_null) {
        said.insert("payments".to_owned(), Value::Array(Vec::new()));
    }
    Ok(Value::Object(said))
}

/// How much a refund is of in all.
pub fn total_of(parts: &[Part]) -> Amount {
    Amount::sum(parts.iter().map(|part| part.refund.refund.amount)).unwrap_or(Amount::ZERO)
}

/// Whether it was not paid when it was recorded.
pub fn is_owed(parts: &[Part]) -> bool {
    parts.iter().any(|part| part.refund.refund.owed.is_some())
}

/// The members of what only this dialect knows of a refund.
fn own(content: &mut RefundContent) -> &mut Value {
    let own = content.extra.entry(NAME.to_owned());
    own.or_insert_with(|| Value::Object(Map::new()))
}

/// The refunds of the books that a refund of several things is: the first names the others, each of which names the first.
pub fn inputs(
    asked: &Asked,
    (currency, zone): (Currency, &TimeZone),
    owed_on: Option<&AccountChoice>,
    dedicated: bool,
    parts: &[(DocumentId, RefundOf, Option<Amount>)],
) -> Result<Vec<(DocumentId, RefundInput)>, Fault> {
    let at = asked.at.ok_or_else(|| errors::payload("completed_at", "is required"))?;
    let first = parts.first().map(|(id, _, _)| *id);
    let others: Vec<Value> = parts.iter().skip(1).map(|(id, _, _)| Value::from(id.uuid())).collect();
    let mut inputs = Vec::with_capacity(parts.len());
    for (place, (id, of, amount)) in parts.iter().enumerate() {
        let mut content = match place {
            0 => asked.content.clone(),
            _ => RefundContent::default(),
        };
        if place > 0 {
            own(&mut content)["part_of"] = Value::from(first.map(DocumentId::uuid));
        } else if !others.is_empty() {
            own(&mut content)["parts"] = Value::Array(others.clone());
        }
        if place == 0 && dedicated {
            own(&mut content)["dedicated"] = Value::from(true);
        }
        let input = RefundInput {
            currency: Some(currency),
            rate: None,
            of: of.clone(),
            amount: *amount,
            on: Some(at.day(zone)),
            at: Some(at.instant(zone)),
            clearing: asked.clearing.clone(),
            owed_on: owed_on.cloned(),
            external_id: asked.external_id.clone().filter(|_| place == 0),
            content,
        };
        inputs.push((*id, input));
    }
    Ok(inputs)
}

/// The ids of the other refunds of the books that a refund is.
pub fn parts_of(view: &RefundView) -> Vec<DocumentId> {
    let ids = output::kept(&view.content.extra, "parts").and_then(Value::as_array);
    let ids = ids.into_iter().flatten().filter_map(Value::as_str);
    ids.filter_map(document).collect()
}

/// The id of the refund that a refund of the books is only a part of.
pub fn whole_of(view: &RefundView) -> Option<DocumentId> {
    document(output::kept(&view.content.extra, "part_of")?.as_str()?)
}

/// Whether it was made on one invoice, whose it stays.
pub fn is_dedicated(view: &RefundView) -> bool {
    output::kept(&view.content.extra, "dedicated").and_then(Value::as_bool) == Some(true)
}

fn document(text: &str) -> Option<DocumentId> {
    match DocumentId::from_uuid(text) {
        UuidReading::Document(id) => Some(id),
        UuidReading::Malformed | UuidReading::Foreign | UuidReading::Part(..) => None,
    }
}
