//! Custom journal entries: from the body to an entry by hand, and back to the vendor's shape.
//!
//! The books know no customer of an entry by hand, so who it is about stands among its texts, by id. Deliberately absent: vendors,
//! which are no part of receivables.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use quittance_accounting::account::Side;
use quittance_accounting::identity::{DocumentId, DocumentKind, UuidReading};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::ledger::{MOST_MOVEMENTS, Movement};
use quittance_accounting::money::Amount;
use quittance_books::content::{EntryContent, LineContent};
use quittance_books::input::{EntryInput, ReversalInput};
use quittance_books::journal::{JournalView, ManualView};
use quittance_books::view::{BookView, CustomerView};
use serde_json::{Map, Value, json};

use super::super::errors::{self, Fault};
use super::super::manners::{MOST_LONG_TEXT, MOST_SHORT_TEXT, NAME};
use super::fields::{Fields, kept};
use super::input::{CustomerRef, account};
use super::journal;
use super::output::{self, instant};
use crate::http::numbers;

/// The customers that entries name, by id.
pub type Parties = BTreeMap<DocumentId, CustomerView>;

/// Whom an entry or a line of it names, and where the body says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The member of the body.
    pub place: String,
    /// The customer.
    pub customer: CustomerRef,
    /// The line, by its place from 0; `None` for the entry as a whole.
    pub line: Option<usize>,
}

/// An entry to record, and whom it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// The entry, without whom it names.
    pub input: EntryInput,
    /// Whom it names, to be found first.
    pub parties: Vec<Party>,
}

/// An entry to record.
pub fn entry(book: &BookView, body: &Value, zone: &TimeZone) -> Result<NewEntry, Fault> {
    let fields = Fields::of(body, "")?;
    let at = fields.required_when("entry_at")?;
    let required = |member: &str, most: usize| {
        let text = fields.text(member, most)?;
        text.ok_or_else(|| fields.wrong(member, "is required"))
    };
    let created_by = required("created_by", MOST_SHORT_TEXT)?;
    let memo = required("memo", MOST_LONG_TEXT)?;
    let mut parties: Vec<Party> = party(&fields, None)?.into_iter().collect();
    let (movements, lines) = lines(book, &fields, &mut parties)?;
    if parties.iter().any(|party| party.line.is_none()) && parties.iter().any(|party| party.line.is_some()) {
        return Err(fields.wrong("customer_id", "must stand on the entry or on its lines, not on both"));
    }
    let extra = kept(vec![
        ("created_by", Some(Value::from(created_by))),
        ("entry_at", Some(Value::from(instant(at.instant(zone))))),
        (
            "reference_number",
            fields.text("reference_number", MOST_SHORT_TEXT)?.map(Value::from),
        ),
        ("metadata", fields.metadata()?),
        ("tags", fields.tags()?),
    ]);
    let input = EntryInput {
        date: Some(at.day(zone)),
        movements,
        external_id: fields.text("external_id", MOST_SHORT_TEXT)?,
        content: EntryContent {
            memo: Some(memo),
            lines,
            extra,
        },
    };
    Ok(NewEntry { input, parties })
}

fn lines(
    book: &BookView,
    fields: &Fields<'_>,
    parties: &mut Vec<Party>,
) -> Result<(Vec<Movement>, Vec<LineContent>), Fault> {
    let items = fields.objects("line_items")?;
    if items.is_empty() {
        return Err(fields.wrong("line_items", "is required"));
    }
    if items.len() > MOST_MOVEMENTS {
        return Err(fields.wrong("line_items", &format!("must be at most {MOST_MOVEMENTS}")));
    }
    let (mut movements, mut texts) = (Vec::new(), Vec::new());
    for (at, item) in items.iter().enumerate() {
        let place = item.place("account_identifier");
        let value = item
            .value("account_identifier")
            .ok_or_else(|| item.wrong("account_identifier", "is required"))?;
        let side = match item.text("direction", 16)?.as_deref() {
            Some("DEBIT") => Side::Debit,
            Some("CREDIT") => Side::Credit,
            Some(_) | None => return Err(item.wrong("direction", "must be DEBIT or CREDIT")),
        };
        movements.push(Movement {
            account: AccountChoice::Key(account(book, value, &place)?.key),
            side,
            amount: amount(item)?,
        });
        parties.extend(party(item, Some(at))?);
        let extra = kept(vec![
            (
                "external_id",
                item.text("external_id", MOST_SHORT_TEXT)?.map(Value::from),
            ),
            ("tags", item.tags()?),
        ]);
        texts.push(LineContent {
            name: None,
            description: item.text("memo", MOST_LONG_TEXT)?,
            extra,
        });
    }
    Ok((movements, texts))
}

/// Whole cents above zero. The vendor's own client writes them as a string.
fn amount(fields: &Fields<'_>) -> Result<Amount, Fault> {
    let value = fields
        .value("amount")
        .ok_or_else(|| fields.wrong("amount", "is required"))?;
    let whole = numbers::read_decimal_or_text(value).and_then(|decimal| numbers::minor_units(decimal, 0));
    let cents = whole.map_err(|error| fields.wrong("amount", &format!("must be whole cents: {error}")))?;
    let amount = Amount::new(cents).ok_or_else(|| fields.wrong("amount", "is too large"))?;
    match amount.is_positive() {
        true => Ok(amount),
        false => Err(fields.wrong("amount", "must be above zero")),
    }
}

fn party(fields: &Fields<'_>, line: Option<usize>) -> Result<Option<Party>, Fault> {
    for member in ["vendor_id", "vendor_external_id"] {
        fields.unserved(member, "this server keeps receivables and knows no vendors")?;
    }
    let id = fields.id("customer_id", DocumentKind::Customer)?;
    let external_id = fields.text("customer_external_id", MOST_SHORT_TEXT)?;
    let member = match (&id, &external_id) {
        (None, None) => return Ok(None),
        (Some(_), _) => "customer_id",
        (None, Some(_)) => "customer_external_id",
    };
    Ok(Some(Party {
        place: fields.place(member),
        customer: CustomerRef { id, external_id },
        line,
    }))
}

impl NewEntry {
    /// Writes down whom the entry, or a line of it, names.
    pub fn name(&mut self, line: Option<usize>, customer: DocumentId) {
        let content = &mut self.input.content;
        let extra = match line {
            None => Some(&mut content.extra),
            Some(at) => content.lines.get_mut(at).map(|line| &mut line.extra),
        };
        let Some(extra) = extra else { return };
        let own = extra
            .entry(NAME.to_owned())
            .or_insert_with(|| Value::Object(Map::new()));
        own["customer_id"] = Value::from(customer.uuid());
    }
}

/// Whether an entry is the one that is asked for again: the same day, movements and maker.
pub fn is_same(input: &EntryInput, view: &JournalView, book: &BookView) -> bool {
    let signed = input.movements.iter().map(|movement| {
        let key = match &movement.account {
            AccountChoice::Key(key) => Some(*key),
            AccountChoice::StableName(name) => named(book, |account| account.stable_name == *name),
            AccountChoice::Role(role) => named(book, |account| account.role == *role),
        };
        let minor = movement.amount.minor();
        let minor = match movement.side {
            Side::Debit => minor,
            Side::Credit => -minor,
        };
        (key, minor)
    });
    let recorded = view
        .line
        .postings
        .iter()
        .map(|posting| (Some(posting.account), posting.sum.booked.minor()));
    input.date == Some(view.line.entry.date) && signed.eq(recorded) && input.content.memo == view.content.memo
}

fn named(
    book: &BookView,
    is_it: impl Fn(&quittance_accounting::account::LedgerAccount) -> bool,
) -> Option<quittance_accounting::identity::AccountKey> {
    let found = book.accounts.iter().find(|account| is_it(account));
    found.map(|account| account.key)
}

/// What a reversal says: what the entry says that it reverses, on the same day.
pub fn reversal(view: &JournalView) -> ReversalInput {
    ReversalInput {
        date: Some(view.line.entry.date),
        external_id: None,
        content: view.content.clone(),
    }
}

fn customer_in(extra: &BTreeMap<String, Value>) -> Option<DocumentId> {
    match DocumentId::from_uuid(output::kept(extra, "customer_id")?.as_str()?) {
        UuidReading::Document(id) => Some(id),
        UuidReading::Malformed | UuidReading::Foreign | UuidReading::Part(..) => None,
    }
}

/// Whom entries name, each once.
pub fn named_in<'a>(views: impl IntoIterator<Item = &'a JournalView>) -> BTreeSet<DocumentId> {
    let mut ids = BTreeSet::new();
    for view in views {
        ids.extend(customer_in(&view.content.extra));
        ids.extend(view.content.lines.iter().filter_map(|line| customer_in(&line.extra)));
    }
    ids
}

/// The customer of an entry by hand as a whole.
pub fn of_entry(book: &BookView, view: &JournalView, parties: &Parties) -> Option<Value> {
    let known = parties.get(&customer_in(&view.content.extra)?)?;
    Some(output::value(&output::customer(book, known)))
}

/// The customer of a line of an entry by hand, by its place from 0.
pub fn of_line(book: &BookView, view: &JournalView, place: usize, parties: &Parties) -> Option<Value> {
    let known = parties.get(&customer_in(&view.content.lines.get(place)?.extra)?)?;
    Some(output::value(&output::customer(book, known)))
}

/// A custom journal entry.
pub fn shown(book: &BookView, view: &ManualView, parties: &Parties) -> Option<Value> {
    let (entry, manual) = (&view.entry, view.entry.manual.as_ref()?);
    let (extra, id) = (&entry.content.extra, manual.id.uuid());
    let customer = of_entry(book, entry, parties);
    let lines = (0..entry.line.postings.len()).map(|at| {
        let line = entry.content.lines.get(at).cloned().unwrap_or_default();
        let id = manual.id.uuid_of_part(u32::try_from(at + 1).unwrap_or(0));
        json!({
            "external_id": output::kept(&line.extra, "external_id"),
            "memo": line.description,
            "line_item_id": journal::uuid_of_posting(book, manual.key, at + 1),
            "customer": of_line(book, entry, at, parties),
            "vendor": null,
            "transaction_tags": output::value(&output::tags(book, &id, &line.extra, manual.created_at)),
            "id": id,
        })
    });
    let created_by = output::kept(extra, "created_by").and_then(Value::as_str);
    Some(json!({
        "type": "Custom_Journal_Entry",
        "external_id": manual.external_id,
        "business_id": book.settings.id.uuid(),
        // What came through another dialect has nobody's name.
        "created_by": created_by.unwrap_or(journal::AGENT),
        "memo": entry.content.memo,
        "entry_id": journal::uuid(book, manual.key),
        "customer": customer,
        "vendor": null,
        "line_items": lines.collect::<Vec<Value>>(),
        "entry": journal::entry(book, entry, parties),
        "reversed_at": view.reversal.as_ref().map(|reversal| instant(reversal.created_at)),
        "transaction_tags": output::value(&output::tags(book, &id, extra, manual.created_at)),
        "metadata": output::kept(extra, "metadata"),
        "reference_number": output::kept(extra, "reference_number"),
        "id": id,
    }))
}

/// Refuses ids of a customer that disagree.
pub fn disagreement(place: &str) -> Fault {
    errors::payload(place, "and customer_external_id name two customers")
}
