//! Lists of payments as statements: conditions, order, page and count, each value bound.

use std::fmt::Write as _;

use quittance_accounting::identity::BookKey;

use super::list::{bind, part, with_its_own};
use crate::field::{Cell, Field};
use crate::listing::{PaymentOrder, PaymentQuery};

/// The statement of a page and that of the count, with the arguments of both.
pub(in crate::engine) struct PaymentList {
    /// What payments are found by.
    found: String,
    /// What those that are found are looked at for.
    looked_for: String,
    /// Where a page begins.
    beyond: String,
    order: &'static str,
    arguments: Vec<Cell>,
}

/// What of a payment is looked at.
const LOOKED_AT: &str = "key, method, voided_on, paid_on, paid_at, updated_at";

impl PaymentList {
    pub(in crate::engine) fn new(book: BookKey, query: &PaymentQuery) -> PaymentList {
        let filter = &query.filter;
        let mut list = PaymentList {
            // The credit of a credit note is no payment.
            found: match filter.credits {
                true => "book = ?1 and witness = 'credit'".to_owned(),
                false => "book = ?1 and witness <> 'credit'".to_owned(),
            },
            looked_for: String::new(),
            beyond: String::new(),
            order: match (query.order, query.descending) {
                (PaymentOrder::Created, false) => "key",
                (PaymentOrder::Created, true) => "key desc",
                (PaymentOrder::PaidAt, false) => "paid_at, key",
                (PaymentOrder::PaidAt, true) => "paid_at desc, key desc",
                (PaymentOrder::UpdatedAt, false) => "updated_at, key",
                (PaymentOrder::UpdatedAt, true) => "updated_at desc, key desc",
            },
            arguments: vec![Cell::Int(book.0)],
        };
        if let Some(customer) = filter.customer {
            let customer = list.bind(customer);
            list.find(&format!("customer = {customer}"));
        }
        if let Some(invoice) = filter.invoice {
            let invoice = list.bind(invoice);
            list.find(&format!(
                "key in (select payment from allocation where book = ?1 and invoice = {invoice} \
                 union select payment from former_allocation where book = ?1 and invoice = {invoice})"
            ));
        }
        if let Some(external_id) = &filter.external_id {
            let external_id = list.bind(external_id.clone());
            list.find(&format!("external_id = {external_id}"));
        }
        if let Some(method) = filter.method {
            let method = list.bind(method);
            list.and(&format!("method = {method}"));
        }
        if let Some(voided) = filter.voided {
            list.and(if voided {
                "voided_on is not null"
            } else {
                "voided_on is null"
            });
        }
        list.within("paid_on", &filter.paid_on);
        list.within("paid_at", &filter.paid_at);
        list.within("updated_at", &filter.updated_at);
        if let Some(after) = query.after.filter(|_| query.order == PaymentOrder::Created) {
            let later = if query.descending { "<" } else { ">" };
            list.beyond = format!(" and key {later} {}", list.bind(after));
        }
        list
    }

    fn bind(&mut self, value: impl Field) -> String {
        self.arguments.push(value.cell());
        format!("?{}", self.arguments.len())
    }

    fn find(&mut self, condition: &str) {
        // Writing into a text cannot fail.
        let _ = write!(self.found, " and {condition}");
    }

    fn and(&mut self, condition: &str) {
        let _ = write!(self.looked_for, " and {condition}");
    }

    fn within<T: Field + Clone>(&mut self, column: &str, (from, to): &(Option<T>, Option<T>)) {
        for (comparison, end) in [(">=", from), ("<=", to)] {
            if let Some(end) = end {
                let end = self.bind(end.clone());
                self.and(&format!("{column} {comparison} {end}"));
            }
        }
    }

    /// The statement of a page, with its arguments. Where no more than so many are looked at, they come in order of creation, the engines
    /// hand on what a condition leaves of them in that order, and the page ends where it is full.
    pub(in crate::engine) fn page(&self, query: &PaymentQuery) -> (String, Vec<Cell>) {
        let PaymentList {
            found,
            looked_for,
            beyond,
            order,
            ..
        } = self;
        let mut arguments = self.arguments.clone();
        let page = part(&mut arguments, query.limit, query.offset);
        let sql = match query.most_looked_at() {
            None => format!("select key from payment where {found}{looked_for}{beyond} order by {order} {page}"),
            Some(most) => format!(
                "select key from (select {LOOKED_AT} from payment where {found}{beyond} order by {order} limit {}) as payment \
                 where 1 = 1{looked_for} {page}",
                bind(&mut arguments, most)
            ),
        };
        with_its_own(&sql, &arguments)
    }

    /// The statement of the last payment that is looked at for a page and of the one behind it, with its arguments; none where as many are
    /// looked at as it takes.
    pub(in crate::engine) fn looked_up_to(&self, query: &PaymentQuery) -> Option<(String, Vec<Cell>)> {
        let most = query.most_looked_at()?;
        let (found, beyond, order) = (&self.found, &self.beyond, self.order);
        let mut arguments = self.arguments.clone();
        arguments.push(Cell::Int(most - 1));
        let sql = format!(
            "select key from payment where {found}{beyond} order by {order} limit 2 offset ?{}",
            arguments.len()
        );
        Some(with_its_own(&sql, &arguments))
    }

    /// The statement that says how many match, with its arguments.
    pub(in crate::engine) fn total(&self) -> (String, Vec<Cell>) {
        let sql = format!("select count(*) from payment where {}{}", self.found, self.looked_for);
        with_its_own(&sql, &self.arguments)
    }
}
