//! Reports as the terminal shows them, and where each is found.

use jiff::civil::Date;
use maud::{Markup, html};
use quittance_accounting::identity::BookKey;
use quittance_books::Failure;
use quittance_books::reports::{ReportFault, ReportName, ReportQuery};

use super::layout::{message, page};
use super::{Ended, Page};
use crate::app::App;
use crate::http::Request;
use crate::reports::{customer_named, table};

/// The links to every report that needs no account or customer to be named; those two are reached with it in the address.
pub fn links(book: BookKey) -> Markup {
    html! {
        section {
            h2 { "Reports" }
            ul.books {
                @for (name, word) in ReportName::ALL {
                    @if !matches!(name, ReportName::Ledger | ReportName::Statement) {
                        li { a href={ "/books/" (book.0) "/reports/" (word) } { (word.replace('-', " ")) } }
                    }
                }
                li { a href={ "/books/" (book.0) "/reports/ledger?account=1100" } { "ledger of accounts receivable" } }
            }
            p.note { "Days are named in the address: " span.code { "?from=2026-01-01&to=2026-03-31" } ", and " span.code { "known_at" }
                ", " span.code { "account" } ", " span.code { "customer" } "." }
        }
    }
}

/// One report, its first page.
pub async fn one(app: &App, request: &Request, book: BookKey, name: &str) -> Page {
    let name = ReportName::parse(name).ok_or(Ended::NoPage)?;
    let day = |name| request.query_value(name).map(|text| text.parse::<Date>());
    let (Ok(from), Ok(to)) = (day("from").transpose(), day("to").transpose()) else {
        return Ok(message(400, "No such day", "A day is written as 2026-03-31."));
    };
    let known_at = request.query_value("known_at").map(|text| text.parse::<i64>());
    let Ok(known_at) = known_at.transpose() else {
        return Ok(message(
            400,
            "No such event",
            "An event is named by its number in the log.",
        ));
    };
    let query = ReportQuery {
        from,
        to,
        known_at,
        account: request.query_value("account"),
        customer: request.query_value("customer").as_deref().map(customer_named),
        after: request.query_value("cursor"),
        ..ReportQuery::new(name)
    };
    let view = match app.books.report(book, &query).await {
        Ok(view) => view,
        Err(ReportFault::Failure(Failure::Refused(_))) => return Err(Ended::NoPage),
        Err(ReportFault::Failure(failure)) => return Err(failure.into()),
        Err(fault) => return Ok(message(400, "No such report", &fault.to_string())),
    };
    let content = html! {
        p { a href={ "/?book=" (book.0) } { "To the book" } }
        h1 { (name.word().replace('-', " ")) }
        pre tabindex="0" { (table(&view)) }
        @if view.next.is_some() { p.note { "There is more: the API and the command line hand out every page." } }
        p.note { "Digest of what is shown: " span.code.long { (view.digest.hex()) } }
    };
    Ok(page(200, name.word(), &content))
}
