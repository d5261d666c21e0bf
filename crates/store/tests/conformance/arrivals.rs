//! A book that is moved here: its rows come step by step, and until the last of them it is as if it were not there.

use quittance_accounting::identity::BookKey;
use quittance_accounting::kept::Deltas;
use quittance_accounting::snapshot::NetChange;
use quittance_store::tables::TABLES;
use quittance_store::{Arrival, BookEntry, Line, LineChange, Store, StoreError};

use crate::chance::Chance;
use crate::commands::Commands;
use crate::compare::compare_book;
use crate::twins::{Engine, Twins, id, now};

fn step(book: BookKey) -> Arrival {
    Arrival {
        book,
        lines: Vec::new(),
        events: Vec::new(),
        net: Vec::new(),
        deltas: Deltas::default(),
        head: None,
    }
}

fn arrive(store: &Store, step: &Arrival) -> Result<(), StoreError> {
    now(now(store.begin()).unwrap().arrive(step))
}

fn lines(store: &Store) -> Vec<Line> {
    now(now(store.reader()).unwrap().lines()).unwrap()
}

pub fn a_book_arrives_step_by_step_and_is_nobodys_until_it_is_there(engine: Engine) {
    // Three books elsewhere, of which the third is moved: its slot is not the next one here.
    let mut elsewhere = Twins::new(Engine::Sqlite);
    let book = [1, 2, 3].map(|n| elsewhere.open(n, 0))[2];
    let mut commands = Commands::new(21);
    elsewhere.run(book, &commands.stock());
    for _ in 0..30 {
        let next = commands.next();
        for plan in elsewhere.run(book, &[next]).into_iter().flatten() {
            commands.learn(&plan);
        }
    }
    let here = Twins::new(engine);
    let entry = BookEntry { book, id: id(3) };
    let vacant = Line::Vacant {
        first: BookKey(1),
        last: BookKey(2),
    };
    let arriving = Line::Arriving(entry);
    let begin = Arrival {
        lines: vec![LineChange::Put(vacant), LineChange::Put(arriving)],
        ..step(book)
    };
    arrive(&here.engine, &begin).unwrap();
    assert_eq!(lines(&here.engine), [vacant, arriving]);
    assert!(arrive(&here.engine, &begin).is_err(), "the lines are there");
    let from = now(elsewhere.memory.reader()).unwrap();
    let events = now(from.events(book, 0, 1_000_000)).unwrap();
    for part in events.chunks(7) {
        let some = Arrival {
            events: part.to_vec(),
            ..step(book)
        };
        arrive(&here.engine, &some).unwrap();
    }
    for table in TABLES {
        let rows = now(from.scan(book, table.name)).unwrap();
        let come = |row: Result<_, StoreError>| NetChange {
            before: None,
            after: Some(row.unwrap()),
        };
        let net = rows.into_iter().map(come).collect();
        arrive(&here.engine, &Arrival { net, ..step(book) }).unwrap();
    }
    let mut figures = step(book);
    figures.deltas.balances = now(from.balances(book)).unwrap().into_iter().collect();
    figures.deltas.tallies = now(from.tallies(book)).unwrap().into_iter().collect();
    arrive(&here.engine, &figures).unwrap();
    // Everything is there, and nobody is served from it.
    let reader = now(here.engine.reader()).unwrap();
    assert_eq!(now(reader.directory()), Ok(vec![]));
    assert_eq!(now(reader.head(book)), Ok(None));
    for token in now(from.tokens(book)).unwrap() {
        assert_eq!(now(reader.token(book, token.digest)), Ok(None));
    }
    drop(reader);
    let end = Arrival {
        lines: vec![LineChange::List(entry)],
        head: now(from.head(book)).unwrap(),
        ..step(book)
    };
    arrive(&here.engine, &end).unwrap();
    assert_eq!(lines(&here.engine), [vacant, Line::Listed(entry)]);
    drop(from);
    // From here on it is the book that it was there. Only the directory differs: the others stayed.
    let mut unit = now(here.engine.begin()).unwrap();
    assert_eq!(now(unit.next_book()), Ok(BookKey(4)));
    drop(unit);
    let remove = Arrival {
        lines: vec![LineChange::Remove(vacant)],
        ..step(BookKey(1))
    };
    arrive(&here.engine, &remove).unwrap();
    assert_eq!(lines(&here.engine), [Line::Listed(entry)]);
    let mut moved = Twins {
        engine: here.engine,
        memory: elsewhere.memory,
        place: here.place,
        clock: elsewhere.clock,
    };
    compare_book(&moved, book, &commands.ids, &mut Chance::new(22));
    for _ in 0..5 {
        let next = commands.next();
        moved.run(book, &[next]);
    }
    compare_book(&moved, book, &commands.ids, &mut Chance::new(23));
}
