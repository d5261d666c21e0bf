//! A delete that is done is answered with its receipt: no read that fails afterwards makes a 503 of it.

use serde_json::{Value, json};

use super::worlds::{id, ok, usd};
use crate::golden::{World, json as body_of};
use crate::trouble;

/// Deletes in books that nobody can read afterwards: the receipt, which is also what the log says of it.
async fn deleted(world: &World, auth: &str, path: &str) -> Value {
    let target = format!("/api/v1{path}");
    let body = json!({"reason": "made by mistake"}).to_string();
    let response = trouble::send(world, "DELETE", &target, auth, &body).await;
    let receipt = body_of(&response);
    assert_eq!(response.status, 200, "{path}: {receipt}");
    let kept = format!("/api/v1/receipts/{}", receipt["seq"]);
    let kept = world.send("GET", &kept, &[("authorization", auth)], "").await;
    assert_eq!(body_of(&kept), receipt);
    assert_eq!(response.header("quittance-receipt"), receipt["seal"].as_str());
    receipt
}

#[tokio::test]
async fn a_delete_is_answered_whatever_comes_after() {
    let world = World::on_postgres().await;
    trouble::prepare(&world);
    let auth = format!("Bearer {}", world.token);
    let ada = id(&ok(&world, "POST", "/api/v1/customers", json!({"name": "Ada Byron"})).await);
    let draft = json!({"customer": ada, "lines": [{"name": "Hour", "unit_price": usd("25.00")}]});
    let draft = id(&ok(&world, "POST", "/api/v1/invoices", draft).await);
    let receipt = deleted(&world, &auth, &format!("/invoices/{draft}")).await;
    assert_eq!(
        (&receipt["reason"], &receipt["invoice"]),
        (&json!("made by mistake"), &json!(draft))
    );
    let note = json!({"customer": ada, "lines": [{"name": "Goodwill", "amount": usd("5.00")}]});
    let note = id(&ok(&world, "POST", "/api/v1/credit-notes", note).await);
    let receipt = deleted(&world, &auth, &format!("/credit-notes/{note}")).await;
    assert_eq!(receipt["credit_note"], json!(note));
}
