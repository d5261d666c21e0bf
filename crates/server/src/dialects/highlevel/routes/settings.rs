//! The location's invoice settings: what is in effect, and other ones.
//!
//! The vendor publishes only the reading; its own pages write them. Here the same path is written with `PUT`.

use quittance_books::Verb;
use serde_json::Value;

use super::super::errors::{Fault, Operation};
use super::super::manners;
use super::super::mapping::settings::Defaults;
use super::super::wire::requests;
use super::{Desk, Manner, Place, shown};
use crate::http::Response;
use quittance_books::resources::ResourceName;

/// What the settings are kept as: one resource in a book.
const KIND: &str = "highlevel.settings";
const WORD: &str = "settings";

/// What can be asked of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Read,
    Write,
}

impl Call {
    pub(super) fn of(method: &str) -> Option<Call> {
        match method {
            "GET" => Some(Call::Read),
            "PUT" => Some(Call::Write),
            _ => None,
        }
    }

    pub(super) fn manner(self) -> Manner {
        match self {
            Call::Read => Manner {
                scope: Some(manners::READ_SCOPE),
                verb: Verb::Read,
                place: Place::Query,
                members: requests::ALT,
            },
            Call::Write => Manner {
                scope: Some(manners::WRITE_SCOPE),
                verb: Verb::Post,
                place: Place::Body,
                members: requests::SETTINGS,
            },
        }
    }

    pub(super) async fn answer(self, desk: &Desk<'_>) -> Result<Response, Fault> {
        let defaults = match self {
            Call::Read => desk.defaults().await?,
            Call::Write => desk.write_settings().await?,
        };
        shown(200, &defaults.shown(&desk.settings))
    }
}

impl Desk<'_> {
    /// The settings that are in effect.
    pub(super) async fn defaults(&self) -> Result<Defaults, Fault> {
        let known = self
            .app
            .books
            .resource(self.book(), KIND, ResourceName::Word(WORD))
            .await;
        let known = known.map_err(Fault::Books)?;
        Ok(Defaults::of(known.map(|view| view.body)))
    }

    /// What the request names is set, `null` goes back to what is shipped, and the rest stays.
    async fn write_settings(&self) -> Result<Defaults, Fault> {
        let change = |known: Option<&Value>| -> Value {
            let mut members = known.and_then(Value::as_object).cloned().unwrap_or_default();
            for (name, value) in &self.members {
                match value {
                    _ if matches!(name.as_str(), "altId" | "altType") => {}
                    Value::Null => {
                        members.remove(name);
                    }
                    value => {
                        members.insert(name.clone(), value.clone());
                    }
                }
            }
            Value::Object(members)
        };
        let changed = self
            .app
            .books
            .change_resource(&self.context, Verb::Post, KIND, WORD, |known| {
                Ok::<Value, std::convert::Infallible>(change(known.map(|view| &view.body)))
            })
            .await;
        let view = changed.map_err(|failure| Fault::Refused(Operation::Edit, failure))?;
        let body = match view {
            Ok(view) => view.body,
            Err(never) => match never {},
        };
        Ok(Defaults::of(Some(body)))
    }
}
