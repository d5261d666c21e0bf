//! Lists: every dialect lists the same invoices, and a status finds those that show it.

use quittance_accounting::identity::DocumentId;
use serde_json::{Value, json};

use super::office::{ALL, Dialect, Office, id_of, is_clean, text};

/// An invoice in a list.
pub(super) struct Row {
    pub(super) id: DocumentId,
    pub(super) word: String,
    /// All that the dialect lists of it.
    whole: Value,
}

impl Office {
    /// The invoices that a dialect lists.
    pub(super) async fn listed(&self, dialect: Dialect) -> Vec<Row> {
        self.listed_of(dialect, "").await
    }

    /// The invoices that a dialect lists, narrowed by more of a query; where it counts them, it counts as many.
    async fn listed_of(&self, dialect: Dialect, more: &str) -> Vec<Row> {
        let list = self.path(dialect, None).await;
        let (query, rows, count) = match dialect {
            Dialect::Campfire => ("limit=1000".to_owned(), "/results", Some("/count")),
            Dialect::Bookeeping => ("limit=100".to_owned(), "/data/invoices", Some("/data/count")),
            Dialect::Layer => {
                let query = "limit=500&show_total_count=true".to_owned();
                (query, "/data", Some("/meta/pagination/total_count"))
            }
            Dialect::Moov => ("count=1000".to_owned(), "", None),
            Dialect::HighLevel => {
                let query = format!("altId={}&altType=location&limit=100&offset=0", self.hex);
                (query, "/invoices", Some("/total"))
            }
            Dialect::Native => ("limit=200".to_owned(), "/data", Some("/total")),
        };
        let found = self
            .good(dialect, "GET", &format!("{list}?{query}{more}"), &Value::Null)
            .await;
        let rows = found.pointer(rows).and_then(Value::as_array).unwrap();
        if let Some(count) = count {
            assert_eq!(found.pointer(count).unwrap(), rows.len(), "{dialect:?} {more}");
        }
        let mut listed = Vec::new();
        for row in rows {
            let (id, word) = match dialect {
                Dialect::Campfire => (self.id_of_key(row["id"].as_i64().unwrap()).await, "/payment_status"),
                Dialect::Bookeeping | Dialect::HighLevel => {
                    (DocumentId::from_hex(&text(row, "/_id")).unwrap(), "/status")
                }
                Dialect::Layer => (id_of(&text(row, "/id")), "/status"),
                Dialect::Moov => (id_of(&text(row, "/invoiceID")), "/status"),
                Dialect::Native => (DocumentId::from_hex(&text(row, "/id")).unwrap(), "/status"),
            };
            let word = text(row, word);
            let whole = row.clone();
            listed.push(Row { id, word, whole });
        }
        listed
    }

    /// Invoices in every state that the books know, those that are being paid among them; how many a list shows.
    async fn one_of_each(&self) -> usize {
        let usd = |value: &str| json!({"amount": value, "currency": "USD"});
        let act = async |id: DocumentId, verb: &str, body: Value| {
            self.native("POST", &format!("/api/v1/invoices/{}/{verb}", id.hex()), body)
                .await
        };
        let make = async || self.make(Dialect::Native, false).await;
        self.make(Dialect::Native, true).await;
        act(self.make(Dialect::Native, true).await, "void", json!({})).await;
        make().await;
        self.make(Dialect::Moov, false).await;
        self.pay(Dialect::Native, make().await, 4_000).await;
        self.pay(Dialect::Native, make().await, 10_000).await;
        act(make().await, "void", json!({})).await;
        act(make().await, "write-off", json!({})).await;
        let refunded = make().await;
        self.pay(Dialect::Native, refunded, 10_000).await;
        act(refunded, "refund", json!({})).await;
        let credited = make().await;
        self.native("POST", "/api/v1/credit-notes", json!({"invoice": credited.hex()}))
            .await;
        // All that is owed in part or as a whole, due or not, on its way or not.
        let mut late = self.invoice_body(Dialect::Native, false);
        late["due_on"] = json!("2026-03-11");
        let mut owed = 0;
        for body in [self.invoice_body(Dialect::Native, false), late] {
            for so_far in ["nothing", "paid", "credited", "written off"] {
                for on_its_way in [false, true] {
                    let id = self.make_of(Dialect::Native, body.clone(), false).await;
                    match so_far {
                        "paid" => self.pay(Dialect::Native, id, 4_000).await,
                        "credited" => {
                            let note = json!({"invoice": id.hex(), "amount": usd("25.00")});
                            self.native("POST", "/api/v1/credit-notes", note).await;
                        }
                        "written off" => {
                            act(id, "write-off", json!({"amount": usd("30.00")})).await;
                        }
                        _ => {}
                    }
                    if on_its_way {
                        act(id, "payment-begun", json!({"amount": usd("10.00")})).await;
                    }
                    owed += 1;
                }
            }
        }
        // Paid otherwise while money was on its way, and no longer there.
        let twice = make().await;
        act(twice, "payment-begun", json!({"amount": usd("10.00")})).await;
        self.pay(Dialect::Native, twice, 10_000).await;
        let gone = self.make(Dialect::Native, true).await;
        assert!((200..300).contains(&self.delete(Dialect::Native, gone).await));
        11 + owed
    }
}

/// The statuses that a dialect shows; of those of Campfire see [`campfire_statuses_find_what_they_say`].
fn statuses(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        // Its words overlap, and it has none for drafts.
        Dialect::Campfire => &[],
        Dialect::Bookeeping => &["DRAFT", "SENT", "OVERDUE", "PAID", "CANCELLED"],
        Dialect::Layer => &[
            "SENT",
            "PARTIALLY_PAID",
            "PAID",
            "REFUNDED",
            "VOIDED",
            "PARTIALLY_WRITTEN_OFF",
            "WRITTEN_OFF",
        ],
        Dialect::Moov => &["draft", "unpaid", "payment-pending", "paid", "overdue", "canceled"],
        Dialect::HighLevel => &["draft", "sent", "payment_processing", "partially_paid", "paid", "void"],
        Dialect::Native => &[
            "draft",
            "open",
            "part_paid",
            "paid",
            "part_written_off",
            "written_off",
            "refunded",
            "void",
        ],
    }
}

#[tokio::test]
async fn every_status_finds_those_that_show_it_and_all_of_them_all() {
    let office = Office::open().await;
    let all = office.one_of_each().await;
    for dialect in ALL {
        let listed = office.listed(dialect).await;
        assert_eq!(listed.len(), all, "{dialect:?}");
        let mut found = 0;
        for status in statuses(dialect) {
            let mut showing: Vec<DocumentId> = ids(listed.iter().filter(|row| row.word == *status));
            let of_status = office.listed_of(dialect, &format!("&status={status}")).await;
            for row in &of_status {
                assert_eq!(row.word, *status, "{dialect:?}");
            }
            let mut of_status = ids(of_status.iter());
            showing.sort();
            of_status.sort();
            assert!(!showing.is_empty(), "{dialect:?} {status}");
            assert_eq!(of_status, showing, "{dialect:?} {status}");
            found += showing.len();
        }
        assert!(
            dialect == Dialect::Campfire || found == all,
            "{dialect:?}: {found} of {all}"
        );
    }
    // Narrowed by days, in order of date.
    for (status, many) in [("sent", 3), ("payment_processing", 8), ("partially_paid", 7)] {
        let days = format!("&status={status}&startAt=2026-03-10&endAt=2026-03-10");
        let of_days = office.listed_of(Dialect::HighLevel, &days).await;
        assert!(of_days.iter().all(|row| row.word == status), "{status}");
        assert_eq!(of_days.len(), many, "{status}");
    }
    assert!(is_clean(&office).await);
}

fn ids<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<DocumentId> {
    rows.map(|row| row.id).collect()
}

/// What a status of Campfire's filter finds, by what is shown: what is owed is `open` or `sent` or `partial`, and past due or not.
#[tokio::test]
async fn campfire_statuses_find_what_they_say() {
    let office = Office::open().await;
    let all = office.one_of_each().await;
    let listed = office.listed(Dialect::Campfire).await;
    assert_eq!(listed.len(), all);
    let is_owed = |row: &Row| ["open", "sent", "partial"].contains(&row.word.as_str());
    let is_late = |row: &Row| row.whole["past_due_days"].as_i64().unwrap() > 0;
    type Means<'a> = &'a dyn Fn(&Row) -> bool;
    let filters: [(&str, Means<'_>); 8] = [
        ("unpaid", &|row| row.word == "open" || row.word == "sent"),
        ("sent", &|row| row.word == "sent"),
        ("partially_paid", &|row| row.word == "partial"),
        ("paid", &|row| row.word == "paid"),
        ("uncollectible", &|row| row.word == "uncollectible"),
        ("voided", &|row| row.word == "voided"),
        ("past_due", &|row| is_owed(row) && is_late(row)),
        ("current", &|row| is_owed(row) && !is_late(row)),
    ];
    for (status, is_meant) in filters {
        let mut meant = ids(listed.iter().filter(|row| is_meant(row)));
        let mut found = ids(office
            .listed_of(Dialect::Campfire, &format!("&status={status}"))
            .await
            .iter());
        meant.sort();
        found.sort();
        assert!(!meant.is_empty(), "{status}");
        assert_eq!(found, meant, "{status}");
    }
    // Native: what is due and owed is found as overdue, whatever its status.
    let late = office.listed_of(Dialect::Native, "&status=overdue").await;
    assert!(late.iter().all(|row| row.whole["overdue"] == true));
    let shown = office.listed(Dialect::Native).await;
    assert_eq!(
        late.len(),
        shown.iter().filter(|row| row.whole["overdue"] == true).count()
    );
}
