//! The baseline of the benchmark: statements, and nothing around them.
//!
//! A [`Bare`] file has the same settings and the same tables as any other, and carries out what [`SqliteStore::record_statements`]
//! kept, the marks of begin and commit included: cached statements, bound and stepped. Nothing is gathered, decided, counted or
//! checked, so its time is what SQLite and the disk take for the writes alone. Nothing but the benchmark uses it.

use std::path::Path;

use rusqlite::{Connection, params_from_iter};

use super::rows::{Held, failed};
use super::{connect, migrate};
use crate::engine::Carried;
use crate::error::StoreError;

/// A file that statements are carried out on.
#[derive(Debug)]
pub struct Bare(Connection);

impl Bare {
    /// Opens a file, making it if it is not there, with the settings and the tables of every store.
    pub fn open(path: &Path) -> Result<Bare, StoreError> {
        let mut connection = connect(path)?;
        migrate(&mut connection)?;
        Ok(Bare(connection))
    }

    /// Carries statements out in order.
    pub fn carry_out(&self, statements: &[Carried]) -> Result<(), StoreError> {
        let failed = failed("repeating a statement");
        let mut held = None;
        for Carried { sql, arguments } in statements {
            let statement = Held::with(&mut held, &self.0, sql).map_err(&failed)?;
            statement.execute(params_from_iter(arguments)).map_err(&failed)?;
        }
        Ok(())
    }
}
