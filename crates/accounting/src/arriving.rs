//! Money on its way: a payment in progress on an invoice, and what a provider or a bank says came of it.
//!
//! That a provider collects money for an invoice is noted on it and keeps it from being deleted or voided. A confirmation is a fact
//! and not a request: the money is there, so it is never refused for what became of the invoice. It settles what it can; what it
//! cannot, because the invoice was deleted, voided, paid otherwise or never known, stays unapplied with a link to the invoice that it
//! was meant for. A fact in a closed period is posted on the first open day and keeps its value date. Deliberately absent: talking
//! to providers.

use jiff::{Timestamp, civil::Date};

use crate::account::AccountRole;
use crate::exchange::{Rate, Valued};
use crate::identity::{DocumentId, DocumentKind, InvoiceKey, PaymentKey};
use crate::invoice::{Invoice, Standing};
use crate::issuing::{NewContent, live_invoice, need, touch};
use crate::money::{Amount, Currency};
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::refusal::{Refusal, Stop};
use crate::settlement::{Method, Payment, Witness};
use crate::settling::{post_payment, received, refuse_taken};
use crate::snapshot::{Named, Snapshot};

/// Who vouches for money that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voucher {
    /// A bank.
    Bank,
    /// A payment provider.
    Provider,
}

impl Voucher {
    /// Each with its word.
    pub const ALL: [(Voucher, &'static str); 2] = [(Voucher::Bank, "bank"), (Voucher::Provider, "provider")];

    fn witness(self) -> Witness {
        match self {
            Voucher::Bank => Witness::Bank,
            Voucher::Provider => Witness::Provider,
        }
    }
}

/// What a provider or a bank says: so much money came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The payment's id, drawn by the caller.
    pub id: DocumentId,
    /// The invoice that it is for, as the one who says so names it.
    pub invoice: Named,
    /// How much.
    pub amount: Amount,
    /// Its currency; else that of the invoice, else the book's.
    pub currency: Option<Currency>,
    /// Its rate, when that is not the book's; else the one kept for its day, else that of the invoice.
    pub rate: Option<Rate>,
    /// The day it counts for.
    pub value_date: Date,
    /// The instant it came.
    pub paid_at: Timestamp,
    /// How it came.
    pub method: Method,
    /// Who says so.
    pub voucher: Voucher,
    /// Their id of it, unique per book: the same fact is taken once.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: NewContent,
}

/// What can be collected for an invoice beside what is being collected already.
fn collectable(invoice: &Invoice) -> Amount {
    invoice.open().minus(invoice.pending).unwrap_or(Amount::ZERO)
}

/// Decides to note that a provider collects money for an invoice; all that is open unless it says how much.
pub fn begin_payment(
    snapshot: &Snapshot,
    moment: &Moment,
    named: &Named,
    amount: Option<Amount>,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let mut invoice = live_invoice(snapshot, named)?;
    need(
        &invoice,
        &[Standing::Open, Standing::PartPaid, Standing::PartWrittenOff],
    )?;
    let open = collectable(&invoice);
    let offered = amount.unwrap_or(open);
    if !offered.is_positive() {
        return Err(Refusal::AmountNotPositive { amount: offered }.into());
    }
    if offered > open {
        return Err(Refusal::Overpayment { open, offered }.into());
    }
    invoice.pending = invoice.pending.plus(offered).ok_or(Refusal::AmountTooLarge)?;
    touch(&mut invoice, moment);
    let key = invoice.key;
    planner.put(invoice);
    Ok(planner.finish(EventKind::PaymentBegun, key))
}

/// Decides to note that what a provider collected did not come; all that is pending unless it says how much.
pub fn fail_payment(snapshot: &Snapshot, moment: &Moment, named: &Named, amount: Option<Amount>) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let mut invoice = live_invoice(snapshot, named)?;
    let pending = invoice.pending;
    let failed = amount.unwrap_or(pending);
    if !failed.is_positive() {
        return Err(Refusal::AmountNotPositive { amount: failed }.into());
    }
    invoice.pending = match pending.minus(failed) {
        Some(rest) if !rest.is_negative() => rest,
        _ => {
            return Err(Refusal::Overpayment {
                open: pending,
                offered: failed,
            }
            .into());
        }
    };
    touch(&mut invoice, moment);
    let key = invoice.key;
    planner.put(invoice);
    Ok(planner.finish(EventKind::PaymentFailed, key))
}

/// The first day that is not closed, on or after this one.
fn first_open(snapshot: &Snapshot, date: Date) -> Result<Date, Stop> {
    let closed = snapshot.settings()?.closed_through.filter(|closed| date <= *closed);
    Ok(closed.and_then(|closed| closed.tomorrow().ok()).unwrap_or(date))
}

/// Decides to take in that money came. Refused only where it says nothing new or no amount: under an id that is known, or for
/// nothing.
pub fn confirm_payment(snapshot: &Snapshot, moment: &Moment, fact: Confirmation) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    refuse_taken(snapshot, DocumentKind::Payment, fact.external_id.as_deref())?;
    let amount = fact.amount;
    if !amount.is_positive() {
        return Err(Refusal::AmountNotPositive { amount }.into());
    }
    let live = snapshot.whole_invoice(&fact.invoice)?.cloned();
    let buried = || snapshot.buried_invoice(&fact.invoice);
    let meant_for = match &live {
        Some(invoice) => Some(invoice.key),
        None => buried().map(|stone| InvoiceKey(stone.document.number)),
    };
    let customer = live.as_ref().and_then(|invoice| invoice.customer);
    let currency = match (fact.currency, &live) {
        (Some(currency), _) => currency,
        (None, Some(invoice)) => invoice.currency,
        (None, None) => snapshot.settings()?.currency,
    };
    let of_invoice = live.as_ref().filter(|invoice| invoice.currency == currency);
    let of_invoice = of_invoice.and_then(|invoice| invoice.exchange).map(|known| known.rate);
    let exchange = match received(snapshot, amount, currency, fact.rate, fact.value_date) {
        // The money is there: it counts at what the invoice carries it at, rather than not at all.
        Err(Stop::Refused(_)) if fact.rate.is_none() && of_invoice.is_some() => {
            received(snapshot, amount, currency, of_invoice, fact.value_date)?
        }
        known => known?,
    };
    let settled = live
        .map(|invoice| settle(snapshot, invoice, &fact, currency, moment))
        .transpose()?;
    let applied = settled.as_ref().map_or(Amount::ZERO, |(_, applied)| applied.amount);
    let unallocated = amount.minus(applied).ok_or(Refusal::AmountTooLarge)?;
    let key = PaymentKey(planner.counters.payments.saturating_add(1));
    let mut payment = Payment {
        key,
        id: fact.id,
        customer,
        currency,
        paid_on: fact.value_date,
        posted_on: first_open(snapshot, fact.value_date)?,
        paid_at: fact.paid_at,
        amount,
        unallocated,
        refunded: Amount::ZERO,
        method: fact.method,
        witness: fact.voucher.witness(),
        clearing: snapshot.account_of(AccountRole::Clearing)?,
        receipt_entry: None,
        allocations: i64::from(applied.is_positive()),
        external_id: fact.external_id,
        created_at: moment.at,
        updated_at: moment.at,
        voided: None,
        meant_for: meant_for.filter(|_| unallocated.is_positive()),
        content: fact.content.digest,
        exchange,
    };
    let parts = match settled {
        Some((invoice, applied)) if applied.amount.is_positive() => vec![(invoice, applied)],
        // Only what was in progress changes such an invoice.
        Some((invoice, _)) => {
            if snapshot
                .tables()
                .invoices
                .get(&invoice.key)
                .is_some_and(|before| before.pending != invoice.pending)
            {
                planner.put(invoice);
            }
            Vec::new()
        }
        None => Vec::new(),
    };
    let late = parts.is_empty();
    post_payment(&mut planner, &mut payment, parts)?;
    planner.put(payment);
    planner.put(fact.content.of(key));
    let kind = if late {
        EventKind::PaymentArrivedLate
    } else {
        EventKind::PaymentConfirmed
    };
    Ok(planner.finish(kind, key))
}

/// What the money does to a live invoice: it is in progress no longer, and settles what is open where the invoice is issued. Money in
/// another currency than the invoice's settles nothing of it.
fn settle(
    snapshot: &Snapshot,
    mut invoice: Invoice,
    fact: &Confirmation,
    currency: Currency,
    moment: &Moment,
) -> Result<(Invoice, Valued), Stop> {
    if invoice.currency != currency {
        return Ok((invoice, Valued::ZERO));
    }
    let arrived = invoice.pending.min(fact.amount);
    invoice.pending = invoice.pending.minus(arrived).ok_or(Refusal::AmountTooLarge)?;
    let applied = match invoice.standing() {
        Standing::Open | Standing::PartPaid | Standing::PartWrittenOff => invoice.open().min(fact.amount),
        Standing::Draft | Standing::Paid | Standing::WrittenOff | Standing::Refunded | Standing::Void => Amount::ZERO,
    };
    let mut part = Valued::ZERO;
    if applied.is_positive() {
        part = invoice.open_part(snapshot, applied)?;
        let witness = fact.voucher.witness();
        invoice.pay(witness, part).ok_or(Refusal::AmountTooLarge)?;
        if !invoice.open().is_positive() {
            invoice.paid_at = Some(fact.paid_at);
        }
    }
    touch(&mut invoice, moment);
    Ok((invoice, part))
}
