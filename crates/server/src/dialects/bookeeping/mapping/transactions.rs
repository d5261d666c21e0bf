//! Journal entries as the vendor's transactions.
//!
//! Every entry of the journal is a transaction, whatever recorded it; one that is made here is a manual entry. The id follows from the
//! entry's number, so it is the same wherever the entry is shown. Deliberately absent: asking the books.

use jiff::Timestamp;
use quittance_accounting::account::{AccountRole, LedgerAccount, Side};
use quittance_accounting::identity::{BookKey, DocumentId, EntryKey};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::journal::Posting;
use quittance_accounting::ledger::Movement;
use quittance_accounting::money::{Amount, Money, exact};
use quittance_accounting::settlement::Method;
use quittance_books::content::{EntryContent, LineContent};
use quittance_books::input::EntryInput;
use quittance_books::view::{CustomerView, EntryView};
use serde_json::{Map, Value};

use super::categories::Chart;
use super::incoming::{Fields, extra};
use super::{When, category, day, id, instant, major, money_account, outgoing, zone};
use crate::dialects::bookeeping::errors::Problem;
use crate::dialects::bookeeping::manners::{LONG_TEXT, MOST_ENTRIES, SHORT_TEXT};
use crate::dialects::bookeeping::wire::{Transaction, TransactionEntry};

/// Bits of the number of an entry below the book's in an id: sixteen million; what is above stands in the time part.
const LOW_BITS: u32 = 24;
/// The time part of a transaction's id begins here: after those of categories and accounts, long before any document.
const TRANSACTION_TIME: u64 = 2;
/// The last time part: so many times sixteen million entries.
const LAST_TIME: u64 = 1 << 20;

/// The id of a journal entry as a transaction.
pub fn transaction_id(book: BookKey, entry: EntryKey) -> String {
    let number = entry.0.unsigned_abs();
    let low = |number: u64| number & ((1 << LOW_BITS) - 1);
    let time = TRANSACTION_TIME + (number >> LOW_BITS);
    DocumentId::new(time, low(book.0.unsigned_abs()) << LOW_BITS | low(number)).hex()
}

/// The entry that an id of a transaction names, whether or not it is there.
pub fn entry_key(book: BookKey, id: DocumentId) -> Option<EntryKey> {
    let text = id.hex();
    let (time, rest) = text.split_at_checked(12)?;
    let time = u64::from_str_radix(time, 16).ok()?;
    let rest = u64::from_str_radix(rest, 16).ok()?;
    let above = time.checked_sub(TRANSACTION_TIME).filter(|_| time < LAST_TIME)?;
    let number = above << LOW_BITS | (rest & ((1 << LOW_BITS) - 1));
    let key = EntryKey(i64::try_from(number).ok()?);
    (transaction_id(book, key) == text).then_some(key)
}

/// What is known of an entry beside itself: who it concerns, when it was recorded, and how the money came.
#[derive(Debug, Default)]
pub struct Circumstances {
    /// The counterparty.
    pub customer: Option<CustomerView>,
    /// When its document was made.
    pub created_at: Option<Timestamp>,
    /// How it was paid.
    pub method: Option<Method>,
    /// The client's reference of it.
    pub reference: Option<String>,
    /// A note on it.
    pub note: Option<String>,
    /// The category that a client named when it marked an invoice as paid: shown where the receivable is credited.
    pub category: Option<String>,
}

fn kept<'a>(view: &'a EntryView, member: &str) -> Option<&'a Value> {
    outgoing::kept(&view.content.extra, member)
}

/// The word of a method of payment. The vendor's words are not all known; what has none is `OTHER`.
fn method_word(method: Option<Method>) -> &'static str {
    match method {
        Some(Method::Cash) => "CASH",
        Some(Method::Check) => "CHEQUE",
        Some(Method::Card) => "CARD",
        Some(Method::BankTransfer) => "NEFT",
        Some(Method::CreditBalance | Method::Other) | None => "OTHER",
    }
}

/// An entry of the journal, as a transaction.
pub fn transaction(chart: &Chart, view: &EntryView, about: &Circumstances) -> Transaction {
    let entry = view.entry.entry();
    let currency = chart.settings.currency;
    let postings = view.entry.postings();
    let debits = postings.iter().filter(|posting| posting.side == Side::Debit);
    let total = Amount::sum(debits.map(|posting| posting.amount)).unwrap_or(Amount::ZERO);
    let foreign = foreign_total(postings);
    let money = postings.iter().find(|posting| is_money(chart, posting));
    let money = money.and_then(|posting| chart.account(posting.account));
    let made = view
        .manual
        .as_ref()
        .map(|manual| manual.created_at)
        .or(about.created_at);
    let made = made.map_or_else(|| day(entry.date), instant);
    let text = |member: &str| kept(view, member).and_then(Value::as_str).map(str::to_owned);
    Transaction {
        id: transaction_id(chart.key, entry.key),
        project_id: chart.settings.id.hex(),
        total_amount: major(total, currency),
        transaction_date: text("transactionDate").unwrap_or_else(|| day(entry.date)),
        payment_method: text("paymentMethod").unwrap_or_else(|| method_word(about.method).to_owned()),
        is_reconciled: kept(view, "isReconciled").and_then(Value::as_bool).unwrap_or(false),
        entries: entries(chart, view, about),
        ref_no: text("refNo").or_else(|| about.reference.clone()),
        currency: currency.code().to_owned(),
        counter_party: about.customer.as_ref().map(outgoing::embedded),
        account: money.map(|account| outgoing::money_account(chart, account)),
        source: if view.manual.is_some() { "MANUAL" } else { "SYSTEM" },
        classes: vec![],
        attachments_ids: vec![],
        original_amount: foreign.map(|money| major(money.amount, money.currency)),
        original_currency: foreign.map(|money| money.currency.code().to_owned()),
        attached_transaction_id: None,
        non_profit_allocations: vec![],
        non_profit_grant_id: None,
        created_at: made.clone(),
        updated_at: made,
    }
}

fn is_money(chart: &Chart, posting: &Posting) -> bool {
    chart.money_accounts().any(|known| known.key == posting.account)
}

/// The debits and credits of a transaction. Where marking as paid credits the receivable, the category that the client named is shown.
fn entries(chart: &Chart, view: &EntryView, about: &Circumstances) -> Vec<TransactionEntry> {
    let postings = view.entry.postings();
    let named = kept(view, "main").and_then(Value::as_i64);
    let first = postings.iter().find(|posting| !is_money(chart, posting));
    let main = named.or(first.map(|posting| posting.place));
    let note = |posting: &Posting| {
        let at = usize::try_from(posting.place - 1).unwrap_or(usize::MAX);
        let own = view.content.lines.get(at).and_then(|line| line.description.clone());
        own.or_else(|| about.note.clone().filter(|_| Some(posting.place) == main))
    };
    let shown = |posting: &Posting| {
        let named = || category(chart, DocumentId::from_hex(about.category.as_deref()?)?);
        let posted = chart.account(posting.account)?;
        let is_settled = posted.role == AccountRole::Receivable && posting.side == Side::Credit;
        is_settled.then(named).flatten().or(Some(posted))
    };
    let entry = |posting: &Posting| {
        let account = shown(posting);
        TransactionEntry {
            id: posting.place.to_string(),
            amount: major(posting.amount, chart.settings.currency),
            kind: match posting.side {
                Side::Debit => "DEBIT",
                Side::Credit => "CREDIT",
            },
            category: account.map(|account| chart.category(account)),
            parent_category: account.map(|account| chart.parent_category(account)),
            is_main: Some(posting.place) == main,
            note: note(posting),
        }
    };
    postings.iter().map(entry).collect()
}

/// What the debits of an entry in another currency come to in that.
fn foreign_total(postings: &[Posting]) -> Option<Money> {
    let debits = || postings.iter().filter(|posting| posting.side == Side::Debit);
    let currency = debits().find_map(|posting| posting.foreign)?.currency;
    let amount = Amount::sum(debits().filter_map(|posting| posting.foreign).map(|money| money.amount))?;
    Some(Money { amount, currency })
}

const MEMBERS: [&str; 9] = [
    "totalAmount",
    "transactionDate",
    "paymentMethod",
    "isReconciled",
    "entries",
    "refNo",
    "currency",
    "counterParty",
    "account",
];
const ENTRY_MEMBERS: [&str; 7] = ["id", "amount", "type", "category", "parentCategory", "isMain", "note"];

/// A transaction to record.
pub struct NewTransaction {
    /// The entry.
    pub input: EntryInput,
    /// The counterparty it names.
    pub counterparty: Option<DocumentId>,
    /// What to warn of.
    pub warnings: Vec<String>,
}

/// Reads a transaction to record.
pub fn new_transaction(members: &Map<String, Value>, book: &Chart) -> Result<NewTransaction, Problem> {
    let fields = Fields::of(members);
    let currency = book.settings.currency;
    fields.own_currency(book)?;
    let amount = |fields: &Fields<'_>, member: &str| {
        let value = fields.number(member)?;
        let amount = exact(value, currency).filter(|amount| amount.is_positive());
        amount.ok_or_else(|| {
            let places = currency.exponent();
            fields.fault(
                member,
                &format!("must be more than zero, with at most {places} decimal places"),
            )
        })
    };
    let total = amount(&fields, "totalAmount")?;
    let date = fields.needed_text("transactionDate", SHORT_TEXT)?;
    let date = When::read(&date, "transactionDate", &zone(book))?;
    let method = fields.needed_text("paymentMethod", SHORT_TEXT)?;
    let reconciled = match fields.given("isReconciled") {
        Some(Value::Bool(reconciled)) => *reconciled,
        Some(_) => return Err(fields.fault("isReconciled", "must be true or false")),
        None => return Err(fields.fault("isReconciled", "is required")),
    };
    let mut kept = Map::new();
    let mut warnings = fields.warnings(&MEMBERS);
    let (mut movements, mut texts) = (Vec::new(), Vec::new());
    for (at, entry) in fields.objects("entries", MOST_ENTRIES)?.iter().enumerate() {
        let named = entry.needed_text("category", SHORT_TEXT)?;
        let account = category(book, id(&named, &entry.name("category"))?)
            .ok_or_else(|| entry.fault("category", "is not a category of this project"))?;
        let side = match entry.needed_text("type", SHORT_TEXT)?.as_str() {
            "DEBIT" => Side::Debit,
            "CREDIT" => Side::Credit,
            _ => return Err(entry.fault("type", "must be DEBIT or CREDIT")),
        };
        if entry.given("isMain") == Some(&Value::Bool(true)) {
            kept.insert("main".to_owned(), Value::from(at as i64 + 1));
        }
        movements.push(Movement {
            account: AccountChoice::Key(account.key),
            side,
            amount: amount(entry, "amount")?,
        });
        texts.push(LineContent {
            description: entry.text("note", LONG_TEXT)?,
            ..LineContent::default()
        });
        warnings.extend(entry.warnings(&ENTRY_MEMBERS));
    }
    balanced(&movements, total)?;
    let account = named_account(&fields, book, &movements)?;
    let counterparty = match fields.text("counterParty", SHORT_TEXT)? {
        Some(text) => Some(id(&text, "counterParty")?),
        None => None,
    };
    kept.insert("paymentMethod".to_owned(), Value::from(method));
    kept.insert("isReconciled".to_owned(), Value::Bool(reconciled));
    let reference = fields.text("refNo", SHORT_TEXT)?;
    kept.extend(reference.map(|text| ("refNo".to_owned(), Value::from(text))));
    kept.extend(
        date.at
            .map(|at| ("transactionDate".to_owned(), Value::from(instant(at)))),
    );
    kept.extend(counterparty.map(|id| ("counterParty".to_owned(), Value::from(id.hex()))));
    kept.extend(account.map(|account| ("account".to_owned(), Value::from(account.key.0))));
    Ok(NewTransaction {
        input: EntryInput {
            date: Some(date.day),
            movements,
            external_id: None,
            content: EntryContent {
                memo: None,
                lines: texts,
                extra: extra(kept),
            },
        },
        counterparty,
        warnings,
    })
}

/// Debits, credits and the total are the same.
fn balanced(movements: &[Movement], total: Amount) -> Result<(), Problem> {
    for (side, word) in [(Side::Debit, "debit"), (Side::Credit, "credit")] {
        let of_side = movements.iter().filter(|movement| movement.side == side);
        if Amount::sum(of_side.map(|movement| movement.amount)) != Some(total) {
            return Err(Problem::bad(format!("The {word} entries must come to totalAmount")));
        }
    }
    Ok(())
}

/// The account that is named must be one of those that the entries move.
fn named_account<'a>(
    fields: &Fields<'_>,
    book: &'a Chart,
    movements: &[Movement],
) -> Result<Option<&'a LedgerAccount>, Problem> {
    let Some(text) = fields.text("account", SHORT_TEXT)? else {
        return Ok(None);
    };
    let account = money_account(book, id(&text, "account")?)
        .ok_or_else(|| fields.fault("account", "is not an account of this project"))?;
    let moved = |movement: &Movement| movement.account == AccountChoice::Key(account.key);
    if movements.iter().any(moved) {
        Ok(Some(account))
    } else {
        Err(fields.fault("account", "must be the category of one of the entries"))
    }
}

/// The counterparty that a transaction was recorded with.
pub fn counterparty_of(view: &EntryView) -> Option<DocumentId> {
    kept(view, "counterParty")?.as_str().and_then(DocumentId::from_hex)
}

/// Whether an entry says the same as one that is to be recorded: then it is probably the same transaction, sent twice.
pub fn is_same(view: &EntryView, new: &EntryInput) -> bool {
    let said = |view: &EntryView, member: &str| kept(view, member).cloned();
    let of_new = |member: &str| outgoing::kept(&new.content.extra, member).cloned();
    let moves = |posting: &Posting, movement: &Movement| {
        AccountChoice::Key(posting.account) == movement.account
            && posting.side == movement.side
            && posting.amount == movement.amount
    };
    let postings = view.entry.postings();
    Some(view.entry.entry().date) == new.date
        && postings.len() == new.movements.len()
        && postings
            .iter()
            .zip(&new.movements)
            .all(|(posting, movement)| moves(posting, movement))
        && ["refNo", "counterParty"]
            .iter()
            .all(|member| said(view, member) == of_new(member))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_one_entry_of_one_book() {
        for number in [1, 2, (1 << 24) - 1, 1 << 24, (1 << 43) - 1] {
            let (book, entry) = (BookKey(7), EntryKey(number));
            let id = DocumentId::from_hex(&transaction_id(book, entry)).unwrap();
            assert_eq!((entry_key(book, id), entry_key(BookKey(8), id)), (Some(entry), None));
        }
        for other in [
            "000000000000000007000001",
            "000000000001000007000001",
            "019cf1b42a00000000000000",
        ] {
            assert_eq!(entry_key(BookKey(7), DocumentId::from_hex(other).unwrap()), None);
        }
    }
}
