//! Every refusal and every failure, in this dialect's words.

use std::fmt::Write as _;

use jiff::civil::date;
use quittance_accounting::invoice::Standing;
use quittance_accounting::refusal::{Refusal, Refusals};
use quittance_books::Failure;
use quittance_server::dialects::bookeeping::errors::{Asked, Problem, of_body, of_failure, of_refusal, unidentified};
use quittance_server::dialects::bookeeping::internal_error;
use quittance_server::http::Response;

use super::super::golden::{check_text, json};
use super::super::refusals::{SECRET, every_body_error, every_failure, every_refusal, every_unidentified};
use super::super::schema::assert_valid;

fn shown(out: &mut String, title: &str, response: &Response) {
    let schema = format!("Error{}", response.status);
    assert_valid("bookeeping", &schema, &json(response));
    let body = String::from_utf8_lossy(&response.body);
    assert!(!body.contains(SECRET), "{body}");
    writeln!(out, "{title}\n  {} {body}", response.status).unwrap();
}

#[test]
fn everything_that_can_go_wrong_has_words() {
    let mut out = String::new();
    for refusal in every_refusal() {
        let response = of_refusal(&refusal, Asked::Delete).response();
        shown(&mut out, &format!("{refusal:?}"), &response);
    }
    let standing = Refusal::WrongStanding {
        standing: Standing::Void,
        allowed: vec![],
    };
    for asked in [
        Asked::Create,
        Asked::Delete,
        Asked::Send,
        Asked::MarkAsPaid,
        Asked::Cancel,
        Asked::Read,
    ] {
        let title = format!("WrongStanding, {asked:?}");
        shown(&mut out, &title, &of_refusal(&standing, asked).response());
    }
    let all = Failure::Refused(Refusals::of(every_refusal()).unwrap());
    shown(&mut out, "all of them", &of_failure(&all, Asked::Delete).response());
    for failure in every_failure() {
        let response = of_failure(&failure, Asked::Delete).response();
        shown(&mut out, &format!("{failure:?}"), &response);
    }
    for fault in every_unidentified() {
        shown(&mut out, &format!("{fault:?}"), &unidentified(&fault).response());
    }
    for error in every_body_error() {
        shown(&mut out, &format!("{error:?}"), &of_body(&error).response());
    }
    shown(&mut out, "internal error", &internal_error());
    let no_route = Problem::no_route("GET", "/public-api/v1/x");
    shown(&mut out, "no route", &no_route.response());
    let too_many = Problem::too_many("Rate limit exceeded");
    shown(&mut out, "too many", &too_many.response());
    check_text("bookeeping/catalogue.txt", &out);
}

#[test]
fn the_documented_reason_is_named_first() {
    let both = Refusals::of(vec![
        Refusal::Held {
            until: date(2026, 12, 31),
            reason: None,
        },
        Refusal::WrongStanding {
            standing: Standing::Paid,
            allowed: vec![Standing::Draft],
        },
    ]);
    let response = of_failure(&Failure::Refused(both.unwrap()), Asked::Delete).response();
    assert_eq!(
        json(&response)["message"],
        "Only invoices in draft status can be deleted."
    );
}
