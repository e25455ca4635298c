//! Patience with a JobManager that is away for a while: one that comes back goes on with its jobs.

use std::fmt;
use std::time::{Duration, Instant};

use common::backoff::{Backoff, BackoffPolicy};
use common::random::Random;

use super::ClusterClient;
use crate::output::remark;

/// How long it may be away.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSES: BackoffPolicy = BackoffPolicy {
    initial: Duration::from_millis(100),
    max: Duration::from_secs(2),
    multiplier: 2.0,
    jitter_factor: 0.1,
};

/// No JobManager answers, or it broke off while answering.
#[derive(Debug)]
pub(super) struct Unreachable(pub(super) String);

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreachable {}

impl ClusterClient {
    /// Asks something that changes nothing, and asks again while no JobManager answers.
    pub async fn patiently<T, F>(&self, ask: impl Fn() -> F) -> anyhow::Result<T>
    where
        F: Future<Output = anyhow::Result<T>>,
    {
        let began = Instant::now();
        let mut pauses = Backoff::new(PAUSES, Random::from_system());
        loop {
            match ask().await {
                Err(error) if error.is::<Unreachable>() && began.elapsed() < PATIENCE => {
                    if pauses.attempts() == 0 {
                        remark!("{error:#}. Waiting for it to come back.");
                    }
                    tokio::time::sleep(pauses.next_delay()).await;
                }
                answer => return answer,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use anyhow::anyhow;

    use super::*;

    #[tokio::test]
    async fn only_a_jobmanager_that_does_not_answer_is_asked_again() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let access = crate::rest_access::RestAccess::from_config(&common::config::Configuration::new()).unwrap();
        let client = ClusterClient::new(&closed.to_string(), &access).unwrap();
        let asked = Cell::new(0);
        let ask = || async {
            asked.set(asked.get() + 1);
            if asked.get() < 3 { client.overview().await.map(|_| "nobody") } else { Ok("somebody") }
        };
        assert_eq!((client.patiently(ask).await.unwrap(), asked.get()), ("somebody", 3));
        let refused: anyhow::Result<()> = client.patiently(|| async { Err(anyhow!("Job not found")) }).await;
        assert_eq!(refused.unwrap_err().to_string(), "Job not found");
    }
}
