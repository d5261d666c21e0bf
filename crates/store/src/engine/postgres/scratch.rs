//! A database of one's own on the tests' server: made empty, gone afterwards. Compiled for tests only, under the feature `scratch`.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::PostgresStore;
use super::cells::failed;
use crate::error::StoreError;

/// Where tests find the database; `cargo xtask test` sets it.
const ADDRESS: &str = "QUITTANCE_TEST_POSTGRES";
/// The same database for the role of a server, which owns nothing.
const SERVER_ADDRESS: &str = "QUITTANCE_TEST_POSTGRES_SERVER";

/// A database that is dropped with this.
#[derive(Debug)]
pub struct Scratch {
    base: String,
    name: String,
}

fn environment(name: &str) -> Result<String, StoreError> {
    std::env::var(name).map_err(|_| StoreError::Address {
        why: format!("tests of PostgreSQL want {name}; `cargo xtask test` starts a database and sets it"),
    })
}

/// Runs what must be waited for on a thread of its own, whatever the caller runs on.
fn apart<T: Send>(task: impl Future<Output = Result<T, StoreError>> + Send) -> Result<T, StoreError> {
    let failed = |message: String| StoreError::Engine {
        doing: "a database for a test",
        message,
    };
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| failed(error.to_string()))?.block_on(task)
    };
    let outcome = std::thread::scope(|scope| scope.spawn(run).join());
    outcome.unwrap_or_else(|_| Err(failed("a panic".to_owned())))
}

async fn connect(address: &str) -> Result<Client, StoreError> {
    let (client, connection) = tokio_postgres::connect(address, NoTls)
        .await
        .map_err(failed("connecting"))?;
    tokio::spawn(connection);
    Ok(client)
}

impl Scratch {
    /// Makes one.
    pub fn new() -> Result<Scratch, StoreError> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let scratch = Scratch {
            base: environment(ADDRESS)?,
            name: format!("test_{}_{made}", std::process::id()),
        };
        apart(async {
            let client = connect(&scratch.base).await?;
            // A process of the same number may have been ended before it could clear up.
            run(
                &client,
                &format!("drop database if exists {} with (force)", scratch.name),
            )
            .await?;
            run(&client, &format!("create database {}", scratch.name)).await
        })?;
        Ok(scratch)
    }

    /// An address on the server, of this database instead of the one it names.
    fn within(&self, base: &str) -> String {
        let (place, query) = base.split_once('?').unwrap_or((base, ""));
        let server = place.rsplit_once('/').map_or(place, |(server, _)| server);
        format!("{server}/{}?{query}", self.name)
    }

    /// Its address, for the role that owns its tables.
    pub fn address(&self) -> String {
        self.within(&self.base)
    }

    /// Its address with other hosts and ports, for a test that puts something in between.
    pub fn address_at(&self, hosts: &str) -> String {
        let address = self.address();
        let place = address.split('@').nth(1).and_then(|rest| rest.split('/').next());
        address.replacen(&format!("@{}/", place.unwrap_or_default()), &format!("@{hosts}/"), 1)
    }

    /// The host and port of the database.
    pub fn place(&self) -> String {
        let place = self.base.split('@').nth(1).and_then(|rest| rest.split('/').next());
        place.unwrap_or_default().to_owned()
    }

    /// Its address for the role of a server, and the role's name.
    pub fn server(&self) -> Result<(String, String), StoreError> {
        let base = environment(SERVER_ADDRESS)?;
        let role = base.split("://").nth(1).and_then(|rest| rest.split(':').next());
        Ok((self.within(&base), role.unwrap_or_default().to_owned()))
    }

    /// Carries statements out as their owner, in order; the rows that the last one yields, each cell as text and nothing as `None`.
    pub fn carry_out(&self, statements: &[&str]) -> Result<Vec<Vec<Option<String>>>, StoreError> {
        apart(async {
            let client = connect(&self.address()).await?;
            let mut last = Vec::new();
            for sql in statements {
                last = run(&client, sql).await?;
            }
            Ok(last)
        })
    }

    /// As [`Scratch::carry_out`], after everything that would stand in the way of tampering is gone: triggers, and the indexes that
    /// tables do not come with.
    pub fn tamper(&self, statements: &[&str]) -> Result<Vec<Vec<Option<String>>>, StoreError> {
        let drops = "select format('drop trigger %I on %I', tgname, tgrelid::regclass) from pg_trigger \
                where not tgisinternal and tgrelid in (select oid from pg_class where relnamespace = current_schema()::regnamespace) \
            union all select format('drop index %I', indexrelid::regclass) from pg_index i join pg_class c on c.oid = i.indrelid \
                where c.relnamespace = current_schema()::regnamespace and not i.indisprimary and not exists \
                    (select 1 from pg_constraint where conindid = i.indexrelid)";
        let drops: Vec<String> = self
            .carry_out(&[drops])?
            .into_iter()
            .filter_map(|mut row| row.pop()?)
            .collect();
        let all: Vec<&str> = drops
            .iter()
            .map(String::as_str)
            .chain(statements.iter().copied())
            .collect();
        self.carry_out(&all)
    }
}

/// A statement that a store has carried out, and how PostgreSQL does that.
#[derive(Clone, Debug)]
pub struct Carried {
    /// Its text.
    pub sql: String,
    /// Its plan, made without a look at its arguments: every step, with its members as PostgreSQL names them.
    pub steps: Vec<serde_json::Value>,
}

impl PostgresStore {
    /// Every statement that one connection to write and one to read have carried out so far; the others are not looked at.
    pub(in crate::engine) async fn carried(&self) -> Result<Vec<Carried>, StoreError> {
        let failed = failed("asking for plans");
        let mut all = Vec::new();
        for client in [self.connections.writer().await?, self.connections.reader().await?] {
            client
                .batch_execute("set plan_cache_mode = force_generic_plan")
                .await
                .map_err(&failed)?;
            let known =
                "select name, statement, cardinality(parameter_types) from pg_prepared_statements where name <> ''";
            for row in client.query(known, &[]).await.map_err(&failed)? {
                let (name, sql, arguments): (String, String, i32) = (row.get(0), row.get(1), row.get(2));
                if !["select", "insert", "update", "delete", "with"]
                    .iter()
                    .any(|verb| sql.starts_with(verb))
                {
                    continue;
                }
                let nulls = vec!["null"; usize::try_from(arguments).unwrap_or_default()];
                let list = if nulls.is_empty() {
                    String::new()
                } else {
                    format!("({})", nulls.join(", "))
                };
                let explained = run(&client, &format!("explain (format json) execute {name}{list}")).await?;
                let text: String = explained.into_iter().flatten().flatten().collect();
                let mut steps = Vec::new();
                if let Ok(plan) = serde_json::from_str(&text) {
                    flatten(plan, &mut steps);
                }
                all.push(Carried { sql, steps });
            }
        }
        Ok(all)
    }
}

/// Takes every step out of a plan.
fn flatten(value: serde_json::Value, steps: &mut Vec<serde_json::Value>) {
    match value {
        serde_json::Value::Array(values) => values.into_iter().for_each(|value| flatten(value, steps)),
        serde_json::Value::Object(mut members) => {
            for inner in ["Plan", "Plans"]
                .into_iter()
                .filter_map(|name| members.remove(name))
                .collect::<Vec<_>>()
            {
                flatten(inner, steps);
            }
            steps.push(members.into());
        }
        _ => {}
    }
}

async fn run(client: &Client, sql: &str) -> Result<Vec<Vec<Option<String>>>, StoreError> {
    let said = client
        .simple_query(sql)
        .await
        .map_err(failed("a statement of a test"))?;
    let rows = said.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|place| row.get(place).map(str::to_owned)).collect()),
        _ => None,
    });
    Ok(rows.collect())
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let sql = format!("drop database if exists {} with (force)", self.name);
        let dropped = apart(async { run(&connect(&self.base).await?, &sql).await });
        if let Err(error) = dropped {
            eprintln!("database {} stays: {error}", self.name);
        }
    }
}
