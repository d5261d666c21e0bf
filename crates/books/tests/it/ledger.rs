//! The chart and entries by hand through the facade, on both engines.

use jiff::civil::date;
use quittance_accounting::identity::{DocumentKind, EntryKey};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::journal::EntryKind;
use quittance_accounting::refusal::{LedgerRefusal, Refusal};
use quittance_accounting::snapshot::Named;
use quittance_books::input::{DeleteOptions, IdempotencyKey, ReversalInput};
use quittance_books::listing::{AccountQuery, EntryQuery};

use crate::setup::*;

fn entries(kinds: Option<Vec<EntryKind>>) -> EntryQuery {
    EntryQuery {
        kinds,
        date: (None, None),
        by_date: false,
        descending: false,
        after: None,
        offset: 0,
        limit: 100,
        ..EntryQuery::default()
    }
}

async fn lives(bench: &Bench) {
    let (books, context, book) = (&bench.books, bench.context(), bench.book);
    let key = || {
        Some(IdempotencyKey {
            key: "e".to_owned(),
            request: vec![1],
        })
    };
    let recorded = books
        .record_entry(&context, by_hand_input("rent", 900), key())
        .await
        .unwrap();
    let again = books
        .record_entry(&context, by_hand_input("rent", 900), key())
        .await
        .unwrap();
    assert_eq!(again, recorded);
    assert_eq!(recorded.content.memo.as_deref(), Some("memo rent"));
    let number = recorded.entry.entry().key;
    for named in [
        Named::Key(number.0),
        Named::External("rent".to_owned()),
        Named::Id(recorded.manual.as_ref().unwrap().id),
    ] {
        assert_eq!(books.entry(book, &named).await.unwrap().as_ref(), Some(&recorded));
    }
    let posted = books
        .create_invoice(&context, &CAMPFIRE, invoice("word", true), None)
        .await
        .unwrap();
    let own = posted.invoice.issue_entry().unwrap();
    let shown = books.entry(book, &Named::Key(own.0)).await.unwrap().unwrap();
    assert_eq!((shown.manual, shown.entry.entry().kind), (None, EntryKind::Issue));
    let refused = books
        .reverse_entry(&context, Named::Key(own.0), ReversalInput::default())
        .await;
    let belongs = LedgerRefusal::BelongsToDocument {
        document: posted.invoice.key.into(),
        kind: EntryKind::Issue,
    };
    assert_eq!(refusal(refused), Refusal::Ledger(belongs));

    let named = Named::External("rent".to_owned());
    let reversal = books
        .reverse_entry(&context, named.clone(), ReversalInput::default())
        .await
        .unwrap();
    assert_eq!(reversal.manual.as_ref().unwrap().reverses, Some(number));
    let all = books.entries(book, &entries(None)).await.unwrap();
    let keys: Vec<EntryKey> = all.iter().map(|view| view.entry.entry().key).collect();
    assert_eq!(keys, [number, own, reversal.entry.entry().key]);
    assert_eq!(all[0].content, recorded.content);
    let by_hand = books
        .entries(book, &entries(Some(vec![EntryKind::Reversal])))
        .await
        .unwrap();
    assert_eq!(by_hand, [reversal]);

    let chart = books.book(book).await.unwrap().unwrap().accounts.clone();
    let fees = chart.iter().find(|account| account.stable_name == "FEES").unwrap();
    let query = AccountQuery {
        account: fees.key,
        date: (None, Some(date(2026, 5, 31))),
        descending: false,
        after: None,
        offset: 0,
        limit: 100,
    };
    let rows = books.postings_of(book, &query).await.unwrap().unwrap();
    assert_eq!(rows.iter().map(|row| row.entry.key).collect::<Vec<_>>(), [number]);
    let unknown = AccountQuery {
        account: quittance_accounting::identity::AccountKey(99),
        ..query
    };
    assert_eq!(books.postings_of(book, &unknown).await.unwrap(), None);

    books.delete_entry(&context, Named::Key(3)).await.unwrap();
    books.delete_entry(&context, named.clone()).await.unwrap();
    let kind = DocumentKind::ManualEntry;
    assert_eq!(
        refusal(books.delete_entry(&context, named).await),
        Refusal::NotFound { kind }
    );
    assert_eq!(
        refusal(books.record_entry(&context, by_hand_input("rent", 900), key()).await),
        Refusal::NotFound { kind }
    );
    let options = DeleteOptions::default();
    books
        .delete_invoice(&context, &CAMPFIRE, crate::setup::named(&posted), options)
        .await
        .unwrap();
    assert_eq!(books.entries(book, &entries(None)).await.unwrap(), []);
    let change = quittance_accounting::ledger::AccountChange {
        active: Some(false),
        ..Default::default()
    };
    let changed = books
        .change_account(&context, AccountChoice::Key(fees.key), change)
        .await
        .unwrap();
    assert!(!changed.active);
}

#[test]
fn entries_by_hand_are_recorded_listed_reversed_and_deleted() {
    for bench in Bench::everywhere(0) {
        run(lives(&bench));
        bench.verified();
    }
}
