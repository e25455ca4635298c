//! What a sink's task and librdkafka's threads share: the connection, and how much is on its way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use dataflow::Failure;
use rdkafka::client::ClientContext;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::ProducerContext;

/// Records on their way at most; with more, the sink is busy until half of them have arrived.
const MAX_IN_FLIGHT: usize = 100_000;
/// Bytes on their way at most.
const MAX_BYTES: usize = 32 << 20;

/// The first look at the brokers, made on a thread of its own.
#[derive(Debug, Clone)]
pub(super) enum Connection {
    Connecting,
    /// The topic is there and has so many partitions.
    Ready {
        partitions: u32,
    },
    /// No broker, no topic, or a record that was not delivered.
    Failed(Failure),
}

/// The shared state.
#[derive(Debug)]
pub(super) struct Deliveries(Mutex<State>);

#[derive(Debug)]
struct State {
    connection: Connection,
    /// Records handed to librdkafka whose delivery is not reported yet.
    in_flight: usize,
    bytes: usize,
    waker: Option<Waker>,
}

impl Deliveries {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State { connection: Connection::Connecting, in_flight: 0, bytes: 0, waker: None }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic of the other side leaves plain data behind, which is still consistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn connection(&self) -> Connection {
        self.lock().connection.clone()
    }

    /// What the first look at the brokers found.
    pub(super) fn connected(&self, connection: Connection) {
        let mut state = self.lock();
        if matches!(state.connection, Connection::Connecting) {
            state.connection = connection;
        }
        wake(state);
    }

    /// Counts a record before it is sent, because its delivery may be reported before sending returns.
    pub(super) fn begin(&self, size: usize) {
        let mut state = self.lock();
        state.in_flight += 1;
        state.bytes += size;
    }

    /// The record was not taken after all.
    pub(super) fn take_back(&self, size: usize) {
        let mut state = self.lock();
        state.in_flight -= 1;
        state.bytes -= size;
    }

    /// Whether there is room for more records; if not, `waker` will be woken.
    pub(super) fn has_room(&self, waker: &Waker) -> bool {
        let mut state = self.lock();
        let room = state.in_flight < MAX_IN_FLIGHT && state.bytes < MAX_BYTES;
        if !room {
            state.waker = Some(waker.clone());
        }
        room
    }

    /// Whether everything has arrived; if not, `waker` will be woken.
    pub(super) fn is_empty(&self, waker: &Waker) -> bool {
        let mut state = self.lock();
        if state.in_flight > 0 {
            state.waker = Some(waker.clone());
        }
        state.in_flight == 0
    }

    /// Has `waker` woken at the next change.
    pub(super) fn wake_later(&self, waker: &Waker) {
        self.lock().waker = Some(waker.clone());
    }

    fn end(&self, size: usize, failure: Option<Failure>) {
        let mut state = self.lock();
        state.in_flight -= 1;
        state.bytes -= size;
        match failure {
            Some(failure) if !matches!(state.connection, Connection::Failed(_)) => {
                state.connection = Connection::Failed(failure);
            }
            // Too much is still on its way for anybody to go on.
            _ if state.in_flight > MAX_IN_FLIGHT / 2 || (state.in_flight > 0 && state.bytes > MAX_BYTES / 2) => return,
            _ => {}
        }
        wake(state);
    }
}

fn wake(mut state: MutexGuard<'_, State>) {
    let waker = state.waker.take();
    drop(state);
    waker.into_iter().for_each(Waker::wake);
}

/// Receives the delivery reports of a producer.
pub(super) struct DeliveryReports {
    pub(super) deliveries: Arc<Deliveries>,
    /// Table and topic, for messages.
    pub(super) target: String,
}

impl ClientContext for DeliveryReports {}

impl ProducerContext for DeliveryReports {
    /// Size of the record.
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, size: usize) {
        let failure = result.as_ref().err().map(|(error, message)| {
            let partition = message.partition();
            Failure::external(format!("a record for partition {partition} of {} was not delivered", self.target))
                .caused_by(error)
        });
        self.deliveries.end(size, failure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_sink_has_room_again_when_half_has_arrived() {
        let deliveries = Deliveries::new();
        (0..MAX_IN_FLIGHT).for_each(|_| deliveries.begin(10));
        assert!(!deliveries.has_room(Waker::noop()));
        deliveries.end(10, None);
        assert!(deliveries.lock().waker.is_some(), "not woken before half has arrived");
        (0..MAX_IN_FLIGHT / 2).for_each(|_| deliveries.end(10, None));
        assert!(deliveries.lock().waker.is_none() && deliveries.has_room(Waker::noop()));
    }

    #[test]
    fn a_lost_record_fails_the_sink_and_wakes_it() {
        let deliveries = Deliveries::new();
        deliveries.connected(Connection::Ready { partitions: 1 });
        (0..MAX_IN_FLIGHT).for_each(|_| deliveries.begin(1));
        deliveries.wake_later(Waker::noop());
        deliveries.end(1, Some(Failure::external("lost")));
        deliveries.end(1, Some(Failure::external("lost again")));
        assert!(deliveries.lock().waker.is_none());
        assert!(matches!(deliveries.connection(), Connection::Failed(failure) if failure.message == "lost"));
    }
}
