//! The reference deployment as the test runs it: the very files in `deploy/`, in a directory of its own, on ports of its own.
//!
//! Processes are ended by number, and only those that this deployment started and noted.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process::Chance;

/// How many ports a deployment takes, in a row.
const PORTS: u16 = 12;
/// How long the nodes may take to be whole again.
const HEALING: Duration = Duration::from_secs(180);

/// What dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dies {
    /// PostgreSQL and Patroni together, as when a machine dies.
    Node,
    /// PostgreSQL alone.
    Postgres,
}

/// Three nodes. They are stopped when they are let go of, and when this process is gone.
pub struct Nodes {
    script: PathBuf,
    directory: PathBuf,
    settings: BTreeMap<String, String>,
    first: u16,
    process: Child,
    input: Option<ChildStdin>,
    _folder: tempfile::TempDir,
}

impl Nodes {
    pub fn start() -> Nodes {
        let folder = tempfile::tempdir().unwrap();
        // Whoever runs PostgreSQL for us must be able to pass.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let directory = folder.path().join("nodes");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/three-nodes.sh");
        let first = free_ports();
        let mut process = Command::new("sh")
            .arg(&script)
            .arg("hold")
            .arg(&directory)
            .env("QUITTANCE_PORTS", first.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "ready\n", "the three nodes did not start");
        let text = std::fs::read_to_string(directory.join("settings")).unwrap();
        let pair = |line: &str| {
            let (name, value) = line.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('\'').to_owned()))
        };
        Nodes {
            script,
            settings: text.lines().filter_map(pair).collect(),
            directory,
            first,
            input: process.stdin.take(),
            process,
            _folder: folder,
        }
    }

    /// A line of the deployment's settings.
    pub fn setting(&self, name: &str) -> &str {
        &self.settings[name]
    }

    /// The nodes as Patroni shows them, asked of any that answers.
    fn members(&self) -> Vec<Value> {
        let shown = (6..9).find_map(|place| get(self.first + place, "/cluster"));
        shown.map_or(vec![], |shown| shown["members"].as_array().cloned().unwrap_or_default())
    }

    /// The number of the leader, once three nodes run and one of the others holds every commit with it.
    pub fn whole(&self) -> usize {
        let began = Instant::now();
        loop {
            let members = self.members();
            let of_role = |role: &str| {
                members
                    .iter()
                    .filter(|member| member["role"] == role)
                    .collect::<Vec<_>>()
            };
            let timelines: Vec<&Value> = members.iter().map(|member| &member["timeline"]).collect();
            let running = members
                .iter()
                .all(|member| member["state"] == "running" || member["state"] == "streaming");
            let alike = timelines
                .iter()
                .all(|timeline| timeline.is_i64() && *timeline == timelines[0]);
            if let ([leader], [_]) = (&of_role("leader")[..], &of_role("sync_standby")[..])
                && members.len() == 3
                && running
                && alike
            {
                return leader["name"].as_str().unwrap()[1..].parse().unwrap();
            }
            assert!(began.elapsed() < HEALING, "the nodes are not whole again: {members:#?}");
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }

    /// Kills a node's processes as its machine's death would.
    pub fn kill(&self, node: usize, dies: Dies) {
        let folder = self.directory.join(format!("n{node}"));
        let number = |file: PathBuf| {
            let text = std::fs::read_to_string(&file).unwrap();
            text.lines().next().unwrap().trim().parse::<u32>().unwrap()
        };
        let mut numbers = vec![number(folder.join("data/postmaster.pid"))];
        if dies == Dies::Node {
            // The watcher first, or it might start anew what it watches.
            numbers.insert(0, number(folder.join("patroni.pid")));
        }
        for number in numbers {
            let status = Command::new("kill")
                .args(["-KILL", &number.to_string()])
                .status()
                .unwrap();
            assert!(status.success(), "process {number} was not there to be killed");
        }
    }

    /// Starts a node's Patroni again, as the machine's service manager would.
    pub fn start_again(&self, node: usize) {
        let status = Command::new("sh")
            .arg(&self.script)
            .arg("node")
            .arg(&self.directory)
            .arg(node.to_string())
            .stdin(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ended = self.process.wait();
    }
}

/// The first of twelve ports in a row that nobody has.
fn free_ports() -> u16 {
    let mut chance = Chance::new(u64::from(std::process::id()));
    let is_free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    // Below the range that the system gives to outgoing connections.
    std::iter::repeat_with(|| 10_000 + chance.below(20_000) as u16)
        .take(1000)
        .find(|first| (*first..first + PORTS).all(is_free))
        .unwrap()
}

/// A plain GET of JSON; nothing when nobody answers.
fn get(port: u16, path: &str) -> Option<Value> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    serde_json::from_str(text.split_once("\r\n\r\n")?.1).ok()
}
