//! The tables that hold no records: the directory, the head, the log and the kept figures. Their columns and how rows are read.

use quittance_accounting::identity::{BookKey, DocumentId, DocumentRef};
use quittance_accounting::kept::{BalanceKey, Tally, TallyKey, Turnover};
use quittance_accounting::snapshot::Counters;

use crate::engine::{BookEntry, Line};
use crate::error::StoreError;
use crate::field::{Cell, Field, Row as _, kept_currency, key_text, read_kept_currency, read_tally_key, tally_cells};
use crate::log::{Event, Head};
use crate::tables::{Cells, Table, spelled};

/// Every book with its id; the book is a column of its own here.
pub const DIRECTORY: Table = Table {
    name: "directory",
    columns: &["book", "id"],
    keys: 1,
    derived: 0,
};

/// Every line of the directory, whatever it says of its slot.
pub const LINES: Table = Table {
    name: "directory",
    columns: &["book", "id", "first"],
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
        "resources",
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
    columns: &["account", "currency", "grain", "start", "debits", "credits"],
    keys: 4,
    derived: 0,
};

/// The kept tallies.
pub const TALLY: Table = Table {
    name: "tally",
    columns: &["kind", "key", "count", "open", "booked"],
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
        resources,
    } = head.counters;
    let counts = [
        accounts, customers, products, invoices, payments, refunds, write_offs, entries, tokens, resources,
    ];
    let mut cells = vec![head.seq.cell(), head.hash.cell(), head.recorded_at.cell()];
    cells.extend(counts.map(Cell::Int));
    cells
}

/// Reads a line of the directory.
pub fn read_directory(cells: &[Cell]) -> Result<BookEntry, StoreError> {
    let mut taken = Cells {
        table: &DIRECTORY,
        cells,
        next: 0,
    };
    let entry = BookEntry {
        book: BookKey(taken.take()?),
        id: taken.take()?,
    };
    spelled(&DIRECTORY, cells, &[entry.book.0.cell(), entry.id.cell()])?;
    Ok(entry)
}

/// The cells of a line of the directory.
pub fn line_cells(line: &Line) -> [Cell; 3] {
    match line {
        Line::Listed(entry) => [entry.book.0.cell(), entry.id.cell(), Cell::Null],
        Line::Arriving(entry) => [entry.book.0.cell(), entry.id.cell(), entry.book.0.cell()],
        Line::Vacant { first, last } => [last.0.cell(), Cell::Null, first.0.cell()],
    }
}

/// Reads a line of the directory, whatever it says.
pub fn read_line(cells: &[Cell]) -> Result<Line, StoreError> {
    let mut taken = Cells {
        table: &LINES,
        cells,
        next: 0,
    };
    let book = BookKey(taken.take()?);
    let id: Option<DocumentId> = taken.take()?;
    let first: Option<i64> = taken.take()?;
    let line = match (id, first) {
        (Some(id), None) => Line::Listed(BookEntry { book, id }),
        (Some(id), Some(_)) => Line::Arriving(BookEntry { book, id }),
        (None, Some(first)) if first <= book.0 => Line::Vacant {
            first: BookKey(first),
            last: book,
        },
        (None, _) => return Err(taken.wrong(2)),
    };
    spelled(&LINES, cells, &line_cells(&line))?;
    Ok(line)
}

/// Reads a head.
pub fn read_head(cells: &[Cell]) -> Result<Head, StoreError> {
    let mut taken = Cells {
        table: &HEAD,
        cells,
        next: 0,
    };
    let head = Head {
        seq: taken.take()?,
        hash: taken.take()?,
        recorded_at: taken.take()?,
        counters: Counters {
            accounts: taken.take()?,
            customers: taken.take()?,
            products: taken.take()?,
            invoices: taken.take()?,
            payments: taken.take()?,
            refunds: taken.take()?,
            write_offs: taken.take()?,
            entries: taken.take()?,
            tokens: taken.take()?,
            resources: taken.take()?,
        },
    };
    spelled(&HEAD, cells, &head_cells(&head))?;
    Ok(head)
}

/// The cells of an event.
pub fn event_cells(event: &Event) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(EVENT.columns.len());
    event.write(&mut cells);
    cells
}

/// Reads an event of a book.
pub fn read_event(book: BookKey, cells: &[Cell]) -> Result<Event, StoreError> {
    let mut taken = Cells {
        table: &EVENT,
        cells,
        next: 0,
    };
    let event = Event {
        book,
        seq: taken.take()?,
        recorded_at: taken.take()?,
        actor: taken.take()?,
        source: taken.take()?,
        request_id: taken.take()?,
        kind: taken.take()?,
        subject: DocumentRef {
            kind: taken.take()?,
            number: taken.take()?,
        },
        body: taken.take()?,
        prev_hash: taken.take()?,
        hash: taken.take()?,
    };
    spelled(&EVENT, cells, &event_cells(&event))?;
    Ok(event)
}

/// The cells of a kept balance.
pub(crate) fn balance_cells(key: &BalanceKey, sum: Turnover) -> [Cell; 6] {
    let BalanceKey {
        account,
        currency,
        grain,
        start,
    } = key;
    [
        account.cell(),
        kept_currency(*currency),
        grain.cell(),
        start.cell(),
        sum.debits.cell(),
        sum.credits.cell(),
    ]
}

/// The cells of a kept tally.
pub(crate) fn tally_row(key: &TallyKey, tally: Tally) -> [Cell; 5] {
    let [kind, of] = tally_cells(key);
    [kind, of, tally.count.cell(), tally.open.cell(), tally.booked.cell()]
}

/// A kept balance's row, as whoever reads of a flaw sees it.
pub fn balance_key_text(key: &BalanceKey) -> String {
    let [account, currency, grain, start, ..] = balance_cells(key, Turnover::default());
    key_text(&[account, currency, grain, start])
}

/// A kept tally's row, as whoever reads of a flaw sees it.
pub fn tally_key_text(key: &TallyKey) -> String {
    key_text(&tally_cells(key))
}

/// Reads a kept balance.
pub fn read_balance(cells: &[Cell]) -> Result<(BalanceKey, Turnover), StoreError> {
    let mut taken = Cells {
        table: &BALANCE,
        cells,
        next: 0,
    };
    let key = BalanceKey {
        account: taken.take()?,
        currency: {
            let at = taken.next;
            taken.next += 1;
            let read = cells.get(at).and_then(read_kept_currency);
            read.ok_or_else(|| taken.wrong(at))?
        },
        grain: taken.take()?,
        start: taken.take()?,
    };
    let kept = (
        key,
        Turnover {
            debits: taken.take()?,
            credits: taken.take()?,
        },
    );
    spelled(&BALANCE, cells, &balance_cells(&kept.0, kept.1))?;
    Ok(kept)
}

/// Reads a kept tally.
pub fn read_tally(cells: &[Cell]) -> Result<(TallyKey, Tally), StoreError> {
    let mut taken = Cells {
        table: &TALLY,
        cells,
        next: 0,
    };
    let (by, of): (String, String) = (taken.take()?, taken.take()?);
    let key = read_tally_key(&by, &of).ok_or_else(|| taken.wrong(1))?;
    let kept = (
        key,
        Tally {
            count: taken.take()?,
            open: taken.take()?,
            booked: taken.take()?,
        },
    );
    spelled(&TALLY, cells, &tally_row(&kept.0, kept.1))?;
    Ok(kept)
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
