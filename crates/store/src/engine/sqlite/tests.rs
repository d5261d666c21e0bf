//! What cannot be seen through the seam: the file, its triggers, its indexes, its bytes, and rows that someone else wrote.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use quittance_accounting::book::{Customer, Series};
use quittance_accounting::content::{Content, Digest};
use quittance_accounting::identity::{BookKey, CustomerKey, DocumentId, DocumentKind};
use quittance_accounting::kept::Deltas;
use quittance_accounting::plan::EventKind;
use quittance_accounting::record::Record;
use quittance_accounting::snapshot::{Named, NetChange, Snapshot, Want};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{CURRENT, GIVEN_UP, SqliteStore};
use crate::engine::{BookCommit, BookEntry};
use crate::error::StoreError;
use crate::field::Cell;
use crate::log::{Head, Unsealed};

mod growth;
mod plans;

const BOOK: BookKey = BookKey(1);

struct File {
    folder: TempDir,
    store: SqliteStore,
}

impl File {
    fn new() -> File {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&path_in(&folder)).unwrap();
        File { folder, store }
    }

    /// A file with one book, one event and some records.
    fn with_book() -> File {
        let file = File::new();
        let entry = BookEntry { book: BOOK, id: id(1) };
        let put = [
            customer(1),
            customer(2),
            text("a text"),
            Series {
                prefix: "A".to_owned(),
                next: 1,
            }
            .into(),
        ];
        let net = put.map(|record| NetChange {
            before: None,
            after: Some(record),
        });
        file.store
            .begin()
            .unwrap()
            .commit(vec![BookCommit {
                opened: Some(entry),
                ..commit(Head::empty(), net)
            }])
            .unwrap();
        file
    }

    fn head(&self) -> Head {
        self.store.reader().unwrap().head(BOOK).unwrap().unwrap()
    }

    fn change<const N: usize>(&self, net: [NetChange; N]) -> Result<(), StoreError> {
        self.store.begin().unwrap().commit(vec![commit(self.head(), net)])
    }

    /// A connection of someone else.
    fn raw(&self) -> Connection {
        Connection::open(path_in(&self.folder)).unwrap()
    }

    fn holds(&self, text: &str) -> bool {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let mut bytes = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        bytes.any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    }
}

fn path_in(folder: &TempDir) -> PathBuf {
    folder.path().join("books.sqlite")
}

fn id(n: u64) -> DocumentId {
    DocumentId::new(n, n)
}

fn customer(n: i64) -> Record {
    let at = Timestamp::UNIX_EPOCH;
    Record::from(Customer {
        key: CustomerKey(n),
        id: id(n as u64),
        external_id: None,
        created_at: at,
        updated_at: at,
        archived_at: None,
        content: Digest::default(),
    })
}

fn text(body: &str) -> Record {
    Record::from(Content {
        document: CustomerKey(1).into(),
        salt: "00".to_owned(),
        body: body.to_owned(),
    })
}

/// A commit of one event.
fn commit<const N: usize>(head_before: Head, net: [NetChange; N]) -> BookCommit {
    let mut head_after = head_before;
    let unsealed = Unsealed {
        actor: "test".to_owned(),
        source: "native".to_owned(),
        request_id: "1".to_owned(),
        kind: EventKind::CustomerAdded,
        subject: CustomerKey(1).into(),
        body: "{\"changes\":[]}".to_owned(),
    };
    let event = head_after.append(BOOK, Timestamp::UNIX_EPOCH, unsealed);
    let (events, net) = (vec![event], net.to_vec());
    BookCommit {
        book: BOOK,
        opened: None,
        head_before,
        head_after,
        events,
        net,
        deltas: Deltas::default(),
    }
}

#[test]
fn the_log_takes_rows_and_never_gives_one_back() {
    let file = File::with_book();
    let before = file.store.reader().unwrap().events(BOOK, 0, 10).unwrap();
    let copy = "select book, seq, recorded_at, 'someone', source, request_id, kind, subject_kind, subject_number, body, \
                prev_hash, hash from event";
    for sql in [
        "update event set body = ''".to_owned(),
        "delete from event".to_owned(),
        format!("insert or replace into event {copy}"),
        format!("replace into event {copy}"),
        format!("insert into event {copy} where true on conflict do update set actor = 'someone'"),
    ] {
        let refused = file.raw().execute(&sql, []).unwrap_err().to_string();
        assert_eq!(refused, "the log is insert-only", "{sql}");
    }
    assert_eq!(file.store.reader().unwrap().events(BOOK, 0, 10), Ok(before));
}

/// What a reader says about the row that a statement spoiled.
fn spoiled(sql: &str, read: impl Fn(&SqliteStore) -> Result<(), StoreError>) -> String {
    let file = File::with_book();
    assert_eq!(read(&file.store), Ok(()));
    assert_eq!(file.raw().execute(sql, []), Ok(1), "{sql}");
    read(&file.store).unwrap_err().to_string()
}

#[test]
fn a_corrupt_row_names_its_table_column_and_key() {
    let scan = |table| {
        move |store: &SqliteStore| {
            let rows = store.reader()?.scan(BOOK, table)?;
            rows.into_iter().collect::<Result<Vec<_>, _>>().map(|_| ())
        }
    };
    let cases = [
        (
            "update customer set id = 'x' where key = 2",
            "customer",
            "column id, row 2",
        ),
        (
            "update customer set created_at = 5.5 where key = 2",
            "customer",
            "column created_at, row 2",
        ),
        (
            "update customer set content = x'00' where key = 1",
            "customer",
            "column content, row 1",
        ),
        (
            "update customer set external_id = x'00' where key = 1",
            "customer",
            "column external_id, row 1",
        ),
        (
            "update content set body = cast(x'ff' as text)",
            "content",
            "column body, row \"customer\", 1",
        ),
        (
            "update content set kind = 'dog'",
            "content",
            "column kind, row \"dog\", 1",
        ),
        (
            "update content set rowid = rowid + 1",
            "content",
            "column number, row \"customer\", \"1 at 1236950581250\"",
        ),
        ("update series set next = 1.5", "series", "column next, row \"A\""),
        ("update series set next = 'many'", "series", "column next, row \"A\""),
    ];
    for (sql, table, place) in cases {
        let said = spoiled(sql, scan(table));
        assert!(said.starts_with(&format!("table {table}, {place}: ")), "{sql}: {said}");
    }
    let head = |store: &SqliteStore| store.reader()?.head(BOOK).map(|_| ());
    assert!(spoiled("update head set hash = 'x'", head).starts_with("table head, column hash, row of the book: "));
    let directory = |store: &SqliteStore| store.reader()?.directory().map(|_| ());
    assert!(spoiled("update directory set id = 'x'", directory).starts_with("table directory, column id, row 1"));
}

/// A file keeps texts in order of the places of their kinds.
#[test]
fn kinds_keep_their_places() {
    let words: Vec<&str> = DocumentKind::ALL.iter().map(|(_, word)| *word).collect();
    assert_eq!(
        words.join(" "),
        "book account customer product invoice line payment refund write_off credit_note token resource manual_entry request"
    );
}

#[test]
fn a_corrupt_row_spoils_a_gather_and_not_the_rest_of_a_scan() {
    let file = File::with_book();
    file.raw()
        .execute("update customer set id = 'x' where key = 1", [])
        .unwrap();
    let rows = file.store.reader().unwrap().scan(BOOK, "customer").unwrap();
    assert!(rows[0].is_err());
    assert_eq!(rows[1], Ok(customer(2)));
    let gather = |n| {
        let mut into = Snapshot::sparse(Head::empty().counters);
        file.store
            .begin()
            .unwrap()
            .gather(BOOK, &[Want::Customer(Named::Key(n))], &mut into)
    };
    assert!(matches!(
        gather(1),
        Err(StoreError::CorruptRow {
            table: "customer",
            column: "id",
            ..
        })
    ));
    assert_eq!(gather(2), Ok(()));
}

#[test]
fn opening_again_changes_nothing_and_a_file_of_another_format_is_left_alone() {
    let file = File::with_book();
    let schema = |connection: &Connection| {
        let sql = "select group_concat(sql), (select user_version from pragma_user_version) from sqlite_schema";
        connection
            .query_row(sql, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
            .unwrap()
    };
    let before = schema(&file.raw());
    assert_eq!(before.1, CURRENT);
    let again = SqliteStore::open(&path_in(&file.folder)).unwrap();
    assert_eq!(schema(&file.raw()), before);
    assert_eq!(again.reader().unwrap().head(BOOK), Ok(Some(file.head())));
    for found in [77, GIVEN_UP, -1] {
        file.raw().pragma_update(None, "user_version", found).unwrap();
        let refused = SqliteStore::open(&path_in(&file.folder)).unwrap_err();
        assert_eq!(refused, StoreError::WrongVersion { found, known: CURRENT });
    }
}

#[test]
fn a_file_of_another_program_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = path_in(&folder);
    for made_with in [
        "create table account (name text); insert into account values ('ours')",
        "pragma user_version = 4; create table directory (book integer)",
        "pragma application_id = 1196444487",
    ] {
        let raw = Connection::open(&path).unwrap();
        raw.execute_batch(made_with).unwrap();
        drop(raw);
        let before = std::fs::read(&path).unwrap();
        assert_eq!(
            SqliteStore::open(&path).unwrap_err(),
            StoreError::ForeignFile,
            "{made_with}"
        );
        assert_eq!(
            SqliteStore::open_for_reading(&path).unwrap_err(),
            StoreError::ForeignFile,
            "{made_with}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), before, "{made_with}");
        std::fs::remove_file(&path).unwrap();
    }
    std::fs::write(&path, "Dear customer, your invoice is attached. ".repeat(100)).unwrap();
    assert_eq!(SqliteStore::open(&path).unwrap_err(), StoreError::ForeignFile);
    // Nothing at all is the beginning of a file of ours.
    std::fs::write(&path, "").unwrap();
    assert!(SqliteStore::open(&path).is_ok());
}

/// Root may write whatever its mode is; then there is nothing to try.
#[cfg(unix)]
fn may_only_be_read(folder: &Path, file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o444)).unwrap();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    std::fs::write(folder.join("probe"), "").is_err()
}

#[cfg(unix)]
#[test]
fn a_file_that_may_only_be_read_is_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let File { folder, store } = File::with_book();
    drop(store);
    let (path, plain) = (folder.path().join("50% off? #1.db"), path_in(&folder));
    std::fs::rename(plain, &path).unwrap();
    if may_only_be_read(folder.path(), &path) {
        assert!(SqliteStore::open(&path).is_err());
    }
    // As whoever may not write reads it, also where this user may do everything.
    let address = super::at_rest(&path).unwrap();
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_URI;
    let at_rest = Connection::open_with_flags(&address, flags).unwrap();
    assert_eq!(super::version(&at_rest), Ok(CURRENT), "{address}");
    let reading = SqliteStore::open_for_reading(&path).unwrap();
    assert!(reading.reader().unwrap().head(BOOK).unwrap().is_some());
    drop((at_rest, reading));
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(folder.path().join("50% off? #1.db-wal"), "what came last").unwrap();
    assert_eq!(super::at_rest(&path), None);
}

#[test]
fn many_may_open_a_new_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path: &Path = &path_in(&folder);
    let opened = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| SqliteStore::open(path).map(|_| ())))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert_eq!(opened, vec![Ok(()); 8]);
}

#[test]
fn a_second_writer_waits_for_the_first() {
    let file = File::with_book();
    let other = SqliteStore::open(&path_in(&file.folder)).unwrap();
    let unit = other.begin().unwrap();
    std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            file.change([NetChange {
                before: None,
                after: Some(customer(3)),
            }])
        });
        std::thread::sleep(Duration::from_millis(100));
        assert!(!second.is_finished());
        drop(unit);
        assert_eq!(second.join().unwrap(), Ok(()));
    });
    let twice = file.store.begin().and_then(|_first| file.store.begin().map(|_| ()));
    assert!(matches!(twice, Err(StoreError::Engine { .. })));
    assert_eq!(file.store.begin().map(|_| ()), Ok(()));
}

#[test]
fn a_write_that_misses_its_row_undoes_the_whole_commit() {
    let file = File::with_book();
    let head = file.head();
    let (here, gone) = (customer(1), customer(5));
    let missed = Err(StoreError::RowCount {
        table: "customer",
        expected: 1,
        found: 0,
    });
    let removed = NetChange {
        before: Some(here),
        after: None,
    };
    for after in [None, Some(gone.clone())] {
        let net = [
            removed.clone(),
            NetChange {
                before: Some(gone.clone()),
                after,
            },
        ];
        assert_eq!(file.change(net), missed);
    }
    let twice = file.change([
        removed,
        NetChange {
            before: None,
            after: Some(customer(2)),
        },
    ]);
    assert!(matches!(
        twice,
        Err(StoreError::Engine {
            doing: "writing a row",
            ..
        })
    ));
    assert_eq!(file.head(), head);
    assert_eq!(
        file.store.reader().unwrap().scan(BOOK, "customer"),
        Ok(vec![Ok(customer(1)), Ok(customer(2))])
    );
}

#[test]
fn a_new_row_may_take_the_name_of_one_that_goes() {
    let file = File::with_book();
    let Record::Customer(old) = customer(1) else { return };
    let new = Record::from(Customer {
        key: CustomerKey(3),
        ..Customer::clone(&old)
    });
    let put = NetChange {
        before: None,
        after: Some(new.clone()),
    };
    let removed = NetChange {
        before: Some(customer(1)),
        after: None,
    };
    assert_eq!(file.change([put, removed]), Ok(()));
    assert_eq!(
        file.store.reader().unwrap().scan(BOOK, "customer"),
        Ok(vec![Ok(customer(2)), Ok(new)])
    );
}

#[test]
fn a_reader_sees_one_state() {
    let file = File::with_book();
    let (before, head) = (file.store.reader().unwrap(), file.head());
    file.change([NetChange {
        before: None,
        after: Some(customer(3)),
    }])
    .unwrap();
    assert_eq!(before.head(BOOK), Ok(Some(head)));
    assert_eq!(before.scan(BOOK, "customer").unwrap().len(), 2);
    drop(before);
    assert_eq!(file.store.reader().unwrap().scan(BOOK, "customer").unwrap().len(), 3);
    let written = file.store.reader().unwrap().on(|connection| {
        connection
            .execute("delete from customer", [])
            .map_err(super::failed("writing"))
    });
    assert!(written.is_err(), "a reader writes");
}

#[test]
fn what_was_removed_is_gone_from_the_files_after_a_scrub() {
    let file = File::with_book();
    let secret = "Erika Mustermann, Heidestrasse 17";
    let long = format!("{secret} {}", "x".repeat(20_000));
    file.change([NetChange {
        before: Some(text("a text")),
        after: Some(text(&long)),
    }])
    .unwrap();
    assert_eq!(file.store.scrub(), Ok(true));
    assert!(file.holds(secret));
    let reader = file.store.reader().unwrap();
    file.change([NetChange {
        before: Some(text(&long)),
        after: None,
    }])
    .unwrap();
    assert_eq!(file.store.scrub(), Ok(false), "a reader still sees the text");
    drop(reader);
    let unit = file.store.begin().unwrap();
    assert_eq!(file.store.scrub(), Ok(false), "a unit has the writer");
    drop(unit);
    assert_eq!(file.store.scrub(), Ok(true));
    assert!(!file.holds(secret));
}

#[test]
fn statements_are_recorded_only_when_asked_for_and_carried_out() {
    let file = File::with_book();
    assert_eq!(file.store.take_recorded(), []);
    file.store.record_statements();
    let added = NetChange {
        before: None,
        after: Some(customer(3)),
    };
    file.change([added.clone()]).unwrap();
    assert!(file.change([added]).is_err());
    let recorded = file.store.take_recorded();
    let firsts: Vec<_> = recorded.iter().map(|one| one.sql.split(" (").next().unwrap()).collect();
    let update = firsts[1];
    assert!(update.starts_with("update head set seq = ?2, "), "{update}");
    assert_eq!(
        firsts,
        [
            "begin immediate",
            update,
            "insert into event",
            "insert into customer",
            "commit"
        ]
    );
    let Cell::Int(book) = recorded[3].arguments[0] else {
        panic!("{recorded:?}")
    };
    assert_eq!((book, &recorded[3].arguments[1]), (1, &Cell::Int(3)));
    assert_eq!(file.store.take_recorded(), []);
}
