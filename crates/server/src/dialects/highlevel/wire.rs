//! HighLevel's words: what its requests may hold (`wire::requests`, checked by `wire::shape`) and what its answers hold.
//!
//! Deliberately absent: anything the core knows.

pub mod requests;
pub mod shape;

use serde::Serialize;
use serde_json::{Map, Number, Value};

/// An invoice, as every operation answers it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// 24 hex digits.
    #[serde(rename = "_id")]
    pub id: String,
    /// `draft`, `sent`, `payment_processing`, `paid`, `void`, `partially_paid`.
    pub status: &'static str,
    /// Whether it is real.
    pub live_mode: bool,
    /// Major units.
    pub amount_paid: Number,
    /// The location.
    pub alt_id: String,
    /// `location`.
    pub alt_type: &'static str,
    /// The name of the invoice.
    pub name: String,
    /// Whose it is.
    pub business_details: Value,
    /// The number without its prefix: a JSON number when it is digits.
    pub invoice_number: Value,
    /// What stands before the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice_number_prefix: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// To whom it goes.
    pub contact_details: Value,
    /// YYYY-MM-DD.
    pub issue_date: String,
    /// YYYY-MM-DD.
    pub due_date: String,
    /// Discount on the eligible items.
    pub discount: Value,
    /// The items.
    pub invoice_items: Vec<Item>,
    /// Major units.
    pub total: Number,
    /// The heading.
    pub title: String,
    /// Major units.
    pub amount_due: Number,
    /// ISO 8601 in milliseconds, UTC.
    pub created_at: String,
    /// ISO 8601 in milliseconds, UTC.
    pub updated_at: String,
    /// What a client sent that has no meaning for the figures.
    #[serde(flatten)]
    pub kept: Map<String, Value>,
    /// Only where one or many invoices are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_summary: Option<TotalSummary>,
}

/// The sums of an invoice.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TotalSummary {
    /// Of the items, before discount and tax.
    pub sub_total: Number,
    /// Discount.
    pub discount: Number,
    /// Tax.
    pub tax: Number,
}

/// An item of an invoice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// Taxes on it.
    pub taxes: Value,
    /// Names it among all items.
    #[serde(rename = "_id")]
    pub id: String,
    /// ISO 4217.
    pub currency: String,
    /// What is sold.
    pub name: String,
    /// How many units.
    pub qty: Number,
    /// Price of a unit in major units.
    pub amount: Number,
    /// What a client sent that has no meaning for the figures.
    #[serde(flatten)]
    pub kept: Map<String, Value>,
}

/// A page of invoices.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InvoiceList {
    /// The page.
    pub invoices: Vec<Invoice>,
    /// How many match in all.
    pub total: i64,
}

/// The answer to send.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// The invoice.
    pub invoice: Invoice,
    /// What the message service said: nothing, because nothing leaves this server.
    pub sms_data: Map<String, Value>,
    /// What the mail service said: nothing.
    pub email_data: Map<String, Value>,
}

/// The answer to text2pay.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Text2Pay {
    /// The invoice.
    pub invoice: Invoice,
    /// Where it can be looked at.
    pub invoice_url: String,
}

/// The answer to recording a payment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recorded {
    /// Always so.
    pub success: bool,
    /// The invoice.
    pub invoice: Invoice,
}

/// The answer to asking for a number.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NextNumber {
    /// The number that the next invoice gets.
    pub invoice_number: Value,
}
