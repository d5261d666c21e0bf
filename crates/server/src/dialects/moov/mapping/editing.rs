//! A partial update, laid over what the invoice says.
//!
//! What is named replaces what was there; what is not named stays as another dialect may have put it. Null unsets, but for the
//! items: an invoice has some. Items are replaced as a whole. A tax that stood on replaced lines stays, as tax of the document; tax
//! and surcharge that are named are all the tax and surcharge there is. Deliberately absent: which standings may be edited
//! (`rules.rs`), and `status`, which is a verb of its own.

use jiff::Timestamp;
use quittance_accounting::account::AccountRole;
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::money::Amount;
use quittance_books::content::LineContent;
use quittance_books::input::{Due, InvoiceEdit, LineInput};
use quittance_books::view::InvoiceView;
use serde_json::{Map, Value, json};

use super::super::manners::{MOST_DESCRIPTION, Shape};
use super::EXTRA;
use super::incoming::{Ground, items, payment_options, refuse_other_shape, surcharge_line};
use super::outgoing::own_members;
use super::reading::{Fault, Fields, Prices, Unreadable};

/// What a nullable member asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wish<T> {
    Unset,
    To(T),
}

impl<T> Wish<T> {
    fn value(self) -> Option<T> {
        match self {
            Wish::Unset => None,
            Wish::To(value) => Some(value),
        }
    }
}

/// The invoice as it is once the body is laid over it; `None` when the body names nothing but a status.
pub fn patched(body: &Fields<'_>, ground: &Ground, view: &InvoiceView) -> Result<Option<InvoiceEdit>, Unreadable> {
    const NAMED: [&str; 7] = [
        "description",
        "lineItems",
        "invoiceDate",
        "dueDate",
        "payment",
        "taxAmount",
        "amountDetails",
    ];
    if !NAMED.into_iter().any(|name| body.has(name)) {
        return Ok(None);
    }
    let faults = &mut Vec::new();
    let mut edit = InvoiceEdit::of(view);
    let mut own = own_members(view);
    if body.has("description") {
        edit.content.memo = body.bounded("description", MOST_DESCRIPTION, faults)?;
    }
    if let Some(wish) = instant(body, "dueDate", faults)? {
        edit.due = wish.value().map(Due::At);
    }
    if let Some(wish) = instant(body, "invoiceDate", faults)? {
        let at = wish.value();
        // Without a date of its own an invoice has that of the day it was made, as when it is created without one.
        let day = at.unwrap_or(view.invoice.created_at);
        edit.invoice_date = ground.zone.to_datetime(day).date();
        keep(&mut own, "invoiceDate", at.map(|at| json!(at.to_string())));
    }
    if body.has("payment") {
        let before = match own.remove("payment") {
            Some(Value::Object(known)) => known,
            Some(_) | None => Map::new(),
        };
        if let Some(payment) = body.object("payment")? {
            let options = payment_options(&payment, before, faults)?;
            keep(&mut own, "payment", Some(Value::Object(options)));
        }
    }
    let mut lines = Lines::of(&mut edit, view);
    lines.replace(body, ground, faults)?;
    let (tax, surcharge) = taxes(body, ground, faults)?;
    if let Some(wish) = surcharge {
        lines.surcharge(wish, ground, &mut own);
    }
    if let Some(wish) = tax {
        lines.tax(wish, &mut own);
    }
    lines.put();
    if !faults.is_empty() {
        return Err(Unreadable::Values(std::mem::take(faults)));
    }
    edit.content.extra.insert(EXTRA.to_owned(), Value::Object(own));
    Ok(Some(edit))
}

fn keep(own: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => own.insert(name.to_owned(), value),
        None => own.remove(name),
    };
}

fn instant(body: &Fields<'_>, name: &str, faults: &mut Vec<Fault>) -> Result<Option<Wish<Timestamp>>, Unreadable> {
    match body.instant(name, faults)? {
        Some(at) => Ok(Some(Wish::To(at))),
        // A fault was noted, and then nothing is edited.
        None => Ok(body.has(name).then_some(Wish::Unset)),
    }
}

type Taxes = (Option<Wish<Amount>>, Option<Wish<Amount>>);

/// What is asked of tax and of surcharge, in the version's shape.
fn taxes(body: &Fields<'_>, ground: &Ground, faults: &mut Vec<Fault>) -> Result<Taxes, Unreadable> {
    refuse_other_shape(body, ground.shape)?;
    let mut wish = |fields: &Fields<'_>, name: &str, prices: Prices| match fields.object(name)? {
        Some(amount) => {
            let prices = Prices {
                in_part: true,
                ..prices
            };
            Ok(prices.sum(&amount, faults)?.map(Wish::To))
        }
        None => Ok(fields.has(name).then_some(Wish::Unset)),
    };
    match ground.shape {
        Shape::TaxAmount => Ok((wish(body, "taxAmount", ground.prices())?, None)),
        Shape::AmountDetails => match body.object("amountDetails")? {
            Some(details) => {
                let prices = ground.prices_of_details();
                Ok((wish(&details, "tax", prices)?, wish(&details, "surcharge", prices)?))
            }
            None if body.has("amountDetails") => Ok((Some(Wish::Unset), Some(Wish::Unset))),
            None => Ok((None, None)),
        },
    }
}

/// The lines of an edit beside their texts, surcharges apart.
struct Lines<'a> {
    edit: &'a mut InvoiceEdit,
    items: Vec<(LineInput, LineContent)>,
    surcharges: Vec<(LineInput, LineContent)>,
}

impl<'a> Lines<'a> {
    fn of(edit: &'a mut InvoiceEdit, view: &InvoiceView) -> Lines<'a> {
        let inputs = std::mem::take(&mut edit.lines);
        let texts = view.lines.iter().map(|line| view.line_content(line.place));
        let is_item = |(_, text): &(LineInput, LineContent)| {
            let own = text.extra.get(EXTRA);
            own.is_none_or(|own| own.get("surcharge").is_none())
        };
        let (items, surcharges) = inputs.into_iter().zip(texts).partition(is_item);
        Lines {
            edit,
            items,
            surcharges,
        }
    }

    /// Replaces the items, if the body has any.
    fn replace(&mut self, body: &Fields<'_>, ground: &Ground, faults: &mut Vec<Fault>) -> Result<(), Unreadable> {
        let names_items = body.object("lineItems")?.is_some_and(|list| list.has("items"));
        if !names_items {
            return Ok(());
        }
        let (lines, texts) = items(body, ground, faults)?;
        let taxes = self.items.iter().flat_map(|(line, _)| line.taxes.iter().cloned());
        self.edit.taxes.extend(taxes);
        self.items = lines.into_iter().zip(texts).collect();
        Ok(())
    }

    fn surcharge(&mut self, wish: Wish<Amount>, ground: &Ground, own: &mut Map<String, Value>) {
        let amount = wish.value();
        keep(own, "surcharge", amount.map(|_| Value::Bool(true)));
        // A tip is shown as surcharge, so it is part of what is replaced.
        self.edit.tip = Amount::ZERO;
        let amount = amount.filter(|amount| !amount.is_zero());
        self.surcharges = amount
            .map(|amount| surcharge_line(amount, ground.currency))
            .into_iter()
            .collect();
    }

    fn tax(&mut self, wish: Wish<Amount>, own: &mut Map<String, Value>) {
        let amount = wish.value();
        keep(own, "tax", amount.map(|_| Value::Bool(true)));
        for (line, _) in self.items.iter_mut().chain(&mut self.surcharges) {
            line.taxes.clear();
        }
        let amount = amount.filter(|amount| !amount.is_zero());
        self.edit.taxes = amount
            .map(|amount| (AccountChoice::Role(AccountRole::SalesTax), amount))
            .into_iter()
            .collect();
    }

    fn put(self) {
        let all = self.items.into_iter().chain(self.surcharges);
        (self.edit.lines, self.edit.content.lines) = all.unzip();
    }
}
