//! The list of invoices, and one invoice.

use maud::{Markup, html};
use quittance_accounting::identity::BookKey;
use quittance_accounting::invoice::{LineItem, Standing};
use quittance_accounting::money::Amount;
use quittance_accounting::snapshot::Named;
use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy};
use quittance_books::view::{BookView, InvoiceView};

use super::layout::{page, table};
use super::words::{abroad, account, dialect, instant, plain, sum, sum_or_dash};
use super::{Ended, Page};
use crate::app::App;
use crate::dialects::native::wire::Word as _;
use crate::http::Request;

/// Invoices on a page.
const PER_PAGE: i64 = 25;

/// The list, newest first.
pub async fn list(app: &App, request: &Request, key: BookKey) -> Page {
    let book = app.books.book(key).await?.ok_or(Ended::NoPage)?;
    let status = request.query_value("status");
    let standing = match &status {
        None => None,
        Some(word) => {
            let found = Standing::ALL.iter().find(|(_, known)| known == word);
            Some(found.ok_or(Ended::NoPage)?.0)
        }
    };
    let number = request
        .query_value("page")
        .map_or(Some(1), |text| text.parse::<i64>().ok());
    let number = number
        .filter(|number| (1..=1_000_000).contains(number))
        .ok_or(Ended::NoPage)?;
    let query = InvoiceQuery {
        filter: InvoiceFilter {
            standings: standing.map(|standing| vec![standing]),
            ..InvoiceFilter::default()
        },
        order: OrderBy::Created,
        descending: true,
        after: None,
        offset: (number - 1) * PER_PAGE,
        limit: PER_PAGE,
        count: true,
    };
    let found = app.books.invoices(key, &query).await?;
    let total = found.total.unwrap_or_default();
    let content = html! {
        p.crumbs { a href={ "/?book=" (key.0) } { bdi { (book.settings.name) } } }
        h1 { "Invoices" }
        (states(key, standing))
        p { (total) " in all, newest first. Deleted ones are not among them." }
        @if found.invoices.is_empty() { p.faint { "There are none here." } }
        @else { (rows(&found.invoices, &book)) }
        (pages(key, standing, number, total))
    };
    Ok(page(200, "Invoices", &content))
}

fn address(key: BookKey, standing: Option<Standing>, number: i64) -> String {
    let path = format!("/books/{}/invoices", key.0);
    match (standing, number) {
        (None, 1) => path,
        (None, number) => format!("{path}?page={number}"),
        (Some(standing), 1) => format!("{path}?status={}", standing.word()),
        (Some(standing), number) => format!("{path}?status={}&page={number}", standing.word()),
    }
}

fn states(key: BookKey, shown: Option<Standing>) -> Markup {
    let link = |standing: Option<Standing>, word: &str| {
        html! {
            li {
                @if standing == shown { a href=(address(key, standing, 1)) aria-current="page" { (word) } }
                @else { a href=(address(key, standing, 1)) { (word) } }
            }
        }
    };
    html! {
        nav aria-label="States" {
            ul.books {
                (link(None, "all"))
                @for (standing, word) in Standing::ALL { (link(Some(standing), &plain(word))) }
            }
        }
    }
}

fn pages(key: BookKey, standing: Option<Standing>, number: i64, total: i64) -> Markup {
    let last = (total + PER_PAGE - 1) / PER_PAGE;
    html! {
        @if last > 1 {
            nav.pages aria-label="Pages" {
                @if number > 1 { a rel="prev" href=(address(key, standing, number - 1)) { "Newer" } }
                span { "Page " (number) " of " (last) }
                @if number < last { a rel="next" href=(address(key, standing, number + 1)) { "Older" } }
            }
        }
    }
}

fn rows(invoices: &[InvoiceView], book: &BookView) -> Markup {
    let own = book.settings.currency;
    table(
        "Invoices",
        &html! {
            thead { tr { th scope="col" { "Invoice" } th scope="col" { "Date" } th scope="col" { "Customer" } th scope="col" { "State" } th.sum scope="col" { "Total" } th.sum scope="col" { "Open" } } }
            tbody {
                @for view in invoices {
                    @let invoice = &view.invoice;
                    tr {
                        th scope="row" {
                            a href={ "/books/" (book.key.0) "/invoices/" (invoice.id.hex()) } {
                                @match &invoice.number { Some(number) => bdi { (number) }, None => "no number" }
                            }
                        }
                        td { (invoice.invoice_date) }
                        td { (customer(view)) }
                        td { (state(view)) }
                        td.sum { (sum(invoice.total.minor(), invoice.currency)) (abroad(invoice.currency, own)) }
                        td.sum { (sum_or_dash(invoice.open().minor(), invoice.currency)) (abroad(invoice.currency, own)) }
                    }
                }
            }
        },
    )
}

fn customer(view: &InvoiceView) -> Markup {
    match &view.customer {
        Some(customer) => html! { bdi { (customer.content.name) } },
        None => html! { span.faint { "none" } },
    }
}

fn state(view: &InvoiceView) -> Markup {
    html! {
        (plain(view.invoice.standing().word()))
        @if view.deleted.is_none() && view.is_overdue() { ", " strong { "overdue" } }
    }
}

/// One invoice, live or deleted and still readable.
pub async fn one(app: &App, key: BookKey, named: &Named) -> Page {
    let view = app.books.invoice(key, named).await?;
    // Under rules that do not leave it readable, a deleted invoice is not there.
    let readable = |view: &InvoiceView| view.deleted.as_ref().is_none_or(|stone| stone.readable);
    let view = view.filter(readable).ok_or(Ended::NoPage)?;
    let book = &view.book;
    let title = match &view.invoice.number {
        Some(number) => format!("Invoice {number}"),
        None => "Invoice without a number".to_owned(),
    };
    let content = html! {
        p.crumbs {
            a href={ "/?book=" (key.0) } { bdi { (book.settings.name) } }
            " / "
            a href=(address(key, None, 1)) { "Invoices" }
        }
        h1 { bdi { (title) } }
        @if let Some(stone) = &view.deleted {
            p.bad {
                "Deleted " (instant(stone.deleted_at, book)) ": "
                a href={ "/receipts/" (key.0) "/" (stone.seq) } { "receipt " (stone.seq) } "."
            }
        }
        (facts(&view))
        (lines(&view))
        (settlement(&view))
    };
    Ok(page(200, &title, &content))
}

fn facts(view: &InvoiceView) -> Markup {
    let (invoice, book) = (&view.invoice, &view.book);
    html! {
        dl.facts {
            div { dt { "State" } dd { (state(view)) } }
            div { dt { "Customer" } dd { (customer(view)) } }
            div { dt { "Date" } dd { (invoice.invoice_date) } }
            @if let Some(due) = invoice.due_on { div { dt { "Due" } dd { (due) } } }
            @if let Some(at) = invoice.issued_at() { div { dt { "Issued" } dd { (instant(at, book)) } } }
            @if let Some(at) = invoice.sent_at { div { dt { "Sent" } dd { (instant(at, book)) } } }
            @if let Some(at) = invoice.voided_at() { div { dt { "Voided" } dd { (instant(at, book)) } } }
            @if let Some(until) = invoice.held_until { div { dt { "Held through" } dd { (until) } } }
            @if let Some(at) = invoice.handed_over_at { div { dt { "Handed over" } dd { (instant(at, book)) } } }
            div { dt { "Made through" } dd { (dialect(&invoice.source)) } }
            @if let Some(external) = &invoice.external_id { div { dt { "The client's id" } dd { bdi { (external) } } } }
            div { dt { "Id" } dd { span.code { (invoice.id.hex()) } } }
            @if let Some(title) = &view.content.title { div.wide { dt { "Title" } dd { bdi { (title) } } } }
            @if let Some(memo) = &view.content.memo { div.wide { dt { "Memo" } dd.text { bdi { (memo) } } } }
        }
    }
}

fn lines(view: &InvoiceView) -> Markup {
    let (invoice, currency) = (&view.invoice, view.invoice.currency);
    let row = |line: &LineItem| {
        let content = view.line_content(line.place);
        html! {
            tr {
                th scope="row" {
                    bdi { (content.name.as_deref().unwrap_or("Line")) }
                    @if let Some(description) = &content.description { br; span.faint { bdi { (description) } } }
                }
                td { (account(line.account, &view.book)) }
                td.sum { (line.quantity.normalize().to_string()) }
                td.sum { (line.unit_price.to_string()) }
                td.sum { (sum_or_dash(line.tax().minor(), currency)) }
                td.sum { (sum(line.total().minor(), currency)) }
            }
        }
    };
    let rest = [
        ("Discount on the whole", invoice.document_discount.negated()),
        ("Tax on the whole", invoice.document_tax),
        ("Tip", invoice.tip),
    ];
    html! {
        section {
            h2 { "Lines" }
            (table("Lines", &html! {
                thead { tr { th scope="col" { "What" } th scope="col" { "Account" } th.sum scope="col" { "Quantity" } th.sum scope="col" { "Price" } th.sum scope="col" { "Tax" } th.sum scope="col" { "Total" } } }
                tbody { @for line in &view.lines { (row(line)) } }
                tfoot {
                    @for (what, amount) in rest {
                        @if !amount.is_zero() { tr { th scope="row" colspan="5" { (what) } td.sum { (sum(amount.minor(), currency)) } } }
                    }
                    tr { th scope="row" colspan="5" { "Total, " (currency) } td.sum { (sum(invoice.total.minor(), currency)) } }
                }
            }))
        }
    }
}

fn settlement(view: &InvoiceView) -> Markup {
    let (invoice, currency) = (&view.invoice, view.invoice.currency);
    let mut rows: Vec<(String, String, Amount)> = Vec::new();
    for payment in &view.payments {
        let amount = Amount::sum(payment.allocations.iter().map(|part| part.amount)).unwrap_or_default();
        let what = format!("payment, {}", plain(payment.payment.method.word()));
        rows.push((payment.payment.paid_on.to_string(), what, amount));
    }
    for refund in view.refunds.iter().map(|known| &known.refund) {
        rows.push((
            refund.refunded_on.to_string(),
            "refund".to_owned(),
            refund.amount.negated(),
        ));
    }
    for known in view.write_offs.iter().map(|known| &known.write_off) {
        rows.push((known.written_off_on.to_string(), "write-off".to_owned(), known.amount));
    }
    let open = if view.deleted.is_some() {
        Amount::ZERO
    } else {
        invoice.open()
    };
    html! {
        section {
            h2 { "Settlement" }
            @if rows.is_empty() { p.faint { "Nothing was paid, given back or given up." } }
            @else {
                (table("Settlement", &html! {
                    thead { tr { th scope="col" { "Day" } th scope="col" { "What" } th.sum scope="col" { "Amount" } } }
                    tbody { @for (day, what, amount) in &rows { tr { td { (day) } td { (what) } td.sum { (sum(amount.minor(), currency)) } } } }
                }))
            }
            p { "Open: " strong { (sum(open.minor(), currency)) } " " (currency) }
        }
    }
}
