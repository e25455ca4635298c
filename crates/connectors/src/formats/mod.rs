//! Formats: records as bytes to Arrow columns and back, chosen by a connector's `format` option.
//!
//! A format knows text and types; where records come from and how they are framed (lines of a file, messages of a topic) is the connector's.

pub mod cdc;
pub mod csv;
pub mod json;
pub mod raw;

mod base64_text;
mod column_builder;
mod decoder;
mod encoder;
mod format;
mod number_text;
mod origin;
mod single_value;
mod time_text;

pub use decoder::Decoder;
pub use encoder::{Encoder, EncoderRows};
pub use format::{FORMATS, Format};
pub use origin::{FilePlace, Origin};
pub(crate) use single_value::value_of_text;
