//! The first page: one book at a glance.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use quittance_accounting::identity::BookKey;
use quittance_accounting::invoice::Standing;
use quittance_accounting::kept::{Tally, TallyKey};
use quittance_books::queries::{DeletionEntry, TrialLine};
use quittance_books::view::BookView;
use quittance_books::{Event, Head};

use super::access::Visitor;
use super::layout::{page, table};
use super::words::{account, balance, dialect, instant, plain, sum, sum_or_dash};
use super::{Ended, Page, dialects, reports};
use crate::app::App;
use crate::dialects::native::wire::Word as _;
use crate::http::Request;

/// Deletions on the first page.
const DELETIONS: i64 = 10;

/// Events on the first page.
const EVENTS: i64 = 15;

/// Books in the list of books: the rest is reached by its number in the address.
const BOOKS: usize = 50;

/// The first page.
pub async fn home(app: &App, request: &Request, visitor: &Visitor) -> Page {
    let slots = slots(app, visitor).await?;
    let asked = request.query_value("book");
    let key = match asked {
        Some(text) => visitor.book(&text).ok_or(Ended::NoPage)?,
        None => match slots.first() {
            Some(first) => *first,
            None => return Ok(page(200, "No books yet", &no_books())),
        },
    };
    let book = app.books.book(key).await?.ok_or(Ended::NoPage)?;
    let head = app.books.head(key).await?.ok_or(Ended::NoPage)?;
    let trial = app.books.trial_balance(key).await?;
    let tallies = app.books.tallies(key).await?;
    let deletions = app.books.deletions(key, DELETIONS).await?;
    let events = app.books.newest_events(key, EVENTS).await?;
    let today = TimeZone::get(&book.settings.zone)
        .unwrap_or(TimeZone::UTC)
        .to_datetime(app.now())
        .date();
    let example = dialects::example(app, key).await?;
    let content = html! {
        (other_books(app, &slots, key).await?)
        (title(&book, &head))
        (trial_balance(&trial, &book))
        (invoices(&tallies, &book, today))
        (reports::links(key))
        (latest_deletions(&deletions, &book))
        (newest_events(&events, &book))
        (dialects::table_of_deletes(request, &book, example))
    };
    Ok(page(200, &book.settings.name, &content))
}

async fn slots(app: &App, visitor: &Visitor) -> Result<Vec<BookKey>, Ended> {
    Ok(match visitor {
        Visitor::Anybody => app.books.directory().await?.iter().map(|entry| entry.book).collect(),
        Visitor::Bearer(own) => vec![*own],
    })
}

fn no_books() -> Markup {
    html! {
        h1 { "No books yet" }
        p { "Open one on the command line; this page then shows it." }
    }
}

async fn other_books(app: &App, slots: &[BookKey], shown: BookKey) -> Result<Markup, Ended> {
    if slots.len() < 2 {
        return Ok(html! {});
    }
    let mut books = Vec::new();
    for slot in slots.iter().take(BOOKS) {
        if let Some(settings) = app.books.settings(*slot).await? {
            books.push((*slot, settings.name));
        }
    }
    Ok(html! {
        nav aria-label="Books" {
            ul.books {
                @for (slot, name) in &books {
                    li {
                        @if *slot == shown { a href={ "/?book=" (slot.0) } aria-current="page" { (name) } }
                        @else { a href={ "/?book=" (slot.0) } { (name) } }
                    }
                }
                @if slots.len() > BOOKS { li { "and " (slots.len() - BOOKS) " more" } }
            }
        }
    })
}

fn title(book: &BookView, head: &Head) -> Markup {
    let settings = &book.settings;
    html! {
        h1 { bdi { (settings.name) } }
        dl.facts {
            div { dt { "Kept in" } dd { (settings.currency) ", " (settings.zone) } }
            div {
                dt { "Closed through" }
                dd {
                    @match settings.closed_through {
                        Some(through) => (through),
                        None => span.faint { "nothing is closed" },
                    }
                }
            }
            div { dt { "Id" } dd { span.code { (settings.id.hex()) } } }
            div { dt { "Events in the log" } dd { (head.seq) } }
            div.wide { dt { "Hash of the last event" } dd { span.code.long { (head.hash.hex()) } } }
        }
    }
}

fn trial_balance(lines: &[TrialLine], book: &BookView) -> Markup {
    let currency = book.settings.currency;
    let debits = lines
        .iter()
        .map(|line| line.turnover.debits)
        .fold(0, i64::saturating_add);
    let credits = lines
        .iter()
        .map(|line| line.turnover.credits)
        .fold(0, i64::saturating_add);
    let moved: Vec<&TrialLine> = lines.iter().filter(|line| !line.turnover.is_zero()).collect();
    let rows = html! {
        thead { tr { th scope="col" { "Account" } th.sum scope="col" { "Debits" } th.sum scope="col" { "Credits" } th.sum scope="col" { "Balance" } } }
        tbody {
            @for line in &moved {
                tr {
                    th scope="row" { (account(line.account.key, book)) }
                    td.sum { (sum_or_dash(line.turnover.debits, currency)) }
                    td.sum { (sum_or_dash(line.turnover.credits, currency)) }
                    td.sum { (balance(line.turnover.net(), currency)) }
                }
            }
        }
        tfoot {
            tr { th scope="row" { "Together" } td.sum { (sum(debits, currency)) } td.sum { (sum(credits, currency)) } td.sum {} }
        }
    };
    html! {
        section {
            h2 { "Trial balance" }
            @if debits == credits {
                p.good { span aria-hidden="true" { "✓ " } "Balanced: debits equal credits." }
            } @else {
                p.bad role="alert" { span aria-hidden="true" { "✗ " } "Out of balance: debits and credits differ by " (sum(debits.saturating_sub(credits).saturating_abs(), currency)) "." }
            }
            @if moved.is_empty() { p.faint { "Nothing has been posted." } }
            @else {
                (table("Trial balance", &rows))
                @if moved.len() < lines.len() { p.note { (lines.len() - moved.len()) " accounts without postings are left out." } }
            }
        }
    }
}

fn invoices(tallies: &[(TallyKey, Tally)], book: &BookView, today: jiff::civil::Date) -> Markup {
    let currency = book.settings.currency;
    let of = |standing: Standing| {
        let found = tallies.iter().find(|(key, _)| *key == TallyKey::Standing(standing));
        found.map(|(_, tally)| *tally).unwrap_or_default()
    };
    let states: Vec<(Standing, Tally)> = Standing::ALL
        .iter()
        .map(|(standing, _)| (*standing, of(*standing)))
        .filter(|(_, tally)| !tally.is_zero())
        .collect();
    let all = states.iter().fold(Tally::default(), |all, (_, tally)| all.plus(*tally));
    let late = tallies
        .iter()
        .filter(|(key, _)| matches!(key, TallyKey::Due(_, Some(day)) if *day < today))
        .fold(Tally::default(), |late, (_, tally)| late.plus(*tally));
    let list = format!("/books/{}/invoices", book.key.0);
    let rows = html! {
        thead { tr { th scope="col" { "State" } th.sum scope="col" { "Invoices" } th.sum scope="col" { "Open" } } }
        tbody {
            @for (standing, tally) in &states {
                tr {
                    th scope="row" { a href={ (list) "?status=" (standing.word()) } { (plain(standing.word())) } }
                    td.sum { (tally.count) }
                    td.sum { (sum_or_dash(tally.open, currency)) }
                }
            }
        }
        tfoot { tr { th scope="row" { "Together" } td.sum { (all.count) } td.sum { (sum(all.open, currency)) } } }
    };
    html! {
        section {
            h2 { "Invoices" }
            @if states.is_empty() { p.faint { "There are no invoices." } }
            @else {
                (table("Invoices by state", &rows))
                @if late.count > 0 { p.note { "Due before today: " (late.count) ", " (sum(late.booked, currency)) " " (currency) " open." } }
                p { a href=(list) { "All invoices" } }
            }
        }
    }
}

fn latest_deletions(deletions: &[DeletionEntry], book: &BookView) -> Markup {
    let currency = book.settings.currency;
    let withdrawn = |entry: &DeletionEntry| {
        let postings = entry.receipt.withdrawn.iter().flat_map(|entry| entry.postings());
        let debits = postings.filter(|posting| posting.side == quittance_accounting::account::Side::Debit);
        debits
            .map(|posting| posting.amount.minor())
            .fold(0, i64::saturating_add)
    };
    html! {
        section {
            h2 { "Latest deletions" }
            @if deletions.is_empty() { p.faint { "Nothing was deleted." } }
            @else {
                ol.cards {
                    @for entry in deletions {
                        @let count = entry.receipt.withdrawn.len();
                        li {
                            p.head {
                                a href={ "/receipts/" (book.key.0) "/" (entry.seal.seq) } { "Receipt " (entry.seal.seq) }
                                " · " (instant(entry.event.recorded_at, book))
                            }
                            p {
                                bdi { (entry.event.actor) } ", through " (dialect(&entry.event.source))
                                @if entry.event.source != entry.receipt.rules { ", under the rules of " (dialect(&entry.receipt.rules)) }
                            }
                            p {
                                @match count {
                                    0 => "A draft: no entry was withdrawn.",
                                    1 => { "1 entry withdrawn, debits of " (sum(withdrawn(entry), currency)) " " (currency) "." },
                                    _ => { (count) " entries withdrawn, debits of " (sum(withdrawn(entry), currency)) " " (currency) "." },
                                }
                            }
                            @match &entry.reason {
                                Some(reason) => p { "Why: " q { bdi { (reason) } } },
                                None => p.faint { "No reason was given." },
                            }
                        }
                    }
                }
            }
        }
    }
}

fn newest_events(events: &[Event], book: &BookView) -> Markup {
    let rows = html! {
        thead { tr { th.sum scope="col" { "Seq" } th scope="col" { "What" } th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "Through" } } }
        tbody {
            @for event in events {
                tr {
                    td.sum { (event.seq) }
                    td {
                        (plain(event.kind.word()))
                        (subject(event))
                    }
                    td { (instant(event.recorded_at, book)) }
                    td { bdi { (event.actor) } }
                    td { (dialect(&event.source)) }
                }
            }
        }
    };
    html! {
        section {
            h2 { "Newest events" }
            (table("Newest events", &rows))
        }
    }
}

/// The number of what an event is about; its kind too, where the event's own name does not begin with it.
fn subject(event: &Event) -> Markup {
    let (kind, number) = (event.subject.kind.word(), event.subject.number);
    let named = event.kind.word().split('.').next() == Some(kind);
    html! {
        @if number > 0 {
            " " span.faint { @if !named { (plain(kind)) " " } "no.\u{a0}" (number) }
        }
    }
}
