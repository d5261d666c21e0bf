//! Lists of invoices as statements: conditions, order, page and count, each value bound.

mod days;
mod runs;
mod spans;
mod totals;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use quittance_accounting::identity::BookKey;
use quittance_accounting::invoice::Standing;

use crate::engine::said::Spelling;
use crate::field::{Cell, Field};
use crate::listing::{InvoiceFilter, InvoiceQuery, OrderBy};
use spans::Spans;

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

/// The order of a column, before that of the numbers: what has no value comes first in ascending order.
fn ordered(column: &str, may_be_empty: bool, descending: bool) -> String {
    match (may_be_empty, descending) {
        (false, true) => format!("{column} desc, "),
        (false, false) => format!("{column}, "),
        (true, true) => format!("{column} desc nulls last, "),
        (true, false) => format!("{column} nulls first, "),
    }
}

/// Adds a number to the arguments, and how a statement calls it.
pub(in crate::engine) fn bind(arguments: &mut Vec<Cell>, number: i64) -> String {
    arguments.push(Cell::Int(number));
    format!("?{}", arguments.len())
}

/// The end of a statement that hands out so many after passing over others.
pub(in crate::engine) fn part(arguments: &mut Vec<Cell>, limit: i64, offset: i64) -> String {
    let (limit, offset) = (bind(arguments, limit.max(0)), bind(arguments, offset.max(0)));
    format!("limit {limit} offset {offset}")
}

/// A statement with those of the arguments that it names, numbered anew: PostgreSQL wants to know the type of each.
pub(in crate::engine) fn with_its_own(sql: &str, arguments: &[Cell]) -> (String, Vec<Cell>) {
    let mut own: Vec<usize> = Vec::new();
    let mut pieces = sql.split('?');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(piece.len());
        let place = piece[..end].parse().unwrap_or_default();
        let known = own.iter().position(|known| *known == place);
        let number = known.unwrap_or_else(|| {
            own.push(place);
            own.len() - 1
        });
        // Writing into a text cannot fail.
        let _ = write!(text, "?{}{}", number + 1, &piece[end..]);
    }
    let argument = |place: &usize| arguments.get(place.wrapping_sub(1)).cloned().unwrap_or(Cell::Null);
    (text, own.iter().map(argument).collect())
}

/// What of an invoice is looked at.
const LOOKED_AT: &str = "key, number, customer, due_at, paid_at, total";

/// The standings of invoices of which something may be open.
const MAY_BE_OPEN: [Standing; 3] = [Standing::Open, Standing::PartPaid, Standing::PartWrittenOff];

/// How many days before and after the day of an instant in UTC may have been its day, or may not have ended by then, in some zone: one,
/// and one more for a zone that was changed.
const DAYS_AROUND: i64 = 2;

/// Between which instants the due instant of overdue invoices lies, where they stand in the arguments, and the days around them.
struct Due {
    from: Option<Edge>,
    to: Edge,
    /// Whether nothing but this, and standings that may be open, is asked for: what is kept by due day says how many there are.
    is_all: bool,
}

/// An instant in the arguments, with the last day that is over by then in every zone, and the first that has not begun in any.
struct Edge {
    at: String,
    over: String,
    to_come: String,
}

/// The conditions of a list of invoices, with their arguments.
pub(in crate::engine) struct List {
    /// All of them but the standings, whether money is on its way, and what they are looked at for.
    conditions: String,
    /// What those that are found are looked at for.
    looked_for: Option<String>,
    /// How many are looked at, or put in order, for a page at most.
    most: i64,
    /// Where the standings stand in the arguments, each once.
    standings: Option<Vec<String>>,
    /// Whether something is asked for that few invoices have.
    pinned: bool,
    /// Whether an index leads to the customers that are asked for.
    of_customers: bool,
    /// Whether those are asked for of which money is on its way, or those of which none is.
    pending: Option<bool>,
    /// Whether nothing but standings is asked for, and perhaps that they are not overdue, whether money is on its way or not.
    by_standing: bool,
    /// Whether the index of the standings is named: what else is asked for nearly all have, and the planner, who does not know that, would
    /// walk the whole book for a standing that nobody has. Only where the planner has no figures of its own.
    along_standings: bool,
    /// Whether those are asked for that are overdue, alone, or those that are not; and which these are.
    due: Option<(bool, Due)>,
    /// Which of the tallies by invoice date are of those that are found, or of more.
    dated: String,
    /// Whether these tallies say how many are found.
    by_day: bool,
    /// Between which numbers, dates and instants of sending they lie.
    spans: Spans,
    spelling: Spelling,
    arguments: Vec<Cell>,
}

impl List {
    pub(in crate::engine) fn new(book: BookKey, filter: &InvoiceFilter, spelling: Spelling) -> List {
        let found = filter.found_by();
        let by_standing = InvoiceFilter {
            standings: found.standings.clone(),
            overdue: found.overdue,
            or_standings: found.or_standings.clone(),
            look_at: found.look_at,
            ..InvoiceFilter::default()
        };
        let common = InvoiceFilter {
            pending: found.pending,
            sent: found.sent,
            ..by_standing.clone()
        };
        let is_common = found == common && !found.overdue.is_some_and(|(overdue, _)| overdue);
        let being_paid_or_not = InvoiceFilter {
            pending: None,
            ..found.clone()
        };
        let mut list = List {
            conditions: "book = ?1".to_owned(),
            looked_for: None,
            most: filter.most_looked_at(),
            standings: None,
            pinned: found.customer.is_some() || found.number.is_some() || found.external_id.is_some(),
            of_customers: found.customers.is_some(),
            pending: filter.pending,
            by_standing: being_paid_or_not == by_standing && !found.is_overdue_or_more(),
            along_standings: is_common && spelling == Spelling::Sqlite,
            due: None,
            dated: String::new(),
            by_day: filter.is_by_day_but_for_pending(),
            spans: Spans {
                keys: filter.keys,
                dates: filter.invoice_date,
                sent: filter.sent_at,
            },
            spelling,
            arguments: vec![Cell::Int(book.0)],
        };
        let any_due = InvoiceFilter {
            due_at: (None, None),
            ..being_paid_or_not
        };
        list.by_state(filter, &found, any_due == by_standing);
        list.by_naming(filter);
        list.by_date(filter);
        list.within("created_at", &filter.created_at);
        if let Some(sent) = filter.sent {
            list.and(if sent { "sent_at is not null" } else { "sent_at is null" });
        }
        list.look_for(filter, &found);
        list
    }

    /// The conditions on what became of invoices; `only` says that nothing else is asked for.
    fn by_state(&mut self, filter: &InvoiceFilter, found: &InvoiceFilter, only: bool) {
        let of_all = |standings: &Vec<Standing>| MAY_BE_OPEN.iter().all(|open| standings.contains(open));
        // Of what is overdue something is open, which the index of these knows; the standings that say no more are only in the rows.
        let is_told = |standings: &Vec<Standing>| found.is_overdue_alone() && of_all(standings);
        if let Some(standings) = filter.standings.as_ref().filter(|standings| !is_told(standings)) {
            let each: BTreeSet<Standing> = standings.iter().copied().collect();
            self.standings = Some(each.into_iter().map(|standing| self.bind(standing)).collect());
        }
        let Some((overdue, at)) = filter.overdue else {
            return self.within("due_at", &found.due_at);
        };
        let or: BTreeSet<Standing> = filter.or_standings.iter().copied().collect();
        if overdue && !or.is_empty() {
            let or: Vec<String> = or.into_iter().map(|standing| self.bind(standing)).collect();
            let (or, now) = (List::one_of("standing", &or), self.bind(at));
            self.and(&format!("(open > 0 and due_at <= {now} or {or})"));
            return self.within("due_at", &found.due_at);
        }
        let (from, to) = if overdue { found.due_at } else { (None, None) };
        let due = Due {
            from: from.map(|from| self.edge(from)),
            to: self.edge(to.map_or(at, |to| to.min(at))),
            is_all: only && filter.standings.as_ref().is_none_or(of_all),
        };
        match overdue {
            true => self.and(&due.conditions()),
            false => self.and(&format!("(open <= 0 or due_at is null or due_at > {})", due.to.at)),
        }
        self.due = Some((overdue, due));
    }

    /// An instant with the days around it.
    fn edge(&mut self, at: Timestamp) -> Edge {
        let day = at.to_zoned(TimeZone::UTC).date();
        let (over, to_come) = (day.checked_sub(DAYS_AROUND.days()), day.checked_add(DAYS_AROUND.days()));
        Edge {
            at: self.bind(at),
            over: self.bind(over.unwrap_or(Date::MIN)),
            to_come: self.bind(to_come.unwrap_or(Date::MAX)),
        }
    }

    /// The conditions on the tallies by invoice date.
    fn by_date(&mut self, filter: &InvoiceFilter) {
        let (from, to) = filter.invoice_date;
        // Behind the word stand the currency and the standing, from the seventh letter and from the eleventh.
        let mut dated = "book = ?1 and kind > 'dated ' and kind < 'dated!'".to_owned();
        if let Some(currency) = filter.currency {
            // Writing into a text cannot fail.
            let _ = write!(dated, " and substr(kind, 7, 3) = {}", self.bind(currency));
        }
        dated.push_str(&self.among("substr(kind, 11)"));
        for (comparison, day) in [(">=", from), ("<=", to)] {
            if let Some(day) = day {
                let day = self.bind(day);
                let _ = write!(dated, " and key {comparison} {day}");
            }
        }
        self.dated = dated;
    }

    /// The conditions that name invoices, or whose they are.
    fn by_naming(&mut self, filter: &InvoiceFilter) {
        if let Some(customer) = filter.customer {
            let customer = self.bind(customer);
            self.and(&format!("customer = {customer}"));
        }
        if let Some(customers) = &filter.customers {
            let places: Vec<String> = customers.iter().map(|customer| self.bind(*customer)).collect();
            self.and(&List::one_of("customer", &places));
        }
        if let Some(currency) = filter.currency {
            let currency = self.bind(currency);
            self.and(&format!("currency = {currency}"));
        }
        if let Some(number) = &filter.number {
            // The register has an index by number, invoices have none: who has a number stands there.
            let number = self.bind(number.clone());
            self.and(&format!(
                "key = (select document_number from number_use where book = ?1 and document_kind = 'invoice' and number = {number}) and number = {number}"
            ));
        }
        if let Some(external_id) = &filter.external_id {
            let external_id = self.bind(external_id.clone());
            self.and(&format!("external_id = {external_id}"));
        }
    }

    /// What those that are found are looked at for: the rest of the filter.
    fn look_for(&mut self, filter: &InvoiceFilter, found: &InvoiceFilter) {
        let found_so_far = std::mem::take(&mut self.conditions);
        self.conditions.push_str("1 = 1");
        if found.due_at != filter.due_at {
            self.within("due_at", &filter.due_at);
        }
        self.within("total", &filter.total);
        if filter.paid_on != (None, None) {
            self.and("paid_at is not null");
            self.within(LAST_PAID, &filter.paid_on);
        }
        let spelling = self.spelling;
        for condition in &filter.texts {
            let condition = spelling.condition(condition, |text| self.bind(text));
            self.and(&condition);
        }
        let looked_for = std::mem::replace(&mut self.conditions, found_so_far);
        self.looked_for = filter.is_looked_for().then_some(looked_for);
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

    /// The condition on money that is on its way.
    fn being_paid(&self) -> &'static str {
        match self.pending {
            Some(true) => " and pending > 0",
            Some(false) => " and pending <= 0",
            None => "",
        }
    }

    /// The index of those of which money is on its way, where those are asked for: there are few of them, whatever else they are. Only
    /// where the planner has no figures of its own.
    fn along_being_paid(&self) -> Option<&'static str> {
        let is_named = self.pending == Some(true) && !self.pinned && self.spelling == Spelling::Sqlite;
        is_named.then_some(" indexed by invoice_being_paid")
    }

    /// All conditions but those on spans.
    fn all_but_spans(&self) -> String {
        self.with_standings() + self.being_paid()
    }

    /// All conditions but those on spans, and but whether money is on its way.
    fn with_standings(&self) -> String {
        match &self.standings {
            Some(standings) => format!("{} and {}", self.conditions, List::one_of("standing", standings)),
            None => self.conditions.clone(),
        }
    }

    /// All conditions, with the arguments that they name.
    fn all(&self) -> (String, Vec<Cell>) {
        let mut arguments = self.arguments.clone();
        let spans = self.spans.conditions(&mut arguments);
        (self.all_but_spans() + &spans, arguments)
    }

    /// Asks whether a page of some standings, or of overdue ones, in an order that has an index, is found sooner by walking that index than
    /// by sorting all of these: a page is full after so many steps as they are rare, and the kept tallies know how rare. Only where the
    /// planner has no figures of its own, or where the way is one that it does not know.
    pub(in crate::engine) fn is_crowded(&self, query: &InvoiceQuery) -> Option<(String, Vec<Cell>)> {
        let in_order = matches!(query.order, OrderBy::InvoiceDate | OrderBy::SentAt);
        let ordered = in_order && self.spelling == Spelling::Sqlite;
        if self.pinned || self.pending == Some(true) || !(ordered || self.may_run_by_date(query)) {
            return None;
        }
        let own = match (self.overdue(), &self.standings) {
            (Some(due), _) if ordered => format!(
                "(select coalesce(sum(count), 0) from tally where {})",
                due.of_tallies(false)
            ),
            (_, Some(several)) if !several.is_empty() => format!(
                "(select coalesce(sum(count), 0) from tally where book = ?1 and kind = 'standing'{})",
                self.among("key")
            ),
            (_, Some(_) | None) => return None,
        };
        let mut arguments = self.arguments.clone();
        arguments.push(Cell::Int(query.limit.max(0)));
        let sql = format!(
            "select case when own * own > whole * places then 1 else 0 end from (select {own} as own, \
             (select coalesce(sum(count), 0) from tally where book = ?1 and kind = 'standing') as whole, \
             cast(?{} as bigint) as places) as counted",
            arguments.len(),
        );
        Some(with_its_own(&sql, &arguments))
    }

    /// The statement that says whether more are found than are looked at, or put in order, for a page, with its arguments.
    pub(in crate::engine) fn is_more(&self) -> (String, Vec<Cell>) {
        let (all, mut arguments) = self.all();
        arguments.push(Cell::Int(self.most));
        let most = arguments.len();
        let sql = match self.tallied().filter(|_| self.pending.is_none()) {
            Some(tallied) => format!("select 1 where ({tallied}) > ?{most}"),
            // Of as many as that, the next one.
            None => {
                let along = self.along_being_paid().unwrap_or_default();
                format!("select 1 from invoice{along} where {all} limit 1 offset ?{most}")
            }
        };
        with_its_own(&sql, &arguments)
    }

    /// Where overdue ones alone are asked for: when they are due.
    fn overdue(&self) -> Option<&Due> {
        self.due.as_ref().filter(|(overdue, _)| *overdue).map(|(_, due)| due)
    }

    /// Whether overdue ones are asked for, and little else: few of those due are not meant.
    fn is_sorted_by_due(&self) -> bool {
        let only = self.looked_for.is_none() && !self.pinned && !self.of_customers && self.pending != Some(true);
        only && self.overdue().is_some()
    }

    /// The condition that a column is one of the standings that are asked for.
    fn among(&self, column: &str) -> String {
        match &self.standings {
            None => String::new(),
            Some(standings) => format!(" and {}", List::one_of(column, standings)),
        }
    }

    /// Whether those that are found are looked at for more.
    pub(in crate::engine) fn is_looked_for(&self) -> bool {
        self.looked_for.is_some()
    }

    /// The statement of a page, with its arguments. What comes without a value comes first in ascending order.
    ///
    /// Where it is said whether the list is `crowded`, the index is named: see [`List::is_crowded`].
    ///
    /// Where they are looked at, those that are found come in their order, and no more of them than may be; the engines hand on what a
    /// condition leaves of them in that order, so that a page ends where it is full.
    pub(in crate::engine) fn page(&self, query: &InvoiceQuery, crowded: Option<bool>) -> (String, Vec<Cell>) {
        if let Some(days) = self.runs(query, crowded) {
            return self.merged(&days, query);
        }
        let columns = if self.is_looked_for() { LOOKED_AT } else { "key" };
        let (found, mut arguments) = self.found(query, crowded, columns);
        let page = part(&mut arguments, query.limit, query.offset);
        let sql = match &self.looked_for {
            None => format!("{found} {page}"),
            Some(conditions) => {
                let most = bind(&mut arguments, self.most);
                format!("select key from ({found} limit {most}) as invoice where {conditions} {page}")
            }
        };
        with_its_own(&sql, &arguments)
    }

    /// The statement of the last invoice that is looked at for a page and of the one behind it, with its arguments.
    pub(in crate::engine) fn looked_up_to(&self, query: &InvoiceQuery, crowded: Option<bool>) -> (String, Vec<Cell>) {
        let (found, mut arguments) = self.found(query, crowded, "key");
        arguments.push(Cell::Int(self.most - 1));
        let sql = format!("{found} limit 2 offset ?{}", arguments.len());
        with_its_own(&sql, &arguments)
    }

    /// The statement of all that are found behind a place, in order, with its arguments.
    ///
    /// Several standings in order of creation are read from the index of each and merged: one search would either walk the whole
    /// book or sort all that match.
    fn found(&self, query: &InvoiceQuery, crowded: Option<bool>, columns: &str) -> (String, Vec<Cell>) {
        let direction = if query.descending { " desc" } else { "" };
        let column = order_column(query.order, self.spelling);
        let mut arguments = self.arguments.clone();
        let by = column.as_ref().map(|(column, _)| column.as_str());
        let beyond = self.spans.beyond(by, query, &mut arguments);
        let along = match crowded {
            _ if self.along_being_paid().is_some() => self.along_being_paid().unwrap_or_default(),
            None if column.is_none() && self.along_standings && self.standings.iter().any(|all| !all.is_empty()) => {
                " indexed by invoice_by_standing"
            }
            // Too far behind to be merged.
            None if self.spelling == Spelling::Sqlite && column.is_none() && self.is_sorted_by_due() => {
                " indexed by invoice_open_by_due"
            }
            None if self.spelling == Spelling::Sqlite && self.standings.is_none() && self.may_run_by_date(query) => {
                " indexed by invoice_by_date"
            }
            None => "",
            Some(_) if self.spelling == Spelling::Postgres => "",
            Some(false) if self.overdue().is_some() => " indexed by invoice_open_by_due",
            Some(false) => " indexed by invoice_by_standing",
            Some(true) if query.order == OrderBy::SentAt => " indexed by invoice_by_sending",
            Some(true) => " indexed by invoice_by_date",
        };
        let sql = match (column, &self.standings) {
            (None, Some(standings)) if standings.len() > 1 && !self.pinned && self.pending != Some(true) => {
                let (own, being_paid) = (&self.conditions, self.being_paid());
                let one = |standing| {
                    format!(
                        "select {columns} from invoice{along} where {own} and standing = {standing}{being_paid}{beyond}"
                    )
                };
                let each: Vec<String> = standings.iter().map(one).collect();
                format!("{} order by key{direction}", each.join(" union all "))
            }
            (column, _) => {
                let by = column.map_or(String::new(), |(column, may_be_empty)| {
                    ordered(&column, may_be_empty, query.descending)
                });
                format!(
                    "select {columns} from invoice{along} where {}{beyond} order by {by}key{direction}",
                    self.all_but_spans()
                )
            }
        };
        (sql, arguments)
    }
}
