//! Random commands about credit notes.

use jiff::Timestamp;
use jiff::civil::date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::crediting::{
    Applying, CreditOf, Extent, NewCreditLine, NewCreditNote, apply_credit, delete_credit_note, hold_credit_note,
    issue_credit_note, restore_credit_note, unapply_credit, void_credit_note,
};
use quittance_accounting::issuing::{AccountChoice, Hold, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refunding::{NewRefund, RefundOf, record_refund};
use quittance_accounting::rules::Rules;
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;

use crate::commands::{Commands, texts};
use crate::twins::{Command, id};

fn minor(units: i64) -> Amount {
    Amount::new(units).unwrap()
}

/// Issues a credit note, or does something to one.
pub fn command(commands: &mut Commands, rules: Rules) -> Command {
    if commands.chance.once_in(2) {
        return issue(commands, rules);
    }
    let note = Named::Key(commands.chance.below(12) + 1);
    let (invoice, on) = (commands.invoice(), date(2026, 5, 20 + commands.chance.below(9) as i8));
    let amount = minor(commands.chance.below(4_000) + 1);
    let back = NewRefund {
        currency: None,
        rate: None,
        id: id(commands.fresh()),
        of: RefundOf::Credit(note.clone()),
        amount: commands.chance.maybe(2, |_| amount),
        on,
        at: Timestamp::UNIX_EPOCH,
        clearing: None,
        external_id: None,
        content: texts(9),
    };
    match commands.chance.below(10) {
        0..=2 => {
            let parts = [(invoice, Part::Exactly(amount))];
            Box::new(move |s, m, _| apply_credit(s, m, &rules, &note, &parts, on))
        }
        3 | 4 => Box::new(move |s, m, _| unapply_credit(s, m, &note, &invoice, on)),
        5 => Box::new(move |s, m, _| void_credit_note(s, m, &note, on)),
        6 => Box::new(move |s, m, _| hold_credit_note(s, m, &note, Hold::Released, false)),
        7 => Box::new(move |s, m, seq| delete_credit_note(s, m, &rules, &note, seq)),
        8 => Box::new(move |s, _, _| restore_credit_note(s, &note)),
        _ => Box::new(move |s, m, _| record_refund(s, m, back.clone())),
    }
}

fn issue(commands: &mut Commands, rules: Rules) -> Command {
    let (n, invoice, external_id) = (commands.fresh(), commands.invoice(), commands.external());
    let chance = &mut commands.chance;
    let amount = minor(chance.below(9_000) + 1);
    let of = match chance.below(4) {
        0 => CreditOf::Free {
            customer: Named::Key(chance.below(4) + 1),
            currency: Currency::USD,
            rate: None,
            lines: vec![NewCreditLine {
                account: AccountChoice::Role(AccountRole::Sales),
                product: chance.maybe(2, |chance| Named::Key(chance.below(3) + 1)),
                amount,
                taxes: vec![(AccountChoice::Role(AccountRole::SalesTax), minor(chance.below(90)))],
            }],
        },
        1 => CreditOf::Invoice(invoice, Extent::Lines(vec![(chance.below(3), None)])),
        2 => CreditOf::Invoice(invoice, Extent::Amount(amount)),
        _ => CreditOf::Invoice(invoice, Extent::Rest),
    };
    let new = NewCreditNote {
        id: id(n),
        of,
        number: match chance.below(4) {
            0 => NumberChoice::Explicit(format!("CN-{:04}", chance.below(20))),
            _ => NumberChoice::Counted,
        },
        external_id,
        on: date(2026, 5, 10 + chance.below(9) as i8),
        at: Timestamp::UNIX_EPOCH,
        applying: chance.pick(&[Applying::Nothing, Applying::ItsInvoice]),
        content: texts(n),
    };
    Box::new(move |s, m, _| issue_credit_note(s, m, &rules, new.clone()))
}
