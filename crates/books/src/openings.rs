//! Opening balances: what an earlier system says stood on accounts and was open with customers on a day.
//!
//! They are brought in as documents and one entry, all against an account of equity that only stands in between: an open invoice, or
//! what a customer owes as one sum, is an invoice that earns nothing; what a customer has to its credit is a payment that settles
//! nothing; accounts are one manual entry. The whole must balance, so that nothing stays on the account in between. All of it is
//! written in one commit or none of it. First every row is carried out where nothing stays, on the book as its log says it is, through the
//! same decisions as the deed, and each that is refused is named with its reason.

use jiff::civil::Date;
use quittance_accounting::account::{AccountKind, Side};
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::ledger::{Movement, NewAccount};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refusal::{LedgerRefusal, Refusal};
use quittance_accounting::rules::Rules;
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::snapshot::Named;

use crate::books::Books;
use crate::content::{EntryContent, InvoiceContent, LineContent, PaymentContent};
use crate::failure::Failure;
use crate::input::{Context, Due, EntryInput, InvoiceInput, LineInput, PaymentInput};
use crate::together::Step;

/// The most rows at once: they are one commit.
pub const MOST_OPENINGS: usize = 10_000;

/// The stable name of the account in between.
pub const BETWEEN: &str = "OPENING_BALANCES";

/// The number of the account in between, among those of equity.
const BETWEEN_CODE: &str = "3900";

/// The id under which the entry of the accounts is recorded: opening balances are brought in once.
const ONCE: &str = "opening-balances";

/// One opening balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Where it stands in what was sent: a line or a place, for naming it.
    pub line: u64,
    /// What it is the balance of.
    pub of: OpeningOf,
    /// Debit or credit.
    pub side: Side,
    /// More than zero.
    pub amount: Amount,
}

/// What an opening balance is the balance of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpeningOf {
    /// A ledger account that is no control account.
    Account(AccountChoice),
    /// A customer: what it owes is a debit, what it has to its credit is a credit.
    Customer {
        /// Which.
        customer: Named,
        /// What is known of the invoice that is open, if it is one.
        invoice: OpenInvoice,
    },
}

/// What is known of an open invoice of an earlier system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenInvoice {
    /// Its id there.
    pub external_id: Option<String>,
    /// Its number; else it is given one.
    pub number: Option<String>,
    /// The day it is due.
    pub due_on: Option<Date>,
    /// What it is for.
    pub description: Option<String>,
}

/// What opening balances came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpeningsOutcome {
    /// Every row that is refused, and why; 0 stands for the whole.
    pub refused: Vec<(u64, Failure)>,
    /// All debits, in minor units.
    pub debits: i128,
    /// All credits.
    pub credits: i128,
    /// Whether they are in the book now.
    pub written: bool,
}

impl Books {
    /// Brings opening balances in as of a day, unless a row is refused or it is only a trial.
    pub async fn open_balances(
        &self,
        context: &Context,
        rules: &'static Rules,
        date: Date,
        rows: &[Opening],
        trial: bool,
    ) -> Result<OpeningsOutcome, Failure> {
        let book = context.actor.book;
        let currency = match self.settings(book).await? {
            Some(settings) => settings.currency,
            None => return Err(absent()),
        };
        if rows.len() > MOST_OPENINGS {
            let (most, found) = (MOST_OPENINGS, rows.len());
            return Err(Refusal::TooMany { most, found }.into());
        }
        let mut outcome = OpeningsOutcome::default();
        for row in rows {
            match row.side {
                Side::Debit => outcome.debits += i128::from(row.amount.minor()),
                Side::Credit => outcome.credits += i128::from(row.amount.minor()),
            }
        }
        let openings = Openings { date, currency, rules };
        let first = self.account_in_between(context).await?;
        outcome.refused = self.refused(context, &openings, first.as_ref(), rows).await?;
        if outcome.debits != outcome.credits {
            outcome
                .refused
                .insert(0, (0, unbalanced(outcome.debits, outcome.credits)));
        }
        if trial || !outcome.refused.is_empty() {
            return Ok(outcome);
        }
        let customers = rows.iter().filter_map(|row| openings.document(self, row));
        let steps = first
            .into_iter()
            .chain(customers)
            .chain(openings.entry(self, rows, Some(ONCE)));
        match self.together(context, rules, steps.collect()).await {
            Ok(_) => outcome.written = true,
            // Somebody changed the book since the trial.
            Err((_, failure)) => outcome.refused.push((0, failure)),
        }
        Ok(outcome)
    }

    /// The step that adds the account in between, unless the chart has it.
    async fn account_in_between(&self, context: &Context) -> Result<Option<Step>, Failure> {
        let view = self.book(context.actor.book).await?.ok_or_else(absent)?;
        let known = view.accounts.iter().any(|account| account.stable_name == BETWEEN);
        let add = || {
            Step::AddAccount(NewAccount {
                code: BETWEEN_CODE.to_owned(),
                stable_name: Some(BETWEEN.to_owned()),
                name: "Opening balances".to_owned(),
                kind: AccountKind::Equity,
                namesakes: None,
            })
        };
        Ok((!known).then(add))
    }

    /// Carries every row out where nothing stays.
    async fn refused(
        &self,
        context: &Context,
        openings: &Openings,
        first: Option<&Step>,
        rows: &[Opening],
    ) -> Result<Vec<(u64, Failure)>, Failure> {
        let trial = self.rehearsal(context.actor.book).await?;
        let mut refused = Vec::new();
        let firsts = first.cloned().into_iter().map(|step| (0, step));
        let alone = rows.iter().filter_map(|row| {
            let document = openings.document(&trial, row);
            Some((
                row.line,
                document.or_else(|| openings.entry(&trial, std::slice::from_ref(row), None))?,
            ))
        });
        // The id that keeps it from being done twice is tried where it counts: it balances nothing.
        let once = EntryInput {
            external_id: Some(ONCE.to_owned()),
            ..openings.in_balance()
        };
        let once = std::iter::once((0, Step::RecordEntry(trial.new_document_id(), Box::new(once))));
        for (line, step) in firsts.chain(alone).chain(once) {
            if let Err((_, failure)) = trial.together(context, openings.rules, vec![step]).await {
                match failure {
                    Failure::Refused(_) | Failure::ContentTooLong { .. } => refused.push((line, failure)),
                    other => return Err(other),
                }
            }
        }
        trial.finish();
        Ok(refused)
    }
}

fn absent() -> Failure {
    let kind = quittance_accounting::identity::DocumentKind::Book;
    Refusal::NotFound { kind }.into()
}

/// The refusal of a whole that does not balance; sums beyond the largest amount are too large before they are unequal.
fn unbalanced(debits: i128, credits: i128) -> Failure {
    let amount = |sum: i128| i64::try_from(sum).ok().and_then(Amount::new);
    match (amount(debits), amount(credits)) {
        (Some(debits), Some(credits)) => Refusal::Ledger(LedgerRefusal::Unbalanced { debits, credits }).into(),
        _ => Refusal::AmountTooLarge.into(),
    }
}

/// How rows become documents.
struct Openings {
    date: Date,
    currency: Currency,
    rules: &'static Rules,
}

impl Openings {
    /// The document that a customer's row becomes.
    fn document(&self, books: &Books, row: &Opening) -> Option<Step> {
        let OpeningOf::Customer { customer, invoice } = &row.of else {
            return None;
        };
        Some(match row.side {
            Side::Debit => {
                let input = self.invoice(customer, invoice, row.amount);
                Step::CreateInvoice(books.new_document_id(), Box::new(input))
            }
            Side::Credit => Step::RecordPayment(Box::new(PaymentInput {
                currency: Some(self.currency),
                rate: None,
                customer: Some(customer.clone()),
                paid_on: Some(self.date),
                paid_at: None,
                amount: Some(row.amount),
                method: Method::CreditBalance,
                witness: Witness::Hand,
                clearing: AccountChoice::StableName(BETWEEN.to_owned()),
                parts: Vec::new(),
                external_id: invoice.external_id.clone(),
                content: PaymentContent {
                    memo: invoice.description.clone(),
                    ..PaymentContent::default()
                },
            })),
        })
    }

    fn invoice(&self, customer: &Named, known: &OpenInvoice, amount: Amount) -> InvoiceInput {
        let text = known
            .description
            .clone()
            .unwrap_or_else(|| "Opening balance".to_owned());
        InvoiceInput {
            rate: None,
            customer: Some(customer.clone()),
            currency: self.currency,
            number: known
                .number
                .clone()
                .map_or(NumberChoice::Counted, NumberChoice::Explicit),
            external_id: known.external_id.clone(),
            invoice_date: Some(self.date),
            due: known.due_on.map(Due::On),
            sent_at: None,
            issue: true,
            lines: vec![LineInput {
                account: AccountChoice::StableName(BETWEEN.to_owned()),
                product: None,
                quantity: 1.into(),
                unit_price: amount.in_major_units(self.currency),
                subtotal: None,
                discount: Amount::ZERO,
                taxes: Vec::new(),
            }],
            discount: Amount::ZERO,
            taxes: Vec::new(),
            tip: Amount::ZERO,
            content: InvoiceContent {
                lines: vec![LineContent {
                    name: Some(text),
                    ..LineContent::default()
                }],
                ..InvoiceContent::default()
            },
        }
    }

    /// The entry of the rows that are of accounts, balanced on the account in between.
    fn entry(&self, books: &Books, rows: &[Opening], external_id: Option<&str>) -> Option<Step> {
        let mut movements = Vec::new();
        let mut rest = 0_i128;
        for row in rows {
            let OpeningOf::Account(account) = &row.of else { continue };
            rest += match row.side {
                Side::Debit => i128::from(row.amount.minor()),
                Side::Credit => -i128::from(row.amount.minor()),
            };
            movements.push(Movement {
                account: account.clone(),
                side: row.side,
                amount: row.amount,
            });
        }
        let between = i64::try_from(rest.unsigned_abs()).ok().and_then(Amount::new);
        movements.extend(between.filter(|amount| amount.is_positive()).map(|amount| Movement {
            account: AccountChoice::StableName(BETWEEN.to_owned()),
            side: if rest > 0 { Side::Credit } else { Side::Debit },
            amount,
        }));
        let entry = EntryInput {
            date: Some(self.date),
            movements,
            external_id: external_id.map(str::to_owned),
            content: EntryContent {
                memo: Some("Opening balances".to_owned()),
                ..EntryContent::default()
            },
        };
        let has_accounts = rows.iter().any(|row| matches!(row.of, OpeningOf::Account(_)));
        has_accounts.then(|| Step::RecordEntry(books.new_document_id(), Box::new(entry)))
    }

    /// An entry that moves nothing in the end.
    fn in_balance(&self) -> EntryInput {
        let movement = |side| Movement {
            account: AccountChoice::StableName(BETWEEN.to_owned()),
            side,
            amount: Amount::new(1).unwrap_or_default(),
        };
        EntryInput {
            date: Some(self.date),
            movements: vec![movement(Side::Debit), movement(Side::Credit)],
            external_id: None,
            content: EntryContent::default(),
        }
    }
}
