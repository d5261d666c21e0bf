//! The ledger of an account, in pages, and the statement of a customer.

use jiff::civil::Date;
use quittance_accounting::account::{AccountRole, Side};
use quittance_accounting::identity::{DocumentKind, EntryKey};
use quittance_accounting::journal::EntryKind;
use quittance_accounting::kept::Turnover;
use quittance_accounting::report::{Report, Section, Span, Value};
use quittance_store::reports::{LedgerCursor, LedgerLine, LedgerPage};

use super::{MOST_ROWS, ReportFault, Sources};

const LINES: &[&str] = &[
    "date", "entry", "kind", "document", "number", "invoice", "debit", "credit", "balance",
];

/// The word of a kind of entry.
fn kind_word(kind: EntryKind) -> Value {
    let word = EntryKind::ALL.iter().find(|(known, _)| *known == kind);
    Value::text(word.map(|(_, word)| (*word).to_owned()))
}

/// The word of a kind of document.
pub(super) fn document_word(kind: DocumentKind) -> Value {
    let word = DocumentKind::ALL.iter().find(|(known, _)| *known == kind);
    Value::text(word.map(|(_, word)| (*word).to_owned()))
}

/// A section with one sum.
fn balance(name: &'static str, on: Date, sum: i128) -> Section {
    let row = vec![Value::Day(on), Value::Money(sum)];
    Section::of(name, &["date", "balance"], vec![row])
}

fn rows(lines: &[LedgerLine], mut running: i128) -> (Vec<Vec<Value>>, i128) {
    let mut rows = Vec::with_capacity(lines.len());
    for line in lines {
        let signed = i128::from(line.signed());
        running += signed;
        rows.push(vec![
            Value::Day(line.date),
            Value::Count(line.entry.0),
            kind_word(line.kind),
            document_word(line.document.kind),
            Value::Count(line.document.number),
            Value::text(line.number.clone()),
            Value::side(signed),
            Value::side(-signed),
            Value::Money(running),
        ]);
    }
    (rows, running)
}

/// The lines of documents in other currencies than the book's once more, in theirs; nothing where there are none.
fn in_currencies(lines: &[LedgerLine]) -> Option<Section> {
    let row = |line: &LedgerLine| {
        let own = line.foreign?;
        let sum = |side: Side| match line.side == side {
            true => Value::Foreign(own.currency, own.amount.minor().into()),
            false => Value::None,
        };
        Some(vec![
            Value::Currency(own.currency),
            Value::Day(line.date),
            Value::Count(line.entry.0),
            Value::text(line.number.clone()),
            sum(Side::Debit),
            sum(Side::Credit),
            Value::Money(line.signed().into()),
        ])
    };
    let mut abroad: Vec<&LedgerLine> = lines.iter().filter(|line| line.foreign.is_some()).collect();
    abroad.sort_by_key(|line| (line.foreign.map(|own| own.currency), line.cursor()));
    let rows: Vec<Vec<Value>> = abroad.into_iter().filter_map(row).collect();
    let columns = &["currency", "date", "entry", "invoice", "debit", "credit", "booked"];
    (!rows.is_empty()).then(|| Section::of("currencies", columns, rows))
}

fn net(turnover: Turnover) -> i128 {
    i128::from(turnover.debits) - i128::from(turnover.credits)
}

fn cursor_text(cursor: LedgerCursor) -> String {
    format!("{}.{}.{}", cursor.date, cursor.entry.0, cursor.place)
}

fn read_cursor(text: &str) -> Result<LedgerCursor, ReportFault> {
    let read = || {
        let mut parts = text.split('.');
        let cursor = LedgerCursor {
            date: parts.next()?.parse().ok()?,
            entry: EntryKey(parts.next()?.parse().ok()?),
            place: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(cursor)
    };
    read().ok_or_else(|| ReportFault::BadCursor(text.to_owned()))
}

impl Sources<'_> {
    /// A page of the ledger of an account. Balances are debits less credits; the first page opens with the balance before the span, the
    /// last closes with the balance after it, and a page in between goes on where the one before ended.
    pub(super) async fn ledger(&self) -> Result<(Report, Option<String>), ReportFault> {
        let account = self.account()?;
        let (from, to) = self.span;
        let after = self.query.after.as_deref().map(read_cursor).transpose()?;
        let limit = self.query.limit.clamp(1, MOST_ROWS);
        let page = LedgerPage {
            account,
            from,
            to,
            after,
            limit: limit + 1,
        };
        let mut lines = self.reader.ledger(self.book, &page).await?;
        let further = lines.len() as i64 > limit;
        lines.truncate(usize::try_from(limit).unwrap_or(0));
        let start = after.map_or(from, |after| after.date.max(from));
        let before = match start.yesterday() {
            Ok(day) => self.reader.turnovers(self.book, day).await?.get(&account).copied(),
            Err(_) => None,
        };
        let mut opening = net(before.unwrap_or_default());
        if let Some(after) = after.filter(|after| after.date >= from) {
            opening += net(self.reader.turnover_up_to(self.book, account, after).await?);
        }
        let (rows, closing) = rows(&lines, opening);
        let mut sections = Vec::new();
        if after.is_none() {
            sections.push(balance("opening", from, opening));
        }
        sections.push(Section::of("postings", LINES, rows));
        if !further {
            sections.push(balance("closing", to, closing));
        }
        sections.extend(in_currencies(&lines));
        let report = Report {
            name: "ledger",
            span: Span::Between(from, to),
            of: vec![("account", Value::Account(account))],
            currency: self.currency,
            sections,
        };
        let next = lines.last().filter(|_| further).map(|line| cursor_text(line.cursor()));
        Ok((report, next))
    }

    /// The statement of a customer: what was open on its invoices before the span, what was charged and settled in it, and what is
    /// open after it; then the same of its money and credit that settle nothing, and what it owes all in all.
    pub(super) async fn statement(&self) -> Result<Report, ReportFault> {
        let customer = self.customer().await?;
        let receivable = self.account_of(AccountRole::Receivable)?;
        let unapplied = self.account_of(AccountRole::UnappliedPayments)?;
        let credits = self.account_of(AccountRole::CustomerCredits)?;
        let (from, to) = self.span;
        let (reader, book) = (self.reader, self.book);
        let owed = reader.customer_ledger(book, receivable, customer, to).await?;
        let held = reader.customer_credit(book, [unapplied, credits], customer, to).await?;
        let (mut sections, due) = movements(["opening", "postings", "closing"], &owed, (from, to));
        let of_credit = ["unapplied_opening", "unapplied", "unapplied_closing"];
        let (own, left) = movements(of_credit, &held, (from, to));
        sections.extend(own);
        sections.push(balance("all_in_all", to, due + left));
        let mut within: Vec<LedgerLine> = owed.into_iter().chain(held).collect();
        within.retain(|line| line.date >= from);
        sections.extend(in_currencies(&within));
        Ok(Report {
            name: "statement",
            span: Span::Between(from, to),
            of: vec![("customer", Value::Customer(customer))],
            currency: self.currency,
            sections,
        })
    }
}

/// The lines of a span between the balance before and after it, and that after it.
fn movements(names: [&'static str; 3], lines: &[LedgerLine], (from, to): (Date, Date)) -> (Vec<Section>, i128) {
    let [before, within, after] = names;
    let split = lines.partition_point(|line| line.date < from);
    let opening = lines[..split].iter().map(|line| i128::from(line.signed())).sum();
    let (rows, closing) = rows(&lines[split..], opening);
    let mut postings = Section::of(within, LINES, rows).with_total();
    if let Some(total) = &mut postings.total {
        // Balances are not added up.
        total[8] = Value::None;
    }
    let sections = vec![balance(before, from, opening), postings, balance(after, to, closing)];
    (sections, closing)
}
