//! The REST API, versions 1 to 4: Flink's paths and bodies.
//!
//! `server` speaks HTTP, `router` knows the paths, `result_body` writes pages of results; nothing is decided here.

mod error;
mod logical_type;
mod messages;
mod request;
mod result_body;
mod router;
mod server;

pub(crate) use request::Request;
pub(crate) use router::Router;
pub(crate) use server::serve;
