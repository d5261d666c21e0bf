//! Holds `deletion_table.txt`, the deletion policy as an accountant reads it, against the decisions.
//!
//! Every combination of state, settlement, period, block and rules is built with the real decisions (but for a payment in
//! progress, which only a provider can start) and must be covered by exactly one row, with its outcome. Absent: whole histories
//! (`laws.rs`).

#[cfg(test)]
mod model;

#[cfg(test)]
mod table {
    use crate::model::*;
    use jiff::civil::date;
    use quittance_accounting::account::AccountRole;
    use quittance_accounting::allocating::unallocate_payment;
    use quittance_accounting::book::NumberState;
    use quittance_accounting::content::Fate;
    use quittance_accounting::crediting::{Applying, issue_credit_note};
    use quittance_accounting::deletion::delete_invoice;
    use quittance_accounting::exchange::Rate;
    use quittance_accounting::invoice::Standing;
    use quittance_accounting::issuing::{Hold, create_invoice, hold_invoice};
    use quittance_accounting::journal::{EntryKind, JournalEntry};
    use quittance_accounting::money::{Amount, Currency};
    use quittance_accounting::payment_changes::void_payment;
    use quittance_accounting::periods::close_period;
    use quittance_accounting::plan::{Plan, Receipt};
    use quittance_accounting::record::{Change, Record};
    use quittance_accounting::refunding::record_refund;
    use quittance_accounting::refusal::Stop;
    use quittance_accounting::rules::Rules;
    use quittance_accounting::settlement::Witness;
    use quittance_accounting::settling::{Part, record_payment};
    use quittance_accounting::voiding::void_invoice;
    use quittance_accounting::writing_off::write_off;

    const STATES: [&str; 4] = ["draft", "issued", "void-from-draft", "void-from-issued"];
    const SETTLEMENTS: [&str; 12] = [
        "none",
        "part",
        "full",
        "gain",
        "shared",
        "witnessed",
        "refund",
        "write-off",
        "freed",
        "payment-void",
        "credited",
        "credit",
    ];
    const PERIODS: [&str; 3] = ["open", "issue-closed", "closed"];
    const BLOCKS: [&str; 4] = ["none", "hold", "handed-over", "pending"];
    const COLUMNS: usize = 10;

    type Outcome = [String; 5];

    /// Five words that name a combination, in the order of the columns.
    type Case<'a> = [&'a str; 5];

    fn plain(outcome: String) -> Outcome {
        let none = || "-".to_owned();
        [outcome, none(), none(), none(), none()]
    }

    fn words(stop: Stop) -> String {
        let word = |refusal| {
            let text = format!("{refusal:?}");
            text.split(' ').next().unwrap_or_default().to_owned()
        };
        refusals(stop).iter().map(word).collect::<Vec<_>>().join(", ")
    }

    /// A book with invoice 1 (100.00) in this state and settlement, and what stands in the way of getting there.
    fn book(state: &str, settlement: &str, rules: &Rules) -> Result<Model, String> {
        let mut model = Model::new(Currency::USD);
        let mut settings = model.snapshot.settings().unwrap().clone();
        settings.retention_days = 30;
        model.snapshot.apply(&[Change::Put(Record::from(settings))]);
        let issued = matches!(state, "issued" | "void-from-issued");
        let mut new = invoice(1, issued, vec![line("SALES", 10_000)]);
        if settlement == "gain" {
            // Euros, that were paid at more than they were invoiced at.
            (new.currency, new.rate) = (Currency::parse("EUR").unwrap(), Rate::new(1.into()));
        }
        let other = invoice(2, true, vec![line("SERVICES", 9_000)]);
        for new in [new, other] {
            model
                .run(|snapshot, moment| create_invoice(snapshot, moment, rules, new.clone()))
                .unwrap();
        }
        if state == "void-from-draft" {
            void(&mut model)?;
        }
        settle(&mut model, settlement)?;
        if state == "void-from-issued" {
            void(&mut model)?;
        }
        let expected_draft = state == "draft";
        let is_draft = model.invoice(&named(1)).unwrap().standing() == Standing::Draft;
        if expected_draft == is_draft {
            Ok(model)
        } else {
            Err("paying issues it".to_owned())
        }
    }

    fn void(model: &mut Model) -> Result<(), String> {
        let day = Some(date(2026, 6, 1));
        let plan = model.run(|snapshot, moment| void_invoice(snapshot, moment, &NATIVE, &named(1), day));
        plan.map(|_| ()).map_err(|stop| format!("void refuses {}", words(stop)))
    }

    fn settle(model: &mut Model, settlement: &str) -> Result<(), String> {
        let part = |n, units| (named(n), Part::Exactly(minor(units)));
        let parts = match settlement {
            "none" | "write-off" | "credited" | "credit" => vec![],
            "part" => vec![part(1, 4_000)],
            "shared" => vec![part(1, 6_000), part(2, 9_000)],
            _ => vec![part(1, 10_000)],
        };
        let mut new = payment(11, parts);
        if settlement == "witnessed" {
            new.witness = Witness::Bank;
        }
        if settlement == "gain" {
            new.rate = Rate::new(2.into());
        }
        if !new.parts.is_empty() {
            let plan = model.run(|snapshot, moment| record_payment(snapshot, moment, &NATIVE, new.clone()));
            plan.map_err(|stop| format!("payment refuses {}", words(stop)))?;
        }
        let after = date(2026, 5, 23);
        if settlement == "freed" {
            let plan = model.run(|snapshot, moment| unallocate_payment(snapshot, moment, &named(11), &named(1), after));
            plan.map_err(|stop| format!("freeing refuses {}", words(stop)))?;
        }
        if settlement == "payment-void" {
            let plan = model.run(|snapshot, moment| void_payment(snapshot, moment, &named(11), after));
            plan.map_err(|stop| format!("voiding refuses {}", words(stop)))?;
        }
        if settlement == "credited" {
            let new = credit_note(31, rest_of(named(1)));
            let plan = model.run(|snapshot, moment| issue_credit_note(snapshot, moment, &NATIVE, new.clone()));
            plan.map_err(|stop| format!("credit note refuses {}", words(stop)))?;
        }
        if settlement == "credit" {
            let mut new = credit_note(31, free_credit(4_000));
            new.applying = Applying::To(vec![(named(1), Part::WhatIsOpen)]);
            let plan = model.run(|snapshot, moment| issue_credit_note(snapshot, moment, &NATIVE, new.clone()));
            plan.map_err(|stop| format!("credit note refuses {}", words(stop)))?;
        }
        if settlement == "refund" {
            let new = new_refund(21, named(1), Some(minor(3_000)));
            let plan = model.run(|snapshot, moment| record_refund(snapshot, moment, new.clone()));
            plan.map_err(|stop| format!("refund refuses {}", words(stop)))?;
        }
        if settlement == "write-off" {
            let new = new_write_off(21, named(1), Some(minor(2_500)));
            let plan = model.run(|snapshot, moment| write_off(snapshot, moment, new.clone()));
            plan.map_err(|stop| format!("write-off refuses {}", words(stop)))?;
        }
        Ok(())
    }

    fn block(model: &mut Model, block: &str) {
        if block == "pending" {
            let mut invoice = model.invoice(&named(1)).unwrap();
            invoice.pending = minor(1_000);
            model.snapshot.apply(&[Change::Put(invoice.into())]);
        } else if block != "none" {
            let until = (block == "hold").then_some(date(2026, 6, 30));
            let handed_over = block == "handed-over";
            model
                .run(|snapshot, moment| {
                    hold_invoice(
                        snapshot,
                        moment,
                        &named(1),
                        until.map_or(Hold::Released, Hold::Until),
                        handed_over,
                    )
                })
                .unwrap();
        }
    }

    fn close(model: &mut Model, period: &str) {
        let through = match period {
            "issue-closed" => date(2026, 5, 15),
            "closed" => date(2026, 6, 10),
            _ => return,
        };
        model
            .run(|snapshot, moment| close_period(snapshot, moment, through, 1))
            .unwrap();
    }

    /// What happens when invoice 1 is deleted in this combination.
    fn outcome(case: Case<'_>) -> Outcome {
        let [state, settlement, period, blocked, dialect] = case;
        let rules = ALL_RULES.iter().find(|rules| rules.dialect == dialect).unwrap();
        let mut model = match book(state, settlement, rules) {
            Ok(model) => model,
            Err(reason) => return plain(format!("unreachable: {reason}")),
        };
        block(&mut model, blocked);
        close(&mut model, period);
        let seq = model.seq + 1;
        match model.run(|snapshot, moment| delete_invoice(snapshot, moment, rules, &named(1), seq)) {
            Ok(plan) => deleted(&model, rules, &plan),
            Err(stop) => plain(format!("refused: {}", words(stop))),
        }
    }

    fn deleted(model: &Model, rules: &Rules, plan: &Plan) -> Outcome {
        let receipt: &Receipt = plan.receipt.as_ref().unwrap();
        let entry = |kind| match kind {
            EntryKind::Issue => "issue",
            EntryKind::Void => "void",
            EntryKind::Allocation => "applied",
            EntryKind::Refund => "refund",
            EntryKind::Payout => "paid out",
            EntryKind::WriteOff => "write-off",
            EntryKind::Unallocation => "freed",
            EntryKind::PaymentVoid => "mirrored",
            EntryKind::Receipt
            | EntryKind::CreditNote
            | EntryKind::CreditVoid
            | EntryKind::Manual
            | EntryKind::Reversal => "another document's entry",
        };
        let mut goes: Vec<&str> = receipt
            .withdrawn
            .iter()
            .map(|withdrawn| entry(withdrawn.entry().kind))
            .collect();
        if receipt.payments.iter().any(|payment| payment.amount_after.is_zero()) {
            goes.push("payment");
        }
        let exchanged = model.snapshot.account_of(AccountRole::ExchangeDifferences).unwrap();
        let mut postings = receipt.withdrawn.iter().flat_map(JournalEntry::postings);
        if postings.any(|posting| posting.account == exchanged) {
            goes.push("gain");
        }
        let major = |amount: Amount| amount.in_major_units(Currency::USD);
        let payments = model.snapshot.tables().payments.values();
        let stays = payments.map(|payment| {
            let (all, free) = (major(payment.amount), major(payment.unallocated));
            match payment.witness {
                Witness::Credit => format!("credit {all}, left {free}"),
                Witness::Hand | Witness::Bank | Witness::Provider => format!("payment {all}, unapplied {free}"),
            }
        });
        let texts = match (receipt.fate, rules.deletion.readable_by_id) {
            (Fate::Leaving, false) => "erased",
            (Fate::RetainedUntil(_), false) => "retained, then erased",
            (Fate::Kept, true) => "kept, read by id",
            (Fate::Kept, false) => "kept, unknown",
            _ => "another fate",
        };
        let number = match receipt.register {
            Some((_, NumberState::Deleted)) => "deleted",
            Some(_) => "another state",
            None => "-",
        };
        let or_none = |words: Vec<String>| {
            if words.is_empty() {
                "-".to_owned()
            } else {
                words.join(" + ")
            }
        };
        [
            "deleted".to_owned(),
            or_none(goes.into_iter().map(str::to_owned).collect()),
            or_none(stays.collect()),
            texts.to_owned(),
            number.to_owned(),
        ]
    }

    struct Row {
        line: usize,
        cells: Vec<&'static str>,
    }

    impl Row {
        fn covers(&self, case: Case<'_>) -> bool {
            let matches = |(cell, word): (&&str, &str)| *cell == "*" || cell.split(' ').any(|choice| choice == word);
            self.cells[..5].iter().zip(case).all(matches)
        }

        /// The outcome that the row promises. A block adds its own reason before those that hold without it.
        fn promises(&self, case: Case<'_>) -> Outcome {
            let cells: Vec<String> = self.cells[5..].iter().map(|cell| (*cell).to_owned()).collect();
            let mut promised: Outcome = cells.try_into().unwrap();
            if let Some(own) = promised[0].strip_suffix(", then as without the block") {
                let [state, settlement, period, _, rules] = case;
                let [without, ..] = outcome([state, settlement, period, "none", rules]);
                promised[0] = match without.strip_prefix("refused: ") {
                    Some(others) => format!("{own}, {others}"),
                    None => own.to_owned(),
                };
            }
            promised
        }
    }

    fn rows() -> Vec<Row> {
        let text = include_str!("deletion_table.txt");
        let rows = (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.starts_with("#") && line.contains("|"))
            .skip(1);
        rows.map(|(line, text)| {
            let cells: Vec<&str> = text.split('|').map(str::trim).collect();
            assert_eq!(cells.len(), COLUMNS, "line {line}");
            Row { line, cells }
        })
        .collect()
    }

    fn cases() -> Vec<Case<'static>> {
        let mut cases = Vec::new();
        for state in STATES {
            for settlement in SETTLEMENTS {
                for period in PERIODS {
                    for block in BLOCKS {
                        cases.extend(ALL_RULES.map(|rules| [state, settlement, period, block, rules.dialect]));
                    }
                }
            }
        }
        cases
    }

    #[test]
    fn every_combination_ends_as_its_one_row_says() {
        let rows = rows();
        let mut used = vec![false; rows.len()];
        let mut wrong = Vec::new();
        for case in cases() {
            let covering: Vec<usize> = (0..rows.len()).filter(|i| rows[*i].covers(case)).collect();
            let found = outcome(case);
            let [only] = covering[..] else {
                wrong.push(format!(
                    "{case:?} is covered by {} rows and ends as {found:?}",
                    covering.len()
                ));
                continue;
            };
            used[only] = true;
            if rows[only].promises(case) != found {
                wrong.push(format!("line {}: {case:?} ends as {found:?}", rows[only].line));
            }
        }
        let idle = rows.iter().zip(used).filter(|(_, used)| !used);
        wrong.extend(idle.map(|(row, _)| format!("line {}: covers nothing", row.line)));
        assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    }

    #[test]
    fn the_columns_are_aligned() {
        let bars = |line: &str| line.match_indices('|').map(|(at, _)| at).collect::<Vec<_>>();
        let table = include_str!("deletion_table.txt")
            .lines()
            .filter(|line| line.contains('|'));
        let places: Vec<Vec<usize>> = table.map(bars).collect();
        assert!(places.iter().all(|bars| *bars == places[0]));
    }
}
