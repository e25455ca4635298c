//! Keyed state.

options! {
    STATE_BACKEND_TYPE: String = "state.backend.type" default "hashmap" older ["state.backend"],
        "Where keyed state is: hashmap (in memory) or rocksdb (on disk, what is hot in memory too).";
    EXECUTION_CHECKPOINTING_INCREMENTAL: bool = "execution.checkpointing.incremental" default "false" older ["state.backend.incremental"],
        "Whether a checkpoint of rocksdb stores only files that earlier ones have not.";
}
