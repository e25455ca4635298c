//! `flinkrs doctor`: looks at the machine and the configuration of a process before, or while, it runs, and says what is wrong.

use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use checkpoint::Storage;
use common::config::{Configuration, options};
use common::net;
use transport::users::Users;
use transport::{Internal, http::HttpSettings};

use super::async_runtime;
use crate::args::DoctorArguments;
use crate::rest_access::RestAccess;
use crate::settings;

/// A process has a file handle for each connection, log and file of RocksDB.
const HANDLES: u64 = 4096;
/// What has to be free where state and checkpoints are, in bytes.
const FREE: u64 = 1 << 30;
/// Clocks may differ by this.
const CLOCKS: Duration = Duration::from_secs(2);
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// What a check has found.
enum Finding {
    Fine(String),
    /// It works, but may not for long.
    Remark(String),
    Wrong(String),
}

use Finding::{Fine, Remark, Wrong};

/// Prints a line for each check; fails when anything is wrong.
pub(super) fn doctor(arguments: &DoctorArguments) -> anyhow::Result<ExitCode> {
    let config = settings::load(&arguments.config)?;
    let mut findings = vec![("configuration", valid(&config)), ("limits", handles()), ("memory", memory(&config))];
    findings.push((
        "TLS between processes",
        match Internal::from_config(&config) {
            Ok(_) if on(&config, &options::SECURITY_SSL_INTERNAL_ENABLED) => {
                Fine("certificate, key and trust store go together".into())
            }
            Ok(_) => Fine("off".into()),
            Err(error) => Wrong(error.to_string()),
        },
    ));
    findings.push((
        "TLS of REST",
        match HttpSettings::from_config(&config) {
            Ok(_) if on(&config, &options::SECURITY_SSL_REST_ENABLED) => Fine("certificate and key go together".into()),
            Ok(_) => Fine("off".into()),
            Err(error) => Wrong(error.to_string()),
        },
    ));
    findings.push((
        "users",
        match Users::from_config(&config) {
            Ok(Some(_)) => Fine("the file can be read".into()),
            Ok(None) => Fine("nobody is asked who they are".into()),
            Err(error) => Wrong(error.to_string()),
        },
    ));
    for (key, folder) in folders(&config)? {
        findings.push((key, disk(&folder)));
    }
    for (key, address) in ports(&config)? {
        findings.push((key, port(&address)));
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
        findings.push(("JobManager", cluster(&config).await));
        anyhow::Ok(())
    })?;
    let mut wrong = 0;
    for (what, finding) in &findings {
        let (mark, text) = match finding {
            Fine(text) => ("ok     ", text),
            Remark(text) => ("remark ", text),
            Wrong(text) => ("WRONG  ", text),
        };
        wrong += usize::from(matches!(finding, Wrong(_)));
        println!("{mark} {what}: {text}");
    }
    println!("{}", if wrong == 0 { "nothing is wrong".to_owned() } else { format!("{wrong} wrong") });
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn on(config: &Configuration, option: &common::config::ConfigOption<bool>) -> bool {
    config.get(option).unwrap_or(false)
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
    let mut folders = vec![("io.tmp.dirs", config.get(&options::IO_TMP_DIRS)?)];
    folders
        .extend(config.get(&options::HIGH_AVAILABILITY_STORAGE_DIR)?.map(|dir| ("high-availability.storageDir", dir)));
    folders.extend(config.get(&options::ENV_LOG_DIR)?.map(|dir| ("env.log.dir", dir)));
    let first =
        |text: String| text.split([',', ';']).next().unwrap_or_default().trim_start_matches("file://").to_owned();
    Ok(folders.into_iter().map(|(key, text)| (key, PathBuf::from(first(text)))).collect())
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

/// Where the processes of this configuration listen.
fn ports(config: &Configuration) -> anyhow::Result<Vec<(&'static str, String)>> {
    let rpc =
        net::host_and_port(&config.get(&options::JOBMANAGER_RPC_ADDRESS)?, config.get(&options::JOBMANAGER_RPC_PORT)?);
    let gateway = config.get(&options::SQL_GATEWAY_REST_ADDRESS)?.unwrap_or_else(|| "localhost".to_owned());
    let gateway = net::host_and_port(&gateway, config.get(&options::SQL_GATEWAY_REST_PORT)?);
    let rest = settings::rest_address(config)?;
    Ok(vec![("rest.port", rest), ("jobmanager.rpc.port", rpc), ("sql-gateway.endpoint.rest.port", gateway)])
}

fn first_address(address: &str) -> Option<SocketAddr> {
    address.to_socket_addrs().ok()?.min_by_key(SocketAddr::is_ipv6)
}

fn port(address: &str) -> Finding {
    let Some(found) = first_address(address) else { return Wrong(format!("{address} has no address")) };
    if TcpStream::connect_timeout(&found, CONNECT_LIMIT).is_ok() {
        return Fine(format!("something listens at {address}"));
    }
    match TcpListener::bind(found) {
        Ok(_) => Fine(format!("{address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrNotAvailable => {
            Remark(format!("nothing answers at {address}, which is not this machine"))
        }
        Err(error) => Wrong(format!("{address}: {error}")),
    }
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

/// The cluster, if it runs: whether it lets this configuration in, and what its clock says.
async fn cluster(config: &Configuration) -> Finding {
    let asked = async {
        let access = RestAccess::from_config(config)?;
        let address = access.address(&settings::rest_address(config)?, "JobManager", "rest.port (8081)")?;
        let url = format!("{}://{}/overview", address.scheme, address.host_and_port);
        let response = access.http().get(url).timeout(Duration::from_secs(5)).send().await;
        anyhow::Ok((address.host_and_port, response))
    };
    match asked.await {
        Err(error) => Wrong(super::one_line(&error)),
        Ok((address, Err(error))) if error.is_connect() && crate::rest_access::tls_problem(&error).is_none() => {
            Fine(format!("none runs at {address}"))
        }
        Ok((address, Err(error))) => {
            let problem = crate::rest_access::tls_problem(&error).unwrap_or_else(|| error.to_string());
            Wrong(format!("{address}: {problem}"))
        }
        Ok((address, Ok(response))) if !response.status().is_success() => {
            Wrong(format!("{address} answers {}", response.status()))
        }
        Ok((address, Ok(response))) => {
            let date = response.headers().get("date").and_then(|date| date.to_str().ok());
            let theirs = date.and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok()).map(SystemTime::from);
            // The header has whole seconds.
            let apart = theirs.map(|theirs| {
                let now = SystemTime::now();
                now.duration_since(theirs).unwrap_or_else(|earlier| earlier.duration())
            });
            match apart {
                Some(apart) if apart > CLOCKS => {
                    Remark(format!("{address} answers; its clock and this one are {} s apart", apart.as_secs()))
                }
                _ => Fine(format!("{address} answers")),
            }
        }
    }
}
