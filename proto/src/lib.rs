//! The wire between processes: .proto files and the code generated from them.
//!
//! One of the two crates that carry a promise to the outside: [`WIRE_VERSION`] grows with every change that an older peer would misread.

/// The version that JobManager and TaskManager compare when one registers at the other, and JobManagers when they form a group.
pub const WIRE_VERSION: u32 = 4;

/// Largest gRPC message taken or sent, bytes: above the biggest frame that the exchange makes.
pub const MAX_MESSAGE_SIZE: usize = 256 << 20;

/// Generated messages and services.
#[allow(
    missing_docs,
    clippy::all,
    clippy::unwrap_used,
    rust_2018_idioms,
    reason = "generated from the .proto files, where the words are"
)]
pub mod v1 {
    tonic::include_proto!("flinkrs.v1");
}
