//! Texts that must go: unreadable at once, and nowhere in the store's files after a sweep.

use std::path::Path;

use quittance_accounting::book::{IdempotencyRecord, Tombstone};
use quittance_accounting::content::{Digest, Fate};
use quittance_accounting::identity::DocumentKind;
use quittance_accounting::plan::EventKind;
use quittance_accounting::record::{Change, Record};
use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::Named;
use quittance_books::content::{InvoiceContent, LineContent, PaymentContent};
use quittance_books::input::{DeleteOptions, IdempotencyKey, PaymentEdit};
use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy};
use quittance_books::view::InvoiceView;
use sha2::{Digest as _, Sha256};

use crate::histories::Dice;
use crate::setup::*;

/// Texts of an invoice, and of what hangs on it.
const UNIQUE: [&str; 4] = [
    "unique-customer-text",
    "unique-payment-text",
    "unique-refund-text",
    "unique-write-off-text",
];

/// In which of the store's files these bytes stand.
fn files_with(path: &Path, word: &str) -> Vec<String> {
    let name = path.file_name().unwrap().to_str().unwrap();
    let files = ["", "-wal", "-shm", "-journal"].map(|end| path.with_file_name(format!("{name}{end}")));
    files
        .iter()
        .filter(|file| {
            let bytes = std::fs::read(file).unwrap_or_default();
            bytes.windows(word.len()).any(|window| window == word.as_bytes())
        })
        .map(|file| file.file_name().unwrap().to_str().unwrap().to_owned())
        .collect()
}

async fn create(bench: &Bench, word: &str, issue: bool) -> InvoiceView {
    let context = bench.context();
    let input = invoice(word, issue);
    bench
        .books
        .create_invoice(&context, &CAMPFIRE, input, None)
        .await
        .unwrap()
}

async fn delete(bench: &Bench, view: &InvoiceView) {
    let context = bench.context();
    bench
        .books
        .delete_invoice(&context, &CAMPFIRE, named(view), DeleteOptions::default())
        .await
        .unwrap();
}

/// Everything that can be read of the book, as text.
async fn all_that_can_be_read(bench: &Bench, view: &InvoiceView) -> String {
    let (books, book) = (&bench.books, bench.book);
    let query = InvoiceQuery {
        filter: InvoiceFilter::default(),
        order: OrderBy::Created,
        descending: false,
        after: None,
        offset: 0,
        limit: 1000,
        count: true,
    };
    let mut names = vec![named(view), Named::Key(view.invoice.key.0)];
    names.extend(view.invoice.external_id.clone().map(Named::External));
    let mut out = String::new();
    for name in names {
        out += &format!("{:?}", books.invoice(book, &name).await.unwrap());
        out += &format!("{:?}", books.tombstone(book, &name).await.unwrap());
    }
    out += &format!("{:?}", books.invoices(book, &query).await.unwrap());
    out += &format!("{:?}", books.payments(book, 0, 1000).await.unwrap());
    out += &format!("{:?}", books.customers(book, 0, 1000).await.unwrap());
    out += &format!("{:?}", books.products(book, 0, 1000).await.unwrap());
    out += &format!("{:?}", books.events(book, 0, i64::MAX).await.unwrap());
    out += &format!("{:?}", books.deletions(book, 1000).await.unwrap());
    out
}

async fn stone(bench: &Bench, view: &InvoiceView) -> Tombstone {
    bench.books.tombstone(bench.book, &named(view)).await.unwrap().unwrap()
}

#[test]
fn erased_texts_are_unreadable_at_commit_and_gone_after_a_sweep() {
    let (_directory, path) = file();
    let bench = Bench::in_file(&path, 0);
    run(async {
        let kept = create(&bench, "neighbour", true).await;
        let view = create(&bench, "unique-customer-text", true).await;
        let mut given_up = write_off(named(&view), 10);
        given_up.content.memo = Some("unique-write-off-text".to_owned());
        bench.books.write_off(&bench.context(), given_up).await.unwrap();
        let mut input = payment(named(&view));
        input.content = PaymentContent {
            memo: Some("unique-payment-text".to_owned()),
            ..PaymentContent::default()
        };
        bench
            .books
            .record_payment(&bench.context(), &CAMPFIRE, input, None)
            .await
            .unwrap();
        let mut back = refund(named(&view), 20);
        back.content.memo = Some("unique-refund-text".to_owned());
        bench.books.record_refund(&bench.context(), back).await.unwrap();
        let read = all_that_can_be_read(&bench, &view).await;
        for word in UNIQUE {
            assert!(read.contains(word), "{word}");
        }
        delete(&bench, &view).await;
        let read = all_that_can_be_read(&bench, &view).await;
        assert!(!read.contains("unique-"), "{read}");
        assert!(read.contains("neighbour"));
        assert_eq!(stone(&bench, &view).await.fate, Fate::Leaving);

        assert_eq!(bench.books.erase_due().await.unwrap(), 1);
        for word in UNIQUE {
            assert_eq!(files_with(&path, word), [""; 0], "{word}");
        }
        assert_ne!(files_with(&path, "neighbour"), [""; 0]);
        let event = bench.books.newest_events(bench.book, 1).await.unwrap().remove(0);
        assert_eq!(event.kind, EventKind::ContentErased);
        let stone = stone(&bench, &view).await;
        assert_eq!(stone.fate, Fate::Erased(event.seq));
        let named_in_log = quittance_store::codec::read_body(&event.body).unwrap().changes.into_iter().any(|change| {
            use quittance_accounting::record::Change::Put;
            matches!(change, Put(Record::Tombstone(named)) if *named == stone && named.document.kind == DocumentKind::Invoice)
        });
        assert!(named_in_log, "{}", event.body);
        assert_eq!(bench.books.erase_due().await.unwrap(), 0);
        let shown = bench.books.invoice(bench.book, &named(&kept)).await.unwrap().unwrap();
        assert_eq!(shown.content, kept.content);
    });
    bench.verified();
}

#[test]
fn retained_texts_leave_every_read_at_once_and_the_disk_when_their_time_is_over() {
    let (_directory, path) = file();
    let bench = Bench::in_file(&path, 10);
    run(async {
        let view = create(&bench, "unique-customer-text", true).await;
        let draft = create(&bench, "unique-draft-text", false).await;
        delete(&bench, &view).await;
        delete(&bench, &draft).await;
        let read = all_that_can_be_read(&bench, &view).await;
        assert!(!read.contains("unique-"), "{read}");
        // A draft was never posted: nothing asks to retain it.
        assert_eq!(bench.books.erase_due().await.unwrap(), 1);
        assert_eq!(files_with(&path, "unique-draft-text"), [""; 0]);
        for _ in 0..10 {
            assert_ne!(files_with(&path, "unique-customer-text"), [""; 0]);
            bench.clock.pass_days(1);
            bench.verified_async().await;
            assert!(matches!(stone(&bench, &view).await.fate, Fate::RetainedUntil(_)));
            assert_eq!(bench.books.erase_due().await.unwrap(), 0, "the last day is not over");
        }
        bench.clock.pass_days(1);
        assert_eq!(bench.books.erase_due().await.unwrap(), 1);
        assert_eq!(files_with(&path, "unique-customer-text"), [""; 0]);
        assert!(matches!(stone(&bench, &view).await.fate, Fate::Erased(_)));
    });
    bench.verified();
}

#[test]
fn a_reader_in_the_way_delays_the_sweep_and_nothing_is_claimed() {
    let (_directory, path) = file();
    let bench = Bench::in_file(&path, 0);
    run(async {
        let view = create(&bench, "unique-customer-text", true).await;
        let reader = bench.books.store().reader().await.unwrap();
        delete(&bench, &view).await;
        assert_eq!(bench.books.erase_due().await.unwrap(), 0);
        assert_eq!(stone(&bench, &view).await.fate, Fate::Leaving);
        assert_ne!(files_with(&path, "unique-customer-text"), [""; 0]);
        bench.verified_async().await;
        drop(reader);
        assert_eq!(bench.books.erase_due().await.unwrap(), 1);
        assert_eq!(files_with(&path, "unique-customer-text"), [""; 0]);
        assert!(matches!(stone(&bench, &view).await.fate, Fate::Erased(_)));
    });
    bench.verified();
}

#[test]
fn a_database_that_is_vacuumed_has_no_texts_left_unless_somebody_still_sees_them() {
    let bench = Bench::in_database(0);
    let Place::Database(scratch) = &bench.place else {
        panic!("not PostgreSQL")
    };
    let texts = || {
        scratch
            .carry_out(&["select body from content where body like '%unique-%'"])
            .unwrap()
            .len()
    };
    run(async {
        let view = create(&bench, "unique-customer-text", true).await;
        let reader = bench.books.store().reader().await.unwrap();
        reader.head(bench.book).await.unwrap();
        assert_eq!(texts(), 1);
        delete(&bench, &view).await;
        assert_eq!(texts(), 0, "nobody can read it any more");
        assert!(!all_that_can_be_read(&bench, &view).await.contains("unique-"));
        // Whoever began to read before sees it still, so that it cannot be said to be gone.
        assert_eq!(bench.books.erase_due().await.unwrap(), 0);
        assert_eq!(stone(&bench, &view).await.fate, Fate::Leaving);
        drop(reader);
        let mut tries = 0;
        // The reader lets go of its state when its connection gets round to it.
        while bench.books.erase_due().await.unwrap() == 0 {
            tries += 1;
            assert!(tries < 10_000, "never gone");
        }
        assert!(matches!(stone(&bench, &view).await.fate, Fate::Erased(_)));
        let event = bench.books.newest_events(bench.book, 1).await.unwrap().remove(0);
        assert_eq!(event.kind, EventKind::ContentErased);
    });
    bench.verified();
}

/// PostgreSQL keeps samples of what it has looked through to plan with, and every role that reads a table reads them too.
#[test]
fn a_database_takes_no_samples_of_texts_nor_of_their_salts() {
    let bench = Bench::in_database(0);
    let Place::Database(scratch) = &bench.place else {
        panic!("not PostgreSQL")
    };
    run(async {
        for n in 0..3 {
            create(&bench, &format!("unique-customer-text-{n}"), true).await;
        }
    });
    scratch.carry_out(&["analyze"]).unwrap();
    let found = |which: &str| {
        let sampled = "select tablename, attname from pg_stats, concat(most_common_vals::text, histogram_bounds::text) as samples \
            where schemaname = current_schema()";
        scratch.carry_out(&[&format!("{sampled} and {which}")]).unwrap()
    };
    let none: Vec<Vec<Option<String>>> = Vec::new();
    assert_eq!(found("samples like '%unique-%'"), none);
    assert_eq!(
        found("tablename = 'content' and attname = 'salt' and samples <> ''"),
        none
    );
    assert_ne!(
        found("tablename = 'content' and samples <> ''"),
        none,
        "it was looked through"
    );
}

#[test]
fn texts_of_every_length_go_out_of_the_middle_of_others() {
    let (_directory, path) = file();
    let bench = Bench::in_file(&path, 0);
    let mut dice = Dice::new(1);
    run(async {
        let mut live = Vec::new();
        let mut gone = Vec::new();
        for n in 0..240 {
            // Everything from a few bytes in the middle of a page to several pages, in the order in which pages split and merge.
            let length = [10, 90, 700, 2_000, 5_000, 30_000][dice.below(6) as usize];
            let word = format!("unique-text-{n:04}");
            let mut input = invoice(&word, dice.once_in(2));
            input.content = InvoiceContent {
                memo: Some(word.clone()),
                lines: vec![LineContent {
                    name: Some(format!("{}{word}", "x".repeat(length))),
                    ..LineContent::default()
                }],
                ..InvoiceContent::default()
            };
            let context = bench.context();
            let view = bench
                .books
                .create_invoice(&context, &CAMPFIRE, input, None)
                .await
                .unwrap();
            live.push((word, view));
            if dice.once_in(2) {
                let (word, view) = live.swap_remove(dice.below(live.len() as i64) as usize);
                delete(&bench, &view).await;
                gone.push(word);
            }
            if dice.once_in(25) {
                bench.books.erase_due().await.unwrap();
            }
        }
        bench.books.erase_due().await.unwrap();
        for word in gone {
            assert_eq!(files_with(&path, &word), [""; 0], "{word}");
        }
        for (word, _) in live {
            assert_ne!(files_with(&path, &word), [""; 0], "{word}");
        }
    });
    bench.verified();
}

/// What is kept of the request under this key: its record in the log, and whether the salt is still in the store.
async fn request_kept(bench: &Bench, key: &str) -> (IdempotencyRecord, bool) {
    let events = bench.books.events(bench.book, 0, i64::MAX).await.unwrap();
    let bodies = events
        .iter()
        .map(|event| quittance_store::codec::read_body(&event.body).unwrap());
    let records = bodies.flat_map(|body| body.changes).filter_map(|change| match change {
        Change::Put(Record::Idempotency(record)) => Some(record),
        _ => None,
    });
    let record = records.into_iter().find(|record| record.key == key).unwrap();
    let reader = bench.books.store().reader().await.unwrap();
    let rows = reader.scan(bench.book, "content").await.unwrap();
    let there = rows
        .iter()
        .any(|row| matches!(row, Ok(Record::Content(content)) if content.document == record.texts()));
    (record, there)
}

#[test]
fn nothing_confirms_a_guess_of_a_request_once_its_texts_are_gone() {
    for retention in [0, 10] {
        let (_directory, path) = file();
        let bench = Bench::in_file(&path, retention);
        run(async {
            let context = bench.context();
            let guess = b"a body that can be guessed".to_vec();
            let key = |key: &str| {
                Some(IdempotencyKey {
                    key: key.to_owned(),
                    request: guess.clone(),
                })
            };
            let create = || {
                bench
                    .books
                    .create_invoice(&context, &CAMPFIRE, invoice("word", true), key("c"))
            };
            let view = create().await.unwrap();
            assert_eq!(create().await.unwrap().invoice, view.invoice);
            let pay = || {
                bench
                    .books
                    .record_payment(&context, &CAMPFIRE, payment(named(&view)), key("p"))
            };
            let paid = pay().await.unwrap().0;
            assert_eq!(pay().await.unwrap().0, paid);

            let plain = Digest(Sha256::digest(&guess).into());
            let mut log = String::new();
            for event in bench.books.events(bench.book, 0, i64::MAX).await.unwrap() {
                log += &event.body;
            }
            assert!(!log.contains(&plain.hex()), "the log confirms a guess");
            for name in ["cli:c", "cli:p"] {
                let (record, there) = request_kept(&bench, name).await;
                assert!(there && record.request != plain);
            }

            delete(&bench, &view).await;
            bench.verified_async().await;
            assert!(
                !request_kept(&bench, "cli:p").await.1,
                "the payment went with its invoice"
            );
            assert_eq!(request_kept(&bench, "cli:c").await.1, retention > 0);
            bench.clock.pass_days(retention + 1);
            assert_eq!(bench.books.erase_due().await.unwrap(), 1);
            let (record, there) = request_kept(&bench, "cli:c").await;
            assert!(!there);
            for word in [plain.hex(), "a body that can be guessed".to_owned()] {
                assert_eq!(files_with(&path, &word), [""; 0]);
            }
            assert_ne!(files_with(&path, &record.request.hex()), [""; 0]);
            // A repeat is still not carried out a second time.
            assert!(matches!(refusal(create().await), Refusal::AlreadyDeleted { .. }));
            assert!(matches!(
                refusal(pay().await),
                Refusal::NotFound {
                    kind: DocumentKind::Payment
                }
            ));
        });
        bench.verified();
    }
}

#[test]
fn the_request_of_a_restored_invoice_goes_with_it_too() {
    let (_directory, path) = file();
    let bench = Bench::in_file(&path, 0);
    let key = IdempotencyKey {
        key: "c".to_owned(),
        request: b"a body that can be guessed".to_vec(),
    };
    let context = bench.context();
    let created = bench
        .books
        .create_invoice(&context, &NATIVE, invoice("word", false), Some(key));
    let named = named(&run(created).unwrap());
    let dropped = bench
        .books
        .delete_invoice(&context, &NATIVE, named.clone(), DeleteOptions::default());
    run(dropped).unwrap();
    // Another program, which remembers nothing: for it the invoice is new when it is restored, and its requests are not.
    let again = Bench {
        books: open(&path, &bench.clock, 8),
        clock: bench.clock.clone(),
        book: bench.book,
        place: Place::Elsewhere,
    };
    run(async {
        again.books.restore_invoice(&context, named.clone()).await.unwrap();
        assert!(request_kept(&again, "cli:c").await.1);
        let options = DeleteOptions::default();
        again
            .books
            .delete_invoice(&context, &CAMPFIRE, named, options)
            .await
            .unwrap();
        assert!(!request_kept(&again, "cli:c").await.1, "it would confirm a guess");
    });
    again.verified();
}

#[test]
fn the_request_of_a_payment_that_is_changed_stays_with_it() {
    let bench = Bench::in_memory(0);
    let context = bench.context();
    run(async {
        let view = create(&bench, "word", true).await;
        let record = || {
            let key = IdempotencyKey {
                key: "p".to_owned(),
                request: b"a body".to_vec(),
            };
            let input = payment(named(&view));
            bench.books.record_payment(&context, &LAYER, input, Some(key))
        };
        let (recorded, _) = record().await.unwrap();
        let mut edit = PaymentEdit::of(&recorded);
        edit.content.memo = Some("changed".to_owned());
        edit.amount = minor(30);
        let one = Named::Id(recorded.payment.id);
        let (changed, _) = bench.books.change_payment(&context, &LAYER, one, edit).await.unwrap();
        assert!(request_kept(&bench, "cli:p").await.1);
        let (again, _) = record().await.unwrap();
        assert_eq!(
            again.payment, changed.payment,
            "the same request again is answered with what it made"
        );
    });
    bench.verified();
}
