//! One history with every kind of record and deletes under several rules, for tests that look at every table and column.

use jiff::civil::date;
use quittance_accounting::account::AccountKind;
use quittance_accounting::book::Role;
use quittance_accounting::exchange::{KeptRate, Rate};
use quittance_accounting::issuing::{AccountChoice, Hold, NumberChoice};
use quittance_accounting::ledger::{AccountChange, NewAccount};
use quittance_accounting::money::Currency;
use quittance_accounting::resource::Replaces;
use quittance_accounting::settlement::Witness;
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::Verb;
use quittance_books::books::TokenInput;
use quittance_books::content::{CustomerContent, ProductContent};
use quittance_books::granting::{GrantInput, Terms};
use quittance_books::input::{
    Applying, CreditLineInput, CreditNoteInput, CreditOf, CustomerEdit, CustomerInput, DeleteOptions, Extent,
    IdempotencyKey, InvoiceEdit, InvoiceInput, ProductInput, RefundInput, RefundOf, ReversalInput,
};
use quittance_books::resources::ResourceInput;
use quittance_books::view::InvoiceView;

use crate::setup::*;

/// Lives the history through.
pub fn live_through(bench: &Bench) {
    run(async {
        settings_and_names(bench).await;
        settlements(bench).await;
        voids_and_holds(bench).await;
        money_moves(bench).await;
        by_hand(bench).await;
        arrives(bench).await;
        credits(bench).await;
        abroad(bench).await;
        deletes(bench).await;
    });
    bench.verified();
}

async fn create(bench: &Bench, rules: &'static quittance_accounting::rules::Rules, input: InvoiceInput) -> InvoiceView {
    bench.clock.pass(1);
    bench
        .books
        .create_invoice(&bench.context(), rules, input, None)
        .await
        .unwrap()
}

async fn settings_and_names(bench: &Bench) {
    let (books, context) = (&bench.books, bench.context());
    for (n, external_id) in [(1, Some("c-1")), (2, Some("c-2")), (3, None)] {
        let input = CustomerInput {
            external_id: external_id.map(str::to_owned),
            content: CustomerContent {
                name: format!("Customer {n}"),
                ..CustomerContent::default()
            },
        };
        bench.clock.pass(1);
        books.add_customer(&context, input).await.unwrap();
    }
    for n in 1..=2 {
        let customer = books.customer(bench.book, &Named::Key(n)).await.unwrap().unwrap();
        let mut edit = CustomerEdit::of(&customer);
        edit.content.email = Some(format!("c{n}@example.com"));
        edit.archived = true;
        bench.clock.pass(1);
        books.change_customer(&context, Named::Key(n), edit).await.unwrap();
    }
    for account in ["SERVICES", "SUBSCRIPTIONS"] {
        let input = ProductInput {
            account: AccountChoice::StableName(account.to_owned()),
            content: ProductContent {
                name: account.to_owned(),
                ..ProductContent::default()
            },
        };
        bench.clock.pass(1);
        books.add_product(&context, input).await.unwrap();
    }
    let mut client = String::new();
    for (name, role, expires_at) in [
        ("ci", Role::Admin, None),
        ("clerk", Role::Clerk, Some("2027-01-01T00:00:00Z".parse().unwrap())),
        ("old", Role::Viewer, Some("2026-12-01T00:00:00Z".parse().unwrap())),
        ("older", Role::Viewer, None),
    ] {
        bench.clock.pass(1);
        let input = TokenInput {
            name: name.to_owned(),
            role,
            scopes: vec![format!("{name}.read")],
            expires_at,
        };
        let (text, token) = books.make_token(&context, input).await.unwrap();
        if name == "ci" {
            client = text;
        }
        if name.starts_with("old") {
            bench.clock.pass(1);
            books.revoke_token(&context, token.key).await.unwrap();
        }
    }
    let actor = books.client(&client).await.unwrap().unwrap();
    let asking = quittance_books::input::Context {
        actor,
        ..context.clone()
    };
    let input = GrantInput {
        scopes: vec!["ci.read".to_owned()],
        terms: Terms {
            access_seconds: 60,
            refresh_seconds: Some(600),
        },
        spent: None,
    };
    bench.clock.pass(1);
    books.grant_access(&asking, input).await.unwrap();
    for n in 1..=2 {
        bench.clock.pass(1);
        let input = ResourceInput {
            kind: "a.thing",
            word: format!("word {n}"),
            belongs_to: Some(format!("owner {n}")),
            body: serde_json::json!({"says": n}),
            replaces: Replaces::Nothing,
        };
        books.put_resource(&context, Verb::Post, input).await.unwrap();
    }
    books.close_period(&context, date(2026, 3, 31)).await.unwrap();
    books.close_period(&context, date(2026, 4, 30)).await.unwrap();
    books
        .reopen_period(&context, Some(date(2026, 2, 28)), "a test")
        .await
        .unwrap();
    // Two more books, so that the directory and the heads have more than one row.
    for _ in 0..2 {
        bench.clock.pass(1);
        books.open_book(book_input(0)).await.unwrap();
    }
}

async fn settlements(bench: &Bench) {
    let (books, context) = (&bench.books, bench.context());
    for n in 1..=2 {
        let mut input = invoice("detailed", true);
        input.customer = Some(Named::External(format!("c-{n}")));
        input.external_id = Some(format!("detailed-{n}"));
        input.sent_at = Some("2026-05-11T00:00:00Z".parse().unwrap());
        input.lines = vec![line(5_000), line(2_500 * n)];
        input.lines[1].product = Some(Named::Key(n));
        input.lines[1].quantity = 3.into();
        input.lines[0].discount = minor(100 * n);
        input.lines[0].taxes = vec![(
            AccountChoice::StableName("SALES_TAXES_PAYABLE".to_owned()),
            minor(70 * n),
        )];
        input.discount = minor(50 * n);
        input.taxes = vec![(
            AccountChoice::StableName("SALES_TAXES_PAYABLE".to_owned()),
            minor(30 * n),
        )];
        input.tip = minor(200 * n);
        let key = IdempotencyKey {
            key: format!("create-{n}"),
            request: vec![n as u8],
        };
        bench.clock.pass(1);
        let view = books.create_invoice(&context, &LAYER, input, Some(key)).await.unwrap();
        let mut part = payment(named(&view));
        part.customer = Some(Named::Key(n));
        part.parts = vec![(named(&view), Part::Exactly(minor(1_000 * n)))];
        part.external_id = Some(format!("part-{n}"));
        let key = IdempotencyKey {
            key: format!("pay-{n}"),
            request: vec![n as u8],
        };
        bench.clock.pass(1);
        books.record_payment(&context, &LAYER, part, Some(key)).await.unwrap();
        let mut given_up = write_off(named(&view), 40 * n);
        given_up.external_id = Some(format!("w-{n}"));
        given_up.content.memo = Some(format!("why {n}"));
        books.write_off(&context, given_up).await.unwrap();
        let paid = create(bench, &CAMPFIRE, invoice("paid", true)).await;
        let mut input = payment(named(&paid));
        input.witness = if n == 1 { Witness::Bank } else { Witness::Provider };
        input.amount = Some(minor(10_000 + 500 * n));
        bench.clock.pass(1);
        let (recorded, _) = books.record_payment(&context, &CAMPFIRE, input, None).await.unwrap();
        let of_payment = RefundOf::Allocation {
            invoice: named(&paid),
            payment: Named::Id(recorded.payment.id),
        };
        let mut back_of_it = refund(named(&paid), 7 * n);
        back_of_it.of = of_payment;
        books.record_refund(&context, back_of_it).await.unwrap();
        let mut back = refund(named(&paid), 600 * n);
        back.of = RefundOf::Line(named(&paid), 1);
        back.external_id = Some(format!("r-{n}"));
        back.content.memo = Some(format!("why {n}"));
        bench.clock.pass(1);
        books.record_refund(&context, back).await.unwrap();
        // Owed on an invoice and to a customer alone, and paid in part.
        for of in [RefundOf::Invoice(named(&paid)), RefundOf::Customer(Named::Key(n))] {
            let mut owed = refund(named(&paid), 90 * n);
            owed.of = of;
            owed.owed_on = Some(AccountChoice::StableName("UNEARNED_REVENUE".to_owned()));
            let (owed, _) = books.record_refund(&context, owed).await.unwrap();
            let mut part = refund(named(&paid), 20 * n);
            part.of = RefundOf::Owed(Named::Id(owed.refund.id));
            books.record_refund(&context, part).await.unwrap();
        }
        let mut explicit = invoice("explicit", false);
        explicit.number = NumberChoice::Explicit(format!("X-{n}"));
        explicit.due = None;
        create(bench, &MOOV, explicit).await;
    }
    let unnumbered = create(bench, &NATIVE, invoice("unnumbered", false)).await;
    books
        .write_off(&context, write_off(named(&unnumbered), 1))
        .await
        .unwrap_err();
    let plain = create(bench, &NATIVE, invoice("plain", true)).await;
    books.write_off(&context, write_off(named(&plain), 10)).await.unwrap();
    books
        .record_payment(&context, &NATIVE, payment(named(&plain)), None)
        .await
        .unwrap();
    books.record_refund(&context, refund(named(&plain), 10)).await.unwrap();
}

async fn money_moves(bench: &Bench) {
    let (books, context) = (&bench.books, bench.context());
    let day = |n: i64| Some(date(2026, 6, 1 + n as i8));
    for n in 1..=2 {
        let one = create(bench, &CAMPFIRE, invoice("freed", true)).await;
        let two = create(bench, &CAMPFIRE, invoice("gets the rest", true)).await;
        let mut input = payment(named(&one));
        input.amount = Some(minor(15_000 + n));
        bench.clock.pass(1);
        let (paid, _) = books.record_payment(&context, &NATIVE, input, None).await.unwrap();
        let paid = Named::Id(paid.payment.id);
        let parts = vec![(named(&two), Part::Exactly(minor(1_000 * n)))];
        bench.clock.pass(1);
        books
            .allocate_payment(&context, &NATIVE, paid.clone(), parts, day(n))
            .await
            .unwrap();
        for invoice in [&one, &two] {
            bench.clock.pass(1);
            books
                .unallocate_payment(&context, paid.clone(), named(invoice), day(2 * n))
                .await
                .unwrap();
        }
        let mut back = refund(named(&one), 30 * n);
        back.of = RefundOf::Unapplied(paid.clone());
        books.record_refund(&context, back).await.unwrap();
        // What had settled it stays as a receipt.
        let gone = DeleteOptions::default();
        books
            .delete_invoice(&context, &CAMPFIRE, named(&one), gone)
            .await
            .unwrap();
        let (void, _) = books
            .record_payment(&context, &NATIVE, payment(named(&two)), None)
            .await
            .unwrap();
        bench.clock.pass(1);
        books
            .void_payment(&context, Named::Id(void.payment.id), day(3 * n))
            .await
            .unwrap();
        let mut unapplied = payment(named(&two));
        (unapplied.parts, unapplied.amount) = (Vec::new(), Some(minor(700 * n)));
        let (unapplied, _) = books.record_payment(&context, &NATIVE, unapplied, None).await.unwrap();
        bench.clock.pass(1);
        books
            .void_payment(&context, Named::Id(unapplied.payment.id), day(4 * n))
            .await
            .unwrap();
    }
}

async fn voids_and_holds(bench: &Bench) {
    let (books, context) = (&bench.books, bench.context());
    for n in 1..=2 {
        let issued = create(bench, &LAYER, invoice("void", true)).await;
        bench.clock.pass(1);
        let day = date(2026, 6, n);
        books
            .void_invoice(&context, &LAYER, named(&issued), Some(day))
            .await
            .unwrap();
        let draft = create(bench, &LAYER, invoice("void draft", false)).await;
        bench.clock.pass(1);
        books.void_invoice(&context, &LAYER, named(&draft), None).await.unwrap();
        let held = create(bench, &LAYER, invoice("held", true)).await;
        bench.clock.pass(1);
        let until = date(2026, 9, n);
        books
            .hold_invoice(
                &context,
                named(&held),
                quittance_accounting::issuing::Hold::Until(until),
                true,
                None,
            )
            .await
            .unwrap();
        let edited = create(bench, &LAYER, invoice("edited", true)).await;
        let mut edit = InvoiceEdit::of(&edited);
        edit.lines = vec![line(1_000 * i64::from(n))];
        edit.content.memo = Some("other texts".to_owned());
        bench.clock.pass(1);
        books
            .edit_invoice(&context, &LAYER, named(&edited), edit)
            .await
            .unwrap();
        books
            .void_invoice(&context, &LAYER, named(&edited), None)
            .await
            .unwrap();
        books.reopen_invoice(&context, named(&edited)).await.unwrap();
        let sent = create(bench, &LAYER, invoice("sent", false)).await;
        bench.clock.pass(1);
        books.send_invoice(&context, &LAYER, named(&sent)).await.unwrap();
    }
}

async fn deletes(bench: &Bench) {
    let (books, context) = (&bench.books, bench.context());
    let delete = |rules, view: InvoiceView| {
        let context = &context;
        async move {
            bench.clock.pass(1);
            let options = DeleteOptions {
                reason: Some("made \"twice\"".to_owned()),
                expected_plan: None,
            };
            books
                .delete_invoice(context, rules, named(&view), options)
                .await
                .unwrap();
            view
        }
    };
    for witness in [Witness::Hand, Witness::Bank] {
        let mut issued = Vec::new();
        for _ in 0..2 {
            issued.push(create(bench, &CAMPFIRE, invoice("goes with its money", true)).await);
        }
        let mut both = payment(named(&issued[0]));
        both.parts.push((named(&issued[1]), Part::WhatIsOpen));
        both.witness = witness;
        books.record_payment(&context, &CAMPFIRE, both, None).await.unwrap();
        delete(&CAMPFIRE, issued.remove(0)).await;
    }
    delete(&BOOKEEPING, create(bench, &BOOKEEPING, invoice("erased", false)).await).await;
    for _ in 0..2 {
        delete(&MOOV, create(bench, &MOOV, invoice("kept", false)).await).await;
        let given_up = create(bench, &LAYER, invoice("given up", true)).await;
        books
            .write_off(&context, write_off(named(&given_up), 10))
            .await
            .unwrap();
        delete(&LAYER, given_up).await;
    }
    let restored = delete(&NATIVE, create(bench, &NATIVE, invoice("restored", false)).await).await;
    books.restore_invoice(&context, named(&restored)).await.unwrap();
    assert_eq!(books.erase_due().await.unwrap(), 1);
    delete(&BOOKEEPING, create(bench, &BOOKEEPING, invoice("leaving", false)).await).await;
}

/// A chart that was changed, entries by hand, one reversed, one reversed and the reversal deleted.
async fn by_hand(bench: &Bench) {
    let (books, context) = (&bench.books, bench.context());
    for n in 1..=2 {
        let new = NewAccount {
            code: format!("63{n}0"),
            stable_name: None,
            name: format!("Rent {n}"),
            kind: AccountKind::Expense,
            namesakes: None,
        };
        let account = books.add_account(&context, new).await.unwrap();
        let change = AccountChange {
            active: Some(false),
            ..AccountChange::default()
        };
        books
            .change_account(&context, AccountChoice::Key(account.key), change)
            .await
            .unwrap();
        for word in ["stays", "goes"] {
            bench.clock.pass(1);
            let input = by_hand_input(&format!("{word}-{n}"), 300 * n);
            let key = IdempotencyKey {
                key: format!("{word}-{n}"),
                request: vec![n as u8],
            };
            books.record_entry(&context, input, Some(key)).await.unwrap();
            let reversal = ReversalInput {
                external_id: Some(format!("reversal-{word}-{n}")),
                ..ReversalInput::default()
            };
            let named = Named::External(format!("{word}-{n}"));
            books.reverse_entry(&context, named, reversal).await.unwrap();
        }
        let named = Named::External(format!("reversal-goes-{n}"));
        books.delete_entry(&context, named).await.unwrap();
    }
}

/// Money in progress, and money that comes for what is gone.
async fn arrives(bench: &Bench) {
    let (books, context) = (&bench.books, bench.context());
    for n in 1..=2 {
        let invoice = create(bench, &CAMPFIRE, invoice("awaited", true)).await;
        books
            .begin_payment(&context, named(&invoice), Some(minor(100 * n)))
            .await
            .unwrap();
        let gone = create(bench, &CAMPFIRE, crate::setup::invoice("gone", true)).await;
        books
            .delete_invoice(&context, &CAMPFIRE, named(&gone), DeleteOptions::default())
            .await
            .unwrap();
        bench.clock.pass(1);
        books
            .confirm_payment(&context, confirmation(named(&gone), 400 * n))
            .await
            .unwrap();
    }
    books.erase_due().await.unwrap();
}

/// Invoices in other currencies than the book's: paid, given back, given up, allocated and freed, credited, each at a rate of its own.
async fn abroad(bench: &Bench) {
    let (books, context, rules) = (&bench.books, bench.context(), &CAMPFIRE);
    let rate = |text: &str| Rate::new(text.parse().unwrap()).unwrap();
    for (code, day, by) in [("EUR", 1, "1.0825"), ("JPY", 1, "0.0067"), ("EUR", 18, "1.1013")] {
        let currency = Currency::parse(code).unwrap();
        let (day, rate) = (date(2026, 5, day), rate(by));
        books
            .keep_rate(&context, KeptRate { currency, day, rate })
            .await
            .unwrap();
    }
    for (n, code, by) in [(1, "EUR", "1.0733"), (2, "JPY", "0.0071")] {
        let currency = Currency::parse(code).unwrap();
        let mut input = invoice("abroad", true);
        (input.currency, input.customer) = (currency, Some(Named::Key(n)));
        input.lines = vec![line(1_000_000)];
        let billed = named(&create(bench, rules, input).await);
        let mut part = payment(billed.clone());
        (part.rate, part.parts) = (Some(rate(by)), vec![(billed.clone(), Part::Exactly(minor(2_000 * n)))]);
        books.record_payment(&context, rules, part, None).await.unwrap();
        let mut ahead = payment(billed.clone());
        (ahead.currency, ahead.customer) = (Some(currency), Some(Named::Key(n)));
        (ahead.parts, ahead.amount) = (Vec::new(), Some(minor(1_500 * n)));
        let (ahead, _) = books.record_payment(&context, rules, ahead, None).await.unwrap();
        let ahead = Named::Id(ahead.payment.id);
        let parts = vec![(billed.clone(), Part::Exactly(minor(700 * n)))];
        for freed in [true, false] {
            let parts = parts.clone();
            books
                .allocate_payment(&context, rules, ahead.clone(), parts, None)
                .await
                .unwrap();
            if freed {
                let none = books
                    .unallocate_payment(&context, ahead.clone(), billed.clone(), None)
                    .await;
                none.unwrap();
            }
        }
        let mut back = refund(billed.clone(), 300 * n);
        back.rate = Some(rate(by));
        books.record_refund(&context, back).await.unwrap();
        books
            .write_off(&context, write_off(billed.clone(), 100 * n))
            .await
            .unwrap();
        let credited = CreditOf::Invoice(billed, Extent::Amount(minor(50 * n)));
        let note = CreditNoteInput::of(credited);
        books.issue_credit_note(&context, rules, note, None).await.unwrap();
    }
}

/// Credit notes of an invoice in parts and of a customer: applied, unapplied, given back, held, void, deleted and restored.
async fn credits(bench: &Bench) {
    let (books, context, rules) = (&bench.books, bench.context(), &CAMPFIRE);
    let mut input = invoice("to be credited", true);
    input.customer = Some(Named::Key(1));
    input.taxes = vec![(AccountChoice::StableName("SALES_TAXES_PAYABLE".to_owned()), minor(333))];
    let billed = Named::Key(create(bench, rules, input).await.invoice.key.0);
    let issue = async |input: CreditNoteInput| {
        bench.clock.pass(1);
        let issued = books.issue_credit_note(&context, rules, input, None).await;
        Named::Key(issued.unwrap().0.note.key.0)
    };
    let mut part = CreditNoteInput::of(CreditOf::Invoice(billed.clone(), Extent::Amount(minor(1_000))));
    part.external_id = Some("cn-1".to_owned());
    part.content.memo = Some("late".to_owned());
    issue(part).await;
    let of_line = CreditOf::Invoice(billed.clone(), Extent::Lines(vec![(1, Some(minor(500)))]));
    let mut of_line = CreditNoteInput::of(of_line);
    of_line.applying = Applying::Nothing;
    of_line.content.memo = Some("damaged".to_owned());
    let kept = issue(of_line).await;
    let own = issue(CreditNoteInput::of(CreditOf::Free {
        customer: Named::Key(1),
        currency: Currency::USD,
        rate: None,
        lines: vec![CreditLineInput {
            account: AccountChoice::StableName("SALES".to_owned()),
            product: Some(Named::Key(1)),
            amount: minor(2_000),
            taxes: vec![(AccountChoice::StableName("SALES_TAXES_PAYABLE".to_owned()), minor(160))],
        }],
    }))
    .await;
    let parts = vec![(billed.clone(), Part::Exactly(minor(700)))];
    for _ in 0..2 {
        books
            .apply_credit(&context, rules, own.clone(), parts.clone(), None)
            .await
            .unwrap();
    }
    books
        .unapply_credit(&context, own.clone(), billed.clone(), None)
        .await
        .unwrap();
    books
        .apply_credit(&context, rules, own.clone(), parts, None)
        .await
        .unwrap();
    let mut back = RefundInput::of(RefundOf::Credit(own.clone()));
    back.amount = Some(minor(300));
    books.record_refund(&context, back).await.unwrap();
    let until = Hold::Until(date(2026, 7, 1));
    books
        .hold_credit_note(&context, own, until, true, Some("an audit".to_owned()))
        .await
        .unwrap();
    let whole = || {
        let mut input = CreditNoteInput::of(CreditOf::Invoice(billed.clone(), Extent::Rest));
        input.applying = Applying::Nothing;
        input.content.memo = Some("all of it".to_owned());
        input
    };
    let void = issue(whole()).await;
    books.void_credit_note(&context, void, None).await.unwrap();
    let gone = issue(whole()).await;
    let options = DeleteOptions::default;
    books
        .delete_credit_note(&context, &NATIVE, gone.clone(), options())
        .await
        .unwrap();
    books.restore_credit_note(&context, gone.clone()).await.unwrap();
    books
        .delete_credit_note(&context, rules, gone, options())
        .await
        .unwrap();
    books
        .delete_credit_note(&context, &NATIVE, kept, options())
        .await
        .unwrap();
}
