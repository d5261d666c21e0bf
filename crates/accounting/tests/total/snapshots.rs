//! A snapshot out of bytes: records of every kind that need not agree about anything.

use std::sync::OnceLock;

use jiff::civil::date;
use quittance_accounting::account::{AccountKind, AccountRole, LedgerAccount, Side};
use quittance_accounting::book::{
    BookSettings, Customer, Grant, GrantKind, IdempotencyRecord, NumberState, NumberUse, Period, Product, Role, Series,
    Token, Tombstone,
};
use quittance_accounting::content::{Content, Fate};
use quittance_accounting::exchange::{
    Exchanged, InvoiceExchange, KeptRate, PaymentExchange, RefundExchange, WriteOffExchange,
};
use quittance_accounting::identity::{
    CreditNoteKey, CustomerKey, DocumentKind, EntryKey, InvoiceKey, PaymentKey, ProductKey, RefundKey, ResourceKey,
    TokenKey, WriteOffKey,
};
use quittance_accounting::invoice::{Invoice, IssuedThenVoid, LineItem, Stage, TaxShare};
use quittance_accounting::issuing::create_invoice;
use quittance_accounting::journal::{Entry, EntryKind, ManualEntry, Posting};
use quittance_accounting::kept::{BalanceKey, Turnover};
use quittance_accounting::money::{Currency, Money};
use quittance_accounting::record::Record;
use quittance_accounting::refunding::record_refund;
use quittance_accounting::resource::Resource;
use quittance_accounting::rounding::{Half, RoundedPer, Rounding};
use quittance_accounting::settlement::{
    Allocation, FormerAllocation, Method, Payment, PaymentVoid, Refund, Witness, WriteOff,
};
use quittance_accounting::settling::{Part, record_payment};
use quittance_accounting::snapshot::{Counters, Snapshot, Want};
use quittance_accounting::writing_off::write_off;

use crate::crediting;
use crate::model::{self, CAMPFIRE, Model, minor, named};
use crate::source::Source;

/// A book with one of each, made by decisions: what a generated record says where nothing else is drawn.
struct Pattern {
    snapshot: Snapshot,
    invoice: Invoice,
    payment: Payment,
    refund: Refund,
    write_off: WriteOff,
}

fn pattern() -> &'static Pattern {
    static PATTERN: OnceLock<Pattern> = OnceLock::new();
    PATTERN.get_or_init(|| {
        let mut model = Model::new(Currency::USD);
        let snapshot = model.snapshot.clone();
        let new = model::invoice(1, true, vec![model::line("SALES", 1_000)]);
        let paid = model::payment(2, vec![(named(1), Part::Exactly(minor(500)))]);
        let back = model::new_refund(3, named(1), Some(minor(100)));
        let given_up = model::new_write_off(4, named(1), Some(minor(100)));
        model.run(|s, m| create_invoice(s, m, &CAMPFIRE, new.clone())).unwrap();
        model.run(|s, m| record_payment(s, m, &CAMPFIRE, paid.clone())).unwrap();
        model.run(|s, m| record_refund(s, m, back.clone())).unwrap();
        model.run(|s, m| write_off(s, m, given_up.clone())).unwrap();
        let tables = model.snapshot.tables();
        Pattern {
            snapshot,
            invoice: Invoice::clone(tables.invoices.values().next().unwrap()),
            payment: Payment::clone(tables.payments.values().next().unwrap()),
            refund: Refund::clone(tables.refunds.values().next().unwrap()),
            write_off: WriteOff::clone(tables.write_offs.values().next().unwrap()),
        }
    })
}

/// Any snapshot: whole or with some of it gathered.
pub fn any(source: &mut Source<'_>) -> Snapshot {
    let mut snapshot = match source.below(3) {
        0 => Snapshot::sparse(counters(source)),
        _ => Snapshot::complete(),
    };
    if !source.once_in(12) {
        pattern()
            .snapshot
            .tables()
            .iter()
            .for_each(|record| snapshot.load(record));
    }
    if source.below(4) != 0 {
        snapshot.note_gathered(Want::Chart);
    }
    if source.once_in(2) {
        snapshot.load(settings(source).into());
    }
    for _ in 0..source.below(24) {
        let record = record(source);
        // Half of the time what it needs is there, else hardly any command would be carried out.
        if source.once_in(2) {
            what_it_needs(source, &record)
                .into_iter()
                .for_each(|record| snapshot.load(record));
        }
        snapshot.load(record);
    }
    for _ in 0..source.below(8) {
        let want = want(source);
        snapshot.note_gathered(want);
    }
    for _ in 0..source.below(3) {
        let key = BalanceKey::ever(source.account());
        let turnover = Turnover {
            debits: source.number().clamp(0, i64::MAX / 4),
            credits: source.number().clamp(0, i64::MAX / 4),
        };
        snapshot.load_balance(key, turnover);
    }
    if source.once_in(6) {
        let counters = counters(source);
        snapshot.set_counters(counters);
    }
    snapshot
}

/// A line of an invoice; the invoice, the payment and the entry of a part.
fn what_it_needs(source: &mut Source<'_>, record: &Record) -> Vec<Record> {
    match record {
        Record::Invoice(invoice) => {
            let mut line = line(source);
            (line.invoice, line.place) = (invoice.key, 1);
            vec![line.into()]
        }
        Record::Allocation(part) => {
            let mut invoice = pattern().invoice.clone();
            let mut payment = pattern().payment.clone();
            (invoice.key, payment.key) = (part.invoice, part.payment);
            (invoice.refunded, invoice.paid) = (minor(0), part.amount);
            let mut entry = entry(source);
            (entry.key, entry.invoice, entry.postings) = (part.entry, Some(part.invoice), 2);
            let postings = [(1, Side::Debit), (2, Side::Credit)].map(|(place, side)| {
                let (account, date, amount) = (source.account(), entry.date, minor(100));
                let entry = entry.key;
                Posting {
                    entry,
                    place,
                    account,
                    date,
                    side,
                    amount,
                    foreign: None,
                }
                .into()
            });
            let mut needed = vec![invoice.into(), payment.into(), entry.into()];
            needed.extend(postings);
            needed
        }
        Record::CreditNote(note) => crediting::what_it_needs(source, note, pattern().payment.clone()),
        _ => Vec::new(),
    }
}

fn counters(source: &mut Source<'_>) -> Counters {
    Counters {
        accounts: source.number(),
        customers: source.number(),
        invoices: source.number(),
        payments: source.number(),
        entries: source.number(),
        ..Counters::default()
    }
}

fn settings(source: &mut Source<'_>) -> BookSettings {
    let mut settings = pattern().snapshot.settings().unwrap().clone();
    settings.currency = source.currency();
    settings.closed_through = source.maybe(Source::day);
    settings.retention_days = source.number();
    settings.rounding = Rounding {
        per: source.kind(&RoundedPer::ALL),
        half: source.kind(&Half::ALL),
    };
    settings
}

fn want(source: &mut Source<'_>) -> Want {
    match source.below(16) {
        14 => Want::CreditNote(source.named()),
        13 => Want::Rate(source.currency(), source.day()),
        0 => Want::Customer(source.named()),
        1 => Want::Product(source.named()),
        2 => Want::Refund(source.named()),
        3 => Want::WriteOff(source.named()),
        4 => Want::Entry(EntryKey(source.number())),
        5 => Want::ManualEntry(source.named()),
        6 => Want::Series(source.of(&["", "INV-"]).to_owned()),
        7 => Want::Number(source.word()),
        8 => Want::Requests(source.document()),
        9 => Want::InvoiceView(source.named()),
        10 => Want::Periods,
        11 | 12 => Want::Payment(source.named()),
        _ => Want::Invoice(source.named()),
    }
}

fn record(source: &mut Source<'_>) -> Record {
    match source.below(36) {
        32 | 33 => crediting::note(source).into(),
        34 => crediting::line(source).into(),
        31 => KeptRate {
            currency: source.currency(),
            day: source.day(),
            rate: source.rate(),
        }
        .into(),
        0 => account(source).into(),
        1 => customer(source).into(),
        2 => Product {
            key: ProductKey(source.number()),
            id: source.id(),
            account: source.account(),
            created_at: source.at(),
            content: source.digest(),
        }
        .into(),
        3..=7 => invoice(source).into(),
        8..=10 => line(source).into(),
        11..=13 => entry(source).into(),
        14..=17 => posting(source).into(),
        18 | 19 => payment(source).into(),
        20 | 21 => allocation(source).into(),
        22 => former(source).into(),
        23 => refund(source).into(),
        24 => given_up(source).into(),
        25 => number(source),
        26 | 27 => tombstone(source).into(),
        28 => manual(source),
        29 => period(source).into(),
        30 => access(source),
        _ => beside(source),
    }
}

fn account(source: &mut Source<'_>) -> LedgerAccount {
    LedgerAccount {
        key: source.account(),
        code: source.word(),
        stable_name: source.word(),
        name: source.word(),
        kind: source.kind(&AccountKind::ALL),
        role: source.kind(&AccountRole::ALL),
        active: !source.once_in(4),
    }
}

fn customer(source: &mut Source<'_>) -> Customer {
    Customer {
        key: CustomerKey(source.number()),
        id: source.id(),
        external_id: source.maybe(Source::word),
        created_at: source.at(),
        updated_at: source.at(),
        archived_at: source.maybe(Source::at),
        content: source.digest(),
    }
}

fn stage(source: &mut Source<'_>) -> Stage {
    let entry = |source: &mut Source<'_>| source.maybe(|source| EntryKey(source.number()));
    match source.below(5) {
        0 => Stage::Draft,
        1 => Stage::Void {
            at: source.at(),
            issued: source.maybe(|source| IssuedThenVoid {
                at: source.at(),
                entry: entry(source),
                mirror: entry(source),
            }),
        },
        _ => Stage::Issued {
            at: source.at(),
            entry: entry(source),
        },
    }
}

fn invoice(source: &mut Source<'_>) -> Invoice {
    let mut invoice = pattern().invoice.clone();
    invoice.key = InvoiceKey(source.number());
    invoice.id = source.id();
    invoice.customer = source.maybe(|source| CustomerKey(source.number()));
    invoice.stage = stage(source);
    invoice.number = source.maybe(Source::word);
    invoice.external_id = source.maybe(Source::word);
    invoice.revision = source.number();
    (invoice.paid, invoice.refunded, invoice.written_off) = Default::default();
    if source.once_in(3) {
        let figures = [
            &mut invoice.subtotal,
            &mut invoice.discount,
            &mut invoice.document_discount,
            &mut invoice.tax,
            &mut invoice.tip,
            &mut invoice.total,
            &mut invoice.paid,
            &mut invoice.refunded,
            &mut invoice.written_off,
            &mut invoice.pending,
        ];
        for figure in figures {
            *figure = source.amount();
        }
        invoice.currency = source.currency();
        invoice.exchange = source.maybe(|source| InvoiceExchange {
            rate: source.rate(),
            total: source.amount(),
            settled: source.amount(),
        });
    }
    if source.once_in(3) {
        invoice.invoice_date = source.day();
        invoice.due_on = source.maybe(Source::day);
        invoice.held_until = source.maybe(Source::day);
        invoice.handed_over_at = source.maybe(Source::at);
    }
    invoice
}

fn line(source: &mut Source<'_>) -> LineItem {
    LineItem {
        invoice: InvoiceKey(source.number()),
        place: source.number(),
        account: source.account(),
        product: source.maybe(|source| ProductKey(source.number())),
        quantity: source.decimal(),
        unit_price: source.decimal(),
        subtotal: source.amount(),
        discount: source.amount(),
        taxes: source.some(2, |source| TaxShare {
            account: source.account(),
            amount: source.amount(),
        }),
    }
}

fn entry(source: &mut Source<'_>) -> Entry {
    Entry {
        key: EntryKey(source.number()),
        date: source.day(),
        kind: source.kind(&EntryKind::ALL),
        document: source.document(),
        invoice: source.maybe(|source| InvoiceKey(source.number())),
        postings: source.of(&[2, 2, 2, 0, 1, i64::MAX, i64::MIN]),
    }
}

fn posting(source: &mut Source<'_>) -> Posting {
    let place = source.of(&[1, 2, 1, 2, 0, i64::MAX, i64::MIN]);
    Posting {
        entry: EntryKey(source.number()),
        place,
        account: source.account(),
        date: source.day(),
        side: if (place == 1) != source.once_in(6) {
            Side::Debit
        } else {
            Side::Credit
        },
        amount: source.amount(),
        foreign: source.once_in(5).then(|| money(source)),
    }
}

fn money(source: &mut Source<'_>) -> Money {
    Money {
        amount: source.amount(),
        currency: source.currency(),
    }
}

fn exchanged(source: &mut Source<'_>) -> Option<Exchanged> {
    source.once_in(4).then(|| Exchanged {
        received: source.amount(),
        settled: source.amount(),
    })
}

fn payment(source: &mut Source<'_>) -> Payment {
    let mut payment = pattern().payment.clone();
    payment.key = PaymentKey(source.number());
    payment.id = source.id();
    payment.customer = source.maybe(|source| CustomerKey(source.number()));
    payment.unallocated = source.amount();
    payment.allocations = source.number();
    payment.receipt_entry = source.maybe(|source| EntryKey(source.number()));
    payment.external_id = source.maybe(Source::word);
    payment.witness = source.kind(&Witness::ALL);
    payment.method = source.kind(&Method::ALL);
    if source.once_in(3) {
        payment.amount = source.amount();
        payment.refunded = source.amount();
        (payment.paid_on, payment.posted_on) = (source.day(), source.day());
        payment.clearing = source.account();
        payment.voided = source.maybe(|source| PaymentVoid {
            at: source.at(),
            on: source.day(),
            entry: source.maybe(|source| EntryKey(source.number())),
        });
        payment.meant_for = source.maybe(|source| InvoiceKey(source.number()));
        payment.currency = source.currency();
        payment.exchange = source.maybe(|source| PaymentExchange {
            rate: source.rate(),
            amount: source.amount(),
            unallocated: source.amount(),
        });
    }
    payment
}

fn allocation(source: &mut Source<'_>) -> Allocation {
    Allocation {
        payment: PaymentKey(source.number()),
        place: source.number(),
        invoice: InvoiceKey(source.number()),
        amount: source.amount(),
        from_unapplied: source.once_in(2),
        entry: EntryKey(source.number()),
        exchange: exchanged(source),
    }
}

fn former(source: &mut Source<'_>) -> FormerAllocation {
    FormerAllocation {
        payment: PaymentKey(source.number()),
        place: source.number(),
        invoice: source.maybe(|source| InvoiceKey(source.number())),
        amount: source.amount(),
        from_unapplied: source.once_in(2),
        entry: EntryKey(source.number()),
        undone: source.maybe(|source| EntryKey(source.number())),
        exchange: exchanged(source),
    }
}

fn refund(source: &mut Source<'_>) -> Refund {
    let mut refund = pattern().refund.clone();
    refund.key = RefundKey(source.number());
    refund.id = source.id();
    refund.invoice = source.maybe(|source| InvoiceKey(source.number()));
    refund.line = source.maybe(Source::number);
    refund.payment = source.maybe(|source| PaymentKey(source.number()));
    refund.amount = source.amount();
    refund.entry = EntryKey(source.number());
    refund.exchange = source.once_in(4).then(|| RefundExchange {
        currency: source.currency(),
        rate: source.rate(),
        booked: source.amount(),
    });
    refund
}

fn given_up(source: &mut Source<'_>) -> WriteOff {
    let mut write_off = pattern().write_off.clone();
    write_off.key = WriteOffKey(source.number());
    write_off.id = source.id();
    write_off.invoice = InvoiceKey(source.number());
    write_off.amount = source.amount();
    write_off.entry = EntryKey(source.number());
    write_off.exchange = source.once_in(4).then(|| WriteOffExchange {
        currency: source.currency(),
        booked: source.amount(),
    });
    write_off
}

fn number(source: &mut Source<'_>) -> Record {
    if source.once_in(2) {
        let prefix = source.of(&["", "INV-"]).to_owned();
        let next = source.number();
        return Series { prefix, next }.into();
    }
    NumberUse {
        number: source.word(),
        counted: source.once_in(2),
        document: InvoiceKey(source.number()).into(),
        state: source.kind(&NumberState::ALL),
    }
    .into()
}

fn tombstone(source: &mut Source<'_>) -> Tombstone {
    let mut document = source.document();
    match source.below(5) {
        0..=2 => document.kind = DocumentKind::Invoice,
        3 => document.kind = DocumentKind::CreditNote,
        _ => {}
    }
    Tombstone {
        document,
        id: source.id(),
        seq: source.number(),
        deleted_at: source.at(),
        rules: source.word(),
        readable: source.once_in(2),
        fate: match source.below(4) {
            0 => Fate::Kept,
            1 => Fate::RetainedUntil(source.day()),
            2 => Fate::Leaving,
            _ => Fate::Erased(source.number()),
        },
        removed: source.some(4, |source| match source.below(7) {
            5 => crediting::line(source).into(),
            6 => {
                let mut note = crediting::note(source);
                note.key = CreditNoteKey(document.number);
                note.into()
            }
            0 => line(source).into(),
            1 => entry(source).into(),
            2 => former(source).into(),
            3 => payment(source).into(),
            _ => {
                let mut invoice = invoice(source);
                invoice.key = InvoiceKey(document.number);
                invoice.into()
            }
        }),
    }
}

fn manual(source: &mut Source<'_>) -> Record {
    ManualEntry {
        key: EntryKey(source.number()),
        id: source.id(),
        external_id: source.maybe(Source::word),
        reverses: source.maybe(|source| EntryKey(source.number())),
        reversed_by: source.maybe(|source| EntryKey(source.number())),
        created_at: source.at(),
        content: source.digest(),
    }
    .into()
}

fn period(source: &mut Source<'_>) -> Period {
    Period {
        closing: source.number(),
        first: source.maybe(Source::day),
        through: source.day(),
        closed_at: source.at(),
        seal: None,
        reopened: source.maybe(Source::number),
    }
}

fn access(source: &mut Source<'_>) -> Record {
    let token = TokenKey(source.number());
    if source.once_in(2) {
        return Grant {
            digest: source.digest(),
            token,
            client: TokenKey(source.number()),
            kind: source.kind(&GrantKind::ALL),
            scopes: vec![],
            granted_at: source.at(),
            expires_at: source.at(),
        }
        .into();
    }
    Token {
        key: token,
        digest: source.digest(),
        name: source.word(),
        role: source.kind(&Role::ALL),
        scopes: vec![],
        created_at: source.at(),
        expires_at: source.maybe(Source::at),
        revoked_at: source.maybe(Source::at),
    }
    .into()
}

fn beside(source: &mut Source<'_>) -> Record {
    match source.below(3) {
        0 => Resource {
            key: ResourceKey(source.number()),
            id: source.id(),
            kind: source.word(),
            name: source.word(),
            belongs_to: None,
            created_at: source.at(),
            updated_at: source.at(),
            content: source.digest(),
        }
        .into(),
        1 => IdempotencyRecord {
            key: source.word(),
            seq: source.number(),
            request: source.digest(),
            subject: source.document(),
            recorded_at: date(2026, 6, 1).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp(),
        }
        .into(),
        _ => Content {
            document: source.document(),
            salt: source.word(),
            body: source.word(),
        }
        .into(),
    }
}
