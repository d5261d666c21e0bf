//! `cargo xtask tidy`: reads the repository and names, by file and line, what a stranger would trip over.
//!
//! A rule is a function of one file's path and text, or of all of them. It knows no exceptions but those written in
//! it, with their reason; to make one, write it there. Tidy is also a test, so nobody has to remember to run it.
//!
//! The rules quote what they forbid, so in this folder such words are put together from halves.

mod manifests;
mod rust;
mod text;
mod tree;

use crate::steps::{self, Outcome};

/// One place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

/// A line of the file at hand, counted from one, and what is wrong there.
type Found = (usize, String);

/// A tracked text file.
struct File {
    path: String,
    text: String,
}

/// What is asked of each file alone, or of the repository as a whole.
enum Check {
    File(fn(&str, &str) -> Vec<Found>),
    Tree(fn(&[File]) -> Vec<Finding>),
}

struct Rule {
    name: &'static str,
    reason: &'static str,
    check: Check,
}

/// Every rule, with the reason it is one.
const RULES: &[Rule] = &[
    Rule {
        name: "length",
        reason: "a file of more than 700 lines hides a second idea",
        check: Check::File(rust::length),
    },
    Rule {
        name: "unfinished",
        reason: "what is not done or not run is not there",
        check: Check::File(rust::unfinished),
    },
    Rule {
        name: "header",
        reason: "a file opens by saying what it is for",
        check: Check::File(rust::header),
    },
    Rule {
        name: "names",
        reason: "a name that fits everything is where everything ends up",
        check: Check::File(rust::names),
    },
    Rule {
        name: "floats",
        reason: "binary fractions have no place near money",
        check: Check::File(rust::floats),
    },
    Rule {
        name: "drivers",
        reason: "only the store's engines know which database is underneath",
        check: Check::File(rust::drivers),
    },
    Rule {
        name: "sql",
        reason: "only the store speaks SQL",
        check: Check::File(rust::sql),
    },
    Rule {
        name: "tabs",
        reason: "Rust is indented with spaces",
        check: Check::File(rust::tabs),
    },
    Rule {
        name: "layers",
        reason: "the manifests are the architecture: accounting <- store <- books <- server",
        check: Check::File(manifests::layers),
    },
    Rule {
        name: "dependency reasons",
        reason: "each dependency carries its reason beside it",
        check: Check::File(manifests::reasons),
    },
    Rule {
        name: "whitespace",
        reason: "a difference nobody can see is noise in every review",
        check: Check::File(text::whitespace),
    },
    Rule {
        name: "last line",
        reason: "a file ends with a newline",
        check: Check::File(text::last_line),
    },
    Rule {
        name: "machine paths",
        reason: "what works on one machine only does not work",
        check: Check::File(text::machine_paths),
    },
    Rule {
        name: "registry hosts",
        reason: "where packages come from is each machine's own setting",
        check: Check::File(text::registry_hosts),
    },
    Rule {
        name: "dialect files",
        reason: "dialects are compared file by file, so each has the same six",
        check: Check::Tree(tree::dialect_files),
    },
    Rule {
        name: "architecture paths",
        reason: "a map that names what is gone is worse than none",
        check: Check::Tree(tree::architecture_paths),
    },
];

/// Prints every finding and fails if there is one.
pub fn run() -> Outcome {
    let files = tracked_files()?;
    let mut count = 0;
    for rule in RULES {
        let findings = findings(rule, &files);
        for finding in &findings {
            println!("{}:{}: {}", finding.path, finding.line, finding.message);
        }
        if !findings.is_empty() {
            println!("    {}: {}", rule.name, rule.reason);
        }
        count += findings.len();
    }
    if count == 0 {
        Ok(())
    } else {
        Err(format!("tidy found {count} places to mend"))
    }
}

fn findings(rule: &Rule, files: &[File]) -> Vec<Finding> {
    match rule.check {
        Check::Tree(check) => check(files),
        Check::File(check) => {
            let in_file = |file: &File| -> Vec<Finding> {
                let found = check(&file.path, &file.text).into_iter();
                found
                    .map(|(line, message)| Finding {
                        path: file.path.clone(),
                        line,
                        message,
                    })
                    .collect()
            };
            files.iter().flat_map(in_file).collect()
        }
    }
}

/// What git tracks, and what it would on the next `git add`. Files that are not text are passed over.
fn tracked_files() -> Result<Vec<File>, String> {
    // In a container the checkout often belongs to another user; we only list names.
    let mut git = steps::command(&[
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
    ]);
    let output = git
        .arg("--exclude-standard")
        .output()
        .map_err(|error| format!("cannot start git: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "git ls-files: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    let root = steps::root();
    let paths = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut files = Vec::new();
    for path in paths.split('\0').filter(|path| !path.is_empty()) {
        // A file removed but not yet committed as such is no longer there to be read.
        let Ok(bytes) = std::fs::read(root.join(path)) else {
            continue;
        };
        if let Ok(text) = String::from_utf8(bytes)
            && !text.contains('\0')
        {
            files.push(File {
                path: path.to_owned(),
                text,
            });
        }
    }
    Ok(files)
}

/// The lines of a text with their numbers, counted from one.
fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split('\n').enumerate().map(|(index, line)| (index + 1, line))
}

/// Whether the path belongs to tests: a `tests` folder or a `tests.rs`.
fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs")
}

/// The part of a Rust file before its test module, which by custom stands last.
fn before_tests(text: &str) -> &str {
    text.find("\n#[cfg(test)]\nmod tests {")
        .map_or(text, |end| &text[..=end])
}

/// Where a word stands in a line with no other word character touching it.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word)
        .any(|(start, _)| !line[..start].ends_with(is_part) && !line[start + word.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines a rule names.
    pub(super) fn lines(found: Vec<Found>) -> Vec<usize> {
        found.into_iter().map(|(number, _)| number).collect()
    }

    #[test]
    fn the_repository_is_tidy() {
        run().unwrap();
    }

    #[test]
    fn the_repository_is_really_read() {
        let files = tracked_files().unwrap();
        for path in ["Cargo.toml", "xtask/src/tidy.rs", "crates/accounting/Cargo.toml"] {
            assert!(files.iter().any(|file| file.path == path), "{path}");
        }
    }

    #[test]
    fn a_finding_carries_its_file() {
        let rule = Rule {
            name: "",
            reason: "",
            check: Check::File(rust::tabs),
        };
        let file = |path: &str, text: &str| File {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let found = findings(&rule, &[file("a.rs", "x\n"), file("b.rs", "x\n\ty\n")]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].path.as_str(), found[0].line), ("b.rs", 2));
    }

    #[test]
    fn words_and_tests_are_told_apart() {
        assert!(has_word("a tab, b", "tab") && has_word("tab", "tab") && has_word("table tab", "tab"));
        assert!(!has_word("table", "tab") && !has_word("_tab", "tab"));
        assert!(is_test("crates/books/tests/races.rs") && is_test("crates/books/src/write/tests.rs"));
        assert!(!is_test("crates/books/src/latests.rs"));
        assert_eq!(before_tests("a\n#[cfg(test)]\nmod tests {\nb\n}\n"), "a\n");
        assert_eq!(
            before_tests("a\n#[cfg(test)]\nmod tests;\n"),
            "a\n#[cfg(test)]\nmod tests;\n"
        );
    }
}
