//! Random commands on a book: every verb, with names that are often right and sometimes not.

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use quittance_accounting::account::AccountRole;
use quittance_accounting::allocating::{allocate_payment, unallocate_payment};
use quittance_accounting::book::{IdempotencyRecord, Role};
use quittance_accounting::content::{Content, Digest};
use quittance_accounting::deletion::{delete_invoice, restore_invoice};
use quittance_accounting::editing::{Edit, edit_invoice};
use quittance_accounting::exchange::{KeptRate, Rate, keep_rate};
use quittance_accounting::granting::{GrantAsked, NewGrant, grant_access, withdraw_grant};
use quittance_accounting::identity::{CreditNoteKey, DocumentKind, InvoiceKey, TokenKey};
use quittance_accounting::invoice::Standing;
use quittance_accounting::issuing::{
    AccountChoice, Hold, NewContent, NewInvoice, NewLine, NumberChoice, create_invoice, hold_invoice, issue_invoice,
    send_invoice,
};
use quittance_accounting::keeping::{
    CustomerChange, NewCustomer, NewProduct, NewToken, ProductChange, add_customer, add_product, change_customer,
    change_product, confirm_erased, make_token, release_texts, revoke_token,
};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::payment_changes::{delete_payment, delete_unapplied, void_payment};
use quittance_accounting::periods::{close_period, reopen_period};
use quittance_accounting::plan::{EventKind, Moment, Plan};
use quittance_accounting::record::{Change, Record};
use quittance_accounting::refunding::{NewRefund, RefundOf, delete_refund, record_refund};
use quittance_accounting::refusal::{Refusal, Stop};
use quittance_accounting::reopening::reopen_invoice;
use quittance_accounting::resource::{NewResource, Replaces, put_resource, remove_resource};
use quittance_accounting::rules::{
    Attached, DeletionRules, EditRules, Excess, MoneyOnVoid, NumberRules, NumberedAt, PayingDrafts, PaymentRules,
    Reach, Rules, Texts, VoidRules,
};
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::{NewPayment, Part, record_payment};
use quittance_accounting::snapshot::{Named, Snapshot, Want};
use quittance_accounting::voiding::void_invoice;
use quittance_accounting::writing_off::{NewWriteOff, delete_write_off, write_off};

use crate::chance::Chance;
use crate::twins::{Command, id};

const fn rules(dialect: &'static str, at: NumberedAt, attached: Attached, texts: Texts) -> Rules {
    Rules {
        dialect,
        deletion: DeletionRules {
            reach: Reach::Issued,
            payments: attached,
            refunds: attached,
            write_offs: Attached::TakenAlong,
            applied_credit: Attached::TakenAlong,
            texts,
            readable_by_id: matches!(texts, Texts::Kept),
        },
        voiding: VoidRules {
            drafts: true,
            part_paid: MoneyOnVoid::Unapplied,
            paid: MoneyOnVoid::Unapplied,
        },
        editing: EditRules {
            standings: &[
                Standing::Open,
                Standing::PartPaid,
                Standing::Paid,
                Standing::PartWrittenOff,
                Standing::WrittenOff,
                Standing::Refunded,
            ],
        },
        payment: PaymentRules {
            drafts: PayingDrafts::IssuesFirst,
            excess: Excess::Unallocated,
            in_parts: true,
        },
        sends_again: true,
        numbering: NumberRules {
            at,
            prefix: "INV-",
            width: 4,
        },
    }
}

/// Takes everything along and erases; keeps all and takes nothing along; numbers at issue.
pub const ALL_RULES: [Rules; 3] = [
    rules("taking", NumberedAt::Create, Attached::TakenAlong, Texts::Erased),
    rules("keeping", NumberedAt::Create, Attached::MustBeNone, Texts::Kept),
    rules("late", NumberedAt::Issue, Attached::TakenAlong, Texts::Kept),
];

/// The currency that some documents are in.
pub fn euros() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn rate(chance: &mut Chance) -> Rate {
    Rate::new(chance.pick(&["1.0837", "1.1291", "2"]).parse().unwrap()).unwrap()
}

/// Hands out commands; documents are numbered over all kinds, so ids and external ids are guessed often.
pub struct Commands {
    pub chance: Chance,
    /// What the ids of the invoices made so far were made of.
    pub ids: Vec<i64>,
    next: i64,
}

fn minor(units: i64) -> Amount {
    Amount::new(units).unwrap()
}

pub fn texts(n: i64) -> NewContent {
    NewContent {
        salt: format!("{n:08x}"),
        body: format!(
            r#"{{"name":"Né {0}","title":"Tö","memo":"{1}","lines":[{{}},{{"extra":{{"dialect":{{"tags":[{1},12]}}}}}}],"extra":{{"dialect":{{"number":{1}}}}}}}"#,
            n % 7,
            n % 9
        ),
        digest: digest(n),
    }
}

/// The digest of the n-th document's texts, or of the n-th token.
pub fn digest(n: i64) -> Digest {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    Digest(bytes)
}

impl Commands {
    pub fn new(seed: u64) -> Commands {
        Commands {
            chance: Chance::new(seed),
            ids: Vec::new(),
            next: seed as i64 * 10_000,
        }
    }

    pub fn fresh(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    /// An external id of a few, so that it is often taken and freed.
    pub fn external(&mut self) -> Option<String> {
        self.chance.maybe(2, |chance| format!("ext {}", chance.below(12)))
    }

    /// A name of an invoice that mostly was made.
    pub fn invoice(&mut self) -> Named {
        match self.chance.below(8) {
            0 => Named::External(format!("ext {}", self.chance.below(12))),
            1..=6 if !self.ids.is_empty() => Named::Id(id(self.chance.pick(&self.ids))),
            _ => Named::Key(self.chance.below(self.ids.len() as i64 + 2)),
        }
    }

    /// Takes note of the invoice that a plan made.
    pub fn learn(&mut self, plan: &Plan) {
        for change in &plan.changes {
            if let (EventKind::InvoiceCreated, Change::Put(Record::Invoice(invoice))) = (plan.kind, change) {
                self.ids
                    .extend((0..=self.next).rev().take(200).find(|n| id(*n) == invoice.id));
            }
        }
    }

    /// The customers and products that random invoices name.
    pub fn stock(&mut self) -> Vec<Command> {
        let plain = |commands: &mut Commands| {
            let n = commands.fresh();
            let new = NewCustomer {
                id: id(n),
                external_id: (n % 2 == 0).then(|| format!("ext {n}")),
                content: texts(n),
            };
            Box::new(move |s: &Snapshot, m: &Moment, _| add_customer(s, m, new.clone())) as Command
        };
        let mut stock: Vec<Command> = (0..4).map(|_| plain(self)).collect();
        stock.extend((0..3).map(|_| self.product()));
        stock
    }

    fn kept_rate(&mut self) -> Command {
        let chance = &mut self.chance;
        let day = date(2026, 3 + chance.below(3) as i8, 1 + chance.below(9) as i8);
        let (currency, rate) = (euros(), rate(chance));
        Box::new(move |s, _, _| keep_rate(s, KeptRate { currency, day, rate }))
    }

    pub fn next(&mut self) -> Command {
        let rules = self.chance.pick(&ALL_RULES);
        match self.chance.below(71) {
            69 | 70 => self.kept_rate(),
            59..=68 => crate::credits::command(self, rules),
            40..=53 => self.money(rules),
            54..=56 => crate::ledger::command(self),
            57 | 58 => self.grant(),
            0 | 1 => self.customer(),
            2 => self.product_or_change(),
            3 => self.token(),
            4..=15 => self.new_invoice(rules),
            16..=21 => self.payment(rules),
            22..=29 => self.settle(rules),
            30..=36 => {
                let named = self.invoice();
                match self.chance.below(4) {
                    0 => Box::new(move |s, _, _| restore_invoice(s, &named)),
                    _ => Box::new(move |s, m, seq| delete_invoice(s, m, &rules, &named, seq)),
                }
            }
            37 => self.period(),
            _ => self.texts_leave(),
        }
    }

    pub fn customer(&mut self) -> Command {
        let n = self.fresh();
        let new = NewCustomer {
            id: id(n),
            external_id: self.external(),
            content: texts(n),
        };
        Box::new(move |s, m, _| add_customer(s, m, new.clone()))
    }

    /// A product, or a change of a customer or a product.
    fn product_or_change(&mut self) -> Command {
        let named = Named::Key(self.chance.below(4) + 1);
        let content = texts(self.fresh());
        let change = CustomerChange {
            seen: None,
            external_id: self.external(),
            archived: self.chance.once_in(2),
            content: content.clone(),
        };
        match self.chance.below(3) {
            0 => self.product(),
            1 => Box::new(move |s, m, _| change_customer(s, m, &named, change.clone())),
            _ => {
                let change = ProductChange {
                    seen: None,
                    account: AccountChoice::StableName("SALES".to_owned()),
                    content,
                };
                Box::new(move |s, _, _| change_product(s, &named, change.clone()))
            }
        }
    }

    pub fn product(&mut self) -> Command {
        let n = self.fresh();
        let account = AccountChoice::StableName("SERVICES".to_owned());
        let new = NewProduct {
            id: id(n),
            account,
            content: texts(n),
        };
        Box::new(move |s, m, _| add_product(s, m, new.clone()))
    }

    pub fn token(&mut self) -> Command {
        if self.chance.once_in(3) {
            let key = TokenKey(self.chance.below(3) + 1);
            return Box::new(move |s, m, _| revoke_token(s, m, key));
        }
        if self.chance.once_in(3) {
            return self.grant();
        }
        let n = self.fresh();
        let (role, scopes) = (self.chance.pick(&Role::ALL).0, self.chance.below(3));
        Box::new(move |s, m, _| {
            let new = NewToken {
                digest: digest(n),
                name: format!("token {n}"),
                role,
                scopes: (0..scopes).map(|n| format!("scope{n}")).collect(),
                expires_at: (scopes == 1).then(|| m.at + SignedDuration::from_hours(1)),
            };
            Ok(make_token(s, m, new))
        })
    }

    /// Grants access on one of the first tokens, to itself or to another one, taking an earlier grant away, or withdraws one.
    fn grant(&mut self) -> Command {
        let token = TokenKey(self.chance.below(3) + 1);
        let client = TokenKey(if token.0 == 3 { 1 } else { token.0 });
        let earlier = digest(self.chance.below(60));
        if self.chance.once_in(4) {
            return Box::new(move |s, _, _| withdraw_grant(s, client, earlier));
        }
        let (access, refresh) = (digest(self.fresh()), digest(self.fresh()));
        let leaving = self.chance.maybe(2, |_| earlier);
        Box::new(move |s, m, _| {
            let new = |digest| NewGrant {
                digest,
                expires_at: m.at + SignedDuration::from_hours(1),
            };
            let asked = GrantAsked {
                token,
                client,
                scopes: vec!["scope0".to_owned()],
                access: new(access),
                refresh: Some(new(refresh)),
                spent: None,
                leaving: leaving.into_iter().collect(),
            };
            grant_access(s, m, &asked)
        })
    }

    fn lines(&mut self) -> Vec<NewLine> {
        let count = self.chance.below(3) + 1;
        let chance = &mut self.chance;
        let tax = |chance: &mut Chance| (AccountChoice::Role(AccountRole::SalesTax), minor(chance.below(90)));
        let line = |chance: &mut Chance| NewLine {
            account: AccountChoice::Role(AccountRole::Sales),
            product: chance.maybe(3, |chance| Named::Key(chance.below(3) + 1)),
            quantity: "1.50".parse().unwrap(),
            unit_price: minor(chance.below(90_000)).in_major_units(Currency::USD),
            subtotal: None,
            discount: Amount::ZERO,
            taxes: chance.maybe(2, tax).into_iter().collect(),
        };
        (0..count).map(|_| line(chance)).collect()
    }

    pub fn new_invoice(&mut self, rules: Rules) -> Command {
        let n = self.fresh();
        let (external_id, lines) = (self.external(), self.lines());
        let chance = &mut self.chance;
        let number = match chance.below(5) {
            0 => NumberChoice::Explicit(format!("INV-{:04}", chance.below(40))),
            1 => NumberChoice::CountedIn("B/".to_owned()),
            _ => NumberChoice::Counted,
        };
        let due = chance.maybe(2, |chance| date(2026, 6, 1 + chance.below(28) as i8));
        let instant: Timestamp = "2026-05-20T08:00:00Z".parse().unwrap();
        let abroad = chance.once_in(5);
        let new = NewInvoice {
            rate: chance.maybe(2, rate).filter(|_| abroad),
            id: id(n),
            customer: chance.maybe(2, |chance| Named::Key(chance.below(4) + 1)),
            currency: if abroad { euros() } else { Currency::USD },
            number,
            external_id,
            invoice_date: date(2026, 3 + chance.below(3) as i8, 1 + chance.below(9) as i8),
            due_at: due.map(|due| {
                due.at(23, 0, 0, 0)
                    .to_zoned(jiff::tz::TimeZone::UTC)
                    .unwrap()
                    .timestamp()
            }),
            due_on: due,
            sent_at: chance.maybe(3, |chance| instant + SignedDuration::from_nanos(chance.below(3))),
            issue: !chance.once_in(3),
            lines,
            discount: Amount::ZERO,
            taxes: Vec::new(),
            tip: minor(chance.below(2) * 100),
            content: texts(n),
        };
        let key = chance.maybe(3, |chance| format!("create:{}", chance.below(30)));
        Box::new(move |s, m, seq| {
            let plan = create_invoice(s, m, &rules, new.clone())?;
            with_key(s, plan, key.as_deref(), m.at, seq)
        })
    }

    fn payment(&mut self, rules: Rules) -> Command {
        let n = self.fresh();
        let external_id = self.external();
        let part = |commands: &mut Commands| {
            let named = commands.invoice();
            let part = match commands.chance.below(3) {
                0 => Part::WhatIsOpen,
                _ => Part::Exactly(minor(commands.chance.below(60_000) + 1)),
            };
            (named, part)
        };
        let parts: Vec<_> = (0..self.chance.below(2) + 1).map(|_| part(self)).collect();
        let chance = &mut self.chance;
        let new = NewPayment {
            currency: None,
            rate: chance.maybe(12, rate),
            id: id(n),
            customer: chance.maybe(4, |chance| Named::Key(chance.below(4) + 1)),
            paid_on: date(2026, 5, 10 + chance.below(9) as i8),
            paid_at: Timestamp::UNIX_EPOCH,
            amount: chance.maybe(4, |chance| minor(chance.below(90_000) + 1)),
            method: chance.pick(&Method::ALL).0,
            witness: chance.pick(&Witness::OF_MONEY).0,
            clearing: AccountChoice::Role(AccountRole::Clearing),
            parts,
            external_id,
            content: texts(n),
        };
        Box::new(move |s, m, _| record_payment(s, m, &rules, new.clone()))
    }

    /// What else happens to an invoice while it lives.
    fn settle(&mut self, rules: Rules) -> Command {
        let named = self.invoice();
        let back = NewRefund {
            currency: None,
            rate: None,
            id: id(self.fresh()),
            of: RefundOf::Invoice(named.clone()),
            amount: self.chance.maybe(2, |chance| minor(chance.below(20_000) + 1)),
            on: date(2026, 5, 25),
            at: Timestamp::UNIX_EPOCH,
            clearing: None,
            owed_on: self
                .chance
                .once_in(3)
                .then(|| AccountChoice::StableName("UNEARNED_REVENUE".to_owned())),
            external_id: self.external(),
            content: texts(3),
        };
        let back = match self.chance.below(6) {
            0 => NewRefund {
                of: RefundOf::Customer(Named::Key(self.chance.below(4) + 1)),
                ..back
            },
            1 | 2 => NewRefund {
                of: RefundOf::Owed(Named::Key(self.chance.below(9) + 1)),
                owed_on: None,
                ..back
            },
            _ => back,
        };
        let given_up = NewWriteOff {
            currency: None,
            id: id(self.fresh()),
            invoice: named.clone(),
            amount: self.chance.maybe(2, |chance| minor(chance.below(20_000) + 1)),
            on: date(2026, 5, 25),
            at: Timestamp::UNIX_EPOCH,
            account: None,
            external_id: self.external(),
            content: texts(4),
        };
        let held = self.chance.maybe(2, |_| date(2026, 6, 1));
        let lines = self.lines();
        let edit = Edit {
            currency: None,
            rate: None,
            expected_revision: None,
            customer: None,
            number: None,
            external_id: self.external(),
            invoice_date: date(2026, 5, 4),
            due_at: None,
            due_on: None,
            sent_at: None,
            lines,
            discount: Amount::ZERO,
            taxes: Vec::new(),
            tip: Amount::ZERO,
            content: texts(5),
        };
        match self.chance.below(14) {
            8 | 9 => Box::new(move |s, m, _| edit_invoice(s, m, &rules, &named, edit.clone())),
            10 => Box::new(move |s, m, _| reopen_invoice(s, m, &named)),
            0 => Box::new(move |s, m, _| issue_invoice(s, m, &rules, &named)),
            1 => Box::new(move |s, m, _| send_invoice(s, m, &rules, &named)),
            2 => Box::new(move |s, m, _| void_invoice(s, m, &rules, &named, None)),
            3 => Box::new(move |s, m, _| hold_invoice(s, m, &named, held.map_or(Hold::Released, Hold::Until), false)),
            4 | 5 | 11..=13 => Box::new(move |s, m, _| record_refund(s, m, back.clone())),
            _ => Box::new(move |s, m, _| write_off(s, m, given_up.clone())),
        }
    }

    /// What happens to money after it was recorded.
    fn money(&mut self, rules: Rules) -> Command {
        let (invoice, paid) = (self.invoice(), Named::Key(self.chance.below(9) + 1));
        let part = Part::Exactly(minor(self.chance.below(9_000) + 1));
        let on = date(2026, 5, 20 + self.chance.below(9) as i8);
        match self.chance.below(8) {
            0..=2 => Box::new(move |s, m, _| void_payment(s, m, &paid, on)),
            3 => Box::new(move |s, m, _| delete_unapplied(s, m, &paid)),
            4 => {
                let parts = vec![(invoice, part)];
                Box::new(move |s, m, _| allocate_payment(s, m, &rules, &paid, &parts, on))
            }
            5 => Box::new(move |s, m, _| unallocate_payment(s, m, &paid, &invoice, on)),
            6 => Box::new(move |s, m, _| delete_payment(s, m, &paid)),
            _ => {
                let named = Named::Key(self.chance.below(6) + 1);
                match self.chance.below(2) {
                    0 => Box::new(move |s, m, _| delete_refund(s, m, &named)),
                    _ => Box::new(move |s, m, _| delete_write_off(s, m, &named)),
                }
            }
        }
    }

    fn period(&mut self) -> Command {
        let through = date(2026, 2, 1 + self.chance.below(20) as i8);
        match self.chance.below(2) {
            0 => Box::new(move |s, m, seq| close_period(s, m, through, seq)),
            _ => Box::new(move |s, m, seq| reopen_period(s, m, None, seq)),
        }
    }

    /// Texts of a deleted invoice leave, or are confirmed gone.
    fn texts_leave(&mut self) -> Command {
        let key = self.chance.below(self.ids.len() as i64 + 1);
        let confirm = self.chance.once_in(2);
        let credit = self.chance.once_in(4);
        Box::new(move |s, m, seq| {
            let (want, named) = match credit {
                true => (Want::CreditNote(Named::Key(key)), [CreditNoteKey(key).into()]),
                false => (Want::Invoice(Named::Key(key)), [InvoiceKey(key).into()]),
            };
            if !s.has(&want) {
                return Err(Stop::Missing(want));
            }
            let later = Moment {
                today: date(2027, 6, 15),
                ..*m
            };
            let plan = if confirm {
                confirm_erased(s, seq, &named)
            } else {
                release_texts(s, &later, &named)
            };
            plan.ok_or_else(|| {
                Refusal::NotFound {
                    kind: DocumentKind::Invoice,
                }
                .into()
            })
        })
    }
}

/// Adds the record of an idempotency key to a plan, unless the key was used.
fn with_key(snapshot: &Snapshot, mut plan: Plan, key: Option<&str>, at: Timestamp, seq: i64) -> Result<Plan, Stop> {
    if let Some(key) = key
        && snapshot.idempotency(key)?.is_none()
    {
        let record = IdempotencyRecord {
            key: key.to_owned(),
            seq,
            request: digest(1),
            subject: plan.subject,
            recorded_at: at,
        };
        let hidden = Content {
            document: record.texts(),
            salt: format!("salt {seq}"),
            body: format!("texts of request {seq}"),
        };
        plan.changes.push(Change::Put(hidden.into()));
        plan.changes.push(Change::Put(Record::Idempotency(record)));
    }
    Ok(plan)
}

/// Puts or removes something of a dialect: few words, so that they meet. It draws from a chance of its own, because no other
/// command knows of it.
pub fn resource(chance: &mut Chance, n: i64) -> Command {
    let kind = chance.pick(&["a.thing", "b.thing"]);
    let name = format!("{kind}:{}", chance.below(6));
    if chance.once_in(4) {
        return Box::new(move |s, _, _| remove_resource(s, kind, &Named::External(name.clone()), None));
    }
    let new = NewResource {
        id: id(n),
        kind: kind.to_owned(),
        name,
        belongs_to: chance.maybe(2, |chance| format!("invoice {}", chance.below(3))),
        content: texts(n),
        replaces: chance.pick(&[Replaces::Nothing, Replaces::Anything, Replaces::AsRead(digest(n))]),
    };
    Box::new(move |s, m, _| put_resource(s, m, new.clone()))
}
