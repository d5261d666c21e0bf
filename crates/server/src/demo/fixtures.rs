//! Which invoices of the year are in which state, by the dialect that made them.

use std::collections::BTreeMap;

use quittance_accounting::identity::{BookKey, DocumentId, InvoiceKey};
use quittance_accounting::invoice::Standing;
use quittance_books::Books;
use quittance_books::listing::{InvoiceFilter, InvoiceQuery, MOST_PER_PAGE, OrderBy};

use crate::cli::CommandError;

/// What every invoice of the year is titled, and none of the tour.
pub(super) const TITLE: &str = "Studio work";

/// A state that fixtures are handed out in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// Nothing posted.
    Draft,
    /// Issued and sent, nothing settled, in an open month.
    Sent,
    /// Paid in an open month.
    Paid,
    /// Paid in part, in an open month.
    PartPaid,
    /// Void.
    Void,
    /// Posted in a closed month.
    Closed,
}

impl State {
    /// Every state.
    pub(super) const ALL: [State; 6] = [
        State::Draft,
        State::Sent,
        State::Paid,
        State::PartPaid,
        State::Void,
        State::Closed,
    ];

    /// Its name in the access file.
    pub(super) fn word(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Sent => "sent",
            State::Paid => "paid",
            State::PartPaid => "part_paid",
            State::Void => "void",
            State::Closed => "closed",
        }
    }
}

/// An invoice that can be handed out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixture {
    pub(super) key: InvoiceKey,
    pub(super) id: DocumentId,
}

/// The invoices of the year.
#[derive(Debug, Default)]
pub(super) struct Fixtures(BTreeMap<(String, State), Vec<Fixture>>);

impl Fixtures {
    /// Those that a dialect made and that are in a state, oldest first.
    pub(super) fn of(&self, dialect: &str, state: State) -> &[Fixture] {
        self.0.get(&(dialect.to_owned(), state)).map_or(&[], Vec::as_slice)
    }

    /// The one in a closed month that the tour tries to delete in Campfire.
    pub(super) fn refused_to_the_tour(&self) -> Option<Fixture> {
        self.of("campfire", State::Closed).last().copied()
    }

    /// Those that no delete of the tour is about.
    pub(super) fn to_hand_out(&self, dialect: &str, state: State) -> Vec<Fixture> {
        let tried = self.refused_to_the_tour().map(|fixture| fixture.key);
        let untried = |fixture: &&Fixture| Some(fixture.key) != tried;
        self.of(dialect, state).iter().filter(untried).copied().collect()
    }
}

/// Collects them from the book.
pub(super) async fn collect(books: &Books, book: BookKey) -> Result<Fixtures, CommandError> {
    let query = InvoiceQuery {
        filter: InvoiceFilter::default(),
        order: OrderBy::Created,
        descending: false,
        after: None,
        offset: 0,
        limit: MOST_PER_PAGE,
        count: false,
    };
    let mut fixtures = Fixtures::default();
    for view in books.invoices(book, &query).await?.invoices {
        let invoice = &view.invoice;
        // What the tours made, in this run and before, is theirs.
        if view.content.title.as_deref() != Some(TITLE) {
            continue;
        }
        let closed = view.book.settings.is_closed(invoice.invoice_date);
        let state = match invoice.standing() {
            Standing::Draft => State::Draft,
            Standing::Void => State::Void,
            Standing::Open | Standing::Paid if closed => State::Closed,
            Standing::Open if invoice.sent_at.is_some() => State::Sent,
            Standing::Paid => State::Paid,
            Standing::PartPaid => State::PartPaid,
            Standing::Open | Standing::PartWrittenOff | Standing::WrittenOff | Standing::Refunded => continue,
        };
        let fixture = Fixture {
            key: invoice.key,
            id: invoice.id,
        };
        fixtures
            .0
            .entry((invoice.source.clone(), state))
            .or_default()
            .push(fixture);
    }
    Ok(fixtures)
}
