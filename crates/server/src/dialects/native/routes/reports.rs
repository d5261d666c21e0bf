//! Reports: `GET /reports/<name>`, as JSON, or as CSV where `format` or Accept asks for it.

use quittance_books::reports::{MOST_ROWS, ReportFault, ReportName, ReportQuery};

use super::invoices::day;
use super::{Call, Ended, Stopped, failed};
use crate::dialects::native::errors::Fault;
use crate::dialects::native::manners::{known_query, whole};
use crate::http::Response;
use crate::reports::{self, customer_named};

/// What a report's query may hold.
const MEMBERS: [&str; 9] = [
    "from", "to", "as_of", "known_at", "account", "customer", "after", "limit", "format",
];

/// The report of this name.
pub async fn report(call: &Call<'_>, name: &str) -> Ended {
    let Some(name) = ReportName::parse(name) else {
        return Err(Fault::no_route().into());
    };
    known_query(call.request, &MEMBERS)?;
    let csv = wants_csv(call)?;
    let to = day(call.request, "to")?;
    let as_of = day(call.request, "as_of")?;
    if to.is_some() && as_of.is_some() {
        return Err(Fault::invalid("as_of", "cannot stand beside to").into());
    }
    let query = ReportQuery {
        name,
        from: day(call.request, "from")?,
        to: to.or(as_of),
        known_at: whole(call.request, "known_at", 1, i64::MAX)?,
        account: call.request.query_value("account"),
        customer: call.request.query_value("customer").as_deref().map(customer_named),
        after: call.request.query_value("after"),
        limit: whole(call.request, "limit", 1, MOST_ROWS)?.unwrap_or(MOST_ROWS),
    };
    let view = call.app.books.report(call.actor.book, &query).await.map_err(stopped)?;
    if !csv {
        return Ok(Response::json(200, &reports::json(&view)));
    }
    let heading = reports::heading(&view.report);
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut written = out.write_record(&heading);
    for line in reports::lines(&view, &heading) {
        written = written.and_then(|()| out.write_record(&line));
    }
    let (Ok(()), Ok(body)) = (written, out.into_inner()) else {
        return Err(Fault::internal().into());
    };
    let mut response = Response::empty(200).with("content-type", "text/csv; charset=utf-8; header=present");
    if let Some(next) = view.next {
        response = response.with("quittance-next-after", next);
    }
    Ok(response
        .with("quittance-report-digest", view.digest.hex())
        .with_body(body))
}

/// Whether CSV is asked for: by `format`, else by Accept where it names CSV and not JSON.
fn wants_csv(call: &Call<'_>) -> Result<bool, Fault> {
    match call.request.query_value("format").as_deref() {
        Some("csv") => Ok(true),
        Some("json") => Ok(false),
        Some(_) => Err(Fault::invalid("format", "must be json or csv")),
        None => {
            let accept = call.request.header("accept").unwrap_or_default();
            Ok(accept.contains("text/csv") && !accept.contains("json"))
        }
    }
}

fn stopped(fault: ReportFault) -> Stopped {
    let message = fault.to_string();
    let fault = match fault {
        ReportFault::Failure(failure) => return failed(failure),
        ReportFault::NotYet { asked, last } => Fault::new(422, "not_yet", message)
            .fact("asked", asked)
            .fact("last", last),
        ReportFault::Backwards { from, to } => Fault::new(422, "span_backwards", message)
            .fact("from", from.to_string())
            .fact("to", to.to_string()),
        ReportFault::Needs(what) => Fault::invalid(what, "is required for this report"),
        ReportFault::BadCursor(_) => Fault::invalid("after", "must be what a page named as next_after"),
    };
    fault.into()
}
