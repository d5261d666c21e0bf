//! The vendor's words and shapes.
//!
//! The structs are the wire's shapes: every key is present, null when empty, quantities are strings and account ids plain. The
//! tables at the end say what the page of the delete operation shows of the same facts, and in which type.

use quittance_accounting::account::{AccountKind, AccountRole, LedgerAccount};
use quittance_accounting::invoice::Standing;
use quittance_accounting::settlement::Method;
use serde::Serialize;
use serde_json::Value;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $($word:ident),* $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = concat!("`", stringify!($word), "`.")] $word,)*
        }

        impl $name {
            /// As it stands on the wire.
            pub fn word(self) -> &'static str {
                match self {
                    $($name::$word => stringify!($word),)*
                }
            }
        }
    };
}

words! {
    /// The error types used here, out of the vendor's thirteen.
    ErrorType: AuthFailure, InvalidState, ResourceNotFound, InvalidParameters, JsonSerialization, Unknown, BadRequest,
    PaginationCursor, Conflict, LedgerOperationFailed,
}

words! {
    /// The error enum values used here, out of the vendor's hundred.
    ErrorEnum: ConflictingQueryParams, ExternalIdConflict, EmptyBatchRequest, InvalidEffectiveDate, InvalidLedgerOperation,
    InvalidPaginationCursor, InvalidPayload, InvoiceDeleted, InvoiceNotFound, InvoiceStateError, ManualRateLimit,
    PeriodIsClosed, PeriodNotClosed, QueryParamFormat, SpecifiedIdNotFound, UnexpectedQueryParam,
}

/// The status word of a standing. A draft reads SENT: the documented words have none for it.
pub fn status(standing: Standing) -> &'static str {
    match standing {
        Standing::Draft | Standing::Open => "SENT",
        Standing::PartPaid => "PARTIALLY_PAID",
        Standing::Paid => "PAID",
        Standing::PartWrittenOff => "PARTIALLY_WRITTEN_OFF",
        Standing::WrittenOff => "WRITTEN_OFF",
        Standing::Refunded => "REFUNDED",
        Standing::Void => "VOIDED",
    }
}

/// The standings that a status word in a filter names; `None` for no status word. SAVED is what newer clients call SENT. DRAFT is
/// a word of theirs that no invoice reads as, so it names nothing.
pub fn standings(word: &str) -> Option<Vec<Standing>> {
    match word {
        "SENT" | "SAVED" => Some(vec![Standing::Draft, Standing::Open]),
        "DRAFT" => Some(Vec::new()),
        _ => {
            let found: Vec<Standing> = Standing::ALL
                .iter()
                .map(|(standing, _)| *standing)
                .filter(|standing| status(*standing) == word)
                .collect();
            (!found.is_empty()).then_some(found)
        }
    }
}

/// A payment method in the vendor's word.
pub fn method_word(method: Method) -> &'static str {
    match method {
        Method::Cash => "CASH",
        Method::Check => "CHECK",
        Method::Card => "CREDIT_CARD",
        Method::BankTransfer => "ACH",
        Method::CreditBalance => "CREDIT_BALANCE",
        Method::Other => "OTHER",
    }
}

/// The method that a word names. Case does not count: the vendor's own client writes `Other`.
pub fn method(word: &str) -> Option<Method> {
    match word.to_ascii_uppercase().as_str() {
        "CASH" => Some(Method::Cash),
        "CHECK" => Some(Method::Check),
        "CREDIT_CARD" => Some(Method::Card),
        "ACH" => Some(Method::BankTransfer),
        "CREDIT_BALANCE" | "REDEEMED_PREPAYMENT" => Some(Method::CreditBalance),
        "OTHER" => Some(Method::Other),
        _ => None,
    }
}

/// The type of an account: word and name.
pub fn account_type(kind: AccountKind) -> Named {
    match kind {
        AccountKind::Asset => Named::new("ASSET", "Assets"),
        AccountKind::Liability => Named::new("LIABILITY", "Liabilities"),
        AccountKind::Equity => Named::new("EQUITY", "Equity"),
        AccountKind::Revenue | AccountKind::ContraRevenue => Named::new("REVENUE", "Revenue"),
        AccountKind::Expense => Named::new("EXPENSE", "Expenses"),
    }
}

/// The subtype of an account: by the part it plays, by a stable name that both sides know, else by its kind.
pub fn account_subtype(account: &LedgerAccount) -> Named {
    match account.role {
        AccountRole::Receivable => Named::new("ACCOUNTS_RECEIVABLE", "Accounts receivable"),
        AccountRole::UnappliedPayments | AccountRole::CustomerCredits => {
            Named::new("OTHER_CURRENT_LIABILITY", "Other current liabilities")
        }
        AccountRole::Clearing => Named::new("UNDEPOSITED_FUNDS", "Undeposited funds"),
        AccountRole::Sales => Named::new("SALES", "Sales"),
        AccountRole::SalesTax => Named::new("SALES_TAXES_PAYABLE", "Sales taxes payable"),
        AccountRole::Tips => Named::new("TIPS", "Tips"),
        AccountRole::Refunds => Named::new("RETURNS_ALLOWANCES", "Returns and allowances"),
        AccountRole::BadDebt => Named::new("BAD_DEBT", "Bad debt"),
        AccountRole::ExchangeDifferences => Named::new("OTHER_INCOME", "Other income"),
        AccountRole::Ordinary => match (account.stable_name.as_str(), account.kind) {
            ("CASH", AccountKind::Asset) => Named::new("CASH", "Cash"),
            ("BANK_ACCOUNTS", AccountKind::Asset) => Named::new("BANK_ACCOUNTS", "Bank accounts"),
            ("REFUND_LIABILITIES", AccountKind::Liability) => Named::new("REFUND_LIABILITIES", "Refund liabilities"),
            ("UNEARNED_REVENUE", AccountKind::Liability) => Named::new("UNEARNED_REVENUE", "Unearned revenue"),
            ("RETAINED_EARNINGS", AccountKind::Equity) => Named::new("RETAINED_EARNINGS", "Retained earnings"),
            (_, AccountKind::Asset) => Named::new("CURRENT_ASSET", "Current assets"),
            (_, AccountKind::Liability) => Named::new("OTHER_CURRENT_LIABILITY", "Other current liabilities"),
            (_, AccountKind::Equity) => Named::new("OTHER_EQUITY", "Other equity"),
            (_, AccountKind::Revenue) => Named::new("SALES", "Sales"),
            (_, AccountKind::ContraRevenue) => Named::new("RETURNS_ALLOWANCES", "Returns and allowances"),
            (_, AccountKind::Expense) => Named::new("OPERATING_EXPENSES", "Operating expenses"),
        },
    }
}

/// A word with its name for people.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Named {
    pub value: &'static str,
    pub display_name: &'static str,
}

impl Named {
    const fn new(value: &'static str, display_name: &'static str) -> Named {
        Named { value, display_name }
    }
}

/// An invoice.
#[derive(Debug, Serialize)]
pub struct Invoice {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub business_id: String,
    pub external_id: Option<String>,
    pub status: &'static str,
    pub sent_at: Option<String>,
    pub due_at: Option<String>,
    pub paid_at: Option<String>,
    pub voided_at: Option<String>,
    pub invoice_number: Option<String>,
    pub recipient_name: Option<String>,
    pub customer: Option<Customer>,
    pub line_items: Vec<LineItem>,
    pub subtotal: i64,
    pub additional_discount: i64,
    pub additional_sales_taxes_total: i64,
    pub additional_sales_taxes: Vec<TaxLine>,
    pub tips: i64,
    pub tips_account: Option<Value>,
    pub total_amount: i64,
    pub outstanding_balance: i64,
    pub memo: Option<String>,
    pub custom_payment_instructions: Option<Value>,
    pub payment_allocations: Vec<PaymentAllocation>,
    pub refund_allocations: Vec<RefundAllocation>,
    pub write_offs: Vec<WriteOff>,
    pub imported_at: String,
    pub updated_at: String,
    pub transaction_tags: Vec<Tag>,
    pub metadata: Option<Value>,
    pub reference_number: Option<Value>,
}

/// A line of an invoice.
#[derive(Debug, Serialize)]
pub struct LineItem {
    pub id: String,
    pub external_id: Option<Value>,
    pub invoice_id: String,
    pub account_identifier: Option<Value>,
    pub ledger_account: Option<Account>,
    pub prepayment_account: Option<Account>,
    pub description: Option<String>,
    pub product: Option<String>,
    pub unit_price: i64,
    pub quantity: String,
    pub subtotal: i64,
    pub discount_amount: i64,
    pub sales_taxes_total: i64,
    pub sales_taxes: Vec<TaxLine>,
    pub total_amount: i64,
    pub memo: Option<String>,
    pub refund_allocations: Vec<RefundAllocation>,
    pub transaction_tags: Vec<Tag>,
}

/// A share of tax.
#[derive(Debug, Serialize)]
pub struct TaxLine {
    pub tax_account: Value,
    pub tax_ledger_account: Option<Account>,
    pub amount: i64,
}

/// A ledger account without its children.
#[derive(Debug, Serialize)]
pub struct Account {
    pub id: String,
    pub name: String,
    pub account_number: Option<String>,
    pub stable_name: Option<String>,
    pub normality: &'static str,
    pub account_type: Named,
    pub account_subtype: Named,
}

/// What a payment settles of an invoice.
#[derive(Debug, Serialize)]
pub struct PaymentAllocation {
    pub invoice_id: String,
    pub payment_id: String,
    pub amount: i64,
    pub amount_net_of_refunds: i64,
    pub transaction_tags: Vec<Tag>,
    pub memo: Option<String>,
    pub metadata: Option<Value>,
    pub reference_number: Option<Value>,
}

/// What a refund gives back on an invoice.
#[derive(Debug, Serialize)]
pub struct RefundAllocation {
    pub id: String,
    pub invoice_id: Option<String>,
    pub amount: i64,
    pub account_identifier: Option<Value>,
    pub invoice_external_id: Option<String>,
    pub invoice_line_item_id: Option<String>,
    pub invoice_line_item_external_id: Option<String>,
    pub invoice_payment_id: Option<String>,
    pub invoice_payment_external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
    pub transaction_tags: Vec<Tag>,
    pub memo: Option<String>,
    pub metadata: Option<Value>,
    pub reference_number: Option<String>,
}

/// A tag on a document.
#[derive(Clone, Debug, Serialize)]
pub struct Tag {
    pub id: String,
    pub key: String,
    pub dimension_display_name: Option<String>,
    pub value: String,
    pub value_display_name: Option<String>,
    pub dimension_id: String,
    pub definition_id: String,
    pub created_at: String,
    pub updated_at: String,
    pub archived_at: Option<String>,
}

/// A customer. Where it stands by itself its `external_id` is null when there is none, inside a refund it is absent.
#[derive(Clone, Debug, Serialize)]
pub struct Customer {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<Option<String>>,
    pub individual_name: Option<String>,
    pub company_name: Option<String>,
    pub email: Option<String>,
    pub mobile_phone: Option<String>,
    pub office_phone: Option<String>,
    pub address_string: Option<String>,
    pub memo: Option<String>,
    pub status: &'static str,
    pub transaction_tags: Vec<Tag>,
}

/// A payment.
#[derive(Debug, Serialize)]
pub struct Payment {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub external_id: Option<String>,
    pub at: String,
    pub method: &'static str,
    pub fee: i64,
    pub amount: i64,
    pub processor: Option<Value>,
    pub imported_at: String,
    pub allocations: Vec<PaymentAllocation>,
    pub refund_allocations: Vec<RefundAllocation>,
    pub payouts: Vec<Value>,
    pub additional_fees: Vec<Value>,
    pub prepayment_account: Option<Account>,
    pub payment_clearing_account: Option<Account>,
    pub transaction_tags: Vec<Tag>,
    pub memo: Option<String>,
    pub metadata: Option<Value>,
    pub reference_number: Option<Value>,
}

/// A refund. Clients take an `external_id` that is a string or absent, never null.
#[derive(Debug, Serialize)]
pub struct Refund {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    pub refunded_amount: i64,
    pub status: &'static str,
    pub completed_at: String,
    pub is_dedicated: bool,
    pub allocations: Vec<RefundAllocation>,
    pub payments: Vec<RefundPayment>,
    pub payouts: Vec<Value>,
    pub transaction_tags: Vec<Tag>,
    pub memo: Option<String>,
    pub metadata: Option<Value>,
    pub reference_number: Option<String>,
}

/// The money of a refund on its way to the customer.
#[derive(Debug, Serialize)]
pub struct RefundPayment {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    pub refunded_amount: i64,
    pub refunded_payment_amount: i64,
    pub fee: i64,
    pub method: Option<String>,
    pub processor: Option<String>,
    pub completed_at: String,
    pub payment_clearing_account: Option<Account>,
    pub transaction_tags: Vec<Tag>,
    pub memo: Option<String>,
    pub metadata: Option<Value>,
    pub reference_number: Option<String>,
}

/// A write-off.
#[derive(Debug, Serialize)]
pub struct WriteOff {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub invoice_id: String,
    pub external_id: Option<String>,
    pub amount: i64,
    pub write_off_mode: &'static str,
    pub write_off_at: String,
    pub destination_ledger_account: Option<Account>,
    pub memo: Option<String>,
    pub transaction_tags: Vec<Tag>,
    pub metadata: Option<Value>,
    pub reference_number: Option<String>,
}

/// What the page makes of a member of the wire's object.
#[derive(Clone, Copy, Debug)]
pub enum OnPage {
    /// The same; left out when it is null.
    Set,
    /// The same, null included.
    Nullable,
    /// A JSON number, where the wire has a string of digits.
    Number,
    /// An object of these members; left out when it is null.
    Object(&'static [(&'static str, OnPage)]),
    /// A list of objects of these members.
    Each(&'static [(&'static str, OnPage)]),
    /// An account id as an object with a type.
    AccountId,
    /// A stable name as an object with a type; left out when it is null.
    StableName,
}

use OnPage::{Each, Nullable, Object, Set};

/// The page's invoice.
pub const PAGE_INVOICE: &[(&str, OnPage)] = &[
    ("id", Set),
    ("type", Set),
    ("business_id", Set),
    ("external_id", Set),
    ("status", Set),
    ("sent_at", Set),
    ("due_at", Set),
    ("paid_at", Set),
    ("voided_at", Set),
    ("line_items", Each(PAGE_LINE)),
    ("subtotal", Set),
    ("additional_discount", Set),
    ("additional_sales_taxes_total", Set),
    ("additional_sales_taxes", Each(PAGE_TAX)),
    ("tips", Set),
    ("total_amount", Set),
    ("outstanding_balance", Set),
    ("memo", Set),
    ("payment_allocations", Each(PAGE_PAYMENT)),
    ("refund_allocations", Each(PAGE_REFUND)),
    ("imported_at", Set),
    ("updated_at", Set),
    ("transaction_tags", Each(PAGE_TAG)),
    ("metadata", Nullable),
    ("reference_number", Nullable),
];

const PAGE_LINE: &[(&str, OnPage)] = &[
    ("id", Set),
    ("external_id", Nullable),
    ("invoice_id", Set),
    ("account_identifier", Set),
    ("ledger_account", Object(PAGE_ACCOUNT)),
    ("prepayment_account", Object(PAGE_ACCOUNT)),
    ("description", Nullable),
    ("product", Set),
    ("unit_price", Set),
    ("quantity", OnPage::Number),
    ("subtotal", Set),
    ("discount_amount", Set),
    ("sales_taxes_total", Set),
    ("sales_taxes", Each(PAGE_TAX)),
    ("total_amount", Set),
    ("refund_allocations", Each(PAGE_REFUND)),
    ("transaction_tags", Each(PAGE_TAG)),
];

const PAGE_TAX: &[(&str, OnPage)] = &[
    ("tax_account", Set),
    ("tax_ledger_account", Object(PAGE_ACCOUNT)),
    ("amount", Set),
];

const PAGE_ACCOUNT: &[(&str, OnPage)] = &[
    ("id", OnPage::AccountId),
    ("name", Set),
    ("account_number", Nullable),
    ("stable_name", OnPage::StableName),
    ("normality", Set),
    ("account_type", Set),
    ("account_subtype", Set),
];

const PAGE_PAYMENT: &[(&str, OnPage)] = &[
    ("invoice_id", Set),
    ("payment_id", Set),
    ("amount", Set),
    ("amount_net_of_refunds", Set),
    ("transaction_tags", Each(PAGE_TAG)),
    ("memo", Nullable),
    ("metadata", Nullable),
    ("reference_number", Nullable),
];

const PAGE_REFUND: &[(&str, OnPage)] = &[
    ("id", Set),
    ("invoice_id", Nullable),
    ("amount", Set),
    ("account_identifier", Nullable),
    ("invoice_external_id", Nullable),
    ("invoice_line_item_id", Nullable),
    ("invoice_line_item_external_id", Nullable),
    ("invoice_payment_id", Nullable),
    ("invoice_payment_external_id", Nullable),
    ("transaction_tags", Each(PAGE_TAG)),
    ("memo", Nullable),
    ("metadata", Nullable),
    ("reference_number", Nullable),
];

const PAGE_TAG: &[(&str, OnPage)] = &[
    ("id", Set),
    ("key", Set),
    ("dimension_display_name", Nullable),
    ("value", Set),
    ("value_display_name", Nullable),
    ("dimension_id", Set),
    ("definition_id", Set),
    ("archived_at", Nullable),
];
