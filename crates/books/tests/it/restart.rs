//! What lasts: the chain over a restart, time that never runs backwards, answers that read the same later.

use quittance_accounting::plan::EventKind;

use crate::setup::*;

#[test]
fn a_file_that_is_opened_again_continues_its_chain() {
    for bench in [Bench::at(Place::file(), 0), Bench::in_database(0)] {
        let first = run(bench
            .books
            .create_invoice(&bench.context(), &LAYER, invoice("a", true), None))
        .unwrap();
        let before = bench.verified();
        bench.clock.pass(60);
        let bench = bench.reopened(8);
        let book = bench.book;
        let shown = run(bench.books.invoice(book, &named(&first))).unwrap().unwrap();
        assert_eq!(shown.invoice, first.invoice);
        let second = run(bench
            .books
            .create_invoice(&bench.context(), &LAYER, invoice("b", true), None))
        .unwrap();
        assert_eq!(second.invoice.key.0, first.invoice.key.0 + 1);
        assert_eq!(second.invoice.number.as_deref(), Some("INV-0002"));
        let after = bench.verified();
        assert_eq!(after.seq, before.seq + 1);
        let events = run(bench.books.events(book, before.seq, 10)).unwrap();
        assert_eq!(events[0].prev_hash, before.hash);
        let noted = Some((before.seq, before.hash));
        assert_eq!(run(bench.books.verify(book, noted, |_, _| {})).unwrap().flaws, []);
        let (next, _) = run(bench.books.open_book(book_input(0))).unwrap();
        assert_eq!(next.0, book.0 + 1);
    }
}

#[test]
fn time_in_a_log_never_runs_backwards() {
    for bench in [Bench::at(Place::file(), 0), Bench::in_database(0)] {
        let mut last = run(bench.books.head(bench.book)).unwrap().unwrap().recorded_at;
        for seconds in [5, -3600, -1, 30, 7200, -86_400] {
            bench.clock.pass(seconds);
            let view = run(bench
                .books
                .create_invoice(&bench.context(), &LAYER, invoice("a", false), None))
            .unwrap();
            let event = run(bench.books.newest_events(bench.book, 1)).unwrap().remove(0);
            assert_eq!(event.kind, EventKind::InvoiceCreated);
            assert_eq!(event.recorded_at, bench.books.now().max(last));
            assert_eq!(view.invoice.created_at, event.recorded_at);
            last = event.recorded_at;
        }
        // Nor after a restart with a clock that is behind.
        bench.clock.pass(-1_000_000);
        let bench = bench.reopened(9);
        let view = run(bench
            .books
            .create_invoice(&bench.context(), &LAYER, invoice("b", false), None))
        .unwrap();
        assert_eq!(view.invoice.created_at, last);
        bench.verified();
    }
}

#[test]
fn what_a_create_answers_reads_the_same_later() {
    for bench in Bench::everywhere(0) {
        let mut input = invoice("a", true);
        input.lines[0].quantity = "2.50".parse().unwrap();
        input.lines[0].unit_price = "10.00".parse().unwrap();
        input.discount = minor(5);
        let answer = run(bench.books.create_invoice(&bench.context(), &LAYER, input, None)).unwrap();
        let read = run(bench.books.invoice(bench.book, &named(&answer))).unwrap().unwrap();
        // As texts: figures that are equal may still be spelled differently.
        assert_eq!(format!("{answer:?}"), format!("{read:?}"));
    }
}

#[test]
fn a_reader_sees_one_state_while_the_writer_goes_on() {
    for bench in Bench::everywhere(0) {
        run(async {
            let context = bench.context();
            let reader = bench.books.store().reader().await.unwrap();
            let before = reader.head(bench.book).await.unwrap();
            bench
                .books
                .create_invoice(&context, &LAYER, invoice("a", true), None)
                .await
                .unwrap();
            assert_eq!(reader.head(bench.book).await.unwrap(), before);
            assert_eq!(reader.scan(bench.book, "invoice").await.unwrap(), []);
            assert_eq!(reader.events(bench.book, 0, 10).await.unwrap().len(), 1);
            assert_ne!(bench.books.head(bench.book).await.unwrap(), before);
        });
    }
}

#[test]
fn a_check_may_run_while_the_writer_goes_on() {
    for bench in Bench::everywhere(0) {
        std::thread::scope(|scope| {
            let context = bench.context();
            let books = &bench.books;
            scope.spawn(move || {
                for _ in 0..100 {
                    run(books.create_invoice(&context, &LAYER, invoice("a", true), None)).unwrap();
                }
            });
            for _ in 0..10 {
                bench.verified();
            }
        });
    }
}
