//! Commands about what settles invoices, after it was recorded: allocating, freeing, changing, voiding and deleting payments, and
//! taking refunds and write-offs back.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use quittance_accounting::allocating::{allocate_payment, unallocate_payment, undo_parts, withdraw_parts};
use quittance_accounting::arriving::{Confirmation, begin_payment, confirm_payment, fail_payment};
use quittance_accounting::identity::DocumentId;
use quittance_accounting::issuing::NewContent;
use quittance_accounting::money::Amount;
use quittance_accounting::payment_changes::{
    PaymentChange, change_payment, delete_payment, delete_unapplied, void_payment,
};
use quittance_accounting::plan::{Moment, Plan};
use quittance_accounting::refunding::delete_refund;
use quittance_accounting::refusal::Stop;
use quittance_accounting::rules::Rules;
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::{Named, Snapshot, Want};
use quittance_accounting::writing_off::delete_write_off;

use crate::input::{ConfirmationInput, PaymentEdit};
use crate::source::day_in;

/// A command about what was recorded before.
#[derive(Clone, Debug)]
pub(crate) enum Settlement {
    Allocate {
        payment: Named,
        parts: Vec<(Named, Part)>,
        on: Option<Date>,
        rules: &'static Rules,
    },
    Unallocate {
        payment: Named,
        invoice: Named,
        on: Option<Date>,
    },
    WithdrawParts {
        payment: Named,
        invoice: Named,
    },
    UndoParts {
        payment: Named,
        invoice: Named,
        on: Option<Date>,
    },
    Change {
        payment: Named,
        edit: Box<PaymentEdit>,
        content: NewContent,
        rules: &'static Rules,
    },
    Void {
        payment: Named,
        on: Option<Date>,
    },
    Delete {
        payment: Named,
    },
    DeleteUnapplied {
        payment: Named,
    },
    Begin {
        invoice: Named,
        amount: Option<Amount>,
    },
    Fail {
        invoice: Named,
        amount: Option<Amount>,
    },
    Confirm {
        id: DocumentId,
        input: Box<ConfirmationInput>,
        content: NewContent,
    },
    DeleteRefund {
        refund: Named,
    },
    DeleteWriteOff {
        write_off: Named,
    },
}

impl Settlement {
    pub(crate) fn wants(&self) -> Vec<Want> {
        let named = match self {
            Settlement::Allocate { payment, parts, .. } => {
                let invoices = parts.iter().map(|(named, _)| Want::Invoice(named.clone()));
                let own = [Want::Chart, Want::Payment(payment.clone())];
                return own.into_iter().chain(invoices).collect();
            }
            Settlement::Unallocate { payment, invoice, .. }
            | Settlement::WithdrawParts { payment, invoice }
            | Settlement::UndoParts { payment, invoice, .. } => {
                let own = [Want::Chart, Want::Payment(payment.clone())];
                return own.into_iter().chain([Want::Invoice(invoice.clone())]).collect();
            }
            Settlement::Change { payment, .. }
            | Settlement::Void { payment, .. }
            | Settlement::Delete { payment }
            | Settlement::DeleteUnapplied { payment } => Want::Payment(payment.clone()),
            Settlement::Begin { invoice, .. } | Settlement::Fail { invoice, .. } => Want::Invoice(invoice.clone()),
            Settlement::Confirm { input, .. } => Want::Invoice(input.invoice.clone()),
            Settlement::DeleteRefund { refund } => Want::Refund(refund.clone()),
            Settlement::DeleteWriteOff { write_off } => Want::WriteOff(write_off.clone()),
        };
        vec![Want::Chart, named]
    }

    pub(crate) fn decide(&self, snapshot: &Snapshot, moment: &Moment, zone: &TimeZone) -> Result<Plan, Stop> {
        let day = |on: &Option<Date>| on.unwrap_or(moment.today);
        match self {
            Settlement::Allocate {
                payment,
                parts,
                on,
                rules,
            } => allocate_payment(snapshot, moment, rules, payment, parts, day(on)),
            Settlement::Unallocate { payment, invoice, on } => {
                unallocate_payment(snapshot, moment, payment, invoice, day(on))
            }
            Settlement::WithdrawParts { payment, invoice } => withdraw_parts(snapshot, moment, payment, invoice),
            Settlement::UndoParts { payment, invoice, on } => undo_parts(snapshot, moment, payment, invoice, day(on)),
            Settlement::Change {
                payment,
                edit,
                content,
                rules,
            } => change_payment(snapshot, moment, rules, payment, changed(edit, content.clone(), zone)),
            Settlement::Void { payment, on } => void_payment(snapshot, moment, payment, day(on)),
            Settlement::Delete { payment } => delete_payment(snapshot, moment, payment),
            Settlement::DeleteUnapplied { payment } => delete_unapplied(snapshot, moment, payment),
            Settlement::Begin { invoice, amount } => begin_payment(snapshot, moment, invoice, *amount),
            Settlement::Fail { invoice, amount } => fail_payment(snapshot, moment, invoice, *amount),
            Settlement::Confirm { id, input, content } => {
                confirm_payment(snapshot, moment, confirmed(*id, input, content.clone(), moment, zone))
            }
            Settlement::DeleteRefund { refund } => delete_refund(snapshot, moment, refund),
            Settlement::DeleteWriteOff { write_off } => delete_write_off(snapshot, moment, write_off),
        }
    }
}

fn changed(edit: &PaymentEdit, content: NewContent, zone: &TimeZone) -> PaymentChange {
    PaymentChange {
        seen: Some(Box::new(edit.seen.clone())),
        paid_on: edit.paid_on.unwrap_or_else(|| day_in(zone, edit.paid_at)),
        paid_at: edit.paid_at,
        amount: edit.amount,
        rate: edit.rate,
        method: edit.method,
        clearing: edit.clearing.clone(),
        parts: edit.parts.clone(),
        external_id: edit.external_id.clone(),
        content,
    }
}

fn confirmed(
    id: DocumentId,
    input: &ConfirmationInput,
    content: NewContent,
    moment: &Moment,
    zone: &TimeZone,
) -> Confirmation {
    let day = input.paid_at.map(|at| day_in(zone, at));
    Confirmation {
        id,
        invoice: input.invoice.clone(),
        amount: input.amount,
        currency: input.currency,
        rate: input.rate,
        value_date: input.value_date.or(day).unwrap_or(moment.today),
        paid_at: input.paid_at.unwrap_or(moment.at),
        method: input.method,
        voucher: input.voucher,
        external_id: input.external_id.clone(),
        content,
    }
}
