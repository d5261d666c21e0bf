//! What only one dialect knows: putting, finding, listing and removing its settings, templates, schedules and the like.
//!
//! A dialect names a resource by a kind, such as `layer.tag_value`, and within the kind by a word; both stay in the log and must
//! hold nothing of a person. What a resource says is JSON of the dialect's own, kept among the texts. A change is made from what was
//! read: [`Books::change_resource`] reads, asks the caller, and tries again when somebody else was faster.

use quittance_accounting::content::Digest;
use quittance_accounting::identity::{BookKey, DocumentKind, ResourceKey};
use quittance_accounting::refusal::Refusal;
use quittance_accounting::resource::{NewResource, Replaces, Resource};
use quittance_accounting::snapshot::{Named, Snapshot, Want};
use quittance_store::listing::ResourceQuery;
use serde_json::Value;

use crate::access::Verb;
use crate::books::Books;
use crate::command::Command;
use crate::content::open;
use crate::failure::Failure;
use crate::input::Context;
use crate::queries::gathered;
use crate::write::Done;

/// A resource with what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceView {
    /// The record.
    pub resource: Resource,
    /// What it says.
    pub body: Value,
}

/// How a dialect names one of its resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceName<'a> {
    /// By the word that is unique in its kind.
    Word(&'a str),
    /// By its id.
    Id(quittance_accounting::identity::DocumentId),
}

/// A resource to put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceInput {
    /// The dialect and its word for such things, such as `layer.tag_value`.
    pub kind: &'static str,
    /// What it is found by, unique in its kind.
    pub word: String,
    /// What it belongs to, for lists.
    pub belongs_to: Option<String>,
    /// What it says.
    pub body: Value,
    /// What must be there.
    pub replaces: Replaces,
}

fn named(kind: &str, name: ResourceName<'_>) -> Named {
    match name {
        ResourceName::Word(word) => Named::External(format!("{kind}:{word}")),
        ResourceName::Id(id) => Named::Id(id),
    }
}

fn view(snapshot: &Snapshot, key: ResourceKey) -> Option<ResourceView> {
    let resource = Resource::clone(snapshot.tables().resources.get(&key)?);
    let body = open(snapshot.content(key)).unwrap_or_default();
    Some(ResourceView { resource, body })
}

/// The resource that a command was about, as it left it or took it away.
pub(crate) fn view_of(done: &Done) -> Option<ResourceView> {
    let of_resource = done.subject.kind == DocumentKind::Resource;
    of_resource.then(|| view(&done.subject_snapshot(), ResourceKey(done.subject.number)))?
}

impl Books {
    /// Makes a resource, or replaces what it says.
    pub async fn put_resource(
        &self,
        context: &Context,
        verb: Verb,
        input: ResourceInput,
    ) -> Result<ResourceView, Failure> {
        let command = self.put_command(input)?;
        let done = self.act(context, verb, command).await?;
        view_of(&done).ok_or(Failure::Unavailable)
    }

    pub(crate) fn put_command(&self, input: ResourceInput) -> Result<Command, Failure> {
        Ok(Command::PutResource(NewResource {
            id: self.draw_id(),
            content: self.seal(&input.body)?,
            kind: input.kind.to_owned(),
            name: format!("{}:{}", input.kind, input.word),
            belongs_to: input.belongs_to,
            replaces: input.replaces,
        }))
    }

    /// Changes what the resource of this word says: `change` makes the new from what there is (`None`: nothing), or declines.
    pub async fn change_resource<E>(
        &self,
        context: &Context,
        verb: Verb,
        kind: &'static str,
        word: &str,
        change: impl Fn(Option<&ResourceView>) -> Result<Value, E>,
    ) -> Result<Result<ResourceView, E>, Failure> {
        let mut tries = self.tries(context.actor.book);
        while tries.another().await {
            let input = match self.changed(context, kind, word, &change).await? {
                Ok(input) => input,
                Err(declined) => return Ok(Err(declined)),
            };
            match self.put_resource(context, verb, input).await {
                Err(failure) if is_race(&failure) => {}
                other => return other.map(Ok),
            }
        }
        Err(Failure::Unavailable)
    }

    /// The change of a resource, to be made only if it still says what was read: for a step among others. Refused with what
    /// [`is_race`] tells otherwise.
    pub async fn changed<E>(
        &self,
        context: &Context,
        kind: &'static str,
        word: &str,
        change: impl Fn(Option<&ResourceView>) -> Result<Value, E>,
    ) -> Result<Result<ResourceInput, E>, Failure> {
        let known = self
            .resource(context.actor.book, kind, ResourceName::Word(word))
            .await?;
        let as_read = |view: &ResourceView| Replaces::AsRead(view.resource.content);
        Ok(change(known.as_ref()).map(|body| ResourceInput {
            kind,
            word: word.to_owned(),
            belongs_to: known.as_ref().and_then(|view| view.resource.belongs_to.clone()),
            body,
            replaces: known.as_ref().map_or(Replaces::Nothing, as_read),
        }))
    }

    /// Removes a resource and what it says, provided that it still says what was read, if a digest is named; returns what was removed.
    pub async fn remove_resource(
        &self,
        context: &Context,
        verb: Verb,
        kind: &'static str,
        name: ResourceName<'_>,
        as_read: Option<Digest>,
    ) -> Result<ResourceView, Failure> {
        let command = Command::RemoveResource {
            kind: kind.to_owned(),
            named: named(kind, name),
            as_read,
        };
        let done = self.act(context, verb, command).await?;
        view_of(&done).ok_or(Failure::Unavailable)
    }

    /// A resource of this kind; `None` when there is none of this name.
    pub async fn resource(
        &self,
        book: BookKey,
        kind: &'static str,
        name: ResourceName<'_>,
    ) -> Result<Option<ResourceView>, Failure> {
        let named = named(kind, name);
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::Resource(named.clone())]).await?;
        let found = snapshot.resource(&named).ok().flatten();
        let key = found
            .filter(|resource| resource.kind == kind)
            .map(|resource| resource.key);
        Ok(key.and_then(|key| view(&snapshot, key)))
    }

    /// A page of resources by offset, newest first, and how many there are in all.
    pub async fn resources_at(
        &self,
        book: BookKey,
        kind: &'static str,
        offset: i64,
        limit: i64,
    ) -> Result<(Vec<ResourceView>, i64), Failure> {
        let reader = self.store.reader().await?;
        let (wanted, total) = reader.resources_at(book, kind, offset, limit).await?;
        let wants: Vec<Want> = wanted.iter().map(|key| Want::Resource(Named::Key(*key))).collect();
        let snapshot = gathered(&reader, book, &wants).await?;
        let views = wanted.iter().filter_map(|key| view(&snapshot, ResourceKey(*key)));
        Ok((views.collect(), total))
    }

    /// A page of resources, in order of creation.
    pub async fn resources(&self, book: BookKey, query: &ResourceQuery) -> Result<Vec<ResourceView>, Failure> {
        let reader = self.store.reader().await?;
        let keys = reader.resources(book, query).await?;
        let wants: Vec<Want> = keys.iter().map(|key| Want::Resource(Named::Key(*key))).collect();
        let snapshot = gathered(&reader, book, &wants).await?;
        Ok(keys
            .iter()
            .filter_map(|key| view(&snapshot, ResourceKey(*key)))
            .collect())
    }
}

/// Whether somebody else changed, made or removed a resource meanwhile: trying again may do.
pub fn is_race(failure: &Failure) -> bool {
    let Failure::Refused(reasons) = failure else {
        return false;
    };
    let resource = DocumentKind::Resource;
    reasons.iter().any(|reason| {
        *reason == Refusal::PlanMoved
            || matches!(reason, Refusal::NotFound { kind } | Refusal::ExternalIdTaken { kind, .. } if *kind == resource)
    })
}
