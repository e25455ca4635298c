//! Sources, sinks and formats, a folder each, with the same file names inside: options, enumerator, reader, writer, committer.
//!
//! [`factory`] finds a connector by the name in a table's `connector` option; a [`ConnectorFactory`] validates the options and makes the parts
//! that run. This crate alone knows files, brokers and record encodings; it knows neither SQL nor tasks.

pub mod blackhole;
pub mod datagen;
pub mod filesystem;
pub mod formats;
pub mod kafka;
pub mod nexmark;
pub mod print;

mod column_view;
mod error;
mod factory;
mod java_text;
mod metadata;
mod option_def;
mod part_enumerator;
pub mod reference;
mod registry;
mod table_options;
mod wake_timer;

pub use column_view::ColumnView;
pub use error::ConnectorError;
pub use factory::{ChangelogMode, ConnectorFactory, ReaderContext, SinkAbility, SourceAbility, WriterContext};
pub use option_def::{OptionDef, OptionKind};
pub use registry::{factories, factory};
pub use table_options::TableOptions;
