//! The legal ways out of a refusal, as requests that can be sent as they stand.
//!
//! An alternative is offered only if, on the invoice as it was just read, it would be carried out. One that clears the way for the
//! same request again is offered only if every reason against that request can be cleared.

use jiff::civil::Date;
use quittance_accounting::invoice::Standing;
use quittance_accounting::money::Amount;
use quittance_accounting::record::Record;
use quittance_accounting::refusal::{Refusal, Refusals};
use quittance_accounting::settlement::Witness;
use quittance_books::view::InvoiceView;
use serde_json::{Value, json};

use crate::dialects::native::wire::{day, money};

/// A request that would be carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: String,
    /// The body, if it takes one.
    pub body: Option<Value>,
    /// What it achieves.
    pub why: &'static str,
}

impl Alternative {
    fn new(method: &'static str, path: String, body: Option<Value>, why: &'static str) -> Alternative {
        Alternative {
            method,
            path,
            body,
            why,
        }
    }

    /// The alternative on the wire.
    pub fn shown(&self) -> Value {
        let mut shown = json!({"method": self.method, "path": self.path});
        if let Some(body) = &self.body {
            shown["body"] = body.clone();
        }
        shown["why"] = Value::from(self.why);
        shown
    }
}

/// What helps against one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Help {
    /// Nothing that a request can do; or the request itself must be another one.
    Nothing,
    /// Reading what the delete with this seq did, and undoing it where that is possible.
    Receipt(i64),
    /// A new plan.
    NewPlan,
    /// Reading how far the book is closed.
    Periods,
    /// Another verb.
    OtherVerb,
    /// Issuing the draft first.
    Issue,
    /// Releasing the hold.
    Release,
    /// Another verb, or reopening the book to before this day.
    Reopen(Date),
}

fn help(refusal: &Refusal) -> Help {
    match refusal {
        Refusal::AlreadyDeleted { seq, .. } => Help::Receipt(*seq),
        Refusal::PlanMoved => Help::NewPlan,
        Refusal::Held { .. } => Help::Release,
        Refusal::PeriodClosed { entry_date, .. } => Help::Reopen(*entry_date),
        Refusal::WrongStanding { standing, allowed } => {
            if *standing == Standing::Draft && allowed.contains(&Standing::Open) {
                Help::Issue
            } else {
                Help::OtherVerb
            }
        }
        Refusal::HandedOver { .. }
        | Refusal::HasPayments { .. }
        | Refusal::HasCredits { .. }
        | Refusal::HasRefunds { .. }
        | Refusal::HasWriteOffs { .. }
        | Refusal::HasWitnessedMoney { .. } => Help::OtherVerb,
        Refusal::CannotClose { .. } | Refusal::CannotReopen { .. } => Help::Periods,
        Refusal::NotFound { .. }
        | Refusal::KeyReused { .. }
        | Refusal::PaymentInProgress { .. }
        | Refusal::ContentErased { .. }
        | Refusal::NumberTaken { .. }
        | Refusal::ExternalIdTaken { .. }
        | Refusal::UnknownReference { .. }
        | Refusal::ControlAccount { .. }
        | Refusal::Ledger(_)
        | Refusal::Exchange(_)
        | Refusal::NoLines
        | Refusal::TooMany { .. }
        | Refusal::NegativeTotal { .. }
        | Refusal::AmountTooLarge
        | Refusal::AmountNotPositive { .. }
        | Refusal::Overpayment { .. }
        | Refusal::Underpayment { .. }
        | Refusal::OverAllocated { .. }
        | Refusal::RevisionMoved { .. }
        | Refusal::HasAllocations { .. }
        | Refusal::IsVoid { .. }
        | Refusal::InUse { .. }
        | Refusal::BelowSettled { .. }
        | Refusal::CustomerDiffers { .. }
        | Refusal::OverCredit { .. }
        | Refusal::OverRefund { .. } => Help::Nothing,
    }
}

/// The ways out of these refusals. `about` is the invoice that was asked about, if it can be read, with what credit notes take back
/// of it.
pub fn of(refusals: &Refusals, about: Option<(&InvoiceView, Amount)>) -> Vec<Alternative> {
    let view = about.map(|(view, _)| view);
    let helps: Vec<Help> = refusals.iter().map(help).collect();
    let mut ways: Vec<Alternative> = helps.iter().flat_map(|help| first_steps(*help, view)).collect();
    let another_verb = helps
        .iter()
        .any(|help| matches!(help, Help::OtherVerb | Help::Reopen(_)));
    if let Some((view, taken_back)) = about.filter(|(view, _)| another_verb && view.deleted.is_none()) {
        ways.extend(other_ends(view, taken_back));
    }
    if helps.iter().all(|help| matches!(help, Help::Release | Help::Reopen(_))) {
        ways.extend(helps.iter().filter_map(|help| clearing(*help, view)));
    }
    ways
}

fn path_of(view: &InvoiceView, verb: &str) -> String {
    format!("/api/v1/invoices/{}/{verb}", view.invoice.id.hex())
}

/// The request that takes one reason out of the way.
fn clearing(help: Help, view: Option<&InvoiceView>) -> Option<Alternative> {
    match help {
        Help::Release => {
            let body = json!({"until": null});
            Some(Alternative::new(
                "POST",
                path_of(view?, "hold"),
                Some(body),
                "releases the hold",
            ))
        }
        Help::Reopen(entry_date) => {
            let reason = format!("an entry of {} is to change", day(entry_date));
            let body = json!({"through": day(entry_date.yesterday().ok()?), "reason": reason});
            let path = "/api/v1/periods/reopen".to_owned();
            Some(Alternative::new(
                "POST",
                path,
                Some(body),
                "reopens the period of the entry",
            ))
        }
        Help::Nothing | Help::Receipt(_) | Help::NewPlan | Help::Periods | Help::OtherVerb | Help::Issue => None,
    }
}

/// What one reason suggests by itself.
fn first_steps(help: Help, view: Option<&InvoiceView>) -> Vec<Alternative> {
    let post = |verb: &str, why: &'static str| {
        let way = view.map(|view| Alternative::new("POST", path_of(view, verb), None, why));
        way.into_iter().collect::<Vec<_>>()
    };
    match help {
        Help::Receipt(seq) => {
            let path = format!("/api/v1/receipts/{seq}");
            let mut ways = vec![Alternative::new("GET", path, None, "shows what the delete did")];
            if view.is_some_and(can_be_restored) {
                ways.extend(post("restore", "puts it back"));
            }
            ways
        }
        Help::NewPlan => post("deletion-plan", "plans the delete anew"),
        // A draft that is dated into a closed period cannot be issued.
        Help::Issue if view.is_some_and(|view| view.book.settings.is_closed(view.invoice.invoice_date)) => Vec::new(),
        Help::Issue => post("issue", "issues the draft first"),
        Help::Periods => {
            let path = "/api/v1/periods".to_owned();
            vec![Alternative::new(
                "GET",
                path,
                None,
                "shows through which day the book is closed",
            )]
        }
        Help::Nothing | Help::OtherVerb | Help::Release | Help::Reopen(_) => Vec::new(),
    }
}

/// Other verbs that settle what the invoice is about, as far as they would be carried out.
fn other_ends(view: &InvoiceView, taken_back: Amount) -> Vec<Alternative> {
    let invoice = &view.invoice;
    let at = |verb: &str| path_of(view, verb);
    let mut ways = Vec::new();
    if can_be_voided(view) && taken_back.is_zero() {
        let why = "annuls it with a visible entry";
        ways.push(Alternative::new("POST", at("void"), None, why));
    }
    let paid = invoice.paid.minus(invoice.refunded).unwrap_or(Amount::ZERO);
    let left = invoice
        .total
        .minus(taken_back)
        .and_then(|left| left.minus(invoice.refunded));
    let refundable = left.unwrap_or(Amount::ZERO).min(paid);
    let refundable_standing = !matches!(
        invoice.standing(),
        Standing::Draft | Standing::Void | Standing::Refunded
    );
    if refundable.is_positive() && refundable_standing {
        let body = json!({"amount": money(refundable, invoice.currency)});
        ways.push(Alternative::new(
            "POST",
            at("refund"),
            Some(body),
            "gives the money back",
        ));
    }
    if invoice.open().is_positive() {
        let body = json!({"amount": money(invoice.open(), invoice.currency)});
        ways.push(Alternative::new(
            "POST",
            at("write-off"),
            Some(body),
            "gives the rest up as bad debt",
        ));
    }
    ways
}

/// Only what was kept comes back, and nothing into a closed period. That a number or an external id was given to another document
/// since does not show on the invoice.
fn can_be_restored(view: &InvoiceView) -> bool {
    let kept = view
        .deleted
        .as_ref()
        .map(|stone| stone.removed.as_slice())
        .unwrap_or_default();
    let closed = |record: &Record| match record {
        Record::Entry(entry) => view.book.settings.is_closed(entry.date),
        _ => false,
    };
    !kept.is_empty() && !kept.iter().any(closed)
}

/// Today is never closed, so a void is only ever in the way of itself: of money that is witnessed, given back or given up, and of
/// figures that were credited.
fn can_be_voided(view: &InvoiceView) -> bool {
    let invoice = &view.invoice;
    let hand_only = view
        .payments
        .iter()
        .all(|payment| payment.payment.witness == Witness::Hand);
    let untouched = view.refunds.is_empty() && view.write_offs.is_empty() && !invoice.pending.is_positive();
    let posted = matches!(invoice.standing(), Standing::Open | Standing::PartPaid | Standing::Paid);
    posted && hand_only && untouched
}
