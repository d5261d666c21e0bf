//! Answers of the native API as lines for a person.

use serde_json::Value;

/// What an answer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A customer.
    Customer,
    /// An invoice.
    Invoice,
    /// A payment.
    Payment,
    /// A credit note.
    CreditNote,
    /// A refund.
    Refund,
    /// A write-off.
    WriteOff,
    /// A receipt of a delete.
    Receipt,
    /// A plan of a delete.
    Plan,
}

/// Prints an answer.
pub(super) fn print(kind: Kind, answer: &Value, json: bool) {
    match json {
        true => println!("{answer:#}"),
        false => lines(kind, answer).iter().for_each(|line| println!("{line}")),
    }
}

/// Prints the rows of a page and where the next one begins.
pub(super) fn print_page(kind: Kind, answer: &Value, json: bool) {
    if json {
        println!("{answer:#}");
        return;
    }
    for row in answer["data"].as_array().into_iter().flatten() {
        println!("{}", head(kind, row));
    }
    if let Some(next) = answer["next_cursor"].as_str() {
        let way = if answer["offset"].is_null() { "cursor" } else { "offset" };
        eprintln!("there are more: --{way} {next}");
    }
}

/// A value as a person reads it.
fn said(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(money) if money.contains_key("currency") => {
            format!("{} {}", said(&value["amount"]), said(&value["currency"]))
        }
        other => other.to_string(),
    }
}

/// Words that are there only with a value.
fn with(before: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        value => format!("  {before}{}", said(value)),
    }
}

/// The one line of a document.
fn head(kind: Kind, row: &Value) -> String {
    let id = said(&row["id"]);
    match kind {
        Kind::Customer => {
            let rest = [
                ("", "email"),
                ("known as ", "external_id"),
                ("put away ", "archived_at"),
            ];
            let rest: String = rest.iter().map(|(before, name)| with(before, &row[name])).collect();
            format!("{id}  {}{rest}", said(&row["name"]))
        }
        Kind::Invoice => invoice(row),
        Kind::Payment => format!(
            "{id}  {}  {}  {} unapplied  {}, {}{}{}",
            said(&row["paid_on"]),
            said(&row["amount"]),
            said(&row["unapplied"]),
            said(&row["method"]),
            said(&row["witness"]),
            with("known as ", &row["external_id"]),
            with("void as of ", &row["voided_on"])
        ),
        Kind::CreditNote => format!(
            "{id}  {}  {}  {}  {} left  {}{}{}{}",
            said(&row["number"]),
            said(&row["status"]),
            said(&row["amount"]),
            said(&row["unapplied"]),
            said(&row["on"]),
            with("of invoice ", &row["invoice"]),
            with("on hold through ", &row["held_until"]),
            with("", &row["hold_reason"])
        ),
        Kind::Refund | Kind::WriteOff => {
            let of = [
                ("invoice", "invoice"),
                ("payment", "payment"),
                ("credit_note", "credit note"),
                ("customer", "customer"),
                ("refund", "refund"),
            ];
            let of = of.map(|(name, word)| with(&format!("of {word} "), &row["of"][name]));
            let memo = with("", &row["memo"]);
            format!(
                "{id}  {}  {}{}{}{memo}",
                said(&row["on"]),
                said(&row["amount"]),
                row.get("owed")
                    .map_or(String::new(), |owed| format!("  {} owed", said(owed))),
                of.concat()
            )
        }
        Kind::Receipt => format!(
            "deleted at {} by {}; receipt {}",
            said(&row["deleted_at"]),
            said(&row["deleted_by"]),
            said(&row["seal"])
        ),
        Kind::Plan if row["allowed"] == true => format!("would be deleted; plan {}", said(&row["digest"])),
        Kind::Plan => "would be refused".to_owned(),
    }
}

fn invoice(row: &Value) -> String {
    let overdue = if row["overdue"] == true { ", overdue" } else { "" };
    let number = said(&row["number"]);
    let status = said(&row["status"]).replace('_', " ");
    let rest = [
        ("due ", "due_on"),
        ("on hold through ", "held_until"),
        ("", "hold_reason"),
        ("handed over ", "handed_over_at"),
        ("deleted ", "deleted_at"),
    ];
    let rest: String = rest.iter().map(|(before, name)| with(before, &row[name])).collect();
    format!(
        "{}  {number}  {status}{overdue}  {}  {} open  {}{}{rest}",
        said(&row["id"]),
        said(&row["total"]),
        said(&row["open"]),
        said(&row["invoice_date"]),
        with("", &row["customer"]["name"])
    )
}

/// A document with what hangs on it.
fn lines(kind: Kind, answer: &Value) -> Vec<String> {
    // Some answers hold the document beside what changed with it.
    let (row, beside) = match kind {
        Kind::Refund if answer["refund"].is_object() => (&answer["refund"], &answer["invoice"]),
        Kind::WriteOff if answer["write_off"].is_object() => (&answer["write_off"], &answer["invoice"]),
        _ => (answer, &Value::Null),
    };
    let mut told = vec![head(kind, row)];
    let each = |name: &str| row[name].as_array().cloned().unwrap_or_default();
    match kind {
        Kind::Invoice => told.extend(of_invoice(row)),
        Kind::Payment | Kind::CreditNote => {
            told.extend(each("invoices").iter().map(part));
            told.extend(each("settled").iter().map(settled));
        }
        Kind::Receipt => told.extend(effects(row)),
        Kind::Plan if row["allowed"] == true => told.extend(effects(&row["plan"])),
        Kind::Plan => {
            told.extend(each("refusals").iter().map(|reason| {
                let facts = &reason["facts"];
                format!("  {} {facts}", said(&reason["message"]))
            }));
            told.extend(
                each("alternatives")
                    .iter()
                    .map(|way| format!("  instead: {}", super::desk::command(way))),
            );
        }
        Kind::Customer | Kind::Refund | Kind::WriteOff => {}
    }
    if beside.is_object() {
        told.push(format!("  invoice {}", invoice(beside)));
    }
    told
}

fn part(part: &Value) -> String {
    format!("  {} of invoice {}", said(&part["amount"]), said(&part["invoice"]))
}

fn settled(invoice: &Value) -> String {
    let status = said(&invoice["status"]).replace('_', " ");
    let (number, open) = (said(&invoice["number"]), said(&invoice["open"]));
    format!("  invoice {} {number} is {status}, {open} open", said(&invoice["id"]))
}

fn of_invoice(row: &Value) -> Vec<String> {
    let each = |name: &str| row[name].as_array().cloned().unwrap_or_default();
    let mut told = Vec::new();
    for line in each("lines") {
        let name = match &line["name"] {
            Value::Null => &line["description"],
            name => name,
        };
        told.push(format!(
            "  line {}: {} x {}  {}{}",
            said(&line["place"]),
            said(&line["quantity"]),
            said(&line["unit_price"]["amount"]),
            said(&line["total"]),
            with("", name)
        ));
    }
    for (name, word) in [
        ("discount", "discount"),
        ("tax", "tax"),
        ("tip", "tip"),
        ("pending", "in progress"),
    ] {
        if said(&row[name]["amount"])
            .chars()
            .any(|digit| ('1'..='9').contains(&digit))
        {
            told.push(format!("  {word} {}", said(&row[name])));
        }
    }
    for (name, word, id, amount) in [
        ("payments", "payment", "payment", "settled"),
        ("credits", "credit note", "credit_note", "settled"),
        ("refunds", "refund", "id", "amount"),
        ("write_offs", "write-off", "id", "amount"),
    ] {
        for known in each(name) {
            told.push(format!("  {word} {}: {}", said(&known[id]), said(&known[amount])));
        }
    }
    if row["receipt"].is_object() {
        told.push(format!("  receipt {}", said(&row["receipt"]["seal"])));
    }
    told
}

/// What a delete did, or would do.
fn effects(receipt: &Value) -> Vec<String> {
    let each = |name: &str| receipt[name].as_array().cloned().unwrap_or_default();
    let mut told = Vec::new();
    for entry in each("entries_withdrawn") {
        let date = said(&entry["date"]);
        told.push(format!(
            "  entry {} of {date} ({})",
            said(&entry["entry"]),
            said(&entry["kind"])
        ));
        for posting in entry["postings"].as_array().into_iter().flatten() {
            let (side, account) = (said(&posting["side"]), said(&posting["account"]["name"]));
            told.push(format!("    {side} {account} {}", said(&posting["amount"])));
        }
    }
    for (name, word, after) in [
        ("payments", "payment", "unapplied_after"),
        ("credits", "credit_note", "unapplied_after"),
        ("invoices", "invoice", "open_after"),
    ] {
        for known in each(name) {
            let (id, had) = (said(&known[word]), said(&known["had_settled"]));
            told.push(format!(
                "  {} {id} had settled {had}; {} after it",
                word.replace('_', " "),
                said(&known[after])
            ));
        }
    }
    if receipt["register"].is_object() {
        let (number, state) = (
            said(&receipt["register"]["number"]),
            said(&receipt["register"]["state"]),
        );
        told.push(format!("  number {number} is {state}"));
    }
    told
}
