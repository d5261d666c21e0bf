//! The published documents and the pages that show them.

use quittance_server::openapi::PUBLISHED;
use quittance_server::openapi::sample::Known;

use crate::golden::World;

#[tokio::test]
async fn every_document_is_handed_out_and_shown() {
    let world = World::new().await;
    let index = world.send("GET", "/openapi/", &[], "").await;
    let index = String::from_utf8(index.body).unwrap();
    for published in PUBLISHED {
        let address = format!("/openapi/{}.json", published.name);
        assert!(index.contains(&format!("href=\"{address}\"")), "{address}");
        let answer = world.send("GET", &address, &[], "").await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("application/json"))
        );
        assert_eq!(answer.body, published.text.as_bytes());
        let page = world
            .send(
                "GET",
                &format!("/openapi/{}", published.name),
                &[("host", "books.example")],
                "",
            )
            .await;
        assert_eq!(page.status, 200);
        let page = String::from_utf8(page.body).unwrap();
        for operation in published.document().unwrap().operations() {
            assert!(
                page.contains(&format!("id=\"{}\"", operation.id())),
                "{}",
                operation.id()
            );
        }
        // The line of the book's own page names the book itself.
        let settings = world.app.books.settings(world.book).await.unwrap().unwrap();
        assert!(page.contains("http://books.example/"), "{}", published.name);
        if ["layer", "moov"].contains(&published.name) {
            assert!(page.contains(&settings.id.uuid()), "{}", published.name);
        }
    }
    let moved = world.send("GET", "/openapi", &[], "").await;
    assert_eq!((moved.status, moved.header("location")), (301, Some("/openapi/")));
    for path in [
        "/openapi/nothing",
        "/openapi/nothing.json",
        "/openapi/moov/",
        "/openapi/moov.json/x",
    ] {
        assert_eq!(world.send("GET", path, &[], "").await.status, 404, "{path}");
    }
    assert_eq!(world.send("POST", "/openapi/moov.json", &[], "").await.status, 405);
}

#[tokio::test]
async fn a_sample_request_without_ids_is_understood() {
    let world = World::new().await;
    let published = PUBLISHED.into_iter().find(|one| one.name == "native").unwrap();
    let document = published.document().unwrap();
    let operations = document.operations();
    for (id, status) in [("createCustomer", 201), ("createInvoice", 201), ("listInvoices", 200)] {
        let operation = operations.iter().find(|one| one.id() == id).unwrap();
        let schema = &operation.about["requestBody"]["content"]["application/json"]["schema"];
        let body = match schema.is_null() {
            true => String::new(),
            false => quittance_server::openapi::sample::value(&document, schema, &Known::new()).to_string(),
        };
        let method = operation.method.to_uppercase();
        let bearer = format!("Bearer {}", world.token);
        let answer = world
            .send(&method, operation.path, &[("Authorization", &bearer)], &body)
            .await;
        assert_eq!(
            answer.status,
            status,
            "{id} {body} {}",
            String::from_utf8_lossy(&answer.body)
        );
    }
}
