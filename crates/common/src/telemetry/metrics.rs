//! The metrics of a process, gathered from its groups and written in Prometheus' text format.
//!
//! The exporter never forgets a series, but tasks come and go. So each lasting part of the process (the process
//! itself, a job, a task attempt) records into a recorder of its own, which goes when the part goes; rendering merges
//! them all.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

use crate::shutdown::Shutdown;

/// The quantiles that Flink reports of a histogram.
const QUANTILES: [f64; 6] = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999];

/// How often histograms are condensed when nobody asks for them.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The metrics of a process; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    recorders: Arc<Mutex<Vec<Weak<PrometheusRecorder>>>>,
    refresh: Arc<Mutex<Option<Refresh>>>,
}

/// Sets what is measured only when somebody asks.
struct Refresh(Box<dyn FnMut() + Send>);

impl std::fmt::Debug for Refresh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Refresh")
    }
}

impl Metrics {
    /// No metrics yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A recorder that is rendered for as long as somebody holds it.
    pub(super) fn recorder(&self) -> Arc<PrometheusRecorder> {
        let builder = PrometheusBuilder::new().set_quantiles(&QUANTILES).expect("the list of quantiles is not empty");
        let recorder = Arc::new(builder.build_recorder());
        let mut recorders = self.recorders.lock().unwrap_or_else(PoisonError::into_inner);
        recorders.retain(|recorder| recorder.strong_count() > 0);
        recorders.push(Arc::downgrade(&recorder));
        recorder
    }

    fn live(&self) -> Vec<Arc<PrometheusRecorder>> {
        let recorders = self.recorders.lock().unwrap_or_else(PoisonError::into_inner);
        recorders.iter().filter_map(Weak::upgrade).collect()
    }

    /// Has this called whenever the metrics are about to be shown: what is measured only for that is set there.
    pub fn before_rendering(&self, refresh: impl FnMut() + Send + 'static) {
        *self.refresh.lock().unwrap_or_else(PoisonError::into_inner) = Some(Refresh(Box::new(refresh)));
    }

    /// All metrics in Prometheus' text format, sorted by name.
    pub fn render(&self) -> String {
        if let Some(Refresh(refresh)) = &mut *self.refresh.lock().unwrap_or_else(PoisonError::into_inner) {
            refresh();
        }
        let parts: Vec<String> = self.live().iter().map(|recorder| recorder.handle().render()).collect();
        // Families of one name come from several recorders, but may have only one TYPE line.
        let mut families: BTreeMap<&str, (&str, Vec<&str>)> = BTreeMap::new();
        for part in &parts {
            let mut family = None;
            for line in part.lines().filter(|line| !line.is_empty()) {
                if let Some(name_and_type) = line.strip_prefix("# TYPE ") {
                    let name = name_and_type.split(' ').next().unwrap_or_default();
                    family = Some(families.entry(name).or_insert((line, Vec::new())));
                } else if let Some((_, lines)) = &mut family {
                    lines.push(line);
                }
            }
        }
        let mut text = String::with_capacity(parts.iter().map(String::len).sum());
        for (type_line, mut lines) in families.into_values() {
            lines.sort_unstable();
            let _ = writeln!(text, "{type_line}\n{}", lines.join("\n"));
        }
        text
    }

    /// Condenses histograms from time to time, so that their samples do not pile up between two renderings.
    pub fn spawn_upkeep(&self, shutdown: &Shutdown) {
        let (metrics, end) = (self.clone(), shutdown.clone());
        shutdown.spawn(async move {
            while end.unless_triggered(tokio::time::sleep(UPKEEP_INTERVAL)).await.is_some() {
                metrics.live().iter().for_each(|recorder| recorder.handle().run_upkeep());
            }
        });
    }
}
