//! What is kept beside the records because counting it anew would cost the whole book: balances and tallies.
//!
//! Both are pure folds of the records, expressed as deltas of single records, so that the store adds them in the commit that
//! caused them and `verify` compares them with a recount. A withdrawn posting is subtracted from both sides' turnover: afterwards
//! everything reads as if it had never been made.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::account::Side;
use crate::identity::{AccountKey, CustomerKey};
use crate::invoice::{Invoice, Standing};
use crate::journal::Posting;
use crate::money::Currency;
use crate::record::Record;
use crate::settlement::Payment;

/// The span that a kept balance covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// One day.
    Day,
    /// One calendar month.
    Month,
    /// All time.
    Ever,
}

impl Grain {
    /// Every grain with the word that names it in the store.
    pub const ALL: [(Grain, &'static str); 3] = [(Grain::Day, "day"), (Grain::Month, "month"), (Grain::Ever, "ever")];

    /// The first day of the span that holds `date`; all time starts at the first day that a date can be.
    pub fn start(self, date: Date) -> Date {
        match self {
            Grain::Day => date,
            Grain::Month => date.first_of_month(),
            Grain::Ever => Date::new(1, 1, 1).unwrap_or(Date::ZERO),
        }
    }
}

/// Names a kept balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BalanceKey {
    /// Of this account.
    pub account: AccountKey,
    /// What documents in this currency moved, in it; `None` for all that moved, in the book's currency.
    pub currency: Option<Currency>,
    /// Over a span of this length.
    pub grain: Grain,
    /// That starts on this day.
    pub start: Date,
}

impl BalanceKey {
    /// The kept balances that a posting stands in, one of each grain: those in the book's currency, and those in the document's when
    /// that is another.
    pub fn of(posting: &Posting) -> impl Iterator<Item = BalanceKey> {
        let foreign = posting.foreign.filter(|money| !money.amount.is_zero());
        let currencies = [Some(None), foreign.map(|money| Some(money.currency))];
        let (account, date) = (posting.account, posting.date);
        let of_currency = move |currency| Grain::ALL.map(|(grain, _)| BalanceKey::at(account, currency, grain, date));
        currencies.into_iter().flatten().flat_map(of_currency)
    }

    fn at(account: AccountKey, currency: Option<Currency>, grain: Grain, date: Date) -> BalanceKey {
        BalanceKey {
            account,
            currency,
            grain,
            start: grain.start(date),
        }
    }

    /// The balance of an account over all time, in the book's currency.
    pub fn ever(account: AccountKey) -> BalanceKey {
        BalanceKey::at(account, None, Grain::Ever, Date::ZERO)
    }
}

/// The turnover of an account over a span, in minor units of the currency that its key names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turnover {
    /// Sum of the debits.
    pub debits: i64,
    /// Sum of the credits.
    pub credits: i64,
}

impl Turnover {
    /// Debits less credits.
    pub fn net(self) -> i64 {
        self.debits.saturating_sub(self.credits)
    }

    /// Both sides added up.
    pub fn plus(self, other: Turnover) -> Turnover {
        Turnover {
            debits: self.debits.saturating_add(other.debits),
            credits: self.credits.saturating_add(other.credits),
        }
    }

    /// What must be added to `other` to come to this.
    pub fn minus(self, other: Turnover) -> Turnover {
        Turnover {
            debits: self.debits.saturating_sub(other.debits),
            credits: self.credits.saturating_sub(other.credits),
        }
    }

    /// Whether neither side has moved.
    pub fn is_zero(self) -> bool {
        self.debits == 0 && self.credits == 0
    }
}

/// Names a tally of invoices, or of payments. Invoices in another currency than the book's are tallied by their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TallyKey {
    /// By standing, in all currencies: what they are open for is in the book's.
    Standing(Standing),
    /// By currency, standing and invoice date: how many, and of no amount. Lists in order of date find their way by them.
    Dated(Currency, Standing, Date),
    /// Open ones, by currency, when it is not the book's, and due day; `None` for those without one.
    Due(Option<Currency>, Option<Date>),
    /// Open ones, by currency, when it is not the book's, and customer; `None` for those without one.
    Customer(Option<Currency>, Option<CustomerKey>),
    /// Payments of which something settles invoices: what does, in the book's currency.
    Settled,
}

/// How many documents, and what they come to in minor units: invoices are tallied for what they are open for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: i64,
    /// Sum of their open balances, or of what is tallied of them, in their currency.
    pub open: i64,
    /// The same in the book's currency.
    pub booked: i64,
}

impl Tally {
    /// The figures added up.
    pub fn plus(self, other: Tally) -> Tally {
        Tally {
            count: self.count.saturating_add(other.count),
            open: self.open.saturating_add(other.open),
            booked: self.booked.saturating_add(other.booked),
        }
    }

    /// What must be added to `other` to come to this.
    pub fn minus(self, other: Tally) -> Tally {
        Tally {
            count: self.count.saturating_sub(other.count),
            open: self.open.saturating_sub(other.open),
            booked: self.booked.saturating_sub(other.booked),
        }
    }

    /// Whether every figure is zero.
    pub fn is_zero(self) -> bool {
        self.count == 0 && self.open == 0 && self.booked == 0
    }
}

/// Deltas of kept balances and tallies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deltas {
    /// Of balances.
    pub balances: BTreeMap<BalanceKey, Turnover>,
    /// Of tallies.
    pub tallies: BTreeMap<TallyKey, Tally>,
}

impl Deltas {
    /// Adds what replacing `before` by `after` does. Records that nothing is kept of do nothing.
    pub fn replace(&mut self, before: Option<&Record>, after: Option<&Record>) {
        if let Some(record) = before {
            self.count(record, -1);
        }
        if let Some(record) = after {
            self.count(record, 1);
        }
    }

    fn count(&mut self, record: &Record, sign: i64) {
        if let Record::Posting(posting) = record {
            self.count_posting(posting, sign);
        } else if let Record::Invoice(invoice) = record {
            self.count_invoice(invoice, sign);
        } else if let Record::Payment(payment) = record {
            self.count_payment(payment, sign);
        }
    }

    fn count_payment(&mut self, payment: &Payment, sign: i64) {
        let settled = payment.valued().booked.minor() - payment.unapplied_valued().booked.minor();
        if payment.witness.is_money() && settled != 0 {
            let sum = sign * settled;
            let (count, open, booked) = (sign, sum, sum);
            self.count_tally(TallyKey::Settled, Tally { count, open, booked });
        }
    }

    fn count_posting(&mut self, posting: &Posting, sign: i64) {
        let moved = |minor: i64| match posting.side {
            Side::Debit => Turnover {
                debits: sign * minor,
                credits: 0,
            },
            Side::Credit => Turnover {
                debits: 0,
                credits: sign * minor,
            },
        };
        let foreign = posting.foreign.map_or(0, |money| money.amount.minor());
        for key in BalanceKey::of(posting) {
            let sum = self.balances.entry(key).or_default();
            let minor = key.currency.map_or(posting.amount.minor(), |_| foreign);
            *sum = sum.plus(moved(minor));
        }
    }

    fn count_invoice(&mut self, invoice: &Invoice, sign: i64) {
        let open = invoice.open_valued();
        let (own, booked) = (sign * open.amount.minor(), sign * open.booked.minor());
        let count = sign;
        let standing = invoice.standing();
        self.count_tally(
            TallyKey::Standing(standing),
            Tally {
                count,
                open: booked,
                booked,
            },
        );
        self.count_tally(
            TallyKey::Dated(invoice.currency, standing, invoice.invoice_date),
            Tally {
                count,
                ..Tally::default()
            },
        );
        if open.amount.is_positive() {
            let currency = invoice.foreign();
            for key in [
                TallyKey::Due(currency, invoice.due_on),
                TallyKey::Customer(currency, invoice.customer),
            ] {
                self.count_tally(
                    key,
                    Tally {
                        count,
                        open: own,
                        booked,
                    },
                );
            }
        }
    }

    fn count_tally(&mut self, key: TallyKey, counted: Tally) {
        let sum = self.tallies.entry(key).or_default();
        *sum = sum.plus(counted);
    }
}
