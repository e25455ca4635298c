//! Decodes what the fetcher threads bring, on the thread of the task.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::task::Waker;
use std::thread::JoinHandle;

use dataflow::operator_spec::SourceSpec;
use dataflow::{Failure, SourcePoll, SourceReader, Split};

use super::client::consumer;
use super::fetcher::{Fetcher, Wanted};
use super::layout::RecordDecoder;
use super::options::KafkaTable;
use super::record_queue::{Chunk, Delivery, RecordQueue};
use super::split::KafkaSplit;

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
    no_more_splits: bool,
    waker: Option<Waker>,
}

struct FetcherHandle {
    assignments: Sender<(usize, KafkaSplit)>,
    thread: JoinHandle<()>,
}

struct ReadSplit {
    id: Arc<str>,
    topic: String,
    partition: i32,
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
            no_more_splits: false,
            waker: None,
        }
    }

    fn start_fetcher(&self) -> Result<FetcherHandle, Failure> {
        let (assignments, receiver) = channel();
        let wanted = Wanted { key: self.decoder.wants_key(), headers: self.decoder.wants_headers() };
        let consumer = consumer(&self.table)?;
        let fetcher = Fetcher::new(self.table.clone(), consumer, self.queue.clone(), receiver, wanted);
        let thread = std::thread::Builder::new()
            .name("kafka-fetcher".to_owned())
            .spawn(move || fetcher.run())
            .map_err(|error| Failure::external("cannot start a thread for reading Kafka").caused_by(error))?;
        Ok(FetcherHandle { assignments, thread })
    }
}

impl SourceReader for KafkaReader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<(), Failure> {
        for split in splits {
            let id = Arc::from(split.id.as_str());
            let split = KafkaSplit::from_split(split)?;
            let name = if self.table.bounded.is_some() { split.topic.clone() } else { String::new() };
            if !self.fetchers.contains_key(&name) {
                let fetcher = self.start_fetcher()?;
                self.fetchers.insert(name.clone(), fetcher);
            }
            self.splits.push(ReadSplit { id, topic: split.topic.clone(), partition: split.partition });
            self.open += 1;
            // A fetcher that has given up has reported why, which the next poll tells.
            let _ = self.fetchers[&name].assignments.send((self.splits.len() - 1, split));
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
                let split = &self.splits[position.split];
                let (topic, partition) = (split.topic.as_str(), split.partition);
                let (batch, next) = self.decoder.decode(topic, partition, &position.chunk, position.next, max_rows)?;
                position.next = next;
                if next == position.chunk.entries.len() {
                    self.current = None;
                }
                if let Some(batch) = batch {
                    return Ok(SourcePoll::Batch { split: split.id.clone(), batch });
                }
                continue;
            }
            match self.queue.pop(waker)? {
                Some(Delivery::Records(split, chunk)) => self.current = Some(Position { split, chunk, next: 0 }),
                Some(Delivery::Finished(split)) => {
                    self.open -= 1;
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

    fn decode_errors(&self) -> u64 {
        self.decoder.decode_errors()
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
