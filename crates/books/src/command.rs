//! Commands: what the writer is asked to carry out, and what each of them wants gathered first.
//!
//! Everything that chance gives (ids, salts) is drawn before a command is sent and stays the same over retries; everything that
//! depends on the book's zone is worked out here, when the moment of the command is known.

mod credits;
mod holds;
mod notes;
mod settlements;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use quittance_accounting::annotating::{Annotated, annotate};
use quittance_accounting::book::{BookSettings, PeriodSeal, SealedReport};
use quittance_accounting::content::Digest;
use quittance_accounting::deletion::{delete_invoice, restore_invoice};
use quittance_accounting::editing::{Edit, edit_invoice};
use quittance_accounting::exchange::{KeptRate, keep_rate};
use quittance_accounting::granting::{GrantAsked, grant_access, withdraw_grant};
use quittance_accounting::identity::{DocumentId, DocumentKind, DocumentRef, TokenKey};
use quittance_accounting::issuing::{
    AccountChoice, Hold, NewContent, NewInvoice, NumberChoice, create_invoice, hold_invoice, issue_invoice,
    send_invoice,
};
use quittance_accounting::keeping::{
    CustomerChange, NewCustomer, NewProduct, NewToken, ProductChange, add_customer, add_product, change_customer,
    change_product, change_rounding, confirm_erased, make_token, open_book, release_texts, revoke_token,
};
use quittance_accounting::ledger::{
    AccountChange, NewAccount, NewManualEntry, add_account, change_account, delete_manual_entry, record_manual_entry,
    reverse_entry,
};
use quittance_accounting::periods::{close_period, reopen_period, seal_period};
use quittance_accounting::plan::{Moment, Plan};
use quittance_accounting::refunding::{NewRefund, RefundOf, record_refund};
use quittance_accounting::refusal::{Refusal, Stop};
use quittance_accounting::reopening::reopen_invoice;
use quittance_accounting::resource::{NewResource, put_resource, remove_resource};
use quittance_accounting::rounding::Rounding;
use quittance_accounting::rules::Rules;
use quittance_accounting::settling::{NewPayment, record_payment};
use quittance_accounting::snapshot::{Named, Snapshot, Want};
use quittance_accounting::voiding::void_invoice;
use quittance_accounting::writing_off::{NewWriteOff, write_off};

use crate::content::seal;
use crate::input::{
    DeleteOptions, Due, EntryInput, InvoiceEdit, InvoiceInput, ListNote, Note, PaymentInput, RefundInput,
    ReversalInput, WriteOffInput,
};
use crate::source::{day_in, end_of};
use crate::view::Seal;

pub(crate) use credits::Crediting;
use holds::{change_texts, why_invoice_held, with_hold_reason};
use notes::{add_note, noted, with_items};
pub(crate) use settlements::Settlement;

/// What the writer is asked to carry out.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    OpenBook(BookSettings),
    AddCustomer(NewCustomer),
    AddProduct(NewProduct),
    ChangeCustomer {
        named: Named,
        change: CustomerChange,
    },
    ChangeProduct {
        named: Named,
        change: ProductChange,
    },
    CreateInvoice {
        id: DocumentId,
        input: Box<InvoiceInput>,
        content: NewContent,
        rules: &'static Rules,
    },
    IssueInvoice {
        named: Named,
        rules: &'static Rules,
    },
    SendInvoice {
        named: Named,
        rules: &'static Rules,
    },
    VoidInvoice {
        named: Named,
        date: Option<Date>,
        rules: &'static Rules,
    },
    EditInvoice {
        named: Named,
        edit: Box<InvoiceEdit>,
        content: NewContent,
        drafts_only: bool,
        rules: &'static Rules,
    },
    ReopenInvoice {
        named: Named,
    },
    HoldInvoice {
        named: Named,
        hold: Hold,
        handed_over: bool,
        reason: Option<String>,
        salt: String,
    },
    DeleteInvoice {
        named: Named,
        options: DeleteOptions,
        rules: &'static Rules,
    },
    RestoreInvoice {
        named: Named,
    },
    RecordPayment {
        id: DocumentId,
        input: Box<PaymentInput>,
        content: NewContent,
        rules: &'static Rules,
    },
    RecordRefund {
        id: DocumentId,
        input: Box<RefundInput>,
        content: NewContent,
    },
    WriteOff {
        id: DocumentId,
        input: Box<WriteOffInput>,
        content: NewContent,
    },
    Settlement(Settlement),
    Credit(Crediting),
    AddAccount(NewAccount),
    ChangeAccount {
        account: AccountChoice,
        change: AccountChange,
    },
    RecordEntry {
        id: DocumentId,
        input: Box<EntryInput>,
        content: NewContent,
    },
    ReverseEntry {
        named: Named,
        id: DocumentId,
        input: Box<ReversalInput>,
        content: NewContent,
    },
    DeleteEntry {
        named: Named,
    },
    KeepRate(KeptRate),
    ClosePeriod(Date),
    ReopenPeriod {
        through: Option<Date>,
        reason: String,
    },
    SealPeriod {
        closing: i64,
        known: Seal,
        reports: Vec<SealedReport>,
    },
    ChangeRounding(Rounding),
    MakeToken(NewToken),
    RevokeToken(TokenKey),
    PutResource(NewResource),
    RemoveResource {
        kind: String,
        named: Named,
        as_read: Option<Digest>,
    },
    GrantAccess(Box<GrantAsked>),
    WithdrawGrant(TokenKey, Digest),
    ReleaseTexts(Vec<DocumentRef>),
    ConfirmErased(Vec<DocumentRef>),
    Annotate {
        of: Annotated,
        note: Note,
        salt: String,
    },
    AddItems {
        of: Annotated,
        note: Arc<ListNote>,
        salt: String,
    },
    Noting {
        command: Box<Command>,
        note: Note,
        salt: String,
    },
}

impl Command {
    /// What to gather before deciding. What turns out to be missing is gathered then.
    pub(crate) fn wants(&self) -> Vec<Want> {
        let stones = |documents: &[DocumentRef]| {
            documents
                .iter()
                .map(|document| {
                    let named = Named::Key(document.number);
                    match document.kind {
                        DocumentKind::CreditNote => Want::CreditNote(named),
                        _ => Want::InvoiceView(named),
                    }
                })
                .collect()
        };
        match self {
            Command::OpenBook(_) | Command::ClosePeriod(_) | Command::ChangeRounding(_) | Command::MakeToken(_) => {
                vec![]
            }
            Command::KeepRate(kept) => vec![Want::Rate(kept.currency, kept.day)],
            Command::ReopenPeriod { .. } | Command::SealPeriod { .. } => vec![Want::Periods],
            Command::AddCustomer(new) => new
                .external_id
                .clone()
                .map(|id| Want::Customer(Named::External(id)))
                .into_iter()
                .collect(),
            Command::AddProduct(_)
            | Command::AddAccount(_)
            | Command::ChangeAccount { .. }
            | Command::RecordEntry { .. } => vec![Want::Chart],
            Command::ReverseEntry { named, .. } | Command::DeleteEntry { named } => {
                vec![Want::Chart, Want::ManualEntry(named.clone())]
            }
            Command::ChangeCustomer { named, .. } => vec![Want::Customer(named.clone())],
            Command::ChangeProduct { named, .. } => vec![Want::Chart, Want::Product(named.clone())],
            Command::CreateInvoice { input, rules, .. } => invoice_wants(input, rules),
            Command::IssueInvoice { named, .. }
            | Command::SendInvoice { named, .. }
            | Command::VoidInvoice { named, .. }
            | Command::ReopenInvoice { named }
            | Command::HoldInvoice { named, .. }
            | Command::DeleteInvoice { named, .. }
            | Command::RestoreInvoice { named } => vec![Want::Chart, Want::Invoice(named.clone())],
            Command::EditInvoice { named, edit, .. } => {
                let mut wants = vec![Want::Chart, Want::Invoice(named.clone())];
                wants.extend(edit.customer.clone().map(Want::Customer));
                let products = edit.lines.iter().filter_map(|line| line.product.clone());
                wants.extend(products.map(Want::Product));
                wants
            }
            Command::RecordPayment { input, .. } => {
                let invoices = input.parts.iter().map(|(named, _)| Want::Invoice(named.clone()));
                std::iter::once(Want::Chart).chain(invoices).collect()
            }
            Command::RecordRefund { input, .. } => match &input.of {
                RefundOf::Invoice(invoice) | RefundOf::Line(invoice, _) | RefundOf::Allocation { invoice, .. } => {
                    vec![Want::Chart, Want::Invoice(invoice.clone())]
                }
                RefundOf::Unapplied(payment) => vec![Want::Chart, Want::Payment(payment.clone())],
                RefundOf::Credit(note) => vec![Want::Chart, Want::CreditNote(note.clone())],
                RefundOf::Customer(customer) => vec![Want::Chart, Want::Customer(customer.clone())],
                RefundOf::Owed(refund) => vec![Want::Chart, Want::Refund(refund.clone())],
            },
            Command::Settlement(command) => command.wants(),
            Command::Credit(command) => command.wants(),
            Command::WriteOff { input, .. } => vec![Want::Chart, Want::Invoice(input.invoice.clone())],
            Command::RevokeToken(key) => vec![Want::Token(*key)],
            Command::PutResource(new) => vec![Want::Resource(Named::External(new.name.clone()))],
            Command::RemoveResource { named, .. } => vec![Want::Resource(named.clone())],
            Command::GrantAccess(asked) => {
                let grants = asked
                    .spent
                    .iter()
                    .chain(&asked.leaving)
                    .map(|digest| Want::Grant(*digest));
                [asked.token, asked.client]
                    .map(Want::Token)
                    .into_iter()
                    .chain(grants)
                    .collect()
            }
            Command::WithdrawGrant(_, digest) => vec![Want::Grant(*digest)],
            Command::ReleaseTexts(documents) | Command::ConfirmErased(documents) => stones(documents),
            Command::Annotate { of, .. } | Command::AddItems { of, .. } => notes::wants(of),
            Command::Noting { command, .. } => command.wants(),
        }
    }

    /// Decides the command. `seq` is the seq its event will have.
    pub(crate) fn decide(&self, snapshot: &Snapshot, moment: &Moment, zone: &TimeZone, seq: i64) -> Result<Plan, Stop> {
        match self {
            Command::OpenBook(settings) => Ok(open_book(snapshot, settings.clone())),
            Command::AddCustomer(new) => add_customer(snapshot, moment, new.clone()),
            Command::AddProduct(new) => add_product(snapshot, moment, new.clone()),
            Command::ChangeCustomer { named, change } => change_customer(snapshot, moment, named, change.clone()),
            Command::ChangeProduct { named, change } => change_product(snapshot, named, change.clone()),
            Command::CreateInvoice {
                id,
                input,
                content,
                rules,
            } => {
                let new = new_invoice(*id, input, content.clone(), moment, zone);
                create_invoice(snapshot, moment, rules, new)
            }
            Command::IssueInvoice { named, rules } => issue_invoice(snapshot, moment, rules, named),
            Command::SendInvoice { named, rules } => send_invoice(snapshot, moment, rules, named),
            Command::VoidInvoice { named, date, rules } => void_invoice(snapshot, moment, rules, named, *date),
            Command::EditInvoice {
                named,
                edit,
                content,
                drafts_only,
                rules,
            } => {
                let mut rules = **rules;
                if *drafts_only {
                    rules.editing.standings = &[];
                }
                let content = with_hold_reason(snapshot, named, edit, content)?;
                edit_invoice(snapshot, moment, &rules, named, new_edit(edit, content, zone))
            }
            Command::ReopenInvoice { named } => reopen_invoice(snapshot, moment, named),
            Command::HoldInvoice {
                named,
                hold,
                handed_over,
                reason,
                salt,
            } => {
                let mut plan = hold_invoice(snapshot, moment, named, *hold, *handed_over)?;
                // A reason that is not given leaves the one that is there, unless the hold is over.
                if reason.is_some() || *hold == Hold::Released {
                    change_texts(&mut plan, snapshot, salt, |texts| texts.hold_reason.clone_from(reason));
                }
                Ok(plan)
            }
            Command::DeleteInvoice { named, rules, .. } => delete_invoice(snapshot, moment, rules, named, seq)
                .map_err(|stop| why_invoice_held(stop, snapshot, named)),
            Command::RestoreInvoice { named } => restore_invoice(snapshot, named),
            Command::RecordPayment {
                id,
                input,
                content,
                rules,
            } => {
                let new = new_payment(*id, input, content.clone(), moment, zone);
                record_payment(snapshot, moment, rules, new)
            }
            Command::RecordRefund { id, input, content } => {
                let new = new_refund(*id, input, content.clone(), moment, zone);
                record_refund(snapshot, moment, new)
            }
            Command::WriteOff { id, input, content } => {
                let new = new_write_off(*id, input, content.clone(), moment, zone);
                write_off(snapshot, moment, new)
            }
            Command::Settlement(command) => command.decide(snapshot, moment, zone),
            Command::Credit(command) => command.decide(snapshot, moment, zone, seq),
            Command::AddAccount(new) => add_account(snapshot, new),
            Command::ChangeAccount { account, change } => change_account(snapshot, account, change),
            Command::RecordEntry { id, input, content } => {
                record_manual_entry(snapshot, moment, new_entry(*id, input, content.clone(), moment))
            }
            Command::ReverseEntry {
                named,
                id,
                input,
                content,
            } => {
                let new = NewManualEntry {
                    id: *id,
                    date: moment.today,
                    movements: Vec::new(),
                    external_id: input.external_id.clone(),
                    content: content.clone(),
                };
                reverse_entry(snapshot, moment, named, input.date, new)
            }
            Command::DeleteEntry { named } => delete_manual_entry(snapshot, named),
            Command::KeepRate(kept) => keep_rate(snapshot, *kept),
            Command::ClosePeriod(through) => close_period(snapshot, moment, *through, seq),
            Command::ReopenPeriod { through, .. } => reopen_period(snapshot, moment, *through, seq),
            Command::SealPeriod {
                closing,
                known,
                reports,
            } => {
                let seal = PeriodSeal {
                    at: moment.at,
                    known_seq: known.seq,
                    known_hash: known.hash,
                    reports: reports.clone(),
                };
                seal_period(snapshot, *closing, seal)
            }
            Command::ChangeRounding(rounding) => change_rounding(snapshot, *rounding),
            Command::MakeToken(new) => Ok(make_token(snapshot, moment, new.clone())),
            Command::RevokeToken(key) => revoke_token(snapshot, moment, *key),
            Command::PutResource(new) => put_resource(snapshot, moment, new.clone()),
            Command::RemoveResource { kind, named, as_read } => remove_resource(snapshot, kind, named, *as_read),
            Command::GrantAccess(asked) => grant_access(snapshot, moment, asked),
            Command::WithdrawGrant(token, digest) => withdraw_grant(snapshot, *token, *digest),
            Command::ReleaseTexts(documents) => release_texts(snapshot, moment, documents).ok_or_else(nothing_to_erase),
            Command::ConfirmErased(documents) => confirm_erased(snapshot, seq, documents).ok_or_else(nothing_to_erase),
            Command::Annotate { of, note, salt } => {
                let texts = noted(snapshot.content(of.find(snapshot)?), note);
                annotate(snapshot, moment, of, seal(&texts, salt.clone()))
            }
            Command::AddItems { of, note, salt } => {
                let texts = with_items(snapshot.content(of.find(snapshot)?), note)?;
                annotate(snapshot, moment, of, seal(&texts, salt.clone()))
            }
            Command::Noting { command, note, salt } => {
                let mut plan = command.decide(snapshot, moment, zone, seq)?;
                add_note(&mut plan, snapshot, note, salt);
                Ok(plan)
            }
        }
    }

    /// Whether it is likely to give an invoice a number.
    pub(crate) fn takes_a_number(&self) -> bool {
        match self {
            Command::Noting { command, .. } => command.takes_a_number(),
            command => matches!(
                command,
                Command::CreateInvoice { .. } | Command::IssueInvoice { .. } | Command::SendInvoice { .. }
            ),
        }
    }

    /// Why a delete or a reopening was asked for.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Command::DeleteInvoice { options, .. } => options.reason.as_deref(),
            Command::ReopenPeriod { reason, .. } => Some(reason),
            Command::Credit(command) => command.reason(),
            Command::Noting { command, .. } => command.reason(),
            _ => None,
        }
    }
}

/// Another server was first.
fn nothing_to_erase() -> Stop {
    Refusal::NotFound {
        kind: quittance_accounting::identity::DocumentKind::Invoice,
    }
    .into()
}

fn invoice_wants(input: &InvoiceInput, rules: &Rules) -> Vec<Want> {
    let mut wants = vec![Want::Chart];
    wants.extend(input.customer.clone().map(Want::Customer));
    wants.extend(
        input
            .external_id
            .clone()
            .map(|id| Want::InvoiceView(Named::External(id))),
    );
    wants.push(match &input.number {
        NumberChoice::Counted => Want::Series(rules.numbering.prefix.to_owned()),
        NumberChoice::CountedIn(prefix) => Want::Series(prefix.clone()),
        NumberChoice::Explicit(number) => Want::Number(number.clone()),
    });
    wants.extend(
        input
            .lines
            .iter()
            .filter_map(|line| line.product.clone())
            .map(Want::Product),
    );
    wants
}

fn new_invoice(
    id: DocumentId,
    input: &InvoiceInput,
    content: NewContent,
    moment: &Moment,
    zone: &TimeZone,
) -> NewInvoice {
    let (due_at, due_on) = due(input.due, zone);
    NewInvoice {
        id,
        customer: input.customer.clone(),
        currency: input.currency,
        rate: input.rate,
        number: input.number.clone(),
        external_id: input.external_id.clone(),
        invoice_date: input.invoice_date.unwrap_or(moment.today),
        due_at,
        due_on,
        sent_at: input.sent_at,
        issue: input.issue,
        lines: input.lines.clone(),
        discount: input.discount,
        taxes: input.taxes.clone(),
        tip: input.tip,
        content,
    }
}

fn new_edit(input: &InvoiceEdit, content: NewContent, zone: &TimeZone) -> Edit {
    let (due_at, due_on) = due(input.due, zone);
    Edit {
        expected_revision: input.expected_revision,
        customer: input.customer.clone(),
        number: input.number.clone(),
        external_id: input.external_id.clone(),
        invoice_date: input.invoice_date,
        due_at,
        due_on,
        sent_at: input.sent_at,
        currency: input.currency,
        rate: input.rate,
        lines: input.lines.clone(),
        discount: input.discount,
        taxes: input.taxes.clone(),
        tip: input.tip,
        content,
    }
}

/// The instant that something is due at and the day of it.
fn due(due: Option<Due>, zone: &TimeZone) -> (Option<Timestamp>, Option<Date>) {
    match due {
        None => (None, None),
        Some(Due::At(at)) => (Some(at), Some(day_in(zone, at))),
        Some(Due::On(day)) => (Some(end_of(zone, day)), Some(day)),
    }
}

fn new_payment(
    id: DocumentId,
    input: &PaymentInput,
    content: NewContent,
    moment: &Moment,
    zone: &TimeZone,
) -> NewPayment {
    let day = input.paid_at.map(|at| day_in(zone, at));
    NewPayment {
        id,
        customer: input.customer.clone(),
        paid_on: input.paid_on.or(day).unwrap_or(moment.today),
        paid_at: input.paid_at.unwrap_or(moment.at),
        amount: input.amount,
        currency: input.currency,
        rate: input.rate,
        method: input.method,
        witness: input.witness,
        clearing: input.clearing.clone(),
        parts: input.parts.clone(),
        external_id: input.external_id.clone(),
        content,
    }
}

fn new_refund(id: DocumentId, input: &RefundInput, content: NewContent, moment: &Moment, zone: &TimeZone) -> NewRefund {
    let day = input.at.map(|at| day_in(zone, at));
    NewRefund {
        id,
        of: input.of.clone(),
        amount: input.amount,
        currency: input.currency,
        rate: input.rate,
        on: input.on.or(day).unwrap_or(moment.today),
        at: input.at.unwrap_or(moment.at),
        clearing: input.clearing.clone(),
        owed_on: input.owed_on.clone(),
        external_id: input.external_id.clone(),
        content,
    }
}

fn new_write_off(
    id: DocumentId,
    input: &WriteOffInput,
    content: NewContent,
    moment: &Moment,
    zone: &TimeZone,
) -> NewWriteOff {
    let day = input.at.map(|at| day_in(zone, at));
    NewWriteOff {
        id,
        invoice: input.invoice.clone(),
        amount: input.amount,
        currency: input.currency,
        on: input.on.or(day).unwrap_or(moment.today),
        at: input.at.unwrap_or(moment.at),
        account: input.account.clone(),
        external_id: input.external_id.clone(),
        content,
    }
}

fn new_entry(id: DocumentId, input: &EntryInput, content: NewContent, moment: &Moment) -> NewManualEntry {
    NewManualEntry {
        id,
        date: input.date.unwrap_or(moment.today),
        movements: input.movements.clone(),
        external_id: input.external_id.clone(),
        content,
    }
}
