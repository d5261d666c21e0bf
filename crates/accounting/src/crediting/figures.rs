//! What a credit note takes back: figures of an invoice as they were frozen at issue, or its own.
//!
//! An invoice's figures are parts: the net of each line less its share of the document's discount, each tax of each line, the tip,
//! the document's own taxes. A credit note of an amount takes the same fraction of every part that is left; what rounding leaves is
//! spread so that the parts add up to the amount and none goes below zero. So the taxes of all credit notes of an invoice never
//! come to more than its taxes, and the last one takes exactly the rest.

use crate::identity::{AccountKey, CreditNoteKey, DocumentKind, ProductKey};
use crate::invoice::{Invoice, LineItem, MOST_LINES, Standing, TaxShare};
use crate::issuing::{AccountChoice, chosen_account, discount_shares, merged, need, unknown};
use crate::money::Amount;
use crate::refusal::{Refusal, Stop};
use crate::settlement::CreditLine;
use crate::snapshot::{Named, Snapshot};

/// The standings of an invoice that was issued and is not void.
pub(super) const ISSUED: [Standing; 6] = [
    Standing::Open,
    Standing::PartPaid,
    Standing::Paid,
    Standing::PartWrittenOff,
    Standing::WrittenOff,
    Standing::Refunded,
];

/// How much of an invoice a credit note takes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All that can still be credited.
    Rest,
    /// So much with taxes, of everything on it alike.
    Amount(Amount),
    /// Of these lines, by their places from 1, so much with taxes, or all that is left of them. 0 is what belongs to the document
    /// as a whole: its tip and its own taxes.
    Lines(Vec<(i64, Option<Amount>)>),
}

/// A line of a free-standing credit note as a client gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCreditLine {
    /// The account that is debited; a product's own comes before the account of a role.
    pub account: AccountChoice,
    /// The product.
    pub product: Option<Named>,
    /// How much, without taxes.
    pub amount: Amount,
    /// Its taxes.
    pub taxes: Vec<(AccountChoice, Amount)>,
}

/// What lines come to, with taxes.
pub(super) fn total(lines: &[CreditLine]) -> Result<Amount, Stop> {
    let amounts = lines.iter().flat_map(|line| {
        let taxes = line.taxes.iter().map(|share| share.amount);
        std::iter::once(line.amount).chain(taxes)
    });
    Ok(Amount::sum(amounts).ok_or(Refusal::AmountTooLarge)?)
}

/// The movements of lines: revenue, taxes and tips are debited, customer credits credited.
pub(super) fn movements(lines: &[CreditLine], credits: AccountKey) -> Result<Vec<(AccountKey, Amount)>, Stop> {
    let nets = lines.iter().map(|line| (line.account, line.amount));
    let taxes = lines.iter().flat_map(|line| &line.taxes);
    let debits = nets.chain(taxes.map(|share| (share.account, share.amount)));
    Ok(merged((credits, total(lines)?.negated()), debits).ok_or(Refusal::AmountTooLarge)?)
}

/// What lines come to of taxes.
pub(super) fn tax(lines: &[CreditLine]) -> Result<Amount, Stop> {
    let shares = lines.iter().flat_map(|line| &line.taxes).map(|share| share.amount);
    Ok(Amount::sum(shares).ok_or(Refusal::AmountTooLarge)?)
}

/// The lines of a free-standing credit note.
pub(super) fn free(snapshot: &Snapshot, key: CreditNoteKey, new: &[NewCreditLine]) -> Result<Vec<CreditLine>, Stop> {
    if new.is_empty() {
        return Err(Refusal::NoLines.into());
    }
    if new.len() > MOST_LINES {
        let (most, found) = (MOST_LINES, new.len());
        return Err(Refusal::TooMany { most, found }.into());
    }
    let mut lines = Vec::with_capacity(new.len());
    for (place, line) in (1..).zip(new) {
        let product = match &line.product {
            Some(named) => {
                let found = snapshot.product(named)?;
                Some(found.ok_or_else(|| unknown(DocumentKind::Product, named))?)
            }
            None => None,
        };
        let account = match (product, &line.account) {
            (Some(product), AccountChoice::Role(_)) => AccountChoice::Key(product.account),
            (Some(_) | None, named) => named.clone(),
        };
        let account = chosen_account(snapshot, &account)?;
        let share = |(choice, amount): &(AccountChoice, Amount)| {
            Ok(TaxShare {
                account: chosen_account(snapshot, choice)?,
                amount: *amount,
            })
        };
        lines.push(CreditLine {
            credit_note: key,
            place,
            line: None,
            account,
            product: product.map(|product| product.key),
            amount: line.amount,
            taxes: line.taxes.iter().map(share).collect::<Result<_, Stop>>()?,
        });
    }
    Ok(lines)
}

/// What is left of one line of an invoice.
struct Left {
    place: i64,
    account: AccountKey,
    product: Option<ProductKey>,
    net: Amount,
    taxes: Vec<TaxShare>,
}

impl Left {
    fn parts(&self) -> impl Iterator<Item = Amount> + '_ {
        std::iter::once(self.net).chain(self.taxes.iter().map(|share| share.amount))
    }

    fn total(&self) -> Result<Amount, Stop> {
        Ok(Amount::sum(self.parts()).ok_or(Refusal::AmountTooLarge)?)
    }

    fn take(&mut self, line: &CreditLine) -> Option<()> {
        self.net = self.net.minus(line.amount)?;
        for (left, taken) in self.taxes.iter_mut().zip(&line.taxes) {
            left.amount = left.amount.minus(taken.amount)?;
        }
        Some(())
    }
}

/// The lines of a credit note that takes figures of an invoice back.
pub(super) fn of_invoice(
    snapshot: &Snapshot,
    key: CreditNoteKey,
    invoice: &Invoice,
    extent: &Extent,
) -> Result<Vec<CreditLine>, Stop> {
    need(invoice, &ISSUED)?;
    let left = left_of(snapshot, invoice)?;
    let creditable = creditable(snapshot, invoice)?;
    let lines = match extent {
        Extent::Rest => {
            let asked = invoice.total;
            if !creditable.is_positive() {
                return Err(Refusal::OverCredit { creditable, asked }.into());
            }
            taken(key, &left.iter().collect::<Vec<_>>(), creditable)?
        }
        Extent::Amount(asked) => {
            let asked = *asked;
            if !asked.is_positive() {
                return Err(Refusal::AmountNotPositive { amount: asked }.into());
            }
            if asked > creditable {
                return Err(Refusal::OverCredit { creditable, asked }.into());
            }
            taken(key, &left.iter().collect::<Vec<_>>(), asked)?
        }
        Extent::Lines(chosen) => of_lines(key, &left, chosen)?,
    };
    let asked = total(&lines)?;
    if asked > creditable {
        return Err(Refusal::OverCredit { creditable, asked }.into());
    }
    Ok((1..)
        .zip(lines)
        .map(|(place, line)| CreditLine { place, ..line })
        .collect())
}

fn of_lines(key: CreditNoteKey, left: &[Left], chosen: &[(i64, Option<Amount>)]) -> Result<Vec<CreditLine>, Stop> {
    if chosen.is_empty() {
        return Err(Refusal::NoLines.into());
    }
    let mut lines = Vec::new();
    for (at, (place, asked)) in chosen.iter().enumerate() {
        let again = chosen[..at].iter().any(|(known, _)| known == place);
        let of_line = left.iter().find(|line| line.place == *place && !again);
        let of_line = of_line.ok_or_else(|| Refusal::UnknownReference {
            kind: DocumentKind::Line,
            reference: place.to_string(),
        })?;
        let creditable = of_line.total()?;
        let asked = asked.unwrap_or(creditable);
        if asked.is_zero() || asked.is_negative() != creditable.is_negative() {
            return Err(Refusal::AmountNotPositive { amount: asked }.into());
        }
        if asked.minor().abs() > creditable.minor().abs() {
            return Err(Refusal::OverCredit { creditable, asked }.into());
        }
        lines.extend(taken(key, &[of_line], asked)?);
    }
    Ok(lines)
}

/// Refuses lines that would take back more of an invoice than is left of it.
pub(super) fn refuse_beyond(snapshot: &Snapshot, invoice: &Invoice, lines: &[CreditLine]) -> Result<(), Stop> {
    let (creditable, asked) = (creditable(snapshot, invoice)?, total(lines)?);
    let over = Refusal::OverCredit { creditable, asked };
    if asked > creditable {
        return Err(over.into());
    }
    let mut left = left_of(snapshot, invoice)?;
    for line in lines {
        let Some(known) = left.iter_mut().find(|known| line.line == Some(known.place)) else {
            return Err(over.into());
        };
        let accounts = |shares: &[TaxShare]| shares.iter().map(|share| share.account).collect::<Vec<_>>();
        if (known.account, accounts(&known.taxes)) != (line.account, accounts(&line.taxes)) {
            return Err(over.into());
        }
        let before: Vec<Amount> = known.parts().collect();
        known.take(line).ok_or(Refusal::AmountTooLarge)?;
        let passed = |(before, after): (&Amount, Amount)| {
            !after.is_zero() && (before.is_zero() || before.is_negative() != after.is_negative())
        };
        if before.iter().zip(known.parts()).any(passed) {
            return Err(over.into());
        }
    }
    Ok(())
}

/// What can still be credited of an invoice: what it came to, less what credit notes took back and what was given back or up.
fn creditable(snapshot: &Snapshot, invoice: &Invoice) -> Result<Amount, Stop> {
    let gone = credited_of(snapshot, invoice)?.plus(invoice.refunded);
    let gone = gone.and_then(|sum| sum.plus(invoice.written_off));
    let left = gone.and_then(|gone| invoice.total.minus(gone));
    Ok(left.ok_or(Refusal::AmountTooLarge)?)
}

/// What credit notes took back of an invoice.
fn credited_of(snapshot: &Snapshot, invoice: &Invoice) -> Result<Amount, Stop> {
    let notes = super::credited(snapshot, invoice.key)?;
    let sum = Amount::sum(notes.into_iter().map(|(_, amount)| amount));
    Ok(sum.ok_or(Refusal::AmountTooLarge)?)
}

/// Why lines that were taken from an invoice once can be taken again no longer: other credit notes took so much of it meanwhile. What
/// was given back or up since does not matter, as it did not while the credit note was there.
pub(super) fn taken_meanwhile(
    snapshot: &Snapshot,
    invoice: &Invoice,
    lines: &[CreditLine],
) -> Result<Option<Refusal>, Stop> {
    let credited = credited_of(snapshot, invoice)?;
    let creditable = invoice.total.minus(credited).ok_or(Refusal::AmountTooLarge)?;
    let (asked, left) = (total(lines)?, left_of(snapshot, invoice)?);
    let mut fits = asked <= creditable;
    for line in lines {
        let asked = total(std::slice::from_ref(line))?;
        let known = left.iter().find(|known| line.line == Some(known.place));
        let left = known.map_or(Ok(Amount::ZERO), Left::total)?;
        fits &= asked.minor().abs() <= left.minor().abs();
    }
    Ok((!fits).then_some(Refusal::OverCredit { creditable, asked }))
}

/// What credit notes have left of each line of an invoice, in order of place; the document's own last.
fn left_of(snapshot: &Snapshot, invoice: &Invoice) -> Result<Vec<Left>, Stop> {
    let stored = snapshot
        .tables()
        .lines
        .range((invoice.key, i64::MIN)..=(invoice.key, i64::MAX));
    let stored: Vec<&LineItem> = stored.map(|(_, line)| line.as_ref()).collect();
    let own: Vec<&LineItem> = stored.iter().filter(|line| line.place > 0).copied().collect();
    let shares = discount_shares(invoice.document_discount, &own).ok_or(Refusal::AmountTooLarge)?;
    let nets = own
        .iter()
        .zip(shares)
        .map(|(line, share)| (*line, line.net().minus(share)));
    let document = stored
        .iter()
        .filter(|line| line.place == 0)
        .map(|line| (*line, Some(line.subtotal)));
    let mut left = Vec::with_capacity(stored.len());
    for (line, net) in nets.chain(document) {
        left.push(Left {
            place: line.place,
            account: line.account,
            product: line.product,
            net: net.ok_or(Refusal::AmountTooLarge)?,
            taxes: line.taxes.clone(),
        });
    }
    for (note, _) in super::credited(snapshot, invoice.key)? {
        for line in snapshot.credit_lines(note) {
            if let Some(known) = left.iter_mut().find(|known| line.line == Some(known.place)) {
                known.take(line).ok_or(Refusal::AmountTooLarge)?;
            }
        }
    }
    Ok(left)
}

/// Takes an amount from what is left, of every part the same fraction.
fn taken(key: CreditNoteKey, left: &[&Left], amount: Amount) -> Result<Vec<CreditLine>, Stop> {
    let parts: Vec<i64> = left.iter().flat_map(|line| line.parts()).map(Amount::minor).collect();
    let shares = spread(amount.minor(), &parts).ok_or(Refusal::OverCredit {
        creditable: Amount::ZERO,
        asked: amount,
    })?;
    let mut shares = shares
        .into_iter()
        .map(|share| Amount::new(share).ok_or(Refusal::AmountTooLarge));
    let mut next = || shares.next().unwrap_or(Ok(Amount::ZERO));
    let mut lines = Vec::with_capacity(left.len());
    for line in left {
        let amount = next()?;
        let mut taxes = line.taxes.clone();
        for share in &mut taxes {
            share.amount = next()?;
        }
        if amount.is_zero() && taxes.iter().all(|share| share.amount.is_zero()) {
            continue;
        }
        lines.push(CreditLine {
            credit_note: key,
            place: 0,
            line: Some(line.place),
            account: line.account,
            product: line.product,
            amount,
            taxes,
        });
    }
    Ok(lines)
}

/// Splits an amount in proportion to parts: each share lies within one of its exact value, and they add up. `None` where the
/// parts add up to nothing.
fn spread(amount: i64, parts: &[i64]) -> Option<Vec<i64>> {
    let all: i128 = parts.iter().map(|part| i128::from(*part)).sum();
    if all == 0 {
        return None;
    }
    let (mut sum, mut given) = (0_i128, 0_i128);
    let share = |part: &i64| {
        sum += i128::from(*part);
        let until = (i128::from(amount) * sum).div_euclid(all);
        let share = until - given;
        given = until;
        i64::try_from(share).ok()
    };
    parts.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn shares_add_up_and_none_passes_its_part() {
        for parts in [
            &[10_000, 825, 175][..],
            &[1, 1, 1],
            &[0, 7, 0],
            &[333, 0, 1, 12],
            &[5_000, -500, 450],
        ] {
            let all: i64 = parts.iter().sum();
            for amount in 1..=all.min(2_000) {
                let shares = spread(amount, parts).unwrap();
                assert_eq!(shares.iter().sum::<i64>(), amount);
                for (share, part) in shares.iter().zip(parts) {
                    assert!(share.abs() <= part.abs(), "{amount} of {parts:?}: {shares:?}");
                }
            }
            assert_eq!(spread(all, parts).unwrap(), parts);
        }
        assert_eq!(spread(5, &[0, 0]), None);
    }
}
