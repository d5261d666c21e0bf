//! A handler at work on a request.
//!
//! It runs inside the task of its connection: a task of its own would cost every request an allocation and two turns of the
//! scheduler. Promise: it runs to its end all the same. When the connection goes away before that, what is left of it becomes a
//! task. A panic ends it and nothing else.
//!
//! Not here: what is answered after a panic.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::{Answer, Handler, Request, Response};

/// What a panic carries.
pub(super) type Panic = Box<dyn Any + Send>;

/// A handler that was begun.
pub(super) struct AtWork {
    /// What is left to do; nothing once it has ended.
    rest: Option<Answer>,
    /// Tells whoever shuts the server down that something is in flight.
    alive: watch::Receiver<()>,
    /// A panic of the handler before it had a future.
    panic: Option<Panic>,
}

impl AtWork {
    /// Hands a request over.
    pub(super) fn begin(handler: &Handler, request: Request, alive: watch::Receiver<()>) -> AtWork {
        // Nothing of the handler is looked at again after a panic.
        let begun = catch_unwind(AssertUnwindSafe(|| handler(request)));
        let (rest, panic) = match begun {
            Ok(answer) => (Some(answer), None),
            Err(panic) => (None, Some(panic)),
        };
        AtWork { rest, alive, panic }
    }
}

impl Future for AtWork {
    type Output = Result<Response, Panic>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(rest) = self.rest.as_mut() else {
            return self.panic.take().map_or(Poll::Pending, |panic| Poll::Ready(Err(panic)));
        };
        let polled = catch_unwind(AssertUnwindSafe(|| rest.as_mut().poll(context)));
        let ended = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(answer)) => Ok(answer),
            Err(panic) => Err(panic),
        };
        self.rest = None;
        Poll::Ready(ended)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        // Without a runtime there is nothing left that could run it.
        if let (Some(rest), Ok(runtime)) = (self.rest.take(), Handle::try_current()) {
            let alive = self.alive.clone();
            runtime.spawn(async move {
                let _nobody_listens = rest.await;
                drop(alive);
            });
        }
    }
}
