//! Where keyed state lives.

options! {
    STATE_BACKEND_TYPE: String = "state.backend.type" default "hashmap" older ["state.backend"],
        "State backend: 'hashmap' or 'rocksdb'.";
    STATE_BACKEND_ROCKSDB_LOCALDIR: Option<String> = "state.backend.rocksdb.localdir",
        "Directories for RocksDB's files; io.tmp.dirs when absent.";
}
