//! Money on its way, from the command line: what a provider or a bank says, where no program of theirs says it.

use clap::Subcommand;
use jiff::civil::Date;
use quittance_accounting::arriving::Voucher;
use quittance_accounting::exchange::Rate;
use quittance_accounting::identity::DocumentId;
use quittance_accounting::money::{Amount, Currency, exact};
use quittance_accounting::settlement::Method;
use quittance_accounting::snapshot::Named;
use quittance_books::Books;
use quittance_books::content::PaymentContent;
use quittance_books::input::ConfirmationInput;
use quittance_books::view::InvoiceView;

use super::CommandError;
use super::chores::context;
use crate::http::numbers::read_decimal_text;

/// What `quittance payment` says of money on its way.
#[derive(Debug, Subcommand)]
pub(super) enum ArrivingCommand {
    /// A provider collects money for an invoice: until it came or failed, the invoice is neither deleted nor voided
    Begin {
        /// The invoice's id, as 24 hex digits
        invoice: String,
        /// How much, such as 12.50; all that is open when absent
        amount: Option<String>,
    },
    /// What a provider collected did not come
    Fail {
        /// The invoice's id
        invoice: String,
        /// How much; all that is in progress when absent
        amount: Option<String>,
    },
    /// Money came. It settles what it can, whatever became of the invoice, and the rest stays unapplied
    Confirm {
        /// The invoice's id
        invoice: String,
        /// How much
        amount: String,
        /// In which currency, such as EUR; when absent that of the invoice, of one that is gone the book's
        #[arg(long)]
        currency: Option<String>,
        /// Units of the book's currency for one of that; the rate kept for the day when absent
        #[arg(long)]
        rate: Option<String>,
        /// The day it counts for, as YYYY-MM-DD; today when absent
        #[arg(long)]
        value_date: Option<Date>,
        /// The provider's or the bank's own id of it: the same is taken once
        #[arg(long)]
        external_id: Option<String>,
        /// A bank says so, and no provider
        #[arg(long)]
        bank: bool,
    },
}

fn invoice_named(text: &str) -> Result<Named, CommandError> {
    let id = DocumentId::from_hex(text);
    let none = || CommandError::Argument(format!("{text:?} is no id of 24 hex digits"));
    id.map(Named::Id).ok_or_else(none)
}

pub(super) fn currency_of(text: &str) -> Result<Currency, CommandError> {
    let none = || CommandError::Argument(format!("{text:?} is no currency"));
    Currency::parse(text).ok_or_else(none)
}

pub(super) fn rate_of(text: &str) -> Result<Rate, CommandError> {
    let none = || CommandError::Argument(format!("{text:?} is no exchange rate"));
    read_decimal_text(text).ok().and_then(Rate::new).ok_or_else(none)
}

fn amount_in(currency: Currency, text: &str) -> Result<Amount, CommandError> {
    let read = read_decimal_text(text).ok().and_then(|major| exact(major, currency));
    read.ok_or_else(|| CommandError::Argument(format!("{text:?} is no amount of {currency}")))
}

fn shown(amount: Amount, currency: Currency) -> String {
    format!("{} {currency}", amount.in_major_units(currency))
}

fn say(view: &InvoiceView) {
    let invoice = &view.invoice;
    println!(
        "invoice {} is {}: {} open, {} in progress",
        invoice.id.hex(),
        invoice.standing().word().replace('_', " "),
        shown(invoice.open(), invoice.currency),
        shown(invoice.pending, invoice.currency)
    );
}

pub(super) async fn arrive(books: &Books, book: i64, command: ArrivingCommand) -> Result<(), CommandError> {
    let (ArrivingCommand::Begin { invoice, .. }
    | ArrivingCommand::Fail { invoice, .. }
    | ArrivingCommand::Confirm { invoice, .. }) = &command;
    let context = context(books, book).await?;
    let settings = books.settings(context.actor.book).await?;
    let own = settings.map_or(Currency::USD, |settings| settings.currency);
    let known = books.invoice(context.actor.book, &invoice_named(invoice)?).await?;
    let currency = known.map_or(own, |view| view.invoice.currency);
    let read = |text: Option<String>| text.map(|text| amount_in(currency, &text)).transpose();
    match command {
        ArrivingCommand::Begin { invoice, amount } => {
            let view = books
                .begin_payment(&context, invoice_named(&invoice)?, read(amount)?)
                .await?;
            say(&view);
        }
        ArrivingCommand::Fail { invoice, amount } => {
            let view = books
                .fail_payment(&context, invoice_named(&invoice)?, read(amount)?)
                .await?;
            say(&view);
        }
        ArrivingCommand::Confirm {
            invoice,
            amount,
            currency: given,
            rate,
            value_date,
            external_id,
            bank,
        } => {
            let currency = given.as_deref().map(currency_of).transpose()?.unwrap_or(currency);
            let input = ConfirmationInput {
                currency: Some(currency),
                rate: rate.as_deref().map(rate_of).transpose()?,
                invoice: invoice_named(&invoice)?,
                amount: amount_in(currency, &amount)?,
                value_date,
                paid_at: None,
                method: Method::Other,
                voucher: if bank { Voucher::Bank } else { Voucher::Provider },
                external_id,
                content: PaymentContent::default(),
            };
            let (view, invoices) = books.confirm_payment(&context, input).await?;
            let payment = &view.payment;
            println!(
                "payment {} of {}: {} unapplied",
                payment.id.hex(),
                shown(payment.amount, currency),
                shown(payment.unallocated, currency)
            );
            invoices.iter().for_each(say);
        }
    }
    Ok(())
}
