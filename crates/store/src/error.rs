//! How the store fails.

/// How the store fails. None of these is the client's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The engine could not carry a statement out.
    Engine {
        /// What was being done.
        doing: &'static str,
        /// In the engine's words.
        message: String,
    },
    /// The engine was interrupted: nothing was committed, and the same again may succeed. Two units were in each other's way, or the
    /// connection was lost before the commit was sent.
    Interrupted {
        /// What was being done.
        doing: &'static str,
        /// In the engine's words.
        message: String,
    },
    /// The book is not at the head any more that the unit of work took it to be at: somebody else wrote to it. Nothing was committed.
    Moved {
        /// The book.
        book: i64,
    },
    /// The commit was sent and no answer came: whether it took place, the log tells.
    InDoubt {
        /// In the engine's words.
        message: String,
    },
    /// The address of the database cannot be used. It is not repeated: it may hold a password.
    Address {
        /// What is wrong with it.
        why: String,
    },
    /// A row says something that no record can say.
    CorruptRow {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key, as text.
        row: String,
        /// What stands there.
        found: String,
    },
    /// A write touched another number of rows than it must.
    RowCount {
        /// The table.
        table: &'static str,
        /// How many it must touch.
        expected: usize,
        /// How many it touched.
        found: usize,
    },
    /// An event's body cannot be read.
    CorruptEvent {
        /// Its seq.
        seq: i64,
        /// What is wrong.
        message: String,
    },
    /// The database is of another version than this program.
    WrongVersion {
        /// The version it has.
        found: i64,
        /// The version this program knows.
        known: i64,
    },
    /// The file is not one of ours: another program made it, or a build from before files were marked. It was left as it is.
    ForeignFile,
    /// The address of the database names no engine.
    UnknownEngine {
        /// The address.
        address: String,
    },
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreError::Engine { doing, message } => write!(f, "the database failed while {doing}: {message}"),
            StoreError::Interrupted { doing, message } => {
                write!(f, "the database was interrupted while {doing}: {message}")
            }
            StoreError::Moved { book } => write!(f, "somebody else wrote to book {book} meanwhile"),
            StoreError::InDoubt { message } => {
                write!(
                    f,
                    "the connection was lost during a commit, so that only the log can tell: {message}"
                )
            }
            StoreError::Address { why } => write!(f, "the address of the database: {why}"),
            StoreError::CorruptRow {
                table,
                column,
                row,
                found,
            } => {
                write!(
                    f,
                    "table {table}, column {column}, row {row}: {found:?} cannot stand there"
                )
            }
            StoreError::RowCount { table, expected, found } => {
                write!(f, "a write to table {table} touched {found} rows instead of {expected}")
            }
            StoreError::CorruptEvent { seq, message } => write!(f, "event {seq} cannot be read: {message}"),
            StoreError::WrongVersion { found, known } => {
                write!(
                    f,
                    "the database has version {found}, this program knows version {known}"
                )
            }
            StoreError::ForeignFile => f.write_str(
                "the file is not one of this program's: another one made it, or an early build of this one; it was left as it is",
            ),
            StoreError::UnknownEngine { address } => write!(f, "{address:?} names no database this program can open"),
        }
    }
}

impl std::error::Error for StoreError {}
