//! The REST API: Flink's paths and bodies.

pub mod messages;
