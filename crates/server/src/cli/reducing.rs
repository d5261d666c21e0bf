//! Refunds and write-offs, from the command line; and any request of the native API as it stands.

use std::io::Write as _;

use clap::Subcommand;
use jiff::civil::Date;
use serde_json::Value;

use super::CommandError;
use super::customers::After;
use super::desk::{At, Body, Desk, parsed};
use super::reports::written;
use super::showing::{Kind, print, print_page};
use crate::app::App;
use crate::http::message::Method;

/// `quittance refund ...`
#[derive(Debug, clap::Args)]
pub(super) struct RefundArguments {
    #[command(subcommand)]
    command: RefundCommand,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Subcommand)]
enum RefundCommand {
    /// Give money back: of an invoice, of one line of it, of what one payment settled of it; what a payment or a credit note has left;
    /// or to a customer, for nothing that is documented here
    Record {
        /// The invoice
        #[arg(long, required_unless_present_any = ["payment", "credit_note", "customer"], conflicts_with = "credit_note")]
        invoice: Option<String>,
        /// Of this line of the invoice, by its place
        #[arg(long, requires = "invoice", conflicts_with = "payment")]
        line: Option<i64>,
        /// With an invoice: of what this payment settled of it. Alone: of what this payment has unapplied
        #[arg(long)]
        payment: Option<String>,
        /// Of what this credit note has left
        #[arg(long, conflicts_with = "payment")]
        credit_note: Option<String>,
        /// To this customer, for nothing that is documented here
        #[arg(long, requires = "amount", conflicts_with_all = ["invoice", "payment", "credit_note"])]
        customer: Option<String>,
        /// Not paid yet: owed on this liability, by its stable name
        #[arg(long, conflicts_with = "account")]
        owed_on: Option<String>,
        #[command(flatten)]
        said: Said,
    },
    /// Pay out a refund that is owed, or part of it
    PayOut {
        /// Its id, or your own id of it
        refund: String,
        #[command(flatten)]
        said: Said,
    },
    /// List refunds in order of creation
    List {
        #[command(flatten)]
        page: After,
    },
    /// Show a refund
    Show {
        /// Its id, or your own id of it
        refund: String,
    },
    /// Withdraw a refund, as if the money had never gone back
    Delete {
        /// Its id, or your own id of it
        refund: String,
    },
}

/// `quittance write-off ...`
#[derive(Debug, clap::Args)]
pub(super) struct WriteOffArguments {
    #[command(subcommand)]
    command: WriteOffCommand,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Subcommand)]
enum WriteOffCommand {
    /// Give a receivable up: all that is open, or so much
    Record {
        /// The invoice
        invoice: String,
        #[command(flatten)]
        said: Said,
    },
    /// List write-offs in order of creation
    List {
        #[command(flatten)]
        page: After,
    },
    /// Show a write-off
    Show {
        /// Its id, or your own id of it
        write_off: String,
    },
    /// Take a write-off back: the invoice is open for so much again
    Delete {
        /// Its id, or your own id of it
        write_off: String,
    },
}

/// What is said of a refund or a write-off.
#[derive(Debug, clap::Args)]
struct Said {
    /// How much; all that can be when absent
    #[arg(long)]
    amount: Option<String>,
    /// The day it counts for; today when absent
    #[arg(long)]
    on: Option<Date>,
    /// The account that it is paid from or charged to, by its stable name
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
    /// The members of the body, with the amount in the currency of the document at a path.
    async fn body(self, desk: &Desk<'_>, path: &str) -> Result<Body, CommandError> {
        let amount = match &self.amount {
            Some(amount) => Some(desk.money_on(path, amount).await?),
            None => None,
        };
        let body = Body::default()
            .with("amount", amount)
            .with("on", self.on.map(|day| day.to_string()))
            .with("account", self.account);
        Ok(body.with("memo", self.memo).with("external_id", self.external_id))
    }
}

pub(super) async fn refund(app: &App, arguments: RefundArguments) -> Result<(), CommandError> {
    let desk = Desk::at(app, arguments.at).await?;
    let answer = match arguments.command {
        RefundCommand::Record {
            invoice,
            line,
            payment,
            credit_note,
            customer,
            owed_on,
            said,
        } => {
            let (path, of_payment) = match (invoice, payment, credit_note, customer) {
                (Some(invoice), payment, ..) => (format!("/invoices/{}", desk.invoice(&invoice).await?), payment),
                (None, Some(payment), ..) => (format!("/payments/{}", desk.payment(&payment).await?), None),
                (None, None, Some(note), _) => (format!("/credit-notes/{}", desk.credit_note(&note).await?), None),
                (None, None, None, customer) => {
                    let customer = customer.unwrap_or_default();
                    (format!("/customers/{}", desk.customer(&customer).await?), None)
                }
            };
            let body = said.body(&desk, &path).await?.with("line", line);
            let mut body = body.with("owed_on", owed_on);
            if let Some(payment) = of_payment {
                body.put("payment", Some(desk.payment(&payment).await?));
            }
            desk.post(&format!("{path}/refund"), body).await?
        }
        RefundCommand::PayOut { refund, said } => {
            let path = format!("/refunds/{}", desk.refund(&refund).await?);
            let body = said.body(&desk, &path).await?;
            desk.post(&format!("{path}/pay-out"), body).await?
        }
        RefundCommand::List { page } => {
            let answer = desk.get(&page.of("/refunds", Vec::new())).await?;
            print_page(Kind::Refund, &answer, desk.json);
            return Ok(());
        }
        RefundCommand::Show { refund } => desk.get(&format!("/refunds/{}", desk.refund(&refund).await?)).await?,
        RefundCommand::Delete { refund } => {
            let path = format!("/refunds/{}", desk.refund(&refund).await?);
            desk.ask(Method::DELETE, &path, None).await?
        }
    };
    print(Kind::Refund, &answer, desk.json);
    Ok(())
}

pub(super) async fn write_off(app: &App, arguments: WriteOffArguments) -> Result<(), CommandError> {
    let desk = Desk::at(app, arguments.at).await?;
    let answer = match arguments.command {
        WriteOffCommand::Record { invoice, said } => {
            let path = format!("/invoices/{}", desk.invoice(&invoice).await?);
            let body = said.body(&desk, &path).await?;
            desk.post(&format!("{path}/write-off"), body).await?
        }
        WriteOffCommand::List { page } => {
            let answer = desk.get(&page.of("/write-offs", Vec::new())).await?;
            print_page(Kind::WriteOff, &answer, desk.json);
            return Ok(());
        }
        WriteOffCommand::Show { write_off } => {
            desk.get(&format!("/write-offs/{}", desk.write_off(&write_off).await?))
                .await?
        }
        WriteOffCommand::Delete { write_off } => {
            let path = format!("/write-offs/{}", desk.write_off(&write_off).await?);
            desk.ask(Method::DELETE, &path, None).await?
        }
    };
    print(Kind::WriteOff, &answer, desk.json);
    Ok(())
}

/// `quittance api ...`
#[derive(Debug, clap::Args)]
pub(super) struct ApiArguments {
    /// GET, POST, PUT, PATCH or DELETE
    method: Method,
    /// The path and query, with or without /api/v1
    path: String,
    /// The body: JSON, @FILE, or @- for standard input
    body: Option<String>,
    /// The book's slot
    #[arg(long, default_value_t = 1)]
    book: i64,
}

pub(super) async fn api(app: &App, arguments: ApiArguments) -> Result<(), CommandError> {
    let at = At {
        book: arguments.book,
        json: true,
    };
    let desk = Desk::at(app, at).await?;
    let path = format!("/{}", arguments.path.trim_start_matches('/'));
    let path = path.strip_prefix("/api/v1").unwrap_or(&path);
    let body = arguments.body.as_deref().map(parsed).transpose()?;
    let response = desk.send(arguments.method, path, body).await;
    if response.status >= 400 {
        return Err(CommandError::Refused(
            String::from_utf8_lossy(&response.body).into_owned(),
        ));
    }
    let mut out = std::io::stdout().lock();
    written(match serde_json::from_slice::<Value>(&response.body) {
        Ok(answer) => writeln!(out, "{answer:#}"),
        Err(_) => out.write_all(&response.body),
    })
}
