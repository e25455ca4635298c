//! A server of HTTP/1.1: takes connections within limits, has the guard look at each request, and passes it on.

use std::io;
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::config::{Configuration, options};
use common::shutdown::Shutdown;
use http_body_util::{Either, Full};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::{TlsAcceptor, TlsStream};
use tower_service::Service;
use tracing::{debug, info};

use super::guard::{self, Guard};
use super::limits::{Admitted, Connections};
use crate::error::TransportError;
use crate::rest::RestServerTls;
use crate::tls::{Socket, is_end};

/// More headers than any client has.
const MAX_HEADERS: usize = 100;
/// hyper's least.
const MIN_HEADER_SIZE: usize = 8192;
/// Pause when no connection can be taken, because there are no file handles for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// How long a handshake of TLS may take.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// The limits of a server, and its TLS.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Largest body of a request, in bytes.
    pub max_content_length: usize,
    /// How long a client may take for headers, or between two parts of a body.
    pub idle: Duration,
    max_header_size: usize,
    max_connections: usize,
    max_connections_per_client: usize,
    tls: Option<RestServerTls>,
}

impl HttpSettings {
    /// As configured, by `rest.server.*` for every server of REST.
    pub fn from_config(config: &Configuration) -> Result<Self, TransportError> {
        let header_size = usize::try_from(config.get(&options::REST_SERVER_MAX_HEADER_SIZE)?.bytes());
        Ok(Self {
            max_content_length: config.get(&options::REST_SERVER_MAX_CONTENT_LENGTH)? as usize,
            idle: config.get(&options::REST_IDLENESS_TIMEOUT)?,
            max_header_size: header_size.unwrap_or(usize::MAX).max(MIN_HEADER_SIZE),
            max_connections: config.get(&options::REST_SERVER_MAX_CONNECTIONS)?.max(1) as usize,
            max_connections_per_client: config.get(&options::REST_SERVER_MAX_CONNECTIONS_PER_CLIENT)?.max(1) as usize,
            tls: RestServerTls::from_config(config)?,
        })
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Serves on this listener until `shutdown`; what is being answered then is answered. Needs a tokio runtime.
pub fn serve<S, B>(
    listener: TcpListener,
    settings: &HttpSettings,
    guard: Guard,
    service: S,
    shutdown: &Shutdown,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Into<BoxError> + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(settings.idle);
    builder.max_headers(MAX_HEADERS).max_buf_size(settings.max_header_size);
    let server = Server { builder, guard: Arc::new(guard), tls: settings.tls.clone(), service };
    let places = Arc::new(Semaphore::new(settings.max_connections));
    let connections = Connections::new(settings.max_connections_per_client);
    let end = shutdown.clone();
    shutdown.spawn(async move {
        let graceful = GracefulShutdown::new();
        let accepted = async {
            loop {
                let Ok(place) = places.clone().acquire_owned().await else { return };
                let (stream, address) = match listener.accept().await {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        debug!("a connection could not be taken: {error}");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                };
                let client = address.ip().to_canonical();
                let Some(admitted) = connections.admit(client) else {
                    debug!("{client} has too many connections (rest.server.max-connections-per-client)");
                    continue;
                };
                tokio::spawn(server.clone().connection(stream, client, admitted, place, graceful.watcher()));
            }
        };
        end.unless_triggered(accepted).await;
        graceful.shutdown().await;
    });
    Ok(())
}

#[derive(Clone)]
struct Server<S> {
    builder: http1::Builder,
    guard: Arc<Guard>,
    tls: Option<RestServerTls>,
    service: S,
}

impl<S, B> Server<S>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Into<BoxError> + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    /// Answers what comes on one connection. The place and the admission are held until it ends.
    async fn connection(
        self,
        stream: TcpStream,
        client: IpAddr,
        _admitted: Admitted,
        _place: tokio::sync::OwnedSemaphorePermit,
        watcher: hyper_util::server::graceful::Watcher,
    ) {
        // Answers are written whole, so waiting for more only delays them.
        let _ = stream.set_nodelay(true);
        let Server { builder, guard, tls, service } = self;
        let socket = match tls {
            None => Socket::Plain(stream),
            Some(tls) => {
                let handshake = TlsAcceptor::from(tls.current()).accept(stream);
                match tokio::time::timeout(HANDSHAKE_LIMIT, handshake).await {
                    Ok(Ok(stream)) => Socket::Tls(Box::new(TlsStream::Server(stream))),
                    Ok(Err(error)) if is_end(&error) => return debug!("a connection of {client} ended without TLS"),
                    Ok(Err(error)) => return info!("refused a connection of {client}: {error} (security.ssl.rest.*)"),
                    Err(_) => return debug!("a connection of {client} did not begin TLS in time"),
                }
            }
        };
        let service = service_fn(move |mut request: Request<Incoming>| {
            let (guard, mut service) = (guard.clone(), service.clone());
            async move {
                let extra = guard.headers_of_answer(request.method(), request.headers());
                let mut response = match guard.check(&request, client).await {
                    Ok(caller) => {
                        request.extensions_mut().insert(caller);
                        service.call(request).await?.map(Either::Right)
                    }
                    Err(refusal) => refusal.response().map(Either::Left),
                };
                guard::add_headers(response.headers_mut(), extra);
                Ok::<Response<Either<Full<Bytes>, B>>, S::Error>(response)
            }
        });
        if let Err(error) = watcher.watch(builder.serve_connection(TokioIo::new(socket), service)).await {
            debug!("a connection of {client} has ended: {error}");
        }
    }
}
