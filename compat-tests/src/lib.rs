//! What the real Flink answers, and whether flinkrs agrees.
