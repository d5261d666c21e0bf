//! What the token of one book learns of another, and what tokens that reach less can do: every operation that is published, in every
//! dialect, so that a new one is looked at without a word here.
//!
//! Two towns are the same to the last id. In one of them every request names what stands in somebody else's book, in the other what
//! stands nowhere; from then on they must go on answering the same, byte for byte. So what belongs to somebody else is nowhere, whether
//! it is read, listed, acted on or named in a body, and nothing tells the two apart later either.

mod asking;
mod places;
mod town;

use std::collections::BTreeSet;

use quittance_accounting::book::Role;
use quittance_accounting::plan::EventKind;
use quittance_server::http::Response;
use quittance_server::openapi::{Document, Operation};
use serde_json::json;

use asking::Ask;
use places::{Place, Where, places, write};
use town::{Party, Town};

/// What is of no book: days, and what every book has under the same word or number.
const OF_NO_BOOK: [&str; 4] = ["now", "today", "account.name", "payment_link.code"];

/// What stands at a place that the document does not tell the kind of, by dialect.
fn usual(dialect: &str) -> &'static [&'static str] {
    match dialect {
        "campfire" => &[
            "book.integer",
            "customer.integer",
            "invoice.integer",
            "credit_memo.integer",
            "account.integer",
            "entry.integer",
        ],
        "bookeeping" => &[
            "invoice.hex",
            "customer.hex",
            "counterparty",
            "category",
            "account",
            "transaction.hex",
        ],
        "layer" => &[
            "book.uuid",
            "customer.uuid",
            "invoice.uuid",
            "payment.uuid",
            "refund.uuid",
            "dimension.uuid",
        ],
        "moov" => &["book.uuid", "customer.uuid", "invoice.uuid", "deleted.uuid"],
        "highlevel" => &[
            "book.hex",
            "invoice.hex",
            "template.hex",
            "schedule.hex",
            "estimate.hex",
        ],
        _ => &[
            "customer.hex",
            "product.hex",
            "invoice.hex",
            "draft.hex",
            "deleted.hex",
            "void.hex",
            "payment.hex",
            "credit_note.hex",
            "refund.hex",
            "write_off.hex",
        ],
    }
}

/// What looks like the id of somebody else and is nobody's.
fn nobodys(of: &str, text: &str) -> String {
    if let Ok(number) = text.parse::<i64>()
        && of.ends_with(".integer")
    {
        return (number + 400_000).to_string();
    }
    let (head, tail) = text.split_at(text.len() - 5);
    match of {
        // The last digits are the number of an account or an entry.
        "category" | "account" | "transaction.hex" | "account.uuid" | "entry.uuid" => format!("{head}09{}", &tail[2..]),
        _ if of.ends_with(".uuid") => {
            let (head, tail) = text.split_at(24);
            let digit = if tail.starts_with('1') { "2" } else { "1" };
            format!("{head}{digit}{}", &tail[1..])
        }
        _ => {
            let digit = if tail.starts_with('1') { "2" } else { "1" };
            format!("{head}{digit}{}", &tail[1..])
        }
    }
}

/// The two towns, and what of somebody else stands for what of nobody.
struct Twins {
    one: Town,
    other: Town,
    /// Of somebody else, and of nobody.
    stand_ins: Vec<(&'static str, String, String)>,
}

impl Twins {
    async fn open() -> Twins {
        let (one, other) = (Town::open().await, Town::open().await);
        assert_eq!(one.theirs.known, other.theirs.known);
        let theirs = one.theirs.known.iter();
        let stand_ins = theirs
            .filter(|(of, _)| !OF_NO_BOOK.contains(of))
            .map(|(of, text)| (*of, text.clone(), nobodys(of, text)))
            .collect();
        Twins { one, other, stand_ins }
    }

    /// What of somebody else could stand at a place.
    fn candidates(&self, dialect: &str, place: &Place) -> Vec<&(&'static str, String, String)> {
        let fits = |of: &'static str| match &place.of {
            Some(said) => of == said,
            None => usual(dialect).contains(&of),
        };
        self.stand_ins.iter().filter(|one| fits(one.0)).collect()
    }

    /// Both answers to a request that names something at a place, as one form.
    async fn answers(&self, ask: &Ask, place: &Place, texts: (&str, &str), by: fn(&Town) -> &Party) -> [String; 2] {
        let (mut here, mut there) = (ask.clone(), ask.clone());
        write(&mut here, place, texts.0);
        write(&mut there, place, texts.1);
        let here = here.send(&self.one.world, &by(&self.one).token).await;
        let there = there.send(&self.other.world, &by(&self.other).token).await;
        [self.form(&here), self.form(&there)]
    }

    /// An answer with whatever is nobody's spelled as what it stands in for, and without digests of texts that hold it.
    fn form(&self, answer: &Response) -> String {
        let mut text = format!("{}\n", answer.status);
        for (name, value) in &answer.headers {
            text.push_str(&format!("{name}: {value}\n"));
        }
        text.push_str(&String::from_utf8_lossy(&answer.body));
        for (_, theirs, nobodys) in &self.stand_ins {
            text = text.replace(nobodys.as_str(), theirs);
        }
        without_digests(&text)
    }
}

/// Takes out whatever is 64 hex digits, and UUIDs of the form that is made of a text.
fn without_digests(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for letter in text.chars().chain([' ']) {
        if letter.is_ascii_hexdigit() || letter == '-' {
            word.push(letter);
            continue;
        }
        let made_of_a_text = word.len() == 36 && word.as_bytes()[14] == b'8' && !word.ends_with("00001");
        if word.len() == 64 || made_of_a_text {
            out.push_str("DIGEST");
        } else {
            out.push_str(&word);
        }
        word.clear();
        out.push(letter);
    }
    out
}

fn is_path(place: &Place) -> bool {
    matches!(place.at, Where::Path(_))
}

#[tokio::test]
async fn what_is_somebody_elses_is_answered_as_what_is_nobodys() {
    let twins = Box::pin(Twins::open()).await;
    let before = twins.one.end_of(&twins.one.theirs).await;
    let (mut wrong, mut asked) = (Vec::new(), 0);
    // What changes most comes last: first parts of paths, reads before deeds.
    for round in 0..3 {
        for (dialect, document, operation) in twins.one.documents.all() {
            let ask = Ask::of(dialect, document, &operation, &twins.one.ours.known);
            for place in places(document, &operation) {
                let turn = match (is_path(&place), operation.method) {
                    (true, "get") => 0,
                    (true, _) => 1,
                    (false, _) => 2,
                };
                if turn != round {
                    continue;
                }
                for (of, theirs, nobodys) in twins.candidates(dialect, &place) {
                    let texts = (theirs.as_str(), nobodys.as_str());
                    let [here, there] = twins.answers(&ask, &place, texts, |town| &town.ours).await;
                    asked += 1;
                    if here != there {
                        let id = operation.id();
                        wrong.push(format!(
                            "{dialect} {id}, {of} at {:?}:\n  somebody's {here}\n  nobody's   {there}",
                            place.at
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 3_000, "{asked}");
    assert_eq!(
        twins.one.end_of(&twins.one.theirs).await,
        before,
        "somebody else's book"
    );
    let ours = [
        twins.one.end_of(&twins.one.ours).await.0,
        twins.other.end_of(&twins.other.ours).await.0,
    ];
    assert_eq!(ours[0], ours[1], "as much was written in both towns");
}

/// The test above could pass because its requests name nothing. Whoever keeps the other book is told them apart wherever a part of a path
/// names a document.
#[tokio::test]
async fn whose_it_is_tells_them_apart() {
    let twins = Box::pin(Twins::open()).await;
    let (mut blind, mut told) = (BTreeSet::new(), 0);
    for method in ["get", "put", "patch", "post", "delete"] {
        for (dialect, document, operation) in twins.one.documents.all() {
            if operation.method != method {
                continue;
            }
            let ask = Ask::of(dialect, document, &operation, &twins.one.theirs.known);
            for place in places(document, &operation).iter().filter(|place| is_path(place)) {
                for (_, theirs, nobodys) in twins.candidates(dialect, place) {
                    let texts = (theirs.as_str(), nobodys.as_str());
                    let [here, there] = twins.answers(&ask, place, texts, |town| &town.theirs).await;
                    if here == there {
                        blind.insert(format!("{dialect} {} {:?}", operation.id(), place.at));
                    } else {
                        told += 1;
                    }
                }
            }
        }
    }
    assert!(told > 150, "{told}; not told apart: {blind:#?}");
}

#[tokio::test]
async fn a_token_that_only_reads_writes_nothing() {
    let town = Box::pin(Town::open()).await;
    let world = &town.world;
    let of_account = format!("/accounts/{}/invoices.read", town.ours.known["book.uuid"]);
    let reads = ["native.read", "bookeeping.read", of_account.as_str()];
    let highlevels = [
        "invoices.readonly",
        "invoices/schedule.readonly",
        "invoices/template.readonly",
        "invoices/estimate.readonly",
    ];
    let viewer = world.make_token(town.ours.book, Role::Viewer, &[], None).await;
    let reader = world.make_token(town.ours.book, Role::Admin, &reads, None).await;
    let highlevels = world.make_token(town.ours.book, Role::Admin, &highlevels, None).await;
    // What HighLevel declares to take no scope.
    let patches = |one: &String| one.starts_with("highlevel") && is_unscoped(&town, one);
    for (who, token) in [
        ("a viewer", &viewer),
        ("scopes to read", &reader),
        ("HighLevel's", &highlevels),
    ] {
        let mut written = carried_out(&town, token).await;
        if token == &highlevels {
            written.retain(|one| !patches(one));
        }
        assert!(written.is_empty(), "{who}: {written:#?}");
    }
    let written = carried_out(&town, &town.ours.token).await;
    assert!(written.len() > 60, "the requests are good ones: {}", written.len());
}

/// Whether an operation is a `PATCH`, which is all that HighLevel asks no scope for.
fn is_unscoped(town: &Town, name: &str) -> bool {
    let (dialect, id) = name.split_once(' ').unwrap();
    town.documents.operation(dialect, id).method == "patch"
}

/// The operations that write something with a token, sent as their documents say. Access that is granted for a while within what a
/// token reaches is not counted.
async fn carried_out(town: &Town, token: &str) -> Vec<String> {
    let books = &town.world.app.books;
    let mut written = Vec::new();
    for (dialect, document, operation) in town.documents.all() {
        let before = town.end_of(&town.ours).await.0;
        let ask = Ask::of(dialect, document, &operation, &town.ours.known);
        let answer = ask.send(&town.world, token).await;
        assert!(answer.status < 500, "{dialect} {}: {}", operation.id(), answer.status);
        let events = books.events(town.ours.book, before, 100).await.unwrap();
        let deeds = events
            .iter()
            .filter(|event| ![EventKind::AccessGranted, EventKind::AccessWithdrawn].contains(&event.kind));
        if deeds.count() > 0 {
            written.push(format!("{dialect} {}", operation.id()));
        }
    }
    written
}

/// Whether anybody may ask without a token.
fn is_open(document: &Document, operation: &Operation<'_>) -> bool {
    let security = operation.about.get("security").unwrap_or(&document.value()["security"]);
    let security = security.as_array();
    security.is_none_or(|schemes| schemes.is_empty() || schemes.contains(&json!({})))
}

#[tokio::test]
async fn a_token_that_ended_reaches_nothing() {
    let town = Box::pin(Town::open()).await;
    let world = &town.world;
    let end = "2026-03-15T12:00:01Z".parse().unwrap();
    let ended = world.make_token(town.ours.book, Role::Admin, &[], Some(end)).await;
    let revoked = world.make_token(town.ours.book, Role::Admin, &[], None).await;
    let key = world
        .app
        .books
        .tokens(town.ours.book)
        .await
        .unwrap()
        .last()
        .unwrap()
        .key;
    let context = world.context(town.ours.book);
    world.app.books.revoke_token(&context, key).await.unwrap();
    let narrow = world
        .make_token(town.ours.book, Role::Admin, &["of.no.dialect"], None)
        .await;
    world.pass_seconds(1);
    let unknown = format!("{}0", town.ours.token);
    let before = town.end_of(&town.ours).await;
    let mut wrong = Vec::new();
    for (who, token) in [
        ("ended", &ended),
        ("revoked", &revoked),
        ("unknown", &unknown),
        ("of no dialect's scope", &narrow),
    ] {
        for (dialect, document, operation) in town.documents.all() {
            if is_open(document, &operation) {
                continue;
            }
            let ask = Ask::of(dialect, document, &operation, &town.ours.known);
            let answer = ask.send(world, token).await;
            if ![401, 403].contains(&answer.status) {
                wrong.push(format!("{who}: {dialect} {} {}", operation.id(), answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(town.end_of(&town.ours).await, before);
}

/// A refresh that was granted to somebody else is to a client what an unknown one is, and stays good for whom it was granted to.
#[tokio::test]
async fn a_refresh_is_good_for_its_own_client() {
    let town = Box::pin(Town::open()).await;
    let pair = |token: &str| {
        let (id, secret) = token.rsplit_once('_').unwrap();
        format!("client_id={id}&client_secret={secret}")
    };
    for (path, scope) in [("/oauth2/token", "/ping.read"), ("/oauth/token", "invoices.readonly")] {
        let ask = async |client: &str, refresh: Option<&str>| {
            let grant = match refresh {
                Some(refresh) => format!("grant_type=refresh_token&refresh_token={refresh}"),
                None => format!("grant_type=client_credentials&scope={scope}"),
            };
            let body = format!("{client}&user_type=Location&{grant}");
            let headers = [
                ("content-type", "application/x-www-form-urlencoded"),
                ("Version", "2021-07-28"),
            ];
            town.world.send("POST", path, &headers, &body).await
        };
        let (ours, theirs) = (pair(&town.ours.token), pair(&town.theirs.token));
        let granted = crate::golden::json(&ask(&theirs, None).await);
        let refresh = granted["refresh_token"].as_str().unwrap();
        let stolen = ask(&ours, Some(refresh)).await;
        let invented = ask(&ours, Some(&format!("{}0", &refresh[..refresh.len() - 1]))).await;
        assert_eq!(
            (stolen.status, &stolen.body),
            (invented.status, &invented.body),
            "{path}"
        );
        assert!([401, 422].contains(&stolen.status), "{path}: {stolen:?}");
        assert_eq!(ask(&theirs, Some(refresh)).await.status, 200, "{path}");
    }
}
