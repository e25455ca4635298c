//! The flinkrs binary: every role and every command.
