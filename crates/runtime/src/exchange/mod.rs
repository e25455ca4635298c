//! The exchange: how what one task emits reaches the tasks that consume it.
//!
//! ```text
//!  RecordWriter -> partitioner -> ChannelQueue ------------- same TaskManager ------------> InputGate -> task
//!  (producer)                     (one a channel)                                            ^
//!                                      |-> ExchangeService ~ gRPC, credits ~> PeerConnection -> ChannelQueue
//! ```
//! A channel is one [`ChannelQueue`](queue::ChannelQueue), bounded in batches: the producing task stops taking input while one of its channels
//! is full. Across TaskManagers the consumer grants a credit for each batch that it has room for; a channel without credit waits in its own
//! queue and never in the way of others that share the connection.

pub(crate) mod codec;
pub(crate) mod connection;
pub(crate) mod credit;
pub(crate) mod gate;
pub(crate) mod partitioner;
pub(crate) mod peers;
pub(crate) mod queue;
pub(crate) mod ready;
pub(crate) mod registry;
pub mod service;
mod serving;
pub(crate) mod writer;

pub use service::ExchangeService;
