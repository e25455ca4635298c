//! `Internal`: how the processes of a cluster reach each other over gRPC: as they are, or by TLS in which both sides show a certificate
//! (`security.ssl.internal.*`). Names are not looked at, as in Flink: who has a certificate of the cluster belongs to it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use common::config::{Configuration, options};
use futures::Stream;
use hyper::Uri;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tower_service::Service;
use tracing::{debug, warn};

use crate::error::TransportError;
use crate::tls::files::INTERNAL;
use crate::tls::{Reloading, Socket, TlsFiles, is_end};

/// What gRPC speaks.
const PROTOCOLS: [&str; 1] = ["h2"];
/// How long a handshake may take, and how many there are at a time.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
const HANDSHAKES: usize = 64;
/// Pause when no connection can be taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);
/// For addresses that are no names in the sense of certificates; nobody compares it.
const ANY_NAME: &str = "flink.internal";

/// How the processes reach each other; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Internal {
    tls: Option<Arc<Reloading<Sides, TransportError>>>,
}

/// Both sides of TLS.
#[derive(Debug)]
struct Sides {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

impl Internal {
    /// As configured. Files are read at once, and again when they change.
    pub fn from_config(config: &Configuration) -> Result<Self, TransportError> {
        if !INTERNAL.enabled(config)? {
            return Ok(Self::default());
        }
        let files = TlsFiles::from_config(&INTERNAL, config)?;
        let make = {
            let files = files.clone();
            move || {
                Ok(Sides {
                    server: Arc::new(files.server(true, &PROTOCOLS)?),
                    client: Arc::new(files.client(false, &PROTOCOLS)?),
                })
            }
        };
        Ok(Self { tls: Some(Arc::new(Reloading::new(files.paths(), make)?)) })
    }

    /// The same for the rows between TaskManagers, which may be left unencrypted (`taskmanager.data.ssl.enabled`).
    pub fn of_data(&self, config: &Configuration) -> Result<Self, TransportError> {
        Ok(if config.get(&options::TASKMANAGER_DATA_SSL_ENABLED)? { self.clone() } else { Self::default() })
    }

    /// Connections that are ready to be spoken on. Needs a tokio runtime; ends when it is dropped.
    pub fn incoming(&self, listener: TcpListener) -> impl Stream<Item = io::Result<Socket>> + use<> {
        let (ready, sockets) = mpsc::channel(HANDSHAKES);
        tokio::spawn(accept(listener, self.tls.clone(), ready));
        ReceiverStream::new(sockets)
    }

    /// Connects now.
    pub async fn connect(&self, endpoint: &Endpoint) -> Result<Channel, tonic::transport::Error> {
        match &self.tls {
            None => endpoint.connect().await,
            Some(tls) => endpoint.connect_with_connector(Connector(tls.clone())).await,
        }
    }

    /// Connects with the first call, and again after a connection broke.
    pub fn connect_lazy(&self, endpoint: &Endpoint) -> Channel {
        match &self.tls {
            None => endpoint.connect_lazy(),
            Some(tls) => endpoint.connect_with_connector_lazy(Connector(tls.clone())),
        }
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<Arc<Reloading<Sides, TransportError>>>,
    ready: mpsc::Sender<io::Result<Socket>>,
) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ready.closed() => return,
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                debug!("a connection could not be taken: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // One that is gone already is found out by reading.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &tls else {
            if ready.send(Ok(Socket::Plain(stream))).await.is_err() {
                return;
            }
            continue;
        };
        let Ok(place) = handshakes.clone().acquire_owned().await else { return };
        let (acceptor, ready) = (TlsAcceptor::from(tls.current().server.clone()), ready.clone());
        tokio::spawn(async move {
            let _place = place;
            match tokio::time::timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => {
                    // The server may have ended meanwhile.
                    let _ = ready.send(Ok(Socket::Tls(Box::new(TlsStream::Server(stream))))).await;
                }
                // A probe looks whether the port is open, and goes.
                Ok(Err(error)) if is_end(&error) => debug!("a connection from {client} ended without TLS"),
                Ok(Err(error)) => warn!("refused a connection from {client}: {error} (security.ssl.internal.*)"),
                Err(_) => debug!("a connection from {client} did not begin TLS in time"),
            }
        });
    }
}

/// Connects by TLS.
#[derive(Clone)]
struct Connector(Arc<Reloading<Sides, TransportError>>);

impl Service<Uri> for Connector {
    type Response = TokioIo<Socket>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<Socket>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let client = self.0.current().client.clone();
        Box::pin(async move {
            let (Some(host), Some(port)) = (uri.host(), uri.port_u16()) else {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("'{uri}' has no host and port")));
            };
            let host = host.trim_matches(['[', ']']);
            let stream = TcpStream::connect((host, port)).await?;
            stream.set_nodelay(true)?;
            let name = ServerName::try_from(host.to_owned()).or_else(|_| ServerName::try_from(ANY_NAME));
            let name = name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
            let handshake = TlsConnector::from(client).connect(name, stream);
            let stream = tokio::time::timeout(HANDSHAKE_LIMIT, handshake).await.map_err(|_| {
                io::Error::new(
                    io::ErrorKind::TimedOut,
                    "it did not begin TLS in time; does it have security.ssl.internal.enabled?",
                )
            })?;
            let stream = stream.map_err(|error| io::Error::new(error.kind(), format!("TLS: {error}")))?;
            Ok(TokioIo::new(Socket::Tls(Box::new(TlsStream::Client(stream)))))
        })
    }
}
