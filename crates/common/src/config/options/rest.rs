//! The REST endpoint, for its server and its clients.

use std::time::Duration;

use crate::config::{MemorySize, PortRange};

options! {
    REST_ADDRESS: String = "rest.address" default "localhost" older ["jobmanager.rpc.address"],
        "Host at which clients reach the REST endpoint.";
    REST_PORT: u16 = "rest.port" default "8081" older ["web.port"],
        "Port at which clients reach the REST endpoint.";
    REST_BIND_ADDRESS: Option<String> = "rest.bind-address" older ["web.address", "jobmanager.web.address"],
        "Local address that the REST endpoint binds to.";
    REST_BIND_PORT: PortRange = "rest.bind-port" default "8081" older ["rest.port", "web.port", "jobmanager.web.port"],
        "Port or range of ports that the REST endpoint binds to; the first free one is taken.";
    REST_SERVER_MAX_CONTENT_LENGTH: u32 = "rest.server.max-content-length" default "104857600",
        "Largest request body in bytes.";
    REST_SERVER_MAX_HEADER_SIZE: MemorySize = "rest.server.max-header-size" default "16 kb",
        "Largest request line with all headers; at least 8 kb, and never more than 100 headers.";
    REST_SERVER_MAX_CONNECTIONS: u32 = "rest.server.max-connections" default "2048",
        "How many connections a server has at a time; more wait until one is closed.";
    REST_SERVER_MAX_CONNECTIONS_PER_CLIENT: u32 = "rest.server.max-connections-per-client" default "512",
        "How many of them may come from one address; more are closed at once.";
    REST_SERVER_MAX_REQUESTS_PER_SECOND_PER_CLIENT: u32 = "rest.server.max-requests-per-second-per-client" default "0",
        "How many requests an address may make each second before it is answered 429; 0 is no limit.";
    REST_ALLOWED_HOSTS: Option<String> = "rest.allowed-hosts",
        "Names besides its own under which the REST endpoint and the SQL gateway are asked, with ',' between them. What listens on the loopback interface answers to no other names; what listens elsewhere to any, unless this is set. '*' allows all.";
    REST_IDLENESS_TIMEOUT: Duration = "rest.idleness-timeout" default "PT5M",
        "How long a client may take for its headers, or between two parts of a body.";
    REST_FLAMEGRAPH_ENABLED: bool = "rest.flamegraph.enabled" default "false",
        "Whether what tasks do may be sampled for flame graphs.";
    REST_FLAMEGRAPH_NUM_SAMPLES: u32 = "rest.flamegraph.num-samples" default "100",
        "With the delay between samples: for how long samples are taken.";
    REST_FLAMEGRAPH_DELAY_BETWEEN_SAMPLES: Duration = "rest.flamegraph.delay-between-samples" default "PT0.05S",
        "With the number of samples: for how long samples are taken. flinkrs takes 100 a second.";
    REST_FLAMEGRAPH_REFRESH_INTERVAL: Duration = "rest.flamegraph.refresh-interval" default "PT1M",
        "How old a flame graph may be before new samples are taken.";
    REST_FLAMEGRAPH_CLEANUP_INTERVAL: Duration = "rest.flamegraph.cleanup-interval" default "PT10M",
        "How old a flame graph may be before it is forgotten.";
    REST_PROFILING_ENABLED: bool = "rest.profiling.enabled" default "false",
        "Whether profiles of processes are taken.";
    REST_PROFILING_DURATION_MAX: Duration = "rest.profiling.duration-max" default "PT5M",
        "How long a profile may last.";
    REST_PROFILING_HISTORY_SIZE: u32 = "rest.profiling.history-size" default "10",
        "How many profiles of a process are kept.";
    WEB_ACCESS_CONTROL_ALLOW_ORIGIN: String = "web.access-control-allow-origin" default "*" older ["jobmanager.web.access-control-allow-origin"],
        "Origins, with ',' between them, whose pages may read answers and change things. With '*', when it is set, every page may read, but only the server's own may change anything; when it is not set, only its own may do either.";
    WEB_CHECKPOINTS_HISTORY: u32 = "web.checkpoints.history" default "10" older ["jobmanager.web.checkpoints.history"],
        "How many checkpoints of a job are remembered for people.";
    WEB_RESCALE_HISTORY_SIZE: u32 = "web.adaptive-scheduler.rescale-history.size" default "0",
        "How many changes of a job's numbers of subtasks are remembered for people; 0: they are not shown.";
    WEB_REFRESH_INTERVAL: Duration = "web.refresh-interval" default "PT3S" older ["jobmanager.web.refresh-interval"],
        "How often the dashboard asks anew.";
    WEB_TMPDIR: String = "web.tmpdir" default "/tmp" older ["jobmanager.web.tmpdir"],
        "Folder in which uploaded programs are kept while the JobManager runs.";
    WEB_UPLOAD_DIR: Option<String> = "web.upload.dir" older ["jobmanager.web.upload.dir"],
        "Folder in which uploaded programs are kept for good.";
    WEB_SUBMIT_ENABLE: bool = "web.submit.enable" default "true" older ["jobmanager.web.submit.enable"],
        "Whether jobs may be submitted through the dashboard.";
    WEB_CANCEL_ENABLE: bool = "web.cancel.enable" default "true",
        "Whether jobs may be cancelled through the dashboard.";
}
