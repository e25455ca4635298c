//! Which keys Flink 2.3 knows, and what a key that is set means to flinkrs.
//!
//! The table of Flink's keys is data compiled in; it is indexed when the first key is looked up.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::options;

/// One line for each key: key, default, type, older keys.
const TABLE: &str = include_str!("../../data/flink-options.tsv");

/// A key of Flink's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KnownKey {
    pub key: &'static str,
    /// The default's text; none if there is none.
    pub default: Option<&'static str>,
    pub type_name: &'static str,
    /// Keys that are also read, a `*` after those that are deprecated.
    older_keys: &'static str,
}

impl KnownKey {
    /// The keys that are also read, and whether each is deprecated.
    pub(super) fn older_keys(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.older_keys.split_whitespace().map(|key| match key.strip_suffix('*') {
            Some(key) => (key, true),
            None => (key, false),
        })
    }
}

/// Keys below these are made by the user or by a plug-in, so any of them may be right.
const FREE_FORM: [&str; 18] = [
    "containerized.",
    "events.reporter.",
    "external-resource.",
    "fs.",
    "gs.",
    "high-availability.raft.",
    "metrics.reporter.",
    "metrics.scope.variables.",
    "oss.",
    "pipeline.global-job-parameters.",
    "pipeline.jobvertex-parallelism-overrides.",
    "s3.",
    "s3a.",
    "security.delegation.token.provider.",
    "security.kerberos.token.provider.",
    "sql-gateway.endpoint.",
    "traces.reporter.",
    "user.artifacts.http-headers.",
];

/// Keys, or beginnings of keys that end in '.', '-' or '/', about the JVM and the libraries under Flink.
const JVM_ONLY: [&str; 31] = [
    "akka.",
    "blob.",
    "classloader.",
    "env.hadoop.",
    "env.hbase.",
    "env.java.",
    "env.ssh.",
    "env.yarn.",
    "flink.hadoop.",
    "flink.yarn.",
    "jmx.",
    "jobmanager.heap.",
    "jobmanager.memory.",
    "library-cache-manager.",
    "pekko.",
    "pipeline.classpaths",
    "pipeline.closure-cleaner-level",
    "pipeline.force-avro",
    "pipeline.force-kryo",
    "pipeline.force-kryo-avro",
    "pipeline.generic-types",
    "pipeline.object-reuse",
    "pipeline.serialization-config",
    "plugin.classloader.",
    "table.generated-code.",
    "taskmanager.heap.",
    "taskmanager.jvm-exit-on-oom",
    "taskmanager.memory.framework.",
    "taskmanager.memory.jvm-",
    "taskmanager.memory.task.",
    "taskmanager.network.netty.",
];

/// Keys of earlier Flink versions that the table of 2.3 no longer has.
const EARLIER: [&str; 6] = [
    "taskmanager.network.blocking-shuffle.compression.enabled",
    "taskmanager.network.memory.floating-buffers-per-gate",
    "taskmanager.network.memory.max-buffers-per-channel",
    "taskmanager.network.memory.max-overdraft-buffers-per-gate",
    "taskmanager.network.sort-shuffle.min-parallelism",
    "taskmanager.network.credit-model",
];

/// What a key means to flinkrs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum KeyClass {
    /// It is read.
    Used,
    /// It is read, but under this name it is deprecated.
    Deprecated { current: &'static str },
    /// Anything is allowed below its prefix.
    FreeForm,
    /// It tunes a JVM.
    JvmOnly,
    /// Flink knows it, flinkrs does not use it yet.
    NotYet,
    /// Nobody knows it; this one is spelt alike.
    Unknown { nearest: Option<&'static str> },
}

/// Says what `key` means.
pub(super) fn classify(key: &str) -> KeyClass {
    if options::all().any(|info| info.key == key) {
        return KeyClass::Used;
    }
    if let Some(info) = options::all().find(|info| info.fallback_keys.contains(&key)) {
        return match find(info.key).is_some_and(|known| known.older_keys().any(|older| older == (key, false))) {
            true => KeyClass::Used,
            false => KeyClass::Deprecated { current: info.key },
        };
    }
    if JVM_ONLY.iter().any(|name| key == *name || (name.ends_with(['.', '-']) && key.starts_with(name))) {
        return KeyClass::JvmOnly;
    }
    if FREE_FORM.iter().any(|prefix| key.starts_with(prefix)) {
        return KeyClass::FreeForm;
    }
    if EARLIER.contains(&key) || find(key).is_some() || is_older_key(key) || is_below_a_map(key) {
        return KeyClass::NotYet;
    }
    KeyClass::Unknown { nearest: nearest(key) }
}

/// Looks a key up in Flink's table.
pub(super) fn find(key: &str) -> Option<&'static KnownKey> {
    static INDEX: OnceLock<HashMap<&'static str, KnownKey>> = OnceLock::new();
    INDEX.get_or_init(|| table().map(|known| (known.key, known)).collect()).get(key)
}

fn table() -> impl Iterator<Item = KnownKey> {
    TABLE.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let (key, default, type_name, older_keys) = (next(), next(), next(), next());
        KnownKey { key, default: (default != "null").then_some(default), type_name, older_keys }
    })
}

fn is_older_key(key: &str) -> bool {
    table().any(|known| known.older_keys().any(|(older, _)| older == key))
}

fn is_below_a_map(key: &str) -> bool {
    let is_map = |known: &KnownKey| known.type_name == "Map";
    key.match_indices('.').any(|(at, _)| find(&key[..at]).is_some_and(is_map))
}

/// The known key that is spelt most like `key`, if one is close enough to be meant.
fn nearest(key: &str) -> Option<&'static str> {
    let allowed = (key.len() / 4).clamp(1, 8);
    let known = table().map(|known| known.key).chain(options::all().map(|info| info.key));
    known
        .filter(|candidate| candidate.len().abs_diff(key.len()) <= allowed)
        .map(|candidate| (strsim::damerau_levenshtein(key, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fall_into_their_classes() {
        for (key, class) in [
            ("rest.port", KeyClass::Used),
            ("execution.buffer-timeout", KeyClass::Deprecated { current: "execution.buffer-timeout.interval" }),
            ("execution.checkpointing.interval", KeyClass::Used),
            ("state.checkpoints.dir", KeyClass::Deprecated { current: "execution.checkpointing.dir" }),
            ("env.java.opts.all", KeyClass::JvmOnly),
            ("akka.ask.timeout", KeyClass::JvmOnly),
            ("jobmanager.memory.process.size", KeyClass::JvmOnly),
            ("taskmanager.memory.jvm-overhead.min", KeyClass::JvmOnly),
            ("metrics.reporter.prom.port", KeyClass::FreeForm),
            ("high-availability.raft.peers", KeyClass::Used),
            ("s3.endpoint", KeyClass::Used),
            ("s3.some-new-key", KeyClass::FreeForm),
            ("yarn.tags", KeyClass::NotYet),
            ("jobstore.type", KeyClass::NotYet),
            ("kubernetes.jobmanager.labels.app", KeyClass::NotYet),
            ("rest.prot", KeyClass::Unknown { nearest: Some("rest.port") }),
            ("taskmanager.numberOfTaskSlot", KeyClass::Unknown { nearest: Some("taskmanager.numberOfTaskSlots") }),
            ("table.exec.mini-batch.enable", KeyClass::Unknown { nearest: Some("table.exec.mini-batch.enabled") }),
            ("something.else.entirely", KeyClass::Unknown { nearest: None }),
        ] {
            assert_eq!(classify(key), class, "{key}");
        }
    }

    #[test]
    fn the_table_is_whole() {
        assert!(table().count() > 900);
        for known in table() {
            assert!(!known.key.is_empty() && !known.type_name.is_empty(), "{known:?}");
            assert!(!matches!(classify(known.key), KeyClass::Unknown { .. }), "{known:?}");
        }
    }
}
