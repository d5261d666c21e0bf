//! Reading a JSON object member by member, so that every fault names its place and no member is passed over in silence.

use jiff::{Timestamp, civil::Date};
use quittance_accounting::identity::DocumentId;
use quittance_accounting::money::{Amount, Currency, exact};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::{FIRST_DAY, LAST_DAY};
use crate::http::numbers::{read_decimal_or_text, read_decimal_text};

/// A member that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Where it stands, such as `lines[0].unit_price`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

/// A JSON object that is being read.
#[derive(Debug)]
pub struct Members<'a> {
    path: String,
    map: &'a Map<String, Value>,
    asked: Vec<&'static str>,
}

impl<'a> Members<'a> {
    /// Begins to read an object that stands at `path`; the whole body stands at the empty path.
    pub fn of(value: &'a Value, path: &str) -> Result<Members<'a>, Invalid> {
        match value {
            Value::Object(map) => Ok(Members {
                path: path.to_owned(),
                map,
                asked: Vec::new(),
            }),
            _ => Err(Invalid {
                field: if path.is_empty() { "body" } else { path }.to_owned(),
                problem: "must be an object".to_owned(),
            }),
        }
    }

    /// Where a member stands.
    pub fn place(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// The fault of a member.
    pub fn wrong(&self, name: &str, problem: impl Into<String>) -> Invalid {
        Invalid {
            field: self.place(name),
            problem: problem.into(),
        }
    }

    /// A member, unless it is absent or `null`.
    pub fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.asked.push(name);
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// Whether a member is there at all, `null` included.
    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// Insists on what a read found.
    pub fn need<T>(&self, name: &str, found: Option<T>) -> Result<T, Invalid> {
        found.ok_or_else(|| self.wrong(name, "is required"))
    }

    /// Ends the reading: a member that nobody asked for is a fault, because it would be lost.
    pub fn finish(self) -> Result<(), Invalid> {
        match self.map.keys().find(|key| !self.asked.contains(&key.as_str())) {
            // The name is the client's; a long one is cut so that the answer stays short.
            Some(key) => Err(self.wrong(
                &key.chars().take(60).collect::<String>(),
                "is not a member that is known here",
            )),
            None => Ok(()),
        }
    }

    /// A text of at most `most` characters; a blank one is a fault.
    pub fn text(&mut self, name: &'static str, most: usize) -> Result<Option<String>, Invalid> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let Value::String(text) = value else {
            return Err(self.wrong(name, "must be a text"));
        };
        if text.chars().count() > most {
            return Err(self.wrong(name, format!("has more than {most} characters")));
        }
        if text.contains('\0') {
            return Err(self.wrong(name, "holds a NUL character"));
        }
        if text.trim().is_empty() {
            return Err(self.wrong(name, "is blank"));
        }
        Ok(Some(text.clone()))
    }

    /// A word of a list.
    pub fn word<T: Copy>(&mut self, name: &'static str, all: &[(T, &'static str)]) -> Result<Option<T>, Invalid> {
        let Some(text) = self.text(name, 60)? else {
            return Ok(None);
        };
        match all.iter().find(|(_, word)| *word == text) {
            Some((value, _)) => Ok(Some(*value)),
            None => {
                let words: Vec<&str> = all.iter().map(|(_, word)| *word).collect();
                Err(self.wrong(name, format!("must be one of {}", words.join(", "))))
            }
        }
    }

    /// A truth value.
    pub fn truth(&mut self, name: &'static str) -> Result<Option<bool>, Invalid> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(*truth)),
            Some(_) => Err(self.wrong(name, "must be true or false")),
        }
    }

    /// An id.
    pub fn id(&mut self, name: &'static str) -> Result<Option<DocumentId>, Invalid> {
        let Some(text) = self.text(name, 60)? else {
            return Ok(None);
        };
        match DocumentId::from_hex(&text) {
            Some(id) => Ok(Some(id)),
            None => Err(self.wrong(name, "must be an id of 24 hex digits")),
        }
    }

    /// A day.
    pub fn day(&mut self, name: &'static str) -> Result<Option<Date>, Invalid> {
        let Some(text) = self.text(name, 60)? else {
            return Ok(None);
        };
        match read_day(&text) {
            Ok(day) => Ok(Some(day)),
            Err(problem) => Err(self.wrong(name, problem)),
        }
    }

    /// An instant.
    pub fn instant(&mut self, name: &'static str) -> Result<Option<Timestamp>, Invalid> {
        let Some(text) = self.text(name, 60)? else {
            return Ok(None);
        };
        let Ok(at) = text.parse::<Timestamp>() else {
            return Err(self.wrong(name, "must be an instant such as 2026-03-15T12:00:00Z"));
        };
        let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        if day < FIRST_DAY || day > LAST_DAY {
            return Err(self.wrong(name, format!("must lie between {FIRST_DAY} and {LAST_DAY}")));
        }
        Ok(Some(at))
    }

    /// A whole number from `least` on.
    pub fn whole(&mut self, name: &'static str, least: i64) -> Result<Option<i64>, Invalid> {
        match self
            .value(name)
            .map(|value| value.as_i64().filter(|number| *number >= least))
        {
            None => Ok(None),
            Some(Some(number)) => Ok(Some(number)),
            Some(None) => Err(self.wrong(name, format!("must be a whole number from {least}"))),
        }
    }

    /// An exact number, as a text or as a JSON number.
    pub fn decimal(&mut self, name: &'static str) -> Result<Option<Decimal>, Invalid> {
        match self.value(name).map(read_decimal_or_text) {
            None => Ok(None),
            Some(Ok(decimal)) => Ok(Some(decimal)),
            Some(Err(error)) => Err(self.wrong(name, format!("is {error}"))),
        }
    }

    /// Money in any number of places: a unit price.
    pub fn price(&mut self, name: &'static str) -> Result<Option<(Decimal, Currency)>, Invalid> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let mut money = Members::of(value, &self.place(name))?;
        let amount = money.text("amount", 128)?;
        let amount = money.need("amount", amount)?;
        let amount = read_decimal_text(&amount).map_err(|error| money.wrong("amount", format!("is {error}")))?;
        let code = money.text("currency", 60)?;
        let code = money.need("currency", code)?;
        let currency = Currency::parse(&code)
            .ok_or_else(|| money.wrong("currency", "must be an ISO 4217 code of three letters"))?;
        money.finish()?;
        Ok(Some((amount, currency)))
    }

    /// Money in the places of its currency.
    pub fn money(&mut self, name: &'static str) -> Result<Option<(Amount, Currency)>, Invalid> {
        let Some((major, currency)) = self.price(name)? else {
            return Ok(None);
        };
        match exact(major, currency) {
            Some(amount) => Ok(Some((amount, currency))),
            None => Err(self.wrong(
                name,
                format!(
                    "must have at most {} decimal places and not pass the largest amount",
                    currency.exponent()
                ),
            )),
        }
    }

    /// Money that is not below zero.
    pub fn money_from_zero(&mut self, name: &'static str) -> Result<Option<(Amount, Currency)>, Invalid> {
        match self.money(name)? {
            Some((amount, _)) if amount.is_negative() => Err(self.wrong(name, "must not be below zero")),
            other => Ok(other),
        }
    }

    /// A list; at most `most` items.
    pub fn list(&mut self, name: &'static str, most: usize) -> Result<Option<&'a [Value]>, Invalid> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Array(items)) if items.len() > most => {
                Err(self.wrong(name, format!("has {} items, more than {most}", items.len())))
            }
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(_) => Err(self.wrong(name, "must be a list")),
        }
    }

    /// An object that is kept as it came, without NUL characters, which no database keeps.
    pub fn kept_object(&mut self, name: &'static str) -> Result<Option<Value>, Invalid> {
        match self.value(name) {
            None => Ok(None),
            Some(value @ Value::Object(_)) if holds_nul(value) => Err(self.wrong(name, "holds a NUL character")),
            Some(value @ Value::Object(_)) => Ok(Some(value.clone())),
            Some(_) => Err(self.wrong(name, "must be an object")),
        }
    }
}

/// Reads a day of ten characters within the span that documents may be dated in.
pub fn read_day(text: &str) -> Result<Date, String> {
    let day: Option<Date> = (text.len() == 10).then(|| text.parse().ok()).flatten();
    match day {
        None => Err("must be a day such as 2026-03-15".to_owned()),
        Some(day) if day < FIRST_DAY || day > LAST_DAY => Err(format!("must lie between {FIRST_DAY} and {LAST_DAY}")),
        Some(day) => Ok(day),
    }
}

/// Nesting is bounded before a body is parsed.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
