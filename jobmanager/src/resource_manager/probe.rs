//! Whether anybody listens at a TaskManager's address: what tells a broken connection from a dead process.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Equal answers in a row that count. A process that dies closes its connections one after the other, so the first answer may be a last
/// sign of life.
const EQUAL_ANSWERS: u32 = 2;
/// Tries when answers keep changing.
const TRIES: u32 = 6;
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(100);

/// Why nobody can be at the address; none when somebody may be.
pub(super) async fn unreachable(address: &str) -> Option<String> {
    let (mut last, mut equal) = (None, 0);
    for _ in 0..TRIES {
        let answer = refusal(address).await;
        equal = if equal > 0 && answer.is_some() != Option::is_some(&last) { 1 } else { equal + 1 };
        last = answer;
        if equal == EQUAL_ANSWERS {
            break;
        }
        sleep(PAUSE).await;
    }
    last
}

/// Only the word of the machine itself counts, that nobody listens there. One that does not answer may be cut off, and run its tasks until its
/// time is over.
async fn refusal(address: &str) -> Option<String> {
    match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Some(error.to_string()),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_that_closes_a_moment_later_is_unreachable() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        assert_eq!(unreachable(&address).await, None);
        tokio::spawn(async move {
            sleep(Duration::from_millis(50)).await;
            drop(listener);
        });
        assert!(unreachable(&address).await.is_some());
    }
}
