//! Templates of estimates: kept, changed, listed, looked at, removed.

use quittance_books::Verb;
use quittance_books::resources::ResourceView;
use serde_json::{Value, json};

use super::super::super::errors::Fault;
use super::super::super::manners::ESTIMATE_SCOPES;
use super::super::super::mapping::estimates;
use super::super::super::mapping::stored::{self, Searched};
use super::super::super::wire::requests;
use super::super::super::wire::requests::estimates as members;
use super::super::super::wire::shape;
use super::super::stored::{Stored, id_of};
use super::super::{Desk, Manner, Place};
use crate::http::Response;

const TEMPLATE: Stored = Stored {
    kind: "highlevel.estimate_template",
    missing: "Unable to find a template with the given template id",
};

/// What can be asked of templates of estimates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call<'r> {
    Create,
    List,
    Preview,
    Update(&'r str),
    Delete(&'r str),
}

impl<'r> Call<'r> {
    /// What stands at a path below the templates of estimates.
    pub(super) fn of(method: &str, rest: &[&'r str]) -> Option<Call<'r>> {
        match (method, rest) {
            ("POST", []) => Some(Call::Create),
            ("GET", []) => Some(Call::List),
            ("GET", ["preview"]) => Some(Call::Preview),
            ("PUT", [id]) if !id.is_empty() && *id != "preview" => Some(Call::Update(id)),
            ("DELETE", [id]) if !id.is_empty() && *id != "preview" => Some(Call::Delete(id)),
            _ => None,
        }
    }

    pub(super) fn manner(&self) -> Manner {
        let [read, write] = ESTIMATE_SCOPES.map(Some);
        let (scope, verb, place, members) = match self {
            Call::List => (read, Verb::Read, Place::Query, members::LIST_TEMPLATES),
            Call::Preview => (read, Verb::Read, Place::Query, members::PREVIEW),
            Call::Create | Call::Update(_) => (write, Verb::WriteDraft, Place::Body, members::TEMPLATE),
            Call::Delete(_) => (write, Verb::WriteDraft, Place::QueryElseBody, requests::ALT),
        };
        Manner {
            scope,
            verb,
            place,
            members,
        }
    }

    pub(super) async fn answer(&self, desk: &Desk<'_>) -> Result<Response, Fault> {
        let shown = |view: &ResourceView| estimates::shown_template(view, &id_of(view), &desk.settings);
        match self {
            Call::Create => {
                let said = stored::said(&desk.members, None, &desk.settings)?;
                let view = desk.store(TEMPLATE, estimates::template(said, 0)).await?;
                Ok(Response::json(201, &shown(&view)))
            }
            Call::List => {
                let wanted = Searched::of(&desk.members, &desk.settings);
                let matches = |view: &ResourceView| {
                    let (said, _) = estimates::of_template(&view.body);
                    wanted.finds(view, &id_of(view), &said, None)
                };
                let matches = wanted
                    .is_any()
                    .then_some(&matches as &(dyn Fn(&ResourceView) -> bool + Sync));
                let (found, total) = desk.list_stored(TEMPLATE, matches).await?;
                let data: Vec<Value> = found.iter().map(shown).collect();
                let body = json!({"data": data, "totalCount": total, "traceId": desk.context.request_id});
                Ok(Response::json(200, &body))
            }
            Call::Preview => {
                let id = shape::text(&desk.members, "templateId").unwrap_or_default();
                Ok(Response::json(200, &shown(&desk.stored(TEMPLATE, id).await?)))
            }
            Call::Update(id) => {
                let change = |known: &ResourceView| {
                    let (said, revision) = estimates::of_template(&known.body);
                    let said = stored::said(&desk.members, Some(&said), &desk.settings)?;
                    Ok(estimates::template(said, revision + 1))
                };
                let view = desk.change_stored(TEMPLATE, id, change).await?;
                Ok(Response::json(200, &shown(&view)))
            }
            Call::Delete(id) => {
                let view = desk.remove_stored(TEMPLATE, id, |_| Ok(())).await?;
                let mut gone = shown(&view);
                gone["deleted"] = json!(true);
                Ok(Response::json(200, &gone))
            }
        }
    }
}
