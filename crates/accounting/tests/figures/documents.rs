//! What an invoice comes to, and how its issue is posted.

use quittance_accounting::invoice::Standing;
use quittance_accounting::issuing::{NewInvoice, NewLine, create_invoice};
use quittance_accounting::money::{Currency, LARGEST_AMOUNT};
use quittance_accounting::refusal::Refusal;

use crate::model::*;

/// Issues the invoice in a book of its currency and hands back the balances of these accounts, credits positive.
fn credits<const N: usize>(new: NewInvoice, accounts: [&str; N]) -> [i64; N] {
    let mut model = Model::new(new.currency);
    model
        .run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, new.clone()))
        .unwrap();
    accounts.map(|account| -model.balance(account))
}

fn document(lines: Vec<NewLine>, discount: i64, tip: i64) -> NewInvoice {
    NewInvoice {
        discount: minor(discount),
        tip: minor(tip),
        ..invoice(1, true, lines)
    }
}

#[test]
fn the_last_line_takes_the_rounding_rest_of_a_document_discount() {
    let lines = || {
        vec![
            line("SALES", 3_333),
            line("SERVICES", 3_333),
            line("SUBSCRIPTIONS", 3_334),
        ]
    };
    let accounts = ["SALES", "SERVICES", "SUBSCRIPTIONS", "ACCOUNTS_RECEIVABLE"];
    // 10.00 off 100.00 is a tenth: 3.333 of the first two, cut to 3.33; the last bears 3.34.
    assert_eq!(
        credits(document(lines(), 1_000, 0), accounts),
        [3_000, 3_000, 3_000, -9_000]
    );
    assert_eq!(
        credits(document(lines(), 1, 0), accounts),
        [3_333, 3_333, 3_333, -9_999]
    );
    assert_eq!(credits(document(lines(), 10_000, 0), accounts), [0, 0, 0, 0]);
}

#[test]
fn negative_lines_lessen_their_own_account() {
    let lines = vec![line("SALES", 10_000), line("SERVICES", -2_500)];
    let accounts = ["SALES", "SERVICES", "ACCOUNTS_RECEIVABLE"];
    assert_eq!(credits(document(lines, 0, 0), accounts), [10_000, -2_500, -7_500]);
    let new = invoice(1, true, vec![line("SALES", 100), line("SALES", -101)]);
    let mut model = Model::new(Currency::USD);
    let refused = model.run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, new.clone()));
    assert_eq!(
        refusals(refused.unwrap_err()),
        [Refusal::NegativeTotal { total: minor(-1) }]
    );
}

#[test]
fn a_discount_over_negative_lines_still_adds_up() {
    let lines = vec![line("SALES", 10_000), line("SERVICES", -2_500)];
    let accounts = ["SALES", "SERVICES", "ACCOUNTS_RECEIVABLE"];
    // 750 spread over 7500: 1000 to the first, -250 to the second.
    assert_eq!(credits(document(lines, 750, 0), accounts), [9_000, -2_250, -6_750]);
}

#[test]
fn taxes_go_to_several_accounts_and_tips_to_theirs() {
    let mut first = line("SALES", 10_000);
    first.discount = minor(1_000);
    first.taxes = vec![tax("SALES_TAXES_PAYABLE", 700), tax("UNEARNED_REVENUE", 55)];
    let new = NewInvoice {
        taxes: vec![tax("SALES_TAXES_PAYABLE", 45)],
        ..document(vec![first], 0, 1_500)
    };
    let accounts = [
        "SALES",
        "SALES_TAXES_PAYABLE",
        "UNEARNED_REVENUE",
        "TIPS",
        "ACCOUNTS_RECEIVABLE",
    ];
    assert_eq!(credits(new, accounts), [9_000, 745, 55, 1_500, -11_300]);
}

#[test]
fn a_total_of_zero_posts_only_what_moves() {
    let mut model = Model::new(Currency::USD);
    let nothing = invoice(1, true, vec![line("SALES", 0)]);
    model
        .run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, nothing.clone()))
        .unwrap();
    let made = model.invoice(&named(1)).unwrap();
    assert_eq!((made.standing(), made.issue_entry()), (Standing::Paid, None));
    assert!(model.snapshot.tables().entries.is_empty());
    let moved = invoice(2, true, vec![line("SALES", 100), line("SERVICES", -100)]);
    model
        .run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, moved.clone()))
        .unwrap();
    assert_eq!((model.balance("SALES"), model.balance("SERVICES")), (-100, 100));
}

#[test]
fn a_line_rounds_at_the_exponent_of_its_currency() {
    for (code, price, quantity, units) in [
        ("JPY", "33.4", "2.5", 84),
        ("USD", "33.4", "0.3333", 1_113),
        ("KWD", "33.4", "0.33333", 11_133),
    ] {
        let currency = Currency::parse(code).unwrap();
        let mut only = line("SALES", 0);
        (only.unit_price, only.quantity, only.subtotal) = (price.parse().unwrap(), quantity.parse().unwrap(), None);
        let new = NewInvoice {
            currency,
            ..document(vec![only], 0, 0)
        };
        assert_eq!(credits(new, ["SALES"]), [units], "{code}");
    }
}

#[test]
fn a_line_whose_net_passes_the_largest_amount_is_refused_even_if_the_sums_do_not() {
    let mut model = Model::new(Currency::USD);
    let mut lines = vec![line("SALES", LARGEST_AMOUNT), line("SERVICES", -LARGEST_AMOUNT)];
    (lines[0].discount, lines[1].discount) = (minor(-1), minor(1));
    let new = invoice(1, true, lines);
    let refused = model.run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, new.clone()));
    assert_eq!(refused.map_err(refusals), Err(vec![Refusal::AmountTooLarge]));
}
