//! Every refusal and every failure, in this dialect's words.

use std::fmt::Write as _;

use jiff::civil::date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{AccountKey, CustomerKey, DocumentKind, EntryKey, InvoiceKey};
use quittance_accounting::invoice::Standing;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refusal::{ExchangeRefusal, Flaw, LedgerRefusal, Refusal, Refusals};
use quittance_books::{Failure, StoreError, TokenFault, Verb};
use quittance_server::app::Unidentified;
use quittance_server::dialects::bookeeping::errors::{Asked, Problem, of_body, of_failure, of_refusal, unidentified};
use quittance_server::dialects::bookeeping::internal_error;
use quittance_server::http::{BodyError, Response};

use super::super::golden::json;
use super::super::schema::assert_valid;

fn refusals() -> Vec<Refusal> {
    [refusals_of_state(), refusals_of_content()].concat()
}

fn refusals_of_state() -> Vec<Refusal> {
    let one = Amount::new(100).unwrap();
    let at = "2026-03-15T12:00:00Z".parse().unwrap();
    let day = date(2026, 2, 28);
    let allowed = vec![Standing::Draft];
    vec![
        Refusal::NotFound {
            kind: DocumentKind::Invoice,
        },
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
        Refusal::PaymentInProgress { pending: one },
        Refusal::PeriodClosed {
            entry_date: date(2026, 2, 1),
            closed_through: day,
        },
        Refusal::WrongStanding {
            standing: Standing::PartPaid,
            allowed,
        },
        Refusal::HasPayments { count: 2, sum: one },
        Refusal::HasCredits { count: 2, sum: one },
        Refusal::HasRefunds { count: 1, sum: one },
        Refusal::HasWriteOffs { count: 1, sum: one },
        Refusal::HasWitnessedMoney { sum: one },
        Refusal::ContentErased { seq: 7 },
    ]
}

fn refusals_of_content() -> Vec<Refusal> {
    let (one, two) = (Amount::new(100).unwrap(), Amount::new(250).unwrap());
    let kind = DocumentKind::Customer;
    let (open, day) = (one, date(2026, 2, 28));
    vec![
        Refusal::NumberTaken {
            number: "INV-000001".to_owned(),
            document: InvoiceKey(1).into(),
        },
        Refusal::ExternalIdTaken {
            kind,
            external_id: "x".to_owned(),
        },
        Refusal::UnknownReference {
            kind,
            reference: "666666666666666666666666".to_owned(),
        },
        Refusal::ControlAccount {
            role: AccountRole::Receivable,
        },
        Refusal::Ledger(LedgerRefusal::AlreadyReversed { by: EntryKey(8) }),
        Refusal::Ledger(LedgerRefusal::AccountTaken {
            reference: "4711".to_owned(),
        }),
        Refusal::Ledger(LedgerRefusal::AccountInactive { account: AccountKey(7) }),
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
        Refusal::NegativeTotal { total: one.negated() },
        Refusal::AmountTooLarge,
        Refusal::AmountNotPositive { amount: Amount::ZERO },
        Refusal::Overpayment { open, offered: two },
        Refusal::Underpayment {
            open: two,
            offered: one,
        },
        Refusal::OverAllocated {
            amount: one,
            allocated: two,
        },
        Refusal::OverRefund {
            refundable: one,
            asked: two,
        },
        Refusal::CannotClose {
            closed_through: None,
            asked: day,
            today: day,
        },
        Refusal::CannotReopen {
            closed_through: None,
            asked: None,
        },
    ]
}

fn shown(out: &mut String, title: &str, response: &Response) {
    let schema = format!("Error{}", response.status);
    assert_valid("bookeeping", &schema, &json(response));
    let body = String::from_utf8_lossy(&response.body);
    writeln!(out, "{}\n  {} {body}", title.trim_end(), response.status).unwrap();
}

fn failures(out: &mut String) {
    let engine = StoreError::Engine {
        doing: "committing",
        message: "disk full at /dev/secret".to_owned(),
    };
    for failure in [
        Failure::Refused(Refusals::of(refusals()).unwrap()),
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
        Failure::Store(engine.clone()),
        Failure::Flawed(Flaw::NoSettings),
    ] {
        let title = format!("{failure:?}");
        let title = title.split(['{', '[']).next().unwrap();
        shown(out, title, &of_failure(&failure, Asked::Delete).response());
    }
    for fault in [
        Unidentified::Token(TokenFault::Unknown),
        Unidentified::Token(TokenFault::Expired),
        Unidentified::Token(TokenFault::Revoked),
        Unidentified::Books(Failure::Store(engine)),
    ] {
        let title = format!("{fault:?}");
        let title = title.split('{').next().unwrap();
        shown(out, title, &unidentified(&fault).response());
    }
}

#[test]
fn everything_that_can_go_wrong_has_words() {
    let mut out = String::new();
    for refusal in refusals() {
        let title = format!("{refusal:?}");
        let title = title.split([' ', '{']).next().unwrap();
        shown(&mut out, title, &of_refusal(&refusal, Asked::Delete).response());
    }
    let standing = Refusal::WrongStanding {
        standing: Standing::Void,
        allowed: vec![],
    };
    for asked in [
        Asked::Create,
        Asked::Delete,
        Asked::Send,
        Asked::MarkAsPaid,
        Asked::Cancel,
        Asked::Read,
    ] {
        let title = format!("WrongStanding, {asked:?}");
        shown(&mut out, &title, &of_refusal(&standing, asked).response());
    }
    failures(&mut out);
    let not_json = BodyError::NotJson {
        message: "expected value".to_owned(),
        line: 1,
        column: 2,
    };
    for error in [BodyError::TooLarge, BodyError::NotUtf8, BodyError::TooDeep, not_json] {
        let title = format!("{error:?}");
        shown(&mut out, &title, &of_body(&error).response());
    }
    shown(&mut out, "internal error", &internal_error());
    shown(
        &mut out,
        "no route",
        &Problem::no_route("GET", "/public-api/v1/x").response(),
    );
    shown(
        &mut out,
        "too many",
        &Problem::too_many("Rate limit exceeded").response(),
    );
    assert!(!out.contains("secret"));
    expect_test::expect_file!["../golden/bookeeping/catalogue.txt"].assert_eq(&out);
}

#[test]
fn the_documented_reason_is_named_first() {
    let both = Refusals::of(vec![
        Refusal::Held {
            until: date(2026, 12, 31),
            reason: None,
        },
        Refusal::WrongStanding {
            standing: Standing::Paid,
            allowed: vec![Standing::Draft],
        },
    ]);
    let response = of_failure(&Failure::Refused(both.unwrap()), Asked::Delete).response();
    assert_eq!(
        json(&response)["message"],
        "Only invoices in draft status can be deleted."
    );
}
