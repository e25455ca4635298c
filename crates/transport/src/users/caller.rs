//! `Caller`: who a request is from.

use crate::http::Role;

/// Who a request is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its name; none when nobody was asked.
    pub name: Option<String>,
    /// What it may do.
    pub role: Role,
}

impl Caller {
    /// Somebody, where nobody is asked who they are.
    pub fn anybody() -> Self {
        Self { name: None, role: Role::Admin }
    }
}

impl std::fmt::Display for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} ({})", self.role),
            None => f.write_str("somebody"),
        }
    }
}
