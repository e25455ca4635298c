//! The head of a task that reads a table: rows of splits, projected, with watermarks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Waker;

use arrow_array::Array;
use common::clock::Clock;
use common::config::{ConfigError, Configuration, Origin, options};
use connectors::ReaderContext;
use dataflow::operator_spec::{SourceSpec, WatermarkSpec};
use dataflow::{
    Batch, ExecutionAttemptId, Failure, MAX_WATERMARK, OperatorDescriptor, OperatorId, OperatorSnapshot, SourcePoll,
    SourceReader, Split, StreamElement,
};

use super::alignment::Alignment;
use super::chain::Chain;
use super::head::Polled;
use super::pace::Pace;
use crate::checkpointing::OperatorPart;
use crate::events::TaskEvents;
use crate::exchange::writer::MAX_ROWS;
use crate::metrics::{OperatorMetrics, TaskMetrics};
use crate::operators::OperatorContext;
use crate::operators::calc::Projection;
use crate::operators::watermark_expression::WatermarkExpression;
use crate::time::split_watermarks::SplitWatermarks;
use crate::time::valve::Passed;

/// Connectors whose readers make the watermarks in Flink, where a row without an event time just makes none. Behind any other source Flink has an
/// operator for them, which fails at such a row.
const WATERMARKS_IN_READER: [&str; 2] = ["kafka", "upsert-kafka"];

/// A source operator.
pub(crate) struct SourceHead {
    name: String,
    operator: OperatorId,
    attempt: ExecutionAttemptId,
    reader: Box<dyn SourceReader>,
    projection: Option<Projection>,
    watermarks: Option<SourceWatermarks>,
    clock: Clock,
    events: Arc<dyn TaskEvents>,
    metrics: Arc<TaskMetrics>,
    own_metrics: Arc<OperatorMetrics>,
    splits: SplitSupply,
    pace: Option<Pace>,
    /// When the pace lets the next row through, ms since the epoch.
    resume_at: Option<i64>,
    /// What was snapshotted, by checkpoint, until it is complete or aborted.
    snapshots: BTreeMap<u64, Vec<Split>>,
}

struct SourceWatermarks {
    expression: WatermarkExpression,
    /// The rowtime column, if a NULL in it fails the job.
    required_rowtime: Option<usize>,
    splits: SplitWatermarks,
    /// None when it waits for nobody.
    alignment: Option<Alignment>,
}

/// Whether the JobManager is to be asked for a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SplitSupply {
    MayAsk,
    Asked,
    NoMore,
}

impl SourceHead {
    pub(crate) fn new(
        descriptor: &OperatorDescriptor,
        spec: &SourceSpec,
        context: &OperatorContext,
        events: Arc<dyn TaskEvents>,
    ) -> Result<Self, Failure> {
        let reader_context = ReaderContext {
            subtask: context.attempt.subtask,
            parallelism: context.parallelism,
            job_name: context.job_name.clone(),
            config: context.config.clone(),
        };
        let reader = connectors::factory(&spec.connector.connector)?.create_reader(spec, &reader_context)?;
        Self::with_reader(descriptor, spec, context, events, reader)
    }

    pub(crate) fn with_reader(
        descriptor: &OperatorDescriptor,
        spec: &SourceSpec,
        context: &OperatorContext,
        events: Arc<dyn TaskEvents>,
        reader: Box<dyn SourceReader>,
    ) -> Result<Self, Failure> {
        let own_metrics = context.metrics.operator(descriptor);
        reader.metrics().into_iter().for_each(|metrics| own_metrics.watch(metrics));
        let projection = spec.projection.as_ref();
        let projection = projection.map(|p| Projection::new(p, &spec.read_type(), &context.eval)).transpose()?;
        let watermarks = match &spec.watermark {
            None => None,
            Some(watermark) => {
                Some(SourceWatermarks::new(watermark, &spec.connector.connector, context, &descriptor.output)?)
            }
        };
        Ok(Self {
            name: descriptor.name.clone(),
            operator: descriptor.id,
            attempt: context.attempt,
            reader,
            projection,
            watermarks,
            clock: context.clock.clone(),
            events,
            metrics: context.metrics.clone(),
            own_metrics,
            splits: SplitSupply::MayAsk,
            pace: pace(context)?,
            resume_at: None,
            snapshots: BTreeMap::new(),
        })
    }

    pub(crate) fn operator(&self) -> OperatorId {
        self.operator
    }

    /// Gives splits to the reader.
    pub(crate) fn add_splits(&mut self, splits: Vec<Split>, no_more_splits: bool) -> Result<(), Failure> {
        if let Some(watermarks) = &mut self.watermarks {
            let now = self.clock.now_millis();
            splits.iter().for_each(|split| watermarks.splits.add_split(Arc::from(split.id.as_str()), now));
        }
        if !splits.is_empty() {
            self.reader.add_splits(splits).map_err(|failure| self.blame(failure))?;
            self.splits = SplitSupply::MayAsk;
        }
        if no_more_splits {
            self.splits = SplitSupply::NoMore;
            self.reader.no_more_splits();
        }
        Ok(())
    }

    /// Reads one batch and gives it to the chain.
    pub(crate) fn poll(&mut self, chain: &mut Chain, waker: &Waker) -> Result<Polled, Failure> {
        if self.splits == SplitSupply::MayAsk && self.reader.wants_split() {
            self.splits = SplitSupply::Asked;
            self.events.request_split(self.attempt, self.operator);
        }
        self.resume_at = None;
        if self.watermarks.as_ref().is_some_and(SourceWatermarks::waits) {
            return Ok(Polled::Empty);
        }
        let max_rows = match self.pace.map(|pace| pace.allowed(self.clock.instant())) {
            Some(Err(at)) => {
                let wait = at.saturating_duration_since(self.clock.instant()).as_millis() as i64;
                self.resume_at = Some(self.clock.now_millis() + wait.max(1));
                return Ok(Polled::Empty);
            }
            Some(Ok(rows)) => rows.min(MAX_ROWS),
            None => MAX_ROWS,
        };
        let polled = self.reader.poll(max_rows, waker).map_err(|failure| self.blame(failure))?;
        self.own_metrics.set_decode_errors(self.reader.decode_errors());
        match polled {
            SourcePoll::Batch { split, batch } => {
                self.metrics.records_in.add(batch.num_rows() as u64);
                self.own_metrics.read(batch.num_rows(), self.clock.now_millis());
                if let Some(pace) = &mut self.pace {
                    pace.read(batch.num_rows(), self.clock.instant());
                }
                let batch = self.project(batch).map_err(|failure| self.blame(failure))?;
                self.emit(&split, batch, chain)?;
                Ok(Polled::Worked)
            }
            SourcePoll::SplitFinished(split) => {
                let passed = self.watermarks.as_mut().and_then(|watermarks| watermarks.splits.finish_split(&split));
                self.pass(passed, chain)?;
                self.align();
                Ok(Polled::Worked)
            }
            SourcePoll::Pending => Ok(Polled::Empty),
            SourcePoll::EndOfInput => {
                self.end(chain)?;
                Ok(Polled::Ended)
            }
        }
    }

    /// Ends the stream: no rows follow.
    pub(crate) fn end(&self, chain: &mut Chain) -> Result<(), Failure> {
        if self.watermarks.as_ref().is_some_and(|watermarks| watermarks.alignment.is_some()) {
            self.events.watermark(self.attempt, self.operator, MAX_WATERMARK);
        }
        self.pass([Passed::Watermark(MAX_WATERMARK)], chain)
    }

    /// The splits with their positions.
    pub(crate) fn snapshot(&mut self, checkpoint_id: u64) -> Result<OperatorPart, Failure> {
        let splits = self.reader.snapshot().map_err(|failure| self.blame(failure))?;
        self.snapshots.insert(checkpoint_id, splits.clone());
        Ok(OperatorPart { id: self.operator, snapshot: OperatorSnapshot::default(), splits })
    }

    /// Tells the reader of a complete checkpoint.
    pub(crate) fn checkpoint_completed(&mut self, checkpoint_id: u64) {
        let later = self.snapshots.split_off(&(checkpoint_id + 1));
        if let Some(splits) = std::mem::replace(&mut self.snapshots, later).get(&checkpoint_id) {
            self.reader.checkpoint_completed(splits);
        }
    }

    /// A checkpoint will never be complete.
    pub(crate) fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.snapshots.remove(&checkpoint_id);
    }

    fn project(&self, batch: Batch) -> Result<Batch, Failure> {
        self.projection.as_ref().map_or(Ok(batch.clone()), |projection| projection.apply(&batch))
    }

    /// Passes a batch on, with the watermarks that its rows lead to.
    fn emit(&mut self, split: &Arc<str>, batch: Batch, chain: &mut Chain) -> Result<(), Failure> {
        let Some(watermarks) = &mut self.watermarks else {
            return chain.process(0, batch);
        };
        let now = self.clock.now_millis();
        let SourceWatermarks { expression, splits, required_rowtime, .. } = watermarks;
        if required_rowtime.is_some_and(|column| batch.column(column).null_count() > 0) {
            return Err(self.blame(Failure::user(
                "RowTime field should not be null, please convert it to a non-null long value.",
            )));
        }
        let begin = splits.begin_batch(split, now);
        let cuts = splits.on_rows(split, now, |generator| expression.cuts(&batch, generator));
        let cuts = cuts.map_err(|failure| self.blame(failure))?;
        self.pass(begin, chain)?;
        let mut start = 0;
        for cut in cuts {
            chain.process(0, batch.slice(start, cut.rows - start))?;
            self.pass([Passed::Watermark(cut.watermark)], chain)?;
            start = cut.rows;
        }
        chain.process(0, batch.slice(start, batch.num_rows() - start))?;
        self.align();
        Ok(())
    }

    /// The others of its group are so far that it should not pass this watermark.
    pub(crate) fn align_watermarks(&mut self, limit: i64) {
        if let Some(alignment) = self.watermarks.as_mut().and_then(|watermarks| watermarks.alignment.as_mut()) {
            alignment.limit = Some(limit);
            self.align();
        }
    }

    /// Leaves splits unread that are too far, and takes those up again that are no longer.
    fn align(&mut self) {
        let Some(watermarks) = &mut self.watermarks else { return };
        let Some(limit) = watermarks.alignment.as_ref().and_then(|alignment| alignment.limit) else { return };
        for (split, paused) in watermarks.splits.pause_above(limit, self.clock.now_millis()) {
            self.reader.pause_split(&split, paused);
        }
        if let Some(latest) = watermarks.splits.latest() {
            self.own_metrics.set_watermark_alignment_drift(latest.saturating_sub(limit));
        }
    }

    fn pass(&self, passed: impl IntoIterator<Item = Passed>, chain: &mut Chain) -> Result<(), Failure> {
        for passed in passed {
            if let Passed::Watermark(watermark) = passed {
                self.metrics.set_watermark(watermark);
            }
            chain.emit(StreamElement::from(passed))?;
        }
        Ok(())
    }

    /// When [`on_timer`](Self::on_timer) is due, ms since the epoch.
    pub(crate) fn next_timer(&self) -> Option<i64> {
        let watermarks = self.watermarks.as_ref().and_then(|watermarks| watermarks.splits.next_timer());
        let alignment = self.watermarks.as_ref().and_then(|watermarks| watermarks.alignment.as_ref());
        [watermarks, alignment.map(|alignment| alignment.report_at), self.resume_at].into_iter().flatten().min()
    }

    /// The clock has reached `now`.
    pub(crate) fn on_timer(&mut self, now: i64, chain: &mut Chain) -> Result<(), Failure> {
        self.resume_at = None;
        let passed = self.watermarks.as_mut().map_or_else(Vec::new, |watermarks| watermarks.splits.on_timer(now));
        self.pass(passed, chain)?;
        let Some(watermarks) = &mut self.watermarks else { return Ok(()) };
        if let Some(alignment) = watermarks.alignment.as_mut().filter(|alignment| alignment.report_at <= now) {
            alignment.report_at = now + alignment.interval;
            watermarks.splits.sample();
            // One that is idle holds nobody back.
            let latest = if watermarks.splits.is_idle() { Some(MAX_WATERMARK) } else { watermarks.splits.latest() };
            if let Some(latest) = latest {
                self.events.watermark(self.attempt, self.operator, latest);
            }
        }
        self.align();
        Ok(())
    }

    fn blame(&self, failure: Failure) -> Failure {
        failure.context(format!("operator '{}' failed", self.name))
    }
}

/// `pipeline.source.max-rows-per-second`.
fn pace(context: &OperatorContext) -> Result<Option<Pace>, Failure> {
    let rows = job_config(context).get(&options::PIPELINE_SOURCE_MAX_ROWS_PER_SECOND).map_err(bad_option)?;
    Ok(Pace::new(rows, context.clock.instant()))
}

fn job_config(context: &OperatorContext) -> Configuration {
    Configuration::from_map(context.config.clone(), Origin::Job)
}

fn bad_option(error: ConfigError) -> Failure {
    Failure::user(error.to_string()).fatal()
}

impl SourceWatermarks {
    fn new(
        spec: &WatermarkSpec,
        connector: &str,
        context: &OperatorContext,
        output: &dataflow::RowType,
    ) -> Result<Self, Failure> {
        let samples = match spec.alignment {
            Some(_) => job_config(context)
                .get(&options::PIPELINE_WATERMARK_ALIGNMENT_BUFFER_SIZE)
                .map_err(bad_option)? as usize,
            None => 0,
        };
        Ok(Self {
            expression: WatermarkExpression::new(spec, output, &context.eval)?,
            required_rowtime: (!WATERMARKS_IN_READER.contains(&connector)).then_some(spec.rowtime),
            splits: SplitWatermarks::new(spec).sampled(samples),
            alignment: spec.alignment.as_ref().map(|spec| Alignment::new(spec, context.clock.now_millis())),
        })
    }

    /// Whether all that is left to read is above what the others of its group allow.
    fn waits(&self) -> bool {
        let limit = self.alignment.as_ref().and_then(|alignment| alignment.limit);
        limit.is_some_and(|limit| self.splits.oldest_sample() > limit)
    }
}
