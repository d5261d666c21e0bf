//! Whether every member of every object stands there once.
//!
//! Readers of JSON differ in which of two members of one name counts, so a body that says something twice is read differently by whoever
//! looks at it on the way. Deliberately absent: who minds; the vendors' own servers take the last.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Any JSON value in which no object has a member twice. Nothing is kept of it.
pub(super) struct SingleMembers;

impl<'de> Deserialize<'de> for SingleMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SingleMembers, D::Error> {
        deserializer.deserialize_any(Looking)
    }
}

struct Looking;

impl<'de> Visitor<'de> for Looking {
    type Value = SingleMembers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<SingleMembers, E> {
        Ok(SingleMembers)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<SingleMembers, E> {
        Ok(SingleMembers)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<SingleMembers, E> {
        Ok(SingleMembers)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<SingleMembers, E> {
        Ok(SingleMembers)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<SingleMembers, E> {
        Ok(SingleMembers)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<SingleMembers, E> {
        Ok(SingleMembers)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<SingleMembers, A::Error> {
        while items.next_element::<SingleMembers>()?.is_some() {}
        Ok(SingleMembers)
    }

    /// A number that fits no machine number comes as an object of one member, its digits.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<SingleMembers, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if names.contains(&name) {
                let name: String = name.chars().take(60).collect();
                return Err(Error::custom(format!("the member `{name}` stands there twice")));
            }
            members.next_value::<SingleMembers>()?;
            names.insert(name);
        }
        Ok(SingleMembers)
    }
}
