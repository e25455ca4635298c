//! An S3 server of its own code base (s3s-fs) in this process, which checks signatures, behind a layer that makes it fail on demand.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use checkpoint::Storage;
use common::config::{Configuration, Origin};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The only bucket.
pub const BUCKET: &str = "state";

/// How the server fails.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Answers this status.
    Status(u16),
    /// Breaks the connection instead of answering.
    HangUp,
}

#[derive(Default)]
struct Faults {
    next: Mutex<Option<(Fault, usize)>>,
    failed: AtomicUsize,
}

impl Faults {
    fn take(&self) -> Option<Fault> {
        let mut next = self.next.lock().unwrap();
        let (fault, left) = (*next)?;
        *next = (left > 1).then_some((fault, left - 1));
        self.failed.fetch_add(1, Ordering::Relaxed);
        Some(fault)
    }
}

/// A running server. It ends when it is dropped.
pub struct S3Server {
    runtime: Runtime,
    folder: TempDir,
    faults: Arc<Faults>,
    endpoint: String,
}

impl S3Server {
    pub fn start() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single("access", "secret"));
        let (service, faults) = (builder.build(), Arc::new(Faults::default()));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(accept(listener, service, Arc::clone(&faults)));
        Self { runtime, folder, faults, endpoint }
    }

    /// Its URL.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A storage that uses this server and tries for so long.
    pub fn storage(&self, retry_timeout: &str) -> Storage {
        self.storage_with("secret", retry_timeout)
    }

    /// As [`storage`](Self::storage), with another secret key.
    pub fn storage_with(&self, secret_key: &str, retry_timeout: &str) -> Storage {
        storage_of(&self.endpoint, secret_key, retry_timeout)
    }

    /// The next `times` requests fail.
    pub fn fail(&self, fault: Fault, times: usize) {
        *self.faults.next.lock().unwrap() = Some((fault, times));
    }

    /// All is well again. Answers how many requests have failed so far.
    pub fn heal(&self) -> usize {
        *self.faults.next.lock().unwrap() = None;
        self.faults.failed.load(Ordering::Relaxed)
    }

    /// Names of all files on the server's disk but for its notes on uploads that go on.
    pub fn objects(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![self.folder.path().join(BUCKET)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let name = entry.file_name().to_string_lossy().into_owned();
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    names.push(name);
                }
            }
        }
        names
    }

    /// How many parts of unfinished uploads the server keeps.
    pub fn parts(&self) -> usize {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(Result::unwrap);
        entries.filter(|entry| entry.file_name().to_string_lossy().contains(".part-")).count()
    }
}

/// A storage that uses the server at this URL.
pub fn storage_of(endpoint: &str, secret_key: &str, retry_timeout: &str) -> Storage {
    let settings = [
        ("s3.endpoint", endpoint),
        ("s3.access-key", "access"),
        ("s3.secret-key", secret_key),
        ("s3.path.style.access", "true"),
        ("s3.retry.timeout", retry_timeout),
    ];
    Storage::new(&Configuration::from_map(settings, Origin::CommandLine)).unwrap()
}

async fn accept(listener: TcpListener, service: S3Service, faults: Arc<Faults>) {
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let (service, faults) = (service.clone(), Arc::clone(&faults));
        tokio::spawn(async move {
            let answer = service_fn(move |request| answer(request, service.clone(), Arc::clone(&faults)));
            // The client may break the connection, and so may a fault.
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), answer).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    service: S3Service,
    faults: Arc<Faults>,
) -> Result<Response<s3s::Body>, String> {
    match faults.take() {
        Some(Fault::Status(status)) => Ok(Response::builder().status(status).body(s3s::Body::empty()).unwrap()),
        Some(Fault::HangUp) => Err("a fault was asked for".into()),
        None => service.call(request.map(s3s::Body::from)).await.map_err(|error| format!("{error:?}")),
    }
}
