//! Reads request bodies, bounded in size and time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use dragon_api::ApiError;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http_body::Body;
use http_body_util::BodyExt;
use tokio::time::timeout;

/// A body must have arrived within this time: a client that drips it byte by byte holds a connection no
/// longer. On a loopback or local network the largest body takes milliseconds.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads a JSON body of at most `max_bytes`.
pub(crate) async fn read_json<B>(headers: &HeaderMap, body: B, max_bytes: usize) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes> + Unpin,
{
    check_content_type(headers)?;
    check_length(headers, max_bytes)?;
    timeout(BODY_TIMEOUT, read_at_most(body, max_bytes))
        .await
        .unwrap_or(Err(ApiError::RequestTimeout { limit: BODY_TIMEOUT }))
}

fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let text = String::from_utf8_lossy(value.as_bytes());
    let media_type = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = media_type == "application/json" || media_type.ends_with("+json");
    if is_json { Ok(()) } else { Err(ApiError::unsupported_media_type(&text)) }
}

fn check_length(headers: &HeaderMap, max_bytes: usize) -> Result<(), ApiError> {
    let Some(length) = headers.get(CONTENT_LENGTH) else {
        let is_chunked = headers.contains_key(TRANSFER_ENCODING);
        return if is_chunked { Ok(()) } else { Err(ApiError::LengthRequired) };
    };
    let n_bytes = length.to_str().ok().and_then(|text| text.parse::<u64>().ok());
    match n_bytes {
        Some(n_bytes) if n_bytes > max_bytes as u64 => Err(ApiError::BodyTooLarge { limit_bytes: max_bytes }),
        _ => Ok(()),
    }
}

async fn read_at_most<B>(mut body: B, max_bytes: usize) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| incomplete(bytes.len()))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > max_bytes {
            return Err(ApiError::BodyTooLarge { limit_bytes: max_bytes });
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

fn incomplete(n_bytes: usize) -> ApiError {
    ApiError::invalid(
        "The body",
        format!("ended after {n_bytes} bytes, before its announced length; send it whole"),
    )
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    async fn read(
        headers: &[(http::HeaderName, &str)],
        body: &'static str,
        max: usize,
    ) -> Result<Bytes, u16> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        read_json(&headers, Full::new(Bytes::from(body)), max).await.map_err(|error| error.status())
    }

    #[tokio::test]
    async fn json_of_allowed_length_is_read() {
        let json = [(CONTENT_TYPE, "application/json; charset=utf-8"), (CONTENT_LENGTH, "2")];
        assert_eq!(read(&json, "{}", 2).await.unwrap(), "{}");
        assert_eq!(read(&[(TRANSFER_ENCODING, "chunked")], "{}", 2).await.unwrap(), "{}");
    }

    #[tokio::test]
    async fn other_types_lengths_and_missing_lengths_are_named() {
        assert_eq!(read(&[(CONTENT_TYPE, "text/plain"), (CONTENT_LENGTH, "2")], "{}", 2).await, Err(415));
        assert_eq!(read(&[(CONTENT_LENGTH, "3")], "{ }", 2).await, Err(413));
        assert_eq!(read(&[(TRANSFER_ENCODING, "chunked")], "{ }", 2).await, Err(413));
        assert_eq!(read(&[], "{}", 2).await, Err(411));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_a_timeout() {
        let headers = [(TRANSFER_ENCODING, "chunked".parse().unwrap())].into_iter().collect();
        let never = http_body_util::StreamBody::new(futures_util::stream::pending::<
            Result<http_body::Frame<Bytes>, std::convert::Infallible>,
        >());
        assert_eq!(read_json(&headers, never, 10).await.unwrap_err().status(), 408);
    }
}
