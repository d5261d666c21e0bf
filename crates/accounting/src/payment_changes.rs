//! Changing, voiding and deleting a payment; and what voiding and deleting a credit note have in common with it.
//!
//! A void is visible: each part gets its mirror entry, the invoices are open again, the payment stays and says that it is void.
//! A delete withdraws all of the payment's entries on their own dates: afterwards everything reads as if it had never been
//! recorded. A change is a delete and a new record under the same number in one event, unless nothing posted changes.
//! Money that a bank or a provider vouches for is neither voided nor deleted: it came, and can only be freed or given back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};

use crate::account::AccountRole;
use crate::allocating::{live_payment, no_longer_settles, refuse_given_back};
use crate::exchange::{Rate, Valued};
use crate::identity::{DocumentKind, EntryKey, InvoiceKey};
use crate::invoice::Invoice;
use crate::issuing::{AccountChoice, NewContent, chosen_account, touch};
use crate::journal::{EntryKind, JournalEntry, Movements};
use crate::money::Amount;
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::record::RecordKey;
use crate::refusal::{Flaw, Refusal, Refusals, Stop};
use crate::rules::Rules;
use crate::settlement::{Allocation, FormerAllocation, Method, Payment, PaymentVoid, Witness};
use crate::settling::{NewPayment, Part, record_payment_as, refuse_taken};
use crate::snapshot::{Named, Snapshot, Want};

/// A payment, or the credit of a credit note, with all that hangs on it.
pub(crate) struct Case {
    pub(crate) payment: Payment,
    pub(crate) allocations: Vec<Allocation>,
    pub(crate) former: Vec<FormerAllocation>,
    pub(crate) invoices: BTreeMap<InvoiceKey, Invoice>,
}

impl Case {
    pub(crate) fn gather(snapshot: &Snapshot, payment: Payment) -> Result<Case, Stop> {
        let of_payment = (payment.key, i64::MIN)..=(payment.key, i64::MAX);
        let tables = snapshot.tables();
        let allocations: Vec<Allocation> = tables
            .allocations
            .range(of_payment.clone())
            .map(|(_, part)| *part)
            .collect();
        let former = tables.former_allocations.range(of_payment).map(|(_, part)| *part);
        let former: Vec<FormerAllocation> = former.collect();
        let settled = allocations.iter().map(|part| part.invoice);
        let mut invoices = BTreeMap::new();
        for key in settled.chain(former.iter().filter_map(|part| part.invoice)) {
            let invoice = snapshot.whole_invoice(&Named::Key(key.0))?;
            let invoice = invoice.ok_or(Stop::Flawed(Flaw::BadInvoice(key)))?;
            invoices.insert(key, invoice.clone());
        }
        Ok(Case {
            payment,
            allocations,
            former,
            invoices,
        })
    }

    fn invoice(&mut self, key: InvoiceKey) -> Result<&mut Invoice, Stop> {
        self.invoices.get_mut(&key).ok_or(Stop::Flawed(Flaw::BadInvoice(key)))
    }

    /// Why it can neither be voided nor deleted.
    pub(crate) fn reasons_to_refuse(&self) -> Vec<Refusal> {
        let mut reasons = Vec::new();
        if matches!(self.payment.witness, Witness::Bank | Witness::Provider) {
            reasons.push(Refusal::HasWitnessedMoney {
                sum: self.payment.amount,
            });
        }
        if self.payment.refunded.is_positive() {
            reasons.push(Refusal::HasRefunds {
                count: 1,
                sum: self.payment.refunded,
            });
        }
        reasons
    }

    /// Every entry of the payment, in order of number.
    pub(crate) fn entries(&self, snapshot: &Snapshot) -> Result<Vec<JournalEntry>, Stop> {
        let voided = self.payment.voided.and_then(|voided| voided.entry);
        let own = self.payment.receipt_entry.into_iter().chain(voided);
        let parts = self.allocations.iter().map(|part| part.entry);
        let former = self
            .former
            .iter()
            .flat_map(|part| std::iter::once(part.entry).chain(part.undone));
        let mut keys: Vec<EntryKey> = own.chain(parts).chain(former).collect();
        keys.sort();
        keys.into_iter().map(|key| snapshot.wanted_entry(key)).collect()
    }

    /// Takes the payment out of the books. What a change keeps is put again afterwards.
    pub(crate) fn withdraw(mut self, planner: &mut Planner<'_>, moment: &Moment) -> Result<(), Stop> {
        let snapshot = planner.snapshot;
        for entry in self.entries(snapshot)? {
            planner.withdraw(&entry)?;
        }
        let witness = self.payment.witness;
        for part in std::mem::take(&mut self.allocations) {
            let invoice = self.invoice(part.invoice)?;
            let (_, settled) = part.valued();
            invoice.pay(witness, settled.negated()).ok_or(Refusal::AmountTooLarge)?;
            invoice.paid_at = None;
            planner.remove(RecordKey::Allocation((part.payment, part.place)));
        }
        for part in &self.former {
            planner.remove(RecordKey::FormerAllocation((part.payment, part.place)));
        }
        let payment = &self.payment;
        for invoice in self.invoices.values_mut() {
            refuse_given_back(snapshot, payment, invoice)?;
            touch(invoice, moment);
        }
        self.invoices.into_values().for_each(|invoice| planner.put(invoice));
        if witness.is_money() {
            planner.remove(RecordKey::Content(self.payment.key.into()));
        }
        planner.remove(RecordKey::Payment(self.payment.key));
        Ok(())
    }
}

/// Decides to void a payment as of a day; never before the day it was posted.
pub fn void_payment(snapshot: &Snapshot, moment: &Moment, named: &Named, on: Date) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let case = Case::gather(snapshot, live_payment(snapshot, named)?)?;
    let key = case.payment.key;
    void(&mut planner, moment, case, on)?;
    Ok(planner.finish(EventKind::PaymentVoided, key))
}

/// Voids a payment or a credit note: each part of it gets its mirror, and what settles nothing gets one.
pub(crate) fn void(planner: &mut Planner<'_>, moment: &Moment, mut case: Case, on: Date) -> Result<(), Stop> {
    let snapshot = planner.snapshot;
    if let Some(refusals) = Refusals::of(case.reasons_to_refuse()) {
        return Err(refusals.into());
    }
    let mut payment = case.payment.clone();
    let on = on.max(payment.posted_on);
    let (document, witness) = (payment.document(), payment.witness);
    let kind = match witness {
        Witness::Hand | Witness::Bank | Witness::Provider => EntryKind::PaymentVoid,
        Witness::Credit => EntryKind::CreditVoid,
    };
    for part in std::mem::take(&mut case.allocations) {
        let entry = snapshot.wanted_entry(part.entry)?;
        let date = on.max(entry.entry().date);
        let undone = planner.post_on(part.invoice, date, kind, document, entry.mirrored())?;
        if part.from_unapplied {
            let (received, _) = part.valued();
            let unapplied = payment.unapplied_valued().plus(received);
            payment.set_unapplied(unapplied.ok_or(Refusal::AmountTooLarge)?);
        }
        no_longer_settles(planner, &part, witness, case.invoice(part.invoice)?, undone)?;
    }
    for mut invoice in case.invoices.into_values() {
        refuse_given_back(snapshot, &payment, &invoice)?;
        touch(&mut invoice, moment);
        planner.put(invoice);
    }
    let rest = payment.unapplied_valued();
    let movements = match (witness, payment.receipt_entry) {
        (Witness::Credit, Some(issue)) => snapshot.wanted_entry(issue)?.mirrored(),
        (Witness::Hand | Witness::Bank | Witness::Provider | Witness::Credit, _) => {
            let unapplied = snapshot.account_of(AccountRole::UnappliedPayments)?;
            Movements::of(
                payment.foreign(),
                [(unapplied, rest), (payment.clearing, rest.negated())],
            )
        }
    };
    let entry = planner.post(on, kind, document, movements)?;
    payment.set_unapplied(Valued::ZERO);
    payment.updated_at = moment.at;
    payment.voided = Some(PaymentVoid {
        at: moment.at,
        on,
        entry,
    });
    planner.put(payment);
    Ok(())
}

/// Decides to delete a payment, live or void. Refused where one of its entries lies in a closed period.
pub fn delete_payment(snapshot: &Snapshot, moment: &Moment, named: &Named) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let found = snapshot
        .whole_payment(named)?
        .filter(|payment| payment.witness.is_money());
    let payment = found.cloned().ok_or(Refusal::NotFound {
        kind: DocumentKind::Payment,
    })?;
    let key = payment.key;
    let case = Case::gather(snapshot, payment)?;
    if let Some(refusals) = Refusals::of(case.reasons_to_refuse()) {
        return Err(refusals.into());
    }
    case.withdraw(&mut planner, moment)?;
    Ok(planner.finish(EventKind::PaymentDeleted, key))
}

/// Decides that what a payment has beyond what it settled from the beginning never came: the receipt of it is withdrawn, with whatever
/// it settled in between and no longer does, and so is the payment itself where nothing is left of it. A void one goes whole. Refused
/// while any of that settles an invoice, and once some was given back.
pub fn delete_unapplied(snapshot: &Snapshot, moment: &Moment, named: &Named) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let found = snapshot
        .whole_payment(named)?
        .filter(|payment| payment.witness.is_money());
    let kind = DocumentKind::Payment;
    let payment = found.cloned().ok_or(Refusal::NotFound { kind })?;
    if payment.voided.is_some() {
        return delete_payment(snapshot, moment, named);
    }
    let mut case = Case::gather(snapshot, payment)?;
    let (direct, applied): (Vec<_>, Vec<_>) = std::mem::take(&mut case.allocations)
        .into_iter()
        .partition(|part| !part.from_unapplied);
    let mut reasons = case.reasons_to_refuse();
    if !applied.is_empty() {
        reasons.push(Refusal::HasAllocations {
            count: applied.len() as i64,
            sum: Amount::sum(applied.iter().map(|part| part.amount)).ok_or(Refusal::AmountTooLarge)?,
        });
    }
    if let Some(refusals) = Refusals::of(reasons) {
        return Err(refusals.into());
    }
    if !case.payment.unallocated.is_positive() {
        return Err(Refusal::NotFound { kind }.into());
    }
    for entry in case.entries(snapshot)? {
        planner.withdraw(&entry)?;
    }
    for part in &case.former {
        planner.remove(RecordKey::FormerAllocation((part.payment, part.place)));
    }
    let freed = case.former.iter().filter_map(|part| part.invoice);
    for key in freed.collect::<BTreeSet<_>>() {
        let mut invoice = case.invoice(key)?.clone();
        touch(&mut invoice, moment);
        planner.put(invoice);
    }
    let mut payment = case.payment;
    let key = payment.key;
    if direct.is_empty() {
        planner.remove(RecordKey::Content(key.into()));
        planner.remove(RecordKey::Payment(key));
        return Ok(planner.finish(EventKind::PaymentDeleted, key));
    }
    let settled = direct
        .iter()
        .try_fold(Valued::ZERO, |sum, part| sum.plus(part.valued().0));
    payment.set_valued(settled.ok_or(Refusal::AmountTooLarge)?);
    payment.set_unapplied(Valued::ZERO);
    payment.receipt_entry = None;
    payment.updated_at = moment.at;
    planner.put(payment);
    Ok(planner.finish(EventKind::PaymentChanged, key))
}

/// What a payment says from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentChange {
    /// The payment as it was looked at when the change was made of it: if it is another by now, the change is refused.
    pub seen: Option<Box<Payment>>,
    /// The day it counts for.
    pub paid_on: Date,
    /// The instant the client gave.
    pub paid_at: Timestamp,
    /// All of it. A payment of one invoice settles so much of it then, unless `parts` says otherwise.
    pub amount: Amount,
    /// Another rate; `None` keeps the one it has.
    pub rate: Option<Rate>,
    /// How it came.
    pub method: Method,
    /// Where it arrived.
    pub clearing: AccountChoice,
    /// The invoices it settles; `None` keeps those it settles.
    pub parts: Option<Vec<(Named, Part)>>,
    /// The id the client brought.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: NewContent,
}

/// Decides to change a payment. Where nothing posted changes, its entries stay: in a closed period texts and ids may change, and
/// nothing that the payment register says.
pub fn change_payment(
    snapshot: &Snapshot,
    moment: &Moment,
    rules: &Rules,
    named: &Named,
    change: PaymentChange,
) -> Result<Plan, Stop> {
    let payment = live_payment(snapshot, named)?;
    if let Some(seen) = change.seen.as_deref().filter(|seen| **seen != payment) {
        return Err(Refusal::RevisionMoved {
            expected: seen.updated_at.as_microsecond(),
            found: payment.updated_at.as_microsecond(),
        }
        .into());
    }
    let clearing = chosen_account(snapshot, &change.clearing)?;
    let known = payment.exchange.map(|known| known.rate);
    let rate = change.rate.or(known);
    let posts_the_same = change.parts.is_none()
        && rate == known
        && (change.paid_on, change.amount, clearing) == (payment.paid_on, payment.amount, payment.clearing);
    if posts_the_same {
        return relabel(snapshot, moment, payment, change);
    }
    let case = Case::gather(snapshot, payment.clone())?;
    if let Some(refusals) = Refusals::of(case.reasons_to_refuse()) {
        return Err(refusals.into());
    }
    let parts = change.parts.unwrap_or_else(|| kept_parts(&case, change.amount));
    let mut planner = Planner::new(snapshot);
    case.withdraw(&mut planner, moment)?;
    let withdrawn = planner.finish(EventKind::PaymentChanged, payment.key);
    let mut without = snapshot.clone();
    without.apply(&withdrawn.changes);
    let new = NewPayment {
        id: payment.id,
        customer: payment.customer.map(|key| Named::Key(key.0)),
        paid_on: change.paid_on,
        paid_at: change.paid_at,
        amount: Some(change.amount),
        currency: Some(payment.currency),
        rate,
        method: change.method,
        witness: payment.witness,
        clearing: change.clearing,
        parts,
        external_id: change.external_id,
        content: change.content,
    };
    let recorded = record_payment_as(&without, moment, rules, new, payment.key, payment.created_at)?;
    let mut plan = withdrawn;
    plan.changes.extend(recorded.changes);
    Ok(plan)
}

/// The parts that a payment keeps when its amount changes: the only one changes along.
fn kept_parts(case: &Case, amount: Amount) -> Vec<(Named, Part)> {
    let part = |part: &Allocation, amount: Amount| (Named::Key(part.invoice.0), Part::Exactly(amount));
    match case.allocations.as_slice() {
        [only] if only.amount == case.payment.amount => vec![part(only, amount)],
        several => {
            let mut sums: BTreeMap<InvoiceKey, Amount> = BTreeMap::new();
            for part in several {
                let sum = sums.entry(part.invoice).or_default();
                *sum = sum.plus(part.amount).unwrap_or(*sum);
            }
            let named = |(key, sum): (InvoiceKey, Amount)| (Named::Key(key.0), Part::Exactly(sum));
            sums.into_iter().map(named).collect()
        }
    }
}

/// Changes what is not posted.
fn relabel(snapshot: &Snapshot, moment: &Moment, before: Payment, change: PaymentChange) -> Result<Plan, Stop> {
    if change.external_id != before.external_id {
        refuse_taken(snapshot, DocumentKind::Payment, change.external_id.as_deref())?;
    }
    let mut planner = Planner::new(snapshot);
    let key = before.key;
    if change.method != before.method {
        planner.refuse_closed(before.posted_on)?;
    }
    planner.put(Payment {
        paid_at: change.paid_at,
        method: change.method,
        external_id: change.external_id,
        updated_at: moment.at,
        content: change.content.digest,
        ..before
    });
    planner.put(change.content.of(key));
    Ok(planner.finish(EventKind::PaymentChanged, key))
}

/// What a decision about a payment wants gathered beforehand.
pub fn wants(named: &Named) -> Vec<Want> {
    vec![Want::Chart, Want::Payment(named.clone())]
}
