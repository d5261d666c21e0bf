//! Signatures over words about an invoice, for addresses that serve without a token.
//!
//! The key is the salt of the invoice's texts: random, never shown, the same for every server of the book, another one as soon as the
//! texts change, and gone with them. Deliberately absent: any other secret to keep.

use hmac::{Hmac, KeyInit as _, Mac as _};
use quittance_accounting::identity::BookKey;
use quittance_accounting::snapshot::{Named, Want};
use sha2::Sha256;

use crate::books::Books;
use crate::failure::Failure;
use crate::queries::gathered;

impl Books {
    async fn signer(&self, book: BookKey, invoice: &Named, words: &str) -> Result<Option<Hmac<Sha256>>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::InvoiceView(invoice.clone())]).await?;
        let live = snapshot.invoice(invoice).ok().flatten();
        let Some(content) = live.and_then(|invoice| snapshot.content(invoice.key)) else {
            return Ok(None);
        };
        // Any length is a key.
        let mut signer = Hmac::<Sha256>::new_from_slice(content.salt.as_bytes()).map_err(|_| Failure::Unavailable)?;
        signer.update(words.as_bytes());
        Ok(Some(signer))
    }

    /// A signature in hex over words about a live invoice; `None` when there is no such invoice.
    pub async fn sign_about(&self, book: BookKey, invoice: &Named, words: &str) -> Result<Option<String>, Failure> {
        let signer = self.signer(book, invoice, words).await?;
        let signature = signer.map(|signer| signer.finalize().into_bytes());
        Ok(signature.map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Whether this is the signature over words about a live invoice. How long that takes tells nothing of it.
    pub async fn is_signed_about(
        &self,
        book: BookKey,
        invoice: &Named,
        words: &str,
        signature: &str,
    ) -> Result<bool, Failure> {
        let digits = |at: usize| {
            signature
                .get(at..at + 2)
                .and_then(|two| u8::from_str_radix(two, 16).ok())
        };
        let bytes: Option<Vec<u8>> = (0..signature.len()).step_by(2).map(digits).collect();
        let signer = self.signer(book, invoice, words).await?;
        let verified = signer
            .zip(bytes)
            .map(|(signer, bytes)| signer.verify_slice(&bytes).is_ok());
        Ok(verified.unwrap_or(false))
    }
}
