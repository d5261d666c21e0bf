//! A whole book in memory for the tests: six rules, ready-made documents, and one way to carry a decision out.
//!
//! [`Model::run`] does what a writer does: decide, check, fill the receipt, apply. Absent: any expectation; the tests hold those.
#![allow(dead_code, reason = "each test crate uses its own part of the model")]

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use quittance_accounting::account::AccountRole;
use quittance_accounting::book::BookSettings;
use quittance_accounting::content::Digest;
use quittance_accounting::crediting::{Applying, CreditOf, Extent, NewCreditLine, NewCreditNote};
use quittance_accounting::identity::{DocumentId, InvoiceKey};
use quittance_accounting::invoice::Invoice;
use quittance_accounting::invoice::Standing;
use quittance_accounting::issuing::{AccountChoice, NewContent, NewInvoice, NewLine, NumberChoice};
use quittance_accounting::keeping::{NewCustomer, add_customer, open_book};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::plan::{Moment, Plan};
use quittance_accounting::refunding::{NewRefund, RefundOf};
use quittance_accounting::refusal::{Refusal, Stop};
use quittance_accounting::rules::{
    Attached, DeletionRules, EditRules, Excess, MoneyOnVoid, NumberRules, NumberedAt, PayingDrafts, PaymentRules,
    Reach, Rules, Texts, VoidRules,
};
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::{NewPayment, Part};
use quittance_accounting::snapshot::{Named, Snapshot};
use quittance_accounting::writing_off::NewWriteOff;

/// The day on which every command of a test enters.
pub const TODAY: Date = date(2026, 6, 15);

const fn rules(dialect: &'static str, at: NumberedAt, deletion: DeletionRules) -> Rules {
    Rules {
        dialect,
        deletion,
        voiding: VoidRules {
            drafts: true,
            part_paid: MoneyOnVoid::Unapplied,
            paid: MoneyOnVoid::Unapplied,
        },
        editing: EditRules {
            standings: &[
                Standing::Open,
                Standing::PartPaid,
                Standing::Paid,
                Standing::PartWrittenOff,
                Standing::WrittenOff,
                Standing::Refunded,
            ],
        },
        payment: PaymentRules {
            drafts: PayingDrafts::IssuesFirst,
            excess: Excess::Unallocated,
            in_parts: true,
        },
        sends_again: true,
        numbering: NumberRules {
            at,
            prefix: "INV-",
            width: 4,
        },
    }
}

const fn drafts_only(texts: Texts, readable_by_id: bool) -> DeletionRules {
    DeletionRules {
        reach: Reach::Draft,
        payments: Attached::MustBeNone,
        refunds: Attached::MustBeNone,
        write_offs: Attached::MustBeNone,
        applied_credit: Attached::TakenAlong,
        texts,
        readable_by_id,
    }
}

/// Deletes anything with all that hangs on it.
pub const CAMPFIRE: Rules = rules(
    "campfire",
    NumberedAt::Create,
    DeletionRules {
        reach: Reach::Issued,
        payments: Attached::TakenAlong,
        refunds: Attached::TakenAlong,
        write_offs: Attached::TakenAlong,
        applied_credit: Attached::TakenAlong,
        texts: Texts::Erased,
        readable_by_id: false,
    },
);
/// Deletes drafts and erases them.
pub const BOOKEEPING: Rules = rules("bookeeping", NumberedAt::Create, drafts_only(Texts::Erased, false));
/// Deletes what no payment or refund hangs on.
pub const LAYER: Rules = rules(
    "layer",
    NumberedAt::Create,
    DeletionRules {
        reach: Reach::Issued,
        payments: Attached::MustBeNone,
        refunds: Attached::MustBeNone,
        write_offs: Attached::TakenAlong,
        applied_credit: Attached::TakenAlong,
        texts: Texts::Kept,
        readable_by_id: false,
    },
);
/// Deletes drafts, readable by id afterwards.
pub const MOOV: Rules = rules("moov", NumberedAt::Create, drafts_only(Texts::Kept, true));
/// Deletes drafts, unknown afterwards.
pub const HIGHLEVEL: Rules = rules("highlevel", NumberedAt::Create, drafts_only(Texts::Kept, false));
/// Deletes drafts, restorable.
pub const NATIVE: Rules = rules("native", NumberedAt::Issue, drafts_only(Texts::Kept, true));
/// All six.
pub const ALL_RULES: [Rules; 6] = [CAMPFIRE, BOOKEEPING, LAYER, MOOV, HIGHLEVEL, NATIVE];

/// So many minor units.
pub fn minor(units: i64) -> Amount {
    Amount::new(units).unwrap()
}

/// The id of the n-th document of a test; kinds are kept apart by the caller's choice of n.
pub fn id(n: u64) -> DocumentId {
    DocumentId::new(1_000_000 + n, n)
}

/// The name of the n-th document of a test.
pub fn named(n: u64) -> Named {
    Named::Id(id(n))
}

/// A line of quantity one on an account.
pub fn line(account: &str, units: i64) -> NewLine {
    NewLine {
        account: AccountChoice::StableName(account.to_owned()),
        product: None,
        quantity: 1.into(),
        unit_price: minor(units).in_major_units(Currency::USD),
        subtotal: Some(minor(units)),
        discount: Amount::ZERO,
        taxes: Vec::new(),
    }
}

/// A sales tax of so many minor units.
pub fn tax(account: &str, units: i64) -> (AccountChoice, Amount) {
    (AccountChoice::StableName(account.to_owned()), minor(units))
}

/// An invoice of these lines, dated the 10th of May.
pub fn invoice(n: u64, issue: bool, lines: Vec<NewLine>) -> NewInvoice {
    NewInvoice {
        rate: None,
        id: id(n),
        customer: Some(Named::Key(1)),
        currency: Currency::USD,
        number: NumberChoice::Counted,
        external_id: None,
        invoice_date: date(2026, 5, 10),
        due_at: None,
        due_on: Some(date(2026, 6, 9)),
        sent_at: None,
        issue,
        lines,
        discount: Amount::ZERO,
        taxes: Vec::new(),
        tip: Amount::ZERO,
        content: texts(n),
    }
}

/// A payment by hand on the 20th of May.
pub fn payment(n: u64, parts: Vec<(Named, Part)>) -> NewPayment {
    NewPayment {
        currency: None,
        rate: None,
        id: id(n),
        customer: Some(Named::Key(1)),
        paid_on: date(2026, 5, 20),
        paid_at: Timestamp::UNIX_EPOCH,
        amount: None,
        method: Method::Check,
        witness: Witness::Hand,
        clearing: AccountChoice::Role(AccountRole::Clearing),
        parts,
        external_id: None,
        content: texts(n),
    }
}

/// A refund on the 25th of May.
pub fn new_refund(n: u64, invoice: Named, amount: Option<Amount>) -> NewRefund {
    NewRefund {
        currency: None,
        rate: None,
        id: id(n),
        of: RefundOf::Invoice(invoice),
        amount,
        on: date(2026, 5, 25),
        at: Timestamp::UNIX_EPOCH,
        clearing: None,
        owed_on: None,
        external_id: None,
        content: texts(n),
    }
}

/// A write-off on the 25th of May.
pub fn new_write_off(n: u64, invoice: Named, amount: Option<Amount>) -> NewWriteOff {
    NewWriteOff {
        currency: None,
        id: id(n),
        invoice,
        amount,
        on: date(2026, 5, 25),
        at: Timestamp::UNIX_EPOCH,
        account: None,
        external_id: None,
        content: texts(n),
    }
}

/// The texts of the n-th document of a test.
pub fn texts(n: u64) -> NewContent {
    NewContent {
        salt: format!("{n:08x}"),
        body: format!("texts of {n}"),
        digest: Digest([n as u8; 32]),
    }
}

/// The refusals of a stop, in order.
pub fn refusals(stop: Stop) -> Vec<Refusal> {
    match stop {
        Stop::Refused(refusals) => refusals.iter().cloned().collect(),
        other => panic!("no refusal: {other:?}"),
    }
}

/// A book and the seq of its last event.
#[derive(Clone, Debug)]
pub struct Model {
    pub snapshot: Snapshot,
    pub seq: i64,
}

impl Model {
    /// An open book in this currency with three customers.
    pub fn new(currency: Currency) -> Model {
        let mut model = Model {
            snapshot: Snapshot::complete(),
            seq: 0,
        };
        let settings = BookSettings {
            id: id(0),
            name: "A book".to_owned(),
            currency,
            zone: "UTC".to_owned(),
            closed_through: None,
            retention_days: 0,
            rounding: quittance_accounting::rounding::Rounding::USUAL,
            created_at: Timestamp::UNIX_EPOCH,
        };
        model
            .run(|snapshot, _| Ok(open_book(snapshot, settings.clone())))
            .unwrap();
        for n in 1..=3 {
            let new = NewCustomer {
                id: id(9_000 + n),
                external_id: Some(format!("customer-{n}")),
                content: texts(n),
            };
            model
                .run(|snapshot, moment| add_customer(snapshot, moment, new.clone()))
                .unwrap();
        }
        model
    }

    /// The moment of the next command: today, a second after the last one.
    pub fn moment(&self) -> Moment {
        let noon = "2026-06-15T12:00:00Z".parse::<Timestamp>().unwrap();
        Moment {
            at: noon + SignedDuration::from_secs(self.seq + 1),
            today: TODAY,
        }
    }

    /// Decides, checks and applies a command.
    pub fn run(&mut self, decide: impl Fn(&Snapshot, &Moment) -> Result<Plan, Stop>) -> Result<Plan, Stop> {
        let mut plan = decide(&self.snapshot, &self.moment())?;
        if !self.snapshot.tables().accounts.is_empty() {
            plan.check(&self.snapshot)?;
        }
        plan.fill_balances(&self.snapshot);
        self.snapshot.apply(&plan.changes);
        self.snapshot.settle();
        self.seq += 1;
        Ok(plan)
    }

    /// The live invoice of this name.
    pub fn invoice(&self, named: &Named) -> Option<Invoice> {
        self.snapshot.invoice(named).unwrap().cloned()
    }

    /// The key of a live invoice.
    pub fn key(&self, named: &Named) -> InvoiceKey {
        self.invoice(named).unwrap().key
    }

    /// What the account of this stable name stands at: debits less credits, from its postings.
    pub fn balance(&self, stable_name: &str) -> i64 {
        let tables = self.snapshot.tables();
        let account = tables
            .accounts
            .values()
            .find(|a| a.stable_name == stable_name)
            .unwrap()
            .key;
        let of_account = tables.postings.values().filter(|posting| posting.account == account);
        of_account.map(signed).sum()
    }
}

/// A posting's amount: more than zero for a debit.
pub fn signed(posting: &quittance_accounting::journal::Posting) -> i64 {
    match posting.side {
        quittance_accounting::account::Side::Debit => posting.amount.minor(),
        quittance_accounting::account::Side::Credit => -posting.amount.minor(),
    }
}

/// A credit note of the 22nd of May that takes figures of an invoice back and is applied to it.
pub fn credit_note(n: u64, of: CreditOf) -> NewCreditNote {
    NewCreditNote {
        id: id(n),
        of,
        number: NumberChoice::Counted,
        external_id: None,
        on: date(2026, 5, 22),
        at: Timestamp::UNIX_EPOCH,
        applying: Applying::ItsInvoice,
        content: texts(n),
    }
}

/// All of an invoice that can still be credited.
pub fn rest_of(invoice: Named) -> CreditOf {
    CreditOf::Invoice(invoice, Extent::Rest)
}

/// A credit of customer 1 of one line without taxes.
pub fn free_credit(units: i64) -> CreditOf {
    CreditOf::Free {
        customer: Named::Key(1),
        currency: Currency::USD,
        rate: None,
        lines: vec![NewCreditLine {
            account: AccountChoice::Role(AccountRole::Sales),
            product: None,
            amount: minor(units),
            taxes: Vec::new(),
        }],
    }
}
