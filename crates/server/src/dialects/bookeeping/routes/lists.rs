//! The lists: a page of what matches, and how many match in all.
//!
//! The books filter and sort; what has no index they look for among so many, and more are refused: `count` is of all that match, so a
//! part of them would be a wrong answer. Deliberately absent: the shapes of what is listed.

use jiff::civil::Date;
use quittance_accounting::invoice::Standing;
use quittance_accounting::money::Currency;
use quittance_accounting::snapshot::Named;
use quittance_books::listing::{
    InvoiceFilter, InvoiceQuery, MOST_LOOKED_AT, MOST_TEXTS_LOOKED_AT, OrderBy, TextCondition,
};
use quittance_books::view::CustomerView;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Call;
use crate::dialects::bookeeping::errors::{Asked, Problem, of_failure};
use crate::dialects::bookeeping::manners::{MOST_FILTER_IDS, Page, SHORT_TEXT, SortKey, cut, list_data, page, success};
use crate::dialects::bookeeping::mapping::{self, When, outgoing};
use crate::dialects::bookeeping::wire::Status;
use crate::http::{Response, numbers};

/// How many are read at once where everything has to be looked at.
pub(super) const CHUNK: i64 = 500;

/// The most counterparties that are looked through, or put in order, for a list: a fifth of a second.
const MOST_COUNTERPARTIES: i64 = 10_000;

impl Call<'_> {
    /// A query member that is given and not empty.
    pub(super) fn query(&self, name: &str) -> Result<Option<String>, Problem> {
        let text = self.request.query_value(name).filter(|text| !text.is_empty());
        match text {
            Some(text) if text.contains('\0') => Err(Problem::bad(format!("{name} must not hold NUL characters"))),
            Some(text) => Ok(Some(text)),
            None => Ok(None),
        }
    }

    pub(super) async fn list_invoices(&self) -> Result<Response, Problem> {
        let page = page(self.request)?;
        let query = query(self.search().await?, page);
        let listing = self.app.books.invoices(self.context.actor.book, &query).await;
        let listing = listing.map_err(|failure| of_failure(&failure, Asked::Read))?;
        let count = listing.counted().ok_or_else(too_many)?;
        let shown: Vec<_> = listing.invoices.iter().map(outgoing::invoice).collect();
        Ok(success("Get All Invoices", &[], &list_data("invoices", &shown, count)))
    }

    async fn search(&self) -> Result<InvoiceFilter, Problem> {
        let book = self.book().await?;
        let currency = book.settings.currency;
        let zone = mapping::zone(&book);
        let day = |text: Option<String>, name: &str| -> Result<Option<Date>, Problem> {
            let when = text.map(|text| When::read(&text, name, &zone)).transpose()?;
            Ok(when.map(|when| when.day))
        };
        let from = day(self.query("startDate")?, "startDate")?;
        let to = day(self.query("endDate")?, "endDate")?;
        let least = self.query("minAmount")?;
        let most = self.query("maxAmount")?;
        let text = self.query("query")?;
        if text.as_ref().is_some_and(|text| text.chars().count() > SHORT_TEXT) {
            return Err(Problem::bad(format!("query must have at most {SHORT_TEXT} characters")));
        }
        let mut filter = InvoiceFilter {
            invoice_date: (from, to),
            total: (
                bound(least.as_deref(), "minAmount", currency, Decimal::ceil)?,
                bound(most.as_deref(), "maxAmount", currency, Decimal::floor)?,
            ),
            // An amount is one of the project's currency.
            currency: (least.is_some() || most.is_some()).then_some(currency),
            texts: text
                .map(|text| TextCondition::Mentions(Vec::new(), text))
                .into_iter()
                .collect(),
            ..InvoiceFilter::default()
        };
        self.by_status(&mut filter)?;
        self.by_counterparty(&mut filter).await?;
        Ok(filter)
    }

    fn by_status(&self, filter: &mut InvoiceFilter) -> Result<(), Problem> {
        let Some(text) = self.query("status")? else {
            return Ok(());
        };
        let mut wanted: Vec<Status> = Vec::new();
        for word in text.split(',') {
            let known = Status::ALL.iter().find(|(_, known)| *known == word.trim());
            let (status, _) = known.ok_or_else(|| {
                Problem::bad("status must be a comma-separated list of DRAFT, SENT, OVERDUE, PAID and CANCELLED")
            })?;
            wanted.push(*status);
        }
        let standings = |wanted: &[Status]| {
            let standings = wanted.iter().flat_map(|status| standings_of(*status));
            let mut standings: Vec<Standing> = standings.copied().collect();
            standings.sort();
            standings.dedup();
            standings
        };
        filter.standings = Some(standings(&wanted));
        let now = self.app.now();
        match (wanted.contains(&Status::Sent), wanted.contains(&Status::Overdue)) {
            (true, true) | (false, false) => {}
            (true, false) => filter.overdue = Some((false, now)),
            (false, true) => {
                filter.overdue = Some((true, now));
                wanted.retain(|status| *status != Status::Overdue);
                filter.or_standings = standings(&wanted);
            }
        }
        Ok(())
    }

    async fn by_counterparty(&self, filter: &mut InvoiceFilter) -> Result<(), Problem> {
        let Some(text) = self.query("counterparties")? else {
            return Ok(());
        };
        let mut keys = Vec::new();
        for (at, part) in text.split(',').enumerate() {
            if at >= MOST_FILTER_IDS {
                return Err(Problem::bad(format!(
                    "counterparties must hold at most {MOST_FILTER_IDS} ids"
                )));
            }
            let named = Named::Id(mapping::id(part.trim(), "counterparties")?);
            let found = self.app.books.customer(self.context.actor.book, &named).await;
            let found = found.map_err(|failure| of_failure(&failure, Asked::Read))?;
            keys.extend(found.map(|view| view.customer.key));
        }
        match keys.as_slice() {
            [one] => filter.customer = Some(*one),
            _ => filter.customers = Some(keys),
        }
        Ok(())
    }

    pub(super) async fn list_counterparties(&self) -> Result<Response, Problem> {
        let page = page(self.request)?;
        let text = self.query("query")?.map(|text| text.to_lowercase());
        let head = self.app.books.head(self.context.actor.book).await;
        let head = head.map_err(|failure| of_failure(&failure, Asked::Read))?;
        // Nothing removes a customer, so as many are there as were ever counted.
        let there = head.map_or(0, |head| head.counters.customers);
        let (views, count) = if text.is_some() || page.sort == SortKey::Name {
            if there > MOST_COUNTERPARTIES {
                return Err(Problem::bad(format!(
                    "Of more than {MOST_COUNTERPARTIES} counterparties none are looked for or sorted by name"
                )));
            }
            let mut all = self.all_customers().await?;
            all.retain(|view| {
                text.as_ref()
                    .is_none_or(|part| view.content.name.to_lowercase().contains(part))
            });
            if page.sort == SortKey::Name {
                all.sort_by(|one, other| one.content.name.cmp(&other.content.name));
            }
            let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
            (cut(all, page), count)
        } else {
            (self.customers_of(page, there).await?, there)
        };
        let project = self.book().await?.settings.id.hex();
        let shown: Vec<_> = views
            .iter()
            .map(|view| outgoing::counterparty(view, &project))
            .collect();
        // The vendor's own spelling of the member.
        let data = list_data("counterparts", &shown, count);
        Ok(success("Get All Counterparties", &[], &data))
    }

    /// A page in order of creation, from either end.
    async fn customers_of(&self, page: Page, count: i64) -> Result<Vec<CustomerView>, Problem> {
        if !page.descending {
            return self.customers(page.offset, page.limit).await;
        }
        let end = count.saturating_sub(page.offset).max(0);
        let start = end.saturating_sub(page.limit).max(0);
        let mut customers = self.customers(start, end - start).await?;
        customers.reverse();
        Ok(customers)
    }

    async fn customers(&self, offset: i64, limit: i64) -> Result<Vec<CustomerView>, Problem> {
        let customers = self.app.books.customers(self.context.actor.book, offset, limit).await;
        customers.map_err(|failure| of_failure(&failure, Asked::Read))
    }

    async fn all_customers(&self) -> Result<Vec<CustomerView>, Problem> {
        let mut all = Vec::new();
        loop {
            let offset = i64::try_from(all.len()).unwrap_or(i64::MAX);
            let next = self.customers(offset, CHUNK).await?;
            let last = i64::try_from(next.len()).unwrap_or(0) < CHUNK;
            all.extend(next);
            if last {
                return Ok(all);
            }
        }
    }

    pub(super) async fn list_accounts(&self) -> Result<Response, Problem> {
        let page = page(self.request)?;
        let chart = self.chart().await?;
        let accounts = chart.money_accounts();
        let mut shown: Vec<_> = accounts
            .map(|account| outgoing::money_account(&chart, account))
            .collect();
        if page.sort == SortKey::Name {
            shown.sort_by(|one, other| one.account_name.cmp(&other.account_name));
        }
        let count = i64::try_from(shown.len()).unwrap_or(i64::MAX);
        let data = list_data("accounts", &cut(shown, page), count);
        Ok(success("Get All Accounts", &[], &data))
    }
}

/// The standings of invoices that may have this status.
fn standings_of(status: Status) -> &'static [Standing] {
    match status {
        Status::Draft => &[Standing::Draft],
        Status::Sent | Status::Overdue => &[Standing::Open, Standing::PartPaid, Standing::PartWrittenOff],
        Status::Paid => &[Standing::Paid, Standing::Refunded],
        Status::Cancelled => &[Standing::WrittenOff, Standing::Void],
    }
}

/// A search that more than so many would have to be looked through for: how many match, nobody knows.
fn too_many() -> Problem {
    Problem::bad(format!(
        "Too many invoices would have to be looked through: more than {MOST_TEXTS_LOOKED_AT} for query, or {MOST_LOOKED_AT} for \
         minAmount, maxAmount or sortKey updatedAt. Narrow the list by status, counterparties, startDate or endDate"
    ))
}

fn query(filter: InvoiceFilter, page: Page) -> InvoiceQuery {
    InvoiceQuery {
        filter,
        order: match page.sort {
            // An invoice has no name of its own.
            SortKey::Id | SortKey::Name | SortKey::CreatedAt => OrderBy::Created,
            SortKey::UpdatedAt => OrderBy::UpdatedAt,
            SortKey::TransactionDate => OrderBy::InvoiceDate,
        },
        descending: page.descending,
        after: None,
        offset: page.offset,
        limit: page.limit,
        count: true,
    }
}

/// A bound on the total in minor units: a finer one is moved to the next amount that it lets through.
pub(super) fn bound(
    text: Option<&str>,
    name: &str,
    currency: Currency,
    towards: fn(&Decimal) -> Decimal,
) -> Result<Option<i64>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let fault = || Problem::bad(format!("{name} must be a number such as 1000 or 1000.5"));
    let major = numbers::read_decimal_text(text).map_err(|_| fault())?;
    let factor = Decimal::from(10_i64.pow(currency.exponent()));
    let minor = major.checked_mul(factor).ok_or_else(fault)?;
    towards(&minor).to_i64().map(Some).ok_or_else(fault)
}
