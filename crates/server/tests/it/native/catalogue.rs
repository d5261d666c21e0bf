//! Every refusal and every failure as the native API renders it, in one file.

use std::fmt::Write as _;

use expect_test::expect_file;
use jiff::Timestamp;
use jiff::civil::date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{AccountKey, CustomerKey, DocumentKind, EntryKey, InvoiceKey};
use quittance_accounting::invoice::Standing;
use quittance_accounting::journal::{EntryError, EntryKind};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refusal::{ExchangeRefusal, Flaw, LedgerRefusal, Refusal, Refusals};
use quittance_books::{Failure, StoreError, TokenFault, Verb};
use quittance_server::app::Unidentified;
use quittance_server::dialects::native;
use quittance_server::dialects::native::errors::{Fault, failure};
use quittance_server::dialects::native::manners::unidentified;
use quittance_server::http::BodyError;

use crate::schema::assert_valid;

fn amount(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

/// One of each. A new variant is noticed by the match in `errors`; add it here too.
fn refusals() -> Vec<Refusal> {
    let at: Timestamp = "2026-03-15T12:00:00Z".parse().unwrap();
    let (day, closed_through) = (date(2026, 1, 31), date(2026, 2, 28));
    let (kind, sum) = (DocumentKind::Invoice, amount(12_50));
    let mut all: Vec<Refusal> = DocumentKind::ALL
        .iter()
        .map(|(kind, _)| Refusal::NotFound { kind: *kind })
        .collect();
    all.extend([
        Refusal::AlreadyDeleted { seq: 7, at },
        Refusal::KeyReused { subject: 3 },
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
        Refusal::PaymentInProgress { pending: sum },
        Refusal::PeriodClosed {
            entry_date: day,
            closed_through,
        },
        Refusal::WrongStanding {
            standing: Standing::PartPaid,
            allowed: vec![Standing::Draft, Standing::Open],
        },
        Refusal::HasPayments { count: 2, sum },
        Refusal::HasCredits { count: 2, sum },
        Refusal::HasRefunds { count: 1, sum },
        Refusal::HasWriteOffs { count: 1, sum },
        Refusal::HasWitnessedMoney { sum },
        Refusal::ContentErased { seq: 7 },
        Refusal::NumberTaken {
            number: "INV-00001".to_owned(),
            document: InvoiceKey(4).into(),
        },
        Refusal::ExternalIdTaken {
            kind,
            external_id: "e-1".to_owned(),
        },
        Refusal::UnknownReference {
            kind: DocumentKind::Account,
            reference: "NOWHERE".to_owned(),
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
            debits: sum,
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
        Refusal::NegativeTotal { total: amount(-5) },
        Refusal::AmountTooLarge,
        Refusal::AmountNotPositive { amount: Amount::ZERO },
        Refusal::Overpayment {
            open: sum,
            offered: amount(13_00),
        },
        Refusal::Underpayment {
            open: sum,
            offered: amount(12_00),
        },
        Refusal::OverAllocated {
            amount: sum,
            allocated: amount(13_00),
        },
        Refusal::OverRefund {
            refundable: sum,
            asked: amount(13_00),
        },
        Refusal::CannotClose {
            closed_through: None,
            asked: day,
            today: day,
        },
        Refusal::CannotReopen {
            closed_through: Some(closed_through),
            asked: None,
        },
    ]);
    all
}

fn failures() -> Vec<Failure> {
    let engine = StoreError::Engine {
        doing: "writing",
        message: "a secret of the disk".to_owned(),
    };
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
        Failure::Store(StoreError::Interrupted {
            doing: "connecting",
            message: "no leader at secret".to_owned(),
        }),
        Failure::Store(StoreError::InDoubt {
            message: "no answer from secret".to_owned(),
        }),
        Failure::Store(engine),
    ];
    all.extend(flaws.into_iter().map(Failure::Flawed));
    all
}

fn faults() -> Vec<(String, Fault)> {
    let mut all = Vec::new();
    for refusal in refusals() {
        let title = format!("{refusal:?}");
        all.push((title, failure(&Failure::Refused(refusal.into()), Currency::USD)));
    }
    let several = refusals().into_iter().filter(|refusal| {
        matches!(
            refusal,
            Refusal::Held { .. } | Refusal::WrongStanding { .. } | Refusal::HasPayments { .. }
        )
    });
    let several = Refusals::of(several.collect()).unwrap();
    all.push((
        "several reasons".to_owned(),
        failure(&Failure::Refused(several), Currency::USD),
    ));
    all.extend(
        failures()
            .into_iter()
            .map(|known| (format!("{known:?}"), failure(&known, Currency::USD))),
    );
    for fault in [TokenFault::Unknown, TokenFault::Expired, TokenFault::Revoked] {
        all.push((format!("{fault:?}"), unidentified(Unidentified::Token(fault))));
    }
    all.push((
        "the books when asked for a token".to_owned(),
        unidentified(Unidentified::Books(Failure::Unavailable)),
    ));
    let message = "expected value".to_owned();
    for error in [
        BodyError::TooLarge,
        BodyError::NotUtf8,
        BodyError::TooDeep,
        BodyError::NotJson {
            message,
            line: 1,
            column: 2,
        },
    ] {
        all.push((format!("{error:?}"), error.into()));
    }
    all.push((
        "a field".to_owned(),
        Fault::invalid("lines[0].quantity", "is not a number"),
    ));
    all.push(("an id".to_owned(), Fault::malformed_id("17")));
    all.push(("a path".to_owned(), Fault::no_route()));
    all.push(("a method".to_owned(), Fault::wrong_method("GET, HEAD")));
    all
}

#[test]
fn every_error_has_words() {
    let mut text = String::new();
    for (title, fault) in faults() {
        assert_valid("native", "Error", &fault.body());
        let response = fault.answer();
        assert!((400..=599).contains(&response.status));
        let headers: Vec<String> = response
            .headers
            .iter()
            .skip(1)
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        let body = String::from_utf8(response.body).unwrap();
        assert!(!body.contains("secret"), "{body}");
        writeln!(text, "### {title}\n{}\n{}{body}\n", response.status, headers.concat()).unwrap();
    }
    let text = format!("{}\n", text.trim_end());
    expect_file!["../golden/native/catalogue.txt"].assert_eq(&text);
}

#[test]
fn codes_are_told_apart() {
    let codes: std::collections::BTreeSet<&str> = refusals()
        .into_iter()
        .map(|known| failure(&Failure::Refused(known.into()), Currency::USD).code)
        .collect();
    // All kinds of document share one code.
    assert_eq!(codes.len(), refusals().len() - (DocumentKind::ALL.len() - 1));
}

#[test]
fn what_broke_is_an_error_of_this_dialect() {
    let response = native::internal_error();
    assert_eq!(response.status, 500);
    assert_valid("native", "Error", &serde_json::from_slice(&response.body).unwrap());
}
