//! Two books of one server, each with documents of every kind that a dialect can name, made by the dialects themselves.

use quittance_accounting::book::Role;
use quittance_accounting::identity::{BookKey, DocumentId};
use quittance_server::app::CallLimits;
use quittance_server::config::MinuteAndDay;
use quittance_server::openapi::sample::Known;
use serde_json::{Value, json};

use super::asking::{Ask, Documents};
use crate::golden::World;

/// Nobody is refused for calling often.
const UNCOUNTED: MinuteAndDay = MinuteAndDay {
    per_minute: u32::MAX,
    per_day: u32::MAX,
};

const LIMITS: CallLimits = CallLimits {
    bookeeping_read: UNCOUNTED,
    bookeeping_write: UNCOUNTED,
    highlevel_burst: u32::MAX,
    highlevel_daily: u32::MAX,
    moov_per_second: u32::MAX,
    layer_per_second: u32::MAX,
};

/// Whoever keeps a book, and what is in it.
pub struct Party {
    pub book: BookKey,
    pub token: String,
    pub known: Known,
}

/// A server with two books.
pub struct Town {
    pub world: World,
    pub documents: Documents,
    pub ours: Party,
    pub theirs: Party,
}

impl Town {
    /// The same town every time, to the last id.
    pub async fn open() -> Town {
        let world = World::with(LIMITS).await;
        let documents = Documents::read();
        let theirs = world.open_book("Somebody else").await;
        let token = world.make_token(theirs, Role::Admin, &[], None).await;
        let ours = Filling::fill(&world, &documents, world.book, world.token.clone()).await;
        let theirs = Filling::fill(&world, &documents, theirs, token).await;
        Town {
            world,
            documents,
            ours,
            theirs,
        }
    }

    /// The seq and hash of the end of a book's log.
    pub async fn end_of(&self, party: &Party) -> (i64, String) {
        let head = self.world.app.books.head(party.book).await.unwrap().unwrap();
        (head.seq, head.hash.hex())
    }
}

/// A book on the way to being full.
struct Filling<'a> {
    world: &'a World,
    documents: &'a Documents,
    token: String,
    known: Known,
}

impl Filling<'_> {
    async fn fill(world: &World, documents: &Documents, book: BookKey, token: String) -> Party {
        let mut known = Known::new();
        known.insert("now", "2026-03-15T12:00:00Z".to_owned());
        known.insert("today", "2026-03-15".to_owned());
        known.insert("account.name", "SALES".to_owned());
        let mut filling = Filling {
            world,
            documents,
            token,
            known,
        };
        let name = format!("{}", book.0);
        filling.natively(&name).await;
        filling.in_campfire().await;
        filling.in_bookeeping().await;
        filling.in_layer(&name).await;
        filling.in_moov_and_highlevel(&name).await;
        Party {
            book,
            token: filling.token,
            known: filling.known,
        }
    }

    fn text(&self, of: &str) -> &str {
        &self.known[of]
    }

    /// Carries an operation out as its document says it, with more in its body.
    async fn done(&self, dialect: &'static str, operation: &str, more: Value) -> Value {
        let operation = self.documents.operation(dialect, operation);
        let ask = Ask::of(dialect, self.documents.of(dialect), &operation, &self.known).with(&more);
        let answer = ask.send(self.world, &self.token).await;
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(
            (200..300).contains(&answer.status),
            "{dialect} {}: {} {said}\n{ask:?}",
            operation.id(),
            answer.status
        );
        serde_json::from_str(&said).unwrap_or_default()
    }

    /// The same, and keeps what the answer says somewhere.
    async fn kept(
        &mut self,
        dialect: &'static str,
        operation: &str,
        more: Value,
        pointer: &str,
        of: &'static str,
    ) -> Value {
        let done = self.done(dialect, operation, more).await;
        let found = done.pointer(pointer);
        let text = match found {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => panic!("{dialect} {operation} has no {pointer}: {done:#}"),
        };
        self.known.insert(of, text);
        done
    }

    /// Spells an id as a UUID too.
    fn spelled(&mut self, hex: &str, uuid: &'static str) {
        let id = DocumentId::from_hex(self.text(hex)).unwrap();
        self.known.insert(uuid, id.uuid());
    }

    async fn natively(&mut self, name: &str) {
        self.kept("native", "listBooks", Value::Null, "/data/0/id", "book.hex")
            .await;
        let party = json!({"external_id": format!("party-{name}"), "email": "kim@example.com"});
        self.kept("native", "createCustomer", party, "/id", "customer.hex")
            .await;
        self.kept("native", "createProduct", Value::Null, "/id", "product.hex")
            .await;
        let usd = |amount: &str| json!({"amount": amount, "currency": "USD"});
        let lines = json!([{"name": "Work", "product": self.text("product.hex"), "unit_price": usd("100.00")}]);
        let invoice = json!({"lines": lines, "customer": self.text("customer.hex")});
        self.kept("native", "createInvoice", invoice.clone(), "/id", "invoice.hex")
            .await;
        self.done("native", "issueInvoice", Value::Null).await;
        self.done("native", "voidInvoice", Value::Null).await;
        let void = self.text("invoice.hex").to_owned();
        self.known.insert("void.hex", void);
        self.kept("native", "createInvoice", invoice.clone(), "/id", "invoice.hex")
            .await;
        self.done("native", "deleteInvoice", Value::Null).await;
        let deleted = self.text("invoice.hex").to_owned();
        self.known.insert("deleted.hex", deleted);
        let mut draft = invoice.clone();
        draft["external_id"] = json!(format!("draft-{name}"));
        self.kept("native", "createInvoice", draft, "/id", "draft.hex").await;
        let mut issued = invoice;
        issued["issue"] = json!(true);
        self.kept("native", "createInvoice", issued, "/id", "invoice.hex").await;
        let part = json!([{"invoice": self.text("invoice.hex"), "amount": usd("30.00")}]);
        let paid = json!({"amount": null, "customer": self.text("customer.hex"), "invoices": part});
        self.kept("native", "recordPayment", paid, "/id", "payment.hex").await;
        let credit = json!({"invoice": self.text("invoice.hex"), "amount": usd("20.00"), "apply": false});
        self.kept("native", "issueCreditNote", credit, "/id", "credit_note.hex")
            .await;
        let owed = json!({"amount": usd("5.00"), "owed_on": "UNEARNED_REVENUE"});
        self.kept("native", "refundInvoice", owed, "/refund/id", "refund.hex")
            .await;
        let given_up = json!({"amount": usd("2.00")});
        self.kept("native", "writeOffInvoice", given_up, "/write_off/id", "write_off.hex")
            .await;
        self.kept("native", "createEntry", Value::Null, "/id", "entry").await;
        for (hex, uuid) in [
            ("book.hex", "book.uuid"),
            ("customer.hex", "customer.uuid"),
            ("invoice.hex", "invoice.uuid"),
            ("draft.hex", "draft.uuid"),
            ("void.hex", "void.uuid"),
            ("deleted.hex", "deleted.uuid"),
            ("payment.hex", "payment.uuid"),
            ("refund.hex", "refund.uuid"),
            ("write_off.hex", "write_off.uuid"),
        ] {
            self.spelled(hex, uuid);
        }
    }

    async fn in_campfire(&mut self) {
        for (operation, pointer, of) in [
            ("listEntities", "/0/id", "book.integer"),
            ("listAccounts", "/results/9/id", "account.integer"),
            ("listVendors", "/results/0/id", "customer.integer"),
            ("listProducts", "/results/0/id", "product.integer"),
            ("listPayments", "/results/0/id", "payment.integer"),
            ("listEntries", "/results/0/id", "entry.integer"),
        ] {
            self.kept("campfire", operation, Value::Null, pointer, of).await;
        }
        let number = |text: &str| text.parse::<i64>().unwrap();
        let lines = json!([{"account": number(self.text("account.integer")), "amount": 12.5}]);
        let memo = json!({"lines": lines});
        self.kept("campfire", "createCreditMemo", memo, "/id", "credit_memo.integer")
            .await;
        let client = number(self.text("customer.integer"));
        let lines = json!([{"description": "Work", "quantity": 1, "rate": 50}]);
        let invoice = json!({"client": client, "lines": lines});
        self.kept("campfire", "createInvoice", invoice, "/id", "invoice.integer")
            .await;
        let memo = number(self.text("credit_memo.integer"));
        let used = json!({"credit_memo_id": memo, "amount": 5, "posted_at": "2026-03-15"});
        let paid = json!({"transactions": null, "empty_transactions": null, "credit_memos": [used]});
        self.kept(
            "campfire",
            "payInvoice",
            paid,
            "/payment_ids/0",
            "credit_memo_payment.integer",
        )
        .await;
    }

    async fn in_bookeeping(&mut self) {
        self.kept(
            "bookeeping",
            "createCounterparty",
            Value::Null,
            "/data/_id",
            "counterparty",
        )
        .await;
        self.kept(
            "bookeeping",
            "listAccounts",
            Value::Null,
            "/data/accounts/0/_id",
            "account",
        )
        .await;
        self.kept("bookeeping", "createCategory", Value::Null, "/data/_id", "category")
            .await;
        let paid_by = self
            .done("bookeeping", "listCategories", Value::Null)
            .await
            .pointer("/data/categories/0/_id")
            .cloned();
        let entries = json!([{"amount": 10, "type": "DEBIT", "category": paid_by},
            {"amount": 10, "type": "CREDIT", "category": self.text("category")}]);
        let spent = json!({"totalAmount": 10, "entries": entries});
        let pointer = "/data/transaction/_id";
        self.kept("bookeeping", "createTransaction", spent, pointer, "transaction.hex")
            .await;
    }

    async fn in_layer(&mut self, name: &str) {
        let dimension =
            json!({"key": format!("store-{name}"), "strictness": "BALANCING", "defined_values": ["Oakland"]});
        let made = self
            .kept("layer", "createTagDimension", dimension, "/data/id", "dimension.uuid")
            .await;
        self.known
            .insert("dimension.key", made["data"]["key"].as_str().unwrap().to_owned());
        let line = |account: &str, direction: &str| json!({"account_identifier": {"type": "StableName", "stable_name": account}, "amount": 5, "direction": direction});
        let entry = json!({"line_items": [line("CASH", "DEBIT"), line("SALES", "CREDIT")]});
        self.kept(
            "layer",
            "createCustomJournalEntry",
            entry,
            "/data/id",
            "custom_entry.uuid",
        )
        .await;
        self.kept("layer", "listLedgerEntries", Value::Null, "/data/0/id", "entry.uuid")
            .await;
        self.kept(
            "layer",
            "listLedgerAccounts",
            Value::Null,
            "/data/accounts/0/id",
            "account.uuid",
        )
        .await;
        self.kept("layer", "payRefund", Value::Null, "/data/id", "refund_payment.uuid")
            .await;
    }

    async fn in_moov_and_highlevel(&mut self, name: &str) {
        let made = self.done("moov", "createInvoice", Value::Null).await;
        let draft = self
            .known
            .insert("invoice.uuid", made["invoiceID"].as_str().unwrap().to_owned());
        self.done("moov", "updateInvoice", json!({"status": "unpaid"})).await;
        self.known.extend(draft.map(|issued| ("invoice.uuid", issued)));
        self.kept("moov", "listPaymentLinks", Value::Null, "/0/code", "payment_link.code")
            .await;
        let contact = json!({"id": format!("kim-{name}"), "name": "Kim", "phoneNo": "+1", "email": "kim@example.com"});
        let common = json!({"businessDetails": {"name": "Acme"}, "discount": {"type": "percentage", "value": 0},
            "contactDetails": contact});
        let template = json!({"businessDetails": {"name": "Acme"}});
        self.kept("highlevel", "createInvoiceTemplate", template, "/_id", "template.hex")
            .await;
        let mut schedule = common.clone();
        schedule["schedule"] = json!({"rrule": {"intervalType": "monthly", "interval": 1, "startDate": "2026-04-16",
            "startTime": "09:00:00", "endType": "after", "count": 3}});
        self.kept("highlevel", "createInvoiceSchedule", schedule, "/_id", "schedule.hex")
            .await;
        let mut estimate = common.clone();
        estimate["sentTo"] = Value::Null;
        self.kept("highlevel", "createNewEstimate", estimate, "/_id", "estimate.hex")
            .await;
        let template = json!({"businessDetails": {"name": "Acme"}, "discount": common["discount"]});
        self.kept(
            "highlevel",
            "createEstimateTemplate",
            template,
            "/_id",
            "estimate_template.hex",
        )
        .await;
    }
}
