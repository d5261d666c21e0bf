//! An invoice as a page for people: what the vendor's client shows as a preview.

use maud::{DOCTYPE, html};
use quittance_books::view::InvoiceView;

use super::output;

/// Cents with two places and the currency, as people read them.
fn money(view: &InvoiceView, minor: i64) -> String {
    format!("{} {}", amount(view, minor), view.invoice.currency)
}

/// Cents with two places.
pub fn amount(view: &InvoiceView, minor: i64) -> String {
    let currency = view.invoice.currency;
    let places = usize::try_from(currency.exponent()).unwrap_or(2);
    let digits = format!("{:0width$}", minor.unsigned_abs(), width = places + 1);
    let (whole, parts) = digits.split_at(digits.len() - places);
    let sign = if minor < 0 { "-" } else { "" };
    match places {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{parts}"),
    }
}

/// The page. Every text of a client's is escaped.
pub fn page(view: &InvoiceView) -> String {
    let shown = output::invoice(view);
    let day = |at: &Option<String>| at.as_ref().and_then(|at| at.get(..10)).unwrap_or_default().to_owned();
    let number = shown.invoice_number.clone().unwrap_or_default();
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Invoice " (number) }
                style { "body{font-family:sans-serif;margin:2rem}table{border-collapse:collapse;width:100%}\
                    td,th{padding:.4rem;border-bottom:1px solid #ddd;text-align:left}.n{text-align:right}" }
            }
            body {
                h1 { "Invoice " (number) }
                p { (view.book.settings.name) }
                @if let Some(name) = &shown.recipient_name { p { "To " (name) } }
                p { "Sent " (day(&shown.sent_at)) @if shown.due_at.is_some() { ", due " (day(&shown.due_at)) } ", " (shown.status) }
                table {
                    thead { tr { th { "Item" } th.n { "Quantity" } th.n { "Price" } th.n { "Amount" } } }
                    tbody {
                        @for line in &shown.line_items {
                            tr {
                                td { (line.product.as_deref().unwrap_or_default()) " " (line.description.as_deref().unwrap_or_default()) }
                                td.n { (line.quantity) }
                                td.n { (money(view, line.unit_price)) }
                                td.n { (money(view, line.total_amount)) }
                            }
                        }
                    }
                }
                p.n { "Total " (money(view, shown.total_amount)) }
                p.n { "Outstanding " (money(view, shown.outstanding_balance)) }
                @if let Some(memo) = &shown.memo { p { (memo) } }
            }
        }
    };
    document.into_string()
}
