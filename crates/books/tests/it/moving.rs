//! Moving books between stores: the same book arrives, interrupted anywhere or not, and until then nobody is served from it.

use std::sync::Arc;

use quittance_accounting::book::Role;
use quittance_accounting::identity::BookKey;
use quittance_books::books::TokenInput;
use quittance_books::moving::{MoveFailure, Moved, move_book};
use quittance_books::source::{Clock, Repeatable};
use quittance_books::{Books, Failure, TokenFault};
use quittance_store::tables::TABLES;

use crate::rich;
use crate::setup::*;

/// Makes a place to move to.
type There = fn() -> Place;

/// A file and a database to move to.
const THERE: [There; 2] = [Place::file, Place::database];

/// A file with three books of which the first has every kind of record, and a place to move them to.
struct Scene {
    _folder: tempfile::TempDir,
    source: std::path::PathBuf,
    target: Place,
    clock: Arc<SetClock>,
    token: String,
}

impl Scene {
    fn new(there: There) -> Scene {
        let (folder, source) = file();
        let bench = Bench::in_file(&source, 30);
        rich::live_through(&bench);
        let input = TokenInput {
            name: "mover".to_owned(),
            role: Role::Admin,
            scopes: vec![],
            expires_at: None,
        };
        let (token, _) = run(bench.books.make_token(&bench.context(), input)).unwrap();
        let clock = Arc::clone(&bench.clock);
        bench.books.finish();
        Scene {
            _folder: folder,
            source,
            target: there(),
            clock,
            token,
        }
    }

    fn source(&self) -> Books {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        Books::open_sqlite_for_reading(&self.source, clock, Arc::new(Repeatable::new(1))).unwrap()
    }

    fn target(&self) -> Books {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        self.target.open(clock, Arc::new(Repeatable::new(2)))
    }

    fn move_all(&self, slots: &[i64]) -> Vec<Result<Moved, MoveFailure>> {
        let (source, target) = (self.source(), self.target());
        let moved = slots
            .iter()
            .map(|slot| run(move_book(&source, &target, BookKey(*slot), |_| true)));
        let moved = moved.collect();
        target.finish();
        moved
    }
}

/// Everything that a store holds of a book.
fn holdings(books: &Books, book: BookKey) -> String {
    run(async {
        let reader = books.store().reader().await.unwrap();
        let mut all = format!("{:?}", reader.head(book).await.unwrap());
        for event in reader.events(book, 0, i64::MAX).await.unwrap() {
            all.push_str(&format!("\n{event:?}"));
        }
        for table in TABLES {
            for row in reader.scan(book, table.name).await.unwrap() {
                all.push_str(&format!("\n{:?}", row.unwrap()));
            }
        }
        all.push_str(&format!("\n{:?}", reader.balances(book).await.unwrap()));
        all.push_str(&format!("\n{:?}", reader.tallies(book).await.unwrap()));
        all
    })
}

fn arrived(moved: &Result<Moved, MoveFailure>) -> bool {
    matches!(moved, Ok(Moved::Arrived(verdict)) if verdict.is_clean() && verdict.rows > 0)
}

#[test]
fn the_same_books_arrive_and_the_source_is_untouched() {
    for there in THERE {
        all_arrive(&Scene::new(there));
    }
}

fn all_arrive(scene: &Scene) {
    let before = std::fs::read(&scene.source).unwrap();
    assert!(scene.move_all(&[1, 2, 3]).iter().all(arrived));
    assert_eq!(
        std::fs::read(&scene.source).unwrap(),
        before,
        "the source was written to"
    );
    for slot in 1..=3 {
        let book = BookKey(slot);
        assert_eq!(holdings(&scene.target(), book), holdings(&scene.source(), book));
    }
    let target = scene.target();
    let actor = run(target.authenticate(&scene.token)).unwrap().unwrap();
    assert_eq!(actor.book, BookKey(1));
    // It goes on where it was: a new invoice, and a new book behind the others.
    run(target.create_invoice(&context(BookKey(1)), &LAYER, invoice("after", true), None)).unwrap();
    assert_eq!(run(target.open_book(book_input(0))).unwrap().0, BookKey(4));
    assert!(
        run(target.verify_all(|_, _, _| {}))
            .unwrap()
            .iter()
            .all(|verdict| verdict.is_clean())
    );
    target.finish();
    // And back: the file it came from has the slot, with a shorter log.
    let again = scene.move_all(&[1, 2]);
    assert!(matches!(again[0], Err(MoveFailure::MovedOn { .. })), "{:?}", again[0]);
    assert!(matches!(again[1], Ok(Moved::WasThere(_))), "{:?}", again[1]);
}

#[test]
fn a_move_that_is_interrupted_anywhere_goes_on_and_until_then_nobody_is_served() {
    interrupted_anywhere(Place::file, 1);
    // A database for each interruption takes its time.
    interrupted_anywhere(Place::database, 6);
}

fn interrupted_anywhere(there: There, every: usize) {
    let mut scene = Scene::new(there);
    let source = scene.source();
    let here = holdings(&source, BookKey(1));
    for stop_after in (1..).step_by(every) {
        scene.target = there();
        let mut steps = 0;
        let target = scene.target();
        let moved = run(move_book(&source, &target, BookKey(1), |_| {
            steps += 1;
            steps < stop_after
        }));
        if arrived(&moved) {
            assert!(steps > TABLES.len() / 2, "it took only {steps} steps");
            break;
        }
        assert_eq!(
            moved,
            Err(MoveFailure::Failed(Failure::Unavailable)),
            "stopped after {stop_after}"
        );
        assert_eq!(run(target.directory()).unwrap(), []);
        assert_eq!(run(target.head(BookKey(1))).unwrap(), None);
        assert_eq!(run(target.settings(BookKey(1))).unwrap(), None);
        assert_eq!(
            run(target.authenticate(&scene.token)).unwrap(),
            Err(TokenFault::Unknown)
        );
        let refused = run(target.create_invoice(&context(BookKey(1)), &LAYER, invoice("early", true), None));
        assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
        assert_eq!(run(target.verify_all(|_, _, _| {})).unwrap(), []);
        // Its slot is kept for it.
        assert_eq!(run(target.open_book(book_input(0))).unwrap().0, BookKey(2));
        target.finish();
        let target = scene.target();
        let moved = run(move_book(&source, &target, BookKey(1), |_| true));
        assert!(arrived(&moved), "stopped after {stop_after}: {moved:?}");
        target.finish();
        assert_eq!(holdings(&scene.target(), BookKey(1)), here);
    }
}

#[test]
fn a_source_that_is_written_to_is_caught_up_with_before_its_book_is_there() {
    for there in THERE {
        is_caught_up_with(&Scene::new(there));
    }
}

fn is_caught_up_with(scene: &Scene) {
    let source = open(&scene.source, &scene.clock, 9);
    let target = scene.target();
    let mut written = false;
    let moved = std::thread::scope(|scope| {
        run(move_book(&source, &target, BookKey(1), |_| {
            if !written {
                written = true;
                let late = scope.spawn(|| {
                    run(async {
                        let view = source
                            .create_invoice(&context(BookKey(1)), &LAYER, invoice("late", true), None)
                            .await?;
                        source
                            .delete_invoice(&context(BookKey(1)), &CAMPFIRE, named(&view), Default::default())
                            .await
                    })
                });
                late.join().unwrap().unwrap();
            }
            true
        }))
    });
    assert!(
        matches!(moved, Err(MoveFailure::SourceWritten { began, now }) if now == began + 2),
        "{moved:?}"
    );
    assert_eq!(run(target.directory()).unwrap(), []);
    assert!(arrived(&run(move_book(&source, &target, BookKey(1), |_| true))));
    source.finish();
    target.finish();
    assert_eq!(
        holdings(&scene.target(), BookKey(1)),
        holdings(&scene.source(), BookKey(1))
    );
}

#[test]
fn a_slot_that_is_taken_stays_with_whom_it_has() {
    for there in THERE {
        keeps_its_slot(&Scene::new(there));
    }
}

fn keeps_its_slot(scene: &Scene) {
    let target = scene.target();
    let (_, other) = run(target.open_book(book_input(0))).unwrap();
    let source = scene.source();
    let moved = run(move_book(&source, &target, BookKey(1), |_| true));
    assert_eq!(moved, Err(MoveFailure::SlotTaken { by: other.id }));
    // The other books of the source find their slots free, the third before the second.
    assert!(arrived(&run(move_book(&source, &target, BookKey(3), |_| true))));
    assert_eq!(
        run(target.verify_all(|_, _, _| {})).unwrap().len(),
        2,
        "a slot passed over is no loss"
    );
    assert!(arrived(&run(move_book(&source, &target, BookKey(2), |_| true))));
    assert_eq!(run(target.verify_all(|_, _, _| {})).unwrap().len(), 3);
    assert_eq!(run(target.open_book(book_input(0))).unwrap().0, BookKey(4));
    assert_eq!(
        run(move_book(&source, &target, BookKey(9), |_| true)),
        Err(MoveFailure::NoBook)
    );
    target.finish();
}

#[test]
fn what_arrived_wrong_is_not_served() {
    for there in THERE {
        is_not_served(&Scene::new(there));
    }
}

fn is_not_served(scene: &Scene) {
    let tampered = quittance_store::engine::tamper(&scene.source, &["update posting set amount = amount + 1"]);
    assert!(tampered.is_ok(), "{tampered:?}");
    let moved = scene.move_all(&[1]);
    assert!(matches!(&moved[0], Err(MoveFailure::Unsound(_))), "{moved:?}");
    let target = scene.target();
    assert_eq!(run(target.directory()).unwrap(), []);
    assert_eq!(
        run(target.authenticate(&scene.token)).unwrap(),
        Err(TokenFault::Unknown)
    );
    target.finish();
}
