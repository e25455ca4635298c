//! `filesystem`: files of a folder as a table; each file is a split, a sink publishes its part files when it finishes.
//!
//! The local file system only. A sink's files become visible at the end of the input, because there are no checkpoints yet.

mod constant;
mod enumerator;
mod options;
mod part_file;
mod path;
mod reader;
mod writer;

use dataflow::operator_spec::{ConnectorSpec, SinkSpec, SourceSpec};
use dataflow::{Failure, SinkWriter, SourceReader, SplitEnumerator};

use self::options::FileTable;
use crate::error::ConnectorError;
use crate::factory::{ChangelogMode, ConnectorFactory, ReaderContext, SinkAbility, SourceAbility, WriterContext};
use crate::option_def::OptionDef;

/// The `filesystem` connector.
#[derive(Debug)]
pub struct FilesystemFactory;

impl ConnectorFactory for FilesystemFactory {
    fn name(&self) -> &'static str {
        "filesystem"
    }

    fn options(&self) -> &'static [OptionDef] {
        options::OPTIONS
    }

    fn source(&self, spec: &ConnectorSpec) -> Result<SourceAbility, ConnectorError> {
        let table = FileTable::read(spec)?;
        Ok(SourceAbility {
            bounded: table.monitor_interval.is_none(),
            metadata: options::metadata(),
            row_kinds: ChangelogMode::InsertOnly,
            parallelism: None,
        })
    }

    fn sink(&self, spec: &ConnectorSpec) -> Result<SinkAbility, ConnectorError> {
        let table = FileTable::read(spec)?;
        if let Some(field) =
            table.partition_fields(&spec.physical).find(|field| !writer::can_be_partition(&field.ty.kind))
        {
            return Err(ConnectorError::new(format!(
                "column '{}' of type {} cannot be a partition key of table '{}'",
                field.name, field.ty, spec.table
            ))
            .with_hint("partition by columns of basic types"));
        }
        if table.record.is_empty() {
            return Err(ConnectorError::new(format!("all columns of table '{}' are partition keys", spec.table))
                .with_hint("keep a column for the records"));
        }
        Ok(SinkAbility { accepts: ChangelogMode::InsertOnly, parallelism: table.sink_parallelism })
    }

    fn create_enumerator(&self, spec: &SourceSpec, _parallelism: u32) -> Result<Box<dyn SplitEnumerator>, Failure> {
        Ok(Box::new(enumerator::FileEnumerator::new(FileTable::read(&spec.connector)?)))
    }

    fn create_reader(&self, spec: &SourceSpec, _context: &ReaderContext) -> Result<Box<dyn SourceReader>, Failure> {
        Ok(Box::new(reader::FileReader::new(FileTable::read(&spec.connector)?, spec)))
    }

    fn create_writer(&self, spec: &SinkSpec, context: &WriterContext) -> Result<Box<dyn SinkWriter>, Failure> {
        Ok(Box::new(writer::FileWriter::new(FileTable::read(&spec.connector)?, spec, context)?))
    }
}
