//! Who may look: everybody where the console is open, else whoever brings a token by HTTP Basic, and then at its book only.

use quittance_accounting::identity::BookKey;

use super::{Ended, layout};
use crate::app::{App, ConsoleAccess, Unidentified};
use crate::dialects::native::manners::READ_SCOPE;
use crate::http::{Credentials, Request, Response};

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visitor {
    /// Somebody, at a console that is open.
    Anybody,
    /// The bearer of a token of this book.
    Bearer(BookKey),
}

/// Who sent a request.
pub async fn visitor(app: &App, request: &Request) -> Result<Visitor, Ended> {
    match app.console {
        ConsoleAccess::Open => return Ok(Visitor::Anybody),
        ConsoleAccess::WithToken => {}
    }
    let found = match Credentials::of(&request.headers) {
        // A browser asks for two texts. The whole token may be given as the password, whatever the user; a native client's pair
        // works too.
        Credentials::Basic { password, .. } if password.starts_with('q') => app.identify(&password).await,
        Credentials::Basic { user, password } => app.identify_pair(&user, &password).await,
        _ => return Err(Ended::Refused(challenge())),
    };
    match found {
        Ok(actor) if actor.has_scope(READ_SCOPE) => Ok(Visitor::Bearer(actor.book)),
        Ok(_) => Err(Ended::Refused(layout::message(
            403,
            "Not with this token",
            "The token's scopes do not reach the console; it needs native.read.",
        ))),
        Err(Unidentified::Token(_)) => Err(Ended::Refused(challenge())),
        Err(Unidentified::Books(failure)) => Err(Ended::Failed(failure)),
    }
}

fn challenge() -> Response {
    layout::message(
        401,
        "A token is needed",
        "Sign in with any user name and an access token of the book as the password.",
    )
    .with(
        "www-authenticate",
        "Basic realm=\"quittance console\", charset=\"UTF-8\"",
    )
}
