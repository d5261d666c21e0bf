//! One of every refusal and of every other failure, for the dialects' catalogues: each words all of them, also those that its own
//! operations do not lead to today.

use jiff::Timestamp;
use jiff::civil::date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{AccountKey, CustomerKey, DocumentKind, EntryKey, InvoiceKey};
use quittance_accounting::invoice::Standing;
use quittance_accounting::journal::{EntryError, EntryKind};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refusal::{ExchangeRefusal, Flaw, LedgerRefusal, Refusal};
use quittance_books::{Failure, StoreError, TokenFault, Verb};
use quittance_server::app::Unidentified;
use quittance_server::http::BodyError;

/// Stands in whatever no client may see.
pub const SECRET: &str = "secret";

fn amount(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

/// One of each, and what is about a kind of document or a standing for every one of them. A new variant is noticed by the match in each
/// dialect's errors; add it here too.
pub fn every_refusal() -> Vec<Refusal> {
    let mut all = by_kind();
    all.extend(about_the_document());
    all.extend(about_the_ledger());
    all.extend(about_the_input());
    all
}

fn by_kind() -> Vec<Refusal> {
    let kinds = DocumentKind::ALL.map(|(kind, _)| kind);
    let unknown = kinds.map(|kind| Refusal::NotFound { kind });
    let referred = kinds.map(|kind| Refusal::UnknownReference {
        kind,
        reference: "x\"y".to_owned(),
    });
    let standings = Standing::ALL.map(|(standing, _)| Refusal::WrongStanding {
        standing,
        allowed: vec![Standing::Draft, Standing::Open],
    });
    unknown.into_iter().chain(referred).chain(standings).collect()
}

fn about_the_document() -> Vec<Refusal> {
    let at: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
    let sum = amount(12_50);
    vec![
        Refusal::AlreadyDeleted { seq: 7, at },
        Refusal::KeyReused { subject: 3 },
        Refusal::PlanMoved,
        Refusal::RevisionMoved { expected: 3, found: 4 },
        Refusal::Held {
            until: date(2026, 12, 31),
            reason: Some("a dispute".to_owned()),
        },
        Refusal::HandedOver { at },
        Refusal::PaymentInProgress { pending: sum },
        Refusal::PeriodClosed {
            entry_date: date(2026, 1, 31),
            closed_through: date(2026, 2, 28),
        },
        // Nothing is allowed any more.
        Refusal::WrongStanding {
            standing: Standing::Void,
            allowed: vec![],
        },
        Refusal::HasPayments { count: 2, sum },
        Refusal::HasCredits { count: 2, sum },
        Refusal::HasRefunds { count: 1, sum },
        Refusal::HasWriteOffs { count: 1, sum },
        Refusal::HasWitnessedMoney { sum },
        Refusal::HasAllocations { count: 2, sum },
        Refusal::IsVoid {
            kind: DocumentKind::Payment,
            on: date(2026, 2, 1),
        },
        Refusal::InUse {
            kind: DocumentKind::Customer,
            by: DocumentKind::Invoice,
            count: 1,
        },
        Refusal::ContentErased { seq: 7 },
    ]
}

fn about_the_ledger() -> Vec<Refusal> {
    let euro = Currency::parse("EUR").unwrap();
    let ledger = [
        LedgerRefusal::AccountTaken {
            reference: "4010".to_owned(),
        },
        LedgerRefusal::AccountInUse {
            role: AccountRole::Ordinary,
            debits: 12_50,
            credits: 0,
        },
        LedgerRefusal::AccountInactive { account: AccountKey(9) },
        LedgerRefusal::Unbalanced {
            debits: amount(12_50),
            credits: amount(13_00),
        },
        LedgerRefusal::BelongsToDocument {
            document: InvoiceKey(4).into(),
            kind: EntryKind::Issue,
        },
        LedgerRefusal::AlreadyReversed { by: EntryKey(8) },
    ];
    let exchange = [
        ExchangeRefusal::Differs {
            document: Currency::USD,
            money: euro,
        },
        ExchangeRefusal::NoRate {
            currency: euro,
            day: date(2026, 3, 1),
        },
        ExchangeRefusal::OwnCurrency {
            currency: Currency::USD,
        },
        ExchangeRefusal::Frozen {
            currency: Currency::USD,
            rate: None,
        },
    ];
    let control = Refusal::ControlAccount {
        role: AccountRole::Receivable,
    };
    let ledger = ledger.map(Refusal::Ledger).into_iter();
    ledger.chain(exchange.map(Refusal::Exchange)).chain([control]).collect()
}

fn about_the_input() -> Vec<Refusal> {
    let (open, more, less) = (amount(12_50), amount(13_00), amount(12_00));
    let day = date(2026, 3, 15);
    vec![
        Refusal::NumberTaken {
            number: "INV-00001".to_owned(),
            document: InvoiceKey(4).into(),
        },
        Refusal::ExternalIdTaken {
            kind: DocumentKind::Invoice,
            external_id: "e-1".to_owned(),
        },
        Refusal::ExternalIdTaken {
            kind: DocumentKind::Payment,
            external_id: "e-2".to_owned(),
        },
        Refusal::NoLines,
        Refusal::TooMany {
            most: 1000,
            found: 1001,
        },
        Refusal::TooMany { most: 500, found: 501 },
        Refusal::NegativeTotal { total: amount(-5) },
        Refusal::AmountTooLarge,
        Refusal::AmountNotPositive { amount: Amount::ZERO },
        Refusal::Overpayment { open, offered: more },
        Refusal::Underpayment { open, offered: less },
        Refusal::OverAllocated {
            amount: open,
            allocated: more,
        },
        Refusal::BelowSettled {
            total: less,
            settled: open,
        },
        Refusal::CustomerDiffers {
            expected: CustomerKey(1),
            found: CustomerKey(2),
        },
        Refusal::OverCredit {
            creditable: open,
            asked: more,
        },
        Refusal::OverRefund {
            refundable: open,
            asked: more,
        },
        Refusal::CannotClose {
            closed_through: None,
            asked: day,
            today: day,
        },
        Refusal::CannotReopen {
            closed_through: Some(date(2026, 2, 28)),
            asked: None,
        },
    ]
}

/// Every way to fail that is no refusal.
pub fn every_failure() -> Vec<Failure> {
    let message = || SECRET.to_owned();
    let broken = [
        StoreError::Interrupted {
            doing: "connecting",
            message: message(),
        },
        StoreError::InDoubt { message: message() },
        StoreError::Engine {
            doing: "writing",
            message: message(),
        },
        StoreError::RowCount {
            table: "invoice",
            expected: 1,
            found: 0,
        },
        StoreError::CorruptEvent {
            seq: 3,
            message: message(),
        },
        StoreError::WrongVersion { found: 1, known: 2 },
    ];
    let flaws = [
        Flaw::NoSettings,
        Flaw::NoAccountOf(AccountRole::Sales),
        Flaw::NoEntry(EntryKey(1)),
        Flaw::BadEntry(EntryKey(1), EntryError::NotPositive { place: 1 }),
        Flaw::BadInvoice(InvoiceKey(1)),
        Flaw::OutOfBalance {
            currency: None,
            role: AccountRole::Receivable,
            account: 1,
            documents: 2,
        },
    ];
    let mut all = vec![
        Failure::Forbidden(Verb::Read),
        Failure::Forbidden(Verb::WriteDraft),
        Failure::Forbidden(Verb::Post),
        Failure::ContentTooLong { bytes: 600_000 },
        Failure::Unavailable,
    ];
    all.extend(broken.map(Failure::Store));
    all.extend(flaws.map(Failure::Flawed));
    all
}

/// Every reason for which nobody is known to ask.
pub fn every_unidentified() -> Vec<Unidentified> {
    let mut all = [TokenFault::Unknown, TokenFault::Expired, TokenFault::Revoked]
        .map(Unidentified::Token)
        .to_vec();
    let message = SECRET.to_owned();
    let engine = StoreError::Engine {
        doing: "reading",
        message,
    };
    all.extend([Failure::Unavailable, Failure::Store(engine)].map(Unidentified::Books));
    all
}

/// Every way in which a body is no JSON.
pub fn every_body_error() -> [BodyError; 4] {
    let not_json = BodyError::NotJson {
        message: "expected value".to_owned(),
        line: 1,
        column: 2,
    };
    [BodyError::TooLarge, BodyError::NotUtf8, BodyError::TooDeep, not_json]
}
