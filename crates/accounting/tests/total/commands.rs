//! A command out of bytes, decided by the real function.

use quittance_accounting::account::{AccountKind, Side};
use quittance_accounting::allocating::{allocate_payment, unallocate_payment, undo_parts, withdraw_parts};
use quittance_accounting::annotating::{Annotated, annotate};
use quittance_accounting::arriving::{Confirmation, Voucher, begin_payment, confirm_payment, fail_payment};
use quittance_accounting::book::{Customer, PeriodSeal, Product, Role};
use quittance_accounting::crediting::{
    apply_credit, change_credit_note, delete_credit_note, hold_credit_note, issue_credit_note, reopen_credit_note,
    restore_credit_note, unapply_credit, void_credit_note, withdraw_credit,
};
use quittance_accounting::deletion::{delete_invoice, restore_invoice};
use quittance_accounting::editing::{Edit, edit_invoice};
use quittance_accounting::exchange::{KeptRate, keep_rate};
use quittance_accounting::granting::{GrantAsked, NewGrant, grant_access, withdraw_grant};
use quittance_accounting::identity::TokenKey;
use quittance_accounting::issuing::{
    Hold, NewInvoice, NewLine, create_invoice, hold_invoice, issue_invoice, send_invoice,
};
use quittance_accounting::keeping::{
    CustomerChange, NewCustomer, NewProduct, NewToken, ProductChange, add_customer, add_product, change_customer,
    change_product, confirm_erased, make_token, release_texts, revoke_token,
};
use quittance_accounting::ledger::{
    AccountChange, Movement, NewAccount, NewManualEntry, add_account, change_account, delete_manual_entry,
    record_manual_entry, reverse_entry,
};
use quittance_accounting::payment_changes::{
    PaymentChange, change_payment, delete_payment, delete_unapplied, void_payment,
};
use quittance_accounting::periods::{close_period, reopen_period, seal_period};
use quittance_accounting::plan::{Moment, Plan};
use quittance_accounting::refunding::{RefundOf, delete_refund, record_refund};
use quittance_accounting::refusal::{Refusal, Stop};
use quittance_accounting::reopening::reopen_invoice;
use quittance_accounting::resource::{NewResource, Replaces, put_resource, remove_resource};
use quittance_accounting::rules::Rules;
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::{NewPayment, record_payment};
use quittance_accounting::snapshot::Snapshot;
use quittance_accounting::voiding::void_invoice;
use quittance_accounting::writing_off::{delete_write_off, write_off};

use crate::crediting;
use crate::model::{self, ALL_RULES};
use crate::source::Source;

type Decided = Result<Plan, Stop>;
type Decide = fn(&mut Source<'_>, &Snapshot, &Moment, &Rules) -> Decided;

const TABLE: [(&str, Decide); 54] = [
    ("create invoice", |s, snapshot, m, rules| {
        create_invoice(snapshot, m, rules, new_invoice(s))
    }),
    ("issue", |s, snapshot, m, rules| {
        issue_invoice(snapshot, m, rules, &s.named())
    }),
    ("send", |s, snapshot, m, rules| {
        send_invoice(snapshot, m, rules, &s.named())
    }),
    ("void", |s, snapshot, m, rules| {
        void_invoice(snapshot, m, rules, &s.named(), s.maybe(Source::day))
    }),
    ("reopen", |s, snapshot, m, _| reopen_invoice(snapshot, m, &s.named())),
    ("edit", |s, snapshot, m, rules| {
        edit_invoice(snapshot, m, rules, &s.named(), edit(s))
    }),
    ("hold", |s, snapshot, m, _| {
        hold_invoice(snapshot, m, &s.named(), hold(s), s.once_in(3))
    }),
    ("delete", |s, snapshot, m, rules| {
        delete_invoice(snapshot, m, rules, &s.named(), s.number())
    }),
    ("restore", |s, snapshot, _, _| restore_invoice(snapshot, &s.named())),
    ("record payment", |s, snapshot, m, rules| {
        record_payment(snapshot, m, rules, new_payment(s))
    }),
    ("change payment", |s, snapshot, m, rules| {
        change_payment(snapshot, m, rules, &s.named(), payment_change(s))
    }),
    ("void payment", |s, snapshot, m, _| {
        void_payment(snapshot, m, &s.named(), s.day())
    }),
    ("delete payment", |s, snapshot, m, _| {
        delete_payment(snapshot, m, &s.named())
    }),
    ("delete unapplied", |s, snapshot, m, _| {
        delete_unapplied(snapshot, m, &s.named())
    }),
    ("allocate", |s, snapshot, m, rules| {
        let parts = s.some(3, |s| (s.named(), s.part()));
        allocate_payment(snapshot, m, rules, &s.named(), &parts, s.day())
    }),
    ("unallocate", |s, snapshot, m, _| {
        unallocate_payment(snapshot, m, &s.named(), &s.named(), s.day())
    }),
    ("withdraw parts", |s, snapshot, m, _| {
        withdraw_parts(snapshot, m, &s.named(), &s.named())
    }),
    ("undo parts", |s, snapshot, m, _| {
        undo_parts(snapshot, m, &s.named(), &s.named(), s.day())
    }),
    ("begin payment", |s, snapshot, m, _| {
        begin_payment(snapshot, m, &s.named(), s.maybe(Source::amount))
    }),
    ("fail payment", |s, snapshot, m, _| {
        fail_payment(snapshot, m, &s.named(), s.maybe(Source::amount))
    }),
    ("confirm payment", |s, snapshot, m, _| {
        confirm_payment(snapshot, m, fact(s))
    }),
    ("refund", |s, snapshot, m, _| {
        let mut new = model::new_refund(1, s.named(), s.maybe(Source::amount));
        new.of = match s.below(8) {
            0 => RefundOf::Line(s.named(), s.number()),
            1 => RefundOf::Allocation {
                invoice: s.named(),
                payment: s.named(),
            },
            2 => RefundOf::Unapplied(s.named()),
            3 => RefundOf::Customer(s.named()),
            4 => RefundOf::Owed(s.named()),
            _ => new.of,
        };
        (new.on, new.external_id) = (s.day(), s.maybe(Source::word));
        new.clearing = s.maybe(Source::choice);
        new.owed_on = s.once_in(3).then(|| s.choice());
        new.rate = s.once_in(3).then(|| s.rate());
        record_refund(snapshot, m, new)
    }),
    ("delete refund", |s, snapshot, m, _| {
        delete_refund(snapshot, m, &s.named())
    }),
    ("write off", |s, snapshot, m, _| {
        let mut new = model::new_write_off(1, s.named(), s.maybe(Source::amount));
        (new.on, new.external_id) = (s.day(), s.maybe(Source::word));
        new.account = s.maybe(Source::choice);
        write_off(snapshot, m, new)
    }),
    ("delete write-off", |s, snapshot, m, _| {
        delete_write_off(snapshot, m, &s.named())
    }),
    ("annotate", |s, snapshot, m, _| {
        let of = if s.once_in(2) {
            Annotated::Payment(s.named())
        } else {
            Annotated::Invoice(s.named())
        };
        annotate(snapshot, m, &of, s.content())
    }),
    ("record entry", |s, snapshot, m, _| {
        record_manual_entry(snapshot, m, manual(s))
    }),
    ("reverse entry", |s, snapshot, m, _| {
        reverse_entry(snapshot, m, &s.named(), s.maybe(Source::day), manual(s))
    }),
    ("delete entry", |s, snapshot, _, _| {
        delete_manual_entry(snapshot, &s.named())
    }),
    ("add account", |s, snapshot, _, _| {
        let (code, stable_name, name) = (s.word(), s.maybe(Source::word), s.word());
        let kind = s.kind(&AccountKind::ALL);
        add_account(
            snapshot,
            &NewAccount {
                code,
                stable_name,
                name,
                kind,
                namesakes: None,
            },
        )
    }),
    ("change account", |s, snapshot, _, _| {
        let (code, name) = (s.maybe(Source::word), s.maybe(Source::word));
        let active = s.maybe(|s| s.once_in(2));
        change_account(snapshot, &s.choice(), &AccountChange { code, name, active })
    }),
    ("close period", |s, snapshot, m, _| {
        close_period(snapshot, m, s.day(), s.number())
    }),
    ("reopen period", |s, snapshot, m, _| {
        reopen_period(snapshot, m, s.maybe(Source::day), s.number())
    }),
    ("seal period", |s, snapshot, _, _| {
        let (at, known_seq, known_hash) = (s.at(), s.number(), s.digest());
        let seal = PeriodSeal {
            at,
            known_seq,
            known_hash,
            reports: vec![],
        };
        seal_period(snapshot, s.number(), seal)
    }),
    ("add customer", |s, snapshot, m, _| {
        let (id, external_id, content) = (s.id(), s.maybe(Source::word), s.content());
        add_customer(
            snapshot,
            m,
            NewCustomer {
                id,
                external_id,
                content,
            },
        )
    }),
    ("change customer", |s, snapshot, m, _| {
        let (external_id, archived, content) = (s.maybe(Source::word), s.once_in(2), s.content());
        let first = snapshot.tables().customers.values().next();
        let seen = first.filter(|_| s.once_in(3)).map(|customer| Customer::clone(customer));
        change_customer(
            snapshot,
            m,
            &s.named(),
            CustomerChange {
                seen,
                external_id,
                archived,
                content,
            },
        )
    }),
    ("add product", |s, snapshot, m, _| {
        let (id, account, content) = (s.id(), s.choice(), s.content());
        add_product(snapshot, m, NewProduct { id, account, content })
    }),
    ("change product", |s, snapshot, _, _| {
        let named = s.named();
        let seen = snapshot.tables().products.values().next().filter(|_| s.once_in(3));
        let seen: Option<Product> = seen.cloned();
        let (account, content) = (s.choice(), s.content());
        let change = ProductChange { seen, account, content };
        change_product(snapshot, &named, change)
    }),
    ("make or revoke token", |s, snapshot, m, _| {
        if s.once_in(2) {
            return revoke_token(snapshot, m, TokenKey(s.number()));
        }
        let (digest, name, role) = (s.digest(), s.word(), s.kind(&Role::ALL));
        Ok(make_token(
            snapshot,
            m,
            NewToken {
                digest,
                name,
                role,
                scopes: vec![],
                expires_at: s.maybe(Source::at),
            },
        ))
    }),
    ("grant access", |s, snapshot, m, _| {
        let grant = |s: &mut Source<'_>| NewGrant {
            digest: s.digest(),
            expires_at: s.at(),
        };
        let asked = GrantAsked {
            token: TokenKey(s.number()),
            client: TokenKey(s.number()),
            scopes: vec![],
            access: grant(s),
            refresh: s.maybe(grant),
            spent: s.maybe(Source::digest),
            leaving: s.some(2, Source::digest),
        };
        grant_access(snapshot, m, &asked)
    }),
    ("withdraw grant", |s, snapshot, _, _| {
        withdraw_grant(snapshot, TokenKey(s.number()), s.digest())
    }),
    ("put or remove resource", |s, snapshot, m, _| {
        if s.once_in(3) {
            let (kind, named) = (s.word(), s.named());
            return remove_resource(snapshot, &kind, &named, s.maybe(Source::digest));
        }
        let new = NewResource {
            id: s.id(),
            kind: s.word(),
            name: s.word(),
            belongs_to: s.maybe(Source::word),
            content: s.content(),
            replaces: match s.below(3) {
                0 => Replaces::Nothing,
                1 => Replaces::AsRead(s.digest()),
                _ => Replaces::Anything,
            },
        };
        put_resource(snapshot, m, new)
    }),
    ("issue credit note", |s, snapshot, m, rules| {
        issue_credit_note(snapshot, m, rules, crediting::new_note(s))
    }),
    ("apply credit", |s, snapshot, m, rules| {
        let parts = s.some(3, |s| (s.named(), s.part()));
        apply_credit(snapshot, m, rules, &s.named(), &parts, s.day())
    }),
    ("unapply credit", |s, snapshot, m, _| {
        unapply_credit(snapshot, m, &s.named(), &s.named(), s.day())
    }),
    ("withdraw credit", |s, snapshot, m, _| {
        withdraw_credit(snapshot, m, &s.named(), &s.named())
    }),
    ("change credit note", |s, snapshot, m, _| {
        change_credit_note(snapshot, m, &s.named(), crediting::change(s))
    }),
    ("void credit note", |s, snapshot, m, _| {
        void_credit_note(snapshot, m, &s.named(), s.day())
    }),
    ("reopen credit note", |s, snapshot, m, _| {
        reopen_credit_note(snapshot, m, &s.named())
    }),
    ("hold credit note", |s, snapshot, m, _| {
        hold_credit_note(snapshot, m, &s.named(), hold(s), s.once_in(3))
    }),
    ("delete credit note", |s, snapshot, m, rules| {
        delete_credit_note(snapshot, m, rules, &s.named(), s.number())
    }),
    ("restore credit note", |s, snapshot, _, _| {
        restore_credit_note(snapshot, &s.named())
    }),
    ("keep rate", |s, snapshot, _, _| {
        let (currency, day, rate) = (s.currency(), s.day(), s.rate());
        keep_rate(snapshot, KeptRate { currency, day, rate })
    }),
    ("let texts go", |s, snapshot, m, _| {
        let documents = s.some(4, Source::document);
        let plan = match s.once_in(2) {
            true => release_texts(snapshot, m, &documents),
            false => confirm_erased(snapshot, s.number(), &documents),
        };
        plan.ok_or(Stop::Refused(Refusal::NoLines.into()))
    }),
];

/// The names of all commands.
pub const VERBS: [&str; TABLE.len()] = {
    let mut verbs = [""; TABLE.len()];
    let mut at = 0;
    while at < TABLE.len() {
        verbs[at] = TABLE[at].0;
        at += 1;
    }
    verbs
};

/// Decides any command.
pub fn any(source: &mut Source<'_>, snapshot: &Snapshot) -> (&'static str, Decided) {
    let (verb, decide) = TABLE[source.below(TABLE.len())];
    let (moment, rules) = (source.moment(), source.of(&ALL_RULES));
    (verb, decide(source, snapshot, &moment, &rules))
}

fn hold(s: &mut Source<'_>) -> Hold {
    match s.below(3) {
        0 => Hold::AsItIs,
        1 => Hold::Released,
        _ => Hold::Until(s.day()),
    }
}

fn new_line(s: &mut Source<'_>) -> NewLine {
    let mut line = model::line("SALES", 100);
    line.product = s.maybe(Source::named).filter(|_| s.once_in(3));
    if s.once_in(3) {
        line.account = s.choice();
        (line.quantity, line.unit_price) = (s.decimal(), s.decimal());
        line.subtotal = s.maybe(Source::amount);
        line.discount = s.amount();
        line.taxes = s.some(2, |s| (s.choice(), s.amount()));
    }
    line
}

fn new_invoice(s: &mut Source<'_>) -> NewInvoice {
    let mut new = model::invoice(1, !s.once_in(3), s.some(3, new_line));
    new.id = s.id();
    new.customer = s.maybe(Source::named);
    new.number = s.numbering();
    new.external_id = s.maybe(Source::word);
    new.invoice_date = s.day();
    if s.once_in(3) {
        (new.currency, new.rate) = (s.currency(), s.maybe(Source::rate));
        (new.discount, new.tip) = (s.amount(), s.amount());
        new.taxes = s.some(2, |s| (s.choice(), s.amount()));
    }
    new
}

fn edit(s: &mut Source<'_>) -> Edit {
    let new = new_invoice(s);
    Edit {
        currency: s.once_in(4).then_some(new.currency),
        rate: new.rate,
        expected_revision: s.maybe(Source::number).filter(|_| s.once_in(3)),
        customer: new.customer,
        number: s.maybe(Source::numbering),
        external_id: new.external_id,
        invoice_date: new.invoice_date,
        due_at: new.due_at,
        due_on: s.maybe(Source::day),
        sent_at: new.sent_at,
        lines: new.lines,
        discount: new.discount,
        taxes: new.taxes,
        tip: new.tip,
        content: s.content(),
    }
}

fn new_payment(s: &mut Source<'_>) -> NewPayment {
    let mut new = model::payment(1, s.some(3, |s| (s.named(), s.part())));
    new.customer = s.maybe(Source::named).filter(|_| s.once_in(3));
    new.paid_on = s.day();
    new.amount = s.maybe(Source::amount);
    new.witness = s.kind(&Witness::ALL);
    new.external_id = s.maybe(Source::word);
    if s.once_in(3) {
        (new.currency, new.rate) = (s.maybe(Source::currency), s.maybe(Source::rate));
        new.clearing = s.choice();
    }
    new
}

fn payment_change(s: &mut Source<'_>) -> PaymentChange {
    let new = new_payment(s);
    PaymentChange {
        seen: None,
        rate: new.rate,
        paid_on: new.paid_on,
        paid_at: s.at(),
        amount: s.amount(),
        method: s.kind(&Method::ALL),
        clearing: new.clearing,
        parts: s.maybe(|_| new.parts),
        external_id: new.external_id,
        content: s.content(),
    }
}

fn fact(s: &mut Source<'_>) -> Confirmation {
    Confirmation {
        currency: s.once_in(4).then(|| s.currency()),
        rate: s.once_in(4).then(|| s.rate()),
        id: s.id(),
        invoice: s.named(),
        amount: s.amount(),
        value_date: s.day(),
        paid_at: s.at(),
        method: s.kind(&Method::ALL),
        voucher: s.kind(&Voucher::ALL),
        external_id: s.maybe(Source::word),
        content: s.content(),
    }
}

fn manual(s: &mut Source<'_>) -> NewManualEntry {
    let mut side = Side::Credit;
    let mut movements = s.some(4, |s| {
        side = side.opposite();
        Movement {
            account: s.choice(),
            side,
            amount: s.amount(),
        }
    });
    // Two that balance, else hardly any would.
    if let [debit, credit, ..] = &mut movements[..] {
        credit.amount = debit.amount;
    }
    NewManualEntry {
        id: s.id(),
        date: s.day(),
        movements,
        external_id: s.maybe(Source::word),
        content: s.content(),
    }
}
