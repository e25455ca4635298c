//! All metrics of a task under Flink's names, for whoever asks. A buffer of Flink's is a batch here: what is counted in buffers counts batches.

use std::sync::atomic::Ordering;
use std::sync::{PoisonError, Weak};
use std::time::Instant;

use dataflow::metrics::TaskMetricsReport;
use dataflow::{ExecutionAttemptId, MIN_WATERMARK, Metric, MetricNumber};

use super::{TaskMetrics, WatchedInput};

/// The batches of the exchange of one task, or of all of a TaskManager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExchangeUse {
    /// Batches that may wait.
    pub capacity: u64,
    /// Batches that wait.
    pub batches: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl ExchangeUse {
    fn share(self) -> f64 {
        ratio(self.batches, self.capacity)
    }

    /// Of both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            capacity: self.capacity + other.capacity,
            batches: self.batches + other.batches,
            bytes: self.bytes + other.bytes,
        }
    }
}

impl WatchedInput {
    /// (batches in own credits, those in floating ones, bytes of both) of the channels from other TaskManagers.
    fn held(&self) -> (u64, u64, u64) {
        let held = self.remote.iter().filter_map(Weak::upgrade).map(|channel| channel.held());
        let held = held.map(|(batches, bytes)| (batches as u64, bytes as u64));
        let own = u64::from(self.own_credits);
        held.fold((0, 0, 0), |(exclusive, floating, bytes), (batches, size)| {
            (exclusive + batches.min(own), floating + batches.saturating_sub(own), bytes + size)
        })
    }

    fn exclusive_credits(&self) -> u64 {
        u64::from(self.own_credits) * self.remote.len() as u64
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl TaskMetrics {
    /// What waits in its output.
    pub(crate) fn output_use(&self) -> ExchangeUse {
        self.output_queues().fold(ExchangeUse::default(), |sum, queue| {
            let (batches, bytes) = queue.held();
            sum.and(ExchangeUse { capacity: queue.capacity() as u64, batches: batches as u64, bytes: bytes as u64 })
        })
    }

    /// What waits in its input and came from other TaskManagers; what did not waits in the output of its producer.
    pub(crate) fn input_use(&self) -> ExchangeUse {
        self.input.get().map_or_else(ExchangeUse::default, |input| {
            let (exclusive, floating, bytes) = input.held();
            let capacity = input.exclusive_credits() + u64::from(input.floating_credits);
            ExchangeUse { capacity, batches: exclusive + floating, bytes }
        })
    }

    pub(super) fn observe_buffers(&self, now: Instant) -> [f64; 7] {
        let local = self.bytes_in.get().saturating_sub(self.bytes_in_remote.get());
        let mails = self.mail.lock().unwrap_or_else(PoisonError::into_inner).count;
        let counts = [
            self.batches_in_local.get(),
            self.batches_in_remote.get(),
            self.output_queues().map(|queue| queue.pushed_batches()).sum(),
            local,
            self.bytes_in_remote.get(),
            self.fired_timers.get(),
            mails,
        ];
        self.buffer_rates.lock().unwrap_or_else(PoisonError::into_inner).observe(now, counts)
    }

    /// All metrics of the task and its operators. `now_ms` is since the epoch.
    pub(crate) fn report(&self, attempt: ExecutionAttemptId, now: Instant, now_ms: i64) -> TaskMetricsReport {
        let snapshot = self.snapshot(now);
        let mut metrics = snapshot.metrics();
        metrics.extend(self.buffers(now));
        metrics.extend(self.mailbox_metrics());
        metrics.extend([
            Metric::count("numFiredTimers", self.fired_timers.get()),
            Metric::count("initializationTime", self.initialization_ms.get()),
            Metric::count("maxSoftBackPressureTimeMs", self.time.longest_wait_ms(now)),
            Metric::count("checkpointStartDelayNanos", self.checkpoint_start_delay_ms.get() * 1_000_000),
        ]);
        if self.input.get().is_some() {
            metrics.push(Metric::count("checkpointAlignmentTime", self.checkpoint_alignment_ms.get() * 1_000_000));
            if self.watermark.load(Ordering::Relaxed) == MIN_WATERMARK {
                metrics.push(Metric::new("currentInputWatermark", MetricNumber::Count(MIN_WATERMARK)));
            }
        } else {
            // What a source shows as its watermark is that of its output, which is its operator's.
            metrics.retain(|metric| metric.name != "currentInputWatermark");
        }
        let mut operators: Vec<_> = self.operators().iter().map(|operator| operator.report(now, now_ms)).collect();
        // The bytes of a task are those of its first and its last operator.
        let take = |metrics: &mut Vec<Metric>, name: &str, value: MetricNumber| {
            metrics.iter_mut().filter(|metric| metric.name == name).for_each(|metric| metric.value = value.clone());
        };
        let (bytes_in, bytes_out) = (snapshot.bytes_in, snapshot.bytes_out);
        let count = |bytes: u64| MetricNumber::Count(i64::try_from(bytes).unwrap_or(i64::MAX));
        if let Some(first) = operators.first_mut() {
            take(&mut first.metrics, "numBytesIn", count(bytes_in));
            take(&mut first.metrics, "numBytesInPerSecond", MetricNumber::Rate(snapshot.rates.bytes_in));
        }
        if let Some(last) = operators.last_mut() {
            take(&mut last.metrics, "numBytesOut", count(bytes_out));
            take(&mut last.metrics, "numBytesOutPerSecond", MetricNumber::Rate(snapshot.rates.bytes_out));
        }
        TaskMetricsReport { attempt, metrics, operators }
    }

    fn buffers(&self, now: Instant) -> Vec<Metric> {
        let [local_rate, remote_rate, out_rate, bytes_local, bytes_remote, timers, mails] = self.observe_buffers(now);
        let (local, remote) = (self.batches_in_local.get(), self.batches_in_remote.get());
        let pushed = self.output_queues().map(|queue| queue.pushed_batches()).sum();
        let (output, input) = (self.output_use(), self.input_use());
        let watched = self.input.get();
        let (exclusive, floating, _) = watched.map_or((0, 0, 0), WatchedInput::held);
        let (own, shared) =
            watched.map_or((0, 0), |input| (input.exclusive_credits(), u64::from(input.floating_credits)));
        let mut metrics = vec![
            Metric::count("numBuffersOut", pushed),
            Metric::rate("numBuffersOutPerSecond", out_rate),
            Metric::rate("numFiredTimersPerSecond", timers),
            Metric::rate("mailboxMailsPerSecond", mails),
            Metric::rate("Shuffle.Netty.Input.Buffers.inPoolUsage", input.share()),
            Metric::rate("Shuffle.Netty.Input.Buffers.inputExclusiveBuffersUsage", ratio(exclusive, own)),
            Metric::rate("Shuffle.Netty.Input.Buffers.inputFloatingBuffersUsage", ratio(floating, shared)),
            Metric::count("Shuffle.Netty.Input.Buffers.inputQueueSize", input.bytes),
            Metric::rate("Shuffle.Netty.Output.Buffers.outPoolUsage", output.share()),
            Metric::count("Shuffle.Netty.Output.Buffers.outputQueueSize", output.bytes),
        ];
        for prefix in ["", "Shuffle.Netty.Input."] {
            metrics.extend([
                Metric::count(&format!("{prefix}numBuffersInLocal"), local),
                Metric::rate(&format!("{prefix}numBuffersInLocalPerSecond"), local_rate),
                Metric::count(&format!("{prefix}numBuffersInRemote"), remote),
                Metric::rate(&format!("{prefix}numBuffersInRemotePerSecond"), remote_rate),
                Metric::rate(&format!("{prefix}numBytesInLocalPerSecond"), bytes_local),
                Metric::rate(&format!("{prefix}numBytesInRemotePerSecond"), bytes_remote),
            ]);
        }
        metrics
    }

    fn mailbox_metrics(&self) -> [Metric; 2] {
        let mail = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        let latency = MetricNumber::Histogram { count: mail.count, recent: mail.recent.iter().copied().collect() };
        let waiting = self.mailbox.get().map_or(0, |mailbox| mailbox.len());
        [Metric::new("mailboxLatencyMs", latency), Metric::count("mailboxQueueSize", waiting as u64)]
    }
}
