//! A journal for hledger. A posting to the receivable carries its invoice, the day it is due and its customer as tags, so that
//! `hledger balance --pivot invoice` shows what each invoice is open for.

use std::io::Write;

use quittance_accounting::account::{AccountKind, LedgerAccount};
use quittance_books::export::Export;

use super::{ExportFault, Names, each_entry, kind_word, major, plain, priced, root};

/// `Assets:1100 Accounts receivable`.
fn name(account: &LedgerAccount) -> String {
    plain(&format!("{} {}", account.code, account.name)).replace(['(', ')', '[', ']'], "")
}

fn full_name(account: &LedgerAccount) -> String {
    format!("{}:{}", root(account.kind), name(account))
}

/// The letter by which hledger knows what an account is.
fn letter(kind: AccountKind) -> char {
    match kind {
        AccountKind::Asset => 'A',
        AccountKind::Liability => 'L',
        AccountKind::Equity => 'E',
        AccountKind::Revenue | AccountKind::ContraRevenue => 'R',
        AccountKind::Expense => 'X',
    }
}

pub(super) async fn write(export: &Export<'_>, out: &mut (impl Write + Send)) -> Result<(), ExportFault> {
    let settings = &export.book.settings;
    let currency = settings.currency;
    writeln!(out, "; {}", plain(&settings.name))?;
    writeln!(out, "; log {} {}", export.head.seq, export.head.hash.hex())?;
    writeln!(out)?;
    for currency in std::iter::once(&currency).chain(&export.currencies) {
        let mark = if currency.exponent() == 0 { "." } else { "" };
        let thousand = major(1000 * 10_i64.pow(currency.exponent()), *currency);
        writeln!(out, "commodity {thousand}{mark} {currency}")?;
    }
    writeln!(out)?;
    for account in &export.book.accounts {
        writeln!(out, "account {}  ; type:{}", full_name(account), letter(account.kind))?;
    }
    let mut after = 0;
    loop {
        let page = export.customers(after).await?;
        let Some(last) = page.last() else { break };
        after = last.customer.key.0;
        for view in page {
            writeln!(out, "; customer {}: {}", view.customer.key.0, plain(&view.content.name))?;
        }
    }
    let names = Names::of(export, full_name);
    each_entry(export, |line| {
        let entry = &line.entry;
        let number = line.number.as_deref().map(plain).unwrap_or_default();
        let space = if number.is_empty() { "" } else { " " };
        writeln!(
            out,
            "\n{} * ({}) {}{space}{number}",
            entry.date,
            entry.key.0,
            kind_word(entry.kind)
        )?;
        for posting in &line.postings {
            write!(out, "    {}  {}", names.get(posting.account), priced(posting, currency))?;
            if names.receivable == Some(posting.account) {
                let mut separator = "  ; ";
                let due = line.due_on.map(|due| due.to_string());
                let customer = line.customer.map(|customer| customer.0.to_string());
                let invoice = entry.invoice.map(|invoice| invoice.0.to_string());
                for (tag, value) in [("invoice", invoice), ("due", due), ("customer", customer)] {
                    if let Some(value) = value {
                        write!(out, "{separator}{tag}:{value}")?;
                        separator = ", ";
                    }
                }
            }
            writeln!(out)?;
        }
        Ok(())
    })
    .await
}
