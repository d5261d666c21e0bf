//! Databases on the server that the chore started, asked with `psql`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What our own sessions are set to, for those of others.
pub const SESSION: &str = "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=20000 -c enable_seqscan=off \
    -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off -c plan_cache_mode=force_generic_plan";

/// A database, dropped with this.
pub struct Database {
    name: String,
    /// Its address for the owner of the tables, and for the role of a server.
    pub owner: String,
    pub server: String,
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: `cargo xtask bench --engine postgres` does"))
}

/// One of PostgreSQL's programs.
pub fn program(name: &str) -> PathBuf {
    PathBuf::from(variable("QUITTANCE_TEST_POSTGRES_PROGRAMS")).join(name)
}

fn ask(address: &str, statements: &str) -> String {
    let output = Command::new(program("psql"))
        .args([
            "--no-psqlrc",
            "-qAt",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            address,
            "-c",
            statements,
        ])
        .output()
        .unwrap();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{statements}: {complained}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Database {
    /// Makes one, as a copy of another or empty.
    pub fn make(name: &str, template: Option<&Database>) -> Database {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("bench_{name}_{}_{made}", std::process::id());
        let base = variable("QUITTANCE_TEST_POSTGRES");
        let within = |address: &str| format!("{}/{name}", address.rsplit_once('/').unwrap().0);
        let copied = template.map(|template| format!(" template {}", template.name));
        ask(&base, &format!("create database {name}{}", copied.unwrap_or_default()));
        Database {
            owner: within(&base),
            server: within(&variable("QUITTANCE_TEST_POSTGRES_SERVER")),
            name,
        }
    }

    /// Asks as the owner.
    pub fn ask(&self, statements: &str) -> String {
        ask(&self.owner, statements)
    }

    /// Ends every session in it, so that it can be copied.
    pub fn let_go(&self) {
        // PostgreSQL's own, that clean tables up, are none of ours; they make way for whoever copies or drops.
        let ours = "backend_type = 'client backend'";
        let sessions = format!("from pg_stat_activity where datname = '{}' and {ours}", self.name);
        let base = variable("QUITTANCE_TEST_POSTGRES");
        ask(&base, &format!("select count(pg_terminate_backend(pid)) {sessions}"));
        while ask(&base, &format!("select count(*) {sessions}")) != "0" {
            std::thread::yield_now();
        }
    }

    /// The tables that start with a book.
    pub fn tables(&self) -> Vec<String> {
        let tables = "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid \
            where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'book' \
            and c.relname <> 'directory' order by 1";
        self.ask(tables).lines().map(str::to_owned).collect()
    }

    /// How many rows each table has.
    pub fn counts(&self) -> BTreeMap<String, i64> {
        let of = |table: String| format!("select '{table}', count(*) from {table}");
        let asked: Vec<String> = self.tables().into_iter().map(of).collect();
        // Each row says whose it is: where tables are counted at the same time, they come as they are ready.
        let said = self.ask(&asked.join(" union all "));
        let counts = said.lines().map(|row| row.split_once('|').unwrap());
        counts
            .map(|(table, count)| (table.to_owned(), count.parse().unwrap()))
            .collect()
    }

    /// How often the head of a book was moved on: once per commit. Asked when every session has ended, and told what it did.
    pub fn commits(&self) -> u64 {
        let moved = "select n_tup_upd from pg_stat_user_tables where relname = 'head'";
        self.ask(moved).parse().unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.let_go();
        ask(
            &variable("QUITTANCE_TEST_POSTGRES"),
            &format!("drop database if exists {}", self.name),
        );
    }
}
