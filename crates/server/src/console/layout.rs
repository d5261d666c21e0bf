//! What every page has: head, title, way home, and the headers that keep it inert.

use maud::{DOCTYPE, Markup, html};

use crate::http::Response;

/// Nothing but the stylesheet may be loaded, nothing may be sent, nobody may frame the page.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn inert(response: Response) -> Response {
    response
        .with("content-security-policy", POLICY)
        .with("x-content-type-options", "nosniff")
        .with("x-frame-options", "DENY")
        .with("referrer-policy", "no-referrer")
}

/// A whole page.
pub fn page(status: u16, title: &str, content: &Markup) -> Response {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Quittance" }
                link rel="stylesheet" href="/style.css";
                // An empty picture, so that browsers do not ask for one.
                link rel="icon" href="data:,";
            }
            body {
                a.skip href="#content" { "Skip to content" }
                header.top { a.brand href="/" { "Quittance" } " " a href="/openapi/" { "What is served" } }
                main #content { (content) }
                footer { "Read only. Every deletion has a receipt in the log." }
            }
        }
    };
    let response = Response::empty(status)
        .with("content-type", "text/html; charset=utf-8")
        .with("cache-control", "no-store")
        .with_body(document.into_string());
    inert(response)
}

/// A page that says one thing.
pub fn message(status: u16, title: &str, text: &str) -> Response {
    let content = html! {
        h1 { (title) }
        p { (text) }
        p { a href="/" { "To the books" } }
    };
    page(status, title, &content)
}

/// The stylesheet.
pub fn style(text: &'static str) -> Response {
    let response = Response::empty(200)
        .with("content-type", "text/css; charset=utf-8")
        .with("cache-control", "max-age=300")
        .with_body(text);
    inert(response)
}

/// Text for programs.
pub fn plain(status: u16, text: &'static str) -> Response {
    let response = Response::empty(status)
        .with("content-type", "text/plain; charset=utf-8")
        .with_body(text);
    inert(response)
}

/// A table that scrolls by itself where the screen is narrow, and can be reached with the keyboard for that.
pub fn table(label: &str, content: &Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) { table { (content) } }
    }
}
