//! Random changes of the chart, entries by hand, money that arrives, and lists of the journal.

use jiff::civil::{Date, date};
use quittance_accounting::account::{AccountKind, Side};
use quittance_accounting::arriving::{Confirmation, Voucher, begin_payment, confirm_payment, fail_payment};
use quittance_accounting::identity::{AccountKey, BookKey, CustomerKey, DocumentKind, EntryKey};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::journal::EntryKind;
use quittance_accounting::ledger::{
    AccountChange, Movement, NewAccount, NewManualEntry, add_account, change_account, delete_manual_entry,
    record_manual_entry, reverse_entry,
};
use quittance_accounting::money::Amount;
use quittance_accounting::settlement::Method;
use quittance_accounting::snapshot::Named;
use quittance_store::Reader;
use quittance_store::listing::{AccountQuery, CustomerOfEntry, EntryPlace, EntryQuery, PostingPlace};

use crate::chance::Chance;
use crate::commands::{Commands, texts};
use crate::twins::{Command, id, now};

fn entry(commands: &mut Commands) -> NewManualEntry {
    let n = commands.fresh();
    let external_id = commands.external();
    let chance = &mut commands.chance;
    let accounts = [1, 2, 8, 9, 11, 18];
    let mut movement = |side, amount| Movement {
        account: AccountChoice::Key(AccountKey(chance.pick(&accounts))),
        side,
        amount: Amount::new(amount).unwrap(),
    };
    let movements = vec![
        movement(Side::Debit, 700),
        movement(Side::Credit, 500),
        movement(Side::Credit, 200),
    ];
    NewManualEntry {
        id: id(n),
        date: date(2026, 5, 1 + chance.below(20) as i8),
        movements,
        external_id,
        content: texts(n),
    }
}

/// Something about the chart or an entry that no document makes.
pub fn command(commands: &mut Commands) -> Command {
    let n = commands.fresh();
    let named = match commands.chance.below(3) {
        0 => Named::External(format!("ext {}", commands.chance.below(12))),
        _ => Named::Key(commands.chance.below(60)),
    };
    let code = format!("7{:03}", commands.chance.below(9));
    let (invoice, units) = (commands.invoice(), commands.chance.below(9_000) + 1);
    let part = commands.chance.maybe(2, |_| Amount::new(units).unwrap());
    match commands.chance.below(13) {
        9 => Box::new(move |s, m, _| begin_payment(s, m, &invoice, part)),
        10 => Box::new(move |s, m, _| fail_payment(s, m, &invoice, part)),
        11 | 12 => {
            let fact = Confirmation {
                currency: None,
                rate: None,
                id: id(n),
                invoice,
                amount: Amount::new(units).unwrap(),
                value_date: date(2026, 2, 20),
                paid_at: jiff::Timestamp::UNIX_EPOCH,
                method: Method::Card,
                voucher: Voucher::Bank,
                external_id: commands.external(),
                content: texts(n),
            };
            Box::new(move |s, m, _| confirm_payment(s, m, fact.clone()))
        }
        0 => {
            let new = NewAccount {
                code,
                stable_name: None,
                name: format!("Account {n}"),
                kind: commands.chance.pick(&AccountKind::ALL).0,
                namesakes: None,
            };
            Box::new(move |s, _, _| add_account(s, &new))
        }
        1 | 2 => {
            let account = AccountChoice::Key(AccountKey(commands.chance.below(18)));
            let change = AccountChange {
                code: commands.chance.maybe(2, |_| code),
                name: commands.chance.maybe(2, |_| format!("Name {n}")),
                active: commands.chance.maybe(2, |chance| chance.once_in(2)),
            };
            Box::new(move |s, _, _| change_account(s, &account, &change))
        }
        3 => {
            let new = entry(commands);
            Box::new(move |s, m, _| reverse_entry(s, m, &named, None, new.clone()))
        }
        4 => Box::new(move |s, _, _| delete_manual_entry(s, &named)),
        _ => {
            let new = entry(commands);
            Box::new(move |s, m, _| record_manual_entry(s, m, new.clone()))
        }
    }
}

/// Asks for random pages of the journal.
pub fn compare(book: BookKey, chance: &mut Chance, [a, b]: [&Reader<'_>; 2]) {
    let day = |chance: &mut Chance| -> Date { date(2026, 3 + chance.below(4) as i8, 1 + chance.below(20) as i8) };
    for _ in 0..8 {
        let kind = |chance: &mut Chance| chance.pick(&EntryKind::ALL).0;
        let query = EntryQuery {
            kinds: chance.maybe(2, |chance| (0..chance.below(4)).map(|_| kind(chance)).collect()),
            date: (chance.maybe(3, day), chance.maybe(3, day)),
            by_date: chance.once_in(2),
            descending: chance.once_in(2),
            after: chance.maybe(3, |chance| EntryPlace {
                date: day(chance),
                key: EntryKey(chance.below(60)),
            }),
            offset: chance.pick(&[0, 0, 3, -1]),
            limit: chance.pick(&[1_000, 5, 0, -1]),
            documents: chance.maybe(6, |chance| chance.pick(&DocumentKind::ALL).0),
            customer: chance.maybe(4, |chance| CustomerOfEntry {
                key: CustomerKey(1 + chance.below(4)),
                named: "Text 1".to_owned(),
            }),
        };
        let answer = |reader: &Reader<'_>| now(reader.entries(book, &query)).unwrap();
        assert_eq!(answer(a), answer(b), "{query:?}");
        let count = |reader: &Reader<'_>| now(reader.count_entries(book, &query)).unwrap();
        assert_eq!(count(a), count(b), "{query:?}");
        let query = AccountQuery {
            account: AccountKey(chance.below(18)),
            date: query.date,
            descending: query.descending,
            after: query.after.map(|after| PostingPlace {
                date: after.date,
                entry: after.key,
                place: 1,
            }),
            offset: query.offset,
            limit: query.limit,
        };
        let answer = |reader: &Reader<'_>| now(reader.postings_of(book, &query)).unwrap();
        assert_eq!(answer(a), answer(b), "{query:?}");
    }
}
