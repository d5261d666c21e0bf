//! A server in this process and clients that keep their connections and read nothing they do not need. They share the cores, so
//! what the clients cost is part of the figure.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use quittance_accounting::book::Role;
use quittance_books::Books;
use quittance_books::baseline::Carried;
use quittance_books::books::TokenInput;
use quittance_server::app::{App, CallLimits, ConsoleAccess};
use quittance_server::config::MinuteAndDay;
use quittance_server::http::server::{Callbacks, Limits, serve};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::scene::Scene;

/// As many calls as no benchmark makes.
const MANY: u32 = 1_000_000_000;

const UNCOUNTED: CallLimits = CallLimits {
    bookeeping_read: MinuteAndDay {
        per_minute: MANY,
        per_day: MANY,
    },
    bookeeping_write: MinuteAndDay {
        per_minute: MANY,
        per_day: MANY,
    },
    highlevel_burst: MANY,
    highlevel_daily: MANY,
    moov_per_second: MANY,
    layer_per_second: MANY,
};

/// A server on the loopback, and what a client must know.
pub struct Server {
    _folder: TempDir,
    app: Arc<App>,
    token: String,
    body: String,
    clients: Vec<Client>,
    end: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Server {
    /// Starts serving and opens so many connections: no figure holds what opening them takes.
    pub async fn start(scene: Scene, connections: usize) -> Server {
        let token = token(&scene).await;
        let line = |name: &str, amount: i64| serde_json::json!({"description": name, "quantity": 1, "rate": amount, "amount": amount, "tax": amount / 10});
        let body = serde_json::json!({
            "entity": 1,
            "client": scene.customer,
            "invoice_date": "2026-03-15",
            "due_date": "2031-01-01",
            "message_on_invoice": "Thank you for your trust in our work.",
            "lines": [line("Design retainer", 1200), line("Monthly support", 450), line("Hosting", 50)],
        });
        let Scene { folder, books, .. } = scene;
        Server::over(folder, books, token, body.to_string(), connections).await
    }

    /// Starts serving books that are only read, over one connection, with a token of the scene that they belong to.
    pub async fn reading(scene: &Scene, books: Books) -> Server {
        let folder = tempfile::tempdir().unwrap();
        Server::over(folder, books, token(scene).await, String::new(), 1).await
    }

    async fn over(folder: TempDir, books: Books, token: String, body: String, connections: usize) -> Server {
        let app = Arc::new(App::new(books, UNCOUNTED, ConsoleAccess::WithToken));
        let (answering, asking, telling) = (Arc::clone(&app), Arc::clone(&app), Arc::clone(&app));
        let callbacks = Callbacks {
            handler: Arc::new(move |request| {
                let app = Arc::clone(&answering);
                Box::pin(async move { app.answer(request).await })
            }),
            on_panic: Arc::new(App::broken),
            new_request_id: Arc::new(move || asking.books.new_request_id()),
            now: Arc::new(move || telling.now()),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let until = async move {
                let _ended = ended.await;
            };
            serve(listener, callbacks, until, Limits::default()).await;
        });
        let mut clients = Vec::with_capacity(connections);
        for _ in 0..connections {
            clients.push(Client::connect(at).await);
        }
        Server {
            _folder: folder,
            app,
            token,
            body,
            clients,
            end,
            serving,
        }
    }

    /// What the commits since the last time carried out, if that is recorded.
    pub fn take_recorded(&self) -> Vec<Carried> {
        self.app.books.store().take_recorded()
    }

    fn request(&self, method: &str, target: &str, body: &str) -> Vec<u8> {
        let (token, length) = (&self.token, body.len());
        // Campfire has a scheme of its own, and HighLevel wants a version, which nobody else minds.
        let scheme = if target.starts_with("/coa/") { "Token" } else { "Bearer" };
        format!(
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\nauthorization: {scheme} {token}\r\n\
             version: 2021-07-28\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    /// Reads once, and says how long that took.
    pub async fn get(&mut self, target: &str) -> Duration {
        let request = self.request("GET", target, "");
        let client = self.clients.first_mut().unwrap();
        let began = Instant::now();
        client.exchange(&request, 200).await;
        began.elapsed()
    }

    /// Issues so many invoices over all connections and hands out their ids.
    pub async fn issue(&mut self, count: usize) -> Vec<i64> {
        let request = Arc::new(self.request("POST", "/coa/api/v1/invoice/", &self.body));
        let next = Arc::new(AtomicUsize::new(0));
        let mut workers = JoinSet::new();
        for mut client in self.clients.drain(..) {
            let (request, next) = (Arc::clone(&request), Arc::clone(&next));
            workers.spawn(async move {
                let mut ids = Vec::new();
                while next.fetch_add(1, Ordering::Relaxed) < count {
                    let answer = client.exchange(&request, 201).await;
                    ids.push(id_in(answer));
                }
                (client, ids)
            });
        }
        let (clients, ids): (Vec<Client>, Vec<Vec<i64>>) = workers.join_all().await.into_iter().unzip();
        self.clients = clients;
        let mut ids = ids.concat();
        ids.sort_unstable();
        ids
    }

    /// Deletes invoices over all connections.
    pub async fn delete(&mut self, ids: &[i64]) {
        let requests = ids
            .iter()
            .map(|id| self.request("DELETE", &format!("/coa/api/v1/invoice/{id}/"), ""));
        let requests: Arc<Vec<Vec<u8>>> = Arc::new(requests.collect());
        let next = Arc::new(AtomicUsize::new(0));
        let mut workers = JoinSet::new();
        for mut client in self.clients.drain(..) {
            let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
            workers.spawn(async move {
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    client.exchange(request, 204).await;
                }
            });
        }
        workers.join_all().await;
    }

    /// Stops serving, and the writer.
    pub async fn stop(self) {
        let _ended = self.end.send(());
        self.serving.await.unwrap();
    }
}

/// A token of the book that may do everything.
async fn token(scene: &Scene) -> String {
    let input = TokenInput {
        name: "load".to_owned(),
        role: Role::Admin,
        scopes: Vec::new(),
        expires_at: None,
    };
    scene.books.make_token(&scene.context(), input).await.unwrap().0
}

/// The first member of an invoice's answer.
fn id_in(answer: &[u8]) -> i64 {
    let text = std::str::from_utf8(answer).unwrap();
    let digits = text.split_once("\"id\":").unwrap().1;
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap();
    digits[..end].parse().unwrap()
}

/// One connection.
struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Client {
    async fn connect(at: SocketAddr) -> Client {
        let stream = TcpStream::connect(at).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Client {
            stream,
            answer: Vec::with_capacity(16 * 1024),
        }
    }

    /// Sends a request and reads the whole answer, which must have this status.
    async fn exchange(&mut self, request: &[u8], status: u16) -> &[u8] {
        self.stream.write_all(request).await.unwrap();
        self.answer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.answer).await.unwrap();
            assert!(read > 0, "the server hung up");
            if let Some(end) = end_of_head(&self.answer) {
                let head = std::str::from_utf8(&self.answer[..end]).unwrap();
                let whole = end + length_in(head);
                if self.answer.len() >= whole {
                    assert!(
                        head[9..].starts_with(&status.to_string()),
                        "{}",
                        String::from_utf8_lossy(&self.answer)
                    );
                    return &self.answer[end..whole];
                }
            }
        }
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn length_in(head: &str) -> usize {
    let named = |line: &&str| {
        line.get(..15)
            .is_some_and(|name| name.eq_ignore_ascii_case("content-length:"))
    };
    let line = head.lines().find(named);
    line.map_or(0, |line| line[15..].trim().parse().unwrap())
}
