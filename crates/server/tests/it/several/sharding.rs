//! Whether an engine that shards by book could carry a statement out on the one shard that has the book.
//!
//! The limits are those of Citus, as `docs/scaling.md` names them. A statement is looked at as text: every mention of a table that
//! is spread must come with a comparison of its book with a value, or be an insert whose book is one.

/// The tables that every node has.
const EVERYWHERE: &[&str] = &["directory", "quittance_version"];

/// What no statement on a spread table may have, because the answer would need more than one shard or differ from node to node.
const FORBIDDEN: &[&str] = &[
    "with recursive",
    "tablesample",
    "grouping sets",
    " over (",
    "random()",
    "now()",
    "clock_timestamp()",
    "nextval(",
    "truncate ",
    "merge ",
];

/// Checks one statement; what is wrong with it.
pub fn check(statement: &str) -> Result<(), String> {
    let text = statement.to_ascii_lowercase();
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';'))
        .filter(|word| !word.is_empty())
        .collect();
    // What a statement names for itself is made of tables that are mentioned where it is made.
    let own: Vec<&str> = words
        .windows(3)
        .filter(|of| of[1] == "as" && of[2] == "select")
        .map(|of| of[0])
        .collect();
    let mentions: Vec<&str> = words
        .windows(2)
        .filter(|pair| matches!(pair[0], "from" | "join" | "into" | "update" | "only"))
        .map(|pair| pair[1].trim_matches('"'))
        .filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        // `for update of` and `do update set` name no table, and functions and catalogues are every node's own.
        .filter(|name| !own.contains(name))
        .filter(|name| !matches!(*name, "set" | "of" | "unnest" | "lateral" | "select") && !name.starts_with("pg_"))
        .collect();
    let spread = mentions.iter().filter(|name| !EVERYWHERE.contains(name)).count();
    if spread == 0 {
        return Ok(());
    }
    if spread != mentions.len() {
        return Err(format!("spread tables and others together: {mentions:?}"));
    }
    let compared = words
        .windows(3)
        .filter(|of| (of[0] == "book" || of[0].ends_with(".book")) && of[1] == "=" && of[2].starts_with('$'))
        .count();
    // A statement may be made of several.
    let inserts = text.split("insert into ").skip(1);
    let inserted = inserts
        .filter(|insert| {
            let columns = insert
                .split_once(" (")
                .is_some_and(|(_, columns)| columns.starts_with("book"));
            columns && (insert.contains("select $1") || insert.contains("values ($1"))
        })
        .count();
    if compared + inserted < spread {
        return Err(format!(
            "{spread} mentions of spread tables, {} of their books",
            compared + inserted
        ));
    }
    match FORBIDDEN.iter().find(|forbidden| text.contains(**forbidden)) {
        Some(forbidden) => Err(format!("it has {forbidden:?}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_shard_can_answer() {
        for statement in [
            "select seq from head where book = $1 for update",
            "insert into event (book, seq) select $1, * from unnest($2::bigint[])",
            "insert into head (book, seq) values ($1, $2) on conflict (book) do nothing",
            "update invoice as old set total = new.total from unnest($2::bigint[]) as new (key, total) where old.book = $1 and old.key = new.key",
            "select found.* from unnest($2::text[]) as sought (id), lateral (select key from invoice where book = $1 and id = sought_id offset $3) as found",
            "select key from token where book = $1 and digest = $2 and exists (select $3 from head where book = $1)",
            "delete from line as old using unnest($2::bigint[]) as new (invoice) where old.book = $1 and old.invoice = new.invoice",
            "with part0 as (update head set (seq) = row($2) where book = $1 and seq = $3 returning $4), \
             part1 as (insert into event (book, seq) select $1, $5::bigint where exists (select from part0) returning $6), \
             part2 as (insert into tally (book, kind) select $1, * from unnest($7::text[]) where exists (select from part1) \
             on conflict (book, kind) do update set count = tally.count + excluded.count returning $8) \
             select case when exists (select from part2 offset $9) then $10 else $11 end",
            "select book, id from directory where first is null order by book",
            "select version from quittance_version",
            "begin isolation level read committed",
            "select pg_advisory_xact_lock($1)",
        ] {
            assert_eq!(check(statement), Ok(()), "{statement}");
        }
    }

    #[test]
    fn one_shard_cannot_answer() {
        for statement in [
            "select seq from head for update",
            "select count(*) from invoice",
            "select i.key from invoice i join line l on l.invoice = i.key where i.book = $1",
            "select key from token where book = $1 and exists (select $2 from head)",
            "select d.id, h.seq from directory d join head h on h.book = d.book where h.book = $1",
            "update invoice set total = $1 where key = $2",
            "insert into event (seq, book) select $1, * from unnest($2::bigint[])",
            "delete from line where invoice = $1",
            "with part0 as (update head set seq = $2 where book = $1 returning $3), \
             part1 as (insert into event (seq, book) select $4, $1 where exists (select from part0) returning $5) select $6",
            "with part0 as (update head set seq = $2 where book = $1 returning $3), \
             part1 as (delete from line where invoice = $4 returning $5) select $6",
            "select row_number() over (order by key) from invoice where book = $1",
            "update token set revoked_at = now() where book = $1 and key = $2",
        ] {
            assert!(check(statement).is_err(), "{statement}");
        }
    }
}
