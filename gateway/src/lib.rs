//! The SQL gateway: sessions in which clients run SQL over HTTP, as Flink's SQL gateway has them.
//!
//! [`SqlGateway::start`] serves REST v1 to v4. A session is a [`sql::Session`]; a statement is an operation, whose results are fetched page by
//! page. Jobs run on a cluster, which the gateway knows as a [`Cluster`] only.
//!
//! ```text
//! rest (paths, bodies) --> service (sessions, operations) --> sql::Session (plans) --> Cluster (runs)
//!                               |                                                         |
//!                               +------------ results (pages, tokens) <---- rows ---------+
//! ```

mod cluster;
mod completion;
mod durable_catalogs;
mod gateway_api;
mod rest;
mod results;
mod service;
mod sql_gateway;
#[cfg(test)]
mod test_cluster;
mod throwable;

pub use cluster::{Cluster, JobSummary, KeptCatalog, ResultRows};
pub use durable_catalogs::DurableCatalogs;
pub use gateway_api::GatewayApi;
pub use sql_gateway::{SqlGateway, SqlGatewayError};
pub use throwable::Throwable;
