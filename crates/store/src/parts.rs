//! Parts of payments, page by page in the order in which their payments changed: what settles invoices, and what did and was undone;
//! what credit notes settle, where it is asked for.
//!
//! Payments are walked along their index by change, each with its parts, so that a page costs what it shows; of one invoice its parts
//! are looked up. Deliberately absent: the parts themselves, which are gathered with their payments.

use jiff::Timestamp;
use quittance_accounting::identity::{BookKey, InvoiceKey, PaymentKey};
use quittance_accounting::record::Tables;

use crate::engine::Reader;
use crate::error::StoreError;
use crate::field::{Cell, Field};
use crate::tables::{Cells, Table};

/// A part, by the last change of its payment, the payment and its place there: the order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartPlace {
    /// When its payment last changed.
    pub updated_at: Timestamp,
    /// The payment.
    pub payment: PaymentKey,
    /// Its place in the payment.
    pub place: i64,
}

/// A list of parts, one page of it: every condition that is given holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartQuery {
    /// Of this invoice.
    pub invoice: Option<InvoiceKey>,
    /// Of the payment with this id of the client's.
    pub external_id: Option<String>,
    /// What credit notes settle or did as well.
    pub credits: bool,
    /// Undone (`true`) or not.
    pub undone: Option<bool>,
    /// Of payments changed at or after and at or before.
    pub updated_at: (Option<Timestamp>, Option<Timestamp>),
    /// Those after this one.
    pub after: Option<PartPlace>,
    /// How many to pass over.
    pub offset: i64,
    /// How many to hand out.
    pub limit: i64,
    /// Whether to count all that match, those before included.
    pub count: bool,
}

/// A page of parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartPage {
    /// In order.
    pub parts: Vec<PartPlace>,
    /// How many match in all, if asked for.
    pub total: Option<i64>,
}

static PLACE: Table = Table {
    name: "part",
    columns: &["updated_at", "payment", "place"],
    keys: 3,
    derived: 0,
};

static COUNT: Table = Table {
    name: "part",
    columns: &["count"],
    keys: 0,
    derived: 0,
};

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

    fn and(&mut self, comparison: &str, value: &impl Field) {
        let place = self.bind(value);
        self.text.push_str(&format!(" and {comparison} {place}"));
    }

    fn of(book: BookKey, query: &PartQuery) -> Conditions {
        let mut all = Conditions {
            text: "p.book = ?1".to_owned(),
            arguments: vec![book.0.cell()],
        };
        if !query.credits {
            // What a credit note settles is no part of a payment.
            all.text.push_str(" and p.witness <> 'credit'");
        }
        if let Some(invoice) = &query.invoice {
            all.and("r.invoice =", invoice);
        }
        if let Some(external_id) = &query.external_id {
            all.and("p.external_id =", external_id);
        }
        if let Some(from) = &query.updated_at.0 {
            all.and("p.updated_at >=", from);
        }
        if let Some(to) = &query.updated_at.1 {
            all.and("p.updated_at <=", to);
        }
        all
    }
}

/// What stands between `from` and `where`, and what is added to the conditions, for the parts that are undone or those that are not.
fn source(query: &PartQuery, undone: bool) -> (&'static str, &'static str) {
    match (undone, query.invoice.is_some()) {
        (false, false) => ("payment p cross join allocation r", ""),
        (false, true) => ("allocation r cross join payment p", ""),
        (true, false) => (
            "payment p cross join former_allocation r",
            " and r.invoice is not null and r.undone is not null",
        ),
        (true, true) => ("former_allocation r cross join payment p", " and r.undone is not null"),
    }
}

const JOINED: &str = "r.book = p.book and r.payment = p.key";

fn page(book: BookKey, query: &PartQuery, sides: &[bool]) -> (String, Vec<Cell>) {
    let mut conditions = Conditions::of(book, query);
    if let Some(after) = &query.after {
        let at = conditions.bind(&after.updated_at);
        let (payment, place) = (conditions.bind(&after.payment), conditions.bind(&after.place));
        // As one value the index finds its beginning; the payment of the place may have further parts.
        conditions.text.push_str(&format!(
            " and (p.updated_at, p.key) >= ({at}, {payment}) and (p.key <> {payment} or p.updated_at > {at} or r.place > {place})"
        ));
    }
    let (limit, offset) = (query.limit.max(0), query.offset.max(0));
    let reach = conditions.bind(&offset.saturating_add(limit));
    let (limit, offset) = (conditions.bind(&limit), conditions.bind(&offset));
    let one = |undone: &bool| {
        let (from, more) = source(query, *undone);
        format!(
            "select * from (select p.updated_at as changed, p.key as payment, r.place as place from {from} \
             where {JOINED} and {}{more} order by p.updated_at, p.key, r.place limit {reach}) as side_{undone}",
            conditions.text
        )
    };
    let all: Vec<String> = sides.iter().map(one).collect();
    let sql = format!(
        "select changed, payment, place from ({}) as parts order by changed, payment, place limit {limit} offset {offset}",
        all.join(" union all ")
    );
    (sql, conditions.arguments)
}

fn total(book: BookKey, query: &PartQuery, sides: &[bool]) -> (String, Vec<Cell>) {
    let conditions = Conditions::of(book, query);
    let one = |undone: &bool| {
        let (from, more) = source(query, *undone);
        format!(
            "(select count(*) from {from} where {JOINED} and {}{more})",
            conditions.text
        )
    };
    let all: Vec<String> = sides.iter().map(one).collect();
    (format!("select {}", all.join(" + ")), conditions.arguments)
}

/// The same on records.
fn model(tables: &Tables, query: &PartQuery, sides: &[bool]) -> PartPage {
    let place = |payment: PaymentKey, place: i64, invoice: Option<InvoiceKey>| {
        let payment = tables.payments.get(&payment)?;
        let (from, to) = query.updated_at;
        let wanted = (query.credits || payment.witness.is_money())
            && query.invoice.is_none_or(|wanted| invoice == Some(wanted))
            && query
                .external_id
                .as_ref()
                .is_none_or(|id| payment.external_id.as_ref() == Some(id))
            && from.is_none_or(|from| payment.updated_at >= from)
            && to.is_none_or(|to| payment.updated_at <= to);
        wanted.then_some(PartPlace {
            updated_at: payment.updated_at,
            payment: payment.key,
            place,
        })
    };
    let live = tables.allocations.values().filter(|_| sides.contains(&false));
    let live = live.filter_map(|part| place(part.payment, part.place, Some(part.invoice)));
    let former = tables.former_allocations.values().filter(|_| sides.contains(&true));
    let former = former.filter(|part| part.invoice.is_some() && part.undone.is_some());
    let former = former.filter_map(|part| place(part.payment, part.place, part.invoice));
    let mut found: Vec<PartPlace> = live.chain(former).collect();
    found.sort();
    let total = query.count.then_some(found.len() as i64);
    found.retain(|part| query.after.is_none_or(|after| *part > after));
    let (offset, limit) = (query.offset.max(0) as usize, query.limit.max(0) as usize);
    PartPage {
        parts: found.into_iter().skip(offset).take(limit).collect(),
        total,
    }
}

impl Reader<'_> {
    /// A page of parts of payments.
    pub async fn parts(&self, book: BookKey, query: &PartQuery) -> Result<PartPage, StoreError> {
        let sides: &[bool] = match query.undone {
            None => &[false, true],
            Some(false) => &[false],
            Some(true) => &[true],
        };
        if let Reader::Memory(reader) = self {
            return Ok(reader.tables(book, |tables| model(tables, query, sides)));
        }
        let (sql, arguments) = page(book, query, sides);
        let mut parts = Vec::new();
        for cells in &self.asked_rows(&PLACE, &sql, &arguments).await? {
            let mut row = Cells {
                table: &PLACE,
                cells,
                next: 0,
            };
            parts.push(PartPlace {
                updated_at: row.take()?,
                payment: row.take()?,
                place: row.take()?,
            });
        }
        if !query.count {
            return Ok(PartPage { parts, total: None });
        }
        let (sql, arguments) = total(book, query, sides);
        let rows = self.asked_rows(&COUNT, &sql, &arguments).await?;
        let count = rows.first().map(|cells| {
            let mut row = Cells {
                table: &COUNT,
                cells,
                next: 0,
            };
            row.take::<i64>()
        });
        Ok(PartPage {
            parts,
            total: Some(count.transpose()?.unwrap_or_default()),
        })
    }
}
