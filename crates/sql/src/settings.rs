//! The configuration keys that shape a plan, read and typed once per statement.

use std::collections::BTreeMap;
use std::time::Duration;

use ::expr::EvalContext;
use common::config::options::{
    AggPhaseStrategy, NotNullEnforcer as ConfiguredEnforcer, SinkKeyedShuffle, TypeLengthEnforcer as ConfiguredLength,
    UpsertMaterialize,
};
use common::config::options::{
    PARALLELISM_DEFAULT, PIPELINE_AUTO_WATERMARK_INTERVAL, PIPELINE_MAX_PARALLELISM, PIPELINE_NAME,
    PIPELINE_OPERATOR_CHAINING_ENABLED, TABLE_EXEC_INTERVAL_JOIN_MIN_CLEANUP_INTERVAL,
    TABLE_EXEC_MINI_BATCH_ALLOW_LATENCY, TABLE_EXEC_MINI_BATCH_ENABLED, TABLE_EXEC_MINI_BATCH_SIZE,
    TABLE_EXEC_RESOURCE_DEFAULT_PARALLELISM, TABLE_EXEC_SINK_KEYED_SHUFFLE, TABLE_EXEC_SINK_NOT_NULL_ENFORCER,
    TABLE_EXEC_SINK_REQUIRE_ON_CONFLICT, TABLE_EXEC_SINK_TYPE_LENGTH_ENFORCER, TABLE_EXEC_SINK_UPSERT_MATERIALIZE,
    TABLE_EXEC_SOURCE_IDLE_TIMEOUT, TABLE_EXEC_STATE_TTL, TABLE_OPTIMIZER_AGG_PHASE_STRATEGY,
    TABLE_OPTIMIZER_DISTINCT_AGG_SPLIT_BUCKET_NUM, TABLE_OPTIMIZER_DISTINCT_AGG_SPLIT_ENABLED,
    TABLE_OPTIMIZER_INCREMENTAL_AGG_ENABLED, TABLE_OPTIMIZER_REUSE_SOURCE_ENABLED,
    TABLE_OPTIMIZER_REUSE_SUB_PLAN_ENABLED,
};
use common::config::{ConfigError, Configuration, Origin};
use dataflow::operator_spec::{MiniBatch, NotNullEnforcer, TypeLengthEnforcer};

/// What the planner reads of the configuration.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Parallelism of operators that can run in parallel.
    pub parallelism: u32,
    /// Number of key groups, when set.
    pub max_parallelism: Option<u32>,
    /// Whether operators are chained.
    pub chaining: bool,
    /// The job's name, when set.
    pub job_name: Option<String>,
    /// Time between watermarks, ms.
    pub watermark_interval_ms: u64,
    /// Silence after which a source is idle, ms; 0 never.
    pub idle_timeout_ms: u64,
    /// Time to keep idle state, ms; 0 for ever.
    pub state_ttl_ms: u64,
    /// How much later than necessary interval joins forget rows, ms.
    pub interval_join_cleanup_ms: u64,
    /// Mini-batches, when enabled.
    pub mini_batch: Option<MiniBatchSettings>,
    /// Into how many buckets DISTINCT aggregations are split, when they are.
    pub distinct_buckets: Option<i64>,
    /// Whether the phases between the halves of a split aggregation become one.
    pub incremental: bool,
    /// Whether aggregations may run in two phases.
    pub two_phase: bool,
    /// What sinks do with NULL in NOT NULL columns.
    pub not_null: NotNullEnforcer,
    /// What sinks do with values of another length than their column's.
    pub type_length: TypeLengthEnforcer,
    /// Whether equal parts of a plan run once.
    pub reuse_sub_plan: bool,
    /// Whether that holds for sources by themselves.
    pub reuse_source: bool,
    /// Whether sinks keep their rows.
    pub upsert_materialize: UpsertMaterialize,
    /// Whether sinks are fed by primary key.
    pub keyed_shuffle: SinkKeyedShuffle,
    /// Whether INSERT needs ON CONFLICT where keys differ.
    pub require_on_conflict: bool,
    /// Zone and clock.
    pub context: EvalContext,
}

/// When a mini-batch ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MiniBatchSettings {
    /// By rows.
    pub bounds: MiniBatch,
    /// By time, ms.
    pub latency_ms: u64,
}

/// A value that cannot be planned with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// It does not parse.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It parses and makes no sense.
    #[error("{0}")]
    Value(String),
}

impl Settings {
    /// The settings of this configuration.
    pub fn new(config: &BTreeMap<String, String>) -> Result<Self, SettingsError> {
        let typed = Configuration::from_map(config.clone(), Origin::Job);
        let default: i32 = typed.get(&TABLE_EXEC_RESOURCE_DEFAULT_PARALLELISM)?;
        let parallelism = match u32::try_from(default) {
            Ok(parallelism) if parallelism > 0 => parallelism,
            _ => typed.get(&PARALLELISM_DEFAULT)?,
        };
        if parallelism == 0 {
            return Err(SettingsError::Value("parallelism.default must be at least 1".into()));
        }
        let max: i32 = typed.get(&PIPELINE_MAX_PARALLELISM)?;
        let mini_batch = match typed.get(&TABLE_EXEC_MINI_BATCH_ENABLED)? {
            false => None,
            true => Some(mini_batch(&typed)?),
        };
        let not_null = match typed.get(&TABLE_EXEC_SINK_NOT_NULL_ENFORCER)? {
            ConfiguredEnforcer::Error => NotNullEnforcer::Error,
            ConfiguredEnforcer::Drop => NotNullEnforcer::Drop,
        };
        Ok(Self {
            parallelism,
            max_parallelism: u32::try_from(max).ok().filter(|&max| max > 0),
            chaining: typed.get(&PIPELINE_OPERATOR_CHAINING_ENABLED)?,
            job_name: typed.get(&PIPELINE_NAME)?,
            watermark_interval_ms: millis(typed.get(&PIPELINE_AUTO_WATERMARK_INTERVAL)?),
            idle_timeout_ms: millis(typed.get(&TABLE_EXEC_SOURCE_IDLE_TIMEOUT)?),
            state_ttl_ms: millis(typed.get(&TABLE_EXEC_STATE_TTL)?),
            interval_join_cleanup_ms: millis(typed.get(&TABLE_EXEC_INTERVAL_JOIN_MIN_CLEANUP_INTERVAL)?),
            mini_batch,
            distinct_buckets: match typed.get(&TABLE_OPTIMIZER_DISTINCT_AGG_SPLIT_ENABLED)? {
                true => Some(i64::from(typed.get(&TABLE_OPTIMIZER_DISTINCT_AGG_SPLIT_BUCKET_NUM)?)),
                false => None,
            },
            incremental: typed.get(&TABLE_OPTIMIZER_INCREMENTAL_AGG_ENABLED)?,
            two_phase: typed.get(&TABLE_OPTIMIZER_AGG_PHASE_STRATEGY)? != AggPhaseStrategy::OnePhase,
            not_null,
            type_length: match typed.get(&TABLE_EXEC_SINK_TYPE_LENGTH_ENFORCER)? {
                ConfiguredLength::Ignore => TypeLengthEnforcer::Ignore,
                ConfiguredLength::TrimPad => TypeLengthEnforcer::TrimPad,
                ConfiguredLength::Error => TypeLengthEnforcer::Error,
            },
            reuse_sub_plan: typed.get(&TABLE_OPTIMIZER_REUSE_SUB_PLAN_ENABLED)?,
            reuse_source: typed.get(&TABLE_OPTIMIZER_REUSE_SOURCE_ENABLED)?,
            upsert_materialize: typed.get(&TABLE_EXEC_SINK_UPSERT_MATERIALIZE)?,
            keyed_shuffle: typed.get(&TABLE_EXEC_SINK_KEYED_SHUFFLE)?,
            require_on_conflict: typed.get(&TABLE_EXEC_SINK_REQUIRE_ON_CONFLICT)?,
            context: EvalContext::from_config(config).map_err(|failure| SettingsError::Value(failure.message))?,
        })
    }
}

fn mini_batch(typed: &Configuration) -> Result<MiniBatchSettings, SettingsError> {
    let latency_ms = millis(typed.get(&TABLE_EXEC_MINI_BATCH_ALLOW_LATENCY)?);
    if latency_ms == 0 {
        return Err(SettingsError::Value(
            "MiniBatch Latency must be greater than 0 ms: set table.exec.mini-batch.allow-latency".into(),
        ));
    }
    let size = u64::try_from(typed.get(&TABLE_EXEC_MINI_BATCH_SIZE)?).ok().filter(|&size| size > 0);
    let size = size.ok_or_else(|| {
        SettingsError::Value("table.exec.mini-batch.size must be > 0 when table.exec.mini-batch.enabled is true".into())
    })?;
    Ok(MiniBatchSettings { bounds: MiniBatch { size }, latency_ms })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
