//! `blackhole`: takes every row and keeps none, for measuring. There is nothing to prepare, commit or restore.

mod options;
mod writer;

use dataflow::operator_spec::{ConnectorSpec, SinkSpec};
use dataflow::{Failure, SinkWriter};

use crate::error::ConnectorError;
use crate::factory::{ChangelogMode, ConnectorFactory, SinkAbility, WriterContext};
use crate::option_def::OptionDef;
use crate::table_options::TableOptions;

/// The `blackhole` connector.
#[derive(Debug)]
pub struct BlackholeFactory;

impl ConnectorFactory for BlackholeFactory {
    fn name(&self) -> &'static str {
        "blackhole"
    }

    fn doc(&self) -> &'static str {
        "A sink that takes all rows and keeps none."
    }

    fn options(&self) -> &'static [OptionDef] {
        options::OPTIONS
    }

    fn sink(&self, spec: &ConnectorSpec) -> Result<SinkAbility, ConnectorError> {
        let table = TableOptions::new(spec);
        table.validate(options::OPTIONS, &[])?;
        Ok(SinkAbility { accepts: ChangelogMode::Upsert, metadata: Vec::new(), parallelism: None })
    }

    fn create_writer(&self, _spec: &SinkSpec, _context: &WriterContext) -> Result<Box<dyn SinkWriter>, Failure> {
        Ok(Box::new(writer::BlackholeWriter))
    }
}
