//! The settings of a location: what a request leaves out is taken from them.

use jiff::ToSpan;
use jiff::civil::Date;
use quittance_accounting::book::BookSettings;
use serde_json::{Map, Value, json};

use super::super::wire::shape::{text, whole};

type Members = Map<String, Value>;

/// The heading of an invoice where nobody chose one: the vendor's example.
pub const TITLE: &str = "INVOICE";
/// The heading of an estimate where nobody chose one: the vendor's example.
pub const ESTIMATES_TITLE: &str = "ESTIMATE";
/// What stands before the number of an estimate where nobody chose it: the specification's.
pub const ESTIMATE_PREFIX: &str = "EST-";

/// The settings of a location, as far as somebody chose any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults(Members);

impl Defaults {
    /// The settings that were written; `None` where none were.
    pub fn of(written: Option<Value>) -> Defaults {
        match written {
            Some(Value::Object(members)) => Defaults(members),
            Some(_) | None => Defaults::default(),
        }
    }

    /// All that is in effect, as the vendor answers it.
    pub fn shown(&self, book: &BookSettings) -> Value {
        let mut shown = json!({
            "altId": book.id.hex(),
            "altType": "location",
            "title": TITLE,
            "estimatesTitle": ESTIMATES_TITLE,
            "invoiceNumberPrefix": "",
            "estimateNumberPrefix": ESTIMATE_PREFIX,
            "dueAfterXDays": 0,
            "estimatesExpireAfterXDays": 0,
            "businessDetails": {"name": book.name},
        });
        for (name, value) in &self.0 {
            shown[name] = value.clone();
        }
        shown
    }

    /// What a request leaves out of what an invoice can have a default for. A title is left to whoever shows it.
    pub fn fill(&self, request: &mut Members) {
        for name in [
            "title",
            "lateFeesConfiguration",
            "tipsConfiguration",
            "paymentMethods",
            "businessDetails",
        ] {
            let missing = request.get(name).is_none_or(Value::is_null);
            if let Some(value) = self.0.get(name).filter(|_| missing) {
                request.insert(name.to_owned(), value.clone());
            }
        }
    }

    /// The terms of invoices.
    pub fn terms(&self) -> Option<&str> {
        text(&self.0, "termsNote")
    }

    /// What stands before the number of an invoice.
    pub fn invoice_prefix(&self) -> &str {
        text(&self.0, "invoiceNumberPrefix").unwrap_or_default()
    }

    /// What stands before the number of an estimate.
    pub fn estimate_prefix(&self) -> &str {
        text(&self.0, "estimateNumberPrefix").unwrap_or(ESTIMATE_PREFIX)
    }

    /// The heading of an estimate.
    pub fn estimates_title(&self) -> &str {
        text(&self.0, "estimatesTitle").unwrap_or(ESTIMATES_TITLE)
    }

    /// The terms of estimates.
    pub fn estimates_terms(&self) -> Option<&str> {
        text(&self.0, "estimatesTermsNote")
    }

    /// The day on which an estimate of this day ends.
    pub fn expiry(&self, issued: Date) -> Date {
        self.after(issued, "estimatesExpireAfterXDays")
    }

    /// The day on which an invoice of this day is due.
    pub fn due(&self, issued: Date) -> Date {
        self.after(issued, "dueAfterXDays")
    }

    fn after(&self, day: Date, name: &str) -> Date {
        day.saturating_add(whole(&self.0, name).unwrap_or(0).days())
    }
}
