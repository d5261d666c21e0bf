//! Reading the members of a JSON object as the framework's fields do.
//!
//! Every faulty member is noted, so that one answer names them all; members are noted in the order in which they are read.

use std::collections::BTreeSet;

use jiff::civil::Date;
use quittance_accounting::book::BookSettings;
use quittance_accounting::money::{Amount, exact};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::http::numbers::{self, NumberError};

use super::super::manners::{LARGEST, MOST_DIGITS, MOST_IDS, MOST_PLACES};
use super::super::wire::{Kind, ON_RECEIPT, TERMS};

/// Whether a member must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must, and not be null.
    Required,
    /// It must, and may be null.
    Present,
    /// It need not; null counts as absent.
    Optional,
    /// It need not, but null is not what it may be.
    Given,
}

/// The members of an object and what is wrong with them.
pub struct Fields<'a> {
    members: &'a Map<String, Value>,
    errors: Map<String, Value>,
}

/// Python's name of a value's type.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.to_string().contains(['.', 'e', 'E']) => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// The object, or what the framework says of anything else.
pub fn object(value: &Value) -> Result<&Map<String, Value>, Value> {
    match value {
        Value::Object(members) => Ok(members),
        Value::Null => Err(json!({"non_field_errors": ["No data provided"]})),
        other => {
            let text = format!("Invalid data. Expected a dictionary, but got {}.", type_name(other));
            Err(json!({ "non_field_errors": [text] }))
        }
    }
}

/// Reads a day; months and days may have one digit.
pub fn day(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return None;
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = year.len() == 4 && (1..=2).contains(&month.len()) && (1..=2).contains(&day.len());
    if !fits || ![*year, *month, *day].into_iter().all(digits) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// Whether there is a NUL in any text of the value.
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

/// What is wrong with a value that should be a reference.
fn not_a_pk(value: &Value) -> String {
    format!("Incorrect type. Expected pk value, received {}.", type_name(value))
}

/// An integer as a number or a numeric text; `None` when it is neither, `Some(None)` when it is too large.
pub fn whole(value: &Value) -> Option<Option<i64>> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let digits = text.strip_prefix('-').unwrap_or(&text);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())
}

impl<'a> Fields<'a> {
    /// Reads these members.
    pub fn of(members: &'a Map<String, Value>) -> Fields<'a> {
        Fields {
            members,
            errors: Map::new(),
        }
    }

    /// Notes what is wrong with a member.
    pub fn say(&mut self, name: &str, text: impl Into<String>) {
        self.errors.insert(name.to_owned(), json!([text.into()]));
    }

    /// Notes what is wrong inside a member.
    pub fn say_inside(&mut self, name: &str, errors: Value) {
        self.errors.insert(name.to_owned(), errors);
    }

    /// What is wrong, if anything is.
    pub fn errors(self) -> Option<Value> {
        (!self.errors.is_empty()).then_some(Value::Object(self.errors))
    }

    /// Whether the member is there, be it null.
    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// The member, when it is there and not null; what is missing is noted.
    pub fn value(&mut self, name: &str, need: Need) -> Option<&'a Value> {
        match (self.members.get(name), need) {
            (None, Need::Optional | Need::Given) | (Some(Value::Null), Need::Optional | Need::Present) => None,
            (None, Need::Required | Need::Present) => {
                self.say(name, "This field is required.");
                None
            }
            (Some(Value::Null), Need::Required | Need::Given) => {
                self.say(name, "This field may not be null.");
                None
            }
            (Some(value), _) => Some(value),
        }
    }

    /// A text, trimmed; a number counts as its digits.
    pub fn text(&mut self, name: &str, need: Need, most: usize) -> Option<String> {
        let text = match self.value(name, need)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                self.say(name, "Not a valid string.");
                return None;
            }
        };
        if text.contains('\0') {
            self.say(name, "Null characters are not allowed.");
        } else if text.is_empty() && matches!(need, Need::Required | Need::Given) {
            self.say(name, "This field may not be blank.");
        } else if text.chars().count() > most {
            self.say(name, format!("Ensure this field has no more than {most} characters."));
        } else {
            return Some(text);
        }
        None
    }

    /// A day between 1900 and 2999.
    pub fn date(&mut self, name: &str, need: Need) -> Option<Date> {
        let value = self.value(name, need)?;
        let Some(date) = value.as_str().and_then(day) else {
            self.say(
                name,
                "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.",
            );
            return None;
        };
        if !(1900..3000).contains(&date.year()) {
            self.say(name, "Ensure this date is between 1900-01-01 and 2999-12-31.");
            return None;
        }
        Some(date)
    }

    /// A number with at most so many places.
    pub fn number(&mut self, name: &str, need: Need, places: u32) -> Option<Decimal> {
        let value = self.value(name, need)?;
        let too_many_places = || format!("Ensure that there are no more than {places} decimal places.");
        let too_many_digits = || format!("Ensure that there are no more than {MOST_DIGITS} digits in total.");
        match numbers::read_decimal_or_text(value) {
            Ok(number) => {
                let number = number.normalize();
                if number.scale() > places {
                    self.say(name, too_many_places());
                } else if number.mantissa().unsigned_abs() >= 10_u128.pow(MOST_DIGITS) {
                    self.say(name, too_many_digits());
                } else {
                    return Some(number);
                }
            }
            Err(NumberError::NotANumber) => self.say(name, "A valid number is required."),
            Err(NumberError::TooManyPlaces) => self.say(name, too_many_places()),
            Err(NumberError::TooLarge) => self.say(name, too_many_digits()),
        }
        None
    }

    /// An amount in the book's currency.
    pub fn money(&mut self, name: &str, need: Need, settings: &BookSettings) -> Option<Amount> {
        let number = self.number(name, need, settings.currency.exponent())?;
        let amount = exact(number, settings.currency);
        if amount.is_none() {
            let which = if number.is_sign_negative() {
                format!("greater than or equal to -{LARGEST}")
            } else {
                format!("less than or equal to {LARGEST}")
            };
            self.say(name, format!("Ensure this value is {which}."));
        }
        amount
    }

    /// Yes or no; texts of either are taken.
    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        let value = self.value(name, Need::Optional)?;
        let word = match value {
            Value::Bool(given) => return Some(*given),
            Value::String(text) => text.to_ascii_lowercase(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
        };
        match word.as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => {
                self.say(name, "Must be a valid boolean.");
                None
            }
        }
    }

    /// One of these words.
    pub fn choice(&mut self, name: &str, words: &[&'static str]) -> Option<&'static str> {
        let value = self.value(name, Need::Optional)?;
        let word = value.as_str().and_then(|text| words.iter().find(|word| **word == text));
        if word.is_none() {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let shown: String = shown.chars().take(100).collect();
            self.say(name, format!("\"{shown}\" is not a valid choice."));
        }
        word.copied()
    }

    /// An integer.
    pub fn integer(&mut self, name: &str) -> Option<i64> {
        let value = self.value(name, Need::Optional)?;
        let number = whole(value).flatten();
        if number.is_none() {
            self.say(name, "A valid integer is required.");
        }
        number
    }

    /// A reference, as its number in the book; `known` says which integers name something.
    pub fn reference(&mut self, name: &str, need: Need, known: &BTreeSet<i64>) -> Option<i64> {
        let value = self.value(name, need)?;
        let Some(id) = whole(value) else {
            self.say(name, not_a_pk(value));
            return None;
        };
        let found = id.filter(|id| known.contains(id));
        if found.is_none() {
            let shown: String = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let shown: String = shown.trim().chars().take(40).collect();
            self.say(name, format!("Invalid pk \"{shown}\" - object does not exist."));
        }
        found
    }

    /// A list of references, as their integers; `known` says which integers name something.
    pub fn references(&mut self, name: &str, known: &BTreeSet<i64>) -> Option<Vec<i64>> {
        let value = self.integers(name)?;
        let ids: Vec<i64> = value.as_array()?.iter().filter_map(Value::as_i64).collect();
        match ids.iter().find(|id| !known.contains(id)) {
            Some(unknown) => {
                self.say(name, format!("Invalid pk \"{unknown}\" - object does not exist."));
                None
            }
            None => Some(ids),
        }
    }

    /// Members that are only kept, in their plain form.
    pub fn kept(&mut self, table: &[(&str, Kind)]) -> Map<String, Value> {
        let mut kept = Map::new();
        for (name, kind) in table {
            if let Some(value) = self.kept_one(name, *kind) {
                kept.insert((*name).to_owned(), value);
            }
        }
        kept
    }

    fn kept_one(&mut self, name: &str, kind: Kind) -> Option<Value> {
        match kind {
            Kind::Text(most) => self.text(name, Need::Optional, most).map(Value::from),
            Kind::Integer => self.integer(name).map(Value::from),
            Kind::Date => self
                .date(name, Need::Optional)
                .map(|date| Value::from(date.to_string())),
            Kind::Number => {
                let number = self.number(name, Need::Optional, MOST_PLACES)?;
                Some(Value::Number(super::number(number)))
            }
            Kind::Boolean => self.boolean(name).map(Value::from),
            Kind::Integers => self.integers(name),
            Kind::Terms => {
                let words: Vec<&'static str> = TERMS.into_iter().chain([ON_RECEIPT]).collect();
                self.choice(name, &words).map(Value::from)
            }
            Kind::Any => {
                let value = self.value(name, Need::Optional)?;
                if has_nul(value) {
                    self.say(name, "Null characters are not allowed.");
                    return None;
                }
                Some(value.clone())
            }
        }
    }

    fn integers(&mut self, name: &str) -> Option<Value> {
        let value = self.value(name, Need::Optional)?;
        let Some(items) = value.as_array() else {
            let text = format!("Expected a list of items but got type \"{}\".", type_name(value));
            self.say(name, text);
            return None;
        };
        if items.len() > MOST_IDS {
            self.say(name, format!("Ensure this field has no more than {MOST_IDS} elements."));
            return None;
        }
        let numbers: Option<Vec<i64>> = items.iter().map(|item| whole(item).flatten()).collect();
        if numbers.is_none() {
            self.say(name, "A valid integer is required.");
        }
        numbers.map(Value::from)
    }
}

/// A list of objects: each, or what the framework says of the list.
pub fn objects(value: &Value, most: usize) -> Result<&[Value], Value> {
    let Some(items) = value.as_array() else {
        let text = format!("Expected a list of items but got type \"{}\".", type_name(value));
        return Err(json!({ "non_field_errors": [text] }));
    };
    if items.is_empty() {
        return Err(json!({"non_field_errors": ["This list may not be empty."]}));
    }
    if items.len() > most {
        let text = format!("Ensure this field has no more than {most} elements.");
        return Err(json!({ "non_field_errors": [text] }));
    }
    Ok(items)
}

/// Reads each object of a list by `read`: all of them, or what is wrong by position, an object in order being an empty one.
pub fn each<'a, T>(
    items: &'a [Value],
    mut read: impl FnMut(&'a Map<String, Value>) -> Result<T, Value>,
) -> Result<Vec<T>, Value> {
    let mut all = Vec::with_capacity(items.len());
    let mut errors = Vec::with_capacity(items.len());
    for item in items {
        match object(item).and_then(&mut read) {
            Ok(one) => {
                all.push(one);
                errors.push(json!({}));
            }
            Err(wrong) => errors.push(wrong),
        }
    }
    if all.len() < items.len() {
        return Err(Value::Array(errors));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_the_framework_reads_them() {
        assert_eq!(day("2026-03-05"), Date::new(2026, 3, 5).ok());
        assert_eq!(day("2026-3-5"), Date::new(2026, 3, 5).ok());
        for text in [
            "",
            "2026-02-30",
            "26-03-05",
            "2026-03-05T00:00",
            "+026-03-05",
            "2026/03/05",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
