//! The aging of receivables: what is open, by customer and by how long it has been due.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Report, Section, Span, Value};
use crate::identity::CustomerKey;
use crate::money::Currency;

/// How long an open amount has been due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// Not yet, today, or without a due day.
    Current,
    /// One to thirty days.
    UpTo30,
    /// Thirty-one to sixty.
    UpTo60,
    /// Sixty-one to ninety.
    UpTo90,
    /// More than ninety.
    Over90,
}

impl Bucket {
    /// The bucket of what is due on a day, looked at on another. An invoice is due through the end of its due day.
    pub fn of(due_on: Option<Date>, as_of: Date) -> Bucket {
        let days = due_on.map_or(0, |due| due.duration_until(as_of).as_hours() / 24);
        match days {
            ..=0 => Bucket::Current,
            1..=30 => Bucket::UpTo30,
            31..=60 => Bucket::UpTo60,
            61..=90 => Bucket::UpTo90,
            91.. => Bucket::Over90,
        }
    }
}

/// What invoices of one customer and one due day are open for together. Several may be handed in for the same; they add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenItem {
    /// The customer; `None` for invoices without one.
    pub customer: Option<CustomerKey>,
    /// The due day; `None` for invoices without one.
    pub due_on: Option<Date>,
    /// Their currency, when it is not the book's.
    pub currency: Option<Currency>,
    /// Minor units of their currency.
    pub open: i64,
    /// Minor units of the book's.
    pub booked: i64,
    /// How many invoices.
    pub count: i64,
}

/// The buckets of one customer.
#[derive(Clone, Copy, Debug, Default)]
struct Aged {
    count: i64,
    buckets: [i128; 5],
}

/// The aging as of a day, in the book's currency. Customers stand in order of number, invoices without one first; a customer with
/// nothing open has no row. The total is the balance of the receivable account on that day. What is open in other currencies stands
/// below once more, in those and with what it is in the book's.
pub fn aging(as_of: Date, currency: Currency, items: impl IntoIterator<Item = OpenItem>) -> Report {
    let mut customers: BTreeMap<Option<CustomerKey>, Aged> = BTreeMap::new();
    let mut abroad: BTreeMap<(Currency, Option<CustomerKey>), (Aged, i128)> = BTreeMap::new();
    for item in items {
        if let Some(currency) = item.currency {
            let (aged, booked) = abroad.entry((currency, item.customer)).or_default();
            aged.count += item.count;
            aged.buckets[Bucket::of(item.due_on, as_of) as usize] += i128::from(item.open);
            *booked += i128::from(item.booked);
        }
        let aged = customers.entry(item.customer).or_default();
        aged.count += item.count;
        aged.buckets[Bucket::of(item.due_on, as_of) as usize] += i128::from(item.booked);
    }
    customers.retain(|_, aged| aged.count != 0 || aged.buckets != [0; 5]);
    let rows = customers.iter().map(|(customer, aged)| {
        let mut row = vec![Value::customer(*customer), Value::Count(aged.count)];
        row.extend(aged.buckets.map(Value::Money));
        row.push(Value::Money(aged.buckets.iter().sum()));
        row
    });
    let columns = &[
        "customer",
        "invoices",
        "current",
        "days_1_30",
        "days_31_60",
        "days_61_90",
        "over_90",
        "open",
    ];
    let mut section = Section::of("customers", columns, rows.collect()).with_total();
    if let Some(total) = &mut section.total {
        total[1] = Value::Count(customers.values().map(|aged| aged.count).sum());
    }
    let mut sections = vec![section];
    sections.extend(in_currencies(abroad));
    Report {
        name: "aging",
        span: Span::AsOf(as_of),
        of: Vec::new(),
        currency,
        sections,
    }
}

/// What is open in other currencies, by currency and customer; nothing where everything is in the book's.
fn in_currencies(mut abroad: BTreeMap<(Currency, Option<CustomerKey>), (Aged, i128)>) -> Option<Section> {
    abroad.retain(|_, (aged, booked)| aged.count != 0 || aged.buckets != [0; 5] || *booked != 0);
    let rows = abroad.iter().map(|((currency, customer), (aged, booked))| {
        let own = |minor| Value::Foreign(*currency, minor);
        let mut row = vec![
            Value::Currency(*currency),
            Value::customer(*customer),
            Value::Count(aged.count),
        ];
        row.extend(aged.buckets.map(own));
        row.extend([own(aged.buckets.iter().sum()), Value::Money(*booked)]);
        row
    });
    let columns = &[
        "currency",
        "customer",
        "invoices",
        "current",
        "days_1_30",
        "days_31_60",
        "days_61_90",
        "over_90",
        "open",
        "booked",
    ];
    let section = Section::of("currencies", columns, rows.collect()).with_total();
    (!section.rows.is_empty()).then_some(section)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;

    #[test]
    fn an_invoice_is_past_due_the_day_after_its_due_day() {
        let as_of = date(2026, 6, 30);
        let bucket = |days: i64| Bucket::of(Some(as_of.saturating_sub(days.days())), as_of);
        let edges = [-1, 0, 1, 30, 31, 60, 61, 90, 91, 4000].map(bucket);
        let [current, one, two, three, four] = [
            Bucket::Current,
            Bucket::UpTo30,
            Bucket::UpTo60,
            Bucket::UpTo90,
            Bucket::Over90,
        ];
        assert_eq!(edges, [current, current, one, one, two, two, three, three, four, four]);
        assert_eq!(Bucket::of(None, as_of), current);
    }

    #[test]
    fn items_add_up_by_customer_and_what_cancels_out_is_gone() {
        let as_of = date(2026, 6, 30);
        let item = |customer, due_on, open, count| OpenItem {
            customer: Some(CustomerKey(customer)),
            due_on,
            currency: None,
            open,
            booked: open,
            count,
        };
        let due = Some(date(2026, 6, 1));
        let report = aging(
            as_of,
            Currency::USD,
            [
                item(2, due, 500, 1),
                item(2, None, 100, 2),
                item(1, due, 300, 1),
                item(1, due, -300, -1),
                item(2, due, -200, 0),
            ],
        );
        let section = &report.sections[0];
        let money = |minors: [i128; 6]| minors.map(Value::Money).to_vec();
        let row = [
            vec![Value::Customer(CustomerKey(2)), Value::Count(3)],
            money([100, 300, 0, 0, 0, 400]),
        ]
        .concat();
        assert_eq!(section.rows, [row]);
        let total = [vec![Value::None, Value::Count(3)], money([100, 300, 0, 0, 0, 400])].concat();
        assert_eq!(section.total, Some(total));
        assert_eq!(report.sections.len(), 1);
    }

    #[test]
    fn what_is_in_other_currencies_stands_in_both() {
        let eur = Currency::parse("EUR");
        let item = |currency, open, booked| OpenItem {
            customer: Some(CustomerKey(1)),
            due_on: None,
            currency,
            open,
            booked,
            count: 1,
        };
        let items = [item(eur, 1_000, 1_100), item(None, 50, 50), item(eur, 500, 560)];
        let report = aging(date(2026, 6, 30), Currency::USD, items);
        assert_eq!(report.sections[0].rows[0][2], Value::Money(1_710));
        let row = &report.sections[1].rows[0];
        assert_eq!(row[0], Value::Currency(eur.unwrap()));
        assert_eq!(row[8..], [Value::Foreign(eur.unwrap(), 1_500), Value::Money(1_660)]);
    }
}
