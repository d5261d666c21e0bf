//! Vendors of type customer, and products.

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::CustomerInput;
use quittance_books::view::{CustomerView, ProductView};

use super::super::errors::{self, Problem};
use super::super::manners::{self, Paging};
use super::super::mapping::{parties, showing};
use super::{Call, Id};
use crate::http::Response;

async fn vendor(call: &Call<'_>, id: Id) -> Result<CustomerView, Problem> {
    let kind = DocumentKind::Customer;
    let named = Named::Key(call.number(id, kind)?);
    let found = call.app.books.customer(call.key(), &named).await;
    found
        .map_err(|failure| call.failed(failure))?
        .ok_or_else(|| errors::absent(kind))
}

pub(super) async fn create_vendor(call: &Call<'_>) -> Result<Response, Problem> {
    let edit = call.read(|members| parties::vendor(members, None, true))?;
    let input = CustomerInput {
        external_id: None,
        content: edit.content,
    };
    let made = call.app.books.add_customer(&call.context(), input).await;
    let view = made.map_err(|failure| call.failed(failure))?;
    Ok(manners::json(201, &showing::vendor(&view, call.key())))
}

pub(super) async fn list_vendors(call: &Call<'_>) -> Result<Response, Problem> {
    let paging = Paging::of(call.request);
    let views = call.app.books.customers(call.key(), paging.offset, paging.limit).await;
    let views = views.map_err(|failure| call.failed(failure))?;
    let rows = views.iter().map(|view| showing::vendor(view, call.key())).collect();
    // Customers are never removed, so the highest number is their count.
    let count = call.counters().await?.customers;
    Ok(manners::json(200, &paging.page(call.request, count, rows)))
}

pub(super) async fn read_vendor(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let view = vendor(call, id).await?;
    Ok(manners::json(200, &showing::vendor(&view, call.key())))
}

pub(super) async fn change_vendor(call: &Call<'_>, id: Id, whole: bool) -> Result<Response, Problem> {
    let mut tries = call.app.books.tries(call.key());
    while tries.another().await {
        let view = vendor(call, id).await?;
        let edit = call.read(|members| parties::vendor(members, Some(&view), whole))?;
        let named = Named::Key(view.customer.key.0);
        match call.app.books.change_customer(&call.context(), named, edit).await {
            Ok(view) => return Ok(manners::json(200, &showing::vendor(&view, call.key()))),
            Err(failure) if failure.is_outrun() => {}
            Err(failure) => return Err(call.failed(failure)),
        }
    }
    Err(call.failed(Failure::Unavailable))
}

async fn product(call: &Call<'_>, id: Id) -> Result<ProductView, Problem> {
    let kind = DocumentKind::Product;
    let named = Named::Key(call.number(id, kind)?);
    let found = call.app.books.product(call.key(), &named).await;
    found
        .map_err(|failure| call.failed(failure))?
        .ok_or_else(|| errors::absent(kind))
}

pub(super) async fn create_product(call: &Call<'_>) -> Result<Response, Problem> {
    let book = call.book().await?;
    let edit = call.read(|members| parties::product(members, &book, None, true))?;
    let made = call.app.books.add_product(&call.context(), edit.product).await;
    let view = made.map_err(|failure| call.failed(failure))?;
    Ok(manners::json(201, &showing::product(&view, call.key())))
}

pub(super) async fn list_products(call: &Call<'_>) -> Result<Response, Problem> {
    let paging = Paging::of(call.request);
    let views = call.app.books.products(call.key(), paging.offset, paging.limit).await;
    let views = views.map_err(|failure| call.failed(failure))?;
    let rows = views.iter().map(|view| showing::product(view, call.key())).collect();
    // Nor are products.
    let count = call.counters().await?.products;
    Ok(manners::json(200, &paging.page(call.request, count, rows)))
}

pub(super) async fn read_product(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let view = product(call, id).await?;
    Ok(manners::json(200, &showing::product(&view, call.key())))
}

pub(super) async fn change_product(call: &Call<'_>, id: Id, whole: bool) -> Result<Response, Problem> {
    let book = call.book().await?;
    let mut tries = call.app.books.tries(call.key());
    while tries.another().await {
        let view = product(call, id).await?;
        let edit = call.read(|members| parties::product(members, &book, Some(&view), whole))?;
        let named = Named::Key(view.product.key.0);
        match call.app.books.change_product(&call.context(), named, edit).await {
            Ok(view) => return Ok(manners::json(200, &showing::product(&view, call.key()))),
            Err(failure) if failure.is_outrun() => {}
            Err(failure) => return Err(call.failed(failure)),
        }
    }
    Err(call.failed(Failure::Unavailable))
}
