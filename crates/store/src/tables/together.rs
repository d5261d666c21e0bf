//! Values that stand together in several columns, or are absent together: what a record is in another currency.
//!
//! A row that has some of them and not the others is corrupt. Deliberately absent: what they mean.

use quittance_accounting::exchange::{Exchanged, InvoiceExchange, PaymentExchange, RefundExchange, WriteOffExchange};
use quittance_accounting::money::Money;

use super::Cells;
use crate::error::StoreError;
use crate::field::{Cell, Field as _, Sink};

/// Values that stand together in some columns, or are absent together.
pub(crate) trait Together: Sized {
    /// How many columns.
    const WIDTH: usize;
    /// Writes them.
    fn write(&self, to: &mut impl Sink);
    /// Reads them.
    fn take(cells: &mut Cells<'_>) -> Result<Self, StoreError>;
}

/// Writes values that may be absent together.
pub(crate) fn write_together<T: Together>(values: &Option<T>, to: &mut impl Sink) {
    match values {
        Some(values) => values.write(to),
        None => (0..T::WIDTH).for_each(|_| to.null()),
    }
}

/// Reads values that may be absent together; one without the other is a corrupt row.
pub(crate) fn take_together<T: Together>(cells: &mut Cells<'_>) -> Result<Option<T>, StoreError> {
    let next = cells.next;
    let here = cells.cells.get(next..next + T::WIDTH).unwrap_or_default();
    if here.len() == T::WIDTH && here.iter().all(|cell| *cell == Cell::Null) {
        cells.next += T::WIDTH;
        return Ok(None);
    }
    T::take(cells).map(Some)
}

macro_rules! together {
    ($($type:ident($($field:ident),*);)*) => {$(
        impl Together for $type {
            const WIDTH: usize = [$(stringify!($field)),*].len();
            fn write(&self, to: &mut impl Sink) {
                $(self.$field.write(to);)*
            }
            fn take(cells: &mut Cells<'_>) -> Result<Self, StoreError> {
                Ok($type { $($field: cells.take()?),* })
            }
        }
    )*};
}

together! {
    Money(currency, amount);
    Exchanged(received, settled);
    RefundExchange(currency, rate, booked);
    WriteOffExchange(currency, booked);
    InvoiceExchange(rate, total, settled);
    PaymentExchange(rate, amount, unallocated);
}
