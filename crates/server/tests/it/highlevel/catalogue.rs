//! Every refusal and every failure, as this dialect words it.

use std::fmt::Write as _;

use quittance_accounting::invoice::Standing;
use quittance_accounting::refusal::{Refusal, Refusals};
use quittance_books::Failure;
use quittance_server::dialects::highlevel::errors::{Operation, refused};
use quittance_server::dialects::highlevel::internal_error;
use serde_json::json;

use crate::golden::{check_text, json as body_of};
use crate::refusals::{SECRET, every_failure, every_refusal};
use crate::schema::assert_valid;

#[test]
fn every_failure_has_words() {
    let operations = [
        Operation::Create,
        Operation::Read,
        Operation::Edit,
        Operation::Delete,
        Operation::Void,
        Operation::Send,
        Operation::Pay,
    ];
    let mut text = String::new();
    let refusals = every_refusal().into_iter().map(Failure::from);
    for failure in refusals.chain(every_failure()) {
        writeln!(text, "### {failure:?}").unwrap();
        let mut last = String::new();
        for operation in operations {
            let response = refused(operation, &failure);
            let body = body_of(&response);
            match response.status {
                400 => assert_valid("highlevel", "BadRequestDTO", &body),
                401 => assert_valid("highlevel", "UnauthorizedDTO", &body),
                422 => assert_valid("highlevel", "UnprocessableDTO", &body),
                500 | 503 => assert!(!body.to_string().contains(SECRET), "nothing internal goes out"),
                other => panic!("{other} for {failure:?}"),
            }
            let line = format!("{} {body}", response.status);
            if line != last {
                writeln!(text, "{operation:?}: {line}").unwrap();
                last = line;
            }
        }
    }
    check_text("highlevel/catalogue.txt", &text);
}

#[test]
fn the_first_documented_reason_is_named() {
    let held = Refusal::Held {
        until: "2026-12-31".parse().unwrap(),
        reason: None,
    };
    let sent = Refusal::WrongStanding {
        standing: Standing::Open,
        allowed: vec![Standing::Draft],
    };
    let both = Failure::Refused(Refusals::of(vec![held, sent]).unwrap());
    assert_eq!(
        body_of(&refused(Operation::Delete, &both))["message"],
        super::NOT_A_DRAFT
    );
    assert_eq!(
        body_of(&refused(Operation::Void, &both))["message"],
        "Invoice is on hold until 2026-12-31"
    );
}

#[test]
fn an_internal_error() {
    let response = internal_error();
    assert_eq!(
        (response.status, body_of(&response)),
        (500, json!({"statusCode": 500, "message": "Internal server error"}))
    );
}
