//! Categories: the chart of accounts, listed, read and added to.

use quittance_accounting::resource::Replaces;
use quittance_books::Failure;
use quittance_books::listing::{MOST_PER_PAGE, ResourceQuery};
use quittance_books::resources::ResourceInput;
use quittance_books::together::Step;

use super::{Call, refused};
use crate::dialects::bookeeping::errors::{Asked, Problem, of_failure};
use crate::dialects::bookeeping::manners::{SortKey, cut, list_data, page, success};
use crate::dialects::bookeeping::mapping::categories::{Chart, KIND, new_category};
use crate::dialects::bookeeping::mapping::category;
use crate::dialects::bookeeping::rules::RULES;
use crate::dialects::bookeeping::wire::PARENT_CATEGORIES;
use crate::http::Response;

impl Call<'_> {
    /// The book with what this dialect says of its accounts. The book is read first: with every account in it, what is said of it was
    /// written already, so that none is taken for one of another group.
    pub(super) async fn chart(&self) -> Result<Chart, Problem> {
        let book = self.book().await?;
        let query = ResourceQuery {
            kind: KIND.to_owned(),
            belongs_to: None,
            descending: false,
            after: None,
            limit: MOST_PER_PAGE,
        };
        let said = self.app.books.resources(self.context.actor.book, &query).await;
        let said = said.map_err(refused(Asked::Read))?;
        Ok(Chart::new(book, &said))
    }

    pub(super) async fn list_categories(&self) -> Result<Response, Problem> {
        let page = page(self.request)?;
        let text = self.query("query")?.map(|text| text.to_lowercase());
        let groups = self.query("accounts")?;
        let groups: Option<Vec<&str>> = groups.as_ref().map(|text| text.split(',').map(str::trim).collect());
        if groups.iter().flatten().any(|name| !PARENT_CATEGORIES.contains(name)) {
            return Err(Problem::bad(
                "accounts must be a comma-separated list of parent categories",
            ));
        }
        let chart = self.chart().await?;
        let matches = |account: &&quittance_accounting::account::LedgerAccount| {
            let group = chart.parent_category(account);
            groups.as_ref().is_none_or(|groups| groups.contains(&group))
                && text
                    .as_ref()
                    .is_none_or(|part| account.name.to_lowercase().contains(part))
        };
        let found = chart.accounts.iter().filter(matches);
        let mut shown: Vec<_> = found.map(|account| chart.category(account)).collect();
        if page.sort == SortKey::Name {
            shown.sort_by(|one, other| one.name.cmp(&other.name));
        }
        let count = i64::try_from(shown.len()).unwrap_or(i64::MAX);
        let data = list_data("categories", &cut(shown, page), count);
        Ok(success("Get All Categories", &[], &data))
    }

    pub(super) async fn get_category(&self, id: &str) -> Result<Response, Problem> {
        let id = Self::id(id)?;
        let chart = self.chart().await?;
        let account = category(&chart, id).ok_or_else(|| Problem::bad("Category not found"))?;
        Ok(success("Get a Category", &[], &chart.category(account)))
    }

    /// Adds a ledger account, and in the same commit what only this dialect knows of it. That none of its name came since the chart was
    /// read, the commit makes sure.
    pub(super) async fn create_category(&self) -> Result<Response, Problem> {
        let members = self.body()?;
        let mut tries = self.app.books.tries(self.context.actor.book);
        while tries.another().await {
            let seen = self.chart().await?;
            let new = new_category(&members, &seen)?;
            let remembered = ResourceInput {
                kind: KIND,
                word: new.word.clone(),
                belongs_to: None,
                body: new.said,
                replaces: Replaces::Anything,
            };
            let steps = vec![Step::AddAccount(new.account), Step::PutResource(Box::new(remembered))];
            let done = match self.app.books.all_or_none(&self.context, &RULES, steps).await {
                Ok(done) => done,
                // Somebody else took meanwhile what was free.
                Err((_, failure)) if failure.is_taken_since(&seen) => continue,
                Err((_, failure)) => return Err(of_failure(&failure, Asked::Create)),
            };
            let said = done.resource(KIND, &new.word);
            let (book, account) = done.book().zip(done.account()).ok_or_else(Problem::internal)?;
            let chart = Chart::new(book, said.as_slice());
            return Ok(success("Create a Category", &new.warnings, &chart.category(&account)));
        }
        Err(of_failure(&Failure::Unavailable, Asked::Create))
    }
}
