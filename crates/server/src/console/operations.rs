//! The published documents, for reading and trying: what each dialect serves, with a line to copy for every operation.
//!
//! Whoever asks may read them: they say nothing of any book. Where the visitor may see a book, the lines name documents of it, so that
//! they work as they stand once `$TOKEN` holds a token. Deliberately absent: sending anything from the page.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{BookKey, DocumentKind, EntryKey};
use quittance_books::listing::DocumentQuery;
use serde_json::Value;

use super::access::{Visitor, visitor};
use super::layout::{page, table};
use super::{Ended, Page, dialects};
use crate::app::App;
use crate::http::{Request, Response};
use crate::openapi::sample::{Known, curl};
use crate::openapi::{Document, Operation, PUBLISHED, Published};

/// Numbers that the integer spelling leaves to each book.
const PER_BOOK: i64 = 1 << 29;

/// Answers below `/openapi`.
pub async fn answer(app: &App, request: &Request, parts: &[&str], trailing_slash: bool) -> Page {
    match (parts, trailing_slash) {
        ([], true) => Ok(index()),
        // A relative link on the page needs the slash.
        ([], false) => Ok(Response::empty(301).with("location", "/openapi/")),
        ([file], false) => {
            if let Some(published) = file.strip_suffix(".json").and_then(Published::named) {
                return Ok(document(&published));
            }
            let published = Published::named(file).ok_or(Ended::NoPage)?;
            let known = known(app, request).await?;
            operations(request, &published, &known)
        }
        _ => Err(Ended::NoPage),
    }
}

/// The document itself. Any page may load it, because it says nothing of any book.
fn document(published: &Published) -> Response {
    Response::empty(200)
        .with("content-type", "application/json")
        .with("cache-control", "max-age=300")
        .with("access-control-allow-origin", "*")
        .with_body(published.text)
}

fn index() -> Response {
    let content = html! {
        h1 { "What is served" }
        p { "One OpenAPI document for each dialect and one for the native API, all over the same books. Each says what this server really answers." }
        ul.cards {
            @for published in PUBLISHED {
                li {
                    p.head { a href={ "/openapi/" (published.name) } { (published.title) } }
                    @if let Ok(document) = published.document() {
                        p { (said(&document.value()["info"], "summary")) }
                        p.note { (document.operations().len()) " operations, " a href={ "/openapi/" (published.name) ".json" } { "as OpenAPI 3.1" } }
                    }
                }
            }
        }
    };
    page(200, "What is served", &content)
}

fn said<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// What of the visitor's book can stand in a line: nothing for a stranger.
async fn known(app: &App, request: &Request) -> Result<Known, Ended> {
    let book = match visitor(app, request).await {
        Ok(Visitor::Anybody) => app.books.directory().await?.first().map(|entry| entry.book),
        Ok(Visitor::Bearer(own)) => Some(own),
        Err(Ended::Refused(_) | Ended::NoPage) => None,
        Err(Ended::Failed(failure)) => return Err(failure.into()),
    };
    let mut known = Known::new();
    known.insert("now", app.now().to_string());
    known.insert("today", TimeZone::UTC.to_datetime(app.now()).date().to_string());
    if let Some(key) = book {
        of_book(app, key, &mut known).await?;
    }
    Ok(known)
}

async fn of_book(app: &App, key: BookKey, known: &mut Known) -> Result<(), Ended> {
    let integer = |number: i64| integer_of(key, number);
    if let Some(settings) = app.books.settings(key).await? {
        let zone = TimeZone::get(&settings.zone).unwrap_or(TimeZone::UTC);
        known.insert("today", zone.to_datetime(app.now()).date().to_string());
        known.insert("book.uuid", settings.id.uuid());
        known.insert("book.hex", settings.id.hex());
        known.insert("book.integer", integer(1));
        known.insert("category", format!("000000000000{:06x}{:06x}", key.0, 10));
        known.insert("account", format!("000000000001{:06x}{:06x}", key.0, 3));
    }
    if let Some(view) = dialects::example(app, key).await? {
        known.insert("invoice.uuid", view.invoice.id.uuid());
        known.insert("invoice.hex", view.invoice.id.hex());
        known.insert("invoice.integer", integer(view.invoice.key.0));
    }
    if let Some(view) = app.books.customers(key, 0, 1).await?.first() {
        known.insert("customer.uuid", view.customer.id.uuid());
        known.insert("customer.hex", view.customer.id.hex());
        known.insert("customer.integer", integer(view.customer.key.0));
    }
    if let Some(view) = app.books.products(key, 0, 1).await?.first() {
        known.insert("product.hex", view.product.id.hex());
        known.insert("product.integer", integer(view.product.key.0));
    }
    if let Some(view) = app.books.payments(key, 0, 1).await?.first() {
        known.insert("payment.hex", view.payment.id.hex());
        known.insert("payment.uuid", view.payment.id.uuid());
        known.insert("payment.integer", integer(view.payment.key.0));
    }
    if let Some(entry) = app.books.deletions(key, 1).await?.first() {
        known.insert("receipt", entry.event.seq.to_string());
    }
    of_ledger(app, key, known).await
}

/// What takes back or gives up, and the ledger.
async fn of_ledger(app: &App, key: BookKey, known: &mut Known) -> Result<(), Ended> {
    let integer = |number: i64| integer_of(key, number);
    let first = |kind: DocumentKind| DocumentQuery {
        kind,
        descending: false,
        after: None,
        limit: 1,
    };
    if let Some(view) = app.books.credit_notes(key, 0, 1).await?.first() {
        known.insert("credit_note.hex", view.note.id.hex());
        known.insert("credit_memo.integer", integer(view.note.key.0));
    }
    if let Some(view) = app
        .books
        .refunds_after(key, &first(DocumentKind::Refund))
        .await?
        .first()
    {
        known.insert("refund.hex", view.refund.id.hex());
        known.insert("refund.uuid", view.refund.id.uuid());
    }
    if let Some(view) = app
        .books
        .write_offs_after(key, &first(DocumentKind::WriteOff))
        .await?
        .first()
    {
        known.insert("write_off.hex", view.write_off.id.hex());
        known.insert("write_off.uuid", view.write_off.id.uuid());
    }
    if let Some(view) = app.books.journal(key, EntryKey(0), 1).await?.first() {
        known.insert("entry", view.line.entry.key.0.to_string());
        known.insert("entry.integer", integer(view.line.entry.key.0));
    }
    known.insert("account.name", "SALES".to_owned());
    known.insert("account.uuid", "SALES".to_owned());
    if let Some(book) = app.books.book(key).await? {
        let sales = book.accounts.iter().find(|account| account.role == AccountRole::Sales);
        known.extend(sales.map(|account| ("account.integer", integer(account.key.0))));
    }
    Ok(())
}

fn integer_of(key: BookKey, number: i64) -> String {
    ((key.0 - 1) * PER_BOOK + number).to_string()
}

fn operations(request: &Request, published: &Published, known: &Known) -> Page {
    let Ok(document) = published.document() else {
        return Err(Ended::NoPage);
    };
    let info = &document.value()["info"];
    let origin = request.origin();
    let all = document.operations();
    let content = html! {
        p.crumbs { a href="/openapi/" { "What is served" } }
        h1 { (published.title) }
        p { (said(info, "summary")) " " (said(info, "description")) }
        p.note {
            a href={ "/openapi/" (published.name) ".json" } { "The document" }
            ". The lines below can be sent once " code { "$TOKEN" } " holds a token of the book"
            @if !known.contains_key("book.hex") { "; words in capitals stand for ids of yours." } @else { "." }
        }
        (contents(&all))
        @for operation in &all { (section(&document, operation, &origin, known)) }
        h2 { "Schemas" }
        @for (name, schema) in document.value()["components"]["schemas"].as_object().into_iter().flatten() {
            (shape(&document, name, schema))
        }
    };
    Ok(page(200, published.title, &content))
}

fn contents(all: &[Operation<'_>]) -> Markup {
    let rows = html! {
        thead.stack { tr { th scope="col" { "Request" } th scope="col" { "What it does" } } }
        tbody.stack {
            @for operation in all {
                tr {
                    th scope="row" { a href={ "#" (operation.id()) } { code { (operation.method.to_uppercase()) " " (operation.path) } } }
                    td { (said(operation.about, "summary")) }
                }
            }
        }
    };
    table("Operations", &rows)
}

fn section(document: &Document, operation: &Operation<'_>, origin: &str, known: &Known) -> Markup {
    let parameters = document.parameters(operation);
    let body = &operation.about["requestBody"]["content"]["application/json"]["schema"];
    html! {
        section id=(operation.id()) {
            h2 { code { (operation.method.to_uppercase()) " " (operation.path) } }
            p { (said(operation.about, "summary")) ". " (said(operation.about, "description")) }
            @if !parameters.is_empty() { (parameters_of(document, &parameters)) }
            @if !body.is_null() { p { "Body: " (words(body)) } }
            (answers(document, operation))
            p { code.copy { (curl(document, operation, origin, known)) } }
        }
    }
}

fn parameters_of(document: &Document, parameters: &[&Value]) -> Markup {
    let rows = html! {
        thead.stack { tr { th scope="col" { "Parameter" } th scope="col" { "Where" } th scope="col" { "What" } } }
        tbody.stack {
            @for parameter in parameters {
                tr {
                    th scope="row" { code { (said(parameter, "name")) } @if parameter["required"] == true { " (needed)" } }
                    td { (said(parameter, "in")) }
                    td { (words(&parameter["schema"])) " " (said(document.resolved(parameter), "description")) }
                }
            }
        }
    };
    table("Parameters", &rows)
}

fn answers(document: &Document, operation: &Operation<'_>) -> Markup {
    let responses = operation.about["responses"].as_object();
    let rows = html! {
        thead.stack { tr { th scope="col" { "Answer" } th scope="col" { "When" } th scope="col" { "Body" } } }
        tbody.stack {
            @for (status, response) in responses.into_iter().flatten() {
                @let response = document.resolved(response);
                tr {
                    th scope="row" { (status) }
                    td { (said(response, "description")) }
                    td {
                        @match response["content"].as_object() {
                            Some(content) => {
                                @for (kind, media) in content {
                                    @if kind == "application/json" { (words(&media["schema"])) } @else { (kind) }
                                    " "
                                }
                            }
                            None => span.faint { "none" },
                        }
                    }
                }
            }
        }
    };
    table("Answers", &rows)
}

fn shape(document: &Document, name: &str, schema: &Value) -> Markup {
    let required = |member: &str| {
        let names = schema["required"].as_array().into_iter().flatten();
        names.filter_map(Value::as_str).any(|known| known == member)
    };
    let properties = schema["properties"].as_object();
    let rows = html! {
        tbody {
            @for (member, inner) in properties.into_iter().flatten() {
                tr {
                    th scope="row" { code { (member) } @if required(member) { " (needed)" } }
                    td { (words(inner)) " " (said(document.resolved(inner), "description")) }
                }
            }
        }
    };
    html! {
        section id={ "schema-" (name) } {
            h3 { (name) }
            @if !said(schema, "description").is_empty() { p { (said(schema, "description")) } }
            @match properties {
                Some(members) if !members.is_empty() => (table(name, &rows)),
                _ => p { (words(schema)) },
            }
        }
    }
}

/// A schema in a few words.
fn words(schema: &Value) -> Markup {
    if let Some(name) = Document::schema_name(schema) {
        return html! { a href={ "#schema-" (name) } { (name) } };
    }
    for (choice, between) in [("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")] {
        if let Some(choices) = schema[choice].as_array() {
            return html! { @for (at, one) in choices.iter().enumerate() { @if at > 0 { (between) } (words(one)) } };
        }
    }
    if let Some(listed) = schema["enum"].as_array() {
        return html! { @for (at, one) in listed.iter().enumerate() { @if at > 0 { ", " } code { (plain(one)) } } };
    }
    if let Some(only) = schema.get("const") {
        return html! { code { (plain(only)) } };
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(plain).collect::<Vec<_>>().join(" or "),
        other => plain(other),
    };
    match (kind.as_str(), schema["format"].as_str()) {
        ("array", _) => html! { "list of " (words(&schema["items"])) },
        ("null", None) if schema.get("type").is_none() => html! { "anything" },
        (kind, Some(format)) => html! { (kind) " (" (format) ")" },
        (kind, None) => html! { (kind) },
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
