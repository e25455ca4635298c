//! The options of `blackhole`: none.

use crate::option_def::OptionDef;

pub(super) const OPTIONS: &[OptionDef] = &[];
