//! After a delete the live book reads as in a history in which the invoice was never created.
//!
//! That history, the twin, is made of the accepted commands: those about the invoice are left out, and payments lose the part that
//! settled it. Hand-recorded money goes with the part, unless a void had set it free before; witnessed money stays, unallocated.
//! What differs by right is not compared: dense numbers, counted document numbers, places of allocations, when a payment last changed,
//! the texts and the tombstones of deleted invoices. Where a void set money free, the entries of that payment are compared by day and account: what came
//! with a part and what came unallocated are receipts apart here and one in the twin.

use std::collections::BTreeMap;

use jiff::civil::Date;
use quittance_accounting::crediting::{Applying, CreditOf, NewCreditLine, NewCreditNote};
use quittance_accounting::identity::{AccountKey, DocumentId, DocumentRef};
use quittance_accounting::identity::{EntryKey, InvoiceKey, PaymentKey};
use quittance_accounting::invoice::{Invoice, IssuedThenVoid, Stage};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::kept::{Deltas, Tally, TallyKey};
use quittance_accounting::plan::Plan;
use quittance_accounting::record::{Change, Record};
use quittance_accounting::settlement::{Payment, Witness};
use quittance_accounting::snapshot::{Named, Snapshot};

use crate::books_add_up::{journal, recount};
use crate::commands::{Command, Verb, book, invoice_of, payment_of};
use crate::model::signed;

/// A command that was accepted, with what it came to.
#[derive(Clone, Debug)]
pub struct Done {
    command: Command,
    seq: i64,
    /// Of a payment: all of it, and what settled which invoice.
    amount: i64,
    settled: Vec<(u64, i64)>,
    /// Of a void: the payments that it set free.
    freed: Vec<DocumentId>,
    /// Of a credit note of an invoice: the one that says the same on its own.
    alone: Option<Box<NewCreditNote>>,
}

/// The payments that a void is about to set free.
pub fn money_on(before: &Snapshot, command: &Command) -> Vec<DocumentId> {
    let Verb::Void(n) = command.verb else {
        return Vec::new();
    };
    let invoice = before.invoice(&invoice_of(n)).unwrap();
    let allocations = invoice.into_iter().flat_map(|invoice| before.allocations(invoice.key));
    allocations.map(|(_, payment)| payment.id).collect()
}

impl Done {
    pub fn new(command: &Command, plan: &Plan, seq: i64, freed: Vec<DocumentId>) -> Done {
        let mut done = Done {
            command: command.clone(),
            seq,
            amount: 0,
            settled: Vec::new(),
            freed,
            alone: standing_alone(command, plan),
        };
        let Verb::Pay { parts, .. } = &command.verb else {
            return done;
        };
        for change in &plan.changes {
            if let Change::Put(Record::Payment(payment)) = change {
                done.amount = payment.amount.minor();
                done.command.currency = Some(payment.currency);
            } else if let Change::Put(Record::Allocation(allocation)) = change {
                let (n, _) = parts[allocation.place as usize - 1];
                done.settled.push((n, allocation.amount.minor()));
            }
        }
        done
    }

    /// The command as the twin carries it out; `None` when it leaves it out.
    fn without(&self, target: u64, freed: &[DocumentId]) -> Option<Command> {
        let mut command = self.command.clone();
        if command.verb.invoice() == Some(target) {
            return None;
        }
        let place = command.at;
        match &mut command.verb {
            Verb::Create { .. } if place == target => return None,
            Verb::Create { number, .. } => {
                // Numbers are not compared, and the twin counts differently.
                *number = number.as_ref().map(|_| format!("T-{place}"));
            }
            Verb::Pay {
                parts, over, witness, ..
            } => {
                let stays = *witness != Witness::Hand || freed.contains(&payment_of(place));
                let gone: i64 = self
                    .settled
                    .iter()
                    .filter(|(n, _)| *n == target)
                    .map(|(_, part)| part)
                    .sum();
                let amount = if stays { self.amount } else { self.amount - gone };
                let kept = self.settled.iter().filter(|(n, _)| *n != target);
                *parts = kept.map(|(n, part)| (*n, Some(*part))).collect();
                let allocated: i64 = parts.iter().filter_map(|(_, part)| *part).sum();
                *over = Some(amount - allocated);
                if amount == 0 {
                    return None;
                }
            }
            // A credit note survives the invoice whose figures it takes back.
            Verb::Credit { n: Some(n), .. } if *n == target => {
                command.verb = Verb::CreditAlone(self.alone.clone().unwrap());
            }
            _ => {}
        }
        Some(command)
    }
}

/// The credit note that takes the same back and names no invoice.
fn standing_alone(command: &Command, plan: &Plan) -> Option<Box<NewCreditNote>> {
    let Verb::Credit { n: Some(_), .. } = command.verb else {
        return None;
    };
    let (mut lines, mut alone) = (Vec::new(), command.new_credit_note());
    for change in &plan.changes {
        if let Change::Put(Record::CreditLine(line)) = change {
            let taxes = line.taxes.iter();
            lines.push(NewCreditLine {
                account: AccountChoice::Key(line.account),
                product: None,
                amount: line.amount,
                taxes: taxes
                    .map(|share| (AccountChoice::Key(share.account), share.amount))
                    .collect(),
            });
        }
    }
    for change in &plan.changes {
        if let Change::Put(Record::Payment(credit)) = change {
            alone.on = credit.paid_on;
            alone.applying = Applying::Nothing;
            alone.of = CreditOf::Free {
                customer: Named::Key(credit.customer.unwrap().0),
                currency: credit.currency,
                rate: credit.exchange.map(|known| known.rate),
                lines: std::mem::take(&mut lines),
            };
        }
    }
    Some(Box::new(alone))
}

/// Compares the live book with its twin.
pub fn as_if_it_had_never_been(done: &[Done], target: u64, after: &Snapshot) {
    if done.iter().any(|step| matches!(step.command.verb, Verb::Later(_))) {
        return;
    }
    let of_target = done.iter().filter(|step| step.command.verb.invoice() == Some(target));
    let freed: Vec<DocumentId> = of_target.flat_map(|step| step.freed.clone()).collect();
    let mut twin = book(true);
    for step in done {
        let Some(command) = step.without(target, &freed) else {
            continue;
        };
        twin.seq = step.seq - 1;
        let carried_out = twin.run(|snapshot, moment| command.decide_freely(snapshot, moment, step.seq));
        assert!(carried_out.is_ok(), "the twin refuses {command:?}: {carried_out:?}");
    }
    let (live, expected) = (View::of(after, &freed), View::of(&twin.snapshot, &freed));
    assert_eq!(live, expected, "deleted: {target}");
}

/// Everything that is live, without what differs by right.
#[derive(Debug, PartialEq)]
struct View {
    invoices: BTreeMap<DocumentId, Invoice>,
    lines: Vec<String>,
    payments: BTreeMap<DocumentId, Payment>,
    allocations: Vec<(DocumentId, DocumentId, i64)>,
    reductions: Vec<(DocumentId, Option<DocumentId>, i64)>,
    credits: BTreeMap<DocumentId, Vec<String>>,
    entries: Vec<String>,
    trial_balance: BTreeMap<AccountKey, i64>,
    tallies: BTreeMap<TallyKey, Tally>,
    settings: String,
}

impl View {
    fn of(snapshot: &Snapshot, freed: &[DocumentId]) -> View {
        let tables = snapshot.tables();
        let invoice_id = |key: &InvoiceKey| tables.invoices[key].id;
        let payment_id = |key: &PaymentKey| tables.payments[key].id;
        let mut lines: Vec<String> = tables
            .lines
            .values()
            .map(|line| {
                let mut plain = quittance_accounting::invoice::LineItem::clone(line);
                plain.invoice = InvoiceKey(0);
                format!("{:?} {plain:?}", invoice_id(&line.invoice))
            })
            .collect();
        lines.sort();
        let allocations = tables.allocations.values();
        let mut allocations: Vec<_> = allocations
            .map(|a| (payment_id(&a.payment), invoice_id(&a.invoice), a.amount.minor()))
            .collect();
        allocations.sort();
        let refunds = tables
            .refunds
            .values()
            .map(|r| (r.id, r.invoice.as_ref().map(invoice_id), r.amount.minor()));
        let write_offs = tables
            .write_offs
            .values()
            .map(|w| (w.id, Some(invoice_id(&w.invoice)), w.amount.minor()));
        let credit_line = |line: &quittance_accounting::settlement::CreditLine| {
            format!("{} {:?} {:?} {:?}", line.place, line.account, line.amount, line.taxes)
        };
        let credits = tables.credit_notes.values().map(|note| {
            let lines = snapshot.credit_lines(note.key).map(credit_line);
            (note.id, lines.chain([format!("{:?}", note.tax)]).collect())
        });
        let Deltas { mut tallies, .. } = recount(snapshot);
        tallies.retain(|_, tally| !tally.is_zero());
        let mut trial_balance = BTreeMap::new();
        for posting in tables.postings.values() {
            *trial_balance.entry(posting.account).or_insert(0) += signed(posting);
        }
        trial_balance.retain(|_, balance| *balance != 0);
        View {
            invoices: tables.invoices.values().map(|i| (i.id, plain_invoice(i))).collect(),
            lines,
            payments: tables.payments.values().map(|p| (p.id, plain_payment(p))).collect(),
            allocations,
            reductions: refunds.chain(write_offs).collect(),
            credits: credits.collect(),
            entries: entries(snapshot, freed),
            trial_balance,
            tallies,
            settings: format!("{:?}", tables.settings),
        }
    }
}

fn plain_invoice(invoice: &Invoice) -> Invoice {
    let there = |entry: Option<EntryKey>| entry.map(|_| EntryKey(0));
    let stage = match invoice.stage {
        Stage::Draft => Stage::Draft,
        Stage::Issued { at, entry } => Stage::Issued {
            at,
            entry: there(entry),
        },
        Stage::Void { at, issued } => Stage::Void {
            at,
            issued: issued.map(|issued| IssuedThenVoid {
                at: issued.at,
                entry: there(issued.entry),
                mirror: there(issued.mirror),
            }),
        },
    };
    Invoice {
        key: InvoiceKey(0),
        stage,
        number: invoice.number.as_ref().map(|_| String::new()),
        ..invoice.clone()
    }
}

fn plain_payment(payment: &Payment) -> Payment {
    Payment {
        key: PaymentKey(0),
        receipt_entry: None,
        allocations: 0,
        updated_at: payment.created_at,
        ..payment.clone()
    }
}

/// The entries by document id, day and kind; those of a payment that a void set free by day and account.
fn entries(snapshot: &Snapshot, freed: &[DocumentId]) -> Vec<String> {
    let tables = snapshot.tables();
    let id_of = |document: DocumentRef| {
        let invoices = tables.invoices.values().map(|r| (DocumentRef::from(r.key), r.id));
        let payments = tables.payments.values().map(|r| (r.document(), r.id));
        let refunds = tables.refunds.values().map(|r| (r.key.into(), r.id));
        let write_offs = tables.write_offs.values().map(|r| (r.key.into(), r.id));
        let mut all = invoices.chain(payments).chain(refunds).chain(write_offs);
        all.find(|(known, _)| *known == document).unwrap().1
    };
    let mut plain = Vec::new();
    let mut summed: BTreeMap<(DocumentId, Date, AccountKey), i64> = BTreeMap::new();
    for entry in journal(snapshot).values() {
        let (head, id) = (entry.entry(), id_of(entry.entry().document));
        if freed.contains(&id) {
            for posting in entry.postings() {
                *summed.entry((id, posting.date, posting.account)).or_insert(0) += signed(posting);
            }
            continue;
        }
        let postings: Vec<(AccountKey, i64)> = entry.postings().iter().map(|p| (p.account, signed(p))).collect();
        plain.push(format!("{id:?} {} {:?} {postings:?}", head.date, head.kind));
    }
    plain.extend(
        summed
            .iter()
            .filter(|(_, sum)| **sum != 0)
            .map(|summed| format!("{summed:?}")),
    );
    plain.sort();
    plain
}
