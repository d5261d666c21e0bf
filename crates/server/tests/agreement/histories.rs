//! Histories of a year and a half of commands out of repeatable dice, under the rules of every dialect.

use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use quittance_accounting::account::AccountRole;
use quittance_accounting::exchange::{KeptRate, Rate};
use quittance_accounting::identity::BookKey;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::rules::Rules;
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::books::BookInput;
use quittance_books::content::{CustomerContent, InvoiceContent, PaymentContent};
use quittance_books::input::{
    Applying, Context, CreditLineInput, CreditNoteInput, CreditOf, CustomerInput, DeleteOptions, Due, Extent,
    InvoiceInput, LineInput, PaymentInput, RefundInput, WriteOffInput,
};
use quittance_books::{Actor, Books};
use quittance_server::dialects::{bookeeping, campfire, highlevel, layer, moov, native};
use rust_decimal::Decimal;

/// The first day that a document may have.
pub const FIRST_DAY: Date = date(2025, 1, 1);

/// How many days documents are spread over.
const DAYS: i64 = 540;

/// The rules that commands are carried out under.
static RULES: [Rules; 6] = [
    campfire::rules::RULES,
    layer::rules::RULES,
    native::rules::RULES,
    moov::rules::RULES,
    bookeeping::rules::RULES,
    highlevel::rules::RULES,
];

/// Dice that fall the same way for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n.cast_unsigned()).cast_signed()
    }

    fn once_in(&mut self, n: i64) -> bool {
        self.below(n) == 0
    }
}

/// A book whose history is being lived.
pub struct Life {
    books: Arc<Books>,
    pub book: BookKey,
    pub currency: Currency,
    /// Other currencies that some documents are in; the book keeps a rate of each for every week.
    pub others: Vec<Currency>,
    dice: Dice,
    created: i64,
    pub accepted: u32,
    pub deleted: u32,
}

impl Life {
    /// Opens a book with some customers.
    pub async fn begin(books: Arc<Books>, seed: u64, currency: &str, others: &[&str]) -> Life {
        let currency = Currency::parse(currency).unwrap();
        let others = others.iter().map(|code| Currency::parse(code).unwrap()).collect();
        let input = BookInput {
            name: format!("Book {seed}; \"quoted\""),
            currency,
            zone: "UTC".to_owned(),
            retention_days: 0,
        };
        let (book, _) = books.open_book(input).await.unwrap();
        let mut life = Life {
            books,
            book,
            currency,
            others,
            dice: Dice(seed),
            created: 0,
            accepted: 1,
            deleted: 0,
        };
        for n in 1..=9 {
            let content = CustomerContent {
                name: format!("Customer {n}: \"a, b\"; |c|"),
                ..CustomerContent::default()
            };
            let external_id = None;
            let input = CustomerInput { external_id, content };
            life.books.add_customer(&life.context(), input).await.unwrap();
            life.accepted += 1;
        }
        for currency in life.others.clone() {
            for week in 0..DAYS / 7 + 20 {
                let day = FIRST_DAY.saturating_add((week * 7 - 60).days());
                let rate = Decimal::new(500_000 + life.dice.below(1_000_000), 6);
                let rate = Rate::new(rate).unwrap();
                let kept = KeptRate { currency, day, rate };
                life.books.keep_rate(&life.context(), kept).await.unwrap();
                life.accepted += 1;
            }
        }
        life
    }

    /// The currency of the next document.
    fn next_currency(&mut self) -> Currency {
        if self.others.is_empty() || self.dice.once_in(2) {
            return self.currency;
        }
        let place = usize::try_from(self.dice.below(self.others.len() as i64)).unwrap();
        self.others[place]
    }

    /// The command line, acting on the book.
    pub fn context(&self) -> Context {
        Context {
            actor: Actor::command_line(self.book),
            source: "cli",
            request_id: "agreement".to_owned(),
        }
    }

    fn units(&mut self, most: i64) -> Amount {
        Amount::new(1 + self.dice.below(most)).unwrap()
    }

    /// A day near the place that the history has come to.
    fn day(&mut self, progress: i64) -> Date {
        let days = (progress * DAYS / 100 + self.dice.below(90) - 30).clamp(0, DAYS);
        FIRST_DAY.saturating_add(days.days())
    }

    fn invoice(&mut self) -> Named {
        Named::Key((self.created - self.dice.below(40)).max(1))
    }

    fn line(&mut self, currency: Currency) -> LineInput {
        let accounts = ["SALES", "SERVICES", "SUBSCRIPTIONS", "UNEARNED_REVENUE"];
        let account = accounts[usize::try_from(self.dice.below(4)).unwrap()];
        LineInput {
            account: AccountChoice::StableName(account.to_owned()),
            product: None,
            quantity: (1 + self.dice.below(4)).into(),
            unit_price: self.units(90_000).in_major_units(currency),
            subtotal: None,
            discount: Amount::ZERO,
            taxes: Vec::new(),
        }
    }

    async fn create(&mut self, rules: &'static Rules, progress: i64) -> bool {
        let currency = self.next_currency();
        let lines = (0..1 + self.dice.below(3)).map(|_| self.line(currency)).collect();
        let day = self.day(progress);
        let tax = AccountChoice::StableName("SALES_TAXES_PAYABLE".to_owned());
        let due_in = self.dice.below(75).days();
        let input = InvoiceInput {
            rate: None,
            customer: (!self.dice.once_in(12)).then(|| Named::Key(1 + self.dice.below(9))),
            currency,
            number: NumberChoice::Counted,
            external_id: None,
            invoice_date: Some(day),
            due: (!self.dice.once_in(12)).then(|| Due::On(day.saturating_add(due_in))),
            sent_at: None,
            issue: !self.dice.once_in(7),
            lines,
            discount: Amount::new(self.dice.below(2)).unwrap(),
            taxes: vec![(tax, self.units(900))],
            tip: Amount::new(self.dice.below(3) * 100).unwrap(),
            content: InvoiceContent::default(),
        };
        let made = self.books.create_invoice(&self.context(), rules, input, None).await;
        self.created += i64::from(made.is_ok());
        made.is_ok()
    }

    async fn pay(&mut self, rules: &'static Rules, progress: i64) -> bool {
        let mut parts = vec![(self.invoice(), Part::WhatIsOpen)];
        if self.dice.once_in(2) {
            parts[0].1 = Part::Exactly(self.units(40_000));
        }
        if self.dice.once_in(5) {
            parts.push((self.invoice(), Part::WhatIsOpen));
        }
        let witness = [Witness::Hand, Witness::Bank, Witness::Provider][usize::try_from(self.dice.below(3)).unwrap()];
        let amount = self.dice.once_in(9).then(|| self.units(400_000));
        let input = PaymentInput {
            currency: None,
            rate: None,
            customer: None,
            paid_on: Some(self.day(progress)),
            paid_at: None,
            amount,
            method: Method::BankTransfer,
            witness,
            clearing: AccountChoice::Role(AccountRole::Clearing),
            parts,
            external_id: None,
            content: PaymentContent::default(),
        };
        self.books
            .record_payment(&self.context(), rules, input, None)
            .await
            .is_ok()
    }

    /// Issues a credit note, or does something to one of the last.
    async fn credit(&mut self, rules: &'static Rules, day: Date) -> bool {
        let (books, context, invoice) = (Arc::clone(&self.books), self.context(), self.invoice());
        let amount = self.units(9_000);
        if self.dice.once_in(2) {
            let of = match self.dice.below(4) {
                0 => CreditOf::Free {
                    customer: Named::Key(1 + self.dice.below(9)),
                    currency: self.currency,
                    rate: None,
                    lines: vec![CreditLineInput {
                        account: AccountChoice::StableName("SALES".to_owned()),
                        product: None,
                        amount,
                        taxes: vec![(AccountChoice::Role(AccountRole::SalesTax), self.units(90))],
                    }],
                },
                1 => CreditOf::Invoice(invoice, Extent::Rest),
                2 => CreditOf::Invoice(invoice, Extent::Lines(vec![(1, None)])),
                _ => CreditOf::Invoice(invoice, Extent::Amount(amount)),
            };
            let mut input = CreditNoteInput::of(of);
            input.on = Some(day);
            if self.dice.once_in(3) {
                input.applying = Applying::Nothing;
            }
            return books.issue_credit_note(&context, rules, input, None).await.is_ok();
        }
        let notes = books.credit_notes(self.book, 0, 10_000).await.unwrap();
        let Some(last) = notes.len().checked_sub(1) else {
            return false;
        };
        let back = usize::try_from(self.dice.below(12)).unwrap();
        let note = Named::Key(notes[last.saturating_sub(back)].note.key.0);
        match self.dice.below(6) {
            0..=2 => {
                let parts = vec![(invoice, Part::Exactly(amount))];
                books
                    .apply_credit(&context, rules, note, parts, Some(day))
                    .await
                    .is_ok()
            }
            3 => books.void_credit_note(&context, note, Some(day)).await.is_ok(),
            4 => {
                let mut input = RefundInput::of(quittance_accounting::refunding::RefundOf::Credit(note));
                (input.on, input.amount) = (Some(day), Some(amount));
                books.record_refund(&context, input).await.is_ok()
            }
            _ => {
                let options = DeleteOptions::default();
                let deleted = books.delete_credit_note(&context, rules, note, options).await;
                deleted.is_ok()
            }
        }
    }

    async fn delete(&mut self, rules: &'static Rules) -> bool {
        let invoice = self.invoice();
        let options = DeleteOptions::default();
        let deleted = self
            .books
            .delete_invoice(&self.context(), rules, invoice, options)
            .await;
        self.deleted += u32::from(deleted.is_ok());
        deleted.is_ok()
    }

    async fn step(&mut self, progress: i64) -> bool {
        let rules = &RULES[usize::try_from(self.dice.below(6)).unwrap()];
        let (books, context, day) = (Arc::clone(&self.books), self.context(), self.day(progress));
        match self.dice.below(106) {
            100..=105 => self.credit(rules, day).await,
            0..=47 => self.create(rules, progress).await,
            48..=77 => self.pay(rules, progress).await,
            78..=81 => {
                let mut input = WriteOffInput::of(self.invoice());
                (input.on, input.amount) = (Some(day), self.dice.once_in(2).then(|| self.units(5_000)));
                books.write_off(&context, input).await.is_ok()
            }
            82..=85 => {
                let mut input = RefundInput::of(quittance_accounting::refunding::RefundOf::Invoice(self.invoice()));
                (input.on, input.amount) = (Some(day), Some(self.units(3_000)));
                books.record_refund(&context, input).await.is_ok()
            }
            86..=89 => books
                .void_invoice(&context, rules, self.invoice(), Some(day))
                .await
                .is_ok(),
            90..=92 => books.issue_invoice(&context, rules, self.invoice()).await.is_ok(),
            93..=94 => books.restore_invoice(&context, self.invoice()).await.is_ok(),
            _ => self.delete(rules).await,
        }
    }

    /// Lives on until so many commands were carried out, from one place of the whole history to another, in percent.
    pub async fn live(&mut self, accepted: u32, (from, to): (i64, i64)) {
        let begun = self.accepted;
        while self.accepted < accepted {
            let done = i64::from(self.accepted - begun) * (to - from) / i64::from((accepted - begun).max(1));
            self.accepted += u32::from(self.step(from + done).await);
        }
    }

    /// Deletes so many invoices anywhere in the history, with all that hangs on them.
    pub async fn withdraw(&mut self, many: u32) {
        let until = self.deleted + many;
        while self.deleted < until {
            let invoice = Named::Key(1 + self.dice.below(self.created));
            let options = DeleteOptions::default();
            let context = self.context();
            let deleted = self.books.delete_invoice(&context, &RULES[0], invoice, options).await;
            self.deleted += u32::from(deleted.is_ok());
            self.accepted += u32::from(deleted.is_ok());
        }
    }
}
