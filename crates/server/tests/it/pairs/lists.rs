//! Lists: every dialect lists the same invoices, and a status finds those that show it.

use quittance_accounting::identity::DocumentId;
use serde_json::{Value, json};

use super::office::{ALL, Dialect, Office, id_of, is_clean, text};

/// An invoice in a list.
pub(super) struct Row {
    pub(super) id: DocumentId,
    pub(super) word: String,
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
            listed.push(Row { id, word });
        }
        listed
    }

    /// One invoice in every state that the books know.
    async fn one_of_each(&self) -> usize {
        let usd = |value: &str| json!({"amount": value, "currency": "USD"});
        let act = async |id: DocumentId, verb: &str, body: Value| {
            self.native("POST", &format!("/api/v1/invoices/{}/{verb}", id.hex()), body)
                .await
        };
        let make = async || self.make(Dialect::Native, false).await;
        self.make(Dialect::Native, true).await;
        make().await;
        self.make(Dialect::Moov, false).await;
        self.pay(Dialect::Native, make().await, 4_000).await;
        self.pay(Dialect::Native, make().await, 10_000).await;
        act(make().await, "void", json!({})).await;
        act(make().await, "write-off", json!({"amount": usd("30.00")})).await;
        act(make().await, "write-off", json!({})).await;
        act(make().await, "payment-begun", json!({})).await;
        let part = make().await;
        self.pay(Dialect::Native, part, 4_000).await;
        act(part, "payment-begun", json!({"amount": usd("10.00")})).await;
        let refunded = make().await;
        self.pay(Dialect::Native, refunded, 10_000).await;
        act(refunded, "refund", json!({})).await;
        let credited = make().await;
        self.native("POST", "/api/v1/credit-notes", json!({"invoice": credited.hex()}))
            .await;
        let mut body = self.invoice_body(Dialect::Native, false);
        body["due_on"] = json!("2026-03-11");
        self.make_of(Dialect::Native, body.clone(), false).await;
        let part = self.make_of(Dialect::Native, body, false).await;
        self.pay(Dialect::Native, part, 4_000).await;
        14
    }
}

#[tokio::test]
async fn every_status_finds_those_that_show_it_and_all_of_them_all() {
    let office = Office::open().await;
    let all = office.one_of_each().await;
    for dialect in ALL {
        let statuses: &[&str] = match dialect {
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
        };
        let listed = office.listed(dialect).await;
        assert_eq!(listed.len(), all, "{dialect:?}");
        let mut found = 0;
        for status in statuses {
            let showing = listed.iter().filter(|row| row.word == *status).count();
            let of_status = office.listed_of(dialect, &format!("&status={status}")).await;
            let others: Vec<&str> = of_status
                .iter()
                .map(|row| row.word.as_str())
                .filter(|word| word != status)
                .collect();
            // What is being paid is found as what it is without that as well: its tallies know nothing of payments in progress.
            let is_tallied = dialect == Dialect::HighLevel && others.iter().all(|word| *word == "payment_processing");
            assert!(others.is_empty() || is_tallied, "{dialect:?} {status}: {others:?}");
            assert_eq!(of_status.len() - others.len(), showing, "{dialect:?} {status}");
            found += showing;
        }
        assert!(statuses.is_empty() || found == all, "{dialect:?}: {found} of {all}");
    }
    assert!(is_clean(&office).await);
}
