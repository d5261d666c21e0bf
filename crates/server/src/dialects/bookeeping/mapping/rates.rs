//! Discounts and taxes as the vendor has them: a percentage, or a sum.
//!
//! What they come to is rounded by the rule of the book. Deliberately absent: what they are of.

use quittance_accounting::money::Amount;
use quittance_accounting::rounding::Figures;
use quittance_books::view::BookView;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::incoming::Fields;
use crate::dialects::bookeeping::errors::Problem;
use crate::dialects::bookeeping::manners::SHORT_TEXT;
use crate::http::numbers;

/// A discount or a tax, and the object to give back.
pub(super) struct RateInput {
    /// Whether the value is a percentage; else it is a sum.
    pub(super) percentage: bool,
    /// The percentage, or the sum in major units.
    pub(super) value: Decimal,
}

impl RateInput {
    /// Reads one, if it is there.
    pub(super) fn read(fields: &Fields<'_>, member: &str) -> Result<Option<RateInput>, Problem> {
        let Some(rate) = fields.object(member)? else {
            return Ok(None);
        };
        let percentage = match rate.text("type", SHORT_TEXT)?.as_deref() {
            Some("PERCENTAGE") => true,
            Some("FIXED") => false,
            Some(_) | None => return Err(rate.fault("type", "must be PERCENTAGE or FIXED")),
        };
        let value = rate.number("value")?;
        if value.is_sign_negative() && !value.is_zero() {
            return Err(rate.fault("value", "must not be negative"));
        }
        if percentage && value > Decimal::ONE_HUNDRED {
            return Err(rate.fault("value", "must be at most 100"));
        }
        if rate.unknown(&["type", "value"]).next().is_some() {
            return Err(fields.fault(member, "must have the members type and value and no others"));
        }
        Ok(Some(RateInput { percentage, value }))
    }

    /// Of an amount, by itself.
    pub(super) fn of(&self, amount: Amount, figures: Figures) -> Option<Amount> {
        if self.percentage {
            figures.share(amount, self.value)
        } else {
            figures.amount(self.value)
        }
    }

    /// As the client said it.
    pub(super) fn shown(&self) -> Value {
        let kind = if self.percentage { "PERCENTAGE" } else { "FIXED" };
        json!({"type": kind, "value": numbers::number(self.value)})
    }
}

/// How the book makes amounts.
pub(super) fn figures(book: &BookView) -> Figures {
    Figures {
        rounding: book.settings.rounding,
        currency: book.settings.currency,
    }
}
