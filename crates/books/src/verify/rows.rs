//! Comparing what a store holds with what a replay of the log comes to: live rows, texts, kept figures, and the sums that must
//! agree whatever the log says.

use std::collections::{BTreeMap, HashSet};

use quittance_accounting::account::{AccountRole, Side};
use quittance_accounting::content::{Digest, Fate};
use quittance_accounting::exchange::Valued;
use quittance_accounting::identity::{BookKey, DocumentKind, DocumentRef, EntryKey};
use quittance_accounting::journal::JournalEntry;
use quittance_accounting::kept::{BalanceKey, Deltas, Grain, Tally, TallyKey, Turnover};
use quittance_accounting::ledger::manual_ref;
use quittance_accounting::money::Currency;
use quittance_accounting::record::{Record, RecordKey, Tables};
use quittance_store::Reader;
use quittance_store::field;
use quittance_store::tables::{TABLES, cells_of, key_cells, table_of, table_of_key};

use super::flaw::{ColumnDiffers, RowFlaw};
use super::{Found, corrupt};
use crate::content::digest;
use crate::failure::Failure;

/// The table whose rows are texts, which the log does not hold.
const TEXTS: &str = "content";

/// A replayed book beside the store that it is compared with.
pub(super) struct Comparison<'a> {
    pub(super) reader: &'a Reader<'a>,
    pub(super) book: BookKey,
    /// What the log says is live.
    pub(super) tables: &'a Tables,
    /// Digests of the texts of deleted documents, as they were recorded.
    pub(super) buried: &'a BTreeMap<DocumentRef, Digest>,
}

/// What one pass over the replayed records comes to.
#[derive(Default)]
struct Recount {
    rows: BTreeMap<&'static str, usize>,
    kept: Deltas,
}

impl Comparison<'_> {
    /// Compares everything; hands out how many rows it looked at.
    pub(super) async fn run(&self, found: &mut Found) -> Result<i64, Failure> {
        let mut recount = Recount::default();
        for record in self.tables.iter() {
            *recount.rows.entry(table_of(&record).name).or_default() += 1;
            recount.kept.replace(None, Some(&record));
        }
        let mut looked_at = 0;
        for table in TABLES {
            looked_at += if table.name == TEXTS {
                self.texts(found).await?
            } else {
                let expected = recount.rows.get(table.name).copied().unwrap_or_default();
                self.table(table.name, expected, found).await?
            };
        }
        looked_at += self.balances(&recount.kept.balances, found).await?;
        looked_at += self.tallies(&recount.kept.tallies, found).await?;
        self.entries(found);
        self.control_accounts(&recount.kept.balances, found);
        Ok(looked_at)
    }

    /// Compares the rows of a live table, in order of key, those that cannot be read first.
    async fn table(&self, name: &'static str, expected: usize, found: &mut Found) -> Result<i64, Failure> {
        let rows = self.reader.scan(self.book, name).await?;
        let looked_at = rows.len() as i64;
        let mut known: HashSet<RecordKey> = HashSet::new();
        let mut unreadable: HashSet<String> = HashSet::new();
        let mut flaws: Vec<(RecordKey, RowFlaw)> = Vec::new();
        for row in rows {
            let record = match row {
                Ok(record) => record,
                Err(error) => {
                    let flaw = corrupt(error)?;
                    if let RowFlaw::RowCorrupt { key, .. } = &flaw {
                        unreadable.insert(key.clone());
                    }
                    found.add(flaw);
                    continue;
                }
            };
            let key = record.key();
            match self.tables.get(&key) {
                None => {
                    let extra = RowFlaw::RowExtra {
                        table: name,
                        key: key_text(&key),
                    };
                    flaws.push((key, extra));
                }
                Some(expected) => {
                    if expected != record {
                        flaws.push((key.clone(), differs(&expected, &record)));
                    }
                    known.insert(key);
                }
            }
        }
        if known.len() < expected {
            for record in self.tables.iter().filter(|record| table_of(record).name == name) {
                let key = record.key();
                if !known.contains(&key) && !unreadable.contains(&key_text(&key)) {
                    let missing = RowFlaw::RowMissing {
                        table: name,
                        key: key_text(&key),
                    };
                    flaws.push((key, missing));
                }
            }
        }
        flaws.sort_by(|(a, _), (b, _)| a.cmp(b));
        flaws.into_iter().for_each(|(_, flaw)| found.add(flaw));
        Ok(looked_at)
    }

    /// Compares the digests of the texts that are there with those that were recorded.
    async fn texts(&self, found: &mut Found) -> Result<i64, Failure> {
        let mut expected = self.expected_texts();
        let rows = self.reader.scan(self.book, TEXTS).await?;
        let looked_at = rows.len() as i64;
        for row in rows {
            match row {
                Ok(Record::Content(content)) => {
                    let document = content.document;
                    let here = digest(&content.salt, &content.body);
                    match expected.remove(&document) {
                        None => found.add(RowFlaw::ContentExtra { document }),
                        Some(digest) if digest != here => found.add(RowFlaw::ContentDiffers {
                            document,
                            expected: digest,
                            found: here,
                        }),
                        Some(_) => {}
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    let mut flaw = corrupt(error)?;
                    if let RowFlaw::RowCorrupt { key, found: text, .. } = &mut flaw {
                        text.clear();
                        expected.retain(|document, _| key_text(&RecordKey::Content(*document)) != *key);
                    }
                    found.add(flaw);
                }
            }
        }
        for document in expected.into_keys() {
            found.add(RowFlaw::ContentMissing { document });
        }
        Ok(looked_at)
    }

    /// Every document whose texts must be there: the live ones, and the deleted ones whose tombstone keeps them.
    fn expected_texts(&self) -> BTreeMap<DocumentRef, Digest> {
        let tables = self.tables;
        let mut expected: BTreeMap<DocumentRef, Digest> = BTreeMap::new();
        expected.extend(tables.customers.values().map(|r| (r.key.into(), r.content)));
        expected.extend(tables.products.values().map(|r| (r.key.into(), r.content)));
        expected.extend(tables.invoices.values().map(|r| (r.key.into(), r.content)));
        expected.extend(tables.payments.values().map(|r| (r.document(), r.content)));
        expected.extend(tables.resources.values().map(|r| (r.key.into(), r.content)));
        expected.extend(tables.refunds.values().map(|r| (r.key.into(), r.content)));
        expected.extend(tables.write_offs.values().map(|r| (r.key.into(), r.content)));
        expected.extend(tables.manual_entries.values().map(|r| (manual_ref(r.key), r.content)));
        for stone in tables.tombstones.values() {
            match stone.fate {
                Fate::Kept | Fate::RetainedUntil(_) => {
                    let digest = self.buried.get(&stone.document).copied().unwrap_or_default();
                    expected.insert(stone.document, digest);
                    expected.extend(stone.removed.iter().filter_map(texts_kept));
                }
                Fate::Leaving | Fate::Erased(_) => {}
            }
        }
        let requests = tables.idempotency.values();
        let kept = requests.filter(|r| !has_texts(r.subject.kind) || expected.contains_key(&r.subject));
        let kept: Vec<(DocumentRef, Digest)> = kept.map(|r| (r.texts(), r.request)).collect();
        expected.extend(kept);
        expected
    }

    async fn balances(&self, recount: &BTreeMap<BalanceKey, Turnover>, found: &mut Found) -> Result<i64, Failure> {
        let kept = match self.reader.balances(self.book).await {
            Ok(kept) => kept,
            Err(error) => {
                found.add(corrupt(error)?);
                return Ok(0);
            }
        };
        let looked_at = kept.len() as i64;
        for (key, expected, kept) in beside(recount, kept.into_iter().collect()) {
            if expected != kept {
                found.add(RowFlaw::BalanceDiffers {
                    key,
                    expected,
                    found: kept,
                });
            }
        }
        Ok(looked_at)
    }

    async fn tallies(&self, recount: &BTreeMap<TallyKey, Tally>, found: &mut Found) -> Result<i64, Failure> {
        let kept = match self.reader.tallies(self.book).await {
            Ok(kept) => kept,
            Err(error) => {
                found.add(corrupt(error)?);
                return Ok(0);
            }
        };
        let looked_at = kept.len() as i64;
        for (key, expected, kept) in beside(recount, kept.into_iter().collect()) {
            if expected != kept {
                found.add(RowFlaw::TallyDiffers {
                    key,
                    expected,
                    found: kept,
                });
            }
        }
        Ok(looked_at)
    }

    /// Checks that every entry is whole and balances, and that no posting stands outside of one.
    fn entries(&self, found: &mut Found) {
        let postings = &self.tables.postings;
        for (key, entry) in &self.tables.entries {
            let own = postings.range((*key, i64::MIN)..=(*key, i64::MAX));
            let own = own.map(|(_, posting)| *posting).collect();
            if let Err(error) = JournalEntry::assemble(*entry, own) {
                found.add(RowFlaw::EntryFlawed { entry: *key, error });
            }
        }
        let mut last: Option<EntryKey> = None;
        for (entry, _) in postings.keys() {
            if last != Some(*entry) && !self.tables.entries.contains_key(entry) {
                found.add(RowFlaw::PostingStray { entry: *entry });
            }
            last = Some(*entry);
        }
    }

    /// Checks receivables against open invoices, unapplied payments and customer credits against what payments and credit notes have
    /// left: in the book's currency, and in every other that documents are in.
    fn control_accounts(&self, balances: &BTreeMap<BalanceKey, Turnover>, found: &mut Found) {
        let tables = self.tables;
        let open = tables
            .invoices
            .values()
            .map(|invoice| (invoice.foreign(), invoice.open_valued()));
        let left = |role: AccountRole| {
            let payments = tables.payments.values();
            let payments = payments.filter(|payment| payment.witness.control() == role);
            by_currency(payments.map(|payment| (payment.foreign(), payment.unapplied_valued())))
        };
        for (role, side, documents) in [
            (AccountRole::Receivable, Side::Debit, by_currency(open)),
            (
                AccountRole::UnappliedPayments,
                Side::Credit,
                left(AccountRole::UnappliedPayments),
            ),
            (
                AccountRole::CustomerCredits,
                Side::Credit,
                left(AccountRole::CustomerCredits),
            ),
        ] {
            let of_role = |key: &BalanceKey| {
                tables
                    .accounts
                    .get(&key.account)
                    .is_some_and(|known| known.role == role)
            };
            let mut sums: BTreeMap<Option<Currency>, i64> = BTreeMap::new();
            for (key, sum) in balances
                .iter()
                .filter(|(key, _)| key.grain == Grain::Ever && of_role(key))
            {
                let net = if side == Side::Debit { sum.net() } else { -sum.net() };
                *sums.entry(key.currency).or_default() += net;
            }
            for (currency, documents, account) in beside(&documents, sums) {
                if account != documents {
                    found.add(RowFlaw::ControlDiffers {
                        role,
                        currency,
                        account,
                        documents,
                    });
                }
            }
        }
    }
}

/// What documents come to by currency, and all of them in the book's.
fn by_currency(documents: impl Iterator<Item = (Option<Currency>, Valued)>) -> BTreeMap<Option<Currency>, i64> {
    let mut sums = BTreeMap::new();
    for (currency, sum) in documents {
        *sums.entry(None).or_default() += sum.booked.minor();
        if currency.is_some() {
            *sums.entry(currency).or_default() += sum.amount.minor();
        }
    }
    sums
}

/// The texts of a record that a tombstone keeps, besides those of the document itself.
fn texts_kept(record: &Record) -> Option<(DocumentRef, Digest)> {
    match record {
        Record::WriteOff(write_off) => Some((write_off.key.into(), write_off.content)),
        Record::Refund(refund) => Some((refund.key.into(), refund.content)),
        // Those of a credit note are the document's own.
        Record::Payment(payment) if payment.witness.is_money() => Some((payment.key.into(), payment.content)),
        _ => None,
    }
}

/// Whether documents of this kind have texts; the salts of requests leave with those.
fn has_texts(kind: DocumentKind) -> bool {
    match kind {
        DocumentKind::Customer
        | DocumentKind::Product
        | DocumentKind::Invoice
        | DocumentKind::Payment
        | DocumentKind::Refund
        | DocumentKind::WriteOff
        | DocumentKind::CreditNote
        | DocumentKind::Resource
        | DocumentKind::ManualEntry => true,
        DocumentKind::Book
        | DocumentKind::Account
        | DocumentKind::Line
        | DocumentKind::Token
        | DocumentKind::Request => false,
    }
}

/// Every key of either with what both have under it, in order; nothing counts as zero.
fn beside<K: Ord + Copy, V: Copy + Default>(recount: &BTreeMap<K, V>, mut kept: BTreeMap<K, V>) -> Vec<(K, V, V)> {
    for key in recount.keys() {
        kept.entry(*key).or_default();
    }
    kept.into_iter()
        .map(|(key, kept)| (key, recount.get(&key).copied().unwrap_or_default(), kept))
        .collect()
}

/// A key as rows that cannot be read are named, too.
fn key_text(key: &RecordKey) -> String {
    field::key_text(&key_cells(key))
}

fn differs(expected: &Record, found: &Record) -> RowFlaw {
    let key = expected.key();
    let table = table_of_key(&key);
    let (expected, found) = (cells_of(expected), cells_of(found));
    let columns = table
        .columns
        .iter()
        .zip(expected.iter().zip(&found))
        .filter(|(_, (expected, found))| expected != found)
        .map(|(column, (expected, found))| ColumnDiffers {
            column,
            expected: expected.to_string(),
            found: found.to_string(),
        });
    RowFlaw::RowDiffers {
        table: table.name,
        key: key_text(&key),
        columns: columns.collect(),
    }
}
