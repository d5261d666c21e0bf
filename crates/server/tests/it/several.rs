//! Several servers on one database: whatever order their clients' calls fall in, it is an order, as if there were one server.
//!
//! Clients pay and delete the same invoices through two dialects, read them and close the book, each call through any of the
//! servers. What they asked and were told is recorded and must have a serial order per invoice; at the end every book verifies.

mod history;
mod sharding;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use serde_json::json;

use crate::postgres::Database;
use crate::process::{Answer, Chance, Client, Server, quittance};
use history::{Answered, Asked, Call, MOST_CALLS, State};

/// How many servers share the database.
const SERVERS: usize = 3;
/// How many clients there are at once.
const CLIENTS: usize = 64;
/// How many books they share.
const BOOKS: usize = 4;
/// How many invoices of each book they share.
const INVOICES: usize = 12;
/// How many calls each client makes.
const CALLS: usize = 24;
/// What every invoice comes to, in cents: two payments leave too little for a third.
const TOTAL: i64 = 1000;
const PAYMENT: i64 = 400;

/// A book with its invoices.
struct Shared {
    /// The value of the header for each of the two dialects.
    bearer: String,
    token: String,
    /// Where Layer has its invoices.
    layer: String,
    invoices: Vec<Shown>,
}

/// An invoice by its names in both dialects.
struct Shown {
    layer: String,
    campfire: i64,
    /// The day of October it is dated.
    day: i64,
}

/// Calls by book and invoice; closings are of no invoice.
type Recorded = BTreeMap<(usize, Option<usize>), Vec<Call>>;

fn shared(folder: &Path, db: &str, server: &Server, slot: usize) -> Shared {
    let opened = quittance(folder, db, &["book", "create", "Shared"]);
    let id = opened
        .split_whitespace()
        .nth(2)
        .unwrap()
        .trim_end_matches([':', ','])
        .to_owned();
    let slot_text = slot.to_string();
    let token = quittance(folder, db, &["token", "create", "--book", &slot_text, "load"]);
    let (bearer, token) = (format!("Bearer {}", token.trim()), format!("Token {}", token.trim()));
    let layer = format!("/v1/businesses/{id}/invoices");
    let mut client = Client::new(&server.address, &bearer).unwrap();
    let mut other = Client::new(&server.address, &token).unwrap();
    let mut invoices = Vec::new();
    for n in 0..INVOICES {
        let day = 1 + n as i64 % 6 * 2;
        let new = json!({
            "sent_at": format!("2026-10-{day:02}T00:00:00Z"), "customer_external_id": format!("c-{n}"), "invoice_number": format!("N-{n}"),
            "line_items": [{"unit_price": TOTAL, "quantity": "1", "product": "Lap"}],
        });
        let made = client.send("POST", &layer, &new.to_string()).unwrap();
        assert_eq!(made.status, 201, "{}", made.body);
        let uuid = made.json()["data"]["id"].as_str().unwrap().to_owned();
        invoices.push(Shown {
            layer: uuid,
            campfire: 0,
            day,
        });
    }
    let listed = other.send("GET", "/coa/api/v1/invoice/?limit=100", "").unwrap();
    assert_eq!(listed.status, 200, "{}", listed.body);
    for row in listed.json()["results"].as_array().unwrap() {
        let n: usize = row["invoice_number"].as_str().unwrap()[2..].parse().unwrap();
        invoices[n].campfire = row["id"].as_i64().unwrap();
    }
    Shared {
        bearer,
        token,
        layer,
        invoices,
    }
}

fn ask(clients: &mut [Client; 2], book: &Shared, shown: &Shown, asked: Asked) -> Answer {
    let [layer, campfire] = clients;
    let one = format!("{}/{}", book.layer, shown.layer);
    let answer = match asked {
        Asked::Pay(cents) => {
            let paid_at = format!("2026-10-{:02}T12:00:00Z", shown.day);
            let body = json!({"amount": cents, "method": "CASH", "paid_at": paid_at});
            layer.send("POST", &format!("{one}/payment"), &body.to_string())
        }
        Asked::DeleteUnpaid => layer.send("POST", &format!("{one}/delete"), ""),
        Asked::DeleteAll => campfire.send("DELETE", &format!("/coa/api/v1/invoice/{}/", shown.campfire), ""),
        Asked::Read => layer.send("GET", &one, ""),
        Asked::Close(day) => {
            let body = json!({"through": format!("2026-10-{day:02}")});
            layer.send("POST", "/api/v1/periods/close", &body.to_string())
        }
    };
    answer.unwrap()
}

/// What an answer says, in the words of the history. Anything else is wrong by itself.
fn understood(asked: Asked, answer: &Answer) -> Answered {
    match (asked, answer.status) {
        (Asked::Read, 200) => {
            let outstanding = answer.json()["data"]["outstanding_balance"].as_i64().unwrap();
            Answered::Paid(TOTAL - outstanding)
        }
        (Asked::Read, 404) => Answered::Unknown,
        (Asked::Pay(_), 201) | (Asked::DeleteUnpaid | Asked::Close(_), 200) | (Asked::DeleteAll, 204) => Answered::Done,
        (Asked::Pay(_) | Asked::DeleteUnpaid | Asked::DeleteAll, 404) => Answered::Unknown,
        (Asked::Pay(_) | Asked::DeleteUnpaid | Asked::DeleteAll, 400) | (Asked::Close(_), 409) => Answered::Refused,
        _ => panic!("{asked:?} was answered with {answer:?}"),
    }
}

/// One client's calls, each through any of the servers.
fn play(servers: &[Server], books: &[Shared], number: usize, began: Instant, recorded: &Mutex<Recorded>) {
    let of = number % BOOKS;
    let book = &books[of];
    let mut chance = Chance::new(number as u64 + 1);
    let mut connections: Vec<[Client; 2]> = servers
        .iter()
        .map(|server| [&book.bearer, &book.token].map(|with| Client::new(&server.address, with).unwrap()))
        .collect();
    for turn in 0..CALLS {
        let invoice = chance.below(INVOICES as u64) as usize;
        // Deletes come late enough that there is something to pay, and closings are few: each shuts two invoices out.
        let asked = match chance.below(40) {
            0 => Asked::Close(chance.below(turn as u64 / 3 + 1) as i64 + 1),
            1..=2 if turn > 4 => Asked::DeleteAll,
            3..=8 => Asked::DeleteUnpaid,
            9..=22 => Asked::Pay(PAYMENT),
            _ => Asked::Read,
        };
        let clients = &mut connections[chance.below(servers.len() as u64) as usize];
        let from = began.elapsed().as_nanos();
        let answer = ask(clients, book, &book.invoices[invoice], asked);
        let ended = began.elapsed().as_nanos();
        let call = Call {
            began: from,
            ended,
            asked,
            answered: understood(asked, &answer),
        };
        let of_invoice = (!matches!(asked, Asked::Close(_))).then_some(invoice);
        recorded.lock().unwrap().entry((of, of_invoice)).or_default().push(call);
    }
}

/// Plays and checks on a database.
fn check(folder: &Path, db: &str) {
    let servers: Vec<Server> = (0..SERVERS).map(|_| Server::start(folder, db)).collect();
    let books: Vec<Shared> = (1..=BOOKS).map(|slot| shared(folder, db, &servers[0], slot)).collect();
    let recorded = Mutex::new(Recorded::new());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (servers, books, recorded) = (&servers, &books, &recorded);
            scope.spawn(move || play(servers, books, number, began, recorded));
        }
    });
    let took = began.elapsed();
    let recorded = recorded.into_inner().unwrap();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (book, shared) in books.iter().enumerate() {
        let closings = recorded.get(&(book, None)).cloned().unwrap_or_default();
        for (invoice, shown) in shared.invoices.iter().enumerate() {
            let mut calls = recorded.get(&(book, Some(invoice))).cloned().unwrap_or_default();
            calls.extend(&closings);
            assert!(calls.len() <= MOST_CALLS, "{} calls on one invoice", calls.len());
            let start = State {
                date: shown.day,
                total: TOTAL,
                paid: Some(0),
                closed: 0,
            };
            calls.sort_by_key(|call| call.began);
            assert!(
                history::order(start, &calls).is_some(),
                "invoice {invoice} of book {}, dated {}: no order explains {calls:#?}",
                book + 1,
                shown.day
            );
            for call in &calls {
                *seen.entry(format!("{:?} {:?}", call.asked, call.answered)).or_default() += 1;
            }
        }
    }
    for wanted in [
        "Pay(400) Done",
        "Pay(400) Unknown",
        "Pay(400) Refused",
        "DeleteUnpaid Done",
        "DeleteUnpaid Refused",
        "DeleteAll Done",
    ] {
        assert!(seen.contains_key(wanted), "{wanted} never happened: {seen:?}");
    }
    println!(
        "{SERVERS} servers, {CLIENTS} clients, {} calls in {took:.1?}",
        CLIENTS * CALLS
    );
    drop(servers);
    let verdict = quittance(folder, db, &["verify"]);
    assert_eq!(verdict.matches(": sound").count(), BOOKS, "{verdict}");
}

#[test]
fn servers_that_share_a_file_answer_as_one() {
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), "shared.db");
}

#[test]
fn servers_that_share_a_postgresql_answer_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::ready(folder.path());
    check(folder.path(), &database.server);
    look(folder.path(), &database);
    // Whatever the servers asked of it, one shard could have answered.
    let carried_out = database.carried_out();
    assert!(
        carried_out.len() > 50,
        "only {} statements were seen",
        carried_out.len()
    );
    let wrong: Vec<String> = carried_out
        .iter()
        .filter_map(|statement| Some(format!("{}: {statement}", sharding::check(statement).err()?)))
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
}

/// Asks everything that lists and reports ask, so that their statements are seen too.
fn look(folder: &Path, database: &Database) {
    let server = Server::start(folder, &database.server);
    let token = quittance(folder, &database.server, &["token", "create", "look"]);
    let mut client = Client::new(&server.address, &format!("Bearer {}", token.trim())).unwrap();
    let mut see = |target: &str| {
        let answer = client.send("GET", target, "").unwrap();
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        answer.json()
    };
    for list in [
        "customers",
        "products",
        "payments",
        "accounts",
        "periods",
        "log",
        "books",
    ] {
        see(&format!("/api/v1/{list}"));
    }
    for filter in [
        "status=paid",
        "status=overdue",
        "from=2026-10-01&to=2026-10-31",
        "number=N-1",
        "newest_first=true",
        "limit=1",
    ] {
        see(&format!("/api/v1/invoices?{filter}"));
    }
    for report in [
        "trial-balance?as_of=2026-10-15",
        "aging?as_of=2026-10-15",
        "balance-sheet?as_of=2026-10-15",
        "profit-and-loss?from=2026-10-01&to=2026-10-31",
        "ledger?account=SALES",
    ] {
        see(&format!("/api/v1/reports/{report}"));
    }
    let customers = see("/api/v1/customers");
    let customer = customers["data"][0]["id"].as_str().unwrap().to_owned();
    see(&format!("/api/v1/reports/statement?customer={customer}"));
}
