//! What is stored for this dialect alone: found, listed, made, changed and removed, whatever it is.
//!
//! Each is a resource, found by the 24 hex digits that answers call its id. Deliberately absent: what any of them means.

use quittance_accounting::identity::{DocumentId, DocumentKind};
use quittance_accounting::refusal::Refusal;
use quittance_accounting::resource::Replaces;
use quittance_books::resources::{ResourceInput, ResourceName, ResourceView};
use quittance_books::{Failure, Verb};
use serde_json::Value;

use super::super::errors::{Fault, Operation};
use super::super::manners;
use super::super::wire::shape;
use super::{Desk, overtaken};

/// A kind of stored thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What the books call it.
    pub kind: &'static str,
    /// The answer to an id that names none.
    pub missing: &'static str,
}

impl Stored {
    pub(super) fn none(self) -> Fault {
        Fault::Rule(self.missing.to_owned())
    }

    /// The word that an id in a path names. An id of another form names none.
    pub(super) fn word(self, id: &str) -> Result<String, Fault> {
        DocumentId::from_hex(id).map(|id| id.hex()).ok_or_else(|| self.none())
    }
}

/// What a stored thing says from now on, and what it belongs to, for those who look for it there.
pub struct Change {
    /// What it says.
    pub body: Value,
    /// What it belongs to.
    pub belongs_to: Option<String>,
}

impl From<Value> for Change {
    fn from(body: Value) -> Change {
        Change { body, belongs_to: None }
    }
}

/// The id that answers show.
pub fn id_of(view: &ResourceView) -> String {
    let (_, word) = view.resource.name.split_once(':').unwrap_or_default();
    word.to_owned()
}

/// Whether somebody else changed, made or removed it meanwhile.
pub fn is_race(reason: &Refusal) -> bool {
    let resource = DocumentKind::Resource;
    *reason == Refusal::PlanMoved
        || matches!(reason, Refusal::NotFound { kind } | Refusal::ExternalIdTaken { kind, .. } if *kind == resource)
}

impl Desk<'_> {
    /// The stored thing of an id.
    pub(super) async fn stored(&self, of: Stored, id: &str) -> Result<ResourceView, Fault> {
        let word = of.word(id)?;
        let found = self
            .app
            .books
            .resource(self.book(), of.kind, ResourceName::Word(&word))
            .await;
        found.map_err(Fault::Books)?.ok_or_else(|| of.none())
    }

    /// Stores a new one.
    pub(super) async fn store(&self, of: Stored, body: Value) -> Result<ResourceView, Fault> {
        let input = ResourceInput {
            kind: of.kind,
            word: self.app.books.new_document_id().hex(),
            belongs_to: None,
            body,
            replaces: Replaces::Nothing,
        };
        let made = self
            .app
            .books
            .put_resource(&self.context, Verb::WriteDraft, input)
            .await;
        made.map_err(|failure| Fault::Refused(Operation::Create, failure))
    }

    /// Changes one: `change` makes the new from what there is, or declines; again when somebody else was faster.
    pub(super) async fn change_stored<C: Into<Change>>(
        &self,
        of: Stored,
        id: &str,
        change: impl Fn(&ResourceView) -> Result<C, Fault>,
    ) -> Result<ResourceView, Fault> {
        let mut tries = self.app.books.tries(self.book());
        while tries.another().await {
            let known = self.stored(of, id).await?;
            let Change { body, belongs_to } = change(&known)?.into();
            let input = ResourceInput {
                kind: of.kind,
                word: id_of(&known),
                belongs_to,
                body,
                replaces: Replaces::AsRead(known.resource.content),
            };
            match self
                .app
                .books
                .put_resource(&self.context, Verb::WriteDraft, input)
                .await
            {
                Err(Failure::Refused(reasons)) if reasons.iter().any(is_race) => {}
                done => return done.map_err(|failure| Fault::Refused(Operation::Edit, failure)),
            }
        }
        Err(overtaken())
    }

    /// Removes one and what it says, unless `may` declines: what was there. Again when somebody else changed it meanwhile.
    pub(super) async fn remove_stored(
        &self,
        of: Stored,
        id: &str,
        may: impl Fn(&ResourceView) -> Result<(), Fault>,
    ) -> Result<ResourceView, Fault> {
        let mut tries = self.app.books.tries(self.book());
        while tries.another().await {
            let known = self.stored(of, id).await?;
            may(&known)?;
            let (word, as_read) = (id_of(&known), Some(known.resource.content));
            let (verb, name) = (Verb::WriteDraft, ResourceName::Word(&word));
            let books = &self.app.books;
            match books.remove_resource(&self.context, verb, of.kind, name, as_read).await {
                Err(Failure::Refused(reasons)) if reasons.iter().any(is_race) => {}
                done => return done.map_err(|failure| Fault::Refused(Operation::Delete, failure)),
            }
        }
        Err(overtaken())
    }

    /// A page of them, newest first, and how many match in all. What is looked for in what they say is looked for in the newest of them.
    pub(super) async fn list_stored(
        &self,
        of: Stored,
        matches: Option<&(dyn Fn(&ResourceView) -> bool + Sync)>,
    ) -> Result<(Vec<ResourceView>, i64), Fault> {
        let offset = shape::count(&self.members, "offset").unwrap_or(0);
        let limit = shape::count(&self.members, "limit").unwrap_or(manners::MOST_LISTED);
        let (from, most) = match matches {
            None => (offset, limit),
            Some(_) => (0, manners::MOST_SEARCHED),
        };
        let found = self.app.books.resources_at(self.book(), of.kind, from, most).await;
        let (mut found, total) = found.map_err(Fault::Books)?;
        let Some(matches) = matches else {
            return Ok((found, total));
        };
        found.retain(|view| matches(view));
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        let (offset, limit) = (usize::try_from(offset), usize::try_from(limit));
        let page = found.into_iter().skip(offset.unwrap_or(usize::MAX));
        Ok((page.take(limit.unwrap_or(0)).collect(), total))
    }
}
