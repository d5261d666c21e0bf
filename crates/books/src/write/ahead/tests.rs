//! Batches that are decided early, with the committer in the test's hand: what stands when, who hears when, and what happens when a
//! batch cannot land.

use std::path::PathBuf;
use std::sync::Arc;
use std::task::Poll;

use jiff::Timestamp;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{BookKey, DocumentId};
use quittance_accounting::invoice::Standing;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::keeping::NewCustomer;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refusal::Refusal;
use quittance_accounting::rules::{
    Attached, DeletionRules, EditRules, Excess, MoneyOnVoid, NumberRules, NumberedAt, PayingDrafts, PaymentRules,
    Reach, Rules, Texts, VoidRules,
};
use quittance_accounting::snapshot::Named;
use quittance_store::engine::tamper;
use quittance_store::{Head, Store};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

use super::{Committer, Decider, Flight, Incoming, land};
use crate::access::Verb;
use crate::books::BookInput;
use crate::command::Command;
use crate::content::{CustomerContent, InvoiceContent, LineContent};
use crate::input::{Context, DeleteOptions, IdempotencyKey, InvoiceInput, LineInput};
use crate::source::{Clock, Repeatable};
use crate::write::batches::{Waiting, carry_out_and_answer};
use crate::write::working_set::{ShownBooks, WorkingSets};
use crate::write::{Done, Job, Outcomes};
use crate::{Actor, Books, Failure};

/// Deletes anything with all that hangs on it.
static RULES: Rules = Rules {
    dialect: "campfire",
    deletion: DeletionRules {
        reach: Reach::Issued,
        payments: Attached::TakenAlong,
        refunds: Attached::TakenAlong,
        write_offs: Attached::TakenAlong,
        applied_credit: Attached::TakenAlong,
        texts: Texts::Erased,
        readable_by_id: false,
    },
    voiding: VoidRules {
        drafts: true,
        part_paid: MoneyOnVoid::Unapplied,
        paid: MoneyOnVoid::Unapplied,
    },
    editing: EditRules {
        standings: &[Standing::Open],
    },
    payment: PaymentRules {
        drafts: PayingDrafts::IssuesFirst,
        excess: Excess::Unallocated,
        in_parts: true,
    },
    sends_again: true,
    numbering: NumberRules {
        at: NumberedAt::Create,
        prefix: "INV-",
        width: 4,
    },
};

/// Stands still.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-06-15T12:00:00Z".parse().unwrap()
    }
}

/// A file with a book and three issued invoices in it.
struct Scene {
    folder: TempDir,
    /// Another program at the same file; makes the jobs too.
    books: Books,
    context: Context,
    ids: Vec<DocumentId>,
}

impl Scene {
    async fn open() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("books.db");
        let books = Books::open_sqlite(&path, Arc::new(Noon), Arc::new(Repeatable::new(1))).unwrap();
        let input = BookInput {
            name: "Early".to_owned(),
            currency: Currency::USD,
            zone: "Europe/Berlin".to_owned(),
            retention_days: 0,
        };
        let (book, _) = books.open_book(input).await.unwrap();
        let context = Context {
            actor: Actor::command_line(book),
            source: "campfire",
            request_id: "a request".to_owned(),
        };
        let mut ids = Vec::new();
        for _ in 0..3 {
            let made = books.create_invoice(&context, &RULES, invoice(), None).await.unwrap();
            ids.push(made.invoice.id);
        }
        Scene {
            folder,
            books,
            context,
            ids,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("books.db")
    }

    fn book(&self) -> BookKey {
        self.context.actor.book
    }

    fn job(&self, verb: Verb, command: Command) -> Job {
        self.books.job(&self.context, verb, command, None, false).unwrap()
    }

    /// Adds a customer under a name that nobody else may have.
    fn customer(&self, external: &str) -> Job {
        let command = Command::AddCustomer(NewCustomer {
            id: self.books.new_document_id(),
            external_id: Some(external.to_owned()),
            content: self.books.seal(&CustomerContent::default()).unwrap(),
        });
        self.job(Verb::WriteDraft, command)
    }

    fn issue(&self, key: Option<&str>) -> Job {
        let input = invoice();
        let command = Command::CreateInvoice {
            id: self.books.new_document_id(),
            content: self.books.seal(&input.content).unwrap(),
            input: Box::new(input),
            rules: &RULES,
        };
        let key = key.map(|key| IdempotencyKey {
            key: key.to_owned(),
            request: b"a request".to_vec(),
        });
        let job = self.books.job(&self.context, Verb::Post, command, key, false);
        job.unwrap()
    }

    fn delete(&self, named: Named) -> Job {
        let command = Command::DeleteInvoice {
            named,
            options: DeleteOptions::default(),
            rules: &RULES,
        };
        self.job(Verb::Post, command)
    }

    async fn head(&self) -> Head {
        self.books.head(self.book()).await.unwrap().unwrap()
    }

    async fn verified(&self) -> Head {
        let verdict = self.books.verify(self.book(), None, |_, _| {}).await.unwrap();
        assert_eq!(verdict.flaws, [], "the books are in order");
        self.head().await
    }
}

fn invoice() -> InvoiceInput {
    let line = LineInput {
        account: AccountChoice::Role(AccountRole::Sales),
        product: None,
        quantity: 1.into(),
        unit_price: 12.into(),
        subtotal: Amount::new(1200),
        discount: Amount::ZERO,
        taxes: Vec::new(),
    };
    InvoiceInput {
        rate: None,
        customer: None,
        currency: Currency::USD,
        number: NumberChoice::Counted,
        external_id: None,
        invoice_date: None,
        due: None,
        sent_at: None,
        issue: true,
        lines: vec![line],
        discount: Amount::ZERO,
        taxes: Vec::new(),
        tip: Amount::ZERO,
        content: InvoiceContent {
            lines: vec![LineContent::default()],
            ..InvoiceContent::default()
        },
    }
}

/// A decider, and a committer that moves when the test says so.
struct Desk {
    decider: Decider,
    flights: mpsc::Receiver<Flight>,
    store: Arc<Store>,
    shown: Arc<ShownBooks>,
}

impl Desk {
    fn at(scene: &Scene) -> Desk {
        let store = Arc::new(Store::open_sqlite(&scene.path()).unwrap());
        let shown = Arc::new(ShownBooks::default());
        let sets = Arc::new(WorkingSets::new(Arc::clone(&shown)));
        let (to_committer, flights) = mpsc::channel(1);
        Desk {
            decider: Decider::new(Arc::clone(&store), sets, Committer::Thread(to_committer)),
            flights,
            store,
            shown,
        }
    }

    /// Hands a first batch over, then has a second one decided on top of it, which waits for the first to land.
    async fn both(&mut self, first: Vec<Waiting>, second: Vec<Waiting>, meanwhile: impl AsyncFnOnce(Flight)) {
        self.all(first, vec![second], meanwhile).await;
    }

    /// The same with more that comes while the second one waits.
    async fn all(&mut self, first: Vec<Waiting>, mut then: Vec<Vec<Waiting>>, meanwhile: impl AsyncFnOnce(Flight)) {
        self.decider.carry_out(first, None, &mut Nothing).await;
        let flight = self.flights.recv().await.unwrap();
        let second = then.remove(0);
        let mut later = Later(then);
        let mut second = std::pin::pin!(self.decider.carry_out(second, None, &mut later));
        let decided = std::future::poll_fn(|context| Poll::Ready(second.as_mut().poll(context)));
        assert_eq!(decided.await, Poll::Pending, "it waits for the first one");
        assert!(self.flights.try_recv().is_err(), "nor is it handed over before");
        meanwhile(flight).await;
        second.await;
    }

    /// Has what was handed over written.
    async fn write(&mut self) {
        let flight = self.flights.try_recv().unwrap();
        land(&self.store, &self.shown, flight).await;
    }
}

/// Nothing comes any more.
struct Nothing;

impl Incoming for Nothing {
    async fn more(&mut self, _most: usize) -> Option<Vec<Waiting>> {
        None
    }
}

/// These come one after the other, and then nothing for ever.
struct Later(Vec<Vec<Waiting>>);

impl Incoming for Later {
    async fn more(&mut self, _most: usize) -> Option<Vec<Waiting>> {
        match self.0.is_empty() {
            true => std::future::pending().await,
            false => Some(self.0.remove(0)),
        }
    }
}

type Answer = oneshot::Receiver<Outcomes>;

/// Each job as a command of its own.
fn batch(jobs: impl IntoIterator<Item = Job>) -> (Vec<Waiting>, Vec<Answer>) {
    let one = |job| {
        let (reply, answer) = oneshot::channel();
        ((vec![job], reply), answer)
    };
    jobs.into_iter().map(one).unzip()
}

fn unanswered(answers: &mut [Answer]) -> bool {
    let open = |answer: &mut Answer| matches!(answer.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    answers.iter_mut().all(open)
}

/// What each command was answered, which must have happened by now.
fn answered(answers: Vec<Answer>) -> Vec<Result<Done, Failure>> {
    let one = |mut answer: Answer| {
        let outcomes = answer.try_recv().unwrap().map_err(|(_, failure)| failure);
        outcomes.map(|mut done| done.remove(0))
    };
    answers.into_iter().map(one).collect()
}

/// How each command ended, in a word.
fn words(answers: Vec<Answer>) -> Vec<&'static str> {
    let word = |answer: &Result<Done, Failure>| match answer {
        Ok(_) => "done",
        Err(Failure::Refused(refusals)) => match refusals.first() {
            Refusal::ExternalIdTaken { .. } => "taken",
            Refusal::AlreadyDeleted { .. } => "already deleted",
            other => panic!("{other:?}"),
        },
        Err(Failure::Store(_)) => "store",
        Err(other) => panic!("{other:?}"),
    };
    answered(answers).iter().map(word).collect()
}

/// Runs a future to its end on this thread.
fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.unwrap().block_on(future)
}

#[test]
fn nobody_hears_before_the_batch_and_the_one_under_it_are_durable() {
    run(async {
        let scene = Scene::open().await;
        let mut desk = Desk::at(&scene);
        let before = scene.head().await;
        let (first, mut heard) = batch([scene.customer("a"), scene.customer("b")]);
        // Refused because of a batch that is not durable: nobody may learn of it yet.
        let (second, mut heard_then) = batch([scene.customer("a"), scene.customer("c")]);
        let (store, shown) = (Arc::clone(&desk.store), Arc::clone(&desk.shown));
        desk.both(first, second, async |flight| {
            assert!(unanswered(&mut heard) && unanswered(&mut heard_then));
            assert_eq!(scene.head().await, before);
            land(&store, &shown, flight).await;
            assert!(unanswered(&mut heard_then));
        })
        .await;
        assert_eq!(words(heard), ["done", "done"]);
        assert!(unanswered(&mut heard_then), "handed over is not durable");
        desk.write().await;
        assert_eq!(words(heard_then), ["taken", "done"]);
        assert_eq!(scene.verified().await.seq, before.seq + 3);
    });
}

#[test]
fn refusals_alone_wait_too() {
    run(async {
        let scene = Scene::open().await;
        let mut desk = Desk::at(&scene);
        let (first, _heard) = batch([scene.customer("a"), scene.customer("b")]);
        let (second, mut heard) = batch([scene.customer("a"), scene.customer("b")]);
        let (store, shown) = (Arc::clone(&desk.store), Arc::clone(&desk.shown));
        desk.both(first, second, async |flight| land(&store, &shown, flight).await)
            .await;
        assert!(unanswered(&mut heard));
        desk.write().await;
        assert_eq!(words(heard), ["taken", "taken"]);
    });
}

#[test]
fn when_a_commit_fails_its_batch_and_the_next_are_decided_again() {
    run(async {
        let scene = Scene::open().await;
        let mut desk = Desk::at(&scene);
        let before = scene.head().await;
        let delete = || scene.delete(Named::Id(scene.ids[0]));
        let (first, heard) = batch([scene.customer("a"), delete(), scene.issue(Some("k"))]);
        let (second, heard_then) = batch([scene.customer("a"), delete(), scene.issue(Some("k"))]);
        let (store, shown) = (Arc::clone(&desk.store), Arc::clone(&desk.shown));
        // A disk that takes no more customers.
        let full = "create trigger full before insert on customer begin select raise(abort, 'full'); end";
        desk.both(first, second, async |flight| {
            tamper(&scene.path(), &[full]).unwrap();
            land(&store, &shown, flight).await;
        })
        .await;
        let (first, then) = (answered(heard), answered(heard_then));
        for full in [&first[0], &then[0]] {
            assert!(matches!(full, Err(Failure::Store(_))), "{full:?}");
        }
        assert!(matches!(then[1], Err(Failure::Refused(_))), "{:?}", then[1]);
        let subject = |answer: &Result<Done, Failure>| answer.as_ref().unwrap().subject;
        assert_eq!(subject(&first[1]).number, 1);
        assert_eq!(subject(&first[2]), subject(&then[2]), "the key is of the first");
        assert_eq!(
            scene.verified().await.seq,
            before.seq + 2,
            "nothing lost, nothing twice"
        );
        assert!(desk.flights.try_recv().is_err());
        tamper(&scene.path(), &["drop trigger if exists full"]).unwrap();
        let (third, heard) = batch([scene.customer("a")]);
        desk.decider.carry_out(third, None, &mut Nothing).await;
        assert_eq!(words(heard), ["done"], "what failed left nothing behind");
    });
}

#[test]
fn when_another_program_wrote_both_batches_are_decided_on_what_it_wrote() {
    run(async {
        let scene = Scene::open().await;
        let mut desk = Desk::at(&scene);
        let before = scene.head().await;
        let (first, heard) = batch([scene.customer("theirs"), scene.delete(Named::Key(1))]);
        let (second, heard_then) = batch([scene.customer("ours"), scene.delete(Named::Key(2))]);
        let (store, shown) = (Arc::clone(&desk.store), Arc::clone(&desk.shown));
        desk.both(first, second, async |flight| {
            for job in [scene.customer("theirs"), scene.delete(Named::Key(2))] {
                scene.books.writer().send(job).await.unwrap();
            }
            land(&store, &shown, flight).await;
        })
        .await;
        assert_eq!(words(heard), ["taken", "done"]);
        assert_eq!(words(heard_then), ["done", "already deleted"]);
        assert_eq!(scene.verified().await.seq, before.seq + 4);
        // And it goes on early from there.
        let (third, heard) = batch([scene.customer("more"), scene.delete(Named::Key(3))]);
        desk.decider.carry_out(third, None, &mut Nothing).await;
        desk.write().await;
        assert_eq!(words(heard), ["done", "done"]);
        scene.verified().await;
    });
}

#[test]
fn what_was_refused_on_what_is_not_so_any_more_is_decided_again() {
    run(async {
        let scene = Scene::open().await;
        let mut desk = Desk::at(&scene);
        let delete = || scene.delete(Named::External("later".to_owned()));
        let (refused, heard) = batch([delete(), delete()]);
        desk.decider.carry_out(refused, None, &mut Nothing).await;
        let input = InvoiceInput {
            external_id: Some("later".to_owned()),
            ..invoice()
        };
        let made = scene.books.create_invoice(&scene.context, &RULES, input, None);
        made.await.unwrap();
        desk.write().await;
        assert!(!desk.decider.land(None).await, "it comes back");
        assert!(matches!(answered(heard)[..], [Ok(_), Err(Failure::Refused(_))]));
        scene.verified().await;
    });
}

#[test]
fn what_comes_while_a_batch_is_on_its_way_goes_along_with_the_next() {
    run(async {
        let scene = Scene::open().await;
        let mut desk = Desk::at(&scene);
        let before = scene.head().await;
        let (first, heard) = batch([scene.customer("a"), scene.delete(Named::Key(1))]);
        let (second, mut heard_then) = batch([scene.customer("b")]);
        let (third, mut heard_last) = batch([scene.delete(Named::Key(1)), scene.customer("c")]);
        let (fourth, heard_after) = batch([scene.delete(Named::Key(2)), scene.customer("b")]);
        let (store, shown) = (Arc::clone(&desk.store), Arc::clone(&desk.shown));
        desk.all(first, vec![second, third, fourth], async |flight| {
            land(&store, &shown, flight).await;
            assert!(unanswered(&mut heard_then) && unanswered(&mut heard_last));
        })
        .await;
        desk.write().await;
        assert!(desk.flights.try_recv().is_err(), "all of them in one commit");
        let answers = [heard, heard_then, heard_last, heard_after].map(words);
        assert_eq!(
            answers.concat().join(", "),
            "done, done, done, already deleted, done, done, taken"
        );
        assert!(desk.decider.land(None).await);
        assert_eq!(scene.verified().await.seq, before.seq + 5);
    });
}

#[test]
fn what_came_in_comes_back_with_what_it_was_decided_on() {
    run(async {
        let scene = Scene::open().await;
        let mut desk = Desk::at(&scene);
        let before = scene.head().await;
        let (first, heard) = batch([scene.customer("a"), scene.customer("b")]);
        let (second, heard_then) = batch([scene.customer("c")]);
        let (third, heard_last) = batch([scene.customer("theirs"), scene.customer("d")]);
        let (store, shown) = (Arc::clone(&desk.store), Arc::clone(&desk.shown));
        desk.all(first, vec![second, third], async |flight| {
            scene.books.writer().send(scene.customer("theirs")).await.unwrap();
            land(&store, &shown, flight).await;
        })
        .await;
        let answers = [heard, heard_then, heard_last].map(words);
        assert_eq!(answers.concat().join(", "), "done, done, done, taken, done");
        assert_eq!(scene.verified().await.seq, before.seq + 5);
    });
}

#[test]
fn a_batch_that_comes_back_does_not_wait_for_the_next_command() {
    run(async {
        let scene = Scene::open().await;
        let mut desk = Desk::at(&scene);
        let (first, heard) = batch([scene.customer("a"), scene.customer("b")]);
        desk.decider.carry_out(first, None, &mut Nothing).await;
        scene.books.writer().send(scene.customer("a")).await.unwrap();
        desk.write().await;
        let nothing_comes = std::future::pending::<()>();
        let mut attending = std::pin::pin!(desk.decider.meanwhile(nothing_comes));
        let attended = std::future::poll_fn(|context| Poll::Ready(attending.as_mut().poll(context)));
        assert_eq!(attended.await, Poll::Ready(None));
        assert_eq!(words(heard), ["taken", "done"]);
    });
}

/// Has two batches carried out early in one file and by turns in a copy of it: the log must be the same.
async fn same_early_and_by_turns(scene: &Scene, batches: [Vec<Job>; 2]) -> Vec<&'static str> {
    let mut desk = Desk::at(scene);
    let twin = scene.folder.path().join("twin.db");
    assert!(scene.books.store().scrub().await.unwrap());
    std::fs::copy(scene.path(), &twin).unwrap();
    let by_turns = Store::open_sqlite(&twin).unwrap();
    for jobs in &batches {
        let sets = WorkingSets::new(Arc::default());
        carry_out_and_answer(&by_turns, &sets, batch(jobs.clone()).0, None).await;
    }
    let [(first, _heard), (second, heard)] = batches.map(batch);
    let (store, shown) = (Arc::clone(&desk.store), Arc::clone(&desk.shown));
    desk.both(first, second, async |flight| land(&store, &shown, flight).await)
        .await;
    desk.write().await;
    let same = by_turns.reader().await.unwrap().head(scene.book()).await.unwrap();
    assert_eq!(Some(scene.verified().await), same);
    words(heard)
}

/// What the batch on its way took away is still in the file: it must not be found there under another of its names.
#[test]
fn what_is_on_its_way_is_not_read_back_from_the_file() {
    run(async {
        let scene = Scene::open().await;
        let first = vec![scene.delete(Named::Key(1)), scene.issue(None)];
        let second = vec![
            scene.delete(Named::Id(scene.ids[0])),
            scene.delete(Named::Id(scene.ids[1])),
            scene.issue(None),
        ];
        let words = same_early_and_by_turns(&scene, [first, second]).await;
        assert_eq!(words, ["already deleted", "done", "done"]);
    });
}

/// The balances in the file lack what the batch on its way does to them.
#[test]
fn balances_are_read_as_they_will_be() {
    run(async {
        let scene = Scene::open().await;
        let first = vec![scene.issue(None), scene.issue(None)];
        let second = vec![scene.delete(Named::Key(1)), scene.delete(Named::Key(2))];
        let words = same_early_and_by_turns(&scene, [first, second]).await;
        assert_eq!(words, ["done", "done"]);
    });
}

#[test]
fn opening_a_book_and_a_command_alone_go_by_turns() {
    run(async {
        let scene = Scene::open().await;
        let mut desk = Desk::at(&scene);
        let (alone, heard) = batch([scene.customer("a")]);
        desk.decider.carry_out(alone, None, &mut Nothing).await;
        assert_eq!(words(heard), ["done"]);
        let mut opening = scene.customer("b");
        let settings = scene.books.settings(scene.book()).await.unwrap().unwrap();
        opening.book = None;
        opening.command = Command::OpenBook(quittance_accounting::book::BookSettings {
            id: scene.books.new_document_id(),
            ..settings
        });
        let (both, heard) = batch([scene.customer("a"), opening]);
        desk.decider.carry_out(both, None, &mut Nothing).await;
        assert_eq!(words(heard), ["taken", "done"]);
        assert!(desk.flights.try_recv().is_err());
        assert_eq!(scene.books.directory().await.unwrap().len(), 2);
    });
}

#[test]
fn without_a_committer_everything_goes_by_turns() {
    run(async {
        let scene = Scene::open().await;
        let mut desk = Desk::at(&scene);
        desk.flights.close();
        let (first, heard) = batch([scene.customer("a"), scene.customer("b")]);
        desk.decider.carry_out(first, None, &mut Nothing).await;
        assert_eq!(words(heard), ["done", "done"]);
        scene.verified().await;
    });
}
