//! SQL: `table.*`.

use std::time::Duration;

use crate::config::ConfigEnum;

/// What a sink does with NULL in a NOT NULL column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNullEnforcer {
    /// The job fails.
    Error,
    /// The row is dropped.
    Drop,
}

impl ConfigEnum for NotNullEnforcer {
    const NAMES: &'static [(&'static str, Self)] = &[("ERROR", Self::Error), ("DROP", Self::Drop)];
}

/// What a sink does with text and bytes whose length is not the column's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeLengthEnforcer {
    /// They are written as they are.
    Ignore,
    /// They are cut or filled up.
    TrimPad,
    /// The job fails.
    Error,
}

impl ConfigEnum for TypeLengthEnforcer {
    const NAMES: &'static [(&'static str, Self)] =
        &[("IGNORE", Self::Ignore), ("TRIM_PAD", Self::TrimPad), ("ERROR", Self::Error)];
}

/// Whether a sink keeps what was written to it, so that late changes of other rows with the same primary key do not win.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpsertMaterialize {
    /// Never.
    None,
    /// Where the upsert key of the rows is not the primary key.
    Auto,
    /// Wherever there is a primary key.
    Force,
}

impl ConfigEnum for UpsertMaterialize {
    const NAMES: &'static [(&'static str, Self)] =
        &[("NONE", Self::None), ("AUTO", Self::Auto), ("FORCE", Self::Force)];
}

/// In how many phases aggregations run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggPhaseStrategy {
    /// As the planner thinks best: two, where that is possible.
    Auto,
    /// Sums on each side of the exchange.
    TwoPhase,
    /// All behind the exchange.
    OnePhase,
}

impl ConfigEnum for AggPhaseStrategy {
    const NAMES: &'static [(&'static str, Self)] =
        &[("AUTO", Self::Auto), ("TWO_PHASE", Self::TwoPhase), ("ONE_PHASE", Self::OnePhase)];
}

/// Whether the rows of a table with a primary key are brought to its writers by that key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SinkKeyedShuffle {
    /// Never.
    None,
    /// Where the sink's parallelism is not that of its input.
    Auto,
    /// Wherever the sink's parallelism is not 1.
    Force,
}

impl ConfigEnum for SinkKeyedShuffle {
    const NAMES: &'static [(&'static str, Self)] =
        &[("NONE", Self::None), ("AUTO", Self::Auto), ("FORCE", Self::Force)];
}

options! {
    TABLE_LOCAL_TIME_ZONE: String = "table.local-time-zone" default "default",
        "Time zone of the session, such as 'Europe/Berlin' or 'GMT-08:00'; 'default' is the system's.";
    TABLE_EXEC_MINI_BATCH_ENABLED: bool = "table.exec.mini-batch.enabled" default "false",
        "Whether unbounded operators gather rows before they touch state.";
    TABLE_EXEC_MINI_BATCH_ALLOW_LATENCY: Duration = "table.exec.mini-batch.allow-latency" default "PT0S",
        "Longest time that rows are gathered.";
    TABLE_EXEC_MINI_BATCH_SIZE: i64 = "table.exec.mini-batch.size" default "-1",
        "Most rows that are gathered.";
    TABLE_EXEC_SOURCE_IDLE_TIMEOUT: Duration = "table.exec.source.idle-timeout" default "PT0S",
        "Silence after which a source no longer holds watermarks back; 0 never.";
    TABLE_EXEC_STATE_TTL: Duration = "table.exec.state.ttl" default "PT0S",
        "Time after which state that was not updated may be dropped; 0 never.";
    TABLE_EXEC_INTERVAL_JOIN_MIN_CLEANUP_INTERVAL: Duration = "table.exec.interval-join.min-cleanup-interval" default "PT0S",
        "How much later than necessary an interval join looks at rows that match no more; pads of outer joins come later by it.";
    TABLE_EXEC_SINK_NOT_NULL_ENFORCER: NotNullEnforcer = "table.exec.sink.not-null-enforcer" default "ERROR",
        "What a sink does with NULL in a NOT NULL column.";
    TABLE_EXEC_SINK_TYPE_LENGTH_ENFORCER: TypeLengthEnforcer = "table.exec.sink.type-length-enforcer" default "IGNORE",
        "What a sink does with text and bytes that are longer, or for CHAR and BINARY shorter, than the column's type says.";
    TABLE_OPTIMIZER_REUSE_SUB_PLAN_ENABLED: bool = "table.optimizer.reuse-sub-plan-enabled" default "true",
        "Whether equal parts of a plan run once.";
    TABLE_OPTIMIZER_REUSE_SOURCE_ENABLED: bool = "table.optimizer.reuse-source-enabled" default "true",
        "Whether a table that several parts of a plan read is read once; with table.optimizer.reuse-sub-plan-enabled only.";
    TABLE_OPTIMIZER_DISTINCT_AGG_SPLIT_ENABLED: bool = "table.optimizer.distinct-agg.split.enabled" default "false",
        "Whether aggregations with DISTINCT are split by buckets of their values, against keys that have very many.";
    TABLE_OPTIMIZER_DISTINCT_AGG_SPLIT_BUCKET_NUM: i32 = "table.optimizer.distinct-agg.split.bucket-num" default "1024",
        "How many buckets there are.";
    TABLE_OPTIMIZER_INCREMENTAL_AGG_ENABLED: bool = "table.optimizer.incremental-agg-enabled" default "true",
        "Whether the phases between both halves of an aggregation with DISTINCT that is split become one; in mini-batches.";
    TABLE_OPTIMIZER_AGG_PHASE_STRATEGY: AggPhaseStrategy = "table.optimizer.agg-phase-strategy" default "AUTO",
        "Whether aggregations sum up rows before they are brought together by key: windows of event time, and mini-batches.";
    TABLE_EXEC_SINK_UPSERT_MATERIALIZE: UpsertMaterialize = "table.exec.sink.upsert-materialize" default "AUTO",
        "Whether a sink keeps its rows, so that of those with one primary key the newest wins whatever order they come in.";
    TABLE_EXEC_SINK_KEYED_SHUFFLE: SinkKeyedShuffle = "table.exec.sink.keyed-shuffle" default "AUTO",
        "Whether rows are brought to the writers of a table by its primary key.";
    TABLE_EXEC_SINK_REQUIRE_ON_CONFLICT: bool = "table.exec.sink.require-on-conflict" default "true",
        "Whether INSERT needs ON CONFLICT where the upsert key of the rows is not the primary key.";
    TABLE_EXEC_RESOURCE_DEFAULT_PARALLELISM: i32 = "table.exec.resource.default-parallelism" default "-1",
        "Parallelism of SQL jobs; -1 takes parallelism.default.";
    TABLE_DML_SYNC: bool = "table.dml-sync" default "false",
        "Whether INSERT waits for its job's end.";
    TABLE_CATALOG_STORE_KIND: String = "table.catalog-store.kind" default "generic_in_memory",
        "Where CREATE CATALOG is remembered: generic_in_memory (the session) or jobmanager.";
    TABLE_PLAN_FORCE_RECOMPILE: bool = "table.plan.force-recompile" default "false",
        "Whether COMPILE PLAN may write over a file.";
}
