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
mod payments;
mod rates;
mod reducing;
mod reports;
mod serve;
mod showing;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use quittance_accounting::money::Currency;
use quittance_books::source::{SystemChance, SystemClock};
use quittance_books::{Books, Failure, StoreError};
use serde_json::Value;

use crate::app::{App, ConsoleAccess};
use crate::config::{Database, PostgresSettings, SettingError, SettingFlags, Settings};
use crate::demo;
use crate::dialects::native::errors::refused;
use crate::telemetry;

pub use serve::{app, serve_until};
pub(crate) use serve::{interrupted, listen};

/// Receivables on your own machine, in five vendors' dialects, over one double-entry ledger: delete an invoice and prove it.
#[derive(Debug, Parser)]
#[command(name = "quittance", version, max_term_width = 100, arg_required_else_help = true)]
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
            CommandError::Books(_) | CommandError::Refused(_) | CommandError::Io { .. } | CommandError::Tour(_) => {
                ExitCode::FAILURE
            }
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

/// Ends the program without a word when whoever reads its output has had enough, as in `quittance log | head`: `println!` panics on
/// a closed pipe and nothing else. Every other panic is reported as ever.
fn end_quietly_with_the_reader() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload_as_str().unwrap_or_default();
        if message.starts_with("failed printing to stdout") && message.contains("Broken pipe") {
            std::process::exit(0);
        }
        report(panic);
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
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    let settings = Settings::resolve(&settings, &environment, Path::new(".")).map_err(CommandError::Setting)?;
    let _already = telemetry::start(&settings.log, settings.log_format);
    match command {
        Command::Demo { once, json } => demo::run(&settings, once, json.as_deref()).await,
        Command::Serve => serve::serve(&settings).await,
        Command::Book(command @ chores::BookCommand::Create { .. }) => {
            chores::book(&open(&settings).await?, command).await
        }
        Command::Book(command @ (chores::BookCommand::List | chores::BookCommand::Rounding { .. })) => {
            chores::book(&open_existing(&settings).await?, command).await
        }
        Command::Token(command) => chores::token(&open_existing(&settings).await?, command).await,
        Command::Customer(arguments) => customers::customer(&app_existing(&settings).await?, arguments).await,
        Command::Rate(command) => rates::rate(&open_existing(&settings).await?, command).await,
        Command::Invoice(arguments) => invoices::invoice(&app_existing(&settings).await?, arguments).await,
        Command::Payment(arguments) => payments::payment(&app_existing(&settings).await?, arguments).await,
        Command::Refund(arguments) => reducing::refund(&app_existing(&settings).await?, arguments).await,
        Command::CreditNote(arguments) => credits::credit_note(&app_existing(&settings).await?, arguments).await,
        Command::WriteOff(arguments) => reducing::write_off(&app_existing(&settings).await?, arguments).await,
        Command::Api(arguments) => reducing::api(&app_existing(&settings).await?, arguments).await,
        Command::Period(command) => chores::period(&open_existing(&settings).await?, command).await,
        Command::Report(arguments) => reports::report(&open_existing(&settings).await?, arguments).await,
        Command::Export(arguments) => reports::export(&open_existing(&settings).await?, arguments).await,
        Command::Move(arguments) => moving::run(&arguments, &settings).await,
        Command::Migrate { server_role } => migrate(&settings, server_role.as_deref()).await,
        Command::Erase => chores::erase(&open_existing(&settings).await?).await,
        Command::Import(command) => import::import(&open_existing(&settings).await?, command).await,
        Command::Verify { book, expect } => {
            chores::verify(&open_existing(&settings).await?, book, expect.as_deref()).await
        }
    }
}

async fn migrate(settings: &Settings, server_role: Option<&str>) -> Result<(), CommandError> {
    let db = &settings.db;
    if Books::is_postgres(&db.0) {
        Books::migrate_postgres(&settings.postgres.complete(db), server_role).await?;
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

/// The app over books that must be there already: what the native API is asked of.
async fn app_existing(settings: &Settings) -> Result<App, CommandError> {
    Ok(app(open_existing(settings).await?, settings, ConsoleAccess::WithToken))
}

/// Opens books that must be there already: a mistyped name must not make an empty file, and verify it.
async fn open_existing(settings: &Settings) -> Result<Books, CommandError> {
    open_existing_at(&settings.db, &settings.postgres).await
}

async fn open_existing_at(db: &Database, postgres: &PostgresSettings) -> Result<Books, CommandError> {
    let none = || {
        CommandError::Argument(format!(
            "there are no books at {db:?}; `quittance book create` makes them"
        ))
    };
    if Books::is_postgres(&db.0) {
        let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance));
        return match Books::open_postgres_as_it_is(&postgres.complete(db), clock, chance).await {
            Err(Failure::Store(StoreError::WrongVersion { found: 0, .. })) => Err(none()),
            other => Ok(other?),
        };
    }
    if db.file().is_some_and(|path| !path.exists()) {
        return Err(none());
    }
    open_at(db, postgres).await
}

/// Opens the books that the settings name.
pub(crate) async fn open(settings: &Settings) -> Result<Books, CommandError> {
    open_at(&settings.db, &settings.postgres).await
}

async fn open_at(db: &Database, postgres: &PostgresSettings) -> Result<Books, CommandError> {
    let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance));
    if Books::is_postgres(&db.0) {
        return Ok(Books::open_postgres(&postgres.complete(db), clock, chance).await?);
    }
    let Some(path) = db.file() else {
        return Err(CommandError::Books(Failure::Store(StoreError::UnknownEngine {
            address: format!("{db:?}"),
        })));
    };
    Ok(Books::open_sqlite(path, clock, chance)?)
}
