//! Every interleaving of delete, void, pay, provider confirmation, refund, write-off, hold and close, over the decisions themselves.
//!
//! Two invoices, and one client per command of a short list; each sends its command once, at any time. A command is atomic: the head's
//! lock orders them. Two states are the same when they differ in nothing but the numbers of entries and payments and the instants of
//! changes, so the states are bounded by the subsets of the list times what an order can leave behind: some ten thousand per rules.
//! Absent: histories of many commands (`laws.rs`), and gathering, which `laws.rs` and the engines' tests prove.

#[cfg(test)]
mod model;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::hash::{Hash, Hasher};

    use jiff::civil::{Date, date};
    use quittance_accounting::account::AccountRole;
    use quittance_accounting::arriving::{Confirmation, Voucher, begin_payment, confirm_payment, fail_payment};
    use quittance_accounting::deletion::{delete_invoice, restore_invoice};
    use quittance_accounting::identity::InvoiceKey;
    use quittance_accounting::invoice::{Invoice, Standing};
    use quittance_accounting::issuing::{Hold, create_invoice, hold_invoice};
    use quittance_accounting::journal::JournalEntry;
    use quittance_accounting::money::Currency;
    use quittance_accounting::periods::close_period;
    use quittance_accounting::plan::{Moment, Plan};
    use quittance_accounting::refunding::record_refund;
    use quittance_accounting::refusal::{Refusal, Stop};
    use quittance_accounting::rules::{Attached, Rules};
    use quittance_accounting::settlement::{Method, Witness};
    use quittance_accounting::settling::{Part, record_payment};
    use quittance_accounting::snapshot::{Named, Snapshot};
    use quittance_accounting::voiding::void_invoice;
    use quittance_accounting::writing_off::write_off;
    use stateright::{Checker, Model as _, Property};

    use crate::model::*;

    const TOTAL: i64 = 1_000;
    const FACT: i64 = 700;
    const PAID_ON: Date = date(2026, 5, 20);

    /// What one client does, once.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    enum Deed {
        Begin,
        Fail,
        Confirm,
        PayByHand,
        PayBothThroughABank,
        Refund,
        WriteOff,
        Void,
        Delete,
        DeleteOther,
        Restore,
        Close,
        Hold,
        Release,
    }

    impl Deed {
        const FACTS: [Deed; 1] = [Deed::Confirm];

        fn decide(self, rules: &Rules, snapshot: &Snapshot, moment: &Moment) -> Result<Plan, Stop> {
            let (a, b) = (named(1), named(2));
            match self {
                Deed::Begin => begin_payment(snapshot, moment, &a, Some(minor(FACT))),
                Deed::Fail => fail_payment(snapshot, moment, &a, None),
                Deed::Confirm => confirm_payment(snapshot, moment, fact()),
                Deed::PayByHand => {
                    let mut new = payment(11, vec![(a, Part::Exactly(minor(400)))]);
                    new.paid_on = PAID_ON;
                    record_payment(snapshot, moment, rules, new)
                }
                Deed::PayBothThroughABank => {
                    let parts = vec![(a, Part::Exactly(minor(300))), (b, Part::Exactly(minor(200)))];
                    let mut new = payment(12, parts);
                    (new.paid_on, new.witness) = (PAID_ON, Witness::Bank);
                    record_payment(snapshot, moment, rules, new)
                }
                Deed::Refund => {
                    let mut new = new_refund(21, a, Some(minor(100)));
                    new.on = PAID_ON;
                    record_refund(snapshot, moment, new)
                }
                Deed::WriteOff => {
                    let mut new = new_write_off(31, a, Some(minor(50)));
                    new.on = PAID_ON;
                    write_off(snapshot, moment, new)
                }
                Deed::Void => void_invoice(snapshot, moment, rules, &a, Some(date(2026, 6, 2))),
                Deed::Delete => delete_invoice(snapshot, moment, rules, &a, 1),
                Deed::DeleteOther => delete_invoice(snapshot, moment, rules, &b, 1),
                Deed::Restore => restore_invoice(snapshot, &a),
                Deed::Hold => hold_invoice(snapshot, moment, &a, Hold::Until(TODAY), false),
                Deed::Release => hold_invoice(snapshot, moment, &a, Hold::Released, false),
                Deed::Close => close_period(snapshot, moment, date(2026, 5, 31), 1),
            }
        }
    }

    fn fact() -> Confirmation {
        Confirmation {
            currency: None,
            rate: None,
            id: id(13),
            invoice: named(1),
            amount: minor(FACT),
            value_date: PAID_ON,
            paid_at: "2026-05-20T08:00:00Z".parse().unwrap(),
            method: Method::Card,
            voucher: Voucher::Provider,
            external_id: None,
            content: texts(13),
        }
    }

    /// What of a state counts: two orders that leave the same behind are the same state.
    type Face = (
        BTreeSet<Deed>,
        BTreeSet<Deed>,
        Vec<String>,
        Vec<String>,
        Vec<String>,
        Vec<String>,
    );

    #[derive(Clone, Debug)]
    struct State {
        snapshot: Snapshot,
        sent: BTreeSet<Deed>,
        accepted: BTreeSet<Deed>,
        /// What was done although it never may be.
        wrong: Vec<String>,
        face: Face,
    }

    impl State {
        fn new(snapshot: Snapshot, sent: BTreeSet<Deed>, accepted: BTreeSet<Deed>, wrong: Vec<String>) -> State {
            let tables = snapshot.tables();
            let invoice = |invoice: &Invoice| {
                let settled = [invoice.paid, invoice.refunded, invoice.written_off, invoice.pending];
                format!(
                    "{:?} {:?} {settled:?} {:?}",
                    invoice.key,
                    invoice.standing(),
                    invoice.held_until
                )
            };
            let mut documents: Vec<String> = tables.invoices.values().map(|found| invoice(found)).collect();
            documents.extend(tables.payments.values().map(|payment| {
                let amounts = [payment.amount, payment.unallocated, payment.refunded];
                format!("{:?} {amounts:?} {:?}", payment.id, payment.meant_for)
            }));
            let of = |key| tables.payments.get(&key).map(|payment| payment.id);
            let live = tables.allocations.values();
            let mut parts: Vec<String> = live
                .map(|part| format!("{:?} {:?} {:?}", of(part.payment), part.invoice, part.amount))
                .collect();
            let former = tables.former_allocations.values();
            parts.extend(former.map(|part| format!("{:?} was {:?} {:?}", of(part.payment), part.invoice, part.amount)));
            parts.sort();
            let head = |entry| tables.entries.get(&entry).map(|entry| (entry.kind, entry.invoice));
            let mut postings: Vec<String> = tables
                .postings
                .values()
                .map(|p| {
                    format!(
                        "{:?} {:?} {:?} {:?} {:?}",
                        head(p.entry),
                        p.account,
                        p.date,
                        p.side,
                        p.amount
                    )
                })
                .collect();
            postings.sort();
            let closed = snapshot.settings().unwrap().closed_through;
            let mut rest = vec![format!("{closed:?}")];
            rest.extend(
                tables
                    .tombstones
                    .values()
                    .map(|stone| format!("{:?} {}", stone.document, stone.removed.len())),
            );
            let face = (sent.clone(), accepted.clone(), documents, parts, postings, rest);
            State {
                snapshot,
                sent,
                accepted,
                wrong,
                face,
            }
        }

        fn balance(&self, role: AccountRole) -> i64 {
            let account = self.snapshot.account_of(role).unwrap();
            let postings = self.snapshot.tables().postings.values();
            postings.filter(|posting| posting.account == account).map(signed).sum()
        }

        fn has(&self, deed: Deed) -> bool {
            self.accepted.contains(&deed)
        }
    }

    impl Hash for State {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.face.hash(state);
            self.wrong.hash(state);
        }
    }

    impl PartialEq for State {
        fn eq(&self, other: &State) -> bool {
            (&self.face, &self.wrong) == (&other.face, &other.wrong)
        }
    }

    /// The clients of one dialect, over two issued invoices.
    #[derive(Clone)]
    struct Clients {
        rules: Rules,
        deeds: Vec<Deed>,
    }

    impl Clients {
        fn of(rules: Rules, deeds: &[Deed]) -> Clients {
            Clients {
                rules,
                deeds: deeds.to_vec(),
            }
        }
    }

    impl stateright::Model for Clients {
        type State = State;
        type Action = Deed;

        fn init_states(&self) -> Vec<State> {
            let mut model = Model::new(Currency::USD);
            for n in 1..=2 {
                let new = invoice(n, true, vec![line("SALES", TOTAL)]);
                model
                    .run(|s, m| create_invoice(s, m, &self.rules, new.clone()))
                    .unwrap();
            }
            vec![State::new(model.snapshot, BTreeSet::new(), BTreeSet::new(), Vec::new())]
        }

        fn actions(&self, state: &State, actions: &mut Vec<Deed>) {
            actions.extend(self.deeds.iter().filter(|deed| !state.sent.contains(*deed)));
        }

        fn next_state(&self, last: &State, deed: Deed) -> Option<State> {
            let moment = Moment {
                at: "2026-06-15T12:00:00Z".parse().unwrap(),
                today: TODAY,
            };
            let (mut sent, mut accepted, mut wrong) = (last.sent.clone(), last.accepted.clone(), last.wrong.clone());
            sent.insert(deed);
            let mut snapshot = last.snapshot.clone();
            match deed.decide(&self.rules, &snapshot, &moment) {
                Ok(plan) => {
                    wrong.extend(never_allowed(deed, &self.rules, &snapshot));
                    wrong.extend(plan.check(&snapshot).err().map(|stop| format!("{deed:?}: {stop:?}")));
                    snapshot.apply(&plan.changes);
                    snapshot.settle();
                    accepted.insert(deed);
                }
                Err(Stop::Refused(refusals)) => {
                    if Deed::FACTS.contains(&deed) {
                        wrong.push(format!("a fact was refused: {:?}", refusals.first()));
                    }
                    if let (Deed::PayByHand, Refusal::NotFound { .. }) = (deed, refusals.first()) {
                        wrong.push("a deleted invoice is not known any more".to_owned());
                    }
                }
                Err(stop) => wrong.push(format!("{deed:?}: {stop:?}")),
            }
            Some(State::new(snapshot, sent, accepted, wrong))
        }

        fn properties(&self) -> Vec<Property<Self>> {
            vec![
                Property::always("nothing is done that never may be", |_, state: &State| {
                    state.wrong.is_empty()
                }),
                Property::always("every entry balances", |_, state: &State| {
                    every_entry_balances(&state.snapshot)
                }),
                Property::always("the receivable is the sum of open balances", receivable_is_what_is_open),
                Property::always(
                    "unapplied is the sum of what is unallocated",
                    unapplied_is_what_is_unallocated,
                ),
                Property::always("no money is lost", no_money_is_lost),
                Property::always("nothing hangs on what is gone", nothing_hangs_on_what_is_gone),
                Property::always("where payments forbid a delete, one of them wins", one_wins),
                Property::sometimes("money comes for a deleted invoice", |_, state: &State| {
                    state
                        .snapshot
                        .tables()
                        .payments
                        .values()
                        .any(|payment| payment.meant_for.is_some())
                        && !state.snapshot.tables().invoices.contains_key(&InvoiceKey(1))
                }),
                Property::sometimes("everything was sent", |clients: &Clients, state: &State| {
                    state.sent.len() == clients.deeds.len()
                }),
                Property::sometimes("the invoice is void", |_, state: &State| {
                    standing(state) == Some(Standing::Void)
                }),
            ]
        }
    }

    fn standing(state: &State) -> Option<Standing> {
        let found = state.snapshot.tables().invoices.get(&InvoiceKey(1));
        found.map(|invoice| invoice.standing())
    }

    /// What no rules may allow: a delete of what is being paid, or of an entry in a closed period; any posting there.
    fn never_allowed(deed: Deed, rules: &Rules, before: &Snapshot) -> Option<String> {
        let number = match deed {
            Deed::Delete => 1,
            Deed::DeleteOther => 2,
            _ => return None,
        };
        let invoice = before.invoice(&Named::Key(number)).unwrap().unwrap();
        if invoice.pending.is_positive() {
            return Some("deleted while it was being paid".to_owned());
        }
        if invoice.held_until.is_some_and(|day| TODAY <= day) {
            return Some("deleted while it was on hold".to_owned());
        }
        let closed = before.settings().unwrap().closed_through;
        let own = |entry: &&quittance_accounting::journal::Entry| entry.invoice == Some(invoice.key);
        let earliest = before
            .tables()
            .entries
            .values()
            .filter(own)
            .map(|entry| entry.date)
            .min();
        if let (Some(closed), Some(earliest)) = (closed, earliest)
            && earliest <= closed
        {
            return Some(format!("deleted an entry of {earliest}, closed through {closed}"));
        }
        let settled = before.allocations(invoice.key).count();
        (rules.deletion.payments == Attached::MustBeNone && settled > 0).then(|| "deleted with its payments".to_owned())
    }

    fn every_entry_balances(snapshot: &Snapshot) -> bool {
        let tables = snapshot.tables();
        tables.entries.iter().all(|(key, entry)| {
            let own = tables.postings.range((*key, i64::MIN)..=(*key, i64::MAX));
            JournalEntry::assemble(*entry, own.map(|(_, posting)| *posting).collect()).is_ok()
        })
    }

    fn receivable_is_what_is_open(_: &Clients, state: &State) -> bool {
        let open = state
            .snapshot
            .tables()
            .invoices
            .values()
            .map(|invoice| invoice.open().minor());
        state.balance(AccountRole::Receivable) == open.sum::<i64>()
    }

    fn unapplied_is_what_is_unallocated(_: &Clients, state: &State) -> bool {
        let payments = state.snapshot.tables().payments.values();
        let unallocated = payments.map(|payment| payment.unallocated.minor());
        state.balance(AccountRole::UnappliedPayments) == -unallocated.sum::<i64>()
    }

    /// What came and was not given back stands where money arrives; what a bank or a provider vouches for is there to the cent.
    fn no_money_is_lost(_: &Clients, state: &State) -> bool {
        let tables = state.snapshot.tables();
        let came: i64 = tables.payments.values().map(|payment| payment.amount.minor()).sum();
        let back: i64 = tables.refunds.values().map(|refund| refund.amount.minor()).sum();
        let parts: BTreeMap<_, i64> = tables.allocations.values().fold(BTreeMap::new(), |mut sums, part| {
            *sums.entry(part.payment).or_default() += part.amount.minor();
            sums
        });
        let adds_up = tables.payments.values().all(|payment| {
            let applied = parts.get(&payment.key).copied().unwrap_or_default();
            payment.amount.minor() == applied + payment.unallocated.minor() + payment.refunded.minor()
        });
        let vouched = |deed, n, units| {
            let found = tables.payments.values().find(|payment| payment.id == id(n));
            !state.has(deed) || found.is_some_and(|payment| payment.amount.minor() == units)
        };
        state.balance(AccountRole::Clearing) == came - back
            && adds_up
            && vouched(Deed::Confirm, 13, FACT)
            && vouched(Deed::PayBothThroughABank, 12, 500)
    }

    fn nothing_hangs_on_what_is_gone(_: &Clients, state: &State) -> bool {
        let tables = state.snapshot.tables();
        let live = |key: &InvoiceKey| tables.invoices.contains_key(key);
        tables.allocations.values().all(|part| live(&part.invoice))
            && tables
                .refunds
                .values()
                .filter_map(|refund| refund.invoice)
                .all(|key| live(&key))
            && tables.write_offs.values().all(|known| live(&known.invoice))
            && tables.lines.keys().all(|(invoice, _)| live(invoice))
            && tables
                .entries
                .values()
                .filter_map(|entry| entry.invoice)
                .all(|key| live(&key))
    }

    /// Under rules that guard, an invoice that was deleted had no payment by hand on it, unless a void had set that free before.
    fn one_wins(clients: &Clients, state: &State) -> bool {
        let guards = clients.rules.deletion.payments == Attached::MustBeNone;
        let both = state.has(Deed::Delete) && state.has(Deed::PayByHand);
        !(guards && both) || state.has(Deed::Void) || state.has(Deed::Restore)
    }

    fn check(rules: Rules, deeds: &[Deed]) {
        let checker = Clients::of(rules, deeds).checker().threads(2).spawn_bfs().join();
        println!("{}: {} states", rules.dialect, checker.unique_state_count());
        checker.assert_properties();
        assert!(checker.unique_state_count() > 500, "{}", checker.unique_state_count());
        assert!(
            checker.unique_state_count() < 60_000,
            "{}",
            checker.unique_state_count()
        );
    }

    const RACES: [Deed; 9] = [
        Deed::Begin,
        Deed::Confirm,
        Deed::PayByHand,
        Deed::PayBothThroughABank,
        Deed::Refund,
        Deed::Void,
        Deed::Delete,
        Deed::DeleteOther,
        Deed::Close,
    ];

    #[test]
    fn every_order_where_a_delete_takes_payments_along() {
        check(CAMPFIRE, &RACES);
    }

    #[test]
    fn every_order_where_payments_forbid_a_delete() {
        check(LAYER, &RACES);
    }

    #[test]
    fn every_order_with_holds_and_facts() {
        let deeds = [
            Deed::Hold,
            Deed::Release,
            Deed::Confirm,
            Deed::PayByHand,
            Deed::Refund,
            Deed::Void,
            Deed::Delete,
            Deed::Restore,
            Deed::Close,
        ];
        for rules in [CAMPFIRE, LAYER] {
            check(rules, &deeds);
        }
    }

    #[test]
    fn every_order_with_failures_write_offs_and_restores() {
        let deeds = [
            Deed::Begin,
            Deed::Fail,
            Deed::Confirm,
            Deed::PayByHand,
            Deed::WriteOff,
            Deed::Void,
            Deed::Delete,
            Deed::Restore,
            Deed::Close,
        ];
        check(LAYER, &deeds);
    }
}
