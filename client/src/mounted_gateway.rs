//! `MountedGateway`: the SQL gateway on the REST port of the JobManager in the same process, where the web UI reaches it.

use async_trait::async_trait;
use gateway::GatewayApi;
use jobmanager::MountedApi;
use transport::http::Role;

/// The gateway's API below a path of the JobManager's.
pub struct MountedGateway(pub GatewayApi);

#[async_trait]
impl MountedApi for MountedGateway {
    async fn answer(&self, method: &str, path: &str, query: &str, body: bytes::Bytes) -> (u16, String) {
        self.0.answer(method, path, query, body).await
    }

    fn role(&self, method: &str, path: &str) -> Role {
        GatewayApi::role(method, path)
    }
}
