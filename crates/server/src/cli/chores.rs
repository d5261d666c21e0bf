//! Books, tokens, periods and the proof, from the command line.

use clap::Subcommand;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use quittance_accounting::book::Role;
use quittance_accounting::content::Digest;
use quittance_accounting::identity::{BookKey, TokenKey};
use quittance_accounting::money::Currency;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::rounding::{Half, RoundedPer, Rounding};
use quittance_books::books::{BookInput, PeriodView, TokenInput};
use quittance_books::input::Context;
use quittance_books::verify::Verdict;
use quittance_books::{Actor, Books, Failure};

use super::CommandError;
use crate::scopes::{is_known, known as known_scopes};

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
        /// How exact sums of lines become amounts: line or document, and half_up or half_even
        #[arg(long, value_name = "PER:HALF", default_value = "line:half_up", value_parser = read_rounding)]
        rounding: Rounding,
    },
    /// Set how documents made from now on are rounded; what is there keeps its figures
    Rounding {
        /// The book's slot
        #[arg(long, default_value_t = 1)]
        book: i64,
        /// line or document, and half_up or half_even, such as document:half_even
        #[arg(value_name = "PER:HALF", value_parser = read_rounding)]
        rounding: Rounding,
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
        /// What it may reach, in the dialects' words, such as native.read or campfire; may be repeated; everything when absent
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// After how many days it ends; never when absent
        #[arg(long, value_name = "DAYS", allow_negative_numbers = true)]
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
        /// Why: it is kept in the log and shown with the periods that open
        #[arg(long)]
        reason: String,
    },
    /// Show through which day each book is closed, and every period with its seal
    List,
}

pub(super) fn no_book(slot: i64) -> CommandError {
    CommandError::Argument(format!(
        "there is no book {slot}; `quittance book list` shows those there are"
    ))
}

/// A refusal about periods in words.
fn period_refusal(failure: Failure) -> CommandError {
    let Failure::Refused(refusals) = &failure else {
        return failure.into();
    };
    match refusals.first() {
        Refusal::CannotClose {
            closed_through,
            asked,
            today,
        } => CommandError::Refused(format!(
            "cannot close through {asked}: the book is {}, and today is {today}; a period is closed forward, through a day that is over",
            closed(*closed_through)
        )),
        Refusal::CannotReopen { closed_through, asked } => CommandError::Refused(format!(
            "cannot reopen {}: the book is {}; a period is reopened back to an earlier day",
            asked.map_or_else(|| "everything".to_owned(), |date| format!("back to {date}")),
            closed(*closed_through)
        )),
        _ => failure.into(),
    }
}

/// Reads `PER:HALF`.
fn read_rounding(text: &str) -> Result<Rounding, String> {
    let read = || {
        let (per, half) = text.split_once(':')?;
        let per = RoundedPer::ALL.iter().find(|(_, word)| *word == per)?.0;
        let half = Half::ALL.iter().find(|(_, word)| *word == half)?.0;
        Some(Rounding { per, half })
    };
    read().ok_or_else(|| "there are line:half_up, line:half_even, document:half_up, document:half_even".to_owned())
}

/// The command line acting on a book that exists.
pub(super) async fn context(books: &Books, slot: i64) -> Result<Context, CommandError> {
    let book = BookKey(slot);
    if books.head(book).await?.is_none() {
        return Err(no_book(slot));
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
            rounding,
        } => {
            if name.trim().is_empty() || name.contains(char::is_control) {
                return Err(CommandError::Argument(format!("{name:?} is no name for a book")));
            }
            if retention_days < 0 {
                return Err(CommandError::Argument(format!("{retention_days} is no number of days")));
            }
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
            if rounding != settings.rounding {
                books.change_rounding(&context(books, key.0).await?, rounding).await?;
            }
            println!("book {} {} {}", key.0, settings.id.hex(), settings.name);
        }
        BookCommand::Rounding { book, rounding } => {
            books.change_rounding(&context(books, book).await?, rounding).await?;
            let (per, half) = (rounding.per.word(), rounding.half.word());
            println!("book {book} rounds per {per}, {half}, from now on");
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
            if name.trim().is_empty() || name.contains(char::is_control) {
                return Err(CommandError::Argument(format!("{name:?} is no name for a token")));
            }
            let settings = books.settings(context.actor.book).await?.ok_or_else(|| no_book(book))?;
            if let Some(scope) = scopes.iter().find(|scope| !is_known(scope, &settings)) {
                let known = known_scopes(&settings).join(", ");
                return Err(CommandError::Argument(format!(
                    "{scope:?} is no scope; there are {known}"
                )));
            }
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
            let context = context(books, book).await?;
            books.close_period(&context, through).await.map_err(period_refusal)?;
            println!("book {book} is closed through {through}");
        }
        PeriodCommand::Reopen { reason, .. } if reason.trim().is_empty() => {
            return Err(CommandError::Argument("the reason is blank".to_owned()));
        }
        PeriodCommand::Reopen { book, through, reason } => {
            let context = context(books, book).await?;
            books
                .reopen_period(&context, through, &reason)
                .await
                .map_err(period_refusal)?;
            println!("book {book} is {}", closed(through));
        }
        PeriodCommand::List => {
            for entry in books.directory().await? {
                let settings = books.settings(entry.book).await?;
                let through = settings.and_then(|settings| settings.closed_through);
                println!("book {}: {}", entry.book.0, closed(through));
                for view in books.periods(entry.book).await? {
                    show_period(&view);
                }
            }
        }
    }
    Ok(())
}

fn show_period(view: &PeriodView) {
    let period = &view.period;
    let first = period.first.map_or("the beginning".to_owned(), |day| day.to_string());
    println!(
        "  {}  {first} through {}, closed at {} by {}",
        period.closing, period.through, period.closed_at, view.by
    );
    match &period.seal {
        Some(seal) => {
            println!("    sealed knowing {}:{}", seal.known_seq, seal.known_hash.hex());
            for report in &seal.reports {
                println!("      {}  {}", report.digest.hex(), report.name);
            }
        }
        None => println!("    not sealed"),
    }
    if let Some(reopening) = &view.reopening {
        let reason = reopening.reason.as_deref().unwrap_or("no reason given");
        println!(
            "    reopened by event {} at {} by {}: {reason}",
            reopening.seq, reopening.at, reopening.by
        );
    }
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
    let bar = indicatif::ProgressBar::new(0);
    let style = indicatif::ProgressStyle::with_template("{msg} [{wide_bar}] {pos}/{len} {eta}");
    bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
    let progress = |book: BookKey, done: i64, of: i64| {
        bar.set_message(format!("book {}", book.0));
        bar.set_length(u64::try_from(of).unwrap_or(0));
        bar.set_position(u64::try_from(done).unwrap_or(0));
    };
    let verdicts = match (only, expect) {
        // The whole file: a book that was taken out of the directory is found too.
        (None, None) => books.verify_all(progress).await?,
        (only, expect) => {
            let listed = books.directory().await?;
            if only.is_none() && listed.len() > 1 {
                return Err(CommandError::Argument(
                    "--expect needs --book when there are several books".to_owned(),
                ));
            }
            let first = listed.first().map_or(1, |entry| entry.book.0);
            let book = BookKey(only.unwrap_or(first));
            match books.verify(book, expect, |done, of| progress(book, done, of)).await {
                Ok(verdict) => vec![verdict],
                Err(Failure::Refused(_)) if listed.iter().any(|entry| entry.book == book) => {
                    println!(
                        "book {}: NOT SOUND. It is in the directory, and nothing of it is there",
                        book.0
                    );
                    return Err(CommandError::Flawed);
                }
                Err(Failure::Refused(_)) => return Err(no_book(book.0)),
                Err(failure) => return Err(failure.into()),
            }
        }
    };
    bar.finish_and_clear();
    if verdicts.is_empty() {
        return Err(CommandError::Argument(
            "there is no book in it, so nothing was verified".to_owned(),
        ));
    }
    verdicts.iter().for_each(show);
    if verdicts.iter().all(Verdict::is_clean) {
        Ok(())
    } else {
        Err(CommandError::Flawed)
    }
}

fn show(verdict: &Verdict) {
    let (book, events, rows) = (verdict.book.0, verdict.events, verdict.rows);
    let word = if verdict.is_clean() { "sound" } else { "NOT SOUND" };
    let (seq, hash) = (verdict.seq, verdict.hash.hex());
    println!("book {book}: {word}. {events} events replayed, {rows} rows compared, head {seq}:{hash}");
    for flaw in &verdict.flaws {
        println!("  {flaw}");
    }
    if verdict.more > 0 {
        println!("  and {} more", verdict.more);
    }
}

/// Erases texts that are due.
pub(super) async fn erase(books: &Books) -> Result<(), CommandError> {
    let documents = books.erase_due().await?;
    println!("the texts of {documents} documents are confirmed gone");
    Ok(())
}
