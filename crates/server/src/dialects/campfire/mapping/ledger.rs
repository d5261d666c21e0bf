//! Ledger accounts and journal entries: from the vendor's shapes to what the books take, and back.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use quittance_accounting::account::{AccountKind, LedgerAccount, Side};
use quittance_accounting::identity::DocumentKind;
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::journal::{EntryKind, Posting};
use quittance_accounting::ledger::{AccountChange, MOST_MOVEMENTS, Movement, NewAccount, stable_name_of};
use quittance_books::content::{EntryContent, LineContent};
use quittance_books::input::EntryInput;
use quittance_books::listing::EntryQuery;
use quittance_books::view::{BookView, EntryView};
use serde_json::{Map, Value, json};

use super::super::manners::{DIALECT, MOST_ACCOUNT_NUMBER, MOST_NAME, MOST_TEXT, MOST_TYPE, Paging};
use super::super::wire::{ACCOUNT_TYPES, ENTRY_LINE_KEPT, EntryLineOut, EntryOut, OWN_ENTRY};
use super::fields::{Fields, Need, day, each, objects};
use super::reading::{account, line_currency};
use super::showing::account_type;
use super::{entity, instant, integer, money};
use crate::http::Request;

/// A new account, and what only this dialect knows of it.
pub fn new_account(body: &Map<String, Value>, book: &BookView) -> Result<(NewAccount, Value), Value> {
    let mut fields = Fields::of(body);
    let number = fields.text("number", Need::Required, MOST_ACCOUNT_NUMBER);
    let name = fields.text("name", Need::Required, MOST_NAME);
    fields.value("account_type", Need::Required);
    let words: Vec<&'static str> = ACCOUNT_TYPES.iter().map(|(word, _)| *word).collect();
    let word = fields.choice("account_type", &words);
    let subtype = fields.text("account_subtype", Need::Optional, MOST_TYPE);
    if fields.choice("status", &["ACTIVE", "INACTIVE"]) == Some("INACTIVE") {
        fields.say("status", "An account begins as ACTIVE.");
    }
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    let (code, name) = (number.unwrap_or_default(), name.unwrap_or_default());
    // Other dialects call an account by a stable name, which must be one of its kind; names need not be.
    let stable = stable_name_of(&name);
    let taken = stable.is_empty() || book.accounts.iter().any(|account| account.stable_name == stable);
    let stable = if taken {
        stable_name_of(&format!("{name} {code}"))
    } else {
        stable
    };
    let kind = word.and_then(kind_of).unwrap_or(AccountKind::Asset);
    let new = NewAccount {
        code,
        stable_name: (!stable.is_empty()).then_some(stable),
        name,
        kind,
        namesakes: None,
    };
    Ok((new, json!({"account_type": word, "account_subtype": subtype})))
}

/// The kind in the books of the vendor's type.
fn kind_of(word: &str) -> Option<AccountKind> {
    ACCOUNT_TYPES
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, kind)| *kind)
}

/// What is to change about an account, and what only this dialect knows of it from then on. Its type can be another word for the same
/// kind; the kind stays.
pub fn account_change(
    body: &Map<String, Value>,
    known: &LedgerAccount,
    words: Option<&Value>,
    whole: bool,
) -> Result<(AccountChange, Option<Value>), Value> {
    let need = if whole { Need::Required } else { Need::Given };
    let mut fields = Fields::of(body);
    let code = fields.text("number", need, MOST_ACCOUNT_NUMBER);
    let name = fields.text("name", need, MOST_NAME);
    fields.value("account_type", need);
    let types: Vec<&'static str> = ACCOUNT_TYPES.iter().map(|(word, _)| *word).collect();
    let word = fields.choice("account_type", &types);
    let shown = account_type(known, words);
    if word.is_some_and(|word| word != shown && kind_of(word) != Some(known.kind)) {
        fields.say("account_type", "This field cannot be changed.");
    }
    let subtype = fields.text("account_subtype", Need::Optional, MOST_TYPE);
    let status = fields.choice("status", &["ACTIVE", "INACTIVE"]);
    let says_more = word.is_some() || fields.has("account_subtype");
    let kept_subtype = words.and_then(|words| words.get("account_subtype")).cloned();
    let subtype = match fields.has("account_subtype") {
        true => subtype.map(Value::from),
        false => kept_subtype,
    };
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    let change = AccountChange {
        code,
        name,
        active: status.map(|status| status == "ACTIVE"),
    };
    let words = json!({"account_type": word.map_or(shown, str::to_owned), "account_subtype": subtype});
    Ok((change, says_more.then_some(words)))
}

/// A new entry, and the day of its reversal if it is to have one.
pub fn new_entry(body: &Map<String, Value>, book: &BookView) -> Result<(EntryInput, Option<Date>), Value> {
    let mut fields = Fields::of(body);
    let date = fields.date("date", Need::Required);
    let kind = fields.text("type", Need::Optional, MOST_TYPE);
    if let Some(kind) = kind.as_deref().filter(|kind| OWN_ENTRY.contains(kind)) {
        fields.say("type", format!("\"{kind}\" is not a valid choice."));
    }
    let memo = fields.text("memo", Need::Optional, MOST_TEXT);
    fields.reference("entity", Need::Required, &BTreeSet::from([entity(book.key)]));
    line_currency(&mut fields, book.settings.currency);
    let reversal = fields.date("reversal_date", Need::Optional);
    if reversal.zip(date).is_some_and(|(reversal, date)| reversal < date) {
        fields.say("reversal_date", "Ensure this date is not before date.");
    }
    let items = fields.value("transactions", Need::Required);
    let read = items.map(|items| {
        let items = objects(items, MOST_MOVEMENTS)?;
        each(items, |members| movement(members, book))
    });
    if let Some(Err(errors)) = &read {
        fields.say_inside("transactions", errors.clone());
    }
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    let (movements, lines) = read.and_then(Result::ok).unwrap_or_default().into_iter().unzip();
    let mut content = EntryContent {
        memo,
        lines,
        ..EntryContent::default()
    };
    let mut kept = Map::new();
    kept.extend(
        kind.filter(|kind| !kind.is_empty())
            .map(|kind| ("type".to_owned(), Value::from(kind))),
    );
    kept.extend(reversal.map(|day| ("reversal_date".to_owned(), Value::from(day.to_string()))));
    content.extra.insert(DIALECT.to_owned(), Value::Object(kept));
    let input = EntryInput {
        date,
        movements,
        external_id: None,
        content,
    };
    Ok((input, reversal))
}

fn movement(members: &Map<String, Value>, book: &BookView) -> Result<(Movement, LineContent), Value> {
    let mut fields = Fields::of(members);
    let account = account(&mut fields, "account", Need::Required, book);
    let mut amounts = Vec::new();
    for (member, side) in [
        ("debit_amount_native", Side::Debit),
        ("credit_amount_native", Side::Credit),
    ] {
        let amount = fields.money(member, Need::Optional, &book.settings);
        if amount.is_some_and(|amount| amount.is_negative()) {
            fields.say(member, "Ensure this value is greater than or equal to 0.");
        }
        amounts.extend(
            amount
                .filter(|amount| amount.is_positive())
                .map(|amount| (side, amount)),
        );
    }
    let description = fields.text("description", Need::Optional, MOST_TEXT);
    line_currency(&mut fields, book.settings.currency);
    let kept = fields.kept(&ENTRY_LINE_KEPT);
    let errors = fields.errors();
    let (side, amount) = match (errors, amounts.as_slice()) {
        (Some(errors), _) => return Err(errors),
        (None, [only]) => *only,
        (None, _) => {
            let text = "One of debit_amount_native and credit_amount_native is required.";
            return Err(json!({ "non_field_errors": [text] }));
        }
    };
    let mut texts = LineContent {
        description,
        ..LineContent::default()
    };
    if !kept.is_empty() {
        texts.extra.insert(DIALECT.to_owned(), Value::Object(kept));
    }
    let account = account.unwrap_or(AccountChoice::StableName(String::new()));
    Ok((Movement { account, side, amount }, texts))
}

/// The vendor's type of an entry.
fn entry_type(view: &EntryView) -> String {
    let entry = view.entry.entry();
    let is_of_credit = entry.document.kind == DocumentKind::CreditNote;
    let own = match entry.kind {
        EntryKind::Issue => "invoice",
        EntryKind::Void => "void_invoice",
        EntryKind::Allocation if is_of_credit => "credit_memo_payment",
        EntryKind::Unallocation if is_of_credit => "void_credit_memo_payment",
        EntryKind::Allocation | EntryKind::Receipt => "invoice_payment",
        EntryKind::Unallocation | EntryKind::PaymentVoid => "void_invoice_payment",
        EntryKind::CreditNote => "credit_memo",
        EntryKind::CreditVoid => "void_credit_memo",
        EntryKind::Refund | EntryKind::Payout => "invoice_refund",
        EntryKind::WriteOff => "bad_debt",
        EntryKind::Manual | EntryKind::Reversal => {
            let sent = view.content.extra.get(DIALECT).and_then(|sent| sent.get("type"));
            return sent.and_then(Value::as_str).unwrap_or("journal_entry").to_owned();
        }
    };
    own.to_owned()
}

/// The kinds of entry that a type of the vendor's is of, and the kind of document where that tells them apart.
fn kinds_of(word: &str) -> Option<(Vec<EntryKind>, Option<DocumentKind>)> {
    let settling = match word {
        "invoice_payment" | "void_invoice_payment" => Some(DocumentKind::Payment),
        "credit_memo_payment" | "void_credit_memo_payment" => Some(DocumentKind::CreditNote),
        _ => None,
    };
    let kinds = match word {
        "invoice" => vec![EntryKind::Issue],
        "void_invoice" => vec![EntryKind::Void],
        "invoice_payment" => vec![EntryKind::Allocation, EntryKind::Receipt],
        "void_invoice_payment" => vec![EntryKind::Unallocation, EntryKind::PaymentVoid],
        "credit_memo_payment" => vec![EntryKind::Allocation],
        "void_credit_memo_payment" => vec![EntryKind::Unallocation],
        "credit_memo" => vec![EntryKind::CreditNote],
        "void_credit_memo" => vec![EntryKind::CreditVoid],
        "invoice_refund" => vec![EntryKind::Refund, EntryKind::Payout],
        "bad_debt" => vec![EntryKind::WriteOff],
        "journal_entry" => vec![EntryKind::Manual, EntryKind::Reversal],
        _ => return None,
    };
    Some((kinds, settling))
}

/// An entry.
pub fn entry(view: &EntryView, book: &BookView) -> EntryOut {
    let head = view.entry.entry();
    let id = |number: i64| integer(book.key, number);
    let manual = view.manual.as_ref();
    let sent = view
        .content
        .extra
        .get(DIALECT)
        .and_then(|sent| sent.get("reversal_date"));
    let line = |posting: &Posting| entry_line(view, posting, book);
    EntryOut {
        id: id(head.key.0),
        date: head.date.to_string(),
        r#type: entry_type(view),
        memo: view.content.memo.clone(),
        entity: entity(book.key),
        entity_name: book.settings.name.clone(),
        currency: book.settings.currency.code().to_owned(),
        reversal_date: sent.and_then(Value::as_str).map(str::to_owned),
        reversed_by: manual.and_then(|manual| manual.reversed_by).map(|key| id(key.0)),
        reversal_of: manual.and_then(|manual| manual.reverses).map(|key| id(key.0)),
        invoice: head.invoice.map(|key| id(key.0)),
        transactions: view.entry.postings().iter().map(line).collect(),
        customer: book.key.0,
        created_at: manual.map(|manual| instant(manual.created_at)),
    }
}

fn entry_line(view: &EntryView, posting: &Posting, book: &BookView) -> EntryLineOut {
    let known = book.account(posting.account);
    let amount = money(posting.amount, book.settings.currency);
    let (debit, credit) = match posting.side {
        Side::Debit => (Some(amount), None),
        Side::Credit => (None, Some(amount)),
    };
    let at = usize::try_from(posting.place - 1).ok();
    let texts = at
        .and_then(|at| view.content.lines.get(at))
        .cloned()
        .unwrap_or_default();
    EntryLineOut {
        id: integer(book.key, posting.entry.0)
            .saturating_mul(super::super::manners::LINES_PER_INVOICE)
            .saturating_add(posting.place),
        account: integer(book.key, posting.account.0),
        account_number: known.map(|account| account.code.clone()),
        account_name: known.map(|account| account.name.clone()),
        debit_amount_native: debit,
        credit_amount_native: credit,
        description: texts.description.clone(),
        kept: super::showing::kept(&texts.extra, &ENTRY_LINE_KEPT),
    }
}

/// Which entries a list is asked for; `None` when nothing can match. Unless a day or all of them are asked for, those of the last six
/// months.
pub fn entries(request: &Request, book: &BookView, paging: Paging, today: Date) -> Result<Option<EntryQuery>, Value> {
    let nothing = Map::new();
    let mut wrong = Fields::of(&nothing);
    let (mut date, mut kinds, mut all_time, mut own) = ((None, None), None, false, true);
    let mut documents = None;
    let mut entities = Vec::new();
    for (name, value) in request.query_pairs() {
        match (name.as_str(), value.as_str()) {
            (_, "") => {}
            ("start_date" | "end_date", text) => match day(text) {
                Some(given) if name == "start_date" => date.0 = Some(given),
                Some(given) => date.1 = Some(given),
                None => wrong.say(&name, "Enter a valid date."),
            },
            ("type", word) => match kinds_of(word) {
                Some((of_word, of_documents)) => (kinds, documents) = (Some(of_word), of_documents),
                None => wrong.say(&name, super::filters::no_choice(word)),
            },
            ("all_time", "true" | "True" | "1") => all_time = true,
            ("all_time", "false" | "False" | "0") => all_time = false,
            ("all_time", _) => wrong.say(&name, "Must be a valid boolean."),
            ("entity", text) => match text.parse::<i64>() {
                Ok(id) => entities.push(id),
                Err(_) => wrong.say(&name, "Enter a number."),
            },
            _ => {}
        }
    }
    if let Some(errors) = wrong.errors() {
        return Err(errors);
    }
    own &= entities.is_empty() || entities.contains(&entity(book.key));
    if date == (None, None) && !all_time {
        date.0 = today.checked_sub(6.months()).ok();
    }
    Ok(own.then_some(EntryQuery {
        kinds,
        documents,
        date,
        descending: true,
        offset: paging.offset,
        limit: paging.limit,
        ..EntryQuery::default()
    }))
}
