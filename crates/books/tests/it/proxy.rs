//! Something between the books and PostgreSQL that loses connections at chosen points.
//!
//! It reads what the client sends message by message, counts, and when the chosen one has come it closes the connection: before the
//! message reaches PostgreSQL, or after PostgreSQL has answered it and before the client hears of that, or so that the message comes
//! to PostgreSQL when the client has long been told that the connection is lost.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// On which side of PostgreSQL's work a connection is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The message never arrives.
    Before,
    /// It is answered, and the answer is lost.
    After,
    /// It arrives with what the client sent behind it, when so many messages have come over other connections.
    Late(usize),
}

#[derive(Debug, Default)]
struct Plan {
    /// How many messages are let through before the one at which the connection is lost, if it is to be.
    left: Option<(usize, Side)>,
    /// What the message said at which it was lost.
    cut: Option<Vec<u8>>,
    /// How many messages are to come before what is late arrives, if something is.
    late: Option<usize>,
}

/// What is late: when it arrives, and that PostgreSQL is done with it.
#[derive(Debug, Default)]
struct Lateness {
    goes: Notify,
    done: Notify,
}

/// A loopback address that leads to PostgreSQL.
pub struct Proxy {
    pub at: SocketAddr,
    plan: Arc<Mutex<Plan>>,
    lateness: Arc<Lateness>,
    dark: watch::Sender<bool>,
    refused: watch::Receiver<usize>,
    _runtime: tokio::runtime::Runtime,
}

impl Proxy {
    /// To the database at `place`.
    pub fn to(place: String) -> Proxy {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap();
        let plan = Arc::new(Mutex::new(Plan::default()));
        let shared = Arc::clone(&plan);
        let lateness = Arc::<Lateness>::default();
        let late = Arc::clone(&lateness);
        let (dark, darkness) = watch::channel(false);
        let (refusing, refused) = watch::channel(0);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *darkness.borrow() {
                    refusing.send_modify(|refused| *refused += 1);
                    continue;
                }
                let server = TcpStream::connect(&place).await.unwrap();
                let (shared, mut darkness) = (Arc::clone(&shared), darkness.clone());
                let late = Arc::clone(&late);
                tokio::spawn(async move {
                    tokio::select! {
                        () = carry(client, server, shared, late) => {}
                        _dark = darkness.wait_for(|dark| *dark) => {}
                    }
                });
            }
        });
        Proxy {
            at,
            plan,
            lateness,
            dark,
            refused,
            _runtime: runtime,
        }
    }

    /// From now on lets so many messages through and loses the connection at the next.
    pub fn cut_after(&self, messages: usize, side: Side) {
        *self.plan.lock().unwrap() = Plan {
            left: Some((messages, side)),
            ..Plan::default()
        };
    }

    /// Ends every connection and lets nobody through.
    pub fn darken(&self) {
        self.dark.send_replace(true);
    }

    /// Lets everybody through again.
    pub fn light(&self) {
        self.dark.send_replace(false);
    }

    /// Lets everybody through again, once so many more have come in vain.
    pub async fn light_after(&self, visitors: usize) {
        let mut refused = self.refused.clone();
        let enough = *refused.borrow_and_update() + visitors;
        refused.wait_for(|refused| *refused >= enough).await.unwrap();
        self.dark.send_replace(false);
    }

    /// What the message said at which the connection was lost, if it was, with the statement it is about; from now on none is.
    pub fn rest(&self) -> Option<Vec<u8>> {
        let mut plan = self.plan.lock().unwrap();
        plan.left = None;
        plan.cut.take()
    }

    /// Whether what was lost is still on its way.
    pub fn is_on_its_way(&self) -> bool {
        self.plan.lock().unwrap().late.is_some()
    }

    /// Has what is late arrive now, if it did not yet, and waits until PostgreSQL is done with it.
    pub async fn arrive(&self) {
        if self.plan.lock().unwrap().late.take().is_some() {
            self.lateness.goes.notify_one();
        }
        self.lateness.done.notified().await;
    }
}

async fn carry(client: TcpStream, server: TcpStream, plan: Arc<Mutex<Plan>>, lateness: Arc<Lateness>) {
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let ((from_client, to_client), (mut from_server, mut to_server)) = (client.into_split(), server.into_split());
    let swallowing = Mutex::new(false);
    let late = tokio::select! {
        late = questions(from_client, &mut to_server, &plan, &lateness, &swallowing) => late,
        () = answers(&mut from_server, to_client, &swallowing) => None,
    };
    // The client has heard the end of it now.
    let Some(late) = late else { return };
    lateness.goes.notified().await;
    to_server.write_all(&late).await.unwrap();
    to_server.shutdown().await.unwrap();
    let mut rest = Vec::new();
    // It says what it has to say, finds that nobody is there any more, and ends.
    let _ended = from_server.read_to_end(&mut rest).await;
    lateness.done.notify_one();
}

/// Carries what PostgreSQL says, until it is to be lost: then it is read once more, and all is over.
async fn answers(from: &mut OwnedReadHalf, mut to: OwnedWriteHalf, swallowing: &Mutex<bool>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match from.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(_) if *swallowing.lock().unwrap() => break,
            Ok(read) => {
                if to.write_all(&buffer[..read]).await.is_err() {
                    break;
                }
            }
        }
    }
}

/// Takes the next message of a client; the first one of a connection has no kind before its length.
async fn message(from: &mut OwnedReadHalf, header: usize) -> Option<Vec<u8>> {
    let mut message = vec![0; header + 4];
    from.read_exact(&mut message).await.ok()?;
    let length = u32::from_be_bytes(message[header..].try_into().unwrap()) as usize;
    message.resize(header + length, 0);
    from.read_exact(&mut message[header + 4..]).await.ok()?;
    Some(message)
}

/// The statements of a connection: those it has prepared, by name, and the one that it carries out.
#[derive(Default)]
struct Statements {
    prepared: HashMap<Vec<u8>, Vec<u8>>,
    bound: Vec<u8>,
}

impl Statements {
    /// Takes in what a message says about them.
    fn take_in(&mut self, message: &[u8]) {
        let mut texts = message[1..].get(4..).unwrap_or_default().split(|byte| *byte == 0);
        let (first, second) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
        match message[0] {
            b'P' => {
                self.prepared.insert(first.to_vec(), second.to_vec());
                self.bound.clear();
            }
            b'B' => self.bound = self.prepared.get(second).cloned().unwrap_or_default(),
            b'E' | b'S' => {}
            _ => self.bound.clear(),
        }
    }
}

/// Counts a message, and says on which side of it the connection is to be lost.
fn counted(plan: &Mutex<Plan>, lateness: &Lateness, message: &[u8], statements: &Statements) -> Option<Side> {
    // A reader lets go of its state when it is done, whenever that is: counted, it would move the others about.
    if message.windows(9).any(|window| window == b"rollback\0") {
        return None;
    }
    let mut plan = plan.lock().unwrap();
    match plan.late.take() {
        Some(1) => lateness.goes.notify_one(),
        Some(left) => plan.late = Some(left - 1),
        None => {}
    }
    match plan.left.take() {
        Some((0, side)) => {
            plan.cut = Some([message, &statements.bound].concat());
            match side {
                Side::Late(0) => lateness.goes.notify_one(),
                Side::Late(left) => plan.late = Some(left),
                Side::Before | Side::After => {}
            }
            Some(side)
        }
        Some((messages, side)) => {
            plan.left = Some((messages - 1, side));
            None
        }
        None => None,
    }
}

/// Carries what the client says, message by message; returns when the connection is to be lost, with what is late.
async fn questions(
    mut from: OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    plan: &Mutex<Plan>,
    lateness: &Lateness,
    swallowing: &Mutex<bool>,
) -> Option<Vec<u8>> {
    // The first message has no kind, nor has the one after a question whether to encrypt.
    let mut header = 0;
    let mut statements = Statements::default();
    loop {
        let mut next = message(&mut from, header).await?;
        let asks_for_encryption = header == 0 && next[4..] == 80_877_103_u32.to_be_bytes();
        if header == 1 {
            statements.take_in(&next);
        }
        let side = counted(plan, lateness, &next, &statements);
        match side {
            Some(Side::Before) => return None,
            Some(Side::Late(_)) => {
                // What PostgreSQL would wait for comes along, and what the client has sent already.
                let mut last = next[0];
                while header == 1 && !matches!(last, b'S' | b'Q') {
                    let more = message(&mut from, 1).await?;
                    last = more[0];
                    next.extend(more);
                }
                let mut more = [0; 64 * 1024];
                while let Ok(read @ 1..) = from.try_read(&mut more) {
                    next.extend(&more[..read]);
                }
                return Some(next);
            }
            Some(Side::After) => *swallowing.lock().unwrap() = true,
            None => {}
        }
        header = usize::from(!asks_for_encryption);
        if to.write_all(&next).await.is_err() {
            return None;
        }
        if side == Some(Side::After) {
            // What the client sends meanwhile belongs to the same flight: without its end PostgreSQL would not answer.
            let mut rest = [0; 4096];
            while let Ok(read) = from.read(&mut rest).await {
                if read == 0 || to.write_all(&rest[..read]).await.is_err() {
                    return None;
                }
            }
        }
    }
}
