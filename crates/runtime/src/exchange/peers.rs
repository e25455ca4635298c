//! The connections to other TaskManagers: one for each, made when the first channel needs it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use transport::Internal;

use super::connection::PeerConnection;

/// Connections by data address.
pub(crate) struct Peers {
    handle: Handle,
    internal: Internal,
    connections: Mutex<HashMap<String, Arc<PeerConnection>>>,
}

impl Peers {
    /// No connections yet; they will run on this tokio runtime.
    pub(crate) fn new(handle: Handle, internal: Internal) -> Self {
        Self { handle, internal, connections: Mutex::new(HashMap::new()) }
    }

    /// The connection to a TaskManager; a lost one is replaced.
    pub(crate) fn connection(&self, resource_id: &str, address: &str) -> Arc<PeerConnection> {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        match connections.get(address) {
            Some(connection) if connection.is_live() => connection.clone(),
            _ => {
                let connection = PeerConnection::start(&self.handle, &self.internal, resource_id, address);
                connections.insert(address.to_owned(), connection.clone());
                connection
            }
        }
    }
}
