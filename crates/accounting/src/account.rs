//! The chart of accounts and the parts that accounts play.
//!
//! A posting names an account; a decision asks for one by [`AccountRole`]. Control accounts (receivables, unapplied payments,
//! customer credits) are proved by a subledger and take no manual posting.

use crate::identity::AccountKey;

/// The side of a posting, and the side on which an account's balance normally stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Left.
    Debit,
    /// Right.
    Credit,
}

impl Side {
    /// The other side.
    pub fn opposite(self) -> Side {
        match self {
            Side::Debit => Side::Credit,
            Side::Credit => Side::Debit,
        }
    }
}

/// What an account is, for the statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKind {
    /// What the book owns.
    Asset,
    /// What it owes.
    Liability,
    /// What belongs to the owners.
    Equity,
    /// What it earns.
    Revenue,
    /// What lessens revenue: discounts, refunds to customers.
    ContraRevenue,
    /// What it spends.
    Expense,
}

impl AccountKind {
    /// Every kind with the word that names it in the store.
    pub const ALL: [(AccountKind, &'static str); 6] = [
        (AccountKind::Asset, "asset"),
        (AccountKind::Liability, "liability"),
        (AccountKind::Equity, "equity"),
        (AccountKind::Revenue, "revenue"),
        (AccountKind::ContraRevenue, "contra_revenue"),
        (AccountKind::Expense, "expense"),
    ];

    /// The side on which a balance of this kind normally stands.
    pub fn normal_side(self) -> Side {
        match self {
            AccountKind::Asset | AccountKind::Expense | AccountKind::ContraRevenue => Side::Debit,
            AccountKind::Liability | AccountKind::Equity | AccountKind::Revenue => Side::Credit,
        }
    }
}

/// The part an account plays in the decisions of this crate. A book has exactly one account of each role, but for
/// [`AccountRole::Ordinary`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountRole {
    /// Control account of all open invoices.
    Receivable,
    /// Control account of money received and not allocated.
    UnappliedPayments,
    /// Control account of what credit notes have left.
    CustomerCredits,
    /// Where money arrives unless a payment names another account.
    Clearing,
    /// Revenue of lines that name no account.
    Sales,
    /// Sales tax owed.
    SalesTax,
    /// Tips owed.
    Tips,
    /// Refunds to customers (contra revenue).
    Refunds,
    /// Bad debt.
    BadDebt,
    /// What settlements in other currencies gain, less what they lose.
    ExchangeDifferences,
    /// No part of its own.
    Ordinary,
}

impl AccountRole {
    /// Every role with the word that names it in the store.
    pub const ALL: [(AccountRole, &'static str); 11] = [
        (AccountRole::Receivable, "receivable"),
        (AccountRole::UnappliedPayments, "unapplied_payments"),
        (AccountRole::CustomerCredits, "customer_credits"),
        (AccountRole::Clearing, "clearing"),
        (AccountRole::Sales, "sales"),
        (AccountRole::SalesTax, "sales_tax"),
        (AccountRole::Tips, "tips"),
        (AccountRole::Refunds, "refunds"),
        (AccountRole::BadDebt, "bad_debt"),
        (AccountRole::ExchangeDifferences, "exchange_differences"),
        (AccountRole::Ordinary, "ordinary"),
    ];

    /// Whether a subledger proves the account, so that only documents post to it.
    pub fn is_control(self) -> bool {
        matches!(
            self,
            AccountRole::Receivable | AccountRole::UnappliedPayments | AccountRole::CustomerCredits
        )
    }
}

/// A ledger account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerAccount {
    /// Its number in the book.
    pub key: AccountKey,
    /// The accountant's number, such as `4000`.
    pub code: String,
    /// The stable name that clients use, such as `SALES`.
    pub stable_name: String,
    /// The name on reports.
    pub name: String,
    /// What it is.
    pub kind: AccountKind,
    /// The part it plays.
    pub role: AccountRole,
    /// Whether it takes postings. One that was retired stays in the chart, and in every report of the past.
    pub active: bool,
}
