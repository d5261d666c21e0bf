//! Paying an invoice, and what a payment would come to.

use std::collections::BTreeMap;

use quittance_accounting::invoice::Standing;
use quittance_accounting::snapshot::Named;
use quittance_books::together::Step;
use quittance_books::view::{CreditNoteView, InvoiceView, PaymentView};

use super::super::errors::{self, Problem};
use super::super::manners;
use super::super::mapping::paying::{self, Setting};
use super::super::mapping::{fields, number_of, overpaid, showing};
use super::super::rules::RULES;
use super::super::wire::DefaultOut;
use super::{Call, Id};
use crate::http::Response;

/// The steps that the body asks for, on the invoice that is seen.
async fn asked(call: &Call<'_>, view: &InvoiceView, something: bool) -> Result<Vec<Step>, Problem> {
    let body = call.body()?;
    let said = |errors| Problem::Said(400, errors);
    let members = fields::object(&body).map_err(said)?;
    let own = call.book().await?;
    let book = own.in_currency(view.invoice.currency);
    let mut money: BTreeMap<i64, PaymentView> = BTreeMap::new();
    for id in paying::transactions(members, &book) {
        let named = Named::Key(number_of(call.key(), id).unwrap_or_default());
        let found = call.app.books.payment(call.key(), &named).await;
        money.extend(found.map_err(|failure| call.failed(failure))?.map(|view| (id, view)));
    }
    let mut credits: BTreeMap<i64, CreditNoteView> = BTreeMap::new();
    for id in paying::credit_memos(members, &book) {
        let named = Named::Key(number_of(call.key(), id).unwrap_or_default());
        let found = call.app.books.credit_note(call.key(), &named).await;
        let found = found.map_err(|failure| call.failed(failure))?;
        let found = match found.filter(|view| view.deleted.is_none()) {
            Some(note) => Some(note),
            None => {
                let paid = call.app.books.payment(call.key(), &named).await;
                paid.map_err(|failure| call.failed(failure))?
                    .as_ref()
                    .and_then(overpaid::memo)
            }
        };
        credits.extend(found.map(|view| (id, view)));
    }
    let setting = Setting {
        book: &book,
        invoice: view,
        money: &money,
        credits: &credits,
    };
    paying::steps(members, &setting, something).map_err(said)
}

/// Pays an invoice, in one commit.
pub(super) async fn pay(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (_, before) = call.live(id).await?;
    let steps = asked(call, &before, true).await?;
    // What a step records under rules of its own may leave credit.
    let beyond = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| matches!(step, Step::Under(..)));
    let beyond: Vec<usize> = beyond.map(|(at, _)| at).collect();
    let paid = call.app.books.all_or_none(&call.context(), &RULES, steps).await;
    let paid = paid.map_err(|(_, failure)| call.failed(failure))?;
    let after = paid.invoice(before.invoice.key);
    let after = after.map_err(|(_, failure)| call.failed(failure))?;
    let recorded: Vec<PaymentView> = beyond.into_iter().filter_map(|at| paid.payment_at(at)).collect();
    Ok(manners::json(200, &showing::paid(&before, &after, &recorded)))
}

/// What the same body would come to as a payment: the same road, left before the commit.
pub(super) async fn calculate(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (_, before) = call.live(id).await?;
    let steps = asked(call, &before, false).await?;
    let after = match steps.is_empty() {
        true => before.clone(),
        false => {
            let key = before.invoice.key;
            let rehearsed = call.app.books.rehearse_on(&call.context(), &RULES, key, steps).await;
            rehearsed.map_err(|(_, failure)| call.failed(failure))?
        }
    };
    Ok(manners::json(200, &showing::calculated(&before, &after)))
}

/// What is paid unless the client says otherwise: all that is due. There are no discounts for early payment here.
pub(super) async fn default(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (_, view) = call.live(id).await?;
    call.read(paying::posted_at)?;
    let due = view.invoice.open();
    let payable = [Standing::Open, Standing::PartPaid, Standing::PartWrittenOff];
    if !payable.contains(&view.invoice.standing()) {
        return Err(errors::detail(400, "Nothing of this invoice is due."));
    }
    Ok(manners::json(
        200,
        &DefaultOut {
            default_payment_amount: super::super::mapping::money(due, view.invoice.currency),
            payment_term_discount_note: None,
        },
    ))
}
