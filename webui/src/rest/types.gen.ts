// Written by scripts/rest-types.mjs from what the real Flink answered; do not edit: npm run types.
/* eslint-disable */

export type JobStatus = 'INITIALIZING' | 'CREATED' | 'RUNNING' | 'FAILING' | 'FAILED' | 'CANCELLING' | 'CANCELED' | 'FINISHED' | 'RESTARTING' | 'SUSPENDED' | 'RECONCILING';
export type ExecutionState = 'CREATED' | 'SCHEDULED' | 'DEPLOYING' | 'INITIALIZING' | 'RUNNING' | 'FINISHED' | 'CANCELING' | 'CANCELED' | 'FAILED' | 'RECONCILING';
/** Java's NaN is a text in JSON. */
export type Num = number | 'NaN';
/** What many values have in common. */
export interface Summary { min: number; max: number; avg: number; p50: Num; p90: Num; p95: Num; p99: Num; p999: Num }
/** A JobManager of the Raft group, where there is one; only the leader knows who answers. */
export interface JobManagerMember { address: string; role: string; healthy?: boolean | null }

export type CheckpointStatistics = {
  "className": string;
  "id": number;
  "status": string;
  "is_savepoint": boolean;
  "savepointFormat": null | string;
  "trigger_timestamp": number;
  "latest_ack_timestamp": number;
  "checkpointed_size": number;
  "state_size": number;
  "end_to_end_duration": number;
  "alignment_buffered": number;
  "processed_data": number;
  "persisted_data": number;
  "num_subtasks": number;
  "num_acknowledged_subtasks": number;
  "checkpoint_type": string;
  "tasks": Record<string, unknown>;
  "external_path"?: string;
  "discarded"?: boolean;
  "failure_timestamp"?: number;
  "failure_message"?: string;
};
export type RestoredCheckpoint = {
  "id": number;
  "restore_timestamp": number;
  "is_savepoint": boolean;
  "external_path": string;
};
export type CheckpointTask = {
  "id": number;
  "status": string;
  "latest_ack_timestamp": number;
  "checkpointed_size": number;
  "state_size": number;
  "end_to_end_duration": number;
  "alignment_buffered": number;
  "processed_data": number;
  "persisted_data": number;
  "num_subtasks": number;
  "num_acknowledged_subtasks": number;
};
export type CheckpointSubtask = {
  "className"?: string;
  "index": number;
  "ack_timestamp"?: number;
  "end_to_end_duration"?: number;
  "checkpointed_size"?: number;
  "state_size"?: number;
  "checkpoint"?: {
    "sync": number;
    "async": number;
  };
  "alignment"?: {
    "buffered": number;
    "processed": number;
    "persisted": number;
    "duration": number;
  };
  "start_delay"?: number;
  "unaligned_checkpoint"?: boolean;
  "aborted"?: boolean;
  "status": string;
};
export type ExceptionEntry = {
  "exceptionName": string;
  "stacktrace": string;
  "timestamp": number;
  "failureLabels": Record<string, unknown>;
  "taskName"?: string;
  "endpoint"?: string;
  "taskManagerId"?: string;
  "concurrentExceptions"?: ExceptionEntry[];
};
export type ClusterOverview = {
  "taskmanagers": number;
  "slots-total": number;
  "slots-available": number;
  "jobs-running": number;
  "jobs-finished": number;
  "jobs-cancelled": number;
  "jobs-failed": number;
  "flink-version": string;
  "flink-commit": string;
  "leader"?: string | null;
  "term"?: number;
  "group"?: { health: "HEALTHY" | "DEGRADED"; members: JobManagerMember[] };
};
export type DashboardConfiguration = {
  "refresh-interval": number;
  "timezone-name": string;
  "timezone-offset": number;
  "flink-version": string;
  "flink-revision": string;
  "features": {
    "web-submit": boolean;
    "web-cancel": boolean;
    "web-rescale": boolean;
    "web-history": boolean;
  };
};
export type JobsOverview = {
  "jobs": Array<{
    "jid": string;
    "name": string;
    "jobType": string;
    "schedulerType": string;
    "start-time": number;
    "end-time": number;
    "duration": number;
    "state": JobStatus;
    "last-modification": number;
    "tasks": Record<string, number>;
    "pending-operators": number;
  }>;
};
export type JobDetails = {
  "jid": string;
  "application-id": string;
  "name": string;
  "isStoppable": boolean;
  "state": JobStatus;
  "job-type": string;
  "schedulerType": string;
  "start-time": number;
  "end-time": number;
  "duration": number;
  "maxParallelism": number;
  "now": number;
  "timestamps": Record<string, number>;
  "vertices": Array<{
    "id": string;
    "slotSharingGroupId": string;
    "name": string;
    "maxParallelism": number;
    "parallelism": number;
    "status": ExecutionState;
    "start-time": number;
    "end-time": number;
    "duration": number;
    "tasks": Partial<Record<ExecutionState, number>>;
    "metrics": {
      "read-bytes": number;
      "read-bytes-complete": boolean;
      "write-bytes": number;
      "write-bytes-complete": boolean;
      "read-records": number;
      "read-records-complete": boolean;
      "write-records": number;
      "write-records-complete": boolean;
      "accumulated-backpressured-time": number;
      "accumulated-idle-time": number;
      "accumulated-busy-time": Num;
    };
  }>;
  "status-counts": Partial<Record<ExecutionState, number>>;
  "plan": {
    "jid": string;
    "name": string;
    "type": string;
    "nodes": Array<{
      "id": string;
      "operator": string;
      "parallelism": number;
      "operator_strategy": string;
      "description": string;
      "optimizer_properties": Record<string, unknown>;
      "inputs"?: Array<{
        "id": string;
        "num": number;
        "exchange": string;
        "ship_strategy": string;
      }>;
    }>;
  };
  "pending-operators": number;
};
export type JobConfiguration = {
  "jid": string;
  "name": string;
  "execution-config": {
    "restart-strategy": string;
    "job-parallelism": number;
    "object-reuse-mode": boolean;
    "user-config": Record<string, string>;
  };
};
export type JobExceptions = {
  "exceptionHistory": {
    "entries": Array<ExceptionEntry>;
    "truncated": boolean;
  };
};
export type Checkpoints = {
  "counts": {
    "restored": number;
    "total": number;
    "in_progress": number;
    "completed": number;
    "failed": number;
  };
  "summary": {
    "checkpointed_size": Summary;
    "state_size": Summary;
    "end_to_end_duration": Summary;
    "alignment_buffered": Summary;
    "processed_data": Summary;
    "persisted_data": Summary;
  };
  "latest": {
    "completed": CheckpointStatistics | null;
    "savepoint": CheckpointStatistics | null;
    "failed": CheckpointStatistics | null;
    "restored": RestoredCheckpoint | null;
  };
  "history": Array<CheckpointStatistics>;
};
export type CheckpointConfiguration = {
  "mode": string;
  "interval": number;
  "timeout": number;
  "min_pause": number;
  "max_concurrent": number;
  "externalization": {
    "enabled": boolean;
    "delete_on_cancellation": boolean;
  };
  "state_backend": string;
  "checkpoint_storage": string;
  "unaligned_checkpoints": boolean;
  "tolerable_failed_checkpoints": number;
  "aligned_checkpoint_timeout": number;
  "checkpoints_after_tasks_finish": boolean;
  "state_changelog_enabled": boolean;
  "changelog_periodic_materialization_interval": number;
  "changelog_storage": string;
};
export type CheckpointDetails = {
  "className": string;
  "id": number;
  "status": string;
  "is_savepoint": boolean;
  "savepointFormat": null;
  "trigger_timestamp": number;
  "latest_ack_timestamp": number;
  "checkpointed_size": number;
  "state_size": number;
  "end_to_end_duration": number;
  "alignment_buffered": number;
  "processed_data": number;
  "persisted_data": number;
  "num_subtasks": number;
  "num_acknowledged_subtasks": number;
  "checkpoint_type": string;
  "tasks": Record<string, CheckpointTask>;
  "external_path": string;
  "discarded": boolean;
};
export type CheckpointSubtasks = {
  "id": number;
  "status": string;
  "latest_ack_timestamp": number;
  "checkpointed_size": number;
  "state_size": number;
  "end_to_end_duration": number;
  "alignment_buffered": number;
  "processed_data": number;
  "persisted_data": number;
  "num_subtasks": number;
  "num_acknowledged_subtasks": number;
  "summary": {
    "checkpointed_size": Summary;
    "state_size": Summary;
    "end_to_end_duration": Summary;
    "checkpoint_duration": {
      "sync": Summary;
      "async": Summary;
    };
    "alignment": {
      "buffered": Summary;
      "processed": Summary;
      "persisted": Summary;
      "duration": Summary;
    };
    "start_delay": Summary;
  };
  "subtasks": Array<CheckpointSubtask>;
};
export type VertexDetails = {
  "id": string;
  "name": string;
  "parallelism": number;
  "maxParallelism": number;
  "now": number;
  "subtasks": Array<{
    "subtask": number;
    "status": ExecutionState;
    "attempt": number;
    "endpoint": string;
    "start-time": number;
    "end-time": number;
    "duration": number;
    "metrics": {
      "read-bytes": number;
      "read-bytes-complete": boolean;
      "write-bytes": number;
      "write-bytes-complete": boolean;
      "read-records": number;
      "read-records-complete": boolean;
      "write-records": number;
      "write-records-complete": boolean;
      "accumulated-backpressured-time": number;
      "accumulated-idle-time": number;
      "accumulated-busy-time": Num;
    };
    "taskmanager-id": string;
    "status-duration": Record<string, number>;
    "start_time": number;
  }>;
  "aggregated": {
    "metrics": {
      "write-records": {
        "p25": number;
        "min": number;
        "avg": number;
        "median": number;
        "max": number;
        "sum": number;
        "p95": number;
        "p75": number;
      };
      "accumulated-backpressured-time": {
        "p25": number;
        "min": number;
        "avg": number;
        "median": number;
        "max": number;
        "sum": number;
        "p95": number;
        "p75": number;
      };
      "accumulated-idle-time": {
        "p25": number;
        "min": number;
        "avg": number;
        "median": number;
        "max": number;
        "sum": number;
        "p95": number;
        "p75": number;
      };
      "write-bytes": {
        "p25": number;
        "min": number;
        "avg": number;
        "median": number;
        "max": number;
        "sum": number;
        "p95": number;
        "p75": number;
      };
      "read-bytes": {
        "p25": number;
        "min": number;
        "avg": number;
        "median": number;
        "max": number;
        "sum": number;
        "p95": number;
        "p75": number;
      };
      "read-records": {
        "p25": number;
        "min": number;
        "avg": number;
        "median": number;
        "max": number;
        "sum": number;
        "p95": number;
        "p75": number;
      };
      "accumulated-busy-time": {
        "p25": number;
        "min": number;
        "avg": number;
        "median": number;
        "max": number;
        "sum": number;
        "p95": number;
        "p75": number;
      };
    };
    "status-duration": Record<string, {
      "p25": number;
      "min": number;
      "avg": number;
      "median": number;
      "max": number;
      "sum": number;
      "p95": number;
      "p75": number;
    }>;
  };
};
export type VertexBackPressure = {
  "status": string;
  "backpressureLevel": string;
  "end-timestamp": number;
  "subtasks": Array<{
    "subtask": number;
    "backpressureLevel": string;
    "ratio": number;
    "idleRatio": number;
    "busyRatio": Num;
    "backpressure-level": string;
  }>;
  "backpressure-level": string;
};
export type SubtaskTimes = {
  "id": string;
  "name": string;
  "now": number;
  "subtasks": Array<{
    "subtask": number;
    "endpoint": string;
    "duration": number;
    "timestamps": Partial<Record<ExecutionState, number>>;
  }>;
};
export type MetricIds = Array<{
  "id": string;
}>;
export type MetricValues = Array<{
  "id": string;
  "value": string;
}>;
export type TaskManagers = {
  "taskmanagers": Array<{
    "id": string;
    "path": string;
    "dataPort": number;
    "jmxPort": number;
    "timeSinceLastHeartbeat": number;
    "slotsNumber": number;
    "freeSlots": number;
    "assignedTasks": number;
    "totalResource": {
      "cpuCores": number;
      "taskHeapMemory": number;
      "taskOffHeapMemory": number;
      "managedMemory": number;
      "networkMemory": number;
      "extendedResources": Record<string, unknown>;
    };
    "freeResource": {
      "cpuCores": number;
      "taskHeapMemory": number;
      "taskOffHeapMemory": number;
      "managedMemory": number;
      "networkMemory": number;
      "extendedResources": Record<string, unknown>;
    };
    "hardware": {
      "cpuCores": number;
      "physicalMemory": number;
      "freeMemory": number;
      "managedMemory": number;
    };
    "memoryConfiguration": {
      "frameworkHeap": number;
      "taskHeap": number;
      "frameworkOffHeap": number;
      "taskOffHeap": number;
      "networkMemory": number;
      "managedMemory": number;
      "jvmMetaspace": number;
      "jvmOverhead": number;
      "totalFlinkMemory": number;
      "totalProcessMemory": number;
    };
  }>;
};
export type TaskManagerDetails = {
  "id": string;
  "path": string;
  "dataPort": number;
  "jmxPort": number;
  "timeSinceLastHeartbeat": number;
  "slotsNumber": number;
  "freeSlots": number;
  "assignedTasks": number;
  "totalResource": {
    "cpuCores": number;
    "taskHeapMemory": number;
    "taskOffHeapMemory": number;
    "managedMemory": number;
    "networkMemory": number;
    "extendedResources": Record<string, unknown>;
  };
  "freeResource": {
    "cpuCores": number;
    "taskHeapMemory": number;
    "taskOffHeapMemory": number;
    "managedMemory": number;
    "networkMemory": number;
    "extendedResources": Record<string, unknown>;
  };
  "hardware": {
    "cpuCores": number;
    "physicalMemory": number;
    "freeMemory": number;
    "managedMemory": number;
  };
  "memoryConfiguration": {
    "frameworkHeap": number;
    "taskHeap": number;
    "frameworkOffHeap": number;
    "taskOffHeap": number;
    "networkMemory": number;
    "managedMemory": number;
    "jvmMetaspace": number;
    "jvmOverhead": number;
    "totalFlinkMemory": number;
    "totalProcessMemory": number;
  };
  "allocatedSlots": Array<{
    "jobId": string;
    "resource": {
      "cpuCores": number;
      "taskHeapMemory": number;
      "taskOffHeapMemory": number;
      "managedMemory": number;
      "networkMemory": number;
      "extendedResources": Record<string, unknown>;
    };
    "assignedTasks": number;
  }>;
  "metrics": {
    "heapUsed": number;
    "heapCommitted": number;
    "heapMax": number;
    "nonHeapUsed": number;
    "nonHeapCommitted": number;
    "nonHeapMax": number;
    "directCount": number;
    "directUsed": number;
    "directMax": number;
    "mappedCount": number;
    "mappedUsed": number;
    "mappedMax": number;
    "nettyShuffleMemorySegmentsAvailable": number;
    "nettyShuffleMemorySegmentsUsed": number;
    "nettyShuffleMemorySegmentsTotal": number;
    "nettyShuffleMemoryAvailable": number;
    "nettyShuffleMemoryUsed": number;
    "nettyShuffleMemoryTotal": number;
    "garbageCollectors": Array<{
      "name": string;
      "count": number;
      "time": number;
    }>;
  };
};
export type LogFiles = {
  "logs": Array<{
    "name": string;
    "size": number;
    "mtime": number;
  }>;
};
export type ThreadDump = {
  "threadInfos": Array<{ threadName: string; stringifiedThreadInfo: string }>;
};
export type ClusterConfiguration = Array<{
  "key": string;
  "value": string;
}>;
export type Environment = {
  "jvm": {
    "version": string;
    "arch": string;
    "options": Array<string>;
  };
  "classpath": Array<string>;
};
