//! `filesystem`: files of a folder as a table; each file is a split, a sink writes hidden part files and makes them visible by a rename.
//!
//! ```text
//!   in progress --full, old--> complete --barrier--> pending, in the checkpoint --completed--> visible
//! ```
//! As in Flink, a file of a row format goes on over checkpoints, until it is full or old; a checkpoint holds its length then. A restore makes
//! what it holds visible, with the next checkpoint, and begins new files; nothing else that was in progress ever becomes visible. Without
//! checkpoints all files become visible at the end of the input. The local file system only.

mod buckets;
mod committable;
mod committer;
mod constant;
mod enumerator;
mod options;
mod part_file;
mod partition_commit;
mod partition_time;
mod path;
mod pending_file;
mod reader;
mod rolling_policy;
mod sink_options;
mod writer;
#[cfg(test)]
mod writer_tests;

use common::clock::Clock;
use common::random::Random;
use dataflow::operator_spec::{ConnectorSpec, SinkSpec, SourceSpec};
use dataflow::{Batch, Committer, Failure, SinkWriter, SourceReader, SplitEnumerator};

use self::options::FileTable;
use self::sink_options::SinkOptions;
use crate::error::ConnectorError;
use crate::factory::{ConnectorFactory, ReaderContext, SinkAbility, SourceAbility, WriterContext};
use crate::option_def::OptionDef;

/// The `filesystem` connector.
#[derive(Debug)]
pub struct FilesystemFactory;

impl ConnectorFactory for FilesystemFactory {
    fn name(&self) -> &'static str {
        "filesystem"
    }

    fn doc(&self) -> &'static str {
        "Files of a folder, read once or watched, and written in parts that become visible with checkpoints; partitioned by `PARTITIONED BY`. Local paths."
    }

    fn options(&self) -> &'static [OptionDef] {
        options::OPTIONS
    }

    fn source(&self, spec: &ConnectorSpec) -> Result<SourceAbility, ConnectorError> {
        let table = FileTable::read(spec)?;
        Ok(SourceAbility {
            bounded: table.monitor_interval.is_none(),
            metadata: options::metadata(),
            row_kinds: table.format.changes(),
            parallelism: None,
        })
    }

    fn sink(&self, spec: &ConnectorSpec) -> Result<SinkAbility, ConnectorError> {
        let table = FileTable::read(spec)?;
        let sink = SinkOptions::read(spec)?;
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
        table.format.check_sink(&table.record)?;
        Ok(SinkAbility { accepts: table.format.changes(), metadata: Vec::new(), parallelism: sink.parallelism })
    }

    fn skips_fields(&self, spec: &ConnectorSpec) -> Result<bool, ConnectorError> {
        Ok(FileTable::read(spec)?.format.skips_fields())
    }

    fn create_enumerator(&self, spec: &SourceSpec, _parallelism: u32) -> Result<Box<dyn SplitEnumerator>, Failure> {
        Ok(Box::new(enumerator::FileEnumerator::new(FileTable::read(&spec.connector)?)))
    }

    fn create_reader(&self, spec: &SourceSpec, _context: &ReaderContext) -> Result<Box<dyn SourceReader>, Failure> {
        Ok(Box::new(reader::FileReader::new(FileTable::read(&spec.connector)?, spec)))
    }

    fn is_lookup(&self, spec: &ConnectorSpec) -> Result<bool, ConnectorError> {
        let table = FileTable::read(spec)?;
        Ok(table.is_lookup && table.monitor_interval.is_none())
    }

    fn read_lookup(&self, spec: &SourceSpec, _context: &ReaderContext) -> Result<Vec<Batch>, Failure> {
        let splits = enumerator::files(&FileTable::read(&spec.connector)?)?;
        reader::read_all(reader::FileReader::new(FileTable::read(&spec.connector)?, spec), splits)
    }

    fn create_writer(&self, spec: &SinkSpec, context: &WriterContext) -> Result<Box<dyn SinkWriter>, Failure> {
        let (table, sink) = (FileTable::read(&spec.connector)?, SinkOptions::read(&spec.connector)?);
        Ok(Box::new(writer::FileWriter::new(table, sink, spec, context, Clock::System, Random::from_system())?))
    }

    fn create_committer(
        &self,
        spec: &SinkSpec,
        _context: &WriterContext,
    ) -> Result<Option<Box<dyn Committer>>, Failure> {
        let sink = SinkOptions::read(&spec.connector)?;
        Ok(Some(Box::new(committer::FileCommitter::new(sink.success_file))))
    }
}
