//! Clients that go on whatever happens, and note what they were told.
//!
//! A call that was answered with "try again", or not at all, is repeated as a client would: with the same key where the dialect has
//! one, so that what was done in the dark is not done twice.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{Answer, Client};

/// How long one call may be repeated in vain.
const PATIENCE: Duration = Duration::from_secs(90);

/// Which dialect a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    Native,
    Layer,
    Campfire,
}

/// The one book that all clients share, as they know it.
pub struct Book {
    pub id: String,
    pub token: String,
}

/// What was acknowledged of one invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub speaks: Speaks,
    /// Its id in the dialect.
    pub id: String,
    /// The client's own name for it.
    pub name: String,
    /// What was paid of it, in cents.
    pub paid: i64,
    pub deleted: bool,
}

/// What all clients of a round share.
pub struct Round<'a> {
    pub servers: &'a [String],
    pub book: &'a Book,
    pub stop: AtomicBool,
    /// When each acknowledgement came.
    pub acknowledged: Mutex<Vec<Instant>>,
    pub told: Mutex<Vec<Told>>,
    /// How many calls were answered with "try again", and how many not at all.
    pub again: AtomicUsize,
    pub unanswered: AtomicUsize,
    /// How many creations without a key may have been done without anybody being told.
    pub in_the_dark: AtomicUsize,
}

/// A client of a round.
pub struct Talker<'a> {
    round: &'a Round<'a>,
    speaks: Speaks,
    name: String,
    connection: Option<Client>,
    turn: usize,
}

impl<'a> Talker<'a> {
    pub fn new(round: &'a Round<'a>, speaks: Speaks, name: String) -> Talker<'a> {
        Talker {
            round,
            speaks,
            turn: name.len(),
            name,
            connection: None,
        }
    }

    /// Creates, issues, pays and deletes until it is told to stop.
    pub fn talk(&mut self) {
        let mut n = 0;
        while !self.round.stop.load(Ordering::Relaxed) {
            n += 1;
            let name = format!("{}-{n}", self.name);
            let told = match self.speaks {
                Speaks::Native => self.native(&name, n),
                Speaks::Layer => self.layer(&name, n),
                Speaks::Campfire => self.campfire(&name, n),
            };
            self.round.told.lock().unwrap().push(told);
        }
    }

    fn native(&mut self, name: &str, n: usize) -> Told {
        let new = json!({"issue": true, "external_id": name, "invoice_date": "2026-10-05",
            "lines": [{"unit_price": {"amount": "10.00", "currency": "USD"}}]});
        let key = [("idempotency-key", name)];
        let made = self.certain("POST", "/api/v1/invoices", &key, &new);
        assert_eq!(made.status, 201, "{}", made.body);
        let id = text(&made.json()["id"]);
        if n.is_multiple_of(3) {
            let again = self.certain("POST", "/api/v1/invoices", &key, &new);
            assert_eq!(text(&again.json()["id"]), id, "the same key made another invoice");
        }
        let mut paid = 0;
        if n.is_multiple_of(2) {
            let pay = json!({"external_id": name, "invoices": [{"invoice": id, "amount": {"amount": "4.00", "currency": "USD"}}]});
            let pay_key = format!("pay-{name}");
            let key = [("idempotency-key", pay_key.as_str())];
            for _ in 0..=(n / 2 % 2) {
                let made = self.certain("POST", "/api/v1/payments", &key, &pay);
                assert_eq!(made.status, 201, "{}", made.body);
            }
            paid = 400;
        }
        self.told(id, name, paid, false)
    }

    fn layer(&mut self, name: &str, n: usize) -> Told {
        let invoices = format!("/v1/businesses/{}/invoices", self.round.book.id);
        let new = json!({"sent_at": "2026-10-05T00:00:00Z", "customer_external_id": self.name, "external_id": name,
            "line_items": [{"unit_price": 1000, "quantity": "1", "product": "Lap"}]});
        let made = self.certain("POST", &invoices, &[], &new);
        assert!(matches!(made.status, 200 | 201), "{} {}", made.status, made.body);
        let id = text(&made.json()["data"]["id"]);
        let one = format!("{invoices}/{id}");
        if n.is_multiple_of(2) {
            let (deleted, dark) = self.repeated("POST", &format!("{one}/delete"), &[], &Value::Null);
            // Gone already only where an earlier try may have done it.
            let gone = deleted.status == 200 || (deleted.status == 404 && dark > 0);
            assert!(gone, "{} {}", deleted.status, deleted.body);
            return self.told(id, name, 0, true);
        }
        let pay = json!({"amount": 400, "method": "CASH", "paid_at": "2026-10-06T00:00:00Z", "external_id": name});
        let made = self.certain("POST", &format!("{one}/payment"), &[], &pay);
        assert!(matches!(made.status, 200 | 201), "{} {}", made.status, made.body);
        self.told(id, name, 400, false)
    }

    fn campfire(&mut self, name: &str, n: usize) -> Told {
        let new =
            json!({"entity": 1, "invoice_date": "2026-10-05", "due_date": "2026-11-05", "lines": [{"amount": 10}]});
        let (made, dark) = self.repeated("POST", "/coa/api/v1/invoice/", &[], &new);
        assert_eq!(made.status, 201, "{}", made.body);
        self.round.in_the_dark.fetch_add(dark, Ordering::Relaxed);
        let id = made.json()["id"].to_string();
        let one = format!("/coa/api/v1/invoice/{id}/");
        if n.is_multiple_of(2) {
            let (deleted, dark) = self.repeated("DELETE", &one, &[], &Value::Null);
            let gone = deleted.status == 204 || (deleted.status == 404 && dark > 0);
            assert!(gone, "{} {}", deleted.status, deleted.body);
            return self.told(id, name, 0, true);
        }
        self.told(id, name, 0, false)
    }

    fn told(&self, id: String, name: &str, paid: i64, deleted: bool) -> Told {
        Told {
            speaks: self.speaks,
            id,
            name: name.to_owned(),
            paid,
            deleted,
        }
    }

    fn certain(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.repeated(method, target, headers, body).0
    }

    /// The answer, and how many earlier tries may have been carried out without one.
    fn repeated(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &Value) -> (Answer, usize) {
        let began = Instant::now();
        let mut dark = 0;
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        loop {
            assert!(began.elapsed() < PATIENCE, "{method} {target} was never answered");
            match self.once(method, target, headers, &body) {
                Some(answer) if answer.status < 500 => {
                    self.round.acknowledged.lock().unwrap().push(Instant::now());
                    return (answer, dark);
                }
                Some(answer) => {
                    self.check_form(&answer);
                    // It says that nothing was done, and is taken at its word.
                    self.round.again.fetch_add(1, Ordering::Relaxed);
                }
                None => {
                    self.round.unanswered.fetch_add(1, Ordering::Relaxed);
                    dark += 1;
                }
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    fn once(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
        if self.connection.is_none() {
            self.turn += 1;
            let server = &self.round.servers[self.turn % self.round.servers.len()];
            let scheme = if self.speaks == Speaks::Campfire {
                "Token"
            } else {
                "Bearer"
            };
            let authorization = format!("{scheme} {}", self.round.book.token);
            self.connection = Client::new(server, &authorization).ok();
        }
        let answer = self.connection.as_mut()?.send_with(method, target, headers, body).ok();
        if answer.is_none() {
            self.connection = None;
        }
        answer
    }

    /// "Try again" comes in the dialect's own form and with the status that means it.
    fn check_form(&self, answer: &Answer) {
        assert_eq!(answer.status, 503, "{:?}: {}", self.speaks, answer.body);
        let body = answer.json();
        let words = match self.speaks {
            Speaks::Native => &body["error"]["message"],
            Speaks::Layer => &body["errors"][0]["description"],
            Speaks::Campfire => &body["detail"],
        };
        assert!(words.as_str().is_some_and(|words| !words.is_empty()), "{}", answer.body);
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}
