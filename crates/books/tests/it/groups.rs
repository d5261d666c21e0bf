//! Many commands in one commit: each gets its own answer, refusals touch nothing, and a repeat finds the first.

use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::{DeleteOptions, IdempotencyKey};
use quittance_books::view::InvoiceView;
use quittance_store::Store;

use crate::setup::*;

fn key(key: &str, request: u8) -> Option<IdempotencyKey> {
    Some(IdempotencyKey {
        key: key.to_owned(),
        request: vec![request],
    })
}

/// Holds the file while the commands are sent, so that all but the first wait together; how many commits they took.
async fn together<T>(path: &std::path::Path, bench: &Bench, commands: Vec<impl Future<Output = T>>) -> (Vec<T>, usize) {
    let Store::Sqlite(store) = bench.books.store() else {
        panic!("a file");
    };
    store.record_statements();
    drop(store.take_recorded());
    let other = Store::open_sqlite(path).unwrap();
    let held = other.begin().await.unwrap();
    let release = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        drop(held);
    };
    let (answers, ()) = tokio::join!(all(commands), release);
    let carried = store.take_recorded();
    (
        answers,
        carried.iter().filter(|statement| statement.sql == "commit").count(),
    )
}

/// Waits for all, having started each in order.
pub async fn all<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut answers: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, answer) in waiting.iter_mut().zip(&mut answers) {
            if answer.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *answer = Some(ready);
            }
        }
        if answers.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    answers.into_iter().flatten().collect()
}

#[derive(Clone, Debug)]
enum Ask {
    Create {
        external: String,
        key: Option<IdempotencyKey>,
        issue: bool,
    },
    Delete(String),
    Pay(String),
}

async fn ask(bench: &Bench, ask: Ask) -> Result<Option<InvoiceView>, Failure> {
    let (books, context) = (&bench.books, bench.context());
    match ask {
        Ask::Create { external, key, issue } => {
            let mut input = invoice(&external, issue);
            input.external_id = Some(external);
            books.create_invoice(&context, &CAMPFIRE, input, key).await.map(Some)
        }
        Ask::Delete(external) => {
            let named = Named::External(external);
            let deleted = books
                .delete_invoice(&context, &LAYER, named, DeleteOptions::default())
                .await;
            deleted?.before().map(Some)
        }
        Ask::Pay(external) => {
            let input = payment(Named::External(external));
            books
                .record_payment(&context, &CAMPFIRE, input, None)
                .await
                .map(|_| None)
        }
    }
}

fn create(external: &str, issue: bool) -> Ask {
    Ask::Create {
        external: external.to_owned(),
        key: None,
        issue,
    }
}

fn keyed(external: &str, name: &str, request: u8) -> Ask {
    Ask::Create {
        external: external.to_owned(),
        key: key(name, request),
        issue: true,
    }
}

/// How a command of a batch ended, in a word.
fn outcome(answer: &Result<Option<InvoiceView>, Failure>) -> &'static str {
    match answer {
        Ok(_) => "done",
        Err(Failure::Refused(refusals)) => match refusals.first() {
            Refusal::NotFound { .. } => "not found",
            Refusal::ExternalIdTaken { .. } => "taken",
            Refusal::HasPayments { .. } => "paid",
            Refusal::WrongStanding { .. } => "standing",
            Refusal::KeyReused { .. } => "reused",
            other => panic!("{other:?}"),
        },
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_batch_answers_each_of_its_commands() {
    let (_directory, path) = file();
    let bench = Bench::in_file(&path, 0);
    let asks = vec![
        // The first is taken alone, the others wait behind it.
        create("first", true),
        create("gone", true),
        create("gone", true),
        Ask::Delete("gone".to_owned()),
        Ask::Delete("gone".to_owned()),
        create("gone", false),
        create("paid", true),
        Ask::Pay("paid".to_owned()),
        Ask::Delete("paid".to_owned()),
        Ask::Pay("paid".to_owned()),
        keyed("once", "k", 1),
        keyed("once", "k", 1),
        keyed("other", "k", 2),
        Ask::Delete("once".to_owned()),
        Ask::Pay("nobody".to_owned()),
        keyed("once", "l", 1),
    ];
    let before = run(bench.books.head(bench.book)).unwrap().unwrap().seq;
    let (answers, commits) = run(together(
        &path,
        &bench,
        asks.iter().map(|asked| ask(&bench, asked.clone())).collect(),
    ));
    assert!(
        (1..=2).contains(&commits),
        "the first, and all that waited behind it: {commits}"
    );
    let shown: Vec<&str> = answers.iter().map(outcome).collect();
    let expected = [
        "done",
        "done",
        "taken",
        "done",
        "not found",
        "done",
        "done",
        "done",
        "paid",
        "standing",
        "done",
        "done",
        "reused",
        "done",
        "not found",
        "done",
    ];
    assert_eq!(shown, expected);
    let id = |at: usize| answers[at].as_ref().unwrap().as_ref().unwrap().invoice.id;
    assert_eq!(id(10), id(11), "a repeat answers the first invoice");
    assert_ne!(id(10), id(15));
    assert_ne!(id(1), id(5));
    assert_eq!(id(1), id(3));
    let verdict = bench.verified();
    assert_eq!(
        verdict.seq,
        before + 9,
        "one event for each that was done and no repeat"
    );
}

#[test]
fn a_repeat_finds_the_first_after_a_restart() {
    let (_directory, path) = file();
    let bench = Bench::in_file(&path, 0);
    let asks = (0..40).map(|n| keyed(&format!("e-{}", n % 10), &format!("k-{}", n % 10), 1));
    let (answers, _) = run(together(&path, &bench, asks.map(|asked| ask(&bench, asked)).collect()));
    let ids: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().unwrap().as_ref().unwrap().invoice.id)
        .collect();
    assert_eq!(ids[..10], ids[30..]);
    let before = bench.verified();
    let Bench { books, clock, book, .. } = bench;
    books.finish();
    let bench = Bench {
        books: open(&path, &clock, 8),
        clock,
        book,
        place: Place::Elsewhere,
    };
    let again = run(ask(&bench, keyed("e-3", "k-3", 1))).unwrap().unwrap();
    assert_eq!(again.invoice.id, ids[3]);
    let other = run(ask(&bench, keyed("e-3", "k-3", 2)));
    let subject = again.invoice.key.0;
    assert_eq!(refusal(other), Refusal::KeyReused { subject });
    assert_eq!(bench.verified().seq, before.seq, "a repeat writes nothing");
}

#[test]
fn a_batch_over_several_books_keeps_them_apart() {
    let (_directory, path) = file();
    let bench = Bench::in_file(&path, 0);
    let second = Bench {
        book: run(bench.books.open_book(book_input(0))).unwrap().0,
        books: open(&path, &bench.clock, 5),
        clock: bench.clock.clone(),
        place: Place::Elsewhere,
    };
    let commands = (0..30).map(|n| {
        let mut context = bench.context();
        context.actor.book = if n % 2 == 0 { bench.book } else { second.book };
        let books = &bench.books;
        async move { books.create_invoice(&context, &LAYER, invoice("a", true), None).await }
    });
    let (answers, commits) = run(together(&path, &bench, commands.collect()));
    assert!((1..=2).contains(&commits), "{commits}");
    for (n, answer) in answers.iter().enumerate() {
        let number = format!("INV-{:04}", n / 2 + 1);
        assert_eq!(answer.as_ref().unwrap().invoice.number, Some(number));
    }
    bench.verified();
    second.verified();
}

#[test]
fn two_programs_on_one_file_share_one_chain() {
    let (_directory, path) = file();
    let bench = Bench::in_file(&path, 0);
    let other = open(&path, &bench.clock, 99);
    std::thread::scope(|scope| {
        for books in [&bench.books, &other] {
            let context = bench.context();
            scope.spawn(move || {
                run(async {
                    let creates = (0..50).map(|_| books.create_invoice(&context, &LAYER, invoice("a", true), None));
                    for answer in all(creates.collect()).await {
                        answer.unwrap();
                    }
                });
            });
        }
    });
    let verdict = bench.verified();
    assert_eq!(verdict.seq, 101);
    other.finish();
}
