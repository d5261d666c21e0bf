//! Which dialect a request speaks.
//!
//! The vendors' paths do not overlap, so one address serves all of them: the first segment of the path tells. Only tokens are asked for
//! at one path by two vendors' clients, and there the scope tells. What no dialect claims is
//! for the console. Deliberately absent: anything a dialect decides.

use crate::app::App;
use crate::http::{Request, RequestHead, Response};
use crate::{console, dialects};

impl App {
    /// Answers a request in its dialect's own form.
    pub async fn answer(&self, request: Request) -> Response {
        let segments = request.segments();
        // A slash too many after a client's base address does not hide whose client it is: the dialect refuses it in its form.
        let segments: Vec<&str> = segments
            .as_strs()
            .into_iter()
            .skip_while(|part| part.is_empty())
            .collect();
        // What answers a request is large; boxed, it does not make everything that waits for it as large, its caller's stack included.
        match segments.as_slice() {
            ["coa" | "rr", ..] => Box::pin(dialects::campfire::answer(self, &request)).await,
            ["public-api", ..] => Box::pin(dialects::bookeeping::answer(self, &request)).await,
            ["v1" | "whoami", ..] => Box::pin(dialects::layer::answer(self, &request)).await,
            ["oauth2", "token"] if dialects::layer::asks_for_token(&request) => {
                Box::pin(dialects::layer::answer(self, &request)).await
            }
            ["accounts" | "ping" | "oauth2", ..] => Box::pin(dialects::moov::answer(self, &request)).await,
            ["invoices" | "oauth", ..] => Box::pin(dialects::highlevel::answer(self, &request)).await,
            ["api", ..] => Box::pin(dialects::native::answer(self, &request)).await,
            _ => Box::pin(console::answer(self, &request)).await,
        }
    }

    /// The answer to a request whose handling broke: the dialect's own internal error.
    pub fn broken(head: &RequestHead) -> Response {
        let first = head.path.trim_start_matches('/').split('/').next().unwrap_or_default();
        match first {
            "coa" | "rr" => dialects::campfire::internal_error(),
            "public-api" => dialects::bookeeping::internal_error(),
            "v1" | "whoami" => dialects::layer::internal_error(),
            "accounts" | "ping" | "oauth2" => dialects::moov::internal_error(),
            "invoices" | "oauth" => dialects::highlevel::internal_error(),
            _ => dialects::native::internal_error(),
        }
    }
}
