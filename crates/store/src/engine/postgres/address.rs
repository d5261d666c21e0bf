//! The address of a PostgreSQL database: what libpq's URLs say, and a few words of our own.
//!
//! Everything that the driver knows is handed to it as it stands: several hosts, `target_session_attrs=read-write`,
//! `connect_timeout`, keepalives. Ours are `sslmode=verify-ca` and `verify-full` with `sslrootcert`, `passfile`, `writers`,
//! `readers` and `statement_timeout`. A password is best left out of the address: it is looked for in `QUITTANCE_DB_PASSWORD`,
//! `PGPASSWORD` and the file that `passfile` names, in this order, after the address itself. No error repeats an address.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use crate::error::StoreError;

/// How many connections write at most: as many books as are written to at once by one server. PostgreSQL makes commits durable
/// in groups by itself, so that more of them cost little until its processors are busy.
const WRITERS: usize = 16;

/// How many connections read at most.
const READERS: usize = 16;

/// How long one statement may take. A list of a large book is the longest that is ever asked.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long making a connection may take, per host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a session may stay in the middle of a unit of work without a word: longer than any decision takes, and short enough
/// that a server that froze does not keep a book from the others.
const IDLE_IN_UNIT: Duration = Duration::from_secs(20);

/// How long what was sent may stay unacknowledged before the connection is given up, so that a machine that vanished is noticed.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);

/// How the server proves who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// It need not: nobody can read along, but somebody may answer in its place. As libpq's `require`.
    Anybody,
    /// By a certificate of an authority in this file; for this host, if `host` is set.
    Root {
        /// The authorities, in PEM.
        file: PathBuf,
        /// Whether the certificate must be for the host's name.
        host: bool,
    },
}

/// Where a database is, and how it is used.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// What the driver connects with.
    pub(super) config: Config,
    /// Whom to trust.
    pub(super) trust: Trust,
    /// How many connections write at most.
    pub(super) writers: usize,
    /// How many connections read at most.
    pub(super) readers: usize,
}

/// Whether an address is one of PostgreSQL.
pub(in crate::engine) fn is_address(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

/// Reads an address. `environment` is asked for passwords.
pub(super) fn read(text: &str, environment: impl Fn(&str) -> Option<String>) -> Result<Address, StoreError> {
    let (place, query) = text.split_once('?').unwrap_or((text, ""));
    let mut ours = Ours::default();
    let mut rest = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if !ours.take(&name, &value)? {
            rest.append_pair(&name, &value);
        }
    }
    // The driver decodes percent signs but takes a plus for a plus.
    let rest = rest.finish().replace('+', "%20");
    let mut config: Config = format!("{place}?{rest}")
        .parse()
        .map_err(|error: tokio_postgres::Error| wrong(&words(&error)))?;
    if let Some(mode) = ours.mode {
        config.ssl_mode(mode);
    }
    let trust = match (ours.verify, ours.root) {
        (None, _) => Trust::Anybody,
        (Some(host), Some(file)) => Trust::Root { file, host },
        (Some(_), None) => {
            return Err(wrong(
                "this sslmode wants sslrootcert, the file of trusted certificates",
            ));
        }
    };
    if config.get_password().is_none()
        && let Some(password) = password(environment, ours.passfile.as_deref())?
    {
        config.password(password);
    }
    settle(&mut config, ours.statement_timeout.unwrap_or(STATEMENT_TIMEOUT));
    Ok(Address {
        config,
        trust,
        writers: ours.writers.unwrap_or(WRITERS),
        readers: ours.readers.unwrap_or(READERS),
    })
}

/// What is ours in the query of an address.
#[derive(Default)]
struct Ours {
    mode: Option<SslMode>,
    /// Set when the certificate is checked: whether for the host's name too.
    verify: Option<bool>,
    root: Option<PathBuf>,
    passfile: Option<PathBuf>,
    writers: Option<usize>,
    readers: Option<usize>,
    statement_timeout: Option<Duration>,
}

impl Ours {
    /// Takes a parameter if it is ours.
    fn take(&mut self, name: &str, value: &str) -> Result<bool, StoreError> {
        match (name, value) {
            ("sslmode", "verify-ca") => (self.mode, self.verify) = (Some(SslMode::Require), Some(false)),
            ("sslmode", "verify-full") => (self.mode, self.verify) = (Some(SslMode::Require), Some(true)),
            ("sslrootcert", file) => self.root = Some(file.into()),
            ("passfile", file) => self.passfile = Some(file.into()),
            ("writers", number) => self.writers = Some(connections(name, number)?),
            ("readers", number) => self.readers = Some(connections(name, number)?),
            ("statement_timeout", seconds) => {
                let seconds: u64 = seconds
                    .parse()
                    .map_err(|_| wrong("statement_timeout is a number of seconds"))?;
                self.statement_timeout = Some(Duration::from_secs(seconds));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn connections(name: &str, number: &str) -> Result<usize, StoreError> {
    let number = number.parse().ok().filter(|number| (1..=1000).contains(number));
    number.ok_or_else(|| wrong(&format!("{name} is a number of connections from 1 to 1000")))
}

fn password(environment: impl Fn(&str) -> Option<String>, file: Option<&Path>) -> Result<Option<String>, StoreError> {
    let set = ["QUITTANCE_DB_PASSWORD", "PGPASSWORD"]
        .into_iter()
        .find_map(environment);
    if set.is_some() {
        return Ok(set);
    }
    let Some(file) = file else { return Ok(None) };
    let text = std::fs::read_to_string(file)
        .map_err(|error| wrong(&format!("the password file {} cannot be read: {error}", file.display())))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Sets what every session has in common.
///
/// Every statement finds its rows by an index that starts with the book, so a plan that reads a whole table is never right, however
/// small the table was when statistics were last gathered: a server that begins with an empty database would otherwise keep plans
/// made for empty tables. What the address says in `options` comes last and wins.
fn settle(config: &mut Config, statement_timeout: Duration) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNACKNOWLEDGED);
    }
    if config.get_application_name().is_none() {
        config.application_name("quittance");
    }
    let mut options = String::new();
    for (name, value) in [
        ("statement_timeout", statement_timeout.as_millis().to_string()),
        (
            "idle_in_transaction_session_timeout",
            IDLE_IN_UNIT.as_millis().to_string(),
        ),
        ("enable_seqscan", "off".to_owned()),
        ("enable_bitmapscan", "off".to_owned()),
        ("enable_hashjoin", "off".to_owned()),
        ("enable_mergejoin", "off".to_owned()),
        ("jit", "off".to_owned()),
        // A session whose client vanished in the middle of a message is noticed, and lets go of its book.
        ("tcp_keepalives_idle", "10".to_owned()),
        ("tcp_keepalives_interval", "3".to_owned()),
        ("tcp_keepalives_count", "3".to_owned()),
        // Of a statement that is a unit of work by itself: it sees what the one that held the head before it wrote.
        ("default_transaction_isolation", "read\\ committed".to_owned()),
    ] {
        // Writing into a text cannot fail.
        let _ = write!(options, "-c {name}={value} ");
    }
    options.push_str(config.get_options().unwrap_or_default());
    config.options(options.trim_end());
}

fn words(error: &tokio_postgres::Error) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

pub(super) fn wrong(why: &str) -> StoreError {
    StoreError::Address { why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tokio_postgres::config::{Host, TargetSessionAttrs};

    use super::*;

    fn with(text: &str, environment: &[(&str, &str)]) -> Result<Address, StoreError> {
        let set: BTreeMap<_, _> = environment.iter().copied().collect();
        read(text, |name| set.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn what_the_driver_knows_is_handed_on_and_ours_is_kept_apart() {
        let text = "postgres://clerk:a%2Bb@one:5432,two:5433/books?target_session_attrs=read-write&writers=3\
                    &options=-csearch_path%3Dthe+books&sslmode=verify-full&sslrootcert=/etc/root.pem&connect_timeout=2";
        let address = with(text, &[]).unwrap();
        assert_eq!(
            address.config.get_hosts(),
            [Host::Tcp("one".into()), Host::Tcp("two".into())]
        );
        assert_eq!(address.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(address.config.get_password(), Some(&b"a+b"[..]));
        assert_eq!(address.config.get_ssl_mode(), SslMode::Require);
        assert_eq!(address.config.get_connect_timeout(), Some(&Duration::from_secs(2)));
        assert!(
            address
                .config
                .get_options()
                .unwrap()
                .ends_with("-csearch_path=the books")
        );
        let root = Trust::Root {
            file: "/etc/root.pem".into(),
            host: true,
        };
        assert_eq!((address.trust, address.writers, address.readers), (root, 3, READERS));
    }

    #[test]
    fn a_password_comes_from_the_address_then_the_environment_then_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from the file\n").unwrap();
        let of = |place: &str, environment: &[(&str, &str)]| {
            let text = format!("postgres://{place}@host/books?passfile={}", file.path().display());
            let address = with(&text, environment).unwrap();
            String::from_utf8(address.config.get_password().unwrap().to_vec()).unwrap()
        };
        let both = [("PGPASSWORD", "from libpq"), ("QUITTANCE_DB_PASSWORD", "from ours")];
        assert_eq!(of("clerk:said", &both), "said");
        assert_eq!(of("clerk", &both), "from ours");
        assert_eq!(of("clerk", &both[..1]), "from libpq");
        assert_eq!(of("clerk", &[]), "from the file");
    }

    #[test]
    fn an_error_never_repeats_what_may_be_a_password() {
        for text in [
            "postgres://clerk:secret@host/books?writers=0",
            "postgres://clerk:secret@host/books?sslmode=secret",
            "postgres://clerk:secret@host:port/books",
            "postgres://clerk:secret@host/books?sslmode=verify-full",
            "postgres://clerk:secret@host/books?statement_timeout=secret",
        ] {
            let error = with(text, &[]).unwrap_err();
            assert!(matches!(error, StoreError::Address { .. }), "{text}: {error:?}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
