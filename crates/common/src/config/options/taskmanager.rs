//! The TaskManager: addresses, slots, memory, network.

use std::time::Duration;

use crate::config::{MemorySize, PortRange};

options! {
    TASKMANAGER_HOST: Option<String> = "taskmanager.host",
        "Host under which the JobManager and other TaskManagers reach this TaskManager; found out when absent.";
    TASKMANAGER_BIND_HOST: Option<String> = "taskmanager.bind-host",
        "Local address that the TaskManager binds to.";
    TASKMANAGER_RPC_PORT: PortRange = "taskmanager.rpc.port" default "0",
        "Port or range of ports of the TaskManager's gRPC service; 0 takes a free one.";
    TASKMANAGER_RPC_BIND_PORT: Option<u16> = "taskmanager.rpc.bind-port",
        "Port to bind the gRPC service to when it differs from taskmanager.rpc.port.";
    TASKMANAGER_DATA_PORT: u16 = "taskmanager.data.port" default "0",
        "Port for data between TaskManagers; 0 takes a free one.";
    TASKMANAGER_DATA_BIND_PORT: Option<PortRange> = "taskmanager.data.bind-port",
        "Port to bind for data when it differs from taskmanager.data.port.";
    TASKMANAGER_NUMBER_OF_TASK_SLOTS: u32 = "taskmanager.numberOfTaskSlots" default "1",
        "How many parallel pipelines the TaskManager offers to run.";
    TASKMANAGER_RESOURCE_ID: Option<String> = "taskmanager.resource-id",
        "Name of the TaskManager; made up from its address when absent.";
    PROCESS_TASKMANAGER_WORKING_DIR: Option<String> = "process.taskmanager.working-dir" older ["process.working-dir"],
        "Folder for what a TaskManager with a taskmanager.resource-id keeps for the next process of this name: local copies of state.";
    TASKMANAGER_REGISTRATION_TIMEOUT: Duration = "taskmanager.registration.timeout" default "PT5M" older ["taskmanager.maxRegistrationDuration"],
        "How long the TaskManager tries to register before it gives up and exits.";
    TASKMANAGER_MEMORY_PROCESS_SIZE: Option<MemorySize> = "taskmanager.memory.process.size",
        "Memory of the whole process, from which the other budgets are derived.";
    TASKMANAGER_MEMORY_FLINK_SIZE: Option<MemorySize> = "taskmanager.memory.flink.size",
        "Memory for tasks, state and network, from which the other budgets are derived.";
    TASKMANAGER_MEMORY_MANAGED_SIZE: Option<MemorySize> = "taskmanager.memory.managed.size" older ["taskmanager.memory.size"],
        "Memory for state with the backend rocksdb, shared by all tasks; 512 MB when nothing says otherwise.";
    IO_TMP_DIRS: String = "io.tmp.dirs" default "/tmp" older ["taskmanager.tmp.dirs"],
        "Local folder for the state of running tasks; of several the first one.";
    TASKMANAGER_MEMORY_MANAGED_FRACTION: f64 = "taskmanager.memory.managed.fraction" default "0.4",
        "Share of the memory that is for state when managed.size is absent.";
    TASKMANAGER_NETWORK_BUFFERS_PER_CHANNEL: u32 = "taskmanager.network.memory.buffers-per-channel" default "2",
        "Credits that every channel between two tasks has of its own.";
}
