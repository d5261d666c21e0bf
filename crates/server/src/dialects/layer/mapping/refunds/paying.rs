//! The payments of a refund that was owed: listed with it, recorded later, said again when it is replaced.
//!
//! In the books a payment pays one part of a refund. One that pays several is recorded as one for each, in one commit; the first has
//! the payment's id and texts and names the others, as with the parts of a refund.

use jiff::tz::TimeZone;
use quittance_accounting::identity::{DocumentId, UuidReading};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::settlement::MOST_ALLOCATIONS;
use quittance_accounting::snapshot::Named;
use quittance_books::content::RefundContent;
use quittance_books::input::{RefundInput, RefundOf};
use quittance_books::view::{BookView, RefundView};
use serde_json::{Map, Value, json};

use super::super::super::errors::Fault;
use super::super::super::manners::{MOST_SHORT_TEXT, NAME, account_uuid};
use super::super::fields::{Fields, When};
use super::super::output;
use super::{Part, own, paid_from, texts, whole_of};

/// A payment of a refund as a body has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedPayment {
    /// Its id, where it is one that was there.
    pub id: Option<DocumentId>,
    /// The id that the client brought.
    pub external_id: Option<String>,
    /// How much.
    pub amount: Amount,
    /// When; else with the refund.
    pub at: Option<When>,
    /// The account it is paid from.
    pub clearing: Option<AccountChoice>,
    /// Its texts.
    pub content: RefundContent,
}

/// Reads a payment of a refund.
pub fn payment(book: &BookView, fields: &Fields<'_>) -> Result<AskedPayment, Fault> {
    fields.unserved("refunded_payment_fees", "this server posts no fees")?;
    let amount = super::one_of(fields, &["refunded_amount", "refunded_payment_amount", "amount"])?;
    let id = fields
        .value("id")
        .map(|id| DocumentId::from_uuid(id.as_str().unwrap_or_default()));
    Ok(AskedPayment {
        id: match id {
            Some(UuidReading::Document(id)) => Some(id),
            Some(UuidReading::Malformed) => return Err(fields.wrong("id", "must be a UUID")),
            // What a refund that was paid at once shows, or what no payment of it has: it is a new one.
            Some(UuidReading::Foreign | UuidReading::Part(..)) | None => None,
        },
        external_id: fields.text("external_id", MOST_SHORT_TEXT)?,
        amount: amount.ok_or_else(|| fields.wrong("refunded_amount", "is required"))?,
        at: fields.when("completed_at")?,
        clearing: paid_from(book, fields)?,
        content: texts(fields)?,
    })
}

/// The payments that come with a refund: no more than it.
pub(super) fn list(book: &BookView, fields: &Fields<'_>, refund: Option<Amount>) -> Result<Vec<AskedPayment>, Fault> {
    let items = fields.objects("payments")?;
    if items.len() > MOST_ALLOCATIONS {
        return Err(fields.wrong("payments", &format!("must be at most {MOST_ALLOCATIONS}")));
    }
    let payments: Vec<AskedPayment> = items.iter().map(|item| payment(book, item)).collect::<Result<_, _>>()?;
    let sum = Amount::sum(payments.iter().map(|payment| payment.amount));
    let sum = sum.ok_or_else(|| fields.wrong("payments", "is too large"))?;
    match refund {
        None if !payments.is_empty() => Err(fields.wrong("refunded_amount", "is required beside payments")),
        Some(refund) if sum > refund => Err(fields.wrong("payments", "must not add up to more than refunded_amount")),
        Some(_) | None => Ok(payments),
    }
}

/// How payments fall on the parts of a refund, given what each still owes: part, payment, amount, in order. What falls on none is
/// asked of the last, which refuses it.
pub fn shares(owed: &[(DocumentId, Amount)], payments: &[AskedPayment]) -> Vec<(DocumentId, usize, Amount)> {
    let mut owed = owed.to_vec();
    let last = owed.len().saturating_sub(1);
    let mut shares = Vec::new();
    for (at, payment) in payments.iter().enumerate() {
        let mut left = payment.amount;
        for (place, (part, owes)) in owed.iter_mut().enumerate() {
            let share = if place == last { left } else { left.min(*owes) };
            if share.is_positive() {
                shares.push((*part, at, share));
                left = left.minus(share).unwrap_or(Amount::ZERO);
                *owes = owes.minus(share).unwrap_or(Amount::ZERO);
            }
        }
    }
    shares
}

/// The payments of the books that a payment is, each with its id: the first names the others.
pub fn payment_inputs(
    payment: &AskedPayment,
    (currency, zone): (Currency, &TimeZone),
    usual: When,
    shares: &[(DocumentId, DocumentId, Amount)],
) -> Vec<(DocumentId, RefundInput)> {
    let at = payment.at.unwrap_or(usual);
    let first = shares.first().map(|(id, _, _)| *id);
    let others: Vec<Value> = shares.iter().skip(1).map(|(id, _, _)| Value::from(id.uuid())).collect();
    let input = |(place, (id, part, amount)): (usize, &(DocumentId, DocumentId, Amount))| {
        let mut content = match place {
            0 => payment.content.clone(),
            _ => RefundContent::default(),
        };
        if place > 0 {
            own(&mut content)["part_of"] = Value::from(first.map(DocumentId::uuid));
        } else if !others.is_empty() {
            own(&mut content)["parts"] = Value::Array(others.clone());
        }
        let input = RefundInput {
            currency: Some(currency),
            amount: Some(*amount),
            on: Some(at.day(zone)),
            at: Some(at.instant(zone)),
            clearing: payment.clearing.clone(),
            external_id: payment.external_id.clone().filter(|_| place == 0),
            content,
            ..RefundInput::of(RefundOf::Owed(Named::Id(*part)))
        };
        (*id, input)
    };
    shares.iter().enumerate().map(input).collect()
}

/// The payments of a refund, each with its shares: the first says when, how and why.
pub fn grouped(parts: &[Part]) -> Vec<(&RefundView, Amount)> {
    let all = || parts.iter().flat_map(|part| &part.payouts);
    let mut firsts: Vec<&RefundView> = all().filter(|payout| whole_of(payout).is_none()).collect();
    firsts.sort_by_key(|payout| payout.refund.key);
    let sum = |first: &RefundView| {
        let is_its =
            |payout: &&RefundView| payout.refund.key == first.refund.key || whole_of(payout) == Some(first.refund.id);
        Amount::sum(all().filter(is_its).map(|payout| payout.refund.amount)).unwrap_or(first.refund.amount)
    };
    firsts.into_iter().map(|first| (first, sum(first))).collect()
}

/// Whether a payment of the books is a share of the payment of this id, or that payment.
pub fn is_of_a_payment(payout: &RefundView, id: DocumentId) -> bool {
    payout.refund.id == id || whole_of(payout) == Some(id)
}

/// What a body would say of what is there: when, how and why.
pub fn said(book: &BookView, known: &RefundView) -> Map<String, Value> {
    let extra = known.content.extra.get(NAME).and_then(Value::as_object);
    let mut said = Map::new();
    said.insert("external_id".to_owned(), Value::from(known.refund.external_id.clone()));
    said.insert(
        "completed_at".to_owned(),
        Value::from(output::instant(known.refund.refunded_at)),
    );
    said.insert("memo".to_owned(), Value::from(known.content.memo.clone()));
    // What is owed was paid from nowhere yet.
    if known.refund.owed.is_none() {
        let from = json!({"type": "AccountId", "id": account_uuid(book, known.refund.clearing)});
        said.insert("payment_clearing_account_identifier".to_owned(), from);
    }
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
    said
}

/// The payments of a refund as a body would list them.
pub(super) fn all_said(book: &BookView, parts: &[Part]) -> Value {
    let listed = grouped(parts).into_iter().map(|(first, amount)| {
        let mut said = said(book, first);
        said.insert("id".to_owned(), Value::from(first.refund.id.uuid()));
        said.insert("refunded_amount".to_owned(), Value::from(amount.minor()));
        Value::Object(said)
    });
    Value::Array(listed.collect())
}
