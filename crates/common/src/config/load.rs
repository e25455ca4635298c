//! Finding and reading the config file, and laying `FLINK_PROPERTIES` and `-D` over it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::yaml::FlatEntry;
use super::{ConfigError, ConfigWarning, Configuration, Origin, legacy, overlay, yaml};

const CONFIG_FILE: &str = "config.yaml";
const OLD_CONFIG_FILE: &str = "flink-conf.yaml";
const PROPERTIES: &str = "FLINK_PROPERTIES";
/// Variables of Flink's image that stand for a key.
const VARIABLES: [(&str, &str); 2] = [
    ("JOB_MANAGER_RPC_ADDRESS", "jobmanager.rpc.address"),
    ("TASK_MANAGER_NUMBER_OF_TASK_SLOTS", "taskmanager.numberOfTaskSlots"),
];

/// Where to look for configuration. The default looks nowhere, as tests want it.
#[derive(Debug, Clone, Default)]
pub struct ConfigSources {
    /// `--configDir`.
    pub config_dir: Option<PathBuf>,
    /// `FLINKRS_CONF_DIR`.
    pub flinkrs_conf_dir: Option<PathBuf>,
    /// `FLINK_CONF_DIR`.
    pub flink_conf_dir: Option<PathBuf>,
    /// The folder whose `conf/` is used when no directory is named.
    pub working_dir: Option<PathBuf>,
    /// The variables of the environment: `FLINK_PROPERTIES`, those of which it makes use by `${NAME}`, and those of Flink's image that stand for a key.
    pub environment: BTreeMap<String, String>,
    /// What followed each `-D`, in order.
    pub dynamic_properties: Vec<String>,
}

/// A configuration with the remarks that arose on the way.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Configuration,
    /// What the user should hear.
    pub warnings: Vec<ConfigWarning>,
    /// The config file, if there is one.
    pub file: Option<PathBuf>,
}

impl ConfigSources {
    /// The sources of this process: its command line (given), its environment, its working directory.
    pub fn of_process(config_dir: Option<PathBuf>, dynamic_properties: Vec<String>) -> Self {
        let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        ConfigSources {
            config_dir,
            flinkrs_conf_dir: path("FLINKRS_CONF_DIR"),
            flink_conf_dir: path("FLINK_CONF_DIR"),
            working_dir: Some(PathBuf::from(".")),
            environment: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            dynamic_properties,
        }
    }

    /// The config file and, when it should have been there, an error that says who said so.
    fn find_file(&self, warnings: &mut Vec<ConfigWarning>) -> Result<Option<PathBuf>, ConfigError> {
        let named = [
            (&self.config_dir, "--configDir"),
            (&self.flinkrs_conf_dir, "FLINKRS_CONF_DIR"),
            (&self.flink_conf_dir, "FLINK_CONF_DIR"),
        ];
        if let Some((dir, given_by)) = named.into_iter().find_map(|(dir, by)| dir.as_ref().map(|dir| (dir, by))) {
            return match file_in(dir, warnings) {
                Some(file) => Ok(Some(file)),
                None => Err(ConfigError::NoConfigFile { dir: dir.clone(), given_by }),
            };
        }
        Ok(self.working_dir.as_ref().and_then(|dir| file_in(&dir.join("conf"), warnings)))
    }
}

fn file_in(dir: &Path, warnings: &mut Vec<ConfigWarning>) -> Option<PathBuf> {
    let (new, old) = (dir.join(CONFIG_FILE), dir.join(OLD_CONFIG_FILE));
    match (new.is_file(), old.is_file()) {
        (true, both) => {
            if both {
                warnings.push(ConfigWarning::OldFileIgnored { dir: dir.to_owned() });
            }
            Some(new)
        }
        (false, true) => Some(old),
        (false, false) => None,
    }
}

impl Configuration {
    /// Loads the configuration: the config file, then `JOB_MANAGER_RPC_ADDRESS` and `TASK_MANAGER_NUMBER_OF_TASK_SLOTS`, then `FLINK_PROPERTIES`,
    /// then `-D`, each winning over the one before.
    pub fn load(sources: &ConfigSources) -> Result<Loaded, ConfigError> {
        let mut warnings = Vec::new();
        let mut config = Configuration::new();
        let file = sources.find_file(&mut warnings)?;
        if let Some(path) = &file {
            config = read_file(path, &mut warnings)?;
        }
        for (variable, key) in VARIABLES {
            if let Some(text) = sources.environment.get(variable).filter(|text| !text.is_empty()) {
                config.set(key, text, Origin::Environment { variable, line: 1 });
            }
        }
        if let Some(text) = sources.environment.get(PROPERTIES) {
            let origin = |line| Origin::Environment { variable: PROPERTIES, line };
            let (entries, skipped) = overlay::parse_flink_properties(text, &sources.environment);
            skipped_lines(skipped, origin, &mut warnings);
            config.overlay(&collect(entries, origin, &mut warnings));
        }
        for argument in &sources.dynamic_properties {
            let (key, text) = overlay::parse_dynamic_property(argument)?;
            config.set(key, text, Origin::CommandLine);
        }
        config.validate()?;
        warnings.extend(ConfigWarning::about_keys(&config));
        Ok(Loaded { config, warnings, file })
    }
}

fn read_file(path: &Path, warnings: &mut Vec<ConfigWarning>) -> Result<Configuration, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    let shared = Arc::new(path.to_owned());
    let origin = |line| Origin::File { path: shared.clone(), line };
    let entries = if path.ends_with(OLD_CONFIG_FILE) {
        let (entries, skipped) = legacy::parse_lines(&text);
        skipped_lines(skipped, origin, warnings);
        entries
    } else {
        yaml::parse_config(&text).map_err(|e| ConfigError::Syntax {
            path: path.to_owned(),
            line: e.line,
            column: e.column,
            problem: e.problem,
        })?
    };
    Ok(collect(entries, origin, warnings))
}

fn collect(
    entries: Vec<FlatEntry>,
    origin: impl Fn(u64) -> Origin,
    warnings: &mut Vec<ConfigWarning>,
) -> Configuration {
    let mut config = Configuration::new();
    for FlatEntry { key, text, line } in entries {
        if let Some(earlier) = config.value(&key) {
            let first = earlier.origin.clone();
            warnings.push(ConfigWarning::SetTwice { key: key.clone(), first, second: origin(line) });
        }
        config.set(key, text, origin(line));
    }
    config
}

fn skipped_lines(skipped: Vec<(u64, &'static str)>, origin: impl Fn(u64) -> Origin, warnings: &mut Vec<ConfigWarning>) {
    warnings
        .extend(skipped.into_iter().map(|(line, reason)| ConfigWarning::SkippedLine { origin: origin(line), reason }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options;
    use crate::telemetry::Reporters;

    fn dir_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    fn in_dir(dir: &tempfile::TempDir) -> ConfigSources {
        ConfigSources { config_dir: Some(dir.path().to_owned()), ..Default::default() }
    }

    #[test]
    fn later_sources_win() {
        let dir = dir_with(&[("config.yaml", "rest:\n  port: 1\nparallelism.default: 1\npipeline.name: file\n")]);
        let sources = ConfigSources {
            environment: variables(&[("FLINK_PROPERTIES", "parallelism.default: 2\npipeline.name: env")]),
            dynamic_properties: vec!["pipeline.name=cli".to_owned(), "pipeline.name=cli2".to_owned()],
            ..in_dir(&dir)
        };
        let Loaded { config, warnings, .. } = Configuration::load(&sources).unwrap();
        assert_eq!(config.get(&options::REST_PORT).unwrap(), 1);
        assert_eq!(config.get(&options::PARALLELISM_DEFAULT).unwrap(), 2);
        assert_eq!(config.get(&options::PIPELINE_NAME).unwrap().as_deref(), Some("cli2"));
        assert!(warnings.is_empty(), "{warnings:?}");
    }

    fn variables(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn variables_stand_for_keys_and_for_parts_of_properties() {
        let dir = dir_with(&[("config.yaml", "jobmanager.rpc.address: file\ntaskmanager.numberOfTaskSlots: 1\n")]);
        let properties = "s3.access-key: ${ACCESS}\ns3.secret-key: '$SECRET'\npipeline.name: ${NOBODY} $1\ntaskmanager.numberOfTaskSlots: 3";
        let sources = ConfigSources {
            environment: variables(&[
                ("JOB_MANAGER_RPC_ADDRESS", "variable"),
                ("TASK_MANAGER_NUMBER_OF_TASK_SLOTS", "2"),
                ("FLINK_PROPERTIES", properties),
                ("ACCESS", "key"),
                ("SECRET", "a: b # ${ACCESS}"),
            ]),
            ..in_dir(&dir)
        };
        let config = Configuration::load(&sources).unwrap().config.to_map();
        assert_eq!(config["jobmanager.rpc.address"], "variable");
        assert_eq!(config["taskmanager.numberOfTaskSlots"], "3");
        assert_eq!(config["s3.access-key"], "key");
        assert_eq!(config["s3.secret-key"], "a: b # ${ACCESS}", "a value is not read again");
        assert_eq!(config["pipeline.name"], "${NOBODY} $1", "what is not set is found where it is read");
    }

    #[test]
    fn directories_are_tried_in_order() {
        let [a, b, c] = ["1", "2", "3"].map(|port| dir_with(&[("config.yaml", &format!("rest.port: {port}"))]));
        let work = tempfile::tempdir().unwrap();
        std::fs::create_dir(work.path().join("conf")).unwrap();
        std::fs::write(work.path().join("conf/flink-conf.yaml"), "rest.port: 4").unwrap();
        let path = |dir: &tempfile::TempDir| Some(dir.path().to_owned());
        let mut sources = ConfigSources {
            config_dir: path(&a),
            flinkrs_conf_dir: path(&b),
            flink_conf_dir: path(&c),
            working_dir: path(&work),
            ..Default::default()
        };
        let port =
            |sources: &ConfigSources| Configuration::load(sources).unwrap().config.get(&options::REST_PORT).unwrap();
        assert_eq!(port(&sources), 1);
        sources.config_dir = None;
        assert_eq!(port(&sources), 2);
        sources.flinkrs_conf_dir = None;
        assert_eq!(port(&sources), 3);
        sources.flink_conf_dir = None;
        assert_eq!(port(&sources), 4);
        sources.working_dir = None;
        assert_eq!(port(&sources), 8081);
    }

    #[test]
    fn errors_name_the_place_and_a_way_out() {
        let empty = dir_with(&[]);
        let cases = [
            (in_dir(&empty), vec!["--configDir", "config.yaml"]),
            (in_dir(&dir_with(&[("config.yaml", "\nrest.port: x\n")])), vec![]),
        ];
        for (sources, parts) in cases {
            let error = Configuration::load(&sources).unwrap_err().to_string();
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
        for (name, text, parts) in [
            ("config.yaml", "a: 1\nrest.port: eighty\n", ["config.yaml:2", "'eighty'", "65535"]),
            ("config.yaml", "rest:\n  port: [\n", ["config.yaml:", ":", "["]),
            ("flink-conf.yaml", "rest.port: 70000\n", ["flink-conf.yaml:1", "'70000'", "65535"]),
        ] {
            let dir = dir_with(&[(name, text)]);
            let error = Configuration::load(&in_dir(&dir)).unwrap_err().to_string();
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn remarks_are_collected() {
        let text = "rest.prot: 1\nenv.java.opts.all: -Xmx1g\nyarn.tags: t\nrest.port: 1\nrest:\n  port: 2\n";
        let dir = dir_with(&[("config.yaml", text), ("flink-conf.yaml", "a: b")]);
        let Loaded { config, warnings, .. } = Configuration::load(&in_dir(&dir)).unwrap();
        assert_eq!(config.get(&options::REST_PORT).unwrap(), 2);
        let lines: Vec<String> = warnings.iter().map(ToString::to_string).collect();
        for part in [
            "only config.yaml is read",
            "'rest.port' is set twice",
            "did you mean 'rest.port'?",
            "no JVM: env.java.opts.all",
            "in this version of flinkrs: yarn.tags",
        ] {
            assert!(lines.iter().any(|line| line.contains(part)), "{part}: {lines:?}");
        }
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn the_shipped_config_is_clean_with_and_without_its_comments() {
        let text = include_str!("../../../../conf/config.yaml");
        // What is commented out are settings, except the lines that explain ('# ' twice, or above the settings).
        let uncommented: String = text
            .lines()
            .map(|line| line.strip_prefix("# ").unwrap_or(line).replace("  # memory:", "  memory:"))
            .map(|line| line.replace("  #   managed:", "    managed:").replace("  #     size:", "      size:"))
            .skip(2)
            .fold(String::new(), |text, line| text + &line + "\n");
        for (text, settings) in [(text, 8), (&uncommented, 10 + 6)] {
            let dir = dir_with(&[("config.yaml", text)]);
            let Loaded { config, warnings, .. } = Configuration::load(&in_dir(&dir)).unwrap();
            assert!(warnings.is_empty(), "{warnings:?}");
            assert!(config.iter().count() >= settings, "{:?}", config.to_map());
            Reporters::from_config(&config).unwrap();
        }
    }
}
