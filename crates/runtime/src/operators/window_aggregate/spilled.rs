//! Windows that do not fit into memory: their slices are in the store, and are read back a key group at a time when the window fires.

use dataflow::{Failure, Output};
use state::{Address, Namespace, write_prefix};

use super::context::WindowContext;
use super::emission::{MAX_ROWS, Rows};

/// The one state of sliced windows.
pub(super) const STATE: u8 = 0;

/// A window of which everything is in the store and nothing in memory.
pub(super) struct SpilledWindow {
    pub(super) start: i64,
    pub(super) end: i64,
    /// The slices that it is merged from.
    pub(super) slices: Vec<i64>,
    /// The slice that the merged values are written to as well.
    pub(super) keep_as: Option<i64>,
}

impl SpilledWindow {
    /// Emits it.
    pub(super) fn emit(&self, context: &mut WindowContext, out: &mut dyn Output) -> Result<(), Failure> {
        let mut merged = Namespace::new(self.end, &context.keys);
        for key_group in context.state.store().keys().key_groups().clone() {
            for &slice in &self.slices {
                merge_slice(&mut merged, key_group, slice, context)?;
            }
            if merged.groups().len() >= MAX_ROWS {
                self.emit_merged(&merged, context, out)?;
                merged = Namespace::new(self.end, &context.keys);
            }
        }
        self.emit_merged(&merged, context, out)
    }

    fn emit_merged(
        &self,
        merged: &Namespace,
        context: &mut WindowContext,
        out: &mut dyn Output,
    ) -> Result<(), Failure> {
        let mut rows = Rows::default();
        for (group, key) in merged.entries().filter(|(group, _)| !context.groups.is_empty(*group)) {
            rows.push(key, group, self.start, self.end);
        }
        context.emission.emit(&rows, &context.groups, &context.wall_clock, out)?;
        if let Some(slice) = self.keep_as {
            let WindowContext { groups, state, .. } = context;
            state.mark_all_written(merged.groups());
            let slots = merged.entries().map(|(group, key)| (group, Address::in_namespace(STATE, slice, key)));
            state.write_slots(slots, |group, out| groups.write_value(group, out))?;
        }
        context.release(merged.groups());
        Ok(())
    }
}

/// Adds the values of a slice in one key group.
fn merge_slice(merged: &mut Namespace, key_group: u32, slice: i64, context: &mut WindowContext) -> Result<(), Failure> {
    let WindowContext { groups, state, .. } = context;
    let mut prefix = Vec::new();
    write_prefix(key_group, STATE, Some(slice), &mut prefix);
    let (mut from, mut into) = (Vec::new(), Vec::new());
    state.store().scan(&prefix, &mut |entry, value| {
        let (_, key) = entry.namespaced();
        let (group, new) = merged.group_of_bytes(key, &mut groups.slots);
        if new {
            return groups.read_value(group, value);
        }
        let read = groups.slots.allocate();
        from.push(read);
        into.push(group);
        groups.read_value(read, value)
    })?;
    groups.merge(&from, &into)?;
    context.release(&from);
    Ok(())
}
