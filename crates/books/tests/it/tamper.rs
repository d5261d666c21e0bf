//! One value of a file is changed at a time, in every table and column, and the check must name it.

use std::path::{Path, PathBuf};

use quittance_accounting::content::Digest;
use quittance_accounting::identity::BookKey;
use quittance_books::verify::{LogFlaw, RowFlaw, VerifyFlaw};
use quittance_books::{Event, Failure, Verdict};
use quittance_store::beside::{BALANCE, DIRECTORY, EVENT, HEAD, TALLY};
use quittance_store::engine::tamper;
use quittance_store::tables::{TABLES, Table};

use crate::rich::live_through;
use crate::setup::*;

const BOOK: BookKey = BookKey(1);

/// A rich file that is copied for every change.
pub struct Original {
    _directory: tempfile::TempDir,
    path: PathBuf,
    pub copy: PathBuf,
    pub clock: std::sync::Arc<SetClock>,
}

impl Original {
    /// Lives the history through and puts the file aside.
    pub fn new() -> Original {
        let (directory, path) = file();
        let bench = Bench::in_file(&path, 30);
        assert_eq!(bench.book, BOOK);
        live_through(&bench);
        let Bench { books, clock, .. } = bench;
        books.finish();
        // Everything is in the one file, so that a copy of it is a copy of the books.
        tamper(&path, &["pragma wal_checkpoint(truncate)"]).unwrap();
        let copy = path.with_file_name("copy.db");
        Original {
            _directory: directory,
            path,
            copy,
            clock,
        }
    }

    /// A fresh copy with these statements carried out; how many rows they changed.
    pub fn changed(&self, statements: &[&str]) -> u64 {
        copy_file(&self.path, &self.copy);
        let tampered = tamper(&self.copy, statements).unwrap_or_else(|error| panic!("{statements:?}: {error}"));
        tampered.changed
    }

    /// As [`Original::changed`] for one row; false when there is no such row or the file itself refuses.
    fn could_change(&self, statement: &str) -> bool {
        copy_file(&self.path, &self.copy);
        tamper(&self.copy, &[statement]).is_ok_and(|tampered| tampered.changed == 1)
    }

    fn cells(&self, query: &str) -> Vec<Vec<Option<String>>> {
        copy_file(&self.path, &self.copy);
        tamper(&self.copy, &[query]).unwrap().rows
    }

    /// The log of the book.
    pub fn events(&self) -> Vec<Event> {
        let books = open(&self.path, &self.clock, 1);
        let events = run(books.events(BOOK, 0, i64::MAX)).unwrap();
        books.finish();
        events
    }

    /// Checks the copy.
    pub fn verify(&self, expect: Option<(i64, Digest)>) -> Verdict {
        let books = open(&self.copy, &self.clock, 1);
        let verdict = run(books.verify(BOOK, expect, |_, _| {})).unwrap();
        // The next copy takes this one's place: nothing may still have it open.
        books.finish();
        verdict
    }

    /// Makes a change that must touch one row, and hands out the first flaw.
    pub fn first_flaw(&self, statement: &str) -> VerifyFlaw {
        assert_eq!(self.changed(&[statement]), 1, "{statement}");
        let verdict = self.verify(None);
        let first = verdict.flaws.into_iter().next();
        first.unwrap_or_else(|| panic!("not noticed: {statement}"))
    }
}

/// Copies a file that nobody has open, and leaves nothing beside the copy.
pub fn copy_file(from: &Path, to: &Path) {
    for end in ["-wal", "-shm"] {
        let beside = to.with_file_name(format!("{}{end}", to.file_name().unwrap().to_str().unwrap()));
        let _ = std::fs::remove_file(beside);
    }
    std::fs::copy(from, to).unwrap();
}

/// The columns that a flaw names.
fn columns_of(flaw: &VerifyFlaw) -> Vec<&'static str> {
    match flaw {
        VerifyFlaw::Rows(RowFlaw::RowDiffers { columns, .. }) => columns.iter().map(|c| c.column).collect(),
        VerifyFlaw::Rows(RowFlaw::RowCorrupt { column, .. } | RowFlaw::HeadDiffers { column, .. })
        | VerifyFlaw::Log(LogFlaw::EventUnreadable { column, .. }) => vec![column],
        _ => vec![],
    }
}

/// Ways to change the value in a column of the row that `which` picks: something else of the same type, what stands in another
/// row, something where there was nothing, and another spelling of the same.
fn changes(table: &str, column: &str, key: &str) -> Vec<(&'static str, String)> {
    let pick =
        |condition: &str| format!("({key}) = (select {key} from {table} where book = 1 and {condition} limit 1)");
    let (filled, empty) = (
        pick(&format!("{column} is not null")),
        pick(&format!("{column} is null")),
    );
    let other = format!("select o.{column} from {table} o where o.book = 1 and o.{column} is not {table}.{column}");
    vec![
        (
            "moved",
            format!(
                "update {table} set {column} = case typeof({column}) when 'integer' then {column} + 1000 else {column} || '7' end \
                 where {filled}"
            ),
        ),
        (
            "swapped",
            format!("update {table} set {column} = ({other} limit 1) where {filled} and exists ({other})"),
        ),
        ("filled", format!("update {table} set {column} = 7 where {empty}")),
        (
            "worded",
            format!("update {table} set {column} = 'zzz' where {filled} and {column} is not 'zzz'"),
        ),
        (
            "turned into bytes",
            format!("update {table} set {column} = x'00ff' where {filled}"),
        ),
        (
            "written larger",
            format!("update {table} set {column} = upper({column}) where {filled} and upper({column}) is not {column}"),
        ),
        (
            "written smaller",
            format!("update {table} set {column} = lower({column}) where {filled} and lower({column}) is not {column}"),
        ),
        (
            "written shorter",
            format!(
                "update {table} set {column} = replace({column}, '.000000000Z', 'Z') where {filled} and {column} like '%.000000000Z'"
            ),
        ),
        (
            "written with zeros",
            format!("update {table} set {column} = {column} || '.0' where {filled} and typeof({column}) = 'text'"),
        ),
        (
            "spaced",
            format!("update {table} set {column} = {column} || ' ' where {filled} and typeof({column}) = 'text'"),
        ),
    ]
}

#[test]
fn every_column_of_every_live_table() {
    let original = Original::new();
    for table in TABLES {
        let key: Vec<&str> = std::iter::once("book")
            .chain(table.columns[..table.keys].iter().copied())
            .collect();
        let key = key.join(", ");
        for (place, column) in table.columns.iter().enumerate() {
            let mut noticed = 0;
            for (how, statement) in changes(table.name, column, &key) {
                if !original.could_change(&statement) {
                    continue;
                }
                noticed += 1;
                let verdict = original.verify(None);
                let what = format!("{}.{column} {how}: {:?}", table.name, verdict.flaws);
                let first = verdict.flaws.first().unwrap_or_else(|| panic!("not noticed: {what}"));
                assert_eq!(first.table(), table.name, "{what}");
                let is_key = place < table.keys;
                if !is_key && table.name != "content" {
                    let named = columns_of(first);
                    let stage = ["issued_at", "entry", "voided_at", "void_entry"].contains(column);
                    // All there or all absent: which of them is found first is all the same.
                    let together = [
                        "rate",
                        "booked_total",
                        "booked_settled",
                        "booked_amount",
                        "booked_unallocated",
                        "received",
                        "settled",
                        "currency",
                        "foreign_amount",
                        "booked",
                    ];
                    let of_exchange = together.contains(column)
                        && !named.is_empty()
                        && named.iter().all(|one| together.contains(one));
                    let derived = named == ["standing"] || named == ["open"];
                    assert!(
                        named.contains(column)
                            || of_exchange
                            || (table.name == "invoice" && (derived || stage && named == ["stage"])),
                        "{what}"
                    );
                }
            }
            assert!(noticed >= 2, "{}.{column}", table.name);
        }
    }
}

#[test]
fn every_column_beside_the_live_tables() {
    let original = Original::new();
    for table in [&DIRECTORY, &HEAD, &EVENT, &BALANCE, &TALLY] {
        let key: Vec<&str> = match table.name {
            "directory" => vec!["book"],
            _ => std::iter::once("book")
                .chain(table.columns[..table.keys].iter().copied())
                .collect(),
        };
        let key = key.join(", ");
        for column in std::iter::once(&"book").chain(table.columns) {
            for (how, statement) in changes(table.name, column, &key) {
                if !original.could_change(&statement) {
                    continue;
                }
                let verdict = original.verify(None);
                let what = format!("{}.{column} {how}: {:?}", table.name, verdict.flaws);
                let first = verdict.flaws.first().unwrap_or_else(|| panic!("not noticed: {what}"));
                assert_eq!(first.table(), table.name, "{what}");
                if table.name == "event" {
                    // The first event is the one that is changed.
                    assert!(first.seq().is_none_or(|seq| seq <= 2), "{what}");
                }
            }
        }
    }
}

#[test]
fn a_row_that_is_gone_and_a_row_too_many() {
    let original = Original::new();
    for table in TABLES {
        let name = table.name;
        let count: usize = original.cells(&format!("select count(*) from {name} where book = 1"))[0][0]
            .as_deref()
            .unwrap()
            .parse()
            .unwrap();
        assert!(count > 0, "{name} has no rows");
        let key: Vec<&str> = std::iter::once("book")
            .chain(table.columns[..table.keys].iter().copied())
            .collect();
        let key = key.join(", ");
        for place in [0, count / 2, count - 1] {
            let row = format!("select {key} from {name} where book = 1 limit 1 offset {place}");
            let first = original.first_flaw(&format!("delete from {name} where ({key}) = ({row})"));
            let missing = matches!(
                first,
                VerifyFlaw::Rows(RowFlaw::RowMissing { .. } | RowFlaw::ContentMissing { .. })
            );
            assert!(missing && first.table() == name, "{name}: {first:?}");
        }
        if let Some(inserted) = insert_again(table) {
            let first = original.first_flaw(&inserted);
            let extra = matches!(
                first,
                VerifyFlaw::Rows(RowFlaw::RowExtra { .. } | RowFlaw::ContentExtra { .. })
            );
            assert!(extra && first.table() == name, "{name}: {first:?}");
        }
    }
    for (name, one) in [
        ("head", "book = 1"),
        ("directory", "book = 1"),
        (
            "balance",
            "(account, currency, grain, start) = (select account, currency, grain, start from balance where debits <> 0 limit 1)",
        ),
        (
            "tally",
            "(kind, key) = (select kind, key from tally where count <> 0 limit 1)",
        ),
    ] {
        let first = original.first_flaw(&format!("delete from {name} where {one}"));
        assert_eq!(first.table(), name);
    }
    let first = original.first_flaw("insert into balance values (1, 99, '', 'day', '2026-05-01', 1, 1)");
    assert_eq!(first.table(), "balance");
    let first = original.first_flaw("insert into tally values (1, 'due', '2031-01-01', 1, 1, 1)");
    assert_eq!(first.table(), "tally");
}

/// A statement that writes a row of the table again under another key.
fn insert_again(table: &Table) -> Option<String> {
    let moved = table.columns[..table.keys].last()?;
    let columns = table.columns.join(", ");
    let values: Vec<String> = table
        .columns
        .iter()
        .map(|column| match column {
            // A digest stays as long as one is.
            column if column == moved && *column == "digest" => format!("substr({column}, 2) || '7'"),
            column if column == moved && *column == "day" => "'2031-01-01'".to_owned(),
            column if column == moved => {
                format!("case typeof({column}) when 'integer' then {column} + 1000 else {column} || '7' end")
            }
            column => (*column).to_owned(),
        })
        .collect();
    let name = table.name;
    let (into, lies) = match LYING_BY_A_NUMBER.contains(&(name, moved)) {
        true => ("rowid, ", "rowid + 1000, "),
        false => ("", ""),
    };
    Some(format!(
        "insert into {name} ({into}book, {columns}) select {lies}book, {} from {name} where book = 1 limit 1",
        values.join(", ")
    ))
}

/// The tables whose rows lie by their book and key in one number, and the last column of the key.
const LYING_BY_A_NUMBER: [(&str, &str); 2] = [("invoice", "key"), ("content", "number")];

/// Lists would show it, and whoever asks for it by its key would be told that there is none.
#[test]
fn a_row_that_lies_where_nobody_looks() {
    let original = Original::new();
    for (table, last) in LYING_BY_A_NUMBER {
        let aside =
            format!("update {table} set rowid = rowid + 1000000 where rowid = (select max(rowid) from {table})");
        let first = original.first_flaw(&aside);
        assert_eq!((first.table(), columns_of(&first)), (table, vec![last]), "{first:?}");
    }
}

#[test]
fn zeros_that_are_kept_are_as_good_as_nothing_kept() {
    let original = Original::new();
    original.changed(&[
        "insert into balance values (1, 99, '', 'day', '2026-05-01', 0, 0)",
        "insert into tally values (1, 'due', '2031-01-01', 0, 0, 0)",
        "delete from tally where count = 0 and open = 0 and booked = 0",
        "delete from balance where debits = 0 and credits = 0",
    ]);
    assert_eq!(original.verify(None).flaws, []);
}

#[test]
fn texts_of_what_is_live_kept_or_retained_and_no_others() {
    let original = Original::new();
    for fate in ["kept", "retained%"] {
        let of = format!("(kind, number) in (select kind, number from tombstone where fate like '{fate}' limit 1)");
        let first = original.first_flaw(&format!("delete from content where {of}"));
        assert!(
            matches!(first, VerifyFlaw::Rows(RowFlaw::ContentMissing { .. })),
            "{first:?}"
        );
        let first = original.first_flaw(&format!("update content set body = '{{}}' where {of}"));
        assert!(
            matches!(first, VerifyFlaw::Rows(RowFlaw::ContentDiffers { .. })),
            "{first:?}"
        );
    }
    for fate in ["leaving", "erased%"] {
        // Where it would be looked for: texts of invoices lie behind those of four kinds.
        let stone = format!(
            "select (book << 4 | 4) << 36 | number, book, kind, number, 's', '{{}}' from tombstone \
             where kind = 'invoice' and fate like '{fate}' limit 1"
        );
        let first = original.first_flaw(&format!("insert into content {stone}"));
        assert!(
            matches!(first, VerifyFlaw::Rows(RowFlaw::ContentExtra { .. })),
            "{first:?}"
        );
    }
}

#[test]
fn every_book_is_checked_even_one_that_the_directory_lost() {
    let original = Original::new();
    original.changed(&["delete from directory where book = 2"]);
    let books = open(&original.copy, &original.clock, 1);
    let verdicts = run(books.verify_all(|_, _, _| {})).unwrap();
    let flaws: Vec<_> = verdicts.iter().map(|verdict| verdict.flaws.clone()).collect();
    assert_eq!(
        flaws,
        [vec![], vec![VerifyFlaw::Rows(RowFlaw::DirectoryMissing)], vec![]]
    );
    books.finish();
    original.changed(&[
        "delete from directory where book = 2",
        "delete from head where book = 2",
        "delete from event where book = 2",
    ]);
    let books = open(&original.copy, &original.clock, 1);
    let verdicts = run(books.verify_all(|_, _, _| {})).unwrap();
    assert_eq!(
        verdicts[1].flaws,
        [
            VerifyFlaw::Rows(RowFlaw::HeadMissing),
            VerifyFlaw::Rows(RowFlaw::DirectoryMissing)
        ]
    );
    let unknown = run(books.verify(BookKey(9), None, |_, _| {}));
    assert!(matches!(unknown, Err(Failure::Refused(_))), "{unknown:?}");
}
