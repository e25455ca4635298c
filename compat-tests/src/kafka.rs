//! A real Kafka broker for one test: `kafka/broker.py run`, which stops the broker when its standard input ends, so that none outlives its test.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};

/// A running broker.
#[derive(Debug)]
pub struct KafkaBroker {
    address: String,
    process: Child,
}

impl KafkaBroker {
    /// Starts a broker on a free loopback port; the first time on a machine it is fetched.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_at("127.0.0.1")
    }

    /// Fetches Kafka, if that was not done yet.
    pub fn fetch() -> anyhow::Result<()> {
        let status = script(&["fetch"]).stdout(Stdio::null()).status().context("is python3 installed?")?;
        ensure!(status.success(), "Kafka could not be fetched; see the messages above");
        Ok(())
    }

    /// Starts a broker on a free port of another address of this machine.
    pub fn start_at(host: &str) -> anyhow::Result<Self> {
        let mut process = script(&["run", "--host", host])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start kafka/broker.py; is python3 installed?")?;
        let mut address = String::new();
        let stdout = process.stdout.take().context("the broker's output is piped")?;
        BufReader::new(stdout).read_line(&mut address).context("the broker said nothing")?;
        let address = address.trim().to_owned();
        ensure!(!address.is_empty(), "the Kafka broker did not start; see the messages above");
        Ok(Self { address, process })
    }

    /// `host:port` for `bootstrap.servers`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Creates a topic.
    pub fn create_topic(&self, topic: &str, partitions: u32) -> anyhow::Result<()> {
        self.run(&["topic", &self.address, topic, "--partitions", &partitions.to_string()], "").map(drop)
    }

    /// Writes one record a line; to one partition, given as `partition/count`, or spread by the producer.
    pub fn produce(&self, topic: &str, partition: Option<&str>, lines: &str) -> anyhow::Result<()> {
        let mut arguments = vec!["produce", &self.address, topic];
        arguments.extend(partition.iter().flat_map(|partition| ["--partition", partition]));
        self.run(&arguments, lines).map(drop)
    }

    /// The values of `count` records from the beginning.
    pub fn consume(&self, topic: &str, count: usize) -> anyhow::Result<Vec<String>> {
        let text =
            self.run(&["consume", &self.address, topic, "--count", &count.to_string(), "--timeout", "20"], "")?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// The values of all records that are committed, from the beginning.
    pub fn consume_committed(&self, topic: &str) -> anyhow::Result<Vec<String>> {
        let text = self.run(&["consume", &self.address, topic, "--read-committed"], "")?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    fn run(&self, arguments: &[&str], input: &str) -> anyhow::Result<String> {
        let mut process = script(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        process.stdin.take().context("standard input is piped")?.write_all(input.as_bytes())?;
        let output = process.wait_with_output()?;
        ensure!(output.status.success(), "broker.py {} failed", arguments.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for KafkaBroker {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // The script stops the broker; nothing can be done about it here if it does not.
        let _ = self.process.wait();
    }
}

fn script(arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("kafka/broker.py")).args(arguments);
    command
}
