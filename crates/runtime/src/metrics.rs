//! The counters of a task: written by its thread and the exchange, read from outside at any time.

use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use dataflow::MIN_WATERMARK;
use dataflow::deployment::TaskMetricsSnapshot;

use crate::exchange::queue::ChannelQueue;
use crate::exchange::ready::ReadyChannels;
use crate::task::Place;

/// A count that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, count: u64) {
        self.0.store(count, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counters of one task, named as in [`TaskMetricsSnapshot`].
#[derive(Debug)]
pub(crate) struct TaskMetrics {
    pub(crate) records_in: Counter,
    pub(crate) records_out: Counter,
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    pub(crate) records_in_remote: Counter,
    pub(crate) bytes_in_remote: Counter,
    /// Shared with the operators that drop.
    pub(crate) late_records_dropped: Arc<AtomicU64>,
    pub(crate) decode_errors: Counter,
    /// Of the checkpoint that is under way.
    pub(crate) barriers_missing: Counter,
    watermark: AtomicI64,
    /// As [`watermark_alignment_drift`](TaskMetricsSnapshot::watermark_alignment_drift).
    drift: AtomicI64,
    pub(crate) time: TimeAccount,
    /// Where in its chain the task's thread is.
    pub(crate) place: Place,
    /// The parts of the chain, by their places.
    parts: OnceLock<Vec<String>>,
    input: OnceLock<Arc<ReadyChannels>>,
    outputs: OnceLock<Vec<Arc<ChannelQueue>>>,
}

impl TaskMetrics {
    /// Counters at zero; time counts from `start`.
    pub(crate) fn new(start: Instant) -> Self {
        Self {
            records_in: Counter::default(),
            records_out: Counter::default(),
            bytes_in: Counter::default(),
            bytes_out: Counter::default(),
            records_in_remote: Counter::default(),
            bytes_in_remote: Counter::default(),
            late_records_dropped: Arc::default(),
            decode_errors: Counter::default(),
            barriers_missing: Counter::default(),
            watermark: AtomicI64::new(MIN_WATERMARK),
            drift: AtomicI64::new(i64::MIN),
            time: TimeAccount::new(start),
            place: Place::default(),
            parts: OnceLock::new(),
            input: OnceLock::new(),
            outputs: OnceLock::new(),
        }
    }

    /// Names the parts of the chain.
    pub(crate) fn name_parts(&self, parts: Vec<String>) {
        // Set once, when the task is built.
        let _ = self.parts.set(parts);
    }

    /// The names of the parts of the chain; none before the task is built.
    pub(crate) fn parts(&self) -> Vec<String> {
        self.parts.get().cloned().unwrap_or_default()
    }

    /// What the task is at.
    pub(crate) fn activity(&self) -> Activity {
        match self.time.waiting_for.load(Ordering::Acquire) {
            1 => Activity::WaitingForInput,
            2 => Activity::WaitingForOutput,
            _ => Activity::Working(self.place.get()),
        }
    }

    /// Tells where batches wait for this task.
    pub(crate) fn watch_input(&self, channels: Arc<ReadyChannels>) {
        // Set once, when the task is built.
        let _ = self.input.set(channels);
    }

    /// Tells where batches of this task wait.
    pub(crate) fn watch_outputs(&self, queues: Vec<Arc<ChannelQueue>>) {
        let _ = self.outputs.set(queues);
    }

    pub(crate) fn set_watermark(&self, watermark: i64) {
        self.watermark.store(watermark, Ordering::Relaxed);
    }

    pub(crate) fn set_watermark_alignment_drift(&self, drift: i64) {
        self.drift.store(drift, Ordering::Relaxed);
    }

    /// All counters at `now`.
    pub(crate) fn snapshot(&self, now: Instant) -> TaskMetricsSnapshot {
        let watermark = self.watermark.load(Ordering::Relaxed);
        let drift = self.drift.load(Ordering::Relaxed);
        let (busy_ms, back_pressured_ms, idle_ms) = self.time.read(now);
        let queues = self.outputs.get().map_or(&[][..], Vec::as_slice);
        TaskMetricsSnapshot {
            records_in: self.records_in.get(),
            records_out: self.records_out.get(),
            bytes_in: self.bytes_in.get(),
            bytes_out: self.bytes_out.get(),
            records_in_remote: self.records_in_remote.get(),
            bytes_in_remote: self.bytes_in_remote.get(),
            late_records_dropped: self.late_records_dropped.load(Ordering::Relaxed),
            decode_errors: self.decode_errors.get(),
            watermark: (watermark != MIN_WATERMARK).then_some(watermark),
            watermark_alignment_drift: (drift != i64::MIN).then_some(drift),
            busy_ms,
            back_pressured_ms,
            idle_ms,
            input_queue_length: self.input.get().map_or(0, |input| input.queued_batches()) as u64,
            output_queue_length: queues.iter().map(|queue| queue.queued_batches() as u64).sum(),
            channels_without_credit: queues.iter().filter(|queue| queue.is_held_back()).count() as u64,
            barriers_missing: self.barriers_missing.get(),
            activity: self.parts.get().map(|parts| self.activity().name(parts).to_owned()).unwrap_or_default(),
        }
    }
}

/// What a task is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Activity {
    /// It works at this place of its chain.
    Working(usize),
    /// It is idle.
    WaitingForInput,
    /// It is back-pressured.
    WaitingForOutput,
}

impl Activity {
    /// What it is called in a chain of these parts.
    pub(crate) fn name(self, parts: &[String]) -> &str {
        match self {
            Activity::Working(position) => parts.get(position).or(parts.last()).map_or("", String::as_str),
            Activity::WaitingForInput => "waiting for input",
            Activity::WaitingForOutput => "waiting for room in the output",
        }
    }
}

/// What a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Input: the task is idle.
    Input,
    /// Output: the task is back-pressured.
    Output,
    /// An operator of its own, such as a sink whose system is slow: the task is busy.
    Operator,
}

/// Where a task's time goes, as Flink measures it: busy is what is neither idle nor back-pressured. A wait that is going on counts already.
#[derive(Debug)]
pub(crate) struct TimeAccount {
    start: Instant,
    idle_nanos: AtomicU64,
    back_pressured_nanos: AtomicU64,
    /// 0: working, 1: waiting for input, 2: for output.
    waiting_for: AtomicU8,
    waiting_since_nanos: AtomicU64,
    /// Set when the task has ended: time stands still from then on.
    end_nanos: AtomicU64,
}

impl TimeAccount {
    fn new(start: Instant) -> Self {
        Self {
            start,
            idle_nanos: AtomicU64::new(0),
            back_pressured_nanos: AtomicU64::new(0),
            waiting_for: AtomicU8::new(0),
            waiting_since_nanos: AtomicU64::new(0),
            end_nanos: AtomicU64::new(u64::MAX),
        }
    }

    fn nanos(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.start).as_nanos() as u64
    }

    /// The task begins to wait.
    pub(crate) fn wait(&self, wait: Wait, now: Instant) {
        self.waiting_since_nanos.store(self.nanos(now), Ordering::Relaxed);
        let waiting_for = match wait {
            Wait::Operator => 0,
            Wait::Input => 1,
            Wait::Output => 2,
        };
        self.waiting_for.store(waiting_for, Ordering::Release);
    }

    /// The task goes on.
    pub(crate) fn resume(&self, now: Instant) {
        let waited = self.nanos(now).saturating_sub(self.waiting_since_nanos.load(Ordering::Relaxed));
        match self.waiting_for.swap(0, Ordering::AcqRel) {
            1 => self.idle_nanos.fetch_add(waited, Ordering::Relaxed),
            2 => self.back_pressured_nanos.fetch_add(waited, Ordering::Relaxed),
            _ => 0,
        };
    }

    /// The task has ended.
    pub(crate) fn stop(&self, now: Instant) {
        self.end_nanos.store(self.nanos(now), Ordering::Relaxed);
    }

    /// (busy, back-pressured, idle) in ms.
    fn read(&self, now: Instant) -> (u64, u64, u64) {
        let now = self.nanos(now).min(self.end_nanos.load(Ordering::Relaxed));
        let (mut idle, mut back_pressured) =
            (self.idle_nanos.load(Ordering::Relaxed), self.back_pressured_nanos.load(Ordering::Relaxed));
        let waiting = now.saturating_sub(self.waiting_since_nanos.load(Ordering::Relaxed));
        match self.waiting_for.load(Ordering::Acquire) {
            1 => idle += waiting,
            2 => back_pressured += waiting,
            _ => {}
        }
        let to_ms = |nanos: u64| nanos / 1_000_000;
        (to_ms(now.saturating_sub(idle + back_pressured)), to_ms(back_pressured), to_ms(idle))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn time_is_busy_unless_waited() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let account = TimeAccount::new(start);
        account.wait(Wait::Input, at(10));
        assert_eq!(account.read(at(15)), (10, 0, 5), "a wait that is going on counts");
        account.resume(at(30));
        account.wait(Wait::Output, at(40));
        account.resume(at(100));
        assert_eq!(account.read(at(110)), (30, 60, 20));
        account.stop(at(110));
        assert_eq!(account.read(at(500)), (30, 60, 20));
    }
}
