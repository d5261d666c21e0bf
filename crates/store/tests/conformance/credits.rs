//! Random commands about credit notes, and lists of them that both engines hand out alike.

use jiff::Timestamp;
use jiff::civil::date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::crediting::{
    Applying, CreditNoteChange, CreditOf, Extent, NewCreditLine, NewCreditNote, apply_credit, change_credit_note,
    delete_credit_note, hold_credit_note, issue_credit_note, reopen_credit_note, restore_credit_note, unapply_credit,
    void_credit_note, withdraw_credit,
};
use quittance_accounting::identity::{BookKey, CustomerKey};
use quittance_accounting::issuing::{AccountChoice, Hold, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refunding::{NewRefund, RefundOf, record_refund};
use quittance_accounting::rules::Rules;
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_store::Reader;
use quittance_store::listing::{CreditOrder, CreditQuery, CreditState};

use crate::chance::Chance;
use crate::commands::{Commands, texts};
use crate::twins::{Command, id, now};

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
        owed_on: None,
        external_id: None,
        content: texts(9),
    };
    let change = changed(commands, amount);
    match commands.chance.below(14) {
        0..=2 => {
            let parts = [(invoice, Part::Exactly(amount))];
            Box::new(move |s, m, _| apply_credit(s, m, &rules, &note, &parts, on))
        }
        3 | 4 => Box::new(move |s, m, _| unapply_credit(s, m, &note, &invoice, on)),
        5 => Box::new(move |s, m, _| void_credit_note(s, m, &note, on)),
        6 => Box::new(move |s, m, _| hold_credit_note(s, m, &note, Hold::Released, false)),
        7 => Box::new(move |s, m, seq| delete_credit_note(s, m, &rules, &note, seq)),
        8 => Box::new(move |s, _, _| restore_credit_note(s, &note)),
        9 => Box::new(move |s, m, _| withdraw_credit(s, m, &note, &invoice)),
        10 => Box::new(move |s, m, _| reopen_credit_note(s, m, &note)),
        11 | 12 => Box::new(move |s, m, _| change_credit_note(s, m, &note, change.clone())),
        _ => Box::new(move |s, m, _| record_refund(s, m, back.clone())),
    }
}

fn changed(commands: &mut Commands, amount: Amount) -> CreditNoteChange {
    let (n, external_id) = (commands.fresh(), commands.external());
    let chance = &mut commands.chance;
    CreditNoteChange {
        seen: None,
        customer: chance.maybe(3, |chance| Named::Key(chance.below(4) + 1)),
        number: chance.maybe(3, |chance| {
            NumberChoice::Explicit(format!("CN-{:04}", chance.below(20)))
        }),
        on: date(2026, 5, 10 + chance.below(9) as i8),
        lines: chance.maybe(2, |chance| vec![own_line(chance, amount)]),
        external_id,
        content: texts(n),
    }
}

fn own_line(chance: &mut Chance, amount: Amount) -> NewCreditLine {
    NewCreditLine {
        account: AccountChoice::Role(AccountRole::Sales),
        product: chance.maybe(2, |chance| Named::Key(chance.below(3) + 1)),
        amount,
        taxes: vec![(AccountChoice::Role(AccountRole::SalesTax), minor(chance.below(90)))],
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
            lines: vec![own_line(chance, amount)],
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

/// A random list of credit notes.
fn query(chance: &mut Chance) -> CreditQuery {
    let rare = chance.pick(&[1, 3, 6, 1_000_000]) + 1;
    let customers = |chance: &mut Chance| (0..chance.below(3)).map(|_| CustomerKey(chance.below(5))).collect();
    CreditQuery {
        customers: chance.maybe(rare, customers),
        number: chance.maybe(rare + 3, |chance| match chance.below(3) {
            0 => format!("OP-{}", chance.below(12)),
            _ => format!("CN-{:04}", chance.below(20)),
        }),
        on: (
            chance.maybe(rare, |chance| date(2026, 5, 10 + chance.below(9) as i8)),
            chance.maybe(rare, |chance| date(2026, 5, 10 + chance.below(9) as i8)),
        ),
        state: chance.maybe(rare, |chance| {
            chance.pick(&[
                CreditState::Open,
                CreditState::PartUsed,
                CreditState::Used,
                CreditState::Void,
            ])
        }),
        says: match chance.once_in(rare + 3) {
            true => vec![(
                &["memo"],
                vec![chance.below(9).to_string(), chance.below(9).to_string()],
            )],
            false => Vec::new(),
        },
        mentions: chance.maybe(rare + 2, |chance| {
            chance
                .pick(&["cn-000", "op-1", "NÉ", "né", "1", "%", "nobody"])
                .to_owned()
        }),
        money: chance.maybe(2, |_| "OP-"),
        order: chance.pick(&[
            CreditOrder::Created,
            CreditOrder::On,
            CreditOrder::Amount,
            CreditOrder::Used,
            CreditOrder::CustomerName,
        ]),
        descending: chance.once_in(2),
        offset: chance.pick(&[0, 0, 1, 7, -2]),
        limit: chance.pick(&[1_000, 10, 1, 0, -1]),
        count: chance.once_in(2),
        look_at: None,
    }
}

/// Compares lists of credit notes.
pub fn compare(a: &Reader<'_>, b: &Reader<'_>, book: BookKey, chance: &mut Chance) {
    for _ in 0..25 {
        let mut query = query(chance);
        // The longer a list may be, the more seldom it is refused.
        for look_at in [None, Some(4)] {
            query.look_at = look_at;
            let answer = |reader: &Reader<'_>| now(reader.credit_notes(book, &query)).unwrap();
            assert_eq!(answer(a), answer(b), "{query:?}");
        }
    }
}
