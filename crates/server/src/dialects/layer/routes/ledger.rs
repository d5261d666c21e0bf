//! The ledger: the chart of accounts, with or without balances, and the entries, in order of number or of day.

use jiff::civil::Date;
use quittance_accounting::account::{AccountRole, LedgerAccount, Side};
use quittance_accounting::identity::{DocumentKind, EntryKey};
use quittance_accounting::kept::Turnover;
use quittance_accounting::snapshot::Named;
use quittance_books::Verb;
use quittance_books::journal::JournalView;
use quittance_books::listing::{CustomerOfEntry, EntryPlace, EntryQuery};
use serde_json::{Value, json};

use super::super::errors::{self, Fault};
use super::super::manners::{self, Paging, Place};
use super::super::mapping::{journal, output, statements};
use super::invoices::{customer_filter, known_pairs, several, value};
use super::manual::parties;
use super::{Call, accounts, manual, of_method, reports};
use crate::http::Response;

/// What can be asked of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    Entries,
    Entry(&'a str),
    Reverse(&'a str),
    Chart,
    AddAccount,
    ChangeAccount(&'a str),
    RetireAccount(&'a str),
    Lines(&'a str),
    Accounts,
    Balances,
}

/// What stands at a path under the business.
pub fn find<'a>(method: &str, rest: &[&'a str]) -> Result<Option<Operation<'a>>, Fault> {
    use Operation as O;
    let there = match *rest {
        ["ledger", "chart"] => of_method(method, &[("GET", O::Chart)]),
        ["ledger", "accounts"] => of_method(method, &[("GET", O::Accounts), ("POST", O::AddAccount)]),
        ["ledger", "accounts", id] => of_method(
            method,
            &[("PUT", O::ChangeAccount(id)), ("DELETE", O::RetireAccount(id))],
        ),
        ["ledger", "accounts", id, "lines"] => of_method(method, &[("GET", O::Lines(id))]),
        ["ledger", "balances"] => of_method(method, &[("GET", O::Balances)]),
        ["ledger", "entries"] => of_method(method, &[("GET", O::Entries)]),
        ["ledger", "entries", id] => of_method(method, &[("GET", O::Entry(id))]),
        ["ledger", "entries", id, "reverse"] => of_method(method, &[("POST", O::Reverse(id))]),
        _ => return Ok(None),
    };
    there.map(Some)
}

impl Operation<'_> {
    /// What it does, as far as the token's role is concerned.
    pub fn verb(self) -> Verb {
        match self {
            Operation::Chart
            | Operation::Accounts
            | Operation::Balances
            | Operation::Entries
            | Operation::Entry(_)
            | Operation::Lines(_) => Verb::Read,
            Operation::Reverse(_)
            | Operation::AddAccount
            | Operation::ChangeAccount(_)
            | Operation::RetireAccount(_) => Verb::Post,
        }
    }

    /// Answers it.
    pub async fn answer(self, call: &Call<'_>) -> Result<Response, Fault> {
        match self {
            Operation::Entries => entries(call).await,
            Operation::Entry(id) => {
                let view = entry(call, id).await?;
                let parties = parties(call, [&view]).await?;
                let book = call.book_now().await?;
                Ok(manners::enveloped(200, journal::entry(&book, &view, &parties)))
            }
            Operation::Reverse(id) => manual::reverse(call, id).await,
            Operation::AddAccount => accounts::add(call).await,
            Operation::ChangeAccount(id) => accounts::change(call, id).await,
            Operation::RetireAccount(id) => accounts::retire(call, id).await,
            Operation::Lines(id) => accounts::lines(call, id).await,
            Operation::Chart => Ok(chart(call)),
            Operation::Accounts => {
                known_pairs(call, &[])?;
                balances(call, None, None).await
            }
            Operation::Balances => {
                let pairs = known_pairs(call, &["start_date", "end_date"])?;
                let from = reports::day(call, &pairs, "start_date")?;
                let to = reports::day(call, &pairs, "end_date")?;
                balances(call, from, to).await
            }
        }
    }
}

/// The chart of accounts. Accounts here have no children.
fn chart(call: &Call<'_>) -> Response {
    let account = |account| {
        let mut shown = output::value(&output::account(&call.book, account));
        shown["sub_accounts"] = json!([]);
        shown
    };
    let active = call.book.accounts.iter().filter(|account| account.active);
    let accounts: Vec<Value> = active.map(account).collect();
    manners::enveloped(200, json!({"type": "Chart_Of_Accounts", "accounts": accounts}))
}

/// The accounts with their balances as of a day; between two days, with what moved in them.
async fn balances(call: &Call<'_>, from: Option<Date>, to: Option<Date>) -> Result<Response, Fault> {
    let to = to.unwrap_or_else(|| call.zone.to_datetime(call.app.now()).date());
    if from.is_some_and(|from| from > to) {
        return Err(reports::backwards());
    }
    let before = from.and_then(|from| from.yesterday().ok());
    // What was ever posted, to the end of the last day, and before the first.
    let days: Vec<Date> = [Date::MAX, to].into_iter().chain(before).collect();
    let turnovers = call.app.books.turnovers(call.key(), &days).await;
    let turnovers = turnovers.map_err(|failure| errors::fault(&failure))?;
    // Read after them: every account among them is in the chart.
    let book = call.book_now().await?;
    let account = |(account, through): &(LedgerAccount, Vec<Turnover>)| {
        let by = |at: usize| through.get(at).copied().unwrap_or_default();
        let (ever, moved) = (by(0), i128::from(by(1).net()) - i128::from(by(2).net()));
        let balance = match account.kind.normal_side() {
            Side::Debit => moved,
            Side::Credit => -moved,
        };
        let mut shown = output::value(&output::account(&book, account));
        shown["balance"] = statements::cents(balance);
        shown["is_deletable"] = json!(account.role == AccountRole::Ordinary && ever.is_zero());
        shown["sub_accounts"] = json!([]);
        shown
    };
    let active = turnovers.iter().filter(|(account, _)| account.active);
    let accounts: Vec<Value> = active.map(account).collect();
    Ok(manners::enveloped(
        200,
        json!({"type": "Ledger_Balances", "accounts": accounts}),
    ))
}

/// The entry that an id in the path names.
pub async fn entry(call: &Call<'_>, id: &str) -> Result<JournalView, Fault> {
    manners::read_id(id, "entryId")?;
    let key = journal::entry_of_uuid(call.book(), id).ok_or_else(errors::no_entry)?;
    entry_numbered(call, key).await
}

/// The entry of this number.
pub async fn entry_numbered(call: &Call<'_>, key: EntryKey) -> Result<JournalView, Fault> {
    entry_if_there(call, key).await?.ok_or_else(errors::no_entry)
}

/// The entry of this number; nothing where it was withdrawn.
pub async fn entry_if_there(call: &Call<'_>, key: EntryKey) -> Result<Option<JournalView>, Fault> {
    let query = EntryQuery {
        after: Some(EntryPlace {
            date: Date::default(),
            key: EntryKey(key.0 - 1),
        }),
        limit: 1,
        ..EntryQuery::default()
    };
    let found = call.app.books.journal_of(call.key(), &query).await;
    let found = found.map_err(|failure| errors::fault(&failure))?;
    let mut found = found.into_iter().filter(|view| view.line.entry.key == key);
    Ok(found.next())
}

/// What the list of entries reads of a query.
const QUERY: [&str; 12] = [
    "sort_by",
    "sort_order",
    "cursor",
    "limit",
    "show_total_count",
    "start_date",
    "end_date",
    "customer_id",
    "customer_external_id",
    "reporting_basis",
    "tag_key",
    "tag_values",
];

/// How many entries a page looks at that is narrowed by tags: one that ends before it is full says where the next one goes on.
const MOST_LOOKED_AT: i64 = 2_000;

/// The tag that an entry must have: its key, and one of its values if any are named.
struct Tagged {
    key: String,
    values: Vec<String>,
}

impl Tagged {
    fn of(pairs: &[(String, String)]) -> Result<Option<Tagged>, Fault> {
        let values = several(pairs, "tag_values");
        match value(pairs, "tag_key") {
            Some(key) => Ok(Some(Tagged {
                key: key.to_owned(),
                values: values.iter().map(|value| value.to_lowercase()).collect(),
            })),
            None if values.is_empty() => Ok(None),
            None => Err(errors::query_format("tag_key", "the key of tag_values")),
        }
    }

    /// Whether the entry or a line of it has the tag. Entries of documents have none.
    fn takes(&self, view: &JournalView) -> bool {
        let lines = view.content.lines.iter().map(|line| &line.extra);
        let extras = std::iter::once(&view.content.extra).chain(lines);
        let tags = extras.filter_map(|extra| output::kept(extra, "tags").and_then(Value::as_array));
        tags.flatten().any(|tag| {
            let value = tag["value"].as_str().unwrap_or_default().to_lowercase();
            tag["key"] == self.key.as_str() && (self.values.is_empty() || self.values.contains(&value))
        })
    }
}

/// Whose entries are asked for. An entry by hand names its customer by the UUID, in its texts.
async fn customer(call: &Call<'_>, pairs: &[(String, String)]) -> Result<Option<CustomerOfEntry>, Fault> {
    let Some(key) = customer_filter(call, pairs).await? else {
        return Ok(None);
    };
    let found = call.app.books.customer(call.key(), &Named::Key(key.0)).await;
    let found = found.map_err(|failure| errors::fault(&failure))?;
    Ok(found.map(|view| CustomerOfEntry {
        key,
        named: view.customer.id.uuid(),
    }))
}

/// A page of entries, in the order they were recorded or of their days.
async fn entries(call: &Call<'_>) -> Result<Response, Fault> {
    let pairs = known_pairs(call, &QUERY)?;
    let paging = Paging::of(&pairs, &["entry_number", "created_at", "entry_at"])?;
    let by_date = paging.sort_by == "entry_at";
    let after = match &paging.after {
        None => None,
        Some(place) => {
            let date = place.value.as_ref().map(|text| text.parse::<Date>());
            let date = date.transpose().map_err(|_| errors::bad_cursor())?;
            if date.is_some() != by_date {
                return Err(errors::bad_cursor());
            }
            let (date, key) = (date.unwrap_or_default(), EntryKey(place.key));
            Some(EntryPlace { date, key })
        }
    };
    reports::accrual(&pairs)?;
    let tagged = Tagged::of(&pairs)?;
    if tagged.is_some() && paging.count {
        return Err(errors::conflicting_query("Entries of a tag are not counted."));
    }
    let query = EntryQuery {
        documents: tagged.as_ref().map(|_| DocumentKind::ManualEntry),
        customer: customer(call, &pairs).await?,
        date: (
            reports::day(call, &pairs, "start_date")?,
            reports::day(call, &pairs, "end_date")?,
        ),
        by_date,
        descending: paging.descending,
        after,
        limit: tagged.as_ref().map_or(paging.limit + 1, |_| MOST_LOOKED_AT),
        ..EntryQuery::default()
    };
    let found = call.app.books.journal_of(call.key(), &query).await;
    let mut found = found.map_err(|failure| errors::fault(&failure))?;
    let place = |view: &JournalView| Place {
        key: view.line.entry.key.0,
        value: by_date.then(|| view.line.entry.date.to_string()),
    };
    let next = match &tagged {
        None => paging.cut(&mut found, place),
        Some(tagged) => {
            // The cursor goes on behind what was looked at, which is more than what is shown.
            let all_looked_at = (found.len() as i64) < MOST_LOOKED_AT;
            let end = found.last().map(place);
            found.retain(|view| tagged.takes(view));
            let next = paging.cut(&mut found, place);
            next.or(end.filter(|_| !all_looked_at))
        }
    };
    let total = match paging.count {
        false => None,
        true => {
            let count = call.app.books.count_entries(call.key(), &query).await;
            Some(count.map_err(|failure| errors::fault(&failure))?)
        }
    };
    let parties = parties(call, &found).await?;
    // Read after the entries: every account that they post to is in it.
    let book = call.book_now().await?;
    let data = found.iter().map(|view| journal::entry(&book, view, &parties));
    Ok(manners::page(data.collect(), &paging, next, total))
}
