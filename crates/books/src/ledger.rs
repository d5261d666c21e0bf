//! The ledger: its chart of accounts, entries that no document made, and what stands on an account.

use std::collections::BTreeMap;

use jiff::civil::Date;
use quittance_accounting::account::LedgerAccount;
use quittance_accounting::identity::{AccountKey, BookKey, DocumentKind, EntryKey};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::journal::{Entry, JournalEntry, Posting};
use quittance_accounting::ledger::{AccountChange, NewAccount};
use quittance_accounting::refusal::Flaw;
use quittance_accounting::snapshot::{Named, Want};
use quittance_store::listing::{AccountQuery, EntryQuery};

use crate::access::Verb;
use crate::books::Books;
use crate::command::Command;
use crate::counts::Counted;
use crate::extract;
use crate::failure::Failure;
use crate::input::{Context, EntryInput, IdempotencyKey, ReversalInput};
use crate::queries::gathered;
use crate::view::EntryView;
use crate::write::Done;

/// A posting of an account, with the head of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountPosting {
    /// The posting.
    pub posting: Posting,
    /// Its entry.
    pub entry: Entry,
}

impl Books {
    /// Adds a ledger account.
    pub async fn add_account(&self, context: &Context, new: NewAccount) -> Result<LedgerAccount, Failure> {
        account_of(&self.act(context, Verb::Post, Command::AddAccount(new)).await?)
    }

    /// Renames, renumbers, retires or brings back a ledger account.
    pub async fn change_account(
        &self,
        context: &Context,
        account: AccountChoice,
        change: AccountChange,
    ) -> Result<LedgerAccount, Failure> {
        let command = Command::ChangeAccount { account, change };
        account_of(&self.act(context, Verb::Post, command).await?)
    }

    /// Records an entry by hand. With a key, a repeat of the same request answers the same entry as it is now.
    pub async fn record_entry(
        &self,
        context: &Context,
        input: EntryInput,
        key: Option<IdempotencyKey>,
    ) -> Result<EntryView, Failure> {
        let content = self.seal(&input.content)?;
        let id = self.draw_id();
        let command = Command::RecordEntry {
            id,
            input: Box::new(input),
            content,
        };
        entry_of(&self.send(context, Verb::Post, command, key, false).await?)
    }

    /// Reverses a manual entry and answers the reversal. A number names any entry; that of a document's entry is refused.
    pub async fn reverse_entry(
        &self,
        context: &Context,
        named: Named,
        input: ReversalInput,
    ) -> Result<EntryView, Failure> {
        let content = self.seal(&input.content)?;
        let id = self.draw_id();
        let command = Command::ReverseEntry {
            named,
            id,
            input: Box::new(input),
            content,
        };
        entry_of(&self.act(context, Verb::Post, command).await?)
    }

    /// Deletes a manual entry that was made by mistake.
    pub async fn delete_entry(&self, context: &Context, named: Named) -> Result<(), Failure> {
        let command = Command::DeleteEntry { named };
        self.act(context, Verb::Post, command).await.map(|_| ())
    }

    /// An entry: by number any, by id or external id one that was recorded by hand.
    pub async fn entry(&self, book: BookKey, named: &Named) -> Result<Option<EntryView>, Failure> {
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::ManualEntry(named.clone())]).await?;
        let manual = snapshot.manual_entry(named).ok().flatten().map(|manual| manual.key);
        let key = match (manual, named) {
            (Some(key), _) => key,
            (None, Named::Key(number)) => EntryKey(*number),
            (None, Named::Id(_) | Named::External(_)) => return Ok(None),
        };
        if !snapshot.tables().entries.contains_key(&key) {
            return Ok(None);
        }
        extract::entry(&snapshot, key).map(Some)
    }

    /// The days that entries are dated, of those that are there.
    pub async fn entry_days(&self, book: BookKey, keys: &[EntryKey]) -> Result<BTreeMap<EntryKey, Date>, Failure> {
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let reader = self.store.reader().await?;
        let wants: Vec<Want> = keys.iter().map(|key| Want::Entry(*key)).collect();
        let snapshot = gathered(&reader, book, &wants).await?;
        let entries = &snapshot.tables().entries;
        let day = |key: &EntryKey| entries.get(key).map(|entry| (*key, entry.date));
        Ok(keys.iter().filter_map(day).collect())
    }

    /// A page of journal entries, in order of number.
    pub async fn entries(&self, book: BookKey, query: &EntryQuery) -> Result<Vec<EntryView>, Failure> {
        let reader = self.store.reader().await?;
        let found = reader.entries(book, query).await?;
        let by_hand = found
            .iter()
            .filter(|(entry, _)| entry.document.kind == DocumentKind::ManualEntry);
        let wants: Vec<Want> = by_hand
            .map(|(entry, _)| Want::ManualEntry(Named::Key(entry.key.0)))
            .collect();
        let snapshot = gathered(&reader, book, &wants).await?;
        let view = |(entry, postings): (Entry, Vec<Posting>)| {
            let key = entry.key;
            let whole = JournalEntry::assemble(entry, postings);
            let whole = whole.map_err(|error| Failure::Flawed(Flaw::BadEntry(key, error)))?;
            Ok(extract::entry_view(&snapshot, whole))
        };
        found.into_iter().map(view).collect()
    }

    /// How many journal entries match, whatever the page.
    pub async fn count_entries(&self, book: BookKey, query: &EntryQuery) -> Result<i64, Failure> {
        let reader = self.store.reader().await?;
        let (known, counted) = self.counted(&reader, book, Some(Counted::entries(query))).await?;
        let made = match known {
            Some(_) => None,
            None => Some(reader.count_entries(book, query).await?),
        };
        let count = self.remember_count(book, known, counted, made);
        Ok(count.unwrap_or_default())
    }

    /// A page of the postings of an account, in order of date; `None` when the book has no such account.
    pub async fn postings_of(
        &self,
        book: BookKey,
        query: &AccountQuery,
    ) -> Result<Option<Vec<AccountPosting>>, Failure> {
        let reader = self.store.reader().await?;
        let chart = gathered(&reader, book, &[Want::Chart]).await?;
        if !chart.tables().accounts.contains_key(&query.account) {
            return Ok(None);
        }
        let found = reader.postings_of(book, query).await?;
        let shown = found
            .into_iter()
            .map(|(posting, entry)| AccountPosting { posting, entry });
        Ok(Some(shown.collect()))
    }
}

pub(crate) fn account_of(done: &Done) -> Result<LedgerAccount, Failure> {
    let view = done.view.as_ref().ok_or(Failure::Unavailable)?;
    view.account(AccountKey(done.subject.number))
        .cloned()
        .ok_or(Failure::Unavailable)
}

pub(crate) fn entry_of(done: &Done) -> Result<EntryView, Failure> {
    extract::entry(&done.extract.snapshot(), EntryKey(done.subject.number))
}
