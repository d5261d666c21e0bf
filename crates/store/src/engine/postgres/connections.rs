//! Connections: two pools, one to write and one to read, and the threads that drive them.
//!
//! The store has a runtime of its own: a connection is driven by the runtime it was made on, and must go on when whoever asked
//! first has ended. Lanes of writing run on it too, beside the connections they use.

use std::time::Duration;

use deadpool_postgres::{
    Client, Connect, Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod, Runtime as Timers, Timeouts,
};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Address;
use super::cells::{failed, not_connected};
use super::tls::connector;
use crate::error::StoreError;

/// How long a unit or a reader waits for a connection that others have.
const PATIENCE: Duration = Duration::from_secs(15);

/// The most statements that a connection keeps prepared; beyond it all are forgotten. Lists that are asked for in many ways are
/// many statements.
const MOST_PREPARED: usize = 1024;

/// How often a connection is used before its plans are made anew, and then whenever it was used twice as often. How large a table is,
/// PostgreSQL looks up when it plans; a plan from when there was little in it takes the shortest way through little, and stays until
/// statistics are taken the next time, which a busy first minute does not wait for.
const PLANNED_ANEW: usize = 64;

/// What sessions that write are set to: what they carry out leaves no choice to a plan, so that it is planned once and not five
/// times first for the values it happens to come with.
const WRITING: &str = "-c plan_cache_mode=force_generic_plan";

/// Connections to a database.
#[derive(Debug)]
pub(super) struct Connections {
    runtime: Option<Runtime>,
    handle: Handle,
    writers: Pool,
    readers: Pool,
    /// How many transactions are being ended out of the way.
    ending: watch::Sender<usize>,
}

impl Connections {
    pub(super) fn to(address: &Address) -> Result<Connections, StoreError> {
        let failed = |message: String| StoreError::Engine {
            doing: "setting connections up",
            message,
        };
        // What can be refused comes before the runtime, which may not be let go of where a caller waits.
        let tls = connector(&address.trust)?;
        let runtime = Builder::new_multi_thread()
            .thread_name("postgres")
            .enable_all()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let handle = runtime.handle().clone();
        let pool = |config: &Config, size| {
            let connect = OnRuntime {
                handle: handle.clone(),
                tls: tls.clone(),
            };
            let manner = ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            };
            let timeouts = Timeouts {
                wait: Some(PATIENCE),
                create: Some(PATIENCE),
                recycle: None,
            };
            Pool::builder(Manager::from_connect(config.clone(), connect, manner))
                .max_size(size)
                // The one that was used last knows best what is used.
                .queue_mode(QueueMode::Lifo)
                .timeouts(timeouts)
                .runtime(Timers::Tokio1)
                .build()
                .map_err(|error| failed(error.to_string()))
        };
        let mut writing = address.config.clone();
        writing.options(format!("{WRITING} {}", writing.get_options().unwrap_or_default()));
        Ok(Connections {
            writers: pool(&writing, address.writers)?,
            readers: pool(&address.config, address.readers)?,
            runtime: Some(runtime),
            handle,
            ending: watch::Sender::new(0),
        })
    }

    /// The runtime that drives the connections.
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// How many units of work can be under way at once.
    pub(super) fn most_units(&self) -> usize {
        self.writers.status().max_size
    }

    pub(super) async fn writer(&self) -> Result<Client, StoreError> {
        lent(&self.writers).await
    }

    pub(super) async fn reader(&self) -> Result<Client, StoreError> {
        lent(&self.readers).await
    }

    /// Ends a transaction out of the way of whoever was in it, and puts the connection back afterwards.
    pub(super) fn roll_back(&self, client: Client) {
        let ending = Ending::begin(&self.ending);
        self.handle.spawn(async move {
            if client.batch_execute("rollback").await.is_err() {
                close(client);
            }
            drop(ending);
        });
    }

    /// Waits until no transaction is being ended, as long as it may: what this program has let go of sees nothing any more then.
    pub(super) async fn ended(&self, patience: Duration) {
        let mut ending = self.ending.subscribe();
        let none = ending.wait_for(|transactions| *transactions == 0);
        // Whoever is busy reading may never have none; then what is asked next tells whether anybody is in the way.
        let _either = tokio::time::timeout(patience, none).await;
    }
}

/// A transaction that is being ended.
struct Ending(watch::Sender<usize>);

impl Ending {
    fn begin(transactions: &watch::Sender<usize>) -> Ending {
        transactions.send_modify(|transactions| *transactions += 1);
        Ending(transactions.clone())
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.0
            .send_modify(|transactions| *transactions = transactions.saturating_sub(1));
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // The last owner may be a task of this very runtime or of another, where waiting is not allowed.
            runtime.shutdown_background();
        }
    }
}

async fn lent(pool: &Pool) -> Result<Client, StoreError> {
    let client = pool.get().await.map_err(not_connected)?;
    if client.statement_cache.size() > MOST_PREPARED {
        client.statement_cache.clear();
    }
    let used = Client::metrics(&client).recycle_count;
    if used >= PLANNED_ANEW && used.is_power_of_two() {
        client
            .batch_execute("discard plans")
            .await
            .map_err(failed("forgetting plans"))?;
    }
    Ok(client)
}

/// Closes a connection instead of putting it back: PostgreSQL rolls back what was under way.
pub(super) fn close(client: Client) {
    drop(Client::take(client));
}

/// Makes connections on the store's own runtime.
struct OnRuntime {
    handle: Handle,
    tls: MakeRustlsConnect,
}

impl Connect for OnRuntime {
    fn connect(
        &self,
        config: &Config,
    ) -> BoxFuture<'_, Result<(tokio_postgres::Client, JoinHandle<()>), tokio_postgres::Error>> {
        let (config, tls) = (config.clone(), self.tls.clone());
        let handle = self.handle.clone();
        async move {
            let made = handle.spawn(async move {
                let (client, connection) = config.connect(tls).await?;
                let driven = tokio::spawn(async move {
                    // Whoever uses the connection hears of its end.
                    let _ended = connection.await;
                });
                Ok((client, driven))
            });
            match made.await {
                Ok(outcome) => outcome,
                // The runtime is ending, and with it the store: the pool stops waiting by itself.
                Err(_) => std::future::pending().await,
            }
        }
        .boxed()
    }
}
