//! Taking a body apart, member by member.
//!
//! Two kinds of fault are kept apart as the vendor keeps them: a body of the wrong shape is one sentence with a path (400), a
//! value that cannot be used is a message under the member's own key (422), and all of those are collected. Deliberately absent:
//! knowledge of any operation.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use quittance_accounting::money::{Amount, Currency, exact};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::super::manners::{MOST_DECIMAL, document_id};
use crate::http::numbers::read_decimal_text;

/// A value that cannot be used, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The keys down to it.
    pub path: Vec<String>,
    /// What is wrong.
    pub message: String,
}

impl Fault {
    /// A fault at a place.
    pub fn at(path: &[&str], message: &str) -> Fault {
        Fault {
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            message: message.to_owned(),
        }
    }
}

/// Why a body cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is of another shape.
    Shape(String),
    /// Its values are out of place.
    Values(Vec<Fault>),
}

/// An object in a body, and where it stands.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    members: &'a Map<String, Value>,
    path: Vec<String>,
}

impl<'a> Fields<'a> {
    /// The body itself.
    pub fn of(body: Option<&'a Value>) -> Result<Fields<'a>, Unreadable> {
        match body {
            Some(Value::Object(members)) => Ok(Fields {
                members,
                path: Vec::new(),
            }),
            Some(_) => Err(Unreadable::Shape("The body must be a JSON object.".to_owned())),
            None => Err(Unreadable::Shape("A JSON body is required.".to_owned())),
        }
    }

    /// Where a member stands.
    pub fn path_of(&self, name: &str) -> Vec<String> {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        path
    }

    /// A fault at a member.
    pub fn fault(&self, name: &str, message: &str) -> Fault {
        Fault {
            path: self.path_of(name),
            message: message.to_owned(),
        }
    }

    /// The member, unless it is absent or null.
    pub fn member(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// Whether the member is there, even as null.
    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    fn misshapen(&self, name: &str, what: &str) -> Unreadable {
        Unreadable::Shape(format!("{} must be {what}.", self.path_of(name).join(".")))
    }

    /// A string.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, Unreadable> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.misshapen(name, "a string")),
        }
    }

    /// A string of so many characters, without NUL; a fault is noted and the text kept out.
    pub fn bounded(&self, name: &str, most: usize, faults: &mut Vec<Fault>) -> Result<Option<String>, Unreadable> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        if let Some(message) = text_fault(text, most) {
            faults.push(self.fault(name, &message));
            return Ok(None);
        }
        Ok(Some(text.to_owned()))
    }

    /// A string that must be there and hold something; a fault is noted.
    pub fn required(&self, name: &str, most: usize, faults: &mut Vec<Fault>) -> Result<Option<String>, Unreadable> {
        if self.text(name)?.is_none_or(|text| text.trim().is_empty()) {
            faults.push(self.fault(name, "is required"));
            return Ok(None);
        }
        self.bounded(name, most, faults)
    }

    /// An object.
    pub fn object(&self, name: &str) -> Result<Option<Fields<'a>>, Unreadable> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Fields {
                members,
                path: self.path_of(name),
            })),
            Some(_) => Err(self.misshapen(name, "an object")),
        }
    }

    /// A list of objects, each under its index.
    pub fn objects(&self, name: &str) -> Result<Option<Vec<Fields<'a>>>, Unreadable> {
        let values = match self.member(name) {
            None => return Ok(None),
            Some(Value::Array(values)) => values,
            Some(_) => return Err(self.misshapen(name, "a list")),
        };
        let fields = values.iter().enumerate().map(|(index, value)| {
            let mut path = self.path_of(name);
            path.push(index.to_string());
            match value {
                Value::Object(members) => Ok(Fields { members, path }),
                _ => Err(Unreadable::Shape(format!("{} must be an object.", path.join(".")))),
            }
        });
        fields.collect::<Result<Vec<_>, _>>().map(Some)
    }

    /// A whole number from 1 to 2147483647; a fault is noted.
    pub fn count(&self, name: &str, faults: &mut Vec<Fault>) -> Result<Option<i64>, Unreadable> {
        match self.member(name) {
            None => {
                faults.push(self.fault(name, "is required"));
                Ok(None)
            }
            Some(Value::Number(number)) => {
                let found = number.as_i64().filter(|n| (1..=i64::from(i32::MAX)).contains(n));
                if found.is_none() {
                    faults.push(self.fault(name, "must be a whole number from 1 to 2147483647"));
                }
                Ok(found)
            }
            Some(_) => Err(self.misshapen(name, "a number")),
        }
    }

    /// An instant; a fault is noted.
    pub fn instant(&self, name: &str, faults: &mut Vec<Fault>) -> Result<Option<Timestamp>, Unreadable> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let found = read_instant(text);
        if found.is_none() {
            faults.push(self.fault(name, NOT_AN_INSTANT));
        }
        Ok(found)
    }

    /// The id of a document here, or a fault.
    pub fn id(
        &self,
        name: &str,
        faults: &mut Vec<Fault>,
    ) -> Result<Option<quittance_accounting::identity::DocumentId>, Unreadable> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let found = document_id(text);
        if found.is_none() {
            faults.push(self.fault(name, "names nothing here"));
        }
        Ok(found)
    }
}

/// What to say of a text that is no instant.
pub const NOT_AN_INSTANT: &str = "must be a date and time such as 2026-01-02T15:04:05Z, of the years 1 to 9998";

/// An instant with its offset, of a year that four digits can write in every zone. Annotations in brackets are not RFC 3339.
pub fn read_instant(text: &str) -> Option<Timestamp> {
    if text.contains('[') {
        return None;
    }
    let instant: Timestamp = text.parse().ok()?;
    let year = TimeZone::fixed(Offset::UTC).to_datetime(instant).year();
    (1..=9998).contains(&year).then_some(instant)
}

/// What is wrong with a text of at most so many characters.
fn text_fault(text: &str, most: usize) -> Option<String> {
    if text.contains('\0') {
        Some("must not hold a NUL character".to_owned())
    } else if text.chars().count() > most {
        Some(format!("must be at most {most} characters long"))
    } else {
        None
    }
}

/// How an amount is read: in which currency, and what is noted where.
#[derive(Clone, Copy, Debug)]
pub struct Prices {
    /// The currency that it must be in.
    pub currency: Currency,
    /// Whose currency that is.
    pub of: &'static str,
    /// Whether it may be below zero.
    pub signed: bool,
    /// Whether faults stand under `currency` and `valueDecimal`; else under the amount itself.
    pub faults_inside: bool,
    /// Whether members may be missing: then the currency is the account's, and no value is no amount.
    pub in_part: bool,
}

impl Prices {
    /// A price with up to nine places; a fault is noted.
    pub fn price(&self, amount: &Fields<'_>, faults: &mut Vec<Fault>) -> Result<Option<Decimal>, Unreadable> {
        let mut note = |name: &str, message: &str| {
            faults.push(if self.faults_inside {
                amount.fault(name, message)
            } else {
                Fault {
                    path: amount.path.clone(),
                    message: format!("{name} {message}"),
                }
            });
        };
        match amount.text("currency")? {
            None if self.in_part => {}
            None => note("currency", "is required"),
            Some(text) => match Currency::parse(text) {
                None => note("currency", "must be three letters"),
                Some(currency) if currency != self.currency => {
                    note(
                        "currency",
                        &format!("must be {}, the currency of the {}", self.currency, self.of),
                    );
                }
                Some(_) => {}
            },
        }
        let Some(text) = amount.text("valueDecimal")? else {
            if !self.in_part {
                note("valueDecimal", "is required");
            }
            return Ok(None);
        };
        match self.read(text) {
            Ok(value) => Ok(Some(value)),
            Err(message) => {
                note("valueDecimal", message);
                Ok(None)
            }
        }
    }

    /// A sum of money: no more places than the currency has; a fault is noted.
    pub fn sum(&self, amount: &Fields<'_>, faults: &mut Vec<Fault>) -> Result<Option<Amount>, Unreadable> {
        let Some(value) = self.price(amount, faults)? else {
            return Ok(None);
        };
        let found = exact(value, self.currency);
        if found.is_none() {
            let places = self.currency.exponent();
            let message = format!("is too large or has more than {places} decimal places");
            faults.push(if self.faults_inside {
                amount.fault("valueDecimal", &message)
            } else {
                Fault {
                    path: amount.path.clone(),
                    message: format!("valueDecimal {message}"),
                }
            });
        }
        Ok(found)
    }

    fn read(&self, text: &str) -> Result<Decimal, &'static str> {
        let unsigned = if self.signed {
            text.strip_prefix('-').unwrap_or(text)
        } else {
            text
        };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let in_form = unsigned
            .split_once('.')
            .is_some_and(|(whole, places)| digits(whole) && digits(places) && places.len() <= 9);
        if !in_form {
            return Err("must be digits, a point and one to nine more digits, such as 10.00");
        }
        if text.len() > MOST_DECIMAL {
            return Err("is too large");
        }
        read_decimal_text(text).map_err(|_| "is too large")
    }
}
