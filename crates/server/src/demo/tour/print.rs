//! The tour on a terminal of 80 columns.

use quittance_accounting::account::{AccountRole, Side};
use quittance_accounting::identity::AccountKey;
use quittance_accounting::journal::EntryKind;
use quittance_books::queries::{DeletionEntry, TrialLine};
use quittance_books::view::BookView;
use rust_decimal::Decimal;

use super::Call;
use crate::demo::client::Answer;

/// How wide a terminal is taken to be.
const COLUMNS: usize = 80;

/// Cuts a text to a width, with a sign that something is missing.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(2)).chain("..".chars()).collect()
}

fn money(minor: i64) -> String {
    let text = Decimal::new(minor, 2).to_string();
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, "00"));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{cents}")
}

/// A dialect's heading.
pub(super) fn heading(name: &str, rule: &str) {
    println!("\n{}", "=".repeat(COLUMNS));
    println!("{}", cut(&format!("{name}: {rule}"), COLUMNS));
    println!("{}", "=".repeat(COLUMNS));
}

/// One call on the way, on one line.
pub(super) fn step(call: &Call, answer: &Answer) {
    let request = cut(&format!("{} {}", call.method, call.target), COLUMNS - 6);
    println!("  {request:<width$} {}", answer.status, width = COLUMNS - 6);
}

/// A delete: the request line whole, the status and the first lines of the body.
pub(super) fn answer(call: &Call, answer: &Answer) {
    println!();
    let request: Vec<char> = format!("{} {}", call.method, call.target).chars().collect();
    for (i, part) in request.chunks(COLUMNS - 2).enumerate() {
        println!("{} {}", if i == 0 { ">" } else { " " }, part.iter().collect::<String>());
    }
    let reason = if answer.body.is_empty() { " (no body)" } else { "" };
    println!("< {}{reason}", answer.status);
    let body: Vec<char> = answer.body.chars().collect();
    let shown: Vec<&[char]> = body.chunks(COLUMNS - 2).take(3).collect();
    for line in &shown {
        println!("  {}", line.iter().collect::<String>());
    }
    if body.len() > shown.iter().map(|line| line.len()).sum() {
        println!("  .. {} characters in all", body.len());
    }
}

fn name(view: &BookView, account: AccountKey) -> String {
    view.account(account)
        .map_or_else(String::new, |account| format!("{} {}", account.code, account.name))
}

/// What a delete did to the ledger.
pub(super) fn effect(entry: &DeletionEntry, view: &BookView) {
    let receipt = &entry.receipt;
    if receipt.withdrawn.is_empty() {
        println!("  ledger: nothing was posted, so nothing was withdrawn");
    }
    for withdrawn in &receipt.withdrawn {
        let head = withdrawn.entry();
        let kind = EntryKind::ALL
            .iter()
            .find(|(kind, _)| *kind == head.kind)
            .map_or("", |(_, word)| word);
        println!("  withdrawn: entry {} of {}, {kind}", head.key.0, head.date);
        for posting in withdrawn.postings() {
            let (debit, credit) = match posting.side {
                Side::Debit => (money(posting.amount.minor()), String::new()),
                Side::Credit => (String::new(), money(posting.amount.minor())),
            };
            println!(
                "    {:<40}{debit:>16}{credit:>16}",
                cut(&name(view, posting.account), 40)
            );
        }
    }
    for payment in &receipt.payments {
        let left = money(payment.amount_after.minor());
        println!(
            "  payment {}: {} of it settled the invoice, {left} is left",
            payment.payment.0,
            money(payment.allocated.minor())
        );
    }
    if let Some((number, _)) = &receipt.register {
        println!("  number {number} is marked deleted in the register");
    }
}

/// The accounts that moved, before and after a delete; the receivables even when they did not.
pub(super) fn balances(before: &[TrialLine], after: &[TrialLine]) {
    println!("  {:<42}{:>16}{:>16}", "balances", "before", "after");
    for (was, is) in before.iter().zip(after) {
        if was.turnover != is.turnover || was.account.role == AccountRole::Receivable {
            let name = cut(&format!("{} {}", was.account.code, was.account.name), 40);
            println!(
                "    {name:<40}{:>16}{:>16}",
                money(was.turnover.net()),
                money(is.turnover.net())
            );
        }
    }
}

/// Where the log has the delete: the first part of the hash is enough for eyes, the header carries all of it.
pub(super) fn receipt(entry: &DeletionEntry) {
    println!("  receipt {}", cut(&entry.seal.to_string(), COLUMNS - 10));
}

/// The trial balance after the tour.
pub(super) fn trial_balance(lines: &[TrialLine]) {
    println!("\n{}", "-".repeat(COLUMNS));
    println!("{:<44}{:>17}{:>17}", "trial balance after all of it", "debit", "credit");
    let (mut debits, mut credits) = (0, 0);
    for line in lines.iter().filter(|line| line.turnover.net() != 0) {
        let net = line.turnover.net();
        let (debit, credit) = if net > 0 {
            (money(net), String::new())
        } else {
            (String::new(), money(-net))
        };
        if net > 0 {
            debits += net
        } else {
            credits -= net
        }
        let name = cut(&format!("{} {}", line.account.code, line.account.name), 44);
        println!("{name:<44}{debit:>17}{credit:>17}");
    }
    let verdict = if debits == credits {
        "it balances"
    } else {
        "IT DOES NOT BALANCE"
    };
    println!("{verdict:<44}{:>17}{:>17}", money(debits), money(credits));
}
