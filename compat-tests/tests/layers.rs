//! The rooms of the workspace and what each may see, as ARCHITECTURE.md has it, checked against `cargo metadata`.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Level of each room; a room sees only rooms of lower levels, save for the pairs in [`SIDEWAYS`].
const LEVELS: &[(&str, u32)] = &[
    ("common", 0),
    ("dataflow", 0),
    ("expr", 1),
    ("proto", 1),
    ("checkpoint", 1),
    ("connectors", 1),
    ("transport", 1),
    ("state", 2),
    ("runtime", 2),
    ("sql", 2),
    ("taskmanager", 3),
    ("jobmanager", 3),
    ("gateway", 3),
    ("client", 4),
    ("compat-tests", 5),
];

/// The one edge inside a level that the table of rooms allows: the runtime keeps state.
const SIDEWAYS: &[(&str, &str)] = &[("runtime", "state")];

/// What a room never links, even through others.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("jobmanager", &["sql", "expr", "runtime", "taskmanager"]),
    ("taskmanager", &["sql", "jobmanager"]),
    ("gateway", &["jobmanager", "taskmanager", "runtime"]),
    ("runtime", &["sql"]),
];

/// The rooms that may depend on each heavy library. RocksDB keeps state, and the JobManager's Raft log; tests feed and read Kafka by a client of their own.
const OWNERS: &[(&str, &[&str])] = &[
    ("rdkafka", &["connectors", "compat-tests"]),
    ("kafka-protocol", &["connectors"]),
    ("object_store", &["checkpoint"]),
    ("rocksdb", &["state", "jobmanager"]),
    ("openraft", &["jobmanager"]),
    ("warp", &["jobmanager", "gateway"]),
    ("clap", &["client"]),
    ("rustls", &["transport"]),
    ("argon2", &["transport"]),
];

#[test]
fn every_edge_goes_down() {
    let edges = edges();
    let level: BTreeMap<&str, u32> = LEVELS.iter().copied().collect();
    for (room, dependencies) in &edges {
        let own = *level.get(room.as_str()).unwrap_or_else(|| panic!("room '{room}' is not in the table of levels"));
        for dependency in dependencies.iter().filter(|dependency| level.contains_key(dependency.as_str())) {
            let allowed = level[dependency.as_str()] < own || SIDEWAYS.contains(&(room, dependency));
            assert!(
                allowed,
                "'{room}' (level {own}) must not depend on '{dependency}' (level {})",
                level[dependency.as_str()]
            );
        }
    }
}

#[test]
fn no_room_links_what_it_must_not_see() {
    let edges = edges();
    for (room, forbidden) in FORBIDDEN {
        let mut seen = Vec::new();
        let mut open = vec![(*room).to_owned()];
        while let Some(next) = open.pop() {
            for dependency in edges.get(&next).into_iter().flatten() {
                if !seen.contains(dependency) {
                    seen.push(dependency.clone());
                    open.push(dependency.clone());
                }
            }
        }
        for forbidden in *forbidden {
            assert!(!seen.iter().any(|room| room == forbidden), "'{room}' links '{forbidden}'");
        }
    }
}

#[test]
fn heavy_libraries_have_owners() {
    for (room, dependencies) in edges() {
        for (library, owners) in OWNERS {
            assert!(
                owners.contains(&room.as_str()) || !dependencies.iter().any(|d| d == library),
                "'{room}' depends on {library}, which is for {owners:?} alone"
            );
        }
    }
}

/// Direct normal dependencies of each room.
fn edges() -> BTreeMap<String, Vec<String>> {
    let metadata = MetadataCommand::new()
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .expect("cargo metadata works in the workspace");
    metadata
        .packages
        .iter()
        .map(|package| {
            let normal = package
                .dependencies
                .iter()
                .filter(|d| d.kind == DependencyKind::Normal)
                .map(|d| d.name.to_string())
                .collect();
            (package.name.to_string(), normal)
        })
        .collect()
}
