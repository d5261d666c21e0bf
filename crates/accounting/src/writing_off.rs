//! Giving receivables up.
//!
//! A write-off debits bad debt, or the account that is named, and credits the receivable, in the invoice's currency and for what the
//! invoice carries it at: nothing came, so nothing is gained or lost by exchange. Deliberately absent: write-offs that go
//! with a deleted invoice, which are part of [`crate::deletion`].

use jiff::{Timestamp, civil::Date};

use crate::account::AccountRole;
use crate::exchange::{WriteOffExchange, refuse_other};
use crate::identity::{DocumentId, DocumentKind, WriteOffKey};
use crate::invoice::Standing;
use crate::issuing::{AccountChoice, NewContent, chosen_account, live_invoice, need, touch};
use crate::journal::{EntryKind, Movements};
use crate::money::{Amount, Currency};
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::record::RecordKey;
use crate::refusal::{Refusal, Stop};
use crate::settlement::WriteOff;
use crate::settling::refuse_taken;
use crate::snapshot::{Named, Snapshot};

/// A write-off as a client gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWriteOff {
    /// Its id, drawn by the caller.
    pub id: DocumentId,
    /// The invoice.
    pub invoice: Named,
    /// How much; else all that is open.
    pub amount: Option<Amount>,
    /// Its currency, if it is said: the invoice's.
    pub currency: Option<Currency>,
    /// The day it counts for.
    pub on: Date,
    /// The instant the client gave, or now.
    pub at: Timestamp,
    /// The account it is charged to; bad debt unless named.
    pub account: Option<AccountChoice>,
    /// The id the client brought.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: NewContent,
}

/// Decides to give a receivable up: debit bad debt, credit receivable.
pub fn write_off(snapshot: &Snapshot, moment: &Moment, new: NewWriteOff) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    refuse_taken(snapshot, DocumentKind::WriteOff, new.external_id.as_deref())?;
    let mut invoice = live_invoice(snapshot, &new.invoice)?;
    need(
        &invoice,
        &[Standing::Open, Standing::PartPaid, Standing::PartWrittenOff],
    )?;
    refuse_other(invoice.currency, new.currency.unwrap_or(invoice.currency))?;
    let open = invoice.open();
    let amount = new.amount.unwrap_or(open);
    if !amount.is_positive() {
        return Err(Refusal::AmountNotPositive { amount }.into());
    }
    if amount > open {
        return Err(Refusal::Overpayment { open, offered: amount }.into());
    }
    let account = new.account.unwrap_or(AccountChoice::Role(AccountRole::BadDebt));
    let account = chosen_account(snapshot, &account)?;
    let receivable = snapshot.account_of(AccountRole::Receivable)?;
    let key = WriteOffKey(planner.counters.write_offs.saturating_add(1));
    let part = invoice.open_part(snapshot, amount)?;
    let movements = Movements::of(invoice.foreign(), [(account, part), (receivable, part.negated())]);
    let entry = planner.post_on(invoice.key, new.on, EntryKind::WriteOff, key.into(), movements)?;
    invoice.give_up(part).ok_or(Refusal::AmountTooLarge)?;
    touch(&mut invoice, moment);
    planner.put(WriteOff {
        key,
        id: new.id,
        invoice: invoice.key,
        amount,
        written_off_on: new.on,
        written_off_at: new.at,
        account,
        entry,
        external_id: new.external_id,
        created_at: moment.at,
        content: new.content.digest,
        exchange: invoice.foreign().map(|currency| WriteOffExchange {
            currency,
            booked: part.booked,
        }),
    });
    planner.put(new.content.of(key));
    planner.put(invoice);
    Ok(planner.finish(EventKind::WrittenOff, key))
}

/// Decides to take a write-off back: its entry is withdrawn, and the invoice is open for so much again.
pub fn delete_write_off(snapshot: &Snapshot, moment: &Moment, named: &Named) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let found = snapshot.write_off(named)?.cloned();
    let write_off = found.ok_or(Refusal::NotFound {
        kind: DocumentKind::WriteOff,
    })?;
    let mut invoice = live_invoice(snapshot, &Named::Key(write_off.invoice.0))?;
    let back = invoice.give_up(write_off.valued().negated());
    back.ok_or(Refusal::AmountTooLarge)?;
    if invoice.open().is_positive() {
        invoice.paid_at = None;
    }
    touch(&mut invoice, moment);
    let entry = snapshot.wanted_entry(write_off.entry)?;
    planner.withdraw(&entry)?;
    planner.remove(RecordKey::Content(write_off.key.into()));
    planner.remove(RecordKey::WriteOff(write_off.key));
    planner.put(invoice);
    Ok(planner.finish(EventKind::WriteOffDeleted, write_off.key))
}
