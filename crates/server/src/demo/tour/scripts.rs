//! What the tour says in each dialect.

use jiff::ToSpan;
use serde_json::json;

use super::{Call, Walk, print};
use crate::cli::CommandError;
use crate::demo::Stage;
use crate::demo::access::{HIGHLEVEL_USER, Neighbours};
use crate::demo::fixtures;
use crate::dialects::campfire::mapping::integer;

/// Today and a month from now, as YYYY-MM-DD.
fn days(stage: &Stage) -> (String, String) {
    let today = stage.app.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    (today.to_string(), today.saturating_add(30.days()).to_string())
}

pub(super) async fn campfire(stage: &Stage, with: &Neighbours) -> Result<(), CommandError> {
    print::heading("Campfire", "any state, with payments; never in a closed period");
    let walk = Walk {
        stage,
        headers: stage.campfire(),
    };
    let (today, due) = days(stage);
    let line = json!({"product": with.product, "quantity": 2, "rate": 250, "amount": 500, "tax": 25, "description": "Workshop"});
    let new = json!({
        "entity": with.entity, "client": with.client, "invoice_date": today, "due_date": due, "lines": [line],
    });
    let invoices = "/coa/api/v1/invoice/";
    let id = walk
        .step(Call::new("POST", invoices.to_owned(), Some(new), 201))
        .await?
        .at("/id")?;
    let money = json!({"account_id": null, "account_name": "Undeposited funds", "amount": 200, "payment_date": today});
    let pay = json!({"empty_transactions": [money]});
    walk.step(Call::new("POST", format!("{invoices}{id}/pay/"), Some(pay), 200))
        .await?;
    walk.delete(Call::new("DELETE", format!("{invoices}{id}/"), None, 204))
        .await?;
    let found = fixtures::collect(&stage.app.books, stage.context.actor.book).await?;
    let closed = found.refused_to_the_tour();
    let closed = closed.ok_or_else(|| CommandError::Tour("no invoice is in a closed month".to_owned()))?;
    let id = integer(stage.context.actor.book, closed.key.0);
    walk.refused(Call::new("DELETE", format!("{invoices}{id}/"), None, 400))
        .await
}

pub(super) async fn bookeeping(stage: &Stage, with: &Neighbours) -> Result<(), CommandError> {
    print::heading("Bookeeping.ai", "drafts only");
    let walk = Walk {
        stage,
        headers: stage.bearer(),
    };
    let (today, due) = days(stage);
    let new = json!({
        "discount": {"type": "FIXED", "value": 0},
        "invoiceDate": format!("{today}T00:00:00Z"),
        "dueDate": format!("{due}T00:00:00Z"),
        "lineItems": [{"name": "Proof reading", "quantity": 3, "unitPrice": 40}],
        "note": "",
        "counterParty": with.customer.hex(),
        "invoiceId": "INCREMENTAL",
        "currency": "USD",
    });
    let invoices = "/public-api/v1/invoices";
    let create = || Call::new("POST", invoices.to_owned(), Some(new.clone()), 200);
    let id = walk.step(create()).await?.at("/data/_id")?;
    walk.delete(Call::new("DELETE", format!("{invoices}/{id}"), None, 200))
        .await?;
    println!();
    let id = walk.step(create()).await?.at("/data/_id")?;
    walk.step(Call::new("POST", format!("{invoices}/{id}/send"), None, 200))
        .await?;
    let data = json!({"transactionRefNo": "T-1", "category": with.category, "account": with.account});
    let paid = json!({"strategyData": {"strategy": "CREATE_TRANSACTION", "data": data}});
    walk.step(Call::new(
        "POST",
        format!("{invoices}/{id}/mark-as-paid"),
        Some(paid),
        200,
    ))
    .await?;
    walk.refused(Call::new("DELETE", format!("{invoices}/{id}"), None, 400))
        .await
}

pub(super) async fn layer(stage: &Stage, with: &Neighbours) -> Result<(), CommandError> {
    print::heading("Layer", "no valid payments or refunds");
    let walk = Walk {
        stage,
        headers: stage.bearer(),
    };
    let (today, due) = days(stage);
    let new = json!({
        "sent_at": format!("{today}T00:00:00Z"),
        "due_at": format!("{due}T00:00:00Z"),
        "customer_id": with.customer.uuid(),
        "line_items": [{"product": "Retainer", "unit_price": 42_000, "quantity": "1.5", "sales_taxes": [{"amount": 3_150}]}],
    });
    let invoices = format!("/v1/businesses/{}/invoices", stage.book_id.uuid());
    let create = || Call::new("POST", invoices.clone(), Some(new.clone()), 201);
    let id = walk.step(create()).await?.at("/data/id")?;
    walk.delete(Call::new("POST", format!("{invoices}/{id}/delete"), None, 200))
        .await?;
    println!();
    let id = walk.step(create()).await?.at("/data/id")?;
    let pay = json!({"amount": 20_000, "method": "ACH", "paid_at": format!("{today}T00:00:00Z")});
    let target = format!("{invoices}/{id}/payment");
    walk.step(Call::new("POST", target, Some(pay), 201)).await?;
    walk.refused(Call::new("POST", format!("{invoices}/{id}/delete"), None, 400))
        .await
}

pub(super) async fn moov(stage: &Stage, with: &Neighbours) -> Result<(), CommandError> {
    print::heading("Moov", "drafts only; gone from lists, readable by id");
    let mut headers = stage.bearer();
    headers.push(("x-moov-version", "v2026.07.00".to_owned()));
    let walk = Walk { stage, headers };
    let item =
        json!({"name": "Lunch order", "basePrice": {"currency": "USD", "valueDecimal": "18.50"}, "quantity": 12});
    let new = json!({"customerAccountID": with.customer.uuid(), "lineItems": {"items": [item]}});
    let invoices = format!("/accounts/{}/invoices", stage.book_id.uuid());
    let create = || Call::new("POST", invoices.clone(), Some(new.clone()), 201);
    let id = walk.step(create()).await?.at("/invoiceID")?;
    walk.delete(Call::new("DELETE", format!("{invoices}/{id}"), None, 204))
        .await?;
    println!();
    let id = walk.step(create()).await?.at("/invoiceID")?;
    walk.step(Call::new(
        "PATCH",
        format!("{invoices}/{id}"),
        Some(json!({"status": "unpaid"})),
        200,
    ))
    .await?;
    let pay = json!({"amount": {"currency": "USD", "valueDecimal": "222.00"}});
    walk.step(Call::new("POST", format!("{invoices}/{id}/payments"), Some(pay), 200))
        .await?;
    walk.refused(Call::new("DELETE", format!("{invoices}/{id}"), None, 409))
        .await
}

pub(super) async fn highlevel(stage: &Stage, with: &Neighbours) -> Result<(), CommandError> {
    print::heading("HighLevel", "drafts only, the deleted invoice in the answer");
    let walk = Walk {
        stage,
        headers: stage.highlevel(),
    };
    let (today, due) = days(stage);
    let alt = stage.book_id.hex();
    let new = json!({
        "altId": alt, "altType": "location", "name": "Spring campaign", "businessDetails": {"name": "Harbour Street Studio"},
        "currency": "USD", "items": [{"name": "Banner set", "currency": "USD", "amount": 149.5, "qty": 2}],
        "discount": {"type": "percentage", "value": 10},
        "contactDetails": {
            "id": with.customer.hex(), "name": "Ada Marlow", "phoneNo": "+15550100", "email": "ada@marlow.example",
        },
        "issueDate": today, "dueDate": due, "sentTo": {"email": ["ada@marlow.example"]}, "liveMode": false,
    });
    let create = || Call::new("POST", "/invoices/".to_owned(), Some(new.clone()), 201);
    let query = format!("altId={alt}&altType=location");
    let id = walk.step(create()).await?.at("/_id")?;
    walk.delete(Call::new("DELETE", format!("/invoices/{id}?{query}"), None, 200))
        .await?;
    println!();
    let id = walk.step(create()).await?.at("/_id")?;
    let send = json!({
        "altId": alt, "altType": "location", "userId": HIGHLEVEL_USER, "action": "send_manually", "liveMode": false,
    });
    walk.step(Call::new("POST", format!("/invoices/{id}/send"), Some(send), 200))
        .await?;
    let pay = json!({"altId": alt, "altType": "location", "mode": "cash", "notes": "at the desk"});
    walk.step(Call::new(
        "POST",
        format!("/invoices/{id}/record-payment"),
        Some(pay),
        200,
    ))
    .await?;
    walk.refused(Call::new("DELETE", format!("/invoices/{id}?{query}"), None, 400))
        .await
}
