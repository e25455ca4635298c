//! `/catalogs/:name`.

use serde::{Deserialize, Serialize};

/// `GET`: what is kept. `PUT`: what is to be kept instead of that version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogContent {
    /// Counts changes, from 1; 0: there is nothing yet.
    pub version: u64,
    /// As the planner writes it.
    pub document: String,
}

/// The answer to `PUT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogVersion {
    /// Of what is kept now.
    pub version: u64,
}
