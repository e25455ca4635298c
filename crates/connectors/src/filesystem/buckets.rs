//! The part files of one writer: at most one in progress for each partition, and those that are complete.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use common::random::Random;
use dataflow::Failure;

use super::part_file::{CompletePart, PartFile};
use super::pending_file::{PendingFile, sync_folder};
use super::rolling_policy::{PartAge, RollingPolicy};

pub(super) struct Buckets {
    /// Of the table; absolute, because a checkpoint may be restored by a process that was started elsewhere.
    folder: PathBuf,
    policy: RollingPolicy,
    /// `part-UNIQUE-SUBTASK`: the files of all writers ever are told apart by it.
    prefix: String,
    unique: String,
    /// Number of the next file.
    next: u32,
    /// By partition path; the empty one when there are no partitions.
    open: BTreeMap<String, OpenPart>,
    complete: Vec<CompletePart>,
    /// Folders in which names are new.
    changed: BTreeSet<PathBuf>,
    /// When to look for old files again, in ms since the epoch.
    next_check: i64,
}

struct OpenPart {
    file: PartFile,
    age: PartAge,
}

impl Buckets {
    pub(super) fn new(folder: &Path, policy: RollingPolicy, subtask: u32, random: &mut Random) -> Self {
        Self {
            folder: std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf()),
            policy,
            prefix: format!("part-{}-{subtask}", uuid(random)),
            unique: uuid(random),
            next: 0,
            open: BTreeMap::new(),
            complete: Vec::new(),
            changed: BTreeSet::new(),
            next_check: i64::MIN,
        }
    }

    /// The folder of a partition.
    pub(super) fn folder(&self, partition: &str) -> PathBuf {
        self.folder.join(partition)
    }

    /// The file to which the next row of this partition goes.
    pub(super) fn file(&mut self, partition: &str, now: i64) -> Result<&mut PartFile, Failure> {
        if self.open.get(partition).is_some_and(|part| self.policy.is_full(part.file.size())) {
            self.complete(partition)?;
        }
        if !self.open.contains_key(partition) {
            let file = self.create(partition)?;
            let age = PartAge { created: now, updated: now };
            self.open.insert(partition.to_owned(), OpenPart { file, age });
        }
        let part = self.open.get_mut(partition).expect("it was inserted if it was missing");
        part.age.updated = now;
        Ok(&mut part.file)
    }

    /// Ends the files that are old, if it is time to look.
    pub(super) fn complete_old(&mut self, now: i64) -> Result<(), Failure> {
        if now < self.next_check {
            return Ok(());
        }
        self.next_check = self.policy.next_check(now);
        let policy = self.policy;
        self.complete_if(|part| policy.is_old(now, part.age))
    }

    /// Ends the files that are full, though no row has come for the next ones.
    pub(super) fn complete_full(&mut self) -> Result<(), Failure> {
        let policy = self.policy;
        self.complete_if(|part| policy.is_full(part.file.size()))
    }

    /// Ends the file of a partition, if there is one.
    pub(super) fn complete(&mut self, partition: &str) -> Result<(), Failure> {
        if let Some(part) = self.open.remove(partition) {
            self.complete.push(part.file.complete()?);
        }
        Ok(())
    }

    /// Ends all files.
    pub(super) fn complete_all(&mut self) -> Result<(), Failure> {
        self.complete_if(|_| true)
    }

    fn complete_if(&mut self, ended: impl Fn(&OpenPart) -> bool) -> Result<(), Failure> {
        for (_, part) in self.open.extract_if(.., |_, part| ended(part)) {
            self.complete.push(part.file.complete()?);
        }
        Ok(())
    }

    /// Makes everything durable.
    pub(super) fn sync(&mut self) -> Result<(), Failure> {
        self.open.values_mut().try_for_each(|part| part.file.sync())?;
        std::mem::take(&mut self.changed).iter().try_for_each(|folder| sync_folder(folder))
    }

    /// The files that are complete; they are no matter of this writer any more.
    pub(super) fn take_complete(&mut self) -> impl Iterator<Item = PendingFile> {
        self.complete.drain(..).map(CompletePart::hand_over)
    }

    /// The files in progress, as far as they are durable.
    pub(super) fn in_progress(&mut self) -> impl Iterator<Item = PendingFile> {
        self.open.values_mut().map(|part| part.file.keep())
    }

    fn create(&mut self, partition: &str) -> Result<PartFile, Failure> {
        let folder = self.folder(partition);
        if !folder.is_dir() {
            self.changed.extend(folders_that_change(&folder).map(Path::to_path_buf));
            fs::create_dir_all(&folder).map_err(|error| {
                Failure::external(format!("cannot create the folder {}", folder.display())).caused_by(error)
            })?;
        }
        let name = format!("{}-{}", self.prefix, self.next);
        self.next += 1;
        let file = PartFile::create(&folder, &name, &self.unique)?;
        self.changed.insert(folder);
        Ok(file)
    }
}

/// The folders above that will get a new name when this one is created: those that are missing, and the one above them.
fn folders_that_change(folder: &Path) -> impl Iterator<Item = &Path> {
    let mut missing = true;
    folder.ancestors().skip(1).take_while(move |above| std::mem::replace(&mut missing, !above.is_dir()))
}

/// 128 random bits in the form of a UUID.
fn uuid(random: &mut Random) -> String {
    let (high, low) = (random.next_u64(), random.next_u64());
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}
