//! An invoice as a document: where it lies, and the document itself.
//!
//! The address is signed and serves for a while without a token, so that a browser can open it. The signature covers the invoice and the
//! end of that while; its key is a secret of the invoice's own, so every server of the book knows it and no client does.

use jiff::Timestamp;
use quittance_accounting::snapshot::Named;
use serde_json::json;

use super::super::super::errors::{self, Fault};
use super::super::super::manners;
use super::super::super::mapping::{output, pdf};
use super::super::Call;
use crate::app::App;
use crate::http::{Request, Response};

/// For how many seconds an address serves: long enough to open it, too short to keep it.
const SERVES: i64 = 900;

/// What is signed: the purpose and the end.
fn words(ends: i64) -> String {
    format!("layer pdf {ends}")
}

fn file_name(number: Option<&str>) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() || letter == '-' {
            letter
        } else {
            '_'
        }
    };
    let number: String = number.unwrap_or_default().chars().take(80).map(plain).collect();
    match number.is_empty() {
        true => "invoice.pdf".to_owned(),
        false => format!("{number}.pdf"),
    }
}

/// Where the document lies.
pub async fn place(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let view = call.invoice(id).await?;
    let now = call.app.now();
    let ends = now.as_second() + SERVES;
    let named = Named::Key(view.invoice.key.0);
    let signature = call.app.books.sign_about(call.key(), &named, &words(ends)).await;
    let signature = signature.map_err(|failure| errors::fault(&failure))?;
    let signature = signature.ok_or_else(errors::deleted)?;
    let (business, invoice) = (call.book.settings.id.uuid(), view.invoice.id.uuid());
    let origin = call.request.origin();
    let shown = json!({
        "presignedUrl": format!("{origin}/v1/businesses/{business}/invoices/{invoice}/pdf/{ends}/{signature}"),
        "fileType": "application/pdf",
        "fileName": file_name(view.invoice.number.as_deref()),
        "createdAt": output::instant(now),
    });
    Ok(manners::enveloped(200, shown))
}

/// The document at a signed address: without a token, and not counted.
pub async fn file(app: &App, request: &Request, path: [&str; 4]) -> Result<Response, Fault> {
    if request.method.as_str() != "GET" {
        return Err(errors::wrong_method("GET"));
    }
    let [business, invoice, ends, signature] = path;
    let business = manners::read_business_id(business)?;
    let named = manners::read_id(invoice, "invoiceId")?.map(Named::Id);
    let (business, named) = business.zip(named).ok_or_else(errors::not_signed)?;
    let entries = app.books.directory().await.map_err(|failure| errors::fault(&failure))?;
    let book = entries.into_iter().find(|entry| entry.id == business);
    // Whoever has no token is not told whether there is such a business.
    let book = book.ok_or_else(errors::not_signed)?.book;
    let serves = ends
        .parse::<i64>()
        .ok()
        .filter(|ends| Timestamp::from_second(*ends).is_ok_and(|ends| app.now() < ends));
    let ends = serves.ok_or_else(errors::not_signed)?;
    let signed = app.books.is_signed_about(book, &named, &words(ends), signature).await;
    if !signed.map_err(|failure| errors::fault(&failure))? {
        return Err(errors::not_signed());
    }
    let view = app
        .books
        .invoice(book, &named)
        .await
        .map_err(|failure| errors::fault(&failure))?;
    let view = view.filter(|view| view.deleted.is_none()).ok_or_else(errors::deleted)?;
    let name = file_name(view.invoice.number.as_deref());
    Ok(Response::empty(200)
        .with("content-type", "application/pdf")
        .with("content-disposition", format!("inline; filename=\"{name}\""))
        .with("cache-control", "no-store")
        .with_body(pdf::document(&view)))
}
