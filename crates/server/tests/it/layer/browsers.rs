//! Pages of another origin: what a browser asks before it calls, and what it needs to let the page read the answer.

use super::Desk;

const ORIGIN: (&str, &str) = ("origin", "https://books.example");

#[tokio::test]
async fn a_page_of_another_origin_may_call() {
    let desk = Desk::new().await;
    let target = format!("{}/invoices", desk.base);
    let asks = [
        ORIGIN,
        ("access-control-request-method", "PATCH"),
        (
            "access-control-request-headers",
            "authorization,content-type,layer-locale,layer-react-version,cache-control",
        ),
    ];
    let said = desk.world.send("OPTIONS", &target, &asks, "").await;
    assert_eq!((said.status, said.body.len()), (204, 0));
    assert_eq!(said.header("access-control-allow-origin"), Some("*"));
    assert!(said.header("access-control-allow-methods").unwrap().contains("PATCH"));
    let allowed = said.header("access-control-allow-headers").unwrap().to_lowercase();
    for (_, names) in asks.iter().skip(2) {
        assert!(names.split(',').all(|name| allowed.contains(name)), "{allowed}");
    }
    for (auth, status) in [(desk.auth.as_str(), 200), ("Bearer nobody", 401)] {
        let said = desk
            .world
            .send("GET", &target, &[ORIGIN, ("authorization", auth)], "")
            .await;
        assert_eq!(
            (said.status, said.header("access-control-allow-origin")),
            (status, Some("*"))
        );
        assert!(
            said.header("access-control-expose-headers")
                .unwrap()
                .contains("X-RateLimit-Remaining")
        );
    }
    let same = desk
        .world
        .send("GET", &target, &[("authorization", &desk.auth)], "")
        .await;
    assert_eq!(same.header("access-control-allow-origin"), None, "nobody asked");
    let no_question = desk.world.send("OPTIONS", &target, &[ORIGIN], "").await;
    assert_eq!(no_question.status, 401, "no question of a browser's");
}
