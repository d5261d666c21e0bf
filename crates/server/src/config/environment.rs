//! Environment variables that look like settings and are none: most often a slip of the pen, which would be passed over in silence.
//!
//! A variable named `QUITTANCE_...` that nobody reads is refused where it is a slip away from one that somebody does, and told of
//! otherwise: it may be its owner's, for a script of their own. Neither is said of what others set under that name without anybody's
//! doing: container platforms, for every service that is called `quittance` or so, and what this program's own tests and tools
//! read. Not here: values.

use std::collections::BTreeMap;

use super::SettingError;
use super::keys::KEYS;

/// What the names of the settings begin with.
const PREFIX: &str = "QUITTANCE_";

/// What is read beside the settings: where they stand, and the password of the database.
pub(super) const CONFIG: &str = "QUITTANCE_CONFIG";
const BESIDE: [&str; 2] = [CONFIG, "QUITTANCE_DB_PASSWORD"];

/// What the names begin with that tests read, and the names that the clients under `conformance/` and the deployment under `deploy/` read.
const OF_TESTS: &str = "QUITTANCE_TEST_";
const OF_TOOLS: [&str; 3] = ["QUITTANCE_ACCESS", "QUITTANCE_DIALECT", "QUITTANCE_PORTS"];

/// The variables that may be settings, of all that there are. One that is no text is taken as nearly as can be, so that it is refused
/// for what it is.
pub fn variables() -> BTreeMap<String, String> {
    let all = std::env::vars_os();
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        (
            name.to_string_lossy().into_owned(),
            value.to_string_lossy().into_owned(),
        )
    };
    all.map(text).filter(|(name, _)| name.starts_with(PREFIX)).collect()
}

/// The most letters that are wrong in a slip of the pen. In a short name it is fewer: a third of the setting's own letters.
const MOST_SLIPS: usize = 2;

/// A variable that looks like a setting and that nobody reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The variable.
    pub name: String,
    /// The one that is read whose name is nearest.
    pub nearest: String,
}

impl Unread {
    /// Whether it is that one, misspelt.
    fn is_slip(&self) -> bool {
        let letters = self.nearest.len().saturating_sub(PREFIX.len());
        slips(&self.name, &self.nearest) <= MOST_SLIPS.min(letters / 3)
    }
}

/// Refuses the first variable that is a misspelt setting. Empty ones count as unset.
pub(super) fn check(environment: &BTreeMap<String, String>) -> Result<(), SettingError> {
    match unread(environment).into_iter().find(Unread::is_slip) {
        None => Ok(()),
        Some(Unread { name, nearest }) => Err(SettingError::UnknownVariable { name, nearest }),
    }
}

/// The variables that look like settings and that nobody reads.
pub fn unread(environment: &BTreeMap<String, String>) -> Vec<Unread> {
    let known: Vec<String> = KEYS
        .iter()
        .map(super::Key::environment)
        .chain(BESIDE.map(str::to_owned))
        .collect();
    let set = environment
        .iter()
        .filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty());
    let unread = set.filter(|(name, value)| {
        let others = name.starts_with(OF_TESTS) || OF_TOOLS.contains(&name.as_str()) || is_service_link(name, value);
        !others && !known.contains(name)
    });
    let told = unread.map(|(name, _)| Unread {
        name: name.clone(),
        nearest: nearest(name, &known),
    });
    told.collect()
}

/// How many letters are wrong, missing, too many or in each other's place.
fn slips(name: &str, known: &str) -> usize {
    strsim::damerau_levenshtein(name, known)
}

/// The known name that takes the fewest slips to come to this one.
fn nearest(name: &str, known: &[String]) -> String {
    known
        .iter()
        .min_by_key(|known| slips(name, known))
        .cloned()
        .unwrap_or_default()
}

/// Whether a variable is one of those by which Kubernetes tells every container of a service: its host and ports, and for each port
/// its protocol, number and address, as `QUITTANCE_SERVICE_HOST`, `QUITTANCE_PORT=tcp://10.0.0.1:8780` and
/// `QUITTANCE_PORT_8780_TCP_ADDR`.
fn is_service_link(name: &str, value: &str) -> bool {
    if name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
        return true;
    }
    if name.ends_with("_PORT") && value.contains("://") {
        return true;
    }
    let Some((_, port)) = name.split_once("_PORT_") else {
        return false;
    };
    let mut words = port.split('_');
    let is_number = words.next().is_some_and(|number| number.parse::<u16>().is_ok());
    let is_protocol = words.next().is_some_and(|word| ["TCP", "UDP", "SCTP"].contains(&word));
    let is_part = words
        .next()
        .is_none_or(|word| ["PROTO", "PORT", "ADDR"].contains(&word));
    is_number && is_protocol && is_part && words.next().is_none()
}
