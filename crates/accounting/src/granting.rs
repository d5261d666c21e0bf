//! Granting access on a token for a short time, granting it anew, and taking it back.
//!
//! A grant is a record of its own: a token's rows stay what its makers made. What has ended leaves with the next grant, and so does the
//! oldest where there are too many. Deliberately absent: what a scope means, which is the dialects' affair.

use jiff::Timestamp;

use crate::book::{Grant, GrantKind, Token};
use crate::content::Digest;
use crate::identity::{DocumentKind, DocumentRef, TokenKey};
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::record::RecordKey;
use crate::refusal::{Refusal, Stop};
use crate::snapshot::Snapshot;

/// The most live grants on one token. A client that asks for access at every call keeps a hundred; one that keeps what it was given
/// has two.
pub const MOST_GRANTS: usize = 100;

/// A text that is granted, as its digest, and when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewGrant {
    /// Digest of the text.
    pub digest: Digest,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantAsked {
    /// The token to grant on.
    pub token: TokenKey,
    /// The token of the client that it is given to.
    pub client: TokenKey,
    /// What may be reached.
    pub scopes: Vec<String>,
    /// The access.
    pub access: NewGrant,
    /// To be granted anew with.
    pub refresh: Option<NewGrant>,
    /// What is used up by this: the refresh that was presented.
    pub spent: Option<Digest>,
    /// What may leave on the way, if it has ended or there are too many.
    pub leaving: Vec<Digest>,
}

/// Decides to grant access. Refused as not found where the token, the client's or the spent refresh is no longer good, and where the
/// refresh was given to another client.
pub fn grant_access(snapshot: &Snapshot, moment: &Moment, asked: &GrantAsked) -> Result<Plan, Stop> {
    let token = live_token(snapshot, moment, asked.token)?;
    let client = live_token(snapshot, moment, asked.client)?;
    let mut planner = Planner::new(snapshot);
    for digest in &asked.leaving {
        if snapshot.grant(*digest)?.is_some() && asked.spent != Some(*digest) {
            planner.remove(RecordKey::Grant(*digest));
        }
    }
    if let Some(digest) = asked.spent {
        let spent = snapshot.grant(digest)?.filter(|spent| {
            spent.kind == GrantKind::Refresh
                && (spent.token, spent.client) == (token.key, client.key)
                && spent.expires_at > moment.at
        });
        spent.ok_or_else(absent)?;
        planner.remove(RecordKey::Grant(digest));
    }
    let kinds = [
        (GrantKind::Access, Some(asked.access)),
        (GrantKind::Refresh, asked.refresh),
    ];
    for (kind, new) in kinds {
        let Some(NewGrant { digest, expires_at }) = new else {
            continue;
        };
        // What is granted ends with the tokens at the latest.
        let ends = [token.expires_at, client.expires_at].into_iter().flatten();
        let expires_at = ends.fold(expires_at, |first, end| first.min(end));
        planner.put(Grant {
            digest,
            token: token.key,
            client: client.key,
            kind,
            scopes: asked.scopes.clone(),
            granted_at: moment.at,
            expires_at,
        });
    }
    Ok(planner.finish(EventKind::AccessGranted, about(token.key)))
}

/// Decides to take a grant back. Refused as not found where the client was given none: a no-op never looks like success.
pub fn withdraw_grant(snapshot: &Snapshot, client: TokenKey, digest: Digest) -> Result<Plan, Stop> {
    let known = snapshot.grant(digest)?.filter(|grant| grant.client == client);
    let token = known.ok_or_else(absent)?.token;
    let mut planner = Planner::new(snapshot);
    planner.remove(RecordKey::Grant(digest));
    Ok(planner.finish(EventKind::AccessWithdrawn, about(token)))
}

/// The grants that may leave when another is made on a token: those of the book that have ended, and the oldest of the token's own
/// beyond the limit.
pub fn leaving(grants: &[Grant], token: TokenKey, now: Timestamp) -> Vec<Digest> {
    let (ended, live): (Vec<&Grant>, Vec<&Grant>) = grants.iter().partition(|grant| grant.expires_at <= now);
    let mut own: Vec<&Grant> = live.into_iter().filter(|grant| grant.token == token).collect();
    own.sort_by_key(|grant| (grant.granted_at, grant.digest));
    // Room for an access and a refresh.
    let surplus = (own.len() + 2).saturating_sub(MOST_GRANTS);
    let oldest = own.into_iter().take(surplus);
    ended
        .into_iter()
        .take(MOST_GRANTS)
        .chain(oldest)
        .map(|grant| grant.digest)
        .collect()
}

fn live_token(snapshot: &Snapshot, moment: &Moment, key: TokenKey) -> Result<Token, Stop> {
    let token = snapshot.token(key)?;
    let live = token.filter(|token| token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > moment.at));
    live.cloned().ok_or_else(absent)
}

fn absent() -> Stop {
    Refusal::NotFound {
        kind: DocumentKind::Token,
    }
    .into()
}

fn about(token: TokenKey) -> DocumentRef {
    DocumentRef {
        kind: DocumentKind::Token,
        number: token.0,
    }
}
