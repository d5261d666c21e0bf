//! Rules on `Cargo.toml`: who may use whom, and that each dependency says why.

use super::{Found, numbered};

/// What a crate may use, or what it may not.
enum Allowed {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

/// The manifests with a restriction of their own. Test dependencies are free where a list says `Only`.
const LAYERS: &[(&str, Allowed)] = &[
    ("crates/accounting/Cargo.toml", Allowed::Only(&["jiff", "rust_decimal"])),
    (
        "crates/store/Cargo.toml",
        Allowed::AllBut(&["hyper", "quittance-books", "quittance-server"]),
    ),
    ("crates/books/Cargo.toml", Allowed::AllBut(&["quittance-server"])),
    ("crates/server/Cargo.toml", Allowed::AllBut(&["quittance-store"])),
];

pub(super) fn layers(path: &str, text: &str) -> Vec<Found> {
    let Some((_, allowed)) = LAYERS.iter().find(|(manifest, _)| *manifest == path) else {
        return Vec::new();
    };
    let is_forbidden = |entry: &Entry| match allowed {
        Allowed::Only(names) => !entry.section.ends_with("dev-dependencies") && !names.contains(&entry.package),
        Allowed::AllBut(names) => names.contains(&entry.package),
    };
    let forbidden = entries(text).into_iter().filter(is_forbidden);
    forbidden
        .map(|entry| (entry.line, format!("`{}` is not for this crate", entry.package)))
        .collect()
}

/// A dependency in the workspace's table stands under a comment, alone or in a group without a blank line. Our own
/// crates need no reason.
pub(super) fn reasons(path: &str, text: &str) -> Vec<Found> {
    if path != "Cargo.toml" {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let unexplained = |entry: &Entry| {
        let above = lines[..entry.line - 1].iter().rev().map(|line| line.trim_start());
        let mut group = above.take_while(|line| !line.is_empty() && !line.starts_with("[workspace.dep"));
        entry.section == "workspace.dependencies"
            && !lines[entry.line - 1].contains("path = ")
            && !group.any(|line| line.starts_with('#'))
    };
    let unexplained = entries(text).into_iter().filter(unexplained);
    unexplained
        .map(|entry| (entry.line, format!("`{}` has no reason above it", entry.package)))
        .collect()
}

/// One dependency of a manifest, in whichever table.
struct Entry<'a> {
    section: &'a str,
    package: &'a str,
    line: usize,
}

fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let mut section = "";
    for (line, content) in numbered(text) {
        let content = content.trim();
        if let Some(header) = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = header;
            // `[dependencies.name]` is a table of its own.
            if let Some((table, package)) = header.rsplit_once('.').filter(|(table, _)| is_dependencies(table)) {
                entries.push(Entry {
                    section: table,
                    package,
                    line,
                });
                section = "";
            }
        } else if is_dependencies(section)
            && !content.starts_with('#')
            && let Some((key, value)) = content.split_once('=')
        {
            let renamed = value
                .split_once("package = \"")
                .and_then(|(_, rest)| rest.split('"').next());
            let key = key.trim().trim_matches('"');
            let package = renamed.or_else(|| key.split('.').next()).unwrap_or(key);
            entries.push(Entry { section, package, line });
        }
    }
    entries
}

fn is_dependencies(section: &str) -> bool {
    section
        .rsplit('.')
        .next()
        .is_some_and(|table| table.ends_with("dependencies"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;

    #[test]
    fn accounting_is_pure() {
        let path = "crates/accounting/Cargo.toml";
        assert!(layers(path, "[dependencies]\njiff.workspace = true\n# serde = 1\n").is_empty());
        assert!(layers(path, "[dev-dependencies]\nproptest.workspace = true\n").is_empty());
        assert_eq!(
            lines(layers(path, "[dependencies]\njiff = \"1\"\nserde.workspace = true\n")),
            [3]
        );
        assert_eq!(lines(layers(path, "[build-dependencies]\ncc = \"1\"\n")), [2]);
        assert_eq!(lines(layers(path, "[dependencies.serde]\nversion = \"1\"\n")), [1]);
        assert_eq!(
            lines(layers(path, "[target.'cfg(unix)'.dependencies]\nlibc = \"1\"\n")),
            [2]
        );
        assert_eq!(
            lines(layers(
                path,
                "[dependencies]\njiff = { package = \"chrono\", version = \"1\" }\n"
            )),
            [2]
        );
    }

    #[test]
    fn each_layer_uses_only_what_is_below() {
        let uses = |name: &str| format!("[dependencies]\n{name}.workspace = true\n");
        assert_eq!(lines(layers("crates/server/Cargo.toml", &uses("quittance-store"))), [2]);
        assert!(layers("crates/server/Cargo.toml", &uses("quittance-books")).is_empty());
        assert_eq!(lines(layers("crates/books/Cargo.toml", &uses("quittance-server"))), [2]);
        assert!(layers("crates/books/Cargo.toml", &uses("quittance-store")).is_empty());
        for name in ["quittance-books", "hyper"] {
            assert_eq!(lines(layers("crates/store/Cargo.toml", &uses(name))), [2]);
        }
        assert!(layers("crates/store/Cargo.toml", &uses("quittance-accounting")).is_empty());
        assert!(layers("xtask/Cargo.toml", &uses("quittance-store")).is_empty());
    }

    #[test]
    fn dependencies_have_reasons() {
        let explained = "[workspace.dependencies]\nours = { path = \"ours\" }\n# Why.\na = \"1\"\nb = \"1\"\n";
        assert!(reasons("Cargo.toml", explained).is_empty());
        assert!(reasons("xtask/Cargo.toml", "[dependencies]\na = \"1\"\n").is_empty());
        let silent = "# Not here.\n[workspace.dependencies]\na = \"1\"\n# Why.\nb = \"1\"\n\nc = \"1\"\n";
        assert_eq!(lines(reasons("Cargo.toml", silent)), [3, 7]);
    }
}
