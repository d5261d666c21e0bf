//! Lists of the journal as statements: entries in order of number or of day, and an account's postings in order of date.

use jiff::civil::Date;
use quittance_accounting::identity::{BookKey, DocumentKind, DocumentRef, InvoiceKey, PaymentKey, RefundKey};
use quittance_accounting::journal::{Entry, Posting};
use quittance_accounting::kept::Grain;
use quittance_accounting::record::{Record, Tables};

use super::said::Spelling;
use crate::field::{Cell, Field};
use crate::listing::{AccountQuery, CustomerOfEntry, EntryQuery};
use crate::tables::{Stored as _, Table};

/// Conditions of a list, each value bound.
struct Conditions {
    text: String,
    arguments: Vec<Cell>,
}

impl Conditions {
    fn new(book: BookKey, of: &str) -> Conditions {
        Conditions {
            text: format!("{of}.book = ?1"),
            arguments: vec![Cell::Int(book.0)],
        }
    }

    fn bind(&mut self, value: Cell) -> String {
        self.arguments.push(value);
        format!("?{}", self.arguments.len())
    }

    fn and(&mut self, condition: &str) {
        self.text.push_str(" and ");
        self.text.push_str(condition);
    }

    fn dated(&mut self, column: &str, (from, to): (Option<Date>, Option<Date>)) {
        for (date, sign) in [(from, ">="), (to, "<=")] {
            if let Some(date) = date {
                let place = self.bind(date.cell());
                self.and(&format!("{column} {sign} {place}"));
            }
        }
    }

    /// The page of what is selected under these conditions, in this order.
    fn page(mut self, select: &str, order: &[&str], descending: bool, offset: i64, limit: i64) -> (String, Vec<Cell>) {
        let direction = if descending { " desc" } else { "" };
        let order: Vec<String> = order.iter().map(|column| format!("{column}{direction}")).collect();
        let (limit, offset) = (self.bind(Cell::Int(limit.max(0))), self.bind(Cell::Int(offset.max(0))));
        let sql = format!(
            "{select} where {} order by {} limit {limit} offset {offset}",
            self.text,
            order.join(", ")
        );
        (sql, self.arguments)
    }
}

/// What the count of a list finds.
pub(super) static COUNT: Table = Table {
    name: "entry",
    columns: &["count"],
    keys: 0,
    derived: 0,
};

/// The statement that says how many entries match, with its arguments.
pub(super) fn count(book: BookKey, query: &EntryQuery, spelling: Spelling) -> (String, Vec<Cell>) {
    let conditions = of_entries(book, query, spelling);
    let sql = format!("select count(*) from entry where {}", conditions.text);
    (sql, conditions.arguments)
}

/// The statement of a page of entries, with its arguments.
pub(super) fn entries(book: BookKey, query: &EntryQuery, spelling: Spelling) -> (String, Vec<Cell>) {
    let select = format!("select {} from entry", Entry::TABLE.columns.join(", "));
    let mut conditions = of_entries(book, query, spelling);
    let later = if query.descending { "<" } else { ">" };
    if let Some(after) = &query.after {
        let key = conditions.bind(after.key.cell());
        match query.by_date {
            false => conditions.and(&format!("key {later} {key}")),
            true => {
                let date = conditions.bind(after.date.cell());
                // As one value, of which the index finds the beginning.
                conditions.and(&format!("(date, key) {later} ({date}, {key})"));
            }
        }
    }
    let order: &[&str] = if query.by_date { &["date", "key"] } else { &["key"] };
    conditions.page(&select, order, query.descending, query.offset, query.limit)
}

/// The entries of a customer, document by document. Each part begins at the documents' keys, which an index of customers holds, and
/// goes on to what it needs of them (`cross join` keeps SQLite from turning that round): without that it takes the order of the
/// primary key for cheaper and reads the book.
const OF_CUSTOMER: &str = "select i.entry from invoice c cross join invoice i \
     where c.book = ?1 and c.customer = {customer} and i.book = ?1 and i.key = c.key and i.entry is not null \
     union all select i.void_entry from invoice c cross join invoice i \
     where c.book = ?1 and c.customer = {customer} and i.book = ?1 and i.key = c.key and i.void_entry is not null \
     union all select e.key from invoice c cross join entry e \
     where c.book = ?1 and c.customer = {customer} and e.book = ?1 and e.invoice = c.key and e.document_kind <> 'invoice' \
     union all select p.receipt_entry from payment c cross join payment p \
     where c.book = ?1 and c.customer = {customer} and p.book = ?1 and p.key = c.key and p.receipt_entry is not null \
     union all select p.void_entry from payment c cross join payment p \
     where c.book = ?1 and c.customer = {customer} and p.book = ?1 and p.key = c.key and p.void_entry is not null \
     union all select f.entry from payment c cross join former_allocation f \
     where c.book = ?1 and c.customer = {customer} and f.book = ?1 and f.payment = c.key and f.invoice is null \
     union all select f.undone from payment c cross join former_allocation f \
     where c.book = ?1 and c.customer = {customer} and f.book = ?1 and f.payment = c.key and f.invoice is null and f.undone is not null \
     union all select r.entry from invoice c cross join refund o cross join refund r where c.book = ?1 and c.customer = {customer} \
     and o.book = ?1 and o.invoice = c.key and r.book = ?1 and r.key = o.key \
     union all select r.entry from payment c cross join refund o cross join refund r where c.book = ?1 and c.customer = {customer} \
     and o.book = ?1 and o.payment = c.key and r.book = ?1 and r.key = o.key and r.invoice is null \
     union all select r.entry from refund o cross join refund r where o.book = ?1 and o.customer = {customer} \
     and r.book = ?1 and r.key = o.key \
     union all select m.key from manual_entry m join content c on c.book = m.book and c.kind = 'manual_entry' and c.number = m.key \
     where m.book = ?1 and {names}";

/// Whether an entry of the model is one of a customer's.
pub(in crate::engine) fn is_of_customer(tables: &Tables, entry: &Entry, of: &CustomerOfEntry) -> bool {
    let number = entry.document.number;
    let billed = |key: Option<InvoiceKey>| key.and_then(|key| tables.invoices.get(&key)?.customer);
    let paid = |key: PaymentKey| tables.payments.get(&key).and_then(|payment| payment.customer);
    let customer = match entry.document.kind {
        DocumentKind::Payment | DocumentKind::CreditNote if entry.invoice.is_none() => paid(PaymentKey(number)),
        DocumentKind::Refund => {
            let refund = tables.refunds.get(&RefundKey(number));
            let invoice = refund.and_then(|refund| refund.invoice);
            let payment = refund.and_then(|refund| refund.payment).filter(|_| invoice.is_none());
            billed(invoice)
                .or_else(|| payment.and_then(paid))
                .or(refund.and_then(|refund| refund.customer))
        }
        DocumentKind::ManualEntry => {
            let document = DocumentRef {
                kind: DocumentKind::ManualEntry,
                number,
            };
            let content = tables.contents.get(&document);
            let sought = of.named.to_ascii_lowercase();
            return content.is_some_and(|content| content.body.to_ascii_lowercase().contains(&sought));
        }
        _ => billed(entry.invoice),
    };
    customer == Some(of.key)
}

fn of_entries(book: BookKey, query: &EntryQuery, spelling: Spelling) -> Conditions {
    let mut conditions = Conditions::new(book, "entry");
    if let Some(kinds) = &query.kinds {
        let places: Vec<String> = kinds.iter().map(|kind| conditions.bind(kind.cell())).collect();
        conditions.and(&match places.is_empty() {
            true => "1 = 0".to_owned(),
            false => format!("kind in ({})", places.join(", ")),
        });
    }
    if let Some(kind) = query.documents {
        let place = conditions.bind(kind.cell());
        conditions.and(&format!("document_kind = {place}"));
    }
    if let Some(of) = &query.customer {
        let (customer, sought) = (conditions.bind(of.key.cell()), of.named.to_ascii_lowercase());
        let sought = conditions.bind(Cell::Text(sought));
        let names = spelling.holds("c.body", &sought);
        let entries = OF_CUSTOMER.replace("{customer}", &customer).replace("{names}", &names);
        conditions.and(&format!("entry.key in ({entries})"));
    }
    conditions.dated("date", query.date);
    conditions
}

/// The statement of a page of an account's postings, with its arguments. The days on which something stands on the account are
/// kept; only the entries of those are looked at, in this order.
pub(super) fn postings_of(book: BookKey, query: &AccountQuery) -> (String, Vec<Cell>) {
    let mut conditions = Conditions::new(book, "b");
    let account = conditions.bind(query.account.cell());
    let grain = conditions.bind(Grain::Day.cell());
    conditions.and(&format!(
        "b.account = {account} and b.currency = '' and b.grain = {grain}"
    ));
    conditions.dated("b.start", query.date);
    conditions.and("e.book = b.book and e.date = b.start");
    conditions.and("p.book = e.book and p.entry = e.key and p.account = b.account");
    if let Some(after) = &query.after {
        let later = if query.descending { "<" } else { ">" };
        let date = conditions.bind(after.date.cell());
        let (entry, place) = (conditions.bind(after.entry.cell()), conditions.bind(after.place.cell()));
        conditions.and(&format!(
            "b.start {later}= {date} and (b.start {later} {date} or e.key {later} {entry} \
             or (e.key = {entry} and p.place {later} {place}))"
        ));
    }
    let columns: Vec<String> = Posting::TABLE
        .columns
        .iter()
        .map(|column| format!("p.{column}"))
        .collect();
    let from = format!(
        "select {} from balance b cross join entry e cross join posting p",
        columns.join(", ")
    );
    let order = ["b.start", "e.key", "p.place"];
    conditions.page(&from, &order, query.descending, query.offset, query.limit)
}

/// The postings among records, in order.
pub(super) fn only_postings(records: Vec<Record>) -> impl Iterator<Item = Posting> {
    records.into_iter().filter_map(|record| match record {
        Record::Posting(posting) => Some(posting),
        _ => None,
    })
}

/// The entries among records, in order.
pub(super) fn only_entries(records: Vec<Record>) -> impl Iterator<Item = Entry> {
    records.into_iter().filter_map(|record| match record {
        Record::Entry(entry) => Some(entry),
        _ => None,
    })
}
