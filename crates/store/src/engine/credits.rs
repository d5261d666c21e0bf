//! Lists of credit notes: conditions, order, page and count, each value bound; and the same on records.
//!
//! A credit note and the payment record of its credit have one number and are read together. What the texts say is answered from the
//! texts themselves, as for invoices: whatever else is asked for is what keeps a list of them short.

use std::sync::Arc;

use quittance_accounting::identity::{BookKey, CreditNoteKey, DocumentKind};
use quittance_accounting::money::Amount;
use quittance_accounting::record::Tables;
use quittance_accounting::settlement::{CreditNote, Payment};
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

const FROM: &str = "credit_note n join payment p on p.book = n.book and p.key = n.key";

/// The texts of the credit note at hand.
const OWN: &str = "(select c.body from content c where c.book = ?1 and c.kind = 'credit_note' and c.number = n.key)";

/// The texts of its customer.
const OF_CUSTOMER: &str =
    "(select c.body from content c where c.book = ?1 and c.kind = 'customer' and c.number = p.customer)";

/// What of a credit note is used; of a void one nothing.
const USED: &str = "case when p.voided_on is null then p.amount - p.unallocated else 0 end";

/// Conditions with their values bound.
struct Conditions {
    text: String,
    arguments: Vec<Cell>,
}

impl Conditions {
    fn bind(&mut self, value: &impl Field) -> String {
        self.arguments.push(value.cell());
        format!("?{}", self.arguments.len())
    }

    fn and(&mut self, condition: &str) {
        self.text.push_str(" and ");
        self.text.push_str(condition);
    }

    fn of(book: BookKey, query: &CreditQuery, spelling: Spelling) -> Conditions {
        let mut all = Conditions {
            text: "n.book = ?1".to_owned(),
            arguments: vec![book.0.cell()],
        };
        if let Some(customers) = &query.customers {
            let places: Vec<String> = customers.iter().map(|customer| all.bind(customer)).collect();
            match places.is_empty() {
                true => all.and("1 = 0"),
                false => all.and(&format!("p.customer in ({})", places.join(", "))),
            }
        }
        if let Some(number) = &query.number {
            // The register has an index by number, credit notes have none.
            let number = all.bind(number);
            all.and(&format!(
                "n.key = (select document_number from number_use where book = ?1 and document_kind = 'credit_note' \
                 and number = {number}) and n.number = {number}"
            ));
        }
        if let Some(from) = &query.on.0 {
            let from = all.bind(from);
            all.and(&format!("p.paid_on >= {from}"));
        }
        if let Some(to) = &query.on.1 {
            let to = all.bind(to);
            all.and(&format!("p.paid_on <= {to}"));
        }
        if let Some(state) = query.state {
            all.and(match state {
                CreditState::Open => "p.voided_on is null and p.unallocated = p.amount",
                CreditState::PartUsed => "p.voided_on is null and p.unallocated < p.amount and p.unallocated > 0",
                CreditState::Used => "p.voided_on is null and p.unallocated < p.amount and p.unallocated <= 0",
                CreditState::Void => "p.voided_on is not null",
            });
        }
        for (path, values) in &query.says {
            let each: Vec<String> = values.iter().map(|value| all.bind(value)).collect();
            let said = spelling.member(OWN, path);
            all.and(&format!("{said} in ({})", each.join(", ")));
        }
        if let Some(text) = &query.mentions {
            let sought = all.bind(&text.to_ascii_lowercase());
            let places = [
                "n.number".to_owned(),
                spelling.member(OWN, &["memo"]),
                spelling.member(OF_CUSTOMER, &["name"]),
            ];
            let any = places.map(|place| spelling.holds(&place, &sought));
            all.and(&format!("({})", any.join(" or ")));
        }
        all
    }
}

fn page(book: BookKey, query: &CreditQuery, spelling: Spelling) -> (String, Vec<Cell>) {
    let mut conditions = Conditions::of(book, query, spelling);
    let limit = conditions.bind(&query.limit.max(0));
    let offset = conditions.bind(&query.offset.max(0));
    let direction = if query.descending { " desc" } else { "" };
    let by = match query.order {
        CreditOrder::Created => String::new(),
        CreditOrder::On => format!("p.paid_on{direction}, "),
        CreditOrder::Amount => format!("p.amount{direction}, "),
        CreditOrder::Used => format!("{USED}{direction}, "),
        CreditOrder::CustomerName => {
            let name = spelling.member(OF_CUSTOMER, &["name"]);
            let name = match spelling {
                Spelling::Sqlite => name,
                Spelling::Postgres => format!("{name} collate \"C\""),
            };
            let nulls = if query.descending { "nulls last" } else { "nulls first" };
            format!("{name}{direction} {nulls}, ")
        }
    };
    let sql = format!(
        "select n.key from {FROM} where {} order by {by}n.key{direction} limit {limit} offset {offset}",
        conditions.text
    );
    (sql, conditions.arguments)
}

fn total(book: BookKey, query: &CreditQuery, spelling: Spelling) -> (String, Vec<Cell>) {
    let conditions = Conditions::of(book, query, spelling);
    let sql = format!("select count(*) from {FROM} where {}", conditions.text);
    (sql, conditions.arguments)
}

/// What of a credit note is used; of a void one nothing.
fn used(credit: &Payment) -> Amount {
    match credit.voided {
        Some(_) => Amount::ZERO,
        None => credit.amount.minus(credit.unallocated).unwrap_or(Amount::ZERO),
    }
}

fn customer_name(tables: &Tables, credit: &Payment) -> Option<String> {
    let customer = credit.customer?;
    member(&texts(tables, DocumentKind::Customer, customer.0), &["name"])
}

fn is_listed(tables: &Tables, note: &CreditNote, credit: &Payment, query: &CreditQuery) -> bool {
    let (voided, left) = (credit.voided.is_some(), credit.unallocated);
    let state = match (voided, left == credit.amount, left.is_positive()) {
        (true, _, _) => CreditState::Void,
        (false, true, _) => CreditState::Open,
        (false, false, true) => CreditState::PartUsed,
        (false, false, false) => CreditState::Used,
    };
    let own = || texts(tables, DocumentKind::CreditNote, note.key.0);
    let says = |(path, values): &(crate::listing::TextPath, Vec<String>)| {
        member(&own(), path).is_some_and(|value| values.contains(&value))
    };
    let mentions = |text: &String| {
        let (own, sought): (Value, String) = (own(), text.to_ascii_lowercase());
        let places = [
            Some(note.number.clone()),
            member(&own, &["memo"]),
            customer_name(tables, credit),
        ];
        let mut places = places.into_iter().flatten();
        places.any(|place| place.to_ascii_lowercase().contains(&sought))
    };
    let customers = query.customers.as_ref();
    customers.is_none_or(|customers| credit.customer.is_some_and(|customer| customers.contains(&customer)))
        && query.number.as_ref().is_none_or(|number| *number == note.number)
        && query.on.0.is_none_or(|from| credit.paid_on >= from)
        && query.on.1.is_none_or(|to| credit.paid_on <= to)
        && query.state.is_none_or(|wanted| wanted == state)
        && query.says.iter().all(says)
        && query.mentions.as_ref().is_none_or(mentions)
}

/// The same on records.
fn model(tables: &Tables, query: &CreditQuery) -> CreditPage {
    let with_credit = |note: &CreditNote| {
        let credit = tables.payments.get(&note.key.credit())?;
        is_listed(tables, note, credit, query).then_some((note.key, credit.clone()))
    };
    let notes = tables.credit_notes.values().map(Arc::as_ref);
    let mut found: Vec<(CreditNoteKey, _)> = notes.filter_map(with_credit).collect();
    found.sort_by_cached_key(|(key, credit)| {
        let (mut day, mut sum, mut name) = (None, None, None);
        match query.order {
            CreditOrder::Created => {}
            CreditOrder::On => day = Some(credit.paid_on),
            CreditOrder::Amount => sum = Some(credit.amount),
            CreditOrder::Used => sum = Some(used(credit)),
            CreditOrder::CustomerName => name = customer_name(tables, credit),
        }
        (day, sum, name, *key)
    });
    if query.descending {
        found.reverse();
    }
    let total = query.count.then_some(found.len() as i64);
    let (offset, limit) = (query.offset.max(0) as usize, query.limit.max(0) as usize);
    let page = found.into_iter().skip(offset).take(limit);
    CreditPage {
        credit_notes: page.map(|(key, _)| key).collect(),
        total,
    }
}

impl Reader<'_> {
    /// A page of live credit notes.
    pub async fn credit_notes(&self, book: BookKey, query: &CreditQuery) -> Result<CreditPage, StoreError> {
        let spelling = match self {
            Reader::Memory(reader) => return Ok(reader.tables(book, |tables| model(tables, query))),
            Reader::Sqlite(_) => Spelling::Sqlite,
            Reader::Postgres(_) => Spelling::Postgres,
        };
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
