//! The counters of a task and its operators: written by its thread and the exchange, read from outside at any time.

mod operator;
mod rates;
mod report;
mod time_account;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Instant;

use dataflow::deployment::{TaskMetricsSnapshot, TaskRates};
use dataflow::{MIN_WATERMARK, OperatorDescriptor, OperatorId};

use crate::exchange::connection::Receiving;
use crate::exchange::queue::ChannelQueue;
use crate::exchange::ready::ReadyChannels;
use crate::task::{Mailbox, Place};
pub(crate) use operator::OperatorMetrics;
use rates::RateWindow;
pub use report::ExchangeUse;
pub(crate) use time_account::{TimeAccount, Wait};

/// Of how many mails the latency is remembered.
const LATENCIES: usize = 128;

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
    start: Instant,
    pub(crate) records_in: Counter,
    pub(crate) records_out: Counter,
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    pub(crate) records_in_remote: Counter,
    pub(crate) bytes_in_remote: Counter,
    pub(crate) batches_in_local: Counter,
    pub(crate) batches_in_remote: Counter,
    /// Processing-time timers that came due.
    pub(crate) fired_timers: Counter,
    pub(crate) initialization_ms: Counter,
    /// Of the checkpoint that is under way.
    pub(crate) barriers_missing: Counter,
    /// Of the last checkpoint.
    pub(crate) checkpoint_start_delay_ms: Counter,
    pub(crate) checkpoint_alignment_ms: Counter,
    watermark: AtomicI64,
    pub(crate) time: TimeAccount,
    /// Where in its chain the task's thread is.
    pub(crate) place: Place,
    /// The parts of the chain, by their places.
    parts: OnceLock<Vec<String>>,
    operators: OnceLock<Vec<Arc<OperatorMetrics>>>,
    input: OnceLock<WatchedInput>,
    outputs: OnceLock<Vec<Arc<ChannelQueue>>>,
    mailbox: OnceLock<Arc<Mailbox>>,
    mail: Mutex<MailLatencies>,
    rates: Mutex<RateWindow<7>>,
    buffer_rates: Mutex<RateWindow<7>>,
}

/// Where batches wait for a task.
#[derive(Debug)]
pub(crate) struct WatchedInput {
    pub(crate) ready: Arc<ReadyChannels>,
    /// The channels from other TaskManagers.
    pub(crate) remote: Vec<Weak<Receiving>>,
    /// Credits that each of these has of its own.
    pub(crate) own_credits: u32,
    /// Those that they share.
    pub(crate) floating_credits: u32,
}

/// How long mails waited, ms.
#[derive(Debug, Default)]
struct MailLatencies {
    count: u64,
    recent: VecDeque<f64>,
}

impl TaskMetrics {
    /// Counters at zero; time counts from `start`.
    pub(crate) fn new(start: Instant) -> Self {
        Self {
            start,
            records_in: Counter::default(),
            records_out: Counter::default(),
            bytes_in: Counter::default(),
            bytes_out: Counter::default(),
            records_in_remote: Counter::default(),
            bytes_in_remote: Counter::default(),
            batches_in_local: Counter::default(),
            batches_in_remote: Counter::default(),
            fired_timers: Counter::default(),
            initialization_ms: Counter::default(),
            barriers_missing: Counter::default(),
            checkpoint_start_delay_ms: Counter::default(),
            checkpoint_alignment_ms: Counter::default(),
            watermark: AtomicI64::new(MIN_WATERMARK),
            time: TimeAccount::new(start),
            place: Place::default(),
            parts: OnceLock::new(),
            operators: OnceLock::new(),
            input: OnceLock::new(),
            outputs: OnceLock::new(),
            mailbox: OnceLock::new(),
            mail: Mutex::default(),
            rates: Mutex::new(RateWindow::new(start)),
            buffer_rates: Mutex::new(RateWindow::new(start)),
        }
    }

    /// Tells which operators the task has.
    pub(crate) fn describe_operators(&self, operators: &[OperatorDescriptor]) {
        let metrics = operators.iter().map(|operator| Arc::new(OperatorMetrics::new(operator, self.start)));
        // Set once, before the task is built; so are all others.
        let _ = self.operators.set(metrics.collect());
    }

    /// The counters of an operator; of their own when the task does not know it.
    pub(crate) fn operator(&self, descriptor: &OperatorDescriptor) -> Arc<OperatorMetrics> {
        let known = self.operators().iter().find(|operator| operator.id() == descriptor.id).cloned();
        known.unwrap_or_else(|| Arc::new(OperatorMetrics::new(descriptor, self.start)))
    }

    /// The count of late rows of an operator that drops them.
    pub(crate) fn late_records_of(&self, id: OperatorId) -> Arc<AtomicU64> {
        let operator = self.operators().iter().find(|operator| operator.id() == id);
        operator.map_or_else(Arc::default, |operator| operator.late_records())
    }

    fn operators(&self) -> &[Arc<OperatorMetrics>] {
        self.operators.get().map_or(&[], Vec::as_slice)
    }

    /// Names the parts of the chain.
    pub(crate) fn name_parts(&self, parts: Vec<String>) {
        let _ = self.parts.set(parts);
    }

    /// The names of the parts of the chain; none before the task is built.
    pub(crate) fn parts(&self) -> Vec<String> {
        self.parts.get().cloned().unwrap_or_default()
    }

    /// What the task is at.
    pub(crate) fn activity(&self) -> Activity {
        match self.time.waiting_for() {
            Some(Wait::Input) => Activity::WaitingForInput,
            Some(Wait::Output) => Activity::WaitingForOutput,
            Some(Wait::Operator) | None => Activity::Working(self.place.get()),
        }
    }

    /// Tells where batches wait for this task.
    pub(crate) fn watch_input(&self, input: WatchedInput) {
        let _ = self.input.set(input);
    }

    /// Tells where batches of this task wait.
    pub(crate) fn watch_outputs(&self, queues: Vec<Arc<ChannelQueue>>) {
        let _ = self.outputs.set(queues);
    }

    /// Tells where its mail is.
    pub(crate) fn watch_mailbox(&self, mailbox: Arc<Mailbox>) {
        let _ = self.mailbox.set(mailbox);
    }

    /// A mail was taken that had waited so long.
    pub(crate) fn took_mail(&self, waited_ms: f64) {
        let mut mail = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        mail.count += 1;
        if mail.recent.len() == LATENCIES {
            mail.recent.pop_front();
        }
        mail.recent.push_back(waited_ms);
    }

    pub(crate) fn set_watermark(&self, watermark: i64) {
        self.watermark.store(watermark, Ordering::Relaxed);
    }

    /// The counters and rates that others always know, at `now`.
    pub(crate) fn snapshot(&self, now: Instant) -> TaskMetricsSnapshot {
        let watermark = self.watermark.load(Ordering::Relaxed);
        let (busy_ms, back_pressured_ms, idle_ms) = self.time.read(now);
        let [records_in, records_out] = [self.records_in.get(), self.records_out.get()];
        let [bytes_in, bytes_out] = [self.bytes_in.get(), self.bytes_out.get()];
        let counts = [records_in, records_out, bytes_in, bytes_out, busy_ms, back_pressured_ms, idle_ms];
        let rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner).observe(now, counts);
        // Looked at with each report, so that they are known when somebody asks.
        for operator in self.operators() {
            let _ = operator.observe(now);
        }
        let _ = self.observe_buffers(now);
        TaskMetricsSnapshot {
            records_in,
            records_out,
            bytes_in,
            bytes_out,
            records_in_remote: self.records_in_remote.get(),
            bytes_in_remote: self.bytes_in_remote.get(),
            late_records_dropped: self.operators().iter().map(|operator| operator.late_records_dropped()).sum(),
            decode_errors: self.operators().iter().map(|operator| operator.decode_errors()).sum(),
            watermark: (watermark != MIN_WATERMARK).then_some(watermark),
            busy_ms,
            back_pressured_ms,
            idle_ms,
            input_queue_length: self.input.get().map_or(0, |input| input.ready.queued_batches()) as u64,
            output_queue_length: self.output_queues().map(ChannelQueue::queued_batches).sum::<usize>() as u64,
            rates: TaskRates {
                records_in: rates[0],
                records_out: rates[1],
                bytes_in: rates[2],
                bytes_out: rates[3],
                busy_ms: rates[4],
                back_pressured_ms: rates[5],
                idle_ms: rates[6],
            },
            is_back_pressured: self.time.waiting_for() == Some(Wait::Output),
            channels_without_credit: self.output_queues().filter(|queue| queue.is_held_back()).count() as u64,
            barriers_missing: self.barriers_missing.get(),
            activity: self.parts.get().map(|parts| self.activity().name(parts).to_owned()).unwrap_or_default(),
        }
    }

    fn output_queues(&self) -> impl Iterator<Item = &ChannelQueue> {
        self.outputs.get().into_iter().flatten().map(Arc::as_ref)
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
