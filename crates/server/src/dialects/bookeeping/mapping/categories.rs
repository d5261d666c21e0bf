//! The chart of accounts as the vendor's categories, which say more than a ledger account does: a finer group, an emoji, a heading.
//!
//! What only this dialect knows of an account is a resource beside it, under the account's stable name. Deliberately absent: asking
//! the books.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use quittance_accounting::account::{AccountKind, AccountRole, LedgerAccount};
use quittance_accounting::ledger::{NewAccount, stable_name_of};
use quittance_books::resources::ResourceView;
use quittance_books::view::BookView;
use serde_json::{Map, Value, json};

use super::incoming::Fields;
use super::{category_id, instant};
use crate::dialects::bookeeping::errors::Problem;
use crate::dialects::bookeeping::manners::SHORT_TEXT;
use crate::dialects::bookeeping::wire::{Category, PARENT_CATEGORIES};

/// The kind of resource that holds what only this dialect knows of an account.
pub const KIND: &str = "bookeeping.category";
/// Letters of an accountant's number: what fits the column of a report.
const MOST_NUMBER: usize = 20;
/// The highest number that others are counted on from: more digits than charts of accounts have.
const MOST_COUNTED: u64 = 99_999_999;
/// The group of accounts where money arrives.
const MONEY: &str = "CURRENT_ASSET";

/// What a client said of a category beyond what a ledger account says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    parent: &'static str,
    emoji: Option<String>,
    group: Option<String>,
    made: Timestamp,
    changed: Timestamp,
}

impl Said {
    fn of(view: &ResourceView) -> Option<Said> {
        let text = |name: &str| view.body.get(name).and_then(Value::as_str);
        Some(Said {
            parent: parent_of(text("parentCategory")?)?,
            emoji: text("emoji").map(str::to_owned),
            group: text("group").map(str::to_owned),
            made: view.resource.created_at,
            changed: view.resource.updated_at,
        })
    }
}

/// A book with what this dialect says of its accounts.
#[derive(Clone, Debug)]
pub struct Chart {
    book: Arc<BookView>,
    said: BTreeMap<String, Said>,
}

impl Deref for Chart {
    type Target = BookView;

    fn deref(&self) -> &BookView {
        &self.book
    }
}

impl Chart {
    /// The chart of a book, with the resources of [`KIND`].
    pub fn new(book: Arc<BookView>, resources: &[ResourceView]) -> Chart {
        let named = |view: &ResourceView| {
            let (_, stable_name) = view.resource.name.split_once(':')?;
            Some((stable_name.to_owned(), Said::of(view)?))
        };
        Chart {
            book,
            said: resources.iter().filter_map(named).collect(),
        }
    }

    /// The vendor's group of an account.
    pub fn parent_category(&self, account: &LedgerAccount) -> &'static str {
        let said = self.said.get(&account.stable_name);
        said.map_or_else(|| parent_by_nature(account), |said| said.parent)
    }

    /// Accounts where money can arrive: current assets that no subledger proves and that nobody archived.
    pub fn money_accounts(&self) -> impl Iterator<Item = &LedgerAccount> {
        let arrives = |account: &&LedgerAccount| {
            account.active
                && account.kind == AccountKind::Asset
                && !account.role.is_control()
                && self.parent_category(account) == MONEY
        };
        self.book.accounts.iter().filter(arrives)
    }

    /// An account of the chart, in the vendor's shape.
    pub fn category(&self, account: &LedgerAccount) -> Category {
        let (said, opened) = (self.said.get(&account.stable_name), self.book.settings.created_at);
        Category {
            id: category_id(self.book.key, account.key),
            name: account.name.clone(),
            project_id: self.book.settings.id.hex(),
            emoji: said.and_then(|said| said.emoji.clone()),
            parent_category: self.parent_category(account),
            is_archived: !account.active,
            number: account.code.clone(),
            group: said.and_then(|said| said.group.clone()),
            created_by: if said.is_some() { "USER" } else { "SYSTEM" },
            created_at: instant(said.map_or(opened, |said| said.made)),
            updated_at: instant(said.map_or(opened, |said| said.changed)),
        }
    }
}

fn parent_of(word: &str) -> Option<&'static str> {
    PARENT_CATEGORIES.into_iter().find(|known| *known == word)
}

/// The group of an account of which nobody said one.
fn parent_by_nature(account: &LedgerAccount) -> &'static str {
    match (account.kind, account.role) {
        (AccountKind::Asset, _) => MONEY,
        (AccountKind::Liability, AccountRole::SalesTax) => "TAX_PAYABLE",
        (AccountKind::Liability, _) => "CURRENT_LIABILITY",
        (AccountKind::Equity, _) => "EQUITY",
        (AccountKind::Revenue, AccountRole::Sales) => "SALES",
        (AccountKind::Revenue | AccountKind::ContraRevenue, _) => "INCOME",
        (AccountKind::Expense, _) => "EXPENSE",
    }
}

/// What an account of a group is in the books, and the number before those that are given out.
fn nature(parent: &str) -> (AccountKind, u64) {
    match parent {
        "INCOME" | "OTHER_INCOME" | "SALES" => (AccountKind::Revenue, 4000),
        "CURRENT_ASSET" | "FIXED_ASSET" | "INVENTORY" | "NON_CURRENT_ASSET" | "PREPAYMENT" => {
            (AccountKind::Asset, 1000)
        }
        "LIABILITY" | "CURRENT_LIABILITY" | "NON_CURRENT_LIABILITY" | "TAX_PAYABLE" => (AccountKind::Liability, 2000),
        "EQUITY" => (AccountKind::Equity, 3000),
        // Expenses of every sort, taxes on income and what is nothing else.
        _ => (AccountKind::Expense, 6000),
    }
}

/// A category to make.
#[derive(Debug)]
pub struct NewCategory {
    /// The ledger account.
    pub account: NewAccount,
    /// What only this dialect knows of it.
    pub said: Value,
    /// What it is remembered under.
    pub word: String,
    /// What to warn of.
    pub warnings: Vec<String>,
}

const MEMBERS: [&str; 5] = ["name", "parentCategory", "number", "emoji", "group"];

/// Reads a category to make. One of its name in its group is refused: it is there already.
pub fn new_category(members: &Map<String, Value>, chart: &Chart) -> Result<NewCategory, Problem> {
    let fields = Fields::of(members);
    let name = fields.needed_text("name", SHORT_TEXT)?.trim().to_owned();
    let parent = fields.needed_text("parentCategory", SHORT_TEXT)?;
    let parent = parent_of(&parent).ok_or_else(|| {
        let words = PARENT_CATEGORIES.join(", ");
        fields.fault("parentCategory", &format!("must be one of {words}"))
    })?;
    let said = json!({
        "parentCategory": parent,
        "emoji": fields.text("emoji", SHORT_TEXT)?,
        "group": fields.text("group", SHORT_TEXT)?,
    });
    let asked = number(&fields)?;
    let namesakes = || chart.accounts.iter().filter(|account| account.name == name);
    if namesakes().any(|account| chart.parent_category(account) == parent) {
        return Err(Problem::conflict(format!("The category {name:?} already exists")));
    }
    let (kind, before) = nature(parent);
    let code = asked.unwrap_or_else(|| next_number(chart, kind, before));
    let stable_name = stable_name(chart, &name, &code);
    Ok(NewCategory {
        word: stable_name.clone(),
        account: NewAccount {
            code,
            stable_name: Some(stable_name),
            namesakes: Some(namesakes().map(|account| account.key).collect()),
            name,
            kind,
        },
        said,
        warnings: fields.warnings(&MEMBERS),
    })
}

/// The accountant's number, which clients write as a text or as digits.
fn number(fields: &Fields<'_>) -> Result<Option<String>, Problem> {
    if let Some(digits) = fields.given("number").and_then(Value::as_u64) {
        return Ok(Some(digits.to_string()));
    }
    let text = fields.text("number", MOST_NUMBER)?;
    Ok(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// The number after the highest of its kind; clients may give numbers so high that none comes after, which are passed over.
fn next_number(chart: &Chart, kind: AccountKind, before: u64) -> String {
    let of_kind = chart.accounts.iter().filter(|account| account.kind == kind);
    let counted = of_kind.filter_map(|account| account.code.parse::<u64>().ok());
    let highest = counted.filter(|number| *number <= MOST_COUNTED).max();
    let is_free = |number: &u64| chart.accounts.iter().all(|account| account.code != number.to_string());
    let mut numbers = highest.unwrap_or(before).saturating_add(1)..;
    numbers.find(is_free).unwrap_or(before).to_string()
}

/// A name by which other dialects call the account: one of its kind, which names need not be.
fn stable_name(chart: &Chart, name: &str, code: &str) -> String {
    let is_free =
        |stable: &String| !stable.is_empty() && chart.accounts.iter().all(|account| account.stable_name != *stable);
    let numbered = (2_u64..).map(|again| stable_name_of(&format!("ACCOUNT {name} {code} {again}")));
    let plain = [stable_name_of(name), stable_name_of(&format!("{name} {code}"))];
    let mut names = plain.into_iter().chain(numbered);
    names.find(is_free).unwrap_or_default()
}
