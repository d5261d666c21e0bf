//! Something between the books and PostgreSQL that loses connections at chosen points.
//!
//! It reads what the client sends message by message, counts, and when the chosen one has come it closes the connection: either
//! before the message reaches PostgreSQL, or after PostgreSQL has answered it and before the client hears of that.

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
}

#[derive(Debug, Default)]
struct Plan {
    /// How many messages are let through before the one at which the connection is lost, if it is to be.
    left: Option<(usize, Side)>,
    /// What the message said at which it was lost.
    cut: Option<Vec<u8>>,
}

/// A loopback address that leads to PostgreSQL.
pub struct Proxy {
    pub at: SocketAddr,
    plan: Arc<Mutex<Plan>>,
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
                tokio::spawn(async move {
                    tokio::select! {
                        () = carry(client, server, shared) => {}
                        _dark = darkness.wait_for(|dark| *dark) => {}
                    }
                });
            }
        });
        Proxy {
            at,
            plan,
            dark,
            refused,
            _runtime: runtime,
        }
    }

    /// From now on lets so many messages through and loses the connection at the next.
    pub fn cut_after(&self, messages: usize, side: Side) {
        *self.plan.lock().unwrap() = Plan {
            left: Some((messages, side)),
            cut: None,
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

    /// What the message said at which the connection was lost, if it was; from now on none is.
    pub fn rest(&self) -> Option<Vec<u8>> {
        std::mem::take(&mut *self.plan.lock().unwrap()).cut
    }
}

async fn carry(client: TcpStream, server: TcpStream, plan: Arc<Mutex<Plan>>) {
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let lost = Arc::new(Notify::new());
    let swallowing = Arc::new(Mutex::new(false));
    let answers = tokio::spawn(answers(
        from_server,
        to_client,
        Arc::clone(&swallowing),
        Arc::clone(&lost),
    ));
    let questions = questions(from_client, to_server, plan, swallowing);
    tokio::select! {
        () = questions => {}
        () = lost.notified() => {}
    }
    answers.abort();
}

/// Carries what PostgreSQL says, until it is to be lost: then it is read once more, and all is over.
async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, swallowing: Arc<Mutex<bool>>, lost: Arc<Notify>) {
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
    lost.notify_one();
}

/// Carries what the client says, message by message; returns when the connection is to be lost.
async fn questions(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    plan: Arc<Mutex<Plan>>,
    swallowing: Arc<Mutex<bool>>,
) {
    // The first message has no kind, nor has the one after a question whether to encrypt.
    let mut header = 0;
    loop {
        let mut message = vec![0; header + 4];
        if from.read_exact(&mut message).await.is_err() {
            return;
        }
        let length = u32::from_be_bytes(message[header..].try_into().unwrap()) as usize;
        message.resize(header + length, 0);
        if from.read_exact(&mut message[header + 4..]).await.is_err() {
            return;
        }
        let asks_for_encryption = header == 0 && message[4..] == 80_877_103_u32.to_be_bytes();
        header = usize::from(!asks_for_encryption);
        let side = {
            let mut plan = plan.lock().unwrap();
            // A reader lets go of its state when it is done, whenever that is: counted, it would move the others about.
            let counts = !message.windows(9).any(|window| window == b"rollback\0");
            match plan.left.take_if(|_| counts) {
                Some((0, side)) => {
                    plan.cut = Some(message.clone());
                    Some(side)
                }
                Some((messages, side)) => {
                    plan.left = Some((messages - 1, side));
                    None
                }
                None => None,
            }
        };
        if side == Some(Side::Before) {
            return;
        }
        if side == Some(Side::After) {
            *swallowing.lock().unwrap() = true;
        }
        if to.write_all(&message).await.is_err() {
            return;
        }
        if side == Some(Side::After) {
            // What the client sends meanwhile belongs to the same flight: without its end PostgreSQL would not answer.
            let mut rest = [0; 4096];
            while let Ok(read) = from.read(&mut rest).await {
                if read == 0 || to.write_all(&rest[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}
