//! A connection to one broker: requests and responses of the Kafka protocol, blocking.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use bytes::BytesMut;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{ApiKey, ApiVersionsRequest, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, HeaderVersion, Request, StrBytes, encode_request_header_into_buffer};

/// How long a connection attempt may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest response that is believed.
const MAX_RESPONSE: usize = 64 << 20;

/// The requests that are made, each in the one version that is spoken here. Brokers from 3.0 on know all of them.
const VERSIONS: &[(ApiKey, i16)] = &[
    (ApiKey::Produce, 9),
    (ApiKey::Metadata, 9),
    (ApiKey::FindCoordinator, 3),
    (ApiKey::ApiVersions, 0),
    (ApiKey::InitProducerId, 4),
    (ApiKey::AddPartitionsToTxn, 3),
    (ApiKey::EndTxn, 3),
    (ApiKey::DescribeTransactions, 0),
    (ApiKey::ListTransactions, 0),
];

/// Why a request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RequestError {
    /// The connection: another attempt may succeed.
    #[error("{0}")]
    Connection(String),
    /// The broker says no.
    #[error("{0:?}: {0}")]
    Refused(ResponseError),
    /// The broker is too old.
    #[error("{0}")]
    Unsupported(String),
    /// Whoever wanted it is gone.
    #[error("given up")]
    Stopped,
}

impl RequestError {
    /// Whether the same request may succeed later.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Connection(_) => true,
            Self::Refused(error) => error.is_retriable() || *error == ResponseError::ConcurrentTransactions,
            Self::Unsupported(_) | Self::Stopped => false,
        }
    }

    /// Whether the transaction is not open any more, or belongs to another producer by now.
    pub(super) fn is_ended_or_fenced(&self) -> bool {
        let Self::Refused(error) = self else { return false };
        matches!(
            error,
            ResponseError::InvalidTxnState
                | ResponseError::InvalidProducerEpoch
                | ResponseError::ProducerFenced
                | ResponseError::InvalidProducerIdMapping
        )
    }
}

/// Turns the error code of a response into a result.
pub(super) fn accepted(code: i16) -> Result<(), RequestError> {
    ResponseError::try_from_code(code).map_or(Ok(()), |error| Err(RequestError::Refused(error)))
}

/// The connection. After an error it is of no use any more.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    address: String,
    client_id: StrBytes,
    /// Number of the last request.
    correlation: i32,
}

impl Connection {
    /// Connects to `host:port` and checks that the broker understands what will be asked.
    pub(super) fn open(address: &str, client_id: &str, timeout: Duration) -> Result<Self, RequestError> {
        let failed = |error: std::io::Error| RequestError::Connection(format!("{address}: {error}"));
        let mut last = RequestError::Connection(format!("{address}: the name has no address"));
        for candidate in address.to_socket_addrs().map_err(failed)? {
            match TcpStream::connect_timeout(&candidate, CONNECT_TIMEOUT) {
                Ok(stream) => {
                    stream.set_nodelay(true).map_err(failed)?;
                    stream.set_read_timeout(Some(timeout)).map_err(failed)?;
                    stream.set_write_timeout(Some(timeout)).map_err(failed)?;
                    let client_id = StrBytes::from_string(client_id.to_owned());
                    let mut connection = Self { stream, address: address.to_owned(), client_id, correlation: 0 };
                    connection.check_versions()?;
                    return Ok(connection);
                }
                Err(error) => last = failed(error),
            }
        }
        Err(last)
    }

    fn check_versions(&mut self) -> Result<(), RequestError> {
        let response = self.call(&ApiVersionsRequest::default())?;
        accepted(response.error_code)?;
        for (key, version) in VERSIONS {
            let known = response.api_keys.iter().find(|known| known.api_key == *key as i16);
            if !known.is_some_and(|known| (known.min_version..=known.max_version).contains(version)) {
                return Err(RequestError::Unsupported(format!(
                    "the broker at {} does not understand {key:?} requests of version {version}; writing exactly once needs Kafka 3.0 or later",
                    self.address
                )));
            }
        }
        Ok(())
    }

    /// Sends a request and waits for its response.
    pub(super) fn call<R: Request>(&mut self, request: &R) -> Result<R::Response, RequestError> {
        self.send(request)?;
        self.receive::<R>()
    }

    /// Sends a request; its response has to be received before the next one is sent.
    pub(super) fn send<R: Request>(&mut self, request: &R) -> Result<(), RequestError> {
        self.correlation = self.correlation.wrapping_add(1);
        let version = version::<R>();
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.correlation)
            .with_client_id(Some(self.client_id.clone()));
        let mut buffer = BytesMut::zeroed(4);
        encode_request_header_into_buffer(&mut buffer, &header)
            .and_then(|()| request.encode(&mut buffer, version))
            .map_err(|error| self.broken(format_args!("a request cannot be encoded: {error}")))?;
        let length = buffer.len() as u32 - 4;
        buffer[..4].copy_from_slice(&length.to_be_bytes());
        self.stream.write_all(&buffer).map_err(|error| self.broken(format_args!("{error}")))
    }

    /// Waits for the response to the request that was sent last.
    pub(super) fn receive<R: Request>(&mut self) -> Result<R::Response, RequestError> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).map_err(|error| self.broken(format_args!("{error}")))?;
        let length = u32::from_be_bytes(length) as usize;
        if length > MAX_RESPONSE {
            return Err(self.broken(format_args!("a response of {length} bytes is none of Kafka's")));
        }
        let mut buffer = BytesMut::zeroed(length);
        self.stream.read_exact(&mut buffer).map_err(|error| self.broken(format_args!("{error}")))?;
        let mut bytes = buffer.freeze();
        let version = version::<R>();
        let header_version = <R::Response as HeaderVersion>::header_version(version);
        let unreadable = |error| self.broken(format_args!("a response cannot be read: {error}"));
        let header = ResponseHeader::decode(&mut bytes, header_version).map_err(unreadable)?;
        if header.correlation_id != self.correlation {
            return Err(self.broken(format_args!("a response belongs to another request")));
        }
        R::Response::decode(&mut bytes, version).map_err(unreadable)
    }

    fn broken(&self, why: std::fmt::Arguments<'_>) -> RequestError {
        RequestError::Connection(format!("{}: {why}", self.address))
    }
}

fn version<R: Request>() -> i16 {
    let found = VERSIONS.iter().find(|(key, _)| *key as i16 == R::KEY);
    found.expect("every request that is made is in the table").1
}
