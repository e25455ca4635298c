//! What the real Flink answers, and whether flinkrs agrees.
//!
//! [`case`] reads recorded cases, [`runner`] runs them on an embedded cluster, [`compare`] holds the answers against each other. [`process`] starts the
//! `flinkrs` binary and [`kafka`] a real broker for tests across processes. This is the top of the workspace: nothing depends on it.

pub mod answer;
pub mod case;
pub mod chaos;
pub mod compare;
pub mod failover;
pub mod group;
pub mod kafka;
pub mod phases;
pub mod process;
pub mod rescaling;
pub mod runner;
pub mod score;
