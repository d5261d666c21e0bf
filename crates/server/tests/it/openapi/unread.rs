//! Bodies that nobody reads, because they are too large or encoded: what every operation answers to them is documented.

use std::collections::BTreeMap;

use quittance_books::source::Clock as _;
use quittance_server::http::message::Method;
use quittance_server::http::{Request, Response};
use quittance_server::openapi::{Operation, PUBLISHED};

use super::Check;
use super::exchange::Exchange;
use crate::bookeeping::bad_input::roomy;
use crate::golden::World;

/// A request of an operation on the world's own book; what else its path names is not there.
fn request(world: &World, operation: &Operation<'_>, book: &str, bearer: &str) -> Request {
    let part = |part: &str| match part {
        "{businessId}" | "{accountID}" => book.to_owned(),
        name if name.starts_with('{') => "1".to_owned(),
        name => name.to_owned(),
    };
    let path: Vec<String> = operation.path.split('/').map(part).collect();
    let method = Method::from_bytes(operation.method.to_uppercase().as_bytes()).unwrap();
    Request::new(method, &path.join("/"), world.clock.now())
        .with_header("authorization", bearer)
        .with_header("content-type", "application/json")
        .with_header("version", "2021-07-28")
        .with_body("{}")
}

#[tokio::test]
async fn bodies_that_nobody_reads_are_answered_as_documented() {
    let world = World::with(roomy()).await;
    let book = world.app.books.settings(world.book).await.unwrap().unwrap().id.uuid();
    let mut wrong = Vec::new();
    for published in PUBLISHED {
        let scheme = if published.name == "campfire" {
            "Token"
        } else {
            "Bearer"
        };
        let bearer = format!("{scheme} {}", world.token);
        let document = published.document().unwrap();
        let mut unread = 0;
        let mut check = Check {
            published,
            document: &document,
            valid: BTreeMap::new(),
        };
        for operation in document.operations() {
            if operation.about["requestBody"].is_null() {
                continue;
            }
            let encoded = request(&world, &operation, &book, &bearer).with_header("content-encoding", "gzip");
            let mut large = request(&world, &operation, &book, &bearer).with_body("");
            large.body_too_large = true;
            for mut asked in [encoded, large] {
                world.pass_seconds(3);
                asked.request_id = operation.id().to_owned();
                let answer = world.app.answer(asked).await;
                unread += usize::from([413, 415].contains(&answer.status));
                let said = exchange(&operation, &answer);
                let documented = &operation.about["responses"][answer.status.to_string()];
                let faults = match documented.is_null() {
                    true => vec![format!("{} is not documented", answer.status)],
                    false => check.response(documented, &said).err().unwrap_or_default(),
                };
                wrong.extend(faults.into_iter().map(|fault| format!("{}: {fault}", said.place())));
            }
        }
        assert!(
            unread > 0,
            "{}: everything was answered before the body was looked at",
            published.name
        );
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

fn exchange(operation: &Operation<'_>, answer: &Response) -> Exchange {
    let headers = answer.headers.iter();
    Exchange {
        title: operation.id().to_owned(),
        method: operation.method.to_uppercase(),
        path: operation.path.to_owned(),
        status: answer.status,
        response_headers: headers.map(|(name, value)| (name.to_string(), value.clone())).collect(),
        response_body: String::from_utf8(answer.body.clone()).unwrap(),
        ..Exchange::default()
    }
}
