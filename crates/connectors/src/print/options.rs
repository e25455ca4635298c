//! The options of `print`.

use crate::option_def::{OptionDef, OptionKind};

pub(super) const IDENTIFIER: OptionDef = OptionDef::optional(
    "print-identifier",
    OptionKind::Text,
    "Text before each line, followed by '>' (with several subtasks also by the number of the subtask).",
);
pub(super) const STANDARD_ERROR: OptionDef = OptionDef::with_default(
    "standard-error",
    OptionKind::Boolean,
    "false",
    "Whether to print to the standard error instead of the standard output.",
);
pub(super) const PARALLELISM: OptionDef =
    OptionDef::optional("sink.parallelism", OptionKind::Integer, "Parallelism of the sink.");

pub(super) const OPTIONS: &[OptionDef] = &[IDENTIFIER, STANDARD_ERROR, PARALLELISM];
