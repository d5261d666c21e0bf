//! Every refusal and failure, rendered.

use std::fmt::Write as _;

use quittance_accounting::refusal::Refusals;
use quittance_books::Failure;
use quittance_server::dialects::layer;
use quittance_server::http::Response;

use crate::golden::{check_text, json as body_of};
use crate::refusals::{SECRET, every_failure, every_refusal};
use crate::schema::assert_valid;

fn write(out: &mut String, name: &str, response: &Response) {
    let body = String::from_utf8_lossy(&response.body);
    assert!(!body.contains(SECRET), "{body}");
    writeln!(out, "### {name}\n{} {body}\n", response.status).unwrap();
}

#[test]
fn every_way_to_say_no() {
    let mut out = String::new();
    for refusal in every_refusal() {
        let response = layer::refusals(&Refusals::from(refusal.clone()));
        assert!((400..500).contains(&response.status));
        assert_valid("layer", "WireErrors", &body_of(&response));
        write(&mut out, &format!("{refusal:?}"), &response);
        let both = layer::failure(&Failure::Refused(refusal.into()), true);
        assert_valid("layer", "DeleteError", &body_of(&both));
    }
    for failure in every_failure() {
        let response = layer::failure(&failure, true);
        assert_valid("layer", "DeleteError", &body_of(&response));
        assert_eq!(response.status >= 500, body_of(&response)["type"] == "Unknown");
        write(&mut out, &format!("{failure:?}"), &response);
        assert_valid("layer", "WireErrors", &body_of(&layer::failure(&failure, false)));
    }
    let broken = layer::internal_error();
    assert_valid("layer", "DeleteError", &body_of(&broken));
    assert!(body_of(&broken).get("error_enum").is_none());
    write(&mut out, "internal error", &broken);
    check_text("layer/catalogue.http", &out);
}
