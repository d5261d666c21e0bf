//! How each of the five dialects deletes, as a line to copy.

use maud::{Markup, html};
use quittance_accounting::identity::BookKey;
use quittance_accounting::invoice::Standing;
use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy};
use quittance_books::view::{BookView, InvoiceView};

use super::Ended;
use super::layout::table;
use crate::app::App;
use crate::http::Request;

/// Numbers that the integer spelling leaves to each book.
const PER_BOOK: i64 = 1 << 29;

/// The newest draft of a book, which every dialect may delete; else its newest invoice.
pub async fn example(app: &App, book: BookKey) -> Result<Option<InvoiceView>, Ended> {
    for standings in [Some(vec![Standing::Draft]), None] {
        let query = InvoiceQuery {
            filter: InvoiceFilter {
                standings,
                ..InvoiceFilter::default()
            },
            order: OrderBy::Created,
            descending: true,
            after: None,
            offset: 0,
            limit: 1,
            count: false,
        };
        let found = app.books.invoices(book, &query).await?;
        if let Some(view) = found.invoices.into_iter().next() {
            return Ok(Some(view));
        }
    }
    Ok(None)
}

/// The table of the five.
pub fn table_of_deletes(request: &Request, book: &BookView, example: Option<InvoiceView>) -> Markup {
    let named = example.as_ref().map(|view| match &view.invoice.number {
        Some(number) => format!("invoice {number}"),
        None => format!("the draft {}", view.invoice.id.hex()),
    });
    let rows = html! {
        thead.stack { tr { th scope="col" { "Dialect" } th scope="col" { "Deletes" } th scope="col" { "Request" } } }
        tbody.stack {
            @for (name, rule, line) in lines(request, book, example.as_ref()) {
                tr { th scope="row" { (name) } td { (rule) } td { code.copy { (line) } } }
            }
        }
    };
    html! {
        section {
            h2 { "Five ways to delete" }
            p {
                @match &named {
                    Some(named) => { "Each line asks to delete " (named) " as that vendor's client would, once " code { "$TOKEN" } " holds a token of this book." },
                    None => { "Put an invoice's id in the place of " code { "INVOICE" } " and a token of this book in " code { "$TOKEN" } "." },
                }
            }
            (table("Delete requests", &rows))
        }
    }
}

fn lines(
    request: &Request,
    book: &BookView,
    example: Option<&InvoiceView>,
) -> [(&'static str, &'static str, String); 5] {
    let at = request.origin();
    let spelled = |spell: &dyn Fn(&InvoiceView) -> String| example.map_or_else(|| "INVOICE".to_owned(), spell);
    let integer = spelled(&|view| ((book.key.0 - 1) * PER_BOOK + view.invoice.key.0).to_string());
    let hex = spelled(&|view| view.invoice.id.hex());
    let uuid = spelled(&|view| view.invoice.id.uuid());
    let (book_hex, book_uuid) = (book.settings.id.hex(), book.settings.id.uuid());
    let bearer = "-H \"Authorization: Bearer $TOKEN\"";
    [
        (
            "Campfire",
            "any state, with its payments",
            format!("curl -X DELETE -H \"Authorization: Token $TOKEN\" '{at}/coa/api/v1/invoice/{integer}/'"),
        ),
        (
            "Bookeeping.ai",
            "drafts only",
            format!("curl -X DELETE {bearer} '{at}/public-api/v1/invoices/{hex}'"),
        ),
        (
            "Layer",
            "what has no payments or refunds",
            format!("curl -X POST {bearer} '{at}/v1/businesses/{book_uuid}/invoices/{uuid}/delete'"),
        ),
        (
            "Moov",
            "drafts only, still readable by id",
            format!(
                "curl -X DELETE {bearer} -H 'X-Moov-Version: v2026.07.00' '{at}/accounts/{book_uuid}/invoices/{uuid}'"
            ),
        ),
        (
            "HighLevel",
            "drafts only",
            format!(
                "curl -X DELETE {bearer} -H 'Version: 2023-02-21' '{at}/invoices/{hex}?altId={book_hex}&altType=location'"
            ),
        ),
    ]
}
