//! `datagen`: random or counted rows at a chosen rate, for trying things out and for measuring.

mod column_plan;
mod generator;
mod options;
mod rate;
mod reader;
mod split;

use common::clock::Clock;
use common::random::Random;
use dataflow::operator_spec::{ConnectorSpec, SourceSpec};
use dataflow::{Failure, SourceReader, SplitEnumerator};

use self::options::DatagenTable;
use self::split::DatagenSplit;
use crate::error::ConnectorError;
use crate::factory::{ChangelogMode, ConnectorFactory, ReaderContext, SourceAbility};
use crate::option_def::OptionDef;
use crate::part_enumerator::PartEnumerator;

/// The `datagen` connector.
#[derive(Debug)]
pub struct DatagenFactory;

impl ConnectorFactory for DatagenFactory {
    fn name(&self) -> &'static str {
        "datagen"
    }

    fn doc(&self) -> &'static str {
        "A source of made rows, with generators for each column: random values or sequences."
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
        let mut seeds = Random::from_system();
        let of = u64::from(parallelism);
        let parts = (0..of).map(|index| DatagenSplit { index, of, emitted: 0, seed: seeds.next_u64() });
        Ok(Box::new(PartEnumerator::new("datagen", parts)))
    }

    fn create_reader(&self, spec: &SourceSpec, _context: &ReaderContext) -> Result<Box<dyn SourceReader>, Failure> {
        let table = DatagenTable::read(&spec.connector)?;
        Ok(Box::new(reader::DatagenReader::new(&table, spec, Clock::System)?))
    }
}
