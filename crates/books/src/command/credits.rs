//! Commands about credit notes.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use quittance_accounting::crediting::{
    Applying, CREDIT_NUMBERS, CreditNoteChange, CreditOf, NewCreditNote, apply_credit, change_credit_note,
    delete_credit_note, hold_credit_note, issue_credit_note, reopen_credit_note, restore_credit_note, unapply_credit,
    void_credit_note, withdraw_credit,
};
use quittance_accounting::identity::DocumentId;
use quittance_accounting::issuing::{Hold, NewContent, NumberChoice};
use quittance_accounting::plan::{Moment, Plan};
use quittance_accounting::refusal::Stop;
use quittance_accounting::rules::Rules;
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::{Named, Snapshot, Want};

use super::holds::{note_reason, why_credit_note_held};
use crate::input::{CreditNoteEdit, CreditNoteInput, DeleteOptions};
use crate::source::day_in;

/// A command about a credit note.
#[derive(Clone, Debug)]
pub(crate) enum Crediting {
    Issue {
        id: DocumentId,
        input: Box<CreditNoteInput>,
        content: NewContent,
        rules: &'static Rules,
    },
    Apply {
        note: Named,
        parts: Vec<(Named, Part)>,
        on: Option<Date>,
        rules: &'static Rules,
    },
    Unapply {
        note: Named,
        invoice: Named,
        on: Option<Date>,
    },
    Withdraw {
        note: Named,
        invoice: Named,
    },
    Change {
        note: Named,
        edit: Box<CreditNoteEdit>,
        content: NewContent,
    },
    Void {
        note: Named,
        on: Option<Date>,
    },
    Reopen {
        note: Named,
    },
    Hold {
        note: Named,
        hold: Hold,
        handed_over: bool,
        reason: Option<String>,
        salt: String,
    },
    Delete {
        note: Named,
        options: DeleteOptions,
        rules: &'static Rules,
    },
    Restore {
        note: Named,
    },
}

impl Crediting {
    pub(crate) fn wants(&self) -> Vec<Want> {
        let mut wants = vec![Want::Chart];
        match self {
            Crediting::Issue { input, .. } => wants.extend(new_wants(input)),
            Crediting::Apply { note, parts, .. } => {
                wants.push(Want::CreditNote(note.clone()));
                wants.extend(parts.iter().map(|(named, _)| Want::Invoice(named.clone())));
            }
            Crediting::Unapply { note, invoice, .. } | Crediting::Withdraw { note, invoice } => {
                wants.extend([Want::CreditNote(note.clone()), Want::Invoice(invoice.clone())]);
            }
            Crediting::Change { note, edit, .. } => {
                wants.push(Want::CreditNote(note.clone()));
                wants.extend(edit.customer.clone().map(Want::Customer));
                let lines = edit.lines.iter().flatten();
                wants.extend(lines.filter_map(|line| line.product.clone()).map(Want::Product));
                wants.extend(edit.number.as_ref().map(number_want));
            }
            Crediting::Void { note, .. }
            | Crediting::Reopen { note }
            | Crediting::Hold { note, .. }
            | Crediting::Delete { note, .. }
            | Crediting::Restore { note } => wants.push(Want::CreditNote(note.clone())),
        }
        wants
    }

    pub(crate) fn decide(&self, snapshot: &Snapshot, moment: &Moment, zone: &TimeZone, seq: i64) -> Result<Plan, Stop> {
        let day = |on: &Option<Date>| on.unwrap_or(moment.today);
        match self {
            Crediting::Issue {
                id,
                input,
                content,
                rules,
            } => {
                let new = new_credit_note(*id, input, content.clone(), moment, zone);
                issue_credit_note(snapshot, moment, rules, new)
            }
            Crediting::Apply { note, parts, on, rules } => apply_credit(snapshot, moment, rules, note, parts, day(on)),
            Crediting::Unapply { note, invoice, on } => unapply_credit(snapshot, moment, note, invoice, day(on)),
            Crediting::Withdraw { note, invoice } => withdraw_credit(snapshot, moment, note, invoice),
            Crediting::Change { note, edit, content } => {
                change_credit_note(snapshot, moment, note, changed(edit, content.clone()))
            }
            Crediting::Void { note, on } => void_credit_note(snapshot, moment, note, day(on)),
            Crediting::Reopen { note } => reopen_credit_note(snapshot, moment, note),
            Crediting::Hold {
                note,
                hold,
                handed_over,
                reason,
                salt,
            } => {
                let mut plan = hold_credit_note(snapshot, moment, note, *hold, *handed_over)?;
                // A reason that is not given leaves the one that is there, unless the hold is over.
                if reason.is_some() || *hold == Hold::Released {
                    note_reason(&mut plan, snapshot, salt, reason.as_deref());
                }
                Ok(plan)
            }
            Crediting::Delete { note, rules, .. } => delete_credit_note(snapshot, moment, rules, note, seq)
                .map_err(|stop| why_credit_note_held(stop, snapshot, note)),
            Crediting::Restore { note } => restore_credit_note(snapshot, note),
        }
    }

    /// Why a delete was asked for.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Crediting::Delete { options, .. } => options.reason.as_deref(),
            Crediting::Issue { .. }
            | Crediting::Apply { .. }
            | Crediting::Unapply { .. }
            | Crediting::Withdraw { .. }
            | Crediting::Change { .. }
            | Crediting::Void { .. }
            | Crediting::Reopen { .. }
            | Crediting::Hold { .. }
            | Crediting::Restore { .. } => None,
        }
    }
}

fn number_want(number: &NumberChoice) -> Want {
    match number {
        NumberChoice::Counted => Want::Series(CREDIT_NUMBERS.prefix.to_owned()),
        NumberChoice::CountedIn(prefix) => Want::Series(prefix.clone()),
        NumberChoice::Explicit(number) => Want::Number(number.clone()),
    }
}

fn changed(edit: &CreditNoteEdit, content: NewContent) -> CreditNoteChange {
    CreditNoteChange {
        seen: edit.seen,
        customer: edit.customer.clone(),
        number: edit.number.clone(),
        on: edit.on,
        lines: edit.lines.clone(),
        external_id: edit.external_id.clone(),
        content,
    }
}

fn new_wants(input: &CreditNoteInput) -> Vec<Want> {
    let mut wants = vec![number_want(&input.number)];
    match &input.of {
        CreditOf::Invoice(invoice, _) => wants.push(Want::Invoice(invoice.clone())),
        CreditOf::Free { customer, lines, .. } => {
            wants.push(Want::Customer(customer.clone()));
            wants.extend(lines.iter().filter_map(|line| line.product.clone()).map(Want::Product));
        }
    }
    if let Applying::To(parts) = &input.applying {
        wants.extend(parts.iter().map(|(named, _)| Want::Invoice(named.clone())));
    }
    wants.extend(
        input
            .external_id
            .clone()
            .map(|id| Want::CreditNote(Named::External(id))),
    );
    wants
}

fn new_credit_note(
    id: DocumentId,
    input: &CreditNoteInput,
    content: NewContent,
    moment: &Moment,
    zone: &TimeZone,
) -> NewCreditNote {
    let day = input.at.map(|at: Timestamp| day_in(zone, at));
    NewCreditNote {
        id,
        of: input.of.clone(),
        number: input.number.clone(),
        external_id: input.external_id.clone(),
        on: input.on.or(day).unwrap_or(moment.today),
        at: input.at.unwrap_or(moment.at),
        applying: input.applying.clone(),
        content,
    }
}
