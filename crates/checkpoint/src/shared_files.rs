//! `SharedFiles`: which files of `shared/` complete checkpoints need. A pure machine; the files it answers are deleted by others.
//!
//! A task may store the same SST file of its database twice, because it does not hear at once which checkpoint was completed. What was stored
//! first stays: a later checkpoint that brings the file again is made to refer to the first copy, and its own copy is deleted. So a file keeps its
//! location for as long as any complete checkpoint has it, and a handle that a task took from any of them can always be resolved. A checkpoint that
//! was asked to store everything anew keeps its own copies, and those after it refer to them.

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

/// What becomes of a file that is stored already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copies {
    /// It is known by its first copy.
    GiveWay,
    /// It is known by the new one.
    ComeFirst,
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
        self.insert(metadata, Copies::GiveWay);
        copies.retain(|file| !self.files.contains_key(&file.location));
        copies
    }

    /// A checkpoint that stored all its files anew is about to be published.
    pub fn register_full(&mut self, metadata: &CheckpointMetadata) {
        self.insert(metadata, Copies::ComeFirst);
    }

    /// The job starts from this checkpoint. Its files of which `is_foreign` is true are never answered for deletion.
    pub fn restored(&mut self, metadata: &CheckpointMetadata, is_foreign: impl Fn(&StateFile) -> bool) {
        let files = metadata.keyed().flat_map(shared_of).map(|(_, file)| file);
        self.foreign.extend(files.filter(|file| is_foreign(file)).map(|file| file.location.clone()));
        self.insert(metadata, Copies::GiveWay);
    }

    /// The files of a checkpoint that are not the job's, by location.
    pub fn foreign_of(&self, metadata: &CheckpointMetadata) -> BTreeSet<String> {
        let locations = metadata.keyed().flat_map(shared_of).map(|(_, file)| &file.location);
        locations.filter(|location| self.foreign.contains(*location)).cloned().collect()
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

    fn insert(&mut self, metadata: &CheckpointMetadata, copies: Copies) {
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
                let first = self.first.entry(name).or_insert_with(|| file.location.clone());
                if copies == Copies::ComeFirst {
                    first.clone_from(&file.location);
                }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use dataflow::checkpoint::OperatorSubtaskState;
    use dataflow::{JobId, OperatorId, VertexId};
    use proptest::prelude::*;

    use super::*;
    use crate::{OperatorState, SnapshotType};

    fn state(backend: &str, files: &BTreeMap<String, StateFile>) -> OperatorSubtaskState {
        let keyed = KeyedStateHandle::Incremental {
            backend_id: backend.into(),
            key_groups: 0..=127,
            shared: files.clone(),
            private: BTreeMap::new(),
            new_bytes: 0,
        };
        OperatorSubtaskState { keyed: vec![keyed], ..OperatorSubtaskState::default() }
    }

    fn checkpoint(checkpoint_id: u64, backend: &str, files: &BTreeMap<String, StateFile>) -> CheckpointMetadata {
        CheckpointMetadata {
            checkpoint_id,
            job_id: JobId(1),
            job_name: String::new(),
            timestamp: 0,
            kind: SnapshotType::Checkpoint,
            operators: vec![OperatorState {
                id: OperatorId(1),
                name: String::new(),
                vertex: VertexId(1),
                parallelism: 1,
                max_parallelism: 128,
                subtasks: [(0, state(backend, files))].into(),
                source: None,
            }],
            channels: Vec::new(),
        }
    }

    /// Files `name -> location`; the content is told by the name.
    fn files(list: &[(&str, &str)]) -> BTreeMap<String, StateFile> {
        let file = |(name, location): &(&str, &str)| {
            (
                (*name).to_owned(),
                StateFile { location: (*location).to_owned(), bytes: 1, checksum: crc32c::crc32c(name.as_bytes()) },
            )
        };
        list.iter().map(file).collect()
    }

    fn locations(files: &[StateFile]) -> Vec<&str> {
        files.iter().map(|file| file.location.as_str()).collect()
    }

    #[test]
    fn a_file_goes_with_the_last_checkpoint_that_needs_it() {
        let mut shared = SharedFiles::default();
        assert!(shared.register(&mut checkpoint(1, "b", &files(&[("1", "/1"), ("2", "/2")]))).is_empty());
        assert!(shared.register(&mut checkpoint(2, "b", &files(&[("2", "/2"), ("3", "/3")]))).is_empty());
        assert_eq!(locations(&shared.release(1)), ["/1"]);
        assert!(shared.release(1).is_empty());
        assert_eq!(locations(&shared.release(2)), ["/2", "/3"]);
    }

    #[test]
    fn a_file_that_several_subtasks_need_counts_once_a_checkpoint() {
        let mut shared = SharedFiles::default();
        let mut rescaled = checkpoint(1, "b", &files(&[("1", "/1")]));
        rescaled.operators[0].subtasks.insert(1, state("other", &files(&[("7", "/1")])));
        shared.register(&mut rescaled);
        shared.register(&mut rescaled);
        assert_eq!(locations(&shared.release(1)), ["/1"]);
    }

    #[test]
    fn a_second_copy_gives_way_to_the_first() {
        let mut shared = SharedFiles::default();
        shared.register(&mut checkpoint(1, "b", &files(&[("1", "/first")])));
        let mut second = checkpoint(2, "b", &files(&[("1", "/second")]));
        assert_eq!(locations(&shared.register(&mut second)), ["/second"]);
        assert_eq!(second, checkpoint(2, "b", &files(&[("1", "/first")])));
        assert!(shared.release(1).is_empty());
        // The task still thinks of its second copy.
        let mut third = checkpoint(3, "b", &files(&[("1", "/second")]));
        shared.register(&mut third);
        assert_eq!(third, checkpoint(3, "b", &files(&[("1", "/first")])));
        // Of another database, the same name is another file.
        assert!(shared.register(&mut checkpoint(4, "other", &files(&[("1", "/other")]))).is_empty());
    }

    #[test]
    fn files_of_a_restored_checkpoint_are_deleted_only_if_they_are_claimed() {
        for (claimed, deleted) in [(true, vec!["/1"]), (false, vec![])] {
            let mut shared = SharedFiles::default();
            shared.restored(&checkpoint(1, "b", &files(&[("1", "/1")])), |_| !claimed);
            let snapshot = TaskSnapshot {
                operators: [(OperatorId(1), state("b", &files(&[("1", "/1"), ("2", "/2")])))].into(),
                channels: Vec::new(),
            };
            assert_eq!(locations(&shared.discard([&snapshot])), ["/2"]);
            assert_eq!(locations(&shared.release(1)), deleted);
            assert_eq!(shared.discard([&snapshot]).len(), if claimed { 2 } else { 1 });
            // A copy of one's own does not give way to a file of others.
            let mut own = checkpoint(2, "b", &files(&[("1", "/own")]));
            assert!(shared.register(&mut own).is_empty());
            assert_eq!(own, checkpoint(2, "b", &files(&[("1", "/own")])));
        }
    }

    #[test]
    fn a_full_checkpoint_keeps_its_copies_and_those_after_it_refer_to_them() {
        let mut shared = SharedFiles::default();
        shared.register(&mut checkpoint(1, "b", &files(&[("1", "/old")])));
        let full = checkpoint(2, "b", &files(&[("1", "/new")]));
        shared.register_full(&full);
        assert_eq!(locations(&shared.release(1)), ["/old"]);
        // Its task has not heard of the full one yet.
        let mut third = checkpoint(3, "b", &files(&[("1", "/old")]));
        shared.register(&mut third);
        assert_eq!(third, checkpoint(3, "b", &files(&[("1", "/new")])));
        assert!(shared.release(2).is_empty());
        assert_eq!(locations(&shared.release(3)), ["/new"]);
    }

    #[test]
    fn later_checkpoints_tell_which_of_their_files_are_foreign() {
        let mut shared = SharedFiles::default();
        shared.restored(&checkpoint(1, "b", &files(&[("1", "/theirs"), ("2", "/gone")])), |_| true);
        let second = checkpoint(2, "b", &files(&[("1", "/theirs"), ("3", "/own")]));
        shared.register(&mut second.clone());
        let foreign = shared.foreign_of(&second);
        assert_eq!(foreign, ["/theirs".to_owned()].into());
        // As the next JobManager knows it.
        let mut shared = SharedFiles::default();
        shared.restored(&second, |file| foreign.contains(&file.location));
        assert_eq!(locations(&shared.release(2)), ["/own"]);
    }

    /// A database whose snapshots bring files, as tasks make them: based on the last completed checkpoint that it has heard of.
    #[derive(Default)]
    struct Database {
        live: BTreeSet<String>,
        next: u32,
        bases: BTreeMap<u64, BTreeMap<String, StateFile>>,
        heard: Option<u64>,
    }

    impl Database {
        fn snapshot(
            &mut self,
            id: u64,
            compacted: usize,
            stored: &mut BTreeSet<String>,
        ) -> BTreeMap<String, StateFile> {
            let gone: Vec<String> = self.live.iter().take(compacted).cloned().collect();
            gone.iter().for_each(|name| drop(self.live.take(name)));
            self.live.insert(format!("{:06}", self.next));
            self.next += 1;
            let base = self.heard.and_then(|heard| self.bases.get(&heard)).cloned().unwrap_or_default();
            let file = |name: &String| {
                let new = || {
                    let location = format!("/{id}/{name}");
                    stored.insert(location.clone());
                    files(&[(name.as_str(), location.as_str())]).remove(name).expect("it is the one")
                };
                (name.clone(), base.get(name).cloned().unwrap_or_else(new))
            };
            let snapshot: BTreeMap<String, StateFile> = self.live.iter().map(file).collect();
            self.bases.insert(id, snapshot.clone());
            snapshot
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Trigger { compacted: usize },
        CompleteOldest,
        AbortNewest,
        Hear,
        Release,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0usize..3).prop_map(|compacted| Step::Trigger { compacted }),
            3 => Just(Step::CompleteOldest),
            1 => Just(Step::AbortNewest),
            2 => Just(Step::Hear),
            2 => Just(Step::Release),
        ]
    }

    proptest! {
        #[test]
        fn what_is_needed_stays_and_nothing_is_left_over(steps in prop::collection::vec(step(), 0..60)) {
            let (mut shared, mut database, mut stored) = (SharedFiles::default(), Database::default(), BTreeSet::new());
            let mut pending: BTreeMap<u64, BTreeMap<String, StateFile>> = BTreeMap::new();
            let mut complete: BTreeMap<u64, CheckpointMetadata> = BTreeMap::new();
            let mut told: Vec<u64> = Vec::new();
            let mut id = 0;
            let ending = steps.len();
            let end = std::iter::repeat_n(Step::CompleteOldest, ending).chain(std::iter::repeat_n(Step::Release, ending));
            let mut steps: Vec<Step> = steps.into_iter().chain(end).collect();
            // At the end, the last one is released too.
            steps.push(Step::Release);
            let last = steps.len() - 1;
            for (number, step) in steps.into_iter().enumerate() {
                let unused = match step {
                    Step::Trigger { compacted } => {
                        id += 1;
                        pending.insert(id, database.snapshot(id, compacted, &mut stored));
                        Vec::new()
                    }
                    Step::CompleteOldest => pending.pop_first().map_or_else(Vec::new, |(id, files)| {
                        let mut metadata = checkpoint(id, "b", &files);
                        let unused = shared.register(&mut metadata);
                        complete.insert(id, metadata);
                        told.push(id);
                        unused
                    }),
                    Step::AbortNewest => pending.pop_last().map_or_else(Vec::new, |(id, files)| {
                        database.bases.remove(&id);
                        let operators = [(OperatorId(1), state("b", &files))].into();
                        shared.discard([&TaskSnapshot { operators, channels: Vec::new() }])
                    }),
                    Step::Hear => {
                        database.heard = if told.is_empty() { database.heard } else { Some(told.remove(0)) };
                        Vec::new()
                    }
                    Step::Release if complete.len() > 1 || number == last => {
                        complete.pop_first().map_or_else(Vec::new, |(id, _)| shared.release(id))
                    }
                    Step::Release => Vec::new(),
                };
                unused.iter().for_each(|file| drop(stored.take(&file.location)));
                for file in complete.values().flat_map(CheckpointMetadata::files) {
                    prop_assert!(stored.contains(&file.location), "{} is needed and gone", file.location);
                }
            }
            prop_assert!(complete.is_empty() && pending.is_empty());
            prop_assert!(stored.is_empty(), "left over: {stored:?}");
        }
    }
}
