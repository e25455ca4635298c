//! A network of one's own: name spaces that this program enters, and the wire between the processes (`chaos/wire.py`), which can be cut, slow and lossy.
//!
//! What is mounted, and what runs, is seen only in there and ends with it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::json;

/// Set inside, so that it is entered once.
const INSIDE: &str = "CHAOS_NAME_SPACES";
/// The place of this program, of Kafka and of clients: links to it are left alone.
pub const HOST: &str = "host";
const HOST_ADDRESS: &str = "10.77.0.254";

/// The name spaces: user, network, mounts and processes; the last so that nothing outlives its end.
const UNSHARE: [&str; 7] = ["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child"];

/// Whether this program is in name spaces of its own.
pub fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Why name spaces cannot be had here.
pub fn obstacle() -> Option<String> {
    let test = "ip tuntap add dev tun-test mode tun && mount -t tmpfs tmpfs /run && ip netns add test";
    let output = Command::new("unshare").args(UNSHARE).args(["--mount-proc", "sh", "-c", test]).output();
    match output {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(format!("unshare (of util-linux): {error}")),
    }
}

/// Starts this program again in name spaces of its own, in its place; returns only what went wrong.
pub fn enter() -> anyhow::Error {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error.into(),
    };
    let mut command = Command::new("unshare");
    command.args(UNSHARE).args(["--mount-proc", "--"]).arg(program).args(std::env::args_os().skip(1));
    command.env(INSIDE, "1").exec().into()
}

/// What a link is like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Milliseconds one way.
    pub delay_ms: u64,
    /// Up to so many more.
    pub jitter_ms: u64,
    /// The part of packets that get lost, 0 to 1.
    pub loss: f64,
}

/// The wire.
#[derive(Debug)]
pub struct Network {
    wire: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    places: Vec<String>,
}

impl Network {
    /// Lays the wire between these places and the host. The seed says which packets get lost.
    pub fn start(places: &[&str], seed: u64) -> anyhow::Result<Self> {
        ensure!(is_inside(), "a network is laid in name spaces of its own only");
        // Where `ip netns` keeps names, which need not be there or be ours.
        mount(Path::new("/run"), 1)?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("chaos/wire.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(seed.to_string()).arg(format!("{HOST}={HOST_ADDRESS}"));
        for (number, place) in places.iter().enumerate() {
            command.arg(format!("{place}={}", address(number)));
        }
        let mut wire = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("python3 is needed")?;
        let commands = wire.stdin.take().context("its input is piped")?;
        let answers = BufReader::new(wire.stdout.take().context("its output is piped")?);
        let places = places.iter().map(|place| (*place).to_owned()).collect();
        let mut this = Network { wire, commands, answers, places };
        this.answered()?;
        Ok(this)
    }

    /// The address of a place.
    pub fn address(&self, place: &str) -> String {
        let number = self.places.iter().position(|known| known == place);
        number.map_or_else(|| HOST_ADDRESS.to_owned(), address)
    }

    /// A command that runs there.
    pub fn command(place: &str, program: &Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", place]).arg(program);
        command
    }

    /// Packets of these pairs, from the first to the second, vanish.
    pub fn cut(&mut self, pairs: &[(String, String)]) -> anyhow::Result<()> {
        self.order(&json!({ "cut": pairs }))
    }

    /// All links become like this.
    pub fn link(&mut self, link: Link) -> anyhow::Result<()> {
        let Link { delay_ms, jitter_ms, loss } = link;
        self.order(&json!({ "link": { "delay_ms": delay_ms, "jitter_ms": jitter_ms, "loss": loss } }))
    }

    /// Everything is as it was.
    pub fn heal(&mut self) -> anyhow::Result<()> {
        self.order(&json!({ "heal": true }))
    }

    fn order(&mut self, command: &serde_json::Value) -> anyhow::Result<()> {
        writeln!(self.commands, "{command}").context("the wire has ended")?;
        self.answered()
    }

    fn answered(&mut self) -> anyhow::Result<()> {
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        ensure!(answer == "ok\n", "the wire has ended; see the messages above");
        Ok(())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.wire.kill();
        let _ = self.wire.wait();
    }
}

fn address(number: usize) -> String {
    format!("10.77.0.{}", number + 1)
}

/// A small disk of its own at a folder: a tmpfs, taken away at the end.
#[derive(Debug)]
pub struct Disk(PathBuf);

impl Disk {
    /// One of so many MB.
    pub fn at(folder: PathBuf, megabytes: u64) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        mount(&folder, megabytes)?;
        Ok(Disk(folder))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // It goes with the name space otherwise.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn mount(folder: &Path, megabytes: u64) -> anyhow::Result<()> {
    let size = format!("size={megabytes}m");
    let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output()?;
    ensure!(output.status.success(), "mount: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Fills the disk of a folder; answers the file that does.
pub fn fill(folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join("filled-by-chaos");
    let mut file = std::fs::File::create(&path)?;
    let block = vec![0; 1 << 16];
    // Ever smaller pieces, to the last byte.
    let mut piece = block.len();
    while piece > 0 {
        match file.write(&block[..piece]) {
            Ok(written) if written > 0 => {}
            _ => piece /= 2,
        }
    }
    Ok(path)
}
