//! Payments of refunds that are owed: recorded by themselves, and taken back.

use quittance_accounting::identity::{DocumentId, DocumentKind};
use quittance_accounting::money::Amount;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::together::Step;
use quittance_books::view::{BookView, RefundView};
use serde_json::{Map, Value};

use super::super::super::errors::{self, Fault};
use super::super::super::manners;
use super::super::super::mapping::fields::{Fields, When};
use super::super::super::mapping::output;
use super::super::super::mapping::refunds::{self, AskedPayment};
use super::super::super::rules::RULES;
use super::super::Call;
use super::super::invoices::took_external_id;
use super::{Whole, look_up, named};
use crate::http::Response;

/// The steps that record payments of a refund, given what each part owes, and the id of each payment. One that was there keeps its id.
pub(super) fn steps(
    call: &Call<'_>,
    payments: &[AskedPayment],
    usual: When,
    owed: &[(DocumentId, Amount)],
    kept: &[DocumentId],
) -> (Vec<Step>, Vec<DocumentId>) {
    let manner = (call.book.settings.currency, &call.zone);
    let shares = refunds::shares(owed, payments);
    let (mut steps, mut ids): (Vec<Step>, Vec<DocumentId>) = (Vec::new(), Vec::new());
    for (at, payment) in payments.iter().enumerate() {
        let known = payment.id.filter(|id| kept.contains(id) && !ids.contains(id));
        let id = known.unwrap_or_else(|| call.app.books.new_document_id());
        ids.push(id);
        let own = shares.iter().filter(|(_, of, _)| *of == at).enumerate();
        let own = own.map(|(place, (part, _, amount))| match place {
            0 => (id, *part, *amount),
            _ => (call.app.books.new_document_id(), *part, *amount),
        });
        let own: Vec<_> = own.collect();
        let inputs = refunds::payment_inputs(payment, manner, usual, &own);
        steps.extend(
            inputs
                .into_iter()
                .map(|(id, input)| Step::RecordRefund(id, Box::new(input))),
        );
    }
    (steps, ids)
}

fn answered(book: &BookView, status: u16, known: &RefundView, amount: Amount) -> Response {
    let shown = output::refund_payment(book, known.refund.id.uuid(), known, amount);
    manners::enveloped(status, output::value(&shown))
}

/// Pays a refund that is owed, or a part of it: 201. The same external id again answers the payment as it is: 200.
pub async fn pay(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let known = named(call, id).await?;
    let body = call.body()?;
    let fields = Fields::of(&body, "")?;
    let payment = refunds::payment(&call.book, &fields)?;
    let at = payment.at.ok_or_else(errors::no_refund_time)?;
    if let Some(replay) = replayed(call, &known, &payment).await? {
        return Ok(replay);
    }
    let owed = known.0.iter().map(|part| &part.refund.refund);
    let owed: Vec<_> = owed
        .map(|refund| (refund.id, refund.owed.unwrap_or(Amount::ZERO)))
        .collect();
    let (steps, ids) = steps(call, std::slice::from_ref(&payment), at, &owed, &[]);
    match call.app.books.all_or_none(&call.context(), &RULES, steps).await {
        Ok(left) => {
            let made = ids.first().and_then(|id| left.refund(*id));
            let made = made.ok_or_else(|| errors::fault(&Failure::Unavailable))?;
            Ok(answered(&call.book, 201, &made, payment.amount))
        }
        Err((_, failure)) => {
            if took_external_id(&failure, DocumentKind::Refund)
                && let Some(replay) = replayed(call, &named(call, id).await?, &payment).await?
            {
                return Ok(replay);
            }
            Err(errors::fault(&failure))
        }
    }
}

async fn replayed(call: &Call<'_>, known: &Whole, payment: &AskedPayment) -> Result<Option<Response>, Fault> {
    let Some(external_id) = &payment.external_id else {
        return Ok(None);
    };
    let Some(view) = look_up(call, &Named::External(external_id.clone())).await? else {
        return Ok(None);
    };
    let mut payments = refunds::grouped(&known.0).into_iter();
    let same = payments.find(|(first, amount)| first.refund.id == view.refund.id && *amount == payment.amount);
    match same {
        Some((first, amount)) => Ok(Some(answered(&call.book, 200, first, amount))),
        None => Err(errors::external_id_conflict(DocumentKind::Refund)),
    }
}

/// Takes a payment of a refund back: so much is owed again. The answer holds nothing, like that of a deleted refund.
pub async fn unpay(call: &Call<'_>, id: &str, payment: &str) -> Result<Response, Fault> {
    let known = named(call, id).await?;
    let missing = || errors::missing(DocumentKind::Payment);
    let payment = manners::read_id(payment, "paymentId")?.ok_or_else(missing)?;
    let payouts = known.0.iter().flat_map(|part| &part.payouts);
    let own = payouts.filter(|payout| refunds::is_of_a_payment(payout, payment));
    let steps: Vec<Step> = own
        .map(|payout| Step::DeleteRefund(Named::Key(payout.refund.key.0)))
        .collect();
    if steps.is_empty() {
        return Err(missing());
    }
    let deleted = call.app.books.together(&call.context(), &RULES, steps).await;
    deleted.map_err(|(_, failure)| errors::fault(&failure))?;
    Ok(manners::enveloped(200, Value::Object(Map::new())))
}
