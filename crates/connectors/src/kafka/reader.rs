//! Decodes what the fetcher threads bring, on the thread of the task.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::task::Waker;
use std::thread::JoinHandle;

use dataflow::operator_spec::SourceSpec;
use dataflow::{ConnectorMetrics, Failure, SourcePoll, SourceReader, Split};

use super::client::measured_consumer;
use super::fetcher::{Fetcher, Order, Wanted};
use super::layout::RecordDecoder;
use super::options::KafkaTable;
use super::record_queue::{Chunk, Delivery, RecordQueue};
use super::source_metrics::KafkaSourceMetrics;
use super::split::{KafkaSplit, StartOffset};

pub(super) struct KafkaReader {
    table: Arc<KafkaTable>,
    decoder: RecordDecoder,
    queue: Arc<RecordQueue>,
    /// One for all topics; when the source is bounded one for each topic, because librdkafka tells the end of a partition without its topic.
    fetchers: HashMap<String, FetcherHandle>,
    splits: Vec<ReadSplit>,
    /// Splits that are not finished.
    open: usize,
    current: Option<Position>,
    /// What has come of paused splits, oldest first.
    held: VecDeque<Work>,
    no_more_splits: bool,
    waker: Option<Waker>,
    metrics: Arc<KafkaSourceMetrics>,
}

struct FetcherHandle {
    orders: Sender<Order>,
    thread: JoinHandle<()>,
}

struct ReadSplit {
    id: Arc<str>,
    /// What is left of it: its start is behind the last record that `poll` has returned or skipped.
    rest: KafkaSplit,
    finished: bool,
    paused: bool,
}

/// What has come from a fetcher.
enum Work {
    Records(Position),
    Finished(usize),
}

impl Work {
    fn split(&self) -> usize {
        match self {
            Work::Records(position) => position.split,
            Work::Finished(split) => *split,
        }
    }
}

/// A chunk that is being decoded.
struct Position {
    split: usize,
    chunk: Chunk,
    next: usize,
}

impl KafkaReader {
    pub(super) fn new(table: KafkaTable, spec: &SourceSpec) -> Self {
        Self {
            decoder: RecordDecoder::new(&table, spec),
            table: Arc::new(table),
            queue: Arc::default(),
            fetchers: HashMap::new(),
            splits: Vec::new(),
            open: 0,
            current: None,
            held: VecDeque::new(),
            no_more_splits: false,
            waker: None,
            metrics: Arc::default(),
        }
    }

    /// The name of the fetcher that reads a topic.
    fn fetcher_of<'a>(&self, topic: &'a str) -> &'a str {
        if self.table.bounded.is_some() { topic } else { "" }
    }

    fn start_fetcher(&self) -> Result<FetcherHandle, Failure> {
        let (orders, receiver) = channel();
        let wanted = Wanted { key: self.decoder.wants_key(), headers: self.decoder.wants_headers() };
        let consumer = measured_consumer(&self.table, self.metrics.clone())?;
        let fetcher = Fetcher::new(self.table.clone(), consumer, self.queue.clone(), receiver, wanted);
        let thread = std::thread::Builder::new()
            .name("kafka-fetcher".to_owned())
            .spawn(move || fetcher.run())
            .map_err(|error| Failure::external("cannot start a thread for reading Kafka").caused_by(error))?;
        Ok(FetcherHandle { orders, thread })
    }

    /// The next of what is not paused; without one, `waker` will be woken.
    fn next_work(&mut self, waker: &Waker) -> Result<Option<Work>, Failure> {
        if let Some(first) = self.held.iter().position(|work| !self.splits[work.split()].paused) {
            return Ok(self.held.remove(first));
        }
        while let Some(delivery) = self.queue.pop(waker)? {
            let work = match delivery {
                Delivery::Records(split, chunk) => Work::Records(Position { split, chunk, next: 0 }),
                Delivery::Finished(split) => Work::Finished(split),
            };
            if !self.splits[work.split()].paused {
                return Ok(Some(work));
            }
            self.held.push_back(work);
        }
        Ok(None)
    }
}

impl SourceReader for KafkaReader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<(), Failure> {
        for split in splits {
            let id = Arc::from(split.id.as_str());
            let split = KafkaSplit::from_split(split)?;
            let name = self.fetcher_of(&split.topic).to_owned();
            if !self.fetchers.contains_key(&name) {
                let fetcher = self.start_fetcher()?;
                self.fetchers.insert(name.clone(), fetcher);
            }
            let next = match split.start {
                StartOffset::Earliest => None,
                StartOffset::At(offset) => Some(offset),
            };
            self.metrics.add(&split.topic, split.partition, next);
            self.splits.push(ReadSplit { id, rest: split.clone(), finished: false, paused: false });
            self.open += 1;
            // A fetcher that has given up has reported why, which the next poll tells.
            let _ = self.fetchers[&name].orders.send(Order::Read(self.splits.len() - 1, split));
        }
        self.waker.take().into_iter().for_each(Waker::wake);
        Ok(())
    }

    fn no_more_splits(&mut self) {
        self.no_more_splits = true;
        self.waker.take().into_iter().for_each(Waker::wake);
    }

    fn poll(&mut self, max_rows: usize, waker: &Waker) -> Result<SourcePoll, Failure> {
        loop {
            if let Some(position) = &mut self.current {
                let split = &mut self.splits[position.split];
                let (topic, partition) = (split.rest.topic.as_str(), split.rest.partition);
                let (batch, next) = self.decoder.decode(topic, partition, &position.chunk, position.next, max_rows)?;
                position.next = next;
                if let Some(last) = next.checked_sub(1) {
                    let offset = position.chunk.entries[last].offset;
                    self.metrics.returned(topic, partition, offset);
                    split.rest.start = StartOffset::At(offset + 1);
                }
                if next == position.chunk.entries.len() {
                    self.current = None;
                }
                if let Some(batch) = batch {
                    return Ok(SourcePoll::Batch { split: split.id.clone(), batch });
                }
                continue;
            }
            match self.next_work(waker)? {
                Some(Work::Records(position)) => self.current = Some(position),
                Some(Work::Finished(split)) => {
                    self.open -= 1;
                    self.splits[split].finished = true;
                    return Ok(SourcePoll::SplitFinished(self.splits[split].id.clone()));
                }
                None if self.open == 0 && self.no_more_splits => return Ok(SourcePoll::EndOfInput),
                None => {
                    self.waker = Some(waker.clone());
                    return Ok(SourcePoll::Pending);
                }
            }
        }
    }

    /// What has come already is held, and its partition not fetched any more: so no more is held than the queue has, and what is under way.
    fn pause_split(&mut self, split: &str, paused: bool) {
        let of_split = |read: &ReadSplit| *read.id == *split && !read.finished;
        let Some(number) = self.splits.iter().position(of_split) else { return };
        self.splits[number].paused = paused;
        if let Some(position) = self.current.take_if(|position| paused && position.split == number) {
            self.held.push_front(Work::Records(position));
        }
        if let Some(fetcher) = self.fetchers.get(self.fetcher_of(&self.splits[number].rest.topic)) {
            // One that has given up has reported why, which the next poll tells.
            let _ = fetcher.orders.send(Order::Pause { split: number, paused });
        }
    }

    fn decode_errors(&self) -> u64 {
        self.decoder.decode_errors()
    }

    fn metrics(&self) -> Option<Arc<dyn ConnectorMetrics>> {
        Some(self.metrics.clone())
    }

    fn snapshot(&self) -> Result<Vec<Split>, Failure> {
        self.splits.iter().filter(|split| !split.finished).map(|split| split.rest.to_split()).collect()
    }

    fn checkpoint_completed(&mut self, snapshot: &[Split]) {
        if !self.table.commits_offsets() {
            return;
        }
        for split in snapshot.iter().filter_map(|split| KafkaSplit::from_split(split.clone()).ok()) {
            let StartOffset::At(offset) = split.start else { continue };
            if let Some(fetcher) = self.fetchers.get(self.fetcher_of(&split.topic)) {
                // One that has given up commits nothing any more; the next poll tells why.
                let _ = fetcher.orders.send(Order::Commit { topic: split.topic, partition: split.partition, offset });
            }
        }
    }
}

impl Drop for KafkaReader {
    fn drop(&mut self) {
        self.queue.close();
        for (_, fetcher) in self.fetchers.drain() {
            // A fetcher looks at the queue at least every tenth of a second. One that panicked has nothing left to say.
            let _ = fetcher.thread.join();
        }
    }
}
