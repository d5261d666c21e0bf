//! How changes and receipts are spelled in the body of an event: compact JSON, arrays of cells in the order of a table's columns.
//!
//! A body is enough to rebuild the live records, and holds no texts: content records are left out, documents carry only the
//! digest of theirs. Every array of cells stands under its table's name; `verify` and an auditor read it with the column lists in
//! `tables.rs`.

use std::fmt::Write as _;

use quittance_accounting::identity::{DocumentKind, DocumentRef};
use quittance_accounting::journal::JournalEntry;
use quittance_accounting::plan::{BalanceEffect, CreditEffect, InvoiceEffect, PaymentEffect, Plan, Receipt};
use quittance_accounting::record::{Change, Record, RecordKey};
use serde_json::Value;

use crate::field::{Cell, Field, Row, Sink};
use crate::tables::{TABLES, key_of, record_of, table_of, table_of_key};

/// Appends cells as JSON, each after a comma but for the first of a list. Absent values at the end of a row are left out: most rows say
/// nothing of other currencies.
struct Json<'a> {
    out: &'a mut String,
    first: bool,
    absent: usize,
}

impl<'a> Json<'a> {
    /// At the start of a list.
    fn list(out: &'a mut String) -> Json<'a> {
        Json {
            out,
            first: true,
            absent: 0,
        }
    }

    /// After something else in the list.
    fn more(out: &'a mut String) -> Json<'a> {
        Json {
            out,
            first: false,
            absent: 0,
        }
    }

    fn next(&mut self) -> &mut String {
        for _ in 0..std::mem::take(&mut self.absent) {
            self.comma();
            self.out.push_str("null");
        }
        self.comma();
        self.out
    }

    fn comma(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.out.push(',');
        }
    }
}

impl Sink for Json<'_> {
    fn null(&mut self) {
        self.absent += 1;
    }
    fn int(&mut self, number: i64) {
        push_number(self.next(), number);
    }
    fn text(&mut self, text: &str) {
        push_text(self.next(), text);
    }
}

fn push_number(out: &mut String, number: i64) {
    // Writing to a string never fails.
    let _always = write!(out, "{number}");
}

/// Appends a text as a JSON string.
fn push_text(out: &mut String, text: &str) {
    let plain = text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\');
    if plain {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&Value::from(text).to_string());
    }
}

fn push_cells(out: &mut String, sign: char, table: &str, row: &impl Row) {
    out.push_str("[\"");
    out.push(sign);
    out.push_str(table);
    out.push('"');
    row.write(&mut Json::more(out));
    out.push(']');
}

fn read_cell(value: &Value) -> Option<Cell> {
    match value {
        Value::Null => Some(Cell::Null),
        Value::Number(number) => number.as_i64().map(Cell::Int),
        Value::String(text) => Some(Cell::Text(text.clone())),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Writes records as text, for the column of a tombstone.
pub fn records_text(records: &[Record]) -> String {
    let mut out = String::from("[");
    for (i, record) in records.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push_cells(&mut out, '+', table_of(record).name, record);
    }
    out.push(']');
    out
}

/// Reads records from text.
pub fn records_from_text(text: &str) -> Option<Vec<Record>> {
    let Value::Array(items) = serde_json::from_str(text).ok()? else {
        return None;
    };
    let put = |item: &Value| match read_change(item)? {
        Change::Put(record) => Some(record),
        Change::Remove(_) => None,
    };
    items.iter().map(put).collect()
}

fn read_cells(items: &[Value]) -> Option<Vec<Cell>> {
    items.iter().map(read_cell).collect()
}

/// Reads a record from the cells of its columns, of which absent ones at the end were left out.
fn read_record(table: &str, mut cells: Vec<Cell>) -> Option<Record> {
    let columns = TABLES.iter().find(|known| known.name == table)?.columns;
    if cells.len() < columns.len() {
        cells.resize(columns.len(), Cell::Null);
    }
    record_of(table, &cells).ok()?
}

fn read_change(item: &Value) -> Option<Change> {
    let items = item.as_array()?;
    let head = items.first()?.as_str()?;
    let (sign, table) = head.split_at_checked(1)?;
    let cells = read_cells(&items[1..])?;
    match sign {
        "+" => read_record(table, cells).map(Change::Put),
        "-" => key_of(table, &cells).map(Change::Remove),
        _ => None,
    }
}

/// Writes the body of the event that a plan becomes. `reason` is why a delete was asked for.
pub fn body(plan: &Plan, reason: Option<&str>) -> String {
    let mut out = String::with_capacity(1024);
    out.push_str("{\"changes\":[");
    let mut first = true;
    for change in &plan.changes {
        if matches!(change.key(), RecordKey::Content(_)) {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        match change {
            Change::Put(record) => push_cells(&mut out, '+', table_of(record).name, record),
            Change::Remove(key) => push_cells(&mut out, '-', table_of_key(key).name, key),
        }
    }
    out.push(']');
    if let Some(receipt) = &plan.receipt {
        out.push_str(",\"receipt\":");
        push_receipt(&mut out, receipt);
    }
    if let Some(reason) = reason {
        out.push_str(",\"reason\":");
        push_text(&mut out, reason);
    }
    out.push('}');
    out
}

/// What the body of an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// What happened to the records.
    pub changes: Vec<Change>,
    /// The receipt of a delete.
    pub receipt: Option<Receipt>,
    /// Why a delete was asked for.
    pub reason: Option<String>,
}

/// Reads the body of an event.
pub fn read_body(text: &str) -> Result<Body, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let changes = value
        .get("changes")
        .and_then(Value::as_array)
        .ok_or("it has no changes")?;
    let changes = changes
        .iter()
        .map(|item| read_change(item).ok_or_else(|| format!("not a change: {item}")));
    Ok(Body {
        changes: changes.collect::<Result<_, _>>()?,
        receipt: match value.get("receipt") {
            Some(receipt) => Some(read_receipt(receipt).ok_or("its receipt cannot be read")?),
            None => None,
        },
        reason: value.get("reason").and_then(Value::as_str).map(str::to_owned),
    })
}

fn read_field<T: Field>(value: Option<&Value>) -> Option<T> {
    T::read(&read_cell(value?)?)
}

/// Appends what is in a list, between brackets.
fn push_list<T>(out: &mut String, list: impl IntoIterator<Item = T>, push: impl Fn(&mut String, T)) {
    out.push('[');
    for (i, item) in list.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

fn push_row(out: &mut String, row: &(impl Row + ?Sized)) {
    out.push('[');
    row.write(&mut Json::list(out));
    out.push(']');
}

fn push_field(out: &mut String, field: &impl Field) {
    let at = out.len();
    field.write(&mut Json::list(out));
    if out.len() == at {
        out.push_str("null");
    }
}

fn push_entry(out: &mut String, entry: &JournalEntry) {
    out.push_str("{\"entry\":");
    push_row(out, entry.entry());
    out.push_str(",\"postings\":");
    push_list(out, entry.postings(), push_row);
    out.push('}');
}

fn read_entry(value: &Value) -> Option<JournalEntry> {
    let record = |table: &str, value: &Value| read_record(table, read_cells(value.as_array()?)?);
    let Record::Entry(entry) = record("entry", value.get("entry")?)? else {
        return None;
    };
    let posting = |value: &Value| match record("posting", value)? {
        Record::Posting(posting) => Some(posting),
        _ => None,
    };
    let postings: Option<Vec<_>> = value.get("postings")?.as_array()?.iter().map(posting).collect();
    JournalEntry::assemble(entry, postings?).ok()
}

impl Row for BalanceEffect {
    fn write(&self, to: &mut impl Sink) {
        self.account.write(to);
        self.day.write(to);
        for turnover in [self.before, self.after] {
            turnover.debits.write(to);
            turnover.credits.write(to);
        }
        self.currency.write(to);
    }
}

impl Row for PaymentEffect {
    fn write(&self, to: &mut impl Sink) {
        self.payment.write(to);
        self.id.write(to);
        self.allocated.write(to);
        self.amount_after.write(to);
        self.unallocated_after.write(to);
    }
}

impl Row for CreditEffect {
    fn write(&self, to: &mut impl Sink) {
        self.credit_note.write(to);
        self.id.write(to);
        self.applied.write(to);
        self.left_after.write(to);
    }
}

impl Row for InvoiceEffect {
    fn write(&self, to: &mut impl Sink) {
        self.invoice.write(to);
        self.id.write(to);
        self.applied.write(to);
        self.open_after.write(to);
    }
}

fn read_credit(row: &Value) -> Option<CreditEffect> {
    let row = row.as_array()?;
    Some(CreditEffect {
        credit_note: read_field(row.first())?,
        id: read_field(row.get(1))?,
        applied: read_field(row.get(2))?,
        left_after: read_field(row.get(3))?,
    })
}

fn read_invoice(row: &Value) -> Option<InvoiceEffect> {
    let row = row.as_array()?;
    Some(InvoiceEffect {
        invoice: read_field(row.first())?,
        id: read_field(row.get(1))?,
        applied: read_field(row.get(2))?,
        open_after: read_field(row.get(3))?,
    })
}

/// The kinds of documents whose deletion has a receipt.
const DELETED: [DocumentKind; 2] = [DocumentKind::Invoice, DocumentKind::CreditNote];

fn deleted_word(kind: DocumentKind) -> &'static str {
    let known = DocumentKind::ALL.iter().find(|(known, _)| *known == kind);
    known.map_or("", |(_, word)| word)
}

fn read_deleted(value: &Value) -> Option<DocumentRef> {
    DELETED.iter().find_map(|kind| {
        let number = value.get(deleted_word(*kind))?.as_i64()?;
        Some(DocumentRef { kind: *kind, number })
    })
}

fn push_receipt(out: &mut String, receipt: &Receipt) {
    // A receipt says what was deleted by the word of its kind.
    out.push_str("{\"");
    out.push_str(deleted_word(receipt.document.kind));
    out.push_str("\":");
    push_number(out, receipt.document.number);
    out.push_str(",\"id\":");
    push_field(out, &receipt.id);
    out.push_str(",\"rules\":");
    push_text(out, &receipt.rules);
    out.push_str(",\"withdrawn\":");
    push_list(out, &receipt.withdrawn, push_entry);
    out.push_str(",\"recorded\":");
    push_list(out, &receipt.recorded, push_entry);
    out.push_str(",\"balances\":");
    push_list(out, &receipt.balances, push_row);
    out.push_str(",\"payments\":");
    push_list(out, &receipt.payments, push_row);
    if !receipt.credits.is_empty() {
        out.push_str(",\"credits\":");
        push_list(out, &receipt.credits, push_row);
    }
    if !receipt.invoices.is_empty() {
        out.push_str(",\"invoices\":");
        push_list(out, &receipt.invoices, push_row);
    }
    if let Some((number, state)) = &receipt.register {
        out.push_str(",\"register\":");
        push_row(out, [number.cell(), state.cell()].as_slice());
    }
    out.push_str(",\"fate\":");
    push_field(out, &receipt.fate);
    out.push('}');
}

fn read_receipt(value: &Value) -> Option<Receipt> {
    let list = |name: &str| value.get(name)?.as_array();
    let number = |row: &[Value], at: usize| row.get(at).and_then(Value::as_i64);
    let balance = |row: &Value| {
        let row = row.as_array()?;
        let turnover = |at| {
            Some(quittance_accounting::kept::Turnover {
                debits: number(row, at)?,
                credits: number(row, at + 1)?,
            })
        };
        Some(BalanceEffect {
            account: read_field(row.first())?,
            day: read_field(row.get(1))?,
            before: turnover(2)?,
            after: turnover(4)?,
            currency: match row.get(6) {
                Some(currency) => read_field(Some(currency))?,
                None => None,
            },
        })
    };
    let payment = |row: &Value| {
        let row = row.as_array()?;
        Some(PaymentEffect {
            payment: read_field(row.first())?,
            id: read_field(row.get(1))?,
            allocated: read_field(row.get(2))?,
            amount_after: read_field(row.get(3))?,
            unallocated_after: read_field(row.get(4))?,
        })
    };
    Some(Receipt {
        document: read_deleted(value)?,
        id: read_field(value.get("id"))?,
        rules: read_field(value.get("rules"))?,
        withdrawn: list("withdrawn")?.iter().map(read_entry).collect::<Option<_>>()?,
        recorded: list("recorded")?.iter().map(read_entry).collect::<Option<_>>()?,
        balances: list("balances")?.iter().map(balance).collect::<Option<_>>()?,
        payments: list("payments")?.iter().map(payment).collect::<Option<_>>()?,
        credits: match value.get("credits") {
            Some(rows) => rows.as_array()?.iter().map(read_credit).collect::<Option<_>>()?,
            None => Vec::new(),
        },
        invoices: match value.get("invoices") {
            Some(rows) => rows.as_array()?.iter().map(read_invoice).collect::<Option<_>>()?,
            None => Vec::new(),
        },
        register: match value.get("register") {
            Some(row) => Some((read_field(row.get(0))?, read_field(row.get(1))?)),
            None => None,
        },
        fate: read_field(value.get("fate"))?,
    })
}
