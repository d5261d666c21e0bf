//! Invoices, from the command line: their whole life, with plans, receipts, holds and hand-over.

use clap::Subcommand;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::CommandError;
use super::customers::Page;
use super::desk::{At, Body, Desk};
use super::showing::{Kind, print, print_page};
use crate::app::App;
use crate::http::message::Method;

/// `quittance invoice ...`
#[derive(Debug, clap::Args)]
pub(super) struct InvoiceArguments {
    #[command(subcommand)]
    command: InvoiceCommand,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Subcommand)]
enum InvoiceCommand {
    /// Write an invoice: a draft, or issued at once
    Create {
        #[command(flatten)]
        said: Said,
        /// Issue it: it gets a number and is posted
        #[arg(long)]
        issue: bool,
    },
    /// Change what a draft says; what is not named stays
    Edit {
        /// Its id, its number, or your own id of it
        invoice: String,
        #[command(flatten)]
        said: Said,
    },
    /// List invoices in order of creation
    List {
        /// Only these, by comma: draft, open, part_paid, paid, part_written_off, written_off, refunded, void, overdue
        #[arg(long)]
        status: Option<String>,
        /// Only of this customer
        #[arg(long)]
        customer: Option<String>,
        /// Dated on or after
        #[arg(long)]
        from: Option<Date>,
        /// Dated on or before
        #[arg(long)]
        to: Option<Date>,
        /// The newest first
        #[arg(long)]
        newest_first: bool,
        #[command(flatten)]
        page: Page,
    },
    /// Show an invoice, live or deleted
    Show {
        /// Its id, its number, or your own id of it
        invoice: String,
    },
    /// Delete a draft, with a receipt
    Delete {
        /// Its id, its number, or your own id of it
        invoice: String,
        /// Why: it stays in the log for ever, so it must not hold personal data
        #[arg(long)]
        reason: Option<String>,
        /// The digest of the plan that was looked at: if anything moved since, nothing is deleted
        #[arg(long, value_name = "DIGEST")]
        plan: Option<String>,
    },
    #[command(flatten)]
    Act(InvoiceVerb),
}

/// What is done to an invoice that is there.
#[derive(Debug, Subcommand)]
enum InvoiceVerb {
    /// Issue a draft: it gets its number and is posted
    Issue {
        /// Its id, its number, or your own id of it
        invoice: String,
    },
    /// Note that it was sent; a draft is issued first. No mail leaves
    Send {
        /// Its id, its number, or your own id of it
        invoice: String,
    },
    /// Annul it with a visible entry; money on it becomes unapplied
    Void {
        /// Its id, its number, or your own id of it
        invoice: String,
        /// As of this day; today when absent
        #[arg(long)]
        on: Option<Date>,
    },
    /// Take a void back
    Reopen {
        /// Its id, its number, or your own id of it
        invoice: String,
    },
    /// Say what a delete would do, or why it would be refused and what could be done instead
    Plan {
        /// Its id, its number, or your own id of it
        invoice: String,
    },
    /// Put a deleted invoice back
    Restore {
        /// Its id
        invoice: String,
    },
    /// Forbid deletion, in every dialect, through a day
    Hold {
        /// Its id, its number, or your own id of it
        invoice: String,
        /// The last day of the hold, as YYYY-MM-DD
        #[arg(long)]
        until: Date,
        /// Why: it is kept among the invoice's texts, and told to whoever is refused
        #[arg(long)]
        reason: Option<String>,
    },
    /// Release a hold
    Release {
        /// Its id, its number, or your own id of it
        invoice: String,
    },
    /// Mark an invoice as handed over to an authority: it is never deleted from then on
    HandOver {
        /// Its id, its number, or your own id of it
        invoice: String,
        /// To whom and why
        #[arg(long)]
        reason: Option<String>,
    },
}

/// What an invoice says.
#[derive(Debug, clap::Args)]
struct Said {
    /// Whom it is for: an id, a number in the book, or your own id
    #[arg(long)]
    customer: Option<String>,
    /// A line, such as "120 Consulting" or "2 x 49.90 Advice"; may be repeated
    #[arg(long = "line", value_name = "[N x ]PRICE[ TEXT]")]
    lines: Vec<String>,
    /// A discount on the whole
    #[arg(long, value_name = "AMOUNT")]
    discount: Option<String>,
    /// A tax on the whole
    #[arg(long, value_name = "AMOUNT")]
    tax: Option<String>,
    /// A tip
    #[arg(long, value_name = "AMOUNT")]
    tip: Option<String>,
    /// Its number; counted when absent
    #[arg(long)]
    number: Option<String>,
    /// Its date; today when absent
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<Date>,
    /// The day it is due
    #[arg(long, value_name = "YYYY-MM-DD")]
    due: Option<Date>,
    /// A title
    #[arg(long)]
    title: Option<String>,
    /// A memo
    #[arg(long)]
    memo: Option<String>,
    /// Your own id of it
    #[arg(long)]
    external_id: Option<String>,
    /// More members, as the native API takes them: JSON, @FILE, or @- for standard input
    #[arg(long, value_name = "JSON")]
    body: Option<String>,
}

impl Said {
    /// The members that are said, on those that were there.
    async fn onto(self, desk: &Desk<'_>, before: Body) -> Result<Body, CommandError> {
        let mut body = before.joined(Body::beginning_with(self.body.as_deref())?);
        if let Some(customer) = self.customer {
            body.put("customer", Some(desk.customer(&customer).await?));
        }
        if !self.lines.is_empty() {
            let lines = self.lines.iter().map(|text| line(desk, text));
            body.put("lines", Some(lines.collect::<Result<Vec<_>, _>>()?));
        }
        body.put("discount", desk.some_money(self.discount.as_ref())?);
        let tax = desk.some_money(self.tax.as_ref())?;
        body.put("taxes", tax.map(|amount| json!([{ "amount": amount }])));
        body.put("tip", desk.some_money(self.tip.as_ref())?);
        body.put("number", self.number);
        body.put("invoice_date", self.date.map(|day| day.to_string()));
        body.put("due_on", self.due.map(|day| day.to_string()));
        body.put("title", self.title);
        body.put("memo", self.memo);
        body.put("external_id", self.external_id);
        Ok(body)
    }
}

/// A line as the native API takes it.
fn line(desk: &Desk<'_>, text: &str) -> Result<Value, CommandError> {
    let text = text.trim();
    let (quantity, rest) = match text.split_once(" x ") {
        Some((quantity, rest)) if !quantity.trim().contains(' ') => (Some(quantity.trim()), rest.trim()),
        Some(_) | None => (None, text),
    };
    let (price, name) = match rest.split_once(' ') {
        Some((price, name)) => (price, Some(name.trim())),
        None => (rest, None),
    };
    let body = Body::default()
        .with("unit_price", Some(desk.money(price)?))
        .with("quantity", quantity)
        .with("name", name.filter(|name| !name.is_empty()));
    Ok(body.into())
}

/// What an invoice says now, as an edit of it begins.
fn kept(known: &Value) -> Body {
    let mut body = Body::default();
    for name in [
        "external_id",
        "title",
        "memo",
        "number",
        "invoice_date",
        "tip",
        "metadata",
        "revision",
    ] {
        body.put(name, Some(known[name].clone()));
    }
    body.put("customer", known["customer"].get("id").cloned());
    body.put("discount", Some(known["document_discount"].clone()));
    // Of a due instant the day follows.
    let due = if known["due_at"].is_null() { "due_on" } else { "due_at" };
    body.put(due, Some(known[due].clone()));
    let taxes = |taxes: &Value| {
        let each = taxes.as_array().into_iter().flatten();
        let shown = each.map(|tax| json!({"account": tax["account"]["stable_name"], "amount": tax["amount"]}));
        shown.collect::<Vec<_>>()
    };
    body.put("taxes", Some(taxes(&known["document_taxes"])));
    let line = |line: &Value| {
        let mut shown = Body::default();
        for name in [
            "name",
            "description",
            "product",
            "quantity",
            "unit_price",
            "discount",
            "metadata",
        ] {
            shown.put(name, Some(line[name].clone()));
        }
        shown.put("account", Some(line["account"]["stable_name"].clone()));
        shown.put("taxes", Some(taxes(&line["taxes"])));
        Value::from(shown)
    };
    let lines = known["lines"].as_array().into_iter().flatten().map(line);
    body.put("lines", Some(lines.collect::<Vec<_>>()));
    body
}

pub(super) async fn invoice(app: &App, arguments: InvoiceArguments) -> Result<(), CommandError> {
    let desk = Desk::at(app, arguments.at).await?;
    match arguments.command {
        InvoiceCommand::Create { said, issue } => {
            let body = said
                .onto(&desk, Body::default())
                .await?
                .with("issue", issue.then_some(true));
            let answer = desk.post("/invoices", body).await?;
            print(Kind::Invoice, &answer, desk.json);
            Ok(())
        }
        InvoiceCommand::Edit { invoice, said } => edit(&desk, &invoice, said).await,
        InvoiceCommand::List {
            status,
            customer,
            from,
            to,
            newest_first,
            page,
        } => {
            let customer = match customer {
                Some(customer) => Some(desk.customer(&customer).await?),
                None => None,
            };
            let members = vec![
                ("status", status),
                ("customer", customer),
                ("from", from.map(|day| day.to_string())),
                ("to", to.map(|day| day.to_string())),
                ("newest_first", newest_first.then(|| "true".to_owned())),
            ];
            let answer = desk.get(&page.of("/invoices", members)).await?;
            print_page(Kind::Invoice, &answer, desk.json);
            Ok(())
        }
        InvoiceCommand::Show { invoice } => {
            let id = desk.invoice(&invoice).await?;
            let answer = desk.get(&format!("/invoices/{id}")).await?;
            print(Kind::Invoice, &answer, desk.json);
            Ok(())
        }
        InvoiceCommand::Delete { invoice, reason, plan } => {
            let id = desk.invoice(&invoice).await?;
            let body = Body::default().with("reason", reason).with("plan_digest", plan);
            let path = format!("/invoices/{id}");
            let answer = desk.ask(Method::DELETE, &path, Some(body.into())).await?;
            print(Kind::Receipt, &answer, desk.json);
            Ok(())
        }
        InvoiceCommand::Act(verb) => act(&desk, verb).await,
    }
}

async fn edit(desk: &Desk<'_>, invoice: &str, said: Said) -> Result<(), CommandError> {
    let path = format!("/invoices/{}", desk.invoice(invoice).await?);
    let known = desk.get(&path).await?;
    let body = said.onto(desk, kept(&known)).await?;
    let answer = desk.ask(Method::PUT, &path, Some(body.into())).await?;
    print(Kind::Invoice, &answer, desk.json);
    Ok(())
}

/// A verb on an invoice that is there.
async fn act(desk: &Desk<'_>, verb: InvoiceVerb) -> Result<(), CommandError> {
    let nothing = Body::default;
    let (invoice, word, body) = match verb {
        InvoiceVerb::Issue { invoice } => (invoice, "issue", nothing()),
        InvoiceVerb::Send { invoice } => (invoice, "send", nothing()),
        InvoiceVerb::Reopen { invoice } => (invoice, "reopen", nothing()),
        InvoiceVerb::Plan { invoice } => (invoice, "deletion-plan", nothing()),
        InvoiceVerb::Restore { invoice } => (invoice, "restore", nothing()),
        InvoiceVerb::Void { invoice, on } => (invoice, "void", nothing().with("on", on.map(|day| day.to_string()))),
        InvoiceVerb::Hold { invoice, until, reason } => {
            let body = nothing().with("until", Some(until.to_string())).with("reason", reason);
            (invoice, "hold", body)
        }
        InvoiceVerb::Release { invoice } => (invoice, "hold", nothing().with("until", Some(Value::Null))),
        InvoiceVerb::HandOver { invoice, reason } => (
            invoice,
            "hold",
            nothing().with("handed_over", Some(true)).with("reason", reason),
        ),
    };
    let id = desk.invoice(&invoice).await?;
    let answer = desk.post(&format!("/invoices/{id}/{word}"), body).await?;
    let kind = if word == "deletion-plan" {
        Kind::Plan
    } else {
        Kind::Invoice
    };
    match word {
        "hold" if !desk.json => say_held(&answer),
        _ => print(kind, &answer, desk.json),
    }
    Ok(())
}

fn say_held(answer: &Value) {
    let text = |name: &str| answer[name].as_str();
    let held = text("held_until").map_or_else(|| "not on hold".to_owned(), |day| format!("on hold through {day}"));
    let handed = text("handed_over_at").map_or_else(String::new, |at| format!(", handed over at {at}"));
    let why = text("hold_reason").map_or_else(String::new, |why| format!(": {why}"));
    println!("invoice {} is {held}{handed}{why}", text("id").unwrap_or_default());
}
