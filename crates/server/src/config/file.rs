//! The settings file: TOML, flattened to dotted keys, every one of them known.
//!
//! Not here: what a value must look like beyond text or integer.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::keys::{KEYS, Kind};
use super::{SettingError, Source};

/// What it means that the file is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absence {
    /// Somebody named it.
    IsAnError,
    /// It was only looked for.
    IsFine,
}

/// Values by key, as text, each with the file it stands in.
pub(super) type Values = BTreeMap<&'static str, (String, PathBuf)>;

/// Reads the file.
pub(super) fn read(path: &Path, absence: Absence) -> Result<Values, SettingError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && absence == Absence::IsFine => {
            return Ok(Values::new());
        }
        Err(error) => {
            return Err(SettingError::Unreadable {
                file: path.to_owned(),
                why: error.to_string(),
            });
        }
    };
    let table: Table = text.parse().map_err(|error: toml::de::Error| SettingError::NotToml {
        file: path.to_owned(),
        // The message and not the excerpt: the line at fault may hold a password.
        why: match error.span() {
            Some(span) => format!("{} (line {})", error.message(), line_of(&text, span.start)),
            None => error.message().to_owned(),
        },
    })?;
    let mut values = Values::new();
    flatten(&table, "", path, &mut values)?;
    Ok(values)
}

fn line_of(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}

fn flatten(table: &Table, prefix: &str, path: &Path, values: &mut Values) -> Result<(), SettingError> {
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        let section = format!("{key}.");
        let known = KEYS.iter().find(|known| known.name == key);
        let text = match (known, value) {
            (None, Value::Table(inner)) if KEYS.iter().any(|known| known.name.starts_with(&section)) => {
                flatten(inner, &section, path, values)?;
                continue;
            }
            (None, _) => {
                return Err(SettingError::UnknownKey {
                    file: path.to_owned(),
                    key,
                });
            }
            (Some(known), value) => match (known.kind, value) {
                (Kind::Text, Value::String(text)) => text.clone(),
                (Kind::Integer, Value::Integer(count)) => count.to_string(),
                (kind, _) => {
                    let expected = match kind {
                        Kind::Text => "a string",
                        Kind::Integer => "an integer",
                    };
                    let source = Source::File {
                        file: path.to_owned(),
                        key,
                    };
                    return Err(SettingError::Invalid {
                        source,
                        expected: expected.to_owned(),
                    });
                }
            },
        };
        if let Some(known) = known {
            values.insert(known.name, (text, path.to_owned()));
        }
    }
    Ok(())
}
