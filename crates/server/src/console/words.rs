//! Sums, instants and names as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use quittance_accounting::identity::AccountKey;
use quittance_accounting::money::Currency;
use quittance_books::view::BookView;

use crate::http::numbers::fixed_text;

/// Minor units with thousands set apart: `1,234,567.80`.
pub fn sum(minor: i64, currency: Currency) -> String {
    set_apart(&fixed_text(minor, currency.exponent()))
}

/// The digits of an amount with thousands set apart; what stands after them stays.
pub fn set_apart(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("\u{2212}", rest));
    let (digits, after) = digits.split_at(digits.find(' ').unwrap_or(digits.len()));
    let (whole, places) = digits
        .split_once('.')
        .map_or((digits, None), |(whole, places)| (whole, Some(places)));
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(places) = places {
        out.push('.');
        out.push_str(places);
    }
    out + after
}

/// A sum, or a dash for nothing.
pub fn sum_or_dash(minor: i64, currency: Currency) -> Markup {
    if minor == 0 {
        html! { span.faint { "\u{2013}" } }
    } else {
        html! { (sum(minor, currency)) }
    }
}

/// The currency of a sum, where it is not the book's.
pub fn abroad(currency: Currency, own: Currency) -> Markup {
    html! { @if currency != own { " " (currency) } }
}

/// An instant in the book's zone, exact in the machine-readable part.
pub fn instant(at: Timestamp, book: &BookView) -> Markup {
    let zone = TimeZone::get(&book.settings.zone).unwrap_or(TimeZone::UTC);
    let shown = zone.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string();
    html! { time datetime=(at.to_string()) { (shown) } }
}

/// An account's code and name.
pub fn account(key: AccountKey, book: &BookView) -> Markup {
    match book.account(key) {
        Some(account) => html! { span.code { (account.code) } " " (account.name) },
        None => html! { span.code { (key.0) } },
    }
}

/// A word of ours as people write it.
pub fn plain(word: &str) -> String {
    word.replace(['_', '.'], " ")
}

/// A balance with its side: `120.00 debit`.
pub fn balance(net: i64, currency: Currency) -> Markup {
    match net {
        0 => sum_or_dash(0, currency),
        _ => {
            let word = if net < 0 { "Cr" } else { "Dr" };
            let title = if net < 0 { "credit" } else { "debit" };
            html! { (sum(net.saturating_abs(), currency)) " " abbr title=(title) { (word) } }
        }
    }
}

/// A dialect as people name it.
pub fn dialect(name: &str) -> &str {
    match name {
        "campfire" => "Campfire",
        "bookeeping" => "Bookeeping.ai",
        "layer" => "Layer",
        "moov" => "Moov",
        "highlevel" => "HighLevel",
        "native" => "the native API",
        "cli" => "the command line",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (minor, text) in [
            (0, "0.00"),
            (5, "0.05"),
            (123_456, "1,234.56"),
            (100_000_000, "1,000,000.00"),
            (-99_999, "\u{2212}999.99"),
        ] {
            assert_eq!(sum(minor, Currency::USD), text);
        }
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(sum(1234, yen), "1,234");
        assert_eq!(set_apart("-1234567.5 EUR"), "\u{2212}1,234,567.5 EUR");
    }
}
