//! Lists of payments as statements: conditions, order, page and count, each value bound.

use std::fmt::Write as _;

use quittance_accounting::identity::BookKey;

use crate::field::{Cell, Field};
use crate::listing::{PaymentOrder, PaymentQuery};

/// The statement of a page and that of the count, with the arguments of both.
pub(in crate::engine) struct PaymentList {
    conditions: String,
    order: &'static str,
    arguments: Vec<Cell>,
}

impl PaymentList {
    pub(in crate::engine) fn new(book: BookKey, query: &PaymentQuery) -> PaymentList {
        let filter = &query.filter;
        let mut list = PaymentList {
            // The credit of a credit note is no payment.
            conditions: match filter.credits {
                true => "book = ?1 and witness = 'credit'".to_owned(),
                false => "book = ?1 and witness <> 'credit'".to_owned(),
            },
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
            list.with("customer =", customer);
        }
        if let Some(invoice) = filter.invoice {
            let invoice = list.bind(invoice);
            list.and(&format!(
                "key in (select payment from allocation where book = ?1 and invoice = {invoice} \
                 union select payment from former_allocation where book = ?1 and invoice = {invoice})"
            ));
        }
        if let Some(external_id) = &filter.external_id {
            list.with("external_id =", external_id.clone());
        }
        if let Some(method) = filter.method {
            list.with("method =", method);
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
        list
    }

    fn bind(&mut self, value: impl Field) -> String {
        self.arguments.push(value.cell());
        format!("?{}", self.arguments.len())
    }

    fn and(&mut self, condition: &str) {
        // Writing into a text cannot fail.
        let _ = write!(self.conditions, " and {condition}");
    }

    fn with(&mut self, comparison: &str, value: impl Field) {
        let value = self.bind(value);
        self.and(&format!("{comparison} {value}"));
    }

    fn within<T: Field + Clone>(&mut self, column: &str, (from, to): &(Option<T>, Option<T>)) {
        if let Some(from) = from {
            self.with(&format!("{column} >="), from.clone());
        }
        if let Some(to) = to {
            self.with(&format!("{column} <="), to.clone());
        }
    }

    pub(in crate::engine) fn page(&self, query: &PaymentQuery) -> (String, Vec<Cell>) {
        let mut arguments = self.arguments.clone();
        let next = arguments.len() + 1;
        arguments.extend([query.limit.max(0).cell(), query.offset.max(0).cell()]);
        let sql = format!(
            "select key from payment where {} order by {} limit ?{next} offset ?{}",
            self.conditions,
            self.order,
            next + 1
        );
        (sql, arguments)
    }

    pub(in crate::engine) fn total(&self) -> (String, &[Cell]) {
        let sql = format!("select count(*) from payment where {}", self.conditions);
        (sql, &self.arguments)
    }
}
