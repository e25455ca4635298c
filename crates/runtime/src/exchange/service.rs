//! The gRPC service that serves partitions of this TaskManager to others.

use std::sync::Arc;

use proto::v1::data_exchange_server::{DataExchange, DataExchangeServer};
use proto::v1::{ExchangeRequest, ExchangeResponse};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::registry::PartitionRegistry;
use super::serving::Serving;

/// Responses made ahead of the network, for all channels of a connection together.
const RESPONSES_AHEAD: usize = 4;

/// Serves the exchange.
pub struct ExchangeService {
    registry: Arc<PartitionRegistry>,
    shutdown: watch::Receiver<bool>,
}

impl ExchangeService {
    /// A service over these partitions that ends its streams once `shutdown` is true.
    pub(crate) fn server(
        registry: Arc<PartitionRegistry>,
        shutdown: watch::Receiver<bool>,
    ) -> DataExchangeServer<Self> {
        DataExchangeServer::new(Self { registry, shutdown })
            .max_decoding_message_size(proto::MAX_MESSAGE_SIZE)
            .max_encoding_message_size(proto::MAX_MESSAGE_SIZE)
    }
}

#[tonic::async_trait]
impl DataExchange for ExchangeService {
    type ExchangeStream = ReceiverStream<Result<ExchangeResponse, Status>>;

    async fn exchange(
        &self,
        request: Request<Streaming<ExchangeRequest>>,
    ) -> Result<Response<Self::ExchangeStream>, Status> {
        let (responses, receiver) = mpsc::channel(RESPONSES_AHEAD);
        let serving = Serving::new(self.registry.clone(), responses);
        tokio::spawn(serving.run(request.into_inner(), self.shutdown.clone()));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}
