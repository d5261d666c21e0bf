//! What `docs/scaling.md` says of the tables is so: its DDL for Citus spreads every table that there is, once, by the book.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::BTreeSet;
use std::path::Path;

use quittance_store::beside::{BALANCE, DIRECTORY, EVENT, HEAD, TALLY};
use quittance_store::tables::TABLES;

/// The fenced block of the page.
fn ddl() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scaling.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, from) = page.split_once("```sql citus\n").unwrap();
    from.split_once("```").unwrap().0.to_owned()
}

/// What stands between quotes, call by call.
fn calls(ddl: &str, function: &str) -> Vec<Vec<String>> {
    let of_function = |line: &&str| line.starts_with(&format!("select {function}("));
    let quoted = |line: &str| line.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
    ddl.lines().filter(of_function).map(quoted).collect()
}

#[test]
fn every_table_is_spread_once_by_the_book() {
    let ddl = ddl();
    let distributed = calls(&ddl, "create_distributed_table");
    for (place, call) in distributed.iter().enumerate() {
        let expected: &[&str] = if place == 0 {
            &["head", "book"]
        } else {
            &[&call[0], "book", "head"]
        };
        assert_eq!(call, expected, "by the book, beside the head");
    }
    let named: Vec<&str> = distributed.iter().map(|call| call[0].as_str()).collect();
    let known = TABLES
        .iter()
        .chain([&HEAD, &EVENT, &BALANCE, &TALLY])
        .map(|table| table.name);
    let known: BTreeSet<&str> = known.collect();
    assert_eq!(named.len(), known.len(), "{named:?}");
    assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), known);
    let references = calls(&ddl, "create_reference_table");
    assert_eq!(
        references,
        [vec!["quittance_version".to_owned()], vec![DIRECTORY.name.to_owned()]]
    );
}
