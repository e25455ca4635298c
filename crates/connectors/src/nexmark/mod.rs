//! `nexmark`: the persons, auctions and bids of the Nexmark benchmark, as its own connector for Flink makes them: the same table, options and rules, but
//! each event depends on its number alone. So the events are the same in every run and at any parallelism. The values are not those of that connector.

mod auction;
mod bid;
mod columns;
mod draw;
mod event_field;
mod event_plan;
mod options;
mod person;
mod reader;
mod split;

use common::clock::Clock;
use dataflow::operator_spec::{ConnectorSpec, SourceSpec};
use dataflow::{Failure, SourceReader, SplitEnumerator};

use self::options::NexmarkTable;
use self::split::NexmarkSplit;
use crate::error::ConnectorError;
use crate::factory::{ChangelogMode, ConnectorFactory, ReaderContext, SourceAbility};
use crate::option_def::OptionDef;
use crate::part_enumerator::PartEnumerator;

/// The `nexmark` connector.
#[derive(Debug)]
pub struct NexmarkFactory;

impl ConnectorFactory for NexmarkFactory {
    fn name(&self) -> &'static str {
        "nexmark"
    }

    fn doc(&self) -> &'static str {
        "A source of the events of the Nexmark benchmark, each made from its number alone, so that every run has the same ones at any parallelism."
    }

    fn options(&self) -> &'static [OptionDef] {
        options::OPTIONS
    }

    fn source(&self, spec: &ConnectorSpec) -> Result<SourceAbility, ConnectorError> {
        let table = NexmarkTable::read(spec)?;
        Ok(SourceAbility {
            bounded: table.events.is_some(),
            metadata: Vec::new(),
            row_kinds: ChangelogMode::InsertOnly,
            parallelism: table.parallelism,
        })
    }

    fn create_enumerator(&self, spec: &SourceSpec, parallelism: u32) -> Result<Box<dyn SplitEnumerator>, Failure> {
        let table = NexmarkTable::read(&spec.connector)?;
        let (of, round) = (u64::from(parallelism), table.plan.round());
        Ok(Box::new(PartEnumerator::new("nexmark", (0..of).map(|index| NexmarkSplit::first(index, of, round)))))
    }

    fn create_reader(&self, spec: &SourceSpec, _context: &ReaderContext) -> Result<Box<dyn SourceReader>, Failure> {
        let table = NexmarkTable::read(&spec.connector)?;
        Ok(Box::new(reader::NexmarkReader::new(table, spec, Clock::System)?))
    }
}
