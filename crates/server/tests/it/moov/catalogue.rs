//! Every refusal and failure as this dialect words it, in one file.

use std::fmt::Write as _;

use quittance_accounting::money::Currency;
use quittance_server::dialects::moov::{Deed, failure, internal_error, unidentified};
use quittance_server::http::Response;

use crate::golden::check_text;
use crate::refusals::{SECRET, every_failure, every_refusal, every_unidentified};

const DEEDS: [Deed; 8] = [
    Deed::CreateInvoice,
    Deed::EditInvoice,
    Deed::SendInvoice,
    Deed::CancelInvoice,
    Deed::DeleteInvoice,
    Deed::RecordPayment,
    Deed::CreateAccount,
    Deed::Look,
];

fn shown(response: &Response) -> String {
    let headers = response.headers.iter().filter(|(name, _)| name != "content-type");
    let headers: String = headers.map(|(name, value)| format!(" {name}: {value}")).collect();
    let body = String::from_utf8_lossy(&response.body);
    assert!(!body.contains(SECRET), "{body}");
    format!("{}{headers} {body}", response.status)
}

#[test]
fn every_refusal_and_failure() {
    let mut text = String::new();
    for refusal in every_refusal() {
        let mut deeds: Vec<(String, Vec<Deed>)> = Vec::new();
        for deed in DEEDS {
            let answer = shown(&failure(&refusal.clone().into(), deed, Currency::USD));
            match deeds.iter_mut().find(|(known, _)| *known == answer) {
                Some((_, list)) => list.push(deed),
                None => deeds.push((answer, vec![deed])),
            }
        }
        writeln!(text, "{refusal:?}").unwrap();
        for (answer, list) in &deeds {
            let of = if deeds.len() == 1 {
                String::new()
            } else {
                format!("{list:?} ")
            };
            writeln!(text, "    {of}{}", answer.trim_end()).unwrap();
        }
    }
    for one in every_failure() {
        let answer = shown(&failure(&one, Deed::DeleteInvoice, Currency::USD));
        writeln!(text, "{one:?}\n    {}", answer.trim_end()).unwrap();
    }
    for why in every_unidentified() {
        writeln!(text, "{why:?}\n    {}", shown(&unidentified(&why)).trim_end()).unwrap();
    }
    writeln!(text, "internal error\n    {}", shown(&internal_error()).trim_end()).unwrap();
    check_text("moov/catalogue.txt", &text);
}
