//! What the person who runs the server may set, and where a value came from.
//!
//! One table, [`KEYS`], names every setting once; its flag, environment variable and place in the file follow from the
//! name. Precedence is flags, then environment, then file, then default. A wrong value is an error that names the place
//! it stands in, and is never passed over in favour of the next place.
//!
//! Not here: any switch that changes what a verb means. There is none.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use crate::telemetry::LogFormat;

mod environment;
mod file;
mod flags;
mod keys;

pub use environment::{Unread, unread, variables};
pub use flags::SettingFlags;
pub use keys::{KEYS, Key};

/// The file read when nobody names one; it may be absent.
pub const DEFAULT_FILE: &str = "quittance.toml";

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A flag of the command line, dashes included.
    Flag(String),
    /// An environment variable.
    Environment(String),
    /// A dotted key of a file.
    File {
        /// The file.
        file: PathBuf,
        /// The key.
        key: String,
    },
    /// Nobody said anything.
    Default,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Flag(flag) => f.write_str(flag),
            Source::Environment(name) => write!(f, "environment variable {name}"),
            Source::File { file, key } => write!(f, "`{key}` in {}", file.display()),
            Source::Default => f.write_str("the default"),
        }
    }
}

/// Why the settings could not be resolved.
#[derive(Debug, PartialEq, Eq)]
pub enum SettingError {
    /// The file is named and cannot be read, or is the default one and exists but cannot be read.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The file is not TOML.
    NotToml {
        /// The file.
        file: PathBuf,
        /// What is wrong and where.
        why: String,
    },
    /// The file holds a key nobody reads; most often a misspelling of one that matters.
    UnknownKey {
        /// The file.
        file: PathBuf,
        /// The key, dotted.
        key: String,
    },
    /// An environment variable is a setting misspelt.
    UnknownVariable {
        /// The variable.
        name: String,
        /// The one that is read whose name is nearest.
        nearest: String,
    },
    /// The value is not one this setting can have. The value is not repeated: it may hold a password.
    Invalid {
        /// Where it stands.
        source: Source,
        /// What would be accepted.
        expected: String,
    },
}

impl std::fmt::Display for SettingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SettingError::Unreadable { file, why } => {
                write!(f, "cannot read {}: {why}", file.display())
            }
            SettingError::NotToml { file, why } => {
                write!(f, "{} is not TOML: {why}", file.display())
            }
            SettingError::UnknownKey { file, key } => {
                write!(f, "unknown key `{key}` in {}", file.display())
            }
            SettingError::UnknownVariable { name, nearest } => {
                write!(
                    f,
                    "unknown environment variable {name}; the nearest that is known is {nearest}. `quittance --help` names them all"
                )
            }
            SettingError::Invalid { source, expected } => {
                write!(f, "{source}: expected {expected}")
            }
        }
    }
}

impl std::error::Error for SettingError {}

/// A database address: a file path, or a `postgres://` URL. Its `Debug` form leaves the password out.
#[derive(Clone, PartialEq, Eq)]
pub struct Database(pub String);

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            return f.write_str(&self.0);
        };
        // The query of an address may hold a password too.
        let place = rest.split_once('?').map_or(rest, |(place, _)| place);
        match place.rsplit_once('@') {
            Some((_, place)) => write!(f, "{scheme}://..@{place}"),
            None => write!(f, "{scheme}://{place}"),
        }
    }
}

impl Database {
    /// The path of the SQLite file, unless the address is one of PostgreSQL or of nothing that is known.
    pub fn file(&self) -> Option<&Path> {
        let path = self.0.strip_prefix("sqlite://").unwrap_or(&self.0);
        (!path.contains("://")).then(|| Path::new(path))
    }
}

/// How a PostgreSQL database is used, where its address does not say otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresSettings {
    /// The file with the password; none when empty.
    pub password_file: String,
    /// How many connections write at most.
    pub writers: u32,
    /// How many connections read at most.
    pub readers: u32,
    /// How long connecting to one host may take.
    pub connect: Duration,
    /// How long one statement may take.
    pub statement: Duration,
}

impl PostgresSettings {
    /// An address with everything in it that it leaves open.
    pub fn complete(&self, db: &Database) -> String {
        let (_, query) = db.0.split_once('?').unwrap_or((&db.0, ""));
        let open = |name: &str| !query.split('&').any(|pair| pair.split('=').next() == Some(name));
        let mut text = db.0.clone();
        let password_file: String = form_urlencoded::byte_serialize(self.password_file.as_bytes()).collect();
        for (name, value) in [
            ("writers", self.writers.to_string()),
            ("readers", self.readers.to_string()),
            ("connect_timeout", self.connect.as_secs().to_string()),
            ("statement_timeout", self.statement.as_secs().to_string()),
            ("passfile", password_file),
        ] {
            if open(name) && !value.is_empty() {
                text.push(if text.contains('?') { '&' } else { '?' });
                text.push_str(&format!("{name}={value}"));
            }
        }
        text
    }
}

/// Call limits of one kind of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinuteAndDay {
    /// Calls per UTC minute.
    pub per_minute: u32,
    /// Calls per UTC day.
    pub per_day: u32,
}

/// Everything settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the books are.
    pub db: Database,
    /// How they are used if they are in PostgreSQL.
    pub postgres: PostgresSettings,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The log filter, checked.
    pub log: String,
    /// The form of log lines.
    pub log_format: LogFormat,
    /// Bookeeping.ai reads per key.
    pub bookeeping_read: MinuteAndDay,
    /// Bookeeping.ai writes per key.
    pub bookeeping_write: MinuteAndDay,
    /// HighLevel calls per token in ten seconds.
    pub highlevel_burst: u32,
    /// HighLevel calls per token and UTC day.
    pub highlevel_daily: u32,
    /// Moov calls per second, account and address.
    pub moov_per_second: u32,
    /// Layer calls per second and token.
    pub layer_per_second: u32,
    /// How often deleted content is erased for good.
    pub erase_interval: Duration,
    /// How long requests in flight may take to end at shutdown.
    pub shutdown: Duration,
}

impl Settings {
    /// Resolves every setting. Relative files are looked for in `directory`; of the `environment` only `QUITTANCE_*` names of
    /// [`KEYS`] are read. Empty variables count as unset, as shells and compose files mean them.
    ///
    /// # Errors
    /// The first [`SettingError`]: that of a variable nobody reads, then the file's, then any value's.
    pub fn resolve(
        flags: &SettingFlags,
        environment: &BTreeMap<String, String>,
        directory: &Path,
    ) -> Result<Settings, SettingError> {
        environment::check(environment)?;
        let set = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        let named = flags.config.as_ref().or_else(|| set(environment::CONFIG));
        let in_file = match named {
            Some(path) => file::read(&directory.join(path), file::Absence::IsAnError)?,
            None => file::read(&directory.join(DEFAULT_FILE), file::Absence::IsFine)?,
        };
        let found = |key: &Key| -> Found {
            if let Some(text) = flags.values.get(key.name) {
                return Found {
                    text: text.clone(),
                    source: Source::Flag(key.flag()),
                };
            }
            if let Some(text) = set(&key.environment()) {
                return Found {
                    text: text.clone(),
                    source: Source::Environment(key.environment()),
                };
            }
            match in_file.get(key.name) {
                Some((text, file)) => {
                    let source = Source::File {
                        file: file.clone(),
                        key: key.name.to_owned(),
                    };
                    Found {
                        text: text.clone(),
                        source,
                    }
                }
                None => Found {
                    text: key.default.to_owned(),
                    source: Source::Default,
                },
            }
        };
        Ok(Settings {
            db: Database(found(&keys::DB).text()?),
            postgres: PostgresSettings {
                password_file: found(&keys::POSTGRES_PASSWORD_FILE).text,
                writers: found(&keys::POSTGRES_WRITERS).connections()?,
                readers: found(&keys::POSTGRES_READERS).connections()?,
                connect: found(&keys::POSTGRES_CONNECT_SECONDS).seconds()?,
                statement: found(&keys::POSTGRES_STATEMENT_SECONDS).seconds()?,
            },
            listen: found(&keys::LISTEN).parsed("an address and port such as 127.0.0.1:8780")?,
            log: found(&keys::LOG).filter()?,
            log_format: found(&keys::LOG_FORMAT).log_format()?,
            bookeeping_read: MinuteAndDay {
                per_minute: found(&keys::BOOKEEPING_READ_PER_MINUTE).count()?,
                per_day: found(&keys::BOOKEEPING_READ_PER_DAY).count()?,
            },
            bookeeping_write: MinuteAndDay {
                per_minute: found(&keys::BOOKEEPING_WRITE_PER_MINUTE).count()?,
                per_day: found(&keys::BOOKEEPING_WRITE_PER_DAY).count()?,
            },
            highlevel_burst: found(&keys::HIGHLEVEL_BURST).count()?,
            highlevel_daily: found(&keys::HIGHLEVEL_DAILY).count()?,
            moov_per_second: found(&keys::MOOV_PER_SECOND).count()?,
            layer_per_second: found(&keys::LAYER_PER_SECOND).count()?,
            erase_interval: found(&keys::ERASE_INTERVAL_SECONDS).seconds()?,
            shutdown: found(&keys::SHUTDOWN_SECONDS).seconds()?,
        })
    }
}

/// A value as text, and where it stands.
struct Found {
    text: String,
    source: Source,
}

impl Found {
    fn invalid<T>(self, expected: impl Into<String>) -> Result<T, SettingError> {
        Err(SettingError::Invalid {
            source: self.source,
            expected: expected.into(),
        })
    }

    fn parsed<T: std::str::FromStr>(self, expected: &str) -> Result<T, SettingError> {
        match self.text.parse() {
            Ok(value) => Ok(value),
            Err(_) => self.invalid(expected),
        }
    }

    fn text(self) -> Result<String, SettingError> {
        if self.text.is_empty() {
            self.invalid("some text")
        } else {
            Ok(self.text)
        }
    }

    fn filter(self) -> Result<String, SettingError> {
        match crate::telemetry::filter(&self.text) {
            Ok(_) => Ok(self.text),
            Err(error) => self.invalid(format!("a log filter such as info ({error})")),
        }
    }

    fn log_format(self) -> Result<LogFormat, SettingError> {
        match self.text.as_str() {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => self.invalid("text or json"),
        }
    }

    /// Zero is refused: it reads as "no limit" to one person and as "no calls" to the next.
    fn count(self) -> Result<u32, SettingError> {
        match self.text.parse() {
            Ok(count) if count > 0 => Ok(count),
            _ => self.invalid("a whole number from 1 to 4294967295"),
        }
    }

    fn connections(self) -> Result<u32, SettingError> {
        match self.text.parse() {
            Ok(count @ 1..=1000) => Ok(count),
            _ => self.invalid("a number of connections from 1 to 1000"),
        }
    }

    /// A day at most: beyond it a typing error is likelier than a wish.
    fn seconds(self) -> Result<Duration, SettingError> {
        match self.text.parse() {
            Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
            _ => self.invalid("whole seconds from 1 to 86400"),
        }
    }
}

#[cfg(test)]
mod tests;
