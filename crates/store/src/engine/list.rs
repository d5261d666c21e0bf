//! Lists of invoices as statements: conditions, order, page and count, each value bound.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use quittance_accounting::identity::BookKey;
use quittance_accounting::invoice::Standing;

use crate::engine::said::Spelling;
use crate::field::{Cell, Field};
use crate::listing::{InvoiceFilter, InvoicePlace, InvoiceQuery, OrderBy, PlaceValue};

/// The column a list is in order of, and whether it may hold nothing; creation needs none but the key.
fn order_column(order: OrderBy, spelling: Spelling) -> Option<(String, bool)> {
    let (column, may_be_empty) = match order {
        OrderBy::Created => return None,
        OrderBy::InvoiceDate => ("invoice_date", false),
        OrderBy::DueAt => ("due_at", true),
        OrderBy::SentAt => ("sent_at", true),
        OrderBy::UpdatedAt => ("updated_at", false),
        OrderBy::Open => ("open", false),
        OrderBy::Total => ("total", false),
        OrderBy::CustomerName => return Some((spelling.customer_name(), true)),
    };
    Some((column.to_owned(), may_be_empty))
}

/// The day on which the invoice at hand was settled last: by money on the day it came, by credit on the day it was applied.
const LAST_PAID: &str = "(select max(case p.witness when 'credit' then e.date else p.paid_on end) from allocation a \
                         join payment p on p.book = a.book and p.key = a.payment \
                         join entry e on e.book = a.book and e.key = a.entry \
                         where a.book = ?1 and a.invoice = invoice.key)";

/// The condition that an invoice lies beyond a place, on its side of those without a value: see [`InvoiceQuery::other_side`].
fn beyond(column: Option<&str>, descending: bool, place: &InvoicePlace, arguments: &mut Vec<Cell>) -> String {
    let mut bind = |cell: Cell| {
        arguments.push(cell);
        format!("?{}", arguments.len())
    };
    let key = bind(place.key.cell());
    let later = if descending { "<" } else { ">" };
    let Some(column) = column else {
        return format!("key {later} {key}");
    };
    let value = match &place.value {
        PlaceValue::Nothing => return format!("{column} is null and key {later} {key}"),
        PlaceValue::At(at) => bind(at.cell()),
        PlaceValue::On(day) => bind(day.cell()),
        PlaceValue::Minor(minor) => bind(minor.cell()),
        PlaceValue::Name(name) => bind(name.cell()),
    };
    format!("{column} {later}= {value} and ({column} {later} {value} or key {later} {key})")
}

/// The order of a column, before that of the numbers: what has no value comes first in ascending order.
fn ordered(column: &str, may_be_empty: bool, descending: bool) -> String {
    match (may_be_empty, descending) {
        (false, true) => format!("{column} desc, "),
        (false, false) => format!("{column}, "),
        (true, true) => format!("{column} desc nulls last, "),
        (true, false) => format!("{column} nulls first, "),
    }
}

/// The conditions of a list of invoices, with their arguments.
pub(in crate::engine) struct List {
    /// All of them but the standings.
    conditions: String,
    /// Where the standings stand in the arguments, each once.
    standings: Option<Vec<String>>,
    /// Whether something is asked for that few invoices have.
    pinned: bool,
    /// Whether nothing but standings is asked for, and perhaps that they are not overdue.
    by_standing: bool,
    /// Whether the index of the standings is named: what else is asked for nearly all have, and the planner, who does not know that, would
    /// walk the whole book for a standing that nobody has. Only where the planner has no figures of its own.
    along_standings: bool,
    /// Where the instant stands in the arguments at which they are not overdue.
    not_overdue: Option<String>,
    spelling: Spelling,
    arguments: Vec<Cell>,
}

impl List {
    pub(in crate::engine) fn new(book: BookKey, filter: &InvoiceFilter, spelling: Spelling) -> List {
        let by_standing = InvoiceFilter {
            standings: filter.standings.clone(),
            overdue: filter.overdue.filter(|(overdue, _)| !overdue),
            ..InvoiceFilter::default()
        };
        let common = InvoiceFilter {
            pending: filter.pending,
            sent: filter.sent,
            ..by_standing.clone()
        };
        let mut list = List {
            conditions: "book = ?1".to_owned(),
            standings: None,
            pinned: filter.customer.is_some() || filter.number.is_some() || filter.external_id.is_some(),
            by_standing: *filter == by_standing,
            along_standings: *filter == common && spelling == Spelling::Sqlite,
            not_overdue: None,
            spelling,
            arguments: vec![Cell::Int(book.0)],
        };
        if let Some(standings) = &filter.standings {
            let each: BTreeSet<Standing> = standings.iter().copied().collect();
            list.standings = Some(each.into_iter().map(|standing| list.bind(standing)).collect());
        }
        if let Some((overdue, now)) = filter.overdue {
            let now = list.bind(now);
            list.not_overdue = (!overdue).then(|| now.clone());
            list.and(&match overdue {
                true => format!("open > 0 and due_at <= {now}"),
                false => format!("(open <= 0 or due_at is null or due_at > {now})"),
            });
        }
        if let Some(customer) = filter.customer {
            let customer = list.bind(customer);
            list.and(&format!("customer = {customer}"));
        }
        if let Some(currency) = filter.currency {
            let currency = list.bind(currency);
            list.and(&format!("currency = {currency}"));
        }
        if let Some(number) = &filter.number {
            // The register has an index by number, invoices have none: who has a number stands there.
            let number = list.bind(number.clone());
            list.and(&format!(
                "key = (select document_number from number_use where book = ?1 and document_kind = 'invoice' and number = {number}) and number = {number}"
            ));
        }
        if let Some(external_id) = &filter.external_id {
            let external_id = list.bind(external_id.clone());
            list.and(&format!("external_id = {external_id}"));
        }
        list.within("invoice_date", &filter.invoice_date);
        list.within("due_at", &filter.due_at);
        list.within("created_at", &filter.created_at);
        list.within("sent_at", &filter.sent_at);
        if let Some(sent) = filter.sent {
            list.and(if sent { "sent_at is not null" } else { "sent_at is null" });
        }
        if let Some(pending) = filter.pending {
            list.and(if pending { "pending > 0" } else { "pending <= 0" });
        }
        list.within("total", &filter.total);
        if let Some(customers) = &filter.customers {
            let places: Vec<String> = customers.iter().map(|customer| list.bind(*customer)).collect();
            list.and(&List::one_of("customer", &places));
        }
        if filter.paid_on != (None, None) {
            list.and("paid_at is not null");
            list.within(LAST_PAID, &filter.paid_on);
        }
        for condition in &filter.texts {
            let condition = spelling.condition(condition, |text| list.bind(text));
            list.and(&condition);
        }
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

    fn within<T: Field + Clone>(&mut self, column: &str, (from, to): &(Option<T>, Option<T>)) {
        if let Some(from) = from {
            let from = self.bind(from.clone());
            self.and(&format!("{column} >= {from}"));
        }
        if let Some(to) = to {
            let to = self.bind(to.clone());
            self.and(&format!("{column} <= {to}"));
        }
    }

    /// The condition that a column is one of several; of none, nothing is.
    fn one_of(column: &str, several: &[String]) -> String {
        match several {
            [] => "1 = 0".to_owned(),
            _ => format!("{column} in ({})", several.join(", ")),
        }
    }

    /// All conditions, those on standings included.
    fn all(&self) -> String {
        match &self.standings {
            Some(standings) => format!("{} and {}", self.conditions, List::one_of("standing", standings)),
            None => self.conditions.clone(),
        }
    }

    /// Asks whether a page of some standings, in an order that has an index, is found sooner by walking that index than by sorting all of
    /// these standings: a page is full after so many steps as the standings are rare, and the kept tallies know how rare. Only where the
    /// planner has no figures of its own.
    pub(in crate::engine) fn is_crowded(&self, query: &InvoiceQuery) -> Option<(String, Vec<Cell>)> {
        let ordered = matches!(query.order, OrderBy::InvoiceDate | OrderBy::SentAt);
        let standings = self.standings.as_ref();
        let standings = standings.filter(|several| ordered && !self.pinned && !several.is_empty())?;
        let mut arguments = self.arguments.clone();
        arguments.push(Cell::Int(query.limit.max(0)));
        let sql = format!(
            "select own * own > whole * ?{} from (select coalesce(sum(case when {} then count end), 0) as own, \
             coalesce(sum(count), 0) as whole from tally where book = ?1 and kind = 'standing') as standings",
            arguments.len(),
            List::one_of("key", standings)
        );
        Some((sql, arguments))
    }

    /// The statement of a page, with its arguments. What comes without a value comes first in ascending order.
    ///
    /// Several standings in order of creation are read from the index of each and merged: one search would either walk the whole
    /// book or sort all that match.
    ///
    /// Where it is said whether the list is `crowded`, the index is named: see [`List::is_crowded`].
    pub(in crate::engine) fn page(&self, query: &InvoiceQuery, crowded: Option<bool>) -> (String, Vec<Cell>) {
        let direction = if query.descending { " desc" } else { "" };
        let column = order_column(query.order, self.spelling);
        let mut arguments = self.arguments.clone();
        let beyond = query.after.as_ref().map_or(String::new(), |place| {
            let column = column.as_ref().map(|(column, _)| column.as_str());
            format!(" and {}", beyond(column, query.descending, place, &mut arguments))
        });
        arguments.extend([Cell::Int(query.limit.max(0)), Cell::Int(query.offset.max(0))]);
        let page = format!("limit ?{} offset ?{}", arguments.len() - 1, arguments.len());
        let along = match crowded {
            None if column.is_none() && self.along_standings && self.standings.iter().any(|all| !all.is_empty()) => {
                " indexed by invoice_by_standing"
            }
            None => "",
            Some(false) => " indexed by invoice_by_standing",
            Some(true) if query.order == OrderBy::SentAt => " indexed by invoice_by_sending",
            Some(true) => " indexed by invoice_by_date",
        };
        let sql = match (column, &self.standings) {
            (None, Some(standings)) if standings.len() > 1 && !self.pinned => {
                let one = |standing| {
                    format!(
                        "select key from invoice{along} where {} and standing = {standing}{beyond}",
                        self.conditions
                    )
                };
                let each: Vec<String> = standings.iter().map(one).collect();
                format!("{} order by key{direction} {page}", each.join(" union all "))
            }
            (column, _) => {
                let by = column.map_or(String::new(), |(column, may_be_empty)| {
                    ordered(&column, may_be_empty, query.descending)
                });
                format!(
                    "select key from invoice{along} where {}{beyond} order by {by}key{direction} {page}",
                    self.all()
                )
            }
        };
        (sql, arguments)
    }

    /// The statement that says how many match, with its arguments: from the kept tallies when only standings are asked for. Those that
    /// are overdue are counted along their own index and taken off, because all that are not would be all the others.
    pub(in crate::engine) fn total(&self) -> (String, &[Cell]) {
        if !self.by_standing {
            let sql = format!("select count(*) from invoice where {}", self.all());
            return (sql, &self.arguments);
        }
        let among = |column: &str| match &self.standings {
            None => String::new(),
            Some(standings) => format!(" and {}", List::one_of(column, standings)),
        };
        let overdue = self.not_overdue.as_ref().map_or(String::new(), |now| {
            format!(
                " - (select count(*) from invoice where book = ?1 and open > 0 and due_at <= {now}{})",
                among("standing")
            )
        });
        let sql = format!(
            "select cast(coalesce(sum(count), 0) as bigint){overdue} from tally where book = ?1 and kind = 'standing'{}",
            among("key")
        );
        (sql, &self.arguments)
    }
}
