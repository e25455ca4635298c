//! `/jars/*`: programs that are uploaded, shown, run and deleted. They are SQL scripts, job files and archives of them.

use std::collections::BTreeMap;
use std::convert::Infallible;

use bytes::Bytes;
use common::config::{Configuration, Origin, options, parse_dynamic_property};
use dataflow::{JobGraph, JobId};
use multer::Multipart;
use warp::http::StatusCode;

use super::context::RestContext;
use super::error::RestError;
use super::front::PeerCall;
use super::job_plan;
use super::lifecycle;
use super::messages::{JarEntry, JarFile, JarRun, JarRunApplication, JarRunRequest, JarUploaded, Jars, JobPlanInfo};
use super::query::Query;
use super::reply::{Answer, Reply};
use super::savepoints::parse;
use crate::programs::{CompileRequest, ProgramError, StoredProgram};

const INVOCATION_EXCEPTION: &str = "org.apache.flink.client.program.ProgramInvocationException";

/// `POST /jars/upload`: one file, as forms send it.
pub(super) async fn upload(context: &RestContext, content_type: Option<&str>, body: &Bytes) -> Answer {
    enabled(context)?;
    let (name, content) = file_of_form(content_type, body.clone()).await?;
    let kept = content.clone();
    let path = blocking(context, move |programs| programs.upload(&name, &kept)).await?;
    if let Some(id) = path.file_name().and_then(|name| name.to_str()) {
        tell_group(context, id, Some(content)).await;
    }
    Reply::json(&JarUploaded { filename: path.display().to_string(), status: "success".to_owned() })
}

/// All JobManagers of a group have the programs; one that is away now has to be given it again.
async fn tell_group(context: &RestContext, id: &str, content: Option<Bytes>) {
    for problem in context.front.tell_peers(PeerCall::KeepProgram { id: id.to_owned(), content }).await {
        tracing::warn!("program {id} is not known to all JobManagers of the group: {problem}");
    }
}

/// `GET /jars`.
pub(super) async fn list(context: &RestContext) -> Answer {
    enabled(context)?;
    let programs = blocking(context, |programs| programs.list()).await?;
    let entry = |name| JarEntry { name, description: None };
    let file = |StoredProgram { id, name, uploaded, entries }| JarFile {
        id,
        name,
        uploaded,
        entry: entries.into_iter().map(entry).collect(),
    };
    Reply::json(&Jars { address: context.front.address.clone(), files: programs.into_iter().map(file).collect() })
}

/// `DELETE /jars/:jarid`.
pub(super) async fn delete(context: &RestContext, id: &str) -> Answer {
    enabled(context)?;
    let id = file_name(id)?;
    let own = id.clone();
    blocking(context, move |programs| programs.delete(&own)).await?;
    tell_group(context, &id, None).await;
    Reply::empty(StatusCode::OK)
}

/// `GET` and `POST /jars/:jarid/plan`: the plan of the program's first job.
pub(super) async fn plan(context: &RestContext, id: &str, query: &Query, body: &Bytes) -> Answer {
    enabled(context)?;
    let request = request(query, body, "JarPlanRequestBody")?;
    let jobs = compile(context, id, request).await?;
    Reply::json(&JobPlanInfo { plan: job_plan::plan(&jobs[0]) })
}

/// `POST /jars/:jarid/run`.
pub(super) async fn run(context: &RestContext, id: &str, query: &Query, body: &Bytes) -> Answer {
    let jobid = submit(context, id, request(query, body, "JarRunRequestBody")?).await?;
    Reply::json(&JarRun { jobid })
}

/// `POST /jars/:jarid/run-application`.
pub(super) async fn run_application(context: &RestContext, id: &str, query: &Query, body: &Bytes) -> Answer {
    let applicationid = submit(context, id, request(query, body, "JarRunApplicationRequestBody")?).await?;
    Reply::json_with(StatusCode::ACCEPTED, &JarRunApplication { applicationid })
}

/// Submits all jobs of a program, once all of it has been understood.
async fn submit(context: &RestContext, id: &str, request: JarRunRequest) -> Result<JobId, RestError> {
    enabled(context)?;
    let job_id = request.job_id;
    let mut jobs = compile(context, id, request).await?;
    if let Some(id) = job_id {
        jobs[0].job_id = id;
    }
    let first = jobs[0].job_id;
    for job in jobs {
        context.dispatcher.submit(job).await.map_err(lifecycle::refusal)?;
    }
    Ok(first)
}

/// The jobs of a program: at least one.
async fn compile(context: &RestContext, id: &str, request: JarRunRequest) -> Result<Vec<JobGraph>, RestError> {
    let failed = |cause: String| {
        let text = format!("Could not execute application.\nCaused by: {INVOCATION_EXCEPTION}: {cause}");
        RestError::handler(StatusCode::BAD_REQUEST, text)
    };
    let compiler =
        context.front.compiler.clone().ok_or_else(|| failed("this JobManager has no SQL planner".to_owned()))?;
    let (id, cluster) = (file_name(id)?, context.dispatcher.config());
    let overrides = overrides(&request)?;
    let program = blocking(context, move |programs| programs.open(&id, request.entry_class.as_deref())).await?;
    let request = CompileRequest {
        file: &program.file,
        rest_address: &context.front.address,
        own_token: context.front.own_token.as_deref(),
        cluster,
        overrides: &overrides,
    };
    let compiled = compiler.compile(&request).await;
    let jobs = compiled.map_err(|cause| failed(format!("The main method caused an error: {cause}")))?;
    if jobs.is_empty() {
        return Err(RestError::handler(StatusCode::BAD_REQUEST, "No jobs included in application."));
    }
    Ok(jobs)
}

/// The id of a program is the name of a file and nothing else, as in Flink.
fn file_name(id: &str) -> Result<String, RestError> {
    let is_name = !matches!(id, "." | "..") && !id.contains(['/', '\\', '\0']);
    if is_name { Ok(id.to_owned()) } else { Err(RestError::bad_path_parameter("jarid", id)) }
}

/// What the request says, as configuration.
fn overrides(request: &JarRunRequest) -> Result<BTreeMap<String, String>, RestError> {
    let refused = |text: String| RestError::handler(StatusCode::BAD_REQUEST, text);
    let mut config = request.flink_configuration.clone().unwrap_or_default();
    let arguments = request.program_args_list.iter().flatten().map(String::as_str).filter(|text| !text.is_empty());
    for argument in arguments {
        let property = argument.strip_prefix("-D").ok_or_else(|| {
            refused(format!("The program argument '{argument}' is not understood; only -Dkey=value is."))
        })?;
        let (key, value) = parse_dynamic_property(property).map_err(|error| refused(error.to_string()))?;
        config.insert(key, value);
    }
    for (key, value) in [
        (options::PARALLELISM_DEFAULT.key(), request.parallelism.map(|number| number.to_string())),
        (options::STATE_RECOVERY_PATH.key(), request.savepoint_path.clone().filter(|path| !path.trim().is_empty())),
        (
            options::STATE_RECOVERY_IGNORE_UNCLAIMED_STATE.key(),
            request.allow_non_restored_state.map(|allowed| allowed.to_string()),
        ),
        (options::STATE_RECOVERY_CLAIM_MODE.key(), request.claim_mode.clone()),
    ] {
        config.extend(value.map(|value| (key.to_owned(), value)));
    }
    Configuration::from_map(config.clone(), Origin::Job).validate().map_err(|error| refused(error.to_string()))?;
    Ok(config)
}

/// Body and query parameters; the body wins, as in Flink.
fn request(query: &Query, body: &Bytes, format: &str) -> Result<JarRunRequest, RestError> {
    let mut request: JarRunRequest = parse(body, format)?;
    let given = |key: &str| query.get(key).filter(|text| !text.is_empty()).map(str::to_owned);
    fn read<T: std::str::FromStr>(key: &str, text: Option<String>) -> Result<Option<T>, RestError> {
        text.map(|text| text.parse().map_err(|_| RestError::bad_query_parameter(key, &text))).transpose()
    }
    request.entry_class = request.entry_class.filter(|entry| !entry.is_empty()).or_else(|| given("entry-class"));
    request.savepoint_path = request.savepoint_path.or_else(|| given("savepointPath"));
    request.program_args_list = request
        .program_args_list
        .or_else(|| query.list("programArg").map(|list| list.into_iter().map(str::to_owned).collect()));
    request.parallelism = match request.parallelism {
        None => read("parallelism", given("parallelism"))?,
        given => given,
    };
    request.allow_non_restored_state = match request.allow_non_restored_state {
        None => read("allowNonRestoredState", given("allowNonRestoredState"))?,
        given => given,
    };
    if request.parallelism == Some(0) {
        return Err(RestError::handler(StatusCode::BAD_REQUEST, "Parallelism must be a positive number."));
    }
    Ok(request)
}

/// The one file of a form.
async fn file_of_form(content_type: Option<&str>, body: Bytes) -> Result<(String, Bytes), RestError> {
    let refused = |text: String| RestError::handler(StatusCode::BAD_REQUEST, text);
    let form = content_type.and_then(|text| multer::parse_boundary(text).ok()).ok_or_else(|| {
        refused("Exactly 1 file must be sent, received 0: the body is no multipart/form-data.".to_owned())
    })?;
    let mut parts = Multipart::new(futures::stream::once(async { Ok::<_, Infallible>(body) }), form);
    let broken = |error: multer::Error| refused(format!("The form cannot be read: {error}"));
    let mut files = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        if let Some(name) = part.file_name().map(str::to_owned) {
            files.push((name, part.bytes().await.map_err(broken)?));
        }
    }
    match files.len() {
        1 => Ok(files.remove(0)),
        number => Err(refused(format!("Exactly 1 file must be sent, received {number}."))),
    }
}

/// Does something with the store on a thread that may wait.
async fn blocking<T: Send + 'static>(
    context: &RestContext,
    action: impl FnOnce(&crate::programs::ProgramStore) -> Result<T, ProgramError> + Send + 'static,
) -> Result<T, RestError> {
    let programs = context.front.programs.clone();
    let outcome = tokio::task::spawn_blocking(move || action(&programs)).await;
    outcome.map_err(|panic| RestError::internal(format!("java.lang.RuntimeException: {panic}")))?.map_err(refusal)
}

/// That a program to be run does not exist is an internal error in Flink, one to be deleted a bad request.
fn refusal(error: ProgramError) -> RestError {
    match &error {
        ProgramError::Unknown(what) if what.starts_with("Jar file") => RestError::internal(format!(
            "java.util.concurrent.CompletionException: org.apache.flink.runtime.rest.handler.RestHandlerException: {error}"
        )),
        ProgramError::Unknown(_) | ProgramError::Refused(_) => RestError::handler(StatusCode::BAD_REQUEST, error),
        ProgramError::Disk(_) => RestError::internal(format!("java.io.IOException: {error}")),
    }
}

/// Without `web.submit.enable` Flink does not have these paths.
fn enabled(context: &RestContext) -> Result<(), RestError> {
    match context.dispatcher.config().get(&options::WEB_SUBMIT_ENABLE) {
        Ok(true) => Ok(()),
        Ok(false) => Err(RestError::plain(StatusCode::NOT_FOUND, "Not found: web.submit.enable is false")),
        Err(error) => Err(RestError::internal(error)),
    }
}
