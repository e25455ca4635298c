//! `RestFront`: who answers a request: this JobManager when it leads, else the leader, to which it is passed on.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use common::clock::Clock;
use common::log_files::LogFiles;
use common::shutdown::Shutdown;
use proto::v1::keep_program_request::Change;
use proto::v1::{ForwardRestRequest, ForwardRestResponse, KeepProgramRequest, ShutDownPeerRequest};
use tonic::{Code, Status};
use tracing::{debug, info};
use transport::Internal;
use transport::http::Role;
use transport::users::Caller;
use warp::http::{Method, StatusCode};

use super::access;
use super::context::RestContext;
use super::error::RestError;
use super::flame_graphs::FlameGraphs;
use super::profiler::Profiler;
use super::query::Query;
use super::reply::Reply;
use super::router::{self, Request};
use crate::cluster_metrics::ClusterMetrics;
use crate::job_store::RestBackend;
use crate::leadership::Leadership;
use crate::programs::{ProgramCompiler, ProgramError, ProgramStore};

/// How long a request waits for a leader: longer than an election takes.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(25);
/// How long another JobManager may take to hear.
const PEER_LIMIT: Duration = Duration::from_secs(5);

/// What takes requests; clones are the same one.
#[derive(Clone)]
pub struct RestFront {
    /// Who leads.
    pub leadership: Leadership,
    /// Samples of what vertices do.
    pub flame_graphs: FlameGraphs,
    /// Profiles of processes.
    pub profiler: Profiler,
    /// What this process logs.
    pub logs: LogFiles,
    /// How TaskManagers are reached.
    pub internal: Internal,
    /// What users have uploaded.
    pub(crate) programs: ProgramStore,
    /// Makes jobs of it.
    pub(crate) compiler: Option<Arc<dyn ProgramCompiler>>,
    /// Of this API, for links: `http://host:port`.
    pub address: String,
    /// By which parts of this process make themselves known; none when nobody is asked who they are.
    pub own_token: Option<String>,
    /// For Prometheus.
    pub metrics: Arc<ClusterMetrics>,
    /// Time.
    pub clock: Clock,
    /// Triggered when somebody asks the cluster to shut down.
    pub shutdown: Shutdown,
}

/// What became of a request that was passed on.
enum Forwarded {
    Answered(ForwardRestResponse),
    /// Nobody has taken it up: it can be passed on again.
    NotTaken(String),
    /// It may have been carried out.
    Lost(String),
}

impl RestFront {
    /// Answers a request, wherever that can be done. While there is no leader it waits for one.
    pub(super) async fn answer(
        &self,
        method: Method,
        path: &str,
        query: &str,
        content_type: Option<String>,
        caller: Caller,
        body: Bytes,
    ) -> Reply {
        let began = Instant::now();
        loop {
            if let Some(context) = self.context() {
                let query = Query::parse(query);
                let request = Request { method, path: path.to_owned(), query, content_type, body };
                return router::answer(&context, request).await;
            }
            let request = ForwardRestRequest {
                method: method.as_str().to_owned(),
                path: path.to_owned(),
                query: query.to_owned(),
                content_type: content_type.clone().unwrap_or_default(),
                body: body.clone(),
                caller: caller.name.clone(),
                role: caller.role.to_string(),
            };
            let problem = match self.forward(request).await {
                Forwarded::Answered(answer) => return reply(answer),
                Forwarded::NotTaken(problem) => problem,
                Forwarded::Lost(problem) if method == Method::GET => problem,
                Forwarded::Lost(problem) => return unavailable(&problem),
            };
            if began.elapsed() >= PATIENCE {
                return unavailable(&problem);
            }
            debug!("{method} {path} waits for a leader: {problem}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The follower that was asked has let it pass. One that asks nobody who they are, or asks for less, is no way around.
    fn check_forwarded(&self, method: &Method, request: &ForwardRestRequest) -> Result<(), Status> {
        let Some(needed) = access::role(method, &request.path) else { return Ok(()) };
        let role = request.role.parse::<Role>().ok().filter(|_| request.caller.is_some());
        let denied = self.own_token.is_some() && role.is_none_or(|role| role < needed);
        let caller = request.caller.as_deref().unwrap_or("somebody");
        if denied {
            return Err(Status::permission_denied(format!("{caller} is not let in here with the role {needed}")));
        }
        if needed > Role::Viewer && request.caller.is_some() {
            info!("{method} {} by {caller}, passed on by another JobManager", request.path);
        }
        Ok(())
    }

    async fn forward(&self, request: ForwardRestRequest) -> Forwarded {
        let (Some(node), Some(leader)) = (self.leadership.node(), self.leadership.leader()) else {
            return Forwarded::NotTaken("no JobManager leads".to_owned());
        };
        let mut peer = match node.peer(&leader) {
            Ok(peer) => peer,
            Err(problem) => return Forwarded::NotTaken(problem),
        };
        // One that hangs is not waited for when another one leads.
        let answer = tokio::select! {
            answer = peer.forward_rest(request) => answer,
            () = self.leadership.changed_from(&leader) => {
                return Forwarded::Lost(format!("the JobManager at {leader} does not lead any more"));
            }
        };
        match answer {
            Ok(answer) => Forwarded::Answered(answer.into_inner()),
            // Its own word that it does not lead, or no connection.
            Err(status) if status.code() == Code::FailedPrecondition || is_refused(&status) => {
                Forwarded::NotTaken(format!("the JobManager at {leader}: {}", status.message()))
            }
            Err(status) => Forwarded::Lost(format!("the JobManager at {leader}: {}", status.message())),
        }
    }

    /// Tells all other JobManagers of the group; the answer is which did not hear.
    pub(super) async fn tell_peers(&self, call: PeerCall) -> Vec<String> {
        let Some(node) = self.leadership.node() else { return Vec::new() };
        let group = node.group();
        let others = group.members.iter().filter(|member| Some(&member.address) != self.leadership.leader().as_ref());
        let call = &call;
        let told = others.map(|member| async move {
            let address = &member.address;
            let mut peer = node.peer(address).map_err(|problem| format!("JobManager {address}: {problem}"))?;
            let told = match call.clone() {
                PeerCall::ShutDown => peer.shut_down_peer(within(ShutDownPeerRequest {})).await.map(drop),
                PeerCall::KeepProgram { id, content } => {
                    let change = content.map_or(Change::Deleted(true), Change::Content);
                    peer.keep_program(within(KeepProgramRequest { id, change: Some(change) })).await.map(drop)
                }
            };
            told.map_err(|status| format!("JobManager {address}: {}", status.message()))
        });
        futures::future::join_all(told).await.into_iter().filter_map(Result::err).collect()
    }

    /// None while this JobManager does not lead.
    fn context(&self) -> Option<RestContext> {
        let session = self.leadership.session()?;
        Some(RestContext {
            dispatcher: session.dispatcher().clone(),
            resource_manager: session.resource_manager().clone(),
            operations: session.operations().clone(),
            front: self.clone(),
        })
    }
}

/// What the leader tells the other JobManagers of its group.
#[derive(Debug, Clone)]
pub(super) enum PeerCall {
    /// To end.
    ShutDown,
    /// To keep a program, or none under this id any more.
    KeepProgram {
        /// Its id.
        id: String,
        /// The program.
        content: Option<Bytes>,
    },
}

fn within<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(PEER_LIMIT);
    request
}

/// Whether the connection could not be made, so that nothing was sent.
fn is_refused(status: &Status) -> bool {
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        if error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::ConnectionRefused) {
            return true;
        }
        source = error.source();
    }
    false
}

fn reply(answer: ForwardRestResponse) -> Reply {
    let status = u16::try_from(answer.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    Reply {
        status: status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        content_type: Cow::Owned(answer.content_type),
        body: answer.body.to_vec(),
    }
}

/// In Flink's words.
fn unavailable(problem: &str) -> Reply {
    debug!("a request could not be answered: {problem}");
    let text = "Service temporarily unavailable due to an ongoing leader election. Please refresh.";
    Reply::from(RestError::plain(StatusCode::SERVICE_UNAVAILABLE, text))
}

#[tonic::async_trait]
impl RestBackend for RestFront {
    async fn answer(&self, request: ForwardRestRequest) -> Result<ForwardRestResponse, Status> {
        let context = self.context().ok_or_else(|| Status::failed_precondition("it does not lead"))?;
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| Status::invalid_argument(format!("'{}' is no method", request.method)))?;
        self.check_forwarded(&method, &request)?;
        let request = Request {
            method,
            path: request.path,
            query: Query::parse(&request.query),
            content_type: Some(request.content_type).filter(|text| !text.is_empty()),
            body: request.body,
        };
        let reply = router::answer(&context, request).await;
        Ok(ForwardRestResponse {
            status: u32::from(reply.status.as_u16()),
            content_type: reply.content_type.into_owned(),
            body: reply.body.into(),
        })
    }

    async fn keep_program(&self, request: KeepProgramRequest) -> Result<(), Status> {
        let programs = self.programs.clone();
        let kept = tokio::task::spawn_blocking(move || match request.change {
            Some(Change::Content(content)) => programs.keep(&request.id, &content),
            Some(Change::Deleted(_)) | None => programs.delete(&request.id).or_else(|error| match error {
                ProgramError::Unknown(_) => Ok(()),
                other => Err(other),
            }),
        });
        let kept = kept.await.map_err(|panic| Status::internal(panic.to_string()))?;
        kept.map_err(|error| Status::failed_precondition(error.to_string()))
    }

    fn shut_down(&self) {
        tracing::info!("the leader ends the cluster");
        self.shutdown.trigger();
    }
}
