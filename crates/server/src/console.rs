//! The console page: the books at a glance, what was deleted and what that did, in plain HTML.
//!
//! Rendered here, without scripts; the one stylesheet is served beside it, so that the content security policy needs no exception.
//! It only looks: nothing on it can be submitted. Deliberately absent: any way to change the books.

mod access;
mod book;
mod dialects;
mod invoices;
mod layout;
mod operations;
mod receipt;
mod reports;
mod words;

use quittance_accounting::identity::BookKey;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;

use crate::app::App;
use crate::http::message::Method;
use crate::http::{Request, Response};
use access::Visitor;

/// The stylesheet of every page.
const STYLE: &str = include_str!("console/style.css");

/// How a page ends other than well.
enum Ended {
    /// There is no such thing, or the visitor may not see it: the two look alike.
    NoPage,
    /// The books could not be asked.
    Failed(Failure),
    /// Access is refused, with this answer.
    Refused(Response),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Ended {
        Ended::Failed(failure)
    }
}

type Page = Result<Response, Ended>;

/// Answers a request for a page.
pub async fn answer(app: &App, request: &Request) -> Response {
    let segments = request.segments();
    let parts = segments.as_strs();
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return layout::plain(405, "This page can only be looked at.\n").with("allow", "GET, HEAD");
    }
    match (parts.as_slice(), segments.trailing_slash) {
        (["healthz"], false) => {
            return Response::json(200, &serde_json::json!({"status": "ok"})).with("cache-control", "no-store");
        }
        (["style.css"], false) => return layout::style(STYLE),
        _ => {}
    }
    match page(app, request, &parts, segments.trailing_slash).await {
        Ok(response) | Err(Ended::Refused(response)) => response,
        Err(Ended::NoPage) => layout::message(404, "No such page", "There is nothing here, or it is not yours to see."),
        Err(Ended::Failed(failure)) => {
            tracing::error!(%failure, "a console page failed");
            layout::message(
                500,
                "Something broke",
                "The page could not be made. The server's log says why.",
            )
        }
    }
}

async fn page(app: &App, request: &Request, parts: &[&str], trailing_slash: bool) -> Page {
    if let [first, rest @ ..] = parts
        && *first == "openapi"
    {
        return operations::answer(app, request, rest, trailing_slash).await;
    }
    let visitor = access::visitor(app, request).await?;
    match (parts, trailing_slash) {
        ([], _) => book::home(app, request, &visitor).await,
        (["books", book, "invoices"], false) => {
            let book = visitor.book(book).ok_or(Ended::NoPage)?;
            invoices::list(app, request, book).await
        }
        (["books", book, "invoices", id], false) => {
            let book = visitor.book(book).ok_or(Ended::NoPage)?;
            let id = quittance_accounting::identity::DocumentId::from_hex(id).ok_or(Ended::NoPage)?;
            invoices::one(app, book, &Named::Id(id)).await
        }
        (["books", book, "reports", name], false) => {
            let book = visitor.book(book).ok_or(Ended::NoPage)?;
            reports::one(app, request, book, name).await
        }
        (["receipts", book, seq], false) => {
            let book = visitor.book(book).ok_or(Ended::NoPage)?;
            let seq = seq.parse().ok().filter(|seq| *seq > 0).ok_or(Ended::NoPage)?;
            receipt::page(app, book, seq).await
        }
        _ => Err(Ended::NoPage),
    }
}

impl Visitor {
    /// The book that a path names, if the visitor may see it.
    fn book(&self, text: &str) -> Option<BookKey> {
        let book = text.parse().ok().map(BookKey)?;
        match self {
            Visitor::Anybody => Some(book),
            Visitor::Bearer(own) => (*own == book).then_some(book),
        }
    }
}
