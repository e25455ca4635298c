//! How the processes of a cluster listen and are reached.
//!
//! [`http`] serves REST APIs: what a request has to be before anybody answers it, and how much a client may ask. [`users`] says who it is
//! from, [`rest`] has TLS for those servers and their clients. [`Internal`] is gRPC between the processes. What is answered is the business
//! of the rooms that own the APIs.

mod error;
pub mod http;
mod internal;
pub mod rest;
pub mod tls;
pub mod users;

pub use error::TransportError;
pub use internal::Internal;
