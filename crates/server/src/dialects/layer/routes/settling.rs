//! Payments and write-offs, and where refunds are found. Each is idempotent on its external id: 201 the first time, 200 after that; the same id for
//! other invoices or another amount is a conflict, because a call that records nothing must not look as if it had.

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::money::Amount;
use quittance_accounting::snapshot::Named;
use quittance_books::Verb;
use quittance_books::input::PaymentInput;
use quittance_books::view::{InvoiceView, PaymentView};

use super::super::errors::{self, Fault};
use super::super::manners;
use super::super::mapping::{output, settling};
use super::super::rules::RULES;
use super::invoices::took_external_id;
use super::{Call, of_method, payments, refunds};
use crate::http::Response;

mod changing;

/// What can be asked of payments, refunds and write-offs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    Pay,
    ListPayments,
    PatchPayment(&'a str),
    DeletePayment(&'a str),
    ReplacePayment(&'a str, &'a str),
    DeletePaymentOf(&'a str, &'a str),
    ListRefunds,
    FetchRefund(&'a str),
    ReplaceRefund(&'a str),
    PatchRefund(&'a str),
    DeleteRefund(&'a str),
    PayRefund(&'a str),
    UnpayRefund(&'a str, &'a str),
    DeleteWriteOff(&'a str, &'a str),
    PayOne(&'a str),
    Refund,
    RefundOne(&'a str),
    WriteOff(&'a str),
    FetchWriteOff(&'a str, &'a str),
}

/// What stands at a path under the business.
pub fn find<'a>(method: &str, rest: &[&'a str]) -> Result<Option<Operation<'a>>, Fault> {
    use Operation as O;
    // The vendor's own page writes the one path without its first word.
    let rest = match rest {
        ["payments", id, "delete"] => &["payments", *id, "delete"],
        ["invoices", rest @ ..] => rest,
        _ => return Ok(None),
    };
    let there = match *rest {
        ["payments", id] => of_method(method, &[("PATCH", O::PatchPayment(id))]),
        ["payments", id, "delete"] => of_method(method, &[("POST", O::DeletePayment(id))]),
        ["refunds", id] => of_method(
            method,
            &[
                ("GET", O::FetchRefund(id)),
                ("PUT", O::ReplaceRefund(id)),
                ("PATCH", O::PatchRefund(id)),
                ("DELETE", O::DeleteRefund(id)),
            ],
        ),
        ["refunds", id, "payments"] => of_method(method, &[("POST", O::PayRefund(id))]),
        ["refunds", id, "payments", payment] => of_method(method, &[("DELETE", O::UnpayRefund(id, payment))]),
        [id, "payment", payment] => of_method(
            method,
            &[
                ("PUT", O::ReplacePayment(id, payment)),
                ("DELETE", O::DeletePaymentOf(id, payment)),
            ],
        ),
        ["payments"] => of_method(method, &[("GET", O::ListPayments), ("POST", O::Pay)]),
        ["refunds"] => of_method(method, &[("GET", O::ListRefunds), ("POST", O::Refund)]),
        [id, "payment"] => of_method(method, &[("POST", O::PayOne(id))]),
        [id, "refund"] => of_method(method, &[("POST", O::RefundOne(id))]),
        [id, "write-off"] => of_method(method, &[("POST", O::WriteOff(id))]),
        [id, "write-offs", write_off] => of_method(
            method,
            &[
                ("GET", O::FetchWriteOff(id, write_off)),
                ("DELETE", O::DeleteWriteOff(id, write_off)),
            ],
        ),
        _ => return Ok(None),
    };
    there.map(Some)
}

impl Operation<'_> {
    /// What it does, as far as the token's role is concerned.
    pub fn verb(self) -> Verb {
        match self {
            Operation::ListPayments
            | Operation::ListRefunds
            | Operation::FetchWriteOff(..)
            | Operation::FetchRefund(_) => Verb::Read,
            Operation::PatchPayment(_)
            | Operation::DeletePayment(_)
            | Operation::ReplacePayment(..)
            | Operation::DeletePaymentOf(..)
            | Operation::ReplaceRefund(_)
            | Operation::PatchRefund(_)
            | Operation::DeleteRefund(_)
            | Operation::PayRefund(_)
            | Operation::UnpayRefund(..)
            | Operation::DeleteWriteOff(..) => Verb::Post,
            Operation::Pay
            | Operation::PayOne(_)
            | Operation::Refund
            | Operation::RefundOne(_)
            | Operation::WriteOff(_) => Verb::Post,
        }
    }

    /// Answers it.
    pub async fn answer(self, call: &Call<'_>) -> Result<Response, Fault> {
        match self {
            Operation::Pay => pay(call).await,
            Operation::ListPayments => payments::list(call).await,
            Operation::PatchPayment(id) => changing::patch_payment(call, id).await,
            Operation::DeletePayment(id) => changing::delete_payment(call, id).await,
            Operation::ReplacePayment(of, id) => changing::replace_payment(call, of, id).await,
            Operation::DeletePaymentOf(of, id) => changing::delete_payment_of(call, of, id).await,
            Operation::ListRefunds => refunds::list(call).await,
            Operation::FetchRefund(id) => refunds::fetch(call, id).await,
            Operation::ReplaceRefund(id) => refunds::replace(call, id).await,
            Operation::PatchRefund(id) => refunds::patch(call, id).await,
            Operation::DeleteRefund(id) => refunds::delete(call, id).await,
            Operation::PayRefund(id) => refunds::pay(call, id).await,
            Operation::UnpayRefund(id, payment) => refunds::unpay(call, id, payment).await,
            Operation::DeleteWriteOff(of, id) => changing::delete_write_off(call, of, id).await,
            Operation::PayOne(id) => pay_one(call, id).await,
            Operation::Refund => refunds::create(call).await,
            Operation::RefundOne(id) => refunds::create_on(call, id).await,
            Operation::WriteOff(id) => write_off(call, id).await,
            Operation::FetchWriteOff(id, of) => fetch_write_off(call, id, of).await,
        }
    }
}

/// Records a payment over invoices named in the body.
async fn pay(call: &Call<'_>) -> Result<Response, Fault> {
    let body = call.body()?;
    let payment = settling::payment(&call.book, &body, &call.zone)?;
    record_payment(call, payment).await
}

/// Records a payment of the invoice in the path.
async fn pay_one(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let invoice = call.invoice(id).await?;
    let body = call.body()?;
    let named = Named::Key(invoice.invoice.key.0);
    let payment = settling::dedicated_payment(&call.book, &body, &call.zone, named)?;
    record_payment(call, payment).await
}

async fn record_payment(call: &Call<'_>, payment: PaymentInput) -> Result<Response, Fault> {
    if let Some(replay) = replayed_payment(call, &payment).await? {
        return Ok(replay);
    }
    let books = &call.app.books;
    match books
        .record_payment(&call.context(), &RULES, payment.clone(), None)
        .await
    {
        Ok((payment, invoices)) => {
            let shown = output::payment(&call.book, &payment, &invoices);
            Ok(manners::enveloped(201, output::value(&shown)))
        }
        Err(failure) => {
            if took_external_id(&failure, DocumentKind::Payment)
                && let Some(replay) = replayed_payment(call, &payment).await?
            {
                return Ok(replay);
            }
            Err(errors::fault(&failure))
        }
    }
}

async fn replayed_payment(call: &Call<'_>, input: &PaymentInput) -> Result<Option<Response>, Fault> {
    let Some(external_id) = &input.external_id else {
        return Ok(None);
    };
    let named = Named::External(external_id.clone());
    let found = call.app.books.payment(call.key(), &named).await;
    let Some(payment) = found.map_err(|failure| errors::fault(&failure))? else {
        return Ok(None);
    };
    let invoices = settled(call, &payment).await?;
    if !is_same(input, &payment, &invoices) {
        return Err(errors::external_id_conflict(DocumentKind::Payment));
    }
    let shown = output::payment(&call.book, &payment, &invoices);
    Ok(Some(manners::enveloped(200, output::value(&shown))))
}

/// Whether a payment is the one that is asked for again: of the same amount, on the same invoices.
fn is_same(input: &PaymentInput, payment: &PaymentView, invoices: &[InvoiceView]) -> bool {
    let settles = |named: &Named| {
        invoices.iter().any(|view| match named {
            Named::Id(id) => view.invoice.id == *id,
            Named::Key(key) => view.invoice.key.0 == *key,
            Named::External(text) => view.invoice.external_id.as_ref() == Some(text),
        })
    };
    input.amount == Some(payment.payment.amount)
        && input.parts.len() == invoices.len()
        && input.parts.iter().all(|(named, _)| settles(named))
}

/// Whether a record of this id and amount answers a refund or write-off that is asked for again.
fn answers(asked: (Option<&String>, Option<Amount>), external_id: Option<&String>, amount: Amount) -> bool {
    external_id.is_some() && asked.0 == external_id && asked.1.is_none_or(|asked| asked == amount)
}

pub async fn settled(call: &Call<'_>, payment: &PaymentView) -> Result<Vec<InvoiceView>, Fault> {
    let mut invoices = Vec::new();
    for allocation in &payment.allocations {
        let named = Named::Key(allocation.invoice.0);
        let found = call.app.books.invoice(call.key(), &named).await;
        invoices.extend(found.map_err(|failure| errors::fault(&failure))?);
    }
    Ok(invoices)
}

/// Gives the rest of a receivable up.
async fn write_off(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let invoice = call.invoice(id).await?;
    let body = call.body()?;
    let named = Named::Key(invoice.invoice.key.0);
    let input = settling::write_off(&invoice, &body, &call.zone)?;
    let same = |view: &InvoiceView| {
        let mut write_offs = view.write_offs.iter();
        let asked = (input.external_id.as_ref(), input.amount);
        let known =
            write_offs.find(|known| answers(asked, known.write_off.external_id.as_ref(), known.write_off.amount))?;
        let shown = output::write_off(view, known);
        Some(manners::enveloped(200, output::value(&shown)))
    };
    if let Some(replay) = same(&invoice) {
        return Ok(replay);
    }
    match call.app.books.write_off(&call.context(), input.clone()).await {
        Ok((write_off, view)) => {
            let shown = output::write_off(&view, &write_off);
            Ok(manners::enveloped(201, output::value(&shown)))
        }
        Err(failure) => {
            if took_external_id(&failure, DocumentKind::WriteOff)
                && let Some(replay) = same(&call.invoice_named(&named).await?)
            {
                return Ok(replay);
            }
            Err(errors::fault(&failure))
        }
    }
}

/// The write-off of this id on the invoice of this id.
async fn fetch_write_off(call: &Call<'_>, id: &str, write_off: &str) -> Result<Response, Fault> {
    let view = call.invoice(id).await?;
    let wanted = manners::read_id(write_off, "writeOffId")?;
    let found = view.write_offs.iter().find(|known| Some(known.write_off.id) == wanted);
    let found = found.ok_or_else(|| errors::missing(DocumentKind::WriteOff))?;
    Ok(manners::enveloped(200, output::value(&output::write_off(&view, found))))
}
