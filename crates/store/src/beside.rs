//! The tables that hold no records: the directory, the head, the log and the kept figures. Their columns and how rows are read.

use quittance_accounting::identity::{BookKey, DocumentRef};
use quittance_accounting::kept::{BalanceKey, Tally, TallyKey, Turnover};
use quittance_accounting::snapshot::Counters;

use crate::engine::BookEntry;
use crate::error::StoreError;
use crate::field::{Cell, Field, read_tally_key};
use crate::log::{Event, Head};
use crate::tables::{Cells, Table};

/// Every book with its id; the book is a column of its own here.
pub const DIRECTORY: Table = Table {
    name: "directory",
    columns: &["book", "id"],
    keys: 1,
    derived: 0,
};

/// The end of a book's log.
pub const HEAD: Table = Table {
    name: "head",
    columns: &[
        "seq",
        "hash",
        "recorded_at",
        "accounts",
        "customers",
        "products",
        "invoices",
        "payments",
        "refunds",
        "write_offs",
        "entries",
        "tokens",
    ],
    keys: 0,
    derived: 0,
};

/// The log.
pub const EVENT: Table = Table {
    name: "event",
    columns: &[
        "seq",
        "recorded_at",
        "actor",
        "source",
        "request_id",
        "kind",
        "subject_kind",
        "subject_number",
        "body",
        "prev_hash",
        "hash",
    ],
    keys: 1,
    derived: 0,
};

/// The kept balances.
pub const BALANCE: Table = Table {
    name: "balance",
    columns: &["account", "grain", "start", "debits", "credits"],
    keys: 3,
    derived: 0,
};

/// The kept tallies.
pub const TALLY: Table = Table {
    name: "tally",
    columns: &["kind", "key", "count", "open"],
    keys: 2,
    derived: 0,
};

/// What a list of tombstones shows of them.
pub const BURIED: Table = Table {
    name: "tombstone",
    columns: &["kind", "number"],
    keys: 2,
    derived: 0,
};

/// The cells of a head.
pub fn head_cells(head: &Head) -> Vec<Cell> {
    let Counters {
        accounts,
        customers,
        products,
        invoices,
        payments,
        refunds,
        write_offs,
        entries,
        tokens,
    } = head.counters;
    let counts = [
        accounts, customers, products, invoices, payments, refunds, write_offs, entries, tokens,
    ];
    let mut cells = vec![head.seq.cell(), head.hash.cell(), head.recorded_at.cell()];
    cells.extend(counts.map(Cell::Int));
    cells
}

/// Reads a line of the directory.
pub fn read_directory(cells: &[Cell]) -> Result<BookEntry, StoreError> {
    let mut cells = Cells {
        table: &DIRECTORY,
        cells,
        next: 0,
    };
    Ok(BookEntry {
        book: BookKey(cells.take()?),
        id: cells.take()?,
    })
}

/// Reads a head.
pub fn read_head(cells: &[Cell]) -> Result<Head, StoreError> {
    let mut cells = Cells {
        table: &HEAD,
        cells,
        next: 0,
    };
    Ok(Head {
        seq: cells.take()?,
        hash: cells.take()?,
        recorded_at: cells.take()?,
        counters: Counters {
            accounts: cells.take()?,
            customers: cells.take()?,
            products: cells.take()?,
            invoices: cells.take()?,
            payments: cells.take()?,
            refunds: cells.take()?,
            write_offs: cells.take()?,
            entries: cells.take()?,
            tokens: cells.take()?,
        },
    })
}

/// The cells of an event.
pub fn event_cells(event: &Event) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(EVENT.columns.len());
    cells.push(event.seq.cell());
    cells.extend(event.cells());
    cells.extend([event.prev_hash.cell(), event.hash.cell()]);
    cells
}

/// Reads an event of a book.
pub fn read_event(book: BookKey, cells: &[Cell]) -> Result<Event, StoreError> {
    let mut cells = Cells {
        table: &EVENT,
        cells,
        next: 0,
    };
    Ok(Event {
        book,
        seq: cells.take()?,
        recorded_at: cells.take()?,
        actor: cells.take()?,
        source: cells.take()?,
        request_id: cells.take()?,
        kind: cells.take()?,
        subject: DocumentRef {
            kind: cells.take()?,
            number: cells.take()?,
        },
        body: cells.take()?,
        prev_hash: cells.take()?,
        hash: cells.take()?,
    })
}

/// Reads a kept balance.
pub fn read_balance(cells: &[Cell]) -> Result<(BalanceKey, Turnover), StoreError> {
    let mut cells = Cells {
        table: &BALANCE,
        cells,
        next: 0,
    };
    let key = BalanceKey {
        account: cells.take()?,
        grain: cells.take()?,
        start: cells.take()?,
    };
    Ok((
        key,
        Turnover {
            debits: cells.take()?,
            credits: cells.take()?,
        },
    ))
}

/// Reads a kept tally.
pub fn read_tally(cells: &[Cell]) -> Result<(TallyKey, Tally), StoreError> {
    let mut cells = Cells {
        table: &TALLY,
        cells,
        next: 0,
    };
    let (by, of): (String, String) = (cells.take()?, cells.take()?);
    let key = read_tally_key(&by, &of).ok_or_else(|| cells.wrong(1))?;
    Ok((
        key,
        Tally {
            count: cells.take()?,
            open: cells.take()?,
        },
    ))
}

/// Reads which document a tombstone is of.
pub fn read_buried(cells: &[Cell]) -> Result<DocumentRef, StoreError> {
    let mut cells = Cells {
        table: &BURIED,
        cells,
        next: 0,
    };
    Ok(DocumentRef {
        kind: cells.take()?,
        number: cells.take()?,
    })
}
