//! `kafka` and `upsert-kafka`: topics as tables. Partitions are splits; a sink produces a record for each row.

mod client;
mod deliveries;
mod enumerator;
mod fetcher;
mod layout;
mod offsets;
mod options;
mod properties;
mod reader;
mod record_encoder;
mod record_queue;
mod source_metrics;
mod split;
mod transactions;
mod upsert;
mod writer;

use dataflow::operator_spec::{ConnectorSpec, SinkSpec, SourceSpec};
use dataflow::{Committer, Failure, SinkWriter, SourceReader, SplitEnumerator};

use self::options::KafkaTable;
use self::transactions::{KafkaCommitter, TransactionalWriter};
use crate::error::ConnectorError;
use crate::factory::{ConnectorFactory, ReaderContext, SinkAbility, SourceAbility, WriterContext};
use crate::option_def::OptionDef;

pub use self::upsert::UpsertKafkaFactory;

/// The `kafka` connector.
#[derive(Debug)]
pub struct KafkaFactory;

impl ConnectorFactory for KafkaFactory {
    fn name(&self) -> &'static str {
        "kafka"
    }

    fn doc(&self) -> &'static str {
        "Topics of Apache Kafka, read by splits and written at least once or exactly once; see [Kafka and checkpoints](kafka.md)."
    }

    fn options(&self) -> &'static [OptionDef] {
        options::OPTIONS
    }

    fn source(&self, spec: &ConnectorSpec) -> Result<SourceAbility, ConnectorError> {
        let table = KafkaTable::read(spec)?;
        table.check_source()?;
        Ok(SourceAbility {
            bounded: table.bounded.is_some(),
            metadata: options::metadata(),
            row_kinds: table.value.format.changes(),
            parallelism: table.scan_parallelism,
        })
    }

    fn sink(&self, spec: &ConnectorSpec) -> Result<SinkAbility, ConnectorError> {
        let table = KafkaTable::read(spec)?;
        table.sink_topic()?;
        Ok(SinkAbility {
            accepts: table.value.format.changes(),
            metadata: options::writable_metadata(),
            parallelism: table.sink_parallelism,
        })
    }

    fn skips_fields(&self, spec: &ConnectorSpec) -> Result<bool, ConnectorError> {
        Ok(KafkaTable::read(spec)?.skips_fields())
    }

    fn create_enumerator(&self, spec: &SourceSpec, _parallelism: u32) -> Result<Box<dyn SplitEnumerator>, Failure> {
        Ok(Box::new(enumerator::KafkaEnumerator::new(KafkaTable::read(&spec.connector)?)))
    }

    fn create_reader(&self, spec: &SourceSpec, _context: &ReaderContext) -> Result<Box<dyn SourceReader>, Failure> {
        Ok(Box::new(reader::KafkaReader::new(KafkaTable::read(&spec.connector)?, spec)))
    }

    fn create_writer(&self, spec: &SinkSpec, context: &WriterContext) -> Result<Box<dyn SinkWriter>, Failure> {
        create_writer(KafkaTable::read(&spec.connector)?, spec, context)
    }

    fn create_committer(
        &self,
        spec: &SinkSpec,
        _context: &WriterContext,
    ) -> Result<Option<Box<dyn Committer>>, Failure> {
        Ok(create_committer(KafkaTable::read(&spec.connector)?))
    }
}

fn create_writer(table: KafkaTable, spec: &SinkSpec, context: &WriterContext) -> Result<Box<dyn SinkWriter>, Failure> {
    Ok(match table.transactions.clone() {
        Some(options) => Box::new(TransactionalWriter::new(table, options, spec, context)?),
        None => Box::new(writer::KafkaWriter::new(table, spec, context)?),
    })
}

fn create_committer(table: KafkaTable) -> Option<Box<dyn Committer>> {
    let options = table.transactions.clone()?;
    Some(Box::new(KafkaCommitter::new(table, options)))
}
