//! Several commands in one commit: all of them, or nothing of any of them.

use std::convert::Infallible;
use std::sync::Arc;

use quittance_accounting::account::AccountKind;
use quittance_accounting::annotating::Annotated;
use quittance_accounting::identity::CreditNoteKey;
use quittance_accounting::ledger::NewAccount;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::resource::Replaces;
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::content::CustomerContent;
use quittance_books::input::{
    Applying, CreditNoteInput, CreditOf, CustomerInput, Extent, IdempotencyKey, InvoiceEdit, ListNote, Note,
    PaymentEdit, RefundInput, RefundOf,
};
use quittance_books::listing::InvoiceQuery;
use quittance_books::resources::{ResourceInput, ResourceName, ResourceView};
use quittance_books::together::Step;
use quittance_books::view::PaymentView;

use crate::setup::*;

fn customer(external_id: &str) -> CustomerInput {
    CustomerInput {
        external_id: Some(external_id.to_owned()),
        content: CustomerContent::default(),
    }
}

async fn count(bench: &Bench) -> i64 {
    let query = InvoiceQuery {
        filter: Default::default(),
        order: Default::default(),
        descending: false,
        after: None,
        offset: 0,
        limit: 1,
        count: true,
    };
    bench.books.invoices(bench.book, &query).await.unwrap().total.unwrap()
}

#[test]
fn a_later_step_names_what_an_earlier_one_makes() {
    for bench in Bench::everywhere(0) {
        run(async {
            let id = bench.books.new_document_id();
            let mut input = invoice("whole", true);
            input.customer = Some(Named::External("new".to_owned()));
            let mut paid = payment(Named::Id(id));
            paid.parts = vec![(Named::Id(id), Part::WhatIsOpen)];
            let steps = vec![
                Step::AddCustomer(customer("new")),
                Step::CreateInvoice(id, Box::new(input)),
                Step::RecordPayment(Box::new(paid)),
            ];
            let made = bench.books.together(&bench.context(), &LAYER, steps).await.unwrap();
            assert_eq!(made.len(), 1);
            let view = bench.books.invoice(bench.book, &Named::Id(id)).await.unwrap().unwrap();
            assert!(view.invoice.open().is_zero() && view.customer.is_some());
        });
        bench.verified();
    }
}

#[test]
fn a_refused_step_takes_those_before_it_back() {
    for bench in Bench::everywhere(0) {
        run(async {
            let context = bench.context();
            let before = bench.books.head(bench.book).await.unwrap().unwrap();
            let (one, two) = (bench.books.new_document_id(), bench.books.new_document_id());
            let mut clash = invoice("second", true);
            clash.external_id = Some("same".to_owned());
            let mut first = invoice("first", true);
            first.external_id = Some("same".to_owned());
            let steps = vec![
                Step::AddCustomer(customer("gone")),
                Step::CreateInvoice(one, Box::new(first)),
                Step::CreateInvoice(two, Box::new(clash)),
            ];
            let (at, failure) = bench.books.together(&context, &LAYER, steps).await.unwrap_err();
            let Failure::Refused(reasons) = failure else {
                panic!("{failure:?}")
            };
            assert!(at == 2 && matches!(reasons.first(), Refusal::ExternalIdTaken { .. }));
            assert_eq!(bench.books.head(bench.book).await.unwrap().unwrap(), before);
            assert_eq!(count(&bench).await, 0);
            let found = bench
                .books
                .customer(bench.book, &Named::External("gone".to_owned()))
                .await;
            assert_eq!(found.unwrap(), None);
            let next = bench
                .books
                .create_invoice(&context, &LAYER, invoice("next", true), None)
                .await;
            let next = next.unwrap();
            assert_eq!(
                (next.invoice.key.0, next.invoice.number.as_deref()),
                (1, Some("INV-0001"))
            );
        });
        bench.verified();
    }
}

#[test]
fn a_note_changes_texts_and_no_figure() {
    let bench = Bench::in_memory(0);
    run(async {
        let context = bench.context();
        let made = bench
            .books
            .create_invoice(&context, &LAYER, invoice("noted", true), None)
            .await
            .unwrap();
        let mut members = serde_json::Map::new();
        members.insert("tags".to_owned(), serde_json::json!(["a"]));
        let note = Note {
            dialect: "layer",
            members,
        };
        let of = Annotated::Invoice(named(&made));
        bench.books.annotate(&context, of, note).await.unwrap();
        let after = bench.books.invoice(bench.book, &named(&made)).await.unwrap().unwrap();
        assert_eq!(after.content.extra["layer"]["tags"], serde_json::json!(["a"]));
        assert_eq!(
            (after.content.memo, after.invoice.total),
            (made.content.memo, made.invoice.total)
        );
        assert_eq!(after.invoice.issue_entry(), made.invoice.issue_entry());
    });
    bench.verified();
}

fn resource(word: &str, body: serde_json::Value, replaces: Replaces) -> Step {
    Step::PutResource(Box::new(ResourceInput {
        kind: "dialect.plan",
        word: word.to_owned(),
        belongs_to: None,
        body,
        replaces,
    }))
}

#[test]
fn a_resource_and_the_invoice_that_it_makes_stand_or_fall_together() {
    for bench in Bench::everywhere(0) {
        run(async {
            let context = bench.context();
            let put = |body, replaces| {
                vec![
                    Step::CreateInvoice(bench.books.new_document_id(), Box::new(invoice("whole", false))),
                    resource("a", body, replaces),
                ]
            };
            let first = put(serde_json::json!({"made": 1}), Replaces::Nothing);
            let made = bench.books.together(&context, &LAYER, first).await.unwrap();
            let id = Named::Id(made[0].invoice.id);
            let name = ResourceName::Word("a");
            let known = bench
                .books
                .resource(bench.book, "dialect.plan", name)
                .await
                .unwrap()
                .unwrap();
            assert_eq!((made.len(), &known.body), (1, &serde_json::json!({"made": 1})));
            // Two that read the same: one of them makes the next invoice.
            let as_read = Replaces::AsRead(known.resource.content);
            let second = put(serde_json::json!({"made": 2}), as_read);
            bench.books.together(&context, &LAYER, second).await.unwrap();
            let late = put(serde_json::json!({"made": 2}), as_read);
            let (place, _) = bench.books.together(&context, &LAYER, late).await.unwrap_err();
            assert_eq!((place, count(&bench).await), (1, 2));
            // An edit and a send in one.
            let view = bench.books.invoice(bench.book, &id).await.unwrap().unwrap();
            let mut edit = InvoiceEdit::of(&view);
            edit.content.title = Some("as sent".to_owned());
            let steps = vec![
                Step::EditInvoice(id.clone(), Box::new(edit)),
                Step::SendInvoice(id.clone()),
            ];
            let sent = bench.books.together(&context, &LAYER, steps).await.unwrap();
            assert_eq!(sent[0].content.title.as_deref(), Some("as sent"));
            assert!(sent[0].invoice.sent_at.is_some());
        });
        bench.verified();
    }
}

#[test]
fn under_a_key_all_of_it_is_done_once() {
    for bench in Bench::everywhere(0) {
        run(async {
            let (books, context) = (&bench.books, bench.context());
            let once = async |request: &str, word: &str| {
                let id = books.new_document_id();
                let steps = vec![
                    Step::RecordEntry(id, Box::new(by_hand_input(word, 300))),
                    Step::ReverseEntry(Named::Id(id), Box::default()),
                ];
                let key = IdempotencyKey {
                    key: "once".to_owned(),
                    request: request.as_bytes().to_vec(),
                };
                books.all_or_none_once(&context, &LAYER, steps, Some(key)).await
            };
            let made = once("this", "one").await.unwrap();
            let (entry, reversal) = (made.entry_at(0).unwrap(), made.entry_at(1).unwrap());
            let head = books.head(bench.book).await.unwrap();
            let again = once("this", "two").await.unwrap();
            let known = again.entry_at(0).unwrap();
            assert_eq!(known.entry, entry.entry);
            let reversed = known.manual.as_ref().and_then(|manual| manual.reversed_by);
            assert_eq!(reversed, Some(reversal.entry.entry().key));
            assert!(again.entry_at(1).is_none());
            let (at, _) = once("that", "three").await.unwrap_err();
            assert_eq!((at, books.head(bench.book).await.unwrap()), (0, head));
        });
        bench.verified();
    }
}

#[test]
fn a_rehearsal_shows_what_the_deed_leaves_and_leaves_nothing() {
    for bench in Bench::everywhere(0) {
        run(async {
            let context = bench.context();
            let made = bench
                .books
                .create_invoice(&context, &LAYER, invoice("one", true), None)
                .await;
            let view = made.unwrap();
            let (key, before) = (view.invoice.key, bench.books.head(bench.book).await.unwrap());
            let steps = || {
                let mut first = payment(named(&view));
                first.parts = vec![(named(&view), Part::Exactly(minor(100)))];
                let mut rest = payment(named(&view));
                rest.parts = vec![(named(&view), Part::WhatIsOpen)];
                vec![
                    Step::RecordPayment(Box::new(first)),
                    Step::RecordPayment(Box::new(rest)),
                ]
            };
            let shown = bench.books.rehearse_on(&context, &LAYER, key, steps()).await.unwrap();
            assert_eq!(bench.books.head(bench.book).await.unwrap(), before);
            assert_eq!(bench.books.payments(bench.book, 0, 9).await.unwrap(), vec![]);
            // Alone it is taken back too.
            let alone = steps().into_iter().take(1).collect();
            bench.books.rehearse_on(&context, &LAYER, key, alone).await.unwrap();
            assert_eq!(bench.books.head(bench.book).await.unwrap(), before);
            let done = bench.books.together_on(&context, &LAYER, key, steps()).await.unwrap();
            assert_eq!(
                (shown.invoice.paid, shown.payments.len()),
                (done.invoice.paid, done.payments.len())
            );
            let refused = bench
                .books
                .rehearse_on(&context, &LAYER, key, steps())
                .await
                .unwrap_err();
            assert!(matches!(refused, (0, Failure::Refused(_))));
        });
        bench.verified();
    }
}

#[test]
fn what_a_payment_settles_is_taken_off_an_invoice_as_if_it_had_never_been_on_it() {
    for bench in Bench::everywhere(0) {
        run(async {
            let (books, context) = (&bench.books, bench.context());
            let made = books
                .create_invoice(&context, &LAYER, invoice("one", true), None)
                .await
                .unwrap();
            let mut input = payment(named(&made));
            (input.parts, input.amount) = (Vec::new(), Some(minor(500)));
            let (paid, _) = books.record_payment(&context, &LAYER, input, None).await.unwrap();
            let before = books.trial_balance(bench.book).await.unwrap();
            let money = || Named::Key(paid.payment.key.0);
            let apply = || Step::AllocatePayment(money(), vec![(named(&made), Part::Exactly(minor(300)))], None);
            let key = made.invoice.key;
            let applied = books.together_on(&context, &LAYER, key, vec![apply()]).await.unwrap();
            assert_eq!(applied.invoice.paid, minor(300));
            let take_off = || vec![Step::WithdrawParts(money(), named(&made))];
            let after = books.together_on(&context, &LAYER, key, take_off()).await.unwrap();
            assert!(after.invoice.paid.is_zero() && after.payments.is_empty() && after.former_payments.is_empty());
            let left = books.payment(bench.book, &money()).await.unwrap().unwrap();
            assert_eq!(left.payment.unallocated, minor(500));
            assert_eq!(books.trial_balance(bench.book).await.unwrap(), before);
            let nothing = books.together_on(&context, &LAYER, key, take_off()).await.unwrap_err();
            assert!(matches!(nothing, (0, Failure::Refused(_))));
            // What came with hand-recorded money goes with it.
            books
                .record_payment(&context, &LAYER, payment(named(&made)), None)
                .await
                .unwrap();
            let own = Named::Key(paid.payment.key.0 + 1);
            let step = Step::WithdrawParts(own.clone(), named(&made));
            books.together_on(&context, &LAYER, key, vec![step]).await.unwrap();
            assert_eq!(books.payment(bench.book, &own).await.unwrap(), None);
            assert_eq!(books.trial_balance(bench.book).await.unwrap(), before);
        });
        bench.verified();
    }
}

#[test]
fn what_a_commit_returned_is_what_a_read_finds_afterwards() {
    for bench in Bench::everywhere(0) {
        run(async {
            let (books, context) = (&bench.books, bench.context());
            let made = books.create_invoice(&context, &LAYER, invoice("one", true), None).await;
            let made = made.unwrap();
            let mut input = payment(named(&made));
            (input.parts, input.amount) = (Vec::new(), Some(minor(500)));
            let (paid, _) = books.record_payment(&context, &LAYER, input, None).await.unwrap();
            let mut credited = CreditNoteInput::of(CreditOf::Invoice(named(&made), Extent::Amount(minor(400))));
            credited.applying = Applying::Nothing;
            let (note, _) = books.issue_credit_note(&context, &LAYER, credited, None).await.unwrap();
            let (money, credit) = (Named::Key(paid.payment.key.0), Named::Key(note.note.key.0));
            let (entry, account) = (books.new_document_id(), "7777");
            let part = |units| vec![(named(&made), Part::Exactly(minor(units)))];
            let back = |of| RefundInput {
                amount: Some(minor(20)),
                ..RefundInput::of(of)
            };
            let steps = vec![
                Step::RecordEntry(entry, Box::new(by_hand_input("one", 300))),
                Step::ReverseEntry(Named::Id(entry), Box::default()),
                Step::AddAccount(NewAccount {
                    code: account.to_owned(),
                    stable_name: None,
                    name: "Freight".to_owned(),
                    kind: AccountKind::Revenue,
                    namesakes: None,
                }),
                Step::AllocatePayment(money.clone(), part(300), None),
                Step::UnallocatePayment(money.clone(), named(&made), None),
                Step::AllocatePayment(money.clone(), part(100), None),
                Step::RecordRefund(
                    books.new_document_id(),
                    Box::new(back(RefundOf::Unapplied(money.clone()))),
                ),
                Step::ApplyCredit(credit.clone(), part(50), None),
                Step::RecordRefund(
                    books.new_document_id(),
                    Box::new(back(RefundOf::Credit(credit.clone()))),
                ),
            ];
            let done = books.all_or_none(&context, &LAYER, steps).await.unwrap();
            let payment = books.payment(bench.book, &money).await.unwrap();
            assert_eq!(
                (done.payment(paid.payment.key), done.payment_at(5).is_some()),
                (payment, true)
            );
            let note = books.credit_note(bench.book, &credit).await.unwrap().unwrap();
            assert_eq!(done.credit_note(note.note.key), Some(note.clone()));
            assert_eq!(done.credit_note(CreditNoteKey(99)), None);
            let reversal = done.entry_at(1).unwrap().entry.entry().key;
            let mut recorded = done.entry_at(0).unwrap();
            let read = books.entry(bench.book, &Named::Id(entry)).await.unwrap().unwrap();
            recorded.manual.as_mut().unwrap().reversed_by = Some(reversal);
            assert_eq!(recorded, read);
            let book = books.book(bench.book).await.unwrap().unwrap();
            assert_eq!(
                done.account().as_ref(),
                book.accounts.iter().find(|known| known.code == account)
            );
            let view = books.invoice(bench.book, &named(&made)).await.unwrap().unwrap();
            let left = done.invoice(view.invoice.key).unwrap();
            assert_eq!((left.invoice, left.payments), (view.invoice, view.payments));
            // Every entry that was posted for a part has its day.
            let parts = note.allocations.iter().map(|part| part.entry);
            let former = view.former_payments.iter().flat_map(|paid| &paid.former);
            let former = former.flat_map(|part| std::iter::once(part.entry).chain(part.undone));
            let entries: Vec<_> = parts.chain(former).collect();
            assert_eq!(entries.len(), 3);
            let (days, read) = (done.days(), books.entry_days(bench.book, &entries).await.unwrap());
            for entry in &entries {
                assert_eq!(days.get(entry), read.get(entry));
            }
        });
        bench.verified();
    }
}

#[test]
fn of_one_payment_over_many_invoices_each_part_goes_by_itself() {
    for bench in Bench::everywhere(0) {
        run(async {
            let (books, context) = (&bench.books, bench.context());
            let mut made = Vec::new();
            for name in ["one", "two", "three"] {
                let created = books.create_invoice(&context, &LAYER, invoice(name, true), None);
                made.push(created.await.unwrap());
            }
            let before = books.trial_balance(bench.book).await.unwrap();
            let mut input = payment(named(&made[0]));
            input.amount = None;
            let parts = made.iter().zip([300, 200, 100]);
            input.parts = parts
                .map(|(view, part)| (named(view), Part::Exactly(minor(part))))
                .collect();
            let (paid, _) = books.record_payment(&context, &LAYER, input, None).await.unwrap();
            let money = || Named::Key(paid.payment.key.0);
            let off = |at: usize| {
                (
                    made[at].invoice.key,
                    vec![Step::WithdrawParts(money(), named(&made[at]))],
                )
            };
            let (key, steps) = off(1);
            books.together_on(&context, &LAYER, key, steps).await.unwrap();
            let left = books.payment(bench.book, &money()).await.unwrap().unwrap();
            assert_eq!(left.payment.amount, minor(400));
            // The other parts are the same entries as before: nothing is recorded anew.
            let others = |view: &PaymentView| {
                let parts = view.allocations.iter().filter(|part| part.invoice != key);
                parts.copied().collect::<Vec<_>>()
            };
            assert_eq!(others(&left), others(&paid));
            for at in [0, 2] {
                let (key, steps) = off(at);
                books.together_on(&context, &LAYER, key, steps).await.unwrap();
            }
            assert_eq!(books.payment(bench.book, &money()).await.unwrap(), None);
            assert_eq!(books.trial_balance(bench.book).await.unwrap(), before);
        });
        bench.verified();
    }
}

#[test]
fn a_change_of_a_payment_as_it_was_before_another_is_outrun() {
    for bench in Bench::everywhere(0) {
        run(async {
            let (books, context) = (&bench.books, bench.context());
            let made = books
                .create_invoice(&context, &LAYER, invoice("one", true), None)
                .await
                .unwrap();
            let (paid, _) = books
                .record_payment(&context, &LAYER, payment(named(&made)), None)
                .await
                .unwrap();
            let money = || Named::Key(paid.payment.key.0);
            let edit = |memo: &str| {
                let mut edit = PaymentEdit::of(&paid);
                edit.content.memo = Some(memo.to_owned());
                edit
            };
            let (first, second) = (edit("first"), edit("second"));
            books.change_payment(&context, &LAYER, money(), first).await.unwrap();
            let late = books
                .change_payment(&context, &LAYER, money(), second)
                .await
                .unwrap_err();
            assert!(late.is_outrun(), "{late:?}");
            let now = books.payment(bench.book, &money()).await.unwrap().unwrap();
            assert_eq!(now.content.memo.as_deref(), Some("first"));
        });
        bench.verified();
    }
}

fn tags(items: &[(&str, &str)], most: usize) -> Arc<ListNote> {
    let item = |(key, value): &(&str, &str)| serde_json::json!({"key": key, "value": value});
    Arc::new(ListNote {
        dialect: "layer",
        list: "tags",
        by: "key",
        items: items.iter().map(item).collect(),
        most,
    })
}

#[test]
fn items_join_those_that_are_there_and_on_one_document_too_many_leave_all_as_they_were() {
    for bench in Bench::everywhere(0) {
        run(async {
            let (books, context) = (&bench.books, bench.context());
            let mut made = Vec::new();
            for name in ["one", "two"] {
                let created = books.create_invoice(&context, &LAYER, invoice(name, true), None);
                made.push(created.await.unwrap());
            }
            let add = |at: usize, note: &Arc<ListNote>| {
                let of = Annotated::Invoice(named(&made[at]));
                Step::AddItems(of, Arc::clone(note))
            };
            let steps = vec![
                add(0, &tags(&[("a", "1"), ("b", "1")], 2)),
                add(0, &tags(&[("b", "2")], 2)),
                add(1, &tags(&[("a", "1")], 2)),
            ];
            books.all_or_none(&context, &LAYER, steps).await.unwrap();
            let before = books.head(bench.book).await.unwrap();
            let more = tags(&[("c", "1")], 2);
            let refused = books
                .all_or_none(&context, &LAYER, vec![add(1, &more), add(0, &more)])
                .await;
            let (at, failure) = refused.unwrap_err();
            assert_eq!((at, failure), (1, Refusal::TooMany { most: 2, found: 3 }.into()));
            assert_eq!(books.head(bench.book).await.unwrap(), before);
            let shown = |value: &str| serde_json::json!({"key": "b", "value": value});
            let one = books.invoice(bench.book, &named(&made[0])).await.unwrap().unwrap();
            assert_eq!(one.content.extra["layer"]["tags"][1], shown("2"));
            assert_eq!(one.content.title, made[0].content.title);
        });
        bench.verified();
    }
}

#[test]
fn a_closing_stands_or_falls_with_what_comes_with_it_and_is_sealed_like_any_other() {
    for bench in Bench::everywhere(0) {
        run(async {
            let (books, context) = (&bench.books, bench.context());
            let through = jiff::civil::date(2026, 3, 31);
            let said = |replaces| resource("config", serde_json::json!({"basis": "ACCRUAL"}), replaces);
            let lost = vec![
                Step::ClosePeriod(through),
                said(Replaces::AsRead(quittance_accounting::content::Digest([0; 32]))),
            ];
            let (at, _) = books.all_or_none(&context, &LAYER, lost).await.unwrap_err();
            assert_eq!((at, books.periods(bench.book).await.unwrap()), (1, vec![]));
            let change = |_: Option<&ResourceView>| Ok::<_, Infallible>(serde_json::json!({"basis": "ACCRUAL"}));
            let put = books.changed(&context, "dialect.plan", "config", change).await;
            let Ok(put) = put.unwrap();
            let steps = vec![Step::ClosePeriod(through), Step::PutResource(Box::new(put))];
            let kept = books.all_or_none(&context, &LAYER, steps).await.unwrap();
            let kept = kept.resource("dialect.plan", "config").unwrap();
            assert_eq!(kept.body["basis"], "ACCRUAL");
            let periods = books.periods(bench.book).await.unwrap();
            assert!(periods.len() == 1 && periods[0].period.seal.is_some());
            let back = vec![
                Step::ReopenPeriod(None, "too early".to_owned()),
                said(Replaces::Nothing),
            ];
            let (at, _) = books.all_or_none(&context, &LAYER, back).await.unwrap_err();
            let settings = books.settings(bench.book).await.unwrap().unwrap();
            assert_eq!((at, settings.closed_through), (1, Some(through)));
            let back = vec![Step::ReopenPeriod(None, "too early".to_owned())];
            books.all_or_none(&context, &LAYER, back).await.unwrap();
            let periods = books.periods(bench.book).await.unwrap();
            let reason = periods[0]
                .reopening
                .as_ref()
                .and_then(|reopening| reopening.reason.as_deref());
            assert_eq!(reason, Some("too early"));
        });
        bench.verified();
    }
}
