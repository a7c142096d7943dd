//! Closing a connection whose client is still sending.
//!
//! A socket that is closed with unread bytes makes the kernel reset the connection. A client that sends its whole
//! request before it reads (most HTTP libraries do) then fails with a broken pipe and never sees the answer that
//! says what was wrong. So the rest is read and thrown away for a while.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

/// How long. On a local network the largest rest takes milliseconds; a client that dawdles longer has had its
/// answer all the time.
pub(super) const LINGER_TIME: Duration = Duration::from_secs(2);

/// How much: some times the largest body that a configuration is likely to allow. Who sends more by mistake is
/// reset, and who floods costs no more than this.
const LINGER_BYTES: usize = 32 * 1024 * 1024;

/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;

/// Reads and forgets what still comes, until the client has finished or the patience ends.
pub(super) async fn linger(mut stream: impl AsyncRead + Unpin) {
    // Elapsed or not: the connection is closed now.
    let _elapsed = timeout(LINGER_TIME, discard(&mut stream)).await;
}

/// The number of bytes thrown away.
async fn discard(stream: &mut (impl AsyncRead + Unpin)) -> usize {
    let mut buffer = vec![0; READ_BYTES];
    let mut n_discarded = 0;
    while n_discarded < LINGER_BYTES {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(n_read) => n_discarded += n_read,
        }
    }
    n_discarded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_ends_with_the_client_the_bytes_or_the_time() {
        assert_eq!(discard(&mut [0_u8; 40_000].as_slice()).await, 40_000);
        let n_endless = discard(&mut tokio::io::repeat(0)).await;
        assert!((LINGER_BYTES..LINGER_BYTES + READ_BYTES).contains(&n_endless), "{n_endless}");
        let started_at = tokio::time::Instant::now();
        let (_silent_client, server) = tokio::io::duplex(1);
        linger(server).await;
        assert_eq!(started_at.elapsed(), LINGER_TIME);
    }
}
