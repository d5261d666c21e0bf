//! What only one dialect knows: a setting, a template, a schedule, a definition of a tag.
//!
//! The books keep such a thing for the dialect, through the one write path and in the log like everything else, and never read it:
//! no decision about a document depends on one. What it says stands among the texts, so it can be erased. Deliberately absent: any
//! meaning of a kind or a name, which are the dialect's own words.

use jiff::Timestamp;

use crate::content::Digest;
use crate::identity::{DocumentId, DocumentKind, DocumentRef, ResourceKey};
use crate::issuing::NewContent;
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::record::RecordKey;
use crate::refusal::{Refusal, Stop};
use crate::snapshot::{Named, Snapshot};

/// A thing of one dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its number in the book.
    pub key: ResourceKey,
    /// Its id everywhere.
    pub id: DocumentId,
    /// The dialect and its word for such things, such as `layer.tag_value`.
    pub kind: String,
    /// What the dialect finds it by, unique in the book: its kind, a colon, and a word. It stays in the log, so it must hold nothing
    /// of a person.
    pub name: String,
    /// What it belongs to, for lists of what belongs there; under the same condition as the name.
    pub belongs_to: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Digest of what it says.
    pub content: Digest,
}

impl From<ResourceKey> for DocumentRef {
    fn from(key: ResourceKey) -> Self {
        DocumentRef {
            kind: DocumentKind::Resource,
            number: key.0,
        }
    }
}

/// What must be there for a resource to be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaces {
    /// Nothing of this name.
    Nothing,
    /// The resource of this name as it was read: what it said has this digest.
    AsRead(Digest),
    /// Whatever there is, if anything.
    Anything,
}

/// A resource as a dialect gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewResource {
    /// Its id, drawn by the caller; one that is there keeps its own.
    pub id: DocumentId,
    /// The dialect and its word for such things.
    pub kind: String,
    /// What the dialect finds it by, unique in the book.
    pub name: String,
    /// What it belongs to.
    pub belongs_to: Option<String>,
    /// What it says.
    pub content: NewContent,
    /// What must be there.
    pub replaces: Replaces,
}

/// Decides to put a resource: to make it, or to replace what it says.
pub fn put_resource(snapshot: &Snapshot, moment: &Moment, new: NewResource) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let kind = DocumentKind::Resource;
    let known = snapshot.resource(&Named::External(new.name.clone()))?;
    match (known, new.replaces) {
        (None, Replaces::AsRead(_)) => return Err(Refusal::NotFound { kind }.into()),
        (Some(_), Replaces::Nothing) => {
            let external_id = new.name;
            return Err(Refusal::ExternalIdTaken { kind, external_id }.into());
        }
        (Some(known), Replaces::AsRead(digest)) if known.content != digest => return Err(Refusal::PlanMoved.into()),
        (None, Replaces::Nothing) | (Some(_), Replaces::AsRead(_)) | (_, Replaces::Anything) => {}
    }
    let (key, id, created_at) = match known {
        Some(known) => (known.key, known.id, known.created_at),
        None => (
            ResourceKey(planner.counters.resources.saturating_add(1)),
            new.id,
            moment.at,
        ),
    };
    planner.put(Resource {
        key,
        id,
        kind: new.kind,
        name: new.name,
        belongs_to: new.belongs_to,
        created_at,
        updated_at: moment.at,
        content: new.content.digest,
    });
    planner.put(new.content.of(key));
    Ok(planner.finish(EventKind::ResourcePut, key))
}

/// Decides to remove a resource of this kind and what it says, provided that it still says what was read, if a digest is named. One
/// that is not there is refused: a no-op never looks like success.
pub fn remove_resource(snapshot: &Snapshot, kind: &str, named: &Named, as_read: Option<Digest>) -> Result<Plan, Stop> {
    let mut planner = Planner::new(snapshot);
    let found = snapshot.resource(named)?.filter(|resource| resource.kind == kind);
    let found = found.ok_or(Refusal::NotFound {
        kind: DocumentKind::Resource,
    })?;
    if as_read.is_some_and(|digest| digest != found.content) {
        return Err(Refusal::PlanMoved.into());
    }
    let key = found.key;
    planner.remove(RecordKey::Resource(key));
    planner.remove(RecordKey::Content(key.into()));
    Ok(planner.finish(EventKind::ResourceRemoved, key))
}
