//! The leader of three PostgreSQL nodes is killed under load, again and again: nothing acknowledged is lost, nothing is there twice,
//! nobody is told anything that is not so, and the pause is bounded.
//!
//! `QUITTANCE_TEST_FAILOVER_ROUNDS` sets how often. Every second time it is PostgreSQL alone that dies, else its Patroni with it.

mod load;
mod nodes;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::process::{Client, Server, quittance};
use load::{Book, Round, Speaks, Talker, Told};
use nodes::{Dies, Nodes};

/// How often unless the environment says otherwise.
const ROUNDS: usize = 2;
/// How many servers there are.
const SERVERS: usize = 2;
/// How many clients speak each dialect.
const CLIENTS: usize = 3;
/// How many acknowledgements come before the kill and after it.
const ENOUGH: usize = 150;
/// What the pause must stay below. On a machine that does nothing else it is under ten seconds; this one runs other tests.
const LONGEST_PAUSE: Duration = Duration::from_secs(25);

fn rounds() -> usize {
    std::env::var("QUITTANCE_TEST_FAILOVER_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap())
}

/// What a round came to.
struct Outcome {
    told: Vec<Told>,
    in_the_dark: usize,
    dies: Dies,
    pause: Duration,
}

/// Loads the servers, kills the leader in the middle, and hands out what the clients were told.
fn round(nodes: &Nodes, number: usize, servers: &[String], book: &Book) -> Outcome {
    let leader = nodes.whole();
    let dies = if number.is_multiple_of(2) {
        Dies::Node
    } else {
        Dies::Postgres
    };
    let round = Round {
        servers,
        book,
        stop: AtomicBool::new(false),
        acknowledged: Mutex::default(),
        told: Mutex::default(),
        again: AtomicUsize::new(0),
        unanswered: AtomicUsize::new(0),
        in_the_dark: AtomicUsize::new(0),
    };
    let killed = std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            for speaks in [Speaks::Native, Speaks::Layer, Speaks::Campfire] {
                let name = format!("r{number}-{speaks:?}-{client}");
                let mut talker = Talker::new(&round, speaks, name);
                scope.spawn(move || talker.talk());
            }
        }
        // Whatever goes wrong here, the clients must be let go of, or the scope never ends.
        let stop = StopAtEnd(&round.stop);
        wait_for(&round, ENOUGH);
        nodes.kill(leader, dies);
        let killed = Instant::now();
        let so_far = round.acknowledged.lock().unwrap().len();
        wait_for(&round, so_far + ENOUGH);
        drop(stop);
        killed
    });
    if dies == Dies::Node {
        nodes.start_again(leader);
    }
    let pause = longest_gap(round.acknowledged.into_inner().unwrap(), killed);
    let (again, unanswered) = (round.again.into_inner(), round.unanswered.into_inner());
    println!(
        "round {number}: {dies:?} n{leader} died, pause {pause:.1?}, {again} calls told to try again, {unanswered} unanswered"
    );
    assert!(
        pause < LONGEST_PAUSE,
        "round {number}: nobody was answered for {pause:.1?}"
    );
    Outcome {
        told: round.told.into_inner().unwrap(),
        in_the_dark: round.in_the_dark.into_inner(),
        dies,
        pause,
    }
}

/// Says how long the pauses were, for `docs/operating.md`.
fn sum_up(pauses: &[(Dies, Duration)]) {
    for kind in [Dies::Node, Dies::Postgres] {
        let mut of_kind: Vec<Duration> = pauses.iter().filter(|(dies, _)| *dies == kind).map(|of| of.1).collect();
        of_kind.sort();
        if let (Some(median), Some(worst)) = (of_kind.get(of_kind.len() / 2), of_kind.last()) {
            println!(
                "{kind:?} died {} times: pause median {median:.1?}, worst {worst:.1?}",
                of_kind.len()
            );
        }
    }
}

/// Lets the clients go.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn wait_for(round: &Round<'_>, acknowledged: usize) {
    let began = Instant::now();
    while round.acknowledged.lock().unwrap().len() < acknowledged {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "the clients are not answered"
        );
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// The longest time without an acknowledgement from a second before the kill on.
fn longest_gap(mut acknowledged: Vec<Instant>, killed: Instant) -> Duration {
    acknowledged.sort();
    let from = killed - Duration::from_secs(1);
    let gaps = acknowledged.windows(2).filter(|pair| pair[1] >= from);
    gaps.map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}

/// Everything that was acknowledged is there as it was acknowledged, and nothing else is.
fn check(address: &str, book: &Book, told: &[Told], in_the_dark: usize) {
    let mut bearer = Client::new(address, &format!("Bearer {}", book.token)).unwrap();
    let mut token = Client::new(address, &format!("Token {}", book.token)).unwrap();
    for told in told {
        let (answer, paid) = match told.speaks {
            Speaks::Native => {
                let answer = bearer
                    .send("GET", &format!("/api/v1/invoices/{}", told.id), "")
                    .unwrap();
                let paid =
                    (answer.status == 200).then(|| answer.json()["paid"]["amount"].as_str().unwrap().replace('.', ""));
                (answer, paid.map(|paid| paid.parse().unwrap()))
            }
            Speaks::Layer => {
                let target = format!("/v1/businesses/{}/invoices/{}", book.id, told.id);
                let answer = bearer.send("GET", &target, "").unwrap();
                let paid = (answer.status == 200)
                    .then(|| 1000 - answer.json()["data"]["outstanding_balance"].as_i64().unwrap());
                (answer, paid)
            }
            Speaks::Campfire => {
                let answer = token
                    .send("GET", &format!("/coa/api/v1/invoice/{}/", told.id), "")
                    .unwrap();
                let paid = (answer.status == 200).then_some(0);
                (answer, paid)
            }
        };
        let expected = (!told.deleted).then_some(told.paid);
        assert_eq!(
            paid, expected,
            "{told:?} was acknowledged, and is {} {}",
            answer.status, answer.body
        );
    }
    let live = told.iter().filter(|told| !told.deleted).count();
    let listed = bearer.send("GET", "/api/v1/invoices?limit=1", "").unwrap().json();
    let total = usize::try_from(listed["total"].as_i64().unwrap()).unwrap();
    assert!(
        (live..=live + in_the_dark).contains(&total),
        "{live} invoices were acknowledged, {in_the_dark} more may be there, and {total} are"
    );
}

#[test]
fn what_was_acknowledged_survives_the_leader() {
    let folder = tempfile::tempdir().unwrap();
    let nodes = Nodes::start();
    let (owner, server) = (nodes.setting("owner_address"), nodes.setting("server_address"));
    quittance(folder.path(), owner, &["migrate", "--server-role", "quittance_server"]);
    let opened = quittance(folder.path(), server, &["book", "create", "Failover"]);
    let id = opened.split_whitespace().nth(2).unwrap().to_owned();
    let token = quittance(folder.path(), server, &["token", "create", "load"])
        .trim()
        .to_owned();
    let book = Book { id, token };
    let servers: Vec<Server> = (0..SERVERS).map(|_| Server::start(folder.path(), server)).collect();
    let addresses: Vec<String> = servers.iter().map(|server| server.address.clone()).collect();
    let (mut told, mut in_the_dark, mut pauses) = (Vec::new(), 0, Vec::new());
    for number in 0..rounds() {
        let outcome = round(&nodes, number, &addresses, &book);
        told.extend(outcome.told);
        in_the_dark += outcome.in_the_dark;
        pauses.push((outcome.dies, outcome.pause));
        let began = Instant::now();
        nodes.whole();
        println!("round {number}: whole again after {:.1?}", began.elapsed());
        check(&addresses[number % SERVERS], &book, &told, in_the_dark);
        let verdict = quittance(folder.path(), server, &["verify"]);
        assert!(verdict.contains(": sound"), "round {number}: {verdict}");
    }
    // Whoever proves and reports need not ask the leader.
    let replica = server.replace("target_session_attrs=read-write", "target_session_attrs=read-only");
    assert_ne!(replica, server);
    let verdict = quittance(folder.path(), &replica, &["verify"]);
    assert!(verdict.contains(": sound"), "on a replica: {verdict}");
    quittance(folder.path(), &replica, &["report", "aging"]);
    sum_up(&pauses);
    println!("{} invoices acknowledged over {} rounds", told.len(), rounds());
}
