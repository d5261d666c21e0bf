//! Rules on Rust files.

use super::{Found, before_tests, has_word, is_test, numbered};

const MOST_LINES: usize = 700;

pub(super) fn length(path: &str, text: &str) -> Vec<Found> {
    let lines = text.lines().count();
    if is_rust(path) && lines > MOST_LINES {
        return vec![(MOST_LINES + 1, format!("{lines} lines"))];
    }
    Vec::new()
}

pub(super) fn unfinished(path: &str, text: &str) -> Vec<Found> {
    let marks = [
        concat!("#[", "ignore"),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
    ];
    quoting(is_rust(path), text, &marks)
}

/// Every Rust file opens with `//!`; a test crate or an example is no different.
pub(super) fn header(path: &str, text: &str) -> Vec<Found> {
    if is_rust(path) && !text.trim_start().starts_with("//!") {
        return vec![(1, "does not open with a `//!` header".to_owned())];
    }
    Vec::new()
}

/// Both the files and folders so called and modules declared inside a file.
pub(super) fn names(path: &str, text: &str) -> Vec<Found> {
    const VAGUE: [&str; 8] = [
        "utils", "util", "helpers", "helper", "manager", "service", "common", "misc",
    ];
    if !is_rust(path) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for part in path
        .split('/')
        .map(|part| part.trim_end_matches(".rs"))
        .filter(|part| VAGUE.contains(part))
    {
        found.push((1, format!("`{part}` in the path says nothing")));
    }
    for (number, line) in numbered(text) {
        let code = line.trim_start();
        let declared = code
            .strip_prefix("mod ")
            .or_else(|| code.strip_prefix("pub").and_then(|_| after_mod(code)));
        let name = declared
            .and_then(|rest| rest.split([' ', ';', '{']).next())
            .unwrap_or_default();
        if VAGUE.contains(&name) {
            found.push((number, format!("module name `{name}` says nothing")));
        }
    }
    found
}

/// The rest of `pub mod name` or `pub(...) mod name`.
fn after_mod(code: &str) -> Option<&str> {
    code.split_once(" mod ")
        .filter(|(visibility, _)| !visibility.contains(['/', '"', '=']))
        .map(|(_, rest)| rest)
}

/// Every file of these crates, text and data too: a number in a schema is as harmful as one in code.
pub(super) fn floats(path: &str, text: &str) -> Vec<Found> {
    const EXACT: [&str; 3] = ["crates/accounting/", "crates/store/", "crates/books/"];
    if !EXACT.iter().any(|folder| path.starts_with(folder)) {
        return Vec::new();
    }
    let words = [concat!("f", "32"), concat!("f", "64")];
    let is_float = |line: &str| words.iter().find(|word| has_word(line, word)).copied();
    numbered(text)
        .filter_map(|(number, line)| Some((number, format!("`{}`", is_float(line)?))))
        .collect()
}

pub(super) fn drivers(path: &str, text: &str) -> Vec<Found> {
    let marks = [
        concat!("use rusq", "lite"),
        concat!("rusq", "lite::"),
        concat!("tokio_post", "gres::"),
        concat!("use tokio_post", "gres"),
        concat!("sql", "x::"),
    ];
    quoting(
        is_rust(path) && !path.starts_with("crates/store/src/engine"),
        text,
        &marks,
    )
}

/// What others would have written, for a benchmark to compare with.
const BASELINES: &str = "crates/server/benches/deletes/postgres/";

/// String literals that open like a statement, on the line of their quote or on the next one.
pub(super) fn sql(path: &str, text: &str) -> Vec<Found> {
    let exempt = ["crates/store/", "xtask/", BASELINES];
    if !is_rust(path) || is_test(path) || exempt.iter().any(|folder| path.starts_with(folder)) {
        return Vec::new();
    }
    let code = before_tests(text);
    let mut found = Vec::new();
    let mut start = 0;
    for (number, line) in numbered(code) {
        let quotes = line.match_indices('"').map(|(at, _)| start + at + 1);
        let statement = quotes.filter_map(|at| statement_at(&code[at..])).next();
        start += line.len() + 1;
        if let Some(statement) = statement.filter(|_| !line.trim_start().starts_with("//")) {
            found.push((number, format!("a string opens with `{statement}`")));
        }
    }
    found
}

fn statement_at(literal: &str) -> Option<&'static str> {
    // `update` alone opens English sentences as well; as a statement it has its `set` nearby.
    const OPENINGS: [&str; 10] = [
        "select ",
        "insert into ",
        "update ",
        "delete from ",
        "create table ",
        "create index ",
        "create unique index ",
        "alter table ",
        "drop table ",
        "begin immediate",
    ];
    let first_line_is_empty = literal.starts_with('\n') || literal.starts_with("\\\n");
    let body = if first_line_is_empty {
        literal.trim_start_matches('\\').trim_start()
    } else {
        literal
    };
    let opening: String = body.chars().take(160).collect::<String>().to_ascii_lowercase();
    let statement = OPENINGS.into_iter().find(|statement| opening.starts_with(statement))?;
    (statement != "update " || has_word(&opening, "set")).then_some(statement)
}

pub(super) fn tabs(path: &str, text: &str) -> Vec<Found> {
    let lines = numbered(text).filter(|(_, line)| is_rust(path) && line.contains('\t'));
    lines.map(|(number, _)| (number, "a tab".to_owned())).collect()
}

fn is_rust(path: &str) -> bool {
    path.ends_with(".rs")
}

/// The lines that hold one of the marks.
fn quoting(applies: bool, text: &str, marks: &[&str]) -> Vec<Found> {
    let mark = |line: &str| marks.iter().find(|mark| line.contains(**mark)).copied();
    let lines = numbered(text).filter(|_| applies);
    lines
        .filter_map(|(number, line)| Some((number, format!("`{}`", mark(line)?))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;

    #[test]
    fn length_counts_lines_of_rust() {
        assert_eq!(lines(length("a.rs", &"x\n".repeat(701))), [701]);
        assert!(length("a.rs", &"x\n".repeat(700)).is_empty());
        assert!(length("a.md", &"x\n".repeat(701)).is_empty());
    }

    #[test]
    fn unfinished_finds_marks() {
        for mark in [
            concat!("#[ign", "ore]"),
            concat!("tod", "o!()"),
            concat!("unimpl", "emented!(\"later\")"),
        ] {
            assert_eq!(lines(unfinished("a.rs", &format!("fn a() {{\n    {mark}\n}}\n"))), [2]);
            assert!(unfinished("a.md", mark).is_empty());
        }
        assert!(unfinished("a.rs", "fn ignore() {}\n").is_empty());
    }

    #[test]
    fn header_opens_the_file() {
        assert_eq!(lines(header("a.rs", "use std::fmt;\n//! Late.\n")), [1]);
        assert_eq!(lines(header("a.rs", "")), [1]);
        assert!(header("a.rs", "//! Purpose.\n").is_empty());
        assert!(header("a.md", "# Title\n").is_empty());
    }

    #[test]
    fn names_say_something() {
        assert_eq!(lines(names("src/utils.rs", "")), [1]);
        assert_eq!(lines(names("tests/common/server.rs", "")), [1]);
        assert_eq!(
            lines(names(
                "a.rs",
                "\nmod misc;\npub mod helpers {\npub(crate) mod manager;\n"
            )),
            [2, 3, 4]
        );
        assert!(
            names(
                "src/service_fee.rs",
                "mod commons;\nuse common::x;\n// pub the mod misc\n"
            )
            .is_empty()
        );
        assert!(names("deploy/quittance.service", "").is_empty());
    }

    #[test]
    fn floats_stay_above_the_books() {
        let text = concat!("let a: f", "64 = 0;\nlet b: Vec<f", "32>;\n");
        assert_eq!(lines(floats("crates/books/src/a.rs", text)), [1, 2]);
        assert!(floats("crates/server/src/a.rs", text).is_empty());
        assert!(floats("crates/books/src/a.rs", concat!("let half", "64 = buf", "32;\n")).is_empty());
    }

    #[test]
    fn drivers_stay_in_the_engines() {
        let text = concat!("use rusq", "lite::Connection;\nfn a(c: &rusq", "lite::Row) {}\n");
        assert_eq!(lines(drivers("crates/store/src/log.rs", text)), [1, 2]);
        assert!(drivers("crates/store/src/engine/sqlite.rs", text).is_empty());
        assert!(drivers("crates/store/src/engine.rs", text).is_empty());
        assert!(drivers("crates/store/src/log.rs", "// SQLite is one of two.\n").is_empty());
    }

    #[test]
    fn sql_stays_in_the_store() {
        let text =
            "a(\"SELECT id\");\nb(\"\n  insert into t\");\nc(\"\\\n  delete from t\");\nd(\"update t set a = 1\");\n";
        assert_eq!(lines(sql("crates/books/src/a.rs", text)), [1, 2, 4, 6]);
        assert!(sql("crates/store/src/a.rs", text).is_empty());
        assert!(sql("xtask/src/a.rs", text).is_empty());
        assert!(sql("crates/server/benches/deletes/postgres/a.rs", text).is_empty());
        assert_eq!(lines(sql("crates/server/benches/deletes/a.rs", text)), [1, 2, 4, 6]);
        assert!(sql("crates/books/tests/a.rs", text).is_empty());
        assert!(
            sql(
                "crates/books/src/a.rs",
                &format!("a\n#[cfg(test)]\nmod tests {{\n{text}}}\n")
            )
            .is_empty()
        );
        let prose = "a(\"selected\");\nb(\"Update the book\");\n// \"select \" is one\nlet c = \"é\";\n";
        assert!(sql("crates/books/src/a.rs", prose).is_empty());
    }

    #[test]
    fn tabs_are_not_for_rust() {
        assert_eq!(lines(tabs("a.rs", "a\n\tb\n")), [2]);
        assert!(tabs("Makefile", "a\n\tb\n").is_empty());
        assert!(tabs("a.rs", "a\n    b(\"\\t\")\n").is_empty());
    }
}
