//! Credit memos, in both directions.
//!
//! A line here is an amount on an account. What the books keep as a tax of a line is a line of its own on the account of the tax, so
//! that the lines come to the total; a line on the sales tax account becomes a tax.

use std::collections::BTreeSet;

use quittance_accounting::account::{AccountRole, LedgerAccount};
use quittance_accounting::identity::{AccountKey, CustomerKey, EntryKey, ProductKey};
use quittance_accounting::invoice::MOST_LINES;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::Amount;
use quittance_accounting::settlement::CreditLine;
use quittance_accounting::snapshot::Named;
use quittance_books::content::{CreditNoteContent, LineContent, RefundContent};
use quittance_books::input::{
    Applying, CreditLineInput, CreditNoteEdit, CreditNoteInput, CreditOf, RefundInput, RefundOf,
};
use quittance_books::listing::{CreditOrder, CreditQuery, CreditState, TextPath};
use quittance_books::queries::AroundCredit;
use quittance_books::view::{BookView, CreditNoteView};
use serde_json::{Map, Value};

use super::super::manners::{DIALECT, LINES_PER_MEMO, MOST_NAME, MOST_TEXT, PAYMENTS_PER_MEMO, Paging};
use super::super::wire::{CreditMemoOut, Kind, MEMO_KEPT, MEMO_LINE_KEPT, MemoLineOut, MemoPaymentOut};
use super::fields::{Fields, Need, day, each, objects, whole};
use super::filters::{NO_NUL, no_choice};
use super::overpaid::PREFIX;
use super::paying::positive;
use super::reading::{Setting, account, line_currency};
use super::showing::kept;
use super::{entity, instant, integer, money, number_of};
use crate::http::Request;

const CONTRACT: TextPath = &["extra", DIALECT, "contract"];

/// A line as a client gives it.
struct Given {
    account: AccountKey,
    product: Option<ProductKey>,
    amount: Amount,
    is_tax: bool,
    texts: LineContent,
}

impl Given {
    fn input(&self) -> CreditLineInput {
        let account = AccountChoice::Key(self.account);
        let product = self.product.map(|key| Named::Key(key.0));
        let (role, none) = (AccountChoice::Role(AccountRole::Sales), Amount::ZERO);
        let (account, product, amount, taxes) = match self.is_tax {
            true => (role, None, none, vec![(account, self.amount)]),
            false => (account, product, self.amount, Vec::new()),
        };
        CreditLineInput {
            account,
            product,
            amount,
            taxes,
        }
    }
}

/// A new credit memo, or all that is wrong with it.
pub fn new(body: &Map<String, Value>, setting: &Setting<'_>) -> Result<CreditNoteInput, Value> {
    let settings = &setting.book.settings;
    let mut fields = Fields::of(body);
    let lines = lines(&mut fields, Need::Required, setting);
    let number = fields.text("credit_memo_number", Need::Optional, MOST_NAME);
    let on = fields.date("credit_memo_date", Need::Required);
    let memo = fields.text("message_on_credit_memo", Need::Optional, MOST_TEXT);
    line_currency(&mut fields, settings.currency);
    fields.reference("entity", Need::Required, &BTreeSet::from([entity(setting.book.key)]));
    let client = fields.reference("client", Need::Required, &setting.known.customers);
    let own = fields.kept(&MEMO_KEPT);
    let errors = fields.errors();
    let named = client.and_then(|id| setting.named(id));
    let customer = match (errors, named) {
        (Some(errors), _) => return Err(errors),
        (None, named) => named.unwrap_or(Named::Key(0)),
    };
    let lines = lines.unwrap_or_default();
    let mut content = CreditNoteContent {
        memo,
        ..CreditNoteContent::default()
    };
    if !own.is_empty() {
        content.extra.insert(DIALECT.to_owned(), Value::Object(own));
    }
    let inputs = lines.iter().map(Given::input).collect();
    content.lines = lines.into_iter().map(|line| line.texts).collect();
    Ok(CreditNoteInput {
        of: CreditOf::Free {
            customer,
            currency: settings.currency,
            rate: None,
            lines: inputs,
        },
        number: match number.filter(|text| !text.is_empty()) {
            Some(number) => NumberChoice::Explicit(number),
            None => NumberChoice::Counted,
        },
        external_id: None,
        on,
        at: None,
        applying: Applying::Nothing,
        content,
    })
}

fn lines(fields: &mut Fields<'_>, need: Need, setting: &Setting<'_>) -> Option<Vec<Given>> {
    let value = fields.value("lines", need)?;
    let read = objects(value, MOST_LINES).and_then(|items| each(items, |members| line(members, setting)));
    if let Err(errors) = &read {
        fields.say_inside("lines", errors.clone());
    }
    read.ok()
}

fn line(members: &Map<String, Value>, setting: &Setting<'_>) -> Result<Given, Value> {
    let settings = &setting.book.settings;
    let mut fields = Fields::of(members);
    let description = fields.text("description", Need::Optional, MOST_TEXT);
    let amount = fields.money("amount", Need::Required, settings);
    let product = fields.reference("product", Need::Optional, &setting.known.products);
    let account = line_account(&mut fields, setting.book);
    line_currency(&mut fields, settings.currency);
    let own = fields.kept(&MEMO_LINE_KEPT);
    let errors = fields.errors();
    let account = match (errors, account) {
        (Some(errors), _) => return Err(errors),
        (None, account) => account,
    };
    let mut texts = LineContent {
        description,
        ..LineContent::default()
    };
    if !own.is_empty() {
        texts.extra.insert(DIALECT.to_owned(), Value::Object(own));
    }
    Ok(Given {
        account: account.map_or(AccountKey(0), |account| account.key),
        product: product.and_then(|id| number_of(setting.book.key, id)).map(ProductKey),
        amount: amount.unwrap_or(Amount::ZERO),
        is_tax: account.is_some_and(|account| account.role == AccountRole::SalesTax),
        texts,
    })
}

/// The account that a line debits, which is none of the control accounts.
fn line_account<'a>(fields: &mut Fields<'_>, book: &'a BookView) -> Option<&'a LedgerAccount> {
    let known: BTreeSet<i64> = book
        .accounts
        .iter()
        .map(|account| integer(book.key, account.key.0))
        .collect();
    let number = number_of(book.key, fields.reference("account", Need::Required, &known)?)?;
    let account = book.account(AccountKey(number))?;
    if account.role.is_control() {
        fields.say("account", "Only documents as a whole post to this account.");
        return None;
    }
    Some(account)
}

/// Credit of the memo given back by a transaction of the bank, which the books know by its integer alone: once per memo.
pub fn given_back(body: &Map<String, Value>, book: &BookView, view: &CreditNoteView) -> Result<RefundInput, Value> {
    let mut fields = Fields::of(body);
    let transaction = fields
        .value("transaction_id", Need::Required)
        .and_then(|value| whole(value).flatten());
    let kept = fields.kept(&[("transaction_id", Kind::Integer)]);
    let account = account(&mut fields, "account_id", Need::Required, book);
    let amount = positive(&mut fields, &book.settings);
    let on = fields.date("payment_date", Need::Required);
    let memo = fields.text("memo", Need::Optional, MOST_TEXT);
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    let external_id = transaction.map(|id| format!("{DIALECT} transaction {id} of memo {}", view.note.key.0));
    let extra = std::iter::once((DIALECT.to_owned(), Value::Object(kept)));
    Ok(RefundInput {
        amount,
        on,
        clearing: account,
        external_id,
        content: RefundContent {
            memo,
            extra: extra.collect(),
        },
        ..RefundInput::of(match view.credit.witness.is_money() {
            true => RefundOf::Unapplied(Named::Key(view.note.key.0)),
            false => RefundOf::Credit(Named::Key(view.note.key.0)),
        })
    })
}

/// A change of the memo that is seen, or all that is wrong with it. A `PUT` must name what a creation must name; beyond that both
/// change the members that are there and no other.
pub fn change(
    body: &Map<String, Value>,
    setting: &Setting<'_>,
    view: &CreditNoteView,
    whole: bool,
) -> Result<CreditNoteEdit, Value> {
    let need = if whole { Need::Required } else { Need::Given };
    let mut fields = Fields::of(body);
    let mut edit = CreditNoteEdit::of(view);
    if let Some(lines) = lines(&mut fields, need, setting) {
        replace_lines(&mut edit, view, lines);
    }
    let number = fields.text("credit_memo_number", Need::Optional, MOST_NAME);
    let other = |number: &String| !number.is_empty() && *number != view.note.number;
    edit.number = number.filter(other).map(NumberChoice::Explicit);
    if let Some(date) = fields.date("credit_memo_date", need) {
        edit.on = date;
    }
    if fields.has("message_on_credit_memo") {
        edit.content.memo = fields.text("message_on_credit_memo", Need::Optional, MOST_TEXT);
    }
    line_currency(&mut fields, view.credit.currency);
    fields.reference("entity", need, &BTreeSet::from([entity(setting.book.key)]));
    let client = fields.reference("client", need, &setting.known.customers);
    let client = client.and_then(|id| number_of(setting.book.key, id)).map(CustomerKey);
    let other = |key: &CustomerKey| view.credit.customer != Some(*key);
    edit.customer = client.filter(other).map(|key| Named::Key(key.0));
    keep(&mut fields, &mut edit);
    fields.errors().map_or(Ok(edit), Err)
}

/// Lines that say of figures what is shown keep them, and bring texts.
fn replace_lines(edit: &mut CreditNoteEdit, view: &CreditNoteView, lines: Vec<Given>) {
    let shown = rows(view);
    let same = |(row, line): (&Row<'_>, &Given)| {
        let product = row.line.product.filter(|_| !row.is_tax);
        (row.account, product, row.amount) == (line.account, line.product, line.amount)
    };
    if shown.len() != lines.len() || !shown.iter().zip(&lines).all(same) {
        edit.lines = Some(lines.iter().map(Given::input).collect());
        edit.content.lines = lines.into_iter().map(|line| line.texts).collect();
        return;
    }
    let most = view.lines.len();
    edit.content.lines.resize(most, LineContent::default());
    for (row, line) in shown.iter().zip(lines) {
        let at = usize::try_from(row.line.place - 1).ok();
        let texts = at.and_then(|at| edit.content.lines.get_mut(at));
        if let (true, Some(texts)) = (row.has_texts, texts) {
            // What another dialect calls it stays where nothing else is said.
            if line.texts.description != texts.description.clone().or(texts.name.clone()) {
                texts.description = line.texts.description;
            }
            texts.extra.remove(DIALECT);
            texts.extra.extend(line.texts.extra);
        }
    }
}

/// Members that are only kept: those that are there are replaced.
fn keep(fields: &mut Fields<'_>, edit: &mut CreditNoteEdit) {
    let named: Vec<(&str, Kind)> = MEMO_KEPT.into_iter().filter(|(name, _)| fields.has(name)).collect();
    let new = fields.kept(&named);
    if named.is_empty() {
        return;
    }
    let known = edit.content.extra.entry(DIALECT.to_owned()).or_default();
    let mut own = known.as_object().cloned().unwrap_or_default();
    own.retain(|name, _| !named.iter().any(|(replaced, _)| replaced == name));
    own.extend(new);
    *known = Value::Object(own);
}

/// A line of the books, or a tax of it, as a line of a memo.
struct Row<'a> {
    line: &'a CreditLine,
    account: AccountKey,
    amount: Amount,
    is_tax: bool,
    /// Whether the texts of the line are shown here: with its amount, or with its tax where that is all there is.
    has_texts: bool,
}

fn rows(view: &CreditNoteView) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for line in &view.lines {
        let only_tax = line.amount.is_zero() && !line.taxes.is_empty();
        if !only_tax {
            rows.push(Row {
                line,
                account: line.account,
                amount: line.amount,
                is_tax: false,
                has_texts: true,
            });
        }
        for (at, share) in line.taxes.iter().enumerate() {
            if !share.amount.is_zero() {
                rows.push(Row {
                    line,
                    account: share.account,
                    amount: share.amount,
                    is_tax: true,
                    has_texts: only_tax && at == 0,
                });
            }
        }
    }
    rows
}

/// Whether all that is shown with a memo and stands elsewhere is known.
pub fn is_around(view: &CreditNoteView, around: &AroundCredit) -> bool {
    let live = view.allocations.iter().map(|part| part.entry);
    let former = view.former.iter();
    let former = former.flat_map(|part| std::iter::once(part.entry).chain(part.undone));
    let mut products = view.lines.iter().filter_map(|line| line.product);
    live.chain(former).all(|entry| around.days.contains_key(&entry))
        && products.all(|key| around.products.contains_key(&key))
        && view
            .credit
            .customer
            .is_none_or(|key| around.customers.contains_key(&key))
}

/// A credit memo.
pub fn memo(view: &CreditNoteView, book: &BookView, around: &AroundCredit) -> CreditMemoOut {
    let (credit, note) = (&view.credit, &view.note);
    let id = |number: i64| integer(book.key, number);
    let shown = |amount: Amount| money(amount, credit.currency);
    let used = credit.amount.minus(credit.unallocated).unwrap_or(Amount::ZERO);
    let used = if credit.voided.is_some() { Amount::ZERO } else { used };
    let customer = credit.customer.and_then(|key| around.customers.get(&key));
    let mut accounts = book.accounts.iter();
    let account = accounts.find(|account| account.role == credit.witness.control());
    let sent = view.content.extra.get(DIALECT).and_then(|own| own.get("last_sent_at"));
    let applied = view
        .allocations
        .iter()
        .filter_map(|part| around.days.get(&part.entry))
        .max();
    CreditMemoOut {
        id: id(note.key.0),
        lines: lines_out(view, book, around),
        payments: payments(view, book, around),
        amount_remaining: shown(credit.unallocated),
        entity_name: book.settings.name.clone(),
        entity_currency: book.settings.currency.code().to_owned(),
        client_name: customer.map(|view| view.content.name.clone()),
        client_email: customer.and_then(|view| view.content.email.clone()),
        contract_name: None,
        credit_account_number: account.map(|account| account.code.clone()),
        credit_account_name: account.map(called),
        attachments: [],
        credit_memo_number: note.number.clone(),
        voided_date: credit.voided.map(|voided| voided.on.to_string()),
        voided_journal_entry_order: None,
        last_modified_at: instant(credit.updated_at),
        is_deleted: false,
        deleted_at: None,
        search_text: None,
        credit_memo_date: credit.paid_on.to_string(),
        applied_date: applied.map(|day| day.to_string()),
        message_on_credit_memo: view.content.memo.clone(),
        application_status: status(view),
        currency: credit.currency.code().to_owned(),
        kept: kept(&view.content.extra, &MEMO_KEPT),
        created_at: instant(credit.created_at),
        last_sent_at: sent.and_then(Value::as_str).map(str::to_owned),
        total_amount: shown(credit.amount),
        amount_used: shown(used),
        customer: book.key.0,
        entity: entity(book.key),
        client: credit.customer.map(|key| id(key.0)),
        credit_account: account.map(|account| id(account.key.0)),
        journal_entry: credit.receipt_entry.map(|key| id(key.0)),
        voided_journal_entry: credit.voided.and_then(|voided| voided.entry).map(|key| id(key.0)),
    }
}

fn status(view: &CreditNoteView) -> &'static str {
    let credit = &view.credit;
    let left = credit.unallocated;
    match (credit.voided.is_some(), left == credit.amount, left.is_positive()) {
        (true, _, _) => "voided",
        (false, true, _) => "open",
        (false, false, true) => "partially_used",
        (false, false, false) => "used",
    }
}

/// The vendor's name of an account in passing: its number and its name.
fn called(account: &LedgerAccount) -> String {
    format!("{} - {}", account.code, account.name)
}

fn lines_out(view: &CreditNoteView, book: &BookView, around: &AroundCredit) -> Vec<MemoLineOut> {
    let (memo, credit) = (integer(book.key, view.note.key.0), &view.credit);
    let line = |(place, row): (i64, Row<'_>)| {
        let at = usize::try_from(row.line.place - 1).ok();
        let texts = at.and_then(|at| view.content.lines.get(at));
        let texts = texts.filter(|_| row.has_texts).cloned().unwrap_or_default();
        let account = book.account(row.account);
        let product = row.line.product.filter(|_| !row.is_tax);
        let name = product.and_then(|key| around.products.get(&key));
        MemoLineOut {
            id: memo.saturating_mul(LINES_PER_MEMO).saturating_add(place),
            credit_memo: memo,
            account_number: account.map(|account| account.code.clone()),
            account_name: account.map(called),
            product_name: name.map(|view| view.content.name.clone()),
            department_name: None,
            tags: [],
            description: texts.description.or(texts.name),
            amount: money(row.amount, credit.currency),
            created_at: instant(credit.created_at),
            last_modified_at: instant(credit.updated_at),
            customer: book.key.0,
            product: product.map(|key| integer(book.key, key.0)),
            account: integer(book.key, row.account.0),
            kept: kept(&texts.extra, &MEMO_LINE_KEPT),
        }
    };
    (1..).zip(rows(view)).map(line).collect()
}

/// What it settles, and what it settled and was undone, in the order in which it was applied.
fn payments(view: &CreditNoteView, book: &BookView, around: &AroundCredit) -> Vec<MemoPaymentOut> {
    let memo = integer(book.key, view.note.key.0);
    let day = |key: EntryKey| around.days.get(&key).map(|day| day.to_string());
    let row = |place: i64, invoice: Option<i64>, amount: Amount, entry: EntryKey, undone: Option<EntryKey>| {
        let id = memo.saturating_mul(PAYMENTS_PER_MEMO).saturating_add(place);
        MemoPaymentOut {
            id,
            payment_journal_entry_order: None,
            invoice: invoice.map(|number| integer(book.key, number).to_string()),
            currency: view.credit.currency.code().to_owned(),
            amount: money(amount, view.credit.currency),
            payment_date: day(entry),
            created_at: instant(view.credit.created_at),
            last_modified_at: instant(view.credit.updated_at),
            voided_date: undone.and_then(day),
            customer: book.key.0,
            credit_memo: memo,
            payment_journal_entry: integer(book.key, entry.0),
            payment_transaction: None,
            voided_journal_entry: undone.map(|key| integer(book.key, key.0)),
        }
    };
    let live = view.allocations.iter();
    let live = live.map(|part| row(part.place, Some(part.invoice.0), part.amount, part.entry, None));
    let former = view.former.iter().map(|part| {
        let invoice = part.invoice.map(|key| key.0);
        row(part.place, invoice, part.amount, part.entry, part.undone)
    });
    let mut all: Vec<MemoPaymentOut> = live.chain(former).collect();
    all.sort_by_key(|row| row.id);
    all
}

/// Reads a list's query; `None` when nothing can match.
pub fn query(request: &Request, book: &BookView, paging: Paging) -> Result<Option<CreditQuery>, Value> {
    let nothing = Map::new();
    let mut wrong = Fields::of(&nothing);
    let (mut clients, mut contracts, mut entities) = (Vec::new(), Vec::new(), Vec::new());
    let mut query = CreditQuery {
        order: CreditOrder::On,
        descending: true,
        offset: paging.offset,
        limit: paging.limit,
        count: true,
        money: Some(PREFIX),
        ..CreditQuery::default()
    };
    for (name, value) in request.query_pairs() {
        let mut number = |into: &mut Vec<i64>| match value.parse() {
            Ok(number) => into.push(number),
            Err(_) => wrong.say(&name, "Enter a number."),
        };
        match (name.as_str(), value.as_str()) {
            (_, "") => {}
            (_, text) if text.contains('\0') => wrong.say(&name, NO_NUL),
            ("client", _) => number(&mut clients),
            ("contract", _) => number(&mut contracts),
            ("entity", _) => number(&mut entities),
            ("start_date" | "end_date", text) => match day(text) {
                None => wrong.say(&name, "Enter a valid date."),
                Some(date) if name == "start_date" => query.on.0 = Some(date),
                Some(date) => query.on.1 = Some(date),
            },
            ("status", word) => match state(word) {
                None => wrong.say(&name, no_choice(word)),
                known => query.state = known,
            },
            ("sort", word) => match order(word) {
                None => wrong.say(&name, no_choice(word)),
                Some((order, descending)) => (query.order, query.descending) = (order, descending),
            },
            ("q", _) => query.mentions = Some(value),
            _ => {}
        }
    }
    if let Some(errors) = wrong.errors() {
        return Err(errors);
    }
    if !clients.is_empty() {
        let own = clients.iter().filter_map(|id| number_of(book.key, *id));
        query.customers = Some(own.map(CustomerKey).collect());
    }
    if !contracts.is_empty() {
        let values = contracts.iter().map(i64::to_string).collect();
        query.says.push((CONTRACT, values));
    }
    let own = entities.is_empty() || entities.contains(&entity(book.key));
    Ok(own.then_some(query))
}

fn state(word: &str) -> Option<CreditState> {
    match word {
        "open" => Some(CreditState::Open),
        "partially_used" => Some(CreditState::PartUsed),
        "used" => Some(CreditState::Used),
        "voided" => Some(CreditState::Void),
        _ => None,
    }
}

fn order(word: &str) -> Option<(CreditOrder, bool)> {
    let (name, descending) = match word.strip_prefix('-') {
        Some(name) => (name, true),
        None => (word, false),
    };
    let order = match name {
        "credit_memo_date" => CreditOrder::On,
        "total_amount" => CreditOrder::Amount,
        "amount_used" => CreditOrder::Used,
        "client_name" => CreditOrder::CustomerName,
        _ => return None,
    };
    Some((order, descending))
}
