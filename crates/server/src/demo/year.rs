//! A year of invoices: for each dialect, drafts, sent, part paid, paid, void and closed ones, and some overdue and written off.
//!
//! Every invoice has a plan ([`Wanted`]): the dialect whose rules make it, the state it ends in, and its date. What is there already
//! is counted first, so a second run only adds what was used up.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use quittance_accounting::account::AccountRole;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::rules::Rules;
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::Books;
use quittance_books::content::{CustomerContent, InvoiceContent, LineContent, PaymentContent, ProductContent};
use quittance_books::input::{
    Context, CustomerInput, Due, InvoiceInput, LineInput, PaymentInput, ProductInput, WriteOffInput,
};
use rust_decimal::Decimal;

use super::fixtures::{self, State};
use crate::cli::CommandError;
use crate::dialects;

/// How many invoices of each dialect and state there are: ten to hand out as fixtures and one to spare,
/// which of those in a closed month the tour tries to delete.
const OF_EACH: usize = 11;
/// How many more are written off.
const WRITTEN_OFF: usize = 6;

/// The dialects that invoices are made under, with their rules.
pub(super) const DIALECTS: [(&str, &Rules); 5] = [
    ("campfire", &dialects::campfire::rules::RULES),
    ("bookeeping", &dialects::bookeeping::rules::RULES),
    ("layer", &dialects::layer::rules::RULES),
    ("moov", &dialects::moov::rules::RULES),
    ("highlevel", &dialects::highlevel::rules::RULES),
];

/// The id that the demo gave its first customer.
pub(super) const FIRST_CUSTOMER: &str = "demo-1";

const CUSTOMERS: [(&str, &str); 8] = [
    ("Ada Marlow", "ada@marlow.example"),
    ("Birch & Sons Joinery", "office@birch.example"),
    ("Copperfield Clinic", "accounts@copperfield.example"),
    ("Delta Freight", "ap@deltafreight.example"),
    ("Elm Park Bakery", "hello@elmpark.example"),
    ("Foxglove Events", "money@foxglove.example"),
    ("Granite Works", "ledger@granite.example"),
    ("Hollis Legal", "billing@hollis.example"),
];

const WORK: [(&str, i64); 6] = [
    ("Design retainer", 120_000),
    ("Brand workshop", 85_000),
    ("Monthly support", 45_000),
    ("Print run", 23_750),
    ("Photography day", 98_000),
    ("Hosting", 4_900),
];

/// One invoice to make.
#[derive(Clone, Copy)]
struct Wanted {
    dialect: &'static str,
    rules: &'static Rules,
    /// `None`: written off.
    state: Option<State>,
    ordinal: usize,
}

/// Makes what is missing of the year.
pub(super) async fn fill(books: &Books, context: &Context) -> Result<(), CommandError> {
    let customers = customers(books, context).await?;
    if books.products(context.actor.book, 0, 1).await?.is_empty() {
        let content = ProductContent {
            name: "Studio work".to_owned(),
            ..ProductContent::default()
        };
        let account = AccountChoice::StableName("SERVICES".to_owned());
        books.add_product(context, ProductInput { account, content }).await?;
    }
    let wanted = missing(books, context).await?;
    if wanted.is_empty() {
        return Ok(());
    }
    let bar = indicatif::ProgressBar::new(wanted.len() as u64);
    let style = indicatif::ProgressStyle::with_template("a year of invoices [{wide_bar}] {pos}/{len}");
    bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
    let today = today(books.now());
    for plan in wanted {
        make(books, context, today, &customers, plan).await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let settings = books.settings(context.actor.book).await?;
    if settings.is_some_and(|settings| settings.closed_through.is_none()) {
        books.close_period(context, closed_through(today)).await?;
    }
    Ok(())
}

fn today(now: Timestamp) -> Date {
    now.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The last day of the month seven months ago.
fn closed_through(today: Date) -> Date {
    today
        .saturating_sub(6.months())
        .first_of_month()
        .saturating_sub(1.day())
}

async fn customers(books: &Books, context: &Context) -> Result<Vec<Named>, CommandError> {
    let there = books.customers(context.actor.book, 0, CUSTOMERS.len() as i64).await?;
    let mut named: Vec<Named> = there.iter().map(|view| Named::Key(view.customer.key.0)).collect();
    for (i, (name, email)) in CUSTOMERS.iter().enumerate().skip(named.len()) {
        let content = CustomerContent {
            name: (*name).to_owned(),
            email: Some((*email).to_owned()),
            phone: Some(format!("+1 555 01{i:02}")),
            address: Some(format!("{} Harbour Street", i + 1)),
            ..CustomerContent::default()
        };
        let input = CustomerInput {
            external_id: Some(format!("demo-{}", i + 1)),
            content,
        };
        named.push(Named::Key(books.add_customer(context, input).await?.customer.key.0));
    }
    Ok(named)
}

async fn missing(books: &Books, context: &Context) -> Result<Vec<Wanted>, CommandError> {
    let there = fixtures::collect(books, context.actor.book).await?;
    let closed = books
        .settings(context.actor.book)
        .await?
        .is_some_and(|settings| settings.closed_through.is_some());
    let mut wanted = Vec::new();
    for (dialect, rules) in DIALECTS {
        for state in State::ALL {
            if state == State::Closed && closed {
                continue;
            }
            let have = there.of(dialect, state).len();
            wanted.extend((have..OF_EACH).map(|ordinal| Wanted {
                dialect,
                rules,
                state: Some(state),
                ordinal,
            }));
        }
    }
    if !closed {
        let (dialect, rules) = DIALECTS[2];
        wanted.extend((0..WRITTEN_OFF).map(|ordinal| Wanted {
            dialect,
            rules,
            state: None,
            ordinal,
        }));
    }
    Ok(wanted)
}

/// The invoice date: closed ones in the first half of the year, the others in the second.
fn date_of(plan: Wanted, today: Date) -> Date {
    let spread = (plan.ordinal * 13 + plan.dialect.len() * 7) as i64;
    let (from, days) = match plan.state {
        Some(State::Closed) => (today.saturating_sub(12.months()), 150),
        Some(State::Draft | State::Sent | State::PartPaid | State::Paid | State::Void) | None => {
            (closed_through(today).saturating_add(1.day()), 175)
        }
    };
    from.saturating_add((spread % days).days()).min(today)
}

async fn make(
    books: &Books,
    context: &Context,
    today: Date,
    customers: &[Named],
    plan: Wanted,
) -> Result<(), CommandError> {
    let context = Context {
        source: plan.dialect,
        request_id: books.new_request_id(),
        ..context.clone()
    };
    let date = date_of(plan, today);
    let input = invoice(plan, date, customers);
    let rules = plan.rules;
    let made = books.create_invoice(&context, rules, input, None).await?.invoice;
    let named = Named::Key(made.key.0);
    if plan.state == Some(State::Draft) {
        return Ok(());
    }
    books.send_invoice(&context, rules, named.clone()).await?;
    let pay = |part: Part| PaymentInput {
        currency: None,
        rate: None,
        customer: None,
        paid_on: Some(date.saturating_add(9.days()).min(today)),
        paid_at: None,
        amount: None,
        method: Method::BankTransfer,
        witness: Witness::Hand,
        clearing: AccountChoice::Role(AccountRole::Clearing),
        parts: vec![(named.clone(), part)],
        external_id: None,
        content: PaymentContent::default(),
    };
    let all = || pay(Part::WhatIsOpen);
    match plan.state {
        Some(State::Draft | State::Sent) => {}
        Some(State::Closed) if plan.ordinal.is_multiple_of(2) => {}
        Some(State::Paid | State::Closed) => {
            books.record_payment(&context, rules, all(), None).await?;
        }
        Some(State::PartPaid) => {
            let third = Amount::new(made.total.minor() / 3).unwrap_or(made.total);
            // A dialect without payments in parts shows part-paid invoices that another one made so.
            books
                .record_payment(
                    &context,
                    &dialects::native::rules::RULES,
                    pay(Part::Exactly(third)),
                    None,
                )
                .await?;
        }
        Some(State::Void) => {
            books.void_invoice(&context, rules, named, None).await?;
        }
        None => {
            books.write_off(&context, WriteOffInput::of(named)).await?;
        }
    }
    Ok(())
}

fn invoice(plan: Wanted, date: Date, customers: &[Named]) -> InvoiceInput {
    let places = 1 + plan.ordinal % 3;
    let pick = |i: usize| WORK[(plan.ordinal * 5 + plan.dialect.len() + i) % WORK.len()];
    let line = |i: usize| {
        let (_, price) = pick(i);
        let tax = Amount::new(price / 20).unwrap_or(Amount::ZERO);
        LineInput {
            account: AccountChoice::Role(AccountRole::Sales),
            product: None,
            quantity: Decimal::ONE,
            unit_price: Decimal::new(price, 2),
            subtotal: None,
            discount: Amount::ZERO,
            taxes: vec![(AccountChoice::Role(AccountRole::SalesTax), tax)],
        }
    };
    let text = |i: usize| LineContent {
        name: Some(pick(i).0.to_owned()),
        ..LineContent::default()
    };
    InvoiceInput {
        rate: None,
        customer: customers.get(plan.ordinal % customers.len().max(1)).cloned(),
        currency: Currency::USD,
        number: NumberChoice::Counted,
        external_id: None,
        invoice_date: Some(date),
        due: Some(Due::On(date.saturating_add(30.days()))),
        sent_at: None,
        issue: false,
        lines: (0..places).map(line).collect(),
        discount: Amount::ZERO,
        taxes: vec![],
        tip: Amount::ZERO,
        content: InvoiceContent {
            title: Some(fixtures::TITLE.to_owned()),
            memo: Some("Thank you for working with us.".to_owned()),
            lines: (0..places).map(text).collect(),
            ..InvoiceContent::default()
        },
    }
}
