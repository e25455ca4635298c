//! The watermark that was reached, as state: rows that were late before a restore are late after it, though the watermarks that come then begin
//! with earlier ones. After a rescaling it is the earliest that a subtask had.

use dataflow::MIN_WATERMARK;
use dataflow::checkpoint::{OperatorStateItem, OperatorSubtaskState, Redistribution};

const NAME: &str = "watermark";

/// The watermark reached before the restore.
pub(in crate::operators) fn restored(state: &OperatorSubtaskState) -> i64 {
    let items = state.items.iter().filter(|item| item.name == NAME);
    items.filter_map(|item| item.payload.as_i64()).min().unwrap_or(MIN_WATERMARK)
}

/// The item of a snapshot.
pub(in crate::operators) fn item(watermark: i64) -> OperatorStateItem {
    OperatorStateItem { name: NAME.to_owned(), redistribution: Redistribution::Union, payload: watermark.into() }
}
