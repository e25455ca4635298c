//! `ChannelQueue`: the elements of one channel on their way from producer to consumer.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use dataflow::checkpoint::Alignment;
use dataflow::{Batch, CheckpointBarrier, Failure, StreamElement};

use super::codec::row_bytes;
use super::ready::ReadyChannels;

/// A queue of one producer and one consumer. Only batches are counted against its capacity: what else flows is small, and of watermarks and
/// statuses that follow one another only the last is kept. Barriers keep their place, save for unaligned ones: those go to the front, and what
/// they overtake is part of their checkpoint.
#[derive(Debug, Default)]
pub(crate) struct ChannelQueue {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    elements: VecDeque<StreamElement>,
    batches: usize,
    /// All batches that came.
    pushed: u64,
    /// Set when the producer is there; until then nothing is pushed.
    capacity: Option<usize>,
    end: End,
    producer: Option<Waker>,
    consumer: Option<Consumer>,
    /// Whether the consumer knows that something is there: the channel is among its ready ones, or in its hand.
    announced: bool,
    /// The consumer, in another TaskManager, has given no credit for the batch that is next.
    held_back: bool,
    /// What barriers that came from another TaskManager have overtaken here, by checkpoint, until the consumer asks for it.
    overtaken: BTreeMap<u64, Vec<Batch>>,
    /// Whoever waits for a barrier to leave.
    barrier_watch: Option<Waker>,
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
            state.announced = true;
            consumer.ready.add(consumer.channel);
        }
        if state.elements.iter().any(is_urgent) {
            consumer.ready.add_urgent(consumer.channel);
        }
        state.consumer = Some(consumer);
    }

    /// Appends an element, whether there is room or not: the producer asks before it begins something that emits.
    pub(crate) fn push(&self, element: StreamElement) {
        let mut state = self.lock();
        if !matches!(state.end, End::Open) {
            return;
        }
        match &element {
            StreamElement::Batch(_) => {
                state.batches += 1;
                state.pushed += 1;
            }
            StreamElement::Watermark(_) => state.drop_trailing(|e| matches!(e, StreamElement::Watermark(_))),
            StreamElement::Status(_) => state.drop_trailing(|e| matches!(e, StreamElement::Status(_))),
            StreamElement::Barrier(_) | StreamElement::EndOfData | StreamElement::EndOfPartition => {}
        }
        let (is_batch, is_urgent) = (matches!(element, StreamElement::Batch(_)), is_urgent(&element));
        state.elements.push_back(element);
        let Some(consumer) = state.consumer.clone() else { return };
        let announce = !std::mem::replace(&mut state.announced, true);
        drop(state);
        consumer.ready.count_queued(usize::from(is_batch), 0);
        if announce {
            consumer.ready.add(consumer.channel);
        }
        if is_urgent {
            consumer.ready.add_urgent(consumer.channel);
        }
    }

    /// Puts an unaligned barrier before everything but other unaligned barriers. Returns the batches that it has overtaken, which stay.
    pub(crate) fn push_urgent(&self, barrier: Arc<CheckpointBarrier>) -> Vec<Batch> {
        let mut state = self.lock();
        if !matches!(state.end, End::Open) {
            return Vec::new();
        }
        let overtaken = state.insert_urgent(barrier);
        announce_urgent(state);
        overtaken
    }

    /// As [`push_urgent`](Self::push_urgent); the consumer asks for what was overtaken when it has the barrier.
    pub(crate) fn receive_urgent(&self, barrier: Arc<CheckpointBarrier>) {
        let mut state = self.lock();
        if matches!(state.end, End::Open) {
            let checkpoint_id = barrier.checkpoint_id;
            let overtaken = state.insert_urgent(barrier);
            state.overtaken.insert(checkpoint_id, overtaken);
            announce_urgent(state);
        }
    }

    /// What a barrier that has been popped had overtaken, when it came by [`receive_urgent`](Self::receive_urgent).
    pub(crate) fn take_overtaken(&self, checkpoint_id: u64) -> Vec<Batch> {
        self.lock().overtaken.remove(&checkpoint_id).unwrap_or_default()
    }

    /// Makes a barrier that waits here unaligned and moves it to the front. Returns the batches that it has overtaken; none when it is not here,
    /// or was moved before.
    pub(crate) fn overtake(&self, checkpoint_id: u64) -> Vec<Batch> {
        let mut state = self.lock();
        let is_it = |e: &StreamElement| matches!(e, StreamElement::Barrier(b) if b.checkpoint_id == checkpoint_id && !is_unaligned(b));
        let Some(position) = state.elements.iter().position(is_it) else { return Vec::new() };
        let Some(StreamElement::Barrier(mut barrier)) = state.elements.remove(position) else { return Vec::new() };
        Arc::make_mut(&mut barrier).options.alignment = Alignment::Unaligned;
        let behind = state.elements.split_off(position);
        let overtaken = state.insert_urgent(barrier);
        state.elements.extend(behind);
        announce_urgent(state);
        overtaken
    }

    /// Takes the unaligned barrier that is in front.
    pub(crate) fn pop_urgent(&self) -> Option<Arc<CheckpointBarrier>> {
        let mut state = self.lock();
        match state.elements.front() {
            Some(StreamElement::Barrier(barrier)) if is_unaligned(barrier) => {}
            _ => return None,
        }
        let Some(StreamElement::Barrier(barrier)) = state.elements.pop_front() else { return None };
        let watch = state.barrier_watch.take();
        drop(state);
        watch.into_iter().for_each(Waker::wake);
        Some(barrier)
    }

    /// The newest barrier here that becomes unaligned when it waits too long: one before it may be of a checkpoint that nobody wants any more.
    pub(crate) fn timed_barrier(&self) -> Option<Arc<CheckpointBarrier>> {
        let state = self.lock();
        state.elements.iter().rev().find_map(|element| match element {
            StreamElement::Barrier(barrier) if is_timed(barrier) => Some(barrier.clone()),
            _ => None,
        })
    }

    /// Whether a barrier waits here; if so, `waker` is woken when it, or one before it, leaves.
    pub(crate) fn holds_barrier(&self, checkpoint_id: u64, waker: &Waker) -> bool {
        let mut state = self.lock();
        let is_it = |e: &StreamElement| matches!(e, StreamElement::Barrier(b) if b.checkpoint_id == checkpoint_id);
        let holds = state.elements.iter().any(is_it);
        if holds {
            state.barrier_watch = Some(waker.clone());
        }
        holds
    }

    /// Takes the next element; a batch only if `take_batch`.
    pub(crate) fn pop(&self, take_batch: bool) -> Popped {
        let mut state = self.lock();
        if let End::Failed(failure) = &state.end {
            return Popped::Failed(failure.clone());
        }
        let element = match state.elements.front() {
            None => {
                state.announced = false;
                return Popped::Empty;
            }
            Some(StreamElement::Batch(_)) if !take_batch => {
                state.held_back = true;
                return Popped::BatchHeldBack;
            }
            Some(_) => state.elements.pop_front().expect("it has a front"),
        };
        state.held_back = false;
        if matches!(element, StreamElement::Batch(_)) {
            state.batches -= 1;
            if let Some(consumer) = &state.consumer {
                consumer.ready.count_queued(0, 1);
            }
        }
        let (backlog, more) = (state.batches, !state.elements.is_empty());
        state.announced = more;
        let watch = state.barrier_watch.take_if(|_| matches!(element, StreamElement::Barrier(_)));
        let has_room = state.capacity.is_some_and(|capacity| backlog < capacity);
        let producer = state.producer.take_if(|_| has_room);
        drop(state);
        producer.into_iter().chain(watch).for_each(Waker::wake);
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

    /// Whether the batch that is next waits for a credit.
    pub(crate) fn is_held_back(&self) -> bool {
        self.lock().held_back
    }

    /// Batches that wait in it, and their bytes.
    pub(crate) fn held(&self) -> (usize, usize) {
        let state = self.lock();
        let bytes = state.elements.iter().map(|element| match element {
            StreamElement::Batch(batch) => row_bytes(batch),
            _ => 0,
        });
        (state.batches, bytes.sum())
    }

    /// Batches that came to it since the start.
    pub(crate) fn pushed_batches(&self) -> u64 {
        self.lock().pushed
    }

    /// Batches that may wait in it; 0 before the producer is there.
    pub(crate) fn capacity(&self) -> usize {
        self.lock().capacity.unwrap_or_default()
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
        state.elements.clear();
        state.overtaken.clear();
        state.held_back = false;
        let dropped = std::mem::take(&mut state.batches);
        let (producer, consumer) = (state.producer.take(), state.consumer.clone());
        let failed = matches!(end, End::Failed(_));
        state.end = end;
        let announce = failed && !std::mem::replace(&mut state.announced, true);
        let watch = state.barrier_watch.take();
        drop(state);
        producer.into_iter().chain(watch).for_each(Waker::wake);
        if let Some(consumer) = consumer {
            consumer.ready.count_queued(0, dropped);
            if announce {
                consumer.ready.add(consumer.channel);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Puts an unaligned barrier behind the unaligned ones in front, and returns the batches behind it.
    fn insert_urgent(&mut self, barrier: Arc<CheckpointBarrier>) -> Vec<Batch> {
        let is_ahead = |e: &&StreamElement| matches!(e, StreamElement::Barrier(ahead) if is_unaligned(ahead));
        let position = self.elements.iter().take_while(is_ahead).count();
        let overtaken = self.elements.iter().skip(position).filter_map(|element| match element {
            StreamElement::Batch(batch) => Some(batch.clone()),
            _ => None,
        });
        let overtaken = overtaken.collect();
        self.elements.insert(position, StreamElement::Barrier(barrier));
        overtaken
    }

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

/// Tells the consumer of a barrier that may not wait.
fn announce_urgent(state: MutexGuard<'_, State>) {
    let consumer = state.consumer.clone();
    drop(state);
    if let Some(consumer) = consumer {
        consumer.ready.add_urgent(consumer.channel);
    }
}

fn is_unaligned(barrier: &CheckpointBarrier) -> bool {
    barrier.options.alignment == Alignment::Unaligned
}

fn is_timed(barrier: &CheckpointBarrier) -> bool {
    matches!(barrier.options.alignment, Alignment::Aligned { timeout_ms: Some(_) })
}

/// Whether the consumer is to hear of it although others wait before it.
fn is_urgent(element: &StreamElement) -> bool {
    matches!(element, StreamElement::Barrier(barrier) if is_unaligned(barrier) || is_timed(barrier))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use dataflow::WatermarkStatus;
    use dataflow::checkpoint::SnapshotKind;

    use super::*;
    use crate::task::testing::barrier;
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
        assert!(matches!(queue.pop(false), Popped::BatchHeldBack) && queue.is_held_back());
        assert!(matches!(queue.pop(true), Popped::Element { more: false, .. }) && !queue.is_held_back());
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

    fn unaligned(checkpoint_id: u64) -> Arc<CheckpointBarrier> {
        Arc::new(barrier(checkpoint_id, SnapshotKind::Checkpoint, Alignment::Unaligned))
    }

    fn numbers_of(batches: &[Batch]) -> Vec<i64> {
        batches.iter().flat_map(crate::testing::values).collect()
    }

    #[test]
    fn an_unaligned_barrier_goes_before_rows_and_behind_older_ones() {
        let (queue, ready) = attached(8);
        for n in 0..2 {
            queue.push(StreamElement::Batch(numbers(n..n + 1)));
        }
        queue.push(StreamElement::Watermark(5));
        assert_eq!(numbers_of(&queue.push_urgent(unaligned(1))), [0, 1]);
        assert_eq!(numbers_of(&queue.push_urgent(unaligned(2))), [0, 1]);
        assert_eq!((ready.next_urgent(), ready.next_urgent()), (Some(7), None));
        assert_eq!(queue.pop_urgent().unwrap().checkpoint_id, 1);
        assert_eq!(queue.pop_urgent().unwrap().checkpoint_id, 2);
        assert!(queue.pop_urgent().is_none());
        assert_eq!(
            (pop_text(&queue), pop_text(&queue), pop_text(&queue)),
            ("1 rows".into(), "1 rows".into(), "watermark 5".into())
        );
    }

    #[test]
    fn a_channel_whose_barrier_was_urgent_is_ready_no_more_than_once() {
        let (queue, ready) = attached(8);
        queue.push_urgent(unaligned(1));
        assert_eq!(ready.next(Waker::noop()), None, "an empty channel is urgent and nothing else");
        queue.push(StreamElement::Batch(numbers(0..1)));
        assert!(queue.pop_urgent().is_some());
        queue.push(StreamElement::Batch(numbers(0..1)));
        assert_eq!((ready.next(Waker::noop()), ready.next(Waker::noop())), (Some(7), None));
    }

    #[test]
    fn a_barrier_that_waits_is_moved_to_the_front_once() {
        let (queue, ready) = attached(8);
        let timed = barrier(1, SnapshotKind::Checkpoint, Alignment::Aligned { timeout_ms: Some(5) });
        queue.push(StreamElement::Batch(numbers(0..1)));
        queue.push(StreamElement::Barrier(Arc::new(timed)));
        queue.push(StreamElement::Batch(numbers(9..10)));
        assert_eq!(ready.next_urgent(), Some(7), "the consumer is told that it waits");
        assert_eq!(queue.timed_barrier().unwrap().checkpoint_id, 1);
        assert!(queue.pop_urgent().is_none());
        assert!(queue.overtake(2).is_empty() && queue.holds_barrier(1, Waker::noop()));
        assert_eq!(numbers_of(&queue.overtake(1)), [0]);
        assert!(queue.overtake(1).is_empty(), "the other side finds it moved");
        assert_eq!(queue.pop_urgent().unwrap().options.alignment, Alignment::Unaligned);
        assert!(!queue.holds_barrier(1, Waker::noop()));
        assert_eq!(queue.queued_batches(), 2);
    }

    #[test]
    fn what_a_received_barrier_has_overtaken_is_kept_for_its_consumer() {
        let (queue, _) = attached(8);
        queue.push(StreamElement::Batch(numbers(0..1)));
        queue.receive_urgent(unaligned(1));
        queue.push(StreamElement::Batch(numbers(1..2)));
        queue.receive_urgent(unaligned(2));
        assert_eq!(numbers_of(&queue.take_overtaken(1)), [0]);
        assert_eq!(numbers_of(&queue.take_overtaken(2)), [0, 1]);
        assert!(queue.take_overtaken(2).is_empty());
    }

    #[test]
    fn a_watermark_does_not_pass_a_barrier() {
        let (queue, _) = attached(8);
        queue.push(StreamElement::Watermark(1));
        let aligned = barrier(1, SnapshotKind::Checkpoint, Alignment::Aligned { timeout_ms: None });
        queue.push(StreamElement::Barrier(Arc::new(aligned)));
        queue.push(StreamElement::Watermark(2));
        assert_eq!(pop_text(&queue), "watermark 1");
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
