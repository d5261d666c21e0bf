//! JSON numbers and money, digit for digit.
//!
//! Every amount on the wire passes here, as decimal digits or as an integer count of minor units. No value is ever held
//! in binary floating point, so `0.1` is a tenth and an amount of nine quadrillion keeps its last cent.
//!
//! Not here: which members of which dialect are strings, integers or fractions (each `wire.rs`), and the exponent of a
//! currency (`accounting`).

use rust_decimal::Decimal;
use serde_json::{Number, Value};

/// Longest numeric text read. An exact 96-bit decimal has 29 digits; what clients print of a double has under 60.
const MAX_TEXT_BYTES: usize = 128;

/// Largest exponent read, either way. Wider than any [`Decimal`], so only zeros can use all of it.
const MAX_EXPONENT: i64 = 64;

/// Why a value is not an exact number here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// Not a number in the accepted form.
    NotANumber,
    /// More decimal places than fit: 28 for a decimal, the currency's exponent for minor units.
    TooManyPlaces,
    /// Beyond 96 bits for a decimal, beyond 64 bits for minor units.
    TooLarge,
}

impl std::fmt::Display for NumberError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            NumberError::NotANumber => "not a number",
            NumberError::TooManyPlaces => "too many decimal places",
            NumberError::TooLarge => "too large",
        })
    }
}

impl std::error::Error for NumberError {}

/// The shortest exact form: `50`, `50.5`, `-0.001`; never an exponent, never `-0`.
pub fn number(decimal: Decimal) -> Number {
    let decimal = if decimal.is_zero() {
        Decimal::ZERO
    } else {
        decimal.normalize()
    };
    json_number(&decimal.to_string())
}

/// Minor units with all their places: `(5000, 2)` is `50.00`, `(50, 0)` is `50`.
pub fn fixed(minor: i64, exponent: u32) -> Number {
    json_number(&fixed_text(minor, exponent))
}

/// Minor units as Python writes a float: `(5000, 2)` is `50.0`, `(5055, 2)` is `50.55`, `(0, 2)` is `0.0`.
///
/// Where a real float would lose digits or turn to an exponent, from 10^16 on, this stays plain and exact.
pub fn python_float(minor: i64, exponent: u32) -> Number {
    let text = fixed_text(minor, exponent);
    let text = match text.split_once('.') {
        None => format!("{text}.0"),
        Some((whole, places)) => match places.trim_end_matches('0') {
            "" => format!("{whole}.0"),
            kept => format!("{whole}.{kept}"),
        },
    };
    json_number(&text)
}

/// Minor units as text with all their places, for vendors that write amounts as strings: `(5, 2)` is `"0.05"`.
pub fn fixed_text(minor: i64, exponent: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let digits = minor.unsigned_abs().to_string();
    let places = exponent as usize;
    if places == 0 {
        return format!("{sign}{digits}");
    }
    let padding = (places + 1).saturating_sub(digits.len());
    let digits = format!("{}{digits}", "0".repeat(padding));
    let (whole, fraction) = digits.split_at(digits.len() - places);
    format!("{sign}{whole}.{fraction}")
}

/// Digits this file has laid out itself are a JSON number; if they are not, a wrong amount must not go out quietly.
fn json_number(text: &str) -> Number {
    match text.parse() {
        Ok(number) => number,
        Err(_) => unreachable!("{text} was laid out as a JSON number"),
    }
}

/// Reads a JSON number, exponent form included. Places as written are kept: `2.50` has scale 2.
///
/// # Errors
/// [`NumberError::NotANumber`] for any other kind of value, strings included; [`NumberError::TooManyPlaces`] beyond 28
/// places; [`NumberError::TooLarge`] beyond 96 bits. Nothing is rounded.
pub fn read_decimal(value: &Value) -> Result<Decimal, NumberError> {
    match value {
        Value::Number(number) => decimal_of(number.as_str()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Err(NumberError::NotANumber)
        }
    }
}

/// Reads a numeric string as vendors' frameworks do: blanks around it, a leading `+`, leading zeros, `.5`, `5.` and an
/// exponent are allowed; separators, words and currency signs are not.
///
/// # Errors
/// As [`read_decimal`].
pub fn read_decimal_text(text: &str) -> Result<Decimal, NumberError> {
    decimal_of(text.trim_ascii())
}

/// Reads a JSON number or a numeric string.
///
/// # Errors
/// As [`read_decimal`].
pub fn read_decimal_or_text(value: &Value) -> Result<Decimal, NumberError> {
    match value {
        Value::String(text) => read_decimal_text(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => read_decimal(value),
    }
}

/// Minor units of a currency with that exponent, exactly: `(12.3, 2)` is 1230. Trailing zeros do not count as places.
///
/// # Errors
/// [`NumberError::TooManyPlaces`] if digits would be lost, [`NumberError::TooLarge`] if it does not fit.
pub fn minor_units(decimal: Decimal, exponent: u32) -> Result<i64, NumberError> {
    let decimal = decimal.normalize();
    let missing = exponent
        .checked_sub(decimal.scale())
        .ok_or(NumberError::TooManyPlaces)?;
    let mantissa = decimal.mantissa();
    if mantissa == 0 {
        return Ok(0);
    }
    let factor = 10_i128.checked_pow(missing).ok_or(NumberError::TooLarge)?;
    let minor = mantissa.checked_mul(factor).ok_or(NumberError::TooLarge)?;
    i64::try_from(minor).map_err(|_| NumberError::TooLarge)
}

fn decimal_of(text: &str) -> Result<Decimal, NumberError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(NumberError::TooLarge);
    }
    let (negative, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberError::NotANumber);
    }
    let places = i64::try_from(fraction.len()).map_err(|_| NumberError::TooManyPlaces)?;
    scaled(negative, digits.trim_start_matches('0'), places, exponent)
}

/// An exponent out of bounds is clamped just past them, so that `0e999999` is still zero.
fn read_exponent(text: &str) -> Result<i64, NumberError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberError::NotANumber);
    }
    let size = digits
        .parse()
        .unwrap_or(i64::MAX)
        .min(MAX_EXPONENT + MAX_TEXT_BYTES as i64);
    Ok(if text.starts_with('-') { -size } else { size })
}

/// Significant digits, without leading zeros, times ten to the power of exponent minus places.
fn scaled(negative: bool, digits: &str, places: i64, exponent: i64) -> Result<Decimal, NumberError> {
    let max_places = i64::from(Decimal::MAX_SCALE);
    if digits.is_empty() {
        let kept = (places - exponent).clamp(0, max_places);
        return Ok(Decimal::new(0, u32::try_from(kept).unwrap_or(0)));
    }
    let mut digits = digits.to_owned();
    let mut places = places - exponent;
    while places > max_places && digits.ends_with('0') {
        digits.pop();
        places -= 1;
    }
    if places > max_places {
        return Err(NumberError::TooManyPlaces);
    }
    if places < 0 {
        let zeros = usize::try_from(-places).map_err(|_| NumberError::TooLarge)?;
        digits.push_str(&"0".repeat(zeros));
        places = 0;
    }
    loop {
        let coefficient = digits
            .parse::<i128>()
            .ok()
            .map(|size| if negative { -size } else { size });
        let scale = u32::try_from(places).map_err(|_| NumberError::TooManyPlaces)?;
        let fitted = coefficient.and_then(|value| Decimal::try_from_i128_with_scale(value, scale).ok());
        match fitted {
            Some(decimal) => return Ok(decimal),
            // Written-out zeros may be given up to make it fit; other digits may not.
            None if places > 0 && digits.ends_with('0') => {
                digits.pop();
                places -= 1;
            }
            // Its whole part would fit, so it is the places that are too many.
            None if i64::try_from(digits.len()).unwrap_or(i64::MAX) - places < i64::from(Decimal::MAX_SCALE) => {
                return Err(NumberError::TooManyPlaces);
            }
            None => return Err(NumberError::TooLarge),
        }
    }
}

#[cfg(test)]
mod tests;
