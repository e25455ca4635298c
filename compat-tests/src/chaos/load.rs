//! The load of a chaos run: numbers into Kafka, the job that reads and writes them exactly once, and two readers of what it writes.
//!
//! ```text
//!   feeder: 0, 1, 2, ... -> topic events -> the job -> topic rows     every number once; read as it is written, and as it is committed
//!                                                  \-> topic counts   numbers by window and key: they add up
//! ```

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::kafka::KafkaBroker;

/// Partitions of each topic.
pub const PARTITIONS: i32 = 4;
/// How often the feeder sends.
const BEAT: Duration = Duration::from_millis(10);
/// How long readers wait for a record before they look around.
const POLL: Duration = Duration::from_millis(20);

/// How much of the output is missing or there too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Numbers that were fed.
    pub rows: u64,
    /// Numbers that are not in the output.
    pub lost: u64,
    /// Numbers that are there again.
    pub duplicated: u64,
    /// How far the counts are from the numbers.
    pub miscounted: u64,
}

/// Feeder, broker and readers.
pub struct Load {
    broker: KafkaBroker,
    fed: Arc<AtomicU64>,
    is_fed: Arc<AtomicBool>,
    end: Arc<AtomicBool>,
    feeder: Option<JoinHandle<anyhow::Result<()>>>,
    written: Arc<Mutex<Reading>>,
    committed: Arc<Mutex<Reading>>,
    readers: Vec<JoinHandle<()>>,
}

/// What a reader has seen.
struct Reading {
    /// How often each number came.
    times: Vec<u8>,
    /// How many came, again or not.
    rows: u64,
    since: Instant,
    longest_gap: Duration,
}

impl Reading {
    fn new() -> Self {
        Reading { times: Vec::new(), rows: 0, since: Instant::now(), longest_gap: Duration::ZERO }
    }

    fn row(&mut self, id: usize) {
        if id >= self.times.len() {
            self.times.resize(id + 1, 0);
        }
        self.times[id] = self.times[id].saturating_add(1);
        self.rows += 1;
        self.longest_gap = self.gap();
        self.since = Instant::now();
    }

    fn gap(&self) -> Duration {
        self.longest_gap.max(self.since.elapsed())
    }
}

impl Load {
    /// Starts the broker at this address, the feeder, and the readers.
    pub fn start(host: &str, rows_per_second: u64) -> anyhow::Result<Self> {
        let broker = KafkaBroker::start_at(host)?;
        for topic in ["events", "rows", "counts"] {
            broker.create_topic(topic, PARTITIONS.unsigned_abs())?;
        }
        let fed = Arc::new(AtomicU64::new(0));
        let (is_fed, end) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let feeder = {
            let (address, fed, is_fed) = (broker.address().to_owned(), fed.clone(), is_fed.clone());
            std::thread::spawn(move || feed(&address, rows_per_second, &fed, &is_fed))
        };
        let (written, committed) = (Arc::new(Mutex::new(Reading::new())), Arc::new(Mutex::new(Reading::new())));
        let mut readers = Vec::new();
        for (isolation, reading) in [("read_uncommitted", &written), ("read_committed", &committed)] {
            let consumer = reader(broker.address(), "rows", isolation)?;
            let (reading, end) = (reading.clone(), end.clone());
            readers.push(std::thread::spawn(move || read(&consumer, &reading, &end)));
        }
        Ok(Load { broker, fed, is_fed, end, feeder: Some(feeder), written, committed, readers })
    }

    /// The job.
    pub fn sql(&self) -> String {
        let broker = self.broker.address();
        let sink = |topic: &str| {
            format!(
                "WITH ('connector'='kafka','topic'='{topic}','properties.bootstrap.servers'='{broker}','format'='json',\
                 'sink.delivery-guarantee'='exactly-once','sink.transactional-id-prefix'='chaos-{topic}',\
                 'properties.transaction.timeout.ms'='600000')"
            )
        };
        format!(
            "CREATE TABLE events (id BIGINT, ts AS CAST(TO_TIMESTAMP_LTZ(1704067200000 + id, 3) AS TIMESTAMP(3)), \
             WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector'='kafka','topic'='events',\
             'properties.bootstrap.servers'='{broker}','format'='json','scan.startup.mode'='earliest-offset');\n\
             CREATE TABLE rows_out (id BIGINT) {};\n\
             CREATE TABLE counts_out (k BIGINT, ws TIMESTAMP(3), n BIGINT) {};\n\
             CREATE VIEW keyed AS SELECT MOD(id, 97) AS k, ts FROM events;\n\
             EXECUTE STATEMENT SET BEGIN\n\
             INSERT INTO rows_out SELECT id FROM events;\n\
             INSERT INTO counts_out SELECT k, window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE keyed, DESCRIPTOR(ts), INTERVAL '1' SECOND)) \
             GROUP BY k, window_start, window_end;\nEND;\n",
            sink("rows"),
            sink("counts")
        )
    }

    /// How many rows are committed.
    pub fn committed(&self) -> u64 {
        lock(&self.committed).rows
    }

    /// How many numbers were fed so far.
    pub fn fed(&self) -> u64 {
        self.fed.load(Ordering::Relaxed)
    }

    /// Gaps count from now on.
    pub fn begin(&self) {
        for reading in [&self.written, &self.committed] {
            let mut reading = lock(reading);
            reading.since = Instant::now();
            reading.longest_gap = Duration::ZERO;
        }
    }

    /// The longest times without a new row: as they are written, and as they are committed.
    pub fn gaps(&self) -> (Duration, Duration) {
        (lock(&self.written).gap(), lock(&self.committed).gap())
    }

    /// Feeds no more; answers how many numbers there were.
    pub fn stop_feeding(&mut self) -> anyhow::Result<u64> {
        self.is_fed.store(true, Ordering::Relaxed);
        if let Some(feeder) = self.feeder.take() {
            feeder.join().map_err(|_| anyhow::anyhow!("the feeder panicked"))??;
        }
        Ok(self.fed())
    }

    /// Ends the readers and looks at all that is committed. To be asked when the job has ended.
    pub fn check(mut self) -> anyhow::Result<Verdict> {
        let rows = self.stop_feeding()?;
        // What came last may be on its way.
        std::thread::sleep(Duration::from_secs(1));
        self.end.store(true, Ordering::Relaxed);
        for reader in self.readers.drain(..) {
            reader.join().map_err(|_| anyhow::anyhow!("a reader panicked"))?;
        }
        let committed = lock(&self.committed);
        let distinct = committed.times.iter().filter(|times| **times > 0).count() as u64;
        let duplicated = committed.rows - distinct;
        let lost = rows.saturating_sub(distinct);
        drop(committed);
        let counted: u64 = self.counts()?.values().sum();
        Ok(Verdict { rows, lost, duplicated, miscounted: counted.abs_diff(rows) })
    }

    fn counts(&self) -> anyhow::Result<BTreeMap<(u64, String), u64>> {
        let mut counts = BTreeMap::new();
        for line in self.broker.consume_committed("counts")? {
            let row: serde_json::Value = serde_json::from_str(&line).with_context(|| format!("'{line}' is no row"))?;
            let key = row["k"].as_u64().with_context(|| format!("no k in {line}"))?;
            let window = row["ws"].as_str().with_context(|| format!("no ws in {line}"))?.to_owned();
            let n = row["n"].as_u64().with_context(|| format!("no n in {line}"))?;
            *counts.entry((key, window)).or_default() += n;
        }
        Ok(counts)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.is_fed.store(true, Ordering::Relaxed);
        self.end.store(true, Ordering::Relaxed);
    }
}

fn lock(reading: &Mutex<Reading>) -> std::sync::MutexGuard<'_, Reading> {
    reading.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Number n goes to partition n mod [`PARTITIONS`], so that each partition is in order.
fn feed(broker: &str, rows_per_second: u64, fed: &AtomicU64, is_fed: &AtomicBool) -> anyhow::Result<()> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker).set("enable.idempotence", "true").set("linger.ms", "2");
    let producer: BaseProducer = config.create()?;
    let began = Instant::now();
    let mut next = 0;
    while !is_fed.load(Ordering::Relaxed) {
        let due = (began.elapsed().as_secs_f64() * rows_per_second as f64) as u64;
        while next < due {
            let payload = format!("{{\"id\":{next}}}");
            let partition = (next % PARTITIONS.unsigned_abs() as u64) as i32;
            let record: BaseRecord<'_, (), str> = BaseRecord::to("events").partition(partition).payload(&payload);
            match producer.send(record) {
                Ok(()) => next += 1,
                // Its queue is full.
                Err(_) => break,
            }
        }
        fed.store(next, Ordering::Relaxed);
        producer.poll(BEAT);
        std::thread::sleep(BEAT);
    }
    producer.flush(Duration::from_secs(30)).context("the broker does not take what is fed")
}

fn reader(broker: &str, topic: &str, isolation: &str) -> anyhow::Result<BaseConsumer> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker).set("group.id", "chaos").set("enable.auto.commit", "false");
    config.set("isolation.level", isolation).set("fetch.wait.max.ms", "20").set("fetch.error.backoff.ms", "20");
    let consumer: BaseConsumer = config.create()?;
    let mut partitions = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        partitions.add_partition_offset(topic, partition, Offset::Beginning)?;
    }
    consumer.assign(&partitions)?;
    Ok(consumer)
}

fn read(consumer: &BaseConsumer, reading: &Mutex<Reading>, end: &AtomicBool) {
    while !end.load(Ordering::Relaxed) {
        // Errors are told again, or pass.
        let Some(Ok(message)) = consumer.poll(POLL) else { continue };
        match message.payload().map(parse) {
            Some(Ok(id)) => lock(reading).row(id),
            _ => eprintln!("a row that is none: {:?}", message.payload().map(String::from_utf8_lossy)),
        }
    }
}

fn parse(row: &[u8]) -> anyhow::Result<usize> {
    let row: serde_json::Value = serde_json::from_slice(row)?;
    let id = row["id"].as_u64().context("no id")?;
    ensure!(id < 1 << 32, "{id} was not fed");
    Ok(id as usize)
}
