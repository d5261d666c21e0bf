//! The program in processes of its own, as it runs in earnest: command lines, servers, and plain clients that see what a client sees.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the program on a database and hands out what it said; it must end well.
pub fn quittance(folder: &Path, db: &str, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_quittance"))
        .args(arguments)
        .args(["--db", db])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A server in a process of its own, killed when it is let go of.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub address: String,
}

impl Server {
    /// Starts one on a free port and waits until it listens. No vendor's limit is in the way.
    pub fn start(folder: &Path, db: &str) -> Server {
        let mut process = Command::new(env!("CARGO_BIN_EXE_quittance"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--db", db])
            .args(["--layer-per-second", "1000000", "--moov-per-second", "1000000"])
            .args(["--highlevel-burst", "1000000", "--highlevel-daily", "1000000"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit("http://").next().unwrap().to_owned();
        assert!(!address.is_empty(), "the server did not start");
        Server { process, address }
    }
}

impl Server {
    /// Kills it as `kill -9` does.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Tells it to end as a supervisor does, and waits until it has.
    pub fn terminate(&mut self) -> ExitStatus {
        let told = Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status();
        assert!(told.unwrap().success());
        self.process.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that ended already cannot be killed, which is as good.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }
}

/// One kept-alive connection.
pub struct Client {
    stream: BufReader<TcpStream>,
    authorization: String,
}

impl Client {
    /// Connects; `authorization` is the value of the header.
    pub fn new(address: &str, authorization: &str) -> std::io::Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Client {
            stream: BufReader::new(stream),
            authorization: authorization.to_owned(),
        })
    }

    /// The answer, or how the connection broke.
    pub fn send(&mut self, method: &str, target: &str, body: &str) -> std::io::Result<Answer> {
        self.send_with(method, target, &[], body)
    }

    /// As [`Client::send`], with more headers.
    pub fn send_with(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> std::io::Result<Answer> {
        let mut request = format!(
            "{method} {target} HTTP/1.1\r\nhost: local\r\nauthorization: {}\r\ncontent-type: application/json\r\n",
            self.authorization
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut length, mut status) = (0, 0);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if status == 0 {
                status = line.split(' ').nth(1).unwrap().parse().unwrap();
            } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        let body = String::from_utf8(body).unwrap();
        Ok(Answer { status, body })
    }
}

/// A chance of one's own per client, so that a run can be repeated as far as its threads allow.
pub struct Chance(u64);

impl Chance {
    /// Of a seed.
    pub fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}
