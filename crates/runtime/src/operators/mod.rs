//! The operators, one file each, and how they are made from their specs.

mod aggregate_value;
mod bundle;
pub(crate) mod calc;
mod changelog;
mod collect;
mod deduplicate;
mod drop_update_before;
mod expand;
mod group_aggregate;
mod input_keys;
mod interval_join;
mod join;
mod lookup_join;
mod match_recognize;
mod mini_batch_assigner;
mod not_null;
mod ordered;
mod over_aggregate;
mod rank;
#[cfg(test)]
pub(crate) mod rescaling;
mod session_table_function;
mod sink;
mod sink_on_conflict;
mod sink_upsert_materializer;
pub(crate) mod state_environment;
mod stored_pairs;
mod temporal_join;
mod temporal_sort;
#[cfg(test)]
pub(crate) mod testing;
mod timed_state;
mod unnest;
pub(crate) mod values;
pub(crate) mod watermark_expression;
mod window_aggregate;
mod window_join;
mod window_rank;
mod window_table_function;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::clock::Clock;
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::WindowTime;
use dataflow::{ExecutionAttemptId, Failure, Operator, OperatorDescriptor, OperatorId, OperatorSpec, RowType};
use expr::EvalContext;

use crate::metrics::TaskMetrics;
use crate::results::ResultStores;
use state_environment::StateEnvironment;

/// What operators know of the task that they run in.
pub(crate) struct OperatorContext {
    pub(crate) attempt: ExecutionAttemptId,
    pub(crate) parallelism: u32,
    pub(crate) job_name: String,
    pub(crate) config: BTreeMap<String, String>,
    pub(crate) eval: EvalContext,
    pub(crate) clock: Clock,
    pub(crate) metrics: Arc<TaskMetrics>,
    pub(crate) results: Arc<ResultStores>,
    pub(crate) state: StateEnvironment,
    /// The checkpoint that the task is restored from.
    pub(crate) restored_checkpoint: Option<u64>,
    /// The state of its operators in it.
    pub(crate) restored: BTreeMap<OperatorId, OperatorSubtaskState>,
    /// Whether the task ends with a checkpoint.
    pub(crate) checkpointing: bool,
    /// Whether the job takes checkpoints by itself.
    pub(crate) periodic_checkpoints: bool,
}

impl OperatorContext {
    /// What an operator is restored from; empty when it starts from nothing.
    pub(crate) fn restored(&self, operator: OperatorId) -> OperatorSubtaskState {
        self.restored.get(&operator).cloned().unwrap_or_default()
    }
}

/// Makes an operator. `input` is what arrives at its first input.
pub(crate) fn create(
    descriptor: &OperatorDescriptor,
    input: &RowType,
    context: &OperatorContext,
) -> Result<Box<dyn Operator>, Failure> {
    let operator: Result<Box<dyn Operator>, Failure> = match &descriptor.spec {
        OperatorSpec::Calc(spec) => calc::Calc::new(spec, input, &context.eval).map(boxed),
        OperatorSpec::WindowTableFunction(spec) => {
            window_table_function::WindowTableFunction::new(spec, context.clock.clone()).map(boxed)
        }
        OperatorSpec::Expand(spec) => expand::Expand::new(spec, input, &context.eval).map(boxed),
        OperatorSpec::Unnest(spec) => unnest::Unnest::new(spec, input, &context.eval).map(boxed),
        OperatorSpec::WindowAggregate(spec) => {
            let late = context.metrics.late_records_of(descriptor.id);
            let (state, restored) = (context.keyed_state(descriptor.id)?, context.restored(descriptor.id));
            window_aggregate::WindowAggregate::new(spec, input, late, context.clock.clone(), state, &restored)
                .map(boxed)
        }
        OperatorSpec::ToChangelog(spec) => Ok(boxed(changelog::ToChangelog::new(spec))),
        OperatorSpec::FromChangelog(spec) => Ok(boxed(changelog::FromChangelog::new(spec))),
        OperatorSpec::DropUpdateBefore => Ok(boxed(drop_update_before::DropUpdateBefore)),
        OperatorSpec::SinkUpsertMaterializer(spec) => {
            let state = context.keyed_state(descriptor.id)?;
            sink_upsert_materializer::SinkUpsertMaterializer::new(spec, input, context.clock.clone(), state).map(boxed)
        }
        OperatorSpec::WatermarkTimestampAssigner(spec) => {
            Ok(boxed(sink_on_conflict::WatermarkTimestampAssigner::new(spec)))
        }
        OperatorSpec::WatermarkCompactingSinkMaterializer(spec) => {
            let state = context.keyed_state(descriptor.id)?;
            sink_on_conflict::WatermarkCompactingSinkMaterializer::new(spec, state).map(boxed)
        }
        OperatorSpec::Sink(spec) => sink::Sink::new(spec, descriptor, context).map(boxed),
        OperatorSpec::Collect => collect::Collect::new(descriptor, input, context).map(boxed),
        OperatorSpec::Source(_) | OperatorSpec::Values(_) => {
            Err(Failure::internal("a source can only be the head of a chain").fatal())
        }
        OperatorSpec::GroupAggregate(spec) => {
            let state = context.keyed_state(descriptor.id)?;
            group_aggregate::GroupAggregate::new(spec, input, context.clock.clone(), state).map(boxed)
        }
        OperatorSpec::MiniBatchAssigner(spec) => {
            Ok(boxed(mini_batch_assigner::MiniBatchAssigner::new(spec, context.clock.clone())))
        }
        OperatorSpec::LocalGroupAggregate(spec) => group_aggregate::LocalGroupAggregate::new(spec, input).map(boxed),
        OperatorSpec::GlobalGroupAggregate(spec) => {
            let state = context.keyed_state(descriptor.id)?;
            group_aggregate::GroupAggregate::global(spec, input, context.clock.clone(), state).map(boxed)
        }
        OperatorSpec::IncrementalGroupAggregate(spec) => {
            let state = context.keyed_state(descriptor.id)?;
            group_aggregate::IncrementalGroupAggregate::new(spec, input, context.clock.clone(), state).map(boxed)
        }
        OperatorSpec::LocalWindowAggregate(spec) => window_aggregate::LocalWindowAggregate::new(spec, input).map(boxed),
        OperatorSpec::GlobalWindowAggregate(spec) => {
            let late = context.metrics.late_records_of(descriptor.id);
            let (state, restored) = (context.keyed_state(descriptor.id)?, context.restored(descriptor.id));
            window_aggregate::WindowAggregate::global(spec, input, late, context.clock.clone(), state, &restored)
                .map(boxed)
        }
        OperatorSpec::Deduplicate(spec) => {
            let (state, clock) = (context.keyed_state(descriptor.id)?, context.clock.clone());
            let is_updated = spec.mini_batch.is_some() && spec.time != WindowTime::Proctime;
            if spec.keep_last || is_updated {
                deduplicate::LastRow::new(spec, input, clock, state).map(boxed)
            } else {
                let late = context.metrics.late_records_of(descriptor.id);
                let restored = context.restored(descriptor.id);
                deduplicate::FirstRow::new(spec, input, late, clock, state, &restored).map(boxed)
            }
        }
        OperatorSpec::Rank(spec) => {
            let state = context.keyed_state(descriptor.id)?;
            rank::Rank::new(spec, context.clock.clone(), state).map(boxed)
        }
        OperatorSpec::WindowRank(spec) => {
            let late = context.metrics.late_records_of(descriptor.id);
            let (state, restored) = (context.keyed_state(descriptor.id)?, context.restored(descriptor.id));
            window_rank::WindowRank::new(spec, late, state, &restored).map(boxed)
        }
        OperatorSpec::SessionTableFunction(spec) => {
            let late = context.metrics.late_records_of(descriptor.id);
            let (state, restored) = (context.keyed_state(descriptor.id)?, context.restored(descriptor.id));
            let clock = context.clock.clone();
            session_table_function::SessionTableFunction::new(spec, late, clock, state, &restored).map(boxed)
        }
        OperatorSpec::TemporalSort(spec) => {
            let late = context.metrics.late_records_of(descriptor.id);
            let (state, restored) = (context.keyed_state(descriptor.id)?, context.restored(descriptor.id));
            temporal_sort::TemporalSort::new(spec, late, context.clock.clone(), state, &restored).map(boxed)
        }
        OperatorSpec::OverAggregate(spec) => {
            let late = context.metrics.late_records_of(descriptor.id);
            let (state, restored) = (context.keyed_state(descriptor.id)?, context.restored(descriptor.id));
            over_aggregate::OverAggregate::new(spec, late, context.clock.clone(), state, &restored).map(boxed)
        }
        OperatorSpec::Match(spec) => {
            let late = context.metrics.late_records_of(descriptor.id);
            let (state, restored) = (context.keyed_state(descriptor.id)?, context.restored(descriptor.id));
            let clock = context.clock.clone();
            match_recognize::MatchRecognize::new(spec, &context.eval, late, clock, state, &restored).map(boxed)
        }
        OperatorSpec::NonTimeOverAggregate(spec) => {
            let state = context.keyed_state(descriptor.id)?;
            over_aggregate::NonTimeOverAggregate::new(spec, state).map(boxed)
        }
        OperatorSpec::Join(spec) => {
            let (state, restored) = (context.keyed_state(descriptor.id)?, context.restored(descriptor.id));
            join::Join::new(spec, &context.eval, context.clock.clone(), state, &restored).map(boxed)
        }
        OperatorSpec::IntervalJoin(spec) => {
            let state = context.keyed_state(descriptor.id)?;
            interval_join::IntervalJoin::new(spec, &context.eval, context.clock.clone(), state).map(boxed)
        }
        OperatorSpec::WindowJoin(spec) => {
            let late = context.metrics.late_records_of(descriptor.id);
            let (state, restored) = (context.keyed_state(descriptor.id)?, context.restored(descriptor.id));
            window_join::WindowJoin::new(spec, &context.eval, late, state, &restored).map(boxed)
        }
        OperatorSpec::LookupJoin(spec) => lookup_join::LookupJoin::new(spec, context).map(boxed),
        OperatorSpec::TemporalJoin(spec) => {
            let state = context.keyed_state(descriptor.id)?;
            temporal_join::TemporalJoin::new(spec, &context.eval, state).map(boxed)
        }
    };
    operator.map_err(|failure| failure.context(format!("operator '{}' cannot be set up", descriptor.name)))
}

fn boxed<O: Operator + 'static>(operator: O) -> Box<dyn Operator> {
    Box::new(operator)
}
