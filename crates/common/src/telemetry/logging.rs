//! The log of a process: lines or JSON on standard error, and in a file when `env.log.dir` is set.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry, fmt, reload};

use super::rolling_file::{LARGEST, RollingFile};
use crate::config::options::LogFormat;
use crate::config::{ConfigError, ConfigType, Configuration, LogFilter, options};

/// How a process logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    /// A level or filters, as `RUST_LOG` has them.
    pub filter: String,
    /// One JSON object a line instead of text.
    pub json: bool,
    /// A file to log to besides standard error.
    pub file: Option<LogFile>,
}

/// The file of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// Its path.
    pub path: PathBuf,
    /// How many old ones are kept.
    pub max_old: u32,
    /// Make it at once and not with the first event.
    pub at_once: bool,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is malformed.
    #[error("invalid log level '{filter}': {problem}; expected {}", LogFilter::expected())]
    Filter {
        /// The filter.
        filter: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The log file cannot be written.
    #[error("cannot write the log file '{}' (env.log.dir): {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// There is no log whose level could change.
    #[error("this process has set up no log")]
    NotSetUp,
    /// Somebody else has set logging up.
    #[error("logging is already set up: {0}")]
    AlreadySetUp(#[from] TryInitError),
}

/// What was set up.
#[derive(Debug)]
pub struct Logging {
    /// The log file, if there is one.
    pub file: Option<PathBuf>,
}

impl LogOptions {
    /// The options for this process: `FLINKRS_LOG`, else `RUST_LOG`, else `env.log.level` if it is set, else
    /// `default_level`. `FLINKRS_LOG_FORMAT=json`, else `env.log.format`, asks for JSON. `role` names the file, as in `jobmanager`.
    /// The file is there at once.
    pub fn of_process(config: &Configuration, role: &str, default_level: &str) -> Result<Self, ConfigError> {
        Self::of(config, role, default_level, true)
    }

    /// The same for a client, which leaves no file when it has nothing to log.
    pub fn of_client(config: &Configuration, role: &str, default_level: &str) -> Result<Self, ConfigError> {
        Self::of(config, role, default_level, false)
    }

    fn of(config: &Configuration, role: &str, default_level: &str, at_once: bool) -> Result<Self, ConfigError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let level = match variable("FLINKRS_LOG").or_else(|| variable("RUST_LOG")) {
            Some(filter) => filter,
            None => config
                .get_set(&options::ENV_LOG_LEVEL)?
                .map_or_else(|| default_level.to_owned(), |level| level.as_str().to_owned()),
        };
        let file_name = format!("flinkrs-{role}-{}.log", std::process::id());
        let max_old = config.get(&options::ENV_LOG_MAX)?;
        let file = |dir| LogFile { path: PathBuf::from(dir).join(file_name), max_old, at_once };
        Ok(LogOptions {
            filter: level,
            json: match variable("FLINKRS_LOG_FORMAT") {
                Some(format) => format.eq_ignore_ascii_case("json"),
                None => config.get(&options::ENV_LOG_FORMAT)? == LogFormat::Json,
            },
            file: config.get(&options::ENV_LOG_DIR)?.map(file),
        })
    }
}

/// Libraries that log as errors what is none, as warp a client that hangs up, or what flinkrs says itself.
const NO_ERRORS: &str = "warp=off,rdkafka=off,librdkafka=off";

/// A plain level means flinkrs: its libraries say less.
fn without_chatter(level: &str) -> String {
    match level {
        plain @ ("error" | "warn") => format!("{plain},{NO_ERRORS}"),
        plain @ ("info" | "debug" | "trace") => {
            format!(
                "{plain},{NO_ERRORS},h2=info,hyper=info,hyper_util=info,tonic=info,tower=info,reqwest=info,openraft=warn"
            )
        }
        _ => level.to_owned(),
    }
}

/// What the process logs now, and the ways to change it.
struct Filters {
    text: Mutex<String>,
    handles: Vec<reload::Handle<EnvFilter, Registry>>,
}

static FILTERS: OnceLock<Filters> = OnceLock::new();

/// What the process logs: a level or filters. None when logging was not set up.
pub fn log_filter() -> Option<String> {
    FILTERS.get().map(|filters| filters.text.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

/// Logs by another level or other filters from now on, as `env.log.level` has them. Nothing changes when they are malformed.
pub fn change_log_filter(text: &str) -> Result<(), LogError> {
    let filters = FILTERS.get().ok_or(LogError::NotSetUp)?;
    let mut current = filters.text.lock().unwrap_or_else(PoisonError::into_inner);
    for handle in &filters.handles {
        handle.reload(filter(text)?).map_err(|_| LogError::NotSetUp)?;
    }
    text.trim().clone_into(&mut current);
    Ok(())
}

/// Sets the process's logging up; once a process.
pub fn init_logging(options: &LogOptions) -> Result<Logging, LogError> {
    // Layers of unlike types are boxed; filters are per layer and cannot be cloned, so they are parsed for each.
    let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> = Vec::new();
    let mut handles = Vec::new();
    let mut changeable = || {
        let (layer, handle) = reload::Layer::new(filter(&options.filter)?);
        handles.push(handle);
        Ok::<_, LogError>(layer)
    };
    let colours = io::stderr().is_terminal();
    // A reader of standard error that has gone must not end the process: an event that cannot be written is lost.
    let stderr = fmt::layer().with_writer(io::stderr).with_ansi(colours).log_internal_errors(false);
    layers.push(match options.json {
        true => stderr.json().with_filter(changeable()?).boxed(),
        false => stderr.with_filter(changeable()?).boxed(),
    });
    if let Some(LogFile { path, max_old, at_once }) = &options.file {
        let mut file = RollingFile::new(path.clone(), LARGEST, *max_old);
        if *at_once {
            file.open().map_err(|source| LogError::File { path: path.clone(), source })?;
        }
        let layer = fmt::layer().with_writer(Mutex::new(file)).with_ansi(false).log_internal_errors(false);
        layers.push(match options.json {
            true => layer.json().with_filter(changeable()?).boxed(),
            false => layer.with_filter(changeable()?).boxed(),
        });
    }
    tracing_subscriber::registry().with(layers).try_init()?;
    // Whoever sets logging up second has failed above.
    let _ = FILTERS.set(Filters { text: Mutex::new(options.filter.clone()), handles });
    Ok(Logging { file: options.file.as_ref().map(|file| file.path.clone()) })
}

fn filter(text: &str) -> Result<EnvFilter, LogError> {
    let wrong = |problem| LogError::Filter { filter: text.to_owned(), problem };
    let parsed = LogFilter::parse(text).map_err(wrong)?;
    EnvFilter::try_new(without_chatter(parsed.as_str())).map_err(|problem| wrong(problem.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_goes_to_the_file_too() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("logs/test.log");
        let bad = LogOptions { filter: "a=b=c".to_owned(), json: false, file: None };
        assert!(matches!(init_logging(&bad), Err(LogError::Filter { .. })));
        let log_file = LogFile { path: file.clone(), max_old: 1, at_once: false };
        let options = LogOptions { filter: "info".to_owned(), json: true, file: Some(log_file) };
        init_logging(&options).unwrap();
        assert!(!file.exists(), "nothing was logged");
        tracing::info!(slots = 2, "registered");
        tracing::debug!("not at this level");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("registered") && text.contains("\"slots\":2"), "{text}");
        assert_eq!(text.lines().count(), 1);
        change_log_filter("debug").unwrap();
        for wrong in ["a=b=c", "WARNING", ""] {
            let refused = change_log_filter(wrong).unwrap_err().to_string();
            assert!(refused.contains("one of TRACE, DEBUG"), "{refused}");
        }
        assert_eq!(log_filter().as_deref(), Some("debug"));
        tracing::debug!("at this level");
        assert!(std::fs::read_to_string(&file).unwrap().contains("at this level"));
        assert!(matches!(init_logging(&options), Err(LogError::AlreadySetUp(_))));
    }

    #[test]
    fn only_a_plain_level_is_widened() {
        assert!(without_chatter("info").starts_with("info,"));
        assert_eq!(without_chatter("warn"), "warn,warp=off,rdkafka=off,librdkafka=off");
        assert_eq!(without_chatter("error,connectors=warn"), "error,connectors=warn");
        assert_eq!(without_chatter("sql=trace"), "sql=trace");
    }
}
