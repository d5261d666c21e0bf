//! How single values are spelled in a column and in an event: as text, as a whole number, or not at all.

use jiff::{Timestamp, civil::Date};
use quittance_accounting::account::{AccountKind, AccountRole, Side};
use quittance_accounting::book::{NumberState, Role};
use quittance_accounting::content::{Digest, Fate};
use quittance_accounting::identity::{
    AccountKey, CustomerKey, DocumentId, DocumentKind, EntryKey, InvoiceKey, PaymentKey, ProductKey, RefundKey,
    TokenKey, WriteOffKey,
};
use quittance_accounting::invoice::{Standing, TaxShare};
use quittance_accounting::journal::EntryKind;
use quittance_accounting::kept::{Grain, TallyKey};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::plan::EventKind;
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

/// A value that a column can hold.
pub trait Field: Sized {
    /// Writes it.
    fn cell(&self) -> Cell;
    /// Reads it; `None` when the cell holds something that no value of this type is written as.
    fn read(cell: &Cell) -> Option<Self>;
}

impl Field for i64 {
    fn cell(&self) -> Cell {
        Cell::Int(*self)
    }
    fn read(cell: &Cell) -> Option<i64> {
        match cell {
            Cell::Int(n) => Some(*n),
            Cell::Null | Cell::Text(_) => None,
        }
    }
}

impl Field for bool {
    fn cell(&self) -> Cell {
        Cell::Int(i64::from(*self))
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
    fn cell(&self) -> Cell {
        Cell::Text(self.clone())
    }
    fn read(cell: &Cell) -> Option<String> {
        match cell {
            Cell::Text(text) => Some(text.clone()),
            Cell::Null | Cell::Int(_) => None,
        }
    }
}

impl<T: Field> Field for Option<T> {
    fn cell(&self) -> Cell {
        self.as_ref().map_or(Cell::Null, Field::cell)
    }
    fn read(cell: &Cell) -> Option<Option<T>> {
        match cell {
            Cell::Null => Some(None),
            Cell::Int(_) | Cell::Text(_) => T::read(cell).map(Some),
        }
    }
}

macro_rules! written_as_text {
    ($($type:ty: $write:expr, $read:expr;)*) => {$(
        impl Field for $type {
            fn cell(&self) -> Cell {
                let write: fn(&$type) -> String = $write;
                Cell::Text(write(self))
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
    Date: |date| date.to_string(), |text| text.parse().ok();
    Timestamp: write_instant, |text| text.parse().ok();
    Decimal: |decimal| decimal.normalize().to_string(), |text| text.parse::<Decimal>().ok();
    Currency: |currency| currency.code().to_owned(), Currency::parse;
    DocumentId: |id| id.hex(), DocumentId::from_hex;
    Digest: |digest| digest.hex(), Digest::from_hex;
    Fate: write_fate, read_fate;
    Vec<TaxShare>: |taxes| write_taxes(taxes), read_taxes;
    Vec<String>: |texts| texts.join(" "), |text| Some(text.split_whitespace().map(str::to_owned).collect());
}

/// Writes an instant with nine digits, so that text order is time order.
fn write_instant(instant: &Timestamp) -> String {
    format!("{instant:.9}")
}

fn write_fate(fate: &Fate) -> String {
    match fate {
        Fate::Kept => "kept".to_owned(),
        Fate::RetainedUntil(date) => format!("retained {date}"),
        Fate::Leaving => "leaving".to_owned(),
        Fate::Erased(seq) => format!("erased {seq}"),
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

fn write_taxes(taxes: &[TaxShare]) -> String {
    let shares: Vec<String> = taxes
        .iter()
        .map(|tax| format!("{}:{}", tax.account.0, tax.amount.minor()))
        .collect();
    shares.join(" ")
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

macro_rules! written_as_number {
    ($($key:ty),*) => {$(
        impl Field for $key {
            fn cell(&self) -> Cell {
                Cell::Int(self.0)
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
    EntryKey,
    TokenKey
);

impl Field for Amount {
    fn cell(&self) -> Cell {
        Cell::Int(self.minor())
    }
    fn read(cell: &Cell) -> Option<Amount> {
        i64::read(cell).and_then(Amount::new)
    }
}

macro_rules! written_as_word {
    ($($kind:ty),*) => {$(
        impl Field for $kind {
            fn cell(&self) -> Cell {
                let word = <$kind>::ALL.iter().find(|(kind, _)| kind == self).map_or("", |(_, word)| word);
                Cell::Text(word.to_owned())
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
    AccountKind,
    AccountRole,
    NumberState,
    Role,
    DocumentKind,
    EntryKind,
    Method,
    Witness,
    Standing,
    EventKind,
    Grain
);

impl Field for Side {
    fn cell(&self) -> Cell {
        Cell::Text(match self {
            Side::Debit => "debit".to_owned(),
            Side::Credit => "credit".to_owned(),
        })
    }
    fn read(cell: &Cell) -> Option<Side> {
        match cell {
            Cell::Text(text) if text == "debit" => Some(Side::Debit),
            Cell::Text(text) if text == "credit" => Some(Side::Credit),
            Cell::Text(_) | Cell::Null | Cell::Int(_) => None,
        }
    }
}

/// Spells a tally's key: what it is by, and of what; an empty text stands for none.
pub fn tally_cells(key: &TallyKey) -> [Cell; 2] {
    let (by, of) = match key {
        TallyKey::Standing(standing) => ("standing", standing.word().to_owned()),
        TallyKey::Due(day) => ("due", day.map(|day| day.to_string()).unwrap_or_default()),
        TallyKey::Customer(customer) => ("customer", customer.map(|key| key.0.to_string()).unwrap_or_default()),
    };
    [Cell::Text(by.to_owned()), Cell::Text(of)]
}

/// Reads a tally's key; `None` when no key is spelled like that.
pub fn read_tally_key(by: &str, of: &str) -> Option<TallyKey> {
    match (by, of) {
        ("standing", word) => Standing::read(&Cell::Text(word.to_owned())).map(TallyKey::Standing),
        ("due", "") => Some(TallyKey::Due(None)),
        ("due", day) => day.parse().ok().map(|day| TallyKey::Due(Some(day))),
        ("customer", "") => Some(TallyKey::Customer(None)),
        ("customer", number) => number
            .parse()
            .ok()
            .map(|number| TallyKey::Customer(Some(CustomerKey(number)))),
        _ => None,
    }
}
