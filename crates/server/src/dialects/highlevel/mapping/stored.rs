//! Between requests and what is stored for this dialect alone: templates, schedules, estimates and their templates.
//!
//! What a client said is kept as it came, checked for what it would come to as an invoice, and comes back with ids, total and
//! instants. Deliberately absent: what a schedule or an estimate does, which have files of their own.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use quittance_accounting::book::BookSettings;
use quittance_accounting::money::Currency;
use quittance_books::resources::ResourceView;
use serde_json::{Map, Value, json};

use super::super::errors::Fault;
use super::super::wire::shape::{day, list, object, text};
use super::incoming::{self, Items};
use super::outgoing::{instant, major};

type Members = Map<String, Value>;

/// What a stored thing says: the request's members over those that were said before. Refused when no invoice could come of it.
pub fn said(request: &Members, before: Option<&Value>, book: &BookSettings) -> Result<Value, Fault> {
    let mut said = before.and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, value) in request.iter().filter(|(_, value)| !value.is_null()) {
        if !matches!(name.as_str(), "altId" | "altType") {
            said.insert(name.clone(), value.clone());
        }
    }
    incoming::worth(&said, book)?;
    Ok(Value::Object(said))
}

/// A stored thing as the vendor answers it; `said` is the part of it that clients said.
pub fn shown(view: &ResourceView, id: &str, said: &Value, book: &BookSettings) -> Value {
    let said = said.as_object().cloned().unwrap_or_default();
    let currency = text(&said, "currency")
        .and_then(Currency::parse)
        .unwrap_or(book.currency);
    let figures = incoming::figures(book, currency);
    let lines = Items::of(&said, "items").lines(&said, figures).unwrap_or_default();
    let total = incoming::total(&lines, figures).unwrap_or_default();
    let mut shown = json!({
        "_id": id,
        "altId": book.id.hex(),
        "altType": "location",
        "discount": {"type": "percentage", "value": 0},
        "total": major(total, currency),
        "createdAt": instant(view.resource.created_at),
        "updatedAt": instant(view.resource.updated_at),
    });
    let items = list(&said, "items").iter().enumerate().map(|(place, item)| {
        let mut item = item.clone();
        let place = u32::try_from(place + 1).unwrap_or(0);
        item["_id"] = json!(view.resource.id.uuid_of_part(place));
        if item.get("taxes").is_none_or(Value::is_null) {
            item["taxes"] = json!([]);
        }
        item
    });
    let items: Vec<Value> = items.collect();
    for (name, value) in &said {
        shown[name] = value.clone();
    }
    shown["items"] = Value::Array(items);
    shown
}

/// The zone of a location.
pub fn zone(book: &BookSettings) -> TimeZone {
    TimeZone::get(&book.zone).unwrap_or(TimeZone::UTC)
}

/// What a list is asked for beside its page.
#[derive(Clone, Debug)]
pub struct Searched {
    zone: TimeZone,
    days: (Option<Date>, Option<Date>),
    text: Option<String>,
    live: Option<bool>,
    contact: Option<String>,
    status: Option<String>,
}

impl Searched {
    /// What a checked request asks for.
    pub fn of(request: &Members, book: &BookSettings) -> Searched {
        let live = match text(request, "paymentMode") {
            Some("live") => Some(true),
            Some("test") => Some(false),
            Some(_) | None => None,
        };
        Searched {
            zone: zone(book),
            days: (day(request, "startAt"), day(request, "endAt")),
            text: text(request, "search").map(str::to_lowercase),
            live,
            contact: text(request, "contactId").map(str::to_owned),
            status: text(request, "status")
                .filter(|status| *status != "all")
                .map(str::to_owned),
        }
    }

    /// Whether it asks for anything.
    pub fn is_any(&self) -> bool {
        let words = [&self.text, &self.contact, &self.status];
        self.days != (None, None) || self.live.is_some() || words.into_iter().any(Option::is_some)
    }

    /// Whether a stored thing that said this, and is of this status if such things have one, is what is asked for.
    pub fn finds(&self, view: &ResourceView, id: &str, said: &Value, status: Option<&str>) -> bool {
        let empty = Members::new();
        let said = said.as_object().unwrap_or(&empty);
        let made = || self.zone.to_datetime(view.resource.created_at).date();
        let dated = day(said, "issueDate").unwrap_or_else(made);
        let contact = object(said, "contactDetails").unwrap_or(&empty);
        let of_contact = ["name", "email", "phoneNo", "companyName"].map(|name| text(contact, name));
        let own = [Some(id), text(said, "name"), text(said, "title")];
        let mut texts = own.into_iter().chain(of_contact).flatten();
        // A template has neither a status nor a mode: neither tells one from another.
        self.days.0.is_none_or(|first| dated >= first)
            && self.days.1.is_none_or(|last| dated <= last)
            && self.live.is_none_or(|live| {
                said.get("liveMode")
                    .and_then(Value::as_bool)
                    .is_none_or(|own| own == live)
            })
            && self
                .contact
                .as_deref()
                .is_none_or(|wanted| text(contact, "id") == Some(wanted))
            && self
                .status
                .as_deref()
                .is_none_or(|wanted| status.is_none_or(|own| own == wanted))
            && self
                .text
                .as_deref()
                .is_none_or(|wanted| texts.any(|text| text.to_lowercase().contains(wanted)))
    }
}
