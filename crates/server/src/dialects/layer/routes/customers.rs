//! Customers.

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::snapshot::Named;
use quittance_books::content::CustomerContent;
use quittance_books::input::{CustomerEdit, CustomerInput};
use quittance_books::listing::DocumentQuery;
use quittance_books::view::CustomerView;
use quittance_books::{Failure, Verb};
use serde_json::Value;

use super::super::errors::{self, Fault};
use super::super::manners::{self, NAME, Paging, Place};
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
    Replace(&'a str),
    Patch(&'a str),
    Archive(&'a str),
}

/// What stands at a path under the business.
pub fn find<'a>(method: &str, rest: &[&'a str]) -> Result<Option<Operation<'a>>, Fault> {
    use Operation as O;
    let there = match *rest {
        ["customers"] => of_method(method, &[("GET", O::List), ("POST", O::Add)]),
        ["customers", id] => of_method(
            method,
            &[("GET", O::Fetch(id)), ("PUT", O::Replace(id)), ("PATCH", O::Patch(id))],
        ),
        ["customers", id, "archive"] => of_method(method, &[("POST", O::Archive(id))]),
        _ => return Ok(None),
    };
    there.map(Some)
}

impl Operation<'_> {
    /// What it does, as far as the token's role is concerned.
    pub fn verb(self) -> Verb {
        match self {
            Operation::List | Operation::Fetch(_) => Verb::Read,
            Operation::Add | Operation::Replace(_) | Operation::Patch(_) | Operation::Archive(_) => Verb::WriteDraft,
        }
    }

    /// Answers it.
    pub async fn answer(self, call: &Call<'_>) -> Result<Response, Fault> {
        match self {
            Operation::Add => add(call).await,
            Operation::List => list(call).await,
            Operation::Fetch(id) => fetch(call, id).await,
            Operation::Replace(id) => change(call, id, true).await,
            Operation::Patch(id) => change(call, id, false).await,
            Operation::Archive(id) => archive(call, id).await,
        }
    }
}

/// Adds a customer: 201. The same again answers 200; the same external id with other texts is a conflict, because a call that
/// changes nothing must not look as if it had.
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

async fn look_up(call: &Call<'_>, named: &Named) -> Result<Option<CustomerView>, Fault> {
    let found = call.app.books.customer(call.key(), named).await;
    found.map_err(|failure| errors::fault(&failure))
}

/// The customer that an id in the path names.
async fn named(call: &Call<'_>, id: &str) -> Result<CustomerView, Fault> {
    let missing = || errors::missing(DocumentKind::Customer);
    let id = manners::read_id(id, "customerId")?.ok_or_else(missing)?;
    look_up(call, &Named::Id(id)).await?.ok_or_else(missing)
}

/// Makes a change of a customer, and makes it anew from what is there when somebody else was faster.
async fn write(
    call: &Call<'_>,
    id: &str,
    edit: impl Fn(&CustomerView) -> Result<CustomerEdit, Fault>,
) -> Result<Response, Fault> {
    let mut tries = call.app.books.tries(call.key());
    while tries.another().await {
        let view = named(call, id).await?;
        let key = Named::Key(view.customer.key.0);
        match call.app.books.change_customer(&call.context(), key, edit(&view)?).await {
            Ok(view) => {
                let shown = output::value(&output::customer(&call.book, &view));
                return Ok(manners::enveloped(200, shown));
            }
            Err(failure) if failure.is_outrun() => {}
            Err(failure) => return Err(errors::fault(&failure)),
        }
    }
    Err(errors::fault(&Failure::Unavailable))
}

/// Replaces what a customer says, or the members that the body names.
async fn change(call: &Call<'_>, id: &str, whole: bool) -> Result<Response, Fault> {
    named(call, id).await?;
    let body = call.body()?;
    write(call, id, |view| changed(call, view, body.clone(), whole)).await
}

fn changed(call: &Call<'_>, view: &CustomerView, body: Value, whole: bool) -> Result<CustomerEdit, Fault> {
    let mut edit = CustomerEdit::of(view);
    let said = match whole {
        true => body,
        // What is not named stays as it is shown.
        false => {
            let mut shown = output::value(&output::customer(&call.book, view));
            shown["tags"] = view
                .content
                .extra
                .get(NAME)
                .and_then(|kept| kept.get("tags"))
                .cloned()
                .unwrap_or_default();
            let members = body
                .as_object()
                .ok_or_else(|| errors::payload("The body", "must be a JSON object"))?;
            for (name, value) in members {
                shown[name] = value.clone();
            }
            shown
        }
    };
    let new = input::customer(&said)?;
    edit.external_id = match whole {
        true => new.external_id.or(edit.external_id),
        false => new.external_id,
    };
    let mut extra = edit.content.extra;
    extra.remove(NAME);
    extra.extend(new.content.extra);
    edit.content = CustomerContent { extra, ..new.content };
    Ok(edit)
}

/// Puts a customer away: out of the list, readable by its id, its documents as they are.
async fn archive(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let put_away = |view: &CustomerView| {
        Ok(CustomerEdit {
            archived: true,
            ..CustomerEdit::of(view)
        })
    };
    write(call, id, put_away).await
}

/// The customer of this id.
async fn fetch(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let view = named(call, id).await?;
    Ok(manners::enveloped(
        200,
        output::value(&output::customer(&call.book, &view)),
    ))
}

/// What the list reads of a query. No customer here is unidentified, so the word about that changes nothing.
const QUERY: [&str; 12] = [
    "sort_by",
    "sort_order",
    "cursor",
    "limit",
    "show_total_count",
    "include_archived",
    "identity_status",
    "external_id",
    "external_id_contains",
    "name",
    "name_contains",
    "q",
];

/// How many customers a page of a narrowed list looks at: a page that ends before it is full says where the next one goes on.
const MOST_LOOKED_AT: i64 = 2_000;

/// Whether a customer is what the query names: words count in whatever letters, of the name, the company, the email and the client's id.
fn is_meant(pairs: &[(String, String)], view: &CustomerView) -> bool {
    let content = &view.content;
    let names: Vec<&str> = std::iter::once(content.name.as_str())
        .chain(content.company.as_deref())
        .collect();
    let external_id: Vec<&str> = view.customer.external_id.as_deref().into_iter().collect();
    let email: Vec<&str> = content.email.as_deref().into_iter().collect();
    let any = [names.as_slice(), external_id.as_slice(), email.as_slice()].concat();
    let holds = |name: &str, texts: &[&str]| {
        value(pairs, name).is_none_or(|part| {
            let part = part.to_lowercase();
            texts.iter().any(|text| text.to_lowercase().contains(&part))
        })
    };
    value(pairs, "name").is_none_or(|name| names.contains(&name))
        && holds("name_contains", &names)
        && holds("external_id_contains", &external_id)
        && holds("q", &any)
}

/// A page of customers, in order of creation.
async fn list(call: &Call<'_>) -> Result<Response, Fault> {
    let pairs = known_pairs(call, &QUERY)?;
    let paging = Paging::of(&pairs, &["created_at"])?;
    if let Some(external_id) = value(&pairs, "external_id") {
        let found = look_up(call, &Named::External(external_id.to_owned())).await?;
        let data: Vec<Value> = found
            .iter()
            .map(|view| output::value(&output::customer(&call.book, view)))
            .collect();
        let total = i64::try_from(data.len()).ok();
        return Ok(manners::page(data, &paging, None, total));
    }
    let archived = match value(&pairs, "include_archived") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(errors::query_format("include_archived", "true or false")),
    };
    let narrowed = ["external_id_contains", "name", "name_contains", "q"];
    let narrowed = narrowed.iter().any(|name| value(&pairs, name).is_some());
    let ask = if narrowed { MOST_LOOKED_AT } else { paging.limit + 1 };
    let query = DocumentQuery {
        kind: DocumentKind::Customer,
        descending: paging.descending,
        after: paging.after_key(),
        limit: ask,
    };
    let looked_at = call.app.books.customers_after(call.key(), &query).await;
    let looked_at = looked_at.map_err(|failure| errors::fault(&failure))?;
    let (mut passed, mut looked, mut data) = (None, 0, Vec::new());
    let mut has_more = looked_at.len() as i64 == ask;
    for view in looked_at {
        if data.len() as i64 == paging.limit || (!narrowed && looked == paging.limit) {
            has_more = true;
            break;
        }
        looked += 1;
        passed = Some(Place::of_key(view.customer.key.0));
        if (archived || view.customer.archived_at.is_none()) && is_meant(&pairs, &view) {
            data.push(output::value(&output::customer(&call.book, &view)));
        }
    }
    // The cursor goes on behind those that are passed over, too.
    Ok(manners::page(data, &paging, passed.filter(|_| has_more), None))
}
