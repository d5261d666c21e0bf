//! Databases on the PostgreSQL of the tests, seen from outside: made, prepared by the program and asked with `psql`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::process::quittance;

/// A database of its own, gone with this.
pub struct Database {
    /// The address for the role that owns the tables.
    pub owner: String,
    /// The address for the role of a server.
    pub server: String,
    name: String,
}

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: `cargo xtask test` starts a PostgreSQL and sets it"))
}

/// Where PostgreSQL's programs are.
pub fn programs() -> PathBuf {
    PathBuf::from(variable("QUITTANCE_TEST_POSTGRES_PROGRAMS"))
}

/// What `psql` answers.
fn ask(address: &str, statement: &str) -> String {
    let output = Command::new(programs().join("psql"))
        .args([
            "--no-psqlrc",
            "-At",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            address,
            "-c",
            statement,
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{statement}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The same server's address for another database.
fn beside(address: &str, name: &str) -> String {
    format!("{}/{name}", address.rsplit_once('/').unwrap().0)
}

impl Database {
    /// An empty one.
    pub fn empty() -> Database {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("served_{}_{made}", std::process::id());
        let base = variable("QUITTANCE_TEST_POSTGRES");
        ask(&base, &format!("create database {name}"));
        Database {
            owner: beside(&base, &name),
            server: beside(&variable("QUITTANCE_TEST_POSTGRES_SERVER"), &name),
            name,
        }
    }

    /// One with the tables, ready for servers.
    pub fn ready(folder: &Path) -> Database {
        let database = Database::empty();
        quittance(
            folder,
            &database.owner,
            &["migrate", "--server-role", "quittance_server"],
        );
        database
    }

    /// Every statement that servers had carried out in it, without the values.
    pub fn carried_out(&self) -> Vec<String> {
        let asked = format!(
            "select coalesce(json_agg(s.query), '[]') from pg_stat_statements s \
             join pg_database d on d.oid = s.dbid join pg_roles r on r.oid = s.userid \
             where d.datname = '{}' and r.rolname = 'quittance_server'",
            self.name
        );
        serde_json::from_str(&ask(&variable("QUITTANCE_TEST_POSTGRES"), &asked)).unwrap()
    }

    /// Everything in it, as text. The dump's own key, which differs from dump to dump, is left out.
    pub fn dumped(&self) -> String {
        let output = Command::new(programs().join("pg_dump"))
            .args(["--dbname", &self.owner])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let kept = text.lines().filter(|line| !line.starts_with('\\') || *line == "\\.");
        kept.collect::<Vec<_>>().join("\n")
    }

    /// Asks as the owner.
    pub fn ask(&self, statement: &str) -> String {
        ask(&self.owner, statement)
    }
}

/// A schema of its own in the database that the tests are given, gone with this: made sooner than a database.
pub struct Schema {
    /// The address for the role that owns the tables.
    pub owner: String,
    name: String,
}

impl Schema {
    /// An empty one.
    pub fn empty() -> Schema {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("served_{}_{made}", std::process::id());
        let base = variable("QUITTANCE_TEST_POSTGRES");
        ask(&base, &format!("create schema {name}"));
        Schema {
            // What is said is looked at here, not what is left after a crash.
            owner: format!("{base}?options=-csearch_path%3D{name}+-csynchronous_commit%3Doff"),
            name,
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// From now on each commit of events takes the schema out of sight, until it is brought back.
    pub fn hide_after_writes(&self) {
        let name = &self.name;
        self.ask(&format!(
            "create function {name}.away() returns trigger language plpgsql as $$ \
             begin if to_regnamespace('{name}') is not null then execute 'alter schema {name} rename to {name}_away'; end if; \
             return null; end $$"
        ));
        self.ask(&format!(
            "create constraint trigger away after insert on {name}.event deferrable initially deferred \
             for each row execute function {name}.away()"
        ));
    }

    /// Brings the schema back, if a commit took it out of sight.
    pub fn bring_back(&self) {
        let name = &self.name;
        self.ask(&format!(
            "do $$ begin if to_regnamespace('{name}_away') is not null then \
             execute 'alter schema {name}_away rename to {name}'; end if; end $$"
        ));
    }

    /// Asks as the owner.
    pub fn ask(&self, statement: &str) -> String {
        ask(&variable("QUITTANCE_TEST_POSTGRES"), statement)
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let drop = format!("set client_min_messages = error; drop schema {} cascade", self.name);
        ask(&variable("QUITTANCE_TEST_POSTGRES"), &drop);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let base = variable("QUITTANCE_TEST_POSTGRES");
        ask(&base, &format!("drop database if exists {} with (force)", self.name));
    }
}
