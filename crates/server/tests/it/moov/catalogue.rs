//! Every refusal and failure as this dialect words it, in one file.

use std::fmt::Write as _;

use jiff::civil::date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{CustomerKey, DocumentKind, EntryKey, InvoiceKey};
use quittance_accounting::invoice::Standing;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refusal::{ExchangeRefusal, Flaw, LedgerRefusal, Refusal};
use quittance_books::{Failure, StoreError, TokenFault, Verb};
use quittance_server::app::Unidentified;
use quittance_server::dialects::moov::{Deed, failure, internal_error, unidentified};
use quittance_server::http::Response;

const DEEDS: [Deed; 8] = [
    Deed::CreateInvoice,
    Deed::EditInvoice,
    Deed::SendInvoice,
    Deed::CancelInvoice,
    Deed::DeleteInvoice,
    Deed::RecordPayment,
    Deed::CreateAccount,
    Deed::Look,
];

fn refusals() -> Vec<Refusal> {
    let amount = |minor: i64| Amount::new(minor).unwrap();
    let kind = DocumentKind::Customer;
    let (open, offered) = (amount(1000), amount(2500));
    let at = "2026-03-15T12:00:00Z".parse().unwrap();
    let mut all = vec![
        Refusal::NotFound { kind },
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
            until: date(2026, 12, 31),
            reason: Some("a dispute".to_owned()),
        },
        Refusal::HandedOver { at },
        Refusal::PaymentInProgress { pending: open },
        Refusal::PeriodClosed {
            entry_date: date(2026, 2, 1),
            closed_through: date(2026, 2, 28),
        },
        Refusal::HasPayments { count: 1, sum: open },
        Refusal::HasCredits { count: 1, sum: open },
        Refusal::HasRefunds { count: 1, sum: open },
        Refusal::HasWriteOffs { count: 1, sum: open },
        Refusal::HasWitnessedMoney { sum: open },
        Refusal::ContentErased { seq: 7 },
        Refusal::NumberTaken {
            number: "INV-1".to_owned(),
            document: InvoiceKey(1).into(),
        },
        Refusal::ExternalIdTaken {
            kind,
            external_id: "crm-7".to_owned(),
        },
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
            asked: date(2026, 3, 15),
            today: date(2026, 3, 15),
        },
        Refusal::CannotReopen {
            closed_through: None,
            asked: None,
        },
    ];
    for (standing, _) in Standing::ALL {
        all.push(Refusal::WrongStanding {
            standing,
            allowed: vec![Standing::Draft],
        });
    }
    for (kind, _) in DocumentKind::ALL {
        let reference = "019cf1b42a00000000000000".to_owned();
        all.push(Refusal::UnknownReference { kind, reference });
    }
    all
}

fn shown(response: &Response) -> String {
    let headers = response.headers.iter().filter(|(name, _)| name != "content-type");
    let headers: String = headers.map(|(name, value)| format!(" {name}: {value}")).collect();
    format!(
        "{}{headers} {}",
        response.status,
        String::from_utf8_lossy(&response.body)
    )
}

#[test]
fn every_refusal_and_failure() {
    let mut text = String::new();
    for refusal in refusals() {
        let mut deeds: Vec<(String, Vec<Deed>)> = Vec::new();
        for deed in DEEDS {
            let answer = shown(&failure(&refusal.clone().into(), deed, Currency::USD));
            match deeds.iter_mut().find(|(known, _)| *known == answer) {
                Some((_, list)) => list.push(deed),
                None => deeds.push((answer, vec![deed])),
            }
        }
        writeln!(text, "{refusal:?}").unwrap();
        for (answer, list) in &deeds {
            let of = if deeds.len() == 1 {
                String::new()
            } else {
                format!("{list:?} ")
            };
            writeln!(text, "    {of}{}", answer.trim_end()).unwrap();
        }
    }
    let store = StoreError::RowCount {
        table: "invoice",
        expected: 1,
        found: 0,
    };
    let failures = [
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
        Failure::Store(store.clone()),
        Failure::Flawed(Flaw::NoSettings),
    ];
    for one in failures {
        let answer = shown(&failure(&one, Deed::DeleteInvoice, Currency::USD));
        writeln!(text, "{one:?}\n    {}", answer.trim_end()).unwrap();
    }
    for why in [
        Unidentified::Token(TokenFault::Unknown),
        Unidentified::Token(TokenFault::Expired),
        Unidentified::Token(TokenFault::Revoked),
        Unidentified::Books(Failure::Store(store)),
    ] {
        writeln!(text, "{why:?}\n    {}", shown(&unidentified(&why)).trim_end()).unwrap();
    }
    writeln!(text, "internal error\n    {}", shown(&internal_error()).trim_end()).unwrap();
    expect_test::expect_file!["../golden/moov/catalogue.txt"].assert_eq(&text);
}
