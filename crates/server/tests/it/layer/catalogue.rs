//! Every refusal and failure, rendered.

use jiff::civil::date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{AccountKey, CustomerKey, DocumentKind, EntryKey, InvoiceKey};
use quittance_accounting::invoice::Standing;
use quittance_accounting::journal::{EntryError, EntryKind};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refusal::{ExchangeRefusal, Flaw, LedgerRefusal, Refusal, Refusals};
use quittance_books::{Failure, StoreError, Verb};
use quittance_server::dialects::layer;
use quittance_server::http::Response;
use std::fmt::Write as _;

use crate::golden::json as body_of;
use crate::schema::assert_valid;

fn cents(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

fn every_refusal() -> Vec<Refusal> {
    let at = "2026-03-15T12:00:00Z".parse().unwrap();
    let (day, earlier) = (date(2026, 3, 15), date(2026, 2, 28));
    let mut all: Vec<Refusal> = DocumentKind::ALL
        .iter()
        .map(|(kind, _)| Refusal::NotFound { kind: *kind })
        .collect();
    all.extend(Standing::ALL.iter().map(|(standing, _)| Refusal::WrongStanding {
        standing: *standing,
        allowed: vec![Standing::Open],
    }));
    all.extend([
        Refusal::AlreadyDeleted { seq: 9, at },
        Refusal::KeyReused { subject: 4 },
        Refusal::PlanMoved,
        Refusal::RevisionMoved { expected: 3, found: 4 },
        Refusal::HasAllocations {
            count: 2,
            sum: Amount::new(4_000).unwrap(),
        },
        Refusal::IsVoid {
            kind: DocumentKind::Payment,
            on: date(2026, 2, 1),
        },
        Refusal::InUse {
            kind: DocumentKind::Customer,
            by: DocumentKind::Invoice,
            count: 1,
        },
        Refusal::BelowSettled {
            total: Amount::new(3_000).unwrap(),
            settled: Amount::new(4_000).unwrap(),
        },
        Refusal::CustomerDiffers {
            expected: CustomerKey(1),
            found: CustomerKey(2),
        },
        Refusal::OverCredit {
            creditable: Amount::new(3_000).unwrap(),
            asked: Amount::new(4_000).unwrap(),
        },
        Refusal::Held {
            until: day,
            reason: Some("a dispute".to_owned()),
        },
        Refusal::HandedOver { at },
        Refusal::PaymentInProgress { pending: cents(500) },
        Refusal::PeriodClosed {
            entry_date: earlier,
            closed_through: day,
        },
        Refusal::HasPayments {
            count: 2,
            sum: cents(700),
        },
        Refusal::HasCredits {
            count: 2,
            sum: cents(700),
        },
        Refusal::HasRefunds {
            count: 1,
            sum: cents(300),
        },
        Refusal::HasWriteOffs {
            count: 1,
            sum: cents(100),
        },
        Refusal::HasWitnessedMoney { sum: cents(200) },
        Refusal::ContentErased { seq: 9 },
        Refusal::NumberTaken {
            number: "A-1".to_owned(),
            document: InvoiceKey(3).into(),
        },
        Refusal::ExternalIdTaken {
            kind: DocumentKind::Invoice,
            external_id: "x".to_owned(),
        },
        Refusal::UnknownReference {
            kind: DocumentKind::Customer,
            reference: "x\"y".to_owned(),
        },
        Refusal::ControlAccount {
            role: AccountRole::Receivable,
        },
        Refusal::Ledger(LedgerRefusal::AccountTaken {
            reference: "4010".to_owned(),
        }),
        Refusal::Ledger(LedgerRefusal::AccountInUse {
            role: AccountRole::Ordinary,
            debits: 12_50,
            credits: 0,
        }),
        Refusal::Ledger(LedgerRefusal::AccountInactive { account: AccountKey(9) }),
        Refusal::Ledger(LedgerRefusal::Unbalanced {
            debits: Amount::new(12_50).unwrap(),
            credits: Amount::new(13_00).unwrap(),
        }),
        Refusal::Ledger(LedgerRefusal::BelongsToDocument {
            document: InvoiceKey(4).into(),
            kind: EntryKind::Issue,
        }),
        Refusal::Ledger(LedgerRefusal::AlreadyReversed { by: EntryKey(8) }),
        Refusal::Exchange(ExchangeRefusal::Differs {
            document: Currency::USD,
            money: Currency::parse("EUR").unwrap(),
        }),
        Refusal::Exchange(ExchangeRefusal::NoRate {
            currency: Currency::parse("EUR").unwrap(),
            day: jiff::civil::date(2026, 3, 1),
        }),
        Refusal::Exchange(ExchangeRefusal::OwnCurrency {
            currency: Currency::USD,
        }),
        Refusal::Exchange(ExchangeRefusal::Frozen {
            currency: Currency::USD,
            rate: None,
        }),
        Refusal::NoLines,
        Refusal::TooMany {
            most: 1000,
            found: 1001,
        },
        Refusal::NegativeTotal { total: cents(-5) },
        Refusal::AmountTooLarge,
        Refusal::AmountNotPositive { amount: cents(0) },
        Refusal::Overpayment {
            open: cents(10),
            offered: cents(11),
        },
        Refusal::Underpayment {
            open: cents(10),
            offered: cents(9),
        },
        Refusal::OverAllocated {
            amount: cents(10),
            allocated: cents(11),
        },
        Refusal::OverRefund {
            refundable: cents(10),
            asked: cents(11),
        },
        Refusal::CannotClose {
            closed_through: Some(earlier),
            asked: day,
            today: day,
        },
        Refusal::CannotReopen {
            closed_through: Some(earlier),
            asked: None,
        },
    ]);
    all
}

fn every_failure() -> Vec<Failure> {
    let engine = StoreError::Engine {
        doing: "a commit",
        message: "secret path".to_owned(),
    };
    let corrupt = StoreError::CorruptEvent {
        seq: 3,
        message: "secret".to_owned(),
    };
    vec![
        Failure::Forbidden(Verb::Post),
        Failure::ContentTooLong { bytes: 600_000 },
        Failure::Unavailable,
        Failure::Store(StoreError::Interrupted {
            doing: "connecting",
            message: "no leader at secret".to_owned(),
        }),
        Failure::Store(StoreError::InDoubt {
            message: "no answer from secret".to_owned(),
        }),
        Failure::Store(engine),
        Failure::Store(corrupt),
        Failure::Flawed(Flaw::NoSettings),
        Failure::Flawed(Flaw::BadEntry(
            EntryKey(1),
            EntryError::Unbalanced { debits: 1, credits: 2 },
        )),
    ]
}

fn write(out: &mut String, name: &str, response: &Response) {
    let body = String::from_utf8_lossy(&response.body);
    assert!(!body.contains("secret"), "{body}");
    writeln!(out, "### {name}\n{} {body}\n", response.status).unwrap();
}

#[test]
fn every_way_to_say_no() {
    let mut out = String::new();
    for refusal in every_refusal() {
        let response = layer::refusals(&Refusals::from(refusal.clone()));
        assert!((400..500).contains(&response.status));
        assert_valid("layer", "WireErrors", &body_of(&response));
        write(&mut out, &format!("{refusal:?}"), &response);
        let both = layer::failure(&Failure::Refused(refusal.into()), true);
        assert_valid("layer", "DeleteError", &body_of(&both));
    }
    for failure in every_failure() {
        let response = layer::failure(&failure, true);
        assert_valid("layer", "DeleteError", &body_of(&response));
        assert_eq!(response.status >= 500, body_of(&response)["type"] == "Unknown");
        write(&mut out, &format!("{failure:?}"), &response);
        assert_valid("layer", "WireErrors", &body_of(&layer::failure(&failure, false)));
    }
    let broken = layer::internal_error();
    assert_valid("layer", "DeleteError", &body_of(&broken));
    assert!(body_of(&broken).get("error_enum").is_none());
    write(&mut out, "internal error", &broken);
    compare(&out);
}

fn compare(text: &str) {
    let file = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/layer/catalogue.http");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), text);
}
