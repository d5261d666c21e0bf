//! Tags: their dimensions with the values defined for them, and the tags of a document.
//!
//! A dimension is a resource of this dialect, found by a digest of its key; the tags of a document stand among its texts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quittance_accounting::annotating::Annotated;
use quittance_accounting::identity::DocumentKind;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::Named;
use quittance_books::input::ListNote;
use quittance_books::listing::ResourceQuery;
use quittance_books::resources::{ResourceName, ResourceView};
use quittance_books::together::Step;
use quittance_books::{Failure, Verb};
use serde_json::{Value, json};

use super::super::errors::{self, Fault};
use super::super::manners::{self, MOST_SHORT_TEXT, MOST_TAGS, NAME, Paging, Place, derived_uuid};
use super::super::mapping::fields::Fields;
use super::super::mapping::output::{self, instant};
use super::super::rules::RULES;
use super::invoices::known_pairs;
use super::{Call, of_method};
use crate::http::Response;

/// What a dimension is kept as.
const DIMENSION: &str = "layer.tag_dimension";

/// The most values of a dimension: our choice, a list that a person can still choose from.
const MOST_VALUES: usize = 500;

/// The most documents tagged in one call: our choice.
const MOST_ENTITIES: usize = 100;

/// What can be asked of tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    Tag,
    OfInvoice(&'a str),
    AddDimension,
    ListDimensions,
    DimensionByKey(&'a str),
    ChangeDimension(&'a str),
    AddValue(&'a str),
}

/// What stands at a path under the business.
pub fn find<'a>(method: &str, rest: &[&'a str]) -> Result<Option<Operation<'a>>, Fault> {
    use Operation as O;
    let there = match *rest {
        ["invoices", id, "tags"] => of_method(method, &[("GET", O::OfInvoice(id))]),
        ["tags"] => of_method(method, &[("POST", O::Tag)]),
        ["tags", "dimensions"] => of_method(method, &[("GET", O::ListDimensions), ("POST", O::AddDimension)]),
        ["tags", "dimensions", "key", key] => of_method(method, &[("GET", O::DimensionByKey(key))]),
        ["tags", "dimensions", id] => of_method(method, &[("PATCH", O::ChangeDimension(id))]),
        ["tags", "dimensions", id, "values"] => of_method(method, &[("POST", O::AddValue(id))]),
        _ => return Ok(None),
    };
    there.map(Some)
}

impl Operation<'_> {
    /// What it does, as far as the token's role is concerned.
    pub fn verb(self) -> Verb {
        match self {
            Operation::OfInvoice(_) | Operation::ListDimensions | Operation::DimensionByKey(_) => Verb::Read,
            Operation::AddDimension | Operation::ChangeDimension(_) | Operation::AddValue(_) => Verb::WriteDraft,
            Operation::Tag => Verb::Post,
        }
    }

    /// Answers it.
    pub async fn answer(self, call: &Call<'_>) -> Result<Response, Fault> {
        match self {
            Operation::Tag => tag(call).await,
            Operation::OfInvoice(id) => {
                let view = call.invoice(id).await?;
                let tags = output::value(&output::invoice(&view).transaction_tags);
                Ok(manners::enveloped(200, tags))
            }
            Operation::AddDimension => add_dimension(call).await,
            Operation::ListDimensions => list_dimensions(call).await,
            Operation::DimensionByKey(key) => {
                let view = dimension(call, &uuid_of(call, key)).await?;
                Ok(manners::enveloped(200, shown(call, &view)))
            }
            Operation::ChangeDimension(id) => change_dimension(call, id).await,
            Operation::AddValue(id) => add_value(call, id).await,
        }
    }
}

/// The UUID of the dimension with this key: the one that the tags of documents show.
fn uuid_of(call: &Call<'_>, key: &str) -> String {
    derived_uuid(&["dimension", &call.book.settings.id.hex(), key])
}

fn unknown_dimension() -> Fault {
    errors::missing(DocumentKind::Resource)
}

/// The dimension with this UUID.
async fn dimension(call: &Call<'_>, uuid: &str) -> Result<ResourceView, Fault> {
    let found = call
        .app
        .books
        .resource(call.key(), DIMENSION, ResourceName::Word(uuid))
        .await;
    found
        .map_err(|failure| errors::fault(&failure))?
        .ok_or_else(unknown_dimension)
}

/// A UUID in a path, as dimensions are found by it.
fn word(id: &str) -> Result<String, Fault> {
    manners::read_id(id, "dimensionId")?;
    Ok(id.to_ascii_lowercase())
}

fn text<'a>(body: &'a Value, member: &str) -> Option<&'a str> {
    body.get(member).and_then(Value::as_str)
}

fn shown_value(call: &Call<'_>, key: &str, defined: &Value) -> Value {
    let value = text(defined, "value").unwrap_or_default();
    json!({
        "id": derived_uuid(&["definition", &call.book.settings.id.hex(), key, value]),
        "key": key,
        "value": value,
        "display_name": defined.get("display_name"),
        "archived_at": null,
    })
}

fn shown(call: &Call<'_>, view: &ResourceView) -> Value {
    let body = &view.body;
    let key = text(body, "key").unwrap_or_default();
    let values = body.get("defined_values").and_then(Value::as_array);
    let values: Vec<Value> = values
        .into_iter()
        .flatten()
        .map(|defined| shown_value(call, key, defined))
        .collect();
    json!({
        "type": "Tag_Dimension",
        "id": uuid_of(call, key),
        "key": key,
        "display_name": body.get("display_name"),
        "strictness": body.get("strictness"),
        "user_visible": body.get("user_visible").and_then(Value::as_bool).unwrap_or(true),
        "defined_values": values,
        "created_at": instant(view.resource.created_at),
        "updated_at": instant(view.resource.updated_at),
    })
}

/// The first dimensions of the business, oldest first.
pub async fn shown_dimensions(call: &Call<'_>, limit: i64) -> Result<Vec<Value>, Fault> {
    let query = ResourceQuery {
        kind: DIMENSION.to_owned(),
        belongs_to: None,
        descending: false,
        after: None,
        limit,
    };
    let found = call.app.books.resources(call.key(), &query).await;
    let found = found.map_err(|failure| errors::fault(&failure))?;
    Ok(found.iter().map(|view| shown(call, view)).collect())
}

async fn list_dimensions(call: &Call<'_>) -> Result<Response, Fault> {
    let pairs = known_pairs(call, &["sort_by", "sort_order", "cursor", "limit", "show_total_count"])?;
    let paging = Paging::of(&pairs, &["created_at"])?;
    let query = ResourceQuery {
        kind: DIMENSION.to_owned(),
        belongs_to: None,
        descending: paging.descending,
        after: paging.after_key(),
        limit: paging.limit + 1,
    };
    let found = call.app.books.resources(call.key(), &query).await;
    let mut found = found.map_err(|failure| errors::fault(&failure))?;
    let next = paging.cut(&mut found, |view| Place::of_key(view.resource.key.0));
    let data: Vec<Value> = found.iter().map(|view| shown(call, view)).collect();
    Ok(manners::page(data, &paging, next, None))
}

fn strictness(fields: &Fields<'_>) -> Result<Option<String>, Fault> {
    match fields.text("strictness", 64)? {
        Some(word) if ["BALANCING", "NON_BALANCING"].contains(&word.as_str()) => Ok(Some(word)),
        Some(_) => Err(fields.wrong("strictness", "must be BALANCING or NON_BALANCING")),
        None => Ok(None),
    }
}

fn required(fields: &Fields<'_>, member: &str) -> Result<String, Fault> {
    let found = fields.text(member, MOST_SHORT_TEXT)?;
    let trimmed = found.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    trimmed.ok_or_else(|| fields.wrong(member, "is required"))
}

/// Adds a value unless one of the same letters is there, in whatever case.
fn add_to(body: &mut Value, value: &str, display_name: Option<&str>) -> Result<(), Fault> {
    let values = body["defined_values"].as_array().cloned().unwrap_or_default();
    let same =
        |defined: &Value| text(defined, "value").is_some_and(|known| known.to_lowercase() == value.to_lowercase());
    if values.iter().any(same) {
        return Ok(());
    }
    if values.len() >= MOST_VALUES {
        return Err(errors::payload(
            "value",
            &format!("would be one of more than {MOST_VALUES}"),
        ));
    }
    let mut values = values;
    values.push(json!({"value": value, "display_name": display_name}));
    body["defined_values"] = Value::Array(values);
    Ok(())
}

/// Adds a dimension: 201. One whose key is there gets the values that it lacks: 200.
async fn add_dimension(call: &Call<'_>) -> Result<Response, Fault> {
    let body = call.body()?;
    let fields = Fields::of(&body, "")?;
    let key = required(&fields, "key")?;
    let strictness = strictness(&fields)?.ok_or_else(|| fields.wrong("strictness", "is required"))?;
    let display_name = fields.text("display_name", MOST_SHORT_TEXT)?;
    let mut values = Vec::new();
    for value in fields.list("defined_values")? {
        let word = value.as_str().map(str::trim).filter(|word| !word.is_empty());
        let fits = word.filter(|word| word.chars().count() <= MOST_SHORT_TEXT);
        values.push(
            fits.ok_or_else(|| fields.wrong("defined_values", "must be a list of words"))?
                .to_owned(),
        );
    }
    let uuid = uuid_of(call, &key);
    let context = call.context();
    let is_new = AtomicBool::new(false);
    let change = |known: Option<&ResourceView>| {
        is_new.store(known.is_none(), Ordering::Relaxed);
        let mut body = known.map_or_else(
            || json!({"key": key, "display_name": display_name, "strictness": strictness, "user_visible": true}),
            |view| view.body.clone(),
        );
        for value in &values {
            add_to(&mut body, value, None)?;
        }
        Ok::<Value, Fault>(body)
    };
    let books = &call.app.books;
    let changed = books
        .change_resource(&context, Verb::WriteDraft, DIMENSION, &uuid, change)
        .await;
    let view = changed.map_err(|failure| errors::fault(&failure))??;
    let status = if is_new.into_inner() { 201 } else { 200 };
    Ok(manners::enveloped(status, shown(call, &view)))
}

async fn change_dimension(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let uuid = word(id)?;
    dimension(call, &uuid).await?;
    let body = call.body()?;
    let fields = Fields::of(&body, "")?;
    let strictness = strictness(&fields)?;
    let display_name = fields.text("display_name", MOST_SHORT_TEXT)?;
    let visible = match fields.value("user_visible") {
        None => None,
        Some(Value::Bool(visible)) => Some(*visible),
        Some(_) => return Err(fields.wrong("user_visible", "must be true or false")),
    };
    let context = call.context();
    let change = |known: Option<&ResourceView>| {
        let mut body = known.ok_or_else(unknown_dimension)?.body.clone();
        let set = [
            ("strictness", strictness.clone().map(Value::from)),
            ("display_name", display_name.clone().map(Value::from)),
            ("user_visible", visible.map(Value::from)),
        ];
        for (member, value) in set {
            if let Some(value) = value {
                body[member] = value;
            }
        }
        Ok::<Value, Fault>(body)
    };
    let books = &call.app.books;
    let changed = books
        .change_resource(&context, Verb::WriteDraft, DIMENSION, &uuid, change)
        .await;
    let view = changed.map_err(|failure| errors::fault(&failure))??;
    Ok(manners::enveloped(200, shown(call, &view)))
}

/// Adds a value to a dimension, or finds the one of the same letters.
async fn add_value(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let uuid = word(id)?;
    dimension(call, &uuid).await?;
    let body = call.body()?;
    let fields = Fields::of(&body, "")?;
    let value = required(&fields, "value")?;
    let display_name = fields.text("display_name", MOST_SHORT_TEXT)?;
    let context = call.context();
    let change = |known: Option<&ResourceView>| {
        let mut body = known.ok_or_else(unknown_dimension)?.body.clone();
        add_to(&mut body, &value, display_name.as_deref())?;
        Ok::<Value, Fault>(body)
    };
    let books = &call.app.books;
    let changed = books
        .change_resource(&context, Verb::WriteDraft, DIMENSION, &uuid, change)
        .await;
    let view = changed.map_err(|failure| errors::fault(&failure))??;
    let shown = shown(call, &view);
    let wanted = value.to_lowercase();
    let defined = shown["defined_values"].as_array().into_iter().flatten();
    let mut found = defined.filter(|defined| text(defined, "value").is_some_and(|word| word.to_lowercase() == wanted));
    Ok(manners::enveloped(200, found.next().cloned().unwrap_or_default()))
}

/// Tags documents, all of them in one commit. A key that a document has takes the new value.
async fn tag(call: &Call<'_>) -> Result<Response, Fault> {
    let body = call.body()?;
    let fields = Fields::of(&body, "")?;
    let kind = fields
        .text("entity_type", 64)?
        .ok_or_else(|| fields.wrong("entity_type", "is required"))?;
    if !["INVOICE", "INVOICE_PAYMENT", "INVOICE_WRITE_OFF"].contains(&kind.as_str()) {
        return Err(errors::not_served(
            "entity_type",
            "tags are put on an INVOICE, an INVOICE_PAYMENT or an INVOICE_WRITE_OFF",
        ));
    }
    let new = fields.tags_of("key_values")?.unwrap_or_default();
    let new = new.as_array().cloned().unwrap_or_default();
    if new.is_empty() {
        return Err(fields.wrong("key_values", "must hold at least one tag"));
    }
    let ids = fields.list("entity_ids")?;
    if ids.is_empty() || ids.len() > MOST_ENTITIES {
        return Err(fields.wrong("entity_ids", &format!("must hold 1 to {MOST_ENTITIES} ids")));
    }
    let note = Arc::new(ListNote {
        dialect: NAME,
        list: "tags",
        by: "key",
        items: new,
        most: MOST_TAGS,
    });
    let mut steps = Vec::with_capacity(ids.len());
    let mut shown: Vec<String> = Vec::with_capacity(ids.len());
    for id in ids {
        let id = id
            .as_str()
            .ok_or_else(|| fields.wrong("entity_ids", "must be a list of UUIDs"))?;
        let (of, id) = entity(call, &kind, id).await?;
        if !shown.contains(&id) {
            steps.push(Step::AddItems(of, Arc::clone(&note)));
        }
        shown.push(id);
    }
    let tagged = call.app.books.all_or_none(&call.context(), &RULES, steps).await;
    tagged.map_err(|(_, failure)| untagged(&failure))?;
    Ok(manners::enveloped(
        200,
        json!({"type": "Tagging", "entity_type": kind, "entity_ids": shown}),
    ))
}

/// Why nothing was tagged.
fn untagged(failure: &Failure) -> Fault {
    let too_many = |reason: &Refusal| matches!(reason, Refusal::TooMany { .. });
    match failure {
        Failure::Refused(reasons) if reasons.iter().any(too_many) => {
            errors::payload("key_values", &format!("would be more than {MOST_TAGS} on one document"))
        }
        failure => errors::fault(failure),
    }
}

/// A document to tag, and its id as it is shown.
async fn entity(call: &Call<'_>, kind: &str, id: &str) -> Result<(Annotated, String), Fault> {
    if kind == "INVOICE" {
        let invoice = call.invoice(id).await?.invoice;
        return Ok((Annotated::Invoice(Named::Key(invoice.key.0)), invoice.id.uuid()));
    }
    let named = |missing: fn() -> Fault| manners::read_id(id, "entity_ids")?.map(Named::Id).ok_or_else(missing);
    if kind == "INVOICE_WRITE_OFF" {
        let missing = || errors::missing(DocumentKind::WriteOff);
        let named = named(missing)?;
        let found = call.app.books.find_write_off(call.key(), &named).await;
        let view = found.map_err(|failure| errors::fault(&failure))?.ok_or_else(missing)?;
        return Ok((Annotated::WriteOff(named), view.write_off.id.uuid()));
    }
    let missing = || errors::missing(DocumentKind::Payment);
    let named = named(missing)?;
    let found = call.app.books.payment(call.key(), &named).await;
    let view = found.map_err(|failure| errors::fault(&failure))?.ok_or_else(missing)?;
    Ok((Annotated::Payment(named), view.payment.id.uuid()))
}
