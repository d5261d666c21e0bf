//! Every posting as a line of comma-separated values, with its entry, its document, its account and its customer beside it.

use std::io::{self, Write};

use quittance_books::export::Export;

use super::{ExportFault, each_entry, kind_word, major};

const HEADING: [&str; 17] = [
    "entry",
    "date",
    "kind",
    "document",
    "document_number",
    "invoice",
    "number",
    "due",
    "customer",
    "account",
    "account_name",
    "account_kind",
    "debit",
    "credit",
    "currency",
    "document_amount",
    "document_currency",
];

fn io_of(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

pub(super) async fn write(export: &Export<'_>, out: &mut (impl Write + Send)) -> Result<(), ExportFault> {
    let currency = export.book.settings.currency;
    let mut out = csv::Writer::from_writer(out);
    out.write_record(HEADING).map_err(io_of)?;
    each_entry(export, |line| {
        let entry = &line.entry;
        let document = quittance_accounting::identity::DocumentKind::ALL
            .iter()
            .find(|(kind, _)| *kind == entry.document.kind);
        for posting in &line.postings {
            let account = export.book.account(posting.account);
            let kind = quittance_accounting::account::AccountKind::ALL
                .iter()
                .find(|(kind, _)| account.is_some_and(|account| account.kind == *kind));
            let side = |minor: i64| match minor > 0 {
                true => major(minor, currency).to_string(),
                false => String::new(),
            };
            let key = |key: Option<i64>| key.map(|key| key.to_string()).unwrap_or_default();
            let fields = [
                entry.key.0.to_string(),
                entry.date.to_string(),
                kind_word(entry.kind).to_owned(),
                document.map_or("", |(_, word)| word).to_owned(),
                entry.document.number.to_string(),
                key(entry.invoice.map(|key| key.0)),
                line.number.clone().unwrap_or_default(),
                line.due_on.map(|due| due.to_string()).unwrap_or_default(),
                key(line.customer.map(|key| key.0)),
                account.map(|account| account.code.clone()).unwrap_or_default(),
                account.map(|account| account.name.clone()).unwrap_or_default(),
                kind.map_or("", |(_, word)| word).to_owned(),
                side(posting.sum.booked.minor()),
                side(-posting.sum.booked.minor()),
                currency.code().to_owned(),
                major(posting.sum.amount.minor(), posting.currency.unwrap_or(currency)).to_string(),
                posting.currency.unwrap_or(currency).code().to_owned(),
            ];
            out.write_record(&fields).map_err(io_of)?;
        }
        Ok(())
    })
    .await?;
    out.flush()?;
    Ok(())
}
