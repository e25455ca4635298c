//! Whether anybody listens at a TaskManager's address: what tells a broken connection from a dead process.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Tries before a port counts as closed.
const TRIES: u32 = 2;
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(100);

/// None when the address takes connections, else why not.
pub(super) async fn unreachable(address: &str) -> Option<String> {
    let mut why = None;
    for attempt in 0..TRIES {
        if attempt > 0 {
            sleep(PAUSE).await;
        }
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return None,
            Ok(Err(error)) => why = Some(error.to_string()),
            Err(_) => why = Some(format!("no connection within {} ms", CONNECT_TIMEOUT.as_millis())),
        }
    }
    why
}
