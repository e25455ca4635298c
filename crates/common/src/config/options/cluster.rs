//! What the processes of a cluster share: heartbeats, registration, slots, logging.

use std::time::Duration;

use crate::config::{ConfigEnum, LogFilter};

/// The form of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object a line.
    Json,
}

impl ConfigEnum for LogFormat {
    const NAMES: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

options! {
    HEARTBEAT_INTERVAL: Duration = "heartbeat.interval" default "PT10S",
        "Time between heartbeats that a process asks of another.";
    HEARTBEAT_TIMEOUT: Duration = "heartbeat.timeout" default "PT50S",
        "Silence after which a process is given up as lost.";
    CLUSTER_REGISTRATION_ERROR_DELAY: Duration = "cluster.registration.error-delay" default "PT10S",
        "Pause after a registration that failed with an error.";
    CLUSTER_REGISTRATION_REFUSED_DELAY: Duration = "cluster.registration.refused-registration-delay" default "PT30S",
        "Pause after a registration that was refused.";
    SLOT_REQUEST_TIMEOUT: Duration = "slot.request.timeout" default "PT5M",
        "How long a job waits for the slots it needs before it fails.";
    ENV_LOG_DIR: Option<String> = "env.log.dir",
        "Directory for a log file; without it the log goes to standard error only.";
    ENV_LOG_MAX: u32 = "env.log.max" default "10",
        "How many old log files are kept in 'env.log.dir': of a process, whose file is put aside at 100 MB, and of those of its kind that have ended.";
    ENV_LOG_LEVEL: LogFilter = "env.log.level" default "INFO",
        "Log level: TRACE, DEBUG, INFO, WARN, ERROR, OFF, as in Log4j also ALL and FATAL (which are TRACE and ERROR), or filters such as 'info,jobmanager=debug'. 'flinkrs log-level' changes it while a process runs.";
    ENV_LOG_FORMAT: LogFormat = "env.log.format" default "text",
        "Form of the log: 'text', or 'json', an object a line with the fields of the event and of the job and task that it is about.";
}
