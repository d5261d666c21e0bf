//! Customers, from the command line.

use clap::Subcommand;
use serde_json::Value;

use super::CommandError;
use super::desk::{At, Body, Desk, with_query};
use super::showing::{Kind, print, print_page};
use crate::app::App;
use crate::http::message::Method;

/// `quittance customer ...`
#[derive(Debug, clap::Args)]
pub(super) struct CustomerArguments {
    #[command(subcommand)]
    command: CustomerCommand,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Subcommand)]
enum CustomerCommand {
    /// Add a customer
    Add {
        /// Its name
        name: String,
        #[command(flatten)]
        said: Said,
    },
    /// List customers in order of creation
    List {
        #[command(flatten)]
        page: Page,
    },
    /// Show a customer
    Show {
        /// Its id, its number in the book, or the id that a client brought
        customer: String,
    },
    /// Change what is said of a customer; what is not named stays
    Change {
        /// Its id, its number in the book, or the id that a client brought
        customer: String,
        /// Its name
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        said: Said,
        /// Put it away: it keeps its documents
        #[arg(long, conflicts_with = "take_up")]
        put_away: bool,
        /// Take it up again
        #[arg(long)]
        take_up: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Said {
    /// The company
    #[arg(long)]
    company: Option<String>,
    /// The e-mail address
    #[arg(long)]
    email: Option<String>,
    /// The phone number
    #[arg(long)]
    phone: Option<String>,
    /// The postal address
    #[arg(long)]
    address: Option<String>,
    /// Your own id of it
    #[arg(long)]
    external_id: Option<String>,
}

impl Said {
    fn into(self, mut body: Body) -> Body {
        body.put("company", self.company);
        body.put("email", self.email);
        body.put("phone", self.phone);
        body.put("address", self.address);
        body.put("external_id", self.external_id);
        body
    }
}

/// Which part of a list.
#[derive(Debug, clap::Args)]
pub(super) struct Page {
    /// How many, at most 200
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// How many to pass over
    #[arg(long, default_value_t = 0)]
    offset: u32,
}

impl Page {
    /// A path with the page among other members of its query.
    pub(super) fn of(&self, path: &str, mut members: Vec<(&str, Option<String>)>) -> String {
        members.push(("limit", Some(self.limit.to_string())));
        members.push(("offset", Some(self.offset.to_string())));
        with_query(path, &members)
    }
}

/// Which part of a list that goes on from a place.
#[derive(Debug, clap::Args)]
pub(super) struct After {
    /// How many, at most 200
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Go on after what a page named
    #[arg(long)]
    cursor: Option<String>,
}

impl After {
    /// A path with the page among other members of its query.
    pub(super) fn of(self, path: &str, mut members: Vec<(&str, Option<String>)>) -> String {
        members.push(("limit", Some(self.limit.to_string())));
        members.push(("cursor", self.cursor));
        with_query(path, &members)
    }
}

pub(super) async fn customer(app: &App, arguments: CustomerArguments) -> Result<(), CommandError> {
    let desk = Desk::at(app, arguments.at).await?;
    let answer = match arguments.command {
        CustomerCommand::Add { name, said } => {
            let body = said.into(Body::default().with("name", Some(name)));
            desk.post("/customers", body).await?
        }
        CustomerCommand::List { page } => {
            let answer = desk.get(&page.of("/customers", Vec::new())).await?;
            print_page(Kind::Customer, &answer, desk.json);
            return Ok(());
        }
        CustomerCommand::Show { customer } => {
            let id = desk.customer(&customer).await?;
            desk.get(&format!("/customers/{id}")).await?
        }
        CustomerCommand::Change {
            customer,
            name,
            said,
            put_away,
            take_up,
        } => {
            let path = format!("/customers/{}", desk.customer(&customer).await?);
            let known = desk.get(&path).await?;
            let mut body = said.into(kept(&known).with("name", name));
            match (put_away, take_up) {
                (true, _) => body.put("archived", Some(true)),
                (false, true) => body.put("archived", Some(false)),
                (false, false) => {}
            }
            desk.ask(Method::PUT, &path, Some(body.into())).await?
        }
    };
    print(Kind::Customer, &answer, desk.json);
    Ok(())
}

/// What a customer says now, as a change of it begins.
fn kept(known: &Value) -> Body {
    let mut body = Body::default();
    for name in [
        "name",
        "external_id",
        "company",
        "email",
        "phone",
        "address",
        "metadata",
    ] {
        body.put(name, Some(known[name].clone()));
    }
    body.put("archived", Some(!known["archived_at"].is_null()));
    body
}
