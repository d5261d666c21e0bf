//! The book: its settings, its customers and products, its number series and register, its tokens, its tombstones.
//!
//! A book is closed through one date, without holes; nothing dated on or before it may be posted, withdrawn or changed.

use jiff::{Timestamp, civil::Date};

use crate::content::{Digest, Fate};
use crate::identity::{AccountKey, CustomerKey, DocumentId, DocumentKind, DocumentRef, ProductKey, TokenKey};
use crate::money::Currency;
use crate::record::Record;
use crate::rounding::Rounding;

/// What is set for a book as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookSettings {
    /// Its id everywhere.
    pub id: DocumentId,
    /// Its name.
    pub name: String,
    /// Its currency: reports are in it, and every posting has its amount in it beside the document's own.
    pub currency: Currency,
    /// Its IANA time zone: civil dates are taken in it.
    pub zone: String,
    /// Everything dated on or before this day is closed.
    pub closed_through: Option<Date>,
    /// For how many days the texts of a deleted issued invoice stay on the disk; 0 in sandboxes.
    pub retention_days: i64,
    /// How exact sums of lines become amounts, in documents made from now on.
    pub rounding: Rounding,
    /// When it was made.
    pub created_at: Timestamp,
}

impl BookSettings {
    /// Whether a day is closed.
    pub fn is_closed(&self, date: Date) -> bool {
        self.closed_through.is_some_and(|through| date <= through)
    }
}

/// The days that one closing added to the closed span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// The seq of the event that closed it, or that opened what followed it.
    pub closing: i64,
    /// Its first day; `None` when it goes back to the beginning of the book.
    pub first: Option<Date>,
    /// Its last day.
    pub through: Date,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// What its reports came to, once they were made.
    pub seal: Option<PeriodSeal>,
    /// The seq of the event that opened some of its days again.
    pub reopened: Option<i64>,
}

/// What the reports of a closed period came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodSeal {
    /// When they were made.
    pub at: Timestamp,
    /// The seq of the last event that they know of.
    pub known_seq: i64,
    /// Its hash.
    pub known_hash: Digest,
    /// Each report, in order.
    pub reports: Vec<SealedReport>,
}

/// A report of a sealed period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedReport {
    /// Its name, in lower case with hyphens.
    pub name: String,
    /// Digest of its canonical bytes.
    pub digest: Digest,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Its number in the book.
    pub key: CustomerKey,
    /// Its id everywhere.
    pub id: DocumentId,
    /// The id a client brought, unique per book.
    pub external_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was put away: it is kept, and no list of those in use has it.
    pub archived_at: Option<Timestamp>,
    /// Digest of its texts.
    pub content: Digest,
}

/// A product or service that lines name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its number in the book.
    pub key: ProductKey,
    /// Its id everywhere.
    pub id: DocumentId,
    /// The revenue account of lines that name it.
    pub account: AccountKey,
    /// When it was made.
    pub created_at: Timestamp,
    /// Digest of its texts.
    pub content: Digest,
}

/// A series of counted numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// What stands before the count.
    pub prefix: String,
    /// The next count.
    pub next: i64,
}

/// What has become of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NumberState {
    /// On a live document.
    Used,
    /// On a void one.
    Void,
    /// Its document was deleted. A counted number is never given twice; an explicit one is free again.
    Deleted,
}

impl NumberState {
    /// Every state with the word that names it in the store.
    pub const ALL: [(NumberState, &'static str); 3] = [
        (NumberState::Used, "used"),
        (NumberState::Void, "void"),
        (NumberState::Deleted, "deleted"),
    ];
}

/// A line of the number register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberUse {
    /// The number as a human reads it.
    pub number: String,
    /// Whether it was counted by a series; else a client brought it.
    pub counted: bool,
    /// The invoice or the credit note that has or had it last.
    pub document: DocumentRef,
    /// What has become of it.
    pub state: NumberState,
}

/// What remains of a deleted document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The document.
    pub document: DocumentRef,
    /// Its id everywhere.
    pub id: DocumentId,
    /// The seq of the event that deleted it.
    pub seq: i64,
    /// When.
    pub deleted_at: Timestamp,
    /// The rules it was deleted under.
    pub rules: String,
    /// Whether the rules let it be read by id afterwards.
    pub readable: bool,
    /// What becomes of its texts.
    pub fate: Fate,
    /// The live records it had, when its texts are kept: what a read by id shows and a restore puts back.
    pub removed: Vec<Record>,
}

impl Tombstone {
    /// The documents with texts that a restore would bring back. Whoever reads the tombstone reads their texts too: the same document
    /// may be deleted again before anybody else looks at them.
    pub fn documents(&self) -> impl Iterator<Item = DocumentRef> {
        let parts = self.removed.iter().filter_map(|record| {
            if let Record::Payment(payment) = record {
                Some(payment.key.into())
            } else if let Record::Refund(refund) = record {
                Some(refund.key.into())
            } else if let Record::WriteOff(write_off) = record {
                Some(write_off.key.into())
            } else {
                None
            }
        });
        std::iter::once(self.document).chain(parts)
    }
}

/// A key under which a command was carried out, so that a repeat answers the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The client's key, with the operation it was used for.
    pub key: String,
    /// The seq of the event that it became.
    pub seq: i64,
    /// Digest of the request and of a salt that leaves with the texts of the subject, so that nobody can confirm a guess of those
    /// afterwards.
    pub request: Digest,
    /// The document that the command made or changed.
    pub subject: DocumentRef,
    /// When.
    pub recorded_at: Timestamp,
}

impl IdempotencyRecord {
    /// Under what the digest and the salt of the request are kept, outside of the log.
    pub fn texts(&self) -> DocumentRef {
        DocumentRef {
            kind: DocumentKind::Request,
            number: self.seq,
        }
    }
}

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything.
    Admin,
    /// Reads everything and writes drafts.
    Clerk,
    /// Reads.
    Viewer,
}

impl Role {
    /// Every role with the word that names it in the store and on the command line.
    pub const ALL: [(Role, &'static str); 3] =
        [(Role::Admin, "admin"), (Role::Clerk, "clerk"), (Role::Viewer, "viewer")];
}

/// An access token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its number in the book.
    pub key: TokenKey,
    /// Digest of its text.
    pub digest: Digest,
    /// Its name.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// What it may reach, in the words of the dialects; `*` is everything.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What was granted on a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantKind {
    /// Access, for a short time.
    Access,
    /// To be granted anew, once.
    Refresh,
}

impl GrantKind {
    /// Every kind with the word that names it in the store.
    pub const ALL: [(GrantKind, &'static str); 2] = [(GrantKind::Access, "access"), (GrantKind::Refresh, "refresh")];
}

/// Something granted on an access token: its bearer may do what the token may, within fewer scopes and for a short time. Named by
/// the digest of its text, because nothing else ever asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Digest of its text.
    pub digest: Digest,
    /// The token that it was granted on: when that ends or is revoked, so is this.
    pub token: TokenKey,
    /// The token of the client that it was given to, which is another where the first stood for somebody's consent. When that ends or is
    /// revoked, so is this.
    pub client: TokenKey,
    /// What it is good for.
    pub kind: GrantKind,
    /// What it may reach: no more than the token.
    pub scopes: Vec<String>,
    /// When it was granted.
    pub granted_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}
