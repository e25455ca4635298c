//! Which parts of an execution plan stand in more than one place, as Flink numbers them: `(reuse_id=[1])` where it is shown, `Reused(reference_id=[1])`
//! elsewhere. A part is a node, or an exchange behind one.

use std::collections::{HashMap, HashSet};

use crate::physical::NodeId;

/// A node, or the exchange of this distribution behind it.
pub(super) type Part = (NodeId, Option<String>);

/// The parts that are shown.
#[derive(Debug, Default)]
pub(super) struct Reuse {
    seen: HashSet<Part>,
    ids: HashMap<Part, usize>,
    shown: HashSet<Part>,
}

/// What is said of a part.
pub(super) enum Mention {
    /// It stands in one place only.
    Once,
    /// This is where it is shown.
    First(usize),
    /// It has been shown.
    Again(usize),
}

impl Reuse {
    /// Meets a part on the way through the plan; whether what is below it is to be visited. Parts are numbered when they are met again.
    pub(super) fn meet(&mut self, part: Part) -> bool {
        if !self.seen.contains(&part) {
            return self.seen.insert(part);
        }
        let next = self.ids.len() + 1;
        self.ids.entry(part).or_insert(next);
        false
    }

    /// Whether a part stands in several places.
    pub(super) fn is_reused(&self, part: &Part) -> bool {
        self.ids.contains_key(part)
    }

    /// A part is written.
    pub(super) fn mention(&mut self, part: &Part) -> Mention {
        match self.ids.get(part) {
            None => Mention::Once,
            Some(&id) if self.shown.insert(part.clone()) => Mention::First(id),
            Some(&id) => Mention::Again(id),
        }
    }
}
