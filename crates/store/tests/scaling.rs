//! What the docs say of the tables is so: the DDL for Citus in `docs/scaling.md` spreads every table that there is, once, by the book;
//! every index has its reason; `docs/log.md` has the columns that events are read with.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::BTreeSet;
use std::path::Path;

use quittance_store::beside::{BALANCE, DIRECTORY, EVENT, HEAD, TALLY};
use quittance_store::tables::TABLES;
use quittance_store::{Scratch, Store};

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

#[test]
fn every_index_has_its_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("../../docs/decisions/why-few-indexes.md")).unwrap();
    let mut named = 0;
    for file in std::fs::read_dir(root.join("src/migrations")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for index in text.lines().filter_map(|line| line.strip_prefix("create index ")) {
            let name = index.split(' ').next().unwrap();
            assert!(
                page.contains(&format!("`{name}`")),
                "{name} stands in no row of why-few-indexes.md"
            );
            named += 1;
        }
    }
    assert!(named > 20, "{named}");
}

/// An auditor reads events with the columns that the page has.
#[test]
fn the_page_about_the_log_has_every_column() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/log.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (lines, mut rows): (Vec<&str>, i32) = (page.lines().collect(), 0);
    // Texts are in no event.
    for table in TABLES.iter().filter(|table| table.name != "content") {
        let key = match &table.columns[..table.keys] {
            [] => "the one row of the book".to_owned(),
            keys => format!("`{}`", keys.join(" ")),
        };
        let row = format!("| `{}` | {key} | `{}` |", table.name, table.columns.join(" "));
        assert!(lines.contains(&row.as_str()), "docs/log.md lacks\n{row}");
        rows += 1;
    }
    assert!(rows > 20, "{rows}");
}

/// Stands in for Citus: what its manual says that its functions refuse is refused here, and what they were called for is noted.
const CITUS: &str = r#"
create table spread (name text primary key, by_column text);
create function create_reference_table(of_table text) returns void language sql as $$
    insert into spread select of_table::regclass::text, null
$$;
create function create_distributed_table(of_table text, by_column text, colocate_with text default 'default')
returns void language plpgsql as $$
declare wrong text;
begin
    select string_agg(i.indexrelid::regclass::text, ', ') into wrong from pg_index i
        where i.indrelid = of_table::regclass and i.indisunique and not exists (
            select 1 from pg_attribute a where a.attrelid = i.indrelid and a.attname = by_column and a.attnum = any(i.indkey));
    if wrong is not null then raise exception 'unique without the distribution column: %', wrong; end if;
    select string_agg(tgname, ', ') into wrong from pg_trigger where tgrelid = of_table::regclass and not tgisinternal;
    if wrong is not null then raise exception 'triggers on a distributed table: %', wrong; end if;
    select string_agg(conname, ', ') into wrong from pg_constraint c where c.conrelid = of_table::regclass and c.contype in ('f', 'x');
    if wrong is not null then raise exception 'constraints between shards: %', wrong; end if;
    select string_agg(attname, ', ') into wrong from pg_attribute a where a.attrelid = of_table::regclass and a.attnum > 0
        and (a.attidentity <> '' or a.attgenerated <> '' or a.atthasdef);
    if wrong is not null then raise exception 'columns that count up or are computed: %', wrong; end if;
    if not exists (select 1 from pg_attribute a where a.attrelid = of_table::regclass and a.attname = by_column
        and a.attnotnull and a.atttypid = 'bigint'::regtype) then
        raise exception 'no distribution column % in %', by_column, of_table;
    end if;
    if colocate_with <> 'default' and not exists (select 1 from spread where name = colocate_with) then
        raise exception '% is not distributed yet', colocate_with;
    end if;
    insert into spread values (of_table::regclass::text, by_column);
end
$$;
create function run_command_on_shards(of_table text, command text) returns void language plpgsql as $$
begin
    if not exists (select 1 from spread where name = of_table and by_column is not null) then
        raise exception '% is not distributed', of_table;
    end if;
    execute format(command, of_table::regclass);
end
$$;
"#;

#[test]
fn the_block_runs_on_the_tables_as_the_catalogue_has_them() {
    let scratch = Scratch::new().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(Store::migrate_postgres(&scratch.address(), None))
        .unwrap();
    // What a server's first book leaves there, so that the triggers have something to refuse.
    let event = "insert into event values (1, 1, '', '', '', '', '', '', 0, '', '', '')";
    scratch.carry_out(&[event, CITUS, &ddl()]).unwrap();
    let left = "select relname from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') \
        and relname <> 'spread' and relname not in (select name from spread)";
    assert_eq!(
        scratch.carry_out(&[left]).unwrap(),
        Vec::<Vec<_>>::new(),
        "a table that no line spreads"
    );
    for change in ["update event set actor = actor", "delete from event", "truncate event"] {
        let refused = scratch.carry_out(&[change]).unwrap_err().to_string();
        assert!(refused.contains("the log is insert-only"), "{change}: {refused}");
    }
}
