//! Creating, issuing, sending and holding invoices.
//!
//! What an invoice is worth is computed here once, from its lines, and frozen. Issue posts the receivable against revenue, tax
//! and tips on the invoice date. A draft posts nothing. Deliberately absent: voids ([`crate::voiding`]), percentages (a dialect turns them into amounts with [`crate::rounding`]) and texts.

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;

use crate::account::AccountRole;
use crate::content::{Content, Digest};
use crate::deletion::absent;
use crate::exchange::{InvoiceExchange, Rate, Valued, rate_of, valued};
use crate::identity::{AccountKey, CustomerKey, DocumentId, DocumentKind, EntryKey, InvoiceKey};
use crate::invoice::{Invoice, LineItem, MOST_LINES, Stage, Standing, TaxShare};
use crate::journal::{EntryKind, Movements};
use crate::ledger::refuse_retired;
use crate::money::{Amount, Currency};
use crate::numbering::{take_explicit, take_next};
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::refusal::{Flaw, LedgerRefusal, Refusal, Stop};
use crate::rounding::Rounding;
use crate::rules::{NumberedAt, Rules};
use crate::snapshot::{Named, Snapshot, Want};

/// The texts that come with a command: bytes this crate does not read, and their digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewContent {
    /// Random bytes in hex.
    pub salt: String,
    /// The texts.
    pub body: String,
    /// Digest of both.
    pub digest: Digest,
}

impl NewContent {
    /// The record of these texts for a document.
    pub fn of(self, document: impl Into<crate::identity::DocumentRef>) -> Content {
        Content {
            document: document.into(),
            salt: self.salt,
            body: self.body,
        }
    }
}

/// Which account a line or a tax posts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountChoice {
    /// The one that plays this part.
    Role(AccountRole),
    /// The one with this number.
    Key(AccountKey),
    /// The one with this stable name.
    StableName(String),
}

/// Which number an invoice gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberChoice {
    /// The next of the dialect's series.
    Counted,
    /// The next of the series with this prefix.
    CountedIn(String),
    /// This one.
    Explicit(String),
}

/// A line as a client gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLine {
    /// Its revenue account; a product's own account comes first.
    pub account: AccountChoice,
    /// The product.
    pub product: Option<Named>,
    /// How many units.
    pub quantity: Decimal,
    /// Price of a unit in major units.
    pub unit_price: Decimal,
    /// What the line comes to, when the dialect lets the client say so; else price times quantity.
    pub subtotal: Option<Amount>,
    /// Discount on the line.
    pub discount: Amount,
    /// Its taxes.
    pub taxes: Vec<(AccountChoice, Amount)>,
}

/// An invoice as a client gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvoice {
    /// Its id, drawn by the caller.
    pub id: DocumentId,
    /// The customer.
    pub customer: Option<Named>,
    /// Its currency.
    pub currency: Currency,
    /// Its rate, when that is not the book's; else the one kept for its date.
    pub rate: Option<Rate>,
    /// Its number.
    pub number: NumberChoice,
    /// The id the client brought.
    pub external_id: Option<String>,
    /// Its date.
    pub invoice_date: Date,
    /// When it is due.
    pub due_at: Option<Timestamp>,
    /// The day of that in the book's zone.
    pub due_on: Option<Date>,
    /// When it was sent, if it is sent with its creation.
    pub sent_at: Option<Timestamp>,
    /// Whether it is issued at once.
    pub issue: bool,
    /// Its lines.
    pub lines: Vec<NewLine>,
    /// Discount on the document as a whole.
    pub discount: Amount,
    /// Taxes on the document as a whole.
    pub taxes: Vec<(AccountChoice, Amount)>,
    /// Tip.
    pub tip: Amount,
    /// Its texts.
    pub content: NewContent,
}

/// Decides the creation of an invoice.
pub fn create_invoice(snapshot: &Snapshot, moment: &Moment, rules: &Rules, new: NewInvoice) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let invoice = plan_invoice(&mut planner, moment, rules, new)?;
    Ok(planner.finish(EventKind::InvoiceCreated, invoice.key))
}

/// Plans a new invoice and hands it back, so that a command may go on with it.
fn plan_invoice(planner: &mut Planner<'_>, moment: &Moment, rules: &Rules, new: NewInvoice) -> Result<Invoice, Stop> {
    let snapshot = planner.snapshot;
    check_shape(snapshot, &new)?;
    let customer = match &new.customer {
        Some(named) => Some(known_customer(snapshot, named)?),
        None => None,
    };
    let key = InvoiceKey(planner.counters.invoices.saturating_add(1));
    let lines = frozen_lines(snapshot, key, &new)?;
    let sums = Sums::of(&lines, &new)?;
    let rate = rate_of(snapshot, new.currency, new.rate, new.invoice_date)?;
    let exchange = exchanged(snapshot, sums.total, new.currency, rate)?;
    let at_create = rules.numbering.at == NumberedAt::Create || new.issue;
    let number = match (&new.number, at_create) {
        (NumberChoice::Explicit(number), _) => Some(take_explicit(planner, key.into(), number, rules.numbering)?),
        (NumberChoice::CountedIn(prefix), _) => Some(take_next(planner, key.into(), prefix, rules.numbering.width)?),
        (NumberChoice::Counted, true) => Some(take_next(
            planner,
            key.into(),
            rules.numbering.prefix,
            rules.numbering.width,
        )?),
        (NumberChoice::Counted, false) => None,
    };
    let mut invoice = Invoice {
        key,
        id: new.id,
        source: rules.dialect.to_owned(),
        customer,
        currency: new.currency,
        stage: Stage::Draft,
        number,
        external_id: new.external_id,
        invoice_date: new.invoice_date,
        due_at: new.due_at,
        due_on: new.due_on,
        sent_at: new.sent_at,
        paid_at: None,
        created_at: moment.at,
        updated_at: moment.at,
        revision: 1,
        subtotal: sums.subtotal,
        discount: sums.discount,
        document_discount: new.discount,
        tax: sums.tax,
        document_tax: sums.document_tax,
        tip: new.tip,
        total: sums.total,
        paid: Amount::ZERO,
        credited: Amount::ZERO,
        refunded: Amount::ZERO,
        written_off: Amount::ZERO,
        pending: Amount::ZERO,
        held_until: None,
        handed_over_at: None,
        content: new.content.digest,
        exchange,
    };
    if new.issue {
        issue(planner, moment, &mut invoice, &lines)?;
    }
    for line in lines {
        planner.put(line);
    }
    planner.put(invoice.clone());
    planner.put(new.content.of(key));
    Ok(invoice)
}

/// What an invoice of this total is in the book's currency, at a rate; nothing is settled yet.
pub(crate) fn exchanged(
    snapshot: &Snapshot,
    total: Amount,
    currency: Currency,
    rate: Option<Rate>,
) -> Result<Option<InvoiceExchange>, Stop> {
    let Some(rate) = rate else { return Ok(None) };
    Ok(Some(InvoiceExchange {
        rate,
        total: valued(snapshot, total, currency, Some(rate))?.booked,
        settled: Amount::ZERO,
    }))
}

fn check_shape(snapshot: &Snapshot, new: &NewInvoice) -> Result<(), Stop> {
    check_lines(new)?;
    if let Some(external_id) = &new.external_id
        && snapshot.external_is_taken(DocumentKind::Invoice, external_id)?
    {
        let external_id = external_id.clone();
        return Err(Refusal::ExternalIdTaken {
            kind: DocumentKind::Invoice,
            external_id,
        }
        .into());
    }
    Ok(())
}

/// Refuses an invoice without lines, and one with too many.
pub(crate) fn check_lines(new: &NewInvoice) -> Result<(), Stop> {
    if new.lines.is_empty() {
        return Err(Refusal::NoLines.into());
    }
    if new.lines.len() > MOST_LINES {
        return Err(Refusal::TooMany {
            most: MOST_LINES,
            found: new.lines.len(),
        }
        .into());
    }
    Ok(())
}

/// The customer of this name, or a refusal that names it.
pub(crate) fn known_customer(snapshot: &Snapshot, named: &Named) -> Result<CustomerKey, Stop> {
    match snapshot.customer(named)? {
        Some(customer) => Ok(customer.key),
        None => Err(unknown(DocumentKind::Customer, named)),
    }
}

/// The refusal of a reference to something that is not there.
pub(crate) fn unknown(kind: DocumentKind, named: &Named) -> Stop {
    let reference = match named {
        Named::Id(id) => id.hex(),
        Named::Key(number) => number.to_string(),
        Named::External(text) => text.clone(),
    };
    Refusal::UnknownReference { kind, reference }.into()
}

/// The account that a choice names. A control account is refused: only documents post to it.
pub(crate) fn chosen_account(snapshot: &Snapshot, choice: &AccountChoice) -> Result<AccountKey, Stop> {
    let account = match choice {
        AccountChoice::Role(role) if role.is_control() => return Err(Refusal::ControlAccount { role: *role }.into()),
        AccountChoice::Role(role) => return snapshot.account_of(*role),
        AccountChoice::Key(key) => snapshot.account(*key)?,
        AccountChoice::StableName(name) => {
            if !snapshot.has(&Want::Chart) {
                return Err(Stop::Missing(Want::Chart));
            }
            snapshot
                .tables()
                .accounts
                .values()
                .find(|account| account.stable_name == *name)
        }
    };
    let Some(account) = account else {
        let reference = match choice {
            AccountChoice::Key(key) => key.0.to_string(),
            AccountChoice::StableName(name) => name.clone(),
            AccountChoice::Role(_) => String::new(),
        };
        return Err(Refusal::UnknownReference {
            kind: DocumentKind::Account,
            reference,
        }
        .into());
    };
    if account.role.is_control() {
        return Err(Refusal::ControlAccount { role: account.role }.into());
    }
    if !account.active {
        return Err(Refusal::Ledger(LedgerRefusal::AccountInactive { account: account.key }).into());
    }
    Ok(account.key)
}

/// What each line comes to: what the client says, else price times quantity by the book's rule.
fn subtotals(rounding: Rounding, new: &NewInvoice) -> Result<Vec<Amount>, Stop> {
    let computed = new.lines.iter().filter(|line| line.subtotal.is_none());
    let exact: Option<Vec<Decimal>> = computed
        .map(|line| line.unit_price.checked_mul(line.quantity))
        .collect();
    let amounts = exact.and_then(|exact| rounding.amounts(&exact, new.currency));
    let mut amounts = amounts.ok_or(Refusal::AmountTooLarge)?.into_iter();
    let of = |line: &NewLine| line.subtotal.or_else(|| amounts.next()).ok_or(Refusal::AmountTooLarge);
    Ok(new.lines.iter().map(of).collect::<Result<_, _>>()?)
}

/// The lines with their accounts found and their sums worked out.
pub(crate) fn frozen_lines(snapshot: &Snapshot, invoice: InvoiceKey, new: &NewInvoice) -> Result<Vec<LineItem>, Stop> {
    let shares = |taxes: &[(AccountChoice, Amount)]| {
        let share = |(choice, amount): &(AccountChoice, Amount)| {
            Ok(TaxShare {
                account: chosen_account(snapshot, choice)?,
                amount: *amount,
            })
        };
        taxes.iter().map(share).collect::<Result<Vec<_>, Stop>>()
    };
    let subtotals = subtotals(snapshot.settings()?.rounding, new)?;
    let mut lines = Vec::with_capacity(new.lines.len() + 1);
    for ((place, line), subtotal) in (1..).zip(&new.lines).zip(subtotals) {
        let product = match &line.product {
            Some(named) => Some(
                snapshot
                    .product(named)?
                    .ok_or_else(|| unknown(DocumentKind::Product, named))?,
            ),
            None => None,
        };
        let account = match product {
            Some(product) => chosen_account(snapshot, &AccountChoice::Key(product.account))?,
            None => chosen_account(snapshot, &line.account)?,
        };
        lines.push(LineItem {
            invoice,
            place,
            account,
            product: product.map(|product| product.key),
            // Without trailing zeros, as the store hands them out later: a client must not see another spelling then.
            quantity: line.quantity.normalize(),
            unit_price: line.unit_price.normalize(),
            subtotal,
            discount: line.discount,
            taxes: shares(&line.taxes)?,
        });
    }
    if !new.discount.is_zero() || !new.taxes.is_empty() || !new.tip.is_zero() {
        lines.push(LineItem {
            invoice,
            place: 0,
            account: snapshot.account_of(AccountRole::Tips)?,
            product: None,
            quantity: Decimal::ONE,
            unit_price: new.tip.in_major_units(new.currency).normalize(),
            subtotal: new.tip,
            discount: new.discount,
            taxes: shares(&new.taxes)?,
        });
    }
    Ok(lines)
}

/// The sums of an invoice.
pub(crate) struct Sums {
    pub(crate) subtotal: Amount,
    pub(crate) discount: Amount,
    pub(crate) tax: Amount,
    pub(crate) document_tax: Amount,
    pub(crate) total: Amount,
}

impl Sums {
    pub(crate) fn of(lines: &[LineItem], new: &NewInvoice) -> Result<Sums, Stop> {
        let own = || lines.iter().filter(|line| line.place > 0);
        let tax = |line: &LineItem| Amount::sum(line.taxes.iter().map(|share| share.amount));
        let all_tax = lines.iter().try_fold(Amount::ZERO, |sum, line| sum.plus(tax(line)?));
        let document_tax = lines
            .iter()
            .filter(|line| line.place == 0)
            .try_fold(Amount::ZERO, |sum, line| sum.plus(tax(line)?));
        if lines.iter().any(|line| line.subtotal.minus(line.discount).is_none()) {
            return Err(Refusal::AmountTooLarge.into());
        }
        let subtotal = Amount::sum(own().map(|line| line.subtotal));
        let discount = Amount::sum(lines.iter().map(|line| line.discount));
        let total = (|| subtotal?.minus(discount?)?.plus(all_tax?)?.plus(new.tip))();
        let (Some(subtotal), Some(discount), Some(tax), Some(document_tax), Some(total)) =
            (subtotal, discount, all_tax, document_tax, total)
        else {
            return Err(Refusal::AmountTooLarge.into());
        };
        if total.is_negative() {
            return Err(Refusal::NegativeTotal { total }.into());
        }
        Ok(Sums {
            subtotal,
            discount,
            tax,
            document_tax,
            total,
        })
    }
}

/// How the document's own discount lessens each line: in proportion to their net, and the last line takes the rounding rest.
pub(crate) fn discount_shares(discount: Amount, own: &[&LineItem]) -> Option<Vec<Amount>> {
    let nets = Amount::sum(own.iter().map(|line| line.net()))?;
    let mut rest = discount;
    let mut shares = Vec::with_capacity(own.len());
    for (i, line) in own.iter().enumerate() {
        let share = if i + 1 == own.len() {
            rest
        } else if nets.is_zero() {
            Amount::ZERO
        } else {
            let exact = i128::from(discount.minor()) * i128::from(line.net().minor());
            Amount::new(i64::try_from(exact / i128::from(nets.minor())).ok()?)?
        };
        rest = rest.minus(share)?;
        shares.push(share);
    }
    Some(shares)
}

/// The movements of an issue: receivable against revenue net of discounts, tax and tips.
pub(crate) fn issue_movements(snapshot: &Snapshot, invoice: &Invoice, lines: &[LineItem]) -> Result<Movements, Stop> {
    let receivable = snapshot.account_of(AccountRole::Receivable)?;
    let movements = own_movements(receivable, invoice, lines).ok_or(Refusal::AmountTooLarge)?;
    let Some(exchange) = invoice.exchange else {
        return Ok(Movements::from(&movements));
    };
    let book = snapshot.settings()?.currency;
    let by_rate = |amount| exchange.rate.value(amount, invoice.currency, book);
    let valued = valued_movements(invoice.foreign(), invoice.total_valued(), &movements, by_rate);
    Ok(valued.ok_or(Refusal::AmountTooLarge)?)
}

/// The movements of a document in both currencies; the first one is its total. Each other takes what those so far come to, less what
/// they came to before: they add up to the total without a rest, and a credit in the one currency is never a debit in the other.
pub(crate) fn valued_movements(
    foreign: Option<Currency>,
    total: Valued,
    movements: &[(AccountKey, Amount)],
    by_rate: impl Fn(Amount) -> Option<Valued>,
) -> Option<Movements> {
    let (first, others) = movements.split_first()?;
    let mut moved = vec![(first.0, total)];
    let mut before = Valued::ZERO;
    for (account, amount) in others {
        let after = before.amount.plus(*amount)?;
        let after = match total.amount.is_zero() {
            true => by_rate(after)?,
            false => total.negated().share(after)?,
        };
        moved.push((*account, after.minus(before)?));
        before = after;
    }
    Some(Movements::of(foreign, moved))
}

/// The movements of an issue in the document's own currency.
fn own_movements(receivable: AccountKey, invoice: &Invoice, lines: &[LineItem]) -> Option<Vec<(AccountKey, Amount)>> {
    let own: Vec<&LineItem> = lines.iter().filter(|line| line.place > 0).collect();
    let shares = discount_shares(invoice.document_discount, &own)?;
    let mut credits = Vec::new();
    for (line, share) in own.iter().zip(shares) {
        credits.push((line.account, line.net().minus(share)?));
    }
    for line in lines {
        credits.extend(line.taxes.iter().map(|tax| (tax.account, tax.amount)));
        if line.place == 0 {
            credits.push((line.account, line.subtotal));
        }
    }
    let debits = credits.into_iter().map(|(account, credit)| (account, credit.negated()));
    merged((receivable, invoice.total), debits)
}

/// The movements of a document: its total, and what comes against it, of which each account moves once, in the order in which it came first.
pub(crate) fn merged(
    total: (AccountKey, Amount),
    against: impl IntoIterator<Item = (AccountKey, Amount)>,
) -> Option<Vec<(AccountKey, Amount)>> {
    let mut movements = vec![total];
    for (account, amount) in against {
        match movements.iter_mut().skip(1).find(|(known, _)| *known == account) {
            Some((_, sum)) => *sum = sum.plus(amount)?,
            None => movements.push((account, amount)),
        }
    }
    Some(movements)
}

/// Makes a draft issued and plans its entry. The caller puts the invoice.
pub(crate) fn issue(
    planner: &mut Planner<'_>,
    moment: &Moment,
    invoice: &mut Invoice,
    lines: &[LineItem],
) -> Result<(), Stop> {
    let movements = issue_movements(planner.snapshot, invoice, lines)?;
    refuse_retired(planner.snapshot, movements.moved.iter().map(|(account, _)| *account))?;
    let entry: Option<EntryKey> =
        planner.post(invoice.invoice_date, EntryKind::Issue, invoice.key.into(), movements)?;
    invoice.stage = Stage::Issued { at: moment.at, entry };
    Ok(())
}

/// Issues a stored draft: its number is given now if it has none.
pub(crate) fn issue_stored(
    planner: &mut Planner<'_>,
    moment: &Moment,
    rules: &Rules,
    invoice: &mut Invoice,
) -> Result<(), Stop> {
    let lines = planner
        .snapshot
        .tables()
        .lines
        .range((invoice.key, i64::MIN)..=(invoice.key, i64::MAX));
    let lines: Vec<LineItem> = lines.map(|(_, line)| LineItem::clone(line)).collect();
    if lines.is_empty() {
        return Err(Stop::Flawed(Flaw::BadInvoice(invoice.key)));
    }
    if invoice.number.is_none() {
        invoice.number = Some(take_next(
            planner,
            invoice.key.into(),
            rules.numbering.prefix,
            rules.numbering.width,
        )?);
    }
    issue(planner, moment, invoice, &lines)
}

/// The whole live invoice of this name as a value to change, or the refusal that says why there is none.
pub(crate) fn live_invoice(snapshot: &Snapshot, named: &Named) -> Result<Invoice, Stop> {
    match snapshot.whole_invoice(named)? {
        Some(invoice) => Ok(invoice.clone()),
        None => Err(absent(snapshot, named).into()),
    }
}

/// Notes that the invoice changed now.
pub(crate) fn touch(invoice: &mut Invoice, moment: &Moment) {
    invoice.updated_at = moment.at;
    invoice.revision = invoice.revision.saturating_add(1);
}

/// Refuses an invoice whose standing is not among those allowed.
pub(crate) fn need(invoice: &Invoice, allowed: &[Standing]) -> Result<(), Stop> {
    let standing = invoice.standing();
    if allowed.contains(&standing) {
        return Ok(());
    }
    Err(Refusal::WrongStanding {
        standing,
        allowed: allowed.to_vec(),
    }
    .into())
}

/// Decides to issue a draft.
pub fn issue_invoice(snapshot: &Snapshot, moment: &Moment, rules: &Rules, named: &Named) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let mut invoice = live_invoice(snapshot, named)?;
    need(&invoice, &[Standing::Draft])?;
    issue_stored(&mut planner, moment, rules, &mut invoice)?;
    touch(&mut invoice, moment);
    let key = invoice.key;
    planner.put(invoice);
    Ok(planner.finish(EventKind::InvoiceIssued, key))
}

/// Decides to send an invoice; a draft is issued first. No mail leaves this server: the instant is recorded.
pub fn send_invoice(snapshot: &Snapshot, moment: &Moment, rules: &Rules, named: &Named) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let mut invoice = live_invoice(snapshot, named)?;
    let again = [
        Standing::Draft,
        Standing::Open,
        Standing::PartPaid,
        Standing::PartWrittenOff,
    ];
    need(&invoice, if rules.sends_again { &again } else { &[Standing::Draft] })?;
    if invoice.standing() == Standing::Draft {
        issue_stored(&mut planner, moment, rules, &mut invoice)?;
    }
    invoice.sent_at = Some(moment.at);
    touch(&mut invoice, moment);
    let key = invoice.key;
    planner.put(invoice);
    Ok(planner.finish(EventKind::InvoiceSent, key))
}

/// What becomes of a retention hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It stays as it is, if there is one.
    AsItIs,
    /// It lasts through this day.
    Until(Date),
    /// It is released.
    Released,
}

/// Decides to put an invoice on hold or to release it, and to mark it as handed over to an authority. A mark is never taken back.
pub fn hold_invoice(
    snapshot: &Snapshot,
    moment: &Moment,
    named: &Named,
    hold: Hold,
    handed_over: bool,
) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let mut invoice = live_invoice(snapshot, named)?;
    invoice.held_until = match hold {
        Hold::AsItIs => invoice.held_until,
        Hold::Until(day) => Some(day),
        Hold::Released => None,
    };
    if handed_over && invoice.handed_over_at.is_none() {
        invoice.handed_over_at = Some(moment.at);
    }
    touch(&mut invoice, moment);
    let key = invoice.key;
    planner.put(invoice);
    Ok(planner.finish(EventKind::InvoiceHeld, key))
}
