//! Deep pages of lists: each is the one that its offset means, in the same book and after it changed.

use quittance_accounting::identity::InvoiceKey;
use quittance_accounting::invoice::Standing;
use quittance_accounting::snapshot::Named;
use quittance_books::input::DeleteOptions;
use quittance_books::listing::{InvoiceFilter, InvoicePlace, InvoiceQuery, OrderBy};

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
            for standing in [None, Some(Standing::Draft)] {
                let whole = all(order, descending, standing);
                let listed = keys(bench, &whole).await;
                for offset in [999, 1_000, 1_007, 1_014, 1_050, 1_190, 5_000, 1_014] {
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
