//! Figures and shapes: prices, options, tax and surcharge, and the two versions.

use serde_json::{Value, json};

use super::{Shop, id_of};
use crate::golden::json as body_of;
use crate::schema::assert_valid;

fn usd(value: &str) -> Value {
    json!({"currency": "USD", "valueDecimal": value})
}

#[tokio::test]
async fn options_are_part_of_a_price_and_come_back() {
    let shop = Shop::open().await;
    let items = json!([
        {"name": "A", "basePrice": usd("0.03"), "quantity": 2, "options": [
            {"name": "o", "quantity": 2, "priceModifier": usd("0.01"), "group": "g"}, {"name": "free", "quantity": 1},
        ]},
        {"name": "B", "basePrice": usd("10.00"), "quantity": 3, "options": [
            {"name": "off", "quantity": 1, "priceModifier": usd("-2.50")},
        ]},
        {"name": "C", "basePrice": usd("0.333333333"), "quantity": 3},
    ]);
    let mut body = shop.new_invoice();
    body["lineItems"]["items"] = items.clone();
    let made = shop.create(&body).await;
    assert_eq!(made["subtotalAmount"]["valueDecimal"], "23.60");
    assert_eq!(made["lineItems"]["items"], items);
    let id = id_of(&made);
    shop.set_status(&id, "unpaid").await;
    shop.pay(&id, "23.60").await;
    assert_eq!(shop.get(&id).await["status"], "paid");
}

#[tokio::test]
async fn tax_has_the_shape_of_the_version() {
    let shop = Shop::open().await;
    let older = [
        ("Authorization", shop.bearer.as_str()),
        ("X-Moov-Version", "v2026.04.00"),
    ];
    let mut body = shop.new_invoice();
    body["taxAmount"] = usd("8.25");
    let made = shop.world.send("POST", &shop.path(""), &older, &body.to_string()).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = body_of(&made);
    assert_valid("moov", "Invoice_v2026_04", &made);
    assert_eq!(
        (&made["taxAmount"], &made["totalAmount"]),
        (&usd("8.25"), &usd("108.25"))
    );
    let newer = shop.get(&id_of(&made)).await;
    assert_eq!(newer["amountDetails"], json!({"tax": usd("8.25")}));

    let mut body = shop.new_invoice();
    body["amountDetails"] = json!({"tax": usd("0.00"), "surcharge": usd("3.00")});
    let made = shop.create(&body).await;
    assert_eq!(made["amountDetails"], body["amountDetails"]);
    assert_eq!(
        (&made["subtotalAmount"], &made["totalAmount"]),
        (&usd("100.00"), &usd("103.00"))
    );
    assert_eq!(made["lineItems"]["items"].as_array().unwrap().len(), 1);
    let found = shop
        .world
        .send("GET", &shop.path(&format!("/{}", id_of(&made))), &older, "")
        .await;
    let found = body_of(&found);
    assert_valid("moov", "Invoice_v2026_04", &found);
    assert_eq!(
        (&found["taxAmount"], &found["totalAmount"]),
        (&usd("0.00"), &usd("103.00"))
    );

    let plain = shop.create(&shop.new_invoice()).await;
    assert!(plain.get("amountDetails").is_none() && plain.get("taxAmount").is_none());
}

#[tokio::test]
async fn what_a_client_sent_comes_back() {
    let shop = Shop::open().await;
    let mut body = shop.new_invoice();
    body["customerEmail"] = json!("ap@example.com");
    body["description"] = json!("Zwölf Äpfel 🍏\nand more");
    body["invoiceDate"] = json!("2026-03-14T23:30:00.000000001-05:00");
    body["payment"] = json!({
        "allowedMethods": ["ach-debit-collect", "apple-pay"],
        "achDetails": {"companyEntryDescription": "MARCH", "originatingCompanyName": "ACME"},
    });
    let made = shop.create(&body).await;
    for name in ["customerEmail", "description", "payment", "customerAccountID"] {
        assert_eq!(made[name], body[name], "{name}");
    }
    assert_eq!(made["invoiceDate"], "2026-03-15T04:30:00.000000001Z");
    assert_eq!(
        (&made["customerDisplayName"], &made["partnerAccountID"]),
        (&json!("Jo Doe"), &json!(shop.account))
    );
    let plain = shop.create(&shop.new_invoice()).await;
    assert_eq!(plain["customerEmail"], "jo@example.com");
    for name in [
        "invoiceDate",
        "dueDate",
        "description",
        "payment",
        "sentOn",
        "invoicePayments",
        "disabledOn",
    ] {
        assert!(plain.get(name).is_none(), "{name}");
    }
}

#[tokio::test]
async fn the_account_may_be_spelled_in_hex() {
    let shop = Shop::open().await;
    let settings = shop.world.app.books.settings(shop.world.book).await.unwrap().unwrap();
    let headers = [("Authorization", shop.bearer.as_str())];
    let path = format!("/accounts/{}/invoices", settings.id.hex());
    assert_eq!(shop.world.send("GET", &path, &headers, "").await.status, 200);
}

#[tokio::test]
async fn the_first_and_the_last_year_and_the_largest_sum() {
    let shop = Shop::open().await;
    for year in ["0001-01-01T00:00:00Z", "9998-12-31T23:59:59.999999999Z"] {
        let mut body = shop.new_invoice();
        body["invoiceDate"] = json!(year);
        body["dueDate"] = json!(year);
        body["lineItems"]["items"][0]["basePrice"] = usd("50000000000.00");
        let made = shop.create(&body).await;
        assert_eq!((&made["invoiceDate"], &made["dueDate"]), (&json!(year), &json!(year)));
        let id = id_of(&made);
        let sent = shop.set_status(&id, "unpaid").await;
        assert_eq!(sent["totalAmount"]["valueDecimal"], "100000000000.00");
        assert!(
            shop.ids(&format!("?dueStartDateTime={year}&dueEndDateTime={year}"))
                .await
                .contains(&id)
        );
        shop.pay(&id, "100000000000.00").await;
        assert_eq!(shop.get(&id).await["status"], "paid");
    }
}

#[tokio::test]
async fn an_invoice_of_nothing_is_paid_once_it_is_sent() {
    let shop = Shop::open().await;
    let mut body = shop.new_invoice();
    body["lineItems"]["items"][0]["basePrice"] = usd("0.00");
    let id = id_of(&shop.create(&body).await);
    let sent = shop.set_status(&id, "unpaid").await;
    assert_eq!((&sent["status"], sent.get("paidOn")), (&json!("paid"), None));
}
