//! Every refusal and failure in this dialect's words, in one file to read.

use std::fmt::Write as _;

use quittance_accounting::identity::BookKey;
use quittance_accounting::refusal::{Refusal, Refusals};
use quittance_books::Failure;
use quittance_server::dialects::campfire::errors;

use crate::golden::check_text;
use crate::refusals::{SECRET, every_failure, every_refusal, every_unidentified};
use crate::schema::assert_valid;

#[test]
fn every_refusal_and_failure() {
    let mut text = String::new();
    let mut write = |title: String, problem: errors::Problem| {
        let response = errors::answer(problem);
        let body = String::from_utf8(response.body).unwrap();
        assert!(!body.contains(SECRET), "{body}");
        writeln!(
            text,
            "{title}\n  {} {}",
            response.status,
            body.replace('\n', "\n  ").trim_end()
        )
        .unwrap();
        if response.status != 500 {
            assert!((400..504).contains(&response.status), "{title}");
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            let schema = if body.get("detail").is_some() {
                "Detail"
            } else {
                "FieldErrors"
            };
            assert_valid("campfire", schema, &body);
        }
    };
    for refusal in every_refusal() {
        write(format!("{refusal:?}"), errors::failed(refusal.into(), BookKey(2)));
    }
    let both = Refusals::of(vec![
        Refusal::Held {
            until: "2026-12-31".parse().unwrap(),
            reason: None,
        },
        Refusal::PeriodClosed {
            entry_date: "2026-03-10".parse().unwrap(),
            closed_through: "2026-03-11".parse().unwrap(),
        },
    ]);
    let both = Failure::Refused(both.unwrap());
    for failure in [both].into_iter().chain(every_failure()) {
        write(format!("{failure:?}"), errors::failed(failure, BookKey(2)));
    }
    for fault in every_unidentified() {
        write(format!("{fault:?}"), errors::unidentified(fault));
    }
    check_text("campfire/catalogue.txt", &text);
}
