//! A private PostgreSQL cluster for the tests: on a free loopback port, in a directory of its own, gone afterwards.
//!
//! Its durability is as shipped, because tests of crashes run on it. PostgreSQL refuses to run as root; where we are root, the
//! user that its Debian package made runs it. A shell (`cluster/guard.sh`) stands between us and the server and ends it when our
//! end of a pipe closes, so that nothing is left however we end. Deliberately absent: any other cluster of the machine.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Where tests find the database: a role that may log in and make databases, and is no superuser. When it is set already, that
/// database is used and none is started.
pub const ADDRESS: &str = "QUITTANCE_TEST_POSTGRES";
/// The same database for the role of a server, which owns nothing.
pub const SERVER_ADDRESS: &str = "QUITTANCE_TEST_POSTGRES_SERVER";
/// The directory of PostgreSQL's programs, for tests that dump, restore or start clusters themselves.
pub const PROGRAMS: &str = "QUITTANCE_TEST_POSTGRES_PROGRAMS";

/// The user who runs PostgreSQL when we are root.
const USER: &str = "postgres";
/// The oldest version that tests run on: the first with a choice of where locales come from.
const OLDEST: u32 = 15;
/// How many ports are tried: between finding one free and using it another program may have taken it.
const TRIES: usize = 3;

/// A running cluster. Letting go of it ends it.
#[derive(Debug)]
pub struct Cluster {
    guard: Child,
    input: Option<ChildStdin>,
    environment: Vec<(&'static str, String)>,
}

impl Cluster {
    /// Starts one, unless the environment names a database already. It notes which statements are carried out.
    pub fn for_tests() -> Result<Option<Cluster>, String> {
        Cluster::unless_named("noting")
    }

    /// As for tests, but nothing is noted.
    pub fn for_a_benchmark() -> Result<Option<Cluster>, String> {
        Cluster::unless_named("plain")
    }

    fn unless_named(manner: &str) -> Result<Option<Cluster>, String> {
        if std::env::var_os(ADDRESS).is_some() {
            return Ok(None);
        }
        let programs = programs()?;
        let mut last = String::new();
        for _ in 0..TRIES {
            match Cluster::start(&programs, manner) {
                Ok(cluster) => return Ok(Some(cluster)),
                Err(message) => last = message,
            }
        }
        Err(last)
    }

    fn start(programs: &str, manner: &str) -> Result<Cluster, String> {
        let port = free_port().map_err(|error| format!("no loopback port is free: {error}"))?;
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                include_str!("cluster/guard.sh"),
                "guard",
                programs,
                &port.to_string(),
                manner,
            ])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C reaches the whole group of a terminal. The guard ends the server in order instead, once we are gone.
            .process_group(0);
        if let Some((user, group)) = other_user()? {
            command.uid(user).gid(group);
        }
        let mut guard = command.spawn().map_err(|error| format!("cannot start sh: {error}"))?;
        let input = guard.stdin.take();
        let mut line = String::new();
        if let Some(output) = guard.stdout.take() {
            // What cannot be read is as good as an empty line: what went wrong stands in the other stream.
            let _unread = BufReader::new(output).read_line(&mut line);
        }
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["ready", port, password] => Ok(Cluster {
                guard,
                input,
                environment: vec![
                    (ADDRESS, address("quittance_owner", password, port)),
                    (SERVER_ADDRESS, address("quittance_server", password, port)),
                    (PROGRAMS, programs.to_owned()),
                ],
            }),
            _ => {
                drop(input);
                let mut words = String::new();
                if let Some(mut errors) = guard.stderr.take() {
                    let _unread = errors.read_to_string(&mut words);
                }
                let _ended = guard.wait();
                Err(format!("the tests' own PostgreSQL does not start: {}", words.trim()))
            }
        }
    }

    /// What the test processes need to find it.
    pub fn environment(&self) -> &[(&'static str, String)] {
        &self.environment
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ended = self.guard.wait();
    }
}

fn address(role: &str, password: &str, port: &str) -> String {
    format!("postgres://{role}:{password}@127.0.0.1:{port}/postgres")
}

fn free_port() -> std::io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()
        .map(|at| at.port())
}

/// The directory of the newest PostgreSQL that is installed.
fn programs() -> Result<String, String> {
    let installed = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.parse::<u32>().ok());
    let newest = installed
        .filter(|version| *version >= OLDEST)
        .filter(|version| directory(*version).join("initdb").is_file())
        .max()
        .ok_or_else(|| format!("no PostgreSQL {OLDEST} or newer is in /usr/lib/postgresql"))?;
    Ok(directory(newest).to_string_lossy().into_owned())
}

fn directory(version: u32) -> PathBuf {
    PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"))
}

/// The ids of the user and the group to run as: none when we are no root.
fn other_user() -> Result<Option<(u32, u32)>, String> {
    if id(&["-u"])? != 0 {
        return Ok(None);
    }
    Ok(Some((id(&["-u", USER])?, id(&["-g", USER])?)))
}

fn id(arguments: &[&str]) -> Result<u32, String> {
    let shown = || format!("id {}", arguments.join(" "));
    let output = Command::new("id")
        .args(arguments)
        .output()
        .map_err(|error| format!("cannot start {}: {error}", shown()))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    text.parse().map_err(|_| {
        format!(
            "`{}` tells no user: {}",
            shown(),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    fn port(cluster: &Cluster) -> u16 {
        let (_, address) = &cluster.environment()[0];
        let port = address.rsplit(':').next().unwrap().split('/').next().unwrap();
        port.parse().unwrap()
    }

    #[test]
    fn a_cluster_answers_as_long_as_it_is_held_and_leaves_nothing() {
        let cluster = Cluster::start(&programs().unwrap(), "noting").unwrap();
        let port = port(&cluster);
        let (_, owner) = &cluster.environment()[0];
        let (_, server) = &cluster.environment()[1];
        let ask = |address: &str, statement: &str| {
            let psql = format!("{}/psql", programs().unwrap());
            let arguments = ["--no-psqlrc", "-At", "-d", address, "-c", statement];
            let output = Command::new(psql).args(arguments).output().unwrap();
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        };
        assert_eq!(
            ask(owner, "select usesuper, usecreatedb from pg_user where usename = user"),
            "f|t"
        );
        assert_eq!(
            ask(server, "select usesuper, usecreatedb from pg_user where usename = user"),
            "f|f"
        );
        assert_eq!(ask(owner, "show fsync"), "on");
        assert_eq!(ask(owner, "show synchronous_commit"), "on");
        let folder = ask(owner, "show unix_socket_directories");
        assert!(PathBuf::from(&folder).is_dir(), "{folder}");
        drop(cluster);
        assert!(!PathBuf::from(&folder).exists(), "{folder} is still there");
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    }

    #[test]
    fn a_cluster_that_cannot_start_says_why() {
        let message = Cluster::start("/nowhere", "noting").unwrap_err();
        assert!(message.contains("initdb failed"), "{message}");
        assert!(message.contains("/nowhere/initdb"), "{message}");
    }
}
