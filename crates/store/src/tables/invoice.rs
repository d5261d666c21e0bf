//! The table of invoices: a stage and its evidence are one value in memory and five columns here.

use quittance_accounting::invoice::{Invoice, IssuedThenVoid, Stage, Standing};
use quittance_accounting::money::Amount;

use super::{Cells, Stored, Table, take_together, write_together};
use crate::error::StoreError;
use crate::field::{Cell, Field as _, Row, Sink};

/// The words of an invoice's stage.
const STAGES: [&str; 3] = ["draft", "issued", "void"];

impl Row for Invoice {
    fn write(&self, to: &mut impl Sink) {
        let (stage, issued_at, entry, voided_at, void_entry) = match self.stage {
            Stage::Draft => (STAGES[0], None, None, None, None),
            Stage::Issued { at, entry } => (STAGES[1], Some(at), entry, None, None),
            Stage::Void { at, issued: None } => (STAGES[2], None, None, Some(at), None),
            Stage::Void {
                at,
                issued: Some(issued),
            } => (STAGES[2], Some(issued.at), issued.entry, Some(at), issued.mirror),
        };
        self.key.write(to);
        self.id.write(to);
        self.source.write(to);
        self.customer.write(to);
        self.currency.write(to);
        to.text(stage);
        issued_at.write(to);
        entry.write(to);
        voided_at.write(to);
        void_entry.write(to);
        self.number.write(to);
        self.external_id.write(to);
        self.invoice_date.write(to);
        self.due_at.write(to);
        self.due_on.write(to);
        self.sent_at.write(to);
        self.paid_at.write(to);
        self.created_at.write(to);
        self.updated_at.write(to);
        self.revision.write(to);
        self.subtotal.write(to);
        self.discount.write(to);
        self.document_discount.write(to);
        self.tax.write(to);
        self.document_tax.write(to);
        self.tip.write(to);
        self.total.write(to);
        self.paid.write(to);
        self.credited.write(to);
        self.refunded.write(to);
        self.written_off.write(to);
        self.pending.write(to);
        self.held_until.write(to);
        self.handed_over_at.write(to);
        self.content.write(to);
        write_together(&self.exchange, to);
        self.standing().write(to);
        self.open().write(to);
    }
}

impl Stored for Invoice {
    const TABLE: Table = Table {
        name: "invoice",
        columns: &[
            "key",
            "id",
            "source",
            "customer",
            "currency",
            "stage",
            "issued_at",
            "entry",
            "voided_at",
            "void_entry",
            "number",
            "external_id",
            "invoice_date",
            "due_at",
            "due_on",
            "sent_at",
            "paid_at",
            "created_at",
            "updated_at",
            "revision",
            "subtotal",
            "discount",
            "document_discount",
            "tax",
            "document_tax",
            "tip",
            "total",
            "paid",
            "credited",
            "refunded",
            "written_off",
            "pending",
            "held_until",
            "handed_over_at",
            "content",
            "rate",
            "booked_total",
            "booked_settled",
            "standing",
            "open",
        ],
        keys: 1,
        derived: 2,
    };
    fn from_cells(cells: &[Cell]) -> Result<Self, StoreError> {
        let mut cells = Cells {
            table: &Self::TABLE,
            cells,
            next: 0,
        };
        let (key, id, source, customer, currency) = (
            cells.take()?,
            cells.take()?,
            cells.take()?,
            cells.take()?,
            cells.take()?,
        );
        let invoice = Invoice {
            key,
            id,
            source,
            customer,
            currency,
            stage: read_stage(&mut cells)?,
            number: cells.take()?,
            external_id: cells.take()?,
            invoice_date: cells.take()?,
            due_at: cells.take()?,
            due_on: cells.take()?,
            sent_at: cells.take()?,
            paid_at: cells.take()?,
            created_at: cells.take()?,
            updated_at: cells.take()?,
            revision: cells.take()?,
            subtotal: cells.take()?,
            discount: cells.take()?,
            document_discount: cells.take()?,
            tax: cells.take()?,
            document_tax: cells.take()?,
            tip: cells.take()?,
            total: cells.take()?,
            paid: cells.take()?,
            credited: cells.take()?,
            refunded: cells.take()?,
            written_off: cells.take()?,
            pending: cells.take()?,
            held_until: cells.take()?,
            handed_over_at: cells.take()?,
            content: cells.take()?,
            exchange: take_together(&mut cells)?,
        };
        cells.check::<Standing>(invoice.standing())?;
        cells.check::<Amount>(invoice.open())?;
        Ok(invoice)
    }
}

/// Reads a stage with its evidence; a stage without it, or evidence without its stage, is a corrupt row.
fn read_stage(cells: &mut Cells<'_>) -> Result<Stage, StoreError> {
    let at_stage = cells.next;
    let stage: String = cells.take()?;
    let issued_at = cells.take::<Option<jiff::Timestamp>>()?;
    let entry = cells.take()?;
    let voided_at = cells.take::<Option<jiff::Timestamp>>()?;
    let mirror = cells.take()?;
    match (stage.as_str(), issued_at, entry, voided_at, mirror) {
        ("draft", None, None, None, None) => Ok(Stage::Draft),
        ("issued", Some(at), entry, None, None) => Ok(Stage::Issued { at, entry }),
        ("void", None, None, Some(at), None) => Ok(Stage::Void { at, issued: None }),
        ("void", Some(issued_at), entry, Some(at), mirror) => Ok(Stage::Void {
            at,
            issued: Some(IssuedThenVoid {
                at: issued_at,
                entry,
                mirror,
            }),
        }),
        _ => Err(cells.wrong(at_stage)),
    }
}
