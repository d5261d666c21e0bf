//! The row of a period: its seal in columns that are all there or all absent.

use quittance_accounting::book::{Period, PeriodSeal};

use super::{Cells, Stored, Table};
use crate::error::StoreError;
use crate::field::{Cell, Field, Row, Sink};

impl Row for Period {
    fn write(&self, to: &mut impl Sink) {
        let Period {
            closing,
            first,
            through,
            closed_at,
            seal,
            reopened,
        } = self;
        closing.write(to);
        first.write(to);
        through.write(to);
        closed_at.write(to);
        match seal {
            Some(seal) => {
                seal.at.write(to);
                seal.known_seq.write(to);
                seal.known_hash.write(to);
                seal.reports.write(to);
            }
            None => (0..4).for_each(|_| to.null()),
        }
        reopened.write(to);
    }
}

impl Stored for Period {
    const TABLE: Table = Table {
        name: "period",
        columns: &[
            "closing",
            "first",
            "through",
            "closed_at",
            "sealed_at",
            "known_seq",
            "known_hash",
            "reports",
            "reopened",
        ],
        keys: 1,
        derived: 0,
    };
    fn from_cells(cells: &[Cell]) -> Result<Self, StoreError> {
        let mut cells = Cells {
            table: &Self::TABLE,
            cells,
            next: 0,
        };
        let (closing, first, through, closed_at) = (cells.take()?, cells.take()?, cells.take()?, cells.take()?);
        let sealed = (cells.take()?, cells.take()?, cells.take()?, cells.take()?);
        let seal = match sealed {
            (Some(at), Some(known_seq), Some(known_hash), Some(reports)) => Some(PeriodSeal {
                at,
                known_seq,
                known_hash,
                reports,
            }),
            (None, None, None, None) => None,
            _ => return Err(cells.wrong(cells.next - 1)),
        };
        Ok(Period {
            closing,
            first,
            through,
            closed_at,
            seal,
            reopened: cells.take()?,
        })
    }
}
