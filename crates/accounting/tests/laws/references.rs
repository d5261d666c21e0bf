//! What a generated command names: small numbers become places of commands that made something.

use crate::commands::{Later, Verb};

/// Places of commands that recorded payments, refunds and write-offs.
#[derive(Default)]
pub struct Recorded {
    payments: Vec<u64>,
    refunds: Vec<u64>,
    /// Those of the refunds that were to be paid out later.
    owed: Vec<u64>,
    write_offs: Vec<u64>,
    credits: Vec<u64>,
    /// Credit notes that were to settle invoices, with these.
    applied: Vec<(u64, u64)>,
}

impl Recorded {
    pub fn note(&mut self, verb: &Verb, at: u64) {
        match verb {
            Verb::Pay { .. } | Verb::Later(Later::Confirm(..)) => self.payments.push(at),
            Verb::Refund(..) | Verb::Later(Later::GiveBack(..) | Later::GiveCustomer(..) | Later::PayOut(..)) => {
                self.refunds.push(at);
            }
            Verb::Later(Later::Owe(..) | Later::OweCustomer(..)) => {
                self.refunds.push(at);
                self.owed.push(at);
            }
            Verb::WriteOff(..) => self.write_offs.push(at),
            Verb::Credit { n, apply, .. } => {
                self.credits.push(at);
                self.applied.extend(n.filter(|_| *apply).map(|n| (at, n)));
            }
            Verb::Later(Later::ApplyCredit(note, n, _)) => self.applied.push((*note, *n)),
            _ => {}
        }
    }
}

fn back(n: &mut u64, places: &[u64]) {
    let place = places.iter().rev().nth(*n as usize % places.len().max(1));
    *n = place.copied().unwrap_or(999);
}

/// Turns small references into places of creating commands: the later ones first, so that histories are dense.
pub fn resolve(verb: &mut Verb, created: &[u64], recorded: &Recorded) {
    let place = |n: &mut u64| back(n, created);
    match verb {
        Verb::Issue(n) | Verb::Send(n) | Verb::Void(n) | Verb::Delete(n) | Verb::Restore(n) => place(n),
        Verb::Refund(n, ..) | Verb::WriteOff(n, ..) | Verb::Hold(n, ..) => place(n),
        Verb::Edit { n, .. } | Verb::TakeVoidBack(n) => place(n),
        Verb::Pay { parts, .. } => {
            parts.iter_mut().for_each(|(n, _)| place(n));
            // Naming an invoice twice is refused; now and then is enough.
            if parts.iter().any(|(n, _)| n % 8 != 0) {
                parts.sort();
                parts.dedup_by_key(|(n, _)| *n);
            }
        }
        Verb::Later(later) => match later {
            Later::Allocate(payment, n, _) | Later::Unallocate(payment, n) => {
                back(payment, &recorded.payments);
                place(n);
            }
            Later::Change(payment, _, n) => {
                back(payment, &recorded.payments);
                n.iter_mut().for_each(place);
            }
            Later::VoidPayment(payment)
            | Later::DeletePayment(payment)
            | Later::DeleteUnapplied(payment)
            | Later::GiveBack(payment, _) => back(payment, &recorded.payments),
            Later::PayOut(refund, _) => back(refund, &recorded.owed),
            Later::OweCustomer(..) | Later::GiveCustomer(..) => {}
            Later::ApplyCredit(note, n, _) => {
                back(note, &recorded.credits);
                place(n);
            }
            Later::UnapplyCredit(note, n) | Later::WithdrawCredit(note, n) => {
                let applied = &recorded.applied;
                let pair = applied.iter().rev().nth(*note as usize % applied.len().max(1));
                (*note, *n) = pair.copied().unwrap_or((999, 999));
            }
            Later::VoidCredit(note)
            | Later::ReopenCredit(note)
            | Later::ChangeCredit(note, ..)
            | Later::DeleteCredit(note)
            | Later::RestoreCredit(note)
            | Later::HoldCredit(note, _)
            | Later::GiveCreditBack(note, _) => back(note, &recorded.credits),
            Later::DeleteRefund(refund) => back(refund, &recorded.refunds),
            Later::DeleteWriteOff(write_off) => back(write_off, &recorded.write_offs),
            Later::Owe(n, _) | Later::Begin(n, _) | Later::Fail(n, _) | Later::Confirm(n, _) => place(n),
        },
        Verb::Credit { n, .. } => n.iter_mut().for_each(place),
        Verb::Create { .. } | Verb::CreditAlone(_) | Verb::Close | Verb::Reopen => {}
    }
}
