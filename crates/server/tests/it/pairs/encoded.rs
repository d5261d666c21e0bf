//! Bodies that are compressed on their way: refused in each dialect's form, and never read as if they were plain.

use quittance_server::http::Response;
use serde_json::Value;

use super::office::{ALL, Dialect, Office};
use crate::golden::json as body_of;

impl Office {
    /// A request for an invoice with a content coding.
    async fn send_encoded(&self, dialect: Dialect, coding: &str) -> Response {
        let body = self.invoice_body(dialect, false);
        let path = self.path(dialect, None).await;
        let coding = [("content-encoding", coding)];
        self.send_with(dialect, "POST", &path, &body, &coding).await
    }
}

fn assert_refused(what: &str, answer: &Response) {
    assert_eq!(answer.status, 415, "{what}: {}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.header("accept-encoding"), Some("identity"), "{what}");
}

#[tokio::test]
async fn an_encoded_body_is_refused_by_everybody() {
    let office = Office::open().await;
    for dialect in ALL {
        let head = office.world.app.books.head(office.world.book).await.unwrap();
        for coding in ["gzip", "br", "identity, GZIP", "x-unheard-of", "\u{e9}"] {
            let answer = office.send_encoded(dialect, coding).await;
            assert_refused(&format!("{dialect:?} {coding}"), &answer);
            let said = body_of(&answer);
            let member = match dialect {
                Dialect::Campfire => "/detail",
                Dialect::Bookeeping | Dialect::HighLevel => "/message",
                Dialect::Layer => "/errors/0/description",
                Dialect::Moov => "/error",
                Dialect::Native => "/error/message",
            };
            let said = said.pointer(member).and_then(Value::as_str).unwrap();
            assert!(said.contains("encoded"), "{dialect:?}: {said}");
        }
        assert_eq!(office.world.app.books.head(office.world.book).await.unwrap(), head);
        for plain in ["identity", "Identity", ""] {
            let answer = office.send_encoded(dialect, plain).await;
            assert!((200..300).contains(&answer.status), "{dialect:?} {plain}: {answer:?}");
        }
    }
    // Where tokens are asked for, forms too.
    for path in ["/oauth2/token", "/oauth/token"] {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("content-encoding", "gzip"),
        ];
        let body = "grant_type=client_credentials&scope=https://api.layerfi.com/sandbox";
        let answer = office.world.send("POST", path, &headers, body).await;
        assert_refused(path, &answer);
    }
    // Nothing is encoded in no body.
    let coding = [
        ("authorization", &*format!("Bearer {}", office.world.token)),
        ("content-encoding", "gzip"),
    ];
    let answer = office.world.send("GET", "/api/v1/invoices", &coding, "").await;
    assert_eq!(answer.status, 200);
}
