//! From the vendor's shape to the core's: refunds, simple and itemized, recorded and replaced.
//!
//! The books give money back for one thing at a time. A refund of several is recorded as one for each, in one commit; the first has the
//! refund's id and texts and names the others. Deliberately absent: refunds that are owed and not paid, which the books do not know.

use jiff::tz::TimeZone;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{DocumentId, DocumentKind, UuidReading};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::settlement::MOST_ALLOCATIONS;
use quittance_accounting::snapshot::Named;
use quittance_books::content::RefundContent;
use quittance_books::input::{RefundInput, RefundOf};
use quittance_books::view::{BookView, RefundView};
use serde_json::{Map, Value};

use super::super::errors::{self, Fault};
use super::super::manners::{MOST_LONG_TEXT, MOST_SHORT_TEXT, NAME};
use super::super::wire;
use super::fields::{Fields, When, kept};
use super::input::account;
use super::output;
use super::settling::{invoice_named, method};

/// What a refund names as its target: exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An invoice as a whole.
    Invoice(Named),
    /// A line of an invoice, by its UUID.
    Line(DocumentId, i64),
    /// What a payment settled.
    Payment(Named),
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
    /// Its texts.
    pub content: RefundContent,
}

fn names_a_target(fields: &Fields<'_>) -> bool {
    let members = [
        "invoice_id",
        "invoice_external_id",
        "invoice_line_item_id",
        "invoice_line_item_external_id",
        "invoice_payment_id",
        "invoice_payment_external_id",
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
        for member in ["customer_id", "customer_external_id"] {
            item.unserved(member, "a refund here is of an invoice, a line or a payment")?;
        }
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

/// Reads a refund. What is owed and not paid is refused: a refund here is paid when it is recorded.
pub fn asked(book: &BookView, body: &Value) -> Result<Asked, Fault> {
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
    let paid = ["refunded_amount", "refunded_payment_amount", "amount"];
    let payments = sum_of(book, &fields, "payments", &paid)?;
    if payments.is_some() && payments != amount.or(parts) {
        return Err(errors::not_served(
            "payments",
            "a refund is paid in full when it is recorded, so they add up to refunded_amount",
        ));
    }
    let first = fields.objects("payments")?.into_iter().next();
    let of_payment = |member: &str, most: usize| match &first {
        Some(first) => first.text(member, most),
        None => Ok(None),
    };
    let how = match (method(&fields)?, &first) {
        (None, Some(first)) => method(first)?,
        (how, _) => how,
    };
    let processor = fields.text("processor", MOST_SHORT_TEXT)?;
    let processor = processor.or(of_payment("processor", MOST_SHORT_TEXT)?);
    let fee = fields.cents_or_none("refund_processing_fee")?;
    let clearing = match fields.value("payment_clearing_account_identifier") {
        None => None,
        Some(value) => {
            let place = fields.place("payment_clearing_account_identifier");
            Some(AccountChoice::Key(account(book, value, &place)?.key))
        }
    };
    let reference = fields.text("reference_number", MOST_SHORT_TEXT)?;
    let extra = kept(vec![
        ("method", how.map(|method| Value::from(wire::method_word(method)))),
        ("processor", processor.map(Value::from)),
        ("fee", (!fee.is_zero()).then(|| Value::from(fee.minor()))),
        ("reference_number", reference.map(Value::from)),
        ("metadata", fields.metadata()?),
        ("tags", fields.tags()?),
    ]);
    Ok(Asked {
        external_id: fields.text("external_id", MOST_SHORT_TEXT)?,
        amount: amount.or(parts),
        at: fields.when("completed_at")?,
        targets,
        clearing,
        content: RefundContent {
            memo: fields.text("memo", MOST_LONG_TEXT)?,
            extra,
        },
    })
}

/// What a patch says, over what is there: the members that it names, null to empty one.
pub fn patched(body: &Value, known: &RefundView, total: Amount) -> Result<Value, Fault> {
    let named = body
        .as_object()
        .ok_or_else(|| errors::payload("The body", "must be a JSON object"))?;
    let extra = known.content.extra.get(NAME).and_then(Value::as_object);
    let mut said = Map::new();
    said.insert("external_id".to_owned(), Value::from(known.refund.external_id.clone()));
    said.insert(
        "completed_at".to_owned(),
        Value::from(output::instant(known.refund.refunded_at)),
    );
    said.insert("memo".to_owned(), Value::from(known.content.memo.clone()));
    for (kept, member) in [
        ("method", "method"),
        ("processor", "processor"),
        ("fee", "refund_processing_fee"),
        ("reference_number", "reference_number"),
        ("metadata", "metadata"),
        ("tags", "tags"),
    ] {
        let value = extra.and_then(|extra| extra.get(kept)).cloned();
        said.extend(value.map(|value| (member.to_owned(), value)));
    }
    let moves = ["allocations", "line_items", "payments"];
    if !moves.iter().any(|member| named.contains_key(*member)) {
        said.insert("refunded_amount".to_owned(), Value::from(total.minor()));
    }
    said.extend(named.clone());
    Ok(Value::Object(said))
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
