//! Books, tokens, periods and the proof, from the command line.

use clap::Subcommand;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use quittance_accounting::book::Role;
use quittance_accounting::content::Digest;
use quittance_accounting::identity::{BookKey, TokenKey};
use quittance_accounting::money::Currency;
use quittance_accounting::plan::EventKind;
use quittance_books::books::{BookInput, TokenInput};
use quittance_books::input::Context;
use quittance_books::{Actor, Books};

use super::CommandError;

/// `quittance book ...`
#[derive(Debug, Subcommand)]
pub(super) enum BookCommand {
    /// Open a book with a first chart of accounts
    Create {
        /// Its name
        name: String,
        /// Its currency, as ISO 4217 writes it
        #[arg(long, default_value = "USD")]
        currency: String,
        /// Its IANA time zone: civil dates are taken in it
        #[arg(long, default_value = "UTC")]
        zone: String,
        /// For how many days the texts of a deleted issued invoice stay on the disk
        #[arg(long, default_value_t = 0)]
        retention_days: i64,
    },
    /// List the books: slot, id, currency, closed through, head, name
    List,
}

/// `quittance token ...`
#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token; its text is shown once and stored only as a digest
    Create {
        /// The book's slot
        #[arg(long, default_value_t = 1)]
        book: i64,
        /// What it is called in the log
        name: String,
        /// What its bearer may do: admin, clerk (reads and writes drafts) or viewer
        #[arg(long, default_value = "admin")]
        role: String,
        /// What it may reach, in the dialects' words; may be repeated; everything when absent
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// After how many days it ends; never when absent
        #[arg(long, value_name = "DAYS")]
        expires_in: Option<i64>,
    },
    /// List the tokens of a book, without their secrets
    List {
        /// The book's slot
        #[arg(long, default_value_t = 1)]
        book: i64,
    },
    /// Revoke a token
    Revoke {
        /// The book's slot
        #[arg(long, default_value_t = 1)]
        book: i64,
        /// Its number, as `token list` shows it
        number: i64,
    },
}

/// `quittance period ...`
#[derive(Debug, Subcommand)]
pub(super) enum PeriodCommand {
    /// Close the book through a day that is over
    Close {
        /// The book's slot
        #[arg(long, default_value_t = 1)]
        book: i64,
        /// The last closed day, as YYYY-MM-DD
        through: Date,
    },
    /// Reopen the book back to an earlier day
    Reopen {
        /// The book's slot
        #[arg(long, default_value_t = 1)]
        book: i64,
        /// The last day that stays closed, as YYYY-MM-DD; everything opens when absent
        through: Option<Date>,
    },
    /// Show through which day each book is closed, and every closing and reopening
    List,
}

/// The command line acting on a book that exists.
async fn context(books: &Books, slot: i64) -> Result<Context, CommandError> {
    let book = BookKey(slot);
    if books.head(book).await?.is_none() {
        return Err(CommandError::Argument(format!(
            "there is no book {slot}; `quittance book list` shows those there are"
        )));
    }
    Ok(Context {
        actor: Actor::command_line(book),
        source: "cli",
        request_id: books.new_request_id(),
    })
}

fn closed(through: Option<Date>) -> String {
    through.map_or_else(|| "open".to_owned(), |date| format!("closed through {date}"))
}

pub(super) async fn book(books: &Books, command: BookCommand) -> Result<(), CommandError> {
    match command {
        BookCommand::Create {
            name,
            currency,
            zone,
            retention_days,
        } => {
            let unknown = || CommandError::Argument(format!("{currency:?} is no currency code"));
            let currency = Currency::parse(&currency).ok_or_else(unknown)?;
            Books::check_zone(&zone).map_err(|zone| CommandError::Argument(format!("{:?} is no time zone", zone.0)))?;
            let (key, settings) = books
                .open_book(BookInput {
                    name,
                    currency,
                    zone,
                    retention_days,
                })
                .await?;
            println!("book {} {} {}", key.0, settings.id.hex(), settings.name);
        }
        BookCommand::List => {
            for entry in books.directory().await? {
                let (Some(settings), Some(head)) = (books.settings(entry.book).await?, books.head(entry.book).await?)
                else {
                    continue;
                };
                let (slot, id, currency) = (entry.book.0, settings.id.hex(), settings.currency);
                let state = closed(settings.closed_through);
                println!(
                    "{slot}  {id}  {currency}  {state}  {}:{}  {}",
                    head.seq,
                    head.hash.hex(),
                    settings.name
                );
            }
        }
    }
    Ok(())
}

pub(super) async fn token(books: &Books, command: TokenCommand) -> Result<(), CommandError> {
    match command {
        TokenCommand::Create {
            book,
            name,
            role,
            scopes,
            expires_in,
        } => {
            let context = context(books, book).await?;
            let known = Role::ALL.iter().find(|(_, word)| *word == role).map(|(role, _)| *role);
            let role =
                known.ok_or_else(|| CommandError::Argument(format!("{role:?} is no role: admin, clerk or viewer")))?;
            let expires_at = match expires_in {
                Some(days) => Some(after(books.now(), days)?),
                None => None,
            };
            let (text, token) = books
                .make_token(
                    &context,
                    TokenInput {
                        name,
                        role,
                        scopes,
                        expires_at,
                    },
                )
                .await?;
            let (user, password) = text.rsplit_once('_').unwrap_or((&text, ""));
            println!("{text}");
            eprintln!(
                "token {} of book {book}; this is the only time it is shown.",
                token.key.0
            );
            eprintln!("Bearer or Token: {text}\nBasic: user {user} password {password}");
        }
        TokenCommand::List { book } => {
            let context = context(books, book).await?;
            let instant = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
            for token in books.tokens(context.actor.book).await? {
                let role = Role::ALL
                    .iter()
                    .find(|(role, _)| *role == token.role)
                    .map_or("", |(_, word)| word);
                let (number, ends, revoked) = (token.key.0, instant(token.expires_at), instant(token.revoked_at));
                println!(
                    "{number}  {role}  ends {ends}  revoked {revoked}  {}  {}",
                    token.scopes.join(" "),
                    token.name
                );
            }
        }
        TokenCommand::Revoke { book, number } => {
            let context = context(books, book).await?;
            books.revoke_token(&context, TokenKey(number)).await?;
            println!("token {number} of book {book} is revoked");
        }
    }
    Ok(())
}

fn after(now: Timestamp, days: i64) -> Result<Timestamp, CommandError> {
    let hours = days.checked_mul(24).filter(|hours| *hours > 0);
    let span = hours
        .and_then(|hours| jiff::Span::new().try_hours(hours).ok())
        .unwrap_or(0.seconds());
    match now.checked_add(span) {
        Ok(end) if end > now => Ok(end),
        Ok(_) | Err(_) => Err(CommandError::Argument(format!("a token cannot end after {days} days"))),
    }
}

pub(super) async fn period(books: &Books, command: PeriodCommand) -> Result<(), CommandError> {
    match command {
        PeriodCommand::Close { book, through } => {
            books.close_period(&context(books, book).await?, through).await?;
            println!("book {book} is closed through {through}");
        }
        PeriodCommand::Reopen { book, through } => {
            books.reopen_period(&context(books, book).await?, through).await?;
            println!("book {book} is {}", closed(through));
        }
        PeriodCommand::List => {
            for entry in books.directory().await? {
                let settings = books.settings(entry.book).await?;
                let through = settings.and_then(|settings| settings.closed_through);
                println!("book {}: {}", entry.book.0, closed(through));
                for kind in [EventKind::PeriodClosed, EventKind::PeriodReopened] {
                    for event in books.newest_events_of(entry.book, kind, 100).await? {
                        println!(
                            "  {}  {}  {}  {}",
                            event.seq,
                            event.recorded_at,
                            kind.word(),
                            event.actor
                        );
                    }
                }
            }
        }
    }
    Ok(())
}

/// Reads `SEQ:HASH`.
fn seal(text: &str) -> Result<(i64, Digest), CommandError> {
    let read = || {
        let (seq, hash) = text.split_once(':')?;
        Some((seq.parse().ok()?, Digest::from_hex(hash)?))
    };
    read().ok_or_else(|| CommandError::Argument(format!("{text:?} is not SEQ:HASH, as a receipt shows it")))
}

pub(super) async fn verify(books: &Books, only: Option<i64>, expect: Option<&str>) -> Result<(), CommandError> {
    let expect = expect.map(seal).transpose()?;
    let mut slots: Vec<i64> = books.directory().await?.into_iter().map(|entry| entry.book.0).collect();
    if let Some(slot) = only {
        context(books, slot).await?;
        slots = vec![slot];
    }
    if expect.is_some() && slots.len() > 1 {
        return Err(CommandError::Argument(
            "--expect needs --book when there are several books".to_owned(),
        ));
    }
    let mut sound = true;
    for slot in slots {
        sound &= verify_book(books, BookKey(slot), expect).await?;
    }
    if sound { Ok(()) } else { Err(CommandError::Flawed) }
}

async fn verify_book(books: &Books, book: BookKey, expect: Option<(i64, Digest)>) -> Result<bool, CommandError> {
    let bar = indicatif::ProgressBar::new(0);
    let style = indicatif::ProgressStyle::with_template("{msg} [{wide_bar}] {pos}/{len} {eta}");
    bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
    bar.set_message(format!("book {}", book.0));
    let verdict = books
        .verify(book, expect, |done, of| {
            bar.set_length(u64::try_from(of).unwrap_or(0));
            bar.set_position(u64::try_from(done).unwrap_or(0));
        })
        .await?;
    bar.finish_and_clear();
    let (events, rows, seq, hash) = (verdict.events, verdict.rows, verdict.seq, verdict.hash.hex());
    let word = if verdict.is_clean() { "sound" } else { "NOT SOUND" };
    println!(
        "book {}: {word}. {events} events replayed, {rows} rows compared, head {seq}:{hash}",
        book.0
    );
    for flaw in &verdict.flaws {
        println!("  {flaw}");
    }
    if verdict.more > 0 {
        println!("  and {} more", verdict.more);
    }
    Ok(verdict.is_clean())
}
