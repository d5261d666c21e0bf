//! The connection loop: sockets in, one handler call per request, answers out.
//!
//! Promise: every request that could be read is handed to the handler exactly once and, once handed over, runs to its
//! end, also when the client hangs up, because a write must not stop half way through its caller. A panic ends one
//! request, never the server. Every size and every wait has a bound, named in [`Limits`]. One log line per
//! answered request.
//!
//! Not here: routing, TLS (a proxy's work), compression, and HTTP/2, which none of the vendors' clients needs.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_io_timeout::TimeoutStream;

use super::message::{Request, RequestHead, Response};
use at_work::AtWork;
use room::{Place, Room};

mod at_work;
mod body;
mod room;

/// 1 MiB: a bulk call of a thousand invoices fits with room, and a thousand connections at the limit fit in memory.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// 32 KiB of request line and headers: four times the usual cap of proxies, so none is refused that passed one.
pub const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Connections at once; the next one waits in the listen queue. Below the usual 1024 file descriptors of a process.
pub const MAX_CONNECTIONS: usize = 900;

/// How long a connection may say nothing before it is asked to make room for another, when there are no more places: longer than
/// whoever is at work pauses between two requests, and shorter than anybody minds to wait for a place.
pub const QUIET_TIME: Duration = Duration::from_secs(1);

/// How long a connection may take to send a request's head, idle time before it included: two minutes outlast the
/// keep-alive of common clients and proxies, so that they hang up first and no request is lost in between.
pub const HEADER_TIME: Duration = Duration::from_secs(120);

/// How long a body may take to arrive: a mebibyte at 35 kB/s.
pub const BODY_TIME: Duration = Duration::from_secs(30);

/// How long an answer may wait for a reader that takes nothing of it: as long as a body may take to come.
pub const ANSWER_TIME: Duration = Duration::from_secs(30);

/// How long requests in flight may take to end after shutdown was asked for: what service supervisors wait before they kill.
pub const SHUTDOWN_TIME: Duration = Duration::from_secs(10);

/// Longest request id taken over from a client.
const MAX_REQUEST_ID_BYTES: usize = 128;

/// Pause after a failed accept: it fails when descriptors run out, and asking again at once would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The future of an answer.
pub type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Answers every request.
pub type Handler = Arc<dyn Fn(Request) -> Answer + Send + Sync>;

/// What the loop asks of its surroundings. All of it is handed in, so that a test decides time, ids and answers.
#[derive(Clone)]
pub struct Callbacks {
    /// Answers every request.
    pub handler: Handler,
    /// Answers in place of a handler that panicked, in the words of the dialect the head belongs to.
    pub on_panic: Arc<dyn Fn(&RequestHead) -> Response + Send + Sync>,
    /// A new request id, from 16 random bytes; visible ASCII of at most 128 bytes.
    pub new_request_id: Arc<dyn Fn() -> String + Send + Sync>,
    /// The time now.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// The bounds of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// See [`MAX_BODY_BYTES`]. Over it, the handler gets the request without a body and with a flag.
    pub body_bytes: usize,
    /// See [`MAX_HEADER_BYTES`]; at least 8 KiB. Over it: 431 without a body.
    pub header_bytes: usize,
    /// See [`MAX_CONNECTIONS`].
    pub connections: usize,
    /// See [`QUIET_TIME`].
    pub quiet_time: Duration,
    /// See [`HEADER_TIME`]. Over it the connection is closed.
    pub header_time: Duration,
    /// See [`BODY_TIME`]. Over it: 408 without a body.
    pub body_time: Duration,
    /// See [`ANSWER_TIME`]. Over it the connection is closed.
    pub answer_time: Duration,
    /// See [`SHUTDOWN_TIME`].
    pub shutdown_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body_bytes: MAX_BODY_BYTES,
            header_bytes: MAX_HEADER_BYTES,
            connections: MAX_CONNECTIONS,
            quiet_time: QUIET_TIME,
            header_time: HEADER_TIME,
            body_time: BODY_TIME,
            answer_time: ANSWER_TIME,
            shutdown_time: SHUTDOWN_TIME,
        }
    }
}

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShutdownOutcome {
    /// Every request in flight was answered.
    Drained,
    /// Time ran out with this many connections and handlers unfinished. They go on until the process ends.
    CutOff {
        /// Connections and handlers together.
        unfinished: usize,
    },
}

/// Serves until `shutdown` resolves, then stops accepting, closes idle connections and lets requests in flight end, for
/// at most [`Limits::shutdown_time`]. Accept errors are logged and waited out; there is no other way for this to fail.
pub async fn serve(
    listener: TcpListener,
    callbacks: Callbacks,
    shutdown: impl Future<Output = ()> + Send,
    limits: Limits,
) -> ShutdownOutcome {
    let room = Room::new(limits.connections, limits.quiet_time);
    // Connections wait on the first channel for the end; the second tells when nobody holds its receiver any more.
    let (ending, ended) = watch::channel(());
    let (in_flight, alive) = watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        let next = tokio::select! {
            () = &mut shutdown => break,
            next = accept(&listener, &room) => next,
        };
        if let Some((stream, peer, place)) = next {
            let connection = Connection {
                callbacks: callbacks.clone(),
                limits,
                peer,
                place,
                alive: alive.clone(),
            };
            tokio::spawn(connection.run(stream, ended.clone()));
        }
    }
    drop(listener);
    drop((alive, ended));
    ending.send_replace(());
    match tokio::time::timeout(limits.shutdown_time, in_flight.closed()).await {
        Ok(()) => ShutdownOutcome::Drained,
        Err(_) => ShutdownOutcome::CutOff {
            unfinished: in_flight.receiver_count(),
        },
    }
}

/// Waits for a place before it accepts, so that what is over the limit waits in the kernel and costs nothing here.
async fn accept(listener: &TcpListener, room: &Arc<Room>) -> Option<(TcpStream, SocketAddr, Place)> {
    let place = room.place().await?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            tracing::warn!(%error, "accept failed");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// One connection's share of everything.
struct Connection {
    callbacks: Callbacks,
    limits: Limits,
    peer: SocketAddr,
    place: Place,
    alive: watch::Receiver<()>,
}

impl Connection {
    async fn run(self, stream: TcpStream, mut ended: watch::Receiver<()>) {
        // Answers are one write each; waiting to fill a packet would only add 40 ms to some of them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "nodelay refused");
        }
        let (limits, connection) = (self.limits, Arc::new(self));
        let service = service_fn(|request| {
            let connection = Arc::clone(&connection);
            async move { Ok::<_, std::convert::Infallible>(connection.exchange(request).await) }
        });
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_time)
            .max_buf_size(limits.header_bytes.max(8 * 1024))
            // A client may shut its sending side after the request and still read the answer.
            .half_close(true);
        // Who sends requests and never reads an answer would keep the connection, and its place among all, for ever.
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.answer_time));
        let mut served = pin!(builder.serve_connection(TokioIo::new(Box::pin(stream)), service));
        let result = tokio::select! {
            result = served.as_mut() => result,
            _ = ended.changed() => {
                served.as_mut().graceful_shutdown();
                served.await
            }
            () = connection.place.asked_to_leave() => {
                served.as_mut().graceful_shutdown();
                // Of a head that goes on coming, hyper would wait for the end.
                let time = if connection.place.spoke() { limits.answer_time } else { Duration::ZERO };
                match tokio::time::timeout(time, served.as_mut()).await {
                    Ok(result) => result,
                    Err(_) if connection.place.is_answered() => served.await,
                    Err(_) => Ok(()),
                }
            }
        };
        if let Err(error) = result {
            tracing::debug!(%error, peer = %connection.peer, "connection ended early");
        }
    }

    /// One request, from head to answer, with its log line.
    async fn exchange(&self, incoming: hyper::Request<Incoming>) -> hyper::Response<Full<Bytes>> {
        let started = Instant::now();
        self.place.speaks();
        let (mut parts, body) = incoming.into_parts();
        for value in parts
            .headers
            .iter_mut()
            .filter(|(name, _)| *name == AUTHORIZATION)
            .map(|(_, value)| value)
        {
            // Keeps the secret out of every `Debug` form of the request.
            value.set_sensitive(true);
        }
        let mut request = Request {
            request_id: self.request_id(&parts.headers),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            method: parts.method,
            headers: parts.headers,
            body: Bytes::new(),
            body_too_large: false,
            at: (self.callbacks.now)(),
            peer: self.peer,
        };
        let head = request.head();
        if !names_one_host(parts.version, &request.headers) {
            let answer = Response::empty(400).with("connection", "close");
            return on_the_wire(answer, &head.request_id);
        }
        let expects_continue = request.headers.contains_key(hyper::header::EXPECT);
        let reading = body::read(body, self.limits.body_bytes, expects_continue, self.limits.body_time);
        let answer = match reading.await {
            body::Read::Whole(bytes) => {
                request.body = bytes;
                self.handled(request, &head).await
            }
            body::Read::TooLarge { drained } => {
                request.body_too_large = true;
                let answer = self.handled(request, &head).await;
                if drained {
                    answer
                } else {
                    answer.with("connection", "close")
                }
            }
            body::Read::TooSlow => Response::empty(408).with("connection", "close"),
            body::Read::Broken => Response::empty(400).with("connection", "close"),
        };
        let answer = on_the_wire(answer, &head.request_id);
        self.place.is_quiet();
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(
            method = %head.method,
            path = head.path,
            status = answer.status().as_u16(),
            micros,
            request_id = head.request_id,
            "request"
        );
        answer
    }

    /// Runs the handler to its end, whatever becomes of the connection. Its panic stays in it.
    async fn handled(&self, request: Request, head: &RequestHead) -> Response {
        match AtWork::begin(&self.callbacks.handler, request, self.alive.clone()).await {
            Ok(answer) => answer,
            Err(panic) => {
                let said = panic.downcast_ref::<&str>().copied();
                let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
                let (request_id, path) = (&head.request_id, &head.path);
                tracing::error!(
                    error = said.unwrap_or_default(),
                    request_id,
                    path,
                    "the handler panicked"
                );
                (self.callbacks.on_panic)(head)
            }
        }
    }

    /// The client's id if it is one line of sane length, so that nobody writes into our logs; else a new one.
    fn request_id(&self, headers: &hyper::HeaderMap) -> String {
        let sane = |id: &&str| {
            (1..=MAX_REQUEST_ID_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        };
        match headers
            .get("x-request-id")
            .and_then(|value| value.to_str().ok())
            .filter(sane)
        {
            Some(id) => id.to_owned(),
            None => (self.callbacks.new_request_id)(),
        }
    }
}

/// Whether a request names its host as RFC 9112 (3.2) wants it: once, but that HTTP/1.0 need not. A proxy on the way may have looked
/// at the other one of two.
fn names_one_host(version: hyper::Version, headers: &hyper::HeaderMap) -> bool {
    match headers.get_all(HOST).iter().count() {
        0 => version == hyper::Version::HTTP_10,
        1 => true,
        _ => false,
    }
}

/// Puts an answer into hyper's words. For HEAD, hyper sends the length of the body and drops the body.
fn on_the_wire(answer: Response, request_id: &str) -> hyper::Response<Full<Bytes>> {
    let has_id = answer.header("x-request-id").is_some();
    let mut out = hyper::Response::new(Full::new(Bytes::from(answer.body)));
    match hyper::StatusCode::from_u16(answer.status) {
        Ok(status) => *out.status_mut() = status,
        Err(_) => {
            tracing::error!(status = answer.status, request_id, "not a status; 500 sent");
            *out.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        }
    }
    let own_id = (!has_id).then(|| ("x-request-id".into(), request_id.to_owned()));
    for (name, value) in answer.headers.into_iter().chain(own_id) {
        match (
            HeaderName::try_from(name.as_ref()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            (Ok(header), Ok(value)) => {
                out.headers_mut().append(header, value);
            }
            _ => tracing::error!(name = name.as_ref(), request_id, "not a header; left out"),
        }
    }
    out
}
