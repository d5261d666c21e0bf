//! The members of a list's query into what the books can be asked.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use quittance_accounting::identity::{BookKey, CustomerKey, InvoiceKey};
use quittance_accounting::invoice::Standing;
use quittance_accounting::money::Currency;
use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy, PartPlace, PartQuery, TextCondition, TextPath};
use quittance_books::view::BookView;
use serde_json::Value;

use crate::http::Request;

use super::super::manners::{DIALECT, Paging};
use super::fields::{Fields, day};
use super::{entity, number_of};

/// The framework's words for a NUL, which no text may hold.
pub(super) const NO_NUL: &str = "Null characters are not allowed.";

const REF_NUMBER: TextPath = &["extra", DIALECT, "ref_number"];
const CONTRACT: TextPath = &["extra", DIALECT, "contract"];
const SHIPPING_ADDRESS: TextPath = &["extra", DIALECT, "shipping_address"];
const MESSAGE: TextPath = &["memo"];
const TAGS: TextPath = &["extra", DIALECT, "tag_ids"];
const TAG_GROUPS: TextPath = &["extra", DIALECT, "tag_group_ids"];

/// What a list comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// This query.
    Query(Box<InvoiceQuery>),
    /// Nothing can match.
    Nothing,
}

/// What a list is being read into.
struct Reading<'a> {
    now: Timestamp,
    filter: InvoiceFilter,
    wrong: Fields<'a>,
    /// The clients and the entities that are asked for, of which any will do.
    clients: Vec<i64>,
    entities: Vec<i64>,
    possible: bool,
}

/// Reads a list's query.
pub fn read(request: &Request, book: &BookView, paging: Paging, now: Timestamp) -> Result<Asked, Value> {
    let nothing = serde_json::Map::new();
    let mut reading = Reading {
        now,
        filter: InvoiceFilter::default(),
        wrong: Fields::of(&nothing),
        clients: Vec::new(),
        entities: Vec::new(),
        possible: true,
    };
    for (name, value) in request.query_pairs() {
        if !value.is_empty() {
            reading.member(&name, value);
        }
    }
    let (order, descending) = order(request, &mut reading.wrong);
    let Reading {
        mut filter,
        wrong,
        clients,
        entities,
        possible,
        ..
    } = reading;
    if let Some(errors) = wrong.errors() {
        return Err(errors);
    }
    if !clients.is_empty() {
        let own = clients
            .iter()
            .filter_map(|id| number_of(book.key, *id))
            .map(CustomerKey);
        let own: Vec<CustomerKey> = own.collect();
        match own.as_slice() {
            [only] => filter.customer = Some(*only),
            _ => filter.customers = Some(own),
        }
    }
    if !possible || !(entities.is_empty() || entities.contains(&entity(book.key))) {
        return Ok(Asked::Nothing);
    }
    Ok(Asked::Query(Box::new(InvoiceQuery {
        filter,
        order,
        descending,
        after: None,
        offset: paging.offset,
        limit: paging.limit,
        count: true,
    })))
}

impl Reading<'_> {
    fn member(&mut self, name: &str, value: String) {
        if value.contains('\0') {
            return self.wrong.say(name, NO_NUL);
        }
        let filter = &mut self.filter;
        match name {
            "status" => status(&value, self.now, filter, &mut self.wrong),
            "sentStatus" => match value.as_str() {
                "sent" => filter.sent = Some(true),
                "not_sent" => filter.sent = Some(false),
                _ => self.wrong.say(name, no_choice(&value)),
            },
            "client" => {
                let id = self.number(name, &value);
                self.clients.extend(id);
            }
            "entity" => {
                let id = self.number(name, &value);
                self.entities.extend(id);
            }
            // No customer here has another one above it.
            "parent_client" => self.possible &= self.number(name, &value).is_none(),
            "currency" => {
                let currency = Currency::parse(&value);
                // In two currencies at once there is none.
                let other = filter.currency.is_some() && filter.currency != currency;
                self.possible &= currency.is_some() && !other;
                filter.currency = currency;
            }
            "invoice_number" => filter.number = Some(value),
            "ref_number" => filter.texts.push(TextCondition::Is(REF_NUMBER, value)),
            "q" => filter
                .texts
                .push(TextCondition::Mentions(vec![SHIPPING_ADDRESS, MESSAGE], value)),
            "contract" | "line_tag_id" | "line_tag_group_id" => {
                let condition = match (name, self.number(name, &value)) {
                    (_, None) => return,
                    ("contract", Some(id)) => TextCondition::Is(CONTRACT, id.to_string()),
                    ("line_tag_id", Some(id)) => TextCondition::LineHolds(TAGS, id),
                    (_, Some(id)) => TextCondition::LineHolds(TAG_GROUPS, id),
                };
                self.filter.texts.push(condition);
            }
            "start_date" | "end_date" | "paid_date_from" | "paid_date_to" => {
                let Some(date) = day(&value) else {
                    return self.wrong.say(name, "Enter a valid date.");
                };
                *match name {
                    "start_date" => &mut filter.invoice_date.0,
                    "end_date" => &mut filter.invoice_date.1,
                    "paid_date_from" => &mut filter.paid_on.0,
                    _ => &mut filter.paid_on.1,
                } = Some(date);
            }
            "download" => match truth(&value) {
                Some(false) => {}
                Some(true) => self.wrong.say(name, "This server sends no mail."),
                None => self.wrong.say(name, "Must be a valid boolean."),
            },
            _ => {}
        }
    }

    fn number(&mut self, name: &str, value: &str) -> Option<i64> {
        let number = value.parse().ok();
        if number.is_none() {
            self.wrong.say(name, "Enter a number.");
        }
        number
    }
}

/// The framework's words for a word that is none of several.
pub(super) fn no_choice(value: &str) -> String {
    let shown: String = value.chars().take(100).collect();
    format!("\"{shown}\" is not a valid choice.")
}

fn order(request: &Request, wrong: &mut Fields<'_>) -> (OrderBy, bool) {
    let sort = request.query_value("sort").unwrap_or_default();
    match sort.as_str() {
        "" | "-invoice_date" => (OrderBy::InvoiceDate, true),
        "invoice_date" => (OrderBy::InvoiceDate, false),
        "amount_due" => (OrderBy::Open, false),
        "-amount_due" => (OrderBy::Open, true),
        "client_name" => (OrderBy::CustomerName, false),
        "-client_name" => (OrderBy::CustomerName, true),
        other => {
            wrong.say("sort", no_choice(other));
            (OrderBy::InvoiceDate, true)
        }
    }
}

fn status(value: &str, now: Timestamp, filter: &mut InvoiceFilter, wrong: &mut Fields<'_>) {
    let still_open = [Standing::Open, Standing::PartPaid, Standing::PartWrittenOff];
    let mut only = |standings: &[Standing]| filter.standings = Some(standings.to_vec());
    match value {
        "unpaid" => only(&[Standing::Open]),
        "partially_paid" => only(&[Standing::PartPaid, Standing::PartWrittenOff]),
        "paid" => only(&[Standing::Paid, Standing::Refunded]),
        "uncollectible" => only(&[Standing::WrittenOff]),
        "voided" => only(&[Standing::Void]),
        "sent" => {
            only(&[Standing::Open]);
            filter.sent = Some(true);
        }
        "current" => {
            only(&still_open);
            filter.overdue = Some((false, now));
        }
        "past_due" => filter.overdue = Some((true, now)),
        "1_30" => aged(filter, now, 0, Some(30)),
        "31_60" => aged(filter, now, 30, Some(60)),
        "61_90" => aged(filter, now, 60, Some(90)),
        "91_120" => aged(filter, now, 90, Some(120)),
        "over_120" => aged(filter, now, 120, None),
        other => wrong.say("status", no_choice(other)),
    }
}

/// Overdue by more than so many whole days, and by no more than so many.
fn aged(filter: &mut InvoiceFilter, now: Timestamp, more_than: i64, at_most: Option<i64>) {
    let ago = |days: i64| now.checked_sub((days * 24).hours()).unwrap_or(Timestamp::MIN);
    filter.overdue = Some((true, now));
    let from = at_most.and_then(|days| ago(days).checked_add(1.microsecond()).ok());
    filter.due_at = (from, Some(ago(more_than)));
}

/// Reads a query of the payments' feed; `None` when nothing can match.
pub fn payments(
    request: &Request,
    book: BookKey,
    paging: Paging,
    after: Option<PartPlace>,
) -> Result<Option<PartQuery>, Value> {
    let nothing = serde_json::Map::new();
    let mut wrong = Fields::of(&nothing);
    let mut query = PartQuery {
        credits: true,
        after,
        offset: if request.query_value("cursor").is_some() {
            0
        } else {
            paging.offset
        },
        limit: paging.limit,
        count: true,
        ..PartQuery::default()
    };
    let mut possible = true;
    for (name, value) in request.query_pairs() {
        match (name.as_str(), value.as_str()) {
            (_, "") => {}
            ("invoice_id", text) => match text.parse::<i64>() {
                Ok(id) => match number_of(book, id) {
                    Some(number) => query.invoice = Some(InvoiceKey(number)),
                    None => possible = false,
                },
                Err(_) => wrong.say(&name, "Enter a number."),
            },
            ("external_id", text) if text.contains('\0') => wrong.say(&name, NO_NUL),
            ("external_id", _) => query.external_id = Some(value),
            ("voided" | "skip_count", text) => match truth(text) {
                None => wrong.say(&name, "Must be a valid boolean."),
                Some(told) if name == "voided" => query.undone = Some(told),
                Some(told) => query.count = !told,
            },
            ("last_modified_at__gte" | "last_modified_at__lte", text) => match instant(text) {
                None => wrong.say(&name, "Enter a valid date/time."),
                Some(at) if name == "last_modified_at__gte" => query.updated_at.0 = Some(at),
                Some(at) => query.updated_at.1 = Some(at),
            },
            _ => {}
        }
    }
    match wrong.errors() {
        Some(errors) => Err(errors),
        None => Ok(possible.then_some(query)),
    }
}

/// Yes or no, as a query has it.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// An instant: as it is shown, with another offset, or without one, which is UTC. A `+` that a query turned into a space counts.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let whole = match text.rsplit_once(' ') {
        Some((start, offset)) if start.contains('T') => format!("{start}+{offset}"),
        _ => text.to_owned(),
    };
    let in_utc = |at: DateTime| at.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
    let shown = || Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", &whole).ok();
    let parsed = whole.parse().ok();
    parsed.or_else(shown).or_else(|| in_utc(whole.parse().ok()?))
}
