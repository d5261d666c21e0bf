//! Refunds: recorded, listed, read, replaced, changed and deleted.
//!
//! A refund of several things is several refunds of the books in one commit: see the mapping. Recorded with an external id that is
//! known, it answers what is there when that is of the same amount on the same invoices, else it is a conflict.

use quittance_accounting::identity::{DocumentId, DocumentKind};
use quittance_accounting::money::Amount;
use quittance_accounting::snapshot::Named;
use quittance_books::input::RefundOf;
use quittance_books::listing::DocumentQuery;
use quittance_books::together::Step;
use quittance_books::view::{InvoiceView, RefundView};
use serde_json::{Map, Value};

use super::super::errors::{self, Fault};
use super::super::manners::{self, Paging, Place};
use super::super::mapping::fields::When;
use super::super::mapping::output;
use super::super::mapping::refunds::{self, Asked, Target};
use super::super::rules::RULES;
use super::Call;
use super::invoices::{cents, known_pairs, took_external_id, value};
use crate::http::Response;

/// A refund with its parts, each with its invoice; the first is the one that has its id.
struct Whole(Vec<(InvoiceView, RefundView)>);

impl Whole {
    fn total(&self) -> Amount {
        Amount::sum(self.0.iter().map(|(_, part)| part.refund.amount)).unwrap_or(Amount::ZERO)
    }

    fn shown(&self) -> Value {
        output::value(&output::refund(&self.0))
    }

    fn enveloped(&self, status: u16) -> Response {
        manners::enveloped(status, self.shown())
    }
}

async fn look_up(call: &Call<'_>, named: &Named) -> Result<Option<RefundView>, Fault> {
    let found = call.app.books.find_refund(call.key(), named).await;
    found.map_err(|failure| errors::fault(&failure))
}

/// The whole of a refund; `None` for money that was of no invoice.
async fn whole(call: &Call<'_>, first: RefundView) -> Result<Option<Whole>, Fault> {
    let others = refunds::parts_of(&first);
    let mut parts = Vec::with_capacity(1 + others.len());
    let mut views = vec![first];
    for id in others {
        // Another dialect may have deleted a part.
        views.extend(look_up(call, &Named::Id(id)).await?);
    }
    for view in views {
        let Some(invoice) = view.refund.invoice else {
            return Ok(None);
        };
        parts.push((call.invoice_named(&Named::Key(invoice.0)).await?, view));
    }
    Ok(Some(Whole(parts)))
}

/// The refund that an id in the path names; the id of a part names the whole.
async fn named(call: &Call<'_>, id: &str) -> Result<Whole, Fault> {
    let missing = || errors::missing(DocumentKind::Refund);
    let id = manners::read_id(id, "refundId")?.ok_or_else(missing)?;
    let mut view = look_up(call, &Named::Id(id)).await?.ok_or_else(missing)?;
    if let Some(first) = refunds::whole_of(&view) {
        view = look_up(call, &Named::Id(first)).await?.unwrap_or(view);
    }
    whole(call, view).await?.ok_or_else(missing)
}

/// The refund of this id.
pub async fn fetch(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    Ok(named(call, id).await?.enveloped(200))
}

/// What a target is in the books, with its invoice.
async fn resolved(call: &Call<'_>, target: &Target) -> Result<(InvoiceView, RefundOf), Fault> {
    match target {
        Target::Invoice(named) => {
            let invoice = call.invoice_named(named).await?;
            let of = RefundOf::Invoice(Named::Key(invoice.invoice.key.0));
            Ok((invoice, of))
        }
        Target::Line(id, place) => {
            let invoice = call.invoice_named(&Named::Id(*id)).await?;
            let of = RefundOf::Line(Named::Key(invoice.invoice.key.0), *place);
            Ok((invoice, of))
        }
        Target::Payment(named) => {
            let found = call.app.books.payment(call.key(), named).await;
            let missing = || errors::unknown_reference("invoice_payment_id", DocumentKind::Payment);
            let payment = found.map_err(|failure| errors::fault(&failure))?.ok_or_else(missing)?;
            let [only] = payment.allocations.as_slice() else {
                let instead = "a payment over several invoices is given back invoice by invoice";
                return Err(errors::not_served("invoice_payment_id", instead));
            };
            let of = RefundOf::Allocation {
                invoice: Named::Key(only.invoice.0),
                payment: Named::Key(payment.payment.key.0),
            };
            Ok((call.invoice_named(&Named::Key(only.invoice.0)).await?, of))
        }
    }
}

/// Gives money back for what the body names: invoices, lines of them, or what payments settled.
pub async fn create(call: &Call<'_>) -> Result<Response, Fault> {
    let asked = refunds::asked(&call.book, &call.body()?)?;
    if asked.targets.is_empty() {
        return Err(errors::payload("invoice_id or invoice_external_id", "is required"));
    }
    record(call, &asked, false).await
}

/// Gives money back on the invoice in the path.
pub async fn create_on(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let invoice = call.invoice(id).await?;
    let mut asked = refunds::asked(&call.book, &call.body()?)?;
    if !asked.targets.is_empty() {
        return Err(errors::payload(
            "The refund",
            "is of the invoice in its path and names no other target",
        ));
    }
    asked.targets = vec![(Target::Invoice(Named::Key(invoice.invoice.key.0)), None)];
    record(call, &asked, true).await
}

async fn record(call: &Call<'_>, asked: &Asked, dedicated: bool) -> Result<Response, Fault> {
    let mut parts = Vec::with_capacity(asked.targets.len());
    let mut invoices = Vec::with_capacity(asked.targets.len());
    for (target, amount) in &asked.targets {
        let (invoice, of) = resolved(call, target).await?;
        let alone = asked.targets.len() == 1;
        parts.push((
            call.app.books.new_document_id(),
            of,
            amount.or(asked.amount.filter(|_| alone)),
        ));
        invoices.push(invoice);
    }
    let inputs = refunds::inputs(asked, (call.book.settings.currency, &call.zone), dedicated, &parts)?;
    if let Some(replay) = replayed(call, asked, &invoices).await? {
        return Ok(replay);
    }
    let steps = inputs
        .into_iter()
        .map(|(id, input)| Step::RecordRefund(id, Box::new(input)));
    match call.app.books.together(&call.context(), &RULES, steps.collect()).await {
        Ok(_) => recorded(call, parts.first().map(|(id, _, _)| *id), 201).await,
        Err((_, failure)) => {
            if took_external_id(&failure, DocumentKind::Refund)
                && let Some(replay) = replayed(call, asked, &invoices).await?
            {
                return Ok(replay);
            }
            Err(errors::fault(&failure))
        }
    }
}

async fn recorded(call: &Call<'_>, id: Option<DocumentId>, status: u16) -> Result<Response, Fault> {
    let missing = || errors::missing(DocumentKind::Refund);
    let view = look_up(call, &Named::Id(id.ok_or_else(missing)?)).await?;
    let whole = whole(call, view.ok_or_else(missing)?).await?;
    Ok(whole.ok_or_else(missing)?.enveloped(status))
}

async fn replayed(call: &Call<'_>, asked: &Asked, invoices: &[InvoiceView]) -> Result<Option<Response>, Fault> {
    let Some(external_id) = &asked.external_id else {
        return Ok(None);
    };
    let Some(view) = look_up(call, &Named::External(external_id.clone())).await? else {
        return Ok(None);
    };
    let known = whole(call, view).await?;
    let same = |known: &Whole| {
        asked.amount.is_none_or(|amount| amount == known.total())
            && known
                .0
                .iter()
                .map(|(invoice, _)| invoice.invoice.key)
                .eq(invoices.iter().map(|view| view.invoice.key))
    };
    match known.filter(same) {
        Some(known) => Ok(Some(known.enveloped(200))),
        None => Err(errors::external_id_conflict(DocumentKind::Refund)),
    }
}

/// Replaces a refund under its id. Without targets it keeps those that it has.
pub async fn replace(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let known = named(call, id).await?;
    let asked = refunds::asked(&call.book, &call.body()?)?;
    write(call, &known, asked).await
}

/// Changes what the body names of a refund.
pub async fn patch(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let known = named(call, id).await?;
    let body = call.body()?;
    let first = known.0.first().map(|(_, first)| first);
    let first = first.ok_or_else(|| errors::missing(DocumentKind::Refund))?;
    let asked = refunds::asked(&call.book, &refunds::patched(&body, first, known.total())?)?;
    write(call, &known, asked).await
}

/// What a part of a refund is of.
fn kept_target(view: &InvoiceView, part: &RefundView) -> RefundOf {
    let invoice = Named::Key(view.invoice.key.0);
    match (part.refund.line, part.refund.payment) {
        (Some(place), _) => RefundOf::Line(invoice, place),
        (None, Some(payment)) => RefundOf::Allocation {
            invoice,
            payment: Named::Key(payment.0),
        },
        (None, None) => RefundOf::Invoice(invoice),
    }
}

/// The targets that a refund keeps, with their amounts: of the only one the amount may change.
fn kept_targets(known: &Whole, asked: &Asked) -> Result<Vec<(RefundOf, Option<Amount>)>, Fault> {
    let amount = asked.amount;
    match known.0.as_slice() {
        [(view, part)] => Ok(vec![(kept_target(view, part), amount)]),
        several => {
            if amount.is_some_and(|amount| amount != known.total()) {
                return Err(errors::payload(
                    "allocations",
                    "is required: the refund has several targets",
                ));
            }
            let kept = |(view, part): &(InvoiceView, RefundView)| (kept_target(view, part), Some(part.refund.amount));
            Ok(several.iter().map(kept).collect())
        }
    }
}

async fn write(call: &Call<'_>, known: &Whole, mut asked: Asked) -> Result<Response, Fault> {
    let missing = || errors::missing(DocumentKind::Refund);
    let (_, first) = known.0.first().ok_or_else(missing)?;
    let dedicated = refunds::is_dedicated(first);
    if dedicated && !asked.targets.is_empty() {
        return Err(errors::payload("The refund", "is of one invoice and keeps its target"));
    }
    asked.external_id = asked.external_id.or_else(|| first.refund.external_id.clone());
    let mut targets = Vec::new();
    for (target, amount) in &asked.targets {
        let alone = asked.targets.len() == 1;
        let (_, of) = resolved(call, target).await?;
        targets.push((of, amount.or(asked.amount.filter(|_| alone))));
    }
    if targets.is_empty() {
        targets = kept_targets(known, &asked)?;
    }
    // The refund keeps its id; further parts are new.
    let new_id = |place: usize| match place {
        0 => first.refund.id,
        _ => call.app.books.new_document_id(),
    };
    let parts = targets.into_iter().enumerate();
    let parts: Vec<_> = parts.map(|(place, (of, amount))| (new_id(place), of, amount)).collect();
    let inputs = refunds::inputs(&asked, (call.book.settings.currency, &call.zone), dedicated, &parts)?;
    let mut steps = deletions(known);
    steps.extend(
        inputs
            .into_iter()
            .map(|(id, input)| Step::RecordRefund(id, Box::new(input))),
    );
    let written = call.app.books.together(&call.context(), &RULES, steps).await;
    written.map_err(|(_, failure)| errors::fault(&failure))?;
    recorded(call, Some(first.refund.id), 200).await
}

fn deletions(known: &Whole) -> Vec<Step> {
    let keys = known.0.iter().map(|(_, part)| part.refund.key.0);
    keys.map(|key| Step::DeleteRefund(Named::Key(key))).collect()
}

/// Deletes a refund. The answer holds nothing, as the vendor has it.
pub async fn delete(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let known = named(call, id).await?;
    let deleted = call
        .app
        .books
        .together(&call.context(), &RULES, deletions(&known))
        .await;
    deleted.map_err(|(_, failure)| errors::fault(&failure))?;
    Ok(manners::enveloped(200, Value::Object(Map::new())))
}

/// What the list reads of a query.
const QUERY: [&str; 12] = [
    "sort_by",
    "sort_order",
    "cursor",
    "limit",
    "show_total_count",
    "external_id",
    "status",
    "completed_at_start",
    "completed_at_end",
    "min_amount",
    "max_amount",
    "reference_number",
];

/// How many refunds a page of a narrowed list looks at: a page that ends before it is full says where the next one goes on.
const MOST_LOOKED_AT: i64 = 2_000;

/// What a refund must be to be in the list.
struct Filter {
    /// Of a status that refunds here have: each is paid.
    possible: bool,
    narrows: bool,
    from: Option<When>,
    to: Option<When>,
    amount: (Option<i64>, Option<i64>),
    reference: Option<String>,
}

impl Filter {
    fn of(pairs: &[(String, String)]) -> Result<Filter, Fault> {
        let when = |name: &str| match value(pairs, name) {
            None => Ok(None),
            Some(text) => match When::read(text) {
                None => Err(errors::query_format(name, "a date or an ISO 8601 instant")),
                when => Ok(when),
            },
        };
        let possible = match value(pairs, "status") {
            None | Some("PAID") => true,
            Some("PARTIALLY_PAID" | "SENT") => false,
            Some(_) => return Err(errors::query_format("status", "PAID, PARTIALLY_PAID or SENT")),
        };
        let mut filter = Filter {
            possible,
            narrows: false,
            from: when("completed_at_start")?,
            to: when("completed_at_end")?,
            amount: (cents(pairs, "min_amount")?, cents(pairs, "max_amount")?),
            reference: value(pairs, "reference_number").map(str::to_owned),
        };
        filter.narrows =
            filter.from.is_some() || filter.to.is_some() || filter.amount != (None, None) || filter.reference.is_some();
        Ok(filter)
    }

    fn takes(&self, call: &Call<'_>, first: &RefundView, total: Amount) -> bool {
        let at = first.refund.refunded_at;
        let reference = output::kept(&first.content.extra, "reference_number").and_then(Value::as_str);
        self.possible
            && self.from.is_none_or(|from| at >= from.instant(&call.zone))
            && self.to.is_none_or(|to| at <= to.last_instant(&call.zone))
            && self.amount.0.is_none_or(|least| total.minor() >= least)
            && self.amount.1.is_none_or(|most| total.minor() <= most)
            && self.reference.as_deref().is_none_or(|wanted| reference == Some(wanted))
    }
}

/// A page of refunds, in order of recording. What gave back money of no invoice is in no list here.
pub async fn list(call: &Call<'_>) -> Result<Response, Fault> {
    let pairs = known_pairs(call, &QUERY)?;
    let paging = Paging::of(&pairs, &["created_at"])?;
    let filter = Filter::of(&pairs)?;
    if !filter.possible {
        return Ok(manners::page(Vec::new(), &paging, None, None));
    }
    let (looked_at, ask) = match value(&pairs, "external_id") {
        Some(external_id) => {
            let found = look_up(call, &Named::External(external_id.to_owned())).await?;
            (found.into_iter().collect::<Vec<_>>(), i64::MAX)
        }
        None => {
            let ask = if filter.narrows {
                MOST_LOOKED_AT
            } else {
                paging.limit + 1
            };
            let query = DocumentQuery {
                kind: DocumentKind::Refund,
                descending: paging.descending,
                after: paging.after_key(),
                limit: ask,
            };
            let found = call.app.books.refunds_after(call.key(), &query).await;
            (found.map_err(|failure| errors::fault(&failure))?, ask)
        }
    };
    let (mut passed, mut data) = (None, Vec::new());
    let mut has_more = looked_at.len() as i64 == ask;
    for view in looked_at {
        if data.len() as i64 == paging.limit {
            has_more = true;
            break;
        }
        passed = Some(Place::of_key(view.refund.key.0));
        // A part stands in the list with its whole.
        if refunds::whole_of(&view).is_some() {
            continue;
        }
        if let Some(whole) = whole(call, view).await?
            && let Some((_, first)) = whole.0.first()
            && filter.takes(call, first, whole.total())
        {
            data.push(whole.shown());
        }
    }
    Ok(manners::page(data, &paging, passed.filter(|_| has_more), None))
}
