//! `upsert-kafka`: topics in which a record is the row of its key, and one without a value deletes it.

use dataflow::operator_spec::{ConnectorSpec, SinkSpec, SourceSpec};
use dataflow::{Committer, Failure, SinkWriter, SourceReader, SplitEnumerator};

use super::options::{self, KafkaTable};
use super::{create_committer, create_writer, enumerator, reader};
use crate::error::ConnectorError;
use crate::factory::{ChangelogMode, ConnectorFactory, ReaderContext, SinkAbility, SourceAbility, WriterContext};
use crate::option_def::OptionDef;

/// The `upsert-kafka` connector.
#[derive(Debug)]
pub struct UpsertKafkaFactory;

impl ConnectorFactory for UpsertKafkaFactory {
    fn name(&self) -> &'static str {
        "upsert-kafka"
    }

    fn doc(&self) -> &'static str {
        "Topics of Apache Kafka whose records are the newest row of each key, read and written; see [Kafka and checkpoints](kafka.md#upsert-kafka)."
    }

    fn options(&self) -> &'static [OptionDef] {
        options::UPSERT_OPTIONS
    }

    fn source(&self, spec: &ConnectorSpec) -> Result<SourceAbility, ConnectorError> {
        let table = KafkaTable::read_upserts(spec)?;
        table.check_source()?;
        Ok(SourceAbility {
            bounded: table.bounded.is_some(),
            metadata: options::metadata(),
            row_kinds: ChangelogMode::Upsert,
            parallelism: table.scan_parallelism,
        })
    }

    fn skips_fields(&self, spec: &ConnectorSpec) -> Result<bool, ConnectorError> {
        Ok(KafkaTable::read_upserts(spec)?.skips_fields())
    }

    fn create_enumerator(&self, spec: &SourceSpec, _parallelism: u32) -> Result<Box<dyn SplitEnumerator>, Failure> {
        Ok(Box::new(enumerator::KafkaEnumerator::new(KafkaTable::read_upserts(&spec.connector)?)))
    }

    fn create_reader(&self, spec: &SourceSpec, _context: &ReaderContext) -> Result<Box<dyn SourceReader>, Failure> {
        Ok(Box::new(reader::KafkaReader::new(KafkaTable::read_upserts(&spec.connector)?, spec)))
    }

    fn sink(&self, spec: &ConnectorSpec) -> Result<SinkAbility, ConnectorError> {
        let table = KafkaTable::read_upserts(spec)?;
        table.sink_topic()?;
        Ok(SinkAbility {
            accepts: ChangelogMode::Upsert,
            metadata: options::writable_metadata(),
            parallelism: table.sink_parallelism,
        })
    }

    fn create_writer(&self, spec: &SinkSpec, context: &WriterContext) -> Result<Box<dyn SinkWriter>, Failure> {
        create_writer(KafkaTable::read_upserts(&spec.connector)?, spec, context)
    }

    fn create_committer(
        &self,
        spec: &SinkSpec,
        _context: &WriterContext,
    ) -> Result<Option<Box<dyn Committer>>, Failure> {
        Ok(create_committer(KafkaTable::read_upserts(&spec.connector)?))
    }
}
