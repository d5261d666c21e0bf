//! The access file: where the demo answers, with which credentials, and fixtures in each dialect's own spelling of ids.
//!
//! Other programs read it: members are added, never renamed.

use quittance_accounting::identity::DocumentId;
use quittance_accounting::snapshot::Named;
use serde_json::{Map, Value, json};

use super::Stage;
use super::client::{Answer, send};
use super::fixtures::{self, Fixture, Fixtures, State};
use super::year::FIRST_CUSTOMER;
use crate::cli::CommandError;
use crate::dialects::campfire::mapping::integer;

/// What clients refer to besides invoices.
#[derive(Clone, Debug)]
pub(super) struct Neighbours {
    pub(super) entity: Value,
    pub(super) client: Value,
    pub(super) product: Value,
    pub(super) category: Value,
    pub(super) account: Value,
    pub(super) customer: DocumentId,
    pub(super) customer_external_id: String,
}

/// The user that HighLevel's send operation asks for: this server keeps no users.
pub(super) const HIGHLEVEL_USER: &str = "demo-user";

/// The header of a bearer.
fn bearer(token: &str) -> Vec<(&'static str, String)> {
    vec![("authorization", format!("Bearer {token}"))]
}

/// The header of Campfire's scheme.
fn campfire(token: &str) -> Vec<(&'static str, String)> {
    vec![("authorization", format!("Token {token}"))]
}

/// A bearer and the version that HighLevel demands.
fn highlevel(token: &str) -> Vec<(&'static str, String)> {
    let mut headers = bearer(token);
    headers.push(("version", "2021-07-28".to_owned()));
    headers
}

impl Stage {
    /// The tour's header of a bearer.
    pub(super) fn bearer(&self) -> Vec<(&'static str, String)> {
        bearer(&self.tour_token)
    }

    /// The tour's header of Campfire's scheme.
    pub(super) fn campfire(&self) -> Vec<(&'static str, String)> {
        campfire(&self.tour_token)
    }

    /// The tour's headers in HighLevel.
    pub(super) fn highlevel(&self) -> Vec<(&'static str, String)> {
        highlevel(&self.tour_token)
    }

    async fn get(&self, target: &str, headers: &[(&str, String)]) -> Result<Answer, CommandError> {
        let answer = send(&self.base_url, "GET", target, headers, None).await?;
        if answer.status == 200 {
            return Ok(answer);
        }
        Err(CommandError::Tour(format!(
            "GET {target} answered {} {}",
            answer.status, answer.body
        )))
    }
}

/// The first id in a list, wherever the dialect puts its list.
fn first(answer: &Answer, list: &str, member: &str) -> Result<Value, CommandError> {
    let found = answer
        .json()
        .pointer(list)
        .and_then(|list| list.get(0)?.get(member).cloned());
    found.ok_or_else(|| CommandError::Tour(format!("no {member} in {}", answer.body)))
}

/// Asks each dialect for what its clients refer to.
pub(super) async fn neighbours(stage: &Stage) -> Result<Neighbours, CommandError> {
    let token = stage.campfire();
    let bearer = stage.bearer();
    let named = Named::External(FIRST_CUSTOMER.to_owned());
    let customer = stage.app.books.customer(stage.context.actor.book, &named).await?;
    let customer = customer.ok_or_else(|| CommandError::Tour("the demo's first customer is gone".to_owned()))?;
    Ok(Neighbours {
        entity: first(&stage.get("/coa/api/entity", &token).await?, "", "id")?,
        client: first(&stage.get("/coa/api/vendor?limit=1", &token).await?, "/results", "id")?,
        product: first(
            &stage.get("/rr/api/v1/product?limit=1", &token).await?,
            "/results",
            "id",
        )?,
        category: first(
            &stage.get("/public-api/v1/categories", &bearer).await?,
            "/data/categories",
            "_id",
        )?,
        account: first(
            &stage.get("/public-api/v1/accounts", &bearer).await?,
            "/data/accounts",
            "_id",
        )?,
        customer: customer.customer.id,
        customer_external_id: FIRST_CUSTOMER.to_owned(),
    })
}

fn headers(headers: &[(&'static str, String)]) -> Value {
    let title = |name: &str| match name {
        "authorization" => "Authorization".to_owned(),
        "version" => "Version".to_owned(),
        other => other.to_owned(),
    };
    Value::Object(
        headers
            .iter()
            .map(|(name, value)| (title(name), Value::from(value.clone())))
            .collect(),
    )
}

fn spelled(found: &Fixtures, dialect: &str, spell: impl Fn(&Fixture) -> Value) -> Value {
    let of_state = |state: State| {
        let ids: Vec<Value> = found.to_hand_out(dialect, state).iter().map(&spell).collect();
        (state.word().to_owned(), Value::from(ids))
    };
    Value::Object(State::ALL.into_iter().map(of_state).collect::<Map<_, _>>())
}

/// The text of the access file.
pub(super) async fn file(stage: &Stage, neighbours: &Neighbours) -> Result<String, CommandError> {
    let found = fixtures::collect(&stage.app.books, stage.context.actor.book).await?;
    let (user, password) = stage.token.rsplit_once('_').unwrap_or((&stage.token, ""));
    let book = stage.context.actor.book;
    let whole = |fixture: &Fixture| Value::from(integer(book, fixture.key.0));
    let hex = |fixture: &Fixture| Value::from(fixture.id.hex());
    let uuid = |fixture: &Fixture| Value::from(fixture.id.uuid());
    let by_bearer = headers(&bearer(&stage.token));
    let rate = headers(&bearer(&stage.rate_token));
    let file = json!({
        "base_url": stage.base_url,
        "native": {"auth": by_bearer, "book_id": stage.book_id.hex()},
        "campfire": {
            "auth": headers(&campfire(&stage.token)),
            "entity": neighbours.entity,
            "client": neighbours.client,
            "product": neighbours.product,
            "fixtures": spelled(&found, "campfire", whole),
        },
        "bookeeping": {
            "auth": by_bearer,
            "rate_auth": rate,
            "counter_party": neighbours.customer.hex(),
            "category": neighbours.category,
            "account": neighbours.account,
            "fixtures": spelled(&found, "bookeeping", hex),
        },
        "layer": {
            "auth": by_bearer,
            "business_id": stage.book_id.uuid(),
            "customer_external_id": neighbours.customer_external_id,
            "customer_id": neighbours.customer.uuid(),
            "fixtures": spelled(&found, "layer", uuid),
        },
        "moov": {
            "auth": by_bearer,
            "username": user,
            "password": password,
            "account_id": stage.book_id.uuid(),
            "customer_account_id": neighbours.customer.uuid(),
            "fixtures": spelled(&found, "moov", uuid),
        },
        "highlevel": {
            "auth": headers(&highlevel(&stage.token)),
            "alt_id": stage.book_id.hex(),
            "contact_id": neighbours.customer.hex(),
            "user_id": HIGHLEVEL_USER,
            "fixtures": spelled(&found, "highlevel", hex),
        },
    });
    Ok(format!("{file:#}\n"))
}
