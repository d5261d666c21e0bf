//! Lists in the model: which invoices and payments a filter means, and what they are in order of.

use jiff::Timestamp;
use jiff::civil::Date;
use quittance_accounting::identity::InvoiceKey;
use quittance_accounting::invoice::Invoice;
use quittance_accounting::record::Tables;
use quittance_accounting::settlement::{Allocation, Payment};

use super::{in_order, is_beyond};
use crate::engine::said::{customer_name, is_said};
use crate::listing::{InvoiceFilter, InvoicePage, InvoicePlace, InvoiceQuery, OrderBy, PaymentFilter, PlaceValue};
use crate::listing::{PaymentOrder, PaymentPage, PaymentQuery};

/// What an invoice is ordered by.
pub(super) type OrderKey = (Option<Timestamp>, Option<Date>, Option<String>, i64);

/// Whether a value lies between two, where they are given.
pub(super) fn within<T: PartialOrd>(value: Option<T>, range: &(Option<T>, Option<T>)) -> bool {
    match (value, range) {
        (_, (None, None)) => true,
        (None, _) => false,
        (Some(value), (from, to)) => {
            from.as_ref().is_none_or(|from| value >= *from) && to.as_ref().is_none_or(|to| value <= *to)
        }
    }
}

/// Whether a payment meets every condition of a filter.
fn is_listed(tables: &Tables, payment: &Payment, filter: &PaymentFilter) -> bool {
    let parts = (payment.key, i64::MIN)..=(payment.key, i64::MAX);
    let settles = |invoice: InvoiceKey| {
        let mut live = tables
            .allocations
            .range(parts.clone())
            .map(|(_, part)| Some(part.invoice));
        let mut former = tables
            .former_allocations
            .range(parts.clone())
            .map(|(_, part)| part.invoice);
        live.any(|known| known == Some(invoice)) || former.any(|known| known == Some(invoice))
    };
    let external_id = filter.external_id.as_ref();
    payment.witness.is_money() != filter.credits
        && filter
            .customer
            .is_none_or(|customer| payment.customer == Some(customer))
        && filter.invoice.is_none_or(settles)
        && external_id.is_none_or(|id| payment.external_id.as_ref() == Some(id))
        && filter.method.is_none_or(|method| payment.method == method)
        && filter.voided.is_none_or(|voided| payment.voided.is_some() == voided)
        && within(Some(payment.paid_on), &filter.paid_on)
        && within(Some(payment.paid_at), &filter.paid_at)
        && within(Some(payment.updated_at), &filter.updated_at)
}

/// A page of payments.
pub(super) fn payments(tables: &Tables, query: &PaymentQuery) -> PaymentPage {
    let all = tables.payments.values().map(|payment| payment.as_ref());
    let found_by = PaymentFilter {
        credits: query.filter.credits,
        customer: query.filter.customer,
        invoice: query.filter.invoice,
        external_id: query.filter.external_id.clone(),
        ..PaymentFilter::default()
    };
    let mut found: Vec<&Payment> = all.filter(|payment| is_listed(tables, payment, &found_by)).collect();
    let is_meant = |payment: &&&Payment| is_listed(tables, payment, &query.filter);
    let order = |payment: &Payment| match query.order {
        PaymentOrder::Created => None,
        PaymentOrder::PaidAt => Some(payment.paid_at),
        PaymentOrder::UpdatedAt => Some(payment.updated_at),
    };
    found.sort_by_key(|payment| (order(payment), payment.key));
    if query.descending {
        found.reverse();
    }
    let total = query.count.then(|| found.iter().filter(is_meant).count() as i64);
    if let Some(after) = query.after.filter(|_| query.order == PaymentOrder::Created) {
        found.retain(|payment| match query.descending {
            true => payment.key < after,
            false => payment.key > after,
        });
    }
    let (offset, limit) = (query.offset.max(0) as usize, query.limit.max(0) as usize);
    let most = query.most_looked_at().map_or(usize::MAX, |most| most as usize);
    let looked_at = found.iter().take(most).filter(is_meant);
    let mut page = PaymentPage {
        payments: looked_at.skip(offset).take(limit).map(|payment| payment.key).collect(),
        total,
        looked_up_to: None,
    };
    if page.is_short_of(query) && found.len() > most {
        page.cut_where(&[found[most - 1].key.0, found[most].key.0]);
    }
    page
}

/// A page of invoices. Those that lack what the list is in order of are found apart from the others, behind a place.
pub(super) fn page(tables: &Tables, query: &InvoiceQuery) -> InvoicePage {
    let own = |invoice: &Invoice| (order_key(tables, invoice, query.order), invoice.key);
    let (filter, found_by) = (&query.filter, query.filter.found_by());
    let most = usize::try_from(filter.most_looked_at()).unwrap_or(usize::MAX);
    let all = tables.invoices.values().map(AsRef::as_ref);
    let mut found: Vec<&Invoice> = all.filter(|invoice| matches(tables, invoice, &found_by)).collect();
    found.sort_by_cached_key(|invoice| own(invoice));
    let mut found = in_order(found, query.descending);
    let is_meant = |invoice: &&Invoice| matches(tables, invoice, filter);
    let is_more = found.len() > most;
    let counted = query.count && !(is_more && filter.is_looked_for());
    let total = counted.then(|| found.iter().filter(|invoice| is_meant(invoice)).count() as i64);
    if is_more && query.is_sorted() {
        return InvoicePage::not_in_order(total);
    }
    let mut sides = vec![found.clone()];
    if let Some(place) = &query.after {
        let lacks = query.may_lack_value() && place.value == PlaceValue::Nothing;
        let place = place_key(place, query.order);
        found.retain(|invoice| is_beyond(&own(invoice), &place, query.descending));
        let lacking = |invoice: &&Invoice| {
            query.may_lack_value() && order_key(tables, invoice, query.order) == (None, None, None, 0)
        };
        let (same, other) = found.into_iter().partition(|invoice| lacking(invoice) == lacks);
        sides = vec![same, other];
    }
    let mut page = InvoicePage {
        total,
        ..InvoicePage::default()
    };
    let mut left = usize::try_from(query.offset).unwrap_or_default();
    for side in sides {
        let looked_at = if filter.is_looked_for() { most } else { usize::MAX };
        let meant = side.iter().copied().take(looked_at).filter(is_meant).skip(left);
        let room = usize::try_from(query.limit).unwrap_or_default() - page.invoices.len();
        page.invoices.extend(meant.take(room).map(|invoice| invoice.key));
        left = 0;
        if page.is_short_of(query) && side.len() > looked_at {
            page.cut_where(&[side[looked_at - 1].key.0, side[looked_at].key.0]);
            break;
        }
    }
    page
}

/// Whether an invoice meets every condition of a filter.
pub(in crate::engine) fn matches(tables: &Tables, invoice: &Invoice, filter: &InvoiceFilter) -> bool {
    let standing = invoice.standing();
    filter
        .standings
        .as_ref()
        .is_none_or(|standings| standings.contains(&standing))
        && filter.overdue.is_none_or(|(overdue, now)| {
            invoice.is_overdue(now) == overdue || (overdue && filter.or_standings.contains(&standing))
        })
        && within(Some(invoice.key), &filter.keys)
        && filter
            .customer
            .is_none_or(|customer| invoice.customer == Some(customer))
        && filter.currency.is_none_or(|currency| invoice.currency == currency)
        && filter
            .number
            .as_ref()
            .is_none_or(|number| invoice.number.as_ref() == Some(number))
        && filter
            .external_id
            .as_ref()
            .is_none_or(|id| invoice.external_id.as_ref() == Some(id))
        && within(Some(invoice.invoice_date), &filter.invoice_date)
        && within(invoice.due_at, &filter.due_at)
        && within(Some(invoice.created_at), &filter.created_at)
        && within(invoice.sent_at, &filter.sent_at)
        && filter.sent.is_none_or(|sent| invoice.sent_at.is_some() == sent)
        && filter
            .pending
            .is_none_or(|pending| invoice.pending.is_positive() == pending)
        && within(Some(invoice.total.minor()), &filter.total)
        && filter
            .customers
            .as_ref()
            .is_none_or(|customers| invoice.customer.is_some_and(|customer| customers.contains(&customer)))
        && (filter.paid_on == (None, None) || within(last_paid(tables, invoice), &filter.paid_on))
        && filter.texts.iter().all(|condition| is_said(tables, invoice, condition))
}

/// The day on which an invoice of which nothing is due was settled last: by money on the day it came, by credit on the day it was
/// applied.
fn last_paid(tables: &Tables, invoice: &Invoice) -> Option<Date> {
    invoice.paid_at?;
    let own = tables.allocations.values().filter(|part| part.invoice == invoice.key);
    let day = |part: &Allocation| {
        let payment = tables.payments.get(&part.payment)?;
        match payment.witness.is_money() {
            true => Some(payment.paid_on),
            false => tables.entries.get(&part.entry).map(|entry| entry.date),
        }
    };
    own.filter_map(day).max()
}

/// What a place is ordered by, and its number.
pub(super) fn place_key(place: &InvoicePlace, order: OrderBy) -> (OrderKey, InvoiceKey) {
    let key = match &place.value {
        PlaceValue::Nothing if order == OrderBy::Created => (None, None, None, place.key.0),
        PlaceValue::Nothing => (None, None, None, 0),
        PlaceValue::At(at) => (Some(*at), None, None, 0),
        PlaceValue::On(day) => (None, Some(*day), None, 0),
        PlaceValue::Minor(minor) => (None, None, None, *minor),
        PlaceValue::Name(name) => (None, None, Some(name.clone()), 0),
    };
    (key, place.key)
}

/// What an invoice is ordered by, as a text or number in a form that compares like the column.
pub(super) fn order_key(tables: &Tables, invoice: &Invoice, order: OrderBy) -> OrderKey {
    match order {
        OrderBy::Created => (None, None, None, invoice.key.0),
        OrderBy::InvoiceDate => (None, Some(invoice.invoice_date), None, 0),
        OrderBy::DueAt => (invoice.due_at, None, None, 0),
        OrderBy::SentAt => (invoice.sent_at, None, None, 0),
        OrderBy::UpdatedAt => (Some(invoice.updated_at), None, None, 0),
        OrderBy::CustomerName => (None, None, customer_name(tables, invoice), 0),
        OrderBy::Open => (None, None, None, invoice.open().minor()),
        OrderBy::Total => (None, None, None, invoice.total.minor()),
    }
}
