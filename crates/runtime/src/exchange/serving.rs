//! `Serving`: one TaskManager's connection to this one, seen from here: the channels that it consumes.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use dataflow::{CheckpointBarrier, PartitionId, StreamElement, WatermarkStatus};
use proto::v1::exchange_request::Request;
use proto::v1::exchange_response::Element;
use proto::v1::{
    ChannelError, EndOfData, EndOfPartition, ExchangeRequest, ExchangeResponse, OpenChannel, channel_error,
};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tonic::{Status, Streaming};

use super::codec::FrameEncoder;
use super::queue::{ChannelFailure, ChannelQueue, Consumer, Popped};
use super::ready::ReadyChannels;
use super::registry::PartitionRegistry;

/// How long a consumer may wait for its producer to be deployed.
pub(crate) const PRODUCER_TIMEOUT: Duration = Duration::from_secs(10);

type Responses = mpsc::Sender<Result<ExchangeResponse, Status>>;

/// The channels of one connection.
pub(super) struct Serving {
    registry: Arc<PartitionRegistry>,
    responses: Responses,
    ready: Arc<ReadyChannels>,
    channels: HashMap<u64, Served>,
    encoder: FrameEncoder,
}

struct Served {
    partition: PartitionId,
    subpartition: u32,
    queue: Arc<ChannelQueue>,
    credit: u32,
    sequence: u64,
    /// Its next element is a batch, and there is no credit for it: it is made ready by the next credit.
    held_back: bool,
    producer_deadline: Option<Instant>,
}

impl Serving {
    pub(super) fn new(registry: Arc<PartitionRegistry>, responses: Responses) -> Self {
        Self { registry, responses, ready: Arc::default(), channels: HashMap::new(), encoder: FrameEncoder::default() }
    }

    /// Serves until the consumer goes away or the TaskManager shuts down.
    pub(super) async fn run(mut self, mut requests: Streaming<ExchangeRequest>, mut shutdown: watch::Receiver<bool>) {
        loop {
            let (responses, ready) = (self.responses.clone(), self.ready.clone());
            let deadline = self.channels.values().filter_map(|channel| channel.producer_deadline).min();
            tokio::select! {
                request = requests.message() => match request {
                    Ok(Some(request)) => self.handle(request),
                    // The consumer is gone, in good order or not.
                    Ok(None) | Err(_) => return,
                },
                // The place for the answer first: so a channel is taken only when its element can be passed on.
                next = next_ready(&responses, &ready) => match next {
                    Some((place, Next::Ready(channel))) => self.serve(channel, place),
                    Some((place, Next::Urgent(channel))) => self.serve_urgent(channel, place),
                    None => return,
                },
                () = sleep_until(deadline) => self.give_up_on_producers(),
                _ = shutdown.wait_for(|down| *down) => return,
            }
        }
    }

    fn handle(&mut self, request: ExchangeRequest) {
        match request.request {
            Some(Request::Open(open)) => self.open(request.channel, open),
            Some(Request::AddCredit(credit)) => {
                if let Some(channel) = self.channels.get_mut(&request.channel) {
                    channel.credit += credit;
                    if std::mem::take(&mut channel.held_back) {
                        self.ready.add(request.channel);
                    }
                }
            }
            Some(Request::Close(_)) => {
                if let Some(channel) = self.channels.remove(&request.channel) {
                    self.registry.release(channel.partition, channel.subpartition);
                }
            }
            // A request of a later release: nothing that a channel depends on.
            None => {}
        }
    }

    fn open(&mut self, id: u64, open: OpenChannel) {
        let Ok(partition) = serde_json::from_str::<PartitionId>(&open.partition) else {
            tracing::warn!(partition = open.partition, "a consumer asks for something that is no partition id");
            return;
        };
        let queue = self.registry.subscribe(partition, open.subpartition);
        let waiting = !queue.has_producer();
        let served = Served {
            partition,
            subpartition: open.subpartition,
            queue: queue.clone(),
            credit: open.initial_credit,
            sequence: 0,
            held_back: false,
            producer_deadline: waiting.then(|| Instant::now() + PRODUCER_TIMEOUT),
        };
        self.channels.insert(id, served);
        queue.attach(Consumer { ready: self.ready.clone(), channel: id });
    }

    /// Passes on one element of a channel that is ready.
    fn serve(&mut self, id: u64, place: mpsc::OwnedPermit<Result<ExchangeResponse, Status>>) {
        let Some(channel) = self.channels.get_mut(&id) else { return };
        let (element, backlog, more) = match channel.queue.pop(channel.credit > 0) {
            Popped::Element { element, backlog, more } => (element, backlog, more),
            Popped::BatchHeldBack => {
                channel.held_back = true;
                return;
            }
            Popped::Empty => return,
            Popped::Failed(failure) => {
                let error = error_of(failure);
                self.end_channel(id, place, Element::Error(error));
                return;
            }
        };
        channel.producer_deadline = None;
        let element = match element {
            StreamElement::Batch(batch) => {
                channel.credit -= 1;
                match self.encoder.encode(&batch) {
                    Ok(frame) => Element::Batch(frame),
                    Err(error) => {
                        let message = format!("a batch of partition {} cannot be encoded: {error}", channel.partition);
                        let error = ChannelError { kind: channel_error::Kind::Unspecified.into(), message };
                        self.end_channel(id, place, Element::Error(error));
                        return;
                    }
                }
            }
            StreamElement::Watermark(watermark) => Element::Watermark(watermark),
            StreamElement::Status(status) => Element::Idle(status == WatermarkStatus::Idle),
            StreamElement::Barrier(barrier) => barrier_element(&barrier),
            StreamElement::EndOfData => Element::EndOfData(EndOfData {}),
            StreamElement::EndOfPartition => Element::EndOfPartition(EndOfPartition {}),
        };
        let response = ExchangeResponse {
            channel: id,
            sequence: channel.sequence,
            backlog: backlog as u32,
            element: Some(element),
        };
        channel.sequence += 1;
        place.send(Ok(response));
        if more {
            self.ready.add(id);
        }
    }

    /// Passes on the barrier that may not wait, without a credit and past what waits for one.
    fn serve_urgent(&mut self, id: u64, place: mpsc::OwnedPermit<Result<ExchangeResponse, Status>>) {
        let Some(channel) = self.channels.get_mut(&id) else { return };
        let Some(barrier) = channel.queue.pop_urgent() else { return };
        channel.producer_deadline = None;
        let backlog = channel.queue.queued_batches() as u32;
        let element = Some(barrier_element(&barrier));
        place.send(Ok(ExchangeResponse { channel: id, sequence: channel.sequence, backlog, element }));
        channel.sequence += 1;
    }

    fn end_channel(&mut self, id: u64, place: mpsc::OwnedPermit<Result<ExchangeResponse, Status>>, last: Element) {
        let Some(channel) = self.channels.remove(&id) else { return };
        self.registry.release(channel.partition, channel.subpartition);
        let response = ExchangeResponse { channel: id, sequence: channel.sequence, backlog: 0, element: Some(last) };
        place.send(Ok(response));
    }

    /// Fails the channels whose producer has not come in time; their consumers are told like any other element.
    fn give_up_on_producers(&mut self) {
        let now = Instant::now();
        for channel in self.channels.values_mut() {
            if channel.producer_deadline.is_some_and(|deadline| deadline <= now) {
                channel.producer_deadline = None;
                if !channel.queue.has_producer() {
                    let cause = format!(
                        "no task writes partition {}: it was not deployed within {} s",
                        channel.partition,
                        PRODUCER_TIMEOUT.as_secs()
                    );
                    channel.queue.fail(ChannelFailure::Broken(dataflow::Failure::external(cause)));
                }
            }
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        for channel in self.channels.values() {
            self.registry.release(channel.partition, channel.subpartition);
        }
    }
}

fn barrier_element(barrier: &CheckpointBarrier) -> Element {
    Element::Barrier(serde_json::to_vec(barrier).expect("a barrier is made of plain values").into())
}

fn error_of(failure: ChannelFailure) -> ChannelError {
    match failure {
        ChannelFailure::ProducerEnded(message) => {
            ChannelError { kind: channel_error::Kind::ProducerEnded.into(), message }
        }
        ChannelFailure::Broken(failure) => {
            ChannelError { kind: channel_error::Kind::UnknownPartition.into(), message: failure.one_line() }
        }
    }
}

/// A channel that has something.
enum Next {
    /// A barrier that may not wait.
    Urgent(u64),
    Ready(u64),
}

/// A place for a response, then the channel that is to use it; none when the stream is closed.
async fn next_ready(
    responses: &Responses,
    ready: &ReadyChannels,
) -> Option<(mpsc::OwnedPermit<Result<ExchangeResponse, Status>>, Next)> {
    let place = responses.clone().reserve_owned().await.ok()?;
    let next = poll_fn(|context| {
        ready.watch_urgent(context.waker());
        let next = ready.next_urgent().map(Next::Urgent).or_else(|| ready.next(context.waker()).map(Next::Ready));
        next.map_or(Poll::Pending, Poll::Ready)
    });
    Some((place, next.await))
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
