//! Lists of invoices as statements: conditions, order, page and count, each value bound.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
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
    // As one value, of which an index finds the beginning: with a condition for each, all that have the same value would be passed.
    format!("({column}, key) {later} ({value}, {key})")
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

/// A statement with those of the arguments that it names, numbered anew: PostgreSQL wants to know the type of each.
fn with_its_own(sql: &str, arguments: &[Cell]) -> (String, Vec<Cell>) {
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

/// How many days before today are counted one by one: in every zone the days before those are over.
const DAYS_AROUND: i64 = 2;

/// The conditions of a list of invoices, with their arguments.
pub(in crate::engine) struct List {
    /// All of them but the standings, and but what they are looked at for.
    conditions: String,
    /// What those that are found are looked at for.
    looked_for: Option<String>,
    /// How many are looked at, or put in order, for a page at most.
    most: i64,
    /// Where the standings stand in the arguments, each once.
    standings: Option<Vec<String>>,
    /// Whether something is asked for that few invoices have.
    pinned: bool,
    /// Whether nothing but standings is asked for, and perhaps that they are not overdue.
    by_standing: bool,
    /// Whether the index of the standings is named: what else is asked for nearly all have, and the planner, who does not know that, would
    /// walk the whole book for a standing that nobody has. Only where the planner has no figures of its own.
    along_standings: bool,
    /// Where the instant stands in the arguments at which they are overdue or not.
    overdue: Option<(bool, String)>,
    /// What of the tallies says how many are overdue, where all of them are meant: the conditions of those that are not tallied yet.
    tallied_due: Option<(String, String)>,
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
        let mut list = List {
            conditions: "book = ?1".to_owned(),
            looked_for: None,
            most: filter.most_looked_at(),
            standings: None,
            pinned: found.customer.is_some() || found.number.is_some() || found.external_id.is_some(),
            by_standing: found == by_standing,
            along_standings: is_common && spelling == Spelling::Sqlite,
            overdue: None,
            tallied_due: None,
            spelling,
            arguments: vec![Cell::Int(book.0)],
        };
        list.by_state(filter);
        list.by_naming(filter);
        list.within("invoice_date", &filter.invoice_date);
        list.within("due_at", &found.due_at);
        list.within("created_at", &filter.created_at);
        list.within("sent_at", &filter.sent_at);
        list.within("key", &filter.keys);
        if let Some(sent) = filter.sent {
            list.and(if sent { "sent_at is not null" } else { "sent_at is null" });
        }
        if let Some(pending) = filter.pending {
            list.and(if pending { "pending > 0" } else { "pending <= 0" });
        }
        list.look_for(filter, &found);
        list
    }

    /// The conditions on what became of invoices.
    fn by_state(&mut self, filter: &InvoiceFilter) {
        if let Some(standings) = &filter.standings {
            let each: BTreeSet<Standing> = standings.iter().copied().collect();
            self.standings = Some(each.into_iter().map(|standing| self.bind(standing)).collect());
        }
        let Some((overdue, at)) = filter.overdue else {
            return;
        };
        let now = self.bind(at);
        let or: BTreeSet<Standing> = filter.or_standings.iter().copied().collect();
        let or: Vec<String> = or.into_iter().map(|standing| self.bind(standing)).collect();
        self.and(&match (overdue, or.as_slice()) {
            (true, []) => format!("open > 0 and due_at <= {now}"),
            (true, or) => format!("(open > 0 and due_at <= {now} or {})", List::one_of("standing", or)),
            (false, _) => format!("(open <= 0 or due_at is null or due_at > {now})"),
        });
        self.overdue = Some((overdue, now));
        let of_all = |standings: &Vec<Standing>| MAY_BE_OPEN.iter().all(|open| standings.contains(open));
        if self.by_standing && or.is_empty() && filter.standings.as_ref().is_none_or(of_all) {
            let (day, from) = (at.to_zoned(TimeZone::UTC).date(), at);
            let day = day.checked_sub(DAYS_AROUND.days()).unwrap_or(Date::MIN);
            let from = from
                .checked_sub(((DAYS_AROUND + 2) * 24).hours())
                .unwrap_or(Timestamp::MIN);
            self.tallied_due = Some((self.bind(day), self.bind(from)));
        }
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
        Some(with_its_own(&sql, &arguments))
    }

    /// The statement that says whether more are found than are looked at, or put in order, for a page, with its arguments.
    pub(in crate::engine) fn is_more(&self) -> (String, Vec<Cell>) {
        let mut arguments = self.arguments.clone();
        arguments.push(Cell::Int(self.most));
        // Of as many as that, the next one.
        let sql = format!(
            "select 1 from invoice where {} limit 1 offset ?{}",
            self.all(),
            arguments.len()
        );
        with_its_own(&sql, &arguments)
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
        let columns = if self.is_looked_for() { LOOKED_AT } else { "key" };
        let (found, mut arguments) = self.found(query, crowded, columns);
        let mut bind = |number: i64| {
            arguments.push(Cell::Int(number));
            format!("?{}", arguments.len())
        };
        let page = format!(
            "limit {} offset {}",
            bind(query.limit.max(0)),
            bind(query.offset.max(0))
        );
        let sql = match &self.looked_for {
            None => format!("{found} {page}"),
            Some(conditions) => {
                let most = bind(self.most);
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
        let beyond = query.after.as_ref().map_or(String::new(), |place| {
            let column = column.as_ref().map(|(column, _)| column.as_str());
            format!(" and {}", beyond(column, query.descending, place, &mut arguments))
        });
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
                        "select {columns} from invoice{along} where {} and standing = {standing}{beyond}",
                        self.conditions
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
                    self.all()
                )
            }
        };
        (sql, arguments)
    }

    /// The statement that says how many match, with its arguments: from the kept tallies when only standings are asked for. Those that
    /// are overdue are tallied by their due day, but for the last days, and taken off where those are meant that are not: these would be
    /// all the others.
    pub(in crate::engine) fn total(&self) -> (String, Vec<Cell>) {
        let sql = match (&self.looked_for, &self.overdue) {
            (Some(conditions), _) => format!("select count(*) from invoice where {} and {conditions}", self.all()),
            (None, Some((true, _))) if self.tallied_due.is_some() => format!("select {}", self.count_overdue()),
            (None, None | Some((false, _))) if self.by_standing => {
                let overdue = match self.overdue {
                    Some(_) => format!(" - {}", self.count_overdue()),
                    None => String::new(),
                };
                format!(
                    "select cast(coalesce(sum(count), 0) as bigint){overdue} from tally where book = ?1 and kind = 'standing'{}",
                    self.among("key")
                )
            }
            (None, _) => format!("select count(*) from invoice where {}", self.all()),
        };
        with_its_own(&sql, &self.arguments)
    }

    /// The condition that a column is one of the standings that are asked for.
    fn among(&self, column: &str) -> String {
        match &self.standings {
            None => String::new(),
            Some(standings) => format!(" and {}", List::one_of(column, standings)),
        }
    }

    /// How many of these standings are overdue. A day stands at the end of the key of a tally, after the currency if there is one.
    fn count_overdue(&self) -> String {
        let now = self.overdue.as_ref().map_or("", |(_, now)| now.as_str());
        let of_index = "(select count(*) from invoice where book = ?1 and open > 0 and due_at <=";
        match &self.tallied_due {
            None => format!("{of_index} {now}{})", self.among("standing")),
            Some((day, from)) => format!(
                "((select cast(coalesce(sum(count), 0) as bigint) from tally where book = ?1 and kind = 'due' \
                 and length(key) >= 10 and substr(key, length(key) - 9) < {day}) \
                 + {of_index} {now} and due_at >= {from} and due_on >= {day}))"
            ),
        }
    }
}
