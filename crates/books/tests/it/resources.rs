//! What only one dialect knows: put, found, listed, changed by several at once, removed, and gone from the file.

use quittance_accounting::refusal::Refusal;
use quittance_accounting::resource::Replaces;
use quittance_books::listing::ResourceQuery;
use quittance_books::resources::{ResourceInput, ResourceName, ResourceView};
use quittance_books::{Failure, Verb};
use serde_json::{Value, json};

use crate::setup::*;

const KIND: &str = "dialect.template";

fn input(word: &str, belongs_to: Option<&str>, body: Value, replaces: Replaces) -> ResourceInput {
    ResourceInput {
        kind: KIND,
        word: word.to_owned(),
        belongs_to: belongs_to.map(str::to_owned),
        body,
        replaces,
    }
}

async fn put(bench: &Bench, input: ResourceInput) -> Result<ResourceView, Failure> {
    bench.clock.pass(1);
    bench
        .books
        .put_resource(&bench.context(), Verb::WriteDraft, input)
        .await
}

async fn words(bench: &Bench, belongs_to: Option<&str>, descending: bool, after: Option<i64>) -> Vec<String> {
    let query = ResourceQuery {
        kind: KIND.to_owned(),
        belongs_to: belongs_to.map(str::to_owned),
        descending,
        after,
        limit: 2,
    };
    let found = bench.books.resources(bench.book, &query).await.unwrap();
    let word = |view: &ResourceView| view.resource.name.trim_start_matches("dialect.template:").to_owned();
    found.iter().map(word).collect()
}

fn first_reason(outcome: Result<ResourceView, Failure>) -> Refusal {
    match outcome {
        Err(Failure::Refused(reasons)) => reasons.first().clone(),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_resource_is_put_found_listed_and_removed() {
    for bench in Bench::everywhere(0) {
        run(async {
            for (word, owner) in [("a", Some("x")), ("b", None), ("c", Some("x")), ("d", Some("x"))] {
                put(&bench, input(word, owner, json!({"says": word}), Replaces::Nothing))
                    .await
                    .unwrap();
            }
            let found = bench
                .books
                .resource(bench.book, KIND, ResourceName::Word("c"))
                .await
                .unwrap()
                .unwrap();
            assert_eq!(found.body, json!({"says": "c"}));
            let id = ResourceName::Id(found.resource.id);
            assert_eq!(
                bench.books.resource(bench.book, KIND, id).await.unwrap().as_ref(),
                Some(&found)
            );
            assert_eq!(bench.books.resource(bench.book, "other.kind", id).await.unwrap(), None);
            assert_eq!(words(&bench, None, false, None).await, ["a", "b"]);
            assert_eq!(words(&bench, None, false, Some(2)).await, ["c", "d"]);
            assert_eq!(words(&bench, Some("x"), true, None).await, ["d", "c"]);
            assert_eq!(words(&bench, Some("x"), true, Some(3)).await, ["a"]);
            let at = async |offset, limit| {
                let (views, total) = bench.books.resources_at(bench.book, KIND, offset, limit).await.unwrap();
                let bodies = views.iter().map(|view| view.body["says"].as_str().unwrap().to_owned());
                (bodies.collect::<Vec<String>>().join(""), total)
            };
            assert_eq!(at(0, 2).await, ("dc".to_owned(), 4));
            assert_eq!(at(3, 2).await, ("a".to_owned(), 4));
            assert_eq!(at(9, i64::MAX).await, (String::new(), 4));
            let taken = put(&bench, input("c", None, json!(1), Replaces::Nothing)).await;
            assert!(matches!(first_reason(taken), Refusal::ExternalIdTaken { .. }));
            let changed = input("c", Some("x"), json!(2), Replaces::AsRead(found.resource.content));
            let changed = put(&bench, changed.clone()).await.unwrap();
            assert_eq!(
                (changed.resource.id, changed.resource.created_at),
                (found.resource.id, found.resource.created_at)
            );
            let late = input("c", None, json!(3), Replaces::AsRead(found.resource.content));
            assert_eq!(first_reason(put(&bench, late).await), Refusal::PlanMoved);
            let nothing = input("z", None, json!(3), Replaces::AsRead(found.resource.content));
            assert!(matches!(
                first_reason(put(&bench, nothing).await),
                Refusal::NotFound { .. }
            ));
            let context = bench.context();
            let remove = || bench.books.remove_resource(&context, Verb::WriteDraft, KIND, id, None);
            let stale = Some(found.resource.content);
            let stale = bench
                .books
                .remove_resource(&context, Verb::WriteDraft, KIND, id, stale)
                .await;
            assert_eq!(first_reason(stale), Refusal::PlanMoved);
            assert_eq!(remove().await.unwrap(), changed);
            assert!(remove().await.is_err());
            assert_eq!(bench.books.resource(bench.book, KIND, id).await.unwrap(), None);
            let again = put(&bench, input("c", None, json!(4), Replaces::Nothing))
                .await
                .unwrap();
            assert_ne!(again.resource.key, found.resource.key);
        });
        bench.verified();
    }
}

#[test]
fn changes_made_at_once_are_all_in_the_end() {
    let bench = Bench::in_memory(0);
    run(async {
        let context = bench.context();
        let add = |n: i64| {
            let books = &bench.books;
            let context = &context;
            books.change_resource(context, Verb::WriteDraft, KIND, "sum", move |known| {
                let before = known.and_then(|view| view.body.as_i64()).unwrap_or(0);
                if n == 7 {
                    Err("no sevens")
                } else {
                    Ok(json!(before + n))
                }
            })
        };
        let (a, b, c, d) = tokio::join!(add(1), add(20), add(300), add(7));
        for outcome in [a, b, c] {
            outcome.unwrap().unwrap();
        }
        assert_eq!(d.unwrap().unwrap_err(), "no sevens");
        let sum = bench
            .books
            .resource(bench.book, KIND, ResourceName::Word("sum"))
            .await
            .unwrap();
        assert_eq!(sum.unwrap().body, json!(321));
    });
    bench.verified();
}

#[test]
fn what_a_removed_resource_said_leaves_the_file() {
    let (_directory, path) = file();
    let bench = Bench::in_file(&path, 0);
    run(async {
        let said = json!("Zacharias Unmistakable");
        put(&bench, input("a", None, said, Replaces::Nothing)).await.unwrap();
        let name = ResourceName::Word("a");
        let context = bench.context();
        bench
            .books
            .remove_resource(&context, Verb::WriteDraft, KIND, name, None)
            .await
            .unwrap();
        bench.books.erase_due().await.unwrap();
    });
    for file in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let found = bytes.windows(12).any(|window| window == b"Unmistakable");
        assert!(!found, "the text is still on the disk");
    }
    bench.verified();
}
