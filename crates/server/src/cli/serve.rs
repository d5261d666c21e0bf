//! Serving: one listener, every dialect, texts erased and schedules carried out on timers, and an orderly end.

use std::io::ErrorKind;
use std::sync::Arc;

use quittance_books::Books;
use tokio::net::TcpListener;

use super::{CommandError, open};
use crate::app::{App, CallLimits, ConsoleAccess};
use crate::config::Settings;
use crate::dialects::highlevel;
use crate::http::server::{Callbacks, Limits, ShutdownOutcome, serve as serve_http};

/// The app over books, with the limits that the settings name.
pub fn app(books: Books, settings: &Settings, console: ConsoleAccess) -> App {
    let limits = CallLimits {
        bookeeping_read: settings.bookeeping_read,
        bookeeping_write: settings.bookeeping_write,
        highlevel_burst: settings.highlevel_burst,
        highlevel_daily: settings.highlevel_daily,
        moov_per_second: settings.moov_per_second,
        layer_per_second: settings.layer_per_second,
    };
    App::new(books, limits, console)
}

/// Serves until interrupted or terminated.
pub(super) async fn serve(settings: &Settings) -> Result<(), CommandError> {
    let app = Arc::new(app(open(settings).await?, settings, ConsoleAccess::WithToken));
    if app.books.directory().await?.is_empty() {
        tracing::warn!("there is no book yet; `quittance book create NAME` opens one, also while this runs");
    }
    let listener = listen(settings).await?;
    let at = listener.local_addr().map_err(|error| CommandError::Io {
        doing: "listening".to_owned(),
        error,
    })?;
    let end = interrupted();
    println!("quittance serves {:?} on http://{at}", settings.db);
    serve_until(app, listener, settings, end).await;
    Ok(())
}

/// Listens on the address that the settings name.
pub(crate) async fn listen(settings: &Settings) -> Result<TcpListener, CommandError> {
    let doing = || format!("listening on {}", settings.listen);
    TcpListener::bind(settings.listen)
        .await
        .map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => CommandError::Refused(format!(
                "{}: another program is there; end it, or name another address with --listen",
                doing()
            )),
            _ => CommandError::Io { doing: doing(), error },
        })
}

/// Serves an app until `end` resolves: requests in flight are answered, texts that are due leave the disk, and the writer carries
/// out what is waiting.
pub async fn serve_until(
    app: Arc<App>,
    listener: TcpListener,
    settings: &Settings,
    end: impl Future<Output = ()> + Send,
) {
    let (answering, asking, telling) = (Arc::clone(&app), Arc::clone(&app), Arc::clone(&app));
    let callbacks = Callbacks {
        handler: Arc::new(move |request| {
            let app = Arc::clone(&answering);
            Box::pin(async move { app.answer(request).await })
        }),
        on_panic: Arc::new(App::broken),
        new_request_id: Arc::new(move || asking.books.new_request_id()),
        now: Arc::new(move || telling.now()),
    };
    let limits = Limits {
        shutdown_time: settings.shutdown,
        ..Limits::default()
    };
    let erasing = tokio::spawn(erase(Arc::clone(&app), settings.erase_interval));
    let recurring = tokio::spawn(recur(Arc::clone(&app)));
    let end = async {
        end.await;
        tracing::info!("stopping: requests under way are answered first");
    };
    let outcome = serve_http(listener, callbacks, end, limits).await;
    if let ShutdownOutcome::CutOff { unfinished } = outcome {
        tracing::warn!(
            unfinished,
            "requests were still under way when the time for shutdown ran out"
        );
    }
    for worker in [erasing, recurring] {
        worker.abort();
        let _cancelled = worker.await;
    }
    if let Err(failure) = app.books.erase_due().await {
        tracing::error!(%failure, "texts that are due could not be erased");
    }
    if let Some(app) = Arc::into_inner(app) {
        app.books.finish();
    }
}

/// Erases texts that are due, at once and then at every interval: the bound within which they leave the disk. Seals periods whose seal
/// could not be made when they were closed.
async fn erase(app: Arc<App>, interval: std::time::Duration) {
    let mut ticks = tokio::time::interval(interval);
    loop {
        ticks.tick().await;
        match app.books.erase_due().await {
            Ok(0) => {}
            Ok(documents) => tracing::info!(documents, "texts erased"),
            Err(failure) => tracing::error!(%failure, "texts that are due could not be erased"),
        }
        match app.books.seal_due().await {
            Ok(0) => {}
            Ok(periods) => tracing::info!(periods, "periods sealed"),
            Err(failure) => tracing::error!(%failure, "closed periods could not be sealed"),
        }
    }
}

/// How often schedules are looked at: the longest that an invoice of theirs is late.
const RECURRING: std::time::Duration = std::time::Duration::from_secs(60);

/// Makes the invoices that schedules have to have made by now, at once and then at every interval.
async fn recur(app: Arc<App>) {
    let mut ticks = tokio::time::interval(RECURRING);
    loop {
        ticks.tick().await;
        match highlevel::run_due(&app).await {
            Ok(0) => {}
            Ok(invoices) => tracing::info!(invoices, "schedules made invoices"),
            Err(failure) => tracing::error!(%failure, "schedules could not be carried out"),
        }
    }
}

/// Resolves at the first interrupt or termination signal. From the call on, and not only from when it is waited for, such a signal ends
/// nothing by itself: whoever reads that we serve may end us at once, and in order.
pub(crate) fn interrupted() -> impl Future<Output = ()> + Send {
    #[cfg(unix)]
    let signals = {
        use tokio::signal::unix::{SignalKind, signal};
        [SignalKind::interrupt(), SignalKind::terminate()].map(signal)
    };
    async move {
        #[cfg(unix)]
        if let [Ok(mut interrupted), Ok(mut terminated)] = signals {
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
        let _interrupted = tokio::signal::ctrl_c().await;
    }
}
