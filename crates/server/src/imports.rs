//! Files of comma-separated values read as customers, invoices and opening balances, row by row.
//!
//! A column that nobody reads is refused and not passed over, and so is a row that cannot be what it says; each refusal names its line.
//! Rows of one invoice stand together and share its id. Deliberately absent: carrying anything out.

use std::collections::BTreeMap;
use std::io::Read;

use jiff::civil::Date;
use quittance_accounting::account::{AccountRole, Side};
use quittance_accounting::exchange::Rate;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency, exact};
use quittance_accounting::snapshot::Named;
use quittance_books::content::{CustomerContent, InvoiceContent, LineContent};
use quittance_books::input::{CustomerInput, Due, InvoiceInput, LineInput};
use quittance_books::openings::{OpenInvoice, Opening, OpeningOf};
use rust_decimal::Decimal;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// One customer a row: external_id, name, company, email, phone, address
    Customers,
    /// One line of an invoice a row: invoice, number, customer, date, due, description, quantity, unit_price, account, tax, draft, currency,
    /// exchange_rate
    Invoices,
    /// One opening balance a row: account or customer, debit or credit, and of an open invoice its invoice, number, due, description
    Openings,
}

impl Kind {
    /// The columns that a file may have. Those that it must have come first.
    fn columns(self) -> (&'static [&'static str], usize) {
        match self {
            Kind::Customers => (&["external_id", "name", "company", "email", "phone", "address"], 2),
            Kind::Invoices => (
                &[
                    "invoice",
                    "date",
                    "unit_price",
                    "number",
                    "customer",
                    "due",
                    "description",
                    "quantity",
                    "account",
                    "tax",
                    "draft",
                    "currency",
                    "exchange_rate",
                ],
                3,
            ),
            Kind::Openings => (
                &[
                    "debit",
                    "credit",
                    "account",
                    "customer",
                    "invoice",
                    "number",
                    "due",
                    "description",
                ],
                2,
            ),
        }
    }
}

/// Something to record, as the rows say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A customer.
    Customer(CustomerInput),
    /// An invoice.
    Invoice(InvoiceInput),
    /// An opening balance.
    Opening(Opening),
}

/// What is wrong with a file, and on which line; 0 for the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The line, counted from one; the heading is the first.
    pub line: u64,
    /// What is wrong.
    pub problem: String,
}

/// One row: its line and its fields by column. An empty field is no field.
struct Row {
    line: u64,
    fields: BTreeMap<&'static str, String>,
}

impl Row {
    fn get(&self, column: &str) -> Option<&str> {
        self.fields.get(column).map(String::as_str)
    }

    fn wrong(&self, problem: String) -> Wrong {
        Wrong {
            line: self.line,
            problem,
        }
    }

    fn need(&self, column: &'static str) -> Result<&str, Wrong> {
        self.get(column).ok_or_else(|| self.wrong(format!("{column} is empty")))
    }

    fn read<T: std::str::FromStr>(&self, column: &'static str, what: &str) -> Result<Option<T>, Wrong> {
        let read = |text: &str| {
            text.parse()
                .map_err(|_| self.wrong(format!("{column} {text:?} is no {what}")))
        };
        self.get(column).map(read).transpose()
    }

    fn amount(&self, column: &'static str, currency: Currency) -> Result<Option<Amount>, Wrong> {
        let Some(major) = self.read::<Decimal>(column, "amount")? else {
            return Ok(None);
        };
        let wrong = || self.wrong(format!("{column} {major} is no amount of {currency}"));
        exact(major, currency).map(Some).ok_or_else(wrong)
    }

    fn text(&self, column: &str) -> Option<String> {
        self.get(column).map(str::to_owned)
    }
}

/// The items of a file, in order.
pub struct Items<R> {
    kind: Kind,
    currency: Currency,
    reader: csv::Reader<R>,
    columns: Vec<&'static str>,
    /// The row that begins the next item, or what is wrong with it.
    ahead: Option<Result<Row, Wrong>>,
    failed: bool,
}

impl<R: Read> Items<R> {
    /// Reads the heading.
    pub fn of(kind: Kind, currency: Currency, file: R) -> Result<Items<R>, Wrong> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
        let wrong = |problem| Wrong { line: 1, problem };
        let heading = reader.headers().map_err(|error| wrong(error.to_string()))?;
        let (known, needed) = kind.columns();
        let mut columns: Vec<&'static str> = Vec::new();
        for name in heading {
            let column = known
                .iter()
                .find(|column| **column == name.trim_start_matches('\u{feff}'));
            let column =
                column.ok_or_else(|| wrong(format!("there is no column {name:?}; there are {}", known.join(", "))))?;
            if columns.contains(column) {
                return Err(wrong(format!("column {name:?} stands twice")));
            }
            columns.push(column);
        }
        if let Some(missing) = known[..needed].iter().find(|column| !columns.contains(column)) {
            return Err(wrong(format!("column {missing:?} is missing")));
        }
        Ok(Items {
            kind,
            currency,
            reader,
            columns,
            ahead: None,
            failed: false,
        })
    }

    fn row(&mut self) -> Option<Result<Row, Wrong>> {
        if let Some(row) = self.ahead.take() {
            return Some(row);
        }
        let mut record = csv::StringRecord::new();
        match self.reader.read_record(&mut record) {
            Ok(false) => None,
            Ok(true) => {
                let fields = self.columns.iter().zip(&record).filter(|(_, field)| !field.is_empty());
                Some(Ok(Row {
                    line: record.position().map_or(0, csv::Position::line),
                    fields: fields.map(|(column, field)| (*column, field.to_owned())).collect(),
                }))
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                // A row with too many fields leaves the reader whole; a file that cannot be read does not.
                self.failed = error.is_io_error();
                let problem = error.to_string();
                Some(Err(Wrong { line, problem }))
            }
        }
    }

    /// The rows from this one on that share its id. Rows that cannot be read end them.
    fn group(&mut self, first: Row, id: &'static str) -> Vec<Row> {
        let mut rows = vec![first];
        while let Some(row) = self.row() {
            match row {
                Ok(row) if row.get(id) == rows[0].get(id) => rows.push(row),
                other => {
                    self.ahead = Some(other);
                    break;
                }
            }
        }
        rows
    }
}

impl<R: Read> Iterator for Items<R> {
    type Item = (u64, Result<Item, Wrong>);

    fn next(&mut self) -> Option<(u64, Result<Item, Wrong>)> {
        if self.failed {
            return None;
        }
        let row = match self.row()? {
            Ok(row) => row,
            Err(wrong) => return Some((wrong.line, Err(wrong))),
        };
        let line = row.line;
        let item = match self.kind {
            Kind::Customers => customer(&row),
            Kind::Invoices => invoice(&self.group(row, "invoice"), self.currency),
            Kind::Openings => opening(&row, self.currency),
        };
        Some((line, item))
    }
}

fn customer(row: &Row) -> Result<Item, Wrong> {
    Ok(Item::Customer(CustomerInput {
        external_id: Some(row.need("external_id")?.to_owned()),
        content: CustomerContent {
            name: row.need("name")?.to_owned(),
            company: row.text("company"),
            email: row.text("email"),
            phone: row.text("phone"),
            address: row.text("address"),
            ..CustomerContent::default()
        },
    }))
}

fn opening(row: &Row, currency: Currency) -> Result<Item, Wrong> {
    let (side, amount) = match (row.amount("debit", currency)?, row.amount("credit", currency)?) {
        (Some(debit), None) => (Side::Debit, debit),
        (None, Some(credit)) => (Side::Credit, credit),
        _ => return Err(row.wrong("a row has either a debit or a credit".to_owned())),
    };
    let of = match (row.text("account"), row.text("customer")) {
        (Some(account), None) => OpeningOf::Account(AccountChoice::StableName(account)),
        (None, Some(customer)) => OpeningOf::Customer {
            customer: Named::External(customer),
            invoice: OpenInvoice {
                external_id: row.text("invoice"),
                number: row.text("number"),
                due_on: row.read::<Date>("due", "day")?,
                description: row.text("description"),
            },
        },
        _ => return Err(row.wrong("a row has either an account or a customer".to_owned())),
    };
    Ok(Item::Opening(Opening {
        line: row.line,
        of,
        side,
        amount,
    }))
}

/// Refuses rows of one item that say different things about it as a whole; later rows may leave that out.
fn one_story(rows: &[Row], columns: &[&'static str]) -> Result<(), Wrong> {
    for column in columns {
        let told = rows[0].get(column);
        let other = rows
            .iter()
            .skip(1)
            .find(|row| row.get(column).is_some_and(|said| Some(said) != told));
        if let Some(row) = other {
            let (said, told) = (row.get(column).unwrap_or_default(), told.unwrap_or_default());
            return Err(row.wrong(format!(
                "{column} is {said:?} here and {told:?} on line {}",
                rows[0].line
            )));
        }
    }
    Ok(())
}

fn account(row: &Row, role: AccountRole) -> AccountChoice {
    row.text("account")
        .map_or(AccountChoice::Role(role), AccountChoice::StableName)
}

fn line(row: &Row, currency: Currency) -> Result<(LineInput, LineContent), Wrong> {
    row.need("unit_price")?;
    let unit_price = row.read::<Decimal>("unit_price", "price")?.unwrap_or_default();
    let quantity = row.read::<Decimal>("quantity", "quantity")?.unwrap_or(Decimal::ONE);
    let tax = row.amount("tax", currency)?.filter(|tax| !tax.is_zero());
    let content = LineContent {
        name: row.text("description"),
        ..LineContent::default()
    };
    let input = LineInput {
        account: account(row, AccountRole::Sales),
        product: None,
        quantity,
        unit_price,
        subtotal: None,
        discount: Amount::ZERO,
        taxes: tax
            .into_iter()
            .map(|tax| (AccountChoice::Role(AccountRole::SalesTax), tax))
            .collect(),
    };
    Ok((input, content))
}

fn invoice(rows: &[Row], currency: Currency) -> Result<Item, Wrong> {
    let head = &rows[0];
    one_story(
        rows,
        &[
            "number",
            "customer",
            "date",
            "due",
            "draft",
            "currency",
            "exchange_rate",
        ],
    )?;
    let currency = match head.get("currency") {
        None => currency,
        Some(text) => Currency::parse(text).ok_or_else(|| head.wrong(format!("currency {text:?} is no currency")))?,
    };
    let rate = match head.read::<Decimal>("exchange_rate", "rate")? {
        None => None,
        Some(rate) => {
            let found = Rate::new(rate);
            Some(found.ok_or_else(|| head.wrong(format!("exchange_rate {rate} is no rate")))?)
        }
    };
    let external_id = head.need("invoice")?.to_owned();
    head.need("date")?;
    let draft = match head.get("draft") {
        None | Some("no") => false,
        Some("yes") => true,
        Some(other) => return Err(head.wrong(format!("draft {other:?} is neither yes nor no"))),
    };
    let lines: Vec<_> = rows.iter().map(|row| line(row, currency)).collect::<Result<_, _>>()?;
    let (lines, texts) = lines.into_iter().unzip();
    Ok(Item::Invoice(InvoiceInput {
        rate,
        customer: head.text("customer").map(Named::External),
        currency,
        number: head
            .text("number")
            .map_or(NumberChoice::Counted, NumberChoice::Explicit),
        external_id: Some(external_id),
        invoice_date: head.read::<Date>("date", "day")?,
        due: head.read::<Date>("due", "day")?.map(Due::On),
        sent_at: None,
        issue: !draft,
        lines,
        discount: Amount::ZERO,
        taxes: Vec::new(),
        tip: Amount::ZERO,
        content: InvoiceContent {
            lines: texts,
            ..InvoiceContent::default()
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(kind: Kind, text: &str) -> Vec<(u64, Result<Item, Wrong>)> {
        Items::of(kind, Currency::USD, text.as_bytes()).ok().unwrap().collect()
    }

    #[test]
    fn rows_of_one_invoice_are_one_invoice() {
        let text = "invoice,date,unit_price,quantity,description,draft\n\
                    a,2026-05-01,10.005,2,One,\na,,3,,\"Two,\ntoo\",\nb,2026-05-02,7,1,Three,yes\n";
        let found = items(Kind::Invoices, text);
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 5]);
        let Ok(Item::Invoice(first)) = &found[0].1 else {
            panic!("{found:?}")
        };
        assert_eq!((first.lines.len(), first.issue), (2, true));
        assert_eq!(first.content.lines[1].name.as_deref(), Some("Two,\ntoo"));
        let Ok(Item::Invoice(second)) = &found[1].1 else {
            panic!("{found:?}")
        };
        assert!(!second.issue);
    }

    #[test]
    fn an_invoice_may_be_in_another_currency_at_a_rate() {
        let text = "invoice,date,unit_price,tax,currency,exchange_rate\na,2026-05-01,1000,7,JPY,0.0067\na,,1,0.5,,\n\
                    b,2026-05-01,1000,7,JPY,0.0067\na,2026-05-01,1,,JPX1,\nc,2026-05-01,1,,EUR,0\nd,2026-05-01,1,,EUR,\n";
        let found = items(Kind::Invoices, text);
        let read: Vec<_> = found
            .iter()
            .filter_map(|(_, item)| match item {
                Ok(Item::Invoice(read)) => Some((
                    read.currency.code().to_owned(),
                    read.rate.map(|rate| rate.decimal().to_string()),
                )),
                _ => None,
            })
            .collect();
        // The first has half a yen on its second line.
        let expected = [("JPY".to_owned(), Some("0.0067".to_owned())), ("EUR".to_owned(), None)];
        assert_eq!(read, expected, "{found:?}");
    }

    #[test]
    fn an_opening_is_of_one_thing_on_one_side() {
        let text = "account,customer,debit,credit,invoice,due\nCASH,,10.50,,,\n,c-1,7,,old-1,2026-01-31\n,c-2,,2,,\n\
                    CASH,c-1,1,,,\nCASH,,1,1,,\n,,1,,,\nCASH,,,,,\nCASH,,0.001,,,\n";
        let found = items(Kind::Openings, text);
        let sides: Vec<_> = found[..3]
            .iter()
            .map(|(line, item)| match item {
                Ok(Item::Opening(opening)) => (*line, opening.side, opening.amount.minor()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            sides,
            [(2, Side::Debit, 1050), (3, Side::Debit, 700), (4, Side::Credit, 200)]
        );
        assert!(found[3..].iter().all(|(_, item)| item.is_err()), "{found:?}");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let text = "invoice,date,unit_price,customer,tax\na,,1,,\nb,2026-02-30,1,,\nc,2026-02-01,x,,\nd,2026-02-01,1,e,\nd,,1,f,\n\
                    g,2026-02-01,1,,0.001\nh,2026-02-01,1\n";
        let problems: Vec<_> = items(Kind::Invoices, text)
            .into_iter()
            .map(|(_, item)| item.map_err(|wrong| (wrong.line, wrong.problem)).unwrap_err())
            .collect();
        let lines: Vec<u64> = problems.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 3, 4, 6, 7, 8], "{problems:?}");
        assert!(problems[3].1.contains("\"f\" here and \"e\" on line 5"), "{problems:?}");
        for heading in [
            "invoice,date",
            "invoice,date,unit_price,colour",
            "invoice,date,unit_price,date",
        ] {
            let wrong = Items::of(Kind::Invoices, Currency::USD, heading.as_bytes())
                .err()
                .unwrap();
            assert_eq!(wrong.line, 1);
        }
    }
}
