//! The registers: taxes, payments, numbers, deletions.

use jiff::civil::Date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{AccountKey, DocumentKind, EntryKey, PaymentKey};
use quittance_accounting::invoice::TaxShare;
use quittance_accounting::journal::EntryKind;
use quittance_accounting::money::Amount;
use quittance_accounting::plan::Receipt;
use quittance_accounting::report::{Gap, NumberRegister, Report, Section, Span, TaxSummary, Value};
use quittance_accounting::rounding::proportion;
use quittance_accounting::settlement::{Method, Witness};
use quittance_store::reports::registers::{PaymentLine, TaxedLine};
use quittance_store::{Event, StoreError, codec};

use super::{MOST_ROWS, ReportFault, Sources};
use crate::source::{day_in, zone};

/// How many entries or numbers are read at once.
const PAGE: i64 = 1000;

fn word<T: PartialEq + Copy>(all: &[(T, &'static str)], value: T) -> Value {
    let found = all.iter().find(|(known, _)| *known == value);
    Value::text(found.map(|(_, word)| (*word).to_owned()))
}

fn bad_cursor(text: &str) -> ReportFault {
    ReportFault::BadCursor(text.to_owned())
}

impl Sources<'_> {
    fn whole(&self, name: &'static str, span: Span, sections: Vec<Section>) -> Report {
        Report {
            name,
            span,
            of: Vec::new(),
            currency: self.currency,
            sections,
        }
    }

    /// What was taxed in a span, by tax account, beside what the ledger says. The cost is that of the invoices and
    /// credit notes issued in it.
    pub(super) async fn taxes(&self) -> Result<Report, ReportFault> {
        let (from, to) = self.span;
        let mut summary = TaxSummary::default();
        let mut after: Option<(Date, EntryKey)> = None;
        loop {
            let lines = self.reader.taxed_lines(self.book, self.span, after, PAGE).await?;
            let Some(last) = lines.last() else { break };
            after = Some((last.date, last.entry));
            for lines in lines.chunk_by(|one, other| one.entry == other.entry) {
                let own = lines.iter().find(|line| line.place == 0);
                let taxes = own.map(booked_taxes).unwrap_or_default();
                let discount = own.map_or(0, |own| booked(own, own.discount).minor());
                // What a void invoice or a credit note takes back is counted back.
                let counts = matches!(lines[0].kind, EntryKind::Issue | EntryKind::CreditVoid);
                summary.begin(counts, discount, &taxes);
                for line in lines.iter().filter(|line| line.place > 0) {
                    let net = line.subtotal.minus(line.discount).unwrap_or_default();
                    summary.line(booked(line, net).minor(), &booked_taxes(line));
                }
            }
        }
        let balances = self.reader.turnovers_between(self.book, from, to).await?;
        let taxed = self.chart.tables().accounts.values();
        let known: Vec<AccountKey> = taxed
            .filter(|account| account.role == AccountRole::SalesTax)
            .map(|account| account.key)
            .collect();
        Ok(summary.finish(from, to, self.currency, &balances, &known))
    }

    /// A page of the payments posted in a span, as they stood at its end.
    pub(super) async fn payments(&self) -> Result<(Report, Option<String>), ReportFault> {
        let limit = self.query.limit.clamp(1, MOST_ROWS);
        let after = match &self.query.after {
            Some(text) => {
                let parts = text.split_once('.');
                let read = parts.and_then(|(day, key)| Some((day.parse().ok()?, PaymentKey(key.parse().ok()?))));
                Some(read.ok_or_else(|| bad_cursor(text))?)
            }
            None => None,
        };
        let unapplied = self.account_of(AccountRole::UnappliedPayments)?;
        let mut lines = self
            .reader
            .paid(self.book, unapplied, self.span, after, limit + 1)
            .await?;
        let further = lines.len() as i64 > limit;
        lines.truncate(usize::try_from(limit).unwrap_or(0));
        let row = |line: &PaymentLine| {
            let numbers: Vec<&str> = line
                .settled
                .iter()
                .map(|(number, _)| number.as_deref().unwrap_or("unnumbered"))
                .collect();
            vec![
                Value::Day(line.posted_on),
                Value::Day(line.paid_on),
                Value::Count(line.key.0),
                Value::customer(line.customer),
                word(&Method::ALL, line.method),
                word(&Witness::OF_MONEY, line.witness),
                Value::Money(line.exchange.map_or(line.amount, |known| known.amount).minor().into()),
                Value::text(line.void.then(|| "void".to_owned())),
                Value::Money(line.unapplied.into()),
                Value::text((!numbers.is_empty()).then(|| numbers.join(" "))),
            ]
        };
        let columns = &[
            "date",
            "value_date",
            "payment",
            "customer",
            "method",
            "witness",
            "amount",
            "state",
            "unapplied",
            "settles",
        ];
        let mut section = Section::of("payments", columns, lines.iter().map(row).collect());
        if after.is_none() && !further {
            section = section.with_total();
        }
        let (from, to) = self.span;
        let mut sections = vec![section];
        sections.extend(payments_abroad(&lines));
        let report = self.whole("payment-register", Span::Between(from, to), sections);
        let next = lines.last().filter(|_| further);
        Ok((report, next.map(|line| format!("{}.{}", line.posted_on, line.key.0))))
    }

    /// Every series, and every number that is on no live invoice with what explains it. The cost is that of the register.
    pub(super) async fn numbers(&self) -> Result<Report, ReportFault> {
        let mut register = NumberRegister::default();
        for length in self.reader.number_lengths(self.book).await? {
            let mut after = String::new();
            loop {
                let lines = self.reader.numbers(self.book, length, &after, PAGE).await?;
                let Some(last) = lines.last() else { break };
                after.clone_from(&last.number);
                for line in lines {
                    register.push(line.number, line.counted, line.state, line.seq, line.voided_at);
                }
            }
        }
        let (series, gaps) = register.finish();
        let mut rows = Vec::with_capacity(gaps.len());
        for gap in gaps {
            rows.push(self.explained(gap).await?);
        }
        let columns = &["number", "through", "became", "event", "at", "by", "why"];
        let sections = vec![series, Section::of("gaps", columns, rows)];
        Ok(self.whole("number-register", Span::Whole, sections))
    }

    async fn explained(&self, gap: Gap) -> Result<Vec<Value>, ReportFault> {
        let event = match gap.seq {
            Some(seq) => self.event(seq).await?,
            None => None,
        };
        let (at, by, why) = match event {
            Some(event) => {
                let why = read(&event)?.1;
                (Some(event.recorded_at), Some(event.actor), why)
            }
            None => (gap.voided_at, None, None),
        };
        Ok(vec![
            Value::Text(gap.first),
            Value::text(gap.last),
            Value::Text(gap.what.word().to_owned()),
            gap.seq.map_or(Value::None, Value::Count),
            at.map_or(Value::None, Value::At),
            Value::text(by),
            Value::text(why),
        ])
    }

    /// The event of a seq, from the log itself: a replay has none.
    async fn event(&self, seq: i64) -> Result<Option<Event>, ReportFault> {
        let events = self.live.events(self.book, seq - 1, 1).await?;
        Ok(events.into_iter().find(|event| event.seq == seq))
    }

    /// A page of the deletions recorded on the days of a span: who, when, why, and what each moved.
    pub(super) async fn deletions(&self) -> Result<(Report, Option<String>), ReportFault> {
        let limit = self.query.limit.clamp(1, MOST_ROWS);
        let mut after = match &self.query.after {
            Some(text) => text.parse().map_err(|_| bad_cursor(text))?,
            None => 0,
        };
        let settings = self.chart.tables().settings.values().next();
        let zone = zone(settings.map_or("UTC", |settings| settings.zone.as_str()));
        let (from, to) = self.span;
        let (mut rows, mut moved, mut next) = (Vec::new(), Vec::new(), None);
        'pages: loop {
            let seqs = self.live.deletions(self.book, after, self.known, PAGE).await?;
            if seqs.is_empty() {
                break;
            }
            for seq in seqs {
                let Some(event) = self.event(seq).await? else { continue };
                let day = day_in(&zone, event.recorded_at);
                if day > to {
                    break 'pages;
                }
                if day >= from {
                    if rows.len() as i64 == limit {
                        next = Some(after.to_string());
                        break 'pages;
                    }
                    let (receipt, why) = read(&event)?;
                    rows.push(deleted(&event, receipt.as_ref(), why));
                    moved.extend(receipt.iter().flat_map(|receipt| moves(seq, receipt)));
                }
                after = seq;
            }
        }
        let columns = &[
            "event",
            "at",
            "by",
            "source",
            "kind",
            "document",
            "number",
            "entries",
            "withdrawn",
            "why",
        ];
        let sections = vec![
            Section::of("deletions", columns, rows),
            Section::of("moved", &["event", "account", "before", "after"], moved),
        ];
        Ok((self.whole("deletion-register", Span::Between(from, to), sections), next))
    }
}

/// The payments of a page that are in another currency than the book's, in both; nothing where there are none.
fn payments_abroad(lines: &[PaymentLine]) -> Option<Section> {
    let row = |line: &PaymentLine| {
        let known = line.exchange?;
        let own = |amount: Amount| Value::Foreign(line.currency, amount.minor().into());
        Some(vec![
            Value::Currency(line.currency),
            Value::Day(line.posted_on),
            Value::Count(line.key.0),
            own(line.amount),
            Value::Foreign(line.currency, line.own_unapplied.into()),
            Value::Text(known.rate.decimal().to_string()),
            Value::Money(known.amount.minor().into()),
        ])
    };
    let mut abroad: Vec<&PaymentLine> = lines.iter().filter(|line| line.exchange.is_some()).collect();
    abroad.sort_by_key(|line| (line.currency, line.posted_on, line.key));
    let rows: Vec<Vec<Value>> = abroad.into_iter().filter_map(row).collect();
    let columns = &["currency", "date", "payment", "amount", "unapplied", "rate", "booked"];
    (!rows.is_empty()).then(|| Section::of("currencies", columns, rows))
}

/// What an amount of an invoice is in the book's currency: its part of the invoice, as the ledger has that.
fn booked(line: &TaxedLine, amount: Amount) -> Amount {
    let part = line
        .booked
        .and_then(|(total, booked)| proportion(booked, amount, total));
    match line.booked {
        Some(_) => part.unwrap_or_default(),
        None => amount,
    }
}

/// The taxes of a line in the book's currency.
fn booked_taxes(line: &TaxedLine) -> Vec<TaxShare> {
    let share = |share: &TaxShare| TaxShare {
        account: share.account,
        amount: booked(line, share.amount),
    };
    line.taxes.iter().map(share).collect()
}

/// The receipt of a delete, and why it was asked for.
fn read(event: &Event) -> Result<(Option<Receipt>, Option<String>), ReportFault> {
    let seq = event.seq;
    let body = codec::read_body(&event.body);
    let body = body.map_err(|message| StoreError::CorruptEvent { seq, message })?;
    Ok((body.receipt, body.reason))
}

fn deleted(event: &Event, receipt: Option<&Receipt>, why: Option<String>) -> Vec<Value> {
    let entries = receipt.map_or(&[][..], |receipt| &receipt.withdrawn);
    let postings = entries.iter().flat_map(|entry| entry.postings());
    let debits = postings.filter(|posting| posting.side == quittance_accounting::account::Side::Debit);
    let withdrawn: i128 = debits.map(|posting| i128::from(posting.amount.minor())).sum();
    let number = receipt.and_then(|receipt| receipt.register.as_ref());
    vec![
        Value::Count(event.seq),
        Value::At(event.recorded_at),
        Value::Text(event.actor.clone()),
        Value::Text(event.source.clone()),
        word(&DocumentKind::ALL, event.subject.kind),
        Value::Count(event.subject.number),
        Value::text(number.map(|(number, _)| number.clone())),
        Value::Count(entries.len() as i64),
        Value::Money(withdrawn),
        Value::text(why),
    ]
}

/// What a delete did to the balances of accounts over all time: debits less credits.
fn moves(seq: i64, receipt: &Receipt) -> Vec<Vec<Value>> {
    let ever = receipt.balances.iter().filter(|effect| effect.day.is_none());
    let row = |effect: &quittance_accounting::plan::BalanceEffect| {
        let sum = |minor: i64| match effect.currency {
            Some(currency) => Value::Foreign(currency, minor.into()),
            None => Value::Money(minor.into()),
        };
        vec![
            Value::Count(seq),
            Value::Account(effect.account),
            sum(effect.before.net()),
            sum(effect.after.net()),
        ]
    };
    ever.map(row).collect()
}
