//! `ChannelQueue`: the elements of one channel on their way from producer to consumer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use dataflow::{Failure, StreamElement};

use super::ready::ReadyChannels;

/// A queue of one producer and one consumer. Only batches are counted against its capacity: what else flows is small, and of watermarks and
/// statuses that follow one another only the last is kept.
/// Barriers keep their place.
#[derive(Debug, Default)]
pub(crate) struct ChannelQueue {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    elements: VecDeque<StreamElement>,
    batches: usize,
    /// Set when the producer is there; until then nothing is pushed.
    capacity: Option<usize>,
    end: End,
    producer: Option<Waker>,
    consumer: Option<Consumer>,
}

/// Whom to tell that something is there.
#[derive(Debug, Clone)]
pub(crate) struct Consumer {
    pub(crate) ready: Arc<ReadyChannels>,
    /// The channel's number at this consumer.
    pub(crate) channel: u64,
}

#[derive(Debug, Default)]
enum End {
    #[default]
    Open,
    /// Nothing follows; the consumer is told why.
    Failed(ChannelFailure),
    /// The consumer has gone; what is pushed is dropped.
    Released,
}

/// Why a channel ended before its end of data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChannelFailure {
    /// The producing task failed or was cancelled: not this channel's fault, and told to the JobManager by that task itself.
    ProducerEnded(String),
    /// The channel itself does not work.
    Broken(Failure),
}

/// What a consumer got.
#[derive(Debug)]
pub(crate) enum Popped {
    Element {
        element: StreamElement,
        /// Batches that wait behind it.
        backlog: usize,
        /// Whether anything waits behind it; if so the consumer adds the channel to the ready ones again.
        more: bool,
    },
    /// The next element is a batch, and the consumer takes none now.
    BatchHeldBack,
    Empty,
    Failed(ChannelFailure),
}

impl ChannelQueue {
    /// The producer is there and has room for this many batches.
    pub(crate) fn open(&self, capacity: usize) {
        self.lock().capacity = Some(capacity.max(1));
    }

    /// Whether the producer is or was there.
    pub(crate) fn has_producer(&self) -> bool {
        self.lock().capacity.is_some()
    }

    /// From now on this consumer is told.
    pub(crate) fn attach(&self, consumer: Consumer) {
        let mut state = self.lock();
        consumer.ready.count_queued(state.batches, 0);
        if !state.elements.is_empty() || matches!(state.end, End::Failed(_)) {
            consumer.ready.add(consumer.channel);
        }
        state.consumer = Some(consumer);
    }

    /// Appends an element, whether there is room or not: the producer asks before it begins something that emits.
    pub(crate) fn push(&self, element: StreamElement) {
        let mut state = self.lock();
        if !matches!(state.end, End::Open) {
            return;
        }
        let was_empty = state.elements.is_empty();
        match &element {
            StreamElement::Batch(_) => state.batches += 1,
            StreamElement::Watermark(_) => state.drop_trailing(|e| matches!(e, StreamElement::Watermark(_))),
            StreamElement::Status(_) => state.drop_trailing(|e| matches!(e, StreamElement::Status(_))),
            StreamElement::Barrier(_) | StreamElement::EndOfData | StreamElement::EndOfPartition => {}
        }
        let is_batch = matches!(element, StreamElement::Batch(_));
        state.elements.push_back(element);
        if let Some(consumer) = &state.consumer {
            consumer.ready.count_queued(usize::from(is_batch), 0);
            if was_empty {
                let consumer = consumer.clone();
                drop(state);
                consumer.ready.add(consumer.channel);
            }
        }
    }

    /// Takes the next element; a batch only if `take_batch`.
    pub(crate) fn pop(&self, take_batch: bool) -> Popped {
        let mut state = self.lock();
        if let End::Failed(failure) = &state.end {
            return Popped::Failed(failure.clone());
        }
        let element = match state.elements.front() {
            None => return Popped::Empty,
            Some(StreamElement::Batch(_)) if !take_batch => return Popped::BatchHeldBack,
            Some(_) => state.elements.pop_front().expect("it has a front"),
        };
        if matches!(element, StreamElement::Batch(_)) {
            state.batches -= 1;
            if let Some(consumer) = &state.consumer {
                consumer.ready.count_queued(0, 1);
            }
        }
        let (backlog, more) = (state.batches, !state.elements.is_empty());
        let has_room = state.capacity.is_some_and(|capacity| backlog < capacity);
        let producer = state.producer.take_if(|_| has_room);
        drop(state);
        if let Some(producer) = producer {
            producer.wake();
        }
        Popped::Element { element, backlog, more }
    }

    /// Whether a batch may be pushed; when not, `waker` is woken once it may.
    pub(crate) fn has_room(&self, waker: &Waker) -> bool {
        let mut state = self.lock();
        let room = !matches!(state.end, End::Open) || state.capacity.is_some_and(|capacity| state.batches < capacity);
        if !room {
            state.producer = Some(waker.clone());
        }
        room
    }

    /// Whether it was ended by a failure.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.lock().end, End::Failed(_))
    }

    /// Batches that wait in it.
    pub(crate) fn queued_batches(&self) -> usize {
        self.lock().batches
    }

    /// Ends the channel for its consumer; what waits in it is dropped.
    pub(crate) fn fail(&self, failure: ChannelFailure) {
        self.finish(End::Failed(failure));
    }

    /// The consumer has gone; the producer may go on into the void.
    pub(crate) fn release(&self) {
        self.finish(End::Released);
    }

    fn finish(&self, end: End) {
        let mut state = self.lock();
        if !matches!(state.end, End::Open) {
            return;
        }
        let was_empty = state.elements.is_empty();
        state.elements.clear();
        let dropped = std::mem::take(&mut state.batches);
        let (producer, consumer) = (state.producer.take(), state.consumer.clone());
        let failed = matches!(end, End::Failed(_));
        state.end = end;
        drop(state);
        if let Some(producer) = producer {
            producer.wake();
        }
        if let Some(consumer) = consumer {
            consumer.ready.count_queued(0, dropped);
            if failed && was_empty {
                consumer.ready.add(consumer.channel);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Drops an element of this kind behind the last batch or barrier: the one about to be pushed says more.
    fn drop_trailing(&mut self, same: impl Fn(&StreamElement) -> bool) {
        let is_fixed = |e: &&StreamElement| matches!(e, StreamElement::Batch(_) | StreamElement::Barrier(_));
        let behind = self.elements.iter().rev().take_while(|e| !is_fixed(e)).count();
        let start = self.elements.len() - behind;
        // The front element may have been announced to the consumer already; dropping it leaves the queue non-empty, because one is pushed.
        if let Some(position) = (start..self.elements.len()).find(|&position| same(&self.elements[position])) {
            self.elements.remove(position);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use dataflow::WatermarkStatus;

    use super::*;
    use crate::testing::numbers;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn attached(capacity: usize) -> (Arc<ChannelQueue>, Arc<ReadyChannels>) {
        let (queue, ready) = (Arc::new(ChannelQueue::default()), Arc::new(ReadyChannels::default()));
        queue.open(capacity);
        queue.attach(Consumer { ready: ready.clone(), channel: 7 });
        (queue, ready)
    }

    fn pop_text(queue: &ChannelQueue) -> String {
        match queue.pop(true) {
            Popped::Element { element: StreamElement::Batch(batch), .. } => format!("{} rows", batch.num_rows()),
            Popped::Element { element: StreamElement::Watermark(time), .. } => format!("watermark {time}"),
            Popped::Element { element, .. } => format!("{element:?}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_producer_waits_while_it_is_full() {
        let (queue, ready) = attached(2);
        let woken = Arc::new(Count::default());
        let waker = Waker::from(woken.clone());
        for _ in 0..2 {
            assert!(queue.has_room(&waker));
            queue.push(StreamElement::Batch(numbers(0..3)));
        }
        queue.push(StreamElement::Watermark(1));
        assert!(!queue.has_room(&waker));
        assert_eq!(ready.queued_batches(), 2);
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        assert_eq!(pop_text(&queue), "3 rows");
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        assert!(queue.has_room(&waker));
    }

    #[test]
    fn a_channel_is_ready_once() {
        let (queue, ready) = attached(8);
        let waker = Waker::noop();
        assert_eq!(ready.next(waker), None);
        queue.push(StreamElement::Batch(numbers(0..1)));
        queue.push(StreamElement::Batch(numbers(0..1)));
        assert_eq!(ready.next(waker), Some(7));
        assert_eq!(ready.next(waker), None, "the consumer adds it again itself");
        assert!(matches!(queue.pop(true), Popped::Element { more: true, backlog: 1, .. }));
        assert!(matches!(queue.pop(false), Popped::BatchHeldBack));
        assert!(matches!(queue.pop(true), Popped::Element { more: false, .. }));
        assert!(matches!(queue.pop(true), Popped::Empty));
        queue.push(StreamElement::EndOfData);
        assert_eq!(ready.next(waker), Some(7));
    }

    #[test]
    fn of_trailing_watermarks_and_statuses_the_last_is_kept() {
        let (queue, _) = attached(8);
        queue.push(StreamElement::Watermark(1));
        queue.push(StreamElement::Batch(numbers(0..1)));
        queue.push(StreamElement::Watermark(2));
        queue.push(StreamElement::Status(WatermarkStatus::Idle));
        queue.push(StreamElement::Status(WatermarkStatus::Active));
        queue.push(StreamElement::Watermark(3));
        let all: Vec<String> = (0..5).map(|_| pop_text(&queue)).collect();
        assert_eq!(all, ["watermark 1", "1 rows", "Status(Active)", "watermark 3", "Empty"]);
    }

    #[test]
    fn a_failure_drops_what_waits_and_is_told_once_ready() {
        let (queue, ready) = attached(1);
        queue.push(StreamElement::Batch(numbers(0..1)));
        queue.fail(ChannelFailure::ProducerEnded("gone".into()));
        assert_eq!(ready.queued_batches(), 0);
        assert_eq!(ready.next(Waker::noop()), Some(7));
        assert!(matches!(queue.pop(true), Popped::Failed(ChannelFailure::ProducerEnded(_))));
        assert!(queue.has_room(Waker::noop()));
    }

    #[test]
    fn a_late_consumer_is_told_what_waits() {
        let queue = ChannelQueue::default();
        assert!(!queue.has_producer());
        queue.open(1);
        queue.push(StreamElement::EndOfData);
        let ready = Arc::new(ReadyChannels::default());
        queue.attach(Consumer { ready: ready.clone(), channel: 0 });
        assert_eq!(ready.next(Waker::noop()), Some(0));
        assert_eq!(pop_text(&queue), "EndOfData");
    }
}
