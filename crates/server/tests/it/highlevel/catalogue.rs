//! Every refusal and every failure, as this dialect words it.

use std::fmt::Write as _;

use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{CustomerKey, DocumentKind, EntryKey, InvoiceKey};
use quittance_accounting::invoice::Standing;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refusal::{ExchangeRefusal, Flaw, LedgerRefusal, Refusal, Refusals};
use quittance_books::{Failure, StoreError, Verb};
use quittance_server::dialects::highlevel::errors::{Operation, refused};
use quittance_server::dialects::highlevel::internal_error;
use serde_json::json;

use crate::golden::json as body_of;
use crate::schema::assert_valid;

fn amount(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

fn refusals() -> Vec<Refusal> {
    let day = |text: &str| text.parse().unwrap();
    let at = "2026-03-15T12:00:00Z".parse().unwrap();
    let (sum, open, offered) = (amount(500), amount(100), amount(101));
    let mut all = vec![
        Refusal::NotFound {
            kind: DocumentKind::Invoice,
        },
        Refusal::AlreadyDeleted { seq: 7, at },
        Refusal::KeyReused { subject: 1 },
        Refusal::PlanMoved,
        Refusal::RevisionMoved { expected: 3, found: 4 },
        Refusal::HasAllocations {
            count: 2,
            sum: Amount::new(4_000).unwrap(),
        },
        Refusal::IsVoid {
            kind: DocumentKind::Payment,
            on: jiff::civil::date(2026, 2, 1),
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
            until: day("2026-12-31"),
            reason: Some("a dispute".to_owned()),
        },
        Refusal::HandedOver { at },
        Refusal::PaymentInProgress { pending: sum },
        Refusal::PeriodClosed {
            entry_date: day("2026-02-01"),
            closed_through: day("2026-02-28"),
        },
    ];
    all.extend(Standing::ALL.map(|(standing, _)| Refusal::WrongStanding {
        standing,
        allowed: vec![],
    }));
    all.extend([
        Refusal::HasPayments { count: 1, sum },
        Refusal::HasCredits { count: 1, sum },
        Refusal::HasRefunds { count: 1, sum },
        Refusal::HasWriteOffs { count: 1, sum },
        Refusal::HasWitnessedMoney { sum },
        Refusal::ContentErased { seq: 7 },
        Refusal::NumberTaken {
            number: "19".to_owned(),
            document: InvoiceKey(1).into(),
        },
        Refusal::ExternalIdTaken {
            kind: DocumentKind::Invoice,
            external_id: "x".to_owned(),
        },
    ]);
    let reference = "x".to_owned();
    all.extend(DocumentKind::ALL.map(|(kind, _)| Refusal::UnknownReference {
        kind,
        reference: reference.clone(),
    }));
    all.extend([
        Refusal::ControlAccount {
            role: AccountRole::Receivable,
        },
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
        Refusal::NegativeTotal { total: amount(-1) },
        Refusal::AmountTooLarge,
        Refusal::AmountNotPositive { amount: Amount::ZERO },
        Refusal::Overpayment { open, offered },
        Refusal::Underpayment {
            open: offered,
            offered: open,
        },
        Refusal::OverAllocated {
            amount: open,
            allocated: offered,
        },
        Refusal::OverRefund {
            refundable: open,
            asked: offered,
        },
        Refusal::CannotClose {
            closed_through: None,
            asked: day("2026-03-15"),
            today: day("2026-03-15"),
        },
        Refusal::CannotReopen {
            closed_through: None,
            asked: None,
        },
    ]);
    all
}

fn failures() -> Vec<Failure> {
    let engine = StoreError::Engine {
        doing: "commit",
        message: "disk full".to_owned(),
    };
    let mut all: Vec<Failure> = refusals().into_iter().map(Failure::from).collect();
    all.extend([
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
        Failure::Flawed(Flaw::NoSettings),
    ]);
    all
}

#[test]
fn every_failure_has_words() {
    let operations = [
        Operation::Create,
        Operation::Read,
        Operation::Edit,
        Operation::Delete,
        Operation::Void,
        Operation::Send,
        Operation::Pay,
    ];
    let mut text = String::new();
    for failure in failures() {
        writeln!(text, "### {failure:?}").unwrap();
        let mut last = String::new();
        for operation in operations {
            let response = refused(operation, &failure);
            let body = body_of(&response);
            match response.status {
                400 => assert_valid("highlevel", "BadRequestDTO", &body),
                401 => assert_valid("highlevel", "UnauthorizedDTO", &body),
                422 => assert_valid("highlevel", "UnprocessableDTO", &body),
                500 | 503 => assert!(!body.to_string().contains("disk"), "nothing internal goes out"),
                other => panic!("{other} for {failure:?}"),
            }
            let line = format!("{} {body}", response.status);
            if line != last {
                writeln!(text, "{operation:?}: {line}").unwrap();
                last = line;
            }
        }
    }
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/highlevel/catalogue.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), text);
}

#[test]
fn the_first_documented_reason_is_named() {
    let held = Refusal::Held {
        until: "2026-12-31".parse().unwrap(),
        reason: None,
    };
    let sent = Refusal::WrongStanding {
        standing: Standing::Open,
        allowed: vec![Standing::Draft],
    };
    let both = Failure::Refused(Refusals::of(vec![held, sent]).unwrap());
    assert_eq!(
        body_of(&refused(Operation::Delete, &both))["message"],
        super::NOT_A_DRAFT
    );
    assert_eq!(
        body_of(&refused(Operation::Void, &both))["message"],
        "Invoice is on hold until 2026-12-31"
    );
}

#[test]
fn an_internal_error() {
    let response = internal_error();
    assert_eq!(
        (response.status, body_of(&response)),
        (500, json!({"statusCode": 500, "message": "Internal server error"}))
    );
}
