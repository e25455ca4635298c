//! `/taskmanagers` and `/taskmanagers/:taskmanagerid`.

use std::collections::HashMap;

use dataflow::JobId;
use indexmap::IndexMap;
use warp::http::StatusCode;

use super::context::RestContext;
use super::error::RestError;
use super::messages::{
    AllocatedSlot, Hardware, MemoryConfiguration, ResourceProfile, TaskManagerDetails, TaskManagerInfo,
    TaskManagerMemory, TaskManagers,
};
use super::reply::{Answer, Reply};
use crate::resource_manager::TaskManagerView;

/// Tasks by job and slot.
type Assigned = HashMap<(JobId, u32), u32>;

pub(super) async fn list(context: &RestContext) -> Answer {
    let views = context.resource_manager.task_managers().await;
    let mut taskmanagers = Vec::with_capacity(views.len());
    for view in &views {
        taskmanagers.push(info(view, &assigned(context, view).await));
    }
    Reply::json(&TaskManagers { taskmanagers })
}

pub(super) async fn details(context: &RestContext, id: &str) -> Answer {
    let view = find(context, id).await?;
    let assigned = assigned(context, &view).await;
    let slot = |(index, owner): (usize, &Option<JobId>)| {
        let job_id = (*owner)?;
        let assigned_tasks = assigned.get(&(job_id, index as u32)).copied().unwrap_or_default();
        Some(AllocatedSlot { job_id, resource: profile(&view, 1), assigned_tasks })
    };
    let resident = view.report.resident_memory;
    Reply::json(&TaskManagerDetails {
        info: info(&view, &assigned),
        allocated_slots: view.slots.iter().enumerate().filter_map(slot).collect(),
        metrics: TaskManagerMemory { heap_used: resident, heap_committed: resident, ..Default::default() },
    })
}

/// `POST /taskmanagers/:taskmanagerid/decommission`: its jobs run elsewhere when this answers. flinkrs' own.
pub(super) async fn decommission(context: &RestContext, id: &str) -> Answer {
    find(context, id).await?;
    let refused =
        |problem| RestError::handler(StatusCode::CONFLICT, format!("TaskManager {id} cannot be left: {problem}"));
    context.dispatcher.decommission(id).await.map_err(refused)?;
    Reply::empty(StatusCode::OK)
}

/// A TaskManager by its id. That an unknown one is an internal error is Flink's way.
pub(super) async fn find(context: &RestContext, id: &str) -> Result<TaskManagerView, RestError> {
    let views = context.resource_manager.task_managers().await;
    views.into_iter().find(|view| view.registration.resource_id == id).ok_or_else(|| {
        RestError::internal(format!(
            "org.apache.flink.runtime.resourcemanager.exceptions.UnknownTaskExecutorException: No TaskExecutor registered under {id}."
        ))
    })
}

async fn assigned(context: &RestContext, view: &TaskManagerView) -> Assigned {
    let mut assigned = Assigned::new();
    let id = &view.registration.resource_id;
    for job in context.dispatcher.pictures().await.iter().filter(|job| job.end_time().is_none()) {
        for execution in job.attempts_at(id).filter_map(|attempt| job.execution(attempt)) {
            if let Some(slot) = execution.slot() {
                *assigned.entry((job.graph().job_id, slot.slot)).or_default() += 1;
            }
        }
    }
    assigned
}

fn info(view: &TaskManagerView, assigned: &Assigned) -> TaskManagerInfo {
    let registration = &view.registration;
    let free_slots = view.slots.iter().filter(|owner| owner.is_none()).count() as u32;
    let hardware = registration.hardware;
    TaskManagerInfo {
        id: registration.resource_id.clone(),
        path: format!("grpc://{}", registration.rpc_address),
        data_port: registration.data_address.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(-1),
        jmx_port: -1,
        time_since_last_heartbeat: view.last_heartbeat,
        slots_number: registration.slots,
        free_slots,
        assigned_tasks: assigned.values().sum(),
        total_resource: profile(view, registration.slots),
        free_resource: profile(view, free_slots),
        hardware: Hardware {
            cpu_cores: hardware.cpu_cores,
            physical_memory: hardware.physical_memory,
            free_memory: hardware.physical_memory.saturating_sub(view.report.resident_memory),
            managed_memory: hardware.managed_memory,
        },
        memory_configuration: MemoryConfiguration { managed_memory: hardware.managed_memory, ..Default::default() },
    }
}

/// What so many slots have: cores as Flink counts them (one for each slot), memory in MB in equal shares.
fn profile(view: &TaskManagerView, slots: u32) -> ResourceProfile {
    let share = |bytes: u64| bytes / u64::from(view.registration.slots.max(1)) * u64::from(slots) / (1 << 20);
    ResourceProfile {
        cpu_cores: f64::from(slots),
        managed_memory: share(view.registration.hardware.managed_memory) as i64,
        extended_resources: IndexMap::new(),
        ..Default::default()
    }
}
