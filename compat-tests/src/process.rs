//! The `flinkrs` binary as users run it: roles as processes of their own, commands with their output and exit code.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// The binary that `FLINKRS` names, else the one in the target folder of the program that asks, which may be a test (in `deps`); cargo builds both.
pub fn binary() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("FLINKRS") {
        return std::fs::canonicalize(&named).with_context(|| format!("FLINKRS: {}", named.display()));
    }
    let program = std::env::current_exe()?;
    let folders = program.ancestors().skip(1).take(2);
    let binary = folders.map(|folder| folder.join("flinkrs")).find(|binary| binary.is_file());
    binary.with_context(|| format!("no flinkrs beside {}; build it with 'cargo build --workspace'", program.display()))
}

/// A command of the binary that sees no configuration but what it is given.
pub fn flinkrs(arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(binary()?);
    command.args(arguments).current_dir(std::env::temp_dir());
    for variable in [
        "FLINKRS_CONF_DIR",
        "FLINK_CONF_DIR",
        "FLINK_PROPERTIES",
        "JOB_MANAGER_RPC_ADDRESS",
        "TASK_MANAGER_NUMBER_OF_TASK_SLOTS",
        "FLINKRS_LOG",
        "RUST_LOG",
        "FLINK_REST_CLIENT_HEADERS",
    ] {
        command.env_remove(variable);
    }
    Ok(command)
}

/// Runs a command to its end.
pub fn run(arguments: &[&str]) -> anyhow::Result<Output> {
    Ok(flinkrs(arguments)?.stdin(Stdio::null()).output()?)
}

/// A port that was free a moment ago.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A role in a process of its own, killed at the end of the test.
#[derive(Debug)]
pub struct Role(Child);

impl From<Child> for Role {
    fn from(child: Child) -> Self {
        Self(child)
    }
}

impl Role {
    /// Sends a signal by its name, such as `STOP`.
    pub fn signal(&self, name: &str) -> anyhow::Result<()> {
        ensure!(
            Command::new("kill").args(["-s", name, &self.pid().to_string()]).status()?.success(),
            "the process has gone already"
        );
        Ok(())
    }

    /// Resident memory in bytes.
    pub fn resident_memory(&self) -> anyhow::Result<u64> {
        let statm =
            std::fs::read_to_string(format!("/proc/{}/statm", self.pid())).context("the process has gone already")?;
        let pages: u64 = statm.split(' ').nth(1).context("statm has fields")?.parse()?;
        Ok(pages * 4096)
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has not ended.
    pub fn runs(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// `kill -9`.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }

    /// SIGTERM, then the exit code.
    pub fn terminate(&mut self) -> anyhow::Result<Option<i32>> {
        self.signal("TERM")?;
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status.code());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the process does not end within 10 s of SIGTERM")
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A JobManager and TaskManagers as processes.
#[derive(Debug)]
pub struct ProcessCluster {
    /// The JobManager.
    pub jobmanager: Role,
    /// The TaskManagers.
    pub taskmanagers: Vec<Role>,
    rest: String,
    rest_port: u16,
    rpc_port: u16,
    scheme: &'static str,
    /// What curl needs to be let in.
    curl: Vec<String>,
}

impl ProcessCluster {
    /// Starts a JobManager and TaskManagers with that many slots each, and waits until all have registered, and the SQL gateway answers if it has a port.
    pub fn start(taskmanagers: usize, slots: u32, extra: &[&str]) -> anyhow::Result<Self> {
        Self::start_secured(taskmanagers, slots, extra, "http", &[])
    }

    /// The same where REST speaks `https`, or asks who is there: with what curl needs to be let in.
    pub fn start_secured(
        taskmanagers: usize,
        slots: u32,
        extra: &[&str],
        scheme: &'static str,
        curl: &[&str],
    ) -> anyhow::Result<Self> {
        let (rest_port, rpc_port) = (free_port()?, free_port()?);
        let mut cluster = Self {
            jobmanager: Self::role("jobmanager", rest_port, rpc_port, extra)?,
            taskmanagers: Vec::new(),
            rest: format!("127.0.0.1:{rest_port}"),
            rest_port,
            rpc_port,
            scheme,
            curl: curl.iter().map(|argument| (*argument).to_owned()).collect(),
        };
        for _ in 0..taskmanagers {
            cluster.add_taskmanager(slots, extra)?;
        }
        cluster.wait_for_taskmanagers(taskmanagers)?;
        // One that was not asked for may be left out: its usual port is another cluster's.
        if extra.iter().any(|argument| argument.starts_with("-Dsql-gateway.endpoint.rest.port=")) {
            cluster.wait_until("the SQL gateway", || {
                Ok(cluster.get("/sql-gateway/v4/info").is_ok_and(|info| info["productName"].is_string()))
            })?;
        }
        Ok(cluster)
    }

    /// `kill -9` of the JobManager, and a new one at its addresses.
    pub fn replace_jobmanager(&mut self, extra: &[&str]) -> anyhow::Result<()> {
        self.jobmanager.kill()?;
        self.jobmanager = Self::role("jobmanager", self.rest_port, self.rpc_port, extra)?;
        Ok(())
    }

    /// One more TaskManager.
    pub fn add_taskmanager(&mut self, slots: u32, extra: &[&str]) -> anyhow::Result<()> {
        let slots = format!("-Dtaskmanager.numberOfTaskSlots={slots}");
        let mut extra = extra.to_vec();
        extra.push(&slots);
        self.taskmanagers.push(Self::role("taskmanager", 0, self.rpc_port, &extra)?);
        Ok(())
    }

    /// The REST address, for `-m`.
    pub fn rest_address(&self) -> &str {
        &self.rest
    }

    /// Where TaskManagers register.
    pub fn rpc_address(&self) -> String {
        format!("127.0.0.1:{}", self.rpc_port)
    }

    /// `GET path`, as JSON.
    pub fn get(&self, path: &str) -> anyhow::Result<serde_json::Value> {
        let output = Command::new("curl")
            .args(["-sS", "-m", "5", &format!("{}://{}{path}", self.scheme, self.rest)])
            .args(&self.curl)
            .output()
            .context("curl is needed")?;
        ensure!(output.status.success(), "GET {path}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("GET {path} answered {}", String::from_utf8_lossy(&output.stdout)))
    }

    /// Waits until `count` TaskManagers are registered.
    pub fn wait_for_taskmanagers(&self, count: usize) -> anyhow::Result<()> {
        self.wait_until(&format!("{count} TaskManagers"), || {
            Ok(self.get("/overview").is_ok_and(|overview| overview["taskmanagers"] == count))
        })
    }

    /// Asks until it holds, at most a minute: a machine that does much else takes its time.
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if holds()? {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("waited 60 s in vain for {what}")
    }

    fn role(role: &str, rest_port: u16, rpc_port: u16, extra: &[&str]) -> anyhow::Result<Role> {
        let rest = format!("-Drest.port={rest_port}");
        let rpc = format!("-Djobmanager.rpc.port={rpc_port}");
        let mut arguments = vec![
            role,
            &rest,
            &rpc,
            "-Djobmanager.rpc.address=127.0.0.1",
            "-Dtaskmanager.host=127.0.0.1",
            "-Drest.address=127.0.0.1",
        ];
        arguments.extend(extra);
        // As Flink's start scripts do, beside the log.
        let log_folder = extra.iter().find_map(|argument| argument.strip_prefix("-Denv.log.dir="));
        let stdout = match log_folder.map(PathBuf::from) {
            None => Stdio::null(),
            Some(folder) => {
                std::fs::create_dir_all(&folder)?;
                std::fs::File::create(folder.join(format!("flinkrs-{role}.out")))?.into()
            }
        };
        Ok(Role(flinkrs(&arguments)?.stdin(Stdio::null()).stdout(stdout).spawn()?))
    }
}
