//! What a list of invoices, of entries, or of an account's postings may be asked for, in every dialect.

use jiff::{Timestamp, civil::Date};
use quittance_accounting::identity::{
    AccountKey, CreditNoteKey, CustomerKey, DocumentKind, EntryKey, InvoiceKey, PaymentKey,
};
use quittance_accounting::invoice::{Invoice, Standing};
use quittance_accounting::journal::{Entry, EntryKind, Posting};
use quittance_accounting::money::Currency;
use quittance_accounting::settlement::Method;

/// The most invoices a page may hold. Every dialect's own limit is at or below it.
pub const MOST_PER_PAGE: i64 = 10_000;

/// The most invoices that are looked at for a page where what is asked for stands in no index: about a tenth of a second.
pub const MOST_LOOKED_AT: i64 = 100_000;

/// The same where their texts are looked into, which costs ten times as much for each.
pub const MOST_TEXTS_LOOKED_AT: i64 = 10_000;

/// Which invoices: every condition that is given holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoiceFilter {
    /// Of one of these standings; `None` for all.
    pub standings: Option<Vec<Standing>>,
    /// Open and due at or before this instant (`true`), or not so (`false`).
    pub overdue: Option<(bool, Timestamp)>,
    /// Where overdue ones are asked for: those of these standings as well.
    pub or_standings: Vec<Standing>,
    /// Of this customer.
    pub customer: Option<CustomerKey>,
    /// Of one of these customers.
    pub customers: Option<Vec<CustomerKey>>,
    /// In this currency.
    pub currency: Option<Currency>,
    /// With this number.
    pub number: Option<String>,
    /// With this id of the client's.
    pub external_id: Option<String>,
    /// Dated on or after and on or before.
    pub invoice_date: (Option<Date>, Option<Date>),
    /// Due at or after and at or before; those without a due instant are left out when either is given.
    pub due_at: (Option<Timestamp>, Option<Timestamp>),
    /// Created at or after and at or before.
    pub created_at: (Option<Timestamp>, Option<Timestamp>),
    /// Sent at or after and at or before.
    pub sent_at: (Option<Timestamp>, Option<Timestamp>),
    /// Sent (`true`) or never sent (`false`).
    pub sent: Option<bool>,
    /// With money in progress (`true`), or without.
    pub pending: Option<bool>,
    /// Total in minor units, at least and at most.
    pub total: (Option<i64>, Option<i64>),
    /// Nothing is due, and what settled it last, payment or credit, is dated on or after and on or before.
    pub paid_on: (Option<Date>, Option<Date>),
    /// Whose texts say all of this.
    pub texts: Vec<TextCondition>,
    /// With a number from and up to these.
    pub keys: (Option<InvoiceKey>, Option<InvoiceKey>),
    /// How many are looked at for a page at most, where they have to be; `None` for [`MOST_LOOKED_AT`] or [`MOST_TEXTS_LOOKED_AT`].
    pub look_at: Option<i64>,
}

impl InvoiceFilter {
    /// The conditions by which invoices are found in the order of a list, without those that they must be looked at for.
    pub(crate) fn found_by(&self) -> InvoiceFilter {
        InvoiceFilter {
            due_at: if self.is_overdue_alone() {
                self.due_at
            } else {
                (None, None)
            },
            total: (None, None),
            paid_on: (None, None),
            texts: Vec::new(),
            ..self.clone()
        }
    }

    /// Whether overdue ones are asked for, and no others: they are found by their due instant.
    pub(crate) fn is_overdue_alone(&self) -> bool {
        self.overdue.is_some_and(|(overdue, _)| overdue) && self.or_standings.is_empty()
    }

    /// Whether overdue ones are asked for, and others with them.
    pub(crate) fn is_overdue_or_more(&self) -> bool {
        self.overdue.is_some_and(|(overdue, _)| overdue) && !self.or_standings.is_empty()
    }

    /// Whether nothing is asked for but what is tallied: standings, a currency and a span of invoice dates.
    pub fn is_by_day(&self) -> bool {
        let by_day = InvoiceFilter {
            standings: self.standings.clone(),
            or_standings: self.or_standings.clone(),
            currency: self.currency,
            invoice_date: self.invoice_date,
            look_at: self.look_at,
            ..InvoiceFilter::default()
        };
        *self == by_day
    }

    /// The same, whether money is on its way or not.
    pub(crate) fn is_by_day_but_for_pending(&self) -> bool {
        let any = InvoiceFilter {
            pending: None,
            ..self.clone()
        };
        any.is_by_day()
    }

    /// Whether some that are found are not meant.
    pub(crate) fn is_looked_for(&self) -> bool {
        self.found_by() != *self
    }

    /// How many invoices are looked at, or put in order, for a page at most.
    pub(crate) fn most_looked_at(&self) -> i64 {
        let most = match self.texts.is_empty() {
            true => MOST_LOOKED_AT,
            false => MOST_TEXTS_LOOKED_AT,
        };
        self.look_at.unwrap_or(most).max(1)
    }
}

/// The names that lead to a member of the texts of a document. They are words of the program, never a client's.
pub type TextPath = &'static [&'static str];

/// What the texts of an invoice say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextCondition {
    /// This member is this text, or this number in digits.
    Is(TextPath, String),
    /// This member is one of these texts, or numbers in digits.
    IsOneOf(TextPath, Vec<String>),
    /// This member holds this text, in whatever letters.
    Holds(TextPath, String),
    /// This member of one of its lines is a list that holds this number.
    LineHolds(TextPath, i64),
    /// One of these members, the invoice's number or the name of its customer holds this text, in whatever letters.
    Mentions(Vec<TextPath>, String),
}

/// What a list is in order of. Creation breaks ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderBy {
    /// Creation.
    #[default]
    Created,
    /// The invoice date.
    InvoiceDate,
    /// The due instant; those without come first in ascending order.
    DueAt,
    /// The instant of sending; those never sent come first in ascending order.
    SentAt,
    /// The instant of the last change.
    UpdatedAt,
    /// The open balance.
    Open,
    /// The total.
    Total,
    /// The name of the customer; those without come first in ascending order.
    CustomerName,
}

/// What an invoice is in order of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceValue {
    /// Nothing: the list is in order of creation, or the invoice has no such value.
    Nothing,
    /// An instant.
    At(Timestamp),
    /// A day.
    On(Date),
    /// An amount in minor units.
    Minor(i64),
    /// A name.
    Name(String),
}

/// A place in a list of invoices: where a page ended, so that the next one begins there whatever went before it meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoicePlace {
    /// What the invoice there is in order of.
    pub value: PlaceValue,
    /// Its number.
    pub key: InvoiceKey,
}

impl InvoicePlace {
    /// The place of an invoice in a list in this order; the name of its customer counts in that order alone.
    pub fn of(invoice: &Invoice, order: OrderBy, customer_name: Option<&str>) -> InvoicePlace {
        let at = |at: Option<Timestamp>| at.map_or(PlaceValue::Nothing, PlaceValue::At);
        let value = match order {
            OrderBy::Created => PlaceValue::Nothing,
            OrderBy::InvoiceDate => PlaceValue::On(invoice.invoice_date),
            OrderBy::DueAt => at(invoice.due_at),
            OrderBy::SentAt => at(invoice.sent_at),
            OrderBy::UpdatedAt => PlaceValue::At(invoice.updated_at),
            OrderBy::Open => PlaceValue::Minor(invoice.open().minor()),
            OrderBy::Total => PlaceValue::Minor(invoice.total.minor()),
            OrderBy::CustomerName => {
                customer_name.map_or(PlaceValue::Nothing, |name| PlaceValue::Name(name.to_owned()))
            }
        };
        let key = invoice.key;
        InvoicePlace { value, key }
    }
}

/// A list of invoices, one page of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceQuery {
    /// Which.
    pub filter: InvoiceFilter,
    /// In what order.
    pub order: OrderBy,
    /// From the last to the first.
    pub descending: bool,
    /// Those after this place in that order; `None` from the beginning.
    pub after: Option<InvoicePlace>,
    /// How many of those to pass over.
    pub offset: i64,
    /// How many to hand out; at most [`MOST_PER_PAGE`].
    pub limit: i64,
    /// Whether to count all that match, those before included.
    pub count: bool,
}

impl InvoiceQuery {
    /// Whether all that match must be put in order for a page: no index has them so.
    pub(crate) fn is_sorted(&self) -> bool {
        let filter = &self.filter;
        let few = filter.number.is_some() || filter.external_id.is_some();
        match self.order {
            OrderBy::Created | OrderBy::InvoiceDate | OrderBy::SentAt => false,
            OrderBy::DueAt | OrderBy::UpdatedAt | OrderBy::Open | OrderBy::Total | OrderBy::CustomerName => !few,
        }
    }

    /// Whether invoices may lack what the list is in order of.
    pub(crate) fn may_lack_value(&self) -> bool {
        match self.order {
            OrderBy::DueAt | OrderBy::SentAt | OrderBy::CustomerName => true,
            OrderBy::Created | OrderBy::InvoiceDate | OrderBy::UpdatedAt | OrderBy::Open | OrderBy::Total => false,
        }
    }

    /// Where the list goes on when those that lie beyond its place on the same side of "no value" are used up: invoices without the
    /// value come first in ascending order, and last in descending order. A page over both sides is asked for side by side, because
    /// one condition over both would walk past all that lie before.
    pub(crate) fn other_side(&self) -> Option<InvoicePlace> {
        let place = self.after.as_ref()?;
        let least = match self.order {
            OrderBy::DueAt | OrderBy::SentAt => PlaceValue::At(Timestamp::MIN),
            OrderBy::CustomerName => PlaceValue::Name(String::new()),
            OrderBy::Created | OrderBy::InvoiceDate | OrderBy::UpdatedAt | OrderBy::Open | OrderBy::Total => {
                return None;
            }
        };
        match (&place.value, self.descending) {
            (PlaceValue::Nothing, false) => Some(InvoicePlace {
                value: least,
                key: InvoiceKey(0),
            }),
            (PlaceValue::Nothing, true) => None,
            (_, true) => Some(InvoicePlace {
                value: PlaceValue::Nothing,
                key: InvoiceKey(i64::MAX),
            }),
            (_, false) => None,
        }
    }
}

/// A list of resources of one kind, in order of creation, one page of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceQuery {
    /// Of this kind.
    pub kind: String,
    /// Of those, what belongs there; `None` for all.
    pub belongs_to: Option<String>,
    /// From the last to the first.
    pub descending: bool,
    /// Those after this number in that order; `None` from the beginning.
    pub after: Option<i64>,
    /// How many to hand out; at most [`MOST_PER_PAGE`].
    pub limit: i64,
}

/// Which payments: every condition that is given holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentFilter {
    /// The credits of credit notes, which have the numbers of these, and no payments; else payments alone.
    pub credits: bool,
    /// Of this customer.
    pub customer: Option<CustomerKey>,
    /// That settle this invoice or did.
    pub invoice: Option<InvoiceKey>,
    /// With this id of the client's.
    pub external_id: Option<String>,
    /// That came so.
    pub method: Option<Method>,
    /// Void (`true`) or not.
    pub voided: Option<bool>,
    /// Dated on or after and on or before.
    pub paid_on: (Option<Date>, Option<Date>),
    /// At or after and at or before the instant that the client gave.
    pub paid_at: (Option<Timestamp>, Option<Timestamp>),
    /// Changed at or after and at or before.
    pub updated_at: (Option<Timestamp>, Option<Timestamp>),
}

/// What a list of payments is in order of. Creation breaks ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaymentOrder {
    /// Creation.
    #[default]
    Created,
    /// The instant that the client gave.
    PaidAt,
    /// The instant of the last change.
    UpdatedAt,
}

/// A list of payments, one page of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentQuery {
    /// Which.
    pub filter: PaymentFilter,
    /// In what order.
    pub order: PaymentOrder,
    /// From the last to the first.
    pub descending: bool,
    /// In order of creation, those after this one in that order; `None` from the beginning.
    pub after: Option<PaymentKey>,
    /// How many of those to pass over.
    pub offset: i64,
    /// How many to hand out; at most [`MOST_PER_PAGE`].
    pub limit: i64,
    /// Whether to count all that match, those before included.
    pub count: bool,
    /// In order of creation, how many are looked at for a page at most where what is asked for stands in no index; `None` for as many as
    /// it takes.
    pub look_at: Option<i64>,
}

impl PaymentQuery {
    /// How many are looked at for a page, where they have to be and not more than so many may be.
    pub(crate) fn most_looked_at(&self) -> Option<i64> {
        let filter = &self.filter;
        let found_by = PaymentFilter {
            credits: filter.credits,
            customer: filter.customer,
            invoice: filter.invoice,
            external_id: filter.external_id.clone(),
            ..PaymentFilter::default()
        };
        let most = self.look_at.filter(|_| self.order == PaymentOrder::Created);
        most.filter(|_| found_by != *filter).map(|most| most.max(1))
    }
}

/// A page: the payments' numbers in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentPage {
    /// In order.
    pub payments: Vec<PaymentKey>,
    /// How many match in all, if asked for.
    pub total: Option<i64>,
    /// Where the page is short although others may match: as many were looked at as may be, this one last.
    pub looked_up_to: Option<PaymentKey>,
}

impl PaymentPage {
    /// Whether more were asked for than are here.
    pub(crate) fn is_short_of(&self, query: &PaymentQuery) -> bool {
        (self.payments.len() as i64) < query.limit
    }

    /// Cuts it off where looking ended: at the first of two, of which the other would have come next.
    pub(crate) fn cut_where(&mut self, last_and_next: &[i64]) {
        if let [last, _] = last_and_next {
            self.looked_up_to = Some(PaymentKey(*last));
        }
    }
}

/// A page: the invoices' numbers in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoicePage {
    /// In order.
    pub invoices: Vec<InvoiceKey>,
    /// How many match in all, if asked for and if not too many would have to be looked at.
    pub total: Option<i64>,
    /// Where the page is short although others may match: why.
    pub cut: Option<Cut>,
}

impl InvoicePage {
    /// Nothing, because more would have to be put in order than may be.
    pub(crate) fn not_in_order(total: Option<i64>) -> InvoicePage {
        InvoicePage {
            invoices: Vec::new(),
            total,
            cut: Some(Cut::NotInOrder),
        }
    }

    /// Whether more were asked for than are here.
    pub(crate) fn is_short_of(&self, query: &InvoiceQuery) -> bool {
        (self.invoices.len() as i64) < query.limit
    }

    /// Cuts it off where looking ended: at the first of two, of which the other would have come next.
    pub(crate) fn cut_where(&mut self, last_and_next: &[i64]) {
        if let [last, _] = last_and_next {
            self.cut = Some(Cut::LookedUpTo(InvoiceKey(*last)));
        }
    }
}

/// Why a page is short although others may match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// As many were looked at as may be, this one last.
    LookedUpTo(InvoiceKey),
    /// More would have to be put in order than may be.
    NotInOrder,
}

/// A place in the journal: where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPlace {
    /// The day of the entry there; it counts in a list in order of day alone.
    pub date: Date,
    /// Its number.
    pub key: EntryKey,
}

/// A place among the postings of an account: where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PostingPlace {
    /// The day of the posting there.
    pub date: Date,
    /// Its entry.
    pub entry: EntryKey,
    /// Its place in the entry.
    pub place: i64,
}

/// How much of a credit note is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditState {
    /// Nothing.
    Open,
    /// Part of it.
    PartUsed,
    /// All of it.
    Used,
    /// It is void.
    Void,
}

/// What a list of credit notes is in order of. Creation breaks ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreditOrder {
    /// Creation.
    #[default]
    Created,
    /// The day it counts for.
    On,
    /// What it comes to.
    Amount,
    /// What of it is used.
    Used,
    /// The name of the customer; those without come first in ascending order.
    CustomerName,
}

/// A list of credit notes, one page of it: every condition that is given holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreditQuery {
    /// Of one of these customers.
    pub customers: Option<Vec<CustomerKey>>,
    /// With this number.
    pub number: Option<String>,
    /// Counting for a day on or after and on or before.
    pub on: (Option<Date>, Option<Date>),
    /// So much of which is used.
    pub state: Option<CreditState>,
    /// Whose texts say one of these at each of these places.
    pub says: Vec<(TextPath, Vec<String>)>,
    /// Whose number, memo or customer's name holds this text, in whatever letters.
    pub mentions: Option<String>,
    /// Also what customers paid by hand beyond what it settled when it was recorded. Such a payment has no number that a human reads; it
    /// is called by this text and its key.
    pub money: Option<&'static str>,
    /// In what order.
    pub order: CreditOrder,
    /// From the last to the first.
    pub descending: bool,
    /// How many to pass over.
    pub offset: i64,
    /// How many to hand out; at most [`MOST_PER_PAGE`].
    pub limit: i64,
    /// Whether to count all that match.
    pub count: bool,
    /// How many are looked at for a page that is counted at most, where they have to be; `None` for [`MOST_LOOKED_AT`] or
    /// [`MOST_TEXTS_LOOKED_AT`].
    pub look_at: Option<i64>,
}

impl CreditQuery {
    /// How many are looked at for a page that is counted, or put in order, at most; `None` where neither is needed.
    pub(crate) fn most_looked_at(&self) -> Option<i64> {
        let reads = self.mentions.is_some() || !self.says.is_empty();
        let usual = match (self.order, reads) {
            (CreditOrder::CustomerName, _) | (_, true) => MOST_TEXTS_LOOKED_AT,
            (CreditOrder::On | CreditOrder::Amount | CreditOrder::Used, false) => MOST_LOOKED_AT,
            (CreditOrder::Created, false) => return None,
        };
        Some(self.look_at.unwrap_or(usual).max(1)).filter(|_| self.count)
    }

    /// The first that is found beyond so many, whatever its texts say.
    pub(crate) fn found_beyond(&self, most: i64) -> CreditQuery {
        CreditQuery {
            says: Vec::new(),
            mentions: None,
            order: CreditOrder::Created,
            offset: most,
            limit: 1,
            count: false,
            ..self.clone()
        }
    }
}

/// A page: the credit notes' numbers in order, which those of payments are among: the two share theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreditPage {
    /// In order.
    pub credit_notes: Vec<CreditNoteKey>,
    /// How many match in all, if asked for and if not too many would have to be looked at or put in order: then nothing is shown.
    pub total: Option<i64>,
}

/// Whose entries are asked for: those of their invoices, payments, refunds and credit notes, and those by hand that name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerOfEntry {
    /// The customer.
    pub key: CustomerKey,
    /// What the texts of an entry by hand hold that names them, in whatever letters.
    pub named: String,
}

/// A list of journal entries, one page of it, in order of number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryQuery {
    /// Of one of these kinds; `None` for all.
    pub kinds: Option<Vec<EntryKind>>,
    /// Of documents of this kind: what settles an invoice is of a payment or of a credit note.
    pub documents: Option<DocumentKind>,
    /// Of what is this customer's.
    pub customer: Option<CustomerOfEntry>,
    /// Dated on or after and on or before.
    pub date: (Option<Date>, Option<Date>),
    /// In order of day and then of number.
    pub by_date: bool,
    /// From the last to the first.
    pub descending: bool,
    /// Those after this place in that order; `None` from the beginning.
    pub after: Option<EntryPlace>,
    /// How many of those to pass over.
    pub offset: i64,
    /// How many to hand out; at most [`MOST_PER_PAGE`].
    pub limit: i64,
}

/// The postings of an account, one page of them, in order of date, entry and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountQuery {
    /// The account.
    pub account: AccountKey,
    /// Dated on or after and on or before.
    pub date: (Option<Date>, Option<Date>),
    /// From the last to the first.
    pub descending: bool,
    /// Those after this place in that order; `None` from the beginning.
    pub after: Option<PostingPlace>,
    /// How many of those to pass over.
    pub offset: i64,
    /// How many to hand out; at most [`MOST_PER_PAGE`].
    pub limit: i64,
}

/// An entry with its postings, as they are stored: whether they fit together is for whoever reads them.
pub type EntryRows = (Entry, Vec<Posting>);

/// A posting with the head of its entry.
pub type AccountRow = (Posting, Entry);
