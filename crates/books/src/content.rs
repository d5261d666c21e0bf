//! The texts of documents, in the form they are stored.
//!
//! Everything here can be erased. What a dialect's clients sent beyond the figures and the shared texts is kept under the
//! dialect's name in `extra`, so that it comes back to them and never becomes another dialect's business.

use std::collections::BTreeMap;

use quittance_accounting::content::{Content, Digest};
use quittance_accounting::issuing::NewContent;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The most bytes that the texts of one document may take: an invoice of a thousand lines with a paragraph each.
pub const MOST_CONTENT_BYTES: usize = 512 * 1024;

/// The texts of an invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InvoiceContent {
    /// A title or name of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A memo or description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// Why it is on hold or was handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_reason: Option<String>,
    /// The texts of its lines, in order of place from 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineContent>,
    /// What only one dialect knows, under that dialect's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Value>,
}

/// The texts of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineContent {
    /// The name of what is sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What only one dialect knows, under that dialect's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Value>,
}

/// The texts of a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomerContent {
    /// The name to show.
    pub name: String,
    /// The company, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Postal address in one text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What only one dialect knows, under that dialect's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Value>,
}

/// The texts of a product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProductContent {
    /// Its name.
    pub name: String,
    /// What only one dialect knows, under that dialect's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Value>,
}

/// The texts of a payment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PaymentContent {
    /// A memo, note or description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// What only one dialect knows, under that dialect's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Value>,
}

/// The texts of a credit note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreditNoteContent {
    /// A memo, note or reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// Why it is on hold or was handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_reason: Option<String>,
    /// The texts of its lines, in order of place from 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineContent>,
    /// What only one dialect knows, under that dialect's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Value>,
}

/// The texts of a refund.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RefundContent {
    /// A memo, note or reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// What only one dialect knows, under that dialect's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Value>,
}

/// The texts of a write-off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WriteOffContent {
    /// A memo, note or reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// What only one dialect knows, under that dialect's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Value>,
}

/// The texts of an entry that was recorded by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EntryContent {
    /// A memo or description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// The texts of its postings, in order of place from 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineContent>,
    /// What only one dialect knows, under that dialect's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Value>,
}

/// Writes texts with a salt, and digests both. The body of a text that cannot be written is empty: these types always can.
pub(crate) fn seal<T: Serialize>(texts: &T, salt: String) -> NewContent {
    let body = serde_json::to_string(texts).unwrap_or_default();
    let digest = digest(&salt, &body);
    NewContent { salt, body, digest }
}

/// SHA-256 over salt and body.
pub fn digest(salt: &str, body: &str) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(salt.as_bytes());
    hasher.update([0]);
    hasher.update(body.as_bytes());
    Digest(hasher.finalize().into())
}

/// Reads texts back; `None` where they are gone or unreadable.
pub(crate) fn open<T: DeserializeOwned>(content: Option<&Content>) -> Option<T> {
    serde_json::from_str(&content?.body).ok()
}
