//! How documents are named: a dense number inside the book, and a 96-bit id that is unique everywhere.
//!
//! The id has two spellings, converted without a table: 24 hex digits, and a version-7 UUID whose 96 free places hold the id
//! and whose other places are zero or, for a part of a document, hold the number of the part. Deliberately absent: drawing
//! an id (the caller brings it) and the integer spelling of one dialect, which is arithmetic on the dense number.

use std::fmt;

/// Dense per-book, per-kind numbers: 1, 2, 3 in commit order, never reused.
macro_rules! dense_numbers {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);
    )*};
}

dense_numbers! {
    /// The slot of a book in the directory: 1, 2, 3.
    BookKey,
    /// The number of a ledger account in its book.
    AccountKey,
    /// The number of a customer in its book.
    CustomerKey,
    /// The number of a product in its book.
    ProductKey,
    /// The number of an invoice in its book.
    InvoiceKey,
    /// The number of a payment in its book.
    PaymentKey,
    /// The number of a refund in its book.
    RefundKey,
    /// The number of a write-off in its book.
    WriteOffKey,
    /// The number of a credit note in its book: that of the payment record which its credit is kept as.
    CreditNoteKey,
    /// The number of a journal entry in its book.
    EntryKey,
    /// The number of an access token in its book.
    TokenKey,
    /// The number of a dialect's own resource in its book.
    ResourceKey,
}

/// What a number or a tombstone is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// The book itself.
    Book,
    /// A ledger account.
    Account,
    /// A customer.
    Customer,
    /// A product or service that lines name.
    Product,
    /// An invoice.
    Invoice,
    /// A line of an invoice, in references only: it has no number of its own.
    Line,
    /// A payment.
    Payment,
    /// A refund.
    Refund,
    /// A write-off.
    WriteOff,
    /// A credit note.
    CreditNote,
    /// An access token.
    Token,
    /// A thing that only one dialect knows.
    Resource,
    /// A journal entry that no document made; it has its entry's number.
    ManualEntry,
    /// The request that carried an idempotency key, by the seq of its event. Its texts are its digest and a salt.
    Request,
}

impl DocumentKind {
    /// Every kind with the word that names it in the log and in the store. New ones come last: stores keep texts in this order.
    pub const ALL: [(DocumentKind, &'static str); 14] = [
        (DocumentKind::Book, "book"),
        (DocumentKind::Account, "account"),
        (DocumentKind::Customer, "customer"),
        (DocumentKind::Product, "product"),
        (DocumentKind::Invoice, "invoice"),
        (DocumentKind::Line, "line"),
        (DocumentKind::Payment, "payment"),
        (DocumentKind::Refund, "refund"),
        (DocumentKind::WriteOff, "write_off"),
        (DocumentKind::CreditNote, "credit_note"),
        (DocumentKind::Token, "token"),
        (DocumentKind::Resource, "resource"),
        (DocumentKind::ManualEntry, "manual_entry"),
        (DocumentKind::Request, "request"),
    ];
}

/// A document of any kind, by its dense number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentRef {
    /// Of this kind.
    pub kind: DocumentKind,
    /// With this number in its book.
    pub number: i64,
}

impl From<InvoiceKey> for DocumentRef {
    fn from(key: InvoiceKey) -> Self {
        DocumentRef {
            kind: DocumentKind::Invoice,
            number: key.0,
        }
    }
}
impl From<PaymentKey> for DocumentRef {
    fn from(key: PaymentKey) -> Self {
        DocumentRef {
            kind: DocumentKind::Payment,
            number: key.0,
        }
    }
}
impl From<CustomerKey> for DocumentRef {
    fn from(key: CustomerKey) -> Self {
        DocumentRef {
            kind: DocumentKind::Customer,
            number: key.0,
        }
    }
}
impl From<ProductKey> for DocumentRef {
    fn from(key: ProductKey) -> Self {
        DocumentRef {
            kind: DocumentKind::Product,
            number: key.0,
        }
    }
}
impl From<RefundKey> for DocumentRef {
    fn from(key: RefundKey) -> Self {
        DocumentRef {
            kind: DocumentKind::Refund,
            number: key.0,
        }
    }
}
impl From<CreditNoteKey> for DocumentRef {
    fn from(key: CreditNoteKey) -> Self {
        DocumentRef {
            kind: DocumentKind::CreditNote,
            number: key.0,
        }
    }
}

impl CreditNoteKey {
    /// The payment record that its credit is kept as.
    pub fn credit(self) -> PaymentKey {
        PaymentKey(self.0)
    }
}

impl From<WriteOffKey> for DocumentRef {
    fn from(key: WriteOffKey) -> Self {
        DocumentRef {
            kind: DocumentKind::WriteOff,
            number: key.0,
        }
    }
}

/// A 96-bit id, unique over all books: 48 bits of milliseconds, then 48 random bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(u128);

impl std::fmt::LowerHex for DocumentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:024x}", self.0)
    }
}

impl DocumentId {
    /// An id made of a time in milliseconds since 1970 and random bits; bits beyond the 48th of either are dropped.
    pub fn new(milliseconds: u64, random: u64) -> DocumentId {
        let low48 = |n: u64| u128::from(n & 0xffff_ffff_ffff);
        DocumentId(low48(milliseconds) << 48 | low48(random))
    }

    /// Reads 24 hex digits in either case.
    pub fn from_hex(text: &str) -> Option<DocumentId> {
        (text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit())).then_some(())?;
        u128::from_str_radix(text, 16).ok().map(DocumentId)
    }

    /// Writes 24 lower-case hex digits.
    pub fn hex(self) -> String {
        format!("{self:x}")
    }

    /// Writes the version-7 UUID of the document itself.
    pub fn uuid(self) -> String {
        self.uuid_of_part(0)
    }

    /// Writes the UUID of a numbered part of the document (a line: 1, 2, ...; 0 is the document). Parts use the 26 places that
    /// the id leaves free, so a part's UUID names its document.
    pub fn uuid_of_part(self, part: u32) -> String {
        let time = self.0 >> 48; // 48 bits: the first two groups
        let random_a = (self.0 >> 36) & 0xfff; // 12 bits beside the version
        let random_b = self.0 & 0xf_ffff_ffff; // 36 bits beside the variant, above the part
        let tail = (random_b << 26) | u128::from(part & 0x3ff_ffff); // 62 bits
        let bits = (time << 80) | (0x7 << 76) | (random_a << 64) | (0b10 << 62) | tail;
        let hex = format!("{bits:032x}");
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }

    /// Reads a UUID. `Err(())`-like outcomes are kept apart by [`UuidReading`]: a well-formed UUID that no document here can
    /// have is unknown, not malformed.
    pub fn from_uuid(text: &str) -> UuidReading {
        let bytes = text.as_bytes();
        let dashes_in_place = bytes.len() == 36
            && bytes.iter().enumerate().all(|(i, b)| match i {
                8 | 13 | 18 | 23 => *b == b'-',
                _ => b.is_ascii_hexdigit(),
            });
        if !dashes_in_place {
            return UuidReading::Malformed;
        }
        let Ok(bits) = u128::from_str_radix(&text.replace('-', ""), 16) else {
            return UuidReading::Malformed;
        };
        let (version, variant) = ((bits >> 76) & 0xf, (bits >> 62) & 0b11);
        if version != 7 || variant != 0b10 {
            return UuidReading::Foreign;
        }
        let (time, random_a, tail) = (bits >> 80, (bits >> 64) & 0xfff, bits & 0x3fff_ffff_ffff_ffff);
        let id = DocumentId(time << 48 | random_a << 36 | tail >> 26);
        match u32::try_from(tail & 0x3ff_ffff).unwrap_or(0) {
            0 => UuidReading::Document(id),
            part => UuidReading::Part(id, part),
        }
    }
}

impl fmt::Debug for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:024x}", self.0)
    }
}

/// What a text in the place of a UUID turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UuidReading {
    /// Not a UUID at all.
    Malformed,
    /// A UUID that no document of this server can have.
    Foreign,
    /// The id of a document.
    Document(DocumentId),
    /// The id of a numbered part of a document.
    Part(DocumentId, u32),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_spellings_of_one_id() {
        let id = DocumentId::new(0x0190_1234_5678, 0xabcd_ef01_2345);
        assert_eq!(id.hex(), "019012345678abcdef012345");
        assert_eq!(id.uuid(), "01901234-5678-7abc-b7bc-048d14000000");
        assert_eq!(DocumentId::from_hex(&id.hex()), Some(id));
        assert_eq!(DocumentId::from_uuid(&id.uuid()), UuidReading::Document(id));
        assert_eq!(DocumentId::from_uuid(&id.uuid_of_part(3)), UuidReading::Part(id, 3));
        assert_eq!(
            DocumentId::from_uuid(&id.uuid().to_uppercase()),
            UuidReading::Document(id)
        );
    }

    #[test]
    fn another_form_of_uuid_is_foreign_and_not_malformed() {
        assert_eq!(
            DocumentId::from_uuid("c4007474-f604-4d57-9690-b7f40f7a1cee"),
            UuidReading::Foreign
        );
        for text in [
            "",
            "c4007474",
            "c4007474-f604-4d57-9690-b7f40f7a1ceg",
            "c4007474_f604-4d57-9690-b7f40f7a1cee",
        ] {
            assert_eq!(DocumentId::from_uuid(text), UuidReading::Malformed, "{text}");
        }
        assert_eq!(DocumentId::from_hex("019012345678abcdef01234"), None);
        assert_eq!(DocumentId::from_hex("+19012345678abcdef012345"), None);
    }
}
