//! When this node speaks as the leader, and when it stands for election. openraft's own timers are off: they are fixed when a node starts, and where
//! a machine is too busy for them no leader lasts, for each election that comes to nothing is the reason for the next one.
//!
//! - A leader speaks every fifth of the election timeout.
//! - Whoever follows stands for election when the leader has been silent for the election timeout and a random part of another one. A process that was
//!   killed leaves a machine that says so: then it is when the time is over that the others, too, wait before they vote.
//! - Whoever was told that others have entries that it lacks, and so cannot be elected, lets them stand first.
//! - Who stands again and again because of a silence that nothing explains, or is deposed while it leads, becomes [patient](Patience).

use std::io::ErrorKind;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use openraft::{ServerState, Vote};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tracing::info;

use super::command::NodeId;
use super::node::RaftNode;
use crate::job_store::Standing;

/// How long the machine may take to refuse a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(100);
/// How often nobody has to listen.
const REFUSALS: u32 = 2;
/// Between the elections of two members, so that they do not stand against one another.
const TURN: Duration = Duration::from_millis(15);
/// The parts of an election timeout that one stands later than another one, at random.
const SPREAD: std::ops::Range<f64> = 0.3..1.0;

/// For how many election timeouts one gives way to others that have more entries: each of them may stand more than once meanwhile.
const GIVES_WAY: u32 = 3;

/// How long a node waits for others, in multiples of the election timeout: it doubles with each setback that comes soon after the one before, and halves
/// when there was none for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    doublings: u32,
    since: Instant,
}

impl Patience {
    /// Two seconds by default.
    const MOST_DOUBLINGS: u32 = 3;
    /// In waits: a setback after this is not the doing of the one before.
    const CALM: u32 = 10;

    pub(super) fn new(now: Instant) -> Self {
        Self { doublings: 0, since: now }
    }

    /// A leader was not to be heard, or did not last.
    fn set_back(&mut self, now: Instant, election_timeout: Duration) {
        let is_calm =
            now.duration_since(self.since) >= Self::CALM * self.factor(now, election_timeout) * election_timeout;
        self.doublings = match is_calm {
            true => self.doublings_left(now, election_timeout),
            false => (self.doublings + 1).min(Self::MOST_DOUBLINGS),
        };
        self.since = now;
    }

    /// By how much the election timeout is to be multiplied.
    pub(super) fn factor(&self, now: Instant, election_timeout: Duration) -> u32 {
        1 << self.doublings_left(now, election_timeout)
    }

    fn doublings_left(&self, now: Instant, election_timeout: Duration) -> u32 {
        let (mut left, mut calm) = (self.doublings, now.duration_since(self.since));
        while left > 0 {
            let Some(rest) = calm.checked_sub(Self::CALM * (1 << left) * election_timeout) else { break };
            (left, calm) = (left - 1, rest);
        }
        left
    }
}

/// What the clock of a node has seen.
struct Seen {
    vote: Vote<NodeId>,
    /// When it became that.
    voted: Instant,
    spoke: Instant,
    /// How much later than others it stands.
    spread: f64,
}

impl RaftNode {
    /// Speaks as the leader, and stands for election, for as long as it is polled.
    pub async fn keep_time(&self) {
        let look = (self.inner.settings.election_timeout / 10).max(Duration::from_millis(5));
        let now = Instant::now();
        let mut seen = Seen { vote: self.metrics().borrow().vote, voted: now, spoke: now, spread: later() };
        loop {
            sleep(look).await;
            let (state, vote) = {
                let metrics = self.metrics();
                let metrics = metrics.borrow();
                (metrics.state, metrics.vote)
            };
            let now = Instant::now();
            if vote != seen.vote {
                let led = seen.vote.is_committed() && seen.vote.leader_id.node_id == self.inner.id;
                if led && vote.leader_id.term != seen.vote.leader_id.term {
                    self.note_setback(now);
                }
                seen = Seen { vote, voted: now, spread: later(), ..seen };
            }
            let raft = &self.inner.raft;
            let triggered = match state {
                ServerState::Leader if now.duration_since(seen.spoke) >= self.inner.settings.election_timeout / 5 => {
                    seen.spoke = now;
                    raft.trigger().heartbeat().await
                }
                ServerState::Follower | ServerState::Candidate if self.is_to_stand(&seen).await => {
                    raft.trigger().elect().await
                }
                _ => Ok(()),
            };
            if triggered.is_err() {
                return;
            }
        }
    }

    async fn is_to_stand(&self, seen: &Seen) -> bool {
        if self.is_catching_up() {
            return false;
        }
        let limit = self.inner.settings.election_timeout;
        if let Standing::Follows { leader: Some(leader) } = self.standing()
            && self.silence(seen) >= limit * 2 / 5
            && self.refuses(&leader).await
        {
            // It has been silent for as long as the others have, give or take a heartbeat.
            sleep((limit + TURN * self.turn(&leader)).saturating_sub(self.silence(seen))).await;
            let still = self.silence(seen) >= limit && self.metrics().borrow().vote == seen.vote;
            if still {
                info!("the JobManager at {leader} leads and is dead: standing for election");
            }
            return still;
        }
        let patience = limit * self.patience();
        // Nobody votes before a leader has been silent for so long; a candidate is nobody's leader yet.
        let lease = if seen.vote.is_committed() { patience } else { Duration::ZERO };
        let outrun = &self.inner.peers.outrun;
        let way = if outrun.load(Ordering::Acquire) { GIVES_WAY * patience } else { Duration::ZERO };
        let stands = self.silence(seen) >= lease + way + patience.mul_f64(seen.spread);
        if stands {
            outrun.store(false, Ordering::Release);
            self.note_setback(Instant::now());
        }
        stands
    }

    /// For how long neither a leader has spoken nor a vote was given.
    fn silence(&self, seen: &Seen) -> Duration {
        let heard = *self.inner.heard_leader.lock().unwrap_or_else(PoisonError::into_inner);
        heard.map_or(seen.voted, |heard| heard.max(seen.voted)).elapsed()
    }

    /// By how much all times are multiplied now.
    pub(super) fn patience(&self) -> u32 {
        let patience = *self.inner.patience.lock().unwrap_or_else(PoisonError::into_inner);
        patience.factor(Instant::now(), self.inner.settings.election_timeout)
    }

    fn note_setback(&self, now: Instant) {
        let mut patience = self.inner.patience.lock().unwrap_or_else(PoisonError::into_inner);
        patience.set_back(now, self.inner.settings.election_timeout);
    }

    pub(super) fn note_leader(&self) {
        *self.inner.heard_leader.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
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

fn later() -> f64 {
    rand::random_range(SPREAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Setbacks at these times, in election timeouts; the factor after each, and at the last time.
    fn factors(setbacks: &[u32], at: u32) -> (Vec<u32>, u32) {
        let (begin, limit) = (Instant::now(), Duration::from_millis(250));
        let mut patience = Patience::new(begin);
        let factors = setbacks.iter().map(|after| {
            let now = begin + *after * limit;
            patience.set_back(now, limit);
            patience.factor(now, limit)
        });
        let factors = factors.collect();
        (factors, patience.factor(begin + at * limit, limit))
    }

    #[test]
    fn setbacks_that_follow_one_another_make_patient() {
        for (setbacks, expected, at, later) in [
            (&[][..], &[][..], 100, 1),
            // One now and then is not unrest.
            (&[20, 40, 60], &[1, 1, 1], 60, 1),
            (&[20, 22, 24, 26, 28, 30], &[1, 2, 4, 8, 8, 8], 30, 8),
            // It is forgotten step by step, the longest wait first.
            (&[20, 22, 24], &[1, 2, 4], 24 + 39, 4),
            (&[20, 22, 24], &[1, 2, 4], 24 + 40, 2),
            (&[20, 22, 24], &[1, 2, 4], 24 + 60, 1),
            (&[20, 22, 24, 24 + 40], &[1, 2, 4, 2], 64, 2),
            (&[20, 22, 24, 24 + 60], &[1, 2, 4, 1], 84, 1),
        ] {
            assert_eq!(factors(setbacks, at), (expected.to_vec(), later), "{setbacks:?}");
        }
    }
}
