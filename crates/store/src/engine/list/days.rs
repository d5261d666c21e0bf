//! On which days invoices are dated, and how many on each: what leads to a deep page of a list in order of date.

use std::collections::BTreeMap;

use jiff::civil::Date;
use quittance_accounting::identity::BookKey;

use super::{List, with_its_own};
use crate::engine::Reader;
use crate::engine::memory::lists::matches;
use crate::engine::said::Spelling;
use crate::error::StoreError;
use crate::field::Cell;
use crate::listing::InvoiceFilter;
use crate::tables::{Cells, Table};

static DAY: Table = Table {
    name: "tally",
    columns: &["key", "many"],
    keys: 1,
    derived: 0,
};

impl List {
    /// The statement of the days that those who are found are dated on, in order, each with how many, and its arguments.
    fn days(&self) -> (String, Vec<Cell>) {
        let sql = format!(
            "select key, cast(sum(count) as bigint) as many from tally where {} group by key having sum(count) > 0 order by key",
            self.dated
        );
        with_its_own(&sql, &self.arguments)
    }
}

impl Reader<'_> {
    /// On which days invoices are dated that a filter means, in order, each with how many there are: from what is kept, so that it costs
    /// the days and not the invoices. `None` where the filter asks for more than is kept by day ([`InvoiceFilter::is_by_day`]).
    pub async fn invoice_days(
        &self,
        book: BookKey,
        filter: &InvoiceFilter,
    ) -> Result<Option<Vec<(Date, i64)>>, StoreError> {
        if !filter.is_by_day() {
            return Ok(None);
        }
        let spelling = match self {
            Reader::Sqlite(_) => Spelling::Sqlite,
            Reader::Postgres(_) => Spelling::Postgres,
            Reader::Memory(reader) => {
                return Ok(Some(reader.tables(book, |tables| {
                    let mut days: BTreeMap<Date, i64> = BTreeMap::new();
                    let invoices = tables.invoices.values().map(AsRef::as_ref);
                    for invoice in invoices.filter(|invoice| matches(tables, invoice, filter)) {
                        *days.entry(invoice.invoice_date).or_default() += 1;
                    }
                    days.into_iter().collect()
                })));
            }
        };
        let (sql, arguments) = List::new(book, filter, spelling).days();
        let rows = self.asked_rows(&DAY, &sql, &arguments).await?;
        let read = |cells: &Vec<Cell>| {
            let mut row = Cells {
                table: &DAY,
                cells,
                next: 0,
            };
            Ok((row.take()?, row.take()?))
        };
        rows.iter().map(read).collect::<Result<Vec<_>, _>>().map(Some)
    }
}
