//! Categories: added, shown, used, refused.

use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::ledger::AccountChange;
use serde_json::{Value, json};

use super::super::golden::{Transcript, World, json};
use super::{Desk, INVOICES, text};
use crate::schema::assert_valid;

const CATEGORIES: &str = "/public-api/v1/categories";

/// How often categories are made at once; below ten, so that no number of a round begins another's.
const ROUNDS: usize = 9;

impl Desk {
    async fn new_category(&self, members: Value) -> Value {
        let made = self.send("POST", CATEGORIES, &members.to_string()).await;
        assert_eq!(made.status, 200, "{}", String::from_utf8_lossy(&made.body));
        let made = json(&made);
        assert_valid("bookeeping", "CategoryAnswer", &made);
        made["data"].clone()
    }

    async fn groups(&self, query: &str) -> Vec<String> {
        let found = json(&self.send("GET", &format!("{CATEGORIES}?limit=250&{query}"), "").await);
        let found = found["data"]["categories"].as_array().unwrap();
        found.iter().map(|category| text(category, "/name")).collect()
    }
}

#[tokio::test]
async fn a_number_after_which_none_comes_is_not_counted_on_from() {
    let desk = Desk::new().await;
    for (at, number) in [
        json!(u64::MAX),
        json!(u64::MAX.to_string()),
        json!("99999999999999999999"),
    ]
    .into_iter()
    .enumerate()
    {
        let highest = json!({"name": format!("Highest {at}"), "parentCategory": "INVENTORY", "number": number});
        let body = highest.to_string();
        // The second is taken by the first.
        let expected = if at == 1 { 409 } else { 200 };
        assert_eq!(desk.send("POST", CATEGORIES, &body).await.status, expected, "{body}");
    }
    let next = json!({"name": "Timber", "parentCategory": "INVENTORY"});
    let made = desk.new_category(next).await;
    assert_eq!(text(&made, "/number").len(), 4, "{made}");
}

#[tokio::test]
async fn a_category_is_added_and_used() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("bookeeping/categories");
    let whole = json!({"name": "Consulting", "parentCategory": "OTHER_INCOME", "number": "4711", "emoji": "\u{1f4bc}", "group": "Services"});
    let made = ["POST", CATEGORIES, &whole.to_string()];
    let made = desk.say(&mut said, "a category", made, "CategoryAnswer").await;
    let made = json(&made)["data"].clone();
    let path = format!("{CATEGORIES}/{}", text(&made, "/_id"));
    let read = desk.say(&mut said, "read", ["GET", &path, ""], "CategoryAnswer").await;
    assert_eq!(json(&read)["data"], made);
    for (title, schema, members) in [
        ("the same again", "Error409", whole.clone()),
        (
            "a number that is taken",
            "Error409",
            json!({"name": "Other", "parentCategory": "SALES", "number": 4711}),
        ),
        (
            "no such group",
            "Error400",
            json!({"name": "Other", "parentCategory": "CARS"}),
        ),
        ("no name", "Error400", json!({"parentCategory": "SALES"})),
        (
            "the next number",
            "CategoryAnswer",
            json!({"name": "Workshops", "parentCategory": "SALES", "colour": "red"}),
        ),
    ] {
        let exchange = ["POST", CATEGORIES, &members.to_string()];
        desk.say(&mut said, title, exchange, schema).await;
    }
    let query = format!("{CATEGORIES}?accounts=OTHER_INCOME");
    desk.say(&mut said, "by group", ["GET", &query, ""], "CategoriesAnswer")
        .await;
    said.check();
    let line = json!([{"name": "Advice", "quantity": 1, "unitPrice": 10, "category": made["_id"]}]);
    let id = desk.sent(json!({"lineItems": line})).await;
    let shown = json(&desk.send("GET", &format!("{INVOICES}/{id}"), "").await);
    assert_eq!(shown["data"]["lineItems"][0]["category"], made["_id"]);
}

#[tokio::test]
async fn every_group_takes_one_and_shows_it() {
    let desk = Desk::over(World::with(super::bad_input::roomy()).await).await;
    let shape = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/bookeeping.json")).unwrap();
    let shape: Value = serde_json::from_str(&shape).unwrap();
    let groups = shape["components"]["schemas"]["CreateCategory"]["properties"]["parentCategory"]["enum"].clone();
    let groups = groups.as_array().unwrap();
    assert_eq!(groups.len(), 20);
    let mut numbers = std::collections::BTreeSet::new();
    for group in groups {
        let group = group.as_str().unwrap();
        let name = format!("Of {group}");
        let made = desk.new_category(json!({"name": name, "parentCategory": group})).await;
        assert_eq!(
            (&made["parentCategory"], &made["createdBy"]),
            (&json!(group), &json!("USER"))
        );
        assert!(numbers.insert(text(&made, "/number")), "{made}");
        assert!(
            desk.groups(&format!("accounts={group}")).await.contains(&name),
            "{group}"
        );
    }
    // Money arrives on current assets only.
    let accounts = json(&desk.send("GET", "/public-api/v1/accounts?limit=250", "").await);
    let accounts = accounts["data"]["accounts"].as_array().unwrap();
    let of_groups = accounts.iter().map(|account| text(account, "/accountName"));
    let of_groups: Vec<String> = of_groups.filter(|name| name.starts_with("Of ")).collect();
    assert_eq!(of_groups, ["Of CURRENT_ASSET"]);
}

#[tokio::test]
async fn what_was_retired_elsewhere_is_archived() {
    let desk = Desk::new().await;
    let made = desk
        .new_category(json!({"name": "Old", "parentCategory": "SALES"}))
        .await;
    let till = desk
        .new_category(json!({"name": "Till", "parentCategory": "CURRENT_ASSET"}))
        .await;
    assert_eq!(made["isArchived"], json!(false));
    let context = desk.world.context(desk.world.book);
    let change = AccountChange {
        active: Some(false),
        ..AccountChange::default()
    };
    for name in ["OLD", "TILL"] {
        let choice = AccountChoice::StableName(name.to_owned());
        let books = &desk.world.app.books;
        books.change_account(&context, choice, change.clone()).await.unwrap();
    }
    let path = format!("{CATEGORIES}/{}", text(&made, "/_id"));
    let shown = json(&desk.send("GET", &path, "").await);
    assert_eq!(shown["data"]["isArchived"], json!(true));
    let line = json!([{"name": "Advice", "quantity": 1, "unitPrice": 10, "category": made["_id"]}]);
    let drafted = desk.draft_body(json!({"lineItems": line}));
    let drafted = json(&desk.send("POST", INVOICES, &drafted).await);
    let archived = "The category is archived and takes no postings";
    let refused = match drafted["data"]["_id"].as_str() {
        Some(id) => json(&desk.send("POST", &format!("{INVOICES}/{id}/send"), "").await),
        None => drafted,
    };
    assert_eq!(refused["message"], json!(archived));
    let accounts = json(&desk.send("GET", "/public-api/v1/accounts?limit=250", "").await);
    let accounts = accounts["data"]["accounts"].as_array().unwrap();
    assert!(accounts.iter().all(|account| account["accountName"] != till["name"]));
}

#[tokio::test]
async fn names_of_any_script_and_bad_members() {
    let desk = Desk::new().await;
    for name in ["\u{7a0e}", "\u{20ac}\u{20ac}", "A b", "a-B"] {
        desk.new_category(json!({"name": name, "parentCategory": "OTHER"}))
            .await;
    }
    for members in [
        json!({"name": "x".repeat(256)}),
        json!({"name": " "}),
        json!({"name": 5}),
        json!({"parentCategory": "sales"}),
        json!({"number": "1".repeat(21)}),
        json!({"number": 1.5}),
        json!({"number": -1}),
        json!({"number": {}}),
        json!({"emoji": 7}),
        json!({"group": []}),
    ] {
        let mut body = json!({"name": "N", "parentCategory": "SALES"});
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = desk.send("POST", CATEGORIES, &body.to_string()).await;
        assert_eq!(answer.status, 400, "{members}");
    }
}

/// Some of them read the chart while one of them is being written.
#[tokio::test]
async fn of_those_that_are_made_at_once_one_is_there() {
    let desk = Desk::over(World::with(super::bad_input::roomy()).await).await;
    for round in 0..ROUNDS {
        let name = format!("Twice {round}");
        let same = json!({"name": name, "parentCategory": "OTHER"}).to_string();
        let another = json!({"name": format!("Once {round}"), "parentCategory": "OTHER"}).to_string();
        let send = |body| desk.send("POST", CATEGORIES, body);
        let (one, other, two, three, four) =
            tokio::join!(send(&same), send(&another), send(&same), send(&same), send(&same));
        let mut statuses = [one.status, two.status, three.status, four.status];
        statuses.sort_unstable();
        assert_eq!((statuses, other.status), ([200, 409, 409, 409], 200), "round {round}");
        assert_eq!(desk.groups(&format!("query=twice%20{round}")).await, [name]);
    }
}
