//! The JobManager process: dispatcher, resource manager, job masters, REST.
