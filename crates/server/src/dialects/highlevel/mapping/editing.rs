//! From a checked request to an edit: what the request leaves out stays as it is.

use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::snapshot::Named;
use quittance_books::content::{InvoiceContent, LineContent};
use quittance_books::input::{CustomerInput, Due, InvoiceEdit};
use quittance_books::view::InvoiceView;
use serde_json::{Map, Value};

use super::super::errors::Fault;
use super::super::manners::NAME;
use super::super::wire::shape::{day, object, text};
use super::handing_back::{HandedBack, handed_back, is_same, is_same_contact, is_unchanged};
use super::incoming::{Items, customer, figures, told, under_our_name};
use super::outgoing;

type Members = Map<String, Value>;

/// To whom an edited invoice goes, where the request says so.
#[derive(Clone, Debug, PartialEq)]
pub enum Contact {
    /// To the contact of this id.
    Known(String),
    /// To the contact of this id, or else to a new one.
    Brought(String, Box<CustomerInput>),
}

/// The refusal of a contact that nobody has.
pub fn no_contact(id: &str) -> Fault {
    Fault::Rule(format!("Unable to find the contact {id}"))
}

/// What an invoice says after a request, whose items stand under `items`.
pub fn edit(
    request: &Members,
    items: &'static str,
    view: &InvoiceView,
) -> Result<(InvoiceEdit, Option<Contact>), Fault> {
    let currency = view.invoice.currency;
    if text(request, "currency").and_then(Currency::parse) != Some(currency) {
        let problem = format!("currency must be {}, the currency of the invoice", currency.code());
        return Err(Fault::Invalid(vec![problem]));
    }
    let before = view.content.extra.get(NAME).and_then(Value::as_object);
    let before = before.cloned().unwrap_or_default();
    let mut request = request.clone();
    // Who was shown has it already.
    if object(&request, "contactDetails").is_some_and(|details| is_same_contact(view, details)) {
        request.remove("contactDetails");
    }
    // A percentage that was agreed on holds for the new items too.
    if !request.get("discount").is_some_and(Value::is_object) {
        request.insert("discount".to_owned(), outgoing::discount(&before, view));
    }
    let read = Items::of(&request, items);
    let handed = handed_back(view, &read.items());
    let stand_for = handed
        .iter()
        .map(|handed| handed.as_ref().filter(|own| own.figures).map(|own| own.line));
    let read = read.standing_for(stand_for.collect());
    read.check(&request, currency)?;
    let mut edit = InvoiceEdit::of(view);
    let discount = outgoing::discount(&before, view);
    let same_discount = request.get("discount").is_some_and(|asked| is_same(asked, &discount));
    if !(same_discount && is_unchanged(view, &handed)) {
        edit.lines = read.lines(&request, figures(&view.book.settings, currency))?;
        for (line, handed) in edit.lines.iter_mut().zip(&handed) {
            if let Some(handed) = handed {
                line.account = AccountChoice::Key(handed.line.account);
                line.product = handed.line.product.map(|key| Named::Key(key.0));
            }
        }
        edit.discount = Amount::ZERO;
    }
    edit.number = number(&request, view);
    edit.invoice_date = day(&request, "issueDate").unwrap_or(edit.invoice_date);
    // The day that is shown may be of an instant, or of nothing.
    let due = day(&request, "dueDate").filter(|due| *due != outgoing::due_day(&view.invoice));
    edit.due = due.map(Due::On).or(edit.due);
    let contact = contact(&request)?;
    let mut told = told(&request, before);
    if matches!(contact, Some(Contact::Known(_))) {
        told.remove("contactDetails");
    }
    let (prefix, _) = shown_number(view);
    for (name, value) in [
        ("invoiceNumberPrefix", Value::from(prefix.unwrap_or_default())),
        ("liveMode", Value::from(outgoing::is_live(view))),
    ] {
        told.entry(name).or_insert(value);
    }
    edit.content = InvoiceContent {
        hold_reason: None,
        title: text(&request, "name").map(str::to_owned),
        lines: texts(&read, &handed),
        memo: edit.content.memo.take(),
        extra: {
            let mut extra = std::mem::take(&mut edit.content.extra);
            extra.extend(under_our_name(told));
            extra
        },
    };
    Ok((edit, contact))
}

/// The texts of the lines.
fn texts(read: &Items<'_>, handed: &[Option<HandedBack<'_>>]) -> Vec<LineContent> {
    let text = |(said, handed): (LineContent, &Option<HandedBack<'_>>)| match handed {
        Some(handed) => handed.texts(said),
        None => said,
    };
    read.texts().into_iter().zip(handed).map(text).collect()
}

fn contact(request: &Members) -> Result<Option<Contact>, Fault> {
    let filled = |text: &&str| !text.trim().is_empty();
    if let Some(details) = object(request, "contactDetails") {
        let (id, customer) = customer(details)?;
        return Ok(Some(Contact::Brought(id, Box::new(customer))));
    }
    let id = text(request, "contactId").filter(filled);
    Ok(id.map(|id| Contact::Known(id.to_owned())))
}

fn shown_number(view: &InvoiceView) -> (Option<String>, Value) {
    let own = view.content.extra.get(NAME).and_then(Value::as_object);
    outgoing::number(view.invoice.number.as_deref(), own)
}

/// Another number, where the request has a number or a prefix; of the two, the one that it lacks stays.
fn number(request: &Members, view: &InvoiceView) -> Option<NumberChoice> {
    let number = text(request, "invoiceNumber").filter(|number| !number.trim().is_empty());
    let prefix = text(request, "invoiceNumberPrefix");
    if number.is_none() && prefix.is_none() {
        return None;
    }
    let (shown_prefix, _) = shown_number(view);
    let shown_prefix = shown_prefix.unwrap_or_default();
    let whole = view.invoice.number.as_deref().unwrap_or_default();
    let rest = whole.strip_prefix(&shown_prefix).unwrap_or(whole);
    let asked = format!("{}{}", prefix.unwrap_or(&shown_prefix), number.unwrap_or(rest));
    (asked != whole).then_some(NumberChoice::Explicit(asked))
}
