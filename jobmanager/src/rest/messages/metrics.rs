//! Metrics: names, values, and values aggregated over several owners.

use serde::{Deserialize, Serialize};

/// A metric's name, when nothing was asked for by `get`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricId {
    /// Name.
    pub id: String,
}

/// A metric's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricValue {
    /// Name.
    pub id: String,
    /// The value as text.
    pub value: String,
}

/// A metric over several owners; the aggregates that were not asked for are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct AggregatedMetric {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub avg: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sum: Option<f64>,
    /// How unequal the owners are, 0 to 100: sum of the distances from the mean over twice the sum.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub skew: Option<f64>,
}
