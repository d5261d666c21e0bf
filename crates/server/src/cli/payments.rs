//! Payments, from the command line.

use clap::Subcommand;
use jiff::civil::Date;

use super::CommandError;
use super::arriving::{ArrivingCommand, arrive};
use super::customers::After;
use super::desk::{At, Body, Desk};
use super::showing::{Kind, print, print_page};
use crate::app::App;
use crate::http::message::Method;

/// `quittance payment ...`
#[derive(Debug, clap::Args)]
pub(super) struct PaymentArguments {
    #[command(subcommand)]
    command: PaymentCommand,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Subcommand)]
enum PaymentCommand {
    /// Record money that came. What settles no invoice stays unapplied: a deposit is a payment of no invoice yet
    Record {
        /// What it settles: an invoice (all that is open) or INVOICE=AMOUNT; several when it settles several
        #[arg(value_name = "INVOICE[=AMOUNT]")]
        invoices: Vec<String>,
        /// All of it; the sum of its parts when absent
        #[arg(long)]
        amount: Option<String>,
        /// Whose money it is; the customer of the first invoice when absent
        #[arg(long)]
        customer: Option<String>,
        #[command(flatten)]
        said: Said,
        /// Who vouches for it: hand, bank or provider
        #[arg(long)]
        witness: Option<String>,
        /// More members, as the native API takes them: JSON, @FILE, or @- for standard input
        #[arg(long, value_name = "JSON")]
        body: Option<String>,
    },
    /// List payments in order of creation
    List {
        /// Only of this customer
        #[arg(long)]
        customer: Option<String>,
        /// Only what settles this invoice, or did
        #[arg(long)]
        invoice: Option<String>,
        /// Dated on or after
        #[arg(long)]
        from: Option<Date>,
        /// Dated on or before
        #[arg(long)]
        to: Option<Date>,
        #[command(flatten)]
        page: After,
    },
    /// Show a payment and what it settles
    Show {
        /// Its id, or your own id of it
        payment: String,
    },
    /// Change a payment: what is not named stays, what is posted is recorded anew
    Change {
        /// Its id, or your own id of it
        payment: String,
        /// What it settles from now on
        #[arg(value_name = "INVOICE[=AMOUNT]")]
        invoices: Vec<String>,
        /// All of it
        #[arg(long)]
        amount: Option<String>,
        #[command(flatten)]
        said: Said,
    },
    /// Have unapplied money settle invoices
    Allocate {
        /// Its id, or your own id of it
        payment: String,
        /// An invoice (all that is open) or INVOICE=AMOUNT
        #[arg(required = true, value_name = "INVOICE[=AMOUNT]")]
        invoices: Vec<String>,
        /// As of this day; today when absent
        #[arg(long)]
        on: Option<Date>,
    },
    /// Free what it settles of an invoice, with a visible entry: the money is unapplied
    Unallocate {
        /// Its id, or your own id of it
        payment: String,
        /// The invoice
        invoice: String,
        /// As of this day; today when absent
        #[arg(long)]
        on: Option<Date>,
    },
    /// Annul it with visible entries: what it settled is open again
    Void {
        /// Its id, or your own id of it
        payment: String,
        /// As of this day; today when absent
        #[arg(long)]
        on: Option<Date>,
    },
    /// Withdraw it, as if it had never been recorded
    Delete {
        /// Its id, or your own id of it
        payment: String,
    },
    #[command(flatten)]
    Arriving(ArrivingCommand),
}

/// What is said of a payment.
#[derive(Debug, clap::Args)]
struct Said {
    /// The day it counts for; today when absent
    #[arg(long, value_name = "YYYY-MM-DD")]
    on: Option<Date>,
    /// How it came: cash, check, card, bank_transfer, credit_balance or other
    #[arg(long)]
    method: Option<String>,
    /// The account it arrived on, by its stable name
    #[arg(long)]
    account: Option<String>,
    /// A memo
    #[arg(long)]
    memo: Option<String>,
    /// Your own id of it
    #[arg(long)]
    external_id: Option<String>,
}

impl Said {
    fn into(self, mut body: Body) -> Body {
        body.put("paid_on", self.on.map(|day| day.to_string()));
        body.put("method", self.method);
        body.put("account", self.account);
        body.put("memo", self.memo);
        body.put("external_id", self.external_id);
        body
    }
}

pub(super) async fn payment(app: &App, arguments: PaymentArguments) -> Result<(), CommandError> {
    let at = arguments.at;
    let desk = Desk::at(app, at).await?;
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let answer = match arguments.command {
        PaymentCommand::Record {
            invoices,
            amount,
            customer,
            said,
            witness,
            body,
        } => {
            let mut body = said.into(Body::beginning_with(body.as_deref())?);
            let first = invoices.first().cloned();
            body.put("invoices", desk.parts(&all_of_it(invoices, amount.as_ref())).await?);
            body.put("amount", amount_on(&desk, first.as_deref(), amount.as_deref()).await?);
            if let Some(customer) = customer {
                body.put("customer", Some(desk.customer(&customer).await?));
            }
            body.put("witness", witness);
            desk.post("/payments", body).await?
        }
        PaymentCommand::List {
            customer,
            invoice,
            from,
            to,
            page,
        } => return list(&desk, customer, invoice, (day(from), day(to)), page).await,
        PaymentCommand::Show { payment } => {
            desk.get(&format!("/payments/{}", desk.payment(&payment).await?))
                .await?
        }
        PaymentCommand::Change {
            payment,
            invoices,
            amount,
            said,
        } => {
            let mut body = said.into(Body::default());
            body.put("invoices", desk.parts(&invoices).await?);
            let path = format!("/payments/{}", desk.payment(&payment).await?);
            if let Some(amount) = amount {
                body.put("amount", Some(desk.money_on(&path, &amount).await?));
            }
            desk.ask(Method::PUT, &path, Some(body.into())).await?
        }
        PaymentCommand::Allocate { payment, invoices, on } => {
            let parts = desk.parts(&invoices).await?;
            let path = format!("/payments/{}/allocate", desk.payment(&payment).await?);
            desk.post(&path, Body::default().with("invoices", parts).with("on", day(on)))
                .await?
        }
        PaymentCommand::Unallocate { payment, invoice, on } => {
            let invoice = desk.invoice(&invoice).await?;
            let path = format!("/payments/{}/unallocate", desk.payment(&payment).await?);
            let body = Body::default().with("invoice", Some(invoice)).with("on", day(on));
            desk.post(&path, body).await?
        }
        PaymentCommand::Void { payment, on } => {
            let path = format!("/payments/{}/void", desk.payment(&payment).await?);
            desk.post(&path, Body::default().with("on", day(on))).await?
        }
        PaymentCommand::Delete { payment } => {
            let path = format!("/payments/{}", desk.payment(&payment).await?);
            desk.ask(Method::DELETE, &path, None).await?
        }
        PaymentCommand::Arriving(command) => return arrive(&app.books, at.book, command).await,
    };
    print(Kind::Payment, &answer, desk.json);
    Ok(())
}

/// All of a payment: in the currency of the first invoice that it settles.
async fn amount_on(
    desk: &Desk<'_>,
    first: Option<&str>,
    amount: Option<&str>,
) -> Result<Option<serde_json::Value>, CommandError> {
    let Some(amount) = amount else { return Ok(None) };
    let Some(first) = first else {
        return desk.money(amount).map(Some);
    };
    let named = first.rsplit_once('=').map_or(first, |(invoice, _)| invoice);
    let path = format!("/invoices/{}", desk.invoice(named).await?);
    desk.money_on(&path, amount).await.map(Some)
}

/// Of a payment of one invoice, all of it is that invoice's unless it is said how much.
fn all_of_it(mut invoices: Vec<String>, amount: Option<&String>) -> Vec<String> {
    if let ([only], Some(amount)) = (invoices.as_mut_slice(), amount)
        && !only.contains('=')
    {
        *only = format!("{only}={amount}");
    }
    invoices
}

async fn list(
    desk: &Desk<'_>,
    customer: Option<String>,
    invoice: Option<String>,
    (from, to): (Option<String>, Option<String>),
    page: After,
) -> Result<(), CommandError> {
    let customer = match customer {
        Some(customer) => Some(desk.customer(&customer).await?),
        None => None,
    };
    let invoice = match invoice {
        Some(invoice) => Some(desk.invoice(&invoice).await?),
        None => None,
    };
    let members = vec![("customer", customer), ("invoice", invoice), ("from", from), ("to", to)];
    let answer = desk.get(&page.of("/payments", members)).await?;
    print_page(Kind::Payment, &answer, desk.json);
    Ok(())
}
