//! The list of invoices: filtered by the books' indexes, searched by their texts.

use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy};
use quittance_books::view::InvoiceView;

use super::super::super::errors::Fault;
use super::super::super::manners;
use super::super::super::mapping::{self, outgoing};
use super::super::super::wire::{self, shape};
use super::super::{Desk, shown};
use crate::http::Response;

/// Says of a search how many invoices were looked at, where there are more.
const LOOKED_AT: &str = "Quittance-Looked-At";

impl Desk<'_> {
    pub(super) async fn list(&self) -> Result<Response, Fault> {
        let Some(query) = self.invoice_query().await? else {
            return shown(
                200,
                &wire::InvoiceList {
                    invoices: Vec::new(),
                    total: 0,
                },
            );
        };
        let search = shape::text(&self.members, "search").map(str::to_lowercase);
        let live = match shape::text(&self.members, "paymentMode") {
            Some("live") => Some(true),
            Some("test") => Some(false),
            Some(_) | None => None,
        };
        if search.is_none() && live.is_none() {
            let page = self
                .app
                .books
                .invoices(self.book(), &query)
                .await
                .map_err(Fault::Books)?;
            let total = page.total.unwrap_or(0);
            return page_of(&page.invoices, total);
        }
        let most = manners::MOST_SEARCHED;
        let all = InvoiceQuery {
            after: None,
            offset: 0,
            limit: most + 1,
            count: false,
            ..query.clone()
        };
        let mut page = self.app.books.invoices(self.book(), &all).await.map_err(Fault::Books)?;
        let is_more = page.invoices.len() as i64 > most;
        if is_more {
            page.invoices.truncate(usize::try_from(most).unwrap_or(usize::MAX));
            page.invoices
                .extend(self.with_that_number(&query, &page.invoices).await?);
        }
        let found = |view: &InvoiceView| {
            let texts = || outgoing::searched(view).into_iter();
            live.is_none_or(|live| outgoing::is_live(view) == live)
                && search
                    .as_ref()
                    .is_none_or(|search| texts().any(|text| text.to_lowercase().contains(search)))
        };
        let matching: Vec<InvoiceView> = page.invoices.into_iter().filter(found).collect();
        let total = i64::try_from(matching.len()).unwrap_or(i64::MAX);
        let (offset, limit) = (usize::try_from(query.offset), usize::try_from(query.limit));
        let (offset, limit) = (offset.unwrap_or(usize::MAX), limit.unwrap_or(0));
        let rows: Vec<InvoiceView> = matching.into_iter().skip(offset).take(limit).collect();
        let found = page_of(&rows, total)?;
        // What lies behind was not looked at, and the total is of what was.
        Ok(if is_more {
            found.with(LOOKED_AT, most.to_string())
        } else {
            found
        })
    }

    /// The invoice whose number is searched for, wherever it lies, unless it is among those that are known.
    async fn with_that_number(
        &self,
        query: &InvoiceQuery,
        known: &[InvoiceView],
    ) -> Result<Option<InvoiceView>, Fault> {
        let Some(number) = shape::text(&self.members, "search") else {
            return Ok(None);
        };
        let named = InvoiceQuery {
            filter: InvoiceFilter {
                number: Some(number.to_owned()),
                ..query.filter.clone()
            },
            offset: 0,
            limit: 1,
            count: false,
            ..query.clone()
        };
        let page = self
            .app
            .books
            .invoices(self.book(), &named)
            .await
            .map_err(Fault::Books)?;
        let is_known = |view: &InvoiceView| known.iter().any(|known| known.invoice.key == view.invoice.key);
        Ok(page.invoices.into_iter().find(|view| !is_known(view)))
    }

    /// The query of a list; `None` where no invoice can match.
    async fn invoice_query(&self) -> Result<Option<InvoiceQuery>, Fault> {
        let members = &self.members;
        let mut filter = InvoiceFilter {
            invoice_date: (shape::day(members, "startAt"), shape::day(members, "endAt")),
            ..InvoiceFilter::default()
        };
        match shape::text(members, "status") {
            None => {}
            // The vendor's own screens filter by it, though no invoice has it as its status.
            Some("overdue") => filter.overdue = Some((true, self.app.now())),
            // It is no standing: those that are owed and being paid show it, whatever was paid before.
            Some(mapping::BEING_PAID) => {
                filter.standings = Some(mapping::MAY_BE_PAID.to_vec());
                filter.pending = Some(true);
            }
            Some(status) => match mapping::standings_of(status) {
                none if none.is_empty() => return Ok(None),
                standings => {
                    let may_be_paid = standings.iter().any(|standing| mapping::MAY_BE_PAID.contains(standing));
                    filter.pending = may_be_paid.then_some(false);
                    filter.standings = Some(standings);
                }
            },
        }
        if let Some(id) = shape::text(members, "contactId") {
            match self.contact(id).await? {
                None => return Ok(None),
                Some(contact) => filter.customer = Some(contact.customer.key),
            }
        }
        // Where days are asked for, their order is the one that an index has.
        let by_date = shape::text(members, "sortField").is_some() || filter.invoice_date != (None, None);
        Ok(Some(InvoiceQuery {
            filter,
            order: if by_date {
                OrderBy::InvoiceDate
            } else {
                OrderBy::Created
            },
            descending: shape::text(members, "sortOrder") != Some("ascend"),
            after: None,
            offset: shape::count(members, "offset").unwrap_or(0),
            limit: shape::count(members, "limit").unwrap_or(manners::MOST_LISTED),
            count: true,
        }))
    }
}

fn page_of(views: &[InvoiceView], total: i64) -> Result<Response, Fault> {
    let invoices = views.iter().map(outgoing::invoice_with_summary).collect();
    shown(200, &wire::InvoiceList { invoices, total })
}
