//! Rules on any text file.

use super::{Found, before_tests, is_test, numbered};

pub(super) fn whitespace(_path: &str, text: &str) -> Vec<Found> {
    let lines = numbered(text).filter(|(_, line)| line.ends_with(char::is_whitespace));
    lines
        .map(|(number, _)| (number, "trailing whitespace".to_owned()))
        .collect()
}

pub(super) fn last_line(_path: &str, text: &str) -> Vec<Found> {
    if text.is_empty() || text.ends_with('\n') {
        return Vec::new();
    }
    vec![(text.lines().count(), "no newline at the end".to_owned())]
}

/// Absolute paths into somebody's files. Tests may name the folder for temporary ones.
pub(super) fn machine_paths(path: &str, text: &str) -> Vec<Found> {
    let private = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/")];
    let temporary = concat!("/t", "mp/");
    let lines_before_tests = if is_test(path) {
        0
    } else {
        before_tests(text).lines().count()
    };
    let mut found = Vec::new();
    for (number, line) in numbered(text) {
        let temporary = Some(temporary).filter(|_| number <= lines_before_tests);
        let hit = private
            .into_iter()
            .chain(temporary)
            .find(|folder| opens_a_path(line, folder));
        found.extend(hit.map(|folder| (number, format!("`{folder}` is a place on one machine"))));
    }
    found
}

/// Whether the folder stands at the start of a path in the line, rather than inside a longer one.
fn opens_a_path(line: &str, folder: &str) -> bool {
    let inside = |letter: char| letter.is_alphanumeric() || ['_', '-', '.', '/', '}', ')'].contains(&letter);
    line.match_indices(folder)
        .any(|(start, _)| !line[..start].ends_with(inside) || line[..start].ends_with("://"))
}

/// Lock files are written by the package managers, which name the registry in each entry.
pub(super) fn registry_hosts(path: &str, text: &str) -> Vec<Found> {
    if path.ends_with("Cargo.lock") {
        return Vec::new();
    }
    let hosts = [
        concat!("crates", ".io"),
        concat!("pypi", ".org"),
        concat!("npm", "js"),
        concat!("debian", ".org"),
    ];
    let host = |line: &str| hosts.into_iter().find(|host| line.contains(host));
    numbered(text)
        .filter_map(|(number, line)| Some((number, format!("names the host `{}`", host(line)?))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;

    #[test]
    fn whitespace_at_the_end_of_a_line() {
        assert_eq!(lines(whitespace("a.md", "a \nb\t\nc\r\nd\n")), [1, 2, 3]);
        assert!(whitespace("a.md", "a\n\n  b\n").is_empty());
    }

    #[test]
    fn the_last_line_ends() {
        assert_eq!(lines(last_line("a.md", "a\nb")), [2]);
        assert!(last_line("a.md", "a\nb\n").is_empty());
        assert!(last_line("a.md", "").is_empty());
    }

    #[test]
    fn paths_of_one_machine() {
        let private = concat!("x\nopen(\"/ho", "me/ann/a\")\n");
        assert_eq!(lines(machine_paths("a.md", private)), [2]);
        assert_eq!(lines(machine_paths("tests/a.rs", private)), [2]);
        assert_eq!(lines(machine_paths("a.md", concat!("file:///ro", "ot/a\n"))), [1]);
        assert!(machine_paths("a.md", concat!("src/ho", "me/a and {base}/ro", "ot/b\n")).is_empty());

        let temporary = concat!("\"/t", "mp/a\"\n");
        assert_eq!(lines(machine_paths("src/a.rs", temporary)), [1]);
        assert!(machine_paths("tests/a.rs", temporary).is_empty());
        assert!(machine_paths("src/a.rs", &format!("a\n#[cfg(test)]\nmod tests {{\n{temporary}}}\n")).is_empty());
    }

    #[test]
    fn hosts_of_registries() {
        let text = concat!("see crates", ".io\nand npm", "js.com\n");
        assert_eq!(lines(registry_hosts("README.md", text)), [1, 2]);
        assert!(registry_hosts("Cargo.lock", text).is_empty());
        assert!(registry_hosts("README.md", "npm install, our crates in order\n").is_empty());
    }
}
