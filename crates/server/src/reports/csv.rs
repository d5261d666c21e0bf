//! A report as comma-separated values: one heading with the columns of all sections, then every row, its section first.
//!
//! Pages of one report share the heading, so that they can be written one after the other.

use quittance_accounting::report::{Report, Value};
use quittance_books::reports::ReportView;

use super::{name, text};

/// What an account and a customer have besides their code or number.
const NAMED: [&str; 2] = ["account", "customer"];

/// The columns of all sections, each once, in order of first appearance.
fn columns(report: &Report) -> Vec<&'static str> {
    let mut columns = Vec::new();
    for column in report.sections.iter().flat_map(|section| section.columns) {
        if !columns.contains(column) {
            columns.push(*column);
        }
    }
    columns
}

/// The heading.
pub fn heading(report: &Report) -> Vec<String> {
    let mut heading = vec!["section".to_owned()];
    for column in columns(report) {
        heading.push(column.to_owned());
        if NAMED.contains(&column) {
            heading.push(format!("{column}_name"));
        }
    }
    heading
}

/// Every row, with the fields of the heading that `all` has.
pub fn lines(view: &ReportView, heading: &[String]) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for section in &view.report.sections {
        let mut push = |first: String, row: &[Value]| {
            let mut line = vec![String::new(); heading.len()];
            line[0] = first;
            for (column, value) in section.columns.iter().zip(row) {
                let Some(at) = heading.iter().position(|known| known == column) else {
                    continue;
                };
                line[at] = text(view, value);
                if NAMED.contains(column) {
                    line[at + 1] = name(view, value).unwrap_or_default().to_owned();
                }
            }
            lines.push(line);
        };
        for row in &section.rows {
            push(section.name.to_owned(), row);
        }
        if let Some(total) = &section.total {
            push(format!("{} total", section.name), total);
        }
    }
    for entry in &view.restated {
        let mut line = vec![String::new(); heading.len()];
        line[0] = "restated".to_owned();
        let told = [
            ("date", entry.date.to_string()),
            ("entry", entry.entry.0.to_string()),
            ("kind", entry.kind.word().to_owned()),
        ];
        for (column, text) in told {
            if let Some(at) = heading.iter().position(|known| known == column) {
                line[at] = text;
            }
        }
        lines.push(line);
    }
    lines
}
