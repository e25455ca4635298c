//! Tasks, operators, exchange: what runs inside a TaskManager.
