//! The table of payments: a void is one value in memory and three columns here.

use jiff::Timestamp;
use jiff::civil::Date;
use quittance_accounting::identity::EntryKey;
use quittance_accounting::settlement::{Payment, PaymentVoid};

use super::{Cells, Stored, Table, take_together, write_together};
use crate::error::StoreError;
use crate::field::{Cell, Field as _, Row, Sink};

impl Row for Payment {
    fn write(&self, to: &mut impl Sink) {
        self.key.write(to);
        self.id.write(to);
        self.customer.write(to);
        self.currency.write(to);
        self.paid_on.write(to);
        self.posted_on.write(to);
        self.paid_at.write(to);
        self.amount.write(to);
        self.unallocated.write(to);
        self.refunded.write(to);
        self.method.write(to);
        self.witness.write(to);
        self.clearing.write(to);
        self.receipt_entry.write(to);
        self.allocations.write(to);
        self.external_id.write(to);
        self.created_at.write(to);
        self.updated_at.write(to);
        self.voided.map(|voided| voided.at).write(to);
        self.voided.map(|voided| voided.on).write(to);
        self.voided.and_then(|voided| voided.entry).write(to);
        self.meant_for.write(to);
        self.content.write(to);
        write_together(&self.exchange, to);
    }
}

impl Stored for Payment {
    const TABLE: Table = Table {
        name: "payment",
        columns: &[
            "key",
            "id",
            "customer",
            "currency",
            "paid_on",
            "posted_on",
            "paid_at",
            "amount",
            "unallocated",
            "refunded",
            "method",
            "witness",
            "clearing",
            "receipt_entry",
            "allocations",
            "external_id",
            "created_at",
            "updated_at",
            "voided_at",
            "voided_on",
            "void_entry",
            "meant_for",
            "content",
            "rate",
            "booked_amount",
            "booked_unallocated",
        ],
        keys: 1,
        derived: 0,
    };
    fn from_cells(cells: &[Cell]) -> Result<Self, StoreError> {
        let mut cells = Cells {
            table: &Self::TABLE,
            cells,
            next: 0,
        };
        Ok(Payment {
            key: cells.take()?,
            id: cells.take()?,
            customer: cells.take()?,
            currency: cells.take()?,
            paid_on: cells.take()?,
            posted_on: cells.take()?,
            paid_at: cells.take()?,
            amount: cells.take()?,
            unallocated: cells.take()?,
            refunded: cells.take()?,
            method: cells.take()?,
            witness: cells.take()?,
            clearing: cells.take()?,
            receipt_entry: cells.take()?,
            allocations: cells.take()?,
            external_id: cells.take()?,
            created_at: cells.take()?,
            updated_at: cells.take()?,
            voided: read_void(&mut cells)?,
            meant_for: cells.take()?,
            content: cells.take()?,
            exchange: take_together(&mut cells)?,
        })
    }
}

/// Reads a void with its evidence; one without the other is a corrupt row.
fn read_void(cells: &mut Cells<'_>) -> Result<Option<PaymentVoid>, StoreError> {
    let first = cells.next;
    let (at, on, entry) = (
        cells.take::<Option<Timestamp>>()?,
        cells.take::<Option<Date>>()?,
        cells.take::<Option<EntryKey>>()?,
    );
    match (at, on, entry) {
        (None, None, None) => Ok(None),
        (Some(at), Some(on), entry) => Ok(Some(PaymentVoid { at, on, entry })),
        (None, Some(_), _) => Err(cells.wrong(first)),
        (Some(_), None, _) => Err(cells.wrong(first + 1)),
        (None, None, Some(_)) => Err(cells.wrong(first + 2)),
    }
}
