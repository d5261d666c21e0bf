//! What every test starts from: rules, a clock that is set, books on either engine, and ready-made inputs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use quittance_accounting::account::{AccountRole, Side};
use quittance_accounting::arriving::Voucher;
use quittance_accounting::identity::BookKey;
use quittance_accounting::invoice::Standing;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::ledger::Movement;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refusal::Refusal;
use quittance_accounting::rules::{
    Attached, DeletionRules, EditRules, Excess, MoneyOnVoid, NumberRules, NumberedAt, PayingDrafts, PaymentRules,
    Reach, Rules, Texts, VoidRules,
};
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::books::BookInput;
use quittance_books::content::{EntryContent, InvoiceContent, LineContent, PaymentContent};
use quittance_books::input::{
    ConfirmationInput, Context, Due, EntryInput, InvoiceInput, LineInput, PaymentInput, RefundInput, RefundOf,
    WriteOffInput,
};
use quittance_books::source::{Chance, Clock, Repeatable};
use quittance_books::{Actor, Books, Failure, Verdict};
use quittance_store::Scratch;

const fn rules(dialect: &'static str, at: NumberedAt, deletion: DeletionRules) -> Rules {
    Rules {
        dialect,
        deletion,
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

const fn drafts_only(texts: Texts, readable_by_id: bool) -> DeletionRules {
    DeletionRules {
        reach: Reach::Draft,
        payments: Attached::MustBeNone,
        refunds: Attached::MustBeNone,
        write_offs: Attached::MustBeNone,
        applied_credit: Attached::TakenAlong,
        texts,
        readable_by_id,
    }
}

/// Deletes anything with all that hangs on it, texts included.
pub static CAMPFIRE: Rules = rules(
    "campfire",
    NumberedAt::Create,
    DeletionRules {
        reach: Reach::Issued,
        payments: Attached::TakenAlong,
        refunds: Attached::TakenAlong,
        write_offs: Attached::TakenAlong,
        applied_credit: Attached::TakenAlong,
        texts: Texts::Erased,
        readable_by_id: false,
    },
);
/// Deletes drafts and erases them.
pub static BOOKEEPING: Rules = rules("bookeeping", NumberedAt::Create, drafts_only(Texts::Erased, false));
/// Deletes what no payment or refund hangs on.
pub static LAYER: Rules = rules(
    "layer",
    NumberedAt::Create,
    DeletionRules {
        reach: Reach::Issued,
        payments: Attached::MustBeNone,
        refunds: Attached::MustBeNone,
        write_offs: Attached::TakenAlong,
        applied_credit: Attached::TakenAlong,
        texts: Texts::Kept,
        readable_by_id: false,
    },
);
/// Deletes drafts, readable by id afterwards.
pub static MOOV: Rules = rules("moov", NumberedAt::Create, drafts_only(Texts::Kept, true));
/// Deletes drafts, restorable, numbered when issued.
pub static NATIVE: Rules = rules("native", NumberedAt::Issue, drafts_only(Texts::Kept, true));
/// All of them.
pub static ALL_RULES: [&Rules; 5] = [&CAMPFIRE, &BOOKEEPING, &LAYER, &MOOV, &NATIVE];

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct SetClock(Mutex<Timestamp>);

impl SetClock {
    /// At noon of the 15th of June.
    pub fn new() -> Arc<SetClock> {
        Arc::new(SetClock(Mutex::new("2026-06-15T12:00:00Z".parse().unwrap())))
    }

    /// Moves it by so many seconds, backwards if less than zero.
    pub fn pass(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }

    /// Moves it by so many days.
    pub fn pass_days(&self, days: i64) {
        self.pass(days * 24 * 60 * 60);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Runs a future to its end on this thread.
pub fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// Where the books of a test are; it goes with the test.
pub enum Place {
    Memory,
    /// A file in a directory.
    File(tempfile::TempDir),
    /// A database.
    Database(Scratch),
    /// Where somebody else looks after it.
    Elsewhere,
}

impl Place {
    /// A new file.
    pub fn file() -> Place {
        Place::File(tempfile::tempdir().unwrap())
    }

    /// A new database.
    pub fn database() -> Place {
        Place::Database(Scratch::new().unwrap())
    }

    /// Opens the books there.
    pub fn open(&self, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Books {
        let books = match self {
            Place::Memory => Books::in_memory(clock, chance),
            Place::File(directory) => Books::open_sqlite(&directory.path().join("books.db"), clock, chance),
            Place::Database(scratch) => run(Books::open_postgres(&scratch.address(), clock, chance)),
            Place::Elsewhere => panic!("nobody knows where"),
        };
        books.unwrap()
    }
}

/// Books with one open book in them, and the clock they go by.
pub struct Bench {
    pub books: Books,
    pub clock: Arc<SetClock>,
    pub book: BookKey,
    /// Last, so that it goes after the books.
    pub place: Place,
}

impl Bench {
    /// In memory.
    pub fn in_memory(retention_days: i64) -> Bench {
        Bench::at(Place::Memory, retention_days)
    }

    /// In a new PostgreSQL database.
    pub fn in_database(retention_days: i64) -> Bench {
        Bench::at(Place::database(), retention_days)
    }

    /// One in each engine.
    pub fn everywhere(retention_days: i64) -> [Bench; 3] {
        [Place::Memory, Place::file(), Place::database()].map(|place| Bench::at(place, retention_days))
    }

    /// At a place.
    pub fn at(place: Place, retention_days: i64) -> Bench {
        let clock = SetClock::new();
        let books = place.open(Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(Repeatable::new(7)));
        let mut bench = Bench::open(books, clock, retention_days);
        bench.place = place;
        bench
    }

    /// In a new file.
    pub fn in_file(path: &Path, retention_days: i64) -> Bench {
        let clock = SetClock::new();
        let books = open(path, &clock, 7);
        Bench::open(books, clock, retention_days)
    }

    fn open(books: Books, clock: Arc<SetClock>, retention_days: i64) -> Bench {
        let book = run(books.open_book(book_input(retention_days))).unwrap().0;
        let place = Place::Elsewhere;
        Bench {
            books,
            clock,
            book,
            place,
        }
    }

    /// The same books, opened anew after the writer has ended, with other chance.
    pub fn reopened(self, seed: u64) -> Bench {
        let Bench {
            books,
            clock,
            book,
            place,
        } = self;
        books.finish();
        let books = place.open(Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(Repeatable::new(seed)));
        Bench {
            books,
            clock,
            book,
            place,
        }
    }

    /// The day it is, in the book's zone.
    pub fn clock_day(&self) -> jiff::civil::Date {
        self.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// The command line on the book.
    pub fn context(&self) -> Context {
        context(self.book)
    }

    /// Checks the book and expects nothing wrong.
    pub fn verified(&self) -> Verdict {
        run(self.verified_async())
    }

    /// As [`Bench::verified`], where something runs already.
    pub async fn verified_async(&self) -> Verdict {
        let verdict = self.books.verify(self.book, None, |_, _| {}).await.unwrap();
        assert_eq!(verdict.flaws, [], "book {:?}", self.book);
        verdict
    }
}

/// Opens the books in a file with repeatable chance.
pub fn open(path: &Path, clock: &Arc<SetClock>, seed: u64) -> Books {
    Books::open_sqlite(
        path,
        Arc::clone(clock) as Arc<dyn Clock>,
        Arc::new(Repeatable::new(seed)),
    )
    .unwrap()
}

/// A directory that goes with the test, and the path of a file in it.
pub fn file() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("books.db");
    (directory, path)
}

/// The command line on a book.
pub fn context(book: BookKey) -> Context {
    Context {
        actor: Actor::command_line(book),
        source: "cli",
        request_id: "request".to_owned(),
    }
}

/// A book in dollars, in UTC.
pub fn book_input(retention_days: i64) -> BookInput {
    BookInput {
        name: "A book".to_owned(),
        currency: Currency::USD,
        zone: "UTC".to_owned(),
        retention_days,
    }
}

/// So many minor units.
pub fn minor(units: i64) -> Amount {
    Amount::new(units).unwrap()
}

/// A line of quantity one on sales.
pub fn line(units: i64) -> LineInput {
    LineInput {
        account: AccountChoice::StableName("SALES".to_owned()),
        product: None,
        quantity: 1.into(),
        unit_price: minor(units).in_major_units(Currency::USD),
        subtotal: None,
        discount: Amount::ZERO,
        taxes: Vec::new(),
    }
}

/// An invoice of one line of 100.00 dated the 10th of May, with this word in its texts.
pub fn invoice(word: &str, issue: bool) -> InvoiceInput {
    InvoiceInput {
        rate: None,
        customer: None,
        currency: Currency::USD,
        number: NumberChoice::Counted,
        external_id: None,
        invoice_date: Some(date(2026, 5, 10)),
        due: Some(Due::On(date(2026, 6, 9))),
        sent_at: None,
        issue,
        lines: vec![line(10_000)],
        discount: Amount::ZERO,
        taxes: Vec::new(),
        tip: Amount::ZERO,
        content: InvoiceContent {
            memo: Some(format!("memo {word}")),
            lines: vec![LineContent {
                name: Some(format!("line {word}")),
                ..LineContent::default()
            }],
            ..InvoiceContent::default()
        },
    }
}

/// A payment by hand on the 20th of May of all that is open of an invoice.
pub fn payment(invoice: Named) -> PaymentInput {
    PaymentInput {
        currency: None,
        rate: None,
        customer: None,
        paid_on: Some(date(2026, 5, 20)),
        paid_at: None,
        amount: None,
        method: Method::Check,
        witness: Witness::Hand,
        clearing: AccountChoice::Role(AccountRole::Clearing),
        parts: vec![(invoice, Part::WhatIsOpen)],
        external_id: None,
        content: PaymentContent::default(),
    }
}

/// A refund on the 25th of May.
pub fn refund(invoice: Named, units: i64) -> RefundInput {
    RefundInput {
        amount: Some(minor(units)),
        on: Some(date(2026, 5, 25)),
        ..RefundInput::of(RefundOf::Invoice(invoice))
    }
}

/// A write-off on the 25th of May.
pub fn write_off(invoice: Named, units: i64) -> WriteOffInput {
    WriteOffInput {
        amount: Some(minor(units)),
        on: Some(date(2026, 5, 25)),
        ..WriteOffInput::of(invoice)
    }
}

/// The name of an invoice that was created.
pub fn named(view: &quittance_books::view::InvoiceView) -> Named {
    Named::Id(view.invoice.id)
}

/// The first reason why a command was refused.
pub fn refusal<T: std::fmt::Debug>(answer: Result<T, Failure>) -> Refusal {
    match answer {
        Err(Failure::Refused(refusals)) => refusals.first().clone(),
        other => panic!("not refused: {other:?}"),
    }
}

/// An entry by hand on the 12th of May: fees paid in cash, under this external id and with it in its memo.
pub fn by_hand_input(word: &str, units: i64) -> EntryInput {
    let movement = |account: &str, side| Movement {
        account: AccountChoice::StableName(account.to_owned()),
        side,
        amount: minor(units),
    };
    EntryInput {
        date: Some(date(2026, 5, 12)),
        movements: vec![movement("FEES", Side::Debit), movement("CASH", Side::Credit)],
        external_id: Some(word.to_owned()),
        content: EntryContent {
            memo: Some(format!("memo {word}")),
            ..EntryContent::default()
        },
    }
}

/// What a provider says came on the 21st of May for an invoice.
pub fn confirmation(invoice: Named, units: i64) -> ConfirmationInput {
    ConfirmationInput {
        currency: None,
        rate: None,
        invoice,
        amount: minor(units),
        value_date: Some(date(2026, 5, 21)),
        paid_at: None,
        method: Method::Card,
        voucher: Voucher::Provider,
        external_id: None,
        content: PaymentContent::default(),
    }
}
