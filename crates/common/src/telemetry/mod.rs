//! What a process tells about itself: its log and its metrics.

mod listener;
mod logging;
mod metric_group;
mod metrics;
mod process_metrics;
mod reporter;
mod rolling_file;

pub use ::metrics::Histogram;
pub use listener::serve_metrics;
pub use logging::{LogError, LogFile, LogOptions, Logging, change_log_filter, init_logging, log_filter};
pub use metric_group::{MetricGroup, TaskScope};
pub use metrics::Metrics;
pub use process_metrics::{ProcessMetrics, Reading};
pub use reporter::{PrometheusReporter, Reporters};
