//! Logs to standard error, as text or as JSON lines.
//!
//! Standard output belongs to the answers of commands, so nothing is ever logged there.
//!
//! Not here: what is logged. A log line may hold ids, amounts and paths; never a token, a name or an address.

use std::io::IsTerminal as _;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line, for collectors.
    Json,
}

/// Why logging could not be set up.
#[derive(Debug, PartialEq, Eq)]
pub enum TelemetryError {
    /// The filter is not one; the text says why.
    Filter(String),
    /// This process logs already.
    AlreadySet,
}

impl std::fmt::Display for TelemetryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TelemetryError::Filter(why) => write!(f, "not a log filter: {why}"),
            TelemetryError::AlreadySet => f.write_str("logging is already set up"),
        }
    }
}

impl std::error::Error for TelemetryError {}

/// Reads a filter such as `info` or `warn,quittance_server=debug`.
///
/// # Errors
/// [`TelemetryError::Filter`].
pub fn filter(text: &str) -> Result<EnvFilter, TelemetryError> {
    EnvFilter::try_new(text).map_err(|error| TelemetryError::Filter(error.to_string()))
}

/// Sends this process's logs to standard error. Call once, from `main`; times are UTC.
///
/// # Errors
/// Any [`TelemetryError`].
pub fn start(filter_text: &str, format: LogFormat) -> Result<(), TelemetryError> {
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let subscriber = subscriber(filter(filter_text)?, format, colour, std::io::stderr);
    tracing::subscriber::set_global_default(subscriber).map_err(|_| TelemetryError::AlreadySet)
}

/// The same for any writer, so that a test can read what was logged.
fn subscriber<W>(filter: EnvFilter, format: LogFormat, colour: bool, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match format {
        LogFormat::Text => Box::new(builder.with_ansi(colour).finish()),
        LogFormat::Json => Box::new(builder.json().flatten_event(true).finish()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat) -> String {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let subscriber = subscriber(filter("info").unwrap(), format, false, move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(status = 204, "request");
            tracing::debug!("left out");
        });
        String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn text_and_json_lines() {
        let text = logged(LogFormat::Text);
        assert!(
            text.ends_with("request status=204\n") && text.lines().count() == 1,
            "{text}"
        );
        let json: serde_json::Value = serde_json::from_str(&logged(LogFormat::Json)).unwrap();
        assert_eq!((&json["message"], &json["level"]), (&"request".into(), &"INFO".into()));
        assert_eq!(json["status"].to_string(), "204");
    }

    #[test]
    fn a_filter_that_is_none_is_refused() {
        assert!(matches!(filter("a=b=c"), Err(TelemetryError::Filter(_))));
        assert!(filter("warn,quittance_server=debug").is_ok());
    }
}
