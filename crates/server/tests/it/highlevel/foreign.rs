//! Documents that another dialect made, seen through this one.

use quittance_accounting::account::AccountRole;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::snapshot::Named;
use quittance_books::content::{CustomerContent, InvoiceContent, LineContent, ProductContent};
use quittance_books::input::{CustomerInput, DeleteOptions, Due, InvoiceInput, LineInput, ProductInput};
use quittance_books::view::InvoiceView;
use serde_json::json;

use super::lifecycle::OTHER;
use super::{Location, NO_INVOICE, assert_bad_request};
use crate::golden::{Transcript, json as body_of};
use crate::schema::assert_valid;

fn amount(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

async fn invoice(location: &Location, issue: bool, bare: bool) -> InvoiceView {
    let books = &location.world.app.books;
    let context = location.world.context(location.world.book);
    let sales = || AccountChoice::Role(AccountRole::Sales);
    let tax = || AccountChoice::Role(AccountRole::SalesTax);
    let content = ProductContent {
        name: "Widget".to_owned(),
        ..ProductContent::default()
    };
    let account = sales();
    let product = books
        .add_product(&context, ProductInput { account, content })
        .await
        .unwrap();
    let customer = CustomerInput {
        external_id: None,
        content: CustomerContent {
            name: "Kim".to_owned(),
            company: Some("Kim & Co".to_owned()),
            address: Some("1 Main St".to_owned()),
            ..CustomerContent::default()
        },
    };
    let customer = books.add_customer(&context, customer).await.unwrap();
    let line = LineInput {
        account: sales(),
        product: (!bare).then_some(Named::Id(product.product.id)),
        quantity: "3".parse().unwrap(),
        unit_price: "10.005".parse().unwrap(),
        subtotal: None,
        discount: amount(if bare { 0 } else { 2 }),
        taxes: vec![(tax(), amount(if bare { 0 } else { 300 }))],
    };
    let input = InvoiceInput {
        rate: None,
        customer: (!bare).then_some(Named::Id(customer.customer.id)),
        currency: Currency::USD,
        number: NumberChoice::Counted,
        external_id: None,
        invoice_date: None,
        due: (!bare).then(|| Due::On("2026-04-14".parse().unwrap())),
        sent_at: None,
        issue,
        lines: vec![line],
        discount: amount(if bare { 0 } else { 100 }),
        taxes: if bare { vec![] } else { vec![(tax(), amount(50))] },
        tip: amount(if bare { 0 } else { 500 }),
        content: InvoiceContent {
            memo: (!bare).then(|| "Thank you".to_owned()),
            lines: match bare {
                true => vec![],
                false => vec![LineContent {
                    description: Some("Blue".to_owned()),
                    ..LineContent::default()
                }],
            },
            ..InvoiceContent::default()
        },
    };
    books.create_invoice(&context, &OTHER, input, None).await.unwrap()
}

#[tokio::test]
async fn they_are_shown_from_the_shared_fields() {
    let location = Location::new().await;
    let mut transcript = Transcript::new("highlevel/foreign");
    let full = invoice(&location, true, false).await;
    let bare = invoice(&location, false, true).await;
    let number = |view: &InvoiceView| view.invoice.number.clone();
    assert_eq!((number(&full).as_deref(), number(&bare)), (Some("INV-0001"), None));
    for (title, view, shown) in [("an issued one", &full, 1), ("a bare draft without a number", &bare, 0)] {
        let target = location.at(&view.invoice.id.hex());
        let response = location.say(&mut transcript, title, "GET", &target, "").await;
        let body = body_of(&response);
        assert_valid("highlevel", "GetInvoiceResponseDto", &body);
        assert_eq!(body["invoiceNumber"], json!(shown), "{title}");
    }
    location.state().await;
    let response = location
        .say(
            &mut transcript,
            "deleted here",
            "DELETE",
            &location.at(&bare.invoice.id.hex()),
            "",
        )
        .await;
    assert_valid("highlevel", "DeleteInvoiceResponseDto", &body_of(&response));

    let context = location.world.context(location.world.book);
    let named = Named::Id(full.invoice.id);
    let books = &location.world.app.books;
    books
        .delete_invoice(&context, &OTHER, named, DeleteOptions::default())
        .await
        .unwrap();
    let target = location.at(&full.invoice.id.hex());
    let title = "one that was deleted elsewhere and may be read there";
    let response = location.say(&mut transcript, title, "GET", &target, "").await;
    assert_bad_request(&response, NO_INVOICE);
    transcript.check();
}
