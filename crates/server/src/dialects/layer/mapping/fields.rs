//! Reading members of a JSON object, each refused by its own path when it is not what it must be.
//!
//! Null counts as absent: the vendor's client sends either.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use quittance_accounting::identity::DocumentId;
use quittance_accounting::identity::{DocumentKind, UuidReading};
use quittance_accounting::money::Amount;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::super::errors::{self, Fault};
use super::super::manners::{MOST_METADATA, MOST_QUANTITY_PLACES, MOST_TAGS, YEARS};
use crate::http::numbers;

/// An object in the body, and where it stands.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    members: &'a Map<String, Value>,
    path: String,
}

/// An instant, or a bare day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// An instant.
    At(Timestamp),
    /// A day in the book's zone.
    On(Date),
}

impl When {
    /// Reads ISO 8601 with an offset, or a bare date.
    pub fn read(text: &str) -> Option<When> {
        let year = |year: i16| YEARS.contains(&year);
        if let Ok(at) = text.parse::<Timestamp>() {
            return year(TimeZone::UTC.to_datetime(at).year()).then_some(When::At(at));
        }
        // A date's reader takes a date and time without an offset too, and drops the time.
        let bare = text.len() == 10 && text.parse::<Date>().is_ok();
        let day = text.parse::<Date>().ok().filter(|_| bare)?;
        year(day.year()).then_some(When::On(day))
    }

    /// The instant; of a bare day its beginning.
    pub fn instant(self, zone: &TimeZone) -> Timestamp {
        match self {
            When::At(at) => at,
            When::On(day) => beginning(day, zone),
        }
    }

    /// The last instant that is meant: of a bare day its end.
    pub fn last_instant(self, zone: &TimeZone) -> Timestamp {
        match self {
            When::At(at) => at,
            When::On(day) => {
                let end = zone.to_timestamp(day.at(23, 59, 59, 999_999_999));
                end.unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// The day in the book's zone.
    pub fn day(self, zone: &TimeZone) -> Date {
        match self {
            When::At(at) => zone.to_datetime(at).date(),
            When::On(day) => day,
        }
    }
}

/// The first instant of a day in a zone.
pub fn beginning(day: Date, zone: &TimeZone) -> Timestamp {
    zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl<'a> Fields<'a> {
    /// The object at `path` of the body; the body itself stands at the empty path.
    pub fn of(value: &'a Value, path: &str) -> Result<Fields<'a>, Fault> {
        let members = value.as_object().ok_or_else(|| {
            let place = if path.is_empty() { "The body" } else { path };
            errors::payload(place, "must be a JSON object")
        })?;
        let path = path.to_owned();
        Ok(Fields { members, path })
    }

    /// Where a member stands.
    pub fn place(&self, member: &str) -> String {
        if self.path.is_empty() {
            member.to_owned()
        } else {
            format!("{}.{member}", self.path)
        }
    }

    /// A refusal of a member.
    pub fn wrong(&self, member: &str, problem: &str) -> Fault {
        errors::payload(&self.place(member), problem)
    }

    /// A member, unless it is absent or null.
    pub fn value(&self, member: &str) -> Option<&'a Value> {
        self.members.get(member).filter(|value| !value.is_null())
    }

    /// A text of at most so many characters; an empty one counts as absent.
    pub fn text(&self, member: &str, most: usize) -> Result<Option<String>, Fault> {
        let Some(value) = self.value(member) else {
            return Ok(None);
        };
        let text = value.as_str().ok_or_else(|| self.wrong(member, "must be a string"))?;
        if text.chars().count() > most {
            return Err(self.wrong(member, &format!("must have at most {most} characters")));
        }
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// Whole cents, of either sign.
    pub fn cents(&self, member: &str) -> Result<Option<Amount>, Fault> {
        let Some(value) = self.value(member) else {
            return Ok(None);
        };
        let whole = numbers::read_decimal(value).and_then(|decimal| numbers::minor_units(decimal, 0));
        let cents = whole.map_err(|error| self.wrong(member, &format!("must be whole cents: {error}")))?;
        let amount = Amount::new(cents).ok_or_else(|| self.wrong(member, "is too large"))?;
        Ok(Some(amount))
    }

    /// Whole cents, not below zero; nothing is zero.
    pub fn cents_or_none(&self, member: &str) -> Result<Amount, Fault> {
        let amount = self.cents(member)?.unwrap_or(Amount::ZERO);
        if amount.is_negative() {
            return Err(self.wrong(member, "must not be below zero"));
        }
        Ok(amount)
    }

    /// An exact number or a string of digits, not below zero.
    pub fn quantity(&self, member: &str) -> Result<Decimal, Fault> {
        let value = self.value(member).ok_or_else(|| self.wrong(member, "is required"))?;
        let quantity = numbers::read_decimal_or_text(value)
            .map_err(|error| self.wrong(member, &format!("must be a number or a string of digits: {error}")))?;
        if quantity.is_sign_negative() && !quantity.is_zero() {
            return Err(self.wrong(member, "must not be below zero"));
        }
        if quantity.normalize().scale() > MOST_QUANTITY_PLACES {
            let problem = format!("must have at most {MOST_QUANTITY_PLACES} decimal places");
            return Err(self.wrong(member, &problem));
        }
        Ok(quantity)
    }

    /// A list; nothing is an empty one.
    pub fn list(&self, member: &str) -> Result<&'a [Value], Fault> {
        match self.value(member) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.wrong(member, "must be a list")),
        }
    }

    /// The objects of a list, each with its own path.
    pub fn objects(&self, member: &str) -> Result<Vec<Fields<'a>>, Fault> {
        let place = self.place(member);
        let items = self.list(member)?.iter().enumerate();
        items
            .map(|(at, item)| Fields::of(item, &format!("{place}[{at}]")))
            .collect()
    }

    /// A date or an instant.
    pub fn when(&self, member: &str) -> Result<Option<When>, Fault> {
        let Some(text) = self.text(member, 64)? else {
            return Ok(None);
        };
        let problem = "must be an ISO 8601 instant with its offset, or a date, of the years 1900 to 2199";
        When::read(&text).map(Some).ok_or_else(|| self.wrong(member, problem))
    }

    /// A date or an instant that must be there.
    pub fn required_when(&self, member: &str) -> Result<When, Fault> {
        self.when(member)?.ok_or_else(|| self.wrong(member, "is required"))
    }

    /// The id of a document: malformed is refused, a UUID of another form names nothing.
    pub fn id(&self, member: &str, kind: DocumentKind) -> Result<Option<DocumentId>, Fault> {
        let Some(value) = self.value(member) else {
            return Ok(None);
        };
        match DocumentId::from_uuid(value.as_str().unwrap_or_default()) {
            UuidReading::Document(id) => Ok(Some(id)),
            UuidReading::Foreign | UuidReading::Part(..) => Err(errors::unknown_reference(&self.place(member), kind)),
            UuidReading::Malformed => Err(self.wrong(member, "must be a UUID")),
        }
    }

    /// Any JSON within the vendor's limit.
    pub fn metadata(&self) -> Result<Option<Value>, Fault> {
        let Some(value) = self.value("metadata") else {
            return Ok(None);
        };
        if value.to_string().len() > MOST_METADATA {
            return Err(self.wrong("metadata", &format!("must take at most {MOST_METADATA} bytes")));
        }
        if !value.is_object() {
            return Err(self.wrong("metadata", "must be a JSON object"));
        }
        Ok(Some(value.clone()))
    }

    /// Tags, each reduced to the members that are known.
    pub fn tags(&self) -> Result<Option<Value>, Fault> {
        self.tags_of("tags")
    }

    /// The same under another name.
    pub fn tags_of(&self, member: &str) -> Result<Option<Value>, Fault> {
        let items = self.objects(member)?;
        if items.len() > MOST_TAGS {
            return Err(self.wrong(member, &format!("must be at most {MOST_TAGS}")));
        }
        let mut tags = Vec::new();
        for item in &items {
            let mut tag = Map::new();
            for (member, required) in [
                ("key", true),
                ("value", true),
                ("dimension_display_name", false),
                ("value_display_name", false),
            ] {
                match item.text(member, super::super::manners::MOST_SHORT_TEXT)? {
                    Some(text) => {
                        tag.insert(member.to_owned(), Value::from(text));
                    }
                    None if required => return Err(item.wrong(member, "is required")),
                    None => {}
                }
            }
            tags.push(Value::Object(tag));
        }
        Ok((!tags.is_empty()).then_some(Value::Array(tags)))
    }

    /// Refuses a member that asks for something this server does not do; absent, null, false and empty lists ask for nothing.
    pub fn unserved(&self, member: &str, instead: &str) -> Result<(), Fault> {
        match self.value(member) {
            None | Some(Value::Bool(false)) => Ok(()),
            Some(Value::Array(items)) if items.is_empty() => Ok(()),
            Some(_) => Err(errors::not_served(&self.place(member), instead)),
        }
    }
}

/// Whether a NUL stands anywhere in the texts or names of a value: no store keeps it.
pub fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What only this dialect knows of a document, as it is kept in `extra`; nothing when there is nothing to keep.
pub fn kept(members: Vec<(&str, Option<Value>)>) -> std::collections::BTreeMap<String, Value> {
    let members: Map<String, Value> = members
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name.to_owned(), value)))
        .collect();
    let name = super::super::manners::NAME.to_owned();
    match members.is_empty() {
        true => std::collections::BTreeMap::new(),
        false => [(name, Value::Object(members))].into(),
    }
}
