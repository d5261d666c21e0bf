//! Changing a credit note, and taking its void back.
//!
//! A change brings everything anew that a client can say of it; its id, and the invoice that it takes figures back of, stay. Its
//! figures, its day and its customer can change while nothing of it was ever applied or given back, and only where it stands free:
//! what it takes back of an invoice are that invoice's figures. One in another currency than the book's keeps its figures too. Where nothing posted changes, its entry stays; in a closed period its
//! texts and ids may change, and nothing that a report says.

use jiff::civil::Date;

use super::{CREDIT_NUMBERS, absent_credit_note, figures, live_credit};
use crate::account::AccountRole;
use crate::book::{NumberState, NumberUse};
use crate::content::Digest;
use crate::identity::DocumentKind;
use crate::invoice::Standing;
use crate::issuing::{NewContent, NumberChoice, known_customer, need};
use crate::journal::{EntryKind, Movements};
use crate::ledger::refuse_retired;
use crate::money::Amount;
use crate::numbering::{take_explicit, take_next};
use crate::payment_changes::Case;
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::record::RecordKey;
use crate::refusal::{ExchangeRefusal, Refusal, Refusals, Stop};
use crate::settlement::{CreditLine, CreditNote, Payment};
use crate::settling::refuse_taken;
use crate::snapshot::{Named, Snapshot};

use super::figures::NewCreditLine;

/// What a credit note says from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditNoteChange {
    /// The texts that the client looked at: others are refused, since every change brings texts of its own.
    pub seen: Option<Digest>,
    /// The customer whose credit it is; `None` keeps the one it has.
    pub customer: Option<Named>,
    /// Another number; `None` keeps the one it has.
    pub number: Option<NumberChoice>,
    /// The day it counts for.
    pub on: Date,
    /// Its lines; `None` keeps those it has.
    pub lines: Option<Vec<NewCreditLine>>,
    /// The id the client brought.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: NewContent,
}

/// Decides to change a credit note that is not void.
pub fn change_credit_note(
    snapshot: &Snapshot,
    moment: &Moment,
    named: &Named,
    change: CreditNoteChange,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let (mut note, mut credit) = live_credit(snapshot, named)?;
    if change.seen.is_some_and(|seen| seen != note.content) {
        return Err(Refusal::PlanMoved.into());
    }
    let key = note.key;
    let known: Vec<CreditLine> = snapshot.credit_lines(key).cloned().collect();
    let lines = match &change.lines {
        Some(new) => figures::free(snapshot, key, new)?,
        None => known.clone(),
    };
    let customer = match &change.customer {
        Some(named) => Some(known_customer(snapshot, named)?),
        None => credit.customer,
    };
    let (posts_otherwise, counts_otherwise) = (
        (change.on, &lines) != (credit.paid_on, &known),
        customer != credit.customer,
    );
    let reasons = reasons_to_refuse(snapshot, &note, &credit, posts_otherwise || counts_otherwise)?;
    if let Some(refusals) = Refusals::of(reasons) {
        return Err(refusals.into());
    }
    if change.external_id != note.external_id {
        refuse_taken(snapshot, DocumentKind::CreditNote, change.external_id.as_deref())?;
        note.external_id = change.external_id;
    }
    let renumbered = match &change.number {
        Some(choice) => renumber(&mut planner, &mut note, choice)?,
        None => false,
    };
    if renumbered || counts_otherwise {
        planner.refuse_closed(credit.posted_on)?;
    }
    if posts_otherwise {
        repost(&mut planner, &mut note, &mut credit, change.on, &lines)?;
        for line in known.iter().skip(lines.len()) {
            planner.remove(RecordKey::CreditLine((key, line.place)));
        }
        lines.into_iter().for_each(|line| planner.put(line));
    }
    credit.customer = customer;
    credit.updated_at = moment.at;
    (note.content, credit.content) = (change.content.digest, change.content.digest);
    planner.put(note);
    planner.put(credit);
    planner.put(change.content.of(key));
    Ok(planner.finish(EventKind::CreditNoteChanged, key))
}

fn reasons_to_refuse(
    snapshot: &Snapshot,
    note: &CreditNote,
    credit: &Payment,
    says_otherwise: bool,
) -> Result<Vec<Refusal>, Stop> {
    let mut reasons = Vec::new();
    if let Some(at) = note.handed_over_at {
        reasons.push(Refusal::HandedOver { at });
    }
    if !says_otherwise {
        return Ok(reasons);
    }
    if note.invoice.is_some() {
        reasons.push(Refusal::InUse {
            kind: DocumentKind::CreditNote,
            by: DocumentKind::Invoice,
            count: 1,
        });
    }
    let case = Case::gather(snapshot, credit.clone())?;
    let parts = case.allocations.iter().map(|part| part.amount);
    let parts: Vec<Amount> = parts.chain(case.former.iter().map(|part| part.amount)).collect();
    if !parts.is_empty() {
        reasons.push(Refusal::HasAllocations {
            count: parts.len() as i64,
            sum: Amount::sum(parts).ok_or(Refusal::AmountTooLarge)?,
        });
    }
    reasons.extend(case.reasons_to_refuse());
    Ok(reasons)
}

/// Gives it another number, and says whether it is another. The old one stays in the register.
fn renumber(planner: &mut Planner<'_>, note: &mut CreditNote, choice: &NumberChoice) -> Result<bool, Stop> {
    let document = note.key.into();
    let number = match choice {
        NumberChoice::Explicit(number) if *number == note.number => return Ok(false),
        NumberChoice::Explicit(number) => take_explicit(planner, document, number, CREDIT_NUMBERS)?,
        NumberChoice::CountedIn(prefix) => take_next(planner, document, prefix, CREDIT_NUMBERS.width)?,
        NumberChoice::Counted => take_next(planner, document, CREDIT_NUMBERS.prefix, CREDIT_NUMBERS.width)?,
    };
    let old = std::mem::replace(&mut note.number, number);
    if let Some(line) = planner.snapshot.number(&old)? {
        planner.put(NumberUse {
            state: NumberState::Deleted,
            ..line.clone()
        });
    }
    Ok(true)
}

/// Withdraws its entry and records another. Nothing of its credit is used.
fn repost(
    planner: &mut Planner<'_>,
    note: &mut CreditNote,
    credit: &mut Payment,
    on: Date,
    lines: &[CreditLine],
) -> Result<(), Stop> {
    let snapshot = planner.snapshot;
    if let Some(exchange) = credit.exchange {
        let (currency, rate) = (credit.currency, Some(exchange.rate));
        return Err(ExchangeRefusal::Frozen { currency, rate }.into());
    }
    let amount = figures::total(lines)?;
    if !amount.is_positive() {
        return Err(Refusal::AmountNotPositive { amount }.into());
    }
    if let Some(entry) = credit.receipt_entry {
        planner.withdraw(&snapshot.wanted_entry(entry)?)?;
    }
    let movements = figures::movements(lines, snapshot.account_of(AccountRole::CustomerCredits)?)?;
    refuse_retired(snapshot, movements.iter().map(|(account, _)| *account))?;
    credit.receipt_entry = planner.post(on, EntryKind::CreditNote, note.key.into(), Movements::from(&movements))?;
    (credit.paid_on, credit.posted_on) = (on, on);
    (credit.amount, credit.unallocated) = (amount, amount);
    note.tax = figures::tax(lines)?;
    Ok(())
}

/// Decides to take the void of a credit note back: its mirror entry is withdrawn, and all of its credit is the customer's again. What
/// it had settled before stays freed. Refused where it would take back more of its invoice than is left by now.
pub fn reopen_credit_note(snapshot: &Snapshot, moment: &Moment, named: &Named) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let Some((note, credit)) = snapshot.whole_credit_note(named)? else {
        return Err(absent_credit_note(snapshot, named).into());
    };
    let (note, mut credit) = (note.clone(), credit.clone());
    let Some(voided) = credit.voided.take() else {
        let (standing, allowed) = (Standing::Open, vec![Standing::Void]);
        return Err(Refusal::WrongStanding { standing, allowed }.into());
    };
    if let Some(key) = note.invoice
        && let Some(invoice) = snapshot.whole_invoice(&Named::Key(key.0))?
    {
        need(invoice, &figures::ISSUED)?;
        let lines: Vec<CreditLine> = snapshot.credit_lines(note.key).cloned().collect();
        figures::refuse_beyond(snapshot, invoice, &lines)?;
    }
    if let Some(entry) = voided.entry {
        planner.withdraw(&snapshot.wanted_entry(entry)?)?;
    }
    credit.set_unapplied(credit.valued());
    credit.updated_at = moment.at;
    if let Some(line) = snapshot.number(&note.number)? {
        planner.put(NumberUse {
            state: NumberState::Used,
            ..line.clone()
        });
    }
    planner.put(credit);
    Ok(planner.finish(EventKind::CreditNoteReopened, note.key))
}
