//! Every outcome of the native API, and the world afterwards.

use quittance_accounting::book::Role;
use serde_json::{Value, json};

use super::worlds::{call, call_as, delete_posted, id, invoice, ok, pay, sample, trial_balance, usd};
use crate::golden::{self, Transcript, World};
use crate::schema::assert_valid;

/// A transcript of JSON exchanges with the admin token.
pub struct Talk<'a> {
    world: &'a World,
    pub transcript: Transcript,
}

impl Talk<'_> {
    pub async fn say(&mut self, title: &str, method: &str, path: &str, body: Value) -> Value {
        let bearer = format!("Bearer {}", self.world.token);
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let headers = [("authorization", bearer.as_str())];
        let response = self
            .transcript
            .say(self.world, title, method, path, &headers, &text)
            .await;
        if response.body.is_empty() {
            return Value::Null;
        }
        let body = golden::json(&response);
        if response.status >= 400 {
            assert_valid("native", "Error", &body);
        }
        body
    }
}

/// A new transcript.
pub fn talk<'a>(world: &'a World, name: &str) -> Talk<'a> {
    Talk {
        world,
        transcript: Transcript::new(&format!("native/{name}")),
    }
}

#[tokio::test]
async fn a_draft_is_planned_deleted_read_and_restored() {
    let world = World::new().await;
    let mut talk = talk(&world, "delete");
    let customer = json!({"name": "Globex", "email": "ap@globex.example", "metadata": {"tier": 2}});
    let customer = id(&talk.say("a customer", "POST", "/api/v1/customers", customer).await);
    let product = json!({"name": "Hour", "account": "SERVICES"});
    let product = id(&talk.say("a product", "POST", "/api/v1/products", product).await);
    let body = json!({"customer": customer, "due_on": "2026-04-14", "memo": "Thank you", "metadata": {"po": "7"},
        "discount": usd("5.00"), "tip": usd("1.00"), "external_id": "ext-1",
        "lines": [{"name": "Hours", "product": product, "quantity": "2.5", "unit_price": usd("99.999"),
            "taxes": [{"amount": usd("20.00")}]}]});
    let draft = talk.say("a draft", "POST", "/api/v1/invoices", body).await;
    assert_valid("native", "Invoice", &draft);
    let path = format!("/api/v1/invoices/{}", id(&draft));
    let before = trial_balance(&world).await;
    let plan = talk
        .say("its plan", "POST", &format!("{path}/deletion-plan"), Value::Null)
        .await;
    assert_valid("native", "Plan", &plan);
    let body = json!({"reason": "entered twice", "plan_digest": plan["digest"]});
    let receipt = talk.say("deleted", "DELETE", &path, body).await;
    assert_valid("native", "Receipt", &receipt);
    let read = talk.say("read by id", "GET", &path, Value::Null).await;
    assert_valid("native", "Invoice", &read);
    assert_eq!(read["receipt"], receipt);
    talk.say("gone from the list", "GET", "/api/v1/invoices", Value::Null)
        .await;
    let seq = receipt["seq"].as_i64().unwrap();
    talk.say("the receipt", "GET", &format!("/api/v1/receipts/{seq}"), Value::Null)
        .await;
    talk.say("deleted again", "DELETE", &path, Value::Null).await;
    talk.say("planned again", "POST", &format!("{path}/deletion-plan"), Value::Null)
        .await;
    assert_eq!(before, trial_balance(&world).await);
    let restored = talk
        .say("restored", "POST", &format!("{path}/restore"), Value::Null)
        .await;
    let mut expected = draft.clone();
    expected["updated_at"] = restored["updated_at"].clone();
    assert_eq!(restored, expected);
    talk.say("restored twice", "POST", &format!("{path}/restore"), Value::Null)
        .await;
    talk.say("deleted without a body", "DELETE", &path, Value::Null).await;
    talk.transcript.check();
}

#[tokio::test]
async fn what_is_posted_is_refused_with_ways_out() {
    let world = World::new().await;
    let mut talk = talk(&world, "refusals");
    let open = invoice(&world, true).await;
    talk.say("open", "DELETE", &format!("/api/v1/invoices/{open}"), Value::Null)
        .await;
    pay(&world, &open, "30.00").await;
    talk.say("part paid", "DELETE", &format!("/api/v1/invoices/{open}"), Value::Null)
        .await;
    talk.say(
        "planned",
        "POST",
        &format!("/api/v1/invoices/{open}/deletion-plan"),
        Value::Null,
    )
    .await;
    pay(&world, &open, "70.00").await;
    talk.say("paid", "DELETE", &format!("/api/v1/invoices/{open}"), Value::Null)
        .await;
    ok(&world, "POST", &format!("/api/v1/invoices/{open}/refund"), json!({})).await;
    talk.say("refunded", "DELETE", &format!("/api/v1/invoices/{open}"), Value::Null)
        .await;
    let written = invoice(&world, true).await;
    ok(
        &world,
        "POST",
        &format!("/api/v1/invoices/{written}/write-off"),
        json!({}),
    )
    .await;
    talk.say(
        "written off",
        "DELETE",
        &format!("/api/v1/invoices/{written}"),
        Value::Null,
    )
    .await;
    let void = invoice(&world, true).await;
    ok(&world, "POST", &format!("/api/v1/invoices/{void}/void"), json!({})).await;
    talk.say("void", "DELETE", &format!("/api/v1/invoices/{void}"), Value::Null)
        .await;
    let body = json!({"issue": true, "invoice_date": "2026-01-31", "lines": [{"unit_price": usd("10.00")}]});
    let old = id(&ok(&world, "POST", "/api/v1/invoices", body).await);
    ok(
        &world,
        "POST",
        "/api/v1/periods/close",
        json!({"through": "2026-02-28"}),
    )
    .await;
    talk.say("closed", "DELETE", &format!("/api/v1/invoices/{old}"), Value::Null)
        .await;
    let body = json!({"invoice_date": "2026-01-31", "lines": [{"unit_price": usd("10.00")}]});
    let draft = id(&ok(&world, "POST", "/api/v1/invoices", body).await);
    let path = format!("/api/v1/invoices/{draft}");
    talk.say("issued into it", "POST", &format!("{path}/issue"), Value::Null)
        .await;
    let hold = json!({"until": "2026-12-31", "reason": "a dispute"});
    talk.say("held", "POST", &format!("{path}/hold"), hold).await;
    talk.say("a held draft", "DELETE", &path, Value::Null).await;
    let released = json!({"until": null});
    talk.say("released", "POST", &format!("{path}/hold"), released).await;
    let moved = json!({"plan_digest": "00".repeat(32)});
    talk.say("another plan", "DELETE", &path, moved).await;
    talk.say(
        "handed over",
        "POST",
        &format!("{path}/hold"),
        json!({"handed_over": true}),
    )
    .await;
    talk.say("a draft handed over", "DELETE", &path, Value::Null).await;
    talk.transcript.check();
}

/// Whatever is offered as a way out is carried out.
#[tokio::test]
async fn ways_out_can_be_taken() {
    for at in 0..6 {
        let mut taken = 0;
        for way in 0.. {
            let world = World::new().await;
            let path = format!("/api/v1/invoices/{}", stuck(&world, at).await);
            let said = call(&world, "DELETE", &path, Value::Null).await;
            let ways = said.body["error"]["alternatives"].as_array().unwrap().clone();
            let Some(alternative) = ways.get(way) else { break };
            let (method, path) = (
                alternative["method"].as_str().unwrap(),
                alternative["path"].as_str().unwrap(),
            );
            ok(&world, method, path, alternative["body"].clone()).await;
            taken += 1;
        }
        assert!(taken > 0, "case {at}");
    }
}

/// An invoice that cannot be deleted.
async fn stuck(world: &World, at: usize) -> String {
    let id = invoice(world, at < 4).await;
    let path = format!("/api/v1/invoices/{id}");
    match at {
        0 => {}
        1 => pay(world, &id, "40.00").await,
        2 => pay(world, &id, "100.00").await,
        3 => {
            ok(
                world,
                "POST",
                &format!("{path}/write-off"),
                json!({"amount": usd("1.00")}),
            )
            .await;
        }
        4 => {
            ok(world, "POST", &format!("{path}/hold"), json!({"until": "2026-12-31"})).await;
        }
        _ => {
            ok(world, "DELETE", &path, Value::Null).await;
        }
    }
    id
}

#[tokio::test]
async fn ids_books_tokens_and_roles() {
    let world = World::new().await;
    let mut talk = talk(&world, "access");
    let draft = invoice(&world, false).await;
    let path = format!("/api/v1/invoices/{draft}");
    talk.say(
        "unknown id",
        "DELETE",
        "/api/v1/invoices/0123456789abcdef01234567",
        Value::Null,
    )
    .await;
    talk.say("malformed id", "DELETE", "/api/v1/invoices/17", Value::Null)
        .await;
    talk.say("unknown path", "GET", "/api/v1/quotes", Value::Null).await;
    talk.say("a slash too many", "DELETE", &format!("{path}/"), Value::Null)
        .await;
    talk.say("wrong method", "PUT", &path, json!({})).await;
    let other = world.open_book("Other").await;
    let tokens = [
        (
            "another book's id",
            world.make_token(other, Role::Admin, &[], None).await,
        ),
        ("read only", world.make_token(world.book, Role::Viewer, &[], None).await),
        ("a clerk", world.make_token(world.book, Role::Clerk, &[], None).await),
        (
            "no such scope",
            world.make_token(world.book, Role::Admin, &["native.read"], None).await,
        ),
        (
            "expired",
            world
                .make_token(
                    world.book,
                    Role::Admin,
                    &[],
                    Some("2026-03-15T12:00:00Z".parse().unwrap()),
                )
                .await,
        ),
        ("unknown", "q1_0000000000000000_00".to_owned()),
    ];
    for (title, token) in &tokens {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        talk.transcript.say(&world, title, "DELETE", &path, &headers, "").await;
    }
    let (text, token) = revocable(&world).await;
    world
        .app
        .books
        .revoke_token(&world.context(world.book), token)
        .await
        .unwrap();
    for (title, header) in [
        ("revoked", format!("Bearer {text}")),
        ("wrong scheme", format!("Token {}", world.token)),
        ("unreadable", "Basic ???".to_owned()),
    ] {
        let headers = [("authorization", header.as_str())];
        talk.transcript.say(&world, title, "DELETE", &path, &headers, "").await;
    }
    talk.transcript.say(&world, "nobody", "DELETE", &path, &[], "").await;
    talk.transcript.check();
    let (user, secret) = world.token.rsplit_once('_').unwrap();
    let pair = base64(&format!("{user}:{secret}"));
    let basic = format!("Basic {pair}");
    let said = world.send("GET", &path, &[("authorization", &basic)], "").await;
    assert_eq!(said.status, 200);
}

async fn revocable(world: &World) -> (String, quittance_accounting::identity::TokenKey) {
    let input = quittance_books::books::TokenInput {
        name: "short".to_owned(),
        role: Role::Admin,
        scopes: vec![],
        expires_at: None,
    };
    let made = world
        .app
        .books
        .make_token(&world.context(world.book), input)
        .await
        .unwrap();
    (made.0, made.1.key)
}

pub fn base64(text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            out.push(char::from(LETTERS[(bits >> (18 - 6 * place)) & 63]));
        }
    }
    out
}

#[tokio::test]
async fn everything_else_that_is_served() {
    let world = World::new().await;
    let invoices = sample(&world).await;
    let mut talk = talk(&world, "reads");
    for path in [
        "/api/v1/books",
        "/api/v1/accounts",
        "/api/v1/customers",
        "/api/v1/products",
        "/api/v1/payments",
        "/api/v1/periods",
        "/api/v1/reports/trial-balance",
        "/api/v1/log?after=2&limit=2",
        "/api/v1/invoices?limit=1&cursor=1&status=part_paid,open,paid",
        "/api/v1/invoices?status=overdue",
        "/api/v1/invoices?from=2026-03-02&limit=1&newest_first=true",
    ] {
        talk.say(path, "GET", path, Value::Null).await;
    }
    let deletions = world.app.books.deletions(world.book, 10).await.unwrap();
    assert_eq!(deletions.len(), 2);
    for deletion in deletions {
        let path = format!("/api/v1/receipts/{}", deletion.seal.seq);
        let shown = talk.say("a receipt", "GET", &path, Value::Null).await;
        assert_valid("native", "Receipt", &shown);
    }
    for id in &invoices {
        let shown = talk
            .say("an invoice", "GET", &format!("/api/v1/invoices/{id}"), Value::Null)
            .await;
        if shown.get("error").is_none() {
            assert_valid("native", "Invoice", &shown);
        }
    }
    let everything = json!({"through": null, "reason": "a month was closed too early"});
    for what in ["reopened", "reopened again"] {
        talk.say(what, "POST", "/api/v1/periods/reopen", everything.clone())
            .await;
    }
    talk.say(
        "closed too far",
        "POST",
        "/api/v1/periods/close",
        json!({"through": "2026-03-15"}),
    )
    .await;
    talk.transcript.check();
}

#[tokio::test]
async fn verbs_move_the_books_as_they_say() {
    let world = World::new().await;
    let mut talk = talk(&world, "verbs");
    let draft = invoice(&world, false).await;
    let path = format!("/api/v1/invoices/{draft}");
    let whole = json!({"invoices": [{"invoice": draft}]});
    talk.say("paying a draft", "POST", "/api/v1/payments", whole).await;
    talk.say("issued", "POST", &format!("{path}/issue"), Value::Null).await;
    talk.say("issued twice", "POST", &format!("{path}/issue"), Value::Null)
        .await;
    talk.say("sent", "POST", &format!("{path}/send"), Value::Null).await;
    let more = json!({"amount": usd("130.00"), "method": "bank_transfer", "invoices": [{"invoice": draft}]});
    talk.say("paid and more", "POST", "/api/v1/payments", more).await;
    talk.say(
        "refunded",
        "POST",
        &format!("{path}/refund"),
        json!({"amount": usd("10.00")}),
    )
    .await;
    talk.say(
        "refunded too much",
        "POST",
        &format!("{path}/refund"),
        json!({"amount": usd("95.00")}),
    )
    .await;
    talk.say("void after a refund", "POST", &format!("{path}/void"), Value::Null)
        .await;
    let second = invoice(&world, true).await;
    let path = format!("/api/v1/invoices/{second}");
    pay(&world, &second, "25.00").await;
    talk.say(
        "void, money unapplied",
        "POST",
        &format!("{path}/void"),
        json!({"on": "2026-03-15"}),
    )
    .await;
    let third = invoice(&world, true).await;
    let path = format!("/api/v1/invoices/{third}");
    talk.say(
        "written off",
        "POST",
        &format!("{path}/write-off"),
        json!({"amount": usd("100.00")}),
    )
    .await;
    talk.say("balanced", "GET", "/api/v1/reports/trial-balance", Value::Null)
        .await;
    talk.transcript.check();
}

#[tokio::test]
async fn a_draft_is_edited_and_a_void_is_taken_back() {
    let world = World::new().await;
    let mut talk = talk(&world, "edits");
    let body =
        json!({"memo": "Three hours", "lines": [{"name": "Work", "quantity": "3", "unit_price": usd("100.00")}]});
    let draft = talk.say("a draft", "POST", "/api/v1/invoices", body).await;
    let path = format!("/api/v1/invoices/{}", id(&draft));
    let body = json!({"revision": draft["revision"], "number": "A-7", "due_on": "2026-04-30",
        "lines": [{"name": "Work", "quantity": "2", "unit_price": usd("100.00")}]});
    let edited = talk.say("edited", "PUT", &path, body.clone()).await;
    assert_eq!((&edited["total"], &edited["memo"]), (&usd("200.00"), &Value::Null));
    talk.say("edited from what it was", "PUT", &path, body).await;
    let lines = json!([{"unit_price": usd("150.00")}]);
    talk.say(
        "a member too many",
        "PUT",
        &path,
        json!({"issue": true, "lines": lines}),
    )
    .await;
    ok(&world, "POST", &format!("{path}/issue"), Value::Null).await;
    talk.say("what is issued stays", "PUT", &path, json!({"lines": lines}))
        .await;
    talk.say("nothing to take back", "POST", &format!("{path}/reopen"), Value::Null)
        .await;
    ok(&world, "POST", &format!("{path}/void"), Value::Null).await;
    let reopened = talk
        .say("the void taken back", "POST", &format!("{path}/reopen"), Value::Null)
        .await;
    assert_eq!(reopened["open"], usd("200.00"));
    talk.transcript.check();
}

#[tokio::test]
async fn customers_and_products_change_and_payments_are_found() {
    let world = World::new().await;
    let mut talk = talk(&world, "parties");
    let body = json!({"name": "Globex", "email": "ap@globex.example", "external_id": "c-7"});
    let customer = id(&ok(&world, "POST", "/api/v1/customers", body).await);
    let path = format!("/api/v1/customers/{customer}");
    let changed = talk
        .say(
            "a customer renamed",
            "PUT",
            &path,
            json!({"name": "Globex Inc", "archived": true}),
        )
        .await;
    assert_eq!(
        (&changed["email"], &changed["external_id"]),
        (&Value::Null, &Value::Null)
    );
    talk.say("a name is needed", "PUT", &path, json!({"archived": false}))
        .await;
    let product = json!({"name": "Hour", "account": "SERVICES"});
    let product = id(&ok(&world, "POST", "/api/v1/products", product).await);
    let body = json!({"name": "Day", "account": "SUBSCRIPTIONS"});
    talk.say("a product renamed", "PUT", &format!("/api/v1/products/{product}"), body)
        .await;
    let body = json!({"customer": customer, "issue": true, "lines": [{"unit_price": usd("100.00")}]});
    let theirs = id(&ok(&world, "POST", "/api/v1/invoices", body).await);
    let other = invoice(&world, true).await;
    for (invoice, day) in [(&theirs, "2026-03-01"), (&other, "2026-03-02")] {
        let body = json!({"paid_on": day, "invoices": [{"invoice": invoice, "amount": usd("60.00")}]});
        ok(&world, "POST", "/api/v1/payments", body).await;
    }
    for query in [
        format!("customer={customer}"),
        format!("invoice={other}"),
        "from=2026-03-02&to=2026-03-05".to_owned(),
    ] {
        let found = talk
            .say("payments", "GET", &format!("/api/v1/payments?{query}"), Value::Null)
            .await;
        assert_eq!(found["data"].as_array().unwrap().len(), 1, "{query}");
    }
    talk.say(
        "an id of another form",
        "GET",
        "/api/v1/payments?customer=7",
        Value::Null,
    )
    .await;
    let first = talk
        .say(
            "the newest",
            "GET",
            "/api/v1/payments?limit=1&newest_first=true",
            Value::Null,
        )
        .await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let next = format!("/api/v1/payments?limit=1&newest_first=true&cursor={cursor}");
    talk.say("the one before", "GET", &next, Value::Null).await;
    talk.transcript.check();
}

#[tokio::test]
async fn a_key_repeats_the_answer_and_nothing_else() {
    let world = World::new().await;
    let bearer = format!("Bearer {}", world.token);
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "k-1")];
    let body = json!({"issue": true, "lines": [{"unit_price": usd("100.00")}]}).to_string();
    let first = world.send("POST", "/api/v1/invoices", &headers, &body).await;
    let again = world.send("POST", "/api/v1/invoices", &headers, &body).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    let other = world
        .send("POST", "/api/v1/invoices", &headers, &body.replace("100", "200"))
        .await;
    assert_eq!(
        (other.status, &golden::json(&other)["error"]["code"]),
        (409, &json!("key_reused"))
    );
    let invoice = id(&golden::json(&first));
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "p-1")];
    let body = json!({"invoices": [{"invoice": invoice, "amount": usd("60.00")}]}).to_string();
    let first = world.send("POST", "/api/v1/payments", &headers, &body).await;
    let again = world.send("POST", "/api/v1/payments", &headers, &body).await;
    assert_eq!((first.status, golden::json(&first)), (201, golden::json(&again)));
    let payments = ok(&world, "GET", "/api/v1/payments", Value::Null).await;
    assert_eq!(payments["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_delete_of_another_dialect_is_gone_with_its_receipt() {
    let world = World::new().await;
    let before = trial_balance(&world).await;
    let posted = delete_posted(&world).await;
    assert_eq!(before, trial_balance(&world).await);
    let said = call(&world, "GET", &format!("/api/v1/invoices/{posted}"), Value::Null).await;
    assert_eq!(
        (said.status, &said.body["error"]["code"]),
        (410, &json!("already_deleted"))
    );
    let way = said.body["error"]["alternatives"][0]["path"]
        .as_str()
        .unwrap()
        .to_owned();
    let receipt = ok(&world, "GET", &way, Value::Null).await;
    assert_eq!(receipt["entries_withdrawn"].as_array().unwrap().len(), 2);
    assert_eq!(receipt["payments"][0]["gone"], json!(true));
    let said = call(
        &world,
        "POST",
        &format!("/api/v1/invoices/{posted}/restore"),
        Value::Null,
    )
    .await;
    assert_eq!(
        (said.status, &said.body["error"]["code"]),
        (410, &json!("content_erased"))
    );
    let viewer = world.make_token(world.book, Role::Viewer, &[], None).await;
    let said = call_as(&world, &viewer, "GET", &way, Value::Null).await;
    assert_eq!((said.status, said.body), (200, receipt));
}

#[tokio::test]
async fn a_slash_too_many_in_front_is_refused_in_the_form_of_the_dialect() {
    let world = crate::golden::World::new().await;
    for (path, status, words) in [
        ("//api/v1/invoices", 401, "no_credentials"),
        ("//coa/api/v1/invoice/1/", 404, "Nothing here"),
        ("//public-api/v1/invoices", 401, "UnauthorizedError"),
    ] {
        let answer = world.send("DELETE", path, &[("host", "books.example")], "").await;
        let body = String::from_utf8(answer.body.clone()).unwrap();
        assert_eq!(answer.status, status, "{path}: {body}");
        assert!(body.contains(words), "{path}: {body}");
    }
}

#[tokio::test]
async fn documents_are_read_one_by_one() {
    let world = World::new().await;
    let mut talk = talk(&world, "documents");
    let customer = id(&talk
        .say("a customer", "POST", "/api/v1/customers", json!({"name": "Globex"}))
        .await);
    talk.say("it alone", "GET", &format!("/api/v1/customers/{customer}"), Value::Null)
        .await;
    let product = id(&talk
        .say("a product", "POST", "/api/v1/products", json!({"name": "Hour"}))
        .await);
    talk.say("it alone", "GET", &format!("/api/v1/products/{product}"), Value::Null)
        .await;
    let payment = json!({"customer": customer, "amount": usd("12.00")});
    let payment = id(&talk
        .say("money before any invoice", "POST", "/api/v1/payments", payment)
        .await);
    talk.say("it alone", "GET", &format!("/api/v1/payments/{payment}"), Value::Null)
        .await;
    let through = json!({"through": "2026-01-31"});
    talk.say("a month is closed", "POST", "/api/v1/periods/close", through)
        .await;
    talk.transcript.check();
}
