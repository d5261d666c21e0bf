//! The console page: every page of a sample world, who may look, and that no text of a client becomes markup.

use std::sync::Arc;

use quittance_accounting::book::Role;
use quittance_books::reports::{ReportName, ReportQuery};
use quittance_server::app::{App, ConsoleAccess};
use quittance_server::http::message::Method;
use quittance_server::http::{Request, Response};
use serde_json::json;

use super::exchanges::base64;
use super::worlds::{invoice, sample};
use crate::golden::{LIMITS, World, json as json_of};

async fn get(world: &World, path: &str) -> Response {
    world.send("GET", path, &[("host", "books.example:8080")], "").await
}

fn text(response: &Response) -> String {
    String::from_utf8(response.body.clone()).unwrap()
}

/// Addresses of ours in a page.
fn links(html: &str) -> Vec<String> {
    let pieces = html.split("href=\"").skip(1);
    let links = pieces.filter_map(|piece| piece.split('"').next());
    links
        .filter(|link| link.starts_with('/'))
        .map(|link| link.replace("&amp;", "&"))
        .collect()
}

/// Tags that must stand in pairs do, so that nothing a client wrote has opened or closed one.
fn assert_well_formed(path: &str, html: &str) {
    const VOID: [&str; 5] = ["!DOCTYPE", "meta", "link", "br", "img"];
    let mut open: Vec<&str> = Vec::new();
    for piece in html.split('<').skip(1) {
        let name = piece.split(['>', ' ']).next().unwrap();
        if let Some(closed) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{path}: </{closed}>");
        } else if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{path}: {open:?}");
    for forbidden in ["<script", "<img", "<i>", "javascript:", "style=\""] {
        assert!(!html.contains(forbidden), "{path}: {forbidden}");
    }
}

#[tokio::test]
async fn every_page_that_is_linked_renders_and_is_inert() {
    let world = World::new().await;
    let invoices = sample(&world).await;
    world.open_book("A second <book>").await;
    let mut waiting = vec!["/".to_owned()];
    waiting.extend(invoices.iter().map(|id| format!("/books/1/invoices/{id}")));
    let mut seen: Vec<String> = Vec::new();
    while let Some(path) = waiting.pop() {
        if seen.contains(&path) {
            continue;
        }
        let response = get(&world, &path).await;
        seen.push(path.clone());
        if path == "/style.css" {
            assert_eq!(response.header("content-type"), Some("text/css; charset=utf-8"));
            continue;
        }
        if path.ends_with(".json") {
            // A document for programs: its own test reads it.
            assert_eq!(response.status, 200, "{path}");
            continue;
        }
        // What another dialect deleted without leaving it readable is not there.
        let expected = if path.ends_with(&invoices[5]) { 404 } else { 200 };
        assert_eq!(response.status, expected, "{path}");
        let policy = response.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"));
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
        let html = text(&response);
        assert_well_formed(&path, &html);
        waiting.extend(links(&html));
    }
    for page in [
        "/books/1/invoices",
        "/?book=2",
        "/style.css",
        "/books/1/invoices?status=paid",
        "/books/1/reports/ledger?account=4000",
        "/books/1/reports/statement?customer=1",
    ] {
        assert!(seen.iter().any(|path| path == page), "{page} is not linked: {seen:?}");
    }
    assert_eq!(seen.iter().filter(|path| path.starts_with("/receipts/1/")).count(), 2);
}

#[tokio::test]
async fn the_first_page_says_what_the_books_say() {
    let world = World::new().await;
    let invoices = sample(&world).await;
    let html = text(&get(&world, "/").await);
    let head = world.app.books.head(world.book).await.unwrap().unwrap();
    let draft = &invoices[6];
    let said = [
        "Acme Receivables",
        "2026-02-28",
        &head.hash.hex(),
        "Balanced: debits equal credits.",
        "2 entries withdrawn, debits of 160.00 USD.",
        "A draft: no entry was withdrawn.",
        "typed &lt;twice&gt;",
        "period closed",
        &format!("http://books.example:8080/public-api/v1/invoices/{draft}"),
        "/coa/api/v1/invoice/7/",
        "altType=location",
        "Due before today: 1, 404.00 USD open.",
    ];
    for text in said {
        assert!(html.contains(text), "{text}\n{html}");
    }
    let html = text(&get(&world, &format!("/books/1/invoices/{}", invoices[0])).await);
    for text in [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&lt;i&gt;Consulting&lt;/i&gt;",
        "overdue",
        "404.00",
    ] {
        assert!(html.contains(text), "{text}\n{html}");
    }
}

#[tokio::test]
async fn a_report_is_a_table_with_its_totals() {
    let world = World::new().await;
    sample(&world).await;
    let query = ReportQuery::new(ReportName::TrialBalance);
    let view = world.app.books.report(world.book, &query).await.unwrap();
    let html = text(&get(&world, "/books/1/reports/trial-balance").await);
    assert!(
        html.contains("<h1>Trial balance</h1>") && html.contains(&view.digest.hex()),
        "{html}"
    );
    let rows = &view.report.sections[0].rows;
    assert!(!rows.is_empty());
    assert_eq!(
        html.matches("<tr>").count(),
        rows.len() + 2,
        "a heading, the rows and the total"
    );
    assert!(html.contains("<tfoot><tr>"), "{html}");
    let html = text(&get(&world, "/books/1/reports/deletion-register").await);
    assert!(
        links(&html).iter().any(|link| link.starts_with("/receipts/1/")),
        "{html}"
    );
    // A page that is not the last one leads to the next.
    let html = text(&get(&world, "/books/1/reports/ledger?account=1100&to=2026-02-01").await);
    assert!(html.contains("<h1>Ledger</h1>") && !html.contains("The next page"));
    for asked in ["from=tomorrow", "known_at=x", "cursor=x", "known_at=99999"] {
        let response = get(&world, &format!("/books/1/reports/ledger?account=1100&{asked}")).await;
        assert_eq!(response.status, 400, "{asked}");
    }
    assert_eq!(get(&world, "/books/1/reports/ledger?account=none").await.status, 404);
}

#[tokio::test]
async fn a_receipt_is_shown_in_full() {
    let world = World::new().await;
    sample(&world).await;
    let deletions = world.app.books.deletions(world.book, 1).await.unwrap();
    let seal = deletions[0].seal;
    let html = text(&get(&world, &format!("/receipts/1/{}", seal.seq)).await);
    let hash = seal.to_string();
    for text in [
        "<bdi>INV-00005</bdi>, deleted",
        "gone with it",
        "Accounts receivable",
        "Undeposited funds",
        "all time",
        &hash,
    ] {
        assert!(html.contains(text), "{text}\n{html}");
    }
}

#[tokio::test]
async fn lists_are_paged_and_hosts_are_not_trusted() {
    let world = World::new().await;
    for _ in 0..26 {
        invoice(&world, true).await;
    }
    let html = text(&get(&world, "/books/1/invoices").await);
    assert!(html.contains("Page 1 of 2") && html.contains("26 in all") && html.contains("INV-00026"));
    let html = text(&get(&world, "/books/1/invoices?page=2").await);
    assert!(html.contains("INV-00001") && !html.contains("INV-00002"));
    let response = world.send("GET", "/", &[("host", "a'; rm -rf ~; '")], "").await;
    assert!(!text(&response).contains("rm -rf"));
    for path in [
        "/books/1/invoices?page=0",
        "/books/1/invoices?page=x",
        "/books/1/invoices?status=lost",
        "/books/9/invoices",
        "/books/x/invoices",
        "/books/1/invoices/17",
        "/books/1/invoices/0123456789abcdef01234567",
        "/books/1/invoices/",
        "/?book=9",
        "/receipts/1/1",
        "/receipts/1/0",
        "/receipts/1/9999999999999999999",
        "/favicon.ico",
        "/%ff",
    ] {
        let response = get(&world, path).await;
        assert_eq!(response.status, 404, "{path}");
        assert_well_formed(path, &text(&response));
    }
}

#[tokio::test]
async fn health_and_methods() {
    let world = World::new().await;
    let response = get(&world, "/healthz").await;
    assert_eq!((response.status, json_of(&response)), (200, json!({"status": "ok"})));
    assert_eq!(world.send("HEAD", "/", &[], "").await.status, 200);
    let response = world.send("POST", "/", &[], "").await;
    assert_eq!((response.status, response.header("allow")), (405, Some("GET, HEAD")));
}

/// The same books behind a console that asks for a token.
#[tokio::test]
async fn a_console_that_is_not_open_shows_a_token_its_own_book() {
    use quittance_books::Books;
    use quittance_books::books::{BookInput, TokenInput};
    use quittance_books::input::Context;
    use quittance_books::source::Repeatable;
    let clock = World::new().await.clock;
    let books = Books::in_memory(clock, Arc::new(Repeatable::new(3))).unwrap();
    let mut tokens = Vec::new();
    for (name, scopes) in [
        ("First", vec![]),
        ("Second", vec![]),
        ("Third", vec!["invoices.readonly".to_owned()]),
    ] {
        let input = BookInput {
            name: name.to_owned(),
            currency: quittance_accounting::money::Currency::USD,
            zone: "Europe/Berlin".to_owned(),
            retention_days: 0,
        };
        let book = books.open_book(input).await.unwrap().0;
        let context = Context {
            actor: quittance_books::Actor::command_line(book),
            source: "cli",
            request_id: "setup".to_owned(),
        };
        let input = TokenInput {
            name: name.to_owned(),
            role: Role::Viewer,
            scopes,
            expires_at: None,
        };
        tokens.push(books.make_token(&context, input).await.unwrap().0);
    }
    let app = App::new(books, LIMITS, ConsoleAccess::WithToken);
    let ask = async |path: &str, authorization: Option<String>| {
        let mut request = Request::new(Method::GET, path, app.now());
        if let Some(value) = authorization {
            request = request.with_header("authorization", &value);
        }
        app.answer(request).await
    };
    let basic = |pair: &str| Some(format!("Basic {}", base64(pair)));
    for authorization in [
        None,
        basic("me:q1_0_0"),
        basic("a:b"),
        Some(format!("Bearer {}", tokens[0])),
    ] {
        let response = ask("/", authorization).await;
        assert_eq!(response.status, 401);
        assert!(response.header("www-authenticate").unwrap().starts_with("Basic "));
        assert!(!text(&response).contains("First"));
    }
    let (user, secret) = tokens[1].rsplit_once('_').unwrap();
    for pair in [format!("anybody:{}", tokens[1]), format!("{user}:{secret}")] {
        let response = ask("/", basic(&pair)).await;
        let html = text(&response);
        assert_eq!(response.status, 200);
        assert!(html.contains("Second") && !html.contains("First"));
        assert_eq!(ask("/?book=1", basic(&pair)).await.status, 404);
        assert_eq!(ask("/books/1/invoices", basic(&pair)).await.status, 404);
        assert_eq!(ask("/books/2/invoices", basic(&pair)).await.status, 200);
    }
    assert_eq!(ask("/", basic(&format!(":{}", tokens[2]))).await.status, 403);
    assert_eq!(ask("/healthz", None).await.status, 200);
    assert_eq!(ask("/style.css", None).await.status, 200);
}

#[tokio::test]
async fn a_server_without_books_says_so() {
    let clock = World::new().await.clock;
    let books =
        quittance_books::Books::in_memory(clock, Arc::new(quittance_books::source::Repeatable::new(3))).unwrap();
    let app = App::new(books, LIMITS, ConsoleAccess::Open);
    let response = app.answer(Request::new(Method::GET, "/", app.now())).await;
    assert!(response.status == 200 && text(&response).contains("No books yet"));
}
