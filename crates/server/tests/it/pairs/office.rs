//! An office with all the dialects: how each of them makes, sends, pays, voids, deletes and reads an invoice.

use quittance_accounting::identity::{DocumentId, UuidReading};
use quittance_accounting::snapshot::Named;
use quittance_server::http::Response;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::golden::{World, json as body_of};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Campfire,
    Bookeeping,
    Layer,
    Moov,
    HighLevel,
    Native,
}

pub(super) const ALL: [Dialect; 6] = [
    Dialect::Campfire,
    Dialect::Bookeeping,
    Dialect::Layer,
    Dialect::Moov,
    Dialect::HighLevel,
    Dialect::Native,
];

/// What the books say of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
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
    pub(super) fn word(self, state: State) -> &'static str {
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
            (Dialect::Native, State::Draft) => "draft",
            (Dialect::Native, State::Sent) => "open",
            (Dialect::Native, State::PartPaid) => "part_paid",
            (Dialect::Native, State::Paid) => "paid",
            (Dialect::Native, State::Void) => "void",
        }
    }

    /// Whether its delete reaches an invoice that was sent.
    pub(super) fn deletes_sent(self) -> bool {
        match self {
            Dialect::Campfire | Dialect::Layer => true,
            Dialect::Bookeeping | Dialect::Moov | Dialect::HighLevel | Dialect::Native => false,
        }
    }
}

/// What a dialect shows of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) word: String,
    /// In cents.
    pub(super) total: i64,
    /// In cents; `None` where the dialect has no figure for it.
    pub(super) paid: Option<i64>,
}

pub(super) struct Office {
    pub(super) world: World,
    pub(super) uuid: String,
    pub(super) hex: String,
    pub(super) moov_customer: String,
    pub(super) counterparty: String,
    pub(super) category: String,
    pub(super) bank: String,
    /// Whether every write takes the books out of sight until the next request.
    pub(super) hides: bool,
}

pub(super) fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("no text at {pointer} of {value:#}"))
        .to_owned()
}

pub(super) fn cents(major: &Value) -> i64 {
    let major: Decimal = match major {
        Value::String(text) => text.parse().unwrap(),
        other => other.to_string().parse().unwrap(),
    };
    let cents = major * Decimal::ONE_HUNDRED;
    assert!(cents.is_integer(), "{major}");
    cents.normalize().to_string().parse().unwrap()
}

impl Office {
    pub(super) async fn open() -> Office {
        Office::over(World::new().await).await
    }

    pub(super) async fn over(world: World) -> Office {
        let id = world.app.books.settings(world.book).await.unwrap().unwrap().id;
        let mut office = Office {
            world,
            uuid: id.uuid(),
            hex: id.hex(),
            moov_customer: String::new(),
            counterparty: String::new(),
            category: String::new(),
            bank: String::new(),
            hides: false,
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

    pub(super) async fn send(&self, dialect: Dialect, method: &str, target: &str, body: &Value) -> Response {
        self.send_with(dialect, method, target, body, &[]).await
    }

    /// The same, with more headers.
    pub(super) async fn send_with(
        &self,
        dialect: Dialect,
        method: &str,
        target: &str,
        body: &Value,
        more: &[(&str, &str)],
    ) -> Response {
        // Calls are limited by the minute, and invoices stay before their due day.
        self.world.pass_seconds(3);
        let scheme = if dialect == Dialect::Campfire {
            "Token"
        } else {
            "Bearer"
        };
        let authorization = format!("{scheme} {}", self.world.token);
        let usual = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
            ("Version", "2021-07-28"),
        ];
        let headers = [&usual, more].concat();
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        // The version is HighLevel's; the others do not look at the header.
        let answer = self.world.send(method, target, &headers, &body).await;
        if self.hides {
            self.world.schema().bring_back();
        }
        answer
    }

    /// From now on nothing can be read after a write, until the next request.
    pub(super) fn hide_after_writes(&mut self) {
        self.world.schema().hide_after_writes();
        self.hides = true;
    }

    /// A call of the native API that does what it is asked.
    pub(super) async fn native(&self, method: &str, target: &str, body: Value) -> Value {
        self.good(Dialect::Native, method, target, &body).await
    }

    pub(super) async fn good(&self, dialect: Dialect, method: &str, target: &str, body: &Value) -> Value {
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

    pub(super) fn native_customer(&self) -> String {
        id_of(&self.moov_customer).hex()
    }

    pub(super) fn alt(&self) -> Value {
        json!({"altId": self.hex, "altType": "location"})
    }

    pub(super) fn with_alt(&self, more: Value) -> Value {
        let mut body = self.alt();
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    /// The path of an invoice, or of the list without one.
    pub(super) async fn path(&self, dialect: Dialect, id: Option<DocumentId>) -> String {
        let (base, end) = match dialect {
            Dialect::Campfire => ("/coa/api/v1/invoice/".to_owned(), "/"),
            Dialect::Bookeeping => ("/public-api/v1/invoices/".to_owned(), ""),
            Dialect::Layer => (format!("/v1/businesses/{}/invoices/", self.uuid), ""),
            Dialect::Moov => (format!("/accounts/{}/invoices/", self.uuid), ""),
            Dialect::HighLevel => ("/invoices/".to_owned(), ""),
            Dialect::Native => ("/api/v1/invoices/".to_owned(), ""),
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
            Dialect::Bookeeping | Dialect::HighLevel | Dialect::Native => id.hex(),
            Dialect::Layer | Dialect::Moov => id.uuid(),
        };
        format!("{base}{spelled}{end}")
    }

    /// What makes an invoice of 100.00: where the dialect has both, a draft or one that is posted at once.
    pub(super) fn invoice_body(&self, dialect: Dialect, draft: bool) -> Value {
        match dialect {
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
            Dialect::Native => json!({"issue": !draft, "invoice_date": "2026-03-10", "due_on": "2026-04-30",
                "customer": self.native_customer(),
                "lines": [{"name": "Work", "quantity": "2", "unit_price": {"amount": "50.00", "currency": "USD"}}]}),
        }
    }

    /// Makes an invoice of 100.00, sent or, where the dialect has drafts, a draft.
    pub(super) async fn make(&self, dialect: Dialect, draft: bool) -> DocumentId {
        self.make_of(dialect, self.invoice_body(dialect, draft), draft).await
    }

    /// Makes what this body says, sent or, where the dialect has drafts, a draft.
    pub(super) async fn make_of(&self, dialect: Dialect, body: Value, draft: bool) -> DocumentId {
        let list = self.path(dialect, None).await;
        let made = self.good(dialect, "POST", &list, &body).await;
        let id = match dialect {
            Dialect::Campfire => self.id_of_key(made["id"].as_i64().unwrap()).await,
            Dialect::Bookeeping => DocumentId::from_hex(&text(&made, "/data/_id")).unwrap(),
            Dialect::HighLevel => DocumentId::from_hex(&text(&made, "/_id")).unwrap(),
            Dialect::Native => DocumentId::from_hex(&text(&made, "/id")).unwrap(),
            Dialect::Layer => id_of(&text(&made, "/data/id")),
            Dialect::Moov => id_of(&text(&made, "/invoiceID")),
        };
        if !draft {
            let path = self.path(dialect, Some(id)).await;
            match dialect {
                Dialect::Campfire | Dialect::Layer | Dialect::Native => {}
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

    /// The id of the invoice that Campfire has this integer for.
    pub(super) async fn id_of_key(&self, key: i64) -> DocumentId {
        let view = self.world.app.books.invoice(self.world.book, &Named::Key(key)).await;
        view.unwrap().unwrap().invoice.id
    }

    /// Pays so many cents; all that is open where the dialect knows nothing else.
    pub(super) async fn pay(&self, dialect: Dialect, id: DocumentId, sum: i64) {
        let (target, body) = self.payment(dialect, id, sum).await;
        self.good(dialect, "POST", &target, &body).await;
    }

    /// What pays so many cents, by POST.
    pub(super) async fn payment(&self, dialect: Dialect, id: DocumentId, sum: i64) -> (String, Value) {
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
            Dialect::Native => (
                "/api/v1/payments".to_owned(),
                json!({"paid_on": "2026-03-12", "invoices": [
                    {"invoice": id.hex(), "amount": {"amount": major.to_string(), "currency": "USD"}}]}),
            ),
        }
    }

    pub(super) async fn void(&self, dialect: Dialect, id: DocumentId) {
        let path = self.path(dialect, Some(id)).await;
        let (method, target, body) = match dialect {
            Dialect::Campfire => ("POST", format!("{path}void/"), json!({})),
            Dialect::Bookeeping => ("POST", format!("{path}/cancel"), json!({})),
            Dialect::Layer => ("POST", format!("{path}/void"), Value::Null),
            Dialect::Moov => ("PATCH", path, json!({"status": "canceled"})),
            Dialect::HighLevel => ("POST", format!("{path}/void"), self.alt()),
            Dialect::Native => ("POST", format!("{path}/void"), json!({})),
        };
        self.good(dialect, method, &target, &body).await;
    }

    pub(super) async fn delete(&self, dialect: Dialect, id: DocumentId) -> u16 {
        self.try_delete(dialect, id).await.status
    }

    pub(super) async fn try_delete(&self, dialect: Dialect, id: DocumentId) -> Response {
        let path = self.path(dialect, Some(id)).await;
        let (method, target) = match dialect {
            Dialect::Campfire | Dialect::Bookeeping | Dialect::Moov | Dialect::Native => ("DELETE", path),
            Dialect::Layer => ("POST", format!("{path}/delete")),
            Dialect::HighLevel => ("DELETE", format!("{path}?altId={}&altType=location", self.hex)),
        };
        self.send(dialect, method, &target, &Value::Null).await
    }

    pub(super) async fn read(&self, dialect: Dialect, id: DocumentId) -> Option<Shown> {
        let mut path = self.path(dialect, Some(id)).await;
        if dialect == Dialect::HighLevel {
            path = format!("{path}?altId={}&altType=location", self.hex);
        }
        let found = self.send(dialect, "GET", &path, &Value::Null).await;
        if found.status != 200 {
            assert!([400, 404, 410].contains(&found.status), "{dialect:?} {found:?}");
            return None;
        }
        let found = body_of(&found);
        let deleted = ["disabledOn", "deleted_at"].map(|name| found.get(name).is_some_and(|at| at.is_string()));
        if dialect != Dialect::Campfire && deleted.contains(&true) {
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
            Dialect::Native => Shown {
                word: text(&found, "/status"),
                total: cents(&found["total"]["amount"]),
                paid: Some(cents(&found["paid"]["amount"]) + cents(&found["credited"]["amount"])),
            },
        })
    }

    /// The invoice is in this state in every dialect, with so much paid of 100.00.
    pub(super) async fn assert_shown(&self, what: &str, id: DocumentId, state: State, paid: i64) {
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

/// The document that a UUID names.
pub(super) fn id_of(uuid: &str) -> DocumentId {
    match DocumentId::from_uuid(uuid) {
        UuidReading::Document(id) => id,
        other => panic!("{uuid}: {other:?}"),
    }
}

pub(super) async fn is_clean(office: &Office) -> bool {
    let verdict = office.world.app.books.verify(office.world.book, None, |_, _| {}).await;
    verdict.unwrap().is_clean()
}
