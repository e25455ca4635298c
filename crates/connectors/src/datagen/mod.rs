//! `datagen`: random or counted rows at a chosen rate, for trying things out and for measuring.

mod column_plan;
mod enumerator;
mod generator;
mod options;
mod rate;
mod reader;

use common::clock::Clock;
use common::random::Random;
use dataflow::operator_spec::{ConnectorSpec, SourceSpec};
use dataflow::{Failure, SourceReader, SplitEnumerator};

use self::options::DatagenTable;
use crate::error::ConnectorError;
use crate::factory::{ChangelogMode, ConnectorFactory, ReaderContext, SourceAbility};
use crate::option_def::OptionDef;

/// The `datagen` connector.
#[derive(Debug)]
pub struct DatagenFactory;

impl ConnectorFactory for DatagenFactory {
    fn name(&self) -> &'static str {
        "datagen"
    }

    fn options(&self) -> &'static [OptionDef] {
        options::OPTIONS
    }

    fn source(&self, spec: &ConnectorSpec) -> Result<SourceAbility, ConnectorError> {
        let table = DatagenTable::read(spec)?;
        Ok(SourceAbility {
            bounded: table.total_rows().is_some(),
            metadata: Vec::new(),
            row_kinds: ChangelogMode::InsertOnly,
            parallelism: table.parallelism,
        })
    }

    fn create_enumerator(&self, _spec: &SourceSpec, parallelism: u32) -> Result<Box<dyn SplitEnumerator>, Failure> {
        Ok(Box::new(enumerator::DatagenEnumerator::new(parallelism, Random::from_system())))
    }

    fn create_reader(&self, spec: &SourceSpec, _context: &ReaderContext) -> Result<Box<dyn SourceReader>, Failure> {
        let table = DatagenTable::read(&spec.connector)?;
        Ok(Box::new(reader::DatagenReader::new(&table, spec, Clock::System)?))
    }
}
