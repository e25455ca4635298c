//! Stands for election as soon as it is known that the leader is dead, and not only when its time is over: a process that was killed leaves a machine
//! that says so.
//!
//! The other members do not vote before the leader has been silent for the election timeout, so that is when it is tried. A leader that only hangs, or
//! that cannot be reached, is left to Raft's own timers.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tracing::info;

use super::node::RaftNode;
use crate::job_store::Standing;

/// How long the machine may take to refuse a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(100);
/// How often nobody has to listen.
const REFUSALS: u32 = 2;
/// Between the elections of two members, so that they do not stand against one another.
const TURN: Duration = Duration::from_millis(15);

impl RaftNode {
    /// Watches whoever leads, for as long as it is polled.
    pub async fn watch_leader(&self) {
        let limit = self.inner.settings.election_timeout;
        let look = (limit / 10).max(Duration::from_millis(5));
        loop {
            sleep(look).await;
            let Some(leader) = self.silent_leader(limit * 2 / 5) else { continue };
            if self.is_catching_up() || !self.refuses(&leader).await {
                continue;
            }
            // It has been silent for as long as the others have, give or take a heartbeat.
            let turn = TURN * self.turn(&leader);
            while self.silent_leader(limit + turn).as_ref() != Some(&leader) {
                if self.silent_leader(Duration::ZERO).as_ref() != Some(&leader) {
                    break;
                }
                sleep(Duration::from_millis(5)).await;
            }
            if self.silent_leader(limit).as_ref() == Some(&leader) {
                info!("the JobManager at {leader} leads and is dead: standing for election");
                if self.inner.raft.trigger().elect().await.is_err() {
                    return;
                }
                // A vote that was not won is a matter of Raft's timers.
                sleep(limit).await;
            }
        }
    }

    /// Who leads and has been silent for so long.
    fn silent_leader(&self, silence: Duration) -> Option<String> {
        let Standing::Follows { leader: Some(leader) } = self.standing() else { return None };
        let heard = *self.inner.heard_leader.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        heard.is_none_or(|heard| heard.elapsed() >= silence).then_some(leader)
    }

    pub(super) fn note_leader(&self) {
        *self.inner.heard_leader.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Instant::now());
    }

    async fn refuses(&self, address: &str) -> bool {
        for _ in 0..REFUSALS {
            match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
                Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {}
                Ok(_) | Err(_) => return false,
            }
            sleep(Duration::from_millis(5)).await;
        }
        true
    }

    /// Which of the members that are left this one is.
    fn turn(&self, leader: &str) -> u32 {
        let group = self.group();
        let others = group.members.iter().filter(|member| member.is_voter && member.address != leader);
        let mut addresses: Vec<&str> = others.map(|member| member.address.as_str()).collect();
        addresses.sort_unstable();
        addresses.iter().position(|address| *address == self.address()).unwrap_or(addresses.len()) as u32
    }
}
