//! The flinkrs command.
fn main() {}
