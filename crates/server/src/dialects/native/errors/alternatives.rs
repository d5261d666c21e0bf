//! The legal ways out of a refusal, as requests that can be sent as they stand.
//!
//! An alternative is offered only if, on the invoice as it was just read, it would be carried out. One that clears the way for the
//! same request again is offered only if every reason against that request can be cleared.

use quittance_accounting::invoice::Standing;
use quittance_accounting::money::Amount;
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

/// The ways out of these refusals. `view` is the invoice that was asked about, if it can be read.
pub fn of(refusals: &Refusals, view: Option<&InvoiceView>) -> Vec<Alternative> {
    let mut ways = Vec::new();
    for refusal in refusals.iter() {
        ways.extend(of_one(refusal, view));
    }
    if let Some(view) = view
        && refusals.iter().any(asks_for_another_end)
        && view.deleted.is_none()
    {
        ways.extend(other_ends(view));
    }
    if refusals.iter().all(can_be_cleared) {
        ways.extend(refusals.iter().filter_map(|refusal| clearing(refusal, view)));
    }
    ways
}

/// Reasons that the document itself gives for good, so that only another verb helps.
fn asks_for_another_end(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::WrongStanding { .. }
            | Refusal::PeriodClosed { .. }
            | Refusal::HandedOver { .. }
            | Refusal::HasPayments { .. }
            | Refusal::HasWriteOffs { .. }
            | Refusal::HasRefunds { .. }
    )
}

fn can_be_cleared(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Held { .. } | Refusal::PeriodClosed { .. })
}

/// The request that takes one reason out of the way.
fn clearing(refusal: &Refusal, view: Option<&InvoiceView>) -> Option<Alternative> {
    match refusal {
        Refusal::Held { .. } => {
            let path = format!("/api/v1/invoices/{}/hold", view?.invoice.id.hex());
            let body = json!({"until": null});
            Some(Alternative::new("POST", path, Some(body), "releases the hold"))
        }
        Refusal::PeriodClosed { entry_date, .. } => {
            let through = entry_date.yesterday().ok()?;
            let body = json!({"through": day(through)});
            let path = "/api/v1/periods/reopen".to_owned();
            Some(Alternative::new(
                "POST",
                path,
                Some(body),
                "reopens the period of the entry",
            ))
        }
        _ => None,
    }
}

/// What one reason suggests by itself.
fn of_one(refusal: &Refusal, view: Option<&InvoiceView>) -> Vec<Alternative> {
    let at = |view: &InvoiceView, verb: &str| format!("/api/v1/invoices/{}/{verb}", view.invoice.id.hex());
    match (refusal, view) {
        (Refusal::AlreadyDeleted { seq, .. }, view) => {
            let path = format!("/api/v1/receipts/{seq}");
            let receipt = Alternative::new("GET", path, None, "shows what the delete did");
            let restorable = view.filter(|view| view.deleted.as_ref().is_some_and(|stone| !stone.removed.is_empty()));
            let restore = restorable.map(|view| Alternative::new("POST", at(view, "restore"), None, "puts it back"));
            std::iter::once(receipt).chain(restore).collect()
        }
        (Refusal::PlanMoved, Some(view)) => {
            vec![Alternative::new(
                "POST",
                at(view, "deletion-plan"),
                None,
                "plans the delete anew",
            )]
        }
        (Refusal::WrongStanding { standing, allowed }, Some(view))
            if *standing == Standing::Draft && allowed.contains(&Standing::Open) =>
        {
            vec![Alternative::new(
                "POST",
                at(view, "issue"),
                None,
                "issues the draft first",
            )]
        }
        (Refusal::CannotClose { .. } | Refusal::CannotReopen { .. }, _) => {
            let path = "/api/v1/periods".to_owned();
            vec![Alternative::new(
                "GET",
                path,
                None,
                "shows through which day the book is closed",
            )]
        }
        _ => Vec::new(),
    }
}

/// Other verbs that settle what the invoice is about, as far as they would be carried out.
fn other_ends(view: &InvoiceView) -> Vec<Alternative> {
    let invoice = &view.invoice;
    let at = |verb: &str| format!("/api/v1/invoices/{}/{verb}", invoice.id.hex());
    let mut ways = Vec::new();
    if can_be_voided(view) {
        let why = "annuls it with a visible entry";
        ways.push(Alternative::new("POST", at("void"), None, why));
    }
    let refundable = invoice.paid.minus(invoice.refunded).unwrap_or(Amount::ZERO);
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

/// Today is never closed, so a void is only ever in the way of itself: of money that is witnessed, given back or given up.
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
