//! Identifiers of jobs, vertices, operators and execution attempts, rendered as Flink renders them: lower-case hex.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u128);

        impl $name {
            /// A new random id.
            pub fn random() -> Self {
                Self(rand::random())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if text.len() != 32 {
                    return Err(InvalidId(text.to_owned()));
                }
                u128::from_str_radix(text, 16).map(Self).map_err(|_| InvalidId(text.to_owned()))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{32}$" })
            }
        }
    };
}

/// An id that is not 32 hexadecimal digits.
#[derive(Debug, Clone, thiserror::Error)]
#[error("'{0}' is not an id of 32 hexadecimal digits")]
pub struct InvalidId(pub String);

hex_id!(
    /// A job.
    JobId
);
hex_id!(
    /// Something that a client has asked for and asks about again: a savepoint, a checkpoint.
    TriggerId
);
hex_id!(
    /// A job vertex: one operator chain, run as parallel subtasks.
    VertexId
);
hex_id!(
    /// An operator inside a vertex; stable across submissions of the same query, because state is found by it.
    OperatorId
);

impl From<OperatorId> for VertexId {
    /// A vertex is named after the head operator of its chain, as in Flink.
    fn from(head: OperatorId) -> Self {
        VertexId(head.0)
    }
}

/// The term of the leading JobManager; every command carries it and stale ones are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct LeaderEpoch(pub u64);

/// One attempt to run one subtask of one vertex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExecutionAttemptId {
    /// The job.
    pub job: JobId,
    /// The vertex.
    pub vertex: VertexId,
    /// Subtask index, from 0.
    pub subtask: u32,
    /// Attempt number, from 0; one more at each restart.
    pub attempt: u32,
}

impl fmt::Display for ExecutionAttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}_{}", self.job, self.vertex, self.subtask, self.attempt)
    }
}

/// What one attempt writes to one of its outputs; it has one subpartition per consuming subtask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PartitionId {
    /// The producing attempt.
    pub producer: ExecutionAttemptId,
    /// Which output edge of the producing vertex, from 0, in the order of the job graph's edges.
    pub output: u32,
}

impl fmt::Display for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.producer, self.output)
    }
}
