//! Cells as the wire has them, statements sent in one flight, and what an error of PostgreSQL means for the books.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

use bytes::BytesMut;
use deadpool_postgres::{Client, PoolError};
use futures_util::TryStreamExt as _;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Row, Statement};

use crate::error::StoreError;
use crate::field::{Cell, Field as _};

impl ToSql for Cell {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Cell::Null => Ok(IsNull::Yes),
            Cell::Int(number) if *kind == Type::INT4 => i32::try_from(*number)?.to_sql(kind, out),
            Cell::Int(number) => number.to_sql(kind, out),
            Cell::Text(text) => text.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::TEXT].contains(kind)
    }

    to_sql_checked!();
}

impl FromSql<'_> for Cell {
    fn from_sql(kind: &Type, raw: &[u8]) -> Result<Cell, Box<dyn Error + Sync + Send>> {
        match *kind {
            Type::INT8 => i64::from_sql(kind, raw).map(Cell::Int),
            // No column is of this kind, but the length of a text is.
            Type::INT4 => i32::from_sql(kind, raw).map(|number| Cell::Int(number.into())),
            _ => String::from_sql(kind, raw).map(Cell::Text),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Cell, Box<dyn Error + Sync + Send>> {
        Ok(Cell::Null)
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::TEXT].contains(kind)
    }
}

/// An argument of a statement.
#[derive(Clone, Debug)]
pub(super) enum Argument {
    /// A value.
    One(Cell),
    /// An array.
    Many(Vec<Cell>),
}

impl ToSql for Argument {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Argument::One(cell) => cell.to_sql_checked(kind, out),
            Argument::Many(cells) => cells.to_sql_checked(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        <Cell as ToSql>::accepts(kind) || <Vec<Cell> as ToSql>::accepts(kind)
    }

    to_sql_checked!();
}

/// A statement with its arguments.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    pub(super) sql: &'a str,
    pub(super) arguments: Vec<Argument>,
}

/// What PostgreSQL says to a call.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) rows: Vec<Row>,
    /// How many rows it touched or found.
    pub(super) count: u64,
}

impl Said {
    /// The cells of each row.
    pub(super) fn cells(&self) -> Result<Vec<Vec<Cell>>, StoreError> {
        let failed = failed("reading rows");
        let of = |row: &Row| {
            let cells = (0..row.len()).map(|place| row.try_get(place));
            cells.collect::<Result<Vec<Cell>, _>>().map_err(&failed)
        };
        self.rows.iter().map(of).collect()
    }
}

/// What became of a flight: what was said to the calls before the first that failed, and that failure.
pub(super) type Landed = (Vec<Said>, Option<StoreError>);

/// Sends calls in one flight, in order, and waits for what is said to each; `first` goes ahead of them, if it is given.
///
/// Everything is sent before the first answer is awaited. A statement that this connection has not seen yet is prepared before
/// that, so that the order of calls is kept.
pub(super) async fn flight(
    client: &Client,
    first: Option<&'static str>,
    calls: &[Call<'_>],
    doing: &'static str,
) -> Result<Vec<Said>, StoreError> {
    match fly(client, first, calls, doing).await {
        (said, None) => Ok(said),
        (_, Some(error)) => Err(error),
    }
}

/// As [`flight`], and what was said before a failure is not lost.
pub(super) async fn fly(
    client: &Client,
    first: Option<&'static str>,
    calls: &[Call<'_>],
    doing: &'static str,
) -> Landed {
    let failed = failed(doing);
    let (prepared, wrong) = in_flight(calls.iter().map(|call| client.prepare_cached(call.sql)).collect()).await;
    if let Some(error) = wrong {
        return (Vec::new(), Some(failed(error)));
    }
    let begun: Option<Flying<'_>> = first.map(|sql| {
        Box::pin(async move {
            client.batch_execute(sql).await?;
            Ok(Said::default())
        }) as Flying<'_>
    });
    let skipped = usize::from(begun.is_some());
    let said = calls
        .iter()
        .zip(&prepared)
        .map(|(call, statement)| Box::pin(ask(client, statement, call.arguments.iter())) as Flying<'_>);
    let (mut said, wrong) = in_flight(begun.into_iter().chain(said).collect()).await;
    said.drain(..skipped.min(said.len()));
    (said, wrong.map(failed))
}

/// Sends a statement that is or ends with the commit, with nothing around it or with something before and the commit behind, all in
/// one flight: the number that it says, once that is durable; `None` where the engine does not know how to carry it out.
pub(super) async fn one_flight(
    client: &Client,
    sql: &str,
    arguments: &[&Argument],
    around: &[&'static str],
    doing: &'static str,
) -> Result<Option<i64>, StoreError> {
    let statement = match client.prepare_cached(sql).await {
        Ok(statement) => statement,
        Err(error) if is_unknown(&error) => return Ok(None),
        Err(error) => return Err(failed(doing)(error)),
    };
    if client.is_closed() {
        // Nothing was sent that could take place.
        return Err(StoreError::Interrupted {
            doing,
            message: "the connection was lost".to_owned(),
        });
    }
    let bare = |sql: &'static str| {
        Box::pin(async move {
            client.batch_execute(sql).await?;
            Ok(Said::default())
        }) as Flying<'_>
    };
    let mut flying: Vec<Flying<'_>> = around.iter().map(|sql| bare(sql)).collect();
    flying.insert(
        flying.len().min(1),
        Box::pin(ask(client, &statement, arguments.iter().copied())),
    );
    let (said, wrong) = in_flight(flying).await;
    match wrong {
        Some(error) if is_unknown(&error) => return Ok(None),
        Some(error) => return Err(commit_failed(error)),
        None => {}
    }
    let cells = said.iter().filter(|said| !said.rows.is_empty()).map(Said::cells);
    let found = cells.flatten().flatten().flatten().next();
    let number = found.as_ref().and_then(i64::read);
    number.map(Some).ok_or_else(|| StoreError::InDoubt {
        message: format!("the commit said {found:?}"),
    })
}

/// Whether the engine says that it has no such thing as a statement asks for.
fn is_unknown(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED)
}

type Flying<'a> = Pin<Box<dyn Future<Output = Result<Said, tokio_postgres::Error>> + Send + 'a>>;

async fn ask<'a>(
    client: &Client,
    statement: &Statement,
    arguments: impl ExactSizeIterator<Item = &'a Argument>,
) -> Result<Said, tokio_postgres::Error> {
    let stream = client.query_raw(statement, arguments).await?;
    let mut stream = std::pin::pin!(stream);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        rows.push(row);
    }
    let count = stream.rows_affected().unwrap_or_default();
    Ok(Said { rows, count })
}

/// Starts every future in order before it waits for the first. What came of those before the first that failed, and its failure:
/// what follows it in the same transaction fails because of it.
async fn in_flight<F, T>(futures: Vec<F>) -> (Vec<T>, Option<tokio_postgres::Error>)
where
    F: Future<Output = Result<T, tokio_postgres::Error>>,
{
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut early: Vec<Option<Result<T, tokio_postgres::Error>>> = Vec::with_capacity(futures.len());
    std::future::poll_fn(|context| {
        early = futures
            .iter_mut()
            .map(|future| match future.as_mut().poll(context) {
                Poll::Ready(done) => Some(done),
                Poll::Pending => None,
            })
            .collect();
        Poll::Ready(())
    })
    .await;
    let mut done = Vec::with_capacity(futures.len());
    let mut wrong = None;
    for (future, early) in futures.into_iter().zip(early) {
        let outcome = match early {
            Some(outcome) => outcome,
            None => future.await,
        };
        match outcome {
            Ok(value) if wrong.is_none() => done.push(value),
            Ok(_) => {}
            Err(error) => wrong = Some(wrong.unwrap_or(error)),
        }
    }
    (done, wrong)
}

/// Turns an engine's error into the store's. What PostgreSQL says about the values of a row is left out: it may be personal.
pub(super) fn failed(doing: &'static str) -> impl Fn(tokio_postgres::Error) -> StoreError {
    move |error| {
        let message = words(&error);
        if passes(&error) {
            StoreError::Interrupted { doing, message }
        } else {
            StoreError::Engine { doing, message }
        }
    }
}

/// What an error of the commit itself means: unless PostgreSQL refused it, nobody knows.
pub(super) fn commit_failed(error: tokio_postgres::Error) -> StoreError {
    let message = words(&error);
    let refused = |error: &DbError| {
        matches!(
            *error.code(),
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED
        ) || !ends_session(error.code())
    };
    match error.as_db_error() {
        Some(known) if refused(known) => failed("committing")(error),
        _ => StoreError::InDoubt { message },
    }
}

/// Turns the pool's error into the store's.
pub(super) fn not_connected(error: PoolError) -> StoreError {
    let doing = "connecting";
    match error {
        PoolError::Backend(error) => failed(doing)(error),
        other @ (PoolError::Timeout(_)
        | PoolError::Closed
        | PoolError::NoRuntimeSpecified
        | PoolError::PostCreateHook(_)) => StoreError::Interrupted {
            doing,
            message: other.to_string(),
        },
    }
}

fn words(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(known), _) => format!("{} ({})", known.message(), known.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// Whether an error says nothing about the statement, so that another try may succeed.
fn passes(error: &tokio_postgres::Error) -> bool {
    let Some(known) = error.as_db_error() else {
        // Without PostgreSQL's own words it is the connection, unless a value could not be read or written, or whoever is at the other
        // end does not prove who it is: what TLS refuses, it refuses again.
        let io = error
            .source()
            .and_then(|source| source.downcast_ref::<std::io::Error>());
        return error.is_closed() || io.is_some_and(|io| io.kind() != std::io::ErrorKind::InvalidData);
    };
    let code = known.code();
    ends_session(code)
        || [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::QUERY_CANCELED,
            // A leader that was set back, and one that is not up yet.
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::TOO_MANY_CONNECTIONS,
        ]
        .contains(code)
}

/// Whether the session ends with it: the classes of connection exceptions and of an operator who steps in.
fn ends_session(code: &SqlState) -> bool {
    let text = code.code();
    text.starts_with("08") || (text.starts_with("57P") && *code != SqlState::QUERY_CANCELED)
}
