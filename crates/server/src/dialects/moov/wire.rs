//! The vendor's shapes and words for what is sent out.
//!
//! Members stand in the order they go out in; what is not there is left out, never null. Deliberately absent: what comes in, which
//! is read member by member so that a fault can name its place (`mapping/reading.rs`).

use quittance_accounting::invoice::Standing;
use serde::Serialize;
use serde_json::Value;

/// A draft.
pub const DRAFT: &str = "draft";
/// Sent and owed.
pub const UNPAID: &str = "unpaid";
/// Being paid.
pub const PAYMENT_PENDING: &str = "payment-pending";
/// Paid.
pub const PAID: &str = "paid";
/// Owed, and its due date has passed.
pub const OVERDUE: &str = "overdue";
/// Canceled.
pub const CANCELED: &str = "canceled";

/// Every status.
pub const STATUSES: [&str; 6] = [DRAFT, UNPAID, PAYMENT_PENDING, PAID, OVERDUE, CANCELED];

/// Every method by which a client may let an invoice be paid.
pub const PAYMENT_METHODS: [&str; 4] = ["card-payment", "ach-debit-collect", "apple-pay", "google-pay"];

/// The status of an invoice of this standing, leaving aside the clock and payments in progress.
pub fn status_of(standing: Standing) -> &'static str {
    match standing {
        Standing::Draft => DRAFT,
        Standing::Open | Standing::PartPaid | Standing::PartWrittenOff => UNPAID,
        Standing::Paid | Standing::Refunded => PAID,
        Standing::WrittenOff | Standing::Void => CANCELED,
    }
}

/// An amount.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AmountDecimal {
    /// Three capitals.
    pub currency: String,
    /// Digits with a point.
    pub value_decimal: String,
}

/// Tax and surcharge.
#[derive(Clone, Debug, Serialize)]
pub struct AmountDetails {
    /// Tax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax: Option<AmountDecimal>,
    /// Surcharge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surcharge: Option<AmountDecimal>,
}

/// The items of an invoice.
#[derive(Clone, Debug, Serialize)]
pub struct LineItems {
    /// In order.
    pub items: Vec<LineItem>,
}

/// One item.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineItem {
    /// What is sold.
    pub name: String,
    /// Price of one without its options.
    pub base_price: AmountDecimal,
    /// How many.
    pub quantity: i64,
    /// The product.
    #[serde(rename = "productID", skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// Its options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<LineItemOption>,
}

/// One option of an item.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineItemOption {
    /// What it is.
    pub name: String,
    /// How many for each item.
    pub quantity: i64,
    /// By how much one of it changes the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_modifier: Option<AmountDecimal>,
    /// What it is one of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// An invoice.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// Its id.
    #[serde(rename = "invoiceID")]
    pub invoice_id: String,
    /// Its number.
    pub invoice_number: String,
    /// Whom it bills.
    #[serde(rename = "customerAccountID")]
    pub customer_account_id: String,
    /// Their name.
    pub customer_display_name: String,
    /// Their address.
    pub customer_email: String,
    /// The platform.
    #[serde(rename = "partnerAccountID")]
    pub partner_account_id: String,
    /// Its status.
    pub status: &'static str,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its items.
    pub line_items: LineItems,
    /// What the items come to.
    pub subtotal_amount: AmountDecimal,
    /// Tax, before v2026.07.00.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_amount: Option<AmountDecimal>,
    /// Tax and surcharge, from v2026.07.00 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_details: Option<AmountDetails>,
    /// All of it.
    pub total_amount: AmountDecimal,
    /// In transfers that are not complete.
    pub pending_amount: AmountDecimal,
    /// Paid.
    pub paid_amount: AmountDecimal,
    /// Given back.
    pub refunded_amount: AmountDecimal,
    /// Disputed.
    pub disputed_amount: AmountDecimal,
    /// The code of its payment link, once it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_link_code: Option<String>,
    /// Where the link is read.
    #[serde(rename = "paymentLinkURL", skip_serializing_if = "Option::is_none")]
    pub payment_link_url: Option<String>,
    /// How it may be paid, as the client said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<Value>,
    /// What was paid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invoice_payments: Vec<InvoicePayment>,
    /// Its date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice_date: Option<String>,
    /// When it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_date: Option<String>,
    /// When it was made.
    pub created_on: String,
    /// When it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_on: Option<String>,
    /// When it was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_on: Option<String>,
    /// When it was canceled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canceled_on: Option<String>,
    /// When it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled_on: Option<String>,
}

/// A payment of an invoice.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoicePayment {
    /// Its id.
    #[serde(rename = "invoicePaymentID")]
    pub invoice_payment_id: String,
    /// `transfer` or `external`.
    pub invoice_payment_type: &'static str,
    /// How much of it went to the invoice.
    pub amount: AmountDecimal,
    /// Of a transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// Of a payment outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,
}

/// The transfer behind a payment.
#[derive(Clone, Debug, Serialize)]
pub struct Transfer {
    /// Its id.
    #[serde(rename = "transferID")]
    pub transfer_id: String,
}

/// What a client said of a payment outside.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct External {
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The client's id of it.
    #[serde(rename = "foreignID", skip_serializing_if = "Option::is_none")]
    pub foreign_id: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_date: Option<String>,
}

/// Which channels of notice are used up.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitedChannels {
    /// What is wrong.
    pub error: String,
    /// Those that are used up.
    pub limited_channels: Vec<LimitedChannel>,
    /// Those that are not.
    pub available_channels: Vec<String>,
}

/// A channel that is used up.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitedChannel {
    /// Which.
    pub channel: &'static str,
    /// Until when.
    pub available_on: String,
}

/// An amount in minor units, as payment links have it.
#[derive(Clone, Debug, Serialize)]
pub struct MinorAmount {
    /// Three capitals.
    pub currency: String,
    /// How many.
    pub value: i64,
}

/// What a payment link shows.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkDisplay {
    /// Its heading.
    pub title: String,
    /// What is below.
    pub description: String,
    /// What stands on the button.
    pub call_to_action: &'static str,
}

/// What a payment link asks of the customer: nothing more than the invoice knows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LinkCustomer {}

/// The payment link of an invoice.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentLink {
    /// Its code.
    pub code: String,
    /// `invoice-payment`.
    pub payment_link_type: &'static str,
    /// `production`: the books do not know others.
    pub mode: &'static str,
    /// `active`, `used` or `disabled`.
    pub status: &'static str,
    /// The platform.
    #[serde(rename = "partnerAccountID")]
    pub partner_account_id: String,
    /// The merchant.
    #[serde(rename = "merchantAccountID")]
    pub merchant_account_id: String,
    /// Whose link it is.
    #[serde(rename = "ownerAccountID")]
    pub owner_account_id: String,
    /// Where the money goes.
    #[serde(rename = "merchantPaymentMethodID")]
    pub merchant_payment_method_id: String,
    /// Where it is read.
    pub link: String,
    /// What it asks for.
    pub amount: MinorAmount,
    /// How often it was paid by.
    pub uses: i64,
    /// How often it can be.
    pub max_uses: i64,
    /// When it was last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_on: Option<String>,
    /// What it shows.
    pub display: LinkDisplay,
    /// What it asks.
    pub customer: LinkCustomer,
    /// What it is for.
    pub line_items: LineItems,
    /// When it was made.
    pub created_on: String,
    /// When it last changed.
    pub updated_on: String,
    /// When it could not be used any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled_on: Option<String>,
}

/// The picture of a payment link.
#[derive(Clone, Debug, Serialize)]
pub struct PictureOfLink {
    /// A PNG in base64.
    #[serde(rename = "qrCode")]
    pub qr_code: String,
}

/// An account that can be billed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Its id.
    #[serde(rename = "accountID")]
    pub account_id: String,
    /// `individual` or `business`.
    pub account_type: String,
    /// Its name.
    pub display_name: String,
    /// What the client said of it.
    pub profile: Value,
    /// The client's id of it.
    #[serde(rename = "foreignID", skip_serializing_if = "Option::is_none")]
    pub foreign_id: Option<String>,
    /// When it was made.
    pub created_on: String,
    /// When it last changed.
    pub updated_on: String,
}

/// An access token.
#[derive(Clone, Debug, Serialize)]
pub struct AuthToken {
    /// `Bearer`.
    pub token_type: &'static str,
    /// The token.
    pub access_token: String,
    /// What asks for the next.
    pub refresh_token: String,
    /// When it ends, in seconds since 1970.
    pub expires_in: i64,
    /// What was asked for.
    pub scope: String,
}
