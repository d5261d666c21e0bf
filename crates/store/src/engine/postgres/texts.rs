//! The statements of PostgreSQL that follow from the tables: lookups and writes of many rows at once, as arrays.
//!
//! An array of each column goes along, so that a batch costs one statement per table however many commands are in it. A single row
//! goes along as it is: measured at one client, writing an invoice as arrays of one took 0.39 ms and as a row 0.28. The kinds of
//! the columns come from the catalogue. Plans are made once per connection and know nothing of the arrays, so the texts leave no
//! choice that statistics could get wrong: a lookup by several columns is one index search per value (`lateral`, kept from being
//! merged by `offset 0`), and a write bounds the rows that it looks at by its keys before it joins them with their new values. A
//! write is at once a statement and a part of one that writes a whole commit (`whole.rs`): one text, to which a condition is added.

use std::collections::HashMap;
use std::fmt::Write as _;

use deadpool_postgres::Client;

use super::cells::failed;
use crate::beside::{BALANCE, EVENT, HEAD, TALLY};
use crate::engine::texts::{LIST_BOOK, OPEN_BOOK, PUT_LINE, REMOVE_LINE, dollars};
use crate::error::StoreError;
use crate::gathering::Seek;
use crate::tables::{TABLES, Table};

/// The statements, put together once per store.
#[derive(Debug)]
pub(super) struct Texts {
    seeks: Vec<String>,
    live: HashMap<&'static str, Writes>,
    /// Opens a book: its line in the directory, unless the slot is taken.
    pub(super) directory: String,
    /// A line of the directory, removing one, and making that of a book on its way one of a book that is there.
    pub(super) put_line: String,
    pub(super) remove_line: String,
    pub(super) list_book: String,
    /// The first head of a book, unless it has one.
    pub(super) head: String,
    /// Moves the head of a book on from a seq and its hash, which are the last arguments.
    pub(super) head_on: Form,
    /// Appends events.
    pub(super) events: Text,
    /// Adds to kept balances.
    pub(super) balances: Text,
    /// Adds to kept tallies.
    pub(super) tallies: Text,
}

/// A write. The book is the first argument.
#[derive(Debug)]
pub(super) struct Text {
    /// Of one row, whose cells follow.
    pub(super) one: Form,
    /// Of rows, of which an array per column follows.
    pub(super) many: Form,
}

/// A write in one of its forms.
#[derive(Debug)]
pub(super) struct Form {
    /// The statement by itself.
    pub(super) alone: String,
    /// Which one it is among those of the store.
    pub(super) place: usize,
    /// How many arguments it has, the book's left out.
    pub(super) arguments: usize,
    /// Whether it is of any number of rows, or of one.
    pub(super) many: bool,
    /// How much of the statement stands before a condition that is added, and what joins the two.
    reach: usize,
    joint: &'static str,
}

impl Form {
    /// The statement under a condition, its arguments after the book numbered from `first` on.
    pub(super) fn under(&self, condition: Option<&str>, first: usize) -> String {
        let (before, after) = self.alone.split_at_checked(self.reach).unwrap_or((&self.alone, ""));
        let mut pieces = before.split('$');
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = piece.split_at(digits);
            let number: usize = number.parse().unwrap_or_default();
            let number = if number < 2 { number } else { number - 2 + first };
            // Writing into a text cannot fail.
            let _ = write!(text, "${number}{rest}");
        }
        if let Some(condition) = condition {
            text.push_str(self.joint);
            text.push_str(condition);
        }
        text + after
    }
}

/// Numbers forms as they are made.
#[derive(Debug, Default)]
struct Forms(usize);

impl Forms {
    /// A statement whose conditions begin with the one that may be added.
    fn without_conditions(&mut self, before: String, after: &str, arguments: usize, many: bool) -> Form {
        self.form(before, " where ", after, arguments, many)
    }

    /// A statement that ends with its conditions.
    fn with_conditions(&mut self, text: String, arguments: usize, many: bool) -> Form {
        self.form(text, " and ", "", arguments, many)
    }

    fn form(&mut self, before: String, joint: &'static str, after: &str, arguments: usize, many: bool) -> Form {
        self.0 += 1;
        Form {
            place: self.0,
            reach: before.len(),
            alone: before + after,
            arguments,
            many,
            joint,
        }
    }
}

/// The writes of a live table.
#[derive(Debug)]
pub(super) struct Writes {
    /// Writes new rows.
    pub(super) insert: Text,
    /// Writes the rows of their keys anew.
    pub(super) update: Text,
    /// Removes rows; the columns are those of the key. A table without a key has one row per book.
    pub(super) delete: Text,
}

impl Texts {
    /// Puts them together for the tables as they are.
    pub(super) async fn of(client: &Client) -> Result<Texts, StoreError> {
        let kinds = Kinds::of(client).await?;
        let mut forms = Forms::default();
        let mut adding = |table: &Table, figures: &[&str]| {
            let sums = figures.iter();
            let sums = sums.map(|column| format!("{column} = {}.{column} + excluded.{column}", table.name));
            let sums = sums.collect::<Vec<_>>().join(", ");
            let keys = table.key().join(", ");
            let adds = format!(" on conflict (book, {keys}) do update set {sums}");
            kinds.insert(table, &adds, &mut forms)
        };
        let balances = adding(&BALANCE, &["debits", "credits"]);
        let tallies = adding(&TALLY, &["count", "open", "booked"]);
        let places = places(HEAD.columns.len());
        let head_on = format!(
            "update {} set ({}) = row({}) where book = $1 and seq = ${} and hash = ${}",
            HEAD.name,
            HEAD.columns.join(", "),
            places.join(", "),
            HEAD.columns.len() + 2,
            HEAD.columns.len() + 3
        );
        Ok(Texts {
            seeks: Seek::ALL.iter().map(|seek| kinds.seek(*seek)).collect(),
            directory: dollars(OPEN_BOOK),
            put_line: dollars(PUT_LINE),
            remove_line: dollars(REMOVE_LINE),
            list_book: dollars(LIST_BOOK),
            head: format!(
                "insert into {} (book, {}) values ($1, {}) on conflict (book) do nothing",
                HEAD.name,
                HEAD.columns.join(", "),
                places.join(", ")
            ),
            head_on: forms.with_conditions(head_on, HEAD.columns.len() + 2, false),
            events: kinds.insert(&EVENT, "", &mut forms),
            balances,
            tallies,
            live: TABLES
                .iter()
                .map(|table| (table.name, kinds.writes(table, &mut forms)))
                .collect(),
        })
    }

    /// Looks rows up.
    pub(super) fn seek(&self, seek: Seek) -> Result<&str, StoreError> {
        let missing = || unknown(seek.table().name);
        self.seeks.get(seek.place()).map(String::as_str).ok_or_else(missing)
    }

    /// The writes of a live table.
    pub(super) fn writes(&self, table: &Table) -> Result<&Writes, StoreError> {
        self.live.get(table.name).ok_or_else(|| unknown(table.name))
    }
}

fn unknown(table: &str) -> StoreError {
    StoreError::Engine {
        doing: "finding statements",
        message: format!("no table {table}"),
    }
}

/// The places of so many arguments after the book.
fn places(many: usize) -> Vec<String> {
    (2..).map(|place| format!("${place}")).take(many).collect()
}

/// What kind of value each column of each table holds.
struct Kinds(HashMap<(String, String), String>);

impl Kinds {
    async fn of(client: &Client) -> Result<Kinds, StoreError> {
        let sql = "select c.relname::text, a.attname::text, format_type(a.atttypid, null) \
            from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid \
            where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0";
        let rows = client.query(sql, &[]).await.map_err(failed("reading the catalogue"))?;
        Ok(Kinds(
            rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect(),
        ))
    }

    /// An argument as a value of a column.
    fn value(&self, table: &Table, column: &str, place: usize) -> String {
        let kind = self.0.get(&(table.name.to_owned(), column.to_owned()));
        format!("${place}::{}", kind.map_or("text", String::as_str))
    }

    fn array(&self, table: &Table, column: &str, place: usize) -> String {
        self.value(table, column, place) + "[]"
    }

    /// What makes rows of the arrays of columns, in a list of what is selected; the first array is the second argument. One call for
    /// each array: all of them in one call among the tables make PostgreSQL write the rows down first, with which carrying out a commit
    /// of one invoice took it 1.5 times as long, and inserting the lines and postings of sixty as well.
    fn unnested(&self, table: &Table, columns: &[&str]) -> String {
        let arrays = columns
            .iter()
            .enumerate()
            .map(|(place, column)| format!("unnest({})", self.array(table, column, place + 2)));
        arrays.collect::<Vec<_>>().join(", ")
    }

    /// Arrays as rows called new, of which there seem to be few: then PostgreSQL looks each of them up, and does not go through all that
    /// the book has in the table because that seems to be even fewer. How many a limit that is not a constant lets through, it takes
    /// to be a tenth.
    fn rows(&self, table: &Table, columns: &[&str]) -> String {
        let first = columns
            .first()
            .map_or_else(String::new, |column| self.array(table, column, 2));
        format!(
            "(select {} limit cardinality({first})) as new ({})",
            self.unnested(table, columns),
            columns.join(", ")
        )
    }

    fn seek(&self, seek: Seek) -> String {
        let (table, columns) = (seek.table(), seek.columns());
        let (name, listed) = (table.name, table.columns.join(", "));
        match columns {
            [] => format!("select {listed} from {name} where book = $1"),
            // Each value is looked up by itself: told to look for any of an array, PostgreSQL walks through the whole book as long as
            // it believes that there is little in it, which is what it believes of a new database.
            several => {
                let values: Vec<String> = several.iter().map(|column| format!("sought_{column}")).collect();
                let last = several.last().filter(|_| seek.takes_last());
                let equal = several.iter().map(|column| match last == Some(column) {
                    true => format!(" and {column} <= sought_{column} order by {column} desc limit 1"),
                    false => format!(" and {column} = sought_{column}"),
                });
                format!(
                    "select found.* from (select {}) as sought ({}), lateral (select {listed} from {name} \
                     where book = $1{} offset 0) as found",
                    self.unnested(table, several),
                    values.join(", "),
                    equal.collect::<String>()
                )
            }
        }
    }

    /// Inserts, and does what `after` says where a row is there.
    fn insert(&self, table: &Table, after: &str, forms: &mut Forms) -> Text {
        let columns = table.columns;
        let into = format!("insert into {} (book, {})", table.name, columns.join(", "));
        let values = columns
            .iter()
            .zip(2..)
            .map(|(column, place)| self.value(table, column, place));
        let values = values.collect::<Vec<_>>().join(", ");
        let rows = self.unnested(table, columns);
        Text {
            one: forms.without_conditions(format!("{into} select $1, {values}"), after, columns.len(), false),
            many: forms.without_conditions(format!("{into} select $1, {rows}"), after, columns.len(), true),
        }
    }

    fn writes(&self, table: &Table, forms: &mut Forms) -> Writes {
        let Table {
            name, columns, keys, ..
        } = table;
        let (key, others) = columns.split_at(*keys);
        let sets = others.iter().map(|column| format!("{column} = new.{column}"));
        let matched: String = key
            .iter()
            .map(|column| format!(" and old.{column} = new.{column}"))
            .collect();
        let equal: Vec<String> = columns
            .iter()
            .zip(places(columns.len()))
            .map(|(column, place)| format!("{column} = {place}"))
            .collect();
        let (key_equal, others_equal) = equal.split_at(*keys);
        let of_key: String = key_equal.iter().map(|equal| format!(" and {equal}")).collect();
        let sets = sets.collect::<Vec<_>>().join(", ");
        let update_one = format!("update {name} set {} where book = $1{of_key}", others_equal.join(", "));
        let update_many = format!(
            "update {name} as old set {sets} from {} where old.book = $1{matched}",
            self.rows(table, columns)
        );
        let delete_one = format!("delete from {name} where book = $1{of_key}");
        let delete_many = format!(
            "delete from {name} as old using {} where old.book = $1{matched}",
            self.rows(table, key)
        );
        Writes {
            insert: self.insert(table, "", forms),
            update: Text {
                one: forms.with_conditions(update_one, columns.len(), false),
                many: forms.with_conditions(update_many, columns.len(), true),
            },
            delete: Text {
                one: forms.with_conditions(delete_one, *keys, false),
                many: forms.with_conditions(delete_many, *keys, true),
            },
        }
    }
}
