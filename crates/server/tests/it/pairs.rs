//! Every pair of dialects: a document is made in one, acted on in the other, and read in both.
//!
//! Amounts, states and ids agree wherever it is looked at: each dialect spells the one id and the one state in its own way, and what
//! one may not do leaves everything as it was in both.

mod credits;

use quittance_accounting::identity::DocumentId;
use quittance_accounting::issuing::Hold;
use quittance_accounting::rounding::{Half, RoundedPer, Rounding};
use quittance_accounting::snapshot::Named;
use quittance_books::listing::InvoiceQuery;
use quittance_server::http::Response;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::golden::{World, json as body_of};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Campfire,
    Bookeeping,
    Layer,
    Moov,
    HighLevel,
}

const ALL: [Dialect; 5] = [
    Dialect::Campfire,
    Dialect::Bookeeping,
    Dialect::Layer,
    Dialect::Moov,
    Dialect::HighLevel,
];

/// What the books say of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Draft,
    Sent,
    PartPaid,
    Paid,
    Void,
    /// Deleted.
    Gone,
}

impl Dialect {
    /// The dialect's own word for a state.
    fn word(self, state: State) -> &'static str {
        match (self, state) {
            (_, State::Gone) => "gone",
            (Dialect::Campfire, State::Draft) => "draft",
            (Dialect::Campfire, State::Sent) => "open",
            (Dialect::Campfire, State::PartPaid) => "partial",
            (Dialect::Campfire, State::Paid) => "paid",
            (Dialect::Campfire, State::Void) => "voided",
            (Dialect::Bookeeping, State::Draft) => "DRAFT",
            (Dialect::Bookeeping, State::Sent | State::PartPaid) => "SENT",
            (Dialect::Bookeeping, State::Paid) => "PAID",
            (Dialect::Bookeeping, State::Void) => "CANCELLED",
            (Dialect::Layer, State::Draft | State::Sent) => "SENT",
            (Dialect::Layer, State::PartPaid) => "PARTIALLY_PAID",
            (Dialect::Layer, State::Paid) => "PAID",
            (Dialect::Layer, State::Void) => "VOIDED",
            (Dialect::Moov, State::Draft) => "draft",
            (Dialect::Moov, State::Sent | State::PartPaid) => "unpaid",
            (Dialect::Moov, State::Paid) => "paid",
            (Dialect::Moov, State::Void) => "canceled",
            (Dialect::HighLevel, State::Draft) => "draft",
            (Dialect::HighLevel, State::Sent) => "sent",
            (Dialect::HighLevel, State::PartPaid) => "partially_paid",
            (Dialect::HighLevel, State::Paid) => "paid",
            (Dialect::HighLevel, State::Void) => "void",
        }
    }

    /// Whether its delete reaches an invoice that was sent.
    fn deletes_sent(self) -> bool {
        match self {
            Dialect::Campfire | Dialect::Layer => true,
            Dialect::Bookeeping | Dialect::Moov | Dialect::HighLevel => false,
        }
    }
}

/// What a dialect shows of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    word: String,
    /// In cents.
    total: i64,
    /// In cents; `None` where the dialect has no figure for it.
    paid: Option<i64>,
}

struct Office {
    world: World,
    uuid: String,
    hex: String,
    moov_customer: String,
    counterparty: String,
    category: String,
    bank: String,
}

fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("no text at {pointer} of {value:#}"))
        .to_owned()
}

fn cents(major: &Value) -> i64 {
    let major: Decimal = match major {
        Value::String(text) => text.parse().unwrap(),
        other => other.to_string().parse().unwrap(),
    };
    let cents = major * Decimal::ONE_HUNDRED;
    assert!(cents.is_integer(), "{major}");
    cents.normalize().to_string().parse().unwrap()
}

impl Office {
    async fn open() -> Office {
        let world = World::new().await;
        let id = world.app.books.settings(world.book).await.unwrap().unwrap().id;
        let mut office = Office {
            world,
            uuid: id.uuid(),
            hex: id.hex(),
            moov_customer: String::new(),
            counterparty: String::new(),
            category: String::new(),
            bank: String::new(),
        };
        let account = json!({"accountType": "business", "profile": {"business": {"legalBusinessName": "Kim"}}});
        let made = office.good(Dialect::Moov, "POST", "/accounts", &account).await;
        office.moov_customer = text(&made, "/accountID");
        let party = json!({"accountName": "Kim", "accountNumber": "1", "type": "customer"});
        let path = "/public-api/v1/counterparties";
        let made = office.good(Dialect::Bookeeping, "POST", path, &party).await;
        office.counterparty = text(&made, "/data/_id");
        let path = "/public-api/v1/categories?accounts=SALES";
        let found = office.good(Dialect::Bookeeping, "GET", path, &Value::Null).await;
        office.category = text(&found, "/data/categories/0/_id");
        let path = "/public-api/v1/accounts";
        let found = office.good(Dialect::Bookeeping, "GET", path, &Value::Null).await;
        office.bank = text(&found, "/data/accounts/0/_id");
        office
    }

    async fn send(&self, dialect: Dialect, method: &str, target: &str, body: &Value) -> Response {
        // Calls are limited by the minute, and invoices stay before their due day.
        self.world.pass_seconds(3);
        let scheme = if dialect == Dialect::Campfire {
            "Token"
        } else {
            "Bearer"
        };
        let authorization = format!("{scheme} {}", self.world.token);
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
            ("Version", "2021-07-28"),
        ];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        // The version is HighLevel's; the others do not look at the header.
        self.world.send(method, target, &headers, &body).await
    }

    async fn good(&self, dialect: Dialect, method: &str, target: &str, body: &Value) -> Value {
        let done = self.send(dialect, method, target, body).await;
        let shown = String::from_utf8_lossy(&done.body).into_owned();
        assert!(
            (200..300).contains(&done.status),
            "{dialect:?} {method} {target} {}: {shown}",
            done.status
        );
        if done.body.is_empty() {
            Value::Null
        } else {
            body_of(&done)
        }
    }

    fn alt(&self) -> Value {
        json!({"altId": self.hex, "altType": "location"})
    }

    fn with_alt(&self, more: Value) -> Value {
        let mut body = self.alt();
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    /// The path of an invoice, or of the list without one.
    async fn path(&self, dialect: Dialect, id: Option<DocumentId>) -> String {
        let (base, end) = match dialect {
            Dialect::Campfire => ("/coa/api/v1/invoice/".to_owned(), "/"),
            Dialect::Bookeeping => ("/public-api/v1/invoices/".to_owned(), ""),
            Dialect::Layer => (format!("/v1/businesses/{}/invoices/", self.uuid), ""),
            Dialect::Moov => (format!("/accounts/{}/invoices/", self.uuid), ""),
            Dialect::HighLevel => ("/invoices/".to_owned(), ""),
        };
        let Some(id) = id else {
            let slash = dialect == Dialect::Campfire || dialect == Dialect::HighLevel;
            return if slash {
                base
            } else {
                base.trim_end_matches('/').to_owned()
            };
        };
        let spelled = match dialect {
            Dialect::Campfire => {
                let view = self
                    .world
                    .app
                    .books
                    .invoice(self.world.book, &Named::Id(id))
                    .await
                    .unwrap();
                // A deleted one cannot be asked for its number; no invoice has this one.
                view.map_or("4096".to_owned(), |view| view.invoice.key.0.to_string())
            }
            Dialect::Bookeeping | Dialect::HighLevel => id.hex(),
            Dialect::Layer | Dialect::Moov => id.uuid(),
        };
        format!("{base}{spelled}{end}")
    }

    /// Makes an invoice of 100.00, sent or, where the dialect has drafts, a draft.
    async fn make(&self, dialect: Dialect, draft: bool) -> DocumentId {
        let list = self.path(dialect, None).await;
        let body = match dialect {
            Dialect::Campfire => {
                let mut body = json!({"entity": 1, "invoice_date": "2026-03-10", "due_date": "2026-04-30",
                    "lines": [{"description": "Work", "quantity": 2, "rate": 50}]});
                if draft {
                    body["payment_status"] = json!("draft");
                }
                body
            }
            Dialect::Bookeeping => json!({"invoiceDate": "2026-03-10", "dueDate": "2026-04-30", "currency": "USD",
                "counterParty": self.counterparty, "lineItems": [{"name": "Work", "quantity": 2, "unitPrice": 50}]}),
            Dialect::Layer => json!({"sent_at": "2026-03-10T00:00:00Z", "due_at": "2026-04-30",
                "customer_external_id": "kim",
                "line_items": [{"product": "Work", "unit_price": 5000, "quantity": "2"}]}),
            Dialect::Moov => json!({"customerAccountID": self.moov_customer, "dueDate": "2026-04-30T00:00:00Z",
                "lineItems": {"items": [{"name": "Work", "quantity": 2,
                    "basePrice": {"currency": "USD", "valueDecimal": "50.00"}}]}}),
            Dialect::HighLevel => self.with_alt(json!({"name": "Work", "currency": "USD", "issueDate": "2026-03-10",
                "dueDate": "2026-04-30", "businessDetails": {"name": "Acme"}, "discount": {"type": "percentage", "value": 0},
                "contactDetails": {"id": "kim", "name": "Kim", "phoneNo": "+1", "email": "kim@example.com"},
                "sentTo": {"email": ["kim@example.com"]}, "liveMode": true,
                "items": [{"name": "Work", "currency": "USD", "amount": 50, "qty": 2}]})),
        };
        let made = self.good(dialect, "POST", &list, &body).await;
        let id = match dialect {
            Dialect::Campfire => {
                let key = made["id"].as_i64().unwrap();
                let view = self.world.app.books.invoice(self.world.book, &Named::Key(key)).await;
                view.unwrap().unwrap().invoice.id
            }
            Dialect::Bookeeping | Dialect::HighLevel => {
                let pointer = if dialect == Dialect::HighLevel {
                    "/_id"
                } else {
                    "/data/_id"
                };
                DocumentId::from_hex(&text(&made, pointer)).unwrap()
            }
            Dialect::Layer | Dialect::Moov => {
                let pointer = if dialect == Dialect::Layer {
                    "/data/id"
                } else {
                    "/invoiceID"
                };
                let quittance_accounting::identity::UuidReading::Document(id) =
                    DocumentId::from_uuid(&text(&made, pointer))
                else {
                    panic!("{made:#}");
                };
                id
            }
        };
        if !draft {
            let path = self.path(dialect, Some(id)).await;
            match dialect {
                Dialect::Campfire | Dialect::Layer => {}
                Dialect::Bookeeping => {
                    self.good(dialect, "POST", &format!("{path}/send"), &Value::Null).await;
                }
                Dialect::Moov => {
                    self.good(dialect, "PATCH", &path, &json!({"status": "unpaid"})).await;
                }
                Dialect::HighLevel => {
                    let body = self.with_alt(json!({"userId": "user-1", "action": "email", "liveMode": true}));
                    self.good(dialect, "POST", &format!("{path}/send"), &body).await;
                }
            }
        }
        id
    }

    /// Pays so many cents; all that is open where the dialect knows nothing else.
    async fn pay(&self, dialect: Dialect, id: DocumentId, sum: i64) {
        let (target, body) = self.payment(dialect, id, sum).await;
        self.good(dialect, "POST", &target, &body).await;
    }

    /// What pays so many cents, by POST.
    async fn payment(&self, dialect: Dialect, id: DocumentId, sum: i64) -> (String, Value) {
        let path = self.path(dialect, Some(id)).await;
        let major = Decimal::new(sum, 2);
        let number: Value = serde_json::from_str(&major.to_string()).unwrap();
        match dialect {
            Dialect::Campfire => (
                format!("{path}pay/"),
                json!({"empty_transactions": [{"account_id": null, "account_name": "Bank", "amount": number,
                    "payment_date": "2026-03-12"}]}),
            ),
            Dialect::Bookeeping => (
                format!("{path}/mark-as-paid"),
                json!({"strategyData": {"strategy": "CREATE_TRANSACTION",
                    "data": {"category": self.category, "account": self.bank}}}),
            ),
            Dialect::Layer => (
                format!("{path}/payment"),
                json!({"amount": sum, "method": "CASH", "paid_at": "2026-03-12T00:00:00Z"}),
            ),
            Dialect::Moov => (
                format!("{path}/payments"),
                json!({"amount": {"currency": "USD", "valueDecimal": major.to_string()}}),
            ),
            Dialect::HighLevel => (
                format!("{path}/record-payment"),
                self.with_alt(json!({"mode": "cash", "amount": number})),
            ),
        }
    }

    async fn void(&self, dialect: Dialect, id: DocumentId) {
        let path = self.path(dialect, Some(id)).await;
        let (method, target, body) = match dialect {
            Dialect::Campfire => ("POST", format!("{path}void/"), json!({})),
            Dialect::Bookeeping => ("POST", format!("{path}/cancel"), json!({})),
            Dialect::Layer => ("POST", format!("{path}/void"), Value::Null),
            Dialect::Moov => ("PATCH", path, json!({"status": "canceled"})),
            Dialect::HighLevel => ("POST", format!("{path}/void"), self.alt()),
        };
        self.good(dialect, method, &target, &body).await;
    }

    async fn delete(&self, dialect: Dialect, id: DocumentId) -> u16 {
        self.try_delete(dialect, id).await.status
    }

    async fn try_delete(&self, dialect: Dialect, id: DocumentId) -> Response {
        let path = self.path(dialect, Some(id)).await;
        let (method, target) = match dialect {
            Dialect::Campfire | Dialect::Bookeeping | Dialect::Moov => ("DELETE", path),
            Dialect::Layer => ("POST", format!("{path}/delete")),
            Dialect::HighLevel => ("DELETE", format!("{path}?altId={}&altType=location", self.hex)),
        };
        self.send(dialect, method, &target, &Value::Null).await
    }

    async fn read(&self, dialect: Dialect, id: DocumentId) -> Option<Shown> {
        let mut path = self.path(dialect, Some(id)).await;
        if dialect == Dialect::HighLevel {
            path = format!("{path}?altId={}&altType=location", self.hex);
        }
        let found = self.send(dialect, "GET", &path, &Value::Null).await;
        if found.status != 200 {
            assert!([400, 404].contains(&found.status), "{dialect:?} {found:?}");
            return None;
        }
        let found = body_of(&found);
        if found.get("disabledOn").is_some() {
            return None;
        }
        let minor = |value: &Value| value.as_i64().unwrap();
        Some(match dialect {
            Dialect::Campfire => Shown {
                // It has two words for what is owed, by how it was sent.
                word: text(&found, "/payment_status").replace("sent", "open"),
                total: cents(&found["total_amount"]),
                paid: Some(cents(&found["amount_paid"])),
            },
            Dialect::Bookeeping => Shown {
                word: text(&found, "/data/status"),
                total: cents(&found["data"]["amount"]),
                paid: None,
            },
            Dialect::Layer => Shown {
                word: text(&found, "/data/status"),
                total: minor(&found["data"]["total_amount"]),
                paid: Some(minor(&found["data"]["total_amount"]) - minor(&found["data"]["outstanding_balance"])),
            },
            Dialect::Moov => Shown {
                word: text(&found, "/status"),
                total: cents(&found["totalAmount"]["valueDecimal"]),
                paid: Some(cents(&found["paidAmount"]["valueDecimal"])),
            },
            Dialect::HighLevel => Shown {
                word: text(&found, "/status"),
                total: cents(&found["total"]),
                paid: Some(cents(&found["amountPaid"])),
            },
        })
    }

    /// The invoice is in this state in every dialect, with so much paid of 100.00.
    async fn assert_shown(&self, what: &str, id: DocumentId, state: State, paid: i64) {
        for dialect in ALL {
            let shown = self.read(dialect, id).await;
            let Some(shown) = shown else {
                assert_eq!(state, State::Gone, "{what}, read in {dialect:?}");
                continue;
            };
            // Of a void invoice Layer says that nothing is outstanding, which is not to say that it was paid.
            let paid = (dialect != Dialect::Bookeeping && state != State::Void).then_some(paid);
            let shown = Shown {
                paid: shown.paid.filter(|_| state != State::Void),
                ..shown
            };
            let word = dialect.word(state).to_owned();
            assert_eq!(
                shown,
                Shown {
                    word,
                    total: 10_000,
                    paid
                },
                "{what}, read in {dialect:?}"
            );
        }
    }
}

fn pairs() -> impl Iterator<Item = (Dialect, Dialect)> {
    let all = ALL
        .into_iter()
        .flat_map(|one| ALL.into_iter().map(move |other| (one, other)));
    all.filter(|(one, other)| one != other)
}

#[tokio::test]
async fn what_one_made_the_other_pays() {
    let office = Office::open().await;
    for (one, other) in pairs() {
        let what = format!("made in {one:?}, paid in {other:?}");
        let id = office.make(one, false).await;
        office.assert_shown(&what, id, State::Sent, 0).await;
        if other == Dialect::Bookeeping {
            // It knows no parts.
            office.pay(one, id, 4_000).await;
        } else {
            office.pay(other, id, 4_000).await;
        }
        office.assert_shown(&what, id, State::PartPaid, 4_000).await;
        office.pay(other, id, 6_000).await;
        office.assert_shown(&what, id, State::Paid, 10_000).await;
    }
    assert!(is_clean(&office).await);
}

#[tokio::test]
async fn what_one_made_the_other_voids() {
    let office = Office::open().await;
    let before = office
        .world
        .app
        .books
        .settled_by_payments(office.world.book)
        .await
        .unwrap();
    for (one, other) in pairs() {
        let id = office.make(one, false).await;
        office.void(other, id).await;
        let what = format!("made in {one:?}, voided in {other:?}");
        office.assert_shown(&what, id, State::Void, 0).await;
    }
    let after = office
        .world
        .app
        .books
        .settled_by_payments(office.world.book)
        .await
        .unwrap();
    assert_eq!(after, before);
    assert!(is_clean(&office).await);
}

#[tokio::test]
async fn what_one_made_the_other_deletes_where_its_rules_reach() {
    let office = Office::open().await;
    let balances = async || {
        let lines = office.world.app.books.trial_balance(office.world.book).await.unwrap();
        let net: Vec<_> = lines.iter().map(|line| line.turnover.net()).collect();
        net
    };
    for (one, other) in pairs() {
        let before = balances().await;
        // Layer has no drafts of its own.
        if one != Dialect::Layer {
            let id = office.make(one, true).await;
            let what = format!("drafted in {one:?}, deleted in {other:?}");
            office.assert_shown(&what, id, State::Draft, 0).await;
            assert!((200..300).contains(&office.delete(other, id).await), "{what}");
            office.assert_shown(&what, id, State::Gone, 0).await;
            assert_eq!(balances().await, before, "{what}");
        }
        let id = office.make(one, false).await;
        let posted = balances().await;
        let what = format!("sent in {one:?}, deleted in {other:?}");
        let status = office.delete(other, id).await;
        if other.deletes_sent() {
            assert!((200..300).contains(&status), "{what}: {status}");
            office.assert_shown(&what, id, State::Gone, 0).await;
            assert_eq!(balances().await, before, "{what}");
        } else {
            assert!([400, 409].contains(&status), "{what}: {status}");
            office.assert_shown(&what, id, State::Sent, 0).await;
            assert_eq!(balances().await, posted, "{what}");
            assert!(
                (200..300).contains(&office.delete(Dialect::Campfire, id).await),
                "{what}"
            );
        }
    }
    assert!(is_clean(&office).await);
}

#[tokio::test]
async fn a_hold_is_in_the_way_of_every_delete_with_the_same_facts() {
    let office = Office::open().await;
    let (books, context) = (&office.world.app.books, office.world.context(office.world.book));
    for (one, other) in pairs() {
        let id = office.make(one, one != Dialect::Layer).await;
        let until = "2026-12-31".parse().unwrap();
        let hold = |hold, handed_over, reason: Option<&str>| {
            books.hold_invoice(&context, Named::Id(id), hold, handed_over, reason.map(str::to_owned))
        };
        hold(Hold::Until(until), false, Some("the flood of March"))
            .await
            .unwrap();
        let what = format!("made in {one:?}, on hold, deleted in {other:?}");
        let refused = office.try_delete(other, id).await;
        let told = String::from_utf8_lossy(&refused.body).into_owned();
        assert!([400, 409].contains(&refused.status), "{what}: {told}");
        // Where a dialect deletes drafts alone, its vendor's own reason against a sent one comes first.
        if one != Dialect::Layer || other.deletes_sent() {
            assert!(
                told.contains("2026-12-31") && told.contains("the flood of March"),
                "{what}: {told}"
            );
        }
        hold(Hold::Released, true, None).await.unwrap();
        let refused = office.try_delete(other, id).await;
        assert!([400, 409].contains(&refused.status), "{what}, handed over");
        let state = if one == Dialect::Layer {
            State::Sent
        } else {
            State::Draft
        };
        office.assert_shown(&what, id, state, 0).await;
    }
    assert!(is_clean(&office).await);
}

/// Half a cent in each of two lines, wherever percentages are turned into amounts.
#[tokio::test]
async fn percentages_follow_the_rule_of_the_book() {
    let office = Office::open().await;
    let (books, context) = (&office.world.app.books, office.world.context(office.world.book));
    let rule = |per, half| books.change_rounding(&context, Rounding { per, half });
    let taxed = json!({"name": "Work", "quantity": 1, "unitPrice": 10.1, "tax": {"type": "PERCENTAGE", "value": 5}});
    let bookeeping = json!({"invoiceDate": "2026-03-10", "dueDate": "2026-04-30", "currency": "USD",
        "counterParty": office.counterparty, "lineItems": [taxed, taxed]});
    let item = json!({"name": "Work", "currency": "USD", "amount": 10.1, "qty": 1,
        "taxes": [{"_id": "t", "name": "VAT", "rate": 5}]});
    let highlevel = office.with_alt(json!({"name": "Work", "currency": "USD", "issueDate": "2026-03-10",
        "dueDate": "2026-04-30", "businessDetails": {"name": "Acme"}, "discount": {"type": "percentage", "value": 0},
        "contactDetails": {"id": "kim", "name": "Kim", "phoneNo": "+1", "email": "kim@example.com"},
        "sentTo": {"email": ["kim@example.com"]}, "liveMode": true, "items": [item, item]}));
    let off = json!({"description": "Work", "quantity": 1, "rate": 10.1, "discount_percentage": 5});
    let campfire = json!({"entity": 1, "invoice_date": "2026-03-10", "due_date": "2026-04-30", "lines": [off, off]});
    // Two taxes of 0.505, and two discounts of as much, each of which is rounded by itself.
    for (per, half, tax, discount) in [
        (RoundedPer::Line, Half::Up, 102, 102),
        (RoundedPer::Line, Half::Even, 100, 100),
        (RoundedPer::Document, Half::Up, 101, 102),
        (RoundedPer::Document, Half::Even, 101, 100),
    ] {
        rule(per, half).await.unwrap();
        for (dialect, body, total) in [
            (Dialect::Bookeeping, &bookeeping, 2_020 + tax),
            (Dialect::HighLevel, &highlevel, 2_020 + tax),
            (Dialect::Campfire, &campfire, 2_020 - discount),
        ] {
            let list = office.path(dialect, None).await;
            office.good(dialect, "POST", &list, body).await;
            let query = InvoiceQuery {
                filter: Default::default(),
                order: Default::default(),
                descending: true,
                after: None,
                offset: 0,
                limit: 1,
                count: false,
            };
            let newest = books.invoices(office.world.book, &query).await.unwrap().invoices;
            assert_eq!(
                newest[0].invoice.total.minor(),
                total,
                "{dialect:?} per {per:?}, {half:?}"
            );
        }
    }
    assert!(is_clean(&office).await);
}

/// Where the wire names a currency, or none has to be named, an invoice in another than the book's is paid; elsewhere it is refused with
/// that currency, and nothing happens.
#[tokio::test]
async fn an_invoice_in_another_currency_is_paid_where_that_can_be_said() {
    let office = Office::open().await;
    let native = |method: &'static str, target: &'static str, body: Value| {
        let office = &office;
        async move { office.good(Dialect::Layer, method, target, &body).await }
    };
    native("PUT", "/api/v1/rates/EUR/2026-03-01", json!({"exchange_rate": "1.10"})).await;
    let euros = |issue: bool| {
        let price = json!({"amount": "100.00", "currency": "EUR"});
        json!({"issue": issue, "invoice_date": "2026-03-10", "due_on": "2026-04-30",
            "lines": [{"name": "Work", "unit_price": price}]})
    };
    let refused = async |dialect: Dialect, method: &str, target: &str, body: Value| {
        let refused = office.send(dialect, method, target, &body).await;
        let words = String::from_utf8_lossy(&refused.body).into_owned();
        assert_eq!(refused.status, 400, "{dialect:?} {target}: {words}");
        assert!(words.contains("EUR"), "{dialect:?} {target}: {words}");
    };
    for dialect in ALL {
        let made = native("POST", "/api/v1/invoices", euros(true)).await;
        let id = DocumentId::from_hex(&text(&made, "/id")).unwrap();
        let what = format!("in euros, paid in {dialect:?}");
        let path = office.path(dialect, Some(id)).await;
        match dialect {
            Dialect::Campfire | Dialect::HighLevel => {
                office.pay(dialect, id, 4_000).await;
                office.assert_shown(&what, id, State::PartPaid, 4_000).await;
            }
            Dialect::Bookeeping => {
                office.pay(dialect, id, 10_000).await;
                office.assert_shown(&what, id, State::Paid, 10_000).await;
            }
            Dialect::Layer | Dialect::Moov => {
                let (target, body) = office.payment(dialect, id, 4_000).await;
                refused(dialect, "POST", &target, body).await;
                let change = match dialect {
                    Dialect::Moov => json!({"description": "changed"}),
                    _ => json!({"memo": "changed"}),
                };
                refused(dialect, "PATCH", &path, change).await;
                office.assert_shown(&what, id, State::Sent, 0).await;
            }
        }
        if dialect == Dialect::Layer {
            refused(dialect, "POST", &format!("{path}/write-off"), json!({"amount": 100})).await;
        }
    }
    let draft = native("POST", "/api/v1/invoices", euros(false)).await;
    let draft = DocumentId::from_hex(&text(&draft, "/id")).unwrap();
    let path = office.path(Dialect::Bookeeping, Some(draft)).await;
    refused(Dialect::Bookeeping, "PATCH", &path, json!({"note": "changed"})).await;
    assert!(is_clean(&office).await);
}

async fn is_clean(office: &Office) -> bool {
    let verdict = office.world.app.books.verify(office.world.book, None, |_, _| {}).await;
    verdict.unwrap().is_clean()
}
