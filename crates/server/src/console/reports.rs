//! Reports as tables: every section, row and total, with what is behind an account or a customer one step away.

use jiff::civil::Date;
use maud::{Markup, html};
use quittance_accounting::identity::BookKey;
use quittance_accounting::report::{Section, Value};
use quittance_books::Failure;
use quittance_books::reports::{ReportFault, ReportName, ReportQuery, ReportView};

use super::layout::{message, page, table};
use super::words::{plain, set_apart};
use super::{Ended, Page};
use crate::app::App;
use crate::http::Request;
use crate::reports::{customer_named, days, name, text, title};

/// What an address may say of a report besides where its page begins.
const NARROWED_BY: [&str; 5] = ["from", "to", "known_at", "account", "customer"];

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
    let heading = sentence(&name.word().replace('-', " "));
    let content = html! {
        p.crumbs { a href={ "/?book=" (book.0) } { "To the book" } }
        h1 { (heading) }
        p.faint {
            @for (_, value) in &view.report.of { (shown(book, &view, value)) ", " }
            (days(view.report.span)) ", " (view.report.currency)
        }
        @for part in &view.report.sections { (section(book, &view, part)) }
        (restated(&view))
        @if let Some(next) = &view.next {
            nav.pages aria-label="Pages" { a rel="next" href=(going_on(request, next)) { "The next page" } }
        }
        p.note { "Known at event " (view.known_at.seq) ". Digest of what is shown: " span.code.long { (view.digest.hex()) } }
    };
    Ok(page(200, &heading, &content))
}

/// The address of the page that goes on here.
fn going_on(request: &Request, cursor: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::from("?"));
    for name in NARROWED_BY {
        if let Some(value) = request.query_value(name) {
            query.append_pair(name, &value);
        }
    }
    query.append_pair("cursor", cursor).finish()
}

/// The address of a report of one account or customer.
fn leading_to(book: BookKey, report: &str, narrowed_by: &str, value: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair(narrowed_by, value)
        .finish();
    format!("/books/{}/reports/{report}?{query}", book.0)
}

/// A word with a capital.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A column's name as a heading, with room for a whole word.
fn heading(column: &str) -> String {
    match column {
        "invoices" => "Invoices".to_owned(),
        other => sentence(&title(other)),
    }
}

fn section(book: BookKey, view: &ReportView, section: &Section) -> Markup {
    let named = sentence(&plain(section.name));
    let is_sum = |at: usize| {
        let mut all = section.rows.iter().chain(&section.total).filter_map(|row| row.get(at));
        all.any(|value| matches!(value, Value::Money(_) | Value::Foreign(..) | Value::Count(_)))
    };
    let sums: Vec<bool> = (0..section.columns.len()).map(is_sum).collect();
    let has_receipts = view.report.name == ReportName::Deletions.word();
    let cells = |row: &[Value]| {
        html! {
            @for ((value, sum), column) in row.iter().zip(&sums).zip(section.columns) {
                td.sum[*sum] {
                    @if let (true, Value::Count(seq)) = (has_receipts && *column == "event", value) {
                        a href={ "/receipts/" (book.0) "/" (seq) } { (seq) }
                    } @else { (shown(book, view, value)) }
                }
            }
        }
    };
    let content = html! {
        thead { tr { @for (column, sum) in section.columns.iter().zip(&sums) { th.sum[*sum] scope="col" { (heading(column)) } } } }
        tbody { @for row in &section.rows { tr { (cells(row)) } } }
        @if let Some(total) = &section.total { tfoot { tr { (cells(total)) } } }
    };
    html! {
        section {
            h2 { (named) }
            @if section.rows.is_empty() { p.faint { "None." } } @else { (table(&named, &content)) }
        }
    }
}

/// A value as people read it; an account leads to its ledger and a customer to its statement.
fn shown(book: BookKey, view: &ReportView, value: &Value) -> Markup {
    let words = text(view, value);
    let named = name(view, value).map(|name| format!(" {name}")).unwrap_or_default();
    match value {
        Value::Account(_) => html! {
            a href=(leading_to(book, "ledger", "account", &words)) { span.code { (words) } } (named)
        },
        Value::Customer(_) => html! {
            a href=(leading_to(book, "statement", "customer", &words)) { span.code { (words) } } (named)
        },
        Value::Money(_) | Value::Foreign(..) => html! { (set_apart(&words)) },
        Value::At(at) => html! { time datetime=(words) { (at.strftime("%Y-%m-%d %H:%M UTC").to_string()) } },
        Value::None | Value::Text(_) | Value::Day(_) | Value::Count(_) | Value::Currency(_) => html! { (words) },
    }
}

/// What was recorded or withdrawn in its days since.
fn restated(view: &ReportView) -> Markup {
    html! {
        @if !view.restated.is_empty() {
            section {
                h2 { "Restated since" }
                ul {
                    @for entry in &view.restated {
                        li {
                            "Event " (entry.seq) ": entry " (entry.entry.0) " of " (entry.date) " "
                            (if entry.withdrawn { "withdrawn" } else { "recorded" }) " by " (plain(entry.kind.word())) " (" (entry.by) ")"
                        }
                    }
                    @if view.more_restated > 0 { li { "and " (view.more_restated) " more" } }
                }
            }
        }
    }
}
