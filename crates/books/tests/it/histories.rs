//! Histories of commands out of repeatable dice, carried out through the facade.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use quittance_accounting::book::Role;
use quittance_accounting::identity::TokenKey;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::rules::Rules;
use quittance_accounting::settlement::Witness;
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::books::TokenInput;
use quittance_books::content::{CustomerContent, ProductContent};
use quittance_books::input::{
    Applying, CreditLineInput, CreditNoteEdit, CreditNoteInput, CreditOf, CustomerEdit, CustomerInput, DeleteOptions,
    Extent, IdempotencyKey, InvoiceEdit, InvoiceInput, Note, PaymentEdit, ProductInput, RefundInput, RefundOf,
};
use quittance_books::together::Step;

use crate::setup::*;

/// Dice that fall the same way for the same seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// A number from 0 up to but not `n`.
    pub fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as i64
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: i64) -> bool {
        self.below(n) == 0
    }

    fn rules(&mut self) -> &'static Rules {
        ALL_RULES[self.below(ALL_RULES.len() as i64) as usize]
    }

    fn day(&mut self) -> Date {
        date(2026, 5, 1).saturating_add(self.below(31).days())
    }

    fn text(&mut self, prefix: &str, n: i64, many: i64) -> Option<String> {
        self.once_in(n).then(|| format!("{prefix}-{}", self.below(many)))
    }

    fn key(&mut self, what: &str) -> Option<IdempotencyKey> {
        self.once_in(4).then(|| IdempotencyKey {
            key: format!("{what}-{}", self.below(6)),
            request: vec![self.below(2) as u8],
        })
    }
}

/// A history that is being carried out.
#[derive(Clone, Debug)]
pub struct History {
    dice: Dice,
    created: i64,
}

impl History {
    pub fn new(seed: u64) -> History {
        History {
            dice: Dice::new(seed),
            created: 0,
        }
    }

    /// One of the last invoices, now and then one that never was, by any of its names.
    fn invoice(&mut self) -> Named {
        let dice = &mut self.dice;
        if dice.once_in(10) {
            Named::External(format!("e-{}", dice.below(5)))
        } else {
            Named::Key(self.created + 1 - dice.below(10))
        }
    }

    fn invoice_input(&mut self) -> InvoiceInput {
        self.created += 1;
        let dice = &mut self.dice;
        let issue = dice.once_in(2);
        let mut input = invoice("of a history", issue);
        input.lines = (0..1 + dice.below(3)).map(|_| line(dice.below(9_000) - 100)).collect();
        if dice.once_in(3) {
            input.lines[0].product = Some(Named::Key(1 + dice.below(3)));
        }
        input.customer = dice.once_in(2).then(|| Named::Key(1 + dice.below(3)));
        input.number = match dice.below(8) {
            0 => NumberChoice::Explicit(format!("INV-{:04}", dice.below(12))),
            1 => NumberChoice::Explicit(format!("X-{}", dice.below(4))),
            2 => NumberChoice::CountedIn("C".to_owned()),
            _ => NumberChoice::Counted,
        };
        input.external_id = dice.text("e", 3, 5);
        let day = dice.day();
        input.invoice_date = (!dice.once_in(5)).then_some(day);
        input.discount = minor(dice.below(50));
        input.taxes = vec![(
            AccountChoice::StableName("SALES_TAXES_PAYABLE".to_owned()),
            minor(dice.below(90)),
        )];
        input.tip = minor(dice.below(3));
        input
    }

    /// Carries the next command out and hands out the answer as a text.
    pub async fn step(&mut self, bench: &Bench) -> String {
        bench.clock.pass(self.dice.below(4000) - 400);
        if self.dice.once_in(20) {
            bench.clock.pass_days(3);
        }
        let (books, context) = (&bench.books, bench.context());
        let rules = self.dice.rules();
        match self.dice.below(66) {
            60..=65 => self.credit(bench, rules).await,
            0..=14 => {
                let (input, key) = (self.invoice_input(), self.dice.key("create"));
                format!("{:?}", books.create_invoice(&context, rules, input, key).await)
            }
            15..=17 => format!("{:?}", books.issue_invoice(&context, rules, self.invoice()).await),
            18..=19 => format!("{:?}", books.send_invoice(&context, rules, self.invoice()).await),
            20 => {
                let named = self.invoice();
                format!("{:?}", books.send_invoice_noting(&context, rules, named, note()).await)
            }
            21 => {
                let named = self.invoice();
                format!("{:?}", books.void_invoice_noting(&context, rules, named, note()).await)
            }
            22..=23 => {
                let (named, day) = (self.invoice(), self.dice.day());
                let day = self.dice.once_in(2).then_some(day);
                format!("{:?}", books.void_invoice(&context, rules, named, day).await)
            }
            24 => {
                let (named, handed_over) = (self.invoice(), self.dice.once_in(9));
                let until = self.dice.once_in(2).then_some(date(2026, 6, 18));
                format!(
                    "{:?}",
                    books
                        .hold_invoice(
                            &context,
                            named,
                            until.map_or(
                                quittance_accounting::issuing::Hold::Released,
                                quittance_accounting::issuing::Hold::Until
                            ),
                            handed_over,
                            None
                        )
                        .await
                )
            }
            25..=34 => self.pay(bench, rules).await,
            35..=37 => {
                let mut input = refund(self.invoice(), 1 + self.dice.below(4_000));
                input.external_id = self.dice.text("r", 4, 3);
                format!("{:?}", books.record_refund(&context, input).await)
            }
            38..=40 => {
                let mut input = write_off(self.invoice(), 1 + self.dice.below(4_000));
                input.external_id = self.dice.text("w", 4, 3);
                format!("{:?}", books.write_off(&context, input).await)
            }
            41..=44 => self.move_money(bench, rules).await,
            45..=50 => self.delete(bench, rules).await,
            51 => {
                let named = self.invoice();
                format!("{:?}", books.reopen_invoice(&context, named).await)
            }
            52 => self.edit(bench, rules).await,
            53..=54 => format!("{:?}", books.restore_invoice(&context, self.invoice()).await),
            _ => self.keep(bench).await,
        }
    }

    async fn pay(&mut self, bench: &Bench, rules: &'static Rules) -> String {
        let mut input = payment(self.invoice());
        let dice = &mut self.dice;
        input.witness = [Witness::Hand, Witness::Hand, Witness::Bank, Witness::Provider][dice.below(4) as usize];
        input.paid_on = Some(dice.day());
        if dice.once_in(2) {
            input.parts[0].1 = Part::Exactly(minor(1 + dice.below(5_000)));
        }
        if dice.once_in(3) {
            let second = self.invoice();
            input.parts.push((second, Part::WhatIsOpen));
        }
        let dice = &mut self.dice;
        input.amount = dice.once_in(5).then(|| minor(dice.below(40_000)));
        input.external_id = dice.text("p", 4, 6);
        let key = dice.key("pay");
        format!(
            "{:?}",
            bench.books.record_payment(&bench.context(), rules, input, key).await
        )
    }

    async fn move_money(&mut self, bench: &Bench, rules: &'static Rules) -> String {
        let (books, context) = (&bench.books, bench.context());
        let (invoice, paid) = (self.invoice(), Named::Key(1 + self.dice.below(1 + self.created / 2)));
        let dice = &mut self.dice;
        let day = Some(dice.day());
        match dice.below(9) {
            0 | 1 => {
                let part = Part::Exactly(minor(1 + dice.below(3_000)));
                let parts = vec![(invoice, part)];
                format!("{:?}", books.allocate_payment(&context, rules, paid, parts, day).await)
            }
            2 => format!("{:?}", books.unallocate_payment(&context, paid, invoice, day).await),
            3 => format!("{:?}", books.void_payment(&context, paid, day).await),
            4 => format!("{:?}", books.delete_payment(&context, paid).await),
            5 => {
                let (refund, write_off) = (Named::Key(1 + dice.below(4)), Named::Key(1 + dice.below(4)));
                let refund = books.delete_refund(&context, refund).await;
                format!("{refund:?} {:?}", books.delete_write_off(&context, write_off).await)
            }
            6 => {
                let step = Step::WithdrawParts(paid, invoice);
                format!("{:?}", books.together(&context, rules, vec![step]).await)
            }
            7 => {
                let step = Step::UndoParts(paid, invoice, day);
                format!("{:?}", books.together(&context, rules, vec![step]).await)
            }
            _ => match books.payment(bench.book, &paid).await {
                Ok(Some(view)) => {
                    let mut edit = PaymentEdit::of(&view);
                    edit.amount = minor(1 + dice.below(5_000));
                    edit.content.memo = Some("changed".to_owned());
                    format!("{:?}", books.change_payment(&context, rules, paid, edit).await)
                }
                other => format!("{other:?}"),
            },
        }
    }

    async fn credit(&mut self, bench: &Bench, rules: &'static Rules) -> String {
        let (books, context, invoice) = (&bench.books, bench.context(), self.invoice());
        let note = Named::Key(1 + self.dice.below(1 + self.created / 2));
        let dice = &mut self.dice;
        let (day, amount) = (Some(dice.day()), minor(1 + dice.below(3_000)));
        match dice.below(16) {
            0..=4 => {
                let of = match dice.below(4) {
                    0 => CreditOf::Invoice(invoice, Extent::Rest),
                    1 => CreditOf::Invoice(invoice, Extent::Lines(vec![(dice.below(3), None)])),
                    2 => CreditOf::Invoice(invoice, Extent::Amount(amount)),
                    _ => CreditOf::Free {
                        customer: Named::Key(1 + dice.below(3)),
                        currency: quittance_accounting::money::Currency::USD,
                        rate: None,
                        lines: vec![CreditLineInput {
                            account: AccountChoice::StableName("SALES".to_owned()),
                            product: dice.once_in(3).then(|| Named::Key(1 + dice.below(3))),
                            amount,
                            taxes: Vec::new(),
                        }],
                    },
                };
                let mut input = CreditNoteInput::of(of);
                input.on = day;
                input.external_id = dice.text("cn", 3, 5);
                if dice.once_in(2) {
                    input.applying = Applying::Nothing;
                }
                let key = dice.key("credit");
                format!("{:?}", books.issue_credit_note(&context, rules, input, key).await)
            }
            5 | 6 => {
                let parts = vec![(invoice, Part::Exactly(amount))];
                format!("{:?}", books.apply_credit(&context, rules, note, parts, day).await)
            }
            7 => format!("{:?}", books.unapply_credit(&context, note, invoice, day).await),
            8 => format!("{:?}", books.void_credit_note(&context, note, day).await),
            9 => {
                let mut back = RefundInput::of(RefundOf::Credit(note));
                back.amount = Some(amount);
                format!("{:?}", books.record_refund(&context, back).await)
            }
            10 => format!("{:?}", books.restore_credit_note(&context, note).await),
            11 => format!("{:?}", books.withdraw_credit(&context, note, invoice).await),
            12 => format!("{:?}", books.reopen_credit_note(&context, note).await),
            13 | 14 => match books.credit_note(bench.book, &note).await {
                Ok(Some(view)) if view.deleted.is_none() => {
                    let mut edit = CreditNoteEdit::of(&view);
                    edit.content.memo = Some("changed".to_owned());
                    edit.number = dice.text("CN-X", 3, 5).map(NumberChoice::Explicit);
                    edit.on = if dice.once_in(2) { dice.day() } else { edit.on };
                    format!("{:?}", books.change_credit_note(&context, note, edit).await)
                }
                other => format!("{other:?}"),
            },
            _ => {
                let plan = books.plan_credit_note_deletion(&context, rules, note.clone()).await;
                let options = DeleteOptions {
                    reason: None,
                    expected_plan: plan.as_ref().ok().map(|(_, digest)| *digest),
                };
                let deleted = books.delete_credit_note(&context, rules, note, options).await;
                format!("{plan:?} {deleted:?}")
            }
        }
    }

    async fn edit(&mut self, bench: &Bench, rules: &'static Rules) -> String {
        let (books, context, named) = (&bench.books, bench.context(), self.invoice());
        let Ok(Some(view)) = books.invoice(bench.book, &named).await else {
            return "nothing to edit".to_owned();
        };
        let dice = &mut self.dice;
        let mut edit = InvoiceEdit::of(&view);
        edit.lines = (0..1 + dice.below(3)).map(|_| line(dice.below(9_000))).collect();
        edit.external_id = dice.text("e", 3, 5);
        if dice.once_in(3) {
            edit.number = Some(NumberChoice::Explicit(format!("X-{}", dice.below(4))));
        }
        if dice.once_in(3) {
            edit.invoice_date = dice.day();
        }
        edit.content.memo = Some("edited".to_owned());
        format!("{:?}", books.edit_invoice(&context, rules, named, edit).await)
    }

    async fn delete(&mut self, bench: &Bench, rules: &'static Rules) -> String {
        let (books, context, named) = (&bench.books, bench.context(), self.invoice());
        let mut options = DeleteOptions::default();
        let mut planned = String::new();
        if self.dice.once_in(3) {
            let plan = books.plan_deletion(&context, rules, named.clone()).await;
            planned = format!("{plan:?}");
            options.expected_plan = plan.ok().map(|plan| plan.digest);
        }
        let deleted = books.delete_invoice(&context, rules, named, options).await;
        format!("{planned} {deleted:?}")
    }

    async fn keep(&mut self, bench: &Bench) -> String {
        let (books, context, dice) = (&bench.books, bench.context(), &mut self.dice);
        match dice.below(8) {
            0 => format!("{:?}", books.close_period(&context, dice.day()).await),
            1 | 2 => {
                let day = dice.once_in(2).then(|| dice.day());
                format!("{:?}", books.reopen_period(&context, day, "a history").await)
            }
            3 => {
                let input = CustomerInput {
                    external_id: dice.text("c", 2, 4),
                    content: CustomerContent::default(),
                };
                format!("{:?}", books.add_customer(&context, input).await)
            }
            4 if dice.once_in(2) => {
                let edit = CustomerEdit {
                    seen: None,
                    external_id: dice.text("c", 2, 4),
                    archived: dice.once_in(2),
                    content: CustomerContent::default(),
                };
                format!(
                    "{:?}",
                    books
                        .change_customer(&context, Named::Key(1 + dice.below(3)), edit)
                        .await
                )
            }
            4 => {
                let input = ProductInput {
                    account: AccountChoice::StableName("SERVICES".to_owned()),
                    content: ProductContent::default(),
                };
                format!("{:?}", books.add_product(&context, input).await)
            }
            5 => {
                let input = TokenInput {
                    name: "a token".to_owned(),
                    role: Role::Clerk,
                    scopes: vec![],
                    expires_at: None,
                };
                format!("{:?}", books.make_token(&context, input).await)
            }
            6 => format!("{:?}", books.revoke_token(&context, TokenKey(1 + dice.below(3))).await),
            _ => format!("{:?}", books.erase_due().await),
        }
    }
}

fn note() -> Note {
    let mut members = serde_json::Map::new();
    members.insert("why".to_owned(), "asked for".into());
    Note {
        dialect: "bookeeping",
        members,
    }
}
