//! The table of settings: name, default, and the sentence `--help` shows.
//!
//! Not here: reading any of them. A key missing from [`KEYS`] has no flag and is unknown in a file, which a test notices.

/// What a file may hold for a key; flags and variables are always text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A TOML string.
    Text,
    /// A TOML integer.
    Integer,
}

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The name, dotted as in the file: `bookeeping.read_per_minute`.
    pub name: &'static str,
    /// The value where nobody says anything, as text.
    pub default: &'static str,
    /// One sentence for the help text.
    pub help: &'static str,
    pub(super) kind: Kind,
}

impl Key {
    const fn text(name: &'static str, default: &'static str, help: &'static str) -> Self {
        Key {
            name,
            default,
            help,
            kind: Kind::Text,
        }
    }

    const fn integer(name: &'static str, default: &'static str, help: &'static str) -> Self {
        Key {
            name,
            default,
            help,
            kind: Kind::Integer,
        }
    }

    /// The flag: `--bookeeping-read-per-minute`.
    pub fn flag(&self) -> String {
        format!("--{}", self.long())
    }

    /// The environment variable: `QUITTANCE_BOOKEEPING_READ_PER_MINUTE`.
    pub fn environment(&self) -> String {
        format!("QUITTANCE_{}", self.name.replace('.', "_").to_ascii_uppercase())
    }

    pub(super) fn long(&self) -> String {
        self.name.replace(['.', '_'], "-")
    }
}

pub(super) const DB: Key = Key::text(
    "db",
    "quittance.db",
    "The books: an SQLite file, made if it is not there, or a postgres:// address",
);
pub(super) const POSTGRES_PASSWORD_FILE: Key = Key::text(
    "postgres.password_file",
    "",
    "PostgreSQL: file with the password, unless the address or QUITTANCE_DB_PASSWORD has it",
);
pub(super) const POSTGRES_WRITERS: Key = Key::integer(
    "postgres.writers",
    "16",
    "PostgreSQL: connections that write, at most; so many books are written to at once",
);
pub(super) const POSTGRES_READERS: Key =
    Key::integer("postgres.readers", "16", "PostgreSQL: connections that read, at most");
pub(super) const POSTGRES_CONNECT_SECONDS: Key = Key::integer(
    "postgres.connect_seconds",
    "5",
    "PostgreSQL: seconds that connecting to one host may take",
);
/// A list of a large book is the longest that a request ever asks.
pub(super) const POSTGRES_STATEMENT_SECONDS: Key = Key::integer(
    "postgres.statement_seconds",
    "30",
    "PostgreSQL: seconds that one statement may take",
);
pub(super) const LISTEN: Key = Key::text("listen", "127.0.0.1:8780", "Address and port to listen on");
pub(super) const LOG: Key = Key::text("log", "info", "Log filter, such as warn or info,quittance_server=debug");
pub(super) const LOG_FORMAT: Key = Key::text("log_format", "text", "Form of log lines: text or json");

// Defaults of the limits are the vendors' own figures, so that a client meets here what it will meet there.
pub(super) const BOOKEEPING_READ_PER_MINUTE: Key = Key::integer(
    "bookeeping.read_per_minute",
    "100",
    "Bookeeping.ai: reads per key and minute",
);
pub(super) const BOOKEEPING_READ_PER_DAY: Key = Key::integer(
    "bookeeping.read_per_day",
    "6000",
    "Bookeeping.ai: reads per key and day",
);
pub(super) const BOOKEEPING_WRITE_PER_MINUTE: Key = Key::integer(
    "bookeeping.write_per_minute",
    "25",
    "Bookeeping.ai: writes per key and minute",
);
pub(super) const BOOKEEPING_WRITE_PER_DAY: Key = Key::integer(
    "bookeeping.write_per_day",
    "1500",
    "Bookeeping.ai: writes per key and day",
);
pub(super) const HIGHLEVEL_BURST: Key =
    Key::integer("highlevel.burst", "100", "HighLevel: calls per token in ten seconds");
pub(super) const HIGHLEVEL_DAILY: Key = Key::integer("highlevel.daily", "200000", "HighLevel: calls per token and day");
pub(super) const MOOV_PER_SECOND: Key =
    Key::integer("moov.per_second", "40", "Moov: calls per second, account and address");
/// The production figure. A server of one's own has no sandbox to be told apart from it.
pub(super) const LAYER_PER_SECOND: Key = Key::integer("layer.per_second", "500", "Layer: calls per token and second");

pub(super) const ERASE_INTERVAL_SECONDS: Key = Key::integer(
    "erase_interval_seconds",
    "60",
    "Seconds between erasures of deleted content",
);
/// What supervisors wait before they kill.
pub(super) const SHUTDOWN_SECONDS: Key = Key::integer(
    "shutdown_seconds",
    "10",
    "Seconds that requests in flight get at shutdown",
);

/// Every setting, in the order of the help text.
pub const KEYS: &[Key] = &[
    DB,
    LISTEN,
    LOG,
    LOG_FORMAT,
    POSTGRES_PASSWORD_FILE,
    POSTGRES_WRITERS,
    POSTGRES_READERS,
    POSTGRES_CONNECT_SECONDS,
    POSTGRES_STATEMENT_SECONDS,
    BOOKEEPING_READ_PER_MINUTE,
    BOOKEEPING_READ_PER_DAY,
    BOOKEEPING_WRITE_PER_MINUTE,
    BOOKEEPING_WRITE_PER_DAY,
    HIGHLEVEL_BURST,
    HIGHLEVEL_DAILY,
    MOOV_PER_SECOND,
    LAYER_PER_SECOND,
    ERASE_INTERVAL_SECONDS,
    SHUTDOWN_SECONDS,
];
