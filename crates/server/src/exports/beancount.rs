//! A ledger for beancount. A posting to the receivable carries its invoice, the day it is due and its customer as metadata.

use std::io::Write;

use quittance_accounting::account::LedgerAccount;
use quittance_books::export::Export;
use rust_decimal::Decimal;

use super::{ExportFault, Names, each_entry, kind_word, plain, priced, root};

/// No entry can be dated before it.
const FIRST_DAY: &str = "1900-01-01";

/// `Assets:1100-Accounts-receivable`: letters, digits and hyphens are all that an account may have.
fn name(account: &LedgerAccount) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let joined: String = format!("{}-{}", account.code, account.name)
        .chars()
        .map(letter)
        .collect();
    let parts: Vec<&str> = joined.split('-').filter(|part| !part.is_empty()).collect();
    // A part must begin with a capital or a digit, and two accounts must never share a name.
    format!("{}:{}-{}", root(account.kind), account.key.0, parts.join("-"))
}

pub(super) async fn write(export: &Export<'_>, out: &mut (impl Write + Send)) -> Result<(), ExportFault> {
    let settings = &export.book.settings;
    let currency = settings.currency;
    writeln!(out, "option \"title\" \"{}\"", plain(&settings.name))?;
    writeln!(out, "option \"operating_currency\" \"{currency}\"")?;
    if !export.currencies.is_empty() {
        // A sum at a total price is worked out by way of a unit price, which leaves a rest far below half of the least unit.
        let half = Decimal::new(5, currency.exponent() + 1);
        writeln!(out, "option \"inferred_tolerance_default\" \"{currency}:{half}\"")?;
    }
    writeln!(out, "; log {} {}", export.head.seq, export.head.hash.hex())?;
    writeln!(out)?;
    let mut held = vec![currency.code()];
    held.extend(export.currencies.iter().map(|other| other.code()));
    for code in &held {
        writeln!(out, "{FIRST_DAY} commodity {code}")?;
    }
    writeln!(out)?;
    for account in &export.book.accounts {
        writeln!(out, "{FIRST_DAY} open {} {}", name(account), held.join(","))?;
        writeln!(out, "  code: \"{}\"", plain(&account.code))?;
        writeln!(out, "  name: \"{}\"", plain(&account.name))?;
    }
    let mut after = 0;
    loop {
        let page = export.customers(after).await?;
        let Some(last) = page.last() else { break };
        after = last.customer.key.0;
        for view in page {
            let (key, name) = (view.customer.key.0, plain(&view.content.name));
            writeln!(out, "{FIRST_DAY} custom \"customer\" \"{key}\" \"{name}\"")?;
        }
    }
    let names = Names::of(export, name);
    each_entry(export, |line| {
        let entry = &line.entry;
        let number = line.number.as_deref().map(plain).unwrap_or_default();
        writeln!(out, "\n{} * \"{}\" \"{number}\"", entry.date, kind_word(entry.kind))?;
        writeln!(out, "  entry: \"{}\"", entry.key.0)?;
        for posting in &line.postings {
            writeln!(out, "  {}  {}", names.get(posting.account), priced(posting, currency))?;
            if names.receivable == Some(posting.account) {
                if let Some(invoice) = entry.invoice {
                    writeln!(out, "    invoice: \"{}\"", invoice.0)?;
                }
                if let Some(due) = line.due_on {
                    writeln!(out, "    due: {due}")?;
                }
                if let Some(customer) = line.customer {
                    writeln!(out, "    customer: \"{}\"", customer.0)?;
                }
            }
        }
        Ok(())
    })
    .await
}
