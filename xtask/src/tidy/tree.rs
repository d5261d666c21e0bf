//! Rules on the repository as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::{File, Finding, numbered};

const DIALECTS: &str = "crates/server/src/dialects/";
const DIALECT_FILES: [&str; 6] = [
    "errors.rs",
    "manners.rs",
    "mapping.rs",
    "routes.rs",
    "rules.rs",
    "wire.rs",
];

/// Each dialect's folder holds its six files and, where one of them has grown, the folder of its parts.
pub(super) fn dialect_files(files: &[File]) -> Vec<Finding> {
    let mut dialects: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut findings = Vec::new();
    for file in files {
        let inside = file.path.strip_prefix(DIALECTS).and_then(|rest| rest.split_once('/'));
        let Some((dialect, rest)) = inside else { continue };
        let present = dialects.entry(dialect).or_default();
        let expected = match rest.split_once('/') {
            None => DIALECT_FILES.contains(&rest),
            Some((folder, _)) => DIALECT_FILES.iter().any(|name| name.trim_end_matches(".rs") == folder),
        };
        if expected {
            present.insert(rest);
        } else {
            findings.push(finding(&file.path, 1, "is not one of a dialect's six files".to_owned()));
        }
    }
    for (dialect, present) in dialects {
        for name in DIALECT_FILES.into_iter().filter(|name| !present.contains(name)) {
            findings.push(finding(
                &format!("{DIALECTS}{dialect}/{name}"),
                1,
                "is missing".to_owned(),
            ));
        }
    }
    findings
}

/// What stands in backticks and looks like a path of ours is one.
pub(super) fn architecture_paths(files: &[File]) -> Vec<Finding> {
    let exists = |path: &str| {
        let path = path.trim_end_matches('/');
        files.iter().any(|file| {
            file.path
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path == "ARCHITECTURE.md") {
        for (number, line) in numbered(&file.text) {
            // Between backticks stands every second piece, counted from the one after the first.
            let mut pieces = line.split('`');
            pieces.next();
            for quoted in pieces.step_by(2).filter(|quoted| is_path(quoted) && !exists(quoted)) {
                findings.push(finding(&file.path, number, format!("`{quoted}` does not exist")));
            }
        }
    }
    findings
}

fn is_path(quoted: &str) -> bool {
    let ours = ["crates/", "docs/", "xtask/", "tests/"]
        .iter()
        .any(|folder| quoted.starts_with(folder));
    ours && quoted
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "_./-".contains(letter))
}

fn finding(path: &str, line: usize, message: String) -> Finding {
    Finding {
        path: path.to_owned(),
        line,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[String]) -> Vec<File> {
        paths
            .iter()
            .map(|path| File {
                path: path.clone(),
                text: String::new(),
            })
            .collect()
    }

    fn dialect(name: &str) -> Vec<String> {
        DIALECT_FILES
            .iter()
            .map(|file| format!("{DIALECTS}{name}/{file}"))
            .collect()
    }

    #[test]
    fn dialects_have_the_same_six_files() {
        let mut paths = dialect("layer");
        paths.push(format!("{DIALECTS}layer/wire/payments.rs"));
        paths.push("crates/server/src/dialects/layer.rs".to_owned());
        assert!(dialect_files(&files(&paths)).is_empty());

        paths.push(format!("{DIALECTS}layer/types.rs"));
        paths.push(format!("{DIALECTS}layer/deep/wire.rs"));
        paths.retain(|path| !path.ends_with("layer/rules.rs"));
        let found = dialect_files(&files(&paths));
        let names: Vec<_> = found
            .iter()
            .map(|finding| finding.path.trim_start_matches(DIALECTS))
            .collect();
        assert_eq!(names, ["layer/types.rs", "layer/deep/wire.rs", "layer/rules.rs"]);
    }

    #[test]
    fn the_map_names_what_is_there() {
        let mut tree = files(&["crates/books/src/write.rs".to_owned(), "docs/a.md".to_owned()]);
        let text = "# Map\n\n`crates/books`, `crates/books/src/`, `docs/a.md`, `crates/<name>`, crates/none\n";
        tree.push(File {
            path: "ARCHITECTURE.md".to_owned(),
            text: text.to_owned(),
        });
        assert!(architecture_paths(&tree).is_empty());

        tree[2]
            .text
            .push_str("`docs/a.md` and `crates/book` and `xtask/src/gone.rs`\n");
        let found = architecture_paths(&tree);
        let places: Vec<_> = found
            .iter()
            .map(|finding| (finding.line, finding.message.as_str()))
            .collect();
        assert_eq!(
            places,
            [
                (4, "`crates/book` does not exist"),
                (4, "`xtask/src/gone.rs` does not exist")
            ]
        );
    }
}
