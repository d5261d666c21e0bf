//! Keeping a book: opening it, its customers, products and tokens, letting texts go.

use jiff::Timestamp;

use crate::account::{AccountKind, AccountRole, LedgerAccount};
use crate::book::{BookSettings, Customer, Product, Role, Token, Tombstone};
use crate::content::{Digest, Fate};
use crate::identity::{AccountKey, CustomerKey, DocumentId, DocumentKind, DocumentRef, ProductKey, TokenKey};
use crate::issuing::{AccountChoice, NewContent, chosen_account};
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::record::RecordKey;
use crate::refusal::{Refusal, Stop};
use crate::rounding::Rounding;
use crate::settling::refuse_taken;
use crate::snapshot::{Named, Snapshot};

/// What events about the book as a whole are about.
pub(crate) const BOOK: DocumentRef = DocumentRef {
    kind: DocumentKind::Book,
    number: 0,
};

/// The chart that every book starts with: code, stable name, name, kind, role.
const FIRST_CHART: [(&str, &str, &str, AccountKind, AccountRole); 17] = [
    ("1000", "CASH", "Cash", AccountKind::Asset, AccountRole::Ordinary),
    (
        "1010",
        "BANK_ACCOUNTS",
        "Bank accounts",
        AccountKind::Asset,
        AccountRole::Ordinary,
    ),
    (
        "1050",
        "UNDEPOSITED_FUNDS",
        "Undeposited funds",
        AccountKind::Asset,
        AccountRole::Clearing,
    ),
    (
        "1100",
        "ACCOUNTS_RECEIVABLE",
        "Accounts receivable",
        AccountKind::Asset,
        AccountRole::Receivable,
    ),
    (
        "2100",
        "UNAPPLIED_PAYMENTS",
        "Unapplied payments",
        AccountKind::Liability,
        AccountRole::UnappliedPayments,
    ),
    (
        "2200",
        "SALES_TAXES_PAYABLE",
        "Sales taxes payable",
        AccountKind::Liability,
        AccountRole::SalesTax,
    ),
    ("2300", "TIPS", "Tips", AccountKind::Liability, AccountRole::Tips),
    (
        "2400",
        "UNEARNED_REVENUE",
        "Unearned revenue",
        AccountKind::Liability,
        AccountRole::Ordinary,
    ),
    (
        "3000",
        "RETAINED_EARNINGS",
        "Retained earnings",
        AccountKind::Equity,
        AccountRole::Ordinary,
    ),
    ("4000", "SALES", "Sales", AccountKind::Revenue, AccountRole::Sales),
    (
        "4010",
        "SERVICES",
        "Services",
        AccountKind::Revenue,
        AccountRole::Ordinary,
    ),
    (
        "4020",
        "SUBSCRIPTIONS",
        "Subscriptions",
        AccountKind::Revenue,
        AccountRole::Ordinary,
    ),
    (
        "4900",
        "CUSTOMER_REFUNDS",
        "Customer refunds",
        AccountKind::ContraRevenue,
        AccountRole::Refunds,
    ),
    (
        "6100",
        "BAD_DEBT",
        "Bad debt",
        AccountKind::Expense,
        AccountRole::BadDebt,
    ),
    (
        "6200",
        "FEES",
        "Payment fees",
        AccountKind::Expense,
        AccountRole::Ordinary,
    ),
    (
        "2110",
        "CUSTOMER_CREDITS",
        "Customer credits",
        AccountKind::Liability,
        AccountRole::CustomerCredits,
    ),
    (
        "4800",
        "EXCHANGE_DIFFERENCES",
        "Exchange gains and losses",
        AccountKind::Revenue,
        AccountRole::ExchangeDifferences,
    ),
];

/// Decides the opening of a book, with its first chart.
pub fn open_book(snapshot: &Snapshot, settings: BookSettings) -> Plan {
    let mut planner = Planner::new(snapshot);
    planner.put(settings);
    for (number, (code, stable_name, name, kind, role)) in (1..).zip(FIRST_CHART) {
        planner.put(LedgerAccount {
            key: AccountKey(number),
            code: code.to_owned(),
            stable_name: stable_name.to_owned(),
            name: name.to_owned(),
            kind,
            role,
            active: true,
        });
    }
    planner.finish(EventKind::BookOpened, BOOK)
}

/// Decides how documents are rounded from now on. What is there keeps its figures.
pub fn change_rounding(snapshot: &Snapshot, rounding: Rounding) -> Result<Plan, Stop> {
    let mut settings = snapshot.settings()?.clone();
    settings.rounding = rounding;
    let mut planner = Planner::new(snapshot);
    planner.put(settings);
    Ok(planner.finish(EventKind::SettingsChanged, BOOK))
}

/// A customer as a client gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCustomer {
    /// Its id, drawn by the caller.
    pub id: DocumentId,
    /// The id the client brought.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: NewContent,
}

/// Decides to add a customer.
pub fn add_customer(snapshot: &Snapshot, moment: &Moment, new: NewCustomer) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    if let Some(external_id) = &new.external_id
        && snapshot.external_is_taken(DocumentKind::Customer, external_id)?
    {
        let external_id = external_id.clone();
        return Err(Refusal::ExternalIdTaken {
            kind: DocumentKind::Customer,
            external_id,
        }
        .into());
    }
    let key = CustomerKey(planner.counters.customers.saturating_add(1));
    planner.put(Customer {
        key,
        id: new.id,
        external_id: new.external_id,
        created_at: moment.at,
        updated_at: moment.at,
        archived_at: None,
        content: new.content.digest,
    });
    planner.put(new.content.of(key));
    Ok(planner.finish(EventKind::CustomerAdded, key))
}

/// What a customer says from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerChange {
    /// The customer that the client looked at: another one by now is not changed, since every change says everything anew.
    pub seen: Option<Customer>,
    /// The id the client brought.
    pub external_id: Option<String>,
    /// Whether it is put away.
    pub archived: bool,
    /// Its texts.
    pub content: NewContent,
}

/// Decides to change a customer. Documents name it by its number: they show the new texts.
pub fn change_customer(
    snapshot: &Snapshot,
    moment: &Moment,
    named: &Named,
    change: CustomerChange,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let kind = DocumentKind::Customer;
    let mut customer = snapshot.customer(named)?.cloned().ok_or(Refusal::NotFound { kind })?;
    if change.seen.is_some_and(|seen| seen != customer) {
        return Err(Refusal::PlanMoved.into());
    }
    if change.external_id != customer.external_id {
        refuse_taken(snapshot, kind, change.external_id.as_deref())?;
    }
    customer.external_id = change.external_id;
    customer.archived_at = change.archived.then(|| customer.archived_at.unwrap_or(moment.at));
    customer.updated_at = moment.at;
    customer.content = change.content.digest;
    let key = customer.key;
    planner.put(customer);
    planner.put(change.content.of(key));
    Ok(planner.finish(EventKind::CustomerChanged, key))
}

/// What a product says from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductChange {
    /// The product that the client looked at: another one by now is not changed, since every change says everything anew.
    pub seen: Option<Product>,
    /// The revenue account of lines that name it from now on.
    pub account: AccountChoice,
    /// Its texts.
    pub content: NewContent,
}

/// Decides to change a product.
pub fn change_product(snapshot: &Snapshot, named: &Named, change: ProductChange) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let kind = DocumentKind::Product;
    let mut product = snapshot.product(named)?.cloned().ok_or(Refusal::NotFound { kind })?;
    if change.seen.is_some_and(|seen| seen != product) {
        return Err(Refusal::PlanMoved.into());
    }
    product.account = chosen_account(snapshot, &change.account)?;
    product.content = change.content.digest;
    let key = product.key;
    planner.put(product);
    planner.put(change.content.of(key));
    Ok(planner.finish(EventKind::ProductChanged, key))
}

/// A product as a client gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProduct {
    /// Its id, drawn by the caller.
    pub id: DocumentId,
    /// Its revenue account.
    pub account: AccountChoice,
    /// Its texts.
    pub content: NewContent,
}

/// Decides to add a product.
pub fn add_product(snapshot: &Snapshot, moment: &Moment, new: NewProduct) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let account = chosen_account(snapshot, &new.account)?;
    let key = ProductKey(planner.counters.products.saturating_add(1));
    planner.put(Product {
        key,
        id: new.id,
        account,
        created_at: moment.at,
        content: new.content.digest,
    });
    planner.put(new.content.of(key));
    Ok(planner.finish(EventKind::ProductAdded, key))
}

/// A token as its maker gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// Digest of its text.
    pub digest: Digest,
    /// Its name.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// What it may reach.
    pub scopes: Vec<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// Decides to make a token.
pub fn make_token(snapshot: &Snapshot, moment: &Moment, new: NewToken) -> Plan {
    let mut planner = Planner::new(snapshot);
    let key = TokenKey(planner.counters.tokens.saturating_add(1));
    planner.put(Token {
        key,
        digest: new.digest,
        name: new.name,
        role: new.role,
        scopes: new.scopes,
        created_at: moment.at,
        expires_at: new.expires_at,
        revoked_at: None,
    });
    planner.finish(
        EventKind::TokenMade,
        DocumentRef {
            kind: DocumentKind::Token,
            number: key.0,
        },
    )
}

/// Decides to revoke a token. Revoking twice is refused as not found: a no-op never looks like success.
pub fn revoke_token(snapshot: &Snapshot, moment: &Moment, key: TokenKey) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let live = snapshot.token(key)?.filter(|token| token.revoked_at.is_none());
    let mut token = live.cloned().ok_or(Refusal::NotFound {
        kind: DocumentKind::Token,
    })?;
    token.revoked_at = Some(moment.at);
    planner.put(token);
    Ok(planner.finish(
        EventKind::TokenRevoked,
        DocumentRef {
            kind: DocumentKind::Token,
            number: key.0,
        },
    ))
}

/// Decides to remove the texts of deleted documents whose retention is over. `None` when there are none among `tombstones`.
pub fn release_texts(snapshot: &Snapshot, moment: &Moment, tombstones: &[DocumentRef]) -> Option<Plan> {
    let due = |tombstone: &&Tombstone| match tombstone.fate {
        Fate::RetainedUntil(until) => until < moment.today,
        Fate::Kept | Fate::Leaving | Fate::Erased(_) => false,
    };
    step_fates(snapshot, tombstones, due, Fate::Leaving, true)
}

/// Decides to state that the texts of deleted documents are physically gone, in the event of this seq. `None` when none are
/// leaving.
pub fn confirm_erased(snapshot: &Snapshot, seq: i64, tombstones: &[DocumentRef]) -> Option<Plan> {
    let leaving = |tombstone: &&Tombstone| tombstone.fate == Fate::Leaving;
    step_fates(snapshot, tombstones, leaving, Fate::Erased(seq), false)
}

fn step_fates(
    snapshot: &Snapshot,
    documents: &[DocumentRef],
    ready: impl Fn(&&Tombstone) -> bool,
    fate: Fate,
    remove_texts: bool,
) -> Option<Plan> {
    let mut planner = Planner::new(snapshot);
    let stones = documents
        .iter()
        .filter_map(|document| snapshot.tables().tombstones.get(document).map(AsRef::as_ref))
        .filter(ready);
    let mut any = false;
    for tombstone in stones {
        any = true;
        planner.put(Tombstone {
            fate,
            ..tombstone.clone()
        });
        if remove_texts {
            planner.remove(RecordKey::Content(tombstone.document));
        }
    }
    any.then(|| planner.finish(EventKind::ContentErased, BOOK))
}
