//! The connection loop over a real socket, spoken to byte by byte so that nothing is repaired on the way.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use quittance_server::http::server::{Answer, Callbacks, Limits, ShutdownOutcome, serve};
use quittance_server::http::{Request, Response};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// More than the sockets on both sides hold.
const LARGE: usize = 64 * 1024 * 1024;

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<ShutdownOutcome>,
    /// A request to `/wait` has reached the handler.
    waiting: Arc<Notify>,
    /// Lets it go on.
    release: Arc<Notify>,
    finished: Arc<AtomicBool>,
}

async fn start(limits: Limits) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (waiting, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let finished = Arc::new(AtomicBool::new(false));
    let (seen, go, done) = (Arc::clone(&waiting), Arc::clone(&release), Arc::clone(&finished));
    let ids = AtomicUsize::new(1);
    let callbacks = Callbacks {
        handler: Arc::new(move |request: Request| -> Answer {
            let (seen, go, done) = (Arc::clone(&seen), Arc::clone(&go), Arc::clone(&done));
            Box::pin(async move {
                match request.path.as_str() {
                    "/none" => Response::empty(204).with("Quittance-Receipt", "7:ab"),
                    "/panic" => panic!("the toy handler panics when asked to"),
                    "/large" => Response::empty(200).with_body(vec![b'x'; LARGE]),
                    "/debug" => Response::empty(200).with_body(format!("{request:?}")),
                    "/own-id" => Response::empty(200).with("X-Request-Id", "own"),
                    "/bad" => Response::empty(9)
                        .with("x-bad", "a\r\nx-injected: 1")
                        .with("x-good", "1"),
                    "/wait" => {
                        seen.notify_one();
                        go.notified().await;
                        done.store(true, Ordering::SeqCst);
                        Response::json(200, &json!({"waited": true}))
                    }
                    _ => Response::json(
                        200,
                        &json!({"size": request.body.len(), "large": request.body_too_large, "query": request.query}),
                    ),
                }
            })
        }),
        on_panic: Arc::new(|head| Response::json(500, &json!({"at": head.path, "id": head.request_id}))),
        new_request_id: Arc::new(move || format!("id-{}", ids.fetch_add(1, Ordering::SeqCst))),
        now: Arc::new(|| Timestamp::UNIX_EPOCH),
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(async move {
        let shutdown = async {
            stopped.await.ok();
        };
        serve(listener, callbacks, shutdown, limits).await
    });
    Running {
        address,
        stop,
        ended,
        waiting,
        release,
        finished,
    }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends a request that asks for the connection to be closed, and reads to the end. The `date` line is taken out.
    async fn exchange(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        rest(stream).await
    }

    async fn stop(self) -> ShutdownOutcome {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap()
    }
}

async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    answer
        .split_inclusive("\r\n")
        .filter(|line| !line.starts_with("date: "))
        .collect()
}

fn get(target: &str, headers: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn an_answer_is_exactly_what_was_set() {
    let server = start(Limits::default()).await;
    let no_content = server.exchange(&get("/none", "")).await;
    assert_eq!(
        no_content,
        "HTTP/1.1 204 No Content\r\nquittance-receipt: 7:ab\r\nx-request-id: id-1\r\nconnection: close\r\n\r\n"
    );
    let ok = server.exchange(&get("/a%2Fb?q=1+2", "")).await;
    let body = r#"{"size":0,"large":false,"query":"q=1+2"}"#;
    assert_eq!(
        ok,
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: id-2\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
    );
    let head = server.exchange(&get("/a%2Fb?q=1+2", "").replace("GET", "HEAD")).await;
    assert_eq!(
        head,
        ok.replace("id-2", "id-3").replace(body, ""),
        "HEAD is GET without its body"
    );
    let debug = server.exchange(&get("/debug", "authorization: Token s3cret\r\n")).await;
    assert!(debug.contains("authorization") && !debug.contains("s3cret"), "{debug}");
    let bad = server.exchange(&get("/bad", "")).await;
    assert!(
        bad.starts_with("HTTP/1.1 500 ") && bad.contains("x-good: 1") && !bad.contains("injected"),
        "{bad}"
    );
    assert_eq!(server.stop().await, ShutdownOutcome::Drained);
}

#[tokio::test]
async fn request_ids() {
    let server = start(Limits::default()).await;
    let long = "a".repeat(129);
    let table = [
        ("x-request-id: client-1\r\n", "client-1"),
        ("x-request-id: two words\r\n", "id-1"),
        ("x-request-id: \r\n", "id-2"),
        ("x-request-id: \u{fc}\r\n", "id-3"),
        (&format!("x-request-id: {long}\r\n"), "id-4"),
        (&format!("x-request-id: {}\r\n", &long[1..]), &long[1..]),
        ("", "id-5"),
    ];
    for (header, expected) in table {
        let answer = server.exchange(&get("/", header)).await;
        assert!(
            answer.contains(&format!("\r\nx-request-id: {expected}\r\n")),
            "{header}: {answer}"
        );
    }
    let own = server.exchange(&get("/own-id", "")).await;
    assert!(
        own.contains("x-request-id: own\r\n") && own.matches("x-request-id").count() == 1,
        "{own}"
    );
    assert_eq!(server.stop().await, ShutdownOutcome::Drained);
}

#[tokio::test]
async fn a_host_is_named_once() {
    let server = start(Limits::default()).await;
    for (request, status) in [
        ("GET /none HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", "400"),
        ("GET /none HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", "400"),
        ("GET /none HTTP/1.1\r\n\r\n", "400"),
        ("GET /none HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", "204"),
        ("GET /none HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n", "204"),
        ("GET /none HTTP/1.0\r\n\r\n", "204"),
    ] {
        let answer = server.exchange(request).await;
        let line = answer.lines().next().unwrap();
        assert!(line.contains(status), "{request:?}: {line}");
        assert!(answer.contains("x-request-id"), "{answer}");
    }
    assert_eq!(server.stop().await, ShutdownOutcome::Drained);
}

#[tokio::test]
async fn a_panic_ends_one_request() {
    let server = start(Limits::default()).await;
    let mut stream = server.connect().await;
    let keep = get("/panic", "x-request-id: p\r\n").replace("connection: close\r\n", "");
    stream.write_all(keep.as_bytes()).await.unwrap();
    stream.write_all(get("/none", "").as_bytes()).await.unwrap();
    let answers = rest(stream).await;
    assert!(
        answers.starts_with("HTTP/1.1 500 Internal Server Error\r\n"),
        "{answers}"
    );
    assert!(
        answers.contains(r#"{"at":"/panic","id":"p"}HTTP/1.1 204 No Content"#),
        "{answers}"
    );
    assert_eq!(server.stop().await, ShutdownOutcome::Drained);
}

#[tokio::test]
async fn bodies_over_the_limit_are_flagged() {
    let limits = Limits {
        body_bytes: 1000,
        ..Limits::default()
    };
    let server = start(limits).await;
    let table = [
        (1000, r#"{"size":1000,"large":false"#),
        (1001, r#"{"size":0,"large":true"#),
        (9000, r#""large":true"#),
    ];
    for (size, expected) in table {
        let body = "x".repeat(size);
        let declared = server
            .exchange(&get("/", &format!("content-length: {size}\r\n")).replace("\r\n\r\n", &format!("\r\n\r\n{body}")))
            .await;
        assert!(declared.contains(expected), "{size}: {declared}");
        let chunked = format!("\r\n\r\n{size:x}\r\n{body}\r\n0\r\n\r\n");
        let chunked = server
            .exchange(&get("/", "transfer-encoding: chunked\r\n").replace("\r\n\r\n", &chunked))
            .await;
        assert!(chunked.contains(expected), "{size}: {chunked}");
    }
    // Who asks first is refused without sending anything.
    let asked = server
        .exchange(&get("/", "content-length: 2000\r\nexpect: 100-continue\r\n"))
        .await;
    assert!(
        asked.starts_with("HTTP/1.1 200 OK\r\n") && asked.contains(r#""large":true"#),
        "{asked}"
    );
    // A refused body that was read to its end leaves the connection usable.
    let mut stream = server.connect().await;
    let first = format!(
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1500\r\n\r\n{}",
        "x".repeat(1500)
    );
    stream.write_all(first.as_bytes()).await.unwrap();
    stream.write_all(get("/none", "").as_bytes()).await.unwrap();
    let both = rest(stream).await;
    assert!(
        both.contains(r#""large":true"#) && both.contains("204 No Content"),
        "{both}"
    );
    assert_eq!(server.stop().await, ShutdownOutcome::Drained);
}

#[tokio::test]
async fn heads_and_bodies_have_bounds() {
    let limits = Limits {
        header_bytes: 8 * 1024,
        header_time: Duration::from_millis(100),
        body_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = start(limits).await;
    let large = server
        .exchange(&get("/", &format!("x-large: {}\r\n", "a".repeat(9000))))
        .await;
    assert!(large.starts_with("HTTP/1.1 431 "), "{large}");
    let slow_body = server.exchange(&get("/", "content-length: 10\r\n")).await;
    assert!(slow_body.starts_with("HTTP/1.1 408 "), "{slow_body}");
    assert!(slow_body.contains("x-request-id: id-1"), "{slow_body}");
    let slow_head = server.exchange("GET / HTTP/1.1\r\n").await;
    assert!(!slow_head.contains("200 OK"), "{slow_head}");
    let idle = server.exchange("").await;
    assert_eq!(idle, "", "an idle connection is closed");
    assert_eq!(server.stop().await, ShutdownOutcome::Drained);
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_whoever_is_answered() {
    let server = start(Limits {
        connections: 1,
        quiet_time: Duration::from_millis(20),
        ..Limits::default()
    })
    .await;
    let mut first = server.connect().await;
    first.write_all(get("/wait", "").as_bytes()).await.unwrap();
    server.waiting.notified().await;
    let mut second = server.connect().await;
    second.write_all(get("/none", "").as_bytes()).await.unwrap();
    let mut byte = [0];
    let early = tokio::time::timeout(Duration::from_millis(100), second.read(&mut byte)).await;
    assert!(early.is_err(), "served while the only place was taken");
    server.release.notify_one();
    assert!(rest(first).await.contains(r#"{"waited":true}"#));
    assert!(rest(second).await.contains("204 No Content"));
    assert_eq!(server.stop().await, ShutdownOutcome::Drained);
}

#[tokio::test]
async fn whoever_is_quiet_longest_makes_room() {
    let server = start(Limits {
        connections: 4,
        quiet_time: Duration::from_millis(1),
        answer_time: Duration::from_millis(100),
        ..Limits::default()
    })
    .await;
    // One says nothing, one has said half of a request, one was answered and has said half of another.
    let silent = server.connect().await;
    let mut slow = server.connect().await;
    slow.write_all(b"GET /none HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let mut answered = server.connect().await;
    answered
        .write_all(b"GET /none HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut byte = [0];
    answered.read_exact(&mut byte).await.unwrap();
    answered.write_all(b"GET /none").await.unwrap();
    // A place is kept free for whoever comes next: each of these makes one of those leave, and none of these.
    let (one, two, mut three) = (server.connect().await, server.connect().await, server.connect().await);
    assert_eq!(rest(silent).await, "");
    assert!(!rest(slow).await.contains("204 No Content"));
    assert!(rest(answered).await.contains("204 No Content"));
    three.write_all(get("/none", "").as_bytes()).await.unwrap();
    assert!(rest(three).await.contains("204 No Content"));
    drop((one, two));
    assert_eq!(server.stop().await, ShutdownOutcome::Drained);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_gives_its_place_up() {
    let limits = Limits {
        connections: 1,
        answer_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut deaf = server.connect().await;
    deaf.write_all(get("/large", "").as_bytes()).await.unwrap();
    // There is one place: this one is answered when the other was given up.
    let mut second = server.connect().await;
    second.write_all(get("/none", "").as_bytes()).await.unwrap();
    let answered = tokio::time::timeout(Duration::from_secs(60), rest(second)).await;
    assert!(answered.is_ok_and(|answer| answer.contains("204 No Content")));
    drop(deaf);
    assert_eq!(server.stop().await, ShutdownOutcome::Drained);
}

/// However large an answer is, whoever goes on reading gets all of it.
#[tokio::test]
async fn an_answer_that_is_read_is_read_to_its_end() {
    let limits = Limits {
        answer_time: Duration::from_secs(60),
        ..Limits::default()
    };
    let server = start(limits).await;
    let answer = server.exchange(&get("/large", "")).await;
    assert!(answer.len() > LARGE);
    assert_eq!(server.stop().await, ShutdownOutcome::Drained);
}

#[tokio::test]
async fn shutdown_lets_a_request_in_flight_end() {
    let server = start(Limits::default()).await;
    let idle = server.connect().await;
    let mut stream = server.connect().await;
    stream.write_all(get("/wait", "").as_bytes()).await.unwrap();
    server.waiting.notified().await;
    server.stop.send(()).unwrap();
    assert_eq!(rest(idle).await, "", "idle connections are closed at once");
    let refused = TcpStream::connect(server.address).await;
    assert!(refused.is_err(), "nothing new is accepted");
    server.release.notify_one();
    assert!(rest(stream).await.contains(r#"{"waited":true}"#));
    assert_eq!(server.ended.await.unwrap(), ShutdownOutcome::Drained);
}

#[tokio::test]
async fn shutdown_waits_for_a_handler_whose_client_is_gone() {
    let server = start(Limits::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(get("/wait", "").as_bytes()).await.unwrap();
    server.waiting.notified().await;
    drop(stream);
    server.stop.send(()).unwrap();
    server.release.notify_one();
    assert_eq!(server.ended.await.unwrap(), ShutdownOutcome::Drained);
    assert!(server.finished.load(Ordering::SeqCst));
}

#[tokio::test]
async fn shutdown_has_a_bound() {
    let server = start(Limits {
        shutdown_time: Duration::from_millis(100),
        ..Limits::default()
    })
    .await;
    let mut stream = server.connect().await;
    stream.write_all(get("/wait", "").as_bytes()).await.unwrap();
    server.waiting.notified().await;
    assert_eq!(server.stop().await, ShutdownOutcome::CutOff { unfinished: 2 });
}
