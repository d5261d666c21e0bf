//! The command line: what `quittance` can be told to do.
//!
//! Answers go to standard output, logs and errors to standard error. Exit codes: 0 done, 1 refused or failed, 2 misused, 3 for
//! `verify` that found something. Deliberately absent: any way to do what the API refuses.

mod arriving;
mod chores;
mod credits;
mod customers;
mod desk;
mod import;
mod invoices;
mod moving;
mod opening;
mod payments;
mod rates;
mod reducing;
mod reports;
mod serve;
mod showing;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use quittance_accounting::money::Currency;
use quittance_books::{Books, Failure};
use serde_json::Value;

use crate::app::{App, ConsoleAccess};
use crate::config::{self, SettingError, SettingFlags, Settings, Unread};
use crate::demo;
use crate::dialects::native::errors::refused;
use crate::telemetry;

pub(crate) use opening::open;
use opening::{open_existing, open_to_ask};
pub use serve::{app, serve_until};
pub(crate) use serve::{interrupted, listen};

/// What a stranger does first, and what a script wants to know.
const FIRST_STEPS: &str = "\
First steps:
  quittance demo                       look at it: a file of its own, every dialect, a page
  quittance book create \"My company\"  a file, a book in it, a chart of accounts
  quittance token create \"my client\"  what a client presents; shown once
  quittance serve                      every dialect and the page on one address

Exit codes: 0 done; 1 refused or failed; 2 misused; 3 `verify` found something.";

/// Receivables on your own machine, in five vendors' dialects, over one double-entry ledger: delete an invoice and prove it.
#[derive(Debug, Parser)]
#[command(
    name = "quittance",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    after_long_help = FIRST_STEPS
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: SettingFlags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make or reuse ./quittance-demo.db, delete an invoice through each dialect over HTTP, show what the ledger did, and serve it
    Demo {
        /// Exit after the tour instead of serving
        #[arg(long)]
        once: bool,
        /// Write addresses, credentials and fixture ids to this file as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Serve the books on the configured address until interrupted
    Serve,
    /// Open books and list them
    #[command(subcommand)]
    Book(chores::BookCommand),
    /// Make, list and revoke access tokens
    #[command(subcommand)]
    Token(chores::TokenCommand),
    /// Add, list, show and change customers
    Customer(customers::CustomerArguments),
    /// Keep exchange rates, for documents in other currencies that bring none
    #[command(subcommand)]
    Rate(rates::RateCommand),
    /// Write, issue, void, plan, delete and restore invoices; put them on hold or hand them over
    Invoice(invoices::InvoiceArguments),
    /// Record, allocate, free, change, void and delete payments; say what a provider or a bank says
    Payment(payments::PaymentArguments),
    /// Give money back, and take that back
    Refund(reducing::RefundArguments),
    /// Issue, apply, free, void, hold, delete and restore credit notes
    CreditNote(credits::CreditNoteArguments),
    /// Give a receivable up, and take that back
    WriteOff(reducing::WriteOffArguments),
    /// Carry out any request of the native API, without a server
    Api(reducing::ApiArguments),
    /// Close, reopen and list periods
    #[command(subcommand)]
    Period(chores::PeriodCommand),
    /// Print a report as of any day, as it is known now or was known at a seq of the log
    Report(reports::ReportArguments),
    /// Write a whole book to standard output: a journal for hledger or beancount, CSV of its postings, or JSON
    Export(reports::ExportArguments),
    /// Copy books from one database to another, verified there; an interrupted move goes on when started again
    Move(moving::MoveArguments),
    /// Read customers, invoices or opening balances from a file; every row that would be refused is listed before anything is written
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// Bring the tables to this version as the role that owns them (PostgreSQL; an SQLite file is brought along when it is opened)
    Migrate {
        /// The role that servers log in as: it gets what a server needs and nothing else
        #[arg(long, value_name = "ROLE")]
        server_role: Option<String>,
    },
    /// Erase texts that are due, now: what a server does on its timer, for a database whose server may not vacuum
    Erase,
    /// Replay the log, rebuild every projection and compare every row; exit code 3 when anything differs
    Verify {
        /// Only this book (its slot, as `book list` shows it)
        #[arg(long)]
        book: Option<i64>,
        /// SEQ:HASH of a receipt or seal kept elsewhere: finds rewriting and a cut tail; needs --book when there are several
        #[arg(long, value_name = "SEQ:HASH")]
        expect: Option<String>,
    },
}

/// Why the command line ends without having done what it was told.
#[derive(Debug)]
pub enum CommandError {
    /// A setting is wrong.
    Setting(SettingError),
    /// The books refused or failed.
    Books(Failure),
    /// The books cannot be opened.
    NotOpened {
        /// Where they are, without the password.
        place: String,
        /// Why.
        failure: Failure,
        /// What to do about it, where that can be told.
        next: Option<String>,
    },
    /// The address cannot be listened on, or a file cannot be read or written.
    Io {
        /// What was being done.
        doing: String,
        /// In the system's words.
        error: std::io::Error,
    },
    /// The books refused, in words.
    Refused(String),
    /// An argument cannot be what it is.
    Argument(String),
    /// The demo's tour did not go as it must.
    Tour(String),
    /// `verify` found flaws.
    Flawed,
}

impl std::fmt::Display for CommandError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CommandError::Setting(error) => write!(f, "{error}"),
            CommandError::Books(Failure::Refused(refusals)) => {
                // The native API's sentence and facts; a command line refusal holds dates and names, no amounts.
                let fault = refused(refusals, Currency::USD);
                write!(f, "{} {}", fault.message, Value::Object(*fault.facts))
            }
            CommandError::Books(failure) => write!(f, "{failure}"),
            CommandError::NotOpened { place, failure, next } => {
                write!(f, "cannot open {place}: {failure}")?;
                next.iter().try_for_each(|next| write!(f, "; {next}"))
            }
            CommandError::Io { doing, error } => write!(f, "{doing}: {error}"),
            CommandError::Argument(text) | CommandError::Refused(text) | CommandError::Tour(text) => f.write_str(text),
            CommandError::Flawed => f.write_str("the books do not verify"),
        }
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> CommandError {
        CommandError::Books(failure)
    }
}

impl CommandError {
    fn exit_code(&self) -> ExitCode {
        match self {
            CommandError::Setting(_) | CommandError::Argument(_) => ExitCode::from(2),
            CommandError::Flawed => ExitCode::from(3),
            CommandError::Books(_)
            | CommandError::NotOpened { .. }
            | CommandError::Refused(_)
            | CommandError::Io { .. }
            | CommandError::Tour(_) => ExitCode::FAILURE,
        }
    }
}

/// Does what the process's arguments say.
pub fn run() -> ExitCode {
    end_quietly_with_the_reader();
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("quittance: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(carry_out(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(CommandError::Io { error, .. }) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quittance: {error}");
            error.exit_code()
        }
    }
}

/// What `println!` panics with when standard output takes no more, and the same of standard error.
const NOT_SAID: [&str; 2] = ["failed printing to stdout: ", "failed printing to stderr: "];

/// Ends the program without a word when whoever reads its output has had enough, as in `quittance log | head`, and with the reason
/// when nothing can be written for another one, such as a full disk. Every other panic is reported as ever.
fn end_quietly_with_the_reader() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload_as_str().unwrap_or_default();
        match NOT_SAID.map(|said| message.strip_prefix(said)) {
            [Some(why), _] if why.contains("Broken pipe") => std::process::exit(0),
            [Some(why), _] => {
                // Where this cannot be said either, the exit code still tells.
                let _unsaid = writeln!(std::io::stderr(), "quittance: writing: {why}");
                std::process::exit(1)
            }
            [None, Some(_)] => std::process::exit(1),
            [None, None] => report(panic),
        }
    }));
}

async fn carry_out(arguments: Arguments) -> Result<(), CommandError> {
    let Arguments { command, mut settings } = arguments;
    if matches!(command, Command::Demo { .. }) {
        // Never into books that a variable or a file names: demo data belongs to the demo's own file.
        settings
            .values
            .entry("db")
            .or_insert_with(|| "quittance-demo.db".to_owned());
        settings.values.entry("log").or_insert_with(|| "warn".to_owned());
    }
    let variables = config::variables();
    let settings = Settings::resolve(&settings, &variables, Path::new(".")).map_err(CommandError::Setting)?;
    let _already = telemetry::start(&settings.log, settings.log_format);
    for Unread { name, nearest } in config::unread(&variables) {
        tracing::warn!(name, nearest, "nobody reads this environment variable");
    }
    // Opened when awaited.
    let (made, there, asked) = (open(&settings), open_existing(&settings), open_to_ask(&settings));
    match command {
        Command::Demo { once, json } => demo::run(&settings, once, json.as_deref()).await,
        Command::Serve => serve::serve(&settings).await,
        Command::Book(it @ chores::BookCommand::Create { .. }) => on(made, async |to| chores::book(to, it).await).await,
        Command::Book(it @ chores::BookCommand::Rounding { .. }) => {
            on(there, async |to| chores::book(to, it).await).await
        }
        Command::Book(it @ chores::BookCommand::List) => on(asked, async |to| chores::book(to, it).await).await,
        Command::Token(it @ chores::TokenCommand::List { .. }) => {
            on(asked, async |to| chores::token(to, it).await).await
        }
        Command::Token(it) => on(there, async |to| chores::token(to, it).await).await,
        Command::Period(it @ chores::PeriodCommand::List) => on(asked, async |to| chores::period(to, it).await).await,
        Command::Period(it) => on(there, async |to| chores::period(to, it).await).await,
        Command::Rate(it) => on(there, async |to| rates::rate(to, it).await).await,
        Command::Customer(it) => asking(&settings, async |of| customers::customer(of, it).await).await,
        Command::Invoice(it) => asking(&settings, async |of| invoices::invoice(of, it).await).await,
        Command::Payment(it) => asking(&settings, async |of| payments::payment(of, it).await).await,
        Command::Refund(it) => asking(&settings, async |of| reducing::refund(of, it).await).await,
        Command::CreditNote(it) => asking(&settings, async |of| credits::credit_note(of, it).await).await,
        Command::WriteOff(it) => asking(&settings, async |of| reducing::write_off(of, it).await).await,
        Command::Api(it) => asking(&settings, async |of| reducing::api(of, it).await).await,
        Command::Report(it) => on(asked, async |of| reports::report(of, it).await).await,
        Command::Export(it) => on(asked, async |of| reports::export(of, it).await).await,
        Command::Import(it) => on(there, async |to| import::import(to, it).await).await,
        Command::Erase => on(there, async |of| chores::erase(of).await).await,
        Command::Verify { book, expect } => {
            on(asked, async |of| chores::verify(of, book, expect.as_deref()).await).await
        }
        Command::Move(arguments) => moving::run(&arguments, &settings).await,
        Command::Migrate { server_role } => migrate(&settings, server_role.as_deref()).await,
    }
}

/// Does something with books, and closes them: waited for, so that when the program has ended a file is whole without the log beside
/// it, and may be copied.
async fn on(
    opening: impl Future<Output = Result<Books, CommandError>>,
    work: impl AsyncFnOnce(&Books) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let books = opening.await?;
    let done = work(&books).await;
    books.finish();
    done
}

/// Asks something of the native API over books that must be there already, and closes them.
async fn asking(
    settings: &Settings,
    work: impl AsyncFnOnce(&App) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let app = app(open_existing(settings).await?, settings, ConsoleAccess::WithToken);
    let done = work(&app).await;
    app.books.finish();
    done
}

async fn migrate(settings: &Settings, server_role: Option<&str>) -> Result<(), CommandError> {
    let db = &settings.db;
    if Books::is_postgres(&db.0) {
        let migrated = Books::migrate_postgres(&settings.postgres.complete(db), server_role).await;
        migrated.map_err(|failure| opening::not_opened(db, failure))?;
    } else if server_role.is_some() {
        return Err(CommandError::Argument("an SQLite file has no roles".to_owned()));
    } else {
        open(settings).await?.finish();
    }
    println!("{db:?} is at this program's version");
    if let Some(role) = server_role {
        println!("role {role} may serve it");
    }
    Ok(())
}
