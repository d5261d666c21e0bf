//! Every refusal and failure in this dialect's words, in one file to read.

use std::fmt::Write as _;

use expect_test::expect_file;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{AccountKey, BookKey, CustomerKey, DocumentKind, EntryKey, InvoiceKey};
use quittance_accounting::invoice::Standing;
use quittance_accounting::journal::EntryKind;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refusal::{ExchangeRefusal, Flaw, LedgerRefusal, Refusal, Refusals};
use quittance_books::{Failure, StoreError, TokenFault, Verb};
use quittance_server::app::Unidentified;
use quittance_server::dialects::campfire::errors;

use crate::schema::assert_valid;

fn every_refusal() -> Vec<Refusal> {
    let mut all = by_kind();
    all.extend(about_the_document());
    all.extend(about_the_input());
    all
}

fn amount(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

fn by_kind() -> Vec<Refusal> {
    let mut all: Vec<Refusal> = DocumentKind::ALL
        .iter()
        .map(|(kind, _)| Refusal::NotFound { kind: *kind })
        .collect();
    let unknown = |(kind, _): &(DocumentKind, &str)| Refusal::UnknownReference {
        kind: *kind,
        reference: "7".to_owned(),
    };
    let wrong = |(standing, _): &(Standing, &str)| Refusal::WrongStanding {
        standing: *standing,
        allowed: vec![Standing::Draft, Standing::Open, Standing::PartPaid],
    };
    all.extend(DocumentKind::ALL.iter().map(unknown));
    all.extend(Standing::ALL.iter().map(wrong));
    all
}

fn about_the_document() -> Vec<Refusal> {
    let (sum, open) = (amount(5500), amount(4000));
    let date = "2026-03-10".parse().unwrap();
    let at = "2026-03-15T12:00:00Z".parse().unwrap();
    vec![
        Refusal::AlreadyDeleted { seq: 9, at },
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
            until: date,
            reason: Some("a dispute".to_owned()),
        },
        Refusal::HandedOver { at },
        Refusal::PaymentInProgress { pending: open },
        Refusal::PeriodClosed {
            entry_date: date,
            closed_through: date,
        },
        Refusal::HasPayments { count: 1, sum },
        Refusal::HasCredits { count: 1, sum },
        Refusal::HasRefunds { count: 1, sum },
        Refusal::HasWriteOffs { count: 1, sum },
        Refusal::HasWitnessedMoney { sum },
        Refusal::ContentErased { seq: 9 },
    ]
}

fn about_the_input() -> Vec<Refusal> {
    let (sum, open) = (amount(5500), amount(4000));
    let date = "2026-03-10".parse().unwrap();
    let kind = DocumentKind::Invoice;
    vec![
        Refusal::NumberTaken {
            number: "INV-00001".to_owned(),
            document: InvoiceKey(1).into(),
        },
        Refusal::ExternalIdTaken {
            kind,
            external_id: "x".to_owned(),
        },
        Refusal::ExternalIdTaken {
            kind: DocumentKind::Payment,
            external_id: "x".to_owned(),
        },
        Refusal::UnknownReference {
            kind: DocumentKind::Account,
            reference: "SALES".to_owned(),
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
            debits: amount(12_50),
            credits: amount(13_00),
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
        Refusal::TooMany { most: 500, found: 501 },
        Refusal::NegativeTotal { total: amount(-1) },
        Refusal::AmountTooLarge,
        Refusal::AmountNotPositive { amount: amount(0) },
        Refusal::Overpayment { open, offered: sum },
        Refusal::Underpayment {
            open: sum,
            offered: open,
        },
        Refusal::OverAllocated {
            amount: open,
            allocated: sum,
        },
        Refusal::OverRefund {
            refundable: open,
            asked: sum,
        },
        Refusal::CannotClose {
            closed_through: None,
            asked: date,
            today: date,
        },
        Refusal::CannotReopen {
            closed_through: None,
            asked: None,
        },
    ]
}

#[test]
fn every_refusal_and_failure() {
    let mut text = String::new();
    let mut write = |title: String, problem: errors::Problem| {
        let response = errors::answer(problem);
        let body = String::from_utf8(response.body).unwrap();
        writeln!(
            text,
            "{title}\n  {} {}",
            response.status,
            body.replace('\n', "\n  ").trim_end()
        )
        .unwrap();
        if response.status != 500 {
            assert!((400..504).contains(&response.status), "{title}");
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            let schema = if body.get("detail").is_some() {
                "Detail"
            } else {
                "FieldErrors"
            };
            assert_valid("campfire", schema, &body);
        }
    };
    for refusal in every_refusal() {
        write(format!("{refusal:?}"), errors::failed(refusal.into(), BookKey(2)));
    }
    let both = Refusals::of(vec![
        Refusal::Held {
            until: "2026-12-31".parse().unwrap(),
            reason: None,
        },
        Refusal::PeriodClosed {
            entry_date: "2026-03-10".parse().unwrap(),
            closed_through: "2026-03-11".parse().unwrap(),
        },
    ]);
    for failure in [
        Failure::Refused(both.unwrap()),
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
        Failure::Store(StoreError::WrongVersion { found: 1, known: 2 }),
        Failure::Flawed(Flaw::NoSettings),
    ] {
        write(format!("{failure:?}"), errors::failed(failure, BookKey(2)));
    }
    for fault in [TokenFault::Unknown, TokenFault::Expired, TokenFault::Revoked] {
        write(format!("{fault:?}"), errors::unidentified(Unidentified::Token(fault)));
    }
    write(
        "Unidentified::Books".to_owned(),
        errors::unidentified(Unidentified::Books(Failure::Unavailable)),
    );
    expect_file!["../golden/campfire/catalogue.txt"].assert_eq(&text);
}
