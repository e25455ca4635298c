//! `upsert-kafka`: topics in which a record is the row of its key, and one without a value deletes it. A sink only.

use dataflow::operator_spec::{ConnectorSpec, SinkSpec};
use dataflow::{Committer, Failure, SinkWriter};

use super::options::{self, KafkaTable};
use super::{create_committer, create_writer};
use crate::error::ConnectorError;
use crate::factory::{ChangelogMode, ConnectorFactory, SinkAbility, WriterContext};
use crate::option_def::OptionDef;

/// The `upsert-kafka` connector.
#[derive(Debug)]
pub struct UpsertKafkaFactory;

impl ConnectorFactory for UpsertKafkaFactory {
    fn name(&self) -> &'static str {
        "upsert-kafka"
    }

    fn options(&self) -> &'static [OptionDef] {
        options::UPSERT_OPTIONS
    }

    fn sink(&self, spec: &ConnectorSpec) -> Result<SinkAbility, ConnectorError> {
        let table = KafkaTable::read_upserts(spec)?;
        table.sink_topic()?;
        Ok(SinkAbility { accepts: ChangelogMode::Upsert, parallelism: table.sink_parallelism })
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
