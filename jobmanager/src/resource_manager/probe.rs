//! Whether anybody listens at a TaskManager's address: what tells a broken connection from a dead process.

use std::time::Duration;

use common::clock::Clock;

use crate::gateway::TaskManagerNetwork;

/// Equal answers in a row that count. A process that dies closes its connections one after the other, so the first answer may be a last
/// sign of life.
const EQUAL_ANSWERS: u32 = 2;
/// Tries when answers keep changing.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(100);

/// Why nobody can be at the address; none when somebody may be.
pub(super) async fn unreachable(network: &dyn TaskManagerNetwork, clock: &Clock, address: &str) -> Option<String> {
    let (mut last, mut equal) = (None, 0);
    for _ in 0..TRIES {
        let answer = network.refusal(address).await;
        equal = if equal > 0 && answer.is_some() != Option::is_some(&last) { 1 } else { equal + 1 };
        last = answer;
        if equal == EQUAL_ANSWERS {
            break;
        }
        clock.sleep(PAUSE).await;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::GrpcNetwork;

    #[tokio::test]
    async fn a_port_that_closes_a_moment_later_is_unreachable() {
        let clock = Clock::System;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        assert_eq!(unreachable(&GrpcNetwork::default(), &clock, &address).await, None);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            drop(listener);
        });
        assert!(unreachable(&GrpcNetwork::default(), &clock, &address).await.is_some());
    }
}
