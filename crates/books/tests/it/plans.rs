//! A plan is the deed left before commit: it writes nothing, and its digest holds as long as nothing it was made from moves.

use jiff::civil::date;
use quittance_accounting::refusal::Refusal;
use quittance_books::input::DeleteOptions;
use quittance_books::view::{DeletionPlan, InvoiceView};

use crate::setup::*;

async fn issued(bench: &Bench) -> InvoiceView {
    let input = invoice("planned", true);
    let context = bench.context();
    bench
        .books
        .create_invoice(&context, &CAMPFIRE, input, None)
        .await
        .unwrap()
}

async fn plan(bench: &Bench, view: &InvoiceView) -> DeletionPlan {
    let context = bench.context();
    bench
        .books
        .plan_deletion(&context, &CAMPFIRE, named(view))
        .await
        .unwrap()
}

fn expecting(plan: &DeletionPlan) -> DeleteOptions {
    DeleteOptions {
        reason: None,
        expected_plan: Some(plan.digest),
    }
}

#[test]
fn a_plan_writes_nothing_and_the_deed_does_what_it_says() {
    for bench in Bench::everywhere(0) {
        run(async {
            let view = issued(&bench).await;
            let (books, context) = (&bench.books, bench.context());
            books
                .record_payment(&bench.context(), &CAMPFIRE, payment(named(&view)), None)
                .await
                .unwrap();
            let before = books.head(bench.book).await.unwrap();
            let plan = plan(&bench, &view).await;
            assert_eq!(books.head(bench.book).await.unwrap(), before);
            assert_eq!(plan.receipt.payments.len(), 1);
            let refused = books.plan_deletion(&bench.context(), &LAYER, named(&view)).await;
            assert!(matches!(refusal(refused), Refusal::HasPayments { .. }));
            assert_eq!(books.head(bench.book).await.unwrap(), before);
            // Another invoice moves balances and the seq, but nothing the plan was made from.
            issued(&bench).await;
            let deleted = books
                .delete_invoice(&bench.context(), &CAMPFIRE, named(&view), expecting(&plan))
                .await
                .unwrap();
            assert_eq!(deleted.receipt.withdrawn, plan.receipt.withdrawn);
            assert_eq!(deleted.receipt.payments, plan.receipt.payments);
            assert_ne!(deleted.receipt.balances, plan.receipt.balances);
            let again = books.delete_invoice(&context, &CAMPFIRE, named(&view), expecting(&plan));
            assert!(matches!(refusal(again.await), Refusal::AlreadyDeleted { .. }));
        });
        bench.verified();
    }
}

#[test]
fn a_plan_has_moved_when_what_it_was_made_from_has() {
    for bench in Bench::everywhere(0) {
        for moved in 0..5 {
            run(async {
                let (books, context) = (&bench.books, bench.context());
                let view = issued(&bench).await;
                let plan = plan(&bench, &view).await;
                match moved {
                    0 => drop(
                        books
                            .record_payment(&context, &CAMPFIRE, payment(named(&view)), None)
                            .await
                            .unwrap(),
                    ),
                    1 => drop(
                        books
                            .hold_invoice(
                                &context,
                                named(&view),
                                quittance_accounting::issuing::Hold::Until(date(2026, 6, 1)),
                                false,
                                None,
                            )
                            .await
                            .unwrap(),
                    ),
                    2 => books.close_period(&context, date(2026, 4, 1)).await.unwrap(),
                    3 => drop(books.send_invoice(&context, &CAMPFIRE, named(&view)).await.unwrap()),
                    _ => drop(books.write_off(&context, write_off(named(&view), 5)).await.unwrap()),
                }
                let before = books.head(bench.book).await.unwrap();
                let late = books.delete_invoice(&context, &CAMPFIRE, named(&view), expecting(&plan));
                assert_eq!(refusal(late.await), Refusal::PlanMoved, "{moved}");
                assert_eq!(books.head(bench.book).await.unwrap(), before);
                let anew = super::plans::plan(&bench, &view).await;
                books
                    .delete_invoice(&context, &CAMPFIRE, named(&view), expecting(&anew))
                    .await
                    .unwrap();
            });
        }
        bench.verified();
    }
}

#[test]
fn a_plan_under_other_rules_is_another_plan() {
    for bench in Bench::everywhere(0) {
        run(async {
            let view = issued(&bench).await;
            let plan = plan(&bench, &view).await;
            let context = bench.context();
            let other = bench
                .books
                .delete_invoice(&context, &LAYER, named(&view), expecting(&plan));
            assert_eq!(refusal(other.await), Refusal::PlanMoved);
        });
    }
}
