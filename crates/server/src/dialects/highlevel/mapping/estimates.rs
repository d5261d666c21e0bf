//! What an estimate says and where it stands, as it is stored and as it is shown.

use jiff::Timestamp;
use jiff::civil::Date;
use quittance_accounting::book::BookSettings;
use quittance_accounting::money::Currency;
use quittance_books::resources::ResourceView;
use serde_json::{Map, Value, json};

use super::super::wire::shape::{list, text, whole};
use super::outgoing::instant;
use super::stored;

type Members = Map<String, Value>;

/// How much of what was done with an estimate it still tells.
const MOST_ACTIONS: usize = 100;

/// Where an estimate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was not sent.
    Draft,
    /// It was sent.
    Sent,
    /// It was sent and looked at.
    Viewed,
    /// The contact said yes.
    Accepted,
    /// The contact said no.
    Declined,
    /// An invoice was made of it.
    Invoiced,
}

impl Status {
    const ALL: [(Status, &'static str); 6] = [
        (Status::Draft, "draft"),
        (Status::Sent, "sent"),
        (Status::Viewed, "viewed"),
        (Status::Accepted, "accepted"),
        (Status::Declined, "declined"),
        (Status::Invoiced, "invoiced"),
    ];

    /// The vendor's word.
    pub fn word(self) -> &'static str {
        Status::ALL
            .iter()
            .find(|(status, _)| *status == self)
            .map_or("draft", |(_, word)| word)
    }

    /// The status of a word.
    pub fn of(word: &str) -> Option<Status> {
        Status::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(status, _)| *status)
    }
}

/// An estimate: what clients said, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// What clients said.
    pub said: Value,
    /// Where it stands.
    pub status: Status,
    /// Its number.
    pub number: i64,
    /// How often it was changed.
    pub revision: i64,
    /// Who sent it last.
    pub sent_by: Option<String>,
    /// When somebody looked at it last.
    pub visited: Option<String>,
    /// The invoice that was made of it last.
    pub invoice: Option<String>,
    /// What was done with it, oldest first.
    pub history: Vec<Value>,
}

impl Estimate {
    /// An estimate that was just made.
    pub fn new(said: Value, number: i64, at: Timestamp) -> Estimate {
        let mut made = Estimate {
            said,
            status: Status::Draft,
            number,
            revision: 0,
            sent_by: None,
            visited: None,
            invoice: None,
            history: Vec::new(),
        };
        made.note("Created", at);
        made
    }

    /// An estimate as it was stored.
    pub fn of(body: &Value) -> Estimate {
        let empty = Members::new();
        let state = body.get("state").and_then(Value::as_object).unwrap_or(&empty);
        let word = |name: &str| text(state, name).map(str::to_owned);
        Estimate {
            said: body.get("said").cloned().unwrap_or_default(),
            status: text(state, "status").and_then(Status::of).unwrap_or(Status::Draft),
            number: whole(state, "number").unwrap_or(0),
            revision: whole(state, "revision").unwrap_or(0),
            sent_by: word("sentBy"),
            visited: word("visited"),
            invoice: word("invoice"),
            history: list(state, "history").to_vec(),
        }
    }

    /// The same to store.
    pub fn stored(&self) -> Value {
        json!({
            "said": self.said,
            "state": {
                "status": self.status.word(),
                "number": self.number,
                "revision": self.revision,
                "sentBy": self.sent_by,
                "visited": self.visited,
                "invoice": self.invoice,
                "history": self.history,
            },
        })
    }

    /// Notes what was done with it.
    pub fn note(&mut self, action: &str, at: Timestamp) {
        self.history.push(json!({"action": action, "timestamp": instant(at)}));
        let over = self.history.len().saturating_sub(MOST_ACTIONS);
        self.history.drain(..over);
    }

    /// Notes a change of it.
    pub fn change(&mut self, action: &str, at: Timestamp) {
        self.revision += 1;
        self.note(action, at);
    }

    /// The request of the invoice that is made of it. Its heading is its own, not the invoice's.
    pub fn request(&self, issued: Date, due: Date) -> Members {
        let said = self.said.as_object().cloned().unwrap_or_default();
        let mut request = Members::new();
        for name in [
            "name",
            "businessDetails",
            "currency",
            "items",
            "discount",
            "contactDetails",
            "termsNotes",
            "sentTo",
            "liveMode",
            "automaticTaxesEnabled",
            "attachments",
            "miscellaneousCharges",
        ] {
            request.extend(said.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        request.entry("liveMode").or_insert(Value::Bool(true));
        request.insert("issueDate".to_owned(), Value::from(issued.to_string()));
        request.insert("dueDate".to_owned(), Value::from(due.to_string()));
        request
    }
}

/// A day as the vendor's estimates have it: the instant at which it begins in UTC.
fn midnight(day: &Value) -> Value {
    match day.as_str() {
        Some(day) => json!(format!("{day}T00:00:00.000Z")),
        None => Value::Null,
    }
}

/// What estimates and their templates have in common.
fn with_common(mut shown: Value, revision: i64) -> Value {
    for (name, value) in [
        ("liveMode", json!(true)),
        ("automaticTaxesEnabled", json!(false)),
        ("meta", json!({})),
    ] {
        if shown.get(name).is_none() {
            shown[name] = value;
        }
    }
    shown["deleted"] = json!(false);
    shown["__v"] = json!(revision);
    shown
}

/// An estimate as the vendor answers it.
pub fn shown(view: &ResourceView, id: &str, estimate: &Estimate, book: &BookSettings, trace: &str) -> Value {
    let mut shown = with_common(stored::shown(view, id, &estimate.said, book), estimate.revision);
    for (name, value) in [
        ("estimateStatus", json!(estimate.status.word())),
        ("estimateNumber", json!(estimate.number)),
        // There are no agencies above a location here.
        ("companyId", json!(book.id.hex())),
        ("automaticTaxesCalculated", json!(false)),
        ("estimateActionHistory", json!(estimate.history)),
        ("traceId", json!(trace)),
    ] {
        shown[name] = value;
    }
    for name in ["issueDate", "expiryDate"] {
        shown[name] = midnight(&shown[name]);
    }
    if shown.get("sentTo").is_none() {
        shown["sentTo"] = json!({});
    }
    for (name, value) in [("sentBy", &estimate.sent_by), ("lastVisitedAt", &estimate.visited)] {
        if let Some(value) = value {
            shown[name] = json!(value);
        }
    }
    // Nothing is converted here.
    let currency = shown.get("currency").and_then(Value::as_str).and_then(Currency::parse);
    if currency.is_some_and(|currency| currency.code() == "USD") {
        shown["totalamountInUSD"] = shown["total"].clone();
    }
    shown
}

/// A template of estimates: what clients said and how often it was changed, as it is stored.
pub fn template(said: Value, revision: i64) -> Value {
    json!({"said": said, "state": {"revision": revision}})
}

/// What clients said of a template of estimates, and how often it was changed.
pub fn of_template(body: &Value) -> (Value, i64) {
    let said = body.get("said").cloned().unwrap_or_default();
    let revision = body.pointer("/state/revision").and_then(Value::as_i64);
    (said, revision.unwrap_or(0))
}

/// A template of estimates as the vendor answers it.
pub fn shown_template(view: &ResourceView, id: &str, book: &BookSettings) -> Value {
    let (said, revision) = of_template(&view.body);
    with_common(stored::shown(view, id, &said, book), revision)
}
