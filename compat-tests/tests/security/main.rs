//! REST, the SQL gateway and the ports between processes, from outside: curl, openssl and raw sockets are refused what they may not do, and let in
//! to what they may.

mod certificates;
mod curl;
mod doctor;
mod limits;
mod pages;
mod stores;
mod tls;
mod users;
