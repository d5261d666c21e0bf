//! Books that cannot be read from the moment that something is written to them.
//!
//! The commit that is to be answered spoils, by a trigger on the log, a row that every reader needs. Whoever reads the books again to put
//! the answer together finds it spoilt; what the commit handed back needs no reader.

use quittance_server::http::Response;

use crate::golden::World;

/// Asks the database of a world behind the books' back: the last line of what is answered.
fn ask(world: &World, statement: &str) -> String {
    let schema = world.schema();
    let said = schema.ask(&format!("set search_path to {}; {statement}", schema.name()));
    said.lines().last().unwrap_or_default().to_owned()
}

/// Prepares the database of a world.
pub fn prepare(world: &World) {
    ask(
        world,
        "create function spoil() returns trigger language plpgsql as \
         $$ begin update book set created_at = 'spoilt'; return null; end $$; \
         create trigger spoil after insert on event for each row execute function spoil(); \
         alter table event disable trigger spoil",
    );
}

/// Sends a request that writes, and lets nobody read after that. Then the books can be read again.
pub async fn send(world: &World, method: &str, target: &str, auth: &str, body: &str) -> Response {
    send_with(world, method, target, &[("authorization", auth)], body).await
}

/// The same with any headers.
pub async fn send_with(world: &World, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let made = ask(world, "select created_at from book");
    ask(world, "alter table event enable trigger spoil");
    let response = world.send(method, target, headers, body).await;
    let now = ask(
        world,
        "alter table event disable trigger spoil; select created_at from book",
    );
    let said = String::from_utf8_lossy(&response.body);
    assert!(
        now.ends_with("spoilt"),
        "{method} {target} wrote nothing: {} {said}",
        response.status
    );
    ask(world, &format!("update book set created_at = '{made}'"));
    response
}
