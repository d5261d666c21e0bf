//! Many invoices in one call: created all or none, and found by their numbers.

use quittance_books::Verb;
use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy};
use quittance_books::together::Step;
use serde_json::{Value, json};

use super::super::errors::{self, Problem};
use super::super::manners::{self, MOST_AT_ONCE, MOST_NAME};
use super::super::mapping::fields::{Fields, Need, each, object, objects};
use super::super::mapping::reading::{self, References, Setting};
use super::super::rules::RULES;
use super::super::wire::SearchedOut;
use super::Call;
use crate::http::Response;

/// What is wrong with the list of invoices.
fn wrong(errors: Value) -> Problem {
    Problem::Said(400, json!({ "invoices": errors }))
}

/// The list of a body.
fn items(body: &Value) -> Result<&[Value], Problem> {
    let said = |errors| Problem::Said(400, errors);
    let mut fields = Fields::of(object(body).map_err(said)?);
    let Some(value) = fields.value("invoices", Need::Required) else {
        return Err(said(fields.errors().unwrap_or_default()));
    };
    objects(value, MOST_AT_ONCE).map_err(wrong)
}

/// Creates all or none, in one commit.
pub(super) async fn create(call: &Call<'_>) -> Result<Response, Problem> {
    let body = call.body()?;
    let items = items(&body)?;
    if !items.iter().all(reading::asks_for_draft) && !call.actor.may(Verb::Post) {
        return Err(errors::forbidden());
    }
    let named = References::of_all(items, call.key());
    let (book, known) = call.book_knowing(&named).await?;
    let setting = Setting {
        book: &book,
        known: &known,
        now: call.app.now(),
    };
    let inputs = each(items, |members| reading::invoice(members, &setting)).map_err(wrong)?;
    let books = &call.app.books;
    let create = |input| Step::CreateInvoice(books.new_document_id(), Box::new(input));
    let steps = inputs.into_iter().map(create).collect();
    let made = books.together(&call.context(), &RULES, steps).await;
    let views = made.map_err(|(at, failure)| match call.failed(failure) {
        Problem::Said(400, said) => {
            let said = match said.get("detail") {
                Some(text) => json!({ "non_field_errors": [text] }),
                None => said,
            };
            let fine = std::iter::repeat_n(json!({}), at);
            wrong(fine.chain([said]).collect())
        }
        other => other,
    })?;
    let mut shown = Vec::with_capacity(views.len());
    for view in &views {
        shown.push(call.shown(view).await?);
    }
    Ok(manners::json(201, &shown))
}

/// Finds invoices by their numbers: each that was asked for, in its place, with the invoice that has it.
pub(super) async fn search(call: &Call<'_>) -> Result<Response, Problem> {
    let body = call.body()?;
    let numbers = each(items(&body)?, |members| {
        let mut fields = Fields::of(members);
        let number = fields.text("invoice_number", Need::Required, MOST_NAME);
        fields.errors().map_or(Ok(number.unwrap_or_default()), Err)
    });
    let mut found = Vec::new();
    for number in numbers.map_err(wrong)? {
        let query = InvoiceQuery {
            filter: InvoiceFilter {
                number: Some(number.clone()),
                ..InvoiceFilter::default()
            },
            order: OrderBy::Created,
            descending: false,
            after: None,
            offset: 0,
            limit: 1,
            count: false,
        };
        let listing = call.app.books.invoices(call.key(), &query).await;
        let listing = listing.map_err(|failure| call.failed(failure))?;
        found.push(SearchedOut {
            invoice_number: number,
            invoice: call.rows(&listing.invoices).await?.pop(),
        });
    }
    Ok(manners::json(200, &json!({ "invoices": found })))
}
