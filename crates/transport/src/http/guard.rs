//! `Guard`: what a request has to be before somebody answers it.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use common::config::{ConfigError, Configuration, options};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION,
    CONTENT_SECURITY_POLICY, HOST, HeaderMap, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Request};
use tracing::{debug, info, warn};

use super::access::{Access, Role};
use super::hosts::AllowedHosts;
use super::limits::Rate;
use super::origins::AllowedOrigins;
use super::refusal::Refusal;
use crate::users::{Caller, Unauthorized, Users};

/// Adds the headers of every answer to those that it has of its own, which stay.
pub(super) fn add_headers(answer: &mut HeaderMap, every: HeaderMap) {
    for (name, value) in every {
        match name {
            Some(name) if name == VARY => {
                answer.append(name, value);
            }
            Some(name) => {
                answer.entry(name).or_insert(value);
            }
            None => {}
        }
    }
}

/// Looks at requests; one a server.
pub struct Guard {
    hosts: AllowedHosts,
    origins: AllowedOrigins,
    rate: Option<Rate>,
    users: Option<Users>,
    access: Access,
}

impl Guard {
    /// The guard of a server that listens at `address`. Without users nobody is asked who they are.
    pub fn new(
        config: &Configuration,
        address: SocketAddr,
        users: Option<Users>,
        access: Access,
    ) -> Result<Self, ConfigError> {
        let own = [
            Some(config.get(&options::REST_ADDRESS)?),
            config.get(&options::REST_BIND_ADDRESS)?,
            config.get(&options::SQL_GATEWAY_REST_ADDRESS)?,
            Some(address.ip().to_string()),
        ];
        let own: Vec<String> = own.into_iter().flatten().collect();
        let allowed = config.get(&options::REST_ALLOWED_HOSTS)?;
        let per_second = config.get(&options::REST_SERVER_MAX_REQUESTS_PER_SECOND_PER_CLIENT)?;
        Ok(Self {
            hosts: AllowedHosts::new(address.ip().is_loopback(), &own, allowed.as_deref()),
            origins: AllowedOrigins::new(config.get_set(&options::WEB_ACCESS_CONTROL_ALLOW_ORIGIN)?.as_deref()),
            rate: (per_second > 0).then(|| Rate::new(f64::from(per_second), f64::from(per_second))),
            users,
            access,
        })
    }

    /// Lets a request pass and says who it is from, or why not.
    pub(super) async fn check<B>(&self, request: &Request<B>, client: IpAddr) -> Result<Caller, Refusal> {
        let (method, uri) = (request.method(), request.uri());
        let authorization = request.headers().get(AUTHORIZATION);
        let Some(needed) = (self.access)(method, uri.path()) else {
            self.check_rate(client)?;
            return Ok(Caller { name: None, role: Role::Viewer });
        };
        let checked = match self.check_page(request, client, needed) {
            Ok(()) => self.caller(method, authorization, client, needed).await,
            Err(refusal) => Err(refusal),
        };
        match &checked {
            Err(refusal @ (Refusal::Role { .. } | Refusal::Unknown(Unauthorized::Wrong | Unauthorized::TooOften))) => {
                warn!("refused {method} {} from {client}: {refusal}", uri.path());
            }
            Err(refusal) => debug!("refused {method} {} from {client}: {refusal}", uri.path()),
            Ok(caller) if needed > Role::Viewer && caller.name.is_some() => {
                info!("{method} {} from {client} by {caller}", uri.path());
            }
            Ok(_) => {}
        }
        checked
    }

    async fn caller(
        &self,
        method: &Method,
        authorization: Option<&HeaderValue>,
        client: IpAddr,
        needed: Role,
    ) -> Result<Caller, Refusal> {
        // Browsers ask with OPTIONS whether they may ask, and never say for whom.
        let Some(users) = self.users.as_ref().filter(|_| *method != Method::OPTIONS) else {
            return Ok(Caller::anybody());
        };
        let caller = users.who(authorization, client).await.map_err(Refusal::Unknown)?;
        if caller.role >= needed { Ok(caller) } else { Err(Refusal::Role { caller, needed }) }
    }

    fn check_rate(&self, client: IpAddr) -> Result<(), Refusal> {
        let has_room = self.rate.as_ref().is_none_or(|rate| rate.take(client, Instant::now()));
        if has_room { Ok(()) } else { Err(Refusal::Rate(client)) }
    }

    fn check_page<B>(&self, request: &Request<B>, client: IpAddr, needed: Role) -> Result<(), Refusal> {
        self.check_rate(client)?;
        // A proxy before this server may have looked at another one of them.
        for name in [HOST, AUTHORIZATION] {
            if request.headers().get_all(&name).iter().count() > 1 {
                return Err(Refusal::Twice(name));
            }
        }
        let host = request.headers().get(HOST).map(|host| host.to_str().unwrap_or("?"));
        if !self.hosts.allows(host) {
            return Err(Refusal::Host(host.unwrap_or_default().to_owned()));
        }
        self.origins.check(request.headers(), needed > Role::Viewer)
    }

    /// The headers of every answer to a request with these.
    pub(super) fn headers_of_answer(&self, method: &Method, request: &HeaderMap) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(VARY, HeaderValue::from_static("origin"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("frame-ancestors 'self'"));
        if let Some(origin) = self.origins.header(request) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        if *method == Method::OPTIONS && self.origins.allows_changes(request) {
            let methods = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
        }
        headers
    }
}
