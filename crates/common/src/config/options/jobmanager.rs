//! The JobManager's address and scheduling.

options! {
    JOBMANAGER_RPC_ADDRESS: String = "jobmanager.rpc.address" default "localhost",
        "Host under which TaskManagers and clients reach the JobManager.";
    JOBMANAGER_RPC_PORT: u16 = "jobmanager.rpc.port" default "6123",
        "Port of the JobManager's gRPC service.";
    JOBMANAGER_RPC_BIND_PORT: Option<u16> = "jobmanager.rpc.bind-port",
        "Port to bind to when it differs from jobmanager.rpc.port.";
    JOBMANAGER_BIND_HOST: Option<String> = "jobmanager.bind-host",
        "Local address that the JobManager binds to.";
    JOBMANAGER_RESOURCE_ID: Option<String> = "jobmanager.resource-id",
        "Name of the JobManager process; made up when absent.";
}
