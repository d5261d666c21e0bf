//! Two stores that must not be told apart, and the road of a command through the seam: gather, decide, commit.

use std::future::Future;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use quittance_accounting::book::BookSettings;
use quittance_accounting::identity::{BookKey, DocumentId};
use quittance_accounting::keeping::open_book;
use quittance_accounting::money::Currency;
use quittance_accounting::plan::{Moment, Plan};
use quittance_accounting::record::{Change, Record, RecordKey};
use quittance_accounting::refusal::{Refusals, Stop};
use quittance_accounting::snapshot::Snapshot;
use quittance_store::codec::{body, read_body};
use quittance_store::log::Unsealed;
use quittance_store::{BookCommit, BookEntry, Head, Scratch, Store, Unit};
use tokio::runtime::Runtime;

/// Waits for an answer. One runtime drives what waits for a database; the engines' own threads are theirs.
pub fn now<F: Future>(future: F) -> F::Output {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().unwrap()
    });
    RUNTIME.block_on(future)
}

/// The engines that are compared with the model.
#[derive(Clone, Copy, Debug)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Where an engine keeps the books of a test.
pub enum Place {
    File(tempfile::TempDir),
    Database(Scratch),
}

impl Place {
    pub fn new(engine: Engine) -> Place {
        match engine {
            Engine::Sqlite => Place::File(tempfile::tempdir().unwrap()),
            Engine::Postgres => Place::Database(Scratch::new().unwrap()),
        }
    }

    /// Opens the books there.
    pub fn open(&self) -> Store {
        match self {
            Place::File(folder) => Store::open_sqlite(&folder.path().join("books.sqlite")).unwrap(),
            Place::Database(scratch) => now(Store::open_postgres(&scratch.address())).unwrap(),
        }
    }
}

/// A command: decides on a snapshot, for the event with this seq.
pub type Command = Box<dyn Fn(&Snapshot, &Moment, i64) -> Result<Plan, Stop>>;

/// The same books in an engine and in the model.
pub struct Twins {
    pub engine: Store,
    pub memory: Store,
    pub place: Place,
    pub clock: Timestamp,
}

/// The id of the n-th document of a test.
pub fn id(n: i64) -> DocumentId {
    DocumentId::new(1_000_000 + n as u64, n as u64)
}

impl Twins {
    pub fn new(engine: Engine) -> Twins {
        let place = Place::new(engine);
        Twins::over(place.open(), place)
    }

    /// Over an engine that is open already.
    pub fn over(engine: Store, place: Place) -> Twins {
        let clock = "2026-06-15T12:00:00.5Z".parse().unwrap();
        Twins {
            engine,
            memory: Store::in_memory(),
            place,
            clock,
        }
    }

    pub fn moment(&mut self) -> Moment {
        self.clock += SignedDuration::from_secs(1);
        Moment {
            at: self.clock,
            today: self.clock.to_zoned(TimeZone::UTC).date(),
        }
    }

    /// Opens a book in both and hands out its slot.
    pub fn open(&mut self, n: i64, retention_days: i64) -> BookKey {
        let settings = BookSettings {
            id: id(n),
            name: "Müller's \"books\" \\ 帳簿".to_owned(),
            currency: Currency::USD,
            zone: "UTC".to_owned(),
            closed_through: None,
            retention_days,
            rounding: quittance_accounting::rounding::Rounding::USUAL,
            created_at: self.clock,
        };
        let moment = self.moment();
        let slots = [&self.engine, &self.memory].map(|store| {
            let mut unit = now(store.begin()).unwrap();
            let book = now(unit.next_book()).unwrap();
            assert_eq!(now(unit.head(book)), Ok(None));
            let plan = open_book(&Snapshot::sparse(Head::empty().counters), settings.clone());
            let mut batch = Batch::new(book, Head::empty());
            batch.add(&moment, plan);
            let entry = BookEntry { book, id: settings.id };
            now(unit.commit(vec![BookCommit {
                opened: Some(entry),
                ..batch.finish()
            }]))
            .unwrap();
            book
        });
        assert_eq!(slots[0], slots[1]);
        slots[0]
    }

    /// Runs a batch of commands on both stores in one unit each. Both decide alike; what was refused is handed out.
    pub fn run(&mut self, book: BookKey, commands: &[Command]) -> Vec<Result<Plan, Refusals>> {
        let moments: Vec<Moment> = commands.iter().map(|_| self.moment()).collect();
        let [mut a, mut b] = [&self.engine, &self.memory].map(|store| {
            let mut unit = now(store.begin()).unwrap();
            let head = now(unit.head(book)).unwrap().unwrap();
            let mut batch = Batch::new(book, head);
            let with_moments = commands.iter().zip(&moments);
            let answers: Vec<_> = with_moments
                .map(|(command, moment)| batch.decide(&mut unit, moment, command))
                .collect();
            Some((unit, batch.finish(), answers))
        });
        let ((unit_a, commit_a, answers_a), (unit_b, commit_b, answers_b)) = (a.take().unwrap(), b.take().unwrap());
        assert_eq!(answers_a, answers_b);
        assert_eq!((&commit_a.events, &commit_a.net), (&commit_b.events, &commit_b.net));
        assert_eq!(
            (&commit_a.deltas, commit_a.head_after),
            (&commit_b.deltas, commit_b.head_after)
        );
        assert_eq!(now(unit_a.commit(vec![commit_a])), Ok(()));
        assert_eq!(now(unit_b.commit(vec![commit_b])), Ok(()));
        answers_a
    }
}

/// The commands of one unit on one book.
pub struct Batch {
    commit: BookCommit,
    pub snapshot: Snapshot,
}

impl Batch {
    pub fn new(book: BookKey, head: Head) -> Batch {
        let commit = BookCommit {
            book,
            opened: None,
            head_before: head,
            head_after: head,
            events: Vec::new(),
            net: Vec::new(),
            deltas: Default::default(),
        };
        Batch {
            commit,
            snapshot: Snapshot::sparse(head.counters),
        }
    }

    /// Gathers until the decision has all it wants, and takes the plan in.
    pub fn decide(&mut self, unit: &mut Unit<'_>, moment: &Moment, command: &Command) -> Result<Plan, Refusals> {
        let book = self.commit.book;
        now(unit.gather(book, &[], &mut self.snapshot)).unwrap();
        for _ in 0..100 {
            let seq = self.commit.head_after.seq + 1;
            let checked = command(&self.snapshot, moment, seq).and_then(|mut plan| {
                plan.forget_requests(&self.snapshot)?;
                plan.check(&self.snapshot)?;
                Ok(plan)
            });
            match checked {
                Ok(mut plan) => {
                    plan.fill_balances(&self.snapshot);
                    self.add(moment, plan.clone());
                    return Ok(plan);
                }
                Err(Stop::Missing(want)) => {
                    assert!(!self.snapshot.has(&want), "{want:?} was gathered and is missing again");
                    now(unit.gather(book, &[want], &mut self.snapshot)).unwrap();
                }
                Err(Stop::Refused(refusals)) => return Err(refusals),
                Err(Stop::Flawed(flaw)) => panic!("{flaw:?}"),
            }
        }
        panic!("no answer after a hundred rounds");
    }

    /// Seals the event of a plan and applies its changes.
    pub fn add(&mut self, moment: &Moment, plan: Plan) {
        let head = &mut self.commit.head_after;
        let reason = plan.receipt.as_ref().map(|_| "a \"wrong\" one\n");
        let unsealed = Unsealed {
            actor: "test".to_owned(),
            source: "native".to_owned(),
            request_id: format!("request-{}", head.seq),
            kind: plan.kind,
            subject: plan.subject,
            body: body(&plan, reason),
        };
        read_back(&plan, &unsealed.body, reason);
        let recorded_at = head.recorded_at(moment.at);
        self.commit
            .events
            .push(head.append(self.commit.book, recorded_at, unsealed));
        self.snapshot.apply(&plan.changes);
        head.counters = self.snapshot.counters();
    }

    pub fn finish(self) -> BookCommit {
        let (net, deltas) = self.snapshot.net();
        BookCommit {
            net,
            deltas: deltas.clone(),
            ..self.commit
        }
    }
}

/// The body of an event says what its plan says, but for texts.
fn read_back(plan: &Plan, text: &str, reason: Option<&str>) {
    let read = read_body(text).unwrap();
    let told = |change: &&Change| {
        !matches!(
            change,
            Change::Put(Record::Content(_)) | Change::Remove(RecordKey::Content(_))
        )
    };
    let expected: Vec<Change> = plan.changes.iter().filter(told).cloned().collect();
    assert_eq!(read.changes, expected);
    assert_eq!(read.receipt, plan.receipt);
    assert_eq!(read.reason.as_deref(), reason);
    assert!(!text.contains("texts of"), "an event holds texts: {text}");
}
