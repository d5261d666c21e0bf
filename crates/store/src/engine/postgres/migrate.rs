//! Bringing the tables to this program's version, and what the role of a server may do.
//!
//! One advisory lock orders whoever does it at the same time; each version is one transaction. A server that finds its tables at
//! its own version touches nothing, so that it needs no more rights than [`grant`] gives.

use deadpool_postgres::Client;
use quittance_accounting::content::Content;

use super::cells::failed;
use crate::beside::{BALANCE, DIRECTORY, EVENT, HEAD, TALLY};
use crate::engine::migrations::{CURRENT, GIVEN_UP, MIGRATIONS, known};
use crate::error::StoreError;
use crate::tables::{Stored as _, TABLES};

const DOING: &str = "bringing the tables to this version";

/// Names the advisory lock: "quittanc" as a number.
const LOCK: &str = "select pg_advisory_xact_lock(8175553586096528995)";

/// The version of the tables; 0 when there are none.
pub(super) async fn version(client: &Client) -> Result<i64, StoreError> {
    let failed = failed("reading the version of the tables");
    let there = "select to_regclass(quote_ident(current_schema()) || '.quittance_version') is not null";
    let there = client.query_one(there, &[]).await.map_err(&failed)?;
    if !there.get::<_, Option<bool>>(0).unwrap_or_default() {
        return Ok(0);
    }
    let found = client.query_opt("select version from quittance_version", &[]).await;
    Ok(found.map_err(&failed)?.map_or(0, |row| row.get(0)))
}

/// Whether the tables are at this program's version.
pub(super) async fn is_current(client: &Client) -> Result<bool, StoreError> {
    Ok(known(version(client).await?)? == MIGRATIONS.len())
}

/// Refuses tables of another version than this program's.
pub(super) async fn current(client: &Client) -> Result<(), StoreError> {
    let found = version(client).await?;
    match known(found)? == MIGRATIONS.len() {
        true => Ok(()),
        false => Err(StoreError::WrongVersion { found, known: CURRENT }),
    }
}

/// Brings the tables to this program's version. The role becomes their owner.
pub(super) async fn migrate(client: &Client) -> Result<(), StoreError> {
    while !is_current(client).await? {
        let stepped = step(client).await;
        let end = if stepped.is_ok() { "commit" } else { "rollback" };
        let ended = client.batch_execute(end).await;
        stepped?;
        ended.map_err(failed(DOING))?;
    }
    Ok(())
}

/// Goes one version on. The version is read again under the lock, so that two programs do each step once.
async fn step(client: &Client) -> Result<(), StoreError> {
    let failed = failed(DOING);
    // Whoever waits here waits for another one's migration, which may take longer than any statement of a server.
    client
        .batch_execute(&format!("begin; set local statement_timeout = 0; {LOCK}"))
        .await
        .map_err(&failed)?;
    let at = known(version(client).await?)?;
    let Some(migration) = MIGRATIONS.get(at) else {
        return Ok(());
    };
    if at == 0 {
        let first =
            "create table quittance_version (version bigint not null); insert into quittance_version values (0)";
        client.batch_execute(first).await.map_err(&failed)?;
    }
    client.batch_execute(&migration.for_postgres()).await.map_err(&failed)?;
    let moved = client
        .execute(
            "update quittance_version set version = $1",
            &[&(at as i64 + 1 + GIVEN_UP)],
        )
        .await
        .map_err(&failed)?;
    if moved != 1 {
        return Err(StoreError::RowCount {
            table: "quittance_version",
            expected: 1,
            found: usize::try_from(moved).unwrap_or(usize::MAX),
        });
    }
    Ok(())
}

/// Gives a role what a server needs and takes everything else: it adds to the log and to the directory, and cannot change them.
pub(super) async fn grant(client: &Client, role: &str) -> Result<(), StoreError> {
    let live: Vec<&str> = TABLES
        .iter()
        .chain([&HEAD, &BALANCE, &TALLY])
        .map(|table| table.name)
        .collect();
    let (live, log) = (live.join(", "), [EVENT.name, DIRECTORY.name].join(", "));
    let failed = failed("granting rights");
    let names = "select quote_ident(current_schema()), quote_ident($1)";
    let names = client.query_one(names, &[&role]).await.map_err(&failed)?;
    let (schema, role): (String, String) = (names.get(0), names.get(1));
    // From version 17 on a role may be let vacuum what it does not own.
    let vacuum = "select current_setting('server_version_num')::int >= 170000";
    let vacuum = match client.query_one(vacuum, &[]).await.map_err(&failed)?.get(0) {
        true => format!("grant maintain on {} to {role};", Content::TABLE.name),
        false => String::new(),
    };
    let statements = format!(
        "begin;
        revoke all on {live}, {log}, quittance_version from {role};
        grant usage on schema {schema} to {role};
        grant select, insert, update, delete on {live} to {role};
        grant select, insert on {log} to {role};
        grant select on quittance_version to {role};
        {vacuum}
        commit"
    );
    let granted = client.batch_execute(&statements).await;
    if granted.is_err() {
        // What went wrong is told; a connection that cannot even roll back is closed with the store.
        let _ = client.batch_execute("rollback").await;
    }
    granted.map_err(failed)
}
