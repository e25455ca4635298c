//! `print`: each row as a line on the standard output (or error) of its TaskManager, as Flink prints it.
//!
//! A line is out at once, so there is nothing to prepare, commit or restore: after a restart rows are printed again.

mod options;
mod row_text;
mod writer;

use dataflow::operator_spec::{ConnectorSpec, SinkSpec};
use dataflow::{Failure, SinkWriter};

use crate::error::ConnectorError;
use crate::factory::{ChangelogMode, ConnectorFactory, SinkAbility, WriterContext};
use crate::option_def::OptionDef;
use crate::table_options::TableOptions;

/// The `print` connector.
#[derive(Debug)]
pub struct PrintFactory;

impl ConnectorFactory for PrintFactory {
    fn name(&self) -> &'static str {
        "print"
    }

    fn doc(&self) -> &'static str {
        "A sink that writes each row with its kind to the standard output of its TaskManager."
    }

    fn options(&self) -> &'static [OptionDef] {
        options::OPTIONS
    }

    fn sink(&self, spec: &ConnectorSpec) -> Result<SinkAbility, ConnectorError> {
        let table = TableOptions::new(spec);
        table.validate(options::OPTIONS, &[])?;
        Ok(SinkAbility {
            accepts: ChangelogMode::All,
            metadata: Vec::new(),
            parallelism: table.positive(&options::PARALLELISM)?,
        })
    }

    fn create_writer(&self, spec: &SinkSpec, context: &WriterContext) -> Result<Box<dyn SinkWriter>, Failure> {
        let table = TableOptions::new(&spec.connector);
        let identifier = table.text(&options::IDENTIFIER).unwrap_or_default();
        let prefix = writer::prefix(identifier, context.subtask, context.parallelism);
        if table.boolean(&options::STANDARD_ERROR)? {
            Ok(Box::new(writer::PrintWriter::new(prefix, &spec.input, std::io::stderr())))
        } else {
            Ok(Box::new(writer::PrintWriter::new(prefix, &spec.input, std::io::stdout())))
        }
    }
}
