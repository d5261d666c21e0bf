//! The business itself: its facts and its accounting configuration, and tokens for it.
//!
//! A token handed out here is granted on that of whoever asks: it has its role, reaches this dialect alone, and ends by itself. Deliberately absent:
//! businesses beside the token's own.

use jiff::civil::Date;
use quittance_accounting::book::BookSettings;
use quittance_books::granting::{GrantInput, Terms};
use quittance_books::listing::MOST_PER_PAGE;
use quittance_books::resources::{ResourceName, ResourceView, is_race};
use quittance_books::together::Step;
use quittance_books::{Actor, Failure, Verb};
use serde_json::{Map, Value, json};

use super::super::errors::{self, Fault, GrantFault};
use super::super::manners::{self, Envelope, NAME};
use super::super::mapping::fields::{Fields, When};
use super::super::mapping::output::instant;
use super::super::rules::RULES;
use super::{Call, of_method, tags};
use crate::app::{App, Unidentified};
use crate::http::credentials::Credentials;
use crate::http::message::Method;
use crate::http::{Request, Response};

/// How long a token lasts when nobody says (the vendor's default), and at most (the vendor's limit), in seconds.
const SESSION: i64 = 3_600;
const LONGEST_SESSION: i64 = 86_400;

/// What the configuration is kept under.
const CONFIG: &str = "layer.accounting_config";
const CURRENT: &str = "current";

/// What can be asked of the business itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Fetch,
    Token,
    Config,
    Configure,
}

/// What stands at a path under the business.
pub fn find(method: &str, rest: &[&str]) -> Result<Option<Operation>, Fault> {
    use Operation as O;
    let there = match *rest {
        [] => of_method(method, &[("GET", O::Fetch)]),
        ["auth-token"] => of_method(method, &[("GET", O::Token), ("POST", O::Token)]),
        ["accounting-config"] => of_method(method, &[("GET", O::Config), ("PATCH", O::Configure)]),
        _ => return Ok(None),
    };
    there.map(Some)
}

impl Operation {
    /// What it does, as far as the token's role is concerned.
    pub fn verb(self) -> Verb {
        match self {
            Operation::Fetch | Operation::Token | Operation::Config => Verb::Read,
            Operation::Configure => Verb::Post,
        }
    }

    /// Answers it.
    pub async fn answer(self, call: &Call<'_>) -> Result<Response, Fault> {
        match self {
            Operation::Fetch => Ok(fetch(call)),
            Operation::Token => business_token(call).await,
            Operation::Config => Ok(manners::enveloped(200, shown_config(call, &config(call).await?))),
            Operation::Configure => configure(call).await,
        }
    }
}

fn fetch(call: &Call<'_>) -> Response {
    let settings = &call.book.settings;
    let data = json!({
        "type": "Business",
        "id": settings.id.uuid(),
        "external_id": null,
        "legal_name": settings.name,
        "activation_at": instant(settings.created_at),
        "is_demo": false,
    });
    manners::enveloped(200, data)
}

/// A token for the business: as the vendor has it, without an envelope.
async fn business_token(call: &Call<'_>) -> Result<Response, Fault> {
    let mut seconds = SESSION;
    if !call.request.body.is_empty() {
        let body = call.body()?;
        let fields = Fields::of(&body, "")?;
        if let Some(value) = fields.value("session_duration") {
            let asked = value.as_i64().filter(|asked| (1..=LONGEST_SESSION).contains(asked));
            let problem = format!("must be a whole number of seconds from 1 to {LONGEST_SESSION}");
            seconds = asked.ok_or_else(|| fields.wrong("session_duration", &problem))?;
        }
    }
    session(call.app, &call.actor, call.request, seconds).await
}

async fn session(app: &App, actor: &Actor, request: &Request, seconds: i64) -> Result<Response, Fault> {
    let context = quittance_books::input::Context {
        actor: actor.clone(),
        source: NAME,
        request_id: request.request_id.clone(),
    };
    let input = GrantInput {
        scopes: manners::own_scopes(actor),
        terms: Terms {
            access_seconds: seconds,
            refresh_seconds: None,
        },
        spent: None,
    };
    let granted = app.books.grant_access(&context, input).await;
    let granted = granted.map_err(|failure| errors::fault(&failure))?;
    let left = granted.access_seconds;
    let body = json!({"access_token": granted.access, "token_type": "Bearer", "expires_in": left});
    Ok(Response::json(200, &body).with("cache-control", "no-store"))
}

/// Whether a request at the common address of tokens is one of this vendor's clients: they name the vendor's scopes.
pub fn asks_for_token(request: &Request) -> bool {
    let pairs = request.form().ok().flatten().unwrap_or_default();
    let scope = pairs.iter().find(|(name, _)| name == "scope");
    scope.is_some_and(|(_, scope)| manners::is_vendor_scope(scope))
}

/// Client credentials for a token, in the words of OAuth 2.
pub async fn token(app: &App, request: &Request) -> Response {
    match grant(app, request).await {
        Ok(response) => response,
        Err(fault) => errors::grant(&fault),
    }
}

async fn grant(app: &App, request: &Request) -> Result<Response, GrantFault> {
    if request.method != Method::POST {
        return Err(GrantFault::Method);
    }
    let pairs = request.form().map_err(|_| GrantFault::Request)?.unwrap_or_default();
    let member = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let (id, secret) = match Credentials::of(&request.headers) {
        Credentials::Basic { user, password } => (user, password),
        Credentials::None => match (member("client_id"), member("client_secret")) {
            (Some(id), Some(secret)) => (id.to_owned(), secret.to_owned()),
            _ => return Err(GrantFault::Client),
        },
        Credentials::Bearer { .. }
        | Credentials::Token { .. }
        | Credentials::TokenEmpty
        | Credentials::TokenSpaces
        | Credentials::Malformed
        | Credentials::OtherScheme(_) => return Err(GrantFault::Client),
    };
    let actor = match app.identify_client(&id, &secret).await {
        Ok(actor) => actor,
        Err(Unidentified::Token(_)) => return Err(GrantFault::Client),
        Err(Unidentified::Books(failure)) => return Err(GrantFault::Fault(errors::fault(&failure))),
    };
    let (_, refused) = manners::count(app, &actor, request);
    if let Some(fault) = refused {
        return Err(GrantFault::Fault(fault));
    }
    if member("client_id").is_some_and(|named| named != id) {
        return Err(GrantFault::Client);
    }
    match member("grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Err(GrantFault::GrantType),
        None => return Err(GrantFault::Request),
    }
    let known = member("scope").is_some_and(manners::is_vendor_scope);
    if !known || !manners::has_scope(&actor) {
        return Err(GrantFault::Scope);
    }
    let handed = session(app, &actor, request, SESSION).await;
    handed.map_err(GrantFault::Fault)
}

/// Who the bearer is.
pub async fn whoami(app: &App, request: &Request) -> Response {
    match about_caller(app, request).await {
        Ok(response) => response,
        Err(fault) => fault.response(Envelope::Wire),
    }
}

async fn about_caller(app: &App, request: &Request) -> Result<Response, Fault> {
    let actor = manners::actor(app, request).await?;
    let (limits, refused) = manners::count(app, &actor, request);
    let answered = match refused {
        Some(fault) => Err(fault),
        None => caller(app, request, &actor).await,
    };
    let response = answered.unwrap_or_else(|fault| fault.response(Envelope::Wire));
    Ok(limits
        .into_iter()
        .fold(response, |response, (name, value)| response.with(name, value)))
}

async fn caller(app: &App, request: &Request, actor: &Actor) -> Result<Response, Fault> {
    of_method(request.method.as_str(), &[("GET", ())])?;
    if !manners::has_scope(actor) {
        return Err(errors::no_scope());
    }
    let settings = app.books.settings(actor.book).await.map_err(|f| errors::fault(&f))?;
    let settings = settings.ok_or_else(errors::no_business)?;
    // The secret is what follows the last underscore; what stands before it is the client's id.
    let text = match Credentials::of(&request.headers) {
        Credentials::Bearer { text } => text,
        _ => String::new(),
    };
    let client_id = text.rsplit_once('_').map(|(id, _)| id.to_owned());
    let data = json!({
        "type": "Client",
        "client_id": client_id,
        "name": actor.name,
        "business_id": settings.id.uuid(),
        "scopes": actor.scopes,
    });
    Ok(manners::enveloped(200, data))
}

/// What a configuration is put together from.
struct Config {
    /// What was set.
    set: Value,
    settings: BookSettings,
    tags: Vec<Value>,
}

async fn settings(call: &Call<'_>) -> Result<BookSettings, Fault> {
    let settings = call.app.books.settings(call.key()).await;
    settings
        .map_err(|failure| errors::fault(&failure))?
        .ok_or_else(errors::no_business)
}

async fn config(call: &Call<'_>) -> Result<Config, Fault> {
    let kept = call
        .app
        .books
        .resource(call.key(), CONFIG, ResourceName::Word(CURRENT))
        .await;
    let kept = kept.map_err(|failure| errors::fault(&failure))?;
    Ok(Config {
        set: kept.as_ref().map(|view| view.body.clone()).unwrap_or_default(),
        settings: settings(call).await?,
        tags: tags::shown_dimensions(call, MOST_PER_PAGE).await?,
    })
}

/// The configuration: what was set, else the vendor's defaults; the closing date is the book's own.
fn shown_config(call: &Call<'_>, config: &Config) -> Value {
    let Config { set, settings, tags } = config;
    // Closed through a day means that the first open instant is the beginning of the next one.
    let closing = settings.closed_through.and_then(|day| day.tomorrow().ok());
    let closing = closing.map(|day| instant(super::super::mapping::fields::beginning(day, &call.zone)));
    let or = |member: &str, default: Value| set.get(member).cloned().unwrap_or(default);
    json!({
        "type": "Accounting_Configuration",
        "id": settings.id.uuid_of_part(CONFIG_PART),
        "business_id": settings.id.uuid(),
        "default_reporting_basis": or("default_reporting_basis", json!("ACCRUAL")),
        "category_list_type": or("category_list_type", json!("ALL_ACCOUNTS")),
        "closing_date": closing,
        "match_rounding_threshold": or("match_rounding_threshold", Value::Null),
        "match_adjustment_threshold": or("match_adjustment_threshold", Value::Null),
        "disable_adjustment_match_suggestions": or("disable_adjustment_match_suggestions", json!(false)),
        "enable_account_numbers": true,
        "enable_customer_management": true,
        "enable_tax_estimates": false,
        "tax_estimates_user_agreement_at": null,
        "enable_mileage_tracking": false,
        "enable_stripe_onboarding": false,
        "platform_display_tags": tags,
    })
}

/// The last part that a book's id can have: its accounts count from the first.
const CONFIG_PART: u32 = 0x3ff_ffff;

/// Sets what the body names, in one commit. The closing date closes the book through the day before it, or reopens it back to there.
async fn configure(call: &Call<'_>) -> Result<Response, Fault> {
    let body = call.body()?;
    let fields = Fields::of(&body, "")?;
    let mut set = Map::new();
    let one_of = |member: &str, words: &[&str]| match fields.text(member, 64)? {
        Some(word) if words.contains(&word.as_str()) => Ok(Some(Value::from(word))),
        Some(_) => Err(fields.wrong(member, &format!("must be one of {}", words.join(", ")))),
        None => Ok(None),
    };
    let basis = one_of("default_reporting_basis", &["ACCRUAL", "CASH"])?;
    if basis.as_ref().is_some_and(|basis| basis == "CASH") {
        return Err(errors::not_served(
            "default_reporting_basis",
            "reports are on the accrual basis",
        ));
    }
    set.extend(basis.map(|basis| ("default_reporting_basis".to_owned(), basis)));
    let categories = one_of("category_list_type", &["ALL_ACCOUNTS", "REVENUES_AND_EXPENSES"])?;
    set.extend(categories.map(|word| ("category_list_type".to_owned(), word)));
    if let Some(cents) = fields.cents("match_rounding_threshold")? {
        set.insert("match_rounding_threshold".to_owned(), Value::from(cents.minor()));
    }
    if let Some(value) = fields.value("match_adjustment_threshold") {
        let share = crate::http::numbers::read_decimal(value).ok();
        let fits = share.is_some_and(|share| !share.is_sign_negative() && share <= rust_decimal::Decimal::ONE);
        if !fits {
            return Err(fields.wrong("match_adjustment_threshold", "must be a number from 0 to 1"));
        }
        set.insert("match_adjustment_threshold".to_owned(), value.clone());
    }
    if let Some(value) = fields.value("disable_adjustment_match_suggestions") {
        if !value.is_boolean() {
            return Err(fields.wrong("disable_adjustment_match_suggestions", "must be true or false"));
        }
        set.insert("disable_adjustment_match_suggestions".to_owned(), value.clone());
    }
    let closing = fields.when("closing_date")?;
    let through = match body.get("closing_date") {
        None => None,
        Some(_) => Some(closed_before(call, closing)?),
    };
    let joined = |known: Option<&ResourceView>| {
        let known = known.and_then(|view| view.body.as_object().cloned());
        let mut members = known.unwrap_or_default();
        members.extend(set.clone());
        Ok(Value::Object(members))
    };
    let (books, context) = (&call.app.books, call.context());
    let mut tries = books.tries(call.key());
    while tries.another().await {
        // What is answered is read before anything is written.
        let mut config = config(call).await?;
        let seen = config.settings.closed_through;
        let mut steps: Vec<Step> = through.and_then(|through| moving(seen, through)).into_iter().collect();
        config.settings.closed_through = through.unwrap_or(seen);
        if !set.is_empty() {
            let put = books.changed(&context, CONFIG, CURRENT, joined).await;
            let put = put.map_err(|failure| errors::fault(&failure))??;
            config.set = put.body.clone();
            steps.push(Step::PutResource(Box::new(put)));
        }
        match books.all_or_none(&context, &RULES, steps).await {
            Ok(_) => return Ok(manners::enveloped(200, shown_config(call, &config))),
            Err((_, failure)) if is_race(&failure) => {}
            Err((_, failure)) => {
                // Somebody else may have moved the end of the closed span meanwhile.
                let settings = settings(call).await?;
                if settings.closed_through == seen {
                    return Err(errors::fault(&failure));
                }
            }
        }
    }
    Err(errors::fault(&Failure::Unavailable))
}

/// Why a period is open again: the vendor's request has no place for a reason.
const MOVED_BACK: &str = "the closing date of the accounting configuration was moved back";

/// The last closed day before an instant: the day before the instant's own. Nothing means that no day is closed.
fn closed_before(call: &Call<'_>, closing: Option<When>) -> Result<Option<Date>, Fault> {
    let day_before = closing.map(|when| when.day(&call.zone).yesterday()).transpose();
    day_before.map_err(|_| errors::payload("closing_date", "is too early"))
}

/// The step that moves the end of the closed span; none where it is there already.
fn moving(closed: Option<Date>, through: Option<Date>) -> Option<Step> {
    match through {
        _ if through == closed => None,
        Some(day) if closed.is_none_or(|closed| day > closed) => Some(Step::ClosePeriod(day)),
        Some(_) | None => Some(Step::ReopenPeriod(through, MOVED_BACK.to_owned())),
    }
}
