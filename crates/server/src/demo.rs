//! The demo: a year of receivables in a file of its own, one delete and one refusal through each dialect over real HTTP, and what
//! the ledger did each time.
//!
//! Everything goes through the real write path, and the tour through the socket: nothing here is staged. A second run reuses the
//! file and adds only what the tours before used up. Deliberately absent: writing to any other file than the one named.

mod access;
mod client;
mod fixtures;
mod tour;
mod year;

use std::path::Path;
use std::sync::Arc;

use quittance_accounting::book::Role;
use quittance_accounting::identity::BookKey;
use quittance_accounting::snapshot::Named;
use quittance_books::books::{BookInput, TokenInput};
use quittance_books::input::Context;
use quittance_books::{Actor, Books};

use crate::app::{App, ConsoleAccess};
use crate::cli::{CommandError, app, interrupted, listen, open, serve_until};
use crate::config::Settings;

/// What the tour and the access file need to reach the book through every dialect.
pub(crate) struct Stage {
    app: Arc<App>,
    base_url: String,
    context: Context,
    book_id: quittance_accounting::identity::DocumentId,
    /// What the tour itself uses, so that its calls are not counted against the tokens that are handed out.
    tour_token: String,
    token: String,
    rate_token: String,
}

/// Runs the demo.
pub async fn run(settings: &Settings, once: bool, json: Option<&Path>) -> Result<(), CommandError> {
    // Before anything is written: a year is not made for an address that is taken.
    let listener = listen(settings).await?;
    let books = open(settings).await?;
    let context = the_book(&books, settings).await?;
    year::fill(&books, &context).await?;
    let tour_token = demo_token(&books, &context, "demo tour").await?;
    let token = demo_token(&books, &context, "demo").await?;
    let rate_token = demo_token(&books, &context, "demo, for rate limits").await?;
    let unknown = || CommandError::Tour("the demo's book is gone".to_owned());
    let book_id = books.settings(context.actor.book).await?.ok_or_else(unknown)?.id;
    let at = listener.local_addr().map_err(|error| CommandError::Io {
        doing: "listening".to_owned(),
        error,
    })?;
    let app = Arc::new(app(books, settings, ConsoleAccess::Open));
    let stage = Stage {
        app: Arc::clone(&app),
        base_url: format!("http://{at}"),
        context,
        book_id,
        tour_token,
        token,
        rate_token,
    };
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let serving = async {
        let end = async {
            tokio::select! {
                _ = ended => {}
                () = interrupted() => {}
            }
        };
        serve_until(app, listener, settings, end).await;
    };
    let touring = async {
        let toured = show(&stage, json).await;
        let failed = toured.is_err();
        if once || failed {
            let _already = end.send(());
        } else {
            println!(
                "\nServing on {} until interrupted. Look at the books there.",
                stage.base_url
            );
            std::mem::forget(end);
        }
        drop(stage);
        toured
    };
    let ((), toured) = tokio::join!(serving, touring);
    toured
}

async fn show(stage: &Stage, json: Option<&Path>) -> Result<(), CommandError> {
    let neighbours = access::neighbours(stage).await?;
    tour::run(stage, &neighbours).await?;
    if let Some(file) = json {
        let text = access::file(stage, &neighbours).await?;
        let doing = || format!("writing {}", file.display());
        std::fs::write(file, text).map_err(|error| CommandError::Io { doing: doing(), error })?;
        println!("\nAddresses, credentials and fixture ids are in {}.", file.display());
    }
    Ok(())
}

/// What the demo's book is called.
const BOOK: &str = "Harbour Street Studio";

/// The demo's book, which is the first; opened if there is none. Books that are not the demo's are nobody's to write a year into.
async fn the_book(books: &Books, settings: &Settings) -> Result<Context, CommandError> {
    let Some(first) = books.directory().await?.first().map(|entry| entry.book) else {
        let input = BookInput {
            name: BOOK.to_owned(),
            currency: quittance_accounting::money::Currency::USD,
            zone: "UTC".to_owned(),
            retention_days: 0,
        };
        let opened = books.open_book(input).await?.0;
        return Ok(context(books, opened));
    };
    let ours = books.settings(first).await?.is_some_and(|book| book.name == BOOK);
    let named = Named::External(year::FIRST_CUSTOMER.to_owned());
    if ours || books.customer(first, &named).await?.is_some() {
        return Ok(context(books, first));
    }
    Err(CommandError::Argument(format!(
        "the books at {:?} are not the demo's, which writes a year of invoices: name another file with --db",
        settings.db
    )))
}

fn context(books: &Books, book: BookKey) -> Context {
    Context {
        actor: Actor::command_line(book),
        source: "demo",
        request_id: books.new_request_id(),
    }
}

async fn demo_token(books: &Books, context: &Context, name: &str) -> Result<String, CommandError> {
    let input = TokenInput {
        name: name.to_owned(),
        role: Role::Admin,
        scopes: vec![],
        expires_at: None,
    };
    Ok(books.make_token(context, input).await?.0)
}
