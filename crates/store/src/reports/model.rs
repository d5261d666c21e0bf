//! The same answers from a whole book in memory, by the plainest folds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use quittance_accounting::account::Side;
use quittance_accounting::book::NumberUse;
use quittance_accounting::exchange::Valued;
use quittance_accounting::identity::{
    AccountKey, CreditNoteKey, CustomerKey, DocumentKind, DocumentRef, EntryKey, InvoiceKey, PaymentKey, RefundKey,
};
use quittance_accounting::invoice::TaxShare;
use quittance_accounting::journal::{Entry, EntryKind, Posting};
use quittance_accounting::kept::Turnover;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::record::Tables;
use quittance_accounting::report::{Balances, OpenItem};
use quittance_accounting::settlement::CreditLine;

use super::registers::{NumberLine, PaymentLine, TaxedLine};
use super::{JournalLine, JournalPosting, LedgerCursor, LedgerLine, LedgerPage, OpenItems};

fn of(posting: &Posting) -> Turnover {
    let minor = posting.amount.minor();
    match posting.side {
        Side::Debit => Turnover {
            debits: minor,
            credits: 0,
        },
        Side::Credit => Turnover {
            debits: 0,
            credits: minor,
        },
    }
}

pub(super) fn turnovers(tables: &Tables, through: Date) -> Balances {
    let mut sums = Balances::new();
    for posting in tables.postings.values().filter(|posting| posting.date <= through) {
        let sum = sums.entry(posting.account).or_default();
        *sum = sum.plus(of(posting));
    }
    sums
}

pub(super) fn currencies(tables: &Tables) -> Vec<Currency> {
    let foreign = tables.postings.values().filter_map(|posting| posting.foreign);
    let moved = foreign.filter(|money| !money.amount.is_zero());
    let currencies: std::collections::BTreeSet<Currency> = moved.map(|money| money.currency).collect();
    currencies.into_iter().collect()
}

pub(super) fn open_items(tables: &Tables, receivable: AccountKey, as_of: Date) -> Vec<OpenItem> {
    let mut open: BTreeMap<(InvoiceKey, Option<Currency>), Valued> = BTreeMap::new();
    for posting in tables.postings.values() {
        if posting.account == receivable && posting.date <= as_of {
            let entry = tables.entries.get(&posting.entry);
            if let Some(invoice) = entry.and_then(|entry| entry.invoice) {
                let currency = posting.foreign.map(|money| money.currency);
                let sum = open.entry((invoice, currency)).or_default();
                *sum = sum.plus(posting.signed()).unwrap_or(*sum);
            }
        }
    }
    let mut items = OpenItems::default();
    for ((key, currency), open) in open.into_iter().filter(|(_, open)| !open.is_zero()) {
        // Where money was set free by a void and the void invoice deleted, the payment's own two entries remain.
        let invoice = tables.invoices.get(&key);
        items.add(OpenItem {
            customer: invoice.and_then(|invoice| invoice.customer),
            due_on: invoice.and_then(|invoice| invoice.due_on),
            currency,
            open: open.amount.minor(),
            booked: open.booked.minor(),
            count: 1,
        });
    }
    items.finish()
}

fn line(tables: &Tables, entry: &Entry, posting: &Posting) -> LedgerLine {
    let invoice = entry.invoice.and_then(|key| tables.invoices.get(&key));
    LedgerLine {
        date: entry.date,
        entry: entry.key,
        place: posting.place,
        kind: entry.kind,
        document: entry.document,
        number: invoice.and_then(|invoice| invoice.number.clone()),
        side: posting.side,
        amount: posting.amount,
        foreign: posting.foreign,
    }
}

/// The lines of an account, in order of day, entry and place.
fn lines(tables: &Tables, account: AccountKey) -> Vec<LedgerLine> {
    let of_account = tables.postings.values().filter(|posting| posting.account == account);
    let mut lines: Vec<LedgerLine> = of_account
        .filter_map(|posting| Some(line(tables, tables.entries.get(&posting.entry)?, posting)))
        .collect();
    lines.sort_by_key(LedgerLine::cursor);
    lines
}

pub(super) fn ledger(tables: &Tables, page: &LedgerPage) -> Vec<LedgerLine> {
    let wanted = |line: &LedgerLine| {
        line.date >= page.from && line.date <= page.to && page.after.is_none_or(|after| line.cursor() > after)
    };
    let all = lines(tables, page.account).into_iter().filter(wanted);
    all.take(usize::try_from(page.limit).unwrap_or(0)).collect()
}

pub(super) fn turnover_up_to(tables: &Tables, account: AccountKey, cursor: LedgerCursor) -> Turnover {
    let up_to = |line: &LedgerLine| line.date == cursor.date && line.cursor() <= cursor;
    let mut sum = Turnover::default();
    for line in lines(tables, account).into_iter().filter(up_to) {
        sum = sum.plus(match line.side {
            Side::Debit => Turnover {
                debits: line.amount.minor(),
                credits: 0,
            },
            Side::Credit => Turnover {
                debits: 0,
                credits: line.amount.minor(),
            },
        });
    }
    sum
}

pub(super) fn customer_ledger(
    tables: &Tables,
    receivable: AccountKey,
    customer: CustomerKey,
    to: Date,
) -> Vec<LedgerLine> {
    let mut lines = lines(tables, receivable);
    lines.retain(|line| {
        let entry = tables.entries.get(&line.entry);
        let invoice = entry.and_then(|entry| tables.invoices.get(&entry.invoice?));
        line.date <= to && invoice.is_some_and(|invoice| invoice.customer == Some(customer))
    });
    lines
}

pub(super) fn customer_credit(
    tables: &Tables,
    accounts: [AccountKey; 2],
    customer: CustomerKey,
    to: Date,
) -> Vec<LedgerLine> {
    let payment_of = |document: DocumentRef| match document.kind {
        DocumentKind::Payment | DocumentKind::CreditNote => Some(PaymentKey(document.number)),
        DocumentKind::Refund => tables.refunds.get(&RefundKey(document.number))?.payment,
        _ => None,
    };
    let is_its = |line: &LedgerLine| {
        let payment = payment_of(line.document).and_then(|key| tables.payments.get(&key));
        line.date <= to && payment.is_some_and(|payment| payment.customer == Some(customer))
    };
    let of_accounts = accounts.iter().flat_map(|account| lines(tables, *account));
    let mut lines: Vec<LedgerLine> = of_accounts.filter(is_its).collect();
    lines.sort_by_key(LedgerLine::cursor);
    lines.dedup();
    lines
}

pub(super) fn journal(tables: &Tables, after: EntryKey, limit: i64) -> Vec<JournalLine> {
    let entries = tables.entries.values().filter(|entry| entry.key > after);
    let line = |entry: &Entry| {
        let invoice = entry.invoice.and_then(|key| tables.invoices.get(&key));
        let payment = match entry.document.kind {
            DocumentKind::Payment | DocumentKind::CreditNote => tables.payments.get(&PaymentKey(entry.document.number)),
            _ => None,
        };
        let postings = tables.postings.range((entry.key, i64::MIN)..=(entry.key, i64::MAX));
        JournalLine {
            entry: *entry,
            number: invoice.and_then(|invoice| invoice.number.clone()),
            due_on: invoice.and_then(|invoice| invoice.due_on),
            customer: match entry.invoice {
                Some(_) => invoice.and_then(|invoice| invoice.customer),
                None => payment.and_then(|payment| payment.customer),
            },
            postings: postings
                .map(|(_, posting)| JournalPosting::of(posting.account, posting.side, posting.amount, posting.foreign))
                .collect(),
        }
    };
    entries.map(line).take(usize::try_from(limit).unwrap_or(0)).collect()
}

pub(super) fn taxed_lines(
    tables: &Tables,
    (from, to): (Date, Date),
    after: Option<(Date, EntryKey)>,
    limit: i64,
) -> Vec<TaxedLine> {
    let wanted = |entry: &&Entry| {
        let of_document = match entry.document.kind {
            DocumentKind::Invoice => matches!(entry.kind, EntryKind::Issue | EntryKind::Void),
            DocumentKind::CreditNote => {
                entry.invoice.is_none() && matches!(entry.kind, EntryKind::CreditNote | EntryKind::CreditVoid)
            }
            _ => false,
        };
        of_document && (from..=to).contains(&entry.date) && after.is_none_or(|after| (entry.date, entry.key) > after)
    };
    let mut entries: Vec<&Entry> = tables.entries.values().filter(wanted).collect();
    entries.sort_by_key(|entry| (entry.date, entry.key));
    entries.truncate(usize::try_from(limit).unwrap_or(0));
    entries.into_iter().flat_map(|entry| taxed(tables, entry)).collect()
}

/// The lines that an entry issued or voided, in order of place.
fn taxed(tables: &Tables, entry: &Entry) -> Vec<TaxedLine> {
    let number = entry.document.number;
    let booked = match entry.document.kind {
        DocumentKind::CreditNote => {
            let credit = tables.payments.get(&PaymentKey(number));
            credit.and_then(|credit| Some((credit.amount, credit.exchange?.amount)))
        }
        _ => {
            let invoice = tables.invoices.get(&InvoiceKey(number));
            invoice.and_then(|invoice| Some((invoice.total, invoice.exchange?.total)))
        }
    };
    let line = |place: i64, subtotal: Amount, discount: Amount, taxes: &[TaxShare]| TaxedLine {
        date: entry.date,
        entry: entry.key,
        kind: entry.kind,
        place,
        subtotal,
        discount,
        taxes: taxes.to_vec(),
        booked,
    };
    let mut lines: Vec<TaxedLine> = match entry.document.kind {
        DocumentKind::CreditNote => {
            let note = CreditNoteKey(number);
            let own = tables.credit_lines.range((note, i64::MIN)..=(note, i64::MAX));
            let place = |own: &CreditLine| if own.line == Some(0) { 0 } else { own.place };
            own.map(|(_, own)| line(place(own), own.amount, Amount::ZERO, &own.taxes))
                .collect()
        }
        _ => {
            let invoice = InvoiceKey(number);
            let own = tables.lines.range((invoice, i64::MIN)..=(invoice, i64::MAX));
            own.map(|(_, own)| line(own.place, own.subtotal, own.discount, &own.taxes))
                .collect()
        }
    };
    lines.sort_by_key(|line| line.place);
    lines
}

/// What the entries of each payment had moved on the account of what settles nothing, at the end of a day: in its own currency and in
/// the book's.
fn unapplied(tables: &Tables, account: AccountKey, to: Date) -> BTreeMap<PaymentKey, Valued> {
    let mut sums: BTreeMap<PaymentKey, Valued> = BTreeMap::new();
    let postings = tables.postings.values();
    for posting in postings.filter(|posting| posting.account == account && posting.date <= to) {
        let Some(entry) = tables.entries.get(&posting.entry) else {
            continue;
        };
        let number = entry.document.number;
        let payment = if entry.document.kind == DocumentKind::Payment {
            Some(PaymentKey(number))
        } else if entry.document.kind == DocumentKind::Refund {
            tables.refunds.get(&RefundKey(number)).and_then(|refund| refund.payment)
        } else {
            None
        };
        if let Some(payment) = payment {
            let sum = sums.entry(payment).or_default();
            *sum = sum.minus(posting.signed()).unwrap_or(*sum);
        }
    }
    sums
}

/// The parts of a payment that settled something at the end of a day.
fn settled(tables: &Tables, payment: PaymentKey, to: Date) -> Vec<(Option<String>, Amount)> {
    let all = (payment, i64::MIN)..=(payment, i64::MAX);
    let by = |entry: EntryKey| tables.entries.get(&entry).is_some_and(|entry| entry.date <= to);
    let live = tables.allocations.range(all.clone());
    let live = live.map(|(_, part)| (part.place, part.invoice, part.amount, part.entry, None));
    let former = tables.former_allocations.range(all);
    let former = former.filter_map(|(_, part)| Some((part.place, part.invoice?, part.amount, part.entry, part.undone)));
    let mut parts: Vec<_> = live.chain(former).collect();
    parts.retain(|(_, _, _, entry, undone)| by(*entry) && !undone.is_some_and(by));
    parts.sort_by_key(|(place, ..)| *place);
    let number = |invoice: InvoiceKey| tables.invoices.get(&invoice).and_then(|invoice| invoice.number.clone());
    parts
        .into_iter()
        .map(|(_, invoice, amount, ..)| (number(invoice), amount))
        .collect()
}

pub(super) fn paid(
    tables: &Tables,
    account: AccountKey,
    (from, to): (Date, Date),
    after: Option<(Date, PaymentKey)>,
    limit: i64,
) -> Vec<PaymentLine> {
    let mut lines: Vec<PaymentLine> = tables
        .payments
        .values()
        .filter(|payment| payment.witness.is_money() && (from..=to).contains(&payment.posted_on))
        .filter(|payment| after.is_none_or(|after| (payment.posted_on, payment.key) > after))
        .map(|payment| PaymentLine {
            key: payment.key,
            posted_on: payment.posted_on,
            paid_on: payment.paid_on,
            customer: payment.customer,
            method: payment.method,
            witness: payment.witness,
            amount: payment.amount,
            currency: payment.currency,
            exchange: payment.exchange,
            void: payment.voided.is_some_and(|voided| voided.on <= to),
            unapplied: 0,
            own_unapplied: 0,
            settled: Vec::new(),
        })
        .collect();
    lines.sort_by_key(|line| (line.posted_on, line.key));
    lines.truncate(usize::try_from(limit).unwrap_or(0));
    let unapplied = unapplied(tables, account, to);
    for line in &mut lines {
        let left = unapplied.get(&line.key).copied().unwrap_or_default();
        (line.unapplied, line.own_unapplied) = (left.booked.minor(), left.amount.minor());
        line.settled = settled(tables, line.key, to);
    }
    lines
}

pub(super) fn number_lengths(tables: &Tables) -> Vec<i64> {
    let lengths = tables.numbers.keys().map(|number| number.chars().count() as i64);
    lengths
        .collect::<std::collections::BTreeSet<i64>>()
        .into_iter()
        .collect()
}

fn voided_at(tables: &Tables, document: DocumentRef) -> Option<Timestamp> {
    match document.kind {
        DocumentKind::CreditNote => {
            let credit = tables.payments.get(&PaymentKey(document.number))?;
            credit.voided.map(|voided| voided.at)
        }
        _ => tables.invoices.get(&InvoiceKey(document.number))?.voided_at(),
    }
}

pub(super) fn numbers(tables: &Tables, length: i64, after: &str, limit: i64) -> Vec<NumberLine> {
    let of_length = tables
        .numbers
        .values()
        .filter(|line| line.number.chars().count() as i64 == length && line.number.as_str() > after);
    let line = |line: &NumberUse| NumberLine {
        number: line.number.clone(),
        counted: line.counted,
        state: line.state,
        seq: tables.tombstones.get(&line.document).map(|stone| stone.seq),
        voided_at: voided_at(tables, line.document),
    };
    of_length.map(line).take(usize::try_from(limit).unwrap_or(0)).collect()
}
