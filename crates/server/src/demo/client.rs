//! A client for the tour: one request per connection, the whole answer in memory.

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::cli::CommandError;

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) receipt: Option<String>,
    pub(super) body: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The text or number at a JSON pointer.
    pub(super) fn at(&self, pointer: &str) -> Result<String, CommandError> {
        match self.json().pointer(pointer) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(_) | None => Err(CommandError::Tour(format!(
                "the answer {} {} has nothing at {pointer}",
                self.status, self.body
            ))),
        }
    }
}

/// Sends a request to `base_url` and reads the answer.
pub(super) async fn send(
    base_url: &str,
    method: &str,
    target: &str,
    headers: &[(&str, String)],
    body: Option<&Value>,
) -> Result<Answer, CommandError> {
    let authority = base_url.trim_start_matches("http://");
    let failed = |error: &dyn std::fmt::Display| CommandError::Tour(format!("{method} {target}: {error}"));
    let stream = TcpStream::connect(authority).await.map_err(|error| failed(&error))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failed(&error))?;
    let driving = tokio::spawn(connection);
    let mut request = hyper::Request::builder()
        .method(method)
        .uri(target)
        .header("host", authority);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let bytes = match body {
        Some(body) => {
            request = request.header("content-type", "application/json");
            Bytes::from(body.to_string())
        }
        None => Bytes::new(),
    };
    let request = request.body(Full::new(bytes)).map_err(|error| failed(&error))?;
    let response = sender.send_request(request).await.map_err(|error| failed(&error))?;
    let status = response.status().as_u16();
    let receipt = response
        .headers()
        .get("quittance-receipt")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(|error| failed(&error))?
        .to_bytes();
    driving.abort();
    Ok(Answer {
        status,
        receipt,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}
