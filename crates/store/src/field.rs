//! How single values are spelled in a column and in an event: as text, as a whole number, or not at all.

use std::fmt::{Display, LowerHex, Write as _};

use arrayvec::ArrayString;
use jiff::{Timestamp, civil::Date};
use quittance_accounting::account::{AccountKind, AccountRole, Side};
use quittance_accounting::book::{GrantKind, NumberState, Role, SealedReport};
use quittance_accounting::content::{Digest, Fate};
use quittance_accounting::exchange::Rate;
use quittance_accounting::identity::{
    AccountKey, CreditNoteKey, CustomerKey, DocumentId, DocumentKind, EntryKey, InvoiceKey, PaymentKey, ProductKey,
    RefundKey, ResourceKey, TokenKey, WriteOffKey,
};
use quittance_accounting::invoice::{Standing, TaxShare};
use quittance_accounting::journal::EntryKind;
use quittance_accounting::kept::{Grain, TallyKey};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::plan::EventKind;
use quittance_accounting::rounding::{Half, RoundedPer};
use quittance_accounting::settlement::{Method, Witness};
use rust_decimal::Decimal;

/// A value as a column holds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
}

impl Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cell::Null => f.write_str("nothing"),
            Cell::Int(number) => write!(f, "{number}"),
            Cell::Text(text) => write!(f, "{text:?}"),
        }
    }
}

/// The cells of a key as whoever reads of a flaw sees them; the book, which every key starts with, is left out.
pub fn key_text(cells: &[Cell]) -> String {
    if cells.is_empty() {
        return "of the book".to_owned();
    }
    let cells: Vec<String> = cells.iter().map(Cell::to_string).collect();
    cells.join(", ")
}

/// Where cells go, one after the other: into a statement, an event, a hash. Texts are lent, so that most are never allocated.
pub trait Sink {
    /// Nothing.
    fn null(&mut self);
    /// A whole number.
    fn int(&mut self, number: i64);
    /// A text.
    fn text(&mut self, text: &str);
}

impl Sink for Vec<Cell> {
    fn null(&mut self) {
        self.push(Cell::Null);
    }
    fn int(&mut self, number: i64) {
        self.push(Cell::Int(number));
    }
    fn text(&mut self, text: &str) {
        self.push(Cell::Text(text.to_owned()));
    }
}

impl Sink for Cell {
    fn null(&mut self) {
        *self = Cell::Null;
    }
    fn int(&mut self, number: i64) {
        *self = Cell::Int(number);
    }
    fn text(&mut self, text: &str) {
        *self = Cell::Text(text.to_owned());
    }
}

/// What is written as several cells.
pub trait Row {
    /// Writes them, in order.
    fn write(&self, to: &mut impl Sink);
}

impl Row for [Cell] {
    fn write(&self, to: &mut impl Sink) {
        for cell in self {
            match cell {
                Cell::Null => to.null(),
                Cell::Int(number) => to.int(*number),
                Cell::Text(text) => to.text(text),
            }
        }
    }
}

/// A value that a column can hold.
pub trait Field: Sized {
    /// Writes it as one cell.
    fn write(&self, to: &mut impl Sink);
    /// Reads it; `None` when the cell holds something that no value of this type is written as.
    fn read(cell: &Cell) -> Option<Self>;
    /// The cell that it is written as.
    fn cell(&self) -> Cell {
        let mut cell = Cell::Null;
        self.write(&mut cell);
        cell
    }
}

impl Field for i64 {
    fn write(&self, to: &mut impl Sink) {
        to.int(*self);
    }
    fn read(cell: &Cell) -> Option<i64> {
        match cell {
            Cell::Int(n) => Some(*n),
            Cell::Null | Cell::Text(_) => None,
        }
    }
}

impl Field for bool {
    fn write(&self, to: &mut impl Sink) {
        to.int(i64::from(*self));
    }
    fn read(cell: &Cell) -> Option<bool> {
        match cell {
            Cell::Int(0) => Some(false),
            Cell::Int(1) => Some(true),
            Cell::Int(_) | Cell::Null | Cell::Text(_) => None,
        }
    }
}

impl Field for String {
    fn write(&self, to: &mut impl Sink) {
        to.text(self);
    }
    fn read(cell: &Cell) -> Option<String> {
        match cell {
            Cell::Text(text) => Some(text.clone()),
            Cell::Null | Cell::Int(_) => None,
        }
    }
}

impl<T: Field> Field for Option<T> {
    fn write(&self, to: &mut impl Sink) {
        match self {
            Some(value) => value.write(to),
            None => to.null(),
        }
    }
    fn read(cell: &Cell) -> Option<Option<T>> {
        match cell {
            Cell::Null => Some(None),
            Cell::Int(_) | Cell::Text(_) => T::read(cell).map(Some),
        }
    }
}

macro_rules! written_as_text {
    ($($type:ty: $write:ident, $read:expr;)*) => {$(
        impl Field for $type {
            fn write(&self, to: &mut impl Sink) {
                $write(self, to);
            }
            fn read(cell: &Cell) -> Option<$type> {
                let read: fn(&str) -> Option<$type> = $read;
                match cell {
                    Cell::Text(text) => read(text),
                    Cell::Null | Cell::Int(_) => None,
                }
            }
        }
    )*};
}

written_as_text! {
    Date: write_shown, |text| text.parse().ok();
    Timestamp: write_instant, |text| text.parse().ok();
    Decimal: write_decimal, |text| text.parse::<Decimal>().ok();
    Currency: write_code, Currency::parse;
    Rate: write_rate, |text| Rate::new(text.parse().ok()?);
    DocumentId: write_hex, DocumentId::from_hex;
    Digest: write_hex, Digest::from_hex;
    Fate: write_fate, read_fate;
    Vec<TaxShare>: write_taxes, read_taxes;
    Vec<SealedReport>: write_reports, read_reports;
    Vec<String>: write_texts, |text| Some(text.split_whitespace().map(str::to_owned).collect());
}

/// Writes what a value is shown as: a short one without allocating.
fn write_shown(value: &impl Display, to: &mut impl Sink) {
    let mut short = ArrayString::<64>::new();
    match write!(short, "{value}") {
        Ok(()) => to.text(&short),
        Err(_) => to.text(&value.to_string()),
    }
}

/// Writes an instant with nine digits, so that text order is time order.
fn write_instant(instant: &Timestamp, to: &mut impl Sink) {
    write_shown(&format_args!("{instant:.9}"), to);
}

fn write_decimal(decimal: &Decimal, to: &mut impl Sink) {
    write_shown(&decimal.normalize(), to);
}

fn write_rate(rate: &Rate, to: &mut impl Sink) {
    write_decimal(&rate.decimal(), to);
}

fn write_code(currency: &Currency, to: &mut impl Sink) {
    to.text(currency.code());
}

fn write_hex(value: &impl LowerHex, to: &mut impl Sink) {
    write_shown(&format_args!("{value:x}"), to);
}

fn write_texts(texts: &[String], to: &mut impl Sink) {
    to.text(&texts.join(" "));
}

fn write_fate(fate: &Fate, to: &mut impl Sink) {
    match fate {
        Fate::Kept => to.text("kept"),
        Fate::RetainedUntil(date) => write_shown(&format_args!("retained {date}"), to),
        Fate::Leaving => to.text("leaving"),
        Fate::Erased(seq) => write_shown(&format_args!("erased {seq}"), to),
    }
}

fn read_fate(text: &str) -> Option<Fate> {
    match text.split_once(' ') {
        None if text == "kept" => Some(Fate::Kept),
        None if text == "leaving" => Some(Fate::Leaving),
        Some(("retained", date)) => date.parse().ok().map(Fate::RetainedUntil),
        Some(("erased", seq)) => seq.parse().ok().map(Fate::Erased),
        Some(_) | None => None,
    }
}

fn write_taxes(taxes: &[TaxShare], to: &mut impl Sink) {
    let mut text = String::new();
    for (place, tax) in taxes.iter().enumerate() {
        let space = if place > 0 { " " } else { "" };
        // Writing to a string never fails.
        let _always = write!(text, "{space}{}:{}", tax.account.0, tax.amount.minor());
    }
    to.text(&text);
}

fn read_taxes(text: &str) -> Option<Vec<TaxShare>> {
    let share = |text: &str| {
        let (account, amount) = text.split_once(':')?;
        Some(TaxShare {
            account: AccountKey(account.parse().ok()?),
            amount: Amount::new(amount.parse().ok()?)?,
        })
    };
    text.split_whitespace().map(share).collect()
}

fn write_reports(reports: &[SealedReport], to: &mut impl Sink) {
    let words: Vec<String> = reports
        .iter()
        .map(|report| format!("{}:{:x}", report.name, report.digest))
        .collect();
    to.text(&words.join(" "));
}

fn read_reports(text: &str) -> Option<Vec<SealedReport>> {
    let report = |text: &str| {
        let (name, digest) = text.split_once(':')?;
        Some(SealedReport {
            name: name.to_owned(),
            digest: Digest::from_hex(digest)?,
        })
    };
    text.split_whitespace().map(report).collect()
}

macro_rules! written_as_number {
    ($($key:ty),*) => {$(
        impl Field for $key {
            fn write(&self, to: &mut impl Sink) {
                to.int(self.0);
            }
            fn read(cell: &Cell) -> Option<$key> {
                i64::read(cell).map(Self)
            }
        }
    )*};
}

written_as_number!(
    AccountKey,
    CustomerKey,
    ProductKey,
    InvoiceKey,
    PaymentKey,
    RefundKey,
    WriteOffKey,
    CreditNoteKey,
    EntryKey,
    TokenKey,
    ResourceKey
);

impl Field for Amount {
    fn write(&self, to: &mut impl Sink) {
        to.int(self.minor());
    }
    fn read(cell: &Cell) -> Option<Amount> {
        i64::read(cell).and_then(Amount::new)
    }
}

macro_rules! written_as_word {
    ($($kind:ty),*) => {$(
        impl Field for $kind {
            fn write(&self, to: &mut impl Sink) {
                to.text(<$kind>::ALL.iter().find(|(kind, _)| kind == self).map_or("", |(_, word)| word));
            }
            fn read(cell: &Cell) -> Option<$kind> {
                match cell {
                    Cell::Text(text) => <$kind>::ALL.iter().find(|(_, word)| word == text).map(|(kind, _)| *kind),
                    Cell::Null | Cell::Int(_) => None,
                }
            }
        }
    )*};
}

written_as_word!(
    RoundedPer,
    Half,
    AccountKind,
    AccountRole,
    NumberState,
    Role,
    GrantKind,
    DocumentKind,
    EntryKind,
    Method,
    Witness,
    Standing,
    EventKind,
    Grain
);

impl Field for Side {
    fn write(&self, to: &mut impl Sink) {
        to.text(match self {
            Side::Debit => "debit",
            Side::Credit => "credit",
        });
    }
    fn read(cell: &Cell) -> Option<Side> {
        match cell {
            Cell::Text(text) if text == "debit" => Some(Side::Debit),
            Cell::Text(text) if text == "credit" => Some(Side::Credit),
            Cell::Text(_) | Cell::Null | Cell::Int(_) => None,
        }
    }
}

/// Spells the currency of a kept figure: an empty text is the book's, because a key holds no absent values.
pub fn kept_currency(currency: Option<Currency>) -> Cell {
    Cell::Text(currency.map(|currency| currency.code().to_owned()).unwrap_or_default())
}

/// Reads the currency of a kept figure.
pub fn read_kept_currency(cell: &Cell) -> Option<Option<Currency>> {
    match cell {
        Cell::Text(text) if text.is_empty() => Some(None),
        Cell::Text(_) => Currency::read(cell).map(Some),
        Cell::Null | Cell::Int(_) => None,
    }
}

/// What a tally by invoice date begins with; its currency, always of three letters, and its standing follow, so that the date stands alone.
const DATED: &str = "dated ";

/// Spells a tally's key: what it is by, and of what, after the currency when that is not the book's; an empty text stands for none.
pub fn tally_cells(key: &TallyKey) -> [Cell; 2] {
    let (by, currency, of) = match key {
        TallyKey::Dated(currency, standing, day) => {
            let by = format!("{DATED}{currency} {}", standing.word());
            return [Cell::Text(by), day.cell()];
        }
        TallyKey::Standing(standing) => ("standing", None, standing.word().to_owned()),
        TallyKey::Due(currency, day) => ("due", *currency, day.map(|day| day.to_string()).unwrap_or_default()),
        TallyKey::Customer(currency, customer) => {
            let of = customer.map(|key| key.0.to_string()).unwrap_or_default();
            ("customer", *currency, of)
        }
        TallyKey::Settled => ("settled", None, String::new()),
    };
    let of = match currency {
        Some(currency) => format!("{currency} {of}"),
        None => of,
    };
    [Cell::Text(by.to_owned()), Cell::Text(of)]
}

/// Reads a tally's key; `None` when no key is spelled like that.
pub fn read_tally_key(by: &str, of: &str) -> Option<TallyKey> {
    if let Some(dated) = by.strip_prefix(DATED) {
        let (currency, standing) = dated.split_once(' ')?;
        let standing = Standing::read(&Cell::Text(standing.to_owned()))?;
        return Some(TallyKey::Dated(Currency::parse(currency)?, standing, of.parse().ok()?));
    }
    let (currency, of) = match of.split_once(' ') {
        Some((code, of)) => (Some(Currency::parse(code)?), of),
        None => (None, of),
    };
    match (by, of) {
        ("standing", word) if currency.is_none() => {
            Standing::read(&Cell::Text(word.to_owned())).map(TallyKey::Standing)
        }
        ("settled", "") if currency.is_none() => Some(TallyKey::Settled),
        ("due", "") => Some(TallyKey::Due(currency, None)),
        ("due", day) => day.parse().ok().map(|day| TallyKey::Due(currency, Some(day))),
        ("customer", "") => Some(TallyKey::Customer(currency, None)),
        ("customer", number) => number
            .parse()
            .ok()
            .map(|number| TallyKey::Customer(currency, Some(CustomerKey(number)))),
        _ => None,
    }
}
