//! What the books hold into the vendor's shapes. A document that another dialect made has every member too, from the shared
//! texts or empty.

use std::collections::BTreeMap;

use jiff::civil::Date;
use quittance_accounting::account::{AccountKind, AccountRole, LedgerAccount};
use quittance_accounting::identity::{BookKey, EntryKey, InvoiceKey};
use quittance_accounting::invoice::{Invoice, LineItem, Stage, Standing};
use quittance_accounting::money::Amount;
use quittance_accounting::settlement::{Allocation, Method, Witness};
use quittance_books::content::PaymentContent;
use quittance_books::listing::PartPlace;
use quittance_books::view::{BookView, CreditNoteView, CustomerView, InvoiceView, PaymentView, ProductView};
use serde_json::Value;

use super::super::manners::{DIALECT, LINES_PER_INVOICE};
use super::super::wire::{
    AccountOut, CalculatedOut, EntityOut, INVOICE_KEPT, InvoiceOut, Kept, Kind, LINE_KEPT, LineOut, MadeMemoOut,
    PaidOut, PaymentOut, ProductOut, VendorOut,
};
use super::overpaid::{self, is_credit};
use super::{day_in, entity, instant, integer, money, number, payment_status};
use crate::http::numbers;

/// Members that are only kept: as they were sent, else empty.
pub(super) fn kept(extra: &BTreeMap<String, Value>, table: &[(&'static str, Kind)]) -> Kept {
    let sent = extra.get(DIALECT);
    let member = |(name, kind): &(&'static str, Kind)| {
        let empty = match kind {
            Kind::Boolean => Value::Bool(false),
            Kind::Integers => Value::Array(Vec::new()),
            Kind::Text(_) | Kind::Integer | Kind::Date | Kind::Number | Kind::Terms | Kind::Any => Value::Null,
        };
        let value = sent.and_then(|sent| sent.get(*name)).cloned().unwrap_or(empty);
        (*name, value)
    };
    Kept(table.iter().map(member).collect())
}

/// What comes back as it was sent, and the rate that was taken where the client sent none.
fn kept_of_invoice(view: &InvoiceView) -> Kept {
    let mut kept = kept(&view.content.extra, &INVOICE_KEPT);
    if let Some(exchange) = view.invoice.exchange {
        let rate = numbers::number(exchange.rate.decimal());
        let shown = kept.0.iter_mut().filter(|(name, _)| *name == "exchange_rate_book");
        shown.for_each(|(_, value)| *value = Value::Number(rate.clone()));
    }
    kept
}

fn kept_text(extra: &BTreeMap<String, Value>, name: &str) -> Option<String> {
    extra.get(DIALECT)?.get(name)?.as_str().map(str::to_owned)
}

/// The vendor's `payment_status`: an open invoice that was sent is `sent`.
pub fn status_of(invoice: &Invoice) -> &'static str {
    match invoice.standing() {
        Standing::Open if invoice.sent_at.is_some() => "sent",
        standing => payment_status(standing),
    }
}

fn computed_status(view: &InvoiceView) -> &'static str {
    match view.invoice.standing() {
        Standing::Open if view.is_overdue() => "past_due",
        Standing::PartPaid | Standing::PartWrittenOff => "partially_paid",
        Standing::Draft
        | Standing::Open
        | Standing::Paid
        | Standing::WrittenOff
        | Standing::Refunded
        | Standing::Void => status_of(&view.invoice),
    }
}

fn past_due_days(view: &InvoiceView) -> i64 {
    match view.invoice.due_on {
        Some(due_on) if view.is_overdue() => {
            let today = day_in(&view.book.settings.zone, view.now);
            today.since(due_on).map_or(0, |span| i64::from(span.get_days())).max(1)
        }
        Some(_) | None => 0,
    }
}

/// The day on which it was settled last, once nothing is due: by money on the day it came, by credit on the day it was applied.
fn paid_date(view: &InvoiceView, days: &Days) -> Option<String> {
    view.invoice.paid_at?;
    let money = view.payments.iter().map(|paid| {
        let applied = paid
            .allocations
            .iter()
            .filter(|part| is_credit(&paid.payment, part.from_unapplied));
        let applied = applied.filter_map(|part| days.get(&part.entry).copied());
        applied.max().unwrap_or(paid.payment.paid_on)
    });
    let credit = view.credits.iter().flat_map(|note| &note.allocations);
    let credit = credit.filter_map(|part| days.get(&part.entry).copied());
    money.chain(credit).max().map(|day| day.to_string())
}

/// The days of the entries by which credit was applied, and of those that freed parts of payments and of credit.
pub type Days = BTreeMap<EntryKey, Date>;

/// The entries whose days are shown with an invoice. The day of a void payment stands on the payment.
pub fn dated(view: &InvoiceView) -> Vec<EntryKey> {
    let freed = view.former_payments.iter().filter(|paid| paid.payment.voided.is_none());
    let freed = freed.flat_map(|paid| &paid.former).filter_map(|part| part.undone);
    let credit = view
        .credits
        .iter()
        .flat_map(|note| &note.allocations)
        .map(|part| part.entry);
    let former = view.former_credits.iter().flat_map(|note| &note.former);
    let former = former.flat_map(|part| std::iter::once(part.entry).chain(part.undone));
    let overpaid = view.payments.iter().chain(&view.former_payments).flat_map(applied);
    freed.chain(credit).chain(former).chain(overpaid).collect()
}

/// The entries by which a payment's parts were applied as credit.
fn applied(paid: &PaymentView) -> Vec<EntryKey> {
    let credit = |from_unapplied: bool| is_credit(&paid.payment, from_unapplied);
    let live = paid.allocations.iter().filter(|part| credit(part.from_unapplied));
    let former = paid.former.iter().filter(|part| credit(part.from_unapplied));
    live.map(|part| part.entry)
        .chain(former.map(|part| part.entry))
        .collect()
}

/// The credit of a credit memo as the payment that it is for an invoice.
pub fn as_payment(note: &CreditNoteView) -> PaymentView {
    PaymentView {
        payment: note.credit.clone(),
        content: PaymentContent::default(),
        allocations: note.allocations.clone(),
        former: note.former.clone(),
    }
}

/// An invoice as it is read by id.
pub fn invoice(view: &InvoiceView, days: &Days) -> InvoiceOut {
    let book = view.book.key;
    let mut out = row(view, days);
    let own = |paid: &PaymentView| payments(paid, Some(view.invoice.key), book, days);
    let credits: Vec<PaymentView> = view
        .credits
        .iter()
        .chain(&view.former_credits)
        .map(as_payment)
        .collect();
    let all = view.payments.iter().chain(&view.former_payments).chain(&credits);
    let mut shown: Vec<PaymentOut> = all.flat_map(own).collect();
    shown.sort_by_key(|paid| (paid.id, paid.payment_journal_entry));
    out.payments = Some(shown);
    out.payment_journal_entries = Some(entries(view));
    out.emails = Some([]);
    out.attachments = Some([]);
    out
}

/// An invoice as it stands in a list.
pub fn row(view: &InvoiceView, days: &Days) -> InvoiceOut {
    let (book, record) = (view.book.key, &view.invoice);
    let settings = &view.book.settings;
    let amount = |amount| money(amount, record.currency);
    let day = |at| day_in(&settings.zone, at).to_string();
    let customer = view.customer.as_ref();
    let receivable = view
        .book
        .accounts
        .iter()
        .find(|account| account.role == AccountRole::Receivable);
    let write_off = view.write_offs.last().map(|known| &known.write_off);
    InvoiceOut {
        id: integer(book, record.key.0),
        status: computed_status(view),
        payment_status: status_of(record),
        past_due_days: past_due_days(view),
        total_amount: amount(record.total),
        amount_paid: amount(record.paid.plus(record.credited).unwrap_or(record.paid)),
        amount_due: match record.stage {
            // Nothing of a draft is owed yet, and all of it will be.
            Stage::Draft => amount(record.total),
            Stage::Issued { .. } | Stage::Void { .. } => amount(record.open()),
        },
        invoice_number: record.number.clone(),
        invoice_date: record.invoice_date.to_string(),
        due_date: record.due_on.map(|day| day.to_string()),
        currency: record.currency.code().to_owned(),
        client: record.customer.map(|key| integer(book, key.0)),
        client_name: customer.map(|customer| customer.content.name.clone()),
        client_email: customer.and_then(|customer| customer.content.email.clone()),
        entity: entity(book),
        entity_name: settings.name.clone(),
        entity_currency: settings.currency.code().to_owned(),
        contract_name: None,
        message_on_invoice: view.content.memo.clone(),
        kept: kept_of_invoice(view),
        lines: view
            .lines
            .iter()
            .chain(&view.document_line)
            .map(|item| line(view, item))
            .collect(),
        payments: None,
        payment_journal_entries: None,
        related_journal_entries: [],
        journal_entry: record.issue_entry().map(|key| integer(book, key.0)),
        voided_journal_entry: record.void_entry().map(|key| integer(book, key.0)),
        voided_journal_entry_order: None,
        bad_debt_journal_entry: write_off.map(|write_off| integer(book, write_off.entry.0)),
        ar_account: receivable.map(|account| integer(book, account.key.0)),
        paid_date: paid_date(view, days),
        voided_date: record.voided_at().map(day),
        uncollectible_date: write_off.map(|write_off| write_off.written_off_on.to_string()),
        sent_date: record.sent_at.map(day),
        last_sent_at: record.sent_at.map(instant),
        auto_sent_at: None,
        emails: None,
        attachments: None,
        customer: book.0,
        created_at: instant(record.created_at),
        last_modified_at: instant(record.updated_at),
        is_deleted: false,
        deleted_at: None,
        search_text: None,
        withholding_info: None,
        public_invoice_payment_url: None,
    }
}

/// A line. What another dialect put on the document as a whole is a line of its own here, in place 0, so that the lines come to
/// the total.
fn line(view: &InvoiceView, item: &LineItem) -> LineOut {
    let (book, record) = (view.book.key, &view.invoice);
    let texts = if item.place > 0 {
        view.line_content(item.place)
    } else {
        quittance_books::content::LineContent {
            description: Some("Discount, tax and tip of the invoice as a whole".to_owned()),
            ..Default::default()
        }
    };
    let product = item.product.and_then(|key| view.product(key));
    LineOut {
        id: integer(book, record.key.0)
            .saturating_mul(LINES_PER_INVOICE)
            .saturating_add(item.place),
        product: item.product.map(|key| integer(book, key.0)),
        product_name: product
            .map(|view| view.content.name.clone())
            .or_else(|| texts.name.clone()),
        product_is_taxable: product.is_some_and(is_taxable),
        description: texts.description.or(texts.name),
        quantity: number(item.quantity),
        rate: number(item.unit_price),
        amount: money(item.net(), record.currency),
        tax: money(item.tax(), record.currency),
        currency: record.currency.code().to_owned(),
        kept: kept(&texts.extra, &LINE_KEPT),
        customer: book.0,
        created_at: instant(record.created_at),
        last_modified_at: instant(record.created_at),
    }
}

/// What settles an invoice now, payments first.
fn parts(view: &InvoiceView) -> impl Iterator<Item = &Allocation> {
    let money = view.payments.iter().flat_map(|paid| &paid.allocations);
    money.chain(view.credits.iter().flat_map(|note| &note.allocations))
}

/// The entries of payments, oldest first, and of credit.
fn entries(view: &InvoiceView) -> Vec<i64> {
    parts(view).map(|part| integer(view.book.key, part.entry.0)).collect()
}

/// A payment as a row for each of its parts that settles an invoice or did: of one invoice, or of all.
pub fn payments(paid: &PaymentView, of: Option<InvoiceKey>, book: BookKey, days: &Days) -> Vec<PaymentOut> {
    let wanted = |invoice: InvoiceKey| of.is_none_or(|of| of == invoice);
    let live = paid.allocations.iter().filter(|part| wanted(part.invoice));
    let live = live.map(|part| {
        let credit = is_credit(&paid.payment, part.from_unapplied);
        payment(paid, credit, part.invoice, part.amount, part.entry, book, days)
    });
    let former = paid.former.iter().filter_map(|part| {
        let invoice = part.invoice.filter(|invoice| wanted(*invoice))?;
        let undone = part.undone?;
        let voided = paid.payment.voided.map(|voided| voided.on);
        let on = voided.or_else(|| days.get(&undone).copied());
        let credit = is_credit(&paid.payment, part.from_unapplied);
        Some(PaymentOut {
            voided_date: on.map(|day| day.to_string()),
            voided_journal_entry: Some(integer(book, undone.0)),
            ..payment(paid, credit, invoice, part.amount, part.entry, book, days)
        })
    });
    live.chain(former).collect()
}

/// The entries whose days are shown with one part of a payment.
pub fn dated_part(paid: &PaymentView, place: &PartPlace) -> Vec<EntryKey> {
    let record = &paid.payment;
    let former = paid.former.iter().find(|part| part.place == place.place);
    // Of a void payment the day stands on the payment.
    let undone = former.filter(|_| record.voided.is_none()).and_then(|part| part.undone);
    let live = paid.allocations.iter().find(|part| part.place == place.place);
    let live = live.filter(|part| is_credit(record, part.from_unapplied));
    let former = former.filter(|part| is_credit(record, part.from_unapplied));
    let applied = live.map(|part| part.entry).or(former.map(|part| part.entry));
    undone.into_iter().chain(applied).collect()
}

/// The row of one part of a payment.
pub fn part(paid: &PaymentView, place: &PartPlace, book: BookKey, days: &Days) -> Option<PaymentOut> {
    let mut only = paid.clone();
    only.allocations.retain(|part| part.place == place.place);
    only.former.retain(|part| part.place == place.place);
    payments(&only, None, book, days).pop()
}

fn payment(
    paid: &PaymentView,
    is_credit: bool,
    invoice: InvoiceKey,
    amount: Amount,
    entry: EntryKey,
    book: BookKey,
    days: &Days,
) -> PaymentOut {
    let record = &paid.payment;
    let witnessed = matches!(record.witness, Witness::Bank | Witness::Provider);
    // Money counts for the day it came, credit for the day it was applied.
    let day = days.get(&entry).filter(|_| is_credit);
    PaymentOut {
        id: integer(book, record.key.0),
        invoice: integer(book, invoice.0),
        amount: money(amount, record.currency),
        currency: record.currency.code().to_owned(),
        payment_date: day.copied().unwrap_or(record.paid_on).to_string(),
        source: (record.witness == Witness::Hand && !is_credit).then_some("MANUAL"),
        payment_type: match (record.method, record.witness) {
            (Method::CreditBalance, _) => Some("CREDIT_MEMO"),
            (_, Witness::Hand) if is_credit => Some("CREDIT_MEMO"),
            (_, Witness::Hand) => Some("MANUAL_TRANSACTION"),
            (_, Witness::Bank) => Some("BANK_TRANSACTION"),
            (_, Witness::Provider) => None,
            (_, Witness::Credit) => Some("CREDIT_MEMO"),
        },
        external_id: record.external_id.clone(),
        payment_journal_entry: Some(integer(book, entry.0)),
        payment_transaction: witnessed.then(|| integer(book, record.key.0)),
        credit_memo: is_credit.then(|| integer(book, record.key.0)),
        voided_date: None,
        voided_journal_entry: None,
        created_at: instant(record.created_at),
        last_modified_at: instant(record.updated_at),
    }
}

/// The answer to `pay`: what settles the invoice now and did not before, and the memos of what came beyond that with the payments that
/// were recorded.
pub fn paid(before: &InvoiceView, after: &InvoiceView, recorded: &[PaymentView]) -> PaidOut {
    let book = after.book.key;
    let named = |view: &InvoiceView| {
        parts(view)
            .map(|part| (part.payment, part.place, part.entry))
            .collect::<Vec<_>>()
    };
    let known = named(before);
    let new: Vec<_> = named(after).into_iter().filter(|part| !known.contains(part)).collect();
    let beyond = || recorded.iter().filter_map(overpaid::memo);
    let mut payment_ids: Vec<i64> = new.iter().map(|(payment, ..)| integer(book, payment.0)).collect();
    payment_ids.extend(beyond().map(|memo| integer(book, memo.note.key.0)));
    payment_ids.sort_unstable();
    payment_ids.dedup();
    let mut journal_entry_ids: Vec<i64> = new.iter().map(|(.., entry)| integer(book, entry.0)).collect();
    let receipts = beyond().filter_map(|memo| memo.credit.receipt_entry);
    journal_entry_ids.extend(receipts.map(|entry| integer(book, entry.0)));
    journal_entry_ids.sort_unstable();
    PaidOut {
        journal_entry_ids,
        payment_ids,
        auto_created_credit_memos: beyond()
            .map(|memo| MadeMemoOut {
                id: integer(book, memo.note.key.0),
                credit_memo_number: memo.note.number,
            })
            .collect(),
    }
}

/// What a payment would come to, from the invoice as it is and as it would be.
pub fn calculated(before: &InvoiceView, after: &InvoiceView) -> CalculatedOut {
    let currency = before.invoice.currency;
    let shown = |amount: Amount| money(amount, currency);
    // What was paid too much before is money in the books, and credit here.
    let credit = |view: &InvoiceView| {
        let parts = view.payments.iter().flat_map(|paid| {
            let credit = paid.allocations.iter();
            credit.filter(|part| is_credit(&paid.payment, part.from_unapplied))
        });
        Amount::sum(parts.map(|part| part.amount))
    };
    let of_money = credit(after)
        .zip(credit(before))
        .and_then(|(after, before)| after.minus(before));
    let of_money = of_money.unwrap_or(Amount::ZERO);
    let paid = after.invoice.paid.minus(before.invoice.paid);
    let paid = paid.and_then(|paid| paid.minus(of_money)).unwrap_or(Amount::ZERO);
    let credited = after.invoice.credited.minus(before.invoice.credited);
    let credited = credited.and_then(|credited| credited.plus(of_money));
    CalculatedOut {
        total_due: shown(before.invoice.open()),
        applied_payments: shown(paid),
        applied_credits: shown(credited.unwrap_or(Amount::ZERO)),
        applied_withholding: shown(Amount::ZERO),
        term_discounts: shown(Amount::ZERO),
        remaining_due: shown(after.invoice.open()),
    }
}

/// A customer.
pub fn vendor(view: &CustomerView, book: BookKey) -> VendorOut {
    VendorOut {
        id: integer(book, view.customer.key.0),
        name: view.content.name.clone(),
        vendor_type: "customer",
        email: view.content.email.clone(),
        phone: view.content.phone.clone(),
        billing_address: view.content.address.clone(),
        customer: book.0,
        created_at: instant(view.customer.created_at),
        last_modified_at: instant(view.customer.updated_at),
        is_deleted: false,
    }
}

fn is_taxable(view: &ProductView) -> bool {
    let sent = view.content.extra.get(DIALECT).and_then(|sent| sent.get("is_taxable"));
    sent.and_then(Value::as_bool).unwrap_or(false)
}

/// A product.
pub fn product(view: &ProductView, book: BookKey) -> ProductOut {
    ProductOut {
        id: integer(book, view.product.key.0),
        name: view.content.name.clone(),
        description: kept_text(&view.content.extra, "description"),
        is_taxable: is_taxable(view),
        invoice_account: integer(book, view.product.account.0),
        customer: book.0,
        created_at: instant(view.product.created_at),
        last_modified_at: instant(view.product.created_at),
        is_deleted: false,
    }
}

/// The company behind a token.
pub fn company(book: &BookView) -> EntityOut {
    EntityOut {
        id: entity(book.key),
        name: book.settings.name.clone(),
        currency: book.settings.currency.code().to_owned(),
        allow_payments_in_closed_periods: false,
    }
}

/// The vendor's type of an account: the word that this dialect's client gave, else the word of its kind.
pub(super) fn account_type(account: &LedgerAccount, words: Option<&Value>) -> String {
    let given = words
        .and_then(|words| words.get("account_type"))
        .and_then(Value::as_str);
    let own = match account.kind {
        AccountKind::Asset => "ASSET",
        AccountKind::Liability => "LIABILITY",
        AccountKind::Equity => "EQUITY",
        AccountKind::Revenue | AccountKind::ContraRevenue => "REVENUE",
        AccountKind::Expense => "OPERATING_EXPENSES",
    };
    given.unwrap_or(own).to_owned()
}

/// A ledger account, with what only this dialect knows of it.
pub fn account(account: &LedgerAccount, words: Option<&Value>, book: BookKey) -> AccountOut {
    let given = words
        .and_then(|words| words.get("account_subtype"))
        .and_then(Value::as_str);
    let own = match account.role {
        AccountRole::Receivable => Some("ACCOUNTS_RECEIVABLE"),
        AccountRole::Clearing => Some("BANK"),
        AccountRole::Sales => Some("INCOME"),
        AccountRole::UnappliedPayments
        | AccountRole::CustomerCredits
        | AccountRole::SalesTax
        | AccountRole::Tips
        | AccountRole::Refunds
        | AccountRole::BadDebt
        | AccountRole::ExchangeDifferences
        | AccountRole::Ordinary => None,
    };
    AccountOut {
        id: integer(book, account.key.0),
        number: account.code.clone(),
        name: account.name.clone(),
        account_type: account_type(account, words),
        account_subtype: given.or(own).map(str::to_owned),
        status: if account.active { "ACTIVE" } else { "INACTIVE" },
    }
}
