//! Templates of invoices: kept, changed, listed, removed.

use quittance_books::Verb;
use quittance_books::resources::ResourceView;
use serde_json::{Value, json};

use super::super::errors::Fault;
use super::super::manners::TEMPLATE_SCOPES;
use super::super::mapping::stored::{self, Searched};
use super::super::wire::requests;
use super::stored::{Stored, id_of};
use super::{Desk, Manner, Place};
use crate::http::Response;

const TEMPLATE: Stored = Stored {
    kind: "highlevel.template",
    missing: "Unable to find a template with the given template id",
};

/// What can be asked of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call<'r> {
    Create,
    List,
    Read(&'r str),
    Update(&'r str),
    Delete(&'r str),
    LateFees(&'r str),
    PaymentMethods(&'r str),
}

impl<'r> Call<'r> {
    /// What stands at a path below the templates.
    pub(super) fn of(method: &str, rest: &[&'r str]) -> Option<Call<'r>> {
        match (method, rest) {
            ("POST", []) => Some(Call::Create),
            ("GET", []) => Some(Call::List),
            ("GET", [id]) if !id.is_empty() => Some(Call::Read(id)),
            ("PUT", [id]) if !id.is_empty() => Some(Call::Update(id)),
            ("DELETE", [id]) if !id.is_empty() => Some(Call::Delete(id)),
            ("PATCH", [id, "late-fees-configuration"]) if !id.is_empty() => Some(Call::LateFees(id)),
            ("PATCH", [id, "payment-methods-configuration"]) if !id.is_empty() => Some(Call::PaymentMethods(id)),
            _ => None,
        }
    }

    pub(super) fn manner(&self) -> Manner {
        let [read, write] = TEMPLATE_SCOPES.map(Some);
        let (scope, verb, place, members) = match self {
            Call::List => (read, Verb::Read, Place::Query, requests::stored::LIST_STORED),
            Call::Read(_) => (read, Verb::Read, Place::Query, requests::ALT),
            Call::Create => (write, Verb::WriteDraft, Place::Body, requests::stored::CREATE_TEMPLATE),
            Call::Update(_) => (write, Verb::WriteDraft, Place::Body, requests::stored::UPDATE_TEMPLATE),
            Call::Delete(_) => (write, Verb::WriteDraft, Place::QueryElseBody, requests::ALT),
            Call::LateFees(_) => (None, Verb::WriteDraft, Place::Body, requests::LATE_FEES_OF),
            Call::PaymentMethods(_) => (
                None,
                Verb::WriteDraft,
                Place::Body,
                requests::stored::PAYMENT_METHODS_OF,
            ),
        };
        Manner {
            scope,
            verb,
            place,
            members,
        }
    }

    pub(super) async fn answer(&self, desk: &Desk<'_>) -> Result<Response, Fault> {
        match self {
            Call::Create => {
                let said = stored::said(&desk.members, None, &desk.settings)?;
                desk.shown_template(&desk.store(TEMPLATE, said).await?)
            }
            Call::List => desk.list_templates().await,
            Call::Read(id) => desk.shown_template(&desk.stored(TEMPLATE, id).await?),
            Call::Update(id) | Call::LateFees(id) | Call::PaymentMethods(id) => {
                let change = |known: &ResourceView| stored::said(&desk.members, Some(&known.body), &desk.settings);
                desk.shown_template(&desk.change_stored(TEMPLATE, id, change).await?)
            }
            Call::Delete(id) => {
                desk.remove_stored(TEMPLATE, id, |_| Ok(())).await?;
                Ok(Response::json(200, &json!({"success": true})))
            }
        }
    }
}

impl Desk<'_> {
    fn shown_template(&self, view: &ResourceView) -> Result<Response, Fault> {
        Ok(Response::json(
            200,
            &stored::shown(view, &id_of(view), &view.body, &self.settings),
        ))
    }

    async fn list_templates(&self) -> Result<Response, Fault> {
        let wanted = Searched::of(&self.members, &self.settings);
        let matches = |view: &ResourceView| wanted.finds(view, &id_of(view), &view.body, None);
        let matches = wanted
            .is_any()
            .then_some(&matches as &(dyn Fn(&ResourceView) -> bool + Sync));
        let (found, total) = self.list_stored(TEMPLATE, matches).await?;
        let shown = |view: &ResourceView| stored::shown(view, &id_of(view), &view.body, &self.settings);
        let data: Vec<Value> = found.iter().map(shown).collect();
        Ok(Response::json(200, &json!({"data": data, "totalCount": total})))
    }
}
