//! Keyed state.

options! {
    STATE_BACKEND_TYPE: String = "state.backend.type" default "hashmap" older ["state.backend"],
        "Where keyed state is: hashmap (in memory) or rocksdb (on disk, what is hot in memory too).";
    EXECUTION_CHECKPOINTING_INCREMENTAL: bool = "execution.checkpointing.incremental" default "false" older ["state.backend.incremental"],
        "Whether a checkpoint of rocksdb stores only files that earlier ones have not.";
    IO_TMP_DIRS: String = "io.tmp.dirs" default "/tmp" older ["taskmanager.tmp.dirs"],
        "Local folder for the state of running tasks; of several the first one.";
}
