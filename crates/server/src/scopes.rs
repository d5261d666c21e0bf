//! The scopes that a token can be made with: the words of each dialect, as it asks for them.
//!
//! The books keep scopes as they come and compare them by letter; a word that no dialect asks for would make a token that reaches
//! nothing, and nobody would hear why. Deliberately absent: what a scope reaches, which each dialect's `manners` and `routes` say.

use quittance_accounting::book::BookSettings;
use quittance_books::access::EVERY_SCOPE;

use crate::dialects::{bookeeping, campfire, highlevel, layer, moov, native};

/// Whether some dialect asks for this scope of whoever acts for a book. Lists of scopes are separated by spaces, so that none holds one.
pub fn is_known(scope: &str, book: &BookSettings) -> bool {
    if scope.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return false;
    }
    of_dialects(book).iter().any(|known| known == scope)
        || layer::manners::is_vendor_scope(scope)
        || moov::manners::is_profile_scope(scope)
}

/// The scopes that there are, for reading: of Layer also those of the vendor, by their ends.
pub fn known(book: &BookSettings) -> Vec<String> {
    let of_layer = layer::manners::SCOPE_ENDS.map(|end| format!("...{end}"));
    of_dialects(book).into_iter().chain(of_layer).collect()
}

fn of_dialects(book: &BookSettings) -> Vec<String> {
    let words = [
        EVERY_SCOPE,
        native::manners::READ_SCOPE,
        native::manners::WRITE_SCOPE,
        campfire::manners::SCOPE,
        bookeeping::manners::READ_SCOPE,
        bookeeping::manners::WRITE_SCOPE,
        layer::manners::NAME,
    ];
    let words = words.into_iter().chain(highlevel::manners::scopes());
    words
        .map(str::to_owned)
        .chain(moov::manners::scopes(&book.id.uuid()))
        .collect()
}
