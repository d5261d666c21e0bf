//! Books in a fresh file, and the two commands that are measured.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{BookKey, InvoiceKey};
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::rules::Rules;
use quittance_accounting::snapshot::Named;
use quittance_books::books::BookInput;
use quittance_books::content::{CustomerContent, InvoiceContent, LineContent};
use quittance_books::input::{Context, CustomerInput, DeleteOptions, Due, InvoiceInput, LineInput};
use quittance_books::source::{Repeatable, SystemClock};
use quittance_books::{Actor, Books};
use quittance_server::dialects::campfire;
use tempfile::TempDir;

/// Any state can be deleted, and the texts are erased.
pub const RULES: &Rules = &campfire::rules::RULES;

/// The day that an invoice is dated on, today if none is said, and the day that it is due on.
pub type Days = (Option<Date>, Date);

/// A due day that does not come soon.
pub const NOT_SOON: Date = jiff::civil::date(2031, 1, 1);

/// Books in a file of their own, with one book and one customer.
pub struct Scene {
    pub folder: TempDir,
    record: bool,
    /// What chance begins at: another each time that the file is opened, because ids and tokens must not come twice.
    seed: u64,
    pub books: Books,
    pub book: BookKey,
    pub customer: i64,
}

/// The file in a folder.
pub fn file_in(folder: &TempDir) -> PathBuf {
    folder.path().join("books.db")
}

const FIRST_SEED: u64 = 1;

fn opened(folder: &TempDir, seed: u64) -> Books {
    let (clock, chance) = (Arc::new(SystemClock), Arc::new(Repeatable::new(seed)));
    Books::open_sqlite(&file_in(folder), clock, chance).unwrap()
}

/// Opens a book with a customer.
pub async fn open_book(books: &Books) -> (BookKey, i64) {
    let input = BookInput {
        name: "Benchmark".to_owned(),
        currency: Currency::USD,
        zone: "Europe/Berlin".to_owned(),
        retention_days: 0,
    };
    let (book, _) = books.open_book(input).await.unwrap();
    let content = CustomerContent {
        name: "Birch & Sons Joinery".to_owned(),
        email: Some("office@birch.example".to_owned()),
        ..CustomerContent::default()
    };
    let input = CustomerInput {
        external_id: None,
        content,
    };
    let added = books.add_customer(&context(books, book), input).await.unwrap();
    (book, added.customer.key.0)
}

/// Who asks of a book: a request of its own each time, as over HTTP.
fn context(books: &Books, book: BookKey) -> Context {
    Context {
        actor: Actor::command_line(book),
        source: RULES.dialect,
        request_id: books.new_request_id(),
    }
}

impl Scene {
    /// Opens them; every statement from the first on is kept if asked for.
    pub async fn open(record: bool) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let books = opened(&folder, FIRST_SEED);
        if record {
            books.store().record_statements();
        }
        let mut scene = Scene::over(books);
        (scene.folder, scene.record) = (folder, record);
        (scene.book, scene.customer) = open_book(&scene.books).await;
        scene
    }

    /// Books that are open already; the first book, and the first customer in it.
    pub fn over(books: Books) -> Scene {
        Scene {
            folder: tempfile::tempdir().unwrap(),
            record: false,
            seed: FIRST_SEED,
            books,
            book: BookKey(1),
            customer: 1,
        }
    }

    /// The same books in a program that was just started: it knows nothing of them.
    pub fn again(self) -> Scene {
        self.books.finish();
        let seed = self.seed + 1;
        let books = opened(&self.folder, seed);
        if self.record {
            books.store().record_statements();
        }
        Scene { seed, books, ..self }
    }

    /// How many bytes the file and its write-ahead log take.
    pub fn bytes(&self) -> u64 {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    }

    /// Who asks: a request of its own each time, as over HTTP.
    pub fn context(&self) -> Context {
        context(&self.books, self.book)
    }

    /// Creates an invoice of three lines, of today or of this day, and due on another.
    pub async fn create(&self, (day, due): Days, issue: bool) -> InvoiceKey {
        self.invoice(self.book, self.customer, day, due, issue).await
    }

    /// Issues an invoice of three lines to a customer, dated and due on days.
    pub async fn issue(&self, customer: i64, day: Date, due: Date) -> InvoiceKey {
        self.invoice(self.book, customer, Some(day), due, true).await
    }

    /// Issues an invoice of three lines to the first customer of a book.
    pub async fn issue_in(&self, book: BookKey, day: Date, due: Date) -> InvoiceKey {
        self.invoice(book, 1, Some(day), due, true).await
    }

    async fn invoice(
        &self,
        book: BookKey,
        customer: i64,
        invoice_date: Option<Date>,
        due: Date,
        issue: bool,
    ) -> InvoiceKey {
        let line = |minor: i64| LineInput {
            account: AccountChoice::Role(AccountRole::Sales),
            product: None,
            quantity: 1.into(),
            unit_price: (minor / 100).into(),
            subtotal: Amount::new(minor),
            discount: Amount::ZERO,
            taxes: vec![(
                AccountChoice::Role(AccountRole::SalesTax),
                Amount::new(minor / 10).unwrap(),
            )],
        };
        let text = |name: &str| LineContent {
            name: Some(name.to_owned()),
            ..LineContent::default()
        };
        let input = InvoiceInput {
            rate: None,
            customer: Some(Named::Key(customer)),
            currency: Currency::USD,
            number: NumberChoice::Counted,
            external_id: None,
            invoice_date,
            due: Some(Due::On(due)),
            sent_at: None,
            issue,
            lines: vec![line(120_000), line(45_000), line(4_900)],
            discount: Amount::ZERO,
            taxes: Vec::new(),
            tip: Amount::ZERO,
            content: InvoiceContent {
                memo: Some("Thank you for your trust in our work.".to_owned()),
                lines: vec![text("Design retainer"), text("Monthly support"), text("Hosting")],
                ..InvoiceContent::default()
            },
        };
        let context = context(&self.books, book);
        let made = self.books.create_invoice(&context, RULES, input, None).await;
        made.unwrap().invoice.key
    }

    /// Deletes an invoice.
    pub async fn delete(&self, key: InvoiceKey) {
        let deleted = self
            .books
            .delete_invoice(&self.context(), RULES, Named::Key(key.0), DeleteOptions::default())
            .await;
        deleted.unwrap();
    }
}
