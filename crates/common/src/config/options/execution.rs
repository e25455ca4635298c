//! How a job moves its data.

use std::time::Duration;

options! {
    EXECUTION_BUFFER_TIMEOUT_ENABLED: bool = "execution.buffer-timeout.enabled" default "true",
        "Whether buffers are sent before they are full.";
    EXECUTION_BUFFER_TIMEOUT_INTERVAL: Duration = "execution.buffer-timeout.interval" default "PT0.1S" older ["execution.buffer-timeout"],
        "Longest time that a record waits in a buffer that is not full; 0 sends at once.";
}
