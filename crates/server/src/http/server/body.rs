//! Reading a body within a size and a time.
//!
//! A body over the limit is read on for a while and thrown away: a client that is still sending when the answer comes
//! would see a broken connection instead of the answer. One that asked first (`Expect: 100-continue`) is answered at once.
//!
//! Not here: what such a request is answered with; that is the dialect's to say.

use std::time::Duration;

use super::{Bytes, Incoming};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

/// How much of a body that will be refused is still read, as a multiple of the limit.
const DRAINED_MULTIPLE: usize = 8;

/// How reading a body ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Complete, within the limit.
    Whole(Bytes),
    /// Over the limit; nothing was kept. `drained` says that it was read to its end, so the connection can go on.
    TooLarge { drained: bool },
    /// Time ran out.
    TooSlow,
    /// The client hung up, or its framing was wrong.
    Broken,
}

/// Reads a body to its end, or to a bound.
pub(super) async fn read(body: Incoming, limit: usize, expects_continue: bool, time: Duration) -> Read {
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > limit && (expects_continue || declared > limit.saturating_mul(DRAINED_MULTIPLE)) {
        return Read::TooLarge { drained: false };
    }
    tokio::time::timeout(time, collect(body, declared, limit))
        .await
        .unwrap_or(match declared > limit {
            true => Read::TooLarge { drained: false },
            false => Read::TooSlow,
        })
}

async fn collect(mut body: Incoming, declared: usize, limit: usize) -> Read {
    let mut kept = Vec::with_capacity(declared.min(limit));
    let mut size = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Read::Broken;
        };
        // A frame that is not data is a trailer, and no vendor sends any.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        size = size.saturating_add(data.len());
        if size <= limit {
            kept.extend_from_slice(&data);
        } else if size > limit.saturating_mul(DRAINED_MULTIPLE) {
            return Read::TooLarge { drained: false };
        } else {
            kept = Vec::new();
        }
    }
    if size > limit {
        Read::TooLarge { drained: true }
    } else {
        Read::Whole(Bytes::from(kept))
    }
}
