//! A book as one JSON document: settings, chart, customers, invoices, payments, credit notes, entries. One element per line, so that
//! it can be read and compared line by line; amounts are texts in major units.

use std::io::{self, Write};

use quittance_accounting::exchange::Valued;
use quittance_books::export::{Export, JournalLine, JournalPosting};
use quittance_books::view::CustomerView;
use serde_json::{Value, json};

use super::{ExportFault, each_entry, kind_word, major};
use crate::dialects::native::mapping::{credits, journal, showing};

/// Writes elements between commas.
struct Elements<'a, W> {
    out: &'a mut W,
    first: bool,
}

impl<W: Write> Elements<'_, W> {
    fn push(&mut self, value: &Value) -> io::Result<()> {
        let before = if self.first { "\n" } else { ",\n" };
        self.first = false;
        write!(self.out, "{before}{value}")
    }
}

fn customer(view: &CustomerView) -> Value {
    let mut shown = showing::customer(view);
    if let Value::Object(members) = &mut shown {
        members.insert("number".to_owned(), view.customer.key.0.into());
    }
    shown
}

fn entry(export: &Export<'_>, line: &JournalLine) -> Value {
    let currency = export.book.settings.currency;
    let posting = |posting: &JournalPosting| {
        let Valued { amount, booked } = posting.sum;
        let debit = amount.is_positive() || booked.is_positive();
        let side = if debit { "debit" } else { "credit" };
        let account = export.book.account(posting.account);
        let name = account.map(|account| account.stable_name.as_str());
        let mut shown = json!({"account": name, side: major(booked.minor().abs(), currency).to_string()});
        if let Some(own) = posting.currency {
            shown["document_amount"] = json!(major(amount.minor().abs(), own).to_string());
            shown["document_currency"] = json!(own.code());
        }
        shown
    };
    let document = quittance_accounting::identity::DocumentKind::ALL
        .iter()
        .find(|(kind, _)| *kind == line.entry.document.kind)
        .map_or("", |(_, word)| word);
    json!({
        "entry": line.entry.key.0,
        "date": line.entry.date.to_string(),
        "kind": kind_word(line.entry.kind),
        "document": {"kind": document, "number": line.entry.document.number},
        "invoice": line.entry.invoice.map(|invoice| invoice.0),
        "postings": line.postings.iter().map(posting).collect::<Vec<_>>(),
    })
}

pub(super) async fn write(export: &Export<'_>, out: &mut (impl Write + Send)) -> Result<(), ExportFault> {
    let settings = showing::book(&export.book.settings, None);
    let log = json!({"seq": export.head.seq, "hash": export.head.hash.hex()});
    write!(
        out,
        "{{\"quittance_export\":1,\n\"log\":{log},\n\"book\":{settings},\n\"accounts\":["
    )?;
    let mut elements = Elements { out, first: true };
    let mut accounts = export.book.accounts.iter();
    accounts.try_for_each(|account| elements.push(&journal::account(account)))?;
    macro_rules! paged {
        ($name:literal, $call:ident, $record:ident, $shown:expr) => {
            write!(elements.out, "\n],\n\"{}\":[", $name)?;
            elements.first = true;
            let mut after = 0;
            loop {
                let page = export.$call(after).await?;
                let Some(last) = page.last() else { break };
                after = last.$record.key.0;
                for view in &page {
                    elements.push(&$shown(view))?;
                }
            }
        };
    }
    paged!("customers", customers, customer, customer);
    paged!("invoices", invoices, invoice, showing::invoice);
    write!(elements.out, "\n],\n\"payments\":[")?;
    elements.first = true;
    let mut after = 0;
    loop {
        let page = export.payments(after).await?;
        let Some(last) = page.last() else { break };
        after = last.payment.key.0;
        let allocations = page.iter().flat_map(|view| &view.allocations);
        let invoices: Vec<_> = allocations.map(|allocation| allocation.invoice).collect();
        let ids = export.invoice_ids(&invoices).await?;
        for view in &page {
            elements.push(&showing::payment(view, &export.book, &ids))?;
        }
    }
    credit_notes(export, &mut elements).await?;
    write!(elements.out, "\n],\n\"entries\":[")?;
    elements.first = true;
    each_entry(export, |line| elements.push(&entry(export, line))).await?;
    write!(elements.out, "\n]}}\n")?;
    Ok(())
}

async fn credit_notes<W: Write>(export: &Export<'_>, elements: &mut Elements<'_, W>) -> Result<(), ExportFault> {
    write!(elements.out, "\n],\n\"credit_notes\":[")?;
    elements.first = true;
    let mut after = 0;
    loop {
        let page = export.credit_notes(after).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.note.key.0;
        let settled = page.iter().flat_map(|view| &view.allocations).map(|part| part.invoice);
        let invoices: Vec<_> = settled
            .chain(page.iter().filter_map(|view| view.note.invoice))
            .collect();
        let customers: Vec<_> = page.iter().filter_map(|view| view.credit.customer).collect();
        let lines = page.iter().flat_map(|view| &view.lines);
        let products: Vec<_> = lines.filter_map(|line| line.product).collect();
        let (customers, products) = export.party_ids(&customers, &products).await?;
        let ids = credits::Ids {
            invoices: export.invoice_ids(&invoices).await?,
            customers,
            products,
        };
        for view in &page {
            elements.push(&credits::credit_note(view, &export.book, &ids))?;
        }
    }
}
