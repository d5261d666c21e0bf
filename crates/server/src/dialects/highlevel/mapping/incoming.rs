//! From checked requests to commands: figures exactly, texts as they came.

use quittance_accounting::account::AccountRole;
use quittance_accounting::book::BookSettings;
use quittance_accounting::invoice::LineItem;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency, exact};
use quittance_accounting::refusal::{ExchangeRefusal, Refusal};
use quittance_accounting::rounding::Figures;
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::content::{CustomerContent, InvoiceContent, LineContent, PaymentContent};
use quittance_books::input::{CustomerInput, Due, InvoiceInput, LineInput, PaymentInput};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::super::errors::{Fault, Operation};
use super::super::manners::{NAME, SAFE_DIGITS};
use super::super::wire::requests::{ITEM_KEPT, KEPT};
use super::super::wire::shape::{day, decimal, flag, instant, list, object, text};
use super::settings::Defaults;

type Members = Map<String, Value>;

/// An invoice to create, and the contact it goes to.
#[derive(Debug)]
pub struct Order {
    /// The contact's id as the client wrote it.
    pub contact_id: String,
    /// The contact, in case nobody has that id.
    pub contact: CustomerInput,
    /// The invoice, still without its customer.
    pub invoice: InvoiceInput,
}

/// Reads a create request; what it leaves out is taken from the settings of the location.
pub fn order(request: &Members, book: &BookSettings, defaults: &Defaults) -> Result<Order, Fault> {
    let mut request = request.clone();
    defaults.fill(&mut request);
    if flag(&request, "includeTermsNote") == Some(true)
        && text(&request, "termsNotes").is_none()
        && let Some(terms) = defaults.terms()
    {
        request.insert("termsNotes".to_owned(), Value::from(terms));
    }
    if text(&request, "invoiceNumberPrefix").is_none() && !defaults.invoice_prefix().is_empty() {
        let prefix = Value::from(defaults.invoice_prefix());
        request.insert("invoiceNumberPrefix".to_owned(), prefix);
    }
    let request = &request;
    let currency = currency(request)?;
    let items = Items::of(request, "items");
    items.check(request, currency)?;
    let figures = figures(book, currency);
    let lines = items.lines(request, figures)?;
    let contact = object(request, "contactDetails").cloned().unwrap_or_default();
    let (contact_id, contact) = customer(&contact)?;
    let issue_date = day(request, "issueDate");
    let due = day(request, "dueDate").or(issue_date.map(|issued| defaults.due(issued)));
    let invoice = InvoiceInput {
        rate: None,
        customer: None,
        currency,
        number: number(request),
        external_id: None,
        invoice_date: issue_date,
        due: due.map(Due::On),
        sent_at: None,
        issue: false,
        lines,
        discount: Amount::ZERO,
        taxes: Vec::new(),
        tip: Amount::ZERO,
        content: InvoiceContent {
            hold_reason: None,
            title: text(request, "name").map(str::to_owned),
            memo: None,
            lines: items.texts(),
            extra: under_our_name(told(request, Members::new())),
        },
    };
    Ok(Order {
        contact_id,
        contact,
        invoice,
    })
}

fn too_large() -> Fault {
    Fault::Refused(Operation::Create, Refusal::AmountTooLarge.into())
}

/// The currency. In another than the location's the books want to know a rate for the day; there is none on the wire.
fn currency(request: &Members) -> Result<Currency, Fault> {
    let Some(document) = text(request, "currency").and_then(Currency::parse) else {
        return Err(Fault::Invalid(vec![
            "currency must be a valid ISO4217 currency code".to_owned(),
        ]));
    };
    Ok(document)
}

/// The items of a request, under the name that its operation has for them.
pub struct Items<'m> {
    name: &'static str,
    items: Vec<&'m Members>,
    /// The line that an item stands for, at the place of the item.
    lines: Vec<Option<&'m LineItem>>,
}

impl<'m> Items<'m> {
    /// The items of a checked request.
    pub fn of(request: &'m Members, name: &'static str) -> Items<'m> {
        let items: Vec<&Members> = list(request, name).iter().filter_map(Value::as_object).collect();
        let lines = vec![None; items.len()];
        Items { name, items, lines }
    }

    /// The items themselves.
    pub fn items(&self) -> Vec<&'m Members> {
        self.items.clone()
    }

    /// The same, of which some stand for lines that are there: what these come to needs no words of this dialect.
    pub fn standing_for(self, lines: Vec<Option<&'m LineItem>>) -> Items<'m> {
        Items { lines, ..self }
    }

    /// What the table of members cannot say.
    pub fn check(&self, request: &Members, currency: Currency) -> Result<(), Fault> {
        let (mut problems, name) = (Vec::new(), self.name);
        for (place, item) in self.items.iter().enumerate() {
            if text(item, "currency").and_then(Currency::parse) != Some(currency) {
                problems.push(format!("{name}.{place}.currency must be the currency of the invoice"));
            }
            if self.lines.get(place).is_none_or(Option::is_none) {
                problems.extend(
                    out_of_range(item)
                        .into_iter()
                        .map(|problem| format!("{name}.{place}.{problem}")),
                );
            }
        }
        let charges = object(request, "miscellaneousCharges");
        if charges.is_some_and(|charges| !list(charges, "charges").is_empty()) {
            let problem = "miscellaneousCharges.charges must be empty: charges beside the items are not supported";
            problems.push(problem.to_owned());
        }
        if let Some(number) = text(request, "invoiceNumber")
            && number.len() > SAFE_DIGITS
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            // It would move the count past what the answers can type as a number.
            problems.push(format!("invoiceNumber must have no more than {SAFE_DIGITS} digits"));
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(Fault::Invalid(problems)),
        }
    }

    /// The taxes that come on top of items, in their order: percentages of what each comes to.
    fn taxes(
        &self,
        gross: &[(Decimal, Decimal, Amount)],
        discounts: &[Amount],
        figures: Figures,
    ) -> Option<Vec<Amount>> {
        let mut exact = Vec::new();
        for ((item, (_, _, subtotal)), discount) in self.items.iter().zip(gross).zip(discounts) {
            if flag(item, "taxInclusive") != Some(true) {
                let net = subtotal.minus(*discount)?;
                for rate in rates(item) {
                    exact.push(figures.percentage(net, rate)?);
                }
            }
        }
        figures.amounts(&exact)
    }

    /// The lines that the items come to, with their shares of the discount.
    pub fn lines(&self, request: &Members, figures: Figures) -> Result<Vec<LineInput>, Fault> {
        let pair = |item: &&Members| {
            let price = decimal(item, "amount").unwrap_or_default();
            (price, decimal(item, "qty").unwrap_or_default())
        };
        let pairs: Vec<(Decimal, Decimal)> = self.items.iter().map(pair).collect();
        let products = pairs.iter().map(|(price, quantity)| price.checked_mul(*quantity));
        let exact: Option<Vec<Decimal>> = products.collect();
        let mut subtotals = exact.and_then(|exact| figures.amounts(&exact)).ok_or_else(too_large)?;
        let own = self.own_subtotals(&subtotals);
        for (subtotal, own) in subtotals.iter_mut().zip(&own) {
            *subtotal = own.unwrap_or(*subtotal);
        }
        let gross: Vec<(Decimal, Decimal, Amount)> = pairs
            .into_iter()
            .zip(subtotals)
            .map(|((price, quantity), subtotal)| (price, quantity, subtotal))
            .collect();
        let eligible = eligible(request, &self.items);
        let subtotals: Vec<Amount> = gross
            .iter()
            .zip(&eligible)
            .map(|((_, _, subtotal), eligible)| {
                if *eligible {
                    discountable(*subtotal)
                } else {
                    Amount::ZERO
                }
            })
            .collect();
        let discounts = spread(discount(request, &subtotals, figures)?, &subtotals).ok_or_else(too_large)?;
        let mut taxes = self
            .taxes(&gross, &discounts, figures)
            .ok_or_else(too_large)?
            .into_iter();
        let mut lines = Vec::with_capacity(self.items.len());
        let items = self.items.iter().zip(own).zip(gross).zip(discounts);
        for (((item, own), (unit_price, quantity, subtotal)), discount) in items {
            let priced = match flag(item, "taxInclusive") {
                Some(true) => Priced::with_tax(item, subtotal, discount, figures),
                Some(false) | None => Priced::before_tax(item, discount, &mut taxes),
            };
            let priced = priced.ok_or_else(too_large)?;
            lines.push(LineInput {
                account: AccountChoice::Role(AccountRole::Sales),
                product: None,
                quantity,
                unit_price,
                subtotal: priced.subtotal.or(own),
                discount: priced.discount,
                taxes: priced.taxes(),
            });
        }
        Ok(lines)
    }

    /// The subtotals of lines that items stand for, where these are not what the items come to by themselves: another dialect may have
    /// an amount beside price and quantity.
    fn own_subtotals(&self, computed: &[Amount]) -> Vec<Option<Amount>> {
        let own = |((item, line), computed): ((&&Members, &Option<&LineItem>), &Amount)| {
            let line = line.filter(|_| flag(item, "taxInclusive") != Some(true))?;
            Some(line.subtotal).filter(|subtotal| subtotal != computed)
        };
        self.items.iter().zip(&self.lines).zip(computed).map(own).collect()
    }

    /// The texts of the items.
    pub fn texts(&self) -> Vec<LineContent> {
        let line = |item: &&Members| {
            let mut extra = Members::new();
            kept(item, &["taxes"], &mut extra);
            kept(item, ITEM_KEPT, &mut extra);
            LineContent {
                name: text(item, "name").map(str::to_owned),
                description: text(item, "description").map(str::to_owned),
                extra: under_our_name(extra),
            }
        };
        self.items.iter().map(line).collect()
    }
}

/// What of a new or changed item passes the limits that it has: one that hands a line back may be below zero, and taxed at any rate.
fn out_of_range(item: &Members) -> Vec<String> {
    let is_below_zero =
        |name: &&str| decimal(item, name).is_some_and(|number| number.is_sign_negative() && !number.is_zero());
    let below = ["amount", "qty"].into_iter().filter(is_below_zero);
    let mut problems: Vec<String> = below.map(|name| format!("{name} must not be less than 0")).collect();
    for (place, rate) in rates(item).enumerate() {
        if rate < Decimal::ZERO {
            problems.push(format!("taxes.{place}.rate must not be less than 0"));
        } else if rate > Decimal::ONE_HUNDRED {
            problems.push(format!("taxes.{place}.rate must not be greater than 100"));
        }
    }
    problems
}

/// What of a subtotal a discount can be for: nothing of one below zero.
pub(super) fn discountable(subtotal: Amount) -> Amount {
    if subtotal.is_positive() { subtotal } else { Amount::ZERO }
}

/// What the items of a request come to as an invoice of this location, or why no invoice can come of them.
pub fn worth(request: &Members, book: &BookSettings) -> Result<Amount, Fault> {
    let currency = currency(request)?;
    if currency != book.currency {
        // What is made of it later is made on a day of which no rate is known yet.
        let differs = Refusal::from(ExchangeRefusal::Differs {
            document: book.currency,
            money: currency,
        });
        return Err(Fault::Refused(Operation::Create, differs.into()));
    }
    let items = Items::of(request, "items");
    items.check(request, currency)?;
    let figures = figures(book, currency);
    total(&items.lines(request, figures)?, figures).ok_or_else(too_large)
}

/// How a location makes amounts.
pub fn figures(book: &BookSettings, currency: Currency) -> Figures {
    Figures {
        rounding: book.rounding,
        currency,
    }
}

/// The sum of lines: price times quantity less discount, plus taxes.
pub fn total(lines: &[LineInput], figures: Figures) -> Option<Amount> {
    let computed = lines.iter().filter(|line| line.subtotal.is_none());
    let exact: Option<Vec<Decimal>> = computed
        .map(|line| line.unit_price.checked_mul(line.quantity))
        .collect();
    let mut subtotals = figures.amounts(&exact?)?.into_iter();
    lines.iter().try_fold(Amount::ZERO, |sum, line| {
        let subtotal = line.subtotal.or_else(|| subtotals.next());
        let net = subtotal?.minus(line.discount)?;
        let tax = Amount::sum(line.taxes.iter().map(|(_, tax)| *tax))?;
        sum.plus(net)?.plus(tax)
    })
}

/// Which items a discount is for: those of the products it names, or all.
fn eligible(request: &Members, items: &[&Members]) -> Vec<bool> {
    let discount = object(request, "discount");
    let products: Vec<&str> = discount
        .map(|discount| list(discount, "validOnProductIds"))
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let named = |item: &&Members| text(item, "productId").is_some_and(|product| products.contains(&product));
    items.iter().map(|item| products.is_empty() || named(item)).collect()
}

/// The discount on all eligible items together.
fn discount(request: &Members, eligible: &[Amount], figures: Figures) -> Result<Amount, Fault> {
    let Some(discount) = object(request, "discount") else {
        return Ok(Amount::ZERO);
    };
    let value = decimal(discount, "value").unwrap_or_default();
    let sum = Amount::sum(eligible.iter().copied()).ok_or_else(too_large)?;
    let invalid = |problem: &str| Err(Fault::Invalid(vec![format!("discount.value {problem}")]));
    if text(discount, "type") == Some("fixed") {
        return match exact(value, figures.currency) {
            None => invalid("must not have more decimal places than the currency"),
            Some(amount) if amount > sum => invalid("must not be greater than the sum of the items it is for"),
            Some(amount) => Ok(amount),
        };
    }
    if value > Decimal::ONE_HUNDRED {
        return invalid("must not be greater than 100");
    }
    figures.share(sum, value).ok_or_else(too_large)
}

/// Spreads a discount over lines in proportion, to the minor unit: each line gets what the lines so far should have together, less
/// what they got. No line gets more than it is worth, because the discount is not more than their sum.
pub(super) fn spread(discount: Amount, subtotals: &[Amount]) -> Option<Vec<Amount>> {
    let sum: i128 = subtotals.iter().map(|subtotal| i128::from(subtotal.minor())).sum();
    let (mut seen, mut given) = (0_i128, 0_i128);
    let mut shares = Vec::with_capacity(subtotals.len());
    for subtotal in subtotals {
        seen += i128::from(subtotal.minor());
        let until = match sum {
            0 => 0,
            sum => i128::from(discount.minor()) * seen / sum,
        };
        shares.push(Amount::new(i64::try_from(until - given).ok()?)?);
        given = until;
    }
    Some(shares)
}

/// What an item comes to.
struct Priced {
    /// Before discount and tax, where that is not price times quantity.
    subtotal: Option<Amount>,
    /// Its share of the discount, before tax.
    discount: Amount,
    taxes: Vec<Amount>,
}

impl Priced {
    /// Taxes come on top: each is a percentage of the net of the item, and comes next among those of all items.
    fn before_tax(item: &Members, discount: Amount, all: &mut impl Iterator<Item = Amount>) -> Option<Priced> {
        let taxes = rates(item).map(|_| all.next());
        Some(Priced {
            subtotal: None,
            discount,
            taxes: taxes.collect::<Option<Vec<Amount>>>()?,
        })
    }

    /// The price holds its taxes: they are worked back from what is to pay, rounded once together, so that it stays what it is.
    fn with_tax(item: &Members, gross: Amount, discount: Amount, figures: Figures) -> Option<Priced> {
        let rate: Decimal = rates(item).sum();
        let all = Decimal::ONE_HUNDRED.checked_add(rate)?;
        let held = |sum: Amount| {
            let tax = sum
                .in_major_units(figures.currency)
                .checked_mul(rate)?
                .checked_div(all)?;
            figures.amount(tax)
        };
        let due = gross.minus(discount)?;
        let (subtotal, tax) = (gross.minus(held(gross)?)?, held(due)?);
        let (mut seen, mut given) = (Decimal::ZERO, Amount::ZERO);
        let mut taxes = Vec::new();
        for own in rates(item) {
            seen += own;
            let until = tax
                .in_major_units(figures.currency)
                .checked_mul(seen)?
                .checked_div(rate)
                .unwrap_or_default();
            let until = figures.amount(until)?;
            taxes.push(until.minus(given)?);
            given = until;
        }
        Some(Priced {
            subtotal: Some(subtotal),
            discount: subtotal.plus(tax)?.minus(due)?,
            taxes,
        })
    }

    fn taxes(&self) -> Vec<(AccountChoice, Amount)> {
        let some = self.taxes.iter().filter(|tax| !tax.is_zero());
        some.map(|tax| (AccountChoice::Role(AccountRole::SalesTax), *tax))
            .collect()
    }
}

/// The rates of an item's taxes, in percent.
fn rates(item: &Members) -> impl Iterator<Item = Decimal> {
    let taxes = list(item, "taxes").iter().filter_map(Value::as_object);
    taxes.map(|tax| decimal(tax, "rate").unwrap_or_default())
}

/// The number stands in the register with its prefix, so that two invoices with one number and different prefixes are two.
fn number(request: &Members) -> NumberChoice {
    let prefix = text(request, "invoiceNumberPrefix").unwrap_or_default();
    match text(request, "invoiceNumber").filter(|number| !number.trim().is_empty()) {
        Some(number) => NumberChoice::Explicit(format!("{prefix}{number}")),
        None if prefix.is_empty() => NumberChoice::Counted,
        None => NumberChoice::CountedIn(prefix.to_owned()),
    }
}

fn kept(from: &Members, names: &[&str], into: &mut Members) {
    for name in names {
        if let Some(value) = from.get(*name).filter(|value| !value.is_null()) {
            into.insert((*name).to_owned(), value.clone());
        }
    }
}

/// Members of this dialect's own, as they stand among the texts.
pub fn under_our_name(kept: Members) -> std::collections::BTreeMap<String, Value> {
    std::iter::once((NAME.to_owned(), Value::Object(kept))).collect()
}

/// What the request says beside the figures, over what was said before.
pub fn told(request: &Members, mut before: Members) -> Members {
    let own = [
        "title",
        "businessDetails",
        "contactDetails",
        "discount",
        "liveMode",
        "invoiceNumberPrefix",
    ];
    kept(request, &own, &mut before);
    kept(request, KEPT, &mut before);
    before
}

/// The contact of a request, as an id and a customer in case nobody has it. One that names nobody is refused: the table of an edit lets it
/// pass, because an invoice of nobody shows one.
pub fn customer(contact: &Members) -> Result<(String, CustomerInput), Fault> {
    let nothing = |name: &&str| text(contact, name).is_none_or(|text| text.trim().is_empty());
    let missing = ["id", "name"].into_iter().filter(nothing);
    let missing: Vec<String> = missing
        .map(|name| format!("contactDetails.{name} should not be empty"))
        .collect();
    if !missing.is_empty() {
        return Err(Fault::Invalid(missing));
    }
    let own = |name: &str| text(contact, name).filter(|text| !text.is_empty()).map(str::to_owned);
    let address = object(contact, "address").map(|address| {
        let parts: Vec<&str> = address.values().filter_map(Value::as_str).collect();
        parts.join(", ")
    });
    let customer = CustomerInput {
        external_id: own("id"),
        content: CustomerContent {
            name: own("name").unwrap_or_default(),
            company: own("companyName"),
            email: own("email"),
            phone: own("phoneNo"),
            address,
            extra: under_our_name(contact.clone()),
        },
    };
    Ok((own("id").unwrap_or_default(), customer))
}

/// Reads a request to record a payment of an invoice.
pub fn payment(request: &Members, invoice: Named, currency: Currency) -> Result<PaymentInput, Fault> {
    let mode = text(request, "mode").unwrap_or_default();
    let missing = match mode {
        "card" if object(request, "card").is_none() => Some("card should not be empty"),
        "cheque" if object(request, "cheque").is_none() => Some("cheque should not be empty"),
        _ => None,
    };
    if let Some(missing) = missing {
        return Err(Fault::Invalid(vec![missing.to_owned()]));
    }
    let part = match decimal(request, "amount") {
        None => Part::WhatIsOpen,
        Some(amount) => match exact(amount, currency) {
            Some(amount) => Part::Exactly(amount),
            None => {
                let problem = "amount must not have more decimal places than the currency, nor be too large";
                return Err(Fault::Invalid(vec![problem.to_owned()]));
            }
        },
    };
    let mut extra = Members::new();
    kept(
        request,
        &["mode", "card", "cheque", "meta", "paymentScheduleIds"],
        &mut extra,
    );
    Ok(PaymentInput {
        customer: None,
        paid_on: day(request, "fulfilledAt"),
        paid_at: instant(request, "fulfilledAt"),
        amount: None,
        currency: None,
        rate: None,
        method: match mode {
            "cash" => Method::Cash,
            "card" => Method::Card,
            "cheque" => Method::Check,
            "bank_transfer" => Method::BankTransfer,
            _ => Method::Other,
        },
        // The vendor keeps what is recorded by hand apart from what a provider collected; this operation is for the first.
        witness: Witness::Hand,
        clearing: AccountChoice::Role(AccountRole::Clearing),
        parts: vec![(invoice, part)],
        external_id: None,
        content: PaymentContent {
            memo: text(request, "notes").map(str::to_owned),
            extra: under_our_name(extra),
        },
    })
}
