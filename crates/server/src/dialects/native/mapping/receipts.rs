//! Receipts and plans of deletion: what goes, what stands afterwards, and where the log has it.

use jiff::Timestamp;
use quittance_accounting::content::{Digest, Fate};
use quittance_accounting::journal::JournalEntry;
use quittance_accounting::kept::Turnover;
use quittance_accounting::money::Currency;
use quittance_accounting::plan::{BalanceEffect, CreditEffect, InvoiceEffect, PaymentEffect, Receipt};
use quittance_books::queries::DeletionEntry;
use quittance_books::view::{BookView, DeletionPlan, Seal};
use serde_json::{Map, Value, json};

use super::showing::account_in_passing;
use crate::dialects::native::wire::{Word, day, instant, minor, money, optional};

/// A deletion: who, when and why, and what it did.
#[derive(Clone, Copy, Debug)]
pub struct Deletion<'a> {
    /// Where the log has it.
    pub seal: Seal,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: &'a str,
    /// Why, in their words.
    pub reason: Option<&'a str>,
    /// The request that asked for it.
    pub request_id: &'a str,
    /// What it did.
    pub receipt: &'a Receipt,
}

impl<'a> Deletion<'a> {
    /// As the log keeps it.
    pub fn of(entry: &'a DeletionEntry) -> Deletion<'a> {
        Deletion {
            seal: entry.seal,
            at: entry.event.recorded_at,
            by: &entry.event.actor,
            reason: entry.reason.as_deref(),
            request_id: &entry.event.request_id,
            receipt: &entry.receipt,
        }
    }
}

/// A receipt.
pub fn receipt(of: &Deletion<'_>, book: &BookView) -> Value {
    let mut shown = Map::new();
    shown.insert("seq".to_owned(), Value::from(of.seal.seq));
    shown.insert("hash".to_owned(), Value::from(of.seal.hash.hex()));
    shown.insert("seal".to_owned(), Value::from(of.seal.to_string()));
    shown.insert("deleted_at".to_owned(), instant(of.at));
    shown.insert("deleted_by".to_owned(), Value::from(of.by));
    shown.insert("reason".to_owned(), optional(of.reason, Value::from));
    shown.insert("request_id".to_owned(), Value::from(of.request_id));
    effects(&mut shown, of.receipt, book);
    Value::Object(shown)
}

/// A plan that would be carried out.
pub fn plan(plan: &DeletionPlan) -> Value {
    planned(&plan.receipt, plan.digest, &plan.invoice.book)
}

/// What a delete would do, and the digest that holds it to that.
pub fn planned(receipt: &Receipt, digest: Digest, book: &BookView) -> Value {
    let mut effect = Map::new();
    effects(&mut effect, receipt, book);
    json!({
        "allowed": true,
        "digest": digest.hex(),
        "plan": effect,
        "refusals": [],
        "alternatives": [],
    })
}

fn effects(shown: &mut Map<String, Value>, receipt: &Receipt, book: &BookView) {
    let currency = receipt.foreign().unwrap_or(book.settings.currency);
    let entries = receipt.withdrawn.iter().map(|entry| withdrawn(entry, book));
    let balances = receipt.balances.iter().map(|effect| balance(effect, book));
    let payments = receipt.payments.iter().map(|effect| payment(effect, currency));
    shown.insert(receipt.document.kind.word().to_owned(), Value::from(receipt.id.hex()));
    shown.insert("rules".to_owned(), Value::from(receipt.rules.as_str()));
    shown.insert("entries_withdrawn".to_owned(), Value::from(entries.collect::<Vec<_>>()));
    shown.insert("balances".to_owned(), Value::from(balances.collect::<Vec<_>>()));
    shown.insert("payments".to_owned(), Value::from(payments.collect::<Vec<_>>()));
    let credits = receipt.credits.iter().map(|effect| credit(effect, currency));
    shown.insert("credits".to_owned(), Value::from(credits.collect::<Vec<_>>()));
    let invoices = receipt.invoices.iter().map(|effect| invoice(effect, currency));
    shown.insert("invoices".to_owned(), Value::from(invoices.collect::<Vec<_>>()));
    let register = receipt.register.as_ref();
    let register = optional(
        register,
        |(number, state)| json!({"number": number, "state": state.word()}),
    );
    shown.insert("register".to_owned(), register);
    shown.insert("texts".to_owned(), fate(receipt.fate));
}

fn withdrawn(entry: &JournalEntry, book: &BookView) -> Value {
    let head = entry.entry();
    let posting = |posting: &quittance_accounting::journal::Posting| {
        let mut shown = json!({
            "account": account_in_passing(book, posting.account),
            "side": posting.side.word(),
            "amount": money(posting.amount, book.settings.currency),
        });
        if let Some(own) = posting.foreign {
            shown["document_amount"] = money(own.amount, own.currency);
        }
        shown
    };
    json!({
        "entry": head.key.0,
        "date": day(head.date),
        "kind": head.kind.word(),
        "postings": entry.postings().iter().map(posting).collect::<Vec<_>>(),
    })
}

fn balance(effect: &BalanceEffect, book: &BookView) -> Value {
    let currency = effect.currency.unwrap_or(book.settings.currency);
    let turnover = |turnover: Turnover| {
        json!({
            "debits": minor(turnover.debits, currency),
            "credits": minor(turnover.credits, currency),
        })
    };
    json!({
        "account": account_in_passing(book, effect.account),
        "day": optional(effect.day, day),
        "before": turnover(effect.before),
        "after": turnover(effect.after),
    })
}

fn payment(effect: &PaymentEffect, currency: Currency) -> Value {
    json!({
        "payment": effect.id.hex(),
        "had_settled": money(effect.allocated, currency),
        "amount_after": money(effect.amount_after, currency),
        "unapplied_after": money(effect.unallocated_after, currency),
        "gone": effect.amount_after.is_zero(),
    })
}

fn credit(effect: &CreditEffect, currency: Currency) -> Value {
    json!({
        "credit_note": effect.id.hex(),
        "had_settled": money(effect.applied, currency),
        "unapplied_after": money(effect.left_after, currency),
    })
}

fn invoice(effect: &InvoiceEffect, currency: Currency) -> Value {
    json!({
        "invoice": effect.id.hex(),
        "had_settled": money(effect.applied, currency),
        "open_after": money(effect.open_after, currency),
    })
}

/// What becomes of the texts.
pub fn fate(fate: Fate) -> Value {
    match fate {
        Fate::Kept => json!({"fate": "kept"}),
        Fate::RetainedUntil(until) => json!({"fate": "retained", "until": day(until)}),
        Fate::Leaving => json!({"fate": "leaving"}),
        Fate::Erased(seq) => json!({"fate": "erased", "seq": seq}),
    }
}
