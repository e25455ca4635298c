//! Changes as JSON: `debezium-json`, `canal-json`, `maxwell-json`, `ogg-json`. The rows are those of the `json` format, in an envelope that says what
//! has become of them. What is written are inserts and deletions only, as in Flink: an update is a row that goes and one that comes.

mod decoder;
mod encoder;
mod envelope;
mod options;

pub use decoder::CdcDecoder;
pub use encoder::{CdcEncoder, CdcRows};
pub(crate) use envelope::Envelope;
pub use options::CdcOptions;
pub(crate) use options::{CANAL, COMMON, DEBEZIUM};
