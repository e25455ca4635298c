//! HTTP servers with a guard before them.
//!
//! [`serve`] takes connections, [`Guard`] looks at each request: how many of them a client makes ([`limits`]), which name it was asked under
//! ([`hosts`]) and which page it comes from ([`origins`]).

mod access;
mod body;
mod guard;
mod hosts;
mod limits;
mod origins;
mod refusal;
mod server;

pub use access::{Access, Role};
pub use body::{BodyError, read_body};
pub use guard::Guard;
pub(crate) use limits::Rate;
pub use server::{HttpSettings, serve};
