//! The texts of documents, apart from their figures, so that they can be erased.
//!
//! A document's figures are kept for ever in the log; its names, memos and addresses stand once, in a content record with a
//! random salt, and the log holds only the digest of both. When the content goes, its salt goes, and the digest no longer says
//! anything. This crate does not read the texts: they are bytes with a digest that the caller computed.

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Digest(pub [u8; 32]);

impl std::fmt::LowerHex for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 64];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&hex).map_err(|_| std::fmt::Error)?)
    }
}

impl Digest {
    /// 64 lower-case hex digits.
    pub fn hex(&self) -> String {
        format!("{self:x}")
    }

    /// Reads 64 hex digits.
    pub fn from_hex(text: &str) -> Option<Digest> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0u8; 32];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
        }
        Some(Digest(bytes))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

/// The texts of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The document.
    pub document: crate::identity::DocumentRef,
    /// Random bytes in hex, so that a digest cannot be guessed from likely texts.
    pub salt: String,
    /// The texts, in a form this crate does not read.
    pub body: String,
}

/// What becomes of the texts when a document is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They stay, readable for those whose rules say so.
    Kept,
    /// Unreadable from the commit on; on the disk until this day is over, because the book must retain issued documents.
    RetainedUntil(jiff::civil::Date),
    /// Removed at commit; remains in freed space until the next sweep confirms.
    Leaving,
    /// Gone from the store; the event with this seq says so.
    Erased(i64),
}
