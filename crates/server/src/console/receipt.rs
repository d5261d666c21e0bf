//! One receipt in full: what a delete withdrew, and how the books stood before and after.

use maud::{Markup, html};
use quittance_accounting::content::Fate;
use quittance_accounting::identity::BookKey;
use quittance_accounting::kept::Turnover;
use quittance_accounting::plan::{BalanceEffect, Receipt};
use quittance_books::queries::DeletionEntry;
use quittance_books::view::BookView;

use super::layout::{self, table};
use super::words::{abroad, account, balance, dialect, instant, plain, sum};
use super::{Ended, Page};
use crate::app::App;
use crate::dialects::native::wire::Word as _;

/// The page of the receipt with this seq.
pub async fn page(app: &App, book: BookKey, seq: i64) -> Page {
    let view = app.books.book(book).await?.ok_or(Ended::NoPage)?;
    let entry = app.books.deletion(book, seq).await?.ok_or(Ended::NoPage)?;
    let content = html! {
        p.crumbs { a href={ "/?book=" (book.0) } { bdi { (view.settings.name) } } }
        h1 { "Receipt " (seq) }
        (facts(&entry, &view))
        (withdrawn(&entry.receipt, &view))
        (balances(&entry.receipt, &view))
        (payments(&entry.receipt, &view))
    };
    Ok(layout::page(200, &format!("Receipt {seq}"), &content))
}

fn facts(entry: &DeletionEntry, book: &BookView) -> Markup {
    let (event, receipt) = (&entry.event, &entry.receipt);
    html! {
        p { "Invoice " span.code { (receipt.id.hex()) } " was deleted. What had been posted for it is out of the live books; the log keeps it, and this." }
        dl.facts {
            div { dt { "When" } dd { (instant(event.recorded_at, book)) " " span.faint { (book.settings.zone) } } }
            div { dt { "Who" } dd { bdi { (event.actor) } } }
            div { dt { "Through" } dd { (dialect(&event.source)) } }
            div { dt { "Under the rules of" } dd { (dialect(&receipt.rules)) } }
            div.wide {
                dt { "Why" }
                dd {
                    @match &entry.reason {
                        Some(reason) => bdi { (reason) },
                        None => span.faint { "no reason was given" },
                    }
                }
            }
            div {
                dt { "Number in the register" }
                dd {
                    @match &receipt.register {
                        Some((number, state)) => { bdi { (number) } ", " (state.word()) },
                        None => span.faint { "it had none" },
                    }
                }
            }
            div { dt { "Its texts" } dd { (fate(receipt.fate)) } }
            div { dt { "Request" } dd { span.code.long { (event.request_id) } } }
            div.wide { dt { "Seal" } dd { span.code.long { (entry.seal.to_string()) } } }
            div.wide { dt { "Hash of the event before" } dd { span.code.long { (event.prev_hash.hex()) } } }
        }
    }
}

fn fate(fate: Fate) -> String {
    match fate {
        Fate::Kept => "kept; it can be restored".to_owned(),
        Fate::RetainedUntil(until) => format!("unreadable, on the disk until {until} is over"),
        Fate::Leaving => "removed; leaving the disk".to_owned(),
        Fate::Erased(seq) => format!("gone from the disk, says event {seq}"),
    }
}

fn withdrawn(receipt: &Receipt, book: &BookView) -> Markup {
    let currency = book.settings.currency;
    html! {
        section {
            h2 { "Entries withdrawn" }
            @if receipt.withdrawn.is_empty() { p.faint { "None: it had never been posted." } }
            @for entry in &receipt.withdrawn {
                @let head = entry.entry();
                @let label = format!("Entry {}", head.key.0);
                h3 { (label) ", " (plain(head.kind.word())) ", " (head.date) }
                (table(&label, &html! {
                    thead { tr { th scope="col" { "Account" } th scope="col" { "Side" } th.sum scope="col" { "Amount" } } }
                    tbody {
                        @for posting in entry.postings() {
                            tr {
                                th scope="row" { (account(posting.account, book)) }
                                td { (posting.side.word()) }
                                td.sum { (sum(posting.amount.minor(), currency)) }
                            }
                        }
                    }
                }))
            }
        }
    }
}

fn balances(receipt: &Receipt, book: &BookView) -> Markup {
    let own = book.settings.currency;
    let row = |effect: &BalanceEffect| {
        let currency = effect.currency.unwrap_or(own);
        let net = |turnover: Turnover| balance(turnover.net(), currency);
        html! {
            tr {
                th scope="row" { (account(effect.account, book)) }
                td { @match effect.day { Some(day) => (day), None => "all time" } }
                td.sum { (net(effect.before)) (abroad(currency, own)) }
                td.sum { (net(effect.after)) (abroad(currency, own)) }
            }
        }
    };
    html! {
        section {
            h2 { "Balances" }
            @if receipt.balances.is_empty() { p.faint { "No balance moved." } }
            @else {
                (table("Balances before and after", &html! {
                    thead { tr { th scope="col" { "Account" } th scope="col" { "Day" } th.sum scope="col" { "Before" } th.sum scope="col" { "After" } } }
                    tbody { @for effect in &receipt.balances { (row(effect)) } }
                }))
            }
        }
    }
}

fn payments(receipt: &Receipt, book: &BookView) -> Markup {
    let own = book.settings.currency;
    let currency = receipt.foreign().unwrap_or(own);
    html! {
        section {
            h2 { "Payments touched" }
            @if receipt.payments.is_empty() { p.faint { "None." } }
            @else {
                (table("Payments touched", &html! {
                    thead { tr { th scope="col" { "Payment" } th.sum scope="col" { "Had settled" } th.sum scope="col" { "Left of it" } th.sum scope="col" { "Unapplied" } } }
                    tbody {
                        @for effect in &receipt.payments {
                            tr {
                                th scope="row" { span.code { (effect.id.hex()) } }
                                td.sum { (sum(effect.allocated.minor(), currency)) (abroad(currency, own)) }
                                td.sum {
                                    @if effect.amount_after.is_zero() { "gone with it" }
                                    @else { (sum(effect.amount_after.minor(), currency)) (abroad(currency, own)) }
                                }
                                td.sum { (sum(effect.unallocated_after.minor(), currency)) (abroad(currency, own)) }
                            }
                        }
                    }
                }))
            }
        }
    }
}
