//! Golden files read back: each exchange, with both of its sides.

use std::path::{Path, PathBuf};

/// What was said once.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    pub file: String,
    pub title: String,
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub request_headers: Vec<(String, String)>,
    pub request_body: String,
    pub status: u16,
    pub response_headers: Vec<(String, String)>,
    pub response_body: String,
}

impl Exchange {
    /// Where it stands.
    pub fn place(&self) -> String {
        format!("{} \"{}\" {} {}", self.file, self.title, self.method, self.path)
    }

    /// A header of the request.
    pub fn asked(&self, name: &str) -> Option<&str> {
        named(&self.request_headers, name)
    }

    /// A header of the answer.
    pub fn answered(&self, name: &str) -> Option<&str> {
        named(&self.response_headers, name)
    }
}

fn named<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

/// Every golden exchange of a dialect. Catalogues are answers without requests and are passed over.
pub fn exchanges(dialect: &str) -> Vec<Exchange> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/golden")
        .join(dialect);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let is_transcript = |file: &&PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        name.ends_with(".http") && name != "catalogue.http"
    };
    let all: Vec<Exchange> = files.iter().filter(is_transcript).flat_map(|file| read(file)).collect();
    assert!(all.len() > 5, "{dialect}");
    all
}

fn read(file: &Path) -> Vec<Exchange> {
    let text = std::fs::read_to_string(file).unwrap();
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let mut all: Vec<Exchange> = Vec::new();
    let mut block: Vec<&str> = Vec::new();
    for line in text.lines() {
        if line.starts_with("### ") && !block.is_empty() {
            all.push(one(&name, &block));
            block.clear();
        }
        block.push(line);
    }
    all.push(one(&name, &block));
    all
}

fn one(file: &str, block: &[&str]) -> Exchange {
    let title = block[0].trim_start_matches("### ");
    let place = format!("{file} \"{title}\"");
    let answer = block.iter().position(|line| line.starts_with("< ")).expect(&place);
    let (asked, answered) = block.split_at(answer);
    let (method, target) = asked[1].split_once(' ').expect(&place);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let status = answered[0].trim_start_matches("< ").parse().expect(&place);
    let headers_end = answered
        .iter()
        .position(|line| !line.starts_with("< "))
        .unwrap_or(answered.len());
    let body_start = asked.iter().position(|line| line.is_empty()).unwrap_or(asked.len());
    Exchange {
        file: file.to_owned(),
        title: title.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        request_headers: asked[2..body_start.max(2)].iter().map(|line| header(line)).collect(),
        request_body: asked[body_start..].join("\n").trim().to_owned(),
        status,
        response_headers: answered[1..headers_end]
            .iter()
            .map(|line| header(line.trim_start_matches("< ")))
            .collect(),
        response_body: answered[headers_end..].join("\n").trim().to_owned(),
    }
}

fn header(line: &str) -> (String, String) {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    (name.to_owned(), value.trim().to_owned())
}
