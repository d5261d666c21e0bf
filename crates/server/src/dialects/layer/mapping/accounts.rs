//! Ledger accounts, from the vendor's shape to the books'.
//!
//! The chart here is flat: a parent is checked and changes nothing. Deliberately absent: contra accounts but those of revenue, which are
//! the only ones that the books know.

use quittance_accounting::account::{AccountKind, LedgerAccount};
use quittance_accounting::ledger::NewAccount;
use quittance_books::view::BookView;
use serde_json::Value;

use super::super::errors::{self, Fault};
use super::super::manners::MOST_SHORT_TEXT;
use super::super::wire;
use super::fields::Fields;
use super::input::account;

/// The longest number of an account.
const MOST_CODE: usize = 20;

/// Where the numbers of a kind begin, and how far apart the ones that are made lie.
const STEP: i64 = 10;

fn first_code(kind: AccountKind) -> i64 {
    match kind {
        AccountKind::Asset => 1_000,
        AccountKind::Liability => 2_000,
        AccountKind::Equity => 3_000,
        AccountKind::Revenue | AccountKind::ContraRevenue => 4_000,
        AccountKind::Expense => 6_000,
    }
}

/// A number for an account that came without: after the last of its kind's thousand.
pub fn next_code(book: &BookView, kind: AccountKind) -> String {
    let first = first_code(kind);
    let codes = book
        .accounts
        .iter()
        .filter_map(|account| account.code.parse::<i64>().ok());
    let last = codes.filter(|code| (first..first + 1_000).contains(code)).max();
    let mut next = last.map_or(first, |last| last + STEP);
    while book.accounts.iter().any(|account| account.code == next.to_string()) {
        next += 1;
    }
    next.to_string()
}

fn kind(fields: &Fields<'_>) -> Result<AccountKind, Fault> {
    let normality = fields.text("normality", 16)?;
    let debit = match normality.as_deref() {
        Some("DEBIT") => true,
        Some("CREDIT") => false,
        Some(_) | None => return Err(fields.wrong("normality", "must be DEBIT or CREDIT")),
    };
    let word = fields.text("account_type", 32)?;
    let kind = match (word.as_deref(), debit) {
        (Some("ASSET"), true) => AccountKind::Asset,
        (Some("LIABILITY"), false) => AccountKind::Liability,
        (Some("EQUITY"), false) => AccountKind::Equity,
        (Some("REVENUE"), false) => AccountKind::Revenue,
        (Some("REVENUE"), true) => AccountKind::ContraRevenue,
        (Some("EXPENSE"), true) => AccountKind::Expense,
        (Some("ASSET" | "LIABILITY" | "EQUITY" | "EXPENSE"), _) => {
            let instead = "of contra accounts this server keeps those of revenue";
            return Err(errors::not_served(&fields.place("normality"), instead));
        }
        (Some(_) | None, _) => {
            let problem = "must be ASSET, LIABILITY, EQUITY, REVENUE or EXPENSE";
            return Err(fields.wrong("account_type", problem));
        }
    };
    Ok(kind)
}

/// A stable name, bare or as an identifier. It stands in paths, so it holds only what needs no escaping there.
fn stable_name(fields: &Fields<'_>) -> Result<Option<String>, Fault> {
    let name = match fields.value("stable_name") {
        Some(value @ Value::Object(_)) => {
            let place = fields.place("stable_name");
            Fields::of(value, &place)?.text("stable_name", MOST_SHORT_TEXT)?
        }
        Some(_) | None => fields.text("stable_name", MOST_SHORT_TEXT)?,
    };
    let plain = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match name {
        Some(name) if !plain(&name) => Err(fields.wrong("stable_name", "may hold letters, digits and _ only")),
        other => Ok(other),
    }
}

/// Reads an account; the one that it is about, when it is changed.
pub fn read(book: &BookView, body: &Value, known: Option<&LedgerAccount>) -> Result<NewAccount, Fault> {
    let fields = Fields::of(body, "")?;
    fields.unserved("description", "accounts here have a name and a number")?;
    let kind = kind(&fields)?;
    if let Some(value) = fields.value("parent_id")
        && wire::account_type(account(book, value, "parent_id")?.kind).value != wire::account_type(kind).value
    {
        return Err(fields.wrong("parent_id", "must be an account of the same type"));
    }
    fields.text("account_subtype", 64)?;
    let name = fields.text("name", MOST_SHORT_TEXT)?;
    let code = fields.text("account_number", MOST_CODE)?;
    let stable_name = stable_name(&fields)?;
    if let Some(known) = known {
        if kind != known.kind {
            return Err(fields.wrong("account_type", "and normality of an account stay what they are"));
        }
        if stable_name.as_ref().is_some_and(|name| *name != known.stable_name) {
            return Err(fields.wrong("stable_name", "of an account stays what it is"));
        }
    }
    Ok(NewAccount {
        code: code.unwrap_or_else(|| known.map_or_else(|| next_code(book, kind), |known| known.code.clone())),
        stable_name,
        name: name.ok_or_else(|| fields.wrong("name", "is required"))?,
        kind,
        namesakes: None,
    })
}
