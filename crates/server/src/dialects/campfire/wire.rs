//! The vendor's shapes and words.
//!
//! What is sent is a struct each; what is received is read member by member in `mapping`, because the framework names every
//! faulty member at once.

use quittance_accounting::account::AccountKind;
use serde::{Serialize, Serializer};
use serde_json::{Number, Value};

use super::manners::MOST_TEXT;

/// What a member that is only kept may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text of at most so many characters.
    Text(usize),
    /// An integer.
    Integer,
    /// A day.
    Date,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A list of integers.
    Integers,
    /// One of [`TERMS`].
    Terms,
    /// Any JSON.
    Any,
}

/// Members that come back as they were sent, in the order of their table.
#[derive(Clone, Debug, Default)]
pub struct Kept(pub Vec<(&'static str, Value)>);

impl Serialize for Kept {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Members of an invoice that come back as they were sent and mean nothing to the books.
pub const INVOICE_KEPT: [(&str, Kind); 27] = [
    ("terms", Kind::Terms),
    ("payment_term", Kind::Integer),
    ("contract", Kind::Integer),
    ("item_date", Kind::Date),
    ("period_start", Kind::Date),
    ("period_end", Kind::Date),
    ("shipping_date", Kind::Date),
    ("billing_addressee", Kind::Text(255)),
    ("billing_address", Kind::Text(MOST_TEXT)),
    ("shipping_addressee", Kind::Text(255)),
    ("shipping_address", Kind::Text(MOST_TEXT)),
    ("location_of_sale", Kind::Text(MOST_TEXT)),
    ("warning_message", Kind::Text(MOST_TEXT)),
    ("ref_number", Kind::Text(120)),
    ("purchase_order_number", Kind::Text(120)),
    ("exchange_rate", Kind::Number),
    ("exchange_rate_book", Kind::Number),
    ("discount", Kind::Integer),
    ("tax_rate", Kind::Integer),
    ("auto_send_invoice", Kind::Boolean),
    ("auto_send_invoice_at", Kind::Date),
    ("vat_number", Kind::Text(250)),
    ("integration_id", Kind::Text(250)),
    ("integration_context", Kind::Any),
    ("source", Kind::Text(250)),
    ("source_id", Kind::Text(250)),
    ("is_migrated", Kind::Boolean),
];

/// Members of a line that come back as they were sent.
pub const LINE_KEPT: [(&str, Kind); 8] = [
    ("tax_description", Kind::Text(MOST_TEXT)),
    ("service_date", Kind::Date),
    ("discount", Kind::Integer),
    ("discount_percentage", Kind::Number),
    ("discount_amount", Kind::Number),
    ("department", Kind::Integer),
    ("tag_ids", Kind::Integers),
    ("tag_group_ids", Kind::Integers),
];

/// Members of a credit memo that come back as they were sent.
pub const MEMO_KEPT: [(&str, Kind); 4] = [
    ("ref_number", Kind::Text(120)),
    ("contract", Kind::Integer),
    ("exchange_rate", Kind::Number),
    ("exchange_rate_book", Kind::Number),
];

/// Members of a line of one that come back as they were sent.
pub const MEMO_LINE_KEPT: [(&str, Kind); 1] = [("department", Kind::Integer)];

/// The words of `terms`.
pub const TERMS: [&str; 14] = [
    "", "custom", "net_5", "net_7", "net_10", "net_15", "net_20", "net_30", "net_40", "net_45", "net_60", "net_90",
    "net_105", "net_120",
];

/// The one word of `terms` that is not a number of days.
pub const ON_RECEIPT: &str = "due_on_receipt";

/// The words of `payment_status`.
pub const PAYMENT_STATUS: [&str; 7] = ["draft", "open", "sent", "partial", "paid", "uncollectible", "voided"];

/// A page of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    /// How many there are in all; null where the client did not want them counted.
    pub count: Option<i64>,
    /// Address of the next page.
    pub next: Option<String>,
    /// Address of the page before.
    pub previous: Option<String>,
    /// The rows.
    pub results: Vec<T>,
}

/// An invoice.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct InvoiceOut {
    pub id: i64,
    pub status: &'static str,
    pub payment_status: &'static str,
    pub past_due_days: i64,
    pub total_amount: Number,
    pub amount_paid: Number,
    pub amount_due: Number,
    pub invoice_number: Option<String>,
    pub invoice_date: String,
    pub due_date: Option<String>,
    pub currency: String,
    pub client: Option<i64>,
    pub client_name: Option<String>,
    pub client_email: Option<String>,
    pub entity: i64,
    pub entity_name: String,
    pub entity_currency: String,
    pub contract_name: Option<String>,
    pub message_on_invoice: Option<String>,
    #[serde(flatten)]
    pub kept: Kept,
    pub lines: Vec<LineOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payments: Option<Vec<PaymentOut>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_journal_entries: Option<Vec<i64>>,
    pub related_journal_entries: [i64; 0],
    pub journal_entry: Option<i64>,
    pub voided_journal_entry: Option<i64>,
    pub voided_journal_entry_order: Option<i64>,
    pub bad_debt_journal_entry: Option<i64>,
    pub ar_account: Option<i64>,
    pub paid_date: Option<String>,
    pub voided_date: Option<String>,
    pub uncollectible_date: Option<String>,
    pub sent_date: Option<String>,
    pub last_sent_at: Option<String>,
    pub auto_sent_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emails: Option<[i64; 0]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<[i64; 0]>,
    pub customer: i64,
    pub created_at: String,
    pub last_modified_at: String,
    pub is_deleted: bool,
    pub deleted_at: Option<String>,
    pub search_text: Option<String>,
    pub withholding_info: Option<Value>,
    pub public_invoice_payment_url: Option<String>,
}

/// A line of an invoice.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct LineOut {
    pub id: i64,
    pub product: Option<i64>,
    pub product_name: Option<String>,
    pub product_is_taxable: bool,
    pub description: Option<String>,
    pub quantity: Number,
    pub rate: Number,
    pub amount: Number,
    pub tax: Number,
    pub currency: String,
    #[serde(flatten)]
    pub kept: Kept,
    pub customer: i64,
    pub created_at: String,
    pub last_modified_at: String,
}

/// A payment of an invoice.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct PaymentOut {
    pub id: i64,
    pub invoice: i64,
    pub amount: Number,
    pub currency: String,
    pub payment_date: String,
    pub source: Option<&'static str>,
    pub payment_type: Option<&'static str>,
    pub external_id: Option<String>,
    pub payment_journal_entry: Option<i64>,
    pub payment_transaction: Option<i64>,
    pub credit_memo: Option<i64>,
    pub voided_date: Option<String>,
    pub voided_journal_entry: Option<i64>,
    pub created_at: String,
    pub last_modified_at: String,
}

/// The answer to `pay`.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct PaidOut {
    pub journal_entry_ids: Vec<i64>,
    pub payment_ids: Vec<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub auto_created_credit_memos: Vec<MadeMemoOut>,
}

/// A credit memo that a payment of more than was due made.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct MadeMemoOut {
    pub id: i64,
    pub credit_memo_number: String,
}

/// A credit memo.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct CreditMemoOut {
    pub id: i64,
    pub lines: Vec<MemoLineOut>,
    pub payments: Vec<MemoPaymentOut>,
    pub amount_remaining: Number,
    pub entity_name: String,
    pub entity_currency: String,
    pub client_name: Option<String>,
    pub client_email: Option<String>,
    pub contract_name: Option<String>,
    pub credit_account_number: Option<String>,
    pub credit_account_name: Option<String>,
    pub attachments: [i64; 0],
    pub credit_memo_number: String,
    pub voided_date: Option<String>,
    pub voided_journal_entry_order: Option<String>,
    pub last_modified_at: String,
    pub is_deleted: bool,
    pub deleted_at: Option<String>,
    pub search_text: Option<String>,
    pub credit_memo_date: String,
    pub applied_date: Option<String>,
    pub message_on_credit_memo: Option<String>,
    pub application_status: &'static str,
    pub currency: String,
    #[serde(flatten)]
    pub kept: Kept,
    pub created_at: String,
    pub last_sent_at: Option<String>,
    pub total_amount: Number,
    pub amount_used: Number,
    pub customer: i64,
    pub entity: i64,
    pub client: Option<i64>,
    pub credit_account: Option<i64>,
    pub journal_entry: Option<i64>,
    pub voided_journal_entry: Option<i64>,
}

/// A line of a credit memo.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct MemoLineOut {
    pub id: i64,
    pub credit_memo: i64,
    pub account_number: Option<String>,
    pub account_name: Option<String>,
    pub product_name: Option<String>,
    pub department_name: Option<String>,
    pub tags: [i64; 0],
    pub description: Option<String>,
    pub amount: Number,
    pub created_at: String,
    pub last_modified_at: String,
    pub customer: i64,
    pub product: Option<i64>,
    pub account: i64,
    #[serde(flatten)]
    pub kept: Kept,
}

/// What of a credit memo settles an invoice, or did.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct MemoPaymentOut {
    pub id: i64,
    pub payment_journal_entry_order: Option<String>,
    pub invoice: Option<String>,
    pub currency: String,
    pub amount: Number,
    pub payment_date: Option<String>,
    pub created_at: String,
    pub last_modified_at: String,
    pub voided_date: Option<String>,
    pub customer: i64,
    pub credit_memo: i64,
    pub payment_journal_entry: i64,
    pub payment_transaction: Option<i64>,
    pub voided_journal_entry: Option<i64>,
}

/// A number of a credit memo that was searched for, and the memo that has it.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct FoundMemoOut {
    pub credit_memo_number: String,
    pub credit_memo: Option<CreditMemoOut>,
}

/// A vendor of type customer: who an invoice is made out to.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct VendorOut {
    pub id: i64,
    pub name: String,
    pub vendor_type: &'static str,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub billing_address: Option<String>,
    pub customer: i64,
    pub created_at: String,
    pub last_modified_at: String,
    pub is_deleted: bool,
}

/// A product.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct ProductOut {
    pub id: i64,
    pub name: String,
    pub description: Option<String>,
    pub is_taxable: bool,
    pub invoice_account: i64,
    pub customer: i64,
    pub created_at: String,
    pub last_modified_at: String,
    pub is_deleted: bool,
}

/// The company behind a token.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct EntityOut {
    pub id: i64,
    pub name: String,
    pub currency: String,
    pub allow_payments_in_closed_periods: bool,
}

/// Members of a line of a journal entry that come back as they were sent.
pub const ENTRY_LINE_KEPT: [(&str, Kind); 4] = [
    ("vendor", Kind::Integer),
    ("department", Kind::Integer),
    ("tag_ids", Kind::Integers),
    ("tag_group_ids", Kind::Integers),
];

/// The types of the entries that documents make, which nobody records by hand.
pub const OWN_ENTRY: [&str; 10] = [
    "invoice",
    "void_invoice",
    "invoice_payment",
    "void_invoice_payment",
    "invoice_refund",
    "bad_debt",
    "credit_memo",
    "void_credit_memo",
    "credit_memo_payment",
    "void_credit_memo_payment",
];

/// The types of an account, and what each is in the books; the first word of a kind is the one that an account of another dialect
/// is shown with.
pub const ACCOUNT_TYPES: [(&str, AccountKind); 10] = [
    ("ASSET", AccountKind::Asset),
    ("LIABILITY", AccountKind::Liability),
    ("EQUITY", AccountKind::Equity),
    ("REVENUE", AccountKind::Revenue),
    ("OPERATING_EXPENSES", AccountKind::Expense),
    ("COGS", AccountKind::Expense),
    ("OTHER_INCOME", AccountKind::Revenue),
    ("OTHER_EXPENSE", AccountKind::Expense),
    ("UNCATEGORIZED", AccountKind::Asset),
    ("COST_ALLOCATION", AccountKind::Expense),
];

/// A journal entry.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct EntryOut {
    pub id: i64,
    pub date: String,
    pub r#type: String,
    pub memo: Option<String>,
    pub entity: i64,
    pub entity_name: String,
    pub currency: String,
    pub reversal_date: Option<String>,
    pub reversed_by: Option<i64>,
    pub reversal_of: Option<i64>,
    pub invoice: Option<i64>,
    pub transactions: Vec<EntryLineOut>,
    pub customer: i64,
    pub created_at: Option<String>,
}

/// A debit or a credit of a journal entry.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct EntryLineOut {
    pub id: i64,
    pub account: i64,
    pub account_number: Option<String>,
    pub account_name: Option<String>,
    pub debit_amount_native: Option<Number>,
    pub credit_amount_native: Option<Number>,
    pub description: Option<String>,
    #[serde(flatten)]
    pub kept: Kept,
}

/// What a payment would come to.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct CalculatedOut {
    pub total_due: Number,
    pub applied_payments: Number,
    pub applied_credits: Number,
    pub applied_withholding: Number,
    pub term_discounts: Number,
    pub remaining_due: Number,
}

/// What is paid unless the client says otherwise.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct DefaultOut {
    pub default_payment_amount: Number,
    pub payment_term_discount_note: Option<String>,
}

/// A number that was searched for, and the invoice that has it.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct SearchedOut {
    pub invoice_number: String,
    pub invoice: Option<InvoiceOut>,
}

/// A ledger account.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the vendor's member names")]
pub struct AccountOut {
    pub id: i64,
    pub number: String,
    pub name: String,
    pub account_type: String,
    pub account_subtype: Option<String>,
    pub status: &'static str,
}
