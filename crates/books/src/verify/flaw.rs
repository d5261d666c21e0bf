//! What a check of a book can find wrong, with the facts of each.

use jiff::Timestamp;
use quittance_accounting::account::AccountRole;
use quittance_accounting::content::Digest;
use quittance_accounting::identity::{CreditNoteKey, DocumentId, DocumentRef, EntryKey, InvoiceKey, PaymentKey};
use quittance_accounting::journal::EntryError;
use quittance_accounting::kept::{BalanceKey, Tally, TallyKey, Turnover};
use quittance_accounting::money::Currency;
use quittance_accounting::plan::BalanceEffect;
use quittance_store::beside::{balance_key_text, tally_key_text};

use super::words;

/// A column in which a row is not what the log says. Texts of documents never stand here: only their digests are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnDiffers {
    /// The column.
    pub column: &'static str,
    /// What the log says.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

/// The part of a delete's receipt that is not what a replay of the log comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptPart {
    /// There is no receipt.
    All,
    /// A balance before and after.
    Balance {
        /// What a replay comes to; `None` when the receipt has one too many.
        expected: Option<BalanceEffect>,
        /// What the receipt says; `None` when it lacks one.
        found: Option<BalanceEffect>,
    },
    /// A withdrawn entry that did not stand like that.
    Entry(EntryKey),
    /// What is left of a payment.
    Payment(PaymentKey),
    /// What is left to a credit note.
    CreditNote(CreditNoteKey),
    /// What an invoice is open for.
    Invoice(InvoiceKey),
}

/// One thing that is wrong with a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifyFlaw {
    /// With an event of its log.
    Log(LogFlaw),
    /// With what is kept beside the log.
    Rows(RowFlaw),
}

/// What is wrong with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogFlaw {
    /// The seqs have a gap.
    EventMissing {
        /// The first seq that is missing.
        seq: i64,
        /// The seq that stands in its place.
        found: i64,
    },
    /// A column of an event holds what no event can say.
    EventUnreadable {
        /// Its seq, where that can be told.
        seq: Option<i64>,
        /// The column.
        column: &'static str,
        /// What stands there.
        found: String,
    },
    /// The event was recorded before the event before it.
    TimeBackwards {
        /// Its seq.
        seq: i64,
        /// When the event before it was recorded.
        before: Timestamp,
        /// When it was recorded.
        found: Timestamp,
    },
    /// The event does not name the hash of the event before it.
    ChainBroken {
        /// Its seq.
        seq: i64,
        /// The hash of the event before it.
        expected: Digest,
        /// The hash that it names.
        found: Digest,
    },
    /// The event says something else than what its hash was made of.
    HashWrong {
        /// Its seq.
        seq: i64,
        /// The hash of what it says.
        expected: Digest,
        /// The hash that it has.
        found: Digest,
    },
    /// The event's body cannot be read.
    BodyUnreadable {
        /// Its seq.
        seq: i64,
        /// Why.
        message: String,
    },
    /// The event's receipt is not what a replay comes to.
    ReceiptDiffers {
        /// Its seq.
        seq: i64,
        /// In which part.
        part: ReceiptPart,
    },
    /// A report of a sealed period is not what a replay up to the seal comes to.
    SealDiffers {
        /// The seq of the event that closed the period.
        seq: i64,
        /// The report.
        report: String,
        /// Its digest as a replay comes to it; `None` when the seal has one report too many.
        expected: Option<Digest>,
        /// Its digest in the seal; `None` when that lacks it.
        found: Option<Digest>,
    },
    /// The event that was noted elsewhere is another one here: the log was rewritten.
    ExpectedDiffers {
        /// Its seq.
        seq: i64,
        /// The hash that was noted.
        expected: Digest,
        /// The hash here.
        found: Digest,
    },
    /// The event that was noted elsewhere is not here: the end of the log was cut off.
    ExpectedMissing {
        /// Its seq.
        seq: i64,
        /// The seq of the last event here.
        last: i64,
    },
}

/// What is wrong with the tables that are made of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFlaw {
    /// The book has events and no head.
    HeadMissing,
    /// The head is not where the log ends.
    HeadDiffers {
        /// In this column.
        column: &'static str,
        /// What the log says.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// The book is not in the directory.
    DirectoryMissing,
    /// The directory has the book under another id.
    DirectoryDiffers {
        /// The id that the log says.
        expected: DocumentId,
        /// The id in the directory.
        found: DocumentId,
    },
    /// A row is not there.
    RowMissing {
        /// The table.
        table: &'static str,
        /// The key.
        key: String,
    },
    /// A row is there that the log does not know.
    RowExtra {
        /// The table.
        table: &'static str,
        /// The key.
        key: String,
    },
    /// A row says something else than the log.
    RowDiffers {
        /// The table.
        table: &'static str,
        /// The key.
        key: String,
        /// In these columns.
        columns: Vec<ColumnDiffers>,
    },
    /// A row says what no record can say, or spells it as no record is spelled.
    RowCorrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The key.
        key: String,
        /// What stands there; empty where it may be the texts of a document.
        found: String,
    },
    /// The texts of a document are not there.
    ContentMissing {
        /// The document.
        document: DocumentRef,
    },
    /// Texts are there that belong to no live document and to no tombstone that keeps them.
    ContentExtra {
        /// The document that they name.
        document: DocumentRef,
    },
    /// The texts of a document are not those that it was recorded with.
    ContentDiffers {
        /// The document.
        document: DocumentRef,
        /// The digest that was recorded.
        expected: Digest,
        /// The digest of what is there.
        found: Digest,
    },
    /// A kept balance is not the sum of the postings.
    BalanceDiffers {
        /// Which.
        key: BalanceKey,
        /// The sum.
        expected: Turnover,
        /// What is kept.
        found: Turnover,
    },
    /// A kept tally is not the count of the invoices.
    TallyDiffers {
        /// Which.
        key: TallyKey,
        /// The count.
        expected: Tally,
        /// What is kept.
        found: Tally,
    },
    /// An entry is not whole or does not balance.
    EntryFlawed {
        /// Which.
        entry: EntryKey,
        /// In what way.
        error: EntryError,
    },
    /// A posting belongs to no entry.
    PostingStray {
        /// The entry that it names.
        entry: EntryKey,
    },
    /// A report of a period that was never reopened is not what it was when the period was sealed.
    SealedReportDiffers {
        /// The seq of the event that closed the period.
        closing: i64,
        /// The report.
        report: String,
        /// Its digest as the store comes to it now.
        expected: Option<Digest>,
        /// Its digest in the seal.
        found: Option<Digest>,
    },
    /// A control account is not the sum of its documents, in minor units.
    ControlDiffers {
        /// The account's part.
        role: AccountRole,
        /// In this currency; `None` is the book's.
        currency: Option<Currency>,
        /// What its postings come to.
        account: i64,
        /// What its documents come to.
        documents: i64,
    },
}

impl VerifyFlaw {
    /// The seq of the event it is about.
    pub fn seq(&self) -> Option<i64> {
        match self {
            VerifyFlaw::Log(flaw) => flaw.seq(),
            VerifyFlaw::Rows(_) => None,
        }
    }

    /// The table it is about.
    pub fn table(&self) -> &'static str {
        match self {
            VerifyFlaw::Log(_) => "event",
            VerifyFlaw::Rows(flaw) => flaw.table(),
        }
    }
}

impl LogFlaw {
    fn seq(&self) -> Option<i64> {
        match self {
            LogFlaw::EventUnreadable { seq, .. } => *seq,
            LogFlaw::EventMissing { seq, .. }
            | LogFlaw::TimeBackwards { seq, .. }
            | LogFlaw::ChainBroken { seq, .. }
            | LogFlaw::HashWrong { seq, .. }
            | LogFlaw::BodyUnreadable { seq, .. }
            | LogFlaw::ReceiptDiffers { seq, .. }
            | LogFlaw::SealDiffers { seq, .. }
            | LogFlaw::ExpectedDiffers { seq, .. }
            | LogFlaw::ExpectedMissing { seq, .. } => Some(*seq),
        }
    }
}

impl RowFlaw {
    fn table(&self) -> &'static str {
        match self {
            RowFlaw::RowMissing { table, .. }
            | RowFlaw::RowExtra { table, .. }
            | RowFlaw::RowDiffers { table, .. }
            | RowFlaw::RowCorrupt { table, .. } => table,
            RowFlaw::HeadMissing | RowFlaw::HeadDiffers { .. } => "head",
            RowFlaw::DirectoryMissing | RowFlaw::DirectoryDiffers { .. } => "directory",
            RowFlaw::BalanceDiffers { .. } => "balance",
            RowFlaw::TallyDiffers { .. } => "tally",
            RowFlaw::ContentMissing { .. } | RowFlaw::ContentExtra { .. } | RowFlaw::ContentDiffers { .. } => "content",
            RowFlaw::SealedReportDiffers { .. } => "period",
            RowFlaw::EntryFlawed { .. } => "entry",
            RowFlaw::PostingStray { .. } | RowFlaw::ControlDiffers { .. } => "posting",
        }
    }
}

impl From<LogFlaw> for VerifyFlaw {
    fn from(flaw: LogFlaw) -> VerifyFlaw {
        VerifyFlaw::Log(flaw)
    }
}

impl From<RowFlaw> for VerifyFlaw {
    fn from(flaw: RowFlaw) -> VerifyFlaw {
        VerifyFlaw::Rows(flaw)
    }
}

impl std::fmt::Display for VerifyFlaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            VerifyFlaw::Log(flaw) => flaw.fmt(f),
            VerifyFlaw::Rows(flaw) => flaw.fmt(f),
        }
    }
}

impl std::fmt::Display for LogFlaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LogFlaw::EventMissing { seq, found } => write!(f, "event {seq} is missing; {found} stands in its place"),
            LogFlaw::EventUnreadable { seq, column, found } => {
                let seq = seq.map_or("?".to_owned(), |seq| seq.to_string());
                write!(f, "event {seq}, column {column}: {found} cannot stand there")
            }
            LogFlaw::TimeBackwards { seq, before, found } => {
                write!(f, "event {seq} was recorded at {found}, before the last one ({before})")
            }
            LogFlaw::ChainBroken { seq, expected, found } => {
                write!(
                    f,
                    "event {seq} follows hash {found:?}, but the last one has {expected:?}"
                )
            }
            LogFlaw::HashWrong { seq, expected, found } => {
                write!(f, "event {seq} has hash {found:?}, but what it says has {expected:?}")
            }
            LogFlaw::BodyUnreadable { seq, message } => write!(f, "event {seq} cannot be read: {message}"),
            LogFlaw::ReceiptDiffers { seq, part } => {
                write!(
                    f,
                    "event {seq}: its receipt is not what the log comes to: {}",
                    words::part(part)
                )
            }
            LogFlaw::SealDiffers {
                seq,
                report,
                expected,
                found,
            } => write!(
                f,
                "the period closed by event {seq}: its {report} was sealed as {found:?}, but the log comes to {expected:?}"
            ),
            LogFlaw::ExpectedDiffers { seq, expected, found } => {
                write!(f, "event {seq} has hash {found:?}, but {expected:?} was noted")
            }
            LogFlaw::ExpectedMissing { seq, last } => {
                write!(f, "event {seq} was noted, but the log ends at {last}")
            }
        }
    }
}

impl std::fmt::Display for RowFlaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RowFlaw::HeadMissing => f.write_str("table head has no row of the book"),
            RowFlaw::HeadDiffers {
                column,
                expected,
                found,
            } => write!(f, "table head, column {column}: {found} instead of {expected}"),
            RowFlaw::DirectoryMissing => f.write_str("table directory has no row of the book"),
            RowFlaw::DirectoryDiffers { expected, found } => {
                write!(f, "table directory, column id: {found:?} instead of {expected:?}")
            }
            RowFlaw::RowMissing { table, key } => write!(f, "table {table}: row {key} is missing"),
            RowFlaw::RowExtra { table, key } => write!(f, "table {table}: row {key} is one too many"),
            RowFlaw::RowDiffers { table, key, columns } => {
                write!(f, "table {table}, row {key}")?;
                for c in columns {
                    write!(f, "; column {}: {} instead of {}", c.column, c.found, c.expected)?;
                }
                Ok(())
            }
            RowFlaw::RowCorrupt {
                table,
                column,
                key,
                found,
            } => write!(
                f,
                "table {table}, row {key}, column {column}: {found} cannot stand there"
            ),
            RowFlaw::ContentMissing { document } => {
                write!(
                    f,
                    "table content: the texts of {} are missing",
                    words::document(document)
                )
            }
            RowFlaw::ContentExtra { document } => {
                write!(
                    f,
                    "table content: the texts of {} are one row too many",
                    words::document(document)
                )
            }
            RowFlaw::ContentDiffers {
                document,
                expected,
                found,
            } => write!(
                f,
                "table content: the texts of {} have digest {found:?} instead of {expected:?}",
                words::document(document)
            ),
            RowFlaw::BalanceDiffers { key, expected, found } => {
                let (found, expected) = (words::turnover(*found), words::turnover(*expected));
                write!(
                    f,
                    "table balance, row {}: {found} instead of {expected}",
                    balance_key_text(key)
                )
            }
            RowFlaw::TallyDiffers { key, expected, found } => {
                let (found, expected) = (words::tally(*found), words::tally(*expected));
                write!(
                    f,
                    "table tally, row {}: {found} instead of {expected}",
                    tally_key_text(key)
                )
            }
            RowFlaw::EntryFlawed { entry, error } => write!(f, "entry {}: {}", entry.0, words::entry(error)),
            RowFlaw::PostingStray { entry } => write!(f, "a posting names entry {}, which is not there", entry.0),
            RowFlaw::SealedReportDiffers {
                closing,
                report,
                expected,
                found,
            } => write!(
                f,
                "the period closed by event {closing}: its {report} was sealed as {found:?}, but is {expected:?} now"
            ),
            RowFlaw::ControlDiffers {
                role,
                currency,
                account,
                documents,
            } => {
                let of = currency.map(|currency| format!(" in {currency}")).unwrap_or_default();
                write!(
                    f,
                    "the {} account is at {account}{of}, its documents at {documents}",
                    words::role(*role)
                )
            }
        }
    }
}
