//! What a book begins with: opening balances, and how it rounds.

use quittance_accounting::account::Side;
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::money::Amount;
use quittance_accounting::rounding::{Half, RoundedPer, Rounding};
use quittance_accounting::snapshot::Named;
use quittance_books::openings::{MOST_OPENINGS, OpenInvoice, Opening, OpeningOf};
use serde_json::{Value, json};

use super::ledger::shown_books;
use super::parties::refuse_other_currency;
use super::{Call, Ended, failed};
use crate::dialects::native::errors::{self, Fault};
use crate::dialects::native::manners::{MOST_MEMO, MOST_REFERENCE};
use crate::dialects::native::mapping::reading::OneCurrency;
use crate::dialects::native::rules::RULES;
use crate::dialects::native::wire::{Invalid, Members, wide};
use crate::http::Response;

/// Sets how documents are rounded from now on.
pub async fn round(call: &Call<'_>) -> Ended {
    let body = call.body()?;
    let mut members = Members::of(&body, "")?;
    let per = members.word("per", &RoundedPer::ALL)?;
    let half = members.word("half", &Half::ALL)?;
    let rounding = Rounding {
        per: members.need("per", per)?,
        half: members.need("half", half)?,
    };
    members.finish()?;
    let changed = call.app.books.change_rounding(&call.context(), rounding).await;
    changed.map_err(failed)?;
    shown_books(call).await
}

/// Brings opening balances in, all or none; a trial names every row that would be refused.
pub async fn open(call: &Call<'_>) -> Ended {
    let body = call.body()?;
    let mut members = Members::of(&body, "")?;
    let date = members.day("date")?;
    let date = members.need("date", date)?;
    let trial = members.truth("dry_run")?.unwrap_or(false);
    let items = members.list("rows", MOST_OPENINGS)?;
    let items = members.need("rows", items)?;
    members.finish()?;
    let mut money = OneCurrency::default();
    let mut rows = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        rows.push(row(item, index, &mut money)?);
    }
    let currency = call.book().await?.settings.currency;
    refuse_other_currency(currency, money.or(currency))?;
    let books = &call.app.books;
    let outcome = books.open_balances(&call.context(), &RULES, date, &rows, trial).await;
    let outcome = outcome.map_err(failed)?;
    let refused: Vec<Value> = outcome
        .refused
        .iter()
        .map(|(row, failure)| json!({"row": row, "error": errors::failure(failure, currency).body()["error"]}))
        .collect();
    if !trial && !refused.is_empty() {
        let message = "Rows are refused, so nothing was written.";
        let fault = Fault::new(422, "openings_refused", message).fact("refused", refused);
        return Err(fault.into());
    }
    let shown = json!({
        "written": outcome.written,
        "rows": rows.len(),
        "debits": wide(outcome.debits, currency),
        "credits": wide(outcome.credits, currency),
        "refused": refused,
    });
    Ok(Response::json(200, &shown))
}

/// A row; they are counted from one.
fn row(item: &Value, index: usize, money: &mut OneCurrency) -> Result<Opening, Invalid> {
    let mut members = Members::of(item, &format!("rows[{index}]"))?;
    let account = members.text("account", MOST_REFERENCE)?;
    let customer = members.id("customer")?;
    let debit = money.amount(&mut members, "debit")?;
    let credit = money.amount(&mut members, "credit")?;
    let (side, amount): (Side, Amount) = match (debit, credit) {
        (Some(debit), None) => (Side::Debit, debit),
        (None, Some(credit)) => (Side::Credit, credit),
        _ => return Err(members.wrong("debit", "or `credit` is required, and one of them only")),
    };
    let of = match (account, customer) {
        (Some(account), None) => OpeningOf::Account(AccountChoice::StableName(account)),
        (None, Some(customer)) => OpeningOf::Customer {
            customer: Named::Id(customer),
            invoice: OpenInvoice {
                external_id: members.text("external_id", MOST_REFERENCE)?,
                number: members.text("number", MOST_REFERENCE)?,
                due_on: members.day("due_on")?,
                description: members.text("description", MOST_MEMO)?,
            },
        },
        _ => return Err(members.wrong("account", "or `customer` is required, and one of them only")),
    };
    members.finish()?;
    Ok(Opening {
        line: index as u64 + 1,
        of,
        side,
        amount,
    })
}
