//! Making sure that texts that were removed are gone.
//!
//! PostgreSQL keeps a removed row until vacuum finds that nobody can see it any more. So the table of texts is vacuumed, and gone is
//! what vacuum has let go of: when it reports that no removed row is left, none can be read through PostgreSQL by anybody; samples of
//! texts it is told not to take when the tables are made. Bytes in the free space of a page stay until something is written over them,
//! and the write-ahead log and backups end in their own time; `docs/operating.md` says what an operator does about these. Only the owner of a table may vacuum it (from version 17 on, whoever was granted that too): a server whose role owns
//! nothing answers that it must be tried again, by a program with the owner's address.

use std::time::Duration;

use deadpool_postgres::Client;

use super::cells::failed;
use super::connections::Connections;
use crate::error::StoreError;

const DOING: &str = "vacuuming the texts";

/// Whether the role may vacuum.
const MAY: &str = "select pg_has_role(c.relowner, 'usage') \
    or (current_setting('server_version_num')::int >= 170000 and has_table_privilege(c.oid, \
        case when current_setting('server_version_num')::int >= 170000 then 'MAINTAIN' else 'SELECT' end)) \
    from pg_catalog.pg_class c where c.oid = 'content'::regclass";

/// How many removed rows the last vacuum had to leave, of the table and of where its long texts are.
const LEFT: &str = "select coalesce(sum(pg_catalog.pg_stat_get_dead_tuples(part)), 0)::bigint from ( \
        select unnest(array[c.oid, c.reltoastrelid]) from pg_catalog.pg_class c where c.oid = 'content'::regclass \
    ) as parts (part) where part <> 0";

/// How long readers of this program that have ended may take to let go of what they saw.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often it is vacuumed before somebody is said to be in the way. A session adds what it removed to the figures in its own time,
/// which may be after the vacuum that took it away; and whoever gathers statistics is in the way for a moment.
const TRIES: usize = 3;

/// Vacuums the texts: true when nothing that was removed is left.
pub(super) async fn scrub(connections: &Connections) -> Result<bool, StoreError> {
    connections.ended(PATIENCE).await;
    let client = connections.writer().await?;
    if !may_vacuum(&client).await? {
        return Ok(false);
    }
    for _ in 0..TRIES {
        if vacuumed(&client).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn may_vacuum(client: &Client) -> Result<bool, StoreError> {
    Ok(client.query_one(MAY, &[]).await.map_err(failed(DOING))?.get(0))
}

/// Vacuums once and looks what is left.
async fn vacuumed(client: &Client) -> Result<bool, StoreError> {
    let failed = failed(DOING);
    // A large table takes longer than a statement of a request may.
    client
        .batch_execute("set statement_timeout = 0")
        .await
        .map_err(&failed)?;
    let vacuumed = client.batch_execute("vacuum content").await;
    client.batch_execute("reset statement_timeout").await.map_err(&failed)?;
    vacuumed.map_err(&failed)?;
    let left: i64 = client.query_one(LEFT, &[]).await.map_err(&failed)?.get(0);
    Ok(left == 0)
}
