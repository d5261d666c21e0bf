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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use tokio::sync::Notify;

    use super::super::super::message::Method;
    use super::*;

    fn request() -> Request {
        Request::new(Method::GET, "/", Timestamp::UNIX_EPOCH)
    }

    #[tokio::test]
    async fn what_is_left_goes_on_without_its_connection() {
        let (begun, go, done) = (
            Arc::new(Notify::new()),
            Arc::new(Notify::new()),
            Arc::new(Notify::new()),
        );
        let (seen, wait, end) = (Arc::clone(&begun), Arc::clone(&go), Arc::clone(&done));
        let handler: Handler = Arc::new(move |_| -> Answer {
            let (seen, wait, end) = (Arc::clone(&seen), Arc::clone(&wait), Arc::clone(&end));
            Box::pin(async move {
                seen.notify_one();
                wait.notified().await;
                end.notify_one();
                Response::empty(204)
            })
        });
        let (in_flight, alive) = watch::channel(());
        let mut at_work = AtWork::begin(&handler, request(), alive);
        tokio::select! {
            biased;
            _ = &mut at_work => unreachable!("it waits"),
            () = begun.notified() => {}
        }
        drop(at_work);
        assert_eq!(in_flight.receiver_count(), 1, "what is left is in flight");
        go.notify_one();
        done.notified().await;
        in_flight.closed().await;
    }

    #[tokio::test]
    async fn a_panic_ends_it_before_it_has_a_future_and_after() {
        let at_once: Handler = Arc::new(|_| panic!("at once"));
        let later: Handler = Arc::new(|_| Box::pin(async { panic!("later") }));
        for (handler, said) in [(at_once, "at once"), (later, "later")] {
            let (_in_flight, alive) = watch::channel(());
            let ended = AtWork::begin(&handler, request(), alive).await;
            assert_eq!(ended.err().and_then(|panic| panic.downcast_ref().copied()), Some(said));
        }
    }
}
