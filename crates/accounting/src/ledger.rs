//! Ledger accounts, and entries that no document made: adding, renaming and retiring accounts, recording and reversing by hand.
//!
//! A manual entry is balanced or it is refused, takes no control account, and is undone by a visible reversal or, while nothing has
//! reversed it, deleted as a mistake. An entry that belongs to a document stands and falls with it and cannot be reversed on its own.
//! An account is retired only while nothing is posted to it; a retired one takes no new posting. Deliberately absent: the texts of an
//! entry, which are bytes with a digest.

use jiff::civil::Date;

use crate::account::{AccountKind, AccountRole, LedgerAccount, Side};
use crate::identity::{AccountKey, DocumentId, DocumentKind, DocumentRef, EntryKey};
use crate::issuing::{AccountChoice, NewContent, chosen_account};
use crate::journal::{EntryKind, JournalEntry, ManualEntry, Movements};
use crate::kept::BalanceKey;
use crate::money::Amount;
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::record::RecordKey;
use crate::refusal::{LedgerRefusal, Refusal, Refusals, Stop};
use crate::snapshot::{Named, Snapshot, Want};

/// The most movements one manual entry may have: as many as an invoice may have lines.
pub const MOST_MOVEMENTS: usize = 1000;

/// A ledger account as a client gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// The accountant's number.
    pub code: String,
    /// The stable name that clients use; else one is made of the name.
    pub stable_name: Option<String>,
    /// The name on reports.
    pub name: String,
    /// What it is.
    pub kind: AccountKind,
    /// Where names must tell accounts apart: those of this name that the client looked at and found to be others. One more of the name
    /// is refused.
    pub namesakes: Option<Vec<AccountKey>>,
}

/// What is to change about a ledger account; what is `None` stays. What it is and what part it plays never change: every figure of the
/// past would.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// Another number.
    pub code: Option<String>,
    /// Another name on reports.
    pub name: Option<String>,
    /// Whether it takes postings.
    pub active: Option<bool>,
}

fn account_ref(key: AccountKey) -> DocumentRef {
    DocumentRef {
        kind: DocumentKind::Account,
        number: key.0,
    }
}

/// Refuses a number or a stable name that another account has.
fn refuse_taken(snapshot: &Snapshot, key: AccountKey, code: &str, stable_name: &str) -> Result<(), Stop> {
    let others = || snapshot.tables().accounts.values().filter(|account| account.key != key);
    let taken = others().find(|account| account.code == code).map(|_| code).or_else(|| {
        others()
            .find(|account| account.stable_name == stable_name)
            .map(|_| stable_name)
    });
    match taken {
        Some(reference) => Err(Refusal::Ledger(LedgerRefusal::AccountTaken {
            reference: reference.to_owned(),
        })
        .into()),
        None => Ok(()),
    }
}

/// Refuses a name that an account has which the client did not look at, where the client asks for that.
fn refuse_namesake(snapshot: &Snapshot, new: &NewAccount) -> Result<(), Stop> {
    let Some(known) = &new.namesakes else {
        return Ok(());
    };
    let mut others = snapshot.tables().accounts.values();
    if others.any(|account| account.name == new.name && !known.contains(&account.key)) {
        let reference = new.name.clone();
        return Err(Refusal::Ledger(LedgerRefusal::AccountTaken { reference }).into());
    }
    Ok(())
}

/// The stable name that is made of a name: capitals and digits, with `_` between the words.
pub fn stable_name_of(name: &str) -> String {
    let words = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(str::to_ascii_uppercase).collect::<Vec<_>>().join("_")
}

/// Decides to add a ledger account. It plays no part of its own: those are played since the book was opened.
pub fn add_account(snapshot: &Snapshot, new: &NewAccount) -> Result<Plan, Stop> {
    need_chart(snapshot)?;
    let mut planner = Planner::new(snapshot);
    let key = AccountKey(planner.counters.accounts.saturating_add(1));
    let made = || match stable_name_of(&new.name) {
        name if name.is_empty() => new.code.clone(),
        name => name,
    };
    let stable_name = new.stable_name.clone().unwrap_or_else(made);
    refuse_taken(snapshot, key, &new.code, &stable_name)?;
    refuse_namesake(snapshot, new)?;
    planner.put(LedgerAccount {
        key,
        code: new.code.clone(),
        stable_name,
        name: new.name.clone(),
        kind: new.kind,
        role: AccountRole::Ordinary,
        active: true,
    });
    Ok(planner.finish(EventKind::AccountAdded, account_ref(key)))
}

/// Decides to rename, renumber, retire or bring back a ledger account.
pub fn change_account(snapshot: &Snapshot, choice: &AccountChoice, change: &AccountChange) -> Result<Plan, Stop> {
    need_chart(snapshot)?;
    let found = match choice {
        AccountChoice::Key(key) => snapshot.tables().accounts.get(key),
        AccountChoice::StableName(name) => snapshot.tables().accounts.values().find(|a| a.stable_name == *name),
        AccountChoice::Role(role) => snapshot.tables().accounts.values().find(|a| a.role == *role),
    };
    let mut account = found.cloned().ok_or(Refusal::NotFound {
        kind: DocumentKind::Account,
    })?;
    if let Some(code) = &change.code {
        account.code.clone_from(code);
    }
    if let Some(name) = &change.name {
        account.name.clone_from(name);
    }
    refuse_taken(snapshot, account.key, &account.code, &account.stable_name)?;
    if account.active && change.active == Some(false) {
        refuse_used(snapshot, &account)?;
    }
    account.active = change.active.unwrap_or(account.active);
    let key = account.key;
    let mut planner = Planner::new(snapshot);
    planner.put(account);
    Ok(planner.finish(EventKind::AccountChanged, account_ref(key)))
}

fn need_chart(snapshot: &Snapshot) -> Result<(), Stop> {
    if snapshot.has(&Want::Chart) {
        Ok(())
    } else {
        Err(Stop::Missing(Want::Chart))
    }
}

fn refuse_used(snapshot: &Snapshot, account: &LedgerAccount) -> Result<(), Stop> {
    let key = BalanceKey::ever(account.key);
    if !snapshot.knows_balance(&key) {
        return Err(Stop::Missing(Want::Turnover(key)));
    }
    let turnover = snapshot.turnover(key);
    if account.role == AccountRole::Ordinary && turnover.is_zero() {
        return Ok(());
    }
    Err(Refusal::Ledger(LedgerRefusal::AccountInUse {
        role: account.role,
        debits: turnover.debits,
        credits: turnover.credits,
    })
    .into())
}

/// Refuses to post to accounts that were retired. A document may name one from before.
pub(crate) fn refuse_retired(snapshot: &Snapshot, accounts: impl IntoIterator<Item = AccountKey>) -> Result<(), Stop> {
    for key in accounts {
        if snapshot.account(key)?.is_some_and(|account| !account.active) {
            return Err(Refusal::Ledger(LedgerRefusal::AccountInactive { account: key }).into());
        }
    }
    Ok(())
}

/// One movement of a manual entry as a client gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The account.
    pub account: AccountChoice,
    /// The side.
    pub side: Side,
    /// More than zero.
    pub amount: Amount,
}

/// A manual entry as a client gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewManualEntry {
    /// Its id, drawn by the caller.
    pub id: DocumentId,
    /// The day it counts for.
    pub date: Date,
    /// Its movements: as much debited as credited.
    pub movements: Vec<Movement>,
    /// The id the client brought.
    pub external_id: Option<String>,
    /// Its texts.
    pub content: NewContent,
}

/// Decides to record an entry by hand.
pub fn record_manual_entry(snapshot: &Snapshot, moment: &Moment, new: NewManualEntry) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    refuse_external(snapshot, new.external_id.as_deref())?;
    if new.movements.len() > MOST_MOVEMENTS {
        return Err(Refusal::TooMany {
            most: MOST_MOVEMENTS,
            found: new.movements.len(),
        }
        .into());
    }
    let mut movements = Vec::with_capacity(new.movements.len());
    for movement in &new.movements {
        if !movement.amount.is_positive() {
            let amount = movement.amount;
            return Err(Refusal::AmountNotPositive { amount }.into());
        }
        let signed = match movement.side {
            Side::Debit => movement.amount,
            Side::Credit => movement.amount.negated(),
        };
        movements.push((chosen_account(snapshot, &movement.account)?, signed));
    }
    let sum = |side| Amount::sum(new.movements.iter().filter(|m| m.side == side).map(|m| m.amount));
    let (debits, credits) = (sum(Side::Debit), sum(Side::Credit));
    let (debits, credits) = debits.zip(credits).ok_or(Refusal::AmountTooLarge)?;
    if debits != credits || debits.is_zero() {
        return Err(Refusal::Ledger(LedgerRefusal::Unbalanced { debits, credits }).into());
    }
    let key = post_manual(&mut planner, moment, &new, EntryKind::Manual, &movements, None)?;
    planner.put(new.content.of(manual_ref(key)));
    Ok(planner.finish(EventKind::EntryRecorded, manual_ref(key)))
}

/// The document that a manual entry is: it has its entry's number.
pub fn manual_ref(key: EntryKey) -> DocumentRef {
    DocumentRef {
        kind: DocumentKind::ManualEntry,
        number: key.0,
    }
}

fn post_manual(
    planner: &mut Planner<'_>,
    moment: &Moment,
    new: &NewManualEntry,
    kind: EntryKind,
    movements: impl Into<Movements>,
    reverses: Option<EntryKey>,
) -> Result<EntryKey, Stop> {
    let own = manual_ref(EntryKey(planner.counters.entries.saturating_add(1)));
    let key = planner.post_some(new.date, kind, own, movements)?;
    planner.put(ManualEntry {
        key,
        id: new.id,
        external_id: new.external_id.clone(),
        reverses,
        reversed_by: None,
        created_at: moment.at,
        content: new.content.digest,
    });
    Ok(key)
}

fn refuse_external(snapshot: &Snapshot, external_id: Option<&str>) -> Result<(), Stop> {
    let kind = DocumentKind::ManualEntry;
    match external_id {
        Some(external_id) if snapshot.external_is_taken(kind, external_id)? => Err(Refusal::ExternalIdTaken {
            kind,
            external_id: external_id.to_owned(),
        }
        .into()),
        Some(_) | None => Ok(()),
    }
}

/// The manual entry of this name, or the refusal that says why there is none. A number is that of an entry: one that a document made
/// is refused with that document.
fn manual(snapshot: &Snapshot, named: &Named) -> Result<ManualEntry, Stop> {
    if let Some(found) = snapshot.manual_entry(named)? {
        return Ok(found.clone());
    }
    let documents = match named {
        Named::Key(number) => snapshot.tables().entries.get(&EntryKey(*number)),
        Named::Id(_) | Named::External(_) => None,
    };
    Err(match documents {
        Some(entry) => Refusal::Ledger(LedgerRefusal::BelongsToDocument {
            document: entry.document,
            kind: entry.kind,
        }),
        None => Refusal::NotFound {
            kind: DocumentKind::ManualEntry,
        },
    }
    .into())
}

/// Decides to reverse a manual entry: the opposite of it is posted, visibly, on `date`, or today. `new` names the reversal; its own
/// movements are not looked at. Both stay; an entry is reversed once.
pub fn reverse_entry(
    snapshot: &Snapshot,
    moment: &Moment,
    named: &Named,
    date: Option<Date>,
    new: NewManualEntry,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let mut reversed = manual(snapshot, named)?;
    if let Some(by) = reversed.reversed_by {
        return Err(Refusal::Ledger(LedgerRefusal::AlreadyReversed { by }).into());
    }
    refuse_external(snapshot, new.external_id.as_deref())?;
    let entry = snapshot.journal_entry(reversed.key)?;
    // A reversal never counts before what it reverses.
    let date = date.unwrap_or(moment.today).max(entry.entry().date);
    let new = NewManualEntry { date, ..new };
    refuse_retired(snapshot, entry.postings().iter().map(|posting| posting.account))?;
    let key = post_manual(
        &mut planner,
        moment,
        &new,
        EntryKind::Reversal,
        entry.mirrored(),
        Some(reversed.key),
    )?;
    reversed.reversed_by = Some(key);
    planner.put(reversed);
    planner.put(new.content.of(manual_ref(key)));
    Ok(planner.finish(EventKind::EntryReversed, manual_ref(key)))
}

/// Decides to delete a manual entry that was made by mistake: it leaves the live books, its texts leave the store. One that was
/// reversed stays; of a reversal only the reversing is undone.
pub fn delete_manual_entry(snapshot: &Snapshot, named: &Named) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let found = manual(snapshot, named)?;
    let entry = snapshot.journal_entry(found.key)?;
    let mut reasons = Vec::new();
    match planner.refuse_closed(entry.entry().date) {
        Err(Stop::Refused(refusals)) => reasons.extend(refusals.iter().cloned()),
        other => other?,
    }
    if let Some(by) = found.reversed_by {
        reasons.push(Refusal::Ledger(LedgerRefusal::AlreadyReversed { by }));
    }
    if let Some(refusals) = Refusals::of(reasons) {
        return Err(refusals.into());
    }
    if let Some(reversed) = found.reverses {
        let mut reversed = manual(snapshot, &Named::Key(reversed.0))?;
        reversed.reversed_by = None;
        planner.put(reversed);
    }
    withdraw_manual(&mut planner, &entry)?;
    Ok(planner.finish(EventKind::EntryDeleted, manual_ref(found.key)))
}

fn withdraw_manual(planner: &mut Planner<'_>, entry: &JournalEntry) -> Result<(), Stop> {
    let key = entry.entry().key;
    planner.withdraw(entry)?;
    planner.remove(RecordKey::Content(manual_ref(key)));
    planner.remove(RecordKey::ManualEntry(key));
    Ok(())
}
