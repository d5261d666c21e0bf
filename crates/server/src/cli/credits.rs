//! Credit notes, from the command line.

use clap::Subcommand;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::CommandError;
use super::customers::Page;
use super::desk::{At, Body, Desk};
use super::showing::{Kind, print, print_page};
use crate::app::App;
use crate::http::message::Method;

/// `quittance credit-note ...`
#[derive(Debug, clap::Args)]
pub(super) struct CreditNoteArguments {
    #[command(subcommand)]
    command: CreditNoteCommand,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Subcommand)]
enum CreditNoteCommand {
    /// Issue a credit note: of an invoice (all that is left of it, an amount, or lines), or of a customer
    Issue(Box<New>),
    /// List credit notes in order of creation
    List {
        /// Only of this customer
        #[arg(long, conflicts_with = "invoice")]
        customer: Option<String>,
        /// Only those that take figures of this invoice back
        #[arg(long)]
        invoice: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Delete a credit note, with a receipt: what it settled is open again
    Delete {
        /// Its id, or your own id of it
        credit_note: String,
        /// Why: it stays in the log for ever, so it must not hold personal data
        #[arg(long)]
        reason: Option<String>,
        /// The digest of the plan that was looked at: if anything moved since, nothing is deleted
        #[arg(long, value_name = "DIGEST")]
        plan: Option<String>,
    },
    /// Show a credit note, live or deleted
    Show {
        /// Its id, or your own id of it
        credit_note: String,
    },
    #[command(flatten)]
    Act(CreditNoteVerb),
}

/// What is done to a credit note that is there.
#[derive(Debug, Subcommand)]
enum CreditNoteVerb {
    /// Have its credit settle invoices
    Apply {
        /// Its id, or your own id of it
        credit_note: String,
        /// An invoice (all that is open) or INVOICE=AMOUNT
        #[arg(required = true, value_name = "INVOICE[=AMOUNT]")]
        invoices: Vec<String>,
        /// As of this day; today when absent
        #[arg(long)]
        on: Option<Date>,
    },
    /// Take back what it settles of an invoice, with a visible entry
    Unapply {
        /// Its id, or your own id of it
        credit_note: String,
        /// The invoice
        invoice: String,
        /// As of this day; today when absent
        #[arg(long)]
        on: Option<Date>,
    },
    /// Annul it with visible entries: what it settled is open again
    Void {
        /// Its id, or your own id of it
        credit_note: String,
        /// As of this day; today when absent
        #[arg(long)]
        on: Option<Date>,
    },
    /// Forbid its deletion through a day
    Hold {
        /// Its id, or your own id of it
        credit_note: String,
        /// The last day of the hold
        #[arg(long)]
        until: Date,
        /// Why: it is kept among its texts, and told to whoever is refused
        #[arg(long)]
        reason: Option<String>,
    },
    /// Release a hold
    Release {
        /// Its id, or your own id of it
        credit_note: String,
    },
    /// Mark it as handed over to an authority: it is never deleted from then on
    HandOver {
        /// Its id, or your own id of it
        credit_note: String,
        /// To whom and why
        #[arg(long)]
        reason: Option<String>,
    },
    /// Say what a delete would do, or why it would be refused
    Plan {
        /// Its id, or your own id of it
        credit_note: String,
    },
    /// Put a deleted credit note back that had settled nothing
    Restore {
        /// Its id
        credit_note: String,
    },
}

/// A new credit note.
#[derive(Debug, clap::Args)]
struct New {
    /// The invoice whose figures it takes back
    #[arg(long, required_unless_present_any = ["customer", "body"], conflicts_with = "customer")]
    invoice: Option<String>,
    /// The customer of one that stands free
    #[arg(long)]
    customer: Option<String>,
    /// So much of the invoice, taxes and all; all that is left when absent
    #[arg(long, conflicts_with = "lines")]
    amount: Option<String>,
    /// Of an invoice: PLACE or PLACE=AMOUNT (0 is its tip and its own taxes). Of a customer: "AMOUNT TEXT". May be repeated
    #[arg(long = "line", value_name = "LINE")]
    lines: Vec<String>,
    /// What it settles at once: INVOICE or INVOICE=AMOUNT; the invoice that it is of when absent
    #[arg(long = "apply-to", value_name = "INVOICE[=AMOUNT]")]
    apply_to: Vec<String>,
    /// Settle nothing: it stays the customer's credit
    #[arg(long, conflicts_with = "apply_to")]
    keep: bool,
    /// The day it counts for; today when absent
    #[arg(long)]
    on: Option<Date>,
    /// Its number; counted when absent
    #[arg(long)]
    number: Option<String>,
    /// Why
    #[arg(long)]
    memo: Option<String>,
    /// Your own id of it
    #[arg(long)]
    external_id: Option<String>,
    /// More members, as the native API takes them: JSON, @FILE, or @- for standard input
    #[arg(long, value_name = "JSON")]
    body: Option<String>,
}

impl New {
    async fn body(self, desk: &Desk<'_>) -> Result<Body, CommandError> {
        let mut body = Body::beginning_with(self.body.as_deref())?;
        let mut of_invoice = None;
        if let Some(invoice) = self.invoice {
            let id = desk.invoice(&invoice).await?;
            of_invoice = Some(format!("/invoices/{id}"));
            body.put("invoice", Some(id));
        }
        if let Some(customer) = self.customer {
            body.put("customer", Some(desk.customer(&customer).await?));
        }
        if let Some(amount) = &self.amount {
            let path = of_invoice.as_deref().unwrap_or_default();
            body.put("amount", Some(desk.money_on(path, amount).await?));
        }
        let mut lines = Vec::with_capacity(self.lines.len());
        for text in &self.lines {
            lines.push(match &of_invoice {
                Some(path) => invoice_line(desk, path, text).await?,
                None => own_line(desk, text)?,
            });
        }
        body.put("lines", (!lines.is_empty()).then_some(lines));
        body.put("invoices", desk.parts(&self.apply_to).await?);
        body.put("apply", self.keep.then_some(false));
        body.put("on", self.on.map(|day| day.to_string()));
        body.put("number", self.number);
        body.put("memo", self.memo);
        body.put("external_id", self.external_id);
        Ok(body)
    }
}

/// A line of the invoice, by its place.
async fn invoice_line(desk: &Desk<'_>, invoice: &str, text: &str) -> Result<Value, CommandError> {
    let (place, amount) = match text.split_once('=') {
        Some((place, amount)) => (place, Some(desk.money_on(invoice, amount).await?)),
        None => (text, None),
    };
    let wrong = || CommandError::Argument(format!("{text:?} is no line of an invoice, such as 2 or 2=12.50"));
    let place: i64 = place.trim().parse().map_err(|_| wrong())?;
    Ok(Body::default().with("line", Some(place)).with("amount", amount).into())
}

/// A line of a credit note that stands free.
fn own_line(desk: &Desk<'_>, text: &str) -> Result<Value, CommandError> {
    let (amount, name) = match text.trim().split_once(' ') {
        Some((amount, name)) => (amount, Some(name.trim())),
        None => (text.trim(), None),
    };
    Ok(json!({"amount": desk.money(amount)?, "name": name}))
}

pub(super) async fn credit_note(app: &App, arguments: CreditNoteArguments) -> Result<(), CommandError> {
    let desk = Desk::at(app, arguments.at).await?;
    match arguments.command {
        CreditNoteCommand::Issue(new) => {
            let answer = desk.post("/credit-notes", new.body(&desk).await?).await?;
            print(Kind::CreditNote, &answer, desk.json);
        }
        CreditNoteCommand::List {
            customer,
            invoice,
            page,
        } => {
            let mut members = Vec::new();
            if let Some(customer) = customer {
                members.push(("customer", Some(desk.customer(&customer).await?)));
            }
            if let Some(invoice) = invoice {
                members.push(("invoice", Some(desk.invoice(&invoice).await?)));
            }
            let answer = desk.get(&page.of("/credit-notes", members)).await?;
            print_page(Kind::CreditNote, &answer, desk.json);
        }
        CreditNoteCommand::Show { credit_note } => {
            let id = desk.credit_note(&credit_note).await?;
            let answer = desk.get(&format!("/credit-notes/{id}")).await?;
            print(Kind::CreditNote, &answer, desk.json);
        }
        CreditNoteCommand::Delete {
            credit_note,
            reason,
            plan,
        } => {
            let path = format!("/credit-notes/{}", desk.credit_note(&credit_note).await?);
            let body = Body::default().with("reason", reason).with("plan_digest", plan);
            let answer = desk.ask(Method::DELETE, &path, Some(body.into())).await?;
            print(Kind::Receipt, &answer, desk.json);
        }
        CreditNoteCommand::Act(verb) => act(&desk, verb).await?,
    }
    Ok(())
}

async fn act(desk: &Desk<'_>, verb: CreditNoteVerb) -> Result<(), CommandError> {
    let nothing = Body::default;
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let (note, word, body) = match verb {
        CreditNoteVerb::Apply {
            credit_note,
            invoices,
            on,
        } => {
            let body = nothing().with("invoices", desk.parts(&invoices).await?);
            (credit_note, "apply", body.with("on", day(on)))
        }
        CreditNoteVerb::Unapply {
            credit_note,
            invoice,
            on,
        } => {
            let body = nothing().with("invoice", Some(desk.invoice(&invoice).await?));
            (credit_note, "unapply", body.with("on", day(on)))
        }
        CreditNoteVerb::Void { credit_note, on } => (credit_note, "void", nothing().with("on", day(on))),
        CreditNoteVerb::Hold {
            credit_note,
            until,
            reason,
        } => {
            let body = nothing().with("until", Some(until.to_string()));
            (credit_note, "hold", body.with("reason", reason))
        }
        CreditNoteVerb::Release { credit_note } => (credit_note, "hold", nothing().with("until", Some(Value::Null))),
        CreditNoteVerb::HandOver { credit_note, reason } => {
            let body = nothing().with("handed_over", Some(true));
            (credit_note, "hold", body.with("reason", reason))
        }
        CreditNoteVerb::Plan { credit_note } => (credit_note, "deletion-plan", nothing()),
        CreditNoteVerb::Restore { credit_note } => (credit_note, "restore", nothing()),
    };
    let id = desk.credit_note(&note).await?;
    let answer = desk.post(&format!("/credit-notes/{id}/{word}"), body).await?;
    let kind = if word == "deletion-plan" {
        Kind::Plan
    } else {
        Kind::CreditNote
    };
    print(kind, &answer, desk.json);
    Ok(())
}
