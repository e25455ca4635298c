//! Config, clock, shutdown and telemetry: what any server of flinkrs needs.
