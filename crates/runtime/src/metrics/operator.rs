//! The counters of an operator: written by the thread of its task, read from outside at any time.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use dataflow::metrics::OperatorMetricsReport;
use dataflow::{ConnectorMetrics, MIN_WATERMARK, Metric, MetricNumber, OperatorDescriptor, OperatorId, OperatorSpec};

use super::Counter;
use super::rates::RateWindow;

/// What an operator is in Flink's eyes, which decides what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Source,
    Inner,
    /// Writes a table: what it takes it sends.
    Writer,
}

/// The counters of one operator.
pub(crate) struct OperatorMetrics {
    id: OperatorId,
    name: String,
    role: Role,
    records_in: Counter,
    records_out: Counter,
    bytes_sent: Counter,
    decode_errors: Counter,
    input_watermark: AtomicI64,
    output_watermark: AtomicI64,
    late_records_dropped: Arc<AtomicU64>,
    /// Whether it may drop late rows, and counts them.
    drops_late: AtomicBool,
    /// As in [`set_watermark_alignment_drift`](Self::set_watermark_alignment_drift); the lowest number when it waits for no others.
    watermark_alignment_drift: AtomicI64,
    /// When a source read something last, ms since the epoch; 0 before.
    read_at: AtomicI64,
    connector: OnceLock<Arc<dyn ConnectorMetrics>>,
    rates: Mutex<RateWindow<3>>,
}

impl OperatorMetrics {
    /// Of an operator that begins at `start`.
    pub(super) fn new(descriptor: &OperatorDescriptor, start: Instant) -> Self {
        let role = match &descriptor.spec {
            OperatorSpec::Sink(_) | OperatorSpec::Collect => Role::Writer,
            spec if spec.is_source() => Role::Source,
            _ => Role::Inner,
        };
        Self {
            id: descriptor.id,
            name: descriptor.name.clone(),
            role,
            records_in: Counter::default(),
            records_out: Counter::default(),
            bytes_sent: Counter::default(),
            decode_errors: Counter::default(),
            input_watermark: AtomicI64::new(MIN_WATERMARK),
            output_watermark: AtomicI64::new(MIN_WATERMARK),
            late_records_dropped: Arc::default(),
            drops_late: AtomicBool::new(false),
            watermark_alignment_drift: AtomicI64::new(i64::MIN),
            read_at: AtomicI64::new(0),
            connector: OnceLock::new(),
            rates: Mutex::new(RateWindow::new(start)),
        }
    }

    pub(super) fn id(&self) -> OperatorId {
        self.id
    }

    #[inline]
    pub(crate) fn took(&self, rows: usize) {
        self.records_in.add(rows as u64);
    }

    #[inline]
    pub(crate) fn emitted(&self, rows: usize) {
        self.records_out.add(rows as u64);
    }

    /// A source has read rows, at `now` in ms since the epoch.
    pub(crate) fn read(&self, rows: usize, now: i64) {
        self.took(rows);
        self.read_at.store(now, Ordering::Relaxed);
    }

    /// A sink has written bytes of rows.
    pub(crate) fn sent(&self, bytes: usize) {
        self.bytes_sent.add(bytes as u64);
    }

    pub(crate) fn set_decode_errors(&self, count: u64) {
        self.decode_errors.set(count);
    }

    pub(super) fn decode_errors(&self) -> u64 {
        self.decode_errors.get()
    }

    pub(crate) fn watermark_in(&self, watermark: i64) {
        self.input_watermark.store(watermark, Ordering::Relaxed);
    }

    pub(crate) fn watermark_out(&self, watermark: i64) {
        self.output_watermark.store(watermark, Ordering::Relaxed);
    }

    /// How far a source is above the watermark that it should not pass, ms.
    pub(crate) fn set_watermark_alignment_drift(&self, drift: i64) {
        self.watermark_alignment_drift.store(drift, Ordering::Relaxed);
    }

    /// What its connector measures is part of its metrics from now on.
    pub(crate) fn watch(&self, connector: Arc<dyn ConnectorMetrics>) {
        // Set once, when the task is built.
        let _ = self.connector.set(connector);
    }

    /// The count of late rows, for the operator that drops them.
    pub(super) fn late_records(&self) -> Arc<AtomicU64> {
        self.drops_late.store(true, Ordering::Relaxed);
        self.late_records_dropped.clone()
    }

    pub(super) fn late_records_dropped(&self) -> u64 {
        self.late_records_dropped.load(Ordering::Relaxed)
    }

    /// How fast its counters grew.
    pub(super) fn observe(&self, now: Instant) -> [f64; 3] {
        let counts = [self.records_in.get(), self.records_out.get(), self.late_records_dropped()];
        self.rates.lock().unwrap_or_else(PoisonError::into_inner).observe(now, counts)
    }

    /// All of its metrics. `now_ms` is since the epoch.
    pub(super) fn report(&self, now: Instant, now_ms: i64) -> OperatorMetricsReport {
        let [rate_in, rate_out, rate_late] = self.observe(now);
        let watermark = |of: &AtomicI64| of.load(Ordering::Relaxed);
        let (input, output) = (watermark(&self.input_watermark), watermark(&self.output_watermark));
        let number = |path: &str, value| Metric::new(path, MetricNumber::Count(value));
        let mut metrics = vec![
            Metric::count("numRecordsIn", self.records_in.get()),
            Metric::rate("numRecordsInPerSecond", rate_in),
            Metric::rate("numRecordsOutPerSecond", rate_out),
            // Rows go from one operator to the next as they are: bytes are those of the task.
            Metric::count("numBytesIn", 0),
            Metric::rate("numBytesInPerSecond", 0.0),
            Metric::rate("numBytesOutPerSecond", 0.0),
            number("currentOutputWatermark", output),
        ];
        if self.role != Role::Source {
            metrics.push(number("currentInputWatermark", input));
        }
        match self.role {
            Role::Writer => metrics.extend([
                Metric::count("numRecordsSend", self.records_out.get()),
                Metric::count("numBytesSend", self.bytes_sent.get()),
                // A row that cannot be written fails the job.
                Metric::count("numRecordsSendErrors", 0),
                Metric::count("numRecordsOutErrors", 0),
            ]),
            Role::Source | Role::Inner => {
                metrics.push(Metric::count("numRecordsOut", self.records_out.get()));
                metrics.push(Metric::count("numBytesOut", 0));
            }
        }
        if self.drops_late.load(Ordering::Relaxed) {
            metrics.push(Metric::count("numLateRecordsDropped", self.late_records_dropped()));
            metrics.push(Metric::rate("lateRecordsDroppedRate", rate_late));
            let latency = if input == MIN_WATERMARK { 0 } else { (now_ms - input).max(0) };
            metrics.push(number("watermarkLatency", latency));
        }
        if self.role == Role::Source {
            metrics.push(Metric::count("numRecordsInErrors", self.decode_errors()));
            if output != MIN_WATERMARK {
                metrics.push(number("watermarkLag", now_ms.saturating_sub(output)));
            }
            let drift = watermark(&self.watermark_alignment_drift);
            if drift != i64::MIN {
                metrics.push(number("watermarkAlignmentDrift", drift));
            }
            let read_at = self.read_at.load(Ordering::Relaxed);
            metrics.push(number("sourceIdleTime", if read_at == 0 { 0 } else { (now_ms - read_at).max(0) }));
        }
        metrics.extend(self.connector.get().into_iter().flat_map(|connector| connector.read()));
        OperatorMetricsReport { id: self.id, name: self.name.clone(), metrics }
    }
}

impl std::fmt::Debug for OperatorMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperatorMetrics").field("name", &self.name).finish_non_exhaustive()
    }
}
