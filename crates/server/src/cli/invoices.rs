//! Holds and hand-over, from the command line.

use clap::Subcommand;
use jiff::civil::Date;
use quittance_accounting::issuing::Hold;
use quittance_books::Books;

use super::CommandError;
use super::arriving::invoice_named;
use super::chores::context;

/// `quittance invoice ...`
#[derive(Debug, Subcommand)]
pub(super) enum InvoiceCommand {
    /// Forbid deletion, in every dialect, through a day
    Hold {
        /// The book's slot
        #[arg(long, default_value_t = 1)]
        book: i64,
        /// The invoice's id, as 24 hex digits
        invoice: String,
        /// The last day of the hold, as YYYY-MM-DD
        #[arg(long)]
        until: Date,
        /// Why: it is kept among the invoice's texts
        #[arg(long)]
        reason: Option<String>,
    },
    /// Release a hold
    Release {
        /// The book's slot
        #[arg(long, default_value_t = 1)]
        book: i64,
        /// The invoice's id
        invoice: String,
    },
    /// Mark an invoice as handed over to an authority: it is never deleted from then on
    HandOver {
        /// The book's slot
        #[arg(long, default_value_t = 1)]
        book: i64,
        /// The invoice's id
        invoice: String,
        /// To whom and why
        #[arg(long)]
        reason: Option<String>,
    },
}

pub(super) async fn invoice(books: &Books, command: InvoiceCommand) -> Result<(), CommandError> {
    let (book, invoice, hold, handed_over, reason) = match command {
        InvoiceCommand::Hold {
            book,
            invoice,
            until,
            reason,
        } => (book, invoice, Hold::Until(until), false, reason),
        InvoiceCommand::Release { book, invoice } => (book, invoice, Hold::Released, false, None),
        InvoiceCommand::HandOver { book, invoice, reason } => (book, invoice, Hold::AsItIs, true, reason),
    };
    let context = context(books, book).await?;
    let named = invoice_named(&invoice)?;
    let view = books.hold_invoice(&context, named, hold, handed_over, reason).await?;
    let held = view.invoice.held_until;
    let held = held.map_or_else(|| "not on hold".to_owned(), |day| format!("on hold through {day}"));
    let handed = view.invoice.handed_over_at;
    let handed = handed.map_or_else(String::new, |at| format!(", handed over at {at}"));
    let why = view
        .content
        .hold_reason
        .map_or_else(String::new, |why| format!(": {why}"));
    println!("invoice {invoice} is {held}{handed}{why}");
    Ok(())
}
