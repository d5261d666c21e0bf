//! Payment links of invoices, to read.

use serde_json::{Value, json};

use super::{NEWEST, Shop, assert_bare, assert_error};
use crate::golden::{Transcript, World, json as body_of};
use crate::schema::assert_valid;
use quittance_accounting::book::Role;

impl Shop {
    async fn links(&self, query: &str) -> Vec<Value> {
        let headers = [("Authorization", self.bearer.as_str()), NEWEST];
        let path = format!("/accounts/{}/payment-links{query}", self.account);
        let found = self.world.send("GET", &path, &headers, "").await;
        assert_eq!(found.status, 200, "{found:?}");
        body_of(&found).as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn an_invoice_that_was_sent_has_a_link() {
    let shop = Shop::open().await;
    let draft = shop.draft().await;
    assert!(shop.get(&draft).await.get("paymentLinkCode").is_none());
    assert_eq!(shop.links("").await, Vec::<Value>::new());
    let [open, paid, canceled] = [shop.unpaid().await, shop.unpaid().await, shop.unpaid().await];
    shop.pay(&paid, "100.00").await;
    shop.set_status(&canceled, "canceled").await;
    let mut expected = Vec::new();
    for (id, status) in [(&canceled, "disabled"), (&paid, "used"), (&open, "active")] {
        let invoice = shop.get(id).await;
        let headers = [("Authorization", shop.bearer.as_str()), NEWEST];
        let url = invoice["paymentLinkURL"]
            .as_str()
            .unwrap()
            .strip_prefix("http://localhost")
            .unwrap();
        let link = shop.world.send("GET", url, &headers, "").await;
        assert_eq!(link.status, 200, "{link:?}");
        let link = body_of(&link);
        assert_valid("moov", "PaymentLink", &link);
        assert_eq!(
            (&link["code"], &link["status"], &link["amount"]["value"]),
            (&invoice["paymentLinkCode"], &json!(status), &json!(10_000))
        );
        assert_eq!(link["lineItems"], invoice["lineItems"]);
        expected.push(link);
    }
    assert_eq!(shop.links("").await, expected);
    assert_eq!(shop.links("?skip=1&count=1").await, expected[1..2]);
    assert_eq!(shop.links("?types=payout,invoice-payment").await, expected);
    assert_eq!(shop.links("?types=payment,payout").await, Vec::<Value>::new());
}

#[tokio::test]
async fn links_are_under_the_scope_of_transfers() {
    let world = World::new().await;
    let account = super::account_of(&world, world.book).await;
    let scope = |name: &str| format!("/accounts/{account}/{name}");
    for (scopes, status) in [
        (vec![scope("transfers.read")], 200),
        (vec![scope("invoices.read"), scope("invoices.write")], 403),
    ] {
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let token = world.make_token(world.book, Role::Viewer, &scopes, None).await;
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str())];
        let path = format!("/accounts/{account}/payment-links");
        assert_eq!(world.send("GET", &path, &headers, "").await.status, status);
    }
}

#[tokio::test]
async fn the_picture_is_in_json_unless_it_is_asked_for_itself() {
    use base64::Engine as _;
    let shop = Shop::open().await;
    let id = shop.unpaid().await;
    let code = shop.get(&id).await["paymentLinkCode"].as_str().unwrap().to_owned();
    let path = format!("/accounts/{}/payment-links/{code}/qrcode", shop.account);
    let ask = async |accept: &str| {
        let headers = [("Authorization", shop.bearer.as_str()), ("Accept", accept), NEWEST];
        let answer = shop.world.send("GET", &path, &headers, "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    };
    let picture = ask("image/png").await;
    assert!(picture.body.starts_with(b"\x89PNG\r\n\x1a\n"), "{picture:?}");
    for (accept, kind) in [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json;q=1, image/png;q=0", "application/json"),
        ("image/png, application/json", "application/json"),
        ("application/json;q=0.5, image/png;q=0.8", "image/png"),
        ("image/png;q=0", "application/json"),
    ] {
        let answer = ask(accept).await;
        assert_eq!(answer.header("content-type"), Some(kind), "{accept}");
        if kind == "application/json" {
            let coded = body_of(&answer)["qrCode"].as_str().unwrap().to_owned();
            let decoded = base64::engine::general_purpose::STANDARD.decode(coded).unwrap();
            assert_eq!(decoded, picture.body, "{accept}");
        } else {
            assert_eq!(answer.body, picture.body, "{accept}");
        }
    }
    let reads = format!("/accounts/{}/transfers.read", shop.account);
    let world = &shop.world;
    let token = world.make_token(world.book, Role::Admin, &[&reads], None).await;
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str())];
    assert_bare(&world.send("GET", &path, &headers, "").await, 403);
}

#[tokio::test]
async fn exchanges() {
    let shop = Shop::open().await;
    let mut said = Transcript::new("moov/links");
    let headers = [("Authorization", shop.bearer.as_str()), NEWEST];
    let id = shop.unpaid().await;
    let code = shop.get(&id).await["paymentLinkCode"].as_str().unwrap().to_owned();
    let path = format!("/accounts/{}/payment-links", shop.account);
    for (what, rest) in [
        ("read", format!("/{code}")),
        ("list", String::new()),
        ("none of these types", "?types=payout".to_owned()),
        ("no such type", "?types=gift".to_owned()),
        ("no such page", "?count=0".to_owned()),
        ("unknown", "/zzzzzzzzz0".to_owned()),
        ("no code", "/x".to_owned()),
        ("to scan", format!("/{code}/qrcode")),
        ("unknown, to scan", "/zzzzzzzzz0/qrcode".to_owned()),
    ] {
        said.say(&shop.world, what, "GET", &format!("{path}{rest}"), &headers, "")
            .await;
    }
    said.check();
    let draft = shop.draft().await;
    assert_eq!(shop.call("DELETE", &format!("/{draft}"), "").await.status, 204);
    assert_bare(&shop.world.send("POST", &path, &headers, "{}").await, 403);
    assert_error(
        &shop.world.send("GET", &format!("{path}?skip=-1"), &headers, "").await,
        400,
    );
}
