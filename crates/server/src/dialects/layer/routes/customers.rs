//! Customers.

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::snapshot::Named;
use quittance_books::Verb;
use quittance_books::input::CustomerInput;
use serde_json::Value;

use super::super::errors::{self, Fault};
use super::super::manners::{self, Paging};
use super::super::mapping::{input, output};
use super::invoices::{known_pairs, took_external_id, value};
use super::{Call, of_method};
use crate::http::Response;

/// What can be asked of customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    Add,
    List,
    Fetch(&'a str),
}

/// What stands at a path under the business.
pub fn find<'a>(method: &str, rest: &[&'a str]) -> Result<Option<Operation<'a>>, Fault> {
    use Operation as O;
    let there = match *rest {
        ["customers"] => of_method(method, &[("GET", O::List), ("POST", O::Add)]),
        ["customers", id] => of_method(method, &[("GET", O::Fetch(id))]),
        _ => return Ok(None),
    };
    there.map(Some)
}

impl Operation<'_> {
    /// What it does, as far as the token's role is concerned.
    pub fn verb(self) -> Verb {
        match self {
            Operation::List | Operation::Fetch(_) => Verb::Read,
            Operation::Add => Verb::WriteDraft,
        }
    }

    /// Answers it.
    pub async fn answer(self, call: &Call<'_>) -> Result<Response, Fault> {
        match self {
            Operation::Add => add(call).await,
            Operation::List => list(call).await,
            Operation::Fetch(id) => fetch(call, id).await,
        }
    }
}

/// Adds a customer: 201. The same again answers 200; the same external id with other texts is a conflict, because customers
/// cannot be changed yet and a call that changes nothing must not look as if it had.
async fn add(call: &Call<'_>) -> Result<Response, Fault> {
    let customer = input::customer(&call.body()?)?;
    if let Some(replay) = replayed(call, &customer).await? {
        return Ok(replay);
    }
    let books = &call.app.books;
    match books.add_customer(&call.context(), customer.clone()).await {
        Ok(view) => Ok(manners::enveloped(
            201,
            output::value(&output::customer(&call.book, &view)),
        )),
        Err(failure) => {
            if took_external_id(&failure, DocumentKind::Customer)
                && let Some(replay) = replayed(call, &customer).await?
            {
                return Ok(replay);
            }
            Err(errors::fault(&failure))
        }
    }
}

async fn replayed(call: &Call<'_>, customer: &CustomerInput) -> Result<Option<Response>, Fault> {
    let Some(external_id) = &customer.external_id else {
        return Ok(None);
    };
    let found = look_up(call, &Named::External(external_id.clone())).await?;
    match found {
        None => Ok(None),
        Some(view) if view.content == customer.content => {
            let shown = output::customer(&call.book, &view);
            Ok(Some(manners::enveloped(200, output::value(&shown))))
        }
        Some(_) => Err(errors::external_id_conflict(DocumentKind::Customer)),
    }
}

async fn look_up(call: &Call<'_>, named: &Named) -> Result<Option<quittance_books::view::CustomerView>, Fault> {
    let found = call.app.books.customer(call.key(), named).await;
    found.map_err(|failure| errors::fault(&failure))
}

/// The customer of this id.
async fn fetch(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let missing = || errors::missing(DocumentKind::Customer);
    let id = manners::read_id(id, "customerId")?.ok_or_else(missing)?;
    let view = look_up(call, &Named::Id(id)).await?.ok_or_else(missing)?;
    Ok(manners::enveloped(
        200,
        output::value(&output::customer(&call.book, &view)),
    ))
}

/// What the list reads of a query. No customer here is archived or unidentified, so the two words about that change nothing.
const QUERY: [&str; 8] = [
    "sort_by",
    "sort_order",
    "cursor",
    "limit",
    "show_total_count",
    "include_archived",
    "identity_status",
    "external_id",
];

/// A page of customers, in order of creation.
async fn list(call: &Call<'_>) -> Result<Response, Fault> {
    let pairs = known_pairs(call, &QUERY)?;
    let paging = Paging::of(&pairs, &["created_at"])?;
    if paging.descending {
        return Err(errors::query_format("sort_order", "ASC"));
    }
    if let Some(external_id) = value(&pairs, "external_id") {
        let found = look_up(call, &Named::External(external_id.to_owned())).await?;
        let data: Vec<Value> = found
            .iter()
            .map(|view| output::value(&output::customer(&call.book, view)))
            .collect();
        let total = i64::try_from(data.len()).ok();
        return Ok(manners::page(data, &paging, false, total));
    }
    let found = call
        .app
        .books
        .customers(call.key(), paging.offset, paging.limit + 1)
        .await;
    let found = found.map_err(|failure| errors::fault(&failure))?;
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let has_more = found.len() > limit;
    let shown = found.iter().take(limit);
    let data = shown.map(|view| output::value(&output::customer(&call.book, view)));
    Ok(manners::page(data.collect(), &paging, has_more, None))
}
