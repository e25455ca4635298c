//! `SharedFiles`: which files of `shared/` complete checkpoints need. A pure machine; the files it answers are deleted by others.
//!
//! A task may store the same SST file of its database twice, because it does not hear at once which checkpoint was completed. What was stored
//! first stays: a later checkpoint that brings the file again is made to refer to the first copy, and its own copy is deleted. So a file keeps its
//! location for as long as any complete checkpoint has it, and a handle that a task took from any of them can always be resolved.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use dataflow::checkpoint::{KeyedStateHandle, StateFile, TaskSnapshot};

use crate::CheckpointMetadata;

/// The name of a file within its database.
type LocalName = (String, String);

/// Reference counts of shared files over complete checkpoints.
#[derive(Debug, Default)]
pub struct SharedFiles {
    /// The files that each complete checkpoint needs, by location.
    checkpoints: BTreeMap<u64, BTreeSet<String>>,
    files: HashMap<String, Entry>,
    /// Where the file of this name was stored first.
    first: HashMap<LocalName, String>,
    /// Files of a checkpoint that was restored without a claim: never deleted, and never referred to in place of an own copy.
    foreign: HashSet<String>,
}

#[derive(Debug)]
struct Entry {
    file: StateFile,
    references: usize,
    names: BTreeSet<LocalName>,
}

impl SharedFiles {
    /// A checkpoint is about to be published. Its handles are made to refer to the first copy of each file; answers the copies that are not
    /// needed, to be deleted once it is published.
    pub fn register(&mut self, metadata: &mut CheckpointMetadata) -> Vec<StateFile> {
        let mut copies = Vec::new();
        for handle in metadata.keyed_mut() {
            let KeyedStateHandle::Incremental { backend_id, shared, .. } = handle else { continue };
            for (name, file) in shared {
                let first = self.first.get(&(backend_id.clone(), name.clone())).and_then(|first| self.files.get(first));
                if let Some(first) = first.map(|entry| &entry.file)
                    && first.location != file.location
                    && (first.bytes, first.checksum) == (file.bytes, file.checksum)
                {
                    copies.push(std::mem::replace(file, first.clone()));
                }
            }
        }
        self.insert(metadata);
        copies.retain(|file| !self.files.contains_key(&file.location));
        copies
    }

    /// The job starts from this checkpoint. Without a claim none of its files is ever answered for deletion.
    pub fn restored(&mut self, metadata: &CheckpointMetadata, claimed: bool) {
        if !claimed {
            let files = metadata.keyed().flat_map(shared_of).map(|(_, file)| file.location.clone());
            self.foreign.extend(files);
        }
        self.insert(metadata);
    }

    /// A complete checkpoint is not needed any more: answers its files that no other one needs.
    pub fn release(&mut self, checkpoint_id: u64) -> Vec<StateFile> {
        let mut unused = Vec::new();
        for location in self.checkpoints.remove(&checkpoint_id).unwrap_or_default() {
            let entry = self.files.get_mut(&location).expect("a file is known while a checkpoint needs it");
            entry.references -= 1;
            if entry.references == 0 {
                let entry = self.files.remove(&location).expect("it was found before");
                for name in &entry.names {
                    if self.first.get(name) == Some(&location) {
                        self.first.remove(name);
                    }
                }
                unused.push(entry.file);
            }
        }
        unused.retain(|file| !self.foreign.contains(&file.location));
        unused
    }

    /// What tasks stored for a checkpoint that will never be complete: answers the shared files that no complete one needs.
    pub fn discard<'a>(&self, snapshots: impl IntoIterator<Item = &'a TaskSnapshot>) -> Vec<StateFile> {
        let states = snapshots.into_iter().flat_map(|snapshot| snapshot.operators.values());
        let files: BTreeSet<&StateFile> =
            states.flat_map(|state| &state.keyed).flat_map(shared_of).map(|(_, file)| file).collect();
        let kept = |file: &&StateFile| self.files.contains_key(&file.location) || self.foreign.contains(&file.location);
        files.into_iter().filter(|file| !kept(file)).cloned().collect()
    }

    fn insert(&mut self, metadata: &CheckpointMetadata) {
        if self.checkpoints.contains_key(&metadata.checkpoint_id) {
            return;
        }
        let mut needed = BTreeSet::new();
        for (name, file) in metadata.keyed().flat_map(shared_of) {
            let new = || Entry { file: file.clone(), references: 0, names: BTreeSet::new() };
            let entry = self.files.entry(file.location.clone()).or_insert_with(new);
            entry.references += usize::from(needed.insert(file.location.clone()));
            if !self.foreign.contains(&file.location) {
                entry.names.insert(name.clone());
                self.first.entry(name).or_insert_with(|| file.location.clone());
            }
        }
        self.checkpoints.insert(metadata.checkpoint_id, needed);
    }
}

fn shared_of(handle: &KeyedStateHandle) -> impl Iterator<Item = (LocalName, &StateFile)> {
    let files = match handle {
        KeyedStateHandle::Incremental { backend_id, shared, .. } => Some((backend_id, shared)),
        KeyedStateHandle::Canonical { .. } => None,
    };
    files
        .into_iter()
        .flat_map(|(backend, shared)| shared.iter().map(move |(name, file)| ((backend.clone(), name.clone()), file)))
}
