//! `/jars/*`: programs that were uploaded. Flink's are JARs, and so the names say.

use std::collections::BTreeMap;

use dataflow::JobId;
use serde::{Deserialize, Serialize};

/// `GET /jars`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jars {
    /// The REST API.
    pub address: String,
    /// The programs, the newest first.
    pub files: Vec<JarFile>,
}

/// A program in [`Jars`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JarFile {
    /// Its name in paths.
    pub id: String,
    /// The name that it was uploaded with.
    pub name: String,
    /// When, ms since the epoch.
    pub uploaded: i64,
    /// What can be run of an archive.
    pub entry: Vec<JarEntry>,
}

/// An entry of a [`JarFile`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JarEntry {
    /// The path of a script or job file in the archive.
    pub name: String,
    /// Nothing is known.
    pub description: Option<String>,
}

/// `POST /jars/upload`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JarUploaded {
    /// Where the program is; its last part is its id.
    pub filename: String,
    /// `success`.
    pub status: String,
}

/// What a `POST` says about how a program is run; each may also be a query parameter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JarRunRequest {
    /// Which program of an archive.
    pub entry_class: Option<String>,
    /// `-Dkey=value`.
    pub program_args_list: Option<Vec<String>>,
    /// `parallelism.default`.
    pub parallelism: Option<u32>,
    /// The id of the (first) job.
    pub job_id: Option<JobId>,
    /// `execution.state-recovery.ignore-unclaimed-state`.
    pub allow_non_restored_state: Option<bool>,
    /// `execution.state-recovery.path`.
    pub savepoint_path: Option<String>,
    /// `execution.state-recovery.claim-mode`.
    pub claim_mode: Option<String>,
    /// Further configuration.
    pub flink_configuration: Option<BTreeMap<String, String>>,
}

/// The answer to `POST /jars/:jarid/run`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JarRun {
    /// The first job of the program.
    pub jobid: JobId,
}

/// The answer to `POST /jars/:jarid/run-application`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JarRunApplication {
    /// The first job of the program: each is an application of its own.
    pub applicationid: JobId,
}
