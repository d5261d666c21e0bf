//! Lists of credit notes: conditions, order, page and count, each value bound; and the same on records.
//!
//! A credit note and the payment record of its credit have one number and are read together. A list may hold as well what came by hand
//! beyond what it settled when it was recorded: payments, which share their numbers with credit notes. Both sides are asked with the
//! same conditions, each in its own words, and put in one order. What the texts say is answered from the
//! texts themselves, as for invoices: whatever else is asked for is what keeps a list of them short.

use std::sync::Arc;

use quittance_accounting::identity::{BookKey, CreditNoteKey, DocumentKind};
use quittance_accounting::money::Amount;
use quittance_accounting::record::Tables;
use quittance_accounting::settlement::{CreditNote, Payment, Witness};
use serde_json::Value;

use super::Reader;
use super::said::{Spelling, member, texts};
use crate::error::StoreError;
use crate::field::{Cell, Field};
use crate::listing::{CreditOrder, CreditPage, CreditQuery, CreditState};
use crate::tables::{Cells, Table};

static KEY: Table = Table {
    name: "credit_note",
    columns: &["key"],
    keys: 1,
    derived: 0,
};

static COUNT: Table = Table {
    name: "credit_note",
    columns: &["count"],
    keys: 0,
    derived: 0,
};

/// The texts of the customer.
const OF_CUSTOMER: &str =
    "(select c.body from content c where c.book = ?1 and c.kind = 'customer' and c.number = p.customer)";

/// What a hand-recorded payment brought beyond what it settled directly, and of a void one had brought.
const BEYOND: &str = "(p.amount - case when p.voided_on is null then (select cast(coalesce(sum(r.amount), 0) as bigint) \
     from allocation r where r.book = ?1 and r.payment = p.key and r.from_unapplied = 0) \
     else (select cast(coalesce(sum(r.amount), 0) as bigint) from former_allocation r where r.book = ?1 \
     and r.payment = p.key and r.from_unapplied = 0 and r.undone is not null) end)";

/// What a list is made of.
#[derive(Clone, Copy)]
enum Side {
    /// Credit notes.
    Notes,
    /// What hand-recorded payments of customers brought beyond what they settled, numbered by what stands before the payment's number.
    Money(&'static str),
}

impl Side {
    fn of(query: &CreditQuery) -> Vec<Side> {
        let money = query.money.map(Side::Money);
        std::iter::once(Side::Notes).chain(money).collect()
    }

    fn from(self) -> &'static str {
        match self {
            Side::Notes => "credit_note n join payment p on p.book = n.book and p.key = n.key",
            Side::Money(_) => "payment p",
        }
    }

    /// Which rows of it there are at all. That a payment has a customer is said so that SQLite looks in the index of such payments.
    fn those(self) -> &'static str {
        match self {
            Side::Notes => "n.book = ?1",
            Side::Money(_) => "p.book = ?1 and p.witness = 'hand' and p.receipt_entry is not null and p.customer > 0",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Side::Notes => "n.key",
            Side::Money(_) => "p.key",
        }
    }

    /// Its own texts.
    fn own(self) -> &'static str {
        match self {
            Side::Notes => {
                "(select c.body from content c where c.book = ?1 and c.kind = 'credit_note' and c.number = n.key)"
            }
            Side::Money(_) => {
                "(select c.body from content c where c.book = ?1 and c.kind = 'payment' and c.number = p.key)"
            }
        }
    }

    fn amount(self) -> &'static str {
        match self {
            Side::Notes => "p.amount",
            Side::Money(_) => BEYOND,
        }
    }

    /// What is used; of a void one nothing.
    fn used(self) -> String {
        format!(
            "case when p.voided_on is null then {} - p.unallocated else 0 end",
            self.amount()
        )
    }
}

/// A statement in the making, its values bound.
struct Asked<'a> {
    query: &'a CreditQuery,
    spelling: Spelling,
    arguments: Vec<Cell>,
}

impl Asked<'_> {
    fn bind(&mut self, value: &impl Field) -> String {
        self.arguments.push(value.cell());
        format!("?{}", self.arguments.len())
    }

    /// The number that a human reads, of this side.
    fn number(&mut self, side: Side) -> String {
        match side {
            Side::Notes => "n.number".to_owned(),
            Side::Money(prefix) => {
                let prefix = self.bind(&prefix.to_owned());
                format!("(cast({prefix} as text) || cast(p.key as text))")
            }
        }
    }

    /// The conditions, as this side has them.
    fn conditions(&mut self, side: Side) -> String {
        let query = self.query;
        let mut all = vec![side.those().to_owned()];
        if let Some(customers) = &query.customers {
            let places: Vec<String> = customers.iter().map(|customer| self.bind(customer)).collect();
            all.push(match places.is_empty() {
                true => "1 = 0".to_owned(),
                false => format!("p.customer in ({})", places.join(", ")),
            });
        }
        if let Some(number) = &query.number {
            all.push(match side {
                // The register has an index by number, credit notes have none.
                Side::Notes => {
                    let sought = self.bind(number);
                    format!(
                        "n.key = (select document_number from number_use where book = ?1 and document_kind = 'credit_note' \
                         and number = {sought}) and n.number = {sought}"
                    )
                }
                Side::Money(prefix) => match numbered(prefix, number) {
                    Some(key) => format!("p.key = {}", self.bind(&key)),
                    None => "1 = 0".to_owned(),
                },
            });
        }
        if let Some(from) = &query.on.0 {
            all.push(format!("p.paid_on >= {}", self.bind(from)));
        }
        if let Some(to) = &query.on.1 {
            all.push(format!("p.paid_on <= {}", self.bind(to)));
        }
        if let Some(state) = query.state {
            let amount = side.amount();
            all.push(match state {
                CreditState::Open => format!("p.voided_on is null and p.unallocated = {amount}"),
                CreditState::PartUsed => {
                    format!("p.voided_on is null and p.unallocated < {amount} and p.unallocated > 0")
                }
                CreditState::Used => format!("p.voided_on is null and p.unallocated < {amount} and p.unallocated <= 0"),
                CreditState::Void => "p.voided_on is not null".to_owned(),
            });
        }
        for (path, values) in &query.says {
            let each: Vec<String> = values.iter().map(|value| self.bind(value)).collect();
            let said = self.spelling.member(side.own(), path);
            all.push(format!("{said} in ({})", each.join(", ")));
        }
        if let Some(text) = &query.mentions {
            let sought = self.bind(&text.to_ascii_lowercase());
            let places = [
                self.number(side),
                self.spelling.member(side.own(), &["memo"]),
                self.spelling.member(OF_CUSTOMER, &["name"]),
            ];
            let any = places.map(|place| self.spelling.holds(&place, &sought));
            all.push(format!("({})", any.join(" or ")));
        }
        all.join(" and ")
    }

    /// What this side is in order of, before its number.
    fn place(&self, side: Side) -> Option<String> {
        match self.query.order {
            CreditOrder::Created => None,
            CreditOrder::On => Some("p.paid_on".to_owned()),
            CreditOrder::Amount => Some(side.amount().to_owned()),
            CreditOrder::Used => Some(side.used()),
            CreditOrder::CustomerName => Some(self.spelling.member(OF_CUSTOMER, &["name"])),
        }
    }
}

/// The number of the payment that a human reads with this before it.
fn numbered(prefix: &str, number: &str) -> Option<i64> {
    let key: i64 = number.strip_prefix(prefix)?.parse().ok()?;
    (format!("{prefix}{key}") == number).then_some(key)
}

fn page(book: BookKey, query: &CreditQuery, spelling: Spelling) -> (String, Vec<Cell>) {
    let mut asked = Asked {
        query,
        spelling,
        arguments: vec![book.0.cell()],
    };
    let side = |side: Side| {
        let place = asked
            .place(side)
            .map_or_else(String::new, |place| format!(", {place} as place"));
        let conditions = asked.conditions(side);
        format!(
            "select {} as key{place} from {} where {conditions}",
            side.key(),
            side.from()
        )
    };
    let sides: Vec<String> = Side::of(query).into_iter().map(side).collect();
    let (limit, offset) = (asked.bind(&query.limit.max(0)), asked.bind(&query.offset.max(0)));
    let direction = if query.descending { " desc" } else { "" };
    let by = match query.order {
        CreditOrder::Created => String::new(),
        CreditOrder::On | CreditOrder::Amount | CreditOrder::Used => format!("place{direction}, "),
        CreditOrder::CustomerName => {
            let collation = match spelling {
                Spelling::Sqlite => "",
                Spelling::Postgres => " collate \"C\"",
            };
            let nulls = if query.descending { "nulls last" } else { "nulls first" };
            format!("place{collation}{direction} {nulls}, ")
        }
    };
    let sql = format!(
        "select key from ({}) as listed order by {by}key{direction} limit {limit} offset {offset}",
        sides.join(" union all ")
    );
    (sql, asked.arguments)
}

fn total(book: BookKey, query: &CreditQuery, spelling: Spelling) -> (String, Vec<Cell>) {
    let mut asked = Asked {
        query,
        spelling,
        arguments: vec![book.0.cell()],
    };
    let side = |side: Side| {
        format!(
            "(select count(*) from {} where {})",
            side.from(),
            asked.conditions(side)
        )
    };
    let counts: Vec<String> = Side::of(query).into_iter().map(side).collect();
    (format!("select {}", counts.join(" + ")), asked.arguments)
}

/// A row of a list, on records.
struct Row<'a> {
    key: CreditNoteKey,
    kind: DocumentKind,
    number: String,
    amount: Amount,
    credit: &'a Payment,
}

impl Row<'_> {
    /// What is used; of a void one nothing.
    fn used(&self) -> Amount {
        match self.credit.voided {
            Some(_) => Amount::ZERO,
            None => self.amount.minus(self.credit.unallocated).unwrap_or(Amount::ZERO),
        }
    }

    fn customer_name(&self, tables: &Tables) -> Option<String> {
        let customer = self.credit.customer?;
        member(&texts(tables, DocumentKind::Customer, customer.0), &["name"])
    }

    fn is_listed(&self, tables: &Tables, query: &CreditQuery) -> bool {
        let credit = self.credit;
        let (voided, left) = (credit.voided.is_some(), credit.unallocated);
        let state = match (voided, left == self.amount, left.is_positive()) {
            (true, _, _) => CreditState::Void,
            (false, true, _) => CreditState::Open,
            (false, false, true) => CreditState::PartUsed,
            (false, false, false) => CreditState::Used,
        };
        let own = || texts(tables, self.kind, self.key.0);
        let says = |(path, values): &(crate::listing::TextPath, Vec<String>)| {
            member(&own(), path).is_some_and(|value| values.contains(&value))
        };
        let mentions = |text: &String| {
            let (own, sought): (Value, String) = (own(), text.to_ascii_lowercase());
            let places = [
                Some(self.number.clone()),
                member(&own, &["memo"]),
                self.customer_name(tables),
            ];
            let mut places = places.into_iter().flatten();
            places.any(|place| place.to_ascii_lowercase().contains(&sought))
        };
        let customers = query.customers.as_ref();
        customers.is_none_or(|customers| credit.customer.is_some_and(|customer| customers.contains(&customer)))
            && query.number.as_ref().is_none_or(|number| *number == self.number)
            && query.on.0.is_none_or(|from| credit.paid_on >= from)
            && query.on.1.is_none_or(|to| credit.paid_on <= to)
            && query.state.is_none_or(|wanted| wanted == state)
            && query.says.iter().all(says)
            && query.mentions.as_ref().is_none_or(mentions)
    }
}

/// What a hand-recorded payment brought beyond what it settled directly, and of a void one had brought.
fn beyond(tables: &Tables, payment: &Payment) -> Option<Amount> {
    let of_payment = (payment.key, i64::MIN)..=(payment.key, i64::MAX);
    let settled = match payment.voided {
        None => {
            let parts = tables.allocations.range(of_payment).map(|(_, part)| part);
            Amount::sum(parts.filter(|part| !part.from_unapplied).map(|part| part.amount))
        }
        Some(_) => {
            let parts = tables.former_allocations.range(of_payment).map(|(_, part)| part);
            let parts = parts.filter(|part| !part.from_unapplied && part.undone.is_some());
            Amount::sum(parts.map(|part| part.amount))
        }
    };
    payment.amount.minus(settled?)
}

/// The same on records.
fn model(tables: &Tables, query: &CreditQuery) -> CreditPage {
    let most = query.most_looked_at();
    if most.is_some_and(|most| !model(tables, &query.found_beyond(most)).credit_notes.is_empty()) {
        return CreditPage::default();
    }
    let note = |note: &CreditNote| {
        let credit = tables.payments.get(&note.key.credit())?;
        Some(Row {
            key: note.key,
            kind: DocumentKind::CreditNote,
            number: note.number.clone(),
            amount: credit.amount,
            credit,
        })
    };
    let of_money = tables.payments.values().filter_map(|payment| {
        let (prefix, key) = (query.money?, payment.key.0);
        let is_of_hand = payment.witness == Witness::Hand;
        if !is_of_hand || payment.receipt_entry.is_none() || payment.customer.is_none() {
            return None;
        }
        Some(Row {
            key: CreditNoteKey(key),
            kind: DocumentKind::Payment,
            number: format!("{prefix}{key}"),
            amount: beyond(tables, payment)?,
            credit: payment,
        })
    });
    let notes = tables.credit_notes.values().map(Arc::as_ref).filter_map(note);
    let mut found: Vec<Row<'_>> = notes
        .chain(of_money)
        .filter(|row| row.is_listed(tables, query))
        .collect();
    found.sort_by_cached_key(|row| {
        let (mut day, mut sum, mut name) = (None, None, None);
        match query.order {
            CreditOrder::Created => {}
            CreditOrder::On => day = Some(row.credit.paid_on),
            CreditOrder::Amount => sum = Some(row.amount),
            CreditOrder::Used => sum = Some(row.used()),
            CreditOrder::CustomerName => name = row.customer_name(tables),
        }
        (day, sum, name, row.key)
    });
    if query.descending {
        found.reverse();
    }
    let total = query.count.then_some(found.len() as i64);
    let (offset, limit) = (query.offset.max(0) as usize, query.limit.max(0) as usize);
    let page = found.into_iter().skip(offset).take(limit);
    CreditPage {
        credit_notes: page.map(|row| row.key).collect(),
        total,
    }
}

impl Reader<'_> {
    /// A page of live credit notes, and of payments by hand that brought more than they settled, if those are asked for.
    pub async fn credit_notes(&self, book: BookKey, query: &CreditQuery) -> Result<CreditPage, StoreError> {
        let spelling = match self {
            Reader::Memory(reader) => return Ok(reader.tables(book, |tables| model(tables, query))),
            Reader::Sqlite(_) => Spelling::Sqlite,
            Reader::Postgres(_) => Spelling::Postgres,
        };
        if let Some(most) = query.most_looked_at() {
            let (sql, arguments) = page(book, &query.found_beyond(most), spelling);
            if !self.asked_rows(&KEY, &sql, &arguments).await?.is_empty() {
                return Ok(CreditPage::default());
            }
        }
        let (sql, arguments) = page(book, query, spelling);
        let rows = self.asked_rows(&KEY, &sql, &arguments).await?;
        let credit_notes = rows.iter().map(|cells| one(&KEY, cells)).collect::<Result<_, _>>()?;
        if !query.count {
            let total = None;
            return Ok(CreditPage { credit_notes, total });
        }
        let (sql, arguments) = total(book, query, spelling);
        let rows = self.asked_rows(&COUNT, &sql, &arguments).await?;
        let counted = rows.first().map(|cells| one::<i64>(&COUNT, cells)).transpose()?;
        let total = Some(counted.unwrap_or_default());
        Ok(CreditPage { credit_notes, total })
    }
}

fn one<T: Field>(table: &'static Table, cells: &[Cell]) -> Result<T, StoreError> {
    let mut row = Cells { table, cells, next: 0 };
    row.take()
}
