//! Deep pages of lists: each is the one that its offset means, in the same book and after it changed.

use jiff::ToSpan as _;
use quittance_accounting::identity::InvoiceKey;
use quittance_accounting::invoice::Standing;
use quittance_accounting::snapshot::Named;
use quittance_books::input::DeleteOptions;
use quittance_books::listing::{Cut, InvoiceFilter, InvoicePlace, InvoiceQuery, OrderBy, TextCondition};

use crate::setup::*;

fn all(order: OrderBy, descending: bool, standing: Option<Standing>) -> InvoiceQuery {
    InvoiceQuery {
        filter: InvoiceFilter {
            standings: standing.map(|standing| vec![standing]),
            ..InvoiceFilter::default()
        },
        order,
        descending,
        after: None,
        offset: 0,
        limit: 10_000,
        count: true,
    }
}

async fn keys(bench: &Bench, query: &InvoiceQuery) -> Vec<InvoiceKey> {
    let page = bench.books.invoices(bench.book, query).await.unwrap();
    page.invoices.iter().map(|view| view.invoice.key).collect()
}

/// Every way to a deep page leads to the same invoices as one look at all of them.
async fn compare(bench: &Bench) {
    for order in [
        OrderBy::Created,
        OrderBy::InvoiceDate,
        OrderBy::SentAt,
        OrderBy::UpdatedAt,
    ] {
        for descending in [false, true] {
            for standing in [None, Some(Standing::Draft), Some(Standing::Open)] {
                let whole = all(order, descending, standing);
                let listed = keys(bench, &whole).await;
                for offset in [0, 40, 999, 1_000, 1_007, 1_014, 1_190, 5_000, 1_014] {
                    let page = InvoiceQuery {
                        offset: offset as i64,
                        limit: 7,
                        ..whole.clone()
                    };
                    let expected: Vec<InvoiceKey> = listed.iter().skip(offset).take(7).copied().collect();
                    assert_eq!(keys(bench, &page).await, expected, "{page:?}");
                }
            }
        }
    }
}

#[test]
fn a_deep_page_is_the_one_that_its_offset_means() {
    for bench in Bench::everywhere(0) {
        run(async {
            let mut input = invoice("many", false);
            for at in 0..1_100 {
                input.external_id = Some(format!("many {at}"));
                input.issue = at % 37 == 0;
                // Those that are issued are dated on few of the days.
                let day = if input.issue { at % 3 } else { at % 80 };
                input.invoice_date = jiff::civil::date(2026, 1, 1).checked_add((10 + day).days()).ok();
                let context = bench.context();
                bench
                    .books
                    .create_invoice(&context, &LAYER, input.clone(), None)
                    .await
                    .unwrap();
            }
            compare(&bench).await;
            for gone in [1, 2, 3, 500, 501, 1_099, 1_100] {
                let (context, named) = (bench.context(), Named::Key(gone));
                let deleted = bench
                    .books
                    .delete_invoice(&context, &LAYER, named, DeleteOptions::default());
                deleted.await.unwrap();
            }
            compare(&bench).await;
        });
        bench.verified();
    }
}

#[test]
fn what_goes_before_a_place_moves_nothing() {
    for bench in Bench::everywhere(0) {
        run(async {
            let mut input = invoice("some", true);
            for at in 0..9 {
                input.external_id = Some(format!("some {at}"));
                input.sent_at = (at % 3 != 0).then(|| bench.books.now());
                let context = bench.context();
                bench
                    .books
                    .create_invoice(&context, &LAYER, input.clone(), None)
                    .await
                    .unwrap();
            }
            for order in [OrderBy::Created, OrderBy::SentAt, OrderBy::DueAt, OrderBy::Total] {
                for descending in [false, true] {
                    let whole = all(order, descending, None);
                    let listed = bench.books.invoices(bench.book, &whole).await.unwrap().invoices;
                    for (at, last) in listed.iter().enumerate() {
                        let rest = InvoiceQuery {
                            after: Some(InvoicePlace::of(&last.invoice, order, None)),
                            limit: 3,
                            ..whole.clone()
                        };
                        let expected: Vec<InvoiceKey> = listed
                            .iter()
                            .skip(at + 1)
                            .take(3)
                            .map(|view| view.invoice.key)
                            .collect();
                        assert_eq!(keys(&bench, &rest).await, expected, "{rest:?}");
                    }
                }
            }
        });
    }
}

/// Whoever goes on from where looking ended finds all there is, and none twice; how many there are is said only when it is known.
#[test]
fn looking_ends_after_so_many_and_goes_on_from_there() {
    for bench in Bench::everywhere(0) {
        run(async {
            let mut input = invoice("some", true);
            for at in 0..23 {
                input.external_id = Some(format!("some {at}"));
                input.sent_at = (at % 3 != 0).then(|| bench.books.now());
                input.content.memo = Some(if at % 4 == 0 { "Birch" } else { "Oak" }.to_owned());
                let context = bench.context();
                bench
                    .books
                    .create_invoice(&context, &LAYER, input.clone(), None)
                    .await
                    .unwrap();
            }
            let birch = |look_at: Option<i64>| InvoiceFilter {
                texts: vec![TextCondition::Holds(&["memo"], "bir".to_owned())],
                look_at,
                ..InvoiceFilter::default()
            };
            for order in [OrderBy::Created, OrderBy::InvoiceDate, OrderBy::SentAt] {
                for descending in [false, true] {
                    let whole = InvoiceQuery {
                        filter: birch(None),
                        ..all(order, descending, None)
                    };
                    let listed = keys(&bench, &whole).await;
                    assert_eq!(listed.len(), 6);
                    let mut query = InvoiceQuery {
                        filter: birch(Some(5)),
                        limit: 2,
                        ..whole
                    };
                    let (mut found, mut pages) = (Vec::new(), 0);
                    loop {
                        let page = bench.books.invoices(bench.book, &query).await.unwrap();
                        assert_eq!((page.total, page.counted()), (None, None));
                        assert_eq!(page.cut.is_some(), page.goes_on_from.is_some());
                        found.extend(page.invoices.iter().map(|view| view.invoice.key));
                        pages += 1;
                        let full = page.invoices.last().filter(|_| page.invoices.len() == 2);
                        let place = full.map(|view| InvoicePlace::of(&view.invoice, order, None));
                        match place.or(page.goes_on_from) {
                            Some(place) => query.after = Some(place),
                            None => break,
                        }
                    }
                    assert_eq!(found, listed, "{order:?} {descending}");
                    assert!(pages > 3, "{pages}");
                }
            }
            let sorted = InvoiceQuery {
                filter: InvoiceFilter {
                    look_at: Some(5),
                    ..InvoiceFilter::default()
                },
                ..all(OrderBy::UpdatedAt, true, None)
            };
            let page = bench.books.invoices(bench.book, &sorted).await.unwrap();
            assert_eq!((page.invoices.len(), page.cut), (0, Some(Cut::NotInOrder)));
        });
    }
}

/// A count that is remembered is that of the book as it is.
#[test]
fn a_count_is_of_the_book_as_it_is() {
    for bench in Bench::everywhere(0) {
        run(async {
            let filter = InvoiceFilter {
                invoice_date: (Some(jiff::civil::date(2020, 1, 1)), None),
                ..InvoiceFilter::default()
            };
            let query = InvoiceQuery {
                filter,
                limit: 1,
                ..all(OrderBy::Created, false, None)
            };
            let mut input = invoice("counted", true);
            for at in 1..=3 {
                input.external_id = Some(format!("counted {at}"));
                let context = bench.context();
                let made = bench.books.create_invoice(&context, &LAYER, input.clone(), None);
                made.await.unwrap();
                for _ in 0..2 {
                    let page = bench.books.invoices(bench.book, &query).await.unwrap();
                    assert_eq!(page.total, Some(at));
                }
            }
            let (context, named) = (bench.context(), Named::Key(2));
            let gone = bench
                .books
                .delete_invoice(&context, &LAYER, named, DeleteOptions::default());
            gone.await.unwrap();
            let page = bench.books.invoices(bench.book, &query).await.unwrap();
            assert_eq!(page.total, Some(2));
        });
    }
}

/// Instants of creation are found by number.
#[test]
fn what_was_created_between_instants_is_found_by_number() {
    for bench in Bench::everywhere(0) {
        run(async {
            let mut input = invoice("created", false);
            let mut made = Vec::new();
            for at in 0..9 {
                input.external_id = Some(format!("created {at}"));
                let context = bench.context();
                let view = bench.books.create_invoice(&context, &LAYER, input.clone(), None);
                made.push(view.await.unwrap().invoice);
            }
            let (context, named) = (bench.context(), Named::Key(made[4].key.0));
            let gone = bench
                .books
                .delete_invoice(&context, &LAYER, named, DeleteOptions::default());
            gone.await.unwrap();
            let all_listed: Vec<_> = made.iter().filter(|invoice| invoice.key != made[4].key).collect();
            for from in &made {
                for to in &made {
                    let filter = InvoiceFilter {
                        created_at: (Some(from.created_at), Some(to.created_at)),
                        ..InvoiceFilter::default()
                    };
                    let query = InvoiceQuery {
                        filter,
                        ..all(OrderBy::Created, true, None)
                    };
                    let within = |at| at >= from.created_at && at <= to.created_at;
                    let expected = all_listed.iter().rev().filter(|invoice| within(invoice.created_at));
                    let expected: Vec<InvoiceKey> = expected.map(|invoice| invoice.key).collect();
                    assert_eq!(keys(&bench, &query).await, expected);
                }
            }
        });
    }
}
