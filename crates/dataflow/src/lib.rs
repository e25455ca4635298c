//! The book of contracts: what every room of flinkrs agrees on and nothing that runs.
//!
//! Ids, logical types and their Arrow layout, batches with row kinds, stream elements, key groups, typed expressions, operators as data
//! ([`OperatorSpec`]), the [`JobGraph`], deployment descriptors, and the authoring traits ([`Operator`], [`SourceReader`], [`SinkWriter`], ...).
//! It knows no threads, no network and no SQL text.

pub mod authoring;
pub mod batch;
pub mod binary_row;
pub mod checkpoint;
pub mod deployment;
pub mod element;
pub mod expression;
pub mod failure;
pub mod ids;
pub mod java_map;
pub mod java_number;
pub mod job_graph;
pub mod job_status;
pub mod key_group;
pub mod metrics;
pub mod operator_spec;
pub mod row_codec;
pub mod snapshot;
pub mod types;
mod zone;

pub use authoring::{
    Operator, Output, Progress, SinkWriter, SourcePoll, SourceReader, Split, SplitAssignment, SplitEnumerator,
};
pub use batch::{Batch, RowKind};
pub use checkpoint::CheckpointBarrier;
pub use element::{MAX_WATERMARK, MIN_WATERMARK, StreamElement, WatermarkStatus};
pub use expression::{AggregateCall, Expr, ExprKind, Literal};
pub use failure::{Failure, FailureDomain};
pub use ids::{ExecutionAttemptId, JobId, LeaderEpoch, OperatorId, PartitionId, TriggerId, VertexId};
pub use job_graph::{JobEdge, JobGraph, JobVertex, OperatorDescriptor, Partitioning};
pub use job_status::{ExecutionState, JobStatus};
pub use metrics::{ConnectorMetrics, Metric, MetricNumber};
pub use operator_spec::OperatorSpec;
pub use row_codec::{RowCodec, RowWriter};
pub use snapshot::{Committer, KeyedSnapshot, OperatorSnapshot, PreparedCommit, StateReader, StateStorage, Stateful};
pub use types::{Field, LogicalType, RowType, TimeAttribute, TypeKind};
pub use zone::Zone;
