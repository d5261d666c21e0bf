//! Customers, products and payments.

use std::collections::BTreeMap;

use quittance_accounting::identity::{DocumentId, DocumentKind, InvoiceKey, PaymentKey};
use quittance_accounting::money::Currency;
use quittance_accounting::refusal::{ExchangeRefusal, Refusal};
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::listing::{PaymentFilter, PaymentQuery};
use quittance_books::view::PaymentView;
use serde_json::json;

use super::invoices::{day, truth};
use super::ledger::absent;
use super::{Call, Ended, Stopped, failed, id_of, page_of};
use crate::dialects::native::errors::Fault;
use crate::dialects::native::manners::{MOST_PER_PAGE, USUAL_PER_PAGE, idempotency_key, known_query, page, whole};
use crate::dialects::native::mapping::{reading, showing};
use crate::dialects::native::rules::RULES;
use crate::http::Response;

/// The members of the query of every list that is not counted.
pub const PAGED: [&str; 3] = ["limit", "offset", "cursor"];

/// Customers in order of creation.
pub async fn customers(call: &Call<'_>) -> Ended {
    known_query(call.request, &PAGED)?;
    let page = page(call.request)?;
    let books = &call.app.books;
    let found = books.customers(call.actor.book, page.offset, page.limit + 1).await;
    let shown = page_of(found.map_err(failed)?, page, showing::customer);
    Ok(Response::json(200, &shown))
}

/// Adds a customer.
pub async fn add_customer(call: &Call<'_>) -> Ended {
    let input = reading::customer(&call.body()?)?;
    let added = call.app.books.add_customer(&call.context(), input).await;
    Ok(Response::json(201, &showing::customer(&added.map_err(failed)?)))
}

/// One customer.
pub async fn customer(call: &Call<'_>, id: &str) -> Ended {
    let named = Named::Id(id_of(id)?);
    let found = call.app.books.customer(call.actor.book, &named).await.map_err(failed)?;
    let view = found.ok_or_else(|| absent(DocumentKind::Customer))?;
    Ok(Response::json(200, &showing::customer(&view)))
}

/// Products in order of creation.
pub async fn products(call: &Call<'_>) -> Ended {
    known_query(call.request, &PAGED)?;
    let page = page(call.request)?;
    let books = &call.app.books;
    let found = books.products(call.actor.book, page.offset, page.limit + 1).await;
    let found = found.map_err(failed)?;
    // Read after what names its accounts, here and below.
    let book = call.book().await?;
    let shown = page_of(found, page, |view| showing::product(view, &book));
    Ok(Response::json(200, &shown))
}

/// Adds a product.
pub async fn add_product(call: &Call<'_>) -> Ended {
    let input = reading::product(&call.body()?)?;
    let book = call.book().await?;
    let added = call
        .app
        .books
        .add_product(&call.context(), input)
        .await
        .map_err(failed)?;
    Ok(Response::json(201, &showing::product(&added, &book)))
}

/// One product.
pub async fn product(call: &Call<'_>, id: &str) -> Ended {
    let named = Named::Id(id_of(id)?);
    let found = call.app.books.product(call.actor.book, &named).await.map_err(failed)?;
    let view = found.ok_or_else(|| absent(DocumentKind::Product))?;
    let book = call.book().await?;
    Ok(Response::json(200, &showing::product(&view, &book)))
}

/// Changes a customer: what the body does not say is said no longer. What other dialects know of it stays, also what they say meanwhile.
pub async fn change_customer(call: &Call<'_>, id: &str) -> Ended {
    let named = Named::Id(id_of(id)?);
    let body = call.body()?;
    let books = &call.app.books;
    let mut tries = books.tries(call.actor.book);
    while tries.another().await {
        let found = books.customer(call.actor.book, &named).await.map_err(failed)?;
        let view = found.ok_or_else(|| absent(DocumentKind::Customer))?;
        let edit = reading::customer_edit(&body, &view)?;
        match books.change_customer(&call.context(), named.clone(), edit).await {
            Ok(view) => return Ok(Response::json(200, &showing::customer(&view))),
            Err(failure) if failure.is_outrun() => {}
            Err(failure) => return Err(failed(failure)),
        }
    }
    Err(failed(Failure::Unavailable))
}

/// Changes a product: the account of lines that name it from now on, and what it says.
pub async fn change_product(call: &Call<'_>, id: &str) -> Ended {
    let named = Named::Id(id_of(id)?);
    let (body, book) = (call.body()?, call.book().await?);
    let books = &call.app.books;
    let mut tries = books.tries(call.actor.book);
    while tries.another().await {
        let found = books.product(call.actor.book, &named).await.map_err(failed)?;
        let view = found.ok_or_else(|| absent(DocumentKind::Product))?;
        let edit = reading::product_edit(&body, &view)?;
        match books.change_product(&call.context(), named.clone(), edit).await {
            Ok(view) => return Ok(Response::json(200, &showing::product(&view, &book))),
            Err(failure) if failure.is_outrun() => {}
            Err(failure) => return Err(failed(failure)),
        }
    }
    Err(failed(Failure::Unavailable))
}

/// The page of payments that the query asks for. A cursor is a place, the number of the last payment of the page before: what is deleted or
/// recorded meanwhile moves nothing, and a far page costs no more than a near one.
fn payments_asked(call: &Call<'_>) -> Result<PaymentQuery, Fault> {
    let request = call.request;
    known_query(request, &PAYMENTS)?;
    let offset = whole(request, "offset", 0, i64::from(i32::MAX))?;
    let after = whole(request, "cursor", 0, i64::MAX)?.map(PaymentKey);
    if offset.is_some() && after.is_some() {
        return Err(Fault::invalid("cursor", "cannot stand beside offset"));
    }
    Ok(PaymentQuery {
        filter: PaymentFilter {
            paid_on: (day(request, "from")?, day(request, "to")?),
            ..PaymentFilter::default()
        },
        descending: truth(request, "newest_first")?,
        after,
        offset: offset.unwrap_or(0),
        limit: whole(request, "limit", 1, MOST_PER_PAGE)?.unwrap_or(USUAL_PER_PAGE),
        ..PaymentQuery::default()
    })
}

/// The members of the query of the list of payments.
const PAYMENTS: [&str; 8] = [
    "limit",
    "offset",
    "cursor",
    "customer",
    "invoice",
    "from",
    "to",
    "newest_first",
];

/// Payments in order of creation: of a customer, of an invoice, of a span of days.
pub async fn payments(call: &Call<'_>) -> Ended {
    let mut query = payments_asked(call)?;
    let books = &call.app.books;
    let mut nothing = false;
    if let Some(id) = id_in_query(call, "customer")? {
        let found = books.customer(call.actor.book, &Named::Id(id)).await.map_err(failed)?;
        nothing |= found.is_none();
        query.filter.customer = found.map(|view| view.customer.key);
    }
    if let Some(id) = id_in_query(call, "invoice")? {
        let found = books.invoice(call.actor.book, &Named::Id(id)).await.map_err(failed)?;
        let found = found.filter(|view| view.deleted.is_none());
        nothing |= found.is_none();
        query.filter.invoice = found.map(|view| view.invoice.key);
    }
    let (found, place) = match nothing {
        true => (Vec::new(), None),
        false => books.payments_from(call.actor.book, &query).await.map_err(failed)?,
    };
    let (book, ids) = (call.book().await?, settled_ids(call, &found).await?);
    let data = found.iter().map(|view| showing::payment(view, &book, &ids));
    let shown = json!({
        "data": data.collect::<Vec<_>>(),
        // Where a page by place begins in the whole list, nobody counts.
        "offset": call.request.query_value("offset").map(|_| query.offset),
        "limit": query.limit,
        "next_cursor": place.map(|place| place.0.to_string()),
    });
    Ok(Response::json(200, &shown))
}

/// The id that a member of the query names.
pub fn id_in_query(call: &Call<'_>, name: &str) -> Result<Option<DocumentId>, Fault> {
    match call.request.query_value(name).map(|text| DocumentId::from_hex(&text)) {
        None => Ok(None),
        Some(Some(id)) => Ok(Some(id)),
        Some(None) => Err(Fault::invalid(name, "must be an id of 24 hex digits")),
    }
}

/// One payment.
pub async fn payment(call: &Call<'_>, id: &str) -> Ended {
    let named = Named::Id(id_of(id)?);
    let found = call.app.books.payment(call.actor.book, &named).await.map_err(failed)?;
    let view = found.ok_or_else(|| absent(DocumentKind::Payment))?;
    let book = call.book().await?;
    let ids = settled_ids(call, std::slice::from_ref(&view)).await?;
    Ok(Response::json(200, &showing::payment(&view, &book, &ids)))
}

/// Records a payment: the payment, and how the invoices that it settled stand now.
pub async fn record_payment(call: &Call<'_>) -> Ended {
    let input = reading::payment(&call.body()?)?;
    let key = idempotency_key(call.request)?;
    let book = call.book().await?;
    // Of several invoices the first is the one that a refusal's ways out are looked up for; it is exact where there is one.
    let asked = match input.parts.as_slice() {
        [(Named::Id(id), _)] => Some(*id),
        _ => None,
    };
    let recorded = call.app.books.record_payment(&call.context(), &RULES, input, key).await;
    let (view, invoices) = recorded.map_err(|failure| Stopped::Failure(failure, asked))?;
    let ids = invoices
        .iter()
        .map(|view| (view.invoice.key, view.invoice.id))
        .collect();
    let settled = invoices.iter().map(|view| showing::settled_invoice(&view.invoice));
    let mut shown = showing::payment(&view, &book, &ids);
    shown["settled"] = json!(settled.collect::<Vec<_>>());
    Ok(Response::json(201, &shown))
}

/// Money of a payment, a refund or a write-off is in the book's currency; the books themselves are told no currency there.
pub fn refuse_other_currency(book: Currency, document: Currency) -> Result<(), Stopped> {
    if book == document {
        return Ok(());
    }
    Err(failed(
        Refusal::from(ExchangeRefusal::Differs {
            document: book,
            money: document,
        })
        .into(),
    ))
}

/// The ids of the invoices that payments settle.
pub async fn settled_ids(
    call: &Call<'_>,
    payments: &[PaymentView],
) -> Result<BTreeMap<InvoiceKey, DocumentId>, Stopped> {
    let parts = payments.iter().flat_map(|view| &view.allocations);
    let meant_for = payments.iter().filter_map(|view| view.payment.meant_for);
    let keys: Vec<InvoiceKey> = parts.map(|part| part.invoice).chain(meant_for).collect();
    call.app.books.invoice_ids(call.actor.book, &keys).await.map_err(failed)
}
