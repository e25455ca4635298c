//! `FinalCheckpoint`: whether a task whose rows have all gone on may end. A pure machine.
//!
//! ```text
//!   NotNeeded
//!   ToCome -- end of data --> Awaited -- barrier of N --> Taken(N) -- N or a later one complete --> Complete
//! ```

/// The checkpoint that a task ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FinalCheckpoint {
    /// It ends without one.
    NotNeeded,
    /// Rows still come.
    ToCome,
    /// The next barrier is that of a final checkpoint.
    Awaited,
    /// It may end when this one, or a later one, is complete.
    Taken(u64),
    /// It may end.
    Complete,
}

impl FinalCheckpoint {
    /// All rows have gone on. True: the JobManager is to be told that a checkpoint is waited for.
    pub(crate) fn end_of_data(&mut self) -> bool {
        let needed = *self == Self::ToCome;
        if needed {
            *self = Self::Awaited;
        }
        needed
    }

    /// A snapshot was taken.
    pub(crate) fn taken(&mut self, checkpoint_id: u64) {
        if *self == Self::Awaited {
            *self = Self::Taken(checkpoint_id);
        }
    }

    /// A checkpoint is complete.
    pub(crate) fn completed(&mut self, checkpoint_id: u64) {
        if matches!(*self, Self::Taken(first) if checkpoint_id >= first) {
            *self = Self::Complete;
        }
    }

    /// Whether the task may end.
    pub(crate) fn allows_end(self) -> bool {
        matches!(self, Self::NotNeeded | Self::Complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_checkpoint_behind_the_end_of_data_counts() {
        let mut last = FinalCheckpoint::ToCome;
        last.taken(1);
        assert!(last.end_of_data());
        last.completed(1);
        assert!(!last.allows_end(), "its barrier came before the end");
        last.taken(3);
        last.completed(2);
        assert!(!last.allows_end());
        // The first one may be aborted.
        last.taken(4);
        last.completed(4);
        assert!(last.allows_end());
    }

    #[test]
    fn without_checkpoints_a_task_just_ends() {
        let mut last = FinalCheckpoint::NotNeeded;
        assert!(!last.end_of_data());
        assert!(last.allows_end());
    }
}
