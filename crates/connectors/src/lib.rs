//! Sources, sinks and formats, a folder each.
