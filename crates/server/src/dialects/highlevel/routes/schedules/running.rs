//! What schedules make when it is time: an invoice, sent, in the same commit in which its schedule notes it.
//!
//! The time is an argument, or the books' clock. A run that another server or call carries out meanwhile is found out by what the
//! schedule says then, so that none is made twice. A run that the books refuse leaves its schedule as it is: it is tried again.

use jiff::tz::TimeZone;
use quittance_accounting::book::{BookSettings, Role};
use quittance_accounting::identity::{BookKey, DocumentId};
use quittance_accounting::resource::Replaces;
use quittance_accounting::snapshot::Named;
use quittance_books::access::EVERY_SCOPE;
use quittance_books::input::Context;
use quittance_books::listing::ResourceQuery;
use quittance_books::resources::{ResourceInput, ResourceView};
use quittance_books::together::{Step, Together};
use quittance_books::view::InvoiceView;
use quittance_books::{Actor, Failure};
use serde_json::Map;

use super::super::super::errors::{Fault, Operation};
use super::super::super::manners::NAME;
use super::super::super::mapping::incoming;
use super::super::super::mapping::recurrence::Run;
use super::super::super::mapping::schedules::{Schedule, WAITING};
use super::super::stored::id_of;
use super::super::{Desk, left};
use super::SCHEDULE;
use crate::app::App;

/// The most invoices that one schedule makes in one go: after a long pause the others follow in the next.
const MOST_RUNS: usize = 100;

/// How many waiting schedules are looked at together.
const AT_ONCE: i64 = 100;

/// Makes what schedules have to have made by now, in every book; returns how many invoices that were. A schedule that fails is told in
/// the server's log, and holds up no other.
pub async fn run_due(app: &App) -> Result<usize, Failure> {
    let mut made = 0;
    for entry in app.books.directory().await? {
        match run_due_in(app, entry.book).await {
            Ok(count) => made += count,
            // A book that is on its way elsewhere, for one, holds up no other.
            Err(failure) => tracing::error!(%failure, book = entry.book.0, "a book's schedules could not be looked at"),
        }
    }
    Ok(made)
}

async fn run_due_in(app: &App, book: BookKey) -> Result<usize, Failure> {
    let mut query = ResourceQuery {
        kind: SCHEDULE.kind.to_owned(),
        belongs_to: Some(WAITING.to_owned()),
        descending: false,
        after: None,
        limit: AT_ONCE,
    };
    let mut made = 0;
    loop {
        let waiting = app.books.resources(book, &query).await?;
        let Some(last) = waiting.last() else {
            return Ok(made);
        };
        query.after = Some(last.resource.key.0);
        let is_due = |view: &&ResourceView| Schedule::of(&view.body).next.is_some_and(|next| next <= app.now());
        for view in waiting.iter().filter(is_due) {
            // The settings are read anew: a period may have been closed meanwhile.
            let Some(settings) = app.books.settings(book).await? else {
                return Ok(made);
            };
            let desk = worker(app, book, settings);
            match desk.run_schedule(&id_of(view), |_, _| ()).await {
                Ok(count) => made += count,
                Err(fault) => tracing::warn!(?fault, schedule = id_of(view), "a schedule could not make its invoice"),
            }
        }
    }
}

/// A desk at which the server itself works.
fn worker(app: &App, book: BookKey, settings: BookSettings) -> Desk<'_> {
    Desk {
        app,
        context: Context {
            actor: Actor {
                book,
                token: None,
                client: None,
                name: "schedule".to_owned(),
                role: Role::Admin,
                scopes: vec![EVERY_SCOPE.to_owned()],
                ends: None,
            },
            source: NAME,
            request_id: app.books.new_request_id(),
        },
        settings,
        members: Map::new(),
        host: None,
    }
}

impl Desk<'_> {
    /// Makes what a schedule has to have made by now, and tells of each invoice and of how the schedule stands after it; returns how many
    /// invoices that were.
    pub(super) async fn run_schedule(
        &self,
        id: &str,
        mut tell: impl FnMut(ResourceView, &InvoiceView) + Send,
    ) -> Result<usize, Fault> {
        let zone = self.zone();
        let mut made = 0;
        let mut tries = self.app.books.tries(self.book());
        while made < MOST_RUNS && tries.another().await {
            let view = match self.stored(SCHEDULE, id).await {
                Ok(view) => view,
                // Deleted meanwhile.
                Err(Fault::Rule(_)) => return Ok(made),
                Err(fault) => return Err(fault),
            };
            let schedule = Schedule::of(&view.body);
            let due = schedule.next.filter(|next| *next <= self.app.now());
            let Some(run) = due.and_then(|_| schedule.next_run(&zone)) else {
                return Ok(made);
            };
            let invoice = self.app.books.new_document_id();
            if let Some(done) = self.run_once(&view, schedule, run, &zone, invoice).await? {
                let view = left(done.resource(SCHEDULE.kind, &id_of(&view)))?;
                tell(view, &left(done.invoice_named(&Named::Id(invoice)))?);
                made += 1;
                tries = self.app.books.tries(self.book());
            }
        }
        Ok(made)
    }

    /// Makes one invoice; `None` when somebody else was faster.
    async fn run_once(
        &self,
        view: &ResourceView,
        schedule: Schedule,
        run: Run,
        zone: &TimeZone,
        id: DocumentId,
    ) -> Result<Option<Together>, Fault> {
        // A closed period takes nothing more: then the invoice is of the day on which it is made.
        let closed = self.settings.is_closed(run.issued);
        let today = zone.to_datetime(self.app.now()).date();
        let issued = if closed { today } else { run.issued };
        let defaults = self.defaults().await?;
        let due = defaults.due(run.day.max(issued));
        let order = incoming::order(&schedule.request(issued, due), &self.settings, &defaults)?;
        let (customer, contact) = self.contact_or_new(&order.contact_id, &order.contact).await?;
        let mut input = order.invoice;
        input.customer = Some(customer);
        input.issue = true;
        input.sent_at = Some(self.app.now());
        let made = Step::CreateInvoice(id, Box::new(input));
        let noted = Step::PutResource(Box::new(after(view, schedule, run, id, zone)));
        let steps = contact.into_iter().chain([made, noted]).collect();
        let done = self.carried_out(steps).await;
        done.map_err(|(_, failure)| Fault::Refused(Operation::Create, failure))
    }
}

/// What the schedule says after a run, provided that it still says what was read.
fn after(view: &ResourceView, mut schedule: Schedule, run: Run, invoice: DocumentId, zone: &TimeZone) -> ResourceInput {
    schedule.ran(run, invoice.hex(), zone);
    let (body, belongs_to) = schedule.stored();
    ResourceInput {
        kind: SCHEDULE.kind,
        word: id_of(view),
        belongs_to,
        body,
        replaces: Replaces::AsRead(view.resource.content),
    }
}
