//! Every refusal and every failure as the native API renders it, in one file.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use quittance_accounting::money::Currency;
use quittance_accounting::refusal::{Refusal, Refusals};
use quittance_books::Failure;
use quittance_server::dialects::native;
use quittance_server::dialects::native::errors::{Fault, failure};
use quittance_server::dialects::native::manners::unidentified;

use crate::golden::check_text;
use crate::refusals::{SECRET, every_body_error, every_failure, every_refusal, every_unidentified};
use crate::schema::assert_valid;

fn faults() -> Vec<(String, Fault)> {
    let mut all = Vec::new();
    for refusal in every_refusal() {
        let title = format!("{refusal:?}");
        all.push((title, failure(&Failure::Refused(refusal.into()), Currency::USD)));
    }
    let several = every_refusal().into_iter().filter(|refusal| {
        matches!(
            refusal,
            Refusal::Held { .. } | Refusal::WrongStanding { .. } | Refusal::HasPayments { .. }
        )
    });
    let several = Refusals::of(several.collect()).unwrap();
    all.push((
        "several reasons".to_owned(),
        failure(&Failure::Refused(several), Currency::USD),
    ));
    all.extend(
        every_failure()
            .into_iter()
            .map(|known| (format!("{known:?}"), failure(&known, Currency::USD))),
    );
    for fault in every_unidentified() {
        all.push((format!("{fault:?}"), unidentified(fault)));
    }
    for error in every_body_error() {
        all.push((format!("{error:?}"), error.into()));
    }
    all.push((
        "a field".to_owned(),
        Fault::invalid("lines[0].quantity", "is not a number"),
    ));
    all.push(("an id".to_owned(), Fault::malformed_id("17")));
    all.push(("a path".to_owned(), Fault::no_route()));
    all.push(("a method".to_owned(), Fault::wrong_method("GET, HEAD")));
    all
}

#[test]
fn every_error_has_words() {
    let mut text = String::new();
    for (title, fault) in faults() {
        assert_valid("native", "Error", &fault.body());
        let response = fault.answer();
        assert!((400..=599).contains(&response.status));
        let headers: Vec<String> = response
            .headers
            .iter()
            .skip(1)
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        let body = String::from_utf8(response.body).unwrap();
        assert!(!body.contains(SECRET), "{body}");
        writeln!(text, "### {title}\n{}\n{}{body}\n", response.status, headers.concat()).unwrap();
    }
    let text = format!("{}\n", text.trim_end());
    check_text("native/catalogue.txt", &text);
}

#[test]
fn codes_are_told_apart() {
    let refusals = every_refusal();
    let name = |refusal: &Refusal| format!("{refusal:?}").split(" {").next().map(str::to_owned);
    let names: BTreeSet<_> = refusals.iter().map(name).collect();
    let code = |refusal: Refusal| failure(&Failure::Refused(refusal.into()), Currency::USD).code;
    let codes: BTreeSet<&str> = refusals.into_iter().map(code).collect();
    assert_eq!(codes.len(), names.len());
}

#[test]
fn what_broke_is_an_error_of_this_dialect() {
    let response = native::internal_error();
    assert_eq!(response.status, 500);
    assert_valid("native", "Error", &serde_json::from_slice(&response.body).unwrap());
}
