//! The statements of reports, one text for every engine.

use super::Asked;
use crate::tables::Table;

const fn columns(name: &'static str, columns: &'static [&'static str]) -> Table {
    Table {
        name,
        columns,
        keys: 1,
        derived: 0,
    }
}

const TURNOVER: &[&str] = &["account", "debits", "credits"];
const OPEN_ITEM: &[&str] = &["customer", "due_on", "currency", "open", "booked", "count"];
const LEDGER_LINE: &[&str] = &[
    "date",
    "entry",
    "place",
    "kind",
    "document_kind",
    "document_number",
    "number",
    "side",
    "amount",
    "currency",
    "foreign_amount",
];

/// ?2 the day, ?3 the first day of the month after it.
pub(super) static TURNOVERS: Asked = Asked {
    columns: columns("balance", TURNOVER),
    sql: "select t.account, cast(sum(t.debits) as bigint), cast(sum(t.credits) as bigint) from ( \
            select b.account, b.debits, b.credits from account a cross join balance b \
            where a.book = ?1 and b.book = ?1 and b.account = a.key and b.currency = '' and b.grain = 'ever' \
          union all \
            select b.account, -b.debits, -b.credits from account a cross join balance b \
            where a.book = ?1 and b.book = ?1 and b.account = a.key and b.currency = '' and b.grain = 'month' and b.start >= ?3 \
          union all \
            select b.account, -b.debits, -b.credits from account a cross join balance b \
            where a.book = ?1 and b.book = ?1 and b.account = a.key and b.currency = '' and b.grain = 'day' and b.start > ?2 and b.start < ?3 \
          ) t group by t.account order by t.account",
};

/// What payments have settled, all together.
/// ?2 the kind of tally: one line for each due day, or the one of what payments settled; no line for each customer.
pub(super) static TALLIES: Asked = Asked {
    columns: columns("tally", &["kind", "key", "count", "open", "booked"]),
    sql: "select kind, key, count, open, booked from tally where book = ?1 and kind = ?2 order by key",
};

/// Read from an index that holds no other column and no other invoice.
pub(super) static OPEN_NOW: Asked = Asked {
    columns: columns("invoice", OPEN_ITEM),
    sql: "select customer, due_on, cast(null as text), cast(sum(open) as bigint), cast(sum(open) as bigint), count(*) from invoice \
          where book = ?1 and open > 0 and rate is null group by customer, due_on",
};

/// The same of those in another currency than the book's.
pub(super) static OPEN_ABROAD: Asked = Asked {
    columns: columns("invoice", OPEN_ITEM),
    sql: "select customer, due_on, currency, cast(sum(open) as bigint), \
            cast(sum(booked_total - booked_settled) as bigint), count(*) from invoice \
          where book = ?1 and open > 0 and rate is not null group by currency, customer, due_on",
};

/// ?2 how many, ?3 how many to pass over.
pub(super) static RATES: Asked = Asked {
    columns: columns("exchange_rate", &["currency", "day", "rate"]),
    sql: "select currency, day, rate from exchange_rate where book = ?1 order by currency, day limit ?2 offset ?3",
};

/// Every currency that documents are in, besides the book's. The accounts are few, and of each only what is in another currency is read.
pub(super) static CURRENCIES: Asked = Asked {
    columns: columns("balance", &["currency"]),
    sql: "select distinct b.currency from account a cross join balance b \
          where a.book = ?1 and b.book = ?1 and b.account = a.key and b.currency > '' and b.grain = 'ever' \
            and (b.debits <> 0 or b.credits <> 0) \
          order by b.currency",
};

/// ?2 the day, ?3 the receivable account. What invoices moved since then had been open for more than they are now. Where money was
/// set free by a void and the void invoice deleted, the payment's own two entries remain, without an invoice.
pub(super) static OPENED_SINCE: Asked = Asked {
    columns: columns("entry", OPEN_ITEM),
    sql: "select i.customer, i.due_on, m.currency, cast(-sum(m.moved) as bigint), cast(-sum(m.booked) as bigint), \
            cast(sum(case when coalesce(i.open, 0) = m.moved then 0 else 1 end) \
              - sum(case when coalesce(i.open, 0) = 0 then 0 else 1 end) as bigint) \
          from ( \
            select h.invoice, p.currency, \
              sum(case p.side when 'debit' then coalesce(p.foreign_amount, p.amount) \
                else -coalesce(p.foreign_amount, p.amount) end) as moved, \
              sum(case p.side when 'debit' then p.amount else -p.amount end) as booked \
            from entry e cross join posting p cross join entry h \
            where e.book = ?1 and e.date > ?2 and p.book = ?1 and p.entry = e.key and p.account = ?3 \
              and h.book = ?1 and h.key = e.key and h.invoice is not null \
            group by h.invoice, p.currency \
          ) m left join invoice i on i.book = ?1 and i.key = m.invoice \
          group by i.customer, i.due_on, m.currency",
};

/// ?2 the account, ?3 and ?4 the days: the first on which the account moved.
pub(super) static NEXT_MOVED: Asked = Asked {
    columns: columns("balance", &["start"]),
    sql: "select start from balance where book = ?1 and account = ?2 and currency = '' and grain = 'day' and start >= ?3 and start <= ?4 \
          order by start limit 1",
};

/// ?2 the account, ?3 the day, ?4 and ?5 the entry and place to go on after, ?6 how many. The entry stands in it twice, here and
/// below: once as what an index by day or invoice says of it, which is all that is read to find it, and once as itself.
pub(super) static LEDGER: Asked = Asked {
    columns: columns("posting", LEDGER_LINE),
    sql: "select h.date, h.key, p.place, h.kind, h.document_kind, h.document_number, i.number, p.side, p.amount, p.currency, p.foreign_amount \
          from entry e cross join posting p cross join entry h \
            left join invoice i on i.book = ?1 and i.key = h.invoice \
          where e.book = ?1 and e.date = ?3 and p.book = ?1 and p.entry = e.key and p.account = ?2 \
            and h.book = ?1 and h.key = e.key and (h.key + 0 > ?4 or (h.key + 0 = ?4 and p.place > ?5)) \
          order by h.date, h.key + 0, p.place limit ?6",
};

/// ?2 the account, ?3 the day, ?4 and ?5 the last entry and place.
pub(super) static TURNOVER_UP_TO: Asked = Asked {
    columns: columns("posting", TURNOVER),
    sql: "select p.account, cast(sum(case p.side when 'debit' then p.amount else 0 end) as bigint), \
            cast(sum(case p.side when 'credit' then p.amount else 0 end) as bigint) \
          from entry e cross join posting p \
          where e.book = ?1 and e.date = ?3 and p.book = ?1 and p.entry = e.key and p.account = ?2 \
            and (e.key < ?4 or (e.key = ?4 and p.place <= ?5)) group by p.account",
};

/// ?2 the customer, ?3 the receivable account, ?4 the last day.
pub(super) static CUSTOMER_LEDGER: Asked = Asked {
    columns: columns("posting", LEDGER_LINE),
    sql: "select e.date, e.key, p.place, e.kind, e.document_kind, e.document_number, i.number, p.side, p.amount, p.currency, p.foreign_amount \
          from invoice i cross join entry e cross join posting p \
          where i.book = ?1 and i.customer = ?2 and e.book = ?1 and e.key = i.entry \
            and p.book = ?1 and p.entry = e.key and p.account = ?3 and e.date <= ?4 \
          union all \
          select e.date, e.key, p.place, e.kind, e.document_kind, e.document_number, i.number, p.side, p.amount, p.currency, p.foreign_amount \
          from invoice i cross join entry e cross join posting p \
          where i.book = ?1 and i.customer = ?2 and e.book = ?1 and e.key = i.void_entry \
            and p.book = ?1 and p.entry = e.key and p.account = ?3 and e.date <= ?4 \
          union all \
          select h.date, h.key, p.place, h.kind, h.document_kind, h.document_number, i.number, p.side, p.amount, p.currency, p.foreign_amount \
          from invoice i cross join entry e cross join posting p cross join entry h \
          where i.book = ?1 and i.customer = ?2 and e.book = ?1 and e.invoice = i.key and e.document_kind <> 'invoice' \
            and p.book = ?1 and p.entry = e.key and p.account = ?3 and p.date <= ?4 and h.book = ?1 and h.key = e.key \
          order by 1, 2, 3",
};

/// ?2 the customer, ?3 and ?4 the accounts of what settles nothing, ?5 the last day.
pub(super) static CUSTOMER_CREDIT: Asked = Asked {
    columns: columns("posting", LEDGER_LINE),
    sql: "select h.date, h.key, p.place, h.kind, h.document_kind, h.document_number, i.number, p.side, p.amount, p.currency, p.foreign_amount \
          from (select receipt_entry as entry from payment where book = ?1 and customer = ?2 \
                union all select void_entry from payment where book = ?1 and customer = ?2 \
                union all select a.entry from payment y cross join allocation a \
                where y.book = ?1 and y.customer = ?2 and a.book = ?1 and a.payment = y.key \
                union all select a.entry from payment y cross join former_allocation a \
                where y.book = ?1 and y.customer = ?2 and a.book = ?1 and a.payment = y.key \
                union all select a.undone from payment y cross join former_allocation a \
                where y.book = ?1 and y.customer = ?2 and a.book = ?1 and a.payment = y.key \
                union all select r.entry from payment y cross join refund r \
                where y.book = ?1 and y.customer = ?2 and r.book = ?1 and r.payment = y.key) e \
            cross join posting p cross join entry h left join invoice i on i.book = ?1 and i.key = h.invoice \
          where p.book = ?1 and p.entry = e.entry and (p.account = ?3 or p.account = ?4) and p.date <= ?5 \
            and h.book = ?1 and h.key = p.entry order by 1, 2, 3",
};

/// ?2 the entry to go on after, ?3 how many. The customer is that of the invoice, be it none, and of the payment or the credit
/// note only where the entry moves no invoice: a payment may settle another customer's.
pub(super) static JOURNAL: Asked = Asked {
    columns: columns(
        "entry",
        &[
            "key",
            "date",
            "kind",
            "document_kind",
            "document_number",
            "invoice",
            "postings",
            "number",
            "due_on",
            "customer",
            "account",
            "side",
            "amount",
            "currency",
            "foreign_amount",
        ],
    ),
    sql: "select e.key, e.date, e.kind, e.document_kind, e.document_number, e.invoice, e.postings, i.number, i.due_on, \
            case when e.invoice is null then y.customer else i.customer end, p.account, p.side, p.amount, \
            p.currency, p.foreign_amount \
          from (select key, date, kind, document_kind, document_number, invoice, postings from entry \
                where book = ?1 and key > ?2 order by key limit ?3) e \
            cross join posting p \
            left join invoice i on i.book = ?1 and i.key = e.invoice \
            left join payment y on y.book = ?1 and y.key = e.document_number \
              and e.document_kind in ('payment', 'credit_note') \
          where p.book = ?1 and p.entry = e.key order by e.key, p.place",
};

/// What a credit note takes from an invoice as a whole has place 0, as it has there.
/// ?2 and ?3 the days, ?4 the entry after which the page goes on if it goes on within ?2, ?5 how many entries.
pub(super) static TAXED: Asked = Asked {
    columns: columns(
        "line",
        &[
            "date",
            "key",
            "kind",
            "place",
            "subtotal",
            "discount",
            "taxes",
            "total",
            "booked_total",
        ],
    ),
    sql: "with e as (select date, key, kind, document_kind, document_number from entry \
                where book = ?1 and date >= ?2 and date <= ?3 and (date > ?2 or key > ?4) \
                  and (document_kind = 'invoice' and kind in ('issue', 'void') \
                    or document_kind = 'credit_note' and invoice is null and kind in ('credit_note', 'credit_void')) \
                order by date, key limit ?5) \
          select e.date, e.key, e.kind, l.place, l.subtotal, l.discount, l.taxes, i.total, i.booked_total \
          from e cross join invoice i cross join line l \
          where e.document_kind = 'invoice' and i.book = ?1 and i.key = e.document_number \
            and l.book = ?1 and l.invoice = e.document_number \
          union all \
          select e.date, e.key, e.kind, case l.line when 0 then 0 else l.place end, l.amount, 0, l.taxes, y.amount, y.booked_amount \
          from e cross join payment y cross join credit_line l \
          where e.document_kind = 'credit_note' and y.book = ?1 and y.key = e.document_number \
            and l.book = ?1 and l.credit_note = e.document_number \
          order by 1, 2, 4",
};

/// ?2 and ?3 the days: the first on which anything was posted.
pub(super) static NEXT_DAY: Asked = Asked {
    columns: columns("entry", &["date"]),
    sql: "select date from entry where book = ?1 and date >= ?2 and date <= ?3 order by date limit 1",
};

/// ?2 the day, ?3 the payment to go on after, ?4 how many. Entries of credit notes are none of a payment.
pub(super) static PAID_ON: Asked = Asked {
    columns: columns(
        "payment",
        &[
            "key",
            "posted_on",
            "paid_on",
            "customer",
            "method",
            "witness",
            "amount",
            "currency",
            "rate",
            "booked_amount",
            "booked_unallocated",
            "voided_on",
        ],
    ),
    sql: "select distinct y.key, y.posted_on, y.paid_on, y.customer, y.method, y.witness, y.amount, \
            y.currency, y.rate, y.booked_amount, y.booked_unallocated, y.voided_on \
          from entry e cross join entry h cross join payment y \
          where e.book = ?1 and e.date = ?2 and h.book = ?1 and h.key = e.key and h.document_kind = 'payment' \
            and y.book = ?1 and y.key = h.document_number and y.posted_on = ?2 and y.key > ?3 \
          order by y.key limit ?4",
};

/// ?2 the payment, ?3 the day: the parts that were there at its end, those that were undone since among them.
pub(super) static SETTLED: Asked = Asked {
    columns: columns("allocation", &["number", "amount"]),
    sql: "select i.number, a.amount \
          from (select place, invoice, amount, entry, null as undone from allocation where book = ?1 and payment = ?2 \
                union all \
                select place, invoice, amount, entry, undone from former_allocation \
                where book = ?1 and payment = ?2 and invoice is not null) a \
            cross join entry e \
            left join entry u on u.book = ?1 and u.key = a.undone \
            left join invoice i on i.book = ?1 and i.key = a.invoice \
          where e.book = ?1 and e.key = a.entry and e.date <= ?3 and (a.undone is null or u.date > ?3) order by a.place",
};

/// ?2 the payment, ?3 the day, ?4 the account of what settles nothing: what the payment's entries had moved there at its end.
pub(super) static UNAPPLIED: Asked = Asked {
    columns: columns("posting", &["unapplied", "own_unapplied"]),
    sql: "select cast(coalesce(sum(case p.side when 'credit' then p.amount else -p.amount end), 0) as bigint), \
            cast(coalesce(sum(case p.side when 'credit' then coalesce(p.foreign_amount, p.amount) \
              else -coalesce(p.foreign_amount, p.amount) end), 0) as bigint) \
          from (select receipt_entry as entry from payment where book = ?1 and key = ?2 \
                union all select void_entry from payment where book = ?1 and key = ?2 \
                union all select entry from allocation where book = ?1 and payment = ?2 \
                union all select entry from former_allocation where book = ?1 and payment = ?2 \
                union all select undone from former_allocation where book = ?1 and payment = ?2 \
                union all select entry from refund where book = ?1 and payment = ?2) e \
            cross join posting p \
          where p.book = ?1 and p.entry = e.entry and p.account = ?4 and p.date <= ?3",
};

/// ?2 how long the numbers are, ?3 the number to go on after, ?4 how many.
pub(super) static NUMBERS: Asked = Asked {
    columns: columns("number_use", &["number", "counted", "state", "seq", "voided_at"]),
    sql: "select n.number, n.counted, n.state, t.seq, coalesce(i.voided_at, y.voided_at) from number_use n \
            left join tombstone t on t.book = ?1 and t.kind = n.document_kind and t.number = n.document_number \
            left join invoice i on i.book = ?1 and i.key = n.document_number and n.document_kind = 'invoice' \
            left join payment y on y.book = ?1 and y.key = n.document_number and n.document_kind = 'credit_note' \
          where n.book = ?1 and length(n.number) = ?2 and n.number > ?3 order by n.number limit ?4",
};

/// Every length that a number has.
pub(super) static NUMBER_LENGTHS: Asked = Asked {
    columns: columns("number_use", &["length"]),
    sql: "select distinct length(number) from number_use where book = ?1 order by 1",
};

/// ?2 the seq to go on after, ?3 the last seq, ?4 how many.
pub(super) static DELETIONS: Asked = Asked {
    columns: columns("event", &["seq"]),
    sql: "select seq from event where book = ?1 and kind = 'invoice.deleted' and seq > ?2 and seq <= ?3 \
          union all \
          select seq from event where book = ?1 and kind = 'credit_note.deleted' and seq > ?2 and seq <= ?3 \
          order by 1 limit ?4",
};
