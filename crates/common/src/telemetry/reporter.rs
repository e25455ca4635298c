//! Which metric reporters the configuration asks for: `metrics.reporters` and `metrics.reporter.<name>.*`.

use std::collections::BTreeSet;

use crate::config::{ConfigError, ConfigType, Configuration, Origin, PortRange, options};

const PREFIX: &str = "metrics.reporter.";
const PROMETHEUS_FACTORY: &str = "org.apache.flink.metrics.prometheus.PrometheusReporterFactory";
const DEFAULT_PORT: &str = "9249";

/// A Prometheus endpoint to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrometheusReporter {
    /// The reporter's name.
    pub name: String,
    /// Ports to try, the first free one is taken.
    pub ports: PortRange,
}

/// The reporters that are configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reporters {
    /// Those that flinkrs runs.
    pub prometheus: Vec<PrometheusReporter>,
    /// Names of those it does not know, with their `factory.class`, for a warning.
    pub unsupported: Vec<(String, String)>,
}

impl Reporters {
    /// Reads the configuration.
    pub fn from_config(config: &Configuration) -> Result<Self, ConfigError> {
        let factories: Vec<(String, String)> = config
            .with_prefix(PREFIX)
            .into_iter()
            .filter_map(|(key, factory)| Some((key.strip_suffix(".factory.class")?.to_owned(), factory)))
            .collect();
        let enabled: Option<BTreeSet<String>> = config
            .get(&options::METRICS_REPORTERS)?
            .map(|names| names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect());
        let mut reporters = Reporters::default();
        for (name, factory) in factories {
            if enabled.as_ref().is_some_and(|enabled| !enabled.contains(&name)) {
                continue;
            }
            if factory == PROMETHEUS_FACTORY {
                let ports = ports(config, &format!("{PREFIX}{name}.port"))?;
                reporters.prometheus.push(PrometheusReporter { name, ports });
            } else {
                reporters.unsupported.push((name, factory));
            }
        }
        Ok(reporters)
    }
}

fn ports(config: &Configuration, key: &str) -> Result<PortRange, ConfigError> {
    let (text, origin) =
        config.value(key).map_or((DEFAULT_PORT, Origin::Default), |value| (&value.text, value.origin.clone()));
    PortRange::parse(text).map_err(|problem| ConfigError::invalid(key, text, &origin, problem, PortRange::expected()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reporters_are_found_by_their_factory() {
        let mut config = Configuration::from_map(
            [
                ("metrics.reporter.prom.factory.class", PROMETHEUS_FACTORY),
                ("metrics.reporter.prom.port", "9250-9260"),
                ("metrics.reporter.other.factory.class", PROMETHEUS_FACTORY),
                ("metrics.reporter.graphite.factory.class", "org.example.Graphite"),
            ],
            Origin::Program,
        );
        let reporters = Reporters::from_config(&config).unwrap();
        let found: Vec<(String, String)> =
            reporters.prometheus.iter().map(|r| (r.name.clone(), r.ports.to_string())).collect();
        let expected = [("prom", "9250-9260"), ("other", "9249")].map(|(n, p)| (n.to_owned(), p.to_owned()));
        assert_eq!(found, expected);
        assert_eq!(reporters.unsupported, [("graphite".to_owned(), "org.example.Graphite".to_owned())]);

        config.set("metrics.reporters", "prom", Origin::Program);
        assert_eq!(Reporters::from_config(&config).unwrap().prometheus.len(), 1);
        config.set("metrics.reporter.prom.port", "x", Origin::Program);
        assert!(Reporters::from_config(&config).unwrap_err().to_string().contains("metrics.reporter.prom.port"));
    }
}
