//! Flink SQL text to JobGraph.
