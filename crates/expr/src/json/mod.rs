//! JSON documents: what SQL's JSON functions and VARIANT read and write.
//!
//! Read as Jackson reads it for Flink: numbers keep their digits, a later entry of an object replaces an earlier one of the same key, and what
//! stands behind the document is not looked at. [`Reader`] goes over a text and builds nothing; [`Json`] is a tree; [`path`] finds values.

pub(crate) mod path;
mod reader;
mod value;

pub(crate) use reader::{Kind, Malformed, Reader, unescape};
pub(crate) use value::{Json, key_order, push_escaped, write_number, write_text};
