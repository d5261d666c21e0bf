//! A report as a table for a terminal: at most 80 columns where the amounts leave room, texts cut short where they do not.

use quittance_accounting::report::{Section, Value};
use quittance_books::reports::ReportView;

use super::{days, name, text};

/// How wide a table may be.
const WIDTH: usize = 80;

/// The narrowest that a text is cut to.
const NARROWEST: usize = 8;

/// What a table leaves out: the kind of an entry says the kind of its document nearly always, and a deletion's dialect is in its event.
const LEFT_OUT: [&str; 2] = ["document", "source"];

/// A cell: on which side it stands, and whether it may be cut short.
struct Shown {
    text: String,
    right: bool,
    fixed: bool,
}

fn shown(view: &ReportView, value: &Value) -> Shown {
    let right = matches!(value, Value::Money(_) | Value::Foreign(..) | Value::Count(_));
    let text = match (value, name(view, value)) {
        (_, Some(name)) => format!("{} {name}", text(view, value)),
        (Value::At(at), None) => at.strftime("%Y-%m-%dT%H:%MZ").to_string(),
        (_, None) => text(view, value),
    };
    // A control character in a name must not reach the terminal.
    let text = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let fixed = right || matches!(value, Value::Day(_) | Value::At(_));
    Shown { text, right, fixed }
}

/// A column's name as a heading.
pub fn title(column: &str) -> String {
    match column {
        "days_1_30" => "1-30".to_owned(),
        "days_31_60" => "31-60".to_owned(),
        "days_61_90" => "61-90".to_owned(),
        "over_90" => "over 90".to_owned(),
        "invoices" => "inv.".to_owned(),
        "debit_balance" => "debit".to_owned(),
        "credit_balance" => "credit".to_owned(),
        other => other.replace('_', " "),
    }
}

fn wide(text: &str) -> usize {
    text.chars().count()
}

fn cut(text: &str, most: usize) -> String {
    if wide(text) <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// The whole table, with a line about what the report knows of.
pub fn table(view: &ReportView) -> String {
    let report = &view.report;
    let mut out = String::new();
    let mut subject = String::new();
    for (_, value) in &report.of {
        subject.push_str(", ");
        subject.push_str(&shown(view, value).text);
    }
    let title = report.name.replace('-', " ");
    out.push_str(&format!(
        "{title}{subject}, {}, {}\n",
        days(report.span),
        report.currency
    ));
    for part in &report.sections {
        out.push('\n');
        section(&mut out, view, part);
    }
    if !view.restated.is_empty() {
        out.push_str("\nrestated since\n");
        for entry in &view.restated {
            let change = if entry.withdrawn { "withdrawn" } else { "recorded" };
            let (seq, date, number, kind) = (entry.seq, entry.date, entry.entry.0, entry.kind.word());
            out.push_str(&format!(
                "  event {seq}: entry {number} of {date} {change} by {kind} ({})\n",
                entry.by
            ));
        }
        if view.more_restated > 0 {
            out.push_str(&format!("  and {} more\n", view.more_restated));
        }
    }
    out.push_str(&format!(
        "\nknown at {}, digest {}\n",
        view.known_at.seq,
        view.digest.hex()
    ));
    out
}

fn section(out: &mut String, view: &ReportView, section: &Section) {
    out.push_str(&format!("{}\n", section.name.replace('_', " ")));
    if section.rows.is_empty() {
        out.push_str("none\n");
        return;
    }
    let kept: Vec<usize> = (0..section.columns.len())
        .filter(|at| !LEFT_OUT.contains(&section.columns[*at]))
        .collect();
    let all = section.rows.iter().chain(&section.total);
    let cells: Vec<Vec<Shown>> = all
        .map(|row| kept.iter().map(|at| shown(view, &row[*at])).collect())
        .collect();
    let titles: Vec<String> = kept.iter().map(|at| title(section.columns[*at])).collect();
    let right = |at: usize| cells.iter().any(|row| row[at].right);
    let fixed = |at: usize| cells.iter().any(|row| row[at].fixed);
    let mut widths: Vec<usize> = titles.iter().map(|title| wide(title)).collect();
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(wide(&cell.text));
        }
    }
    let mut over = (widths.iter().sum::<usize>() + widths.len() * 2).saturating_sub(WIDTH);
    // The widest text gives way first.
    while over > 0 {
        let texts = (0..widths.len()).filter(|at| !fixed(*at) && widths[*at] > NARROWEST);
        let Some(widest) = texts.max_by_key(|at| widths[*at]) else {
            break;
        };
        widths[widest] -= 1;
        over -= 1;
    }
    let line = |texts: Vec<String>| {
        let placed = texts.iter().enumerate().map(|(at, text)| {
            let (text, width) = (cut(text, widths[at]), widths[at]);
            if right(at) {
                format!("{text:>width$}")
            } else {
                format!("{text:<width$}")
            }
        });
        let joined = placed.collect::<Vec<_>>().join("  ");
        format!("{}\n", joined.trim_end())
    };
    let heading = line(titles.clone());
    out.push_str(&heading);
    let ruler: usize = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
    let (rows, total) = cells.split_at(section.rows.len());
    out.push_str(&format!("{}\n", "-".repeat(ruler)));
    for row in rows {
        out.push_str(&line(row.iter().map(|cell| cell.text.clone()).collect()));
    }
    for row in total {
        out.push_str(&format!("{}\n", "-".repeat(ruler)));
        out.push_str(&line(row.iter().map(|cell| cell.text.clone()).collect()));
    }
}
