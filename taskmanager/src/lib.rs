//! The TaskManager process: slots, task deployment, heartbeats.
