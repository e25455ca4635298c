//! The connection to one other TaskManager, for everything that tasks here consume from it.
//!
//! One gRPC stream carries all channels. A tokio task reads it and puts what comes into the queue of its channel; that never waits, because
//! nothing comes for which the channel has granted no credit.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use arrow_schema::SchemaRef;
use dataflow::checkpoint::Alignment;
use dataflow::{CheckpointBarrier, Failure, PartitionId, StreamElement, WatermarkStatus};
use proto::v1::data_exchange_client::DataExchangeClient;
use proto::v1::exchange_request::Request;
use proto::v1::exchange_response::Element;
use proto::v1::{
    BatchFrame, ChannelError, CloseChannel, ExchangeRequest, ExchangeResponse, OpenChannel, channel_error,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::{Channel, Endpoint};
use transport::Internal;

use super::codec::decode;
use super::credit::{CreditWindow, FloatingCredits};
use super::queue::{ChannelFailure, ChannelQueue, Consumer, Popped};
use crate::metrics::TaskMetrics;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_ATTEMPTS: u32 = 3;
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// HTTP/2 windows, bytes: wide enough that credits are what limits a channel.
const STREAM_WINDOW: u32 = 16 << 20;

/// What a consumer asks of a remote channel.
pub(crate) struct ChannelRequest {
    pub(crate) partition: PartitionId,
    pub(crate) subpartition: u32,
    pub(crate) schema: SchemaRef,
    pub(crate) consumer: Consumer,
    pub(crate) own_credits: u32,
    pub(crate) floating: Arc<FloatingCredits>,
    pub(crate) metrics: Arc<TaskMetrics>,
}

/// The connection to one peer.
pub(crate) struct PeerConnection {
    /// `'tm-1' at host:port`, for messages.
    peer: String,
    requests: UnboundedSender<ExchangeRequest>,
    internal: Internal,
    state: Mutex<State>,
}

enum State {
    Live { channels: HashMap<u64, Arc<Receiving>>, next: u64 },
    Lost(Failure),
}

/// The receiving end of one channel.
#[derive(Debug)]
pub(crate) struct Receiving {
    queue: ChannelQueue,
    window: Mutex<CreditWindow>,
    floating: Arc<FloatingCredits>,
    schema: SchemaRef,
    metrics: Arc<TaskMetrics>,
    next_sequence: AtomicU64,
}

/// A channel as its consumer holds it; dropping it closes it.
pub(crate) struct RemoteChannel {
    connection: Arc<PeerConnection>,
    id: u64,
    receiving: Arc<Receiving>,
}

impl PeerConnection {
    /// Starts to connect; channels may be opened at once.
    pub(crate) fn start(
        handle: &tokio::runtime::Handle,
        internal: &Internal,
        resource_id: &str,
        address: &str,
    ) -> Arc<Self> {
        let (requests, receiver) = unbounded_channel();
        let connection = Arc::new(Self {
            peer: format!("'{resource_id}' at {address}"),
            requests,
            internal: internal.clone(),
            state: Mutex::new(State::Live { channels: HashMap::new(), next: 0 }),
        });
        handle.spawn(connection.clone().run(address.to_owned(), receiver));
        connection
    }

    /// Whether channels can still be opened.
    pub(crate) fn is_live(&self) -> bool {
        matches!(*self.lock(), State::Live { .. })
    }

    /// Opens a channel. If the connection is lost, the channel says so when it is read.
    pub(crate) fn open(self: &Arc<Self>, request: ChannelRequest) -> RemoteChannel {
        let receiving = Arc::new(Receiving {
            queue: ChannelQueue::default(),
            window: Mutex::new(CreditWindow::new(request.own_credits)),
            floating: request.floating,
            schema: request.schema,
            metrics: request.metrics,
            next_sequence: AtomicU64::new(0),
        });
        receiving.queue.open(usize::MAX);
        receiving.queue.attach(request.consumer);
        let mut state = self.lock();
        let id = match &mut *state {
            State::Lost(failure) => {
                receiving.queue.fail(ChannelFailure::Broken(failure.clone()));
                u64::MAX
            }
            State::Live { channels, next } => {
                let id = *next;
                *next += 1;
                channels.insert(id, receiving.clone());
                let partition = serde_json::to_string(&request.partition).expect("an id has no keys that are not text");
                let open =
                    OpenChannel { partition, subpartition: request.subpartition, initial_credit: request.own_credits };
                self.send(id, Request::Open(open));
                id
            }
        };
        drop(state);
        RemoteChannel { connection: self.clone(), id, receiving }
    }

    fn send(&self, channel: u64, request: Request) {
        // When the connection is lost, its channels are told by their queues.
        let _ = self.requests.send(ExchangeRequest { channel, request: Some(request) });
    }

    async fn run(self: Arc<Self>, address: String, requests: UnboundedReceiver<ExchangeRequest>) {
        let cause = match self.receive_all(&address, requests).await {
            Ok(()) => "it closed the connection".to_owned(),
            Err(cause) => cause,
        };
        let failure = Failure::external(format!("lost the connection to TaskManager {}", self.peer)).caused_by(cause);
        let before = std::mem::replace(&mut *self.lock(), State::Lost(failure.clone()));
        if let State::Live { channels, .. } = before {
            if !channels.is_empty() {
                tracing::warn!(peer = self.peer, channels = channels.len(), "{}", failure.one_line());
            }
            for channel in channels.into_values() {
                channel.queue.fail(ChannelFailure::Broken(failure.clone()));
            }
        }
    }

    async fn receive_all(&self, address: &str, requests: UnboundedReceiver<ExchangeRequest>) -> Result<(), String> {
        let channel = connect(address, &self.internal).await?;
        let mut client = DataExchangeClient::new(channel)
            .max_decoding_message_size(proto::MAX_MESSAGE_SIZE)
            .max_encoding_message_size(proto::MAX_MESSAGE_SIZE);
        let requests = UnboundedReceiverStream::new(requests);
        let mut responses = client.exchange(requests).await.map_err(|status| describe_status(&status))?.into_inner();
        while let Some(response) = responses.message().await.map_err(|status| describe_status(&status))? {
            self.receive(response)?;
        }
        Ok(())
    }

    fn receive(&self, response: ExchangeResponse) -> Result<(), String> {
        let channel = match &*self.lock() {
            State::Live { channels, .. } => channels.get(&response.channel).cloned(),
            State::Lost(_) => None,
        };
        // A channel that was closed here may still have something under way.
        let Some(channel) = channel else { return Ok(()) };
        let expected = channel.next_sequence.fetch_add(1, Ordering::Relaxed);
        if response.sequence != expected {
            return Err(format!("element {expected} of a channel is missing: {} came instead", response.sequence));
        }
        match response.element {
            Some(Element::Batch(frame)) => self.receive_batch(response.channel, &channel, frame, response.backlog)?,
            Some(Element::Watermark(watermark)) => channel.queue.push(StreamElement::Watermark(watermark)),
            Some(Element::Idle(true)) => channel.queue.push(StreamElement::Status(WatermarkStatus::Idle)),
            Some(Element::Idle(false)) => channel.queue.push(StreamElement::Status(WatermarkStatus::Active)),
            Some(Element::Barrier(json)) => {
                let barrier =
                    serde_json::from_slice(&json).map_err(|error| format!("a barrier cannot be read: {error}"))?;
                channel.receive_barrier(barrier);
            }
            Some(Element::EndOfData(_)) => channel.queue.push(StreamElement::EndOfData),
            Some(Element::EndOfPartition(_)) => channel.queue.push(StreamElement::EndOfPartition),
            Some(Element::Error(error)) => channel.queue.fail(self.failure_of(error)),
            None => return Err("an element of a kind that this release does not know".to_owned()),
        }
        Ok(())
    }

    fn receive_batch(&self, id: u64, channel: &Receiving, frame: BatchFrame, backlog: u32) -> Result<(), String> {
        let bytes = (frame.header.len() + frame.body.len() + frame.kinds.len()) as u64;
        channel.metrics.bytes_in.add(bytes);
        channel.metrics.bytes_in_remote.add(bytes);
        let batch = decode(frame, &channel.schema).map_err(|error| format!("a batch cannot be decoded: {error}"))?;
        let granted = channel.window().arrived(backlog, &channel.floating);
        let granted = granted.map_err(|_| "a batch came without a credit".to_owned())?;
        channel.queue.push(StreamElement::Batch(batch));
        if granted > 0 {
            self.send(id, Request::AddCredit(granted));
        }
        Ok(())
    }

    fn failure_of(&self, error: ChannelError) -> ChannelFailure {
        match error.kind() {
            channel_error::Kind::ProducerEnded => ChannelFailure::ProducerEnded(error.message),
            channel_error::Kind::Unspecified | channel_error::Kind::UnknownPartition => ChannelFailure::Broken(
                Failure::external(format!("TaskManager {} cannot serve a channel", self.peer)).caused_by(error.message),
            ),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Receiving {
    /// Batches that wait in it, and their bytes.
    pub(crate) fn held(&self) -> (usize, usize) {
        self.queue.held()
    }

    fn receive_barrier(&self, barrier: CheckpointBarrier) {
        match barrier.options.alignment {
            Alignment::Unaligned => self.queue.receive_urgent(Arc::new(barrier)),
            Alignment::Aligned { .. } | Alignment::AtLeastOnce => {
                self.queue.push(StreamElement::Barrier(Arc::new(barrier)))
            }
        }
    }

    fn window(&self) -> MutexGuard<'_, CreditWindow> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RemoteChannel {
    /// Where what has come waits for the consumer.
    pub(crate) fn queue(&self) -> &ChannelQueue {
        &self.receiving.queue
    }

    /// Its receiving end, for whoever counts what waits there.
    pub(crate) fn receiving(&self) -> Weak<Receiving> {
        Arc::downgrade(&self.receiving)
    }

    /// Takes the next element and grants the credit that this frees.
    pub(crate) fn pop(&self) -> Popped {
        let popped = self.receiving.queue.pop(true);
        if let Popped::Element { element: StreamElement::Batch(_), .. } = &popped {
            let granted = self.receiving.window().consumed(&self.receiving.floating);
            if granted > 0 {
                self.connection.send(self.id, Request::AddCredit(granted));
            }
        }
        popped
    }
}

impl Drop for RemoteChannel {
    fn drop(&mut self) {
        if let State::Live { channels, .. } = &mut *self.connection.lock()
            && channels.remove(&self.id).is_some()
        {
            self.connection.send(self.id, Request::Close(CloseChannel {}));
        }
        self.receiving.queue.release();
        self.receiving.window().close(&self.receiving.floating);
    }
}

async fn connect(address: &str, internal: &Internal) -> Result<Channel, String> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .map_err(|error| format!("'{address}' is not an address: {error}"))?
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(STREAM_WINDOW)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .keep_alive_while_idle(true);
    let mut attempt = 1;
    loop {
        match internal.connect(&endpoint).await {
            Ok(channel) => return Ok(channel),
            Err(error) if attempt >= CONNECT_ATTEMPTS => return Err(describe(&error)),
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
        attempt += 1;
    }
}

/// A status with the deepest cause of it: the layers between only repeat each other.
fn describe_status(status: &tonic::Status) -> String {
    let mut deepest = std::error::Error::source(status);
    while let Some(cause) = deepest.and_then(std::error::Error::source) {
        deepest = Some(cause);
    }
    match deepest {
        Some(cause) => cause.to_string(),
        None => status.message().to_owned(),
    }
}

/// An error with its causes on one line.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
