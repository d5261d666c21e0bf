//! Generated commands and how each is decided.
//!
//! Generated references are small numbers; [`history`] turns them into the ids of invoices created earlier in the same list, so
//! that most commands meet something and some meet nothing.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use quittance_accounting::allocating::{allocate_payment, unallocate_payment};
use quittance_accounting::arriving::{Confirmation, Voucher, begin_payment, confirm_payment, fail_payment};
use quittance_accounting::crediting::{
    Applying, CreditNoteChange, CreditOf, Extent, NewCreditNote, apply_credit, change_credit_note, delete_credit_note,
    hold_credit_note, issue_credit_note, reopen_credit_note, restore_credit_note, unapply_credit, void_credit_note,
    withdraw_credit,
};
use quittance_accounting::deletion::{delete_invoice, restore_invoice};
use quittance_accounting::editing::{Edit, edit_invoice};
use quittance_accounting::exchange::{KeptRate, Rate, keep_rate};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::issuing::{
    Hold, NewInvoice, NumberChoice, create_invoice, hold_invoice, issue_invoice, send_invoice,
};
use quittance_accounting::money::Currency;
use quittance_accounting::payment_changes::{
    PaymentChange, change_payment, delete_payment, delete_unapplied, void_payment,
};
use quittance_accounting::periods::{close_period, reopen_period};
use quittance_accounting::plan::{Moment, Plan};
use quittance_accounting::refunding::{NewRefund, RefundOf, delete_refund, record_refund};
use quittance_accounting::refusal::Stop;
use quittance_accounting::reopening::reopen_invoice;
use quittance_accounting::rules::{Excess, Rules};
use quittance_accounting::settlement::Witness;
use quittance_accounting::settling::{Part, record_payment};
use quittance_accounting::snapshot::{Named, Snapshot};
use quittance_accounting::voiding::void_invoice;
use quittance_accounting::writing_off::{delete_write_off, write_off};

use crate::model::*;
use crate::references::{Recorded, resolve};

/// One command. `at` is its place in the history, of which the ids of what it makes are made.
#[derive(Clone)]
pub struct Command {
    pub at: u64,
    pub rules: Rules,
    pub day: Date,
    pub verb: Verb,
    /// The currency of a payment that names no invoice any more.
    pub currency: Option<Currency>,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{} {} {} {:?}", self.at, self.day, self.rules.dialect, self.verb)
    }
}

/// What it does. An invoice is named by the place of the command that created it.
#[derive(Clone, Debug)]
pub enum Verb {
    Create {
        issue: bool,
        lines: Vec<(usize, i64)>,
        discount: i64,
        number: Option<String>,
        external: Option<String>,
        customer: i64,
        abroad: Option<usize>,
    },
    Edit {
        n: u64,
        lines: Vec<(usize, i64)>,
        discount: i64,
        external: Option<String>,
        customer: i64,
    },
    Issue(u64),
    Send(u64),
    Pay {
        parts: Vec<(u64, Option<i64>)>,
        over: Option<i64>,
        witness: Witness,
        external: Option<String>,
    },
    Refund(u64, Option<i64>, Option<String>),
    WriteOff(u64, Option<i64>, Option<String>),
    /// Of an invoice, or of a customer.
    Credit {
        n: Option<u64>,
        amount: Option<i64>,
        line: Option<i64>,
        apply: bool,
        external: Option<String>,
    },
    /// Only in a twin.
    CreditAlone(Box<NewCreditNote>),
    Void(u64),
    TakeVoidBack(u64),
    Hold(u64, Option<Date>, bool),
    Later(Later),
    Close,
    Reopen,
    Delete(u64),
    Restore(u64),
}

/// What happens to money after it was recorded. Payments, refunds and write-offs are named by the place of the command that
/// recorded them.
#[derive(Clone, Debug)]
pub enum Later {
    Allocate(u64, u64, Option<i64>),
    Unallocate(u64, u64),
    Change(u64, i64, Option<u64>),
    VoidPayment(u64),
    DeletePayment(u64),
    GiveBack(u64, Option<i64>),
    DeleteUnapplied(u64),
    /// On a liability, to be paid out later: of an invoice, or of a customer alone.
    Owe(u64, Option<i64>),
    OweCustomer(i64, i64),
    GiveCustomer(i64, i64),
    PayOut(u64, Option<i64>),
    DeleteRefund(u64),
    DeleteWriteOff(u64),
    Begin(u64, Option<i64>),
    Fail(u64, Option<i64>),
    Confirm(u64, i64),
    ApplyCredit(u64, u64, Option<i64>),
    UnapplyCredit(u64, u64),
    WithdrawCredit(u64, u64),
    VoidCredit(u64),
    ReopenCredit(u64),
    DeleteCredit(u64),
    RestoreCredit(u64),
    HoldCredit(u64, Hold),
    GiveCreditBack(u64, Option<i64>),
    /// Its figures, its customer, its number: what is named.
    ChangeCredit(u64, Option<i64>, Option<i64>, Option<String>),
}

/// Other currencies than the book's, each with the rates of odd and of even days: rates at which every sum is one of whole cents,
/// and rates at which hardly any is.
const ABROAD: [(&str, [&str; 2], [&str; 2]); 3] = [
    ("EUR", ["2", "3"], ["1.0837", "1.1291"]),
    ("JPY", ["0.02", "0.03"], ["0.0067123", "0.0063"]),
    ("KWD", ["20", "30"], ["3.2519", "3.27"]),
];

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

/// A book that knows the rates of May.
pub fn book(whole_cents: bool) -> Model {
    let mut model = Model::new(Currency::USD);
    for (code, whole, broken) in ABROAD {
        for day in 1..=31_i8 {
            let rates = if whole_cents { whole } else { broken };
            let rate = Rate::new(rates[usize::from(day % 2 == 0)].parse().unwrap()).unwrap();
            let (currency, day) = (currency(code), date(2026, 5, day));
            let kept = KeptRate { currency, day, rate };
            model.run(|snapshot, _| keep_rate(snapshot, kept)).unwrap();
        }
    }
    model
}

const ACCOUNTS: [&str; 3] = ["SALES", "SERVICES", "UNEARNED_REVENUE"];

fn maybe(prefix: &'static str) -> impl Strategy<Value = Option<String>> {
    prop_oneof![3 => Just(None), 1 => (1..4).prop_map(move |n| Some(format!("{prefix}{n}")))]
}

fn part() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![2 => Just(None), 3 => (1..6_000i64).prop_map(Some)]
}

/// Mostly the one whose payments are recorded.
fn customer() -> impl Strategy<Value = i64> {
    prop_oneof![4 => Just(1), 1 => 2..=3i64]
}

fn create() -> impl Strategy<Value = Verb> {
    let line = (0..ACCOUNTS.len(), prop_oneof![9 => 0..12_000i64, 1 => -500..0i64]);
    let number = prop_oneof![
        6 => Just(None),
        1 => (1..6).prop_map(|n| Some(format!("INV-{n:04}"))),
        1 => (1..4).prop_map(|n| Some(format!("X-{n}"))),
    ];
    (
        any::<bool>(),
        prop::collection::vec(line, 1..4),
        0..300i64,
        number,
        maybe("e-"),
        customer(),
        prop_oneof![3 => Just(None), 1 => Just(Some(0)), 1 => (0..ABROAD.len()).prop_map(Some)],
    )
        .prop_map(
            |(issue, lines, discount, number, external, customer, abroad)| Verb::Create {
                issue,
                lines,
                discount,
                number,
                external,
                customer,
                abroad,
            },
        )
}

fn edit() -> impl Strategy<Value = Verb> {
    let line = (0..ACCOUNTS.len(), 0..12_000i64);
    let lines = prop::collection::vec(line, 1..4);
    (0..8u64, lines, 0..300i64, maybe("e-"), customer()).prop_map(|(n, lines, discount, external, customer)| {
        Verb::Edit {
            n,
            lines,
            discount,
            external,
            customer,
        }
    })
}

fn pay() -> impl Strategy<Value = Verb> {
    let witness = prop_oneof![2 => Just(Witness::Hand), 1 => Just(Witness::Bank), 1 => Just(Witness::Provider)];
    let over = prop_oneof![2 => Just(None), 1 => (0..9_000i64).prop_map(Some)];
    (
        prop::collection::vec((0..8u64, part()), 1..4),
        over,
        witness,
        maybe("p-"),
    )
        .prop_map(|(parts, over, witness, external)| Verb::Pay {
            parts,
            over,
            witness,
            external,
        })
}

fn credit() -> impl Strategy<Value = Verb> {
    let n = prop_oneof![4 => (0..8u64).prop_map(Some), 1 => Just(None)];
    let line = prop_oneof![3 => Just(None), 1 => (0..3i64).prop_map(Some)];
    (n, part(), line, any::<bool>(), maybe("c-")).prop_map(|(n, amount, line, apply, external)| Verb::Credit {
        n,
        amount,
        line,
        apply,
        external,
    })
}

fn later() -> impl Strategy<Value = Verb> {
    let n = || 0..6u64;
    let moved = prop_oneof![Just(None), n().prop_map(Some)];
    prop_oneof![
        8 => (n(), n(), part()).prop_map(|(payment, n, amount)| Later::Allocate(payment, n, amount)),
        3 => (n(), n()).prop_map(|(payment, n)| Later::Unallocate(payment, n)),
        8 => (n(), 1..9_000i64, moved).prop_map(|(payment, amount, n)| Later::Change(payment, amount, n)),
        3 => n().prop_map(Later::VoidPayment),
        5 => n().prop_map(Later::DeletePayment),
        2 => (n(), part()).prop_map(|(payment, amount)| Later::GiveBack(payment, amount)),
        6 => n().prop_map(Later::DeleteUnapplied),
        4 => (n(), part()).prop_map(|(n, amount)| Later::Owe(n, amount)),
        1 => (customer(), 1..6_000i64).prop_map(|(customer, units)| Later::OweCustomer(customer, units)),
        1 => (customer(), 1..6_000i64).prop_map(|(customer, units)| Later::GiveCustomer(customer, units)),
        6 => (n(), part()).prop_map(|(refund, amount)| Later::PayOut(refund, amount)),
        6 => n().prop_map(Later::DeleteRefund),
        5 => n().prop_map(Later::DeleteWriteOff),
        6 => (n(), part()).prop_map(|(n, amount)| Later::Begin(n, amount)),
        9 => (n(), part()).prop_map(|(n, amount)| Later::Fail(n, amount)),
        4 => (n(), 1..9_000i64).prop_map(|(n, amount)| Later::Confirm(n, amount)),
        7 => (n(), n(), part()).prop_map(|(note, n, amount)| Later::ApplyCredit(note, n, amount)),
        6 => (n(), n()).prop_map(|(note, n)| Later::UnapplyCredit(note, n)),
        6 => (n(), n()).prop_map(|(note, n)| Later::WithdrawCredit(note, n)),
        4 => n().prop_map(Later::VoidCredit),
        20 => n().prop_map(Later::ReopenCredit),
        4 => n().prop_map(Later::DeleteCredit),
        16 => n().prop_map(Later::RestoreCredit),
        1 => (n(), prop_oneof![Just(Hold::Released), Just(Hold::Until(date(2026, 6, 30)))]).prop_map(|(n, hold)| Later::HoldCredit(n, hold)),
        2 => (n(), part()).prop_map(|(note, amount)| Later::GiveCreditBack(note, amount)),
        6 => (n(), part(), prop_oneof![1 => Just(None), 1 => customer().prop_map(Some)], maybe("CN-000"))
            .prop_map(|(note, units, customer, number)| Later::ChangeCredit(note, units, customer, number)),
    ]
    .prop_map(Verb::Later)
}

fn verb(changed_later: bool) -> BoxedStrategy<Verb> {
    match changed_later {
        true => prop_oneof![1 => first(), 1 => later()].boxed(),
        false => first().boxed(),
    }
}

fn first() -> impl Strategy<Value = Verb> {
    let n = || 0..8u64;
    let until = prop_oneof![Just(None), Just(Some(date(2026, 6, 30))), Just(Some(date(2026, 6, 1)))];
    let handed_over = prop_oneof![9 => Just(false), 1 => Just(true)];
    prop_oneof![
        12 => create(),
        3 => n().prop_map(Verb::Issue),
        2 => n().prop_map(Verb::Send),
        4 => edit(),
        12 => pay(),
        3 => (n(), part(), maybe("r-")).prop_map(|(n, amount, external)| Verb::Refund(n, amount, external)),
        3 => (n(), part(), maybe("w-")).prop_map(|(n, amount, external)| Verb::WriteOff(n, amount, external)),
        6 => credit(),
        3 => n().prop_map(Verb::Void),
        2 => n().prop_map(Verb::TakeVoidBack),
        1 => (n(), until, handed_over).prop_map(|(n, until, handed_over)| Verb::Hold(n, until, handed_over)),
        1 => Just(Verb::Close),
        1 => Just(Verb::Reopen),
        9 => n().prop_map(Verb::Delete),
        3 => n().prop_map(Verb::Restore),
    ]
}

/// Histories of up to so many commands.
pub fn history(most: usize) -> impl Strategy<Value = Vec<Command>> {
    // Histories in which money is changed later are not compared with a twin: some are without.
    prop::bool::weighted(0.65).prop_flat_map(move |changed_later| history_of(most, changed_later))
}

fn history_of(most: usize, changed_later: bool) -> impl Strategy<Value = Vec<Command>> {
    // Only native drafts wait for their number, so they come more often than the others.
    let rules = prop_oneof![2 => 0..ALL_RULES.len(), 1 => Just(ALL_RULES.len() - 1)];
    let command = (verb(changed_later), rules, 0..31i64).prop_map(|(verb, rules, day)| {
        // Mostly early days are closed, so that enough can still happen.
        let day = match verb {
            Verb::Close => day / 3,
            Verb::Reopen => day / 10,
            _ => day,
        };
        let day = date(2026, 5, 1).saturating_add(day.days());
        (verb, ALL_RULES[rules], day)
    });
    prop::collection::vec(command, most / 4..most).prop_map(|raw| {
        let mut created = Vec::new();
        let mut recorded = Recorded::default();
        let mut commands = Vec::new();
        for (at, (mut verb, rules, day)) in (0..).zip(raw) {
            resolve(&mut verb, &created, &recorded);
            recorded.note(&verb, at);
            if matches!(verb, Verb::Create { .. }) {
                created.push(at);
            }
            commands.push(Command {
                at,
                rules,
                day,
                verb,
                currency: None,
            });
        }
        commands
    })
}

/// The name of the invoice that the command at this place created.
pub fn invoice_of(at: u64) -> Named {
    named(100 + at)
}

/// The id of the payment that the command at this place recorded.
pub fn payment_of(at: u64) -> quittance_accounting::identity::DocumentId {
    id(500 + at)
}

/// The name of the credit note that the command at this place issued.
pub fn credit_of(at: u64) -> Named {
    named(300 + at)
}

/// The same, not paid yet.
fn owed(new: NewRefund) -> NewRefund {
    let liability = AccountChoice::StableName("UNEARNED_REVENUE".to_owned());
    NewRefund {
        owed_on: Some(liability),
        ..new
    }
}

impl Command {
    /// Decides the command on a snapshot.
    pub fn decide(&self, snapshot: &Snapshot, moment: &Moment, seq: i64) -> Result<Plan, Stop> {
        let rules = &self.rules;
        match &self.verb {
            Verb::Create { .. } => create_invoice(snapshot, moment, rules, self.new_invoice()),
            Verb::Issue(n) => issue_invoice(snapshot, moment, rules, &invoice_of(*n)),
            Verb::Send(n) => send_invoice(snapshot, moment, rules, &invoice_of(*n)),
            Verb::Pay { .. } => record_payment(snapshot, moment, &self.payment_rules(), self.new_payment()),
            Verb::Refund(n, amount, external) => {
                let mut new = new_refund(700 + self.at, invoice_of(*n), amount.map(minor));
                (new.on, new.external_id) = (self.day, external.clone());
                record_refund(snapshot, moment, new)
            }
            Verb::WriteOff(n, amount, external) => {
                let mut new = new_write_off(700 + self.at, invoice_of(*n), amount.map(minor));
                (new.on, new.external_id) = (self.day, external.clone());
                write_off(snapshot, moment, new)
            }
            Verb::Credit { .. } => issue_credit_note(snapshot, moment, rules, self.new_credit_note()),
            Verb::CreditAlone(new) => issue_credit_note(snapshot, moment, rules, NewCreditNote::clone(new)),
            Verb::Void(n) => void_invoice(snapshot, moment, rules, &invoice_of(*n), Some(self.day)),
            Verb::Edit { n, .. } => edit_invoice(snapshot, moment, rules, &invoice_of(*n), self.new_edit()),
            Verb::TakeVoidBack(n) => reopen_invoice(snapshot, moment, &invoice_of(*n)),
            Verb::Hold(n, until, handed_over) => hold_invoice(
                snapshot,
                moment,
                &invoice_of(*n),
                until.map_or(Hold::Released, Hold::Until),
                *handed_over,
            ),
            Verb::Later(later) => self.decide_later(later, snapshot, moment, seq),
            Verb::Close => close_period(snapshot, moment, self.day, seq),
            Verb::Reopen => reopen_period(snapshot, moment, Some(self.day), seq),
            Verb::Delete(n) => delete_invoice(snapshot, moment, rules, &invoice_of(*n), seq),
            Verb::Restore(n) => restore_invoice(snapshot, &invoice_of(*n)),
        }
    }

    /// As [`Command::decide`], but money may always exceed what it settles.
    pub fn decide_freely(&self, snapshot: &Snapshot, moment: &Moment, seq: i64) -> Result<Plan, Stop> {
        match self.verb {
            Verb::Pay { .. } => record_payment(snapshot, moment, &self.rules, self.new_payment()),
            _ => self.decide(snapshot, moment, seq),
        }
    }

    fn fact(&self, n: u64, units: i64) -> Confirmation {
        let new = crate::model::payment(500 + self.at, Vec::new());
        Confirmation {
            currency: None,
            rate: None,
            id: new.id,
            invoice: invoice_of(n),
            amount: minor(units),
            value_date: self.day,
            paid_at: new.paid_at,
            method: new.method,
            voucher: if self.at.is_multiple_of(2) {
                Voucher::Bank
            } else {
                Voucher::Provider
            },
            external_id: None,
            content: new.content,
        }
    }

    fn decide_later(&self, later: &Later, snapshot: &Snapshot, moment: &Moment, seq: i64) -> Result<Plan, Stop> {
        let part = |amount: &Option<i64>| amount.map_or(Part::WhatIsOpen, |units| Part::Exactly(minor(units)));
        let payment = |at: &u64| Named::Id(payment_of(*at));
        let reduction = |at: &u64| named(700 + at);
        match later {
            Later::Allocate(at, n, amount) => {
                let parts = [(invoice_of(*n), part(amount))];
                allocate_payment(snapshot, moment, &self.payment_rules(), &payment(at), &parts, self.day)
            }
            Later::Unallocate(at, n) => unallocate_payment(snapshot, moment, &payment(at), &invoice_of(*n), self.day),
            Later::Change(at, units, n) => {
                let mut new = crate::model::payment(800 + self.at, Vec::new());
                new.paid_on = self.day;
                let change = PaymentChange {
                    seen: None,
                    rate: None,
                    paid_on: new.paid_on,
                    paid_at: new.paid_at,
                    amount: minor(*units),
                    method: new.method,
                    clearing: new.clearing,
                    parts: n.map(|n| vec![(invoice_of(n), Part::WhatIsOpen)]),
                    external_id: None,
                    content: new.content,
                };
                change_payment(snapshot, moment, &self.rules, &payment(at), change)
            }
            Later::Begin(n, amount) => begin_payment(snapshot, moment, &invoice_of(*n), amount.map(minor)),
            Later::Fail(n, amount) => fail_payment(snapshot, moment, &invoice_of(*n), amount.map(minor)),
            Later::Confirm(n, units) => confirm_payment(snapshot, moment, self.fact(*n, *units)),
            Later::VoidPayment(at) => void_payment(snapshot, moment, &payment(at), self.day),
            Later::DeletePayment(at) => delete_payment(snapshot, moment, &payment(at)),
            Later::GiveBack(at, amount) => {
                record_refund(snapshot, moment, self.refund(RefundOf::Unapplied(payment(at)), *amount))
            }
            Later::DeleteUnapplied(at) => delete_unapplied(snapshot, moment, &payment(at)),
            Later::Owe(n, amount) => {
                let new = self.refund(RefundOf::Invoice(invoice_of(*n)), *amount);
                record_refund(snapshot, moment, owed(new))
            }
            Later::OweCustomer(customer, units) => {
                let new = self.refund(RefundOf::Customer(Named::Key(*customer)), Some(*units));
                record_refund(snapshot, moment, owed(new))
            }
            Later::GiveCustomer(customer, units) => {
                let new = self.refund(RefundOf::Customer(Named::Key(*customer)), Some(*units));
                record_refund(snapshot, moment, new)
            }
            Later::PayOut(at, amount) => {
                record_refund(snapshot, moment, self.refund(RefundOf::Owed(reduction(at)), *amount))
            }
            Later::ApplyCredit(at, n, amount) => {
                let parts = [(invoice_of(*n), part(amount))];
                apply_credit(
                    snapshot,
                    moment,
                    &self.payment_rules(),
                    &credit_of(*at),
                    &parts,
                    self.day,
                )
            }
            Later::UnapplyCredit(at, n) => unapply_credit(snapshot, moment, &credit_of(*at), &invoice_of(*n), self.day),
            Later::WithdrawCredit(at, n) => withdraw_credit(snapshot, moment, &credit_of(*at), &invoice_of(*n)),
            Later::VoidCredit(at) => void_credit_note(snapshot, moment, &credit_of(*at), self.day),
            Later::ReopenCredit(at) => reopen_credit_note(snapshot, moment, &credit_of(*at)),
            Later::ChangeCredit(at, units, customer, number) => {
                let change = self.credit_change(snapshot, &credit_of(*at), *units, *customer, number.clone())?;
                change_credit_note(snapshot, moment, &credit_of(*at), change)
            }
            Later::DeleteCredit(at) => delete_credit_note(snapshot, moment, &self.rules, &credit_of(*at), seq),
            Later::RestoreCredit(at) => restore_credit_note(snapshot, &credit_of(*at)),
            Later::HoldCredit(at, hold) => hold_credit_note(snapshot, moment, &credit_of(*at), *hold, false),
            Later::GiveCreditBack(at, amount) => {
                record_refund(snapshot, moment, self.refund(RefundOf::Credit(credit_of(*at)), *amount))
            }
            Later::DeleteRefund(at) => delete_refund(snapshot, moment, &reduction(at)),
            Later::DeleteWriteOff(at) => delete_write_off(snapshot, moment, &reduction(at)),
        }
    }

    fn refund(&self, of: RefundOf, amount: Option<i64>) -> NewRefund {
        let mut new = new_refund(700 + self.at, Named::Key(0), amount.map(minor));
        (new.of, new.on) = (of, self.day);
        new
    }

    /// Without figures only what it is called changes: its day stays, as far as the snapshot knows it.
    fn credit_change(
        &self,
        snapshot: &Snapshot,
        named: &Named,
        units: Option<i64>,
        customer: Option<i64>,
        number: Option<String>,
    ) -> Result<CreditNoteChange, Stop> {
        let day = snapshot.whole_credit_note(named)?.map(|(_, credit)| credit.paid_on);
        let new = credit_note(900 + self.at, free_credit(units.unwrap_or(1)));
        let lines = match new.of {
            CreditOf::Free { lines, .. } => units.map(|_| lines),
            CreditOf::Invoice(..) => None,
        };
        Ok(CreditNoteChange {
            seen: None,
            customer: customer.map(Named::Key),
            number: number.map(NumberChoice::Explicit),
            on: day.filter(|_| lines.is_none()).unwrap_or(self.day),
            lines,
            external_id: None,
            content: new.content,
        })
    }

    pub fn new_credit_note(&self) -> NewCreditNote {
        let Verb::Credit {
            n,
            amount,
            line,
            apply,
            external,
        } = &self.verb
        else {
            panic!("{:?} credits nothing", self.verb);
        };
        let of = match (n, line) {
            (None, _) => free_credit(amount.unwrap_or(2_500)),
            (Some(n), None) => {
                let extent = amount.map_or(Extent::Rest, |units| Extent::Amount(minor(units)));
                CreditOf::Invoice(invoice_of(*n), extent)
            }
            (Some(n), Some(place)) => {
                CreditOf::Invoice(invoice_of(*n), Extent::Lines(vec![(*place, amount.map(minor))]))
            }
        };
        let mut new = credit_note(300 + self.at, of);
        new.on = self.day;
        new.external_id = external.clone();
        if !apply {
            new.applying = Applying::Nothing;
        }
        new
    }

    /// Some payments may not exceed what is open.
    fn payment_rules(&self) -> Rules {
        let mut rules = self.rules;
        if self.at % 5 == 4 {
            rules.payment.excess = Excess::Refused;
        }
        rules
    }

    fn new_invoice(&self) -> NewInvoice {
        let Verb::Create {
            issue,
            lines,
            discount,
            number,
            external,
            customer,
            abroad,
        } = &self.verb
        else {
            panic!("{:?} creates nothing", self.verb);
        };
        let lines = lines.iter().map(|(account, units)| line(ACCOUNTS[*account], *units));
        NewInvoice {
            currency: abroad.map_or(Currency::USD, |n| currency(ABROAD[n].0)),
            customer: Some(Named::Key(*customer)),
            number: number.clone().map_or(NumberChoice::Counted, NumberChoice::Explicit),
            external_id: external.clone(),
            invoice_date: self.day,
            due_on: (!self.at.is_multiple_of(4)).then(|| self.day.saturating_add(30.days())),
            discount: minor(*discount),
            taxes: vec![tax("SALES_TAXES_PAYABLE", *discount + 100)],
            tip: minor(discount % 7),
            ..invoice(100 + self.at, *issue, lines.collect())
        }
    }

    fn new_edit(&self) -> Edit {
        let Verb::Edit {
            lines,
            discount,
            external,
            customer,
            ..
        } = &self.verb
        else {
            panic!("{:?} edits nothing", self.verb);
        };
        let lines = lines.iter().map(|(account, units)| line(ACCOUNTS[*account], *units));
        Edit {
            currency: None,
            rate: None,
            expected_revision: None,
            customer: Some(Named::Key(*customer)),
            number: None,
            external_id: external.clone(),
            invoice_date: self.day,
            due_at: None,
            due_on: Some(self.day),
            sent_at: None,
            lines: lines.collect(),
            discount: minor(*discount),
            taxes: vec![tax("SALES_TAXES_PAYABLE", *discount + 100)],
            tip: minor(discount % 3),
            content: invoice(600 + self.at, false, Vec::new()).content,
        }
    }

    fn new_payment(&self) -> quittance_accounting::settling::NewPayment {
        let Verb::Pay {
            parts,
            over,
            witness,
            external,
        } = &self.verb
        else {
            panic!("{:?} pays nothing", self.verb);
        };
        let part = |(n, amount): &(u64, Option<i64>)| {
            let part = amount.map_or(Part::WhatIsOpen, |units| Part::Exactly(minor(units)));
            (invoice_of(*n), part)
        };
        let mut new = payment(500 + self.at, parts.iter().map(part).collect());
        new.paid_on = self.day;
        new.currency = self.currency;
        new.amount = over.map(|over| minor(over + parts.iter().filter_map(|(_, amount)| *amount).sum::<i64>()));
        new.witness = *witness;
        new.external_id = external.clone();
        new
    }
}
