//! `Role`: what somebody may do, and what a request needs.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use hyper::Method;

/// What somebody may do; each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Runs jobs and SQL.
    Operator,
    /// Changes the cluster itself.
    Admin,
}

/// Which role a request for this path needs. One that needs more than [`Role::Viewer`] changes something, or shows what only those may see who
/// may change things. None where anybody may ask, under any name of the server, since the answer tells nothing but that it is there.
pub type Access = Arc<dyn Fn(&Method, &str) -> Option<Role> + Send + Sync>;

impl Role {
    /// The role that methods alone tell: who asks, views; all else is done by those who operate.
    pub fn of_method(method: &Method) -> Role {
        match *method {
            Method::GET | Method::HEAD | Method::OPTIONS => Role::Viewer,
            _ => Role::Operator,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        })
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "viewer" => Ok(Role::Viewer),
            "operator" => Ok(Role::Operator),
            "admin" => Ok(Role::Admin),
            _ => Err(format!("'{text}' is no role; there are viewer, operator and admin")),
        }
    }
}
