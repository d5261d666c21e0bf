//! Transactions, which are the journal; balances of accounts; and what a key is.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::civil::Date;
use quittance_accounting::account::Side;
use quittance_accounting::book::Role;
use quittance_accounting::identity::{AccountKey, BookKey, CustomerKey, DocumentId, DocumentKind};
use quittance_accounting::journal::EntryKind;
use quittance_accounting::money::Amount;
use quittance_accounting::resource::Replaces;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::EntryInput;
use quittance_books::listing::EntryQuery;
use quittance_books::resources::{ResourceInput, ResourceName};
use quittance_books::together::Step;
use quittance_books::view::{BookView, CustomerView, EntryView, InvoiceView};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::lists::{CHUNK, bound};
use super::{Call, refused};
use crate::dialects::bookeeping::errors::{Asked, Problem, of_failure};
use crate::dialects::bookeeping::manners::{MOST_FILTER_IDS, MOST_MONTHS, Page, SortKey, list_data, page, success};
use crate::dialects::bookeeping::mapping::categories::Chart;
use crate::dialects::bookeeping::mapping::transactions::{self, Circumstances, NewTransaction};
use crate::dialects::bookeeping::mapping::{self, major, outgoing};
use crate::dialects::bookeeping::rules::RULES;
use crate::dialects::bookeeping::wire::{
    AccountBalance, AccountingBalance, CallLimit, InstitutionBalance, KeyInfo, KeyLimits, MonthBalance, Transaction,
};
use crate::http::Response;

/// The most transactions that are looked through for a list: each takes a few reads, so half a second.
const MOST_TRANSACTIONS: i64 = 5_000;

/// The kind of resource that counts the transactions of a day and a total that were recorded here.
const RECORDED: &str = "bookeeping.recorded";

/// What a transaction must be to be listed, beyond its day.
#[derive(Default)]
struct Wanted {
    amount: (Option<i64>, Option<i64>),
    counterparties: Option<Vec<String>>,
    accounts: Option<Vec<String>>,
    categories: Option<Vec<String>>,
    /// A filter that nothing here can match, such as a class.
    nothing: bool,
}

impl Wanted {
    fn is_all(&self) -> bool {
        self.amount == (None, None)
            && self.counterparties.is_none()
            && self.accounts.is_none()
            && self.categories.is_none()
            && !self.nothing
    }

    fn matches(&self, book: BookKey, view: &EntryView, shown: &Transaction) -> bool {
        let total = Amount::sum(
            view.entry
                .postings()
                .iter()
                .filter(|posting| posting.side == Side::Debit)
                .map(|posting| posting.amount),
        );
        let total = total.map_or(0, Amount::minor);
        let moves = |ids: &Vec<String>| {
            let postings = view.entry.postings().iter();
            postings
                .map(|posting| mapping::money_account_id(book, posting.account))
                .any(|id| ids.contains(&id))
        };
        let names = |ids: &Vec<String>| {
            let mut shown = shown.entries.iter().filter_map(|entry| entry.category.as_ref());
            shown.any(|category| ids.contains(&category.id))
        };
        let party = shown.counter_party.as_ref().map(|party| &party.id);
        !self.nothing
            && self.amount.0.is_none_or(|least| total >= least)
            && self.amount.1.is_none_or(|most| total <= most)
            && self
                .counterparties
                .as_ref()
                .is_none_or(|ids| party.is_some_and(|id| ids.contains(id)))
            && self.accounts.as_ref().is_none_or(moves)
            && self.categories.as_ref().is_none_or(names)
    }
}

/// What was looked up for the entries of one answer.
#[derive(Default)]
struct Known {
    customers: BTreeMap<CustomerKey, CustomerView>,
    invoices: BTreeMap<i64, Option<InvoiceView>>,
}

impl Call<'_> {
    pub(super) async fn list_transactions(&self) -> Result<Response, Problem> {
        let page = page(self.request)?;
        let book = self.book().await?;
        let wanted = self.wanted(&book)?;
        let date = (self.day("startDate", &book)?, self.day("endDate", &book)?);
        let query = |offset: i64, limit: i64| EntryQuery {
            kinds: None,
            date,
            by_date: page.sort == SortKey::TransactionDate,
            descending: page.descending,
            after: None,
            offset,
            limit,
            ..EntryQuery::default()
        };
        let mut known = Known::default();
        let there = self
            .app
            .books
            .count_entries(self.context.actor.book, &query(0, 1))
            .await;
        let there = there.map_err(refused(Asked::Read))?;
        let (found, count) = if wanted.is_all() {
            let views = self.entries(&query(page.offset, page.limit)).await?;
            // Read after the entries: every account that they post to is in it.
            let chart = self.chart().await?;
            let mut shown = Vec::with_capacity(views.len());
            for view in &views {
                shown.push(self.shown(&chart, view, &mut known).await?);
            }
            (shown, there)
        } else if there > MOST_TRANSACTIONS {
            return Err(Problem::bad(format!(
                "More than {MOST_TRANSACTIONS} transactions would have to be looked through. Narrow the list by startDate or endDate"
            )));
        } else {
            self.looked_through(&wanted, page, query, &mut known).await?
        };
        let data = list_data("transactions", &found, count);
        Ok(success("Get All Transactions", &[], &data))
    }

    async fn looked_through(
        &self,
        wanted: &Wanted,
        page: Page,
        query: impl Fn(i64, i64) -> EntryQuery,
        known: &mut Known,
    ) -> Result<(Vec<Transaction>, i64), Problem> {
        let (mut found, mut count, mut offset) = (Vec::new(), 0, 0);
        loop {
            let views = self.entries(&query(offset, CHUNK)).await?;
            let chart = self.chart().await?;
            for view in &views {
                let shown = self.shown(&chart, view, known).await?;
                if !wanted.matches(chart.key, view, &shown) {
                    continue;
                }
                if (page.offset..page.offset.saturating_add(page.limit)).contains(&count) {
                    found.push(shown);
                }
                count += 1;
            }
            if i64::try_from(views.len()).unwrap_or(0) < CHUNK {
                return Ok((found, count));
            }
            offset += CHUNK;
        }
    }

    fn wanted(&self, book: &BookView) -> Result<Wanted, Problem> {
        let currency = book.settings.currency;
        let (least, most) = (self.query("minAmount")?, self.query("maxAmount")?);
        Ok(Wanted {
            amount: (
                bound(least.as_deref(), "minAmount", currency, Decimal::ceil)?,
                bound(most.as_deref(), "maxAmount", currency, Decimal::floor)?,
            ),
            counterparties: self.ids("counterparties")?,
            accounts: self.ids("accounts")?,
            categories: self.ids("categories")?,
            nothing: self.ids("classes")?.is_some(),
        })
    }

    fn ids(&self, name: &str) -> Result<Option<Vec<String>>, Problem> {
        let Some(text) = self.query(name)? else {
            return Ok(None);
        };
        let ids = text
            .split(',')
            .map(|part| mapping::id(part.trim(), name).map(DocumentId::hex));
        let ids = ids.take(MOST_FILTER_IDS + 1).collect::<Result<Vec<_>, _>>()?;
        if ids.len() > MOST_FILTER_IDS {
            return Err(Problem::bad(format!("{name} must hold at most {MOST_FILTER_IDS} ids")));
        }
        Ok(Some(ids))
    }

    fn day(&self, name: &str, book: &BookView) -> Result<Option<Date>, Problem> {
        let text = self.query(name)?;
        let when = text.map(|text| mapping::When::read(&text, name, &mapping::zone(book)));
        Ok(when.transpose()?.map(|when| when.day))
    }

    async fn entries(&self, query: &EntryQuery) -> Result<Vec<EntryView>, Problem> {
        let found = self.app.books.entries(self.context.actor.book, query).await;
        found.map_err(refused(Asked::Read))
    }

    /// An entry with what its document says of it.
    async fn shown(&self, chart: &Chart, view: &EntryView, known: &mut Known) -> Result<Transaction, Problem> {
        let about = self.circumstances(view, known).await?;
        Ok(transactions::transaction(chart, view, &about))
    }

    async fn circumstances(&self, view: &EntryView, known: &mut Known) -> Result<Circumstances, Problem> {
        let entry = view.entry.entry();
        let key = self.context.actor.book;
        let mut about = Circumstances::default();
        if entry.document.kind == DocumentKind::Payment {
            let named = Named::Key(entry.document.number);
            let payment = self
                .app
                .books
                .payment(key, &named)
                .await
                .map_err(refused(Asked::Read))?;
            if let Some(payment) = payment {
                about.created_at = Some(payment.payment.created_at);
                about.method = Some(payment.payment.method);
                about.reference = outgoing::kept_text(&payment.content.extra, "transactionRefNo");
                about.note.clone_from(&payment.content.memo);
                about.category = outgoing::kept_text(&payment.content.extra, "category");
                about.customer = self.known_customer(payment.payment.customer, known).await?;
            }
        }
        if let (None, Some(invoice)) = (&about.customer, entry.invoice) {
            if let Entry::Vacant(place) = known.invoices.entry(invoice.0) {
                let found = self.app.books.invoice(key, &Named::Key(invoice.0)).await;
                place.insert(found.map_err(refused(Asked::Read))?);
            }
            if let Some(Some(invoice)) = known.invoices.get(&invoice.0) {
                about.created_at = about.created_at.or(Some(invoice.invoice.created_at));
                about.reference = about.reference.or_else(|| invoice.invoice.number.clone());
                about.customer.clone_from(&invoice.customer);
            }
        }
        if let Some(id) = transactions::counterparty_of(view) {
            let found = self.app.books.customer(key, &Named::Id(id)).await;
            about.customer = found.map_err(refused(Asked::Read))?;
        }
        Ok(about)
    }

    async fn known_customer(
        &self,
        customer: Option<CustomerKey>,
        known: &mut Known,
    ) -> Result<Option<CustomerView>, Problem> {
        let Some(customer) = customer else {
            return Ok(None);
        };
        if let Some(view) = known.customers.get(&customer) {
            return Ok(Some(view.clone()));
        }
        let named = Named::Key(customer.0);
        let found = self.app.books.customer(self.context.actor.book, &named).await;
        let found = found.map_err(refused(Asked::Read))?;
        known.customers.extend(found.clone().map(|view| (customer, view)));
        Ok(found)
    }

    pub(super) async fn get_transaction(&self, id: &str) -> Result<Response, Problem> {
        let missing = || Problem::bad("Transaction not found");
        let id = Self::id(id)?;
        let book = self.context.actor.book;
        let key = transactions::entry_key(book, id).ok_or_else(missing)?;
        let found = self.app.books.entry(book, &Named::Key(key.0)).await;
        let view = found.map_err(refused(Asked::Read))?.ok_or_else(missing)?;
        let chart = self.chart().await?;
        let shown = self.shown(&chart, &view, &mut Known::default()).await?;
        // Bare here and under `transaction` after a create, as the vendor has it.
        Ok(success("Get a Transaction", &[], &shown))
    }

    /// Records a transaction. The same one is looked for first; so that of two that are sent at once the later finds the earlier, a
    /// count of those like it is moved in the same commit.
    pub(super) async fn create_transaction(&self) -> Result<Response, Problem> {
        let members = self.body()?;
        let chart = self.chart().await?;
        let new = transactions::new_transaction(&members, &chart)?;
        let about = Circumstances {
            customer: self.counterparty(&new).await?,
            ..Circumstances::default()
        };
        let forced = match self.query("force")?.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(Problem::bad("force must be true or false")),
        };
        let mut tries = self.app.books.tries(self.context.actor.book);
        while tries.another().await {
            let counted = self.counted(&new.input).await?;
            if !forced && self.is_there(&new.input).await? {
                return Err(Problem::conflict(
                    "The same transaction is there already; force=true records it again",
                ));
            }
            let id = self.app.books.new_document_id();
            let recorded = Step::RecordEntry(id, Box::new(new.input.clone()));
            let steps = vec![Step::PutResource(Box::new(counted)), recorded];
            let done = match self.app.books.all_or_none(&self.context, &RULES, steps).await {
                Ok(done) => done,
                Err((0, Failure::Refused(_))) => continue,
                Err((_, failure)) => return Err(of_failure(&failure, Asked::Create)),
            };
            let view = done.entry_at(1).ok_or_else(Problem::internal)?;
            let shown = transactions::transaction(&chart, &view, &about);
            let data: Map<String, Value> = [("transaction".to_owned(), value(&shown)?)].into_iter().collect();
            return Ok(success("Create a Transaction", &new.warnings, &data));
        }
        Err(of_failure(&Failure::Unavailable, Asked::Create))
    }

    /// Whom a new transaction concerns, if it says so.
    async fn counterparty(&self, new: &NewTransaction) -> Result<Option<CustomerView>, Problem> {
        let Some(id) = new.counterparty else {
            return Ok(None);
        };
        let found = self.app.books.customer(self.context.actor.book, &Named::Id(id)).await;
        let found = found.map_err(refused(Asked::Read))?;
        found.map(Some).ok_or_else(|| Problem::bad("Counterparty not found"))
    }

    /// The count of the transactions of this day and total that were recorded here, one more: refused when it moved since.
    async fn counted(&self, new: &EntryInput) -> Result<ResourceInput, Problem> {
        let debits = new.movements.iter().filter(|movement| movement.side == Side::Debit);
        let total = Amount::sum(debits.map(|movement| movement.amount)).unwrap_or(Amount::ZERO);
        let day = new.date.map(|day| day.to_string()).unwrap_or_default();
        let word = format!("{day}:{}", total.minor());
        let (book, name) = (self.context.actor.book, ResourceName::Word(&word));
        let known = self.app.books.resource(book, RECORDED, name).await;
        let known = known.map_err(refused(Asked::Read))?;
        let count = known.as_ref().and_then(|known| known.body.as_i64()).unwrap_or(0);
        Ok(ResourceInput {
            kind: RECORDED,
            word,
            belongs_to: None,
            body: Value::from(count.saturating_add(1)),
            replaces: known.map_or(Replaces::Nothing, |known| Replaces::AsRead(known.resource.content)),
        })
    }

    /// Whether a transaction that says the same was recorded for that day.
    async fn is_there(&self, new: &EntryInput) -> Result<bool, Problem> {
        let mut offset = 0;
        loop {
            let query = EntryQuery {
                kinds: Some(vec![EntryKind::Manual]),
                date: (new.date, new.date),
                by_date: false,
                descending: false,
                after: None,
                offset,
                limit: CHUNK,
                ..EntryQuery::default()
            };
            let views = self.entries(&query).await?;
            if views.iter().any(|view| transactions::is_same(view, new)) {
                return Ok(true);
            }
            if i64::try_from(views.len()).unwrap_or(0) < CHUNK {
                return Ok(false);
            }
            offset += CHUNK;
        }
    }

    pub(super) async fn get_balance(&self, id: &str) -> Result<Response, Problem> {
        let id = Self::id(id)?;
        let book = self.chart().await?;
        let account = mapping::money_account(&book, id).ok_or_else(Problem::no_account)?;
        let currency = book.settings.currency;
        let today = mapping::zone(&book).to_datetime(self.app.now()).date();
        // The ends of the months, the newest first, and of the one before them, at which the first began.
        let (mut ends, mut end) = (Vec::with_capacity(MOST_MONTHS + 1), today.last_of_month());
        while ends.len() <= MOST_MONTHS {
            ends.push(end);
            end = end.first_of_month().yesterday().map_err(|_| Problem::internal())?;
        }
        let days = [&[today], ends.as_slice()].concat();
        let stood = self.balances(account.key, &days).await?;
        let (now, at_ends) = stood.split_first().ok_or_else(Problem::internal)?;
        let month = |(end, (ending, starting)): (&Date, (&Amount, &Amount))| MonthBalance {
            month: end.strftime("%Y-%m").to_string(),
            starting_balance: major(*starting, currency),
            current_balance: major(if *end > today { *now } else { *ending }, currency),
            ending_balance: major(*ending, currency),
        };
        let months = ends.iter().zip(at_ends.iter().zip(at_ends.iter().skip(1)));
        let month_wise = months.map(month).rev().collect();
        let shown = AccountBalance {
            account: outgoing::money_account(&book, account),
            institution_balance: InstitutionBalance {
                currency: currency.code().to_owned(),
                ending_balance: None,
            },
            accounting_balance: AccountingBalance {
                currency: currency.code().to_owned(),
                ending_balance: major(*now, currency),
                month_wise_balance: month_wise,
            },
        };
        let warning = "No bank is asked: institutionBalance has no figure".to_owned();
        Ok(success("Get an Account Balance", &[warning], &shown))
    }

    /// What stands on an account at the end of each of these days, all of one state; debits are positive.
    async fn balances(&self, account: AccountKey, days: &[Date]) -> Result<Vec<Amount>, Problem> {
        let turnovers = self.app.books.turnovers(self.context.actor.book, days).await;
        let turnovers = turnovers.map_err(refused(Asked::Read))?;
        let own = turnovers.into_iter().find(|(known, _)| known.key == account);
        let (_, through) = own.ok_or_else(Problem::no_account)?;
        let stood = through.into_iter().map(|turnover| Amount::new(turnover.net()));
        stood.collect::<Option<_>>().ok_or_else(Problem::internal)
    }

    pub(super) async fn key_info(&self) -> Result<Response, Problem> {
        let actor = &self.context.actor;
        let limit = |per_minute: u32, per_day: u32| CallLimit {
            minutely: per_minute,
            daily: per_day,
        };
        let (read, write) = (self.app.limits.bookeeping_read, self.app.limits.bookeeping_write);
        let shown = KeyInfo {
            name: actor.name.clone(),
            project_id: self.book().await?.settings.id.hex(),
            role: word(actor.role),
            scopes: actor.scopes.clone(),
            expires_at: actor.ends.map(mapping::instant),
            limits: KeyLimits {
                read: limit(read.per_minute, read.per_day),
                write: limit(write.per_minute, write.per_day),
            },
        };
        Ok(success("Get API Key Information", &[], &shown))
    }
}

fn value(shown: &Transaction) -> Result<Value, Problem> {
    serde_json::to_value(shown).map_err(|_| Problem::internal())
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Clerk => "clerk",
        Role::Viewer => "viewer",
    }
}
