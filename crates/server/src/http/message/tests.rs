//! Decoding tables: paths, queries, bodies.

use super::*;
use serde_json::json;

fn request(target: &str) -> Request {
    Request::new(Method::POST, target, Timestamp::UNIX_EPOCH)
}

#[test]
fn paths_are_cut_before_they_are_decoded() {
    let table: &[(&str, &[&str], bool)] = &[
        ("/", &[], true),
        ("", &[], false),
        ("/a", &["a"], false),
        ("/a/b/", &["a", "b"], true),
        ("/a//b", &["a", "", "b"], false),
        ("//", &[""; 0], true),
        ("/a//", &["a", ""], true),
        ("/inv%201%2F2/x", &["inv 1/2", "x"], false),
        ("/a+b", &["a+b"], false),
        ("/%zz%4", &["%zz%4"], false),
        ("/%ff", &["\u{fffd}"], false),
        ("/%E2%82%AC", &["€"], false),
    ];
    for (path, parts, trailing) in table {
        let segments = request(path).segments();
        assert_eq!(
            (segments.as_strs().as_slice(), segments.trailing_slash),
            (*parts, *trailing),
            "{path}"
        );
    }
}

#[test]
fn queries_are_read_as_forms() {
    let request = request("/x?a=1&b=two+words&a=%2B3&flag&=empty&c=%e2%82%ac");
    assert_eq!(request.path, "/x");
    assert_eq!(request.query_value("a").as_deref(), Some("1"));
    assert_eq!(request.query_values("a"), ["1", "+3"]);
    assert_eq!(request.query_value("b").as_deref(), Some("two words"));
    assert_eq!(request.query_value("flag").as_deref(), Some(""));
    assert_eq!(request.query_value("c").as_deref(), Some("€"));
    assert_eq!(request.query_value("d"), None);
    assert_eq!(request.query_pairs().len(), 6);
}

#[test]
fn json_bodies() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let not_json = |message: &str, line, column| BodyError::NotJson {
        message: message.to_owned(),
        line,
        column,
    };
    type Read = Result<Option<Value>, BodyError>;
    let table: Vec<(Vec<u8>, Read)> = vec![
        (b"".to_vec(), Ok(None)),
        (b" \r\n".to_vec(), Ok(None)),
        (b"null".to_vec(), Ok(Some(Value::Null))),
        (
            b"{\"b\":1,\"a\":[\"[[\\\"[\"]}".to_vec(),
            Ok(Some(json!({"b": 1, "a": ["[[\"["]}))),
        ),
        (b"{\n \"a\": }".to_vec(), Err(not_json("expected value", 2, 7))),
        (b"{} x".to_vec(), Err(not_json("trailing characters", 1, 4))),
        (b"{\"a\":NaN}".to_vec(), Err(not_json("expected value", 1, 6))),
        (b"\"\xff\"".to_vec(), Err(BodyError::NotUtf8)),
        (nested(MAX_JSON_DEPTH + 1).into_bytes(), Err(BodyError::TooDeep)),
        (nested(1_000_000).into_bytes(), Err(BodyError::TooDeep)),
    ];
    for (body, expected) in table {
        let shown = String::from_utf8_lossy(&body).chars().take(40).collect::<String>();
        let request = request("/")
            .with_header("content-type", "application/json")
            .with_body(body);
        assert_eq!(request.json(), expected, "{shown}");
    }
    assert!(matches!(
        request("/").with_body(nested(MAX_JSON_DEPTH)).json(),
        Ok(Some(_))
    ));
}

#[test]
fn json_keeps_digits_and_member_order() {
    let text = r#"{"z":1.10,"a":123456789012345678901234567890.000001}"#;
    let value = request("/").with_body(text).json().unwrap().unwrap();
    assert_eq!(value.to_string(), text);
}

#[test]
fn a_member_that_stands_there_twice_is_refused_by_whoever_minds() {
    for (body, twice) in [
        (r#"{"a":1,"b":[{"a":1.50},{"a":"x"}],"c":null,"d":true}"#, None),
        ("[1e5,-0.00,12345678901234567890123]", None),
        ("", None),
        (r#"{"a":1,"a":1}"#, Some("a")),
        (r#"{"a":1,"\u0061":2}"#, Some("a")),
        (r#"[{"y":{"b":1,"c":2,"b":3}}]"#, Some("b")),
    ] {
        let request = request("/").with_body(body);
        assert!(request.json().is_ok(), "{body}");
        match (request.json_said_once(), twice) {
            (read, None) => assert_eq!(read, request.json(), "{body}"),
            (Err(BodyError::NotJson { message, .. }), Some(name)) => {
                assert_eq!(message, format!("the member `{name}` stands there twice"), "{body}");
            }
            (other, Some(_)) => panic!("{body}: {other:?}"),
        }
    }
    let deep = request("/").with_body("[".repeat(MAX_JSON_DEPTH + 1));
    assert_eq!(deep.json_said_once(), Err(BodyError::TooDeep));
}

#[test]
fn an_oversized_body_never_passes_for_an_empty_one() {
    let mut request = request("/");
    request.body_too_large = true;
    assert_eq!(request.json(), Err(BodyError::TooLarge));
    assert_eq!(request.form(), Err(BodyError::TooLarge));
}

#[test]
fn forms_and_media_types() {
    let request = request("/")
        .with_header("Content-Type", "Application/X-WWW-Form-Urlencoded; charset=utf-8")
        .with_body("grant_type=client_credentials&scope=a+b");
    assert_eq!(
        request.media_type().as_deref(),
        Some("application/x-www-form-urlencoded")
    );
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        request.form(),
        Ok(Some(vec![
            pair("grant_type", "client_credentials"),
            pair("scope", "a b")
        ]))
    );
    assert_eq!(super::tests::request("/").form(), Ok(None));
}

#[test]
fn responses_hold_what_was_set_and_no_more() {
    assert_eq!(
        Response::empty(204),
        Response {
            status: 204,
            headers: vec![],
            body: vec![]
        }
    );
    let answer = Response::json(200, &json!({"b": "ü", "a": []}))
        .with("Allow", "GET")
        .with("allow", "PUT");
    assert_eq!(answer.body, "{\"b\":\"ü\",\"a\":[]}".as_bytes());
    assert_eq!(answer.header("CONTENT-TYPE"), Some("application/json"));
    assert_eq!(answer.header("allow"), Some("GET"));
    assert_eq!(answer.headers.len(), 3);
}
