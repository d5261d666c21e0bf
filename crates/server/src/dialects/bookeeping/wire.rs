//! The vendor's shapes and words.
//!
//! What goes out is a struct with the vendor's member names; what comes in is read member by member in `mapping::incoming`, so that
//! a fault can be named by its place. Deliberately absent: any meaning.

use serde::Serialize;
use serde_json::{Map, Number, Value};

/// The word that asks for the next number.
pub const INCREMENTAL: &str = "INCREMENTAL";
/// The one strategy of marking as paid that is known.
pub const CREATE_TRANSACTION: &str = "CREATE_TRANSACTION";
/// What a counterparty can be.
pub const COUNTERPARTY_TYPES: [&str; 3] = ["customer", "vendor", "both"];
/// Groups of the chart of accounts.
pub const PARENT_CATEGORIES: [&str; 20] = [
    "INCOME",
    "OTHER_INCOME",
    "SALES",
    "EXPENSE",
    "DEPRECIATION",
    "COST_OF_GOODS_SOLD",
    "OTHER_EXPENSE",
    "OVERHEAD",
    "CURRENT_ASSET",
    "FIXED_ASSET",
    "INVENTORY",
    "NON_CURRENT_ASSET",
    "PREPAYMENT",
    "LIABILITY",
    "CURRENT_LIABILITY",
    "NON_CURRENT_LIABILITY",
    "TAX_PAYABLE",
    "TAX",
    "EQUITY",
    "OTHER",
];

/// State of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Not sent.
    Draft,
    /// Sent, not due.
    Sent,
    /// Sent and past due.
    Overdue,
    /// Settled.
    Paid,
    /// Annulled.
    Cancelled,
}

impl Status {
    /// Every status with its word.
    pub const ALL: [(Status, &'static str); 5] = [
        (Status::Draft, "DRAFT"),
        (Status::Sent, "SENT"),
        (Status::Overdue, "OVERDUE"),
        (Status::Paid, "PAID"),
        (Status::Cancelled, "CANCELLED"),
    ];
}

/// How a discount or a tax is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RateType {
    /// Of a hundred.
    Percentage,
    /// In major units.
    Fixed,
}

/// A discount or a tax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// How `value` is meant.
    #[serde(rename = "type")]
    pub kind: RateType,
    /// How much.
    pub value: Number,
}

/// The sums of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Calculated {
    /// What is owed.
    pub grand_total: Number,
    /// Taxes of all lines.
    pub tax: Number,
    /// The discount on the invoice as a whole.
    pub discount: Number,
    /// The lines, each less its own discount.
    pub sub_total: Number,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineItem {
    /// What is sold.
    pub name: String,
    /// More about it.
    pub description: Option<String>,
    /// How many units.
    pub quantity: Number,
    /// Price of one.
    pub unit_price: Number,
    /// Discount on the line.
    pub discount: Option<Rate>,
    /// Tax on the line.
    pub tax: Option<Rate>,
    /// The category it is earned under.
    pub category: String,
    /// Members that only the client knows.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A counterparty as it stands in an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EmbeddedCounterparty {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: String,
    /// Its name.
    pub account_name: String,
    /// The client's number for it.
    pub account_number: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// One of [`COUNTERPARTY_TYPES`].
    #[serde(rename = "type")]
    pub kind: String,
    /// Further addresses.
    pub other_emails: Vec<String>,
    /// Postal address.
    pub address: Map<String, Value>,
}

/// A counterparty on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counterparty {
    /// What also stands in an invoice.
    #[serde(flatten)]
    pub embedded: EmbeddedCounterparty,
    /// Tax id.
    pub tax_id: Option<String>,
    /// The project.
    pub project_id: String,
    /// When it was made.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: String,
    /// The project.
    pub project_id: String,
    /// Its state.
    pub status: Status,
    /// The number a human reads.
    pub invoice_id: String,
    /// The discount on the invoice as a whole.
    pub discount: Rate,
    /// What it is worth.
    pub amount: Number,
    /// Its date.
    pub invoice_date: String,
    /// When it is due.
    pub due_date: String,
    /// Its currency.
    pub currency: String,
    /// Its lines.
    pub line_items: Vec<LineItem>,
    /// A note.
    pub note: String,
    /// Its sums.
    pub calculated: Calculated,
    /// Always empty: files are not kept.
    pub attachments: Vec<String>,
    /// When it was made.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// The client's purchase order.
    pub purchase_order_id: Option<String>,
    /// The customer.
    pub counter_party: Option<EmbeddedCounterparty>,
    /// What it is in the project's currency, when it is in another.
    pub converted_amount: Option<Number>,
    /// Always null.
    pub converted_currency: Option<String>,
    /// When it was sent.
    pub send_date: Option<String>,
    /// By whom.
    pub send_by: Option<String>,
    /// Why it was cancelled.
    pub cancellation_reason: Option<String>,
    /// When.
    pub cancellation_date: Option<String>,
    /// By whom.
    pub cancellation_by: Option<String>,
    /// Who marked it as paid.
    pub paid_marked_by: Option<String>,
    /// When.
    pub paid_marked_date: Option<String>,
    /// The transaction that settled it.
    pub attached_transaction_id: Option<String>,
    /// Kept for the client.
    pub pay_via_stripe_account_connection_id: Option<String>,
}

/// An account of the chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: String,
    /// Its name.
    pub name: String,
    /// The project.
    pub project_id: String,
    /// A picture that the client chose.
    pub emoji: Option<String>,
    /// One of [`PARENT_CATEGORIES`].
    pub parent_category: &'static str,
    /// Whether it takes no postings any more.
    pub is_archived: bool,
    /// The accountant's number.
    pub number: String,
    /// A heading that the client chose.
    pub group: Option<String>,
    /// `USER` where this dialect made it, else `SYSTEM`.
    pub created_by: &'static str,
    /// When it was made.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
}

/// An account where money arrives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MoneyAccount {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: String,
    /// The project.
    pub project_id: String,
    /// Its kind.
    pub account_type: &'static str,
    /// Its short name.
    pub nick_name: String,
    /// Its name.
    pub account_name: String,
    /// The accountant's number.
    pub account_number: String,
    /// When it was made.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
}

/// A transaction: an entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: String,
    /// The project.
    pub project_id: String,
    /// What its debits come to.
    pub total_amount: Number,
    /// Its date.
    pub transaction_date: String,
    /// How it was paid.
    pub payment_method: String,
    /// Whether the client said that it is reconciled.
    pub is_reconciled: bool,
    /// Its debits and credits.
    pub entries: Vec<TransactionEntry>,
    /// A reference.
    pub ref_no: Option<String>,
    /// Its currency.
    pub currency: String,
    /// Whom it concerns.
    pub counter_party: Option<EmbeddedCounterparty>,
    /// The account it moves money on.
    pub account: Option<MoneyAccount>,
    /// `MANUAL` or `SYSTEM`.
    pub source: &'static str,
    /// Always empty: there are no classes.
    pub classes: Vec<String>,
    /// Always empty: files are not kept.
    pub attachments_ids: Vec<String>,
    /// What it comes to in the document's currency, where that is another than the project's.
    pub original_amount: Option<Number>,
    /// That currency.
    pub original_currency: Option<String>,
    /// Always null: an entry stands for itself.
    pub attached_transaction_id: Option<String>,
    /// Always empty: nothing is allocated to grants.
    pub non_profit_allocations: Vec<String>,
    /// Always null.
    pub non_profit_grant_id: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// The same: entries do not change.
    pub updated_at: String,
}

/// A debit or a credit of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionEntry {
    /// Its place.
    pub id: String,
    /// How much.
    pub amount: Number,
    /// `DEBIT` or `CREDIT`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The account.
    pub category: Option<Category>,
    /// Its group.
    pub parent_category: Option<&'static str>,
    /// Whether the transaction is about this one.
    pub is_main: bool,
    /// A note.
    pub note: Option<String>,
}

/// What stands on an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountBalance {
    /// The account.
    pub account: MoneyAccount,
    /// What its bank says.
    pub institution_balance: InstitutionBalance,
    /// What the books say.
    pub accounting_balance: AccountingBalance,
}

/// What a bank says: nothing, because none is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstitutionBalance {
    /// The currency.
    pub currency: String,
    /// Always null.
    pub ending_balance: Option<Number>,
}

/// What the books say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountingBalance {
    /// The currency.
    pub currency: String,
    /// As of today.
    pub ending_balance: Number,
    /// By month, oldest first.
    pub month_wise_balance: Vec<MonthBalance>,
}

/// A month of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MonthBalance {
    /// Year and month.
    pub month: String,
    /// Before its first day.
    pub starting_balance: Number,
    /// As of today, or at its end.
    pub current_balance: Number,
    /// At its end.
    pub ending_balance: Number,
}

/// What a key is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyInfo {
    /// Its name.
    pub name: String,
    /// The project.
    pub project_id: String,
    /// What its bearer may do.
    pub role: &'static str,
    /// What it may reach; none for everything.
    pub scopes: Vec<String>,
    /// When it ends.
    pub expires_at: Option<String>,
    /// How often it may call.
    pub limits: KeyLimits,
}

/// How often a key may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyLimits {
    /// To read.
    pub read: CallLimit,
    /// To write.
    pub write: CallLimit,
}

/// How often, in a minute and in a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallLimit {
    /// In a minute.
    pub minutely: u32,
    /// In a day.
    pub daily: u32,
}
