//! Reads request bodies, bounded in size and time.

use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use dragon_api::{ApiError, BODY};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http_body::Body;
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout, timeout_at};

/// A body must have arrived within this time: a client that drips it byte by byte holds a connection no
/// longer. On a loopback or local network the largest body takes milliseconds.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// For so long the rate of a body does not count: a slow start is no attack.
const BODY_GRACE: Duration = Duration::from_secs(3);

/// After that a body must have come at this rate, in bytes a second. The slowest mobile networks are faster, and a
/// request that stalls is over after the grace time.
const MIN_BODY_BYTES_PER_S: u32 = 4096;

/// Reads a JSON body of at most `max_bytes`.
pub(crate) async fn read_json<B>(headers: &HeaderMap, body: B, max_bytes: usize) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes, Error: Error + 'static> + Unpin,
{
    check_content_type(headers)?;
    check_content_encoding(headers)?;
    check_transfer_encoding(headers)?;
    check_length(headers, max_bytes)?;
    timeout(BODY_TIMEOUT, read_at_most(body, max_bytes))
        .await
        .unwrap_or(Err(ApiError::RequestTimeout { limit: BODY_TIMEOUT }))
}

fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let text = String::from_utf8_lossy(value.as_bytes());
    let mut parts = text.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_json = media_type == "application/json" || media_type.ends_with("+json");
    if is_json && parts.all(is_utf8_or_no_charset) {
        Ok(())
    } else {
        Err(ApiError::unsupported_media_type(&text))
    }
}

/// Whether a parameter of the media type leaves the text in UTF-8.
fn is_utf8_or_no_charset(parameter: &str) -> bool {
    match parameter.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => {
            let charset = charset.trim().trim_matches('"');
            ["utf-8", "utf8"].iter().any(|utf8| charset.eq_ignore_ascii_case(utf8))
        }
        _ => true,
    }
}

/// Nothing is unpacked here: a small body could become an endless one.
fn check_content_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    for value in headers.get_all(CONTENT_ENCODING) {
        let text = String::from_utf8_lossy(value.as_bytes());
        if !text.trim().eq_ignore_ascii_case("identity") {
            return Err(ApiError::unsupported_content_encoding(&text));
        }
    }
    Ok(())
}

/// Chunks, and nothing inside of them.
fn check_transfer_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    for value in headers.get_all(TRANSFER_ENCODING) {
        let text = String::from_utf8_lossy(value.as_bytes());
        if !text.trim().eq_ignore_ascii_case("chunked") {
            return Err(ApiError::unsupported_transfer_encoding(&text));
        }
    }
    Ok(())
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
    B: Body<Data = Bytes, Error: Error + 'static> + Unpin,
{
    let mut bytes = BytesMut::new();
    let started_at = Instant::now();
    loop {
        let next = timeout_at(started_at + allowed_for(bytes.len()), body.frame()).await;
        let Ok(next) = next else { return Err(too_slow(bytes.len(), started_at)) };
        let Some(frame) = next else { break };
        let frame = frame.map_err(|error| broken(&error, bytes.len()))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > max_bytes {
            return Err(ApiError::BodyTooLarge { limit_bytes: max_bytes });
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

/// How long so many bytes may take, until more must have come.
fn allowed_for(n_bytes: usize) -> Duration {
    const MICROS_PER_S: u64 = 1_000_000;
    let micros = (n_bytes as u64).saturating_mul(MICROS_PER_S) / u64::from(MIN_BODY_BYTES_PER_S);
    BODY_GRACE + Duration::from_micros(micros)
}

fn too_slow(n_bytes: usize, started_at: Instant) -> ApiError {
    ApiError::BodyTooSlow {
        n_bytes,
        elapsed: started_at.elapsed(),
        grace: BODY_GRACE,
        floor: MIN_BODY_BYTES_PER_S,
    }
}

/// What to say of a body that cannot be read on: it ended early, or its chunks are not chunks.
fn broken(error: &(dyn Error + 'static), n_bytes: usize) -> ApiError {
    let problem = if is_malformed(error) {
        format!("is not chunked as it says: after {n_bytes} bytes of content comes no valid chunk")
    } else {
        format!("ended after {n_bytes} bytes, before its announced length; send it whole")
    };
    ApiError::invalid(BODY, problem)
}

/// Whether the bytes that came were wrong, rather than too few: that is how hyper's decoder tells it.
fn is_malformed(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)) {
            return true;
        }
        cause = error.source();
    }
    false
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

    #[tokio::test]
    async fn text_in_another_charset_or_encoding_is_a_415() {
        let read_as = async |name: http::HeaderName, value| {
            read(&[(name, value), (CONTENT_LENGTH, "2")], "{}", 2).await.map(|_| ())
        };
        for value in ["application/json;charset=UTF-8", "application/json; Charset=\"utf8\"; x=y", "a/b+json"]
        {
            assert_eq!(read_as(CONTENT_TYPE, value).await, Ok(()), "{value}");
        }
        for value in
            ["application/json; charset=latin1", "application/json; x=y; charset=utf-16", "a; charset=utf-8"]
        {
            assert_eq!(read_as(CONTENT_TYPE, value).await, Err(415), "{value}");
        }
        assert_eq!(read_as(CONTENT_ENCODING, "Identity").await, Ok(()));
        for value in ["gzip", "identity, br", "deflate", ""] {
            assert_eq!(read_as(CONTENT_ENCODING, value).await, Err(415), "{value}");
        }
    }

    #[tokio::test]
    async fn broken_chunks_are_told_from_an_early_end() {
        let told = async |kind: io::ErrorKind| {
            let frames = [Ok(http_body::Frame::data(Bytes::from("{"))), Err(io::Error::from(kind))];
            let body = http_body_util::StreamBody::new(futures_util::stream::iter(frames));
            read_at_most(body, 10).await.unwrap_err().to_string()
        };
        for kind in [io::ErrorKind::InvalidInput, io::ErrorKind::InvalidData] {
            let said = told(kind).await;
            assert!(said.contains("not chunked as it says: after 1 bytes"), "{said}");
        }
        for kind in [io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset] {
            let said = told(kind).await;
            assert!(said.contains("ended after 1 bytes, before its announced length"), "{said}");
        }
    }

    /// The error for a chunked body of which a piece comes every so often, and after how long it came.
    async fn dripping(n_bytes: usize, every: Duration) -> (ApiError, Duration) {
        let headers = [(TRANSFER_ENCODING, "chunked".parse().unwrap())].into_iter().collect();
        let pieces = futures_util::stream::unfold((), move |()| async move {
            tokio::time::sleep(every).await;
            let piece = http_body::Frame::data(Bytes::from(vec![b' '; n_bytes]));
            Some((Ok::<_, std::convert::Infallible>(piece), ()))
        });
        let body = http_body_util::StreamBody::new(Box::pin(pieces));
        let started_at = Instant::now();
        let error = read_json(&headers, body, usize::MAX).await.unwrap_err();
        (error, started_at.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_below_the_rate_is_a_408_that_names_it() {
        // Nothing at all, a byte now and then, and a good beginning that stalls.
        for (n_bytes, every, n_came, after_ms) in
            [(1, 3600 * 1000, 0, 3000), (1, 100, 30, 3007), (4096, 2500, 4096, 4000)]
        {
            let (error, after) = dripping(n_bytes, Duration::from_millis(every)).await;
            assert_eq!((error.status(), error.code()), (408, "body_too_slow"));
            assert!(error.to_string().contains("4096 bytes a second"), "{error}");
            assert!(matches!(error, ApiError::BodyTooSlow { n_bytes, .. } if n_bytes == n_came), "{error}");
            assert!(after.as_millis().abs_diff(after_ms) < 20, "{after:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_above_the_rate_has_to_end_in_time_all_the_same() {
        let (error, after) = dripping(1000, Duration::from_millis(200)).await;
        assert_eq!((error.code(), after), ("request_timeout", BODY_TIMEOUT));
    }

    #[test]
    fn a_good_beginning_buys_time() {
        assert_eq!(allowed_for(0), BODY_GRACE);
        assert_eq!(allowed_for(8192), BODY_GRACE + Duration::from_secs(2));
    }
}
