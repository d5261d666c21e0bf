//! The rows that a commit was seen to write, and the statements that write rows like them.
//!
//! Two commits in a row are compared with the tables before and after each. What is the same in both is written again as it was;
//! a number that grew grows on by as much per request; of a text that differs (ids, instants, digests, the event) the end is
//! replaced by the number of the request, so that its length stays. Which request it is, the head of the book tells, which both
//! baselines lock first, as we do.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::database::Database;

/// Where the request's number stands in a text that differs: as many hexadecimal digits.
const DIGITS: usize = 12;

/// A row, by column.
type Row = Map<String, Value>;

/// What a commit did to a table: rows as they are now, by key.
#[derive(Default)]
struct Written {
    added: BTreeMap<String, Row>,
    changed: BTreeMap<String, Row>,
}

/// Commits that are being watched.
pub struct Recording<'a> {
    database: &'a Database,
    shapes: Vec<Shape>,
    steps: Vec<BTreeMap<String, Written>>,
}

/// A table: its columns with their types, and which of them are its key.
#[derive(Clone)]
struct Shape {
    table: String,
    columns: Vec<(String, String)>,
    key: Vec<String>,
}

/// What two commits wrote, as statements with places for the book and the number of the request.
pub struct Recorded {
    statements: Vec<String>,
    /// The seq of the head before the first of the two.
    first: i64,
    /// How many rows a request adds to each table.
    added: BTreeMap<String, i64>,
}

impl Recording<'_> {
    /// From now on book 1 is watched.
    pub fn begin(database: &Database) -> Recording<'_> {
        let shapes: Vec<Shape> = database
            .tables()
            .into_iter()
            .map(|table| Shape::of(database, table))
            .collect();
        let recording = Recording {
            database,
            shapes,
            steps: Vec::new(),
        };
        database.ask("create schema was");
        recording.keep();
        recording
    }

    fn keep(&self) {
        for Shape { table, .. } in &self.shapes {
            let kept = format!(
                "drop table if exists was.{table}; create table was.{table} as select * from {table} where book = 1"
            );
            self.database.ask(&kept);
        }
    }

    /// A commit took place.
    pub fn step(&mut self) {
        let mut written = BTreeMap::new();
        for shape in &self.shapes {
            let table = &shape.table;
            let gone = shape.rows(
                self.database,
                &format!("select * from was.{table} except select * from {table}"),
            );
            let new = format!("select * from {table} where book = 1 except select * from was.{table}");
            let (changed, added): (BTreeMap<_, _>, BTreeMap<_, _>) = shape
                .rows(self.database, &new)
                .into_iter()
                .partition(|(key, _)| gone.contains_key(key));
            assert_eq!(changed.len(), gone.len(), "{table}: rows were removed");
            if !added.is_empty() || !changed.is_empty() {
                written.insert(table.clone(), Written { added, changed });
            }
        }
        self.steps.push(written);
        self.keep();
    }

    /// What was seen.
    pub fn end(self) -> Recorded {
        self.database.ask("drop schema was cascade");
        let [first, second] = &self.steps[..] else {
            panic!("two commits are compared")
        };
        let mut statements = Vec::new();
        let mut added = BTreeMap::new();
        let mut seq = 0;
        // The head is moved on first and the log is written next, as in a commit of ours.
        let order = |shape: &Shape| match shape.table.as_str() {
            "head" => 0,
            "event" => 1,
            _ => 2,
        };
        let mut shapes = self.shapes.clone();
        shapes.sort_by_key(order);
        let nothing = Written::default();
        for shape in &shapes {
            let (one, two) = (
                first.get(&shape.table).unwrap_or(&nothing),
                second.get(&shape.table).unwrap_or(&nothing),
            );
            let new = shape.paired(&one.added, &two.added);
            let changed = shape.paired(&one.changed, &two.changed);
            if !new.is_empty() {
                statements.push(shape.insert(&new));
            }
            match &changed[..] {
                [] => {}
                [(before, after)] => statements.push(shape.update(before, after)),
                several => statements.push(shape.upsert(several)),
            }
            added.insert(shape.table.clone(), new.len() as i64);
            if shape.table == "head" {
                seq = one.changed.values().next().unwrap()["seq"].as_i64().unwrap() - 1;
            }
        }
        Recorded {
            statements,
            first: seq,
            added,
        }
    }
}

impl Shape {
    fn of(database: &Database, table: String) -> Shape {
        let columns = format!(
            "select attname || ' ' || format_type(atttypid, null) from pg_attribute \
             where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped order by attnum"
        );
        let key = format!(
            "select attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) \
             where i.indrelid = '{table}'::regclass and i.indisprimary"
        );
        let columns = database.ask(&columns);
        Shape {
            columns: columns
                .lines()
                .map(|line| line.split_once(' ').unwrap())
                .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
                .collect(),
            key: database.ask(&key).lines().map(str::to_owned).collect(),
            table,
        }
    }

    fn rows(&self, database: &Database, select: &str) -> BTreeMap<String, Row> {
        let said = database.ask(&format!("select coalesce(json_agg(x), '[]') from ({select}) x"));
        let rows: Vec<Row> = serde_json::from_str(&said).unwrap();
        rows.into_iter().map(|row| (self.key_of(&row), row)).collect()
    }

    /// Numbers as long as they can be, so that the order of keys is that of the texts.
    fn key_of(&self, row: &Row) -> String {
        let cells = self.key.iter().map(|column| match &row[column] {
            Value::Number(number) => format!("{:0>20}", number.to_string()),
            other => other.to_string(),
        });
        cells.collect::<Vec<_>>().join(" ")
    }

    /// Each row of one commit with its like of the other.
    fn paired<'a>(&self, one: &'a BTreeMap<String, Row>, two: &'a BTreeMap<String, Row>) -> Vec<(&'a Row, &'a Row)> {
        assert_eq!(one.len(), two.len(), "{}: two commits alike differ", self.table);
        one.values().zip(two.values()).collect()
    }

    fn cells(&self, (one, two): &(&Row, &Row)) -> Vec<(String, String)> {
        let of = |(column, kind): &(String, String)| {
            let cell = match column.as_str() {
                "book" => "{book}".to_owned(),
                _ => cell(&one[column], &two[column], kind),
            };
            (column.clone(), cell)
        };
        self.columns.iter().map(of).collect()
    }

    fn insert(&self, rows: &[(&Row, &Row)]) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let values: Vec<String> = rows
            .iter()
            .map(|row| {
                let cells: Vec<String> = self.cells(row).into_iter().map(|(_, cell)| cell).collect();
                format!("({})", cells.join(", "))
            })
            .collect();
        format!(
            "insert into {} ({}) values {}",
            self.table,
            names.join(", "),
            values.join(", ")
        )
    }

    fn update(&self, before: &Row, after: &Row) -> String {
        let (key, others): (Vec<_>, Vec<_>) = self
            .cells(&(before, after))
            .into_iter()
            .partition(|(name, _)| self.key.contains(name));
        let equal = |cells: Vec<(String, String)>, between: &str| {
            let cells: Vec<String> = cells
                .into_iter()
                .map(|(name, cell)| format!("{name} = {cell}"))
                .collect();
            cells.join(between)
        };
        format!(
            "update {} set {} where {}",
            self.table,
            equal(others, ", "),
            equal(key, " and ")
        )
    }

    fn upsert(&self, rows: &[(&Row, &Row)]) -> String {
        let others = self.columns.iter().filter(|(name, _)| !self.key.contains(name));
        let sets: Vec<String> = others.map(|(name, _)| format!("{name} = excluded.{name}")).collect();
        format!(
            "{} on conflict ({}) do update set {}",
            self.insert(rows),
            self.key.join(", "),
            sets.join(", ")
        )
    }
}

/// A cell as an expression of the number of the request, `{n}`.
fn cell(one: &Value, two: &Value, kind: &str) -> String {
    match (one, two) {
        (Value::Null, Value::Null) => format!("null::{kind}"),
        (Value::Number(one), Value::Number(two)) => {
            let (one, two) = (one.as_i64().unwrap(), two.as_i64().unwrap());
            match two - one {
                0 => format!("{one}::bigint"),
                more => format!("({one}::bigint + {more} * {{n}})"),
            }
        }
        (Value::String(one), Value::String(two)) if one == two => text(one),
        (Value::String(one), Value::String(two)) => counted(one, two).unwrap_or_else(|| {
            let kept = one.chars().count().saturating_sub(DIGITS);
            let kept: String = one.chars().take(kept).collect();
            let digits = DIGITS.min(one.chars().count());
            format!("({} || lpad(to_hex({{n}}), {digits}, '0'))", text(&kept))
        }),
        _ => panic!("a cell that is {one} and then {two}"),
    }
}

/// A number behind the same words in both.
fn counted(one: &str, two: &str) -> Option<String> {
    let digits = one.len() - one.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    let (words, number) = one.split_at(one.len() - digits);
    let other = two.strip_prefix(words)?;
    let (from, to): (i64, i64) = (number.parse().ok()?, other.parse().ok()?);
    let is_plain = digits < DIGITS && number.len() == other.len() && to == from + 1;
    is_plain.then(|| {
        format!(
            "({} || lpad(({from}::bigint + {{n}})::text, {digits}, '0'))",
            text(words)
        )
    })
}

/// A text as a literal without a colon, which would be a variable to `pgbench`.
fn text(plain: &str) -> String {
    let mut literal = String::from("E'");
    for letter in plain.chars() {
        match letter {
            '\'' => literal.push_str("''"),
            '\\' => literal.push_str("\\\\"),
            ':' => literal.push_str("\\072"),
            '\n' => literal.push_str("\\n"),
            other => {
                // Writing into a text cannot fail.
                let _ = write!(literal, "{other}");
            }
        }
    }
    literal + "'"
}

impl Recorded {
    fn filled(&self, statement: &str, book: &str, n: &str) -> String {
        statement.replace("{book}", book).replace("{n}", n)
    }

    /// A script that sends a transaction, statement by statement.
    pub fn transaction(&self, spread: usize) -> String {
        let first = self.first;
        let mut script = format!(
            "\\set book random(1, {spread})\nbegin;\n\
             select seq - {first} as n from head where book = :book::bigint for update \\gset\n"
        );
        for statement in &self.statements {
            script.push_str(&self.filled(statement, ":book::bigint", ":n::bigint"));
            script.push_str(";\n");
        }
        script + "commit;\n"
    }

    /// The function that does the same in one call.
    pub fn function(&self) -> String {
        let first = self.first;
        let mut body = format!("select seq - {first} into strict n from head where book = of for update;\n");
        for statement in &self.statements {
            body.push_str(&self.filled(statement, "of", "n"));
            body.push_str(";\n");
        }
        format!(
            "create function issue_one(of bigint) returns bigint language plpgsql as $function$\n\
             #variable_conflict use_column\ndeclare n bigint;\nbegin\n{body}return n;\nend $function$"
        )
    }

    /// A script that calls it.
    pub fn call(&self, spread: usize) -> String {
        format!("\\set book random(1, {spread})\nselect issue_one(:book::bigint);\n")
    }

    /// Every request must have added as many rows to every table as the recorded ones.
    pub fn check(&self, before: &BTreeMap<String, i64>, after: &BTreeMap<String, i64>) {
        let more = |table: &str| after[table] - before[table];
        let requests = more("event");
        for (table, added) in &self.added {
            assert_eq!(more(table), added * requests, "{table}: {requests} requests");
        }
    }
}
