//! One value of a file is changed at a time, in every table and column, and the check must name it.

use std::path::{Path, PathBuf};

use quittance_accounting::content::Digest;
use quittance_accounting::identity::BookKey;
use quittance_accounting::plan::EventKind;
use quittance_books::verify::{ReceiptPart, VerifyFlaw};
use quittance_books::{Event, Failure, Verdict};
use quittance_store::beside::{BALANCE, DIRECTORY, EVENT, HEAD, TALLY};
use quittance_store::engine::tamper;
use quittance_store::tables::{TABLES, Table};

use crate::rich::live_through;
use crate::setup::*;

const BOOK: BookKey = BookKey(1);

/// A rich file that is copied for every change.
struct Original {
    _directory: tempfile::TempDir,
    path: PathBuf,
    copy: PathBuf,
    clock: std::sync::Arc<SetClock>,
}

impl Original {
    fn new() -> Original {
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
    fn changed(&self, statements: &[&str]) -> u64 {
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

    fn events(&self) -> Vec<Event> {
        let books = open(&self.path, &self.clock, 1);
        let events = run(books.events(BOOK, 0, i64::MAX)).unwrap();
        books.finish();
        events
    }

    fn verify(&self, expect: Option<(i64, Digest)>) -> Verdict {
        let books = open(&self.copy, &self.clock, 1);
        let verdict = run(books.verify(BOOK, expect, |_, _| {})).unwrap();
        // The next copy takes this one's place: nothing may still have it open.
        books.finish();
        verdict
    }

    /// Makes a change that must touch one row, and hands out the first flaw.
    fn first_flaw(&self, statement: &str) -> VerifyFlaw {
        assert_eq!(self.changed(&[statement]), 1, "{statement}");
        let verdict = self.verify(None);
        let first = verdict.flaws.into_iter().next();
        first.unwrap_or_else(|| panic!("not noticed: {statement}"))
    }
}

fn copy_file(from: &Path, to: &Path) {
    for end in ["-wal", "-shm"] {
        let beside = to.with_file_name(format!("{}{end}", to.file_name().unwrap().to_str().unwrap()));
        let _ = std::fs::remove_file(beside);
    }
    std::fs::copy(from, to).unwrap();
}

/// The columns that a flaw names.
fn columns_of(flaw: &VerifyFlaw) -> Vec<&'static str> {
    match flaw {
        VerifyFlaw::RowDiffers { columns, .. } => columns.iter().map(|c| c.column).collect(),
        VerifyFlaw::RowCorrupt { column, .. }
        | VerifyFlaw::HeadDiffers { column, .. }
        | VerifyFlaw::EventUnreadable { column, .. } => vec![column],
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
                assert_eq!(first.table(), Some(table.name), "{what}");
                let is_key = place < table.keys;
                if !is_key && table.name != "content" {
                    let named = columns_of(first);
                    let stage = ["issued_at", "entry", "voided_at", "void_entry"].contains(column);
                    let derived = named == ["standing"] || named == ["open"];
                    assert!(
                        named.contains(column) || (table.name == "invoice" && (derived || stage && named == ["stage"])),
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
                assert_eq!(first.table(), Some(table.name), "{what}");
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
            let missing = matches!(first, VerifyFlaw::RowMissing { .. } | VerifyFlaw::ContentMissing { .. });
            assert!(missing && first.table() == Some(name), "{name}: {first:?}");
        }
        if let Some(inserted) = insert_again(table) {
            let first = original.first_flaw(&inserted);
            let extra = matches!(first, VerifyFlaw::RowExtra { .. } | VerifyFlaw::ContentExtra { .. });
            assert!(extra && first.table() == Some(name), "{name}: {first:?}");
        }
    }
    for name in ["balance", "tally", "head", "directory"] {
        let first = original.first_flaw(&format!("delete from {name} where rowid = 1 or rowid is null").replace(
            "rowid = 1 or rowid is null",
            match name {
                "balance" => "(book, account, grain, start) = (select book, account, grain, start from balance where debits <> 0 limit 1)",
                "tally" => "(book, kind, key) = (select book, kind, key from tally where count <> 0 limit 1)",
                _ => "book = 1",
            },
        ));
        assert_eq!(first.table(), Some(name));
    }
    let first = original.first_flaw("insert into balance values (1, 99, 'day', '2026-05-01', 1, 1)");
    assert_eq!(first.table(), Some("balance"));
    let first = original.first_flaw("insert into tally values (1, 'due', '2031-01-01', 1, 1)");
    assert_eq!(first.table(), Some("tally"));
}

/// A statement that writes a row of the table again under another key.
fn insert_again(table: &Table) -> Option<String> {
    let moved = table.columns[..table.keys].last()?;
    let columns = table.columns.join(", ");
    let values: Vec<String> = table
        .columns
        .iter()
        .map(|column| match column {
            column if column == moved => {
                format!("case typeof({column}) when 'integer' then {column} + 1000 else {column} || '7' end")
            }
            column => (*column).to_owned(),
        })
        .collect();
    let name = table.name;
    Some(format!(
        "insert into {name} (book, {columns}) select book, {} from {name} where book = 1 limit 1",
        values.join(", ")
    ))
}

#[test]
fn zeros_that_are_kept_are_as_good_as_nothing_kept() {
    let original = Original::new();
    original.changed(&[
        "insert into balance values (1, 99, 'day', '2026-05-01', 0, 0)",
        "insert into tally values (1, 'due', '2031-01-01', 0, 0)",
        "delete from tally where count = 0 and open = 0",
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
        assert!(matches!(first, VerifyFlaw::ContentMissing { .. }), "{first:?}");
        let first = original.first_flaw(&format!("update content set body = '{{}}' where {of}"));
        assert!(matches!(first, VerifyFlaw::ContentDiffers { .. }), "{first:?}");
    }
    for fate in ["leaving", "erased%"] {
        let stone = format!("select book, kind, number, 's', '{{}}' from tombstone where fate like '{fate}' limit 1");
        let first = original.first_flaw(&format!("insert into content {stone}"));
        assert!(matches!(first, VerifyFlaw::ContentExtra { .. }), "{first:?}");
    }
}

/// Writes events over those in the copy, chained and hashed anew, and the head to match.
fn rewrite(original: &Original, mut events: Vec<Event>) {
    let mut prev = Digest::default();
    let mut statements = vec!["delete from event where book = 1".to_owned()];
    let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
    for event in &mut events {
        event.prev_hash = prev;
        event.hash = event.computed_hash();
        prev = event.hash;
        let cells: Vec<String> = quittance_store::beside::event_cells(event)
            .into_iter()
            .map(|cell| match cell {
                quittance_store::field::Cell::Null => "null".to_owned(),
                quittance_store::field::Cell::Int(number) => number.to_string(),
                quittance_store::field::Cell::Text(words) => text(&words),
            })
            .collect();
        statements.push(format!("insert into event values (1, {})", cells.join(", ")));
    }
    let last = events.last().unwrap();
    statements.push(format!(
        "update head set seq = {}, hash = '{}', recorded_at = (select recorded_at from event where book = 1 and seq = {}) \
         where book = 1",
        last.seq,
        last.hash.hex(),
        last.seq
    ));
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    original.changed(&statements);
}

#[test]
fn a_log_that_was_rewritten_is_found_by_what_was_noted() {
    let original = Original::new();
    let events = original.events();
    let noted = events.last().map(|last| (last.seq, last.hash)).unwrap();
    rewrite(&original, events.clone());
    assert_eq!(original.verify(Some(noted)).flaws, []);
    for at in [0, events.len() / 2, events.len() - 1] {
        let mut forged = events.clone();
        forged[at].actor = "somebody else".to_owned();
        rewrite(&original, forged);
        assert_eq!(original.verify(None).flaws, [], "nothing inside the file tells");
        let first = original.verify(Some(noted)).flaws.remove(0);
        assert!(
            matches!(first, VerifyFlaw::ExpectedDiffers { seq, .. } if seq == noted.0),
            "{first:?}"
        );
    }
}

#[test]
fn a_log_that_was_rewritten_no_longer_agrees_with_the_rows() {
    let original = Original::new();
    let events = original.events();
    let deleted = events
        .iter()
        .position(|event| event.kind == EventKind::InvoiceDeleted)
        .unwrap();
    let mut forged = events.clone();
    let at = forged[deleted].body.find("\"balances\":[[").unwrap() + "\"balances\":[[".len();
    forged[deleted].body.insert(at, '1');
    rewrite(&original, forged);
    let first = original.verify(None).flaws.remove(0);
    let VerifyFlaw::ReceiptDiffers { seq, part } = first else {
        panic!("{first:?}");
    };
    assert_eq!(seq, events[deleted].seq);
    assert!(matches!(part, ReceiptPart::Balance { .. }), "{part:?}");

    let mut forged = events.clone();
    forged[deleted].body = "{\"changes\":[]}".to_owned();
    rewrite(&original, forged);
    let first = original.verify(None).flaws.remove(0);
    assert!(
        matches!(
            first,
            VerifyFlaw::ReceiptDiffers {
                part: ReceiptPart::All,
                ..
            }
        ),
        "{first:?}"
    );

    let mut forged = events;
    forged[deleted].body = "{}".to_owned();
    rewrite(&original, forged);
    let verdict = original.verify(None);
    assert!(
        matches!(verdict.flaws[0], VerifyFlaw::BodyUnreadable { .. }),
        "{:?}",
        verdict.flaws
    );
    assert_eq!(verdict.rows, 0, "there is nothing to compare the rows with");
}

#[test]
fn a_tail_that_was_cut_off_is_found_by_what_was_noted() {
    let (_directory, path) = file();
    let bench = Bench::in_file(&path, 0);
    run(bench
        .books
        .create_invoice(&bench.context(), &LAYER, invoice("a", true), None))
    .unwrap();
    tamper(&path, &["pragma wal_checkpoint(full)"]).unwrap();
    let before = path.with_file_name("before.db");
    copy_file(&path, &before);
    let early = bench.verified();
    run(bench
        .books
        .create_invoice(&bench.context(), &LAYER, invoice("b", true), None))
    .unwrap();
    let late = bench.verified();
    let older = open(&before, &bench.clock, 1);
    let check = |noted| run(older.verify(bench.book, noted, |_, _| {})).unwrap().flaws;
    assert_eq!(check(None), [], "the whole file is from before");
    assert_eq!(check(Some((early.seq, early.hash))), []);
    let missing = VerifyFlaw::ExpectedMissing {
        seq: late.seq,
        last: early.seq,
    };
    assert_eq!(check(Some((late.seq, late.hash))), [missing]);

    let original = Original::new();
    let events = original.events();
    let noted = events.last().map(|last| (last.seq, last.hash)).unwrap();
    rewrite(&original, events[..events.len() - 2].to_vec());
    let first = original.verify(Some(noted)).flaws.remove(0);
    assert!(matches!(first, VerifyFlaw::ExpectedMissing { .. }), "{first:?}");
    assert!(!original.verify(None).is_clean(), "the rows are those of the whole log");
}

#[test]
fn events_that_are_gone_too_many_or_out_of_time() {
    let original = Original::new();
    let events = original.events();
    let middle = events.len() as i64 / 2;
    let first = original.first_flaw(&format!("delete from event where book = 1 and seq = {middle}"));
    let gap = VerifyFlaw::EventMissing {
        seq: middle,
        found: middle + 1,
    };
    assert_eq!(first, gap);
    let last = events.len() as i64;
    let first = original.first_flaw(&format!("delete from event where book = 1 and seq = {last}"));
    assert!(
        matches!(&first, VerifyFlaw::HeadDiffers { column: "seq", .. }),
        "{first:?}"
    );
    for seq in [-3, 0, last + 1, last + 5] {
        let columns = EVENT.columns[1..].join(", ");
        let first = original.first_flaw(&format!(
            "insert into event select book, {seq}, {columns} from event where book = 1 and seq = 1"
        ));
        let found = first.seq().unwrap();
        assert!(found == seq || found == last + 1 || found == 1, "{seq}: {first:?}");
    }
    let mut forged = events.clone();
    let second = jiff::SignedDuration::from_secs(1);
    let at = middle as usize;
    forged[at].recorded_at = forged[at - 1].recorded_at.checked_sub(second).unwrap();
    rewrite(&original, forged);
    let first = original.verify(None).flaws.remove(0);
    assert!(
        matches!(first, VerifyFlaw::TimeBackwards { seq, .. } if seq == middle + 1),
        "{first:?}"
    );
}

#[test]
fn every_book_is_checked_even_one_that_the_directory_lost() {
    let original = Original::new();
    original.changed(&["delete from directory where book = 2"]);
    let books = open(&original.copy, &original.clock, 1);
    let verdicts = run(books.verify_all(|_, _, _| {})).unwrap();
    let flaws: Vec<_> = verdicts.iter().map(|verdict| verdict.flaws.clone()).collect();
    assert_eq!(flaws, [vec![], vec![VerifyFlaw::DirectoryMissing], vec![]]);
    original.changed(&[
        "delete from directory where book = 2",
        "delete from head where book = 2",
        "delete from event where book = 2",
    ]);
    let books = open(&original.copy, &original.clock, 1);
    let verdicts = run(books.verify_all(|_, _, _| {})).unwrap();
    assert_eq!(
        verdicts[1].flaws,
        [VerifyFlaw::HeadMissing, VerifyFlaw::DirectoryMissing]
    );
    let unknown = run(books.verify(BookKey(9), None, |_, _| {}));
    assert!(matches!(unknown, Err(Failure::Refused(_))), "{unknown:?}");
}
