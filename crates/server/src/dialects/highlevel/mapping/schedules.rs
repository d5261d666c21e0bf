//! What a schedule says and where it stands, as it is stored and as it is shown.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use quittance_accounting::book::BookSettings;
use quittance_books::resources::ResourceView;
use serde_json::{Map, Value, json};

use super::super::errors::Fault;
use super::super::wire::shape::{flag, list, object, text, whole};
use super::recurrence::{Run, Timing};
use super::stored;

type Members = Map<String, Value>;

/// What those schedules belong to that will make an invoice: the worker looks only there.
pub const WAITING: &str = "waiting";

/// How many of the invoices that a schedule made it still names.
const MOST_NAMED: usize = 20;

/// Where a schedule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was not started.
    Draft,
    /// It was started, and made nothing yet.
    Scheduled,
    /// It made something, and will make more.
    Active,
    /// It was ended.
    Canceled,
    /// It made all that it had to.
    Completed,
}

impl Status {
    const ALL: [(Status, &'static str); 5] = [
        (Status::Draft, "draft"),
        (Status::Scheduled, "scheduled"),
        (Status::Active, "active"),
        (Status::Canceled, "canceled"),
        (Status::Completed, "completed"),
    ];

    /// The vendor's word.
    pub fn word(self) -> &'static str {
        Status::ALL
            .iter()
            .find(|(status, _)| *status == self)
            .map_or("draft", |(_, word)| word)
    }
}

/// A schedule: what clients said, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// What clients said.
    pub said: Value,
    /// Where it stands.
    pub status: Status,
    /// How many invoices it made.
    pub made: i64,
    /// When the last of them was due to be made.
    pub last: Option<Timestamp>,
    /// When the next is due to be made.
    pub next: Option<Timestamp>,
    /// The day from which it runs.
    pub from: Option<Date>,
    /// The newest of the invoices that it made, oldest first.
    pub invoices: Vec<String>,
}

impl Schedule {
    /// A schedule that was not started.
    pub fn draft(said: Value) -> Schedule {
        Schedule {
            said,
            status: Status::Draft,
            made: 0,
            last: None,
            next: None,
            from: None,
            invoices: Vec::new(),
        }
    }

    /// A schedule as it was stored.
    pub fn of(body: &Value) -> Schedule {
        let empty = Members::new();
        let state = body.get("state").and_then(Value::as_object).unwrap_or(&empty);
        let at = |name: &str| text(state, name).and_then(|text| text.parse().ok());
        let status = Status::ALL.iter().find(|(_, word)| text(state, "status") == Some(word));
        Schedule {
            said: body.get("said").cloned().unwrap_or_default(),
            status: status.map_or(Status::Draft, |(status, _)| *status),
            made: whole(state, "made").unwrap_or(0),
            last: at("last"),
            next: at("next"),
            from: text(state, "from").and_then(|text| text.parse().ok()),
            invoices: list(state, "invoices")
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        }
    }

    /// The same to store, and what it belongs to.
    pub fn stored(&self) -> (Value, Option<String>) {
        let at = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let body = json!({
            "said": self.said,
            "state": {
                "status": self.status.word(),
                "made": self.made,
                "last": at(self.last),
                "next": at(self.next),
                "from": self.from.map(|day| day.to_string()),
                "invoices": self.invoices,
            },
        });
        (body, self.next.map(|_| WAITING.to_owned()))
    }

    fn members(&self) -> Members {
        self.said.as_object().cloned().unwrap_or_default()
    }

    /// When it makes invoices, or what is wrong with what was said about that.
    pub fn timing(&self) -> Result<Timing, Fault> {
        let said = self.members();
        let schedule = object(&said, "schedule").cloned().unwrap_or_default();
        Timing::read(&schedule).map_err(|problem| Fault::Invalid(vec![problem]))
    }

    /// The next run, from where it stands.
    pub fn next_run(&self, zone: &TimeZone) -> Option<Run> {
        let from = self.from?;
        self.timing().ok()?.next(zone, from, self.last, self.made)
    }

    /// Finds out what comes next, for one that was started, and how it stands then.
    pub fn look_ahead(&mut self, zone: &TimeZone) {
        self.next = self.next_run(zone).map(|run| run.at);
        self.status = match (self.next.is_some(), self.made) {
            (true, 0) => Status::Scheduled,
            (true, _) => Status::Active,
            (false, _) => Status::Completed,
        };
    }

    /// Notes that it made an invoice.
    pub fn ran(&mut self, run: Run, invoice: String, zone: &TimeZone) {
        self.made += 1;
        self.last = Some(run.at);
        self.invoices.push(invoice);
        let over = self.invoices.len().saturating_sub(MOST_NAMED);
        self.invoices.drain(..over);
        self.look_ahead(zone);
    }

    /// The request of the invoice that a run makes. A setup fee stands on the first only.
    pub fn request(&self, issued: Date, due: Date) -> Members {
        let mut request = self.members();
        request.remove("schedule");
        request.remove("autoPayment");
        if self.made > 0
            && let Some(items) = request.get_mut("items").and_then(Value::as_array_mut)
        {
            let setup = |item: &Value| item.as_object().and_then(|item| flag(item, "isSetupFeeItem")) == Some(true);
            items.retain(|item| !setup(item));
        }
        request.insert("issueDate".to_owned(), Value::from(issued.to_string()));
        request.insert("dueDate".to_owned(), Value::from(due.to_string()));
        request
    }
}

/// A schedule as the vendor answers it, with invoices that it made.
pub fn shown(view: &ResourceView, id: &str, schedule: &Schedule, invoices: Vec<Value>, book: &BookSettings) -> Value {
    let mut shown = stored::shown(view, id, &schedule.said, book);
    shown["status"] = json!(schedule.status.word());
    shown["invoices"] = Value::Array(invoices);
    for (name, value) in [("title", json!(super::settings::TITLE)), ("termsNotes", json!(""))] {
        if shown.get(name).is_none() {
            shown[name] = value;
        }
    }
    // The vendor fills placeholders in; there are none here.
    shown["compiledTermsNotes"] = shown["termsNotes"].clone();
    shown
}
