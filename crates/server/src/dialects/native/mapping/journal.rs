//! Ledger accounts and journal entries: from the wire to what the books take, and back.

use quittance_accounting::account::{AccountKind, LedgerAccount, Side};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::journal::Posting;
use quittance_accounting::ledger::{AccountChange, MOST_MOVEMENTS, Movement, NewAccount};
use quittance_accounting::money::Currency;
use quittance_books::content::{EntryContent, LineContent};
use quittance_books::input::{EntryInput, ReversalInput};
use quittance_books::ledger::AccountPosting;
use quittance_books::view::{BookView, EntryView};
use serde_json::{Value, json};

use super::reading::{OneCurrency, metadata};
use super::showing::{account_in_passing, metadata_of, text};
use crate::dialects::native::manners::{MOST_MEMO, MOST_NAME, MOST_REFERENCE};
use crate::dialects::native::wire::{Invalid, Members, Word, day, instant, money, optional};

/// The longest number of an account.
const MOST_CODE: usize = 20;

/// A ledger account to add.
pub fn new_account(body: &Value) -> Result<NewAccount, Invalid> {
    let mut members = Members::of(body, "")?;
    let (code, name) = (members.text("code", MOST_CODE)?, members.text("name", MOST_NAME)?);
    let kind = members.word("kind", &AccountKind::ALL)?;
    let new = NewAccount {
        code: members.need("code", code)?,
        stable_name: stable_name(&mut members)?,
        name: members.need("name", name)?,
        kind: members.need("kind", kind)?,
        namesakes: None,
    };
    members.finish()?;
    Ok(new)
}

/// A stable name stands in paths, so it holds only what needs no escaping there.
fn stable_name(members: &mut Members<'_>) -> Result<Option<String>, Invalid> {
    let name = members.text("stable_name", MOST_REFERENCE)?;
    let plain = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match name {
        Some(name) if !plain(&name) => Err(members.wrong("stable_name", "may hold letters, digits and `_` only")),
        other => Ok(other),
    }
}

/// What is to change about a ledger account; at least one thing.
pub fn account_change(body: &Value) -> Result<AccountChange, Invalid> {
    let mut members = Members::of(body, "")?;
    let change = AccountChange {
        code: members.text("code", MOST_CODE)?,
        name: members.text("name", MOST_NAME)?,
        active: members.truth("active")?,
    };
    if change == AccountChange::default() {
        return Err(members.wrong("name", "is required where neither code nor active is given"));
    }
    members.finish()?;
    Ok(change)
}

/// An entry to record by hand, and the currency that it names.
pub fn new_entry(body: &Value) -> Result<(EntryInput, OneCurrency), Invalid> {
    let mut members = Members::of(body, "")?;
    let mut money = OneCurrency::default();
    let items = members.list("postings", usize::MAX)?.unwrap_or_default();
    let (mut movements, mut lines) = (Vec::new(), Vec::new());
    // One more than may be is read, so that the books refuse the count with its facts.
    for (index, item) in items.iter().take(MOST_MOVEMENTS + 1).enumerate() {
        let mut item = Members::of(item, &format!("postings[{index}]"))?;
        let account = item.text("account", MOST_REFERENCE)?;
        let side = item.word("side", &[(Side::Debit, "debit"), (Side::Credit, "credit")])?;
        let amount = money.amount(&mut item, "amount")?;
        movements.push(Movement {
            account: AccountChoice::StableName(item.need("account", account)?),
            side: item.need("side", side)?,
            amount: item.need("amount", amount)?,
        });
        lines.push(LineContent {
            description: item.text("memo", MOST_MEMO)?,
            ..LineContent::default()
        });
        item.finish()?;
    }
    let input = EntryInput {
        date: members.day("date")?,
        movements,
        external_id: members.text("external_id", MOST_REFERENCE)?,
        content: EntryContent {
            memo: members.text("memo", MOST_MEMO)?,
            lines,
            extra: metadata(&mut members)?,
        },
    };
    members.finish()?;
    Ok((input, money))
}

/// The reversal of an entry.
pub fn reversal(body: &Value) -> Result<ReversalInput, Invalid> {
    let mut members = Members::of(body, "")?;
    let input = ReversalInput {
        date: members.day("date")?,
        external_id: members.text("external_id", MOST_REFERENCE)?,
        content: EntryContent {
            memo: members.text("memo", MOST_MEMO)?,
            lines: Vec::new(),
            extra: metadata(&mut members)?,
        },
    };
    members.finish()?;
    Ok(input)
}

/// A ledger account.
pub fn account(account: &LedgerAccount) -> Value {
    json!({
        "code": account.code,
        "stable_name": account.stable_name,
        "name": account.name,
        "kind": account.kind.word(),
        "normal_side": account.kind.normal_side().word(),
        "role": account.role.word(),
        "control": account.role.is_control(),
        "active": account.active,
    })
}

/// A journal entry. One that a document made has no id of its own and goes by its number.
pub fn entry(view: &EntryView, book: &BookView) -> Value {
    let (head, currency) = (view.entry.entry(), book.settings.currency);
    let manual = view.manual.as_ref();
    let line = |posting: &Posting| {
        let at = usize::try_from(posting.place - 1).ok();
        let texts = at.and_then(|at| view.content.lines.get(at));
        let mut shown = json!({
            "account": account_in_passing(book, posting.account),
            "side": posting.side.word(),
            "amount": money(posting.amount, currency),
            "memo": texts.map_or(Value::Null, |texts| text(&texts.description)),
        });
        if let Some(own) = posting.foreign {
            shown["document_amount"] = money(own.amount, own.currency);
        }
        shown
    };
    json!({
        "number": head.key.0,
        "id": optional(manual, |manual| Value::from(manual.id.hex())),
        "external_id": manual.map_or(Value::Null, |manual| text(&manual.external_id)),
        "date": day(head.date),
        "kind": head.kind.word(),
        "document": {"kind": head.document.kind.word(), "number": head.document.number},
        "memo": text(&view.content.memo),
        "postings": view.entry.postings().iter().map(line).collect::<Vec<_>>(),
        "reverses": optional(manual.and_then(|manual| manual.reverses), |key| Value::from(key.0)),
        "reversed_by": optional(manual.and_then(|manual| manual.reversed_by), |key| Value::from(key.0)),
        "metadata": metadata_of(&view.content.extra),
        "created_at": optional(manual, |manual| instant(manual.created_at)),
    })
}

/// A posting on the ledger of its account.
pub fn account_posting(row: &AccountPosting, currency: Currency) -> Value {
    let mut shown = json!({
        "entry": row.entry.key.0,
        "date": day(row.posting.date),
        "side": row.posting.side.word(),
        "amount": money(row.posting.amount, currency),
        "kind": row.entry.kind.word(),
        "document": {"kind": row.entry.document.kind.word(), "number": row.entry.document.number},
    });
    if let Some(own) = row.posting.foreign {
        shown["document_amount"] = money(own.amount, own.currency);
    }
    shown
}
