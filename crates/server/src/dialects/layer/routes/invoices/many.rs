//! Many invoices in one call: all of them or none in a bulk, each on its own in a batch that allows it.

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::together::Step;
use quittance_books::view::InvoiceView;
use serde_json::{Map, Value, json};

use super::super::super::errors::{self, Fault};
use super::super::super::manners;
use super::super::super::mapping::{input, output};
use super::super::super::rules::RULES;
use super::super::Call;
use super::{create_one, known, known_pairs, steps_of, took_external_id, value};
use crate::http::Response;

/// The most invoices in one call (the vendor's limit of its bulk).
const MOST_AT_ONCE: usize = 25;

/// The invoices of a body that is a list.
fn items(body: &Value) -> Result<&[Value], Fault> {
    let items = body
        .as_array()
        .ok_or_else(|| errors::payload("The body", "must be a list of invoices"))?;
    if items.is_empty() {
        return Err(errors::empty_batch());
    }
    if items.len() > MOST_AT_ONCE {
        let problem = format!("must hold at most {MOST_AT_ONCE} invoices");
        return Err(errors::payload("The body", &problem));
    }
    Ok(items)
}

/// What a failed item is named by: its external id, else its reference number, else its place.
fn name_of(item: &Value, place: usize) -> String {
    let text = |member: &str| item.get(member).and_then(Value::as_str).filter(|text| !text.is_empty());
    text("external_id")
        .or_else(|| text("reference_number"))
        .map_or_else(|| format!("unknown-{place}"), str::to_owned)
}

/// Creates all or none, in one commit. One whose external id is known already is answered as it is.
async fn all_or_none(call: &Call<'_>, items: &[Value]) -> Result<Vec<InvoiceView>, (usize, Fault)> {
    let mut tries = call.app.books.tries(call.key());
    while tries.another().await {
        match once(call, items).await {
            // Another request with an invoice of the same external id, or with the same new customer, came in between.
            Err((_, Stopped::Overtaken)) => {}
            Err((at, Stopped::For(fault))) => return Err((at, fault)),
            Ok(made) => return Ok(made),
        }
    }
    Err((0, errors::fault(&Failure::Unavailable)))
}

/// Why a try ends without all of them.
enum Stopped {
    Overtaken,
    For(Fault),
}

async fn once(call: &Call<'_>, items: &[Value]) -> Result<Vec<InvoiceView>, (usize, Stopped)> {
    // Each as it was found, or the id that it gets.
    let mut all: Vec<Result<Box<InvoiceView>, Named>> = Vec::with_capacity(items.len());
    let (mut steps, mut places) = (Vec::new(), Vec::new());
    let mut new_customers: Vec<String> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let place = |fault: Fault| (at, Stopped::For(fault.at(&format!("[{at}]"))));
        let new = input::invoice(&call.book, item, &call.zone).map_err(place)?;
        let there = known(call, new.input.external_id.as_deref()).await.map_err(place)?;
        if let Some(there) = there {
            all.push(Ok(Box::new(there)));
            continue;
        }
        let id = call.app.books.new_document_id();
        all.push(Err(Named::Id(id)));
        for step in steps_of(call, id, new).await.map_err(place)? {
            if let Step::AddCustomer(customer) = &step {
                // Several of them may name a customer that is new to all.
                let name = customer.external_id.clone().unwrap_or_default();
                if new_customers.contains(&name) {
                    continue;
                }
                new_customers.push(name);
            }
            steps.push(step);
            places.push(at);
        }
    }
    let left = call.app.books.all_or_none(&call.context(), &RULES, steps).await;
    let left = match left {
        Ok(left) => left,
        Err((step, failure)) => {
            let at = places.get(step).copied().unwrap_or_default();
            let overtaken = is_overtaken(call, items.get(at), &failure).await;
            let stopped = match overtaken {
                Ok(true) => Stopped::Overtaken,
                Ok(false) => Stopped::For(errors::fault(&failure).at(&format!("[{at}]"))),
                Err(fault) => Stopped::For(fault),
            };
            return Err((at, stopped));
        }
    };
    let shown = all.into_iter().enumerate().map(|(at, one)| match one {
        Ok(there) => Ok(left.invoice_named(&Named::Key(there.invoice.key.0)).unwrap_or(*there)),
        Err(made) => left
            .invoice_named(&made)
            .ok_or_else(|| (at, Stopped::For(errors::fault(&Failure::Unavailable)))),
    });
    shown.collect()
}

/// Whether an item was refused because somebody else made its customer or an invoice of its external id meanwhile, and not because two
/// items of one call have the same.
async fn is_overtaken(call: &Call<'_>, item: Option<&Value>, failure: &Failure) -> Result<bool, Fault> {
    if took_external_id(failure, DocumentKind::Customer) {
        return Ok(true);
    }
    let Some(item) = item.filter(|_| took_external_id(failure, DocumentKind::Invoice)) else {
        return Ok(false);
    };
    let new = input::invoice(&call.book, item, &call.zone)?;
    Ok(known(call, new.input.external_id.as_deref()).await?.is_some())
}

/// All or none.
pub async fn bulk(call: &Call<'_>) -> Result<Response, Fault> {
    let body = call.body()?;
    let made = all_or_none(call, items(&body)?).await.map_err(|(_, fault)| fault)?;
    let data: Value = made.iter().map(|view| output::value(&output::invoice(view))).collect();
    Ok(manners::enveloped(201, data))
}

/// All or none, or each on its own where partial success is allowed: 200 when all went well, 207 when some did, and the first fault
/// when none did.
pub async fn batch(call: &Call<'_>) -> Result<Response, Fault> {
    let pairs = known_pairs(call, &["allow_partial_success"])?;
    let partial = match value(&pairs, "allow_partial_success") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(errors::query_format("allow_partial_success", "true or false")),
    };
    let body = call.body()?;
    let items = items(&body)?;
    let (mut made, mut failed) = (Vec::new(), Map::new());
    let mut first = None;
    if partial {
        for (at, item) in items.iter().enumerate() {
            match create_one(call, item).await {
                Ok((_, view)) => made.push(view),
                Err(fault) => {
                    failed.insert(name_of(item, at), fault.brief());
                    first.get_or_insert(fault);
                }
            }
        }
    } else {
        made = all_or_none(call, items).await.map_err(|(_, fault)| fault)?;
    }
    let status = match first {
        Some(fault) if made.is_empty() => return Err(fault),
        Some(_) => 207,
        None => 200,
    };
    let made: Vec<Value> = made.iter().map(|view| output::value(&output::invoice(view))).collect();
    let data = json!({"successful_invoices": made, "failed_invoices": failed});
    Ok(manners::enveloped(status, data))
}
