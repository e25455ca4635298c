//! `flinkrs doctor`: looks at the machine and the configuration of a process before, or while, it runs, and says what is wrong.

mod owner;

use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use checkpoint::Storage;
use common::config::{Configuration, PortRange, options};
use common::net;
use common::telemetry::Reporters;
use gateway::{SqlGateway, SqlGatewayError};
use jobmanager::{JobManagerError, Preflight};
use taskmanager::{TaskManager, TaskManagerError};
use transport::tls::{CertificateReport, check_internal, check_rest};
use transport::users::Users;
use transport::{Internal, TransportError, http::HttpSettings};

use super::async_runtime;
use crate::args::DoctorArguments;
use crate::output::say;
use crate::rest_access::RestAccess;
use crate::settings;
use owner::Owner;

/// A process has a file handle for each connection, log and file of RocksDB.
const HANDLES: u64 = 4096;
/// What has to be free where state and checkpoints are, in bytes.
const FREE: u64 = 1 << 30;
/// Clocks may differ by this, and by no means by that: certificates and tokens then end at other times, and windows that follow the clock are wrong.
const CLOCKS: Duration = Duration::from_secs(2);
const CLOCKS_AT_MOST: Duration = Duration::from_secs(60);
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// Of a range.
const PORTS_LOOKED_AT: usize = 16;

/// What a check has found.
enum Finding {
    Fine(String),
    /// It works, but may not for long.
    Remark(String),
    /// It works, but not as it should.
    Warning(String),
    Wrong(String),
}

use Finding::{Fine, Remark, Warning, Wrong};

/// Prints a line for each check; fails when anything is wrong.
pub(super) fn doctor(arguments: &DoctorArguments) -> anyhow::Result<ExitCode> {
    let config = settings::load(&arguments.config)?;
    let mut findings = vec![("configuration", valid(&config)), ("limits", handles()), ("memory", memory(&config))];
    let now = SystemTime::now();
    let internal = Internal::from_config(&config).and_then(|_| {
        let is_on = on(&config, &options::SECURITY_SSL_INTERNAL_ENABLED);
        is_on.then(|| check_internal(&config, now)).transpose()
    });
    findings.extend(certificates(internal).into_iter().map(|finding| ("TLS between processes", finding)));
    let rest = HttpSettings::from_config(&config).and_then(|_| {
        let is_on = on(&config, &options::SECURITY_SSL_REST_ENABLED);
        is_on.then(|| check_rest(&config, now)).transpose()
    });
    findings.extend(certificates(rest).into_iter().map(|finding| ("TLS of REST", finding)));
    findings.extend(users(&config)?.into_iter().map(|finding| ("users", finding)));
    let mut temporary = 0;
    for (key, folder) in folders(&config)? {
        temporary += usize::from(key == options::IO_TMP_DIRS.key());
        let finding = match disk(&folder) {
            Wrong(text) if key == options::IO_TMP_DIRS.key() && temporary > 1 => {
                Warning(format!("{text}; of several folders the first is used"))
            }
            finding => finding,
        };
        findings.push((key, finding));
    }
    let names = [("jobmanager.rpc.address", config.get(&options::JOBMANAGER_RPC_ADDRESS)?)];
    for (key, host) in names {
        findings.push((key, resolves(&host)));
    }
    for peer in net::split_addresses(&config.get(&options::HIGH_AVAILABILITY_RAFT_PEERS)?.unwrap_or_default()) {
        findings.push(("high-availability.raft.peers", reachable(&peer)));
    }
    async_runtime()?.block_on(async {
        for option in [&options::CHECKPOINTING_DIR, &options::CHECKPOINTING_SAVEPOINT_DIR] {
            if let Some(folder) = config.get(option)? {
                findings.push((option.key(), storage(&config, &folder).await));
            }
        }
        let (runs, finding) = cluster(&config).await;
        findings.extend(ports(&config, runs).await?);
        findings.push(("JobManager", finding));
        anyhow::Ok(())
    })?;
    let (mut wrong, mut warnings) = (0, 0);
    for (what, finding) in &findings {
        let (mark, text) = match finding {
            Fine(text) => ("ok     ", text),
            Remark(text) => ("remark ", text),
            Warning(text) => ("WARNING", text),
            Wrong(text) => ("WRONG  ", text),
        };
        wrong += usize::from(matches!(finding, Wrong(_)));
        warnings += usize::from(matches!(finding, Warning(_)));
        say!("{mark} {what}: {text}");
    }
    let nothing =
        if warnings == 0 { "nothing is wrong".to_owned() } else { format!("nothing is wrong, warnings: {warnings}") };
    say!("{}", if wrong == 0 { nothing } else { format!("{wrong} wrong") });
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn on(config: &Configuration, option: &common::config::ConfigOption<bool>) -> bool {
    config.get(option).unwrap_or(false)
}

/// What is to be said of the certificates of one side; none when it has no TLS.
fn certificates(checked: Result<Option<CertificateReport>, TransportError>) -> Vec<Finding> {
    match checked {
        Err(error) => vec![Wrong(error.to_string())],
        Ok(None) => vec![Fine("off".to_owned())],
        Ok(Some(CertificateReport { wrong, warnings })) if wrong.is_empty() && warnings.is_empty() => {
            vec![Fine("certificate and key go together, are valid, and are trusted".to_owned())]
        }
        Ok(Some(CertificateReport { wrong, warnings })) => {
            wrong.into_iter().map(Wrong).chain(warnings.into_iter().map(Warning)).collect()
        }
    }
}

fn users(config: &Configuration) -> anyhow::Result<Vec<Finding>> {
    match Users::from_config(config) {
        Err(error) => return Ok(vec![Wrong(error.to_string())]),
        Ok(None) => return Ok(vec![Fine("nobody is asked who they are".to_owned())]),
        Ok(Some(_)) => {}
    }
    let mut findings = vec![Fine("the file can be read".to_owned())];
    let file = config.get(&options::SECURITY_REST_USERS_FILE)?.unwrap_or_default();
    let mode = std::fs::metadata(&file).map_or(0, |metadata| metadata.mode());
    if mode & 0o022 != 0 {
        findings.push(Warning(format!("others can write {file}, and with that let anybody in; chmod go-w")));
    }
    if mode & 0o004 != 0 {
        findings.push(Warning(format!("everybody can read the hashes in {file}; chmod o-r")));
    }
    if !on(config, &options::SECURITY_SSL_REST_ENABLED) {
        let text = "passwords and tokens go over the network as they are, without TLS (security.ssl.rest.enabled)";
        findings.push(Warning(text.to_owned()));
    }
    Ok(findings)
}

fn valid(config: &Configuration) -> Finding {
    match config.validate() {
        Ok(()) => Fine(format!("{} keys", config.iter().count())),
        Err(error) => Wrong(error.to_string()),
    }
}

/// File handles of this process, which its children have too.
fn handles() -> Finding {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3)).and_then(|text| text.parse::<u64>().ok());
    match soft {
        Some(soft) if soft < HANDLES => Remark(format!(
            "{soft} open files at most; 'ulimit -n {HANDLES}' or more is better with RocksDB and many jobs"
        )),
        Some(soft) => Fine(format!("{soft} open files at most")),
        None => Fine("not known here".into()),
    }
}

fn memory(config: &Configuration) -> Finding {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let (Some(total), Some(free)) = (kilobytes("MemTotal:"), kilobytes("MemAvailable:")) else {
        return Fine("not known here".into());
    };
    let wanted = config.get(&options::TASKMANAGER_MEMORY_PROCESS_SIZE).ok().flatten().map_or(0, |size| size.bytes());
    let text = format!("{} MB, {} MB of it free", total >> 10, free >> 10);
    match wanted > total << 10 {
        true => Wrong(format!("{text}; taskmanager.memory.process.size is {} MB", wanted >> 20)),
        false => Fine(text),
    }
}

/// Local folders that are written to.
fn folders(config: &Configuration) -> anyhow::Result<Vec<(&'static str, PathBuf)>> {
    let path = |text: &str| PathBuf::from(text.strip_prefix("file://").unwrap_or(text));
    let temporary = config.get(&options::IO_TMP_DIRS)?;
    let temporary = temporary.split([',', ':', ';']).map(str::trim).filter(|folder| !folder.is_empty());
    let mut folders: Vec<_> = temporary.map(|folder| ("io.tmp.dirs", path(folder))).collect();
    for option in [
        &options::HIGH_AVAILABILITY_STORAGE_DIR,
        &options::ENV_LOG_DIR,
        &options::WEB_UPLOAD_DIR,
        &options::PROCESS_TASKMANAGER_WORKING_DIR,
    ] {
        folders.extend(config.get(option)?.map(|folder| (option.key(), path(&folder))));
    }
    folders.push((options::WEB_TMPDIR.key(), path(&config.get(&options::WEB_TMPDIR)?)));
    Ok(folders)
}

fn disk(folder: &Path) -> Finding {
    let existing = folder.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("/"));
    let probe = existing.join(format!(".flinkrs-doctor-{}", std::process::id()));
    if let Err(error) = std::fs::write(&probe, b"?").and_then(|()| std::fs::remove_file(&probe)) {
        return Wrong(format!("{} cannot be written: {error}", existing.display()));
    }
    match free_bytes(existing) {
        Some(free) if free < FREE => Remark(format!("{}: only {} MB are free", folder.display(), free >> 20)),
        Some(free) => Fine(format!("{}: {} MB are free", folder.display(), free >> 20)),
        None => Fine(format!("{} can be written", folder.display())),
    }
}

/// As `df` says.
fn free_bytes(folder: &Path) -> Option<u64> {
    let output = std::process::Command::new("df").args(["-Pk", "--"]).arg(folder).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().nth(1)?.split_whitespace().nth(3)?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// Where the processes of this configuration would listen: by the functions by which they do, one beside the other.
async fn ports(config: &Configuration, runs: bool) -> anyhow::Result<Vec<(&'static str, Finding)>> {
    let mut findings = Vec::new();
    // What belongs to another machine is looked at there.
    let rpc_host = config.get(&options::JOBMANAGER_RPC_ADDRESS)?;
    let is_here = TcpListener::bind((rpc_host.trim_matches(['[', ']']), 0)).is_ok();
    let elsewhere = |finding: Finding| match finding {
        Wrong(text) if !is_here => Remark(format!("{text}; {rpc_host} (jobmanager.rpc.address) is not this machine")),
        finding => finding,
    };
    let preflight = Preflight::of(config);
    let rest =
        preflight.ports.iter().find_map(|(key, listening)| (*key == "rest.port").then_some(listening.as_ref().ok()));
    let rest_host = rest.flatten().map_or_else(|| "127.0.0.1".to_owned(), |(_, address)| address.ip().to_string());
    for (key, listening) in &preflight.ports {
        findings.push((
            *key,
            match listening {
                Ok((_, address)) => Fine(format!("{address} is free")),
                Err(JobManagerError::Listen { source, .. }) => {
                    let roles: &[&str] = if key.starts_with("metrics") {
                        &["jobmanager", "cluster", "taskmanager"]
                    } else {
                        &["jobmanager", "cluster"]
                    };
                    elsewhere(taken(source, &numbers(config, key)?, roles, runs))
                }
                Err(error) => Wrong(error.to_string()),
            },
        ));
    }
    if !config.get(&options::SQL_GATEWAY_ENDPOINT_TYPE)?.trim().eq_ignore_ascii_case("none") {
        let key = "sql-gateway.endpoint.rest.port";
        let finding = match SqlGateway::listen(config, &rest_host) {
            Ok(listener) => Fine(format!("{} is free", listener.local_addr()?)),
            Err(SqlGatewayError::Listen(source)) => {
                let ports = config.get(&options::SQL_GATEWAY_REST_BIND_PORT)?;
                let roles = ["jobmanager", "cluster", "sql-gateway"];
                match taken(&source, &ports, &roles, runs) {
                    // The usual port may be another's: then a JobManager goes without a gateway.
                    Wrong(text) if !config.is_set(&options::SQL_GATEWAY_REST_BIND_PORT) => Warning(format!(
                        "{text}; a JobManager starts without its SQL gateway, which answers at rest.port only"
                    )),
                    finding => finding,
                }
            }
            Err(error) => Wrong(error.to_string()),
        };
        findings.push((key, elsewhere(finding)));
    }
    findings.push((
        "JobManager settings",
        match &preflight.settings {
            Ok(()) => Fine("can be started with".to_owned()),
            Err(error) => Wrong(error.to_string()),
        },
    ));
    if let Some(store) = &preflight.store {
        findings.push(("high-availability.storageDir", jobs_in(store)));
    }
    drop(preflight);
    findings.push((
        "TaskManager settings",
        match TaskManager::check(config) {
            Ok(()) => Fine("can be started with".to_owned()),
            Err(TaskManagerError::Listen { key, source }) => {
                match taken(&source, &numbers(config, key)?, &["taskmanager", "cluster"], false) {
                    Wrong(text) => Wrong(format!("{key}: {text}")),
                    Remark(text) => Remark(format!("{key}: {text}")),
                    finding => finding,
                }
            }
            Err(error) => Wrong(error.to_string()),
        },
    ));
    Ok(findings)
}

/// The ports that a key, as errors name it, stands for.
fn numbers(config: &Configuration, key: &str) -> anyhow::Result<PortRange> {
    Ok(match key {
        "rest.port" => config.get(&options::REST_BIND_PORT)?,
        "jobmanager.rpc.port" => PortRange::single(match config.get(&options::JOBMANAGER_RPC_BIND_PORT)? {
            Some(port) => port,
            None => config.get(&options::JOBMANAGER_RPC_PORT)?,
        }),
        "taskmanager.rpc.port" => config.get(&options::TASKMANAGER_RPC_PORT)?,
        "taskmanager.data.port" => PortRange::single(config.get(&options::TASKMANAGER_DATA_PORT)?),
        _ => Reporters::from_config(config)?.prometheus.first().map_or(PortRange::single(0), |one| one.ports.clone()),
    })
}

/// A port at which nobody can listen. It is no fault that a process of flinkrs with one of these roles does so; `runs`: a JobManager answers, so that
/// it may be that one where nobody can be seen.
fn taken(problem: &std::io::Error, ports: &PortRange, roles: &[&str], runs: bool) -> Finding {
    if problem.kind() != std::io::ErrorKind::AddrInUse {
        return Wrong(problem.to_string());
    }
    match ports.ports().take(PORTS_LOOKED_AT).find_map(Owner::of_port) {
        Some(owner) if owner.pid == std::process::id() => {
            Wrong(format!("{ports} is the port of another key too; give each its own"))
        }
        Some(owner) if owner.role.as_deref().is_some_and(|role| roles.contains(&role)) => {
            Remark(format!("{owner} listens at {ports}: it runs already, and a second one needs another port"))
        }
        Some(owner) => Wrong(format!("{problem}: {owner} listens there")),
        None if runs => Remark(format!("{ports} is taken; a JobManager runs already")),
        None => Wrong(problem.to_string()),
    }
}

/// Where a JobManager keeps its jobs: RocksDB lets in one process.
fn jobs_in(store: &Path) -> Finding {
    match Owner::of_lock(&store.join("LOCK")) {
        Some(owner) if owner.role.is_some() => {
            Remark(format!("{owner} has opened {}: it runs already, and a second one would not start", store.display()))
        }
        Some(owner) => Wrong(format!("{owner} has locked {}", store.display())),
        None if store.join("CURRENT").exists() => {
            Fine(format!("there are jobs of earlier JobManagers in {}", store.display()))
        }
        None => Fine(format!("{} is made with the first start", store.display())),
    }
}

fn first_address(address: &str) -> Option<SocketAddr> {
    address.to_socket_addrs().ok()?.min_by_key(SocketAddr::is_ipv6)
}

fn resolves(host: &str) -> Finding {
    match first_address(&net::host_and_port(host, 0)) {
        Some(address) => Fine(format!("{host} is {}", address.ip())),
        None => Wrong(format!("{host} has no address")),
    }
}

fn reachable(peer: &str) -> Finding {
    match first_address(peer).map(|address| TcpStream::connect_timeout(&address, CONNECT_LIMIT)) {
        None => Wrong(format!("{peer} has no address")),
        Some(Err(error)) => Remark(format!("{peer} does not answer: {error}")),
        Some(Ok(_)) => Fine(format!("{peer} answers")),
    }
}

/// Writes, reads and deletes a file there.
async fn storage(config: &Configuration, folder: &str) -> Finding {
    let tried = async {
        let storage = Storage::new(config).map_err(|error| error.to_string())?;
        let file = format!("{}/.flinkrs-doctor-{}", folder.trim_end_matches('/'), std::process::id());
        storage.put(&file, Bytes::from_static(b"?")).await.map_err(|error| error.to_string())?;
        let read = storage.get(&file).await.map_err(|error| error.to_string());
        storage.delete(&file).await.map_err(|error| error.to_string())?;
        read.map(drop)
    };
    match tokio::time::timeout(Duration::from_secs(20), tried).await {
        Ok(Ok(())) => Fine(format!("{folder} can be written, read and deleted in")),
        Ok(Err(problem)) => Wrong(problem),
        Err(_) => Wrong(format!("{folder} does not answer within 20 s")),
    }
}

/// Whether the cluster runs; whether it lets this configuration in, and what its clock says.
async fn cluster(config: &Configuration) -> (bool, Finding) {
    let asked = async {
        let access = RestAccess::from_config(config)?;
        let address = access.address(&settings::rest_address(config)?, "JobManager", "rest.port (8081)")?;
        let url = format!("{}://{}/overview", address.scheme, address.host_and_port);
        let response = access.http().get(url).timeout(Duration::from_secs(5)).send().await;
        anyhow::Ok((address.host_and_port, response))
    };
    match asked.await {
        Err(error) => (false, Wrong(super::one_line(&error))),
        Ok((address, Err(error))) if error.is_connect() && crate::rest_access::tls_problem(&error).is_none() => {
            (false, Fine(format!("none runs at {address}")))
        }
        Ok((address, Err(error))) => {
            let problem = crate::rest_access::tls_problem(&error).unwrap_or_else(|| error.to_string());
            (false, Wrong(format!("{address}: {problem}")))
        }
        Ok((address, Ok(response))) if !response.status().is_success() => {
            (true, Wrong(format!("{address} answers {}", response.status())))
        }
        Ok((address, Ok(response))) => {
            let date = response.headers().get("date").and_then(|date| date.to_str().ok());
            let theirs = date.and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok()).map(SystemTime::from);
            // The header has whole seconds.
            let apart = theirs.map(|theirs| {
                let now = SystemTime::now();
                now.duration_since(theirs).unwrap_or_else(|earlier| earlier.duration())
            });
            let finding = match apart {
                Some(apart) if apart > CLOCKS => {
                    let text = format!("{address} answers; its clock and this one are {} s apart", apart.as_secs());
                    if apart > CLOCKS_AT_MOST { Wrong(text) } else { Remark(text) }
                }
                _ => Fine(format!("{address} answers")),
            };
            match response.json::<serde_json::Value>().await {
                Ok(answer) if answer.get("taskmanagers").is_some() => (true, finding),
                _ => (false, Wrong(format!("what answers at {address} is no JobManager"))),
            }
        }
    }
}
