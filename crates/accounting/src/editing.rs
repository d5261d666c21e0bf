//! Replacing what an invoice says.
//!
//! An edit brings every field and line anew; what it does not touch is the invoice's id, its stage and what settled it. A draft
//! is edited freely. Of an issued invoice the entry is withdrawn and the new one recorded in the same event, and the number is
//! kept unless another is asked for; which standings may be edited is the dialect's rule. An edit that leaves the posting as it
//! is (another memo, another due day) leaves the entry alone. Where an entry of the invoice lies in a closed period, an edit may
//! change its texts and ids and nothing that a report says of it: not its customer, number, due day or lines. Deliberately absent:
//! partial edits; whoever brings them starts from what is there.

use jiff::{Timestamp, civil::Date};

use crate::book::{NumberState, NumberUse};
use crate::crediting::{credited, has_credits};
use crate::exchange::{InvoiceExchange, Rate, rate_of};
use crate::identity::{CustomerKey, DocumentKind, EntryKey, InvoiceKey};
use crate::invoice::{Invoice, LineItem, Stage, Standing};
use crate::issuing::{
    AccountChoice, NewContent, NewInvoice, NewLine, NumberChoice, Sums, check_lines, exchanged, frozen_lines, issue,
    issue_movements, known_customer, live_invoice, touch,
};
use crate::journal::{EntryKind, JournalEntry};
use crate::money::{Amount, Currency};
use crate::numbering::{take_explicit, take_next};
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::record::RecordKey;
use crate::refusal::{ExchangeRefusal, Flaw, Refusal, Refusals, Stop};
use crate::rules::Rules;
use crate::settling::refuse_taken;
use crate::snapshot::{Named, Snapshot};
use crate::voiding::count_of_money;

/// An edit as a client gives it: all that the invoice says from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The revision that the client looked at: another one is refused.
    pub expected_revision: Option<i64>,
    /// The customer.
    pub customer: Option<Named>,
    /// Another number; `None` keeps the one it has.
    pub number: Option<NumberChoice>,
    /// The id the client brought.
    pub external_id: Option<String>,
    /// Its date.
    pub invoice_date: Date,
    /// When it is due.
    pub due_at: Option<Timestamp>,
    /// The day of that in the book's zone.
    pub due_on: Option<Date>,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// Another currency, of a draft; `None` keeps the one it has.
    pub currency: Option<Currency>,
    /// Another rate, of a draft; `None` keeps the one it has, and takes the one kept for its date in another currency.
    pub rate: Option<Rate>,
    /// Its lines.
    pub lines: Vec<NewLine>,
    /// Discount on the document as a whole.
    pub discount: Amount,
    /// Taxes on the document as a whole.
    pub taxes: Vec<(AccountChoice, Amount)>,
    /// Tip.
    pub tip: Amount,
    /// Its texts.
    pub content: NewContent,
}

/// Decides to edit an invoice.
pub fn edit_invoice(
    snapshot: &Snapshot,
    moment: &Moment,
    rules: &Rules,
    named: &Named,
    edit: Edit,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let before = live_invoice(snapshot, named)?;
    let customer = match &edit.customer {
        Some(named) => Some(known_customer(snapshot, named)?),
        None => None,
    };
    if let Some(refusals) = Refusals::of(reasons_to_refuse(snapshot, rules, &before, &edit, customer)) {
        return Err(refusals.into());
    }
    if edit.external_id != before.external_id {
        refuse_taken(snapshot, DocumentKind::Invoice, edit.external_id.as_deref())?;
    }
    let mut invoice = before.clone();
    let lines = rewritten(snapshot, &mut invoice, customer, &edit)?;
    refuse_below_settled(&invoice)?;
    refuse_credited_lines_that_change(snapshot, &before, &lines)?;
    refuse_refunded_lines_that_go(snapshot, &invoice, lines.len())?;
    if let Some(choice) = &edit.number {
        renumber(&mut planner, rules, &mut invoice, choice)?;
    }
    repost(&mut planner, moment, &before, &mut invoice, &lines)?;
    if is_reported_otherwise(snapshot, &before, &invoice, &lines)
        && let Some(earliest) = earliest_entry(snapshot, &before)?
    {
        planner.refuse_closed(earliest)?;
    }
    let settled = invoice.paid.is_positive() || invoice.credited.is_positive();
    if !invoice.open().is_positive() && settled {
        invoice.paid_at = before.paid_at.or(Some(moment.at));
    } else {
        invoice.paid_at = None;
    }
    touch(&mut invoice, moment);
    put_lines(&mut planner, invoice.key, lines);
    let key = invoice.key;
    planner.put(invoice);
    planner.put(edit.content.of(key));
    Ok(planner.finish(EventKind::InvoiceEdited, key))
}

/// Every reason why this invoice cannot be edited like this, whatever its lines come to.
fn reasons_to_refuse(
    snapshot: &Snapshot,
    rules: &Rules,
    before: &Invoice,
    edit: &Edit,
    customer: Option<CustomerKey>,
) -> Vec<Refusal> {
    let mut reasons = Vec::new();
    let standing = before.standing();
    if standing != Standing::Draft && !rules.editing.standings.contains(&standing) {
        let drafts = std::iter::once(Standing::Draft);
        reasons.push(Refusal::WrongStanding {
            standing,
            allowed: drafts.chain(rules.editing.standings.iter().copied()).collect(),
        });
    }
    if let Some(at) = before.handed_over_at {
        reasons.push(Refusal::HandedOver { at });
    }
    if before.pending.is_positive() {
        reasons.push(Refusal::PaymentInProgress {
            pending: before.pending,
        });
    }
    if let Some(expected) = edit.expected_revision.filter(|expected| *expected != before.revision) {
        reasons.push(Refusal::RevisionMoved {
            expected,
            found: before.revision,
        });
    }
    let another = edit.currency.is_some_and(|currency| currency != before.currency)
        || edit
            .rate
            .is_some_and(|rate| before.exchange.map_or(Rate::ONE, |known| known.rate) != rate);
    if another && standing != Standing::Draft {
        reasons.push(Refusal::Exchange(ExchangeRefusal::Frozen {
            currency: before.currency,
            rate: before.exchange.map(|known| known.rate),
        }));
    }
    // The money on it is the old customer's.
    if customer != before.customer && before.paid.is_positive() {
        let count = count_of_money(snapshot, before);
        reasons.push(Refusal::HasPayments {
            count,
            sum: before.paid,
        });
    }
    if customer != before.customer && before.credited.is_positive() {
        let parts = snapshot.allocations(before.key);
        reasons.push(Refusal::HasCredits {
            count: parts.filter(|(_, payment)| !payment.witness.is_money()).count() as i64,
            sum: before.credited,
        });
    }
    reasons
}

/// Writes what the edit says into the invoice, and hands out its lines with their sums frozen.
fn rewritten(
    snapshot: &Snapshot,
    invoice: &mut Invoice,
    customer: Option<CustomerKey>,
    edit: &Edit,
) -> Result<Vec<LineItem>, Stop> {
    let new = NewInvoice {
        id: invoice.id,
        customer: edit.customer.clone(),
        currency: edit.currency.unwrap_or(invoice.currency),
        rate: edit.rate,
        number: NumberChoice::Counted,
        external_id: edit.external_id.clone(),
        invoice_date: edit.invoice_date,
        due_at: edit.due_at,
        due_on: edit.due_on,
        sent_at: edit.sent_at,
        issue: false,
        lines: edit.lines.clone(),
        discount: edit.discount,
        taxes: edit.taxes.clone(),
        tip: edit.tip,
        content: NewContent::default(),
    };
    check_lines(&new)?;
    let lines = frozen_lines(snapshot, invoice.key, &new)?;
    let sums = Sums::of(&lines, &new)?;
    invoice.exchange = exchange(snapshot, invoice, &new, sums.total)?;
    invoice.currency = new.currency;
    invoice.customer = customer;
    invoice.external_id = new.external_id;
    invoice.invoice_date = edit.invoice_date;
    invoice.due_at = edit.due_at;
    invoice.due_on = edit.due_on;
    invoice.sent_at = edit.sent_at;
    invoice.subtotal = sums.subtotal;
    invoice.discount = sums.discount;
    invoice.document_discount = edit.discount;
    invoice.tax = sums.tax;
    invoice.document_tax = sums.document_tax;
    invoice.tip = edit.tip;
    invoice.total = sums.total;
    invoice.content = edit.content.digest;
    Ok(lines)
}

/// What the edited invoice is in the book's currency: at the rate it has, unless it gets another currency or rate. Where payments
/// leave nothing open, it is what they settled.
fn exchange(
    snapshot: &Snapshot,
    before: &Invoice,
    new: &NewInvoice,
    total: Amount,
) -> Result<Option<InvoiceExchange>, Stop> {
    let known = before.exchange.filter(|_| new.currency == before.currency);
    let given = new.rate.or(known.map(|known| known.rate));
    let rate = rate_of(snapshot, new.currency, given, new.invoice_date)?;
    let Some(exchange) = exchanged(snapshot, total, new.currency, rate)? else {
        return Ok(None);
    };
    let settled = known.map_or(Amount::ZERO, |known| known.settled);
    let sum_settled = before.settled().ok_or(Refusal::AmountTooLarge)?;
    let total = match sum_settled == total && !total.is_zero() {
        true => settled,
        false => exchange.total.max(settled),
    };
    Ok(Some(InvoiceExchange {
        total,
        settled,
        ..exchange
    }))
}

fn refuse_below_settled(invoice: &Invoice) -> Result<(), Stop> {
    let settled = invoice.settled().ok_or(Refusal::AmountTooLarge)?;
    if invoice.total < settled {
        return Err(Refusal::BelowSettled {
            total: invoice.total,
            settled,
        }
        .into());
    }
    Ok(())
}

/// A refund of a line names its place: the place stays.
fn refuse_refunded_lines_that_go(snapshot: &Snapshot, invoice: &Invoice, lines: usize) -> Result<(), Stop> {
    let gone = |refund: &&crate::settlement::Refund| refund.line.is_some_and(|place| place > lines as i64);
    let refunds: Vec<Amount> = snapshot
        .refunds(invoice.key)
        .filter(gone)
        .map(|refund| refund.amount)
        .collect();
    match refunds.len() {
        0 => Ok(()),
        count => Err(Refusal::HasRefunds {
            count: count as i64,
            sum: Amount::sum(refunds).unwrap_or(invoice.refunded),
        }
        .into()),
    }
}

/// A credit note takes back what its invoice said: that stays as it is.
fn refuse_credited_lines_that_change(snapshot: &Snapshot, before: &Invoice, lines: &[LineItem]) -> Result<(), Stop> {
    let known = snapshot
        .tables()
        .lines
        .range((before.key, i64::MIN)..=(before.key, i64::MAX));
    let mut known: Vec<&LineItem> = known.map(|(_, line)| line.as_ref()).collect();
    let mut lines: Vec<&LineItem> = lines.iter().collect();
    known.sort_by_key(|line| line.place);
    lines.sort_by_key(|line| line.place);
    if known == lines || before.standing() == Standing::Draft {
        return Ok(());
    }
    match has_credits(&credited(snapshot, before.key)?) {
        Some(refusal) => Err(refusal.into()),
        None => Ok(()),
    }
}

/// Gives the invoice another number. The old one stays in the register: a counted one is not given again, an explicit one is free.
fn renumber(
    planner: &mut Planner<'_>,
    rules: &Rules,
    invoice: &mut Invoice,
    choice: &NumberChoice,
) -> Result<(), Stop> {
    let (key, numbering) = (invoice.key, rules.numbering);
    let number = match choice {
        NumberChoice::Explicit(number) if invoice.number.as_ref() == Some(number) => return Ok(()),
        NumberChoice::Explicit(number) => take_explicit(planner, key.into(), number, numbering)?,
        NumberChoice::Counted => take_next(planner, key.into(), numbering.prefix, numbering.width)?,
        NumberChoice::CountedIn(prefix) => take_next(planner, key.into(), prefix, numbering.width)?,
    };
    if let Some(old) = invoice.number.replace(number)
        && let Some(line) = planner.snapshot.number(&old)?
    {
        planner.put(NumberUse {
            state: NumberState::Deleted,
            ..line.clone()
        });
    }
    Ok(())
}

/// Withdraws the entry and records the new one, unless both say the same.
fn repost(
    planner: &mut Planner<'_>,
    moment: &Moment,
    before: &Invoice,
    invoice: &mut Invoice,
    lines: &[LineItem],
) -> Result<(), Stop> {
    let (at, old) = match before.stage {
        Stage::Draft | Stage::Void { .. } => return Ok(()),
        Stage::Issued { at, entry } => (at, entry),
    };
    let old = match old {
        Some(key) => Some(planner.snapshot.journal_entry(key)?),
        None => None,
    };
    if says_the_same(planner, old.as_ref(), invoice, lines)? {
        return Ok(());
    }
    if let Some(old) = &old {
        planner.withdraw(old)?;
    }
    issue(planner, moment, invoice, lines)?;
    if let Stage::Issued { at: issued_at, .. } = &mut invoice.stage {
        *issued_at = at;
    }
    Ok(())
}

/// Whether a report says anything else of the invoice than before.
fn is_reported_otherwise(snapshot: &Snapshot, before: &Invoice, after: &Invoice, lines: &[LineItem]) -> bool {
    let known = snapshot
        .tables()
        .lines
        .range((before.key, i64::MIN)..=(before.key, i64::MAX));
    let mut known: Vec<_> = known.map(|(_, line)| said_of_line(line)).collect();
    let mut lines: Vec<_> = lines.iter().map(said_of_line).collect();
    known.sort_by_key(|(place, ..)| *place);
    lines.sort_by_key(|(place, ..)| *place);
    (before.customer, &before.number, before.due_on) != (after.customer, &after.number, after.due_on) || known != lines
}

/// What the tax summary adds up of a line.
fn said_of_line(line: &LineItem) -> (i64, Amount, Amount, &[crate::invoice::TaxShare]) {
    (line.place, line.subtotal, line.discount, &line.taxes)
}

/// The earliest date of an entry that moves what the invoice is open for.
fn earliest_entry(snapshot: &Snapshot, invoice: &Invoice) -> Result<Option<Date>, Stop> {
    let own = invoice.issue_entry().into_iter().chain(invoice.void_entry());
    let parts = snapshot.allocations(invoice.key).map(|(part, _)| part.entry);
    let former = snapshot
        .former_allocations(invoice.key)
        .flat_map(|(part, _)| std::iter::once(part.entry).chain(part.undone));
    let write_offs = snapshot.write_offs(invoice.key).map(|known| known.entry);
    let mut earliest = None;
    for key in own.chain(parts).chain(former).chain(write_offs) {
        let date = snapshot.journal_entry(key)?.entry().date;
        earliest = Some(earliest.map_or(date, |earliest: Date| earliest.min(date)));
    }
    Ok(earliest)
}

/// Whether the entry that these lines come to is the one that is there.
fn says_the_same(
    planner: &Planner<'_>,
    old: Option<&JournalEntry>,
    invoice: &Invoice,
    lines: &[LineItem],
) -> Result<bool, Stop> {
    let movements = issue_movements(planner.snapshot, invoice, lines)?;
    let key = old.map_or(EntryKey(planner.counters.entries.saturating_add(1)), |entry| {
        entry.entry().key
    });
    let (date, document) = (invoice.invoice_date, invoice.key);
    let built = JournalEntry::record(key, date, EntryKind::Issue, document.into(), Some(document), &movements);
    let built = built.map_err(|error| Stop::Flawed(Flaw::BadEntry(key, error)))?;
    Ok(built.as_ref() == old)
}

/// Puts the lines, and removes those that no new one takes the place of.
fn put_lines(planner: &mut Planner<'_>, invoice: InvoiceKey, lines: Vec<LineItem>) {
    let snapshot = planner.snapshot;
    let known = snapshot.tables().lines.range((invoice, i64::MIN)..=(invoice, i64::MAX));
    for (key, _) in known {
        if !lines.iter().any(|line| line.place == key.1) {
            planner.remove(RecordKey::Line(*key));
        }
    }
    for line in lines {
        planner.put(line);
    }
}
