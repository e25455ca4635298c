//! What the processes of a cluster share: heartbeats, registration, slots, directories, logging.

use std::time::Duration;

options! {
    HEARTBEAT_INTERVAL: Duration = "heartbeat.interval" default "PT10S",
        "Time between heartbeats that a process asks of another.";
    HEARTBEAT_TIMEOUT: Duration = "heartbeat.timeout" default "PT50S",
        "Silence after which a process is given up as lost.";
    CLUSTER_REGISTRATION_INITIAL_TIMEOUT: Duration = "cluster.registration.initial-timeout" default "PT0.1S",
        "First wait for an answer to a registration; doubled with each try.";
    CLUSTER_REGISTRATION_MAX_TIMEOUT: Duration = "cluster.registration.max-timeout" default "PT30S",
        "Longest wait for an answer to a registration.";
    CLUSTER_REGISTRATION_ERROR_DELAY: Duration = "cluster.registration.error-delay" default "PT10S",
        "Pause after a registration that failed with an error.";
    CLUSTER_REGISTRATION_REFUSED_DELAY: Duration = "cluster.registration.refused-registration-delay" default "PT30S",
        "Pause after a registration that was refused.";
    SLOT_REQUEST_TIMEOUT: Duration = "slot.request.timeout" default "PT5M",
        "How long a job waits for the slots it needs before it fails.";
    SLOT_IDLE_TIMEOUT: Duration = "slot.idle.timeout" default "PT50S",
        "How long a job keeps a slot it does not use.";
    IO_TMP_DIRS: String = "io.tmp.dirs" default "/tmp" older ["taskmanager.tmp.dirs"],
        "Directories for temporary files, with ',' or the system's path separator between them.";
    ENV_LOG_DIR: Option<String> = "env.log.dir",
        "Directory for a log file; without it the log goes to standard error only.";
    ENV_LOG_LEVEL: String = "env.log.level" default "INFO",
        "Log level: TRACE, DEBUG, INFO, WARN, ERROR, OFF, or filters such as 'info,jobmanager=debug'.";
}
