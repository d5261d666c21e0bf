//! Checking a request against a table of what it may hold, and saying everything that is wrong with it at once.
//!
//! The sentences follow the manner of the validator that the vendor's answers show. After a check without problems the getters of
//! this file find what they look for; without one they find nothing, and never panic.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::http::numbers;

/// The first and last year of a date: outside of them it is a slip of the pen, and sums of instants could leave the calendar.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;

/// How many problems are said at once: enough to mend a request, and no flood.
const MOST_PROBLEMS: usize = 50;

/// A member of a request.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    name: &'static str,
    need: Need,
    kind: Kind,
}

/// Whether a member must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Optional,
    Present,
    Filled,
}

/// What a member may hold.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text of at most so many bytes.
    Text(usize),
    /// True or false.
    Flag,
    /// A number from and through.
    Number(i64, i64),
    /// A whole number from and through.
    Whole(i64, i64),
    /// Digits in a text, from and through.
    Count(i64, i64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A day, YYYY-MM-DD.
    Day,
    /// An instant in ISO 8601.
    Instant,
    /// An instant in ISO 8601, or a day.
    Moment,
    /// An object with these members.
    Shape(&'static [Member]),
    /// An object with any members.
    Open,
    /// A list of at most so many.
    List(&'static Kind, usize),
    /// Anything.
    Any,
}

/// A member that may be left out.
pub const fn opt(name: &'static str, kind: Kind) -> Member {
    Member {
        name,
        need: Need::Optional,
        kind,
    }
}

/// A member that must be there.
pub const fn must(name: &'static str, kind: Kind) -> Member {
    Member {
        name,
        need: Need::Present,
        kind,
    }
}

/// A member that must be there and not be empty.
pub const fn filled(name: &'static str, kind: Kind) -> Member {
    Member {
        name,
        need: Need::Filled,
        kind,
    }
}

/// Everything that is wrong with a request.
pub fn problems(map: &Map<String, Value>, shape: &[Member]) -> Vec<String> {
    let mut problems = Vec::new();
    check_members(map, shape, "", &mut problems);
    problems.truncate(MOST_PROBLEMS);
    problems
}

fn check_members(map: &Map<String, Value>, shape: &[Member], path: &str, problems: &mut Vec<String>) {
    for name in map.keys() {
        if problems.len() < MOST_PROBLEMS && !shape.iter().any(|member| member.name == name) {
            problems.push(format!("{path}property {} should not exist", short(name)));
        }
    }
    for member in shape {
        let value = map.get(member.name).filter(|value| !value.is_null());
        let full = format!("{path}{}", member.name);
        match value {
            None if member.need == Need::Optional => {}
            None => problems.push(format!("{full} should not be empty")),
            Some(value) => {
                let empty = value.as_str().is_some_and(|text| text.trim().is_empty())
                    || value.as_array().is_some_and(Vec::is_empty);
                if member.need == Need::Filled && empty {
                    problems.push(format!("{full} should not be empty"));
                } else {
                    check(value, member.kind, &full, problems);
                }
            }
        }
    }
}

fn check(value: &Value, kind: Kind, path: &str, problems: &mut Vec<String>) {
    if problems.len() >= MOST_PROBLEMS {
        return;
    }
    let problem = match kind {
        Kind::Text(most) => match value.as_str() {
            None => Some("must be a string".to_owned()),
            Some(text) => text_problem(text, most),
        },
        Kind::Flag => (!value.is_boolean()).then(|| "must be a boolean value".to_owned()),
        Kind::Number(least, most) => number_problem(value, least, most),
        Kind::Whole(least, most) => whole_problem(value, least, most),
        Kind::Count(least, most) => count_problem(value, least, most),
        Kind::Word(words) => (!value.as_str().is_some_and(|text| words.contains(&text)))
            .then(|| format!("must be one of the following values: {}", words.join(", "))),
        Kind::Day => value
            .as_str()
            .and_then(day_of)
            .is_none()
            .then(|| "must be a date in the form YYYY-MM-DD between the years 1900 and 2199".to_owned()),
        Kind::Instant => value
            .as_str()
            .and_then(instant_of)
            .is_none()
            .then(|| "must be a valid ISO 8601 date string".to_owned()),
        Kind::Moment => value
            .as_str()
            .is_none_or(|text| instant_of(text).is_none() && day_of(text).is_none())
            .then(|| "must be a valid ISO 8601 date string".to_owned()),
        Kind::Shape(shape) => match value.as_object() {
            None => Some("must be an object".to_owned()),
            Some(map) => {
                check_members(map, shape, &format!("{path}."), problems);
                None
            }
        },
        Kind::Open => match value.as_object() {
            None => Some("must be an object".to_owned()),
            Some(_) => any_problem(value),
        },
        Kind::List(inner, most) => match value.as_array() {
            None => Some("must be an array".to_owned()),
            Some(list) if list.len() > most => Some(format!("must contain no more than {most} elements")),
            Some(list) => {
                for (place, value) in list.iter().enumerate() {
                    check(value, *inner, &format!("{path}.{place}"), problems);
                }
                None
            }
        },
        Kind::Any => any_problem(value),
    };
    problems.extend(problem.map(|problem| format!("{path} {problem}")));
}

fn text_problem(text: &str, most: usize) -> Option<String> {
    if text.len() > most {
        Some(format!("must be shorter than or equal to {most} bytes"))
    } else if text.contains('\0') {
        Some("must not contain the character U+0000".to_owned())
    } else {
        None
    }
}

/// Texts deep inside what is kept as it came.
fn any_problem(value: &Value) -> Option<String> {
    let text = |text: &str| text_problem(text, super::super::manners::TEXT_BYTES);
    match value {
        Value::String(own) => text(own),
        Value::Array(values) => values.iter().find_map(any_problem),
        Value::Object(map) => map
            .iter()
            .find_map(|(name, value)| text(name).or_else(|| any_problem(value))),
        Value::Number(number) if number.as_str().len() > 64 => {
            Some("must be a number conforming to the specified constraints".to_owned())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn number_problem(value: &Value, least: i64, most: i64) -> Option<String> {
    let Ok(number) = numbers::read_decimal(value) else {
        return Some("must be a number conforming to the specified constraints".to_owned());
    };
    range_problem(number, least, most)
}

fn whole_problem(value: &Value, least: i64, most: i64) -> Option<String> {
    match numbers::read_decimal(value) {
        Ok(number) if number.fract().is_zero() => range_problem(number, least, most),
        Ok(_) | Err(_) => Some("must be an integer number".to_owned()),
    }
}

fn count_problem(value: &Value, least: i64, most: i64) -> Option<String> {
    let digits = value
        .as_str()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.and_then(|text| text.parse::<i64>().ok()) {
        None => Some("must be a number string".to_owned()),
        Some(count) => range_problem(Decimal::from(count), least, most),
    }
}

fn range_problem(number: Decimal, least: i64, most: i64) -> Option<String> {
    if number < Decimal::from(least) {
        Some(format!("must not be less than {least}"))
    } else if number > Decimal::from(most) {
        Some(format!("must not be greater than {most}"))
    } else {
        None
    }
}

fn day_of(text: &str) -> Option<Date> {
    let in_form = text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let day: Date = in_form.then(|| text.parse().ok())??;
    YEARS.contains(&day.year()).then_some(day)
}

fn instant_of(text: &str) -> Option<Timestamp> {
    let instant: Timestamp = text.parse().ok()?;
    let year = jiff::tz::TimeZone::UTC.to_datetime(instant).year();
    YEARS.contains(&year).then_some(instant)
}

fn short(name: &str) -> String {
    name.chars().take(100).collect()
}

/// A text, if there is one.
pub fn text<'m>(map: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    map.get(name)?.as_str()
}

/// A number, if there is one.
pub fn decimal(map: &Map<String, Value>, name: &str) -> Option<Decimal> {
    numbers::read_decimal(map.get(name)?).ok()
}

/// A whole number, if there is one.
pub fn whole(map: &Map<String, Value>, name: &str) -> Option<i64> {
    let number = decimal(map, name)?.normalize();
    number.fract().is_zero().then(|| i64::try_from(number).ok())?
}

/// An object, if there is one.
pub fn object<'m>(map: &'m Map<String, Value>, name: &str) -> Option<&'m Map<String, Value>> {
    map.get(name)?.as_object()
}

/// The members of a list, or none.
pub fn list<'m>(map: &'m Map<String, Value>, name: &str) -> &'m [Value] {
    map.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// True only where it says so.
pub fn flag(map: &Map<String, Value>, name: &str) -> Option<bool> {
    map.get(name)?.as_bool()
}

/// A day, if there is one.
pub fn day(map: &Map<String, Value>, name: &str) -> Option<Date> {
    day_of(text(map, name)?)
}

/// An instant, if there is one.
pub fn instant(map: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    instant_of(text(map, name)?)
}

/// Digits in a text, if there are some.
pub fn count(map: &Map<String, Value>, name: &str) -> Option<i64> {
    text(map, name)?.parse().ok()
}
