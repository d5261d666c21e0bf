//! The three forms in which an invoice is paid into steps of the books.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::book::BookSettings;
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::money::Amount;
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::content::PaymentContent;
use quittance_books::input::{PaymentInput, WriteOffInput};
use quittance_books::together::Step;
use quittance_books::view::{BookView, CreditNoteView, InvoiceView, PaymentView};
use serde_json::{Map, Value, json};

use super::super::manners::{DIALECT, MOST_IDS, MOST_NAME, MOST_PAYMENTS, MOST_TEXT};
use super::super::rules::OVERPAID;
use super::super::wire::Kind;
use super::fields::{Fields, Need, each, objects, whole};
use super::number_of;
use super::reading::{account, line_currency};

/// The forms of a payment.
const FORMS: [&str; 3] = ["transactions", "credit_memos", "empty_transactions"];

/// What a call of `pay` is read against.
pub struct Setting<'a> {
    /// The book.
    pub book: &'a BookView,
    /// The invoice.
    pub invoice: &'a InvoiceView,
    /// The money that the call names, by its integer.
    pub money: &'a BTreeMap<i64, PaymentView>,
    /// The credit memos that it names, by their integers; what was overpaid before is among them.
    pub credits: &'a BTreeMap<i64, CreditNoteView>,
}

/// What is due of the invoice after the forms before in the same call, as far as that can be told beforehand.
struct Due {
    at_first: Amount,
    left: Amount,
}

impl Due {
    fn of(view: &InvoiceView) -> Due {
        let open = view.invoice.open();
        Due {
            at_first: open,
            left: open,
        }
    }

    fn take(&mut self, amount: Amount) {
        self.left = self.left.minus(amount).unwrap_or(Amount::ZERO);
    }

    /// Whether the call itself has paid all that was due before it.
    fn is_used_up(&self) -> bool {
        self.at_first.is_positive() && !self.left.is_positive()
    }
}

fn key_of(invoice: &InvoiceView) -> Named {
    Named::Key(invoice.invoice.key.0)
}

/// The integers of the credit memos that a body names; what is not one of this book's is left out.
pub fn credit_memos(body: &Map<String, Value>, book: &BookView) -> BTreeSet<i64> {
    let own = |value: &Value| whole(value).flatten().filter(|id| number_of(book.key, *id).is_some());
    let items = body.get("credit_memos").and_then(Value::as_array);
    let items = items.map_or(&[][..], Vec::as_slice).iter().take(MOST_PAYMENTS);
    items
        .filter_map(|item| item.get("credit_memo_id").and_then(own))
        .collect()
}

/// The integers of the bank transactions that a body names; what is not one of this book's is left out.
pub fn transactions(body: &Map<String, Value>, book: &BookView) -> BTreeSet<i64> {
    let own = |value: &Value| whole(value).flatten().filter(|id| number_of(book.key, *id).is_some());
    let items = body.get("transactions").and_then(Value::as_array);
    let items = items.map_or(&[][..], Vec::as_slice).iter().take(MOST_PAYMENTS);
    let named = items.flat_map(|item| {
        let several = item.get("transaction_ids").and_then(Value::as_array);
        let several = several.map_or(&[][..], Vec::as_slice).iter().take(MOST_IDS);
        item.get("transaction_id").into_iter().chain(several)
    });
    named.filter_map(own).collect()
}

/// The steps that a body asks for, in the order of its forms. Unless something must be in it, it may ask for nothing.
pub fn steps(body: &Map<String, Value>, setting: &Setting<'_>, something: bool) -> Result<Vec<Step>, Value> {
    let mut fields = Fields::of(body);
    let mut steps = Vec::new();
    let mut due = Due::of(setting.invoice);
    for form in FORMS {
        let Some(items) = items(&mut fields, form) else {
            continue;
        };
        // What a transaction or a memo has left after the ones before it in the same call.
        let money = setting.money.iter().map(|(id, view)| (*id, view.payment.unallocated));
        let mut left: BTreeMap<i64, Amount> = money.collect();
        let credit = setting.credits.iter().map(|(id, view)| (*id, view.credit.unallocated));
        let mut credit_left: BTreeMap<i64, Amount> = credit.collect();
        let read = each(items, |members| match form {
            "transactions" => transaction(members, setting, &mut left, &mut due),
            "credit_memos" => credit_of(members, setting, &mut credit_left, &mut due),
            _ => by_hand(members, setting, &mut due).map(|step| vec![step]),
        });
        match read {
            Ok(read) => steps.extend(read.into_iter().flatten()),
            Err(errors) => fields.say_inside(form, errors),
        }
    }
    if steps.is_empty() && something {
        let missing =
            || json!({"non_field_errors": ["One of transactions, credit_memos and empty_transactions is required."]});
        return Err(fields.errors().unwrap_or_else(missing));
    }
    fields.errors().map_or(Ok(steps), Err)
}

/// The items of a form; an empty list asks for nothing.
fn items<'a>(fields: &mut Fields<'a>, form: &str) -> Option<&'a [Value]> {
    let value = fields.value(form, Need::Optional)?;
    if value.as_array().is_some_and(Vec::is_empty) {
        return None;
    }
    match objects(value, MOST_PAYMENTS) {
        Ok(items) => Some(items),
        Err(errors) => {
            fields.say_inside(form, errors);
            None
        }
    }
}

/// An amount that is more than zero.
pub(super) fn positive(fields: &mut Fields<'_>, settings: &BookSettings) -> Option<Amount> {
    let amount = fields.money("amount", Need::Required, settings)?;
    if !amount.is_positive() {
        fields.say("amount", "Ensure this value is greater than 0.");
        return None;
    }
    Some(amount)
}

/// Money that is there already, applied to the invoice; what then stays open is given up if an account for that is named.
fn transaction(
    members: &Map<String, Value>,
    setting: &Setting<'_>,
    left: &mut BTreeMap<i64, Amount>,
    due: &mut Due,
) -> Result<Vec<Step>, Value> {
    let mut fields = Fields::of(members);
    let amount = positive(&mut fields, &setting.book.settings);
    let known: BTreeSet<i64> = setting.money.keys().copied().collect();
    let one = fields.reference("transaction_id", Need::Optional, &known);
    let several = fields.references("transaction_ids", &known);
    let ids: Vec<i64> = one.into_iter().chain(several.unwrap_or_default()).collect();
    let named = fields.has("transaction_id") || fields.has("transaction_ids");
    if ids.is_empty() && !named {
        fields.say("transaction_id", "This field is required.");
    }
    let given_up = account(&mut fields, "writeoff_account_id", Need::Optional, setting.book);
    let mut steps = Vec::new();
    let mut rest = amount.unwrap_or(Amount::ZERO);
    for id in &ids {
        let (Some(view), Some(held)) = (setting.money.get(id), left.get_mut(id)) else {
            continue;
        };
        let part = rest.min(*held);
        if part.is_positive() {
            *held = held.minus(part).unwrap_or(*held);
            rest = rest.minus(part).unwrap_or(rest);
            due.take(part);
            let parts = vec![(key_of(setting.invoice), Part::Exactly(part))];
            let payment = Named::Key(view.payment.key.0);
            steps.push(Step::AllocatePayment(payment, parts, Some(view.payment.paid_on)));
        }
    }
    if rest.is_positive() && !ids.is_empty() {
        fields.say("amount", "This is more than the transactions have left.");
    }
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    steps.extend(given_up.map(|account| {
        let day = ids
            .iter()
            .filter_map(|id| setting.money.get(id))
            .map(|view| view.payment.paid_on);
        Step::WriteOff(Box::new(WriteOffInput {
            account: Some(account),
            on: day.max(),
            ..WriteOffInput::of(key_of(setting.invoice))
        }))
    }));
    Ok(steps)
}

/// Credit of a credit memo, applied to the invoice.
fn credit_of(
    members: &Map<String, Value>,
    setting: &Setting<'_>,
    left: &mut BTreeMap<i64, Amount>,
    due: &mut Due,
) -> Result<Vec<Step>, Value> {
    let mut fields = Fields::of(members);
    let known: BTreeSet<i64> = setting.credits.keys().copied().collect();
    let id = fields.reference("credit_memo_id", Need::Required, &known);
    let amount = positive(&mut fields, &setting.book.settings);
    let on = fields.date("posted_at", Need::Required);
    let memo = id.and_then(|id| setting.credits.get(&id));
    if let (Some(held), Some(amount)) = (id.and_then(|id| left.get_mut(&id)), amount) {
        match held.minus(amount).filter(|rest| !rest.is_negative()) {
            Some(rest) => *held = rest,
            None => fields.say("amount", "This is more than the credit memo has left."),
        }
    }
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    let step = memo.zip(amount).map(|(memo, amount)| {
        due.take(amount);
        let parts = vec![(key_of(setting.invoice), Part::Exactly(amount))];
        let source = Named::Key(memo.note.key.0);
        match memo.credit.witness.is_money() {
            true => Step::AllocatePayment(source, parts, on),
            false => Step::ApplyCredit(source, parts, on),
        }
    });
    Ok(step.into_iter().collect())
}

/// Money that somebody recorded by hand. What is more than is due becomes credit of the client; where there is none, it is refused.
fn by_hand(members: &Map<String, Value>, setting: &Setting<'_>, due: &mut Due) -> Result<Step, Value> {
    let book = setting.book;
    let mut fields = Fields::of(members);
    let account = account(&mut fields, "account_id", Need::Present, book);
    let name = fields.text("account_name", Need::Present, MOST_NAME);
    let amount = positive(&mut fields, &book.settings);
    let paid_on = fields.date("payment_date", Need::Required);
    let memo = fields.text("memo", Need::Optional, MOST_TEXT);
    let external_id = fields
        .text("external_id", Need::Optional, MOST_NAME)
        .filter(|id| !id.is_empty());
    line_currency(&mut fields, book.settings.currency);
    let mut kept = fields.kept(&[("department_id", Kind::Integer), ("tag_ids", Kind::Integers)]);
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    let mut content = PaymentContent {
        memo,
        ..PaymentContent::default()
    };
    kept.extend(name.map(|name| ("account_name".to_owned(), Value::from(name))));
    if !kept.is_empty() {
        content.extra.insert(DIALECT.to_owned(), Value::Object(kept));
    }
    let client = setting.invoice.invoice.customer.map(|key| Named::Key(key.0));
    let all_is_credit = due.is_used_up() && client.is_some();
    let parts = match all_is_credit {
        true => Vec::new(),
        false => vec![(key_of(setting.invoice), Part::Exactly(amount.unwrap_or(Amount::ZERO)))],
    };
    due.take(amount.unwrap_or(Amount::ZERO));
    let has_client = client.is_some();
    let step = Step::RecordPayment(Box::new(PaymentInput {
        currency: Some(setting.invoice.invoice.currency),
        rate: None,
        customer: client,
        paid_on,
        paid_at: None,
        amount,
        method: Method::Other,
        witness: Witness::Hand,
        clearing: account.unwrap_or(AccountChoice::Role(AccountRole::Clearing)),
        parts,
        external_id,
        content,
    }));
    Ok(match has_client {
        true => Step::Under(&OVERPAID, Box::new(step)),
        false => step,
    })
}

/// The day that the default of a payment is asked for.
pub fn posted_at(body: &Map<String, Value>) -> Result<Option<Date>, Value> {
    let mut fields = Fields::of(body);
    let date = fields.date("posted_at", Need::Optional);
    fields.errors().map_or(Ok(date), Err)
}
