//! Runs a history command by command and holds it to every law.
//!
//! Commands are carried out in batches of five, as a writer does: the sparse snapshot of a batch sees the store as it was when the
//! batch began and the batch's own changes on top.

use quittance_accounting::kept::Deltas;
use quittance_accounting::plan::Plan;
use quittance_accounting::record::{Change, Record};
use quittance_accounting::refusal::Stop;
use quittance_accounting::rules::Texts;
use quittance_accounting::snapshot::Snapshot;
use std::collections::BTreeMap;

use crate::commands::{Command, Later, Verb, book, credit_of, invoice_of};
use crate::model::Model;
use crate::{books_add_up, deletes, gathering, twin};
use quittance_accounting::identity::DocumentRef;

const BATCH: usize = 5;

/// A book with the figures kept so far and what it takes to hold it to the laws.
pub struct History {
    pub model: Model,
    pub kept: Deltas,
    pub done: Vec<twin::Done>,
    counted: BTreeMap<String, DocumentRef>,
    /// Whether the book's rates make whole cents of everything.
    whole_cents: bool,
}

/// Runs a history and says of each command which verb it was and whether it was accepted.
pub fn run(commands: &[Command]) -> Vec<(&'static str, bool)> {
    // Money that changes later is not compared with a twin, which is made of the same parts only where nothing is rounded.
    let whole_cents = !commands.iter().any(|command| matches!(command.verb, Verb::Later(_)));
    let model = book(whole_cents);
    let mut history = History {
        kept: books_add_up::recount(&model.snapshot),
        model,
        done: Vec::new(),
        counted: BTreeMap::new(),
        whole_cents,
    };
    let mut outcomes = Vec::new();
    for batch in commands.chunks(BATCH) {
        let store = history.model.snapshot.clone();
        let mut overlay = gathering::head_of(&store);
        for command in batch {
            let accepted = history.step(command, &store, &mut overlay);
            outcomes.push((command.verb.word(), accepted));
        }
        let ((whole, figures), (sparse, sparse_figures)) = (history.model.snapshot.net(), overlay.net());
        for change in &whole {
            assert!(sparse.contains(change), "lost in a batch: {change:?}");
        }
        assert_eq!(
            (whole.len(), figures),
            (sparse.len(), sparse_figures),
            "the net change of a batch"
        );
        history.model.snapshot.settle();
    }
    outcomes
}

impl History {
    fn step(&mut self, command: &Command, store: &Snapshot, overlay: &mut Snapshot) -> bool {
        let (moment, seq) = (self.model.moment(), self.model.seq + 1);
        let before = self.model.snapshot.clone();
        let decide = |snapshot: &Snapshot| {
            let mut plan = command.decide(snapshot, &moment, seq)?;
            plan.fill_balances(snapshot);
            Ok(plan)
        };
        let decided = decide(&before);
        assert_eq!(decided, decide(&before), "the same snapshot, the same answer");
        assert_eq!(
            before.tables(),
            self.model.snapshot.tables(),
            "deciding changes nothing"
        );
        let alone = gathering::decide(&before, &mut gathering::head_of(&before), |sparse| {
            command.decide(sparse, &moment, seq)
        });
        assert_eq!(alone, decided, "alone on a sparse snapshot: {command:?}");
        let in_batch = gathering::decide(store, overlay, |sparse| command.decide(sparse, &moment, seq));
        assert_eq!(in_batch, decided, "in a batch: {command:?}");
        let plan = match decided {
            Ok(plan) => plan,
            Err(Stop::Refused(_)) => return false,
            Err(stop) => panic!("{command:?}: {stop:?}"),
        };
        assert_eq!(plan.check(&before), Ok(()), "{command:?}");
        let voided = twin::money_on(&before, command);
        overlay.apply(&plan.changes);
        self.model.snapshot.apply(&plan.changes);
        self.model.seq = seq;
        self.keep(&before, &plan);
        self.done.push(twin::Done::new(command, &plan, seq, voided));
        self.hold_to_the_laws(&before, command, &plan);
        true
    }

    /// Moves the kept figures by what each change does.
    fn keep(&mut self, before: &Snapshot, plan: &Plan) {
        let mut tables = before.tables().clone();
        for change in &plan.changes {
            match change {
                Change::Put(record) => {
                    let old = tables.put(record.clone());
                    self.kept.replace(old.as_ref(), Some(record));
                }
                Change::Remove(key) => {
                    let old = tables.remove(key);
                    assert!(
                        old.is_some() || is_content(change),
                        "{key:?} is removed and was not there"
                    );
                    self.kept.replace(old.as_ref(), None);
                }
            }
        }
    }

    fn hold_to_the_laws(&mut self, before: &Snapshot, command: &Command, plan: &Plan) {
        self.counted_numbers_are_given_once(plan);
        let after = &self.model.snapshot;
        books_add_up::entries_balance(after);
        books_add_up::documents_and_entries_fit(after);
        books_add_up::kept_is_recounted(after, &self.kept);
        books_add_up::subledgers_agree(after);
        books_add_up::closed_spans_stand_still(before, after);
        if let Verb::Later(Later::DeleteCredit(at)) = command.verb {
            deletes::receipt_is_true(before, after, plan);
            deletes::credit_restore_is_identity(before, after, &credit_of(at));
        }
        if let Verb::Delete(n) = command.verb {
            let target = before.invoice(&invoice_of(n)).unwrap().unwrap();
            deletes::only_its_own_goes(before, after, plan, target.key);
            deletes::receipt_is_true(before, after, plan);
            if command.rules.deletion.texts == Texts::Kept {
                deletes::restore_is_identity(before, after, &invoice_of(n));
            }
            if self.whole_cents {
                twin::as_if_it_had_never_been(&self.done, n, after);
            }
        }
    }

    fn counted_numbers_are_given_once(&mut self, plan: &Plan) {
        for change in &plan.changes {
            let Change::Put(Record::Number(number)) = change else {
                continue;
            };
            let first = self.counted.get(&number.number).copied();
            if number.counted || first.is_some() {
                let first = *self.counted.entry(number.number.clone()).or_insert(number.document);
                assert_eq!(first, number.document, "{} was given twice", number.number);
            }
        }
        let invoices = self.model.snapshot.tables().invoices.values();
        let mut numbers: Vec<&String> = invoices.filter_map(|invoice| invoice.number.as_ref()).collect();
        let all = numbers.len();
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), all, "two live invoices share a number");
    }
}

fn is_content(change: &Change) -> bool {
    matches!(change.key(), quittance_accounting::record::RecordKey::Content(_))
}
