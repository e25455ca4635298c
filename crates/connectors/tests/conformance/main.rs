//! The suites that all sources and all sinks pass, and what is particular to each of the local connectors.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod datagen;
mod exactly_once_suite;
mod filesystem;
mod nexmark;
mod options;
mod recovery_suite;
mod sink_suite;
mod source_suite;

use std::collections::BTreeMap;

use connectors::{ConnectorFactory, factory};
use dataflow::operator_spec::{ConnectorSpec, NotNullEnforcer, ReadColumn, SinkSpec, SourceSpec};
use dataflow::{Batch, Field, RowType, TypeKind};

/// A row type of `name TYPE` pairs.
pub fn row(fields: &[(&str, TypeKind)]) -> RowType {
    RowType::new(fields.iter().map(|(name, kind)| Field::new(*name, kind.clone().nullable())).collect())
}

/// A table of that connector.
pub fn table(connector: &str, physical: &RowType, options: &[(&str, &str)]) -> ConnectorSpec {
    let options: BTreeMap<String, String> =
        options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    ConnectorSpec {
        table: "c.d.t".into(),
        connector: connector.into(),
        options,
        physical: physical.clone(),
        partition_keys: vec![],
        primary_key: Vec::new(),
    }
}

/// The connector of a table.
pub fn connector(table: &ConnectorSpec) -> &'static dyn ConnectorFactory {
    factory(&table.connector).unwrap_or_else(|error| panic!("{error}"))
}

/// A source that reads all physical columns.
pub fn source(table: ConnectorSpec) -> SourceSpec {
    let read = (0..table.physical.len()).map(ReadColumn::Physical).collect();
    SourceSpec { connector: table, read, projection: None, watermark: None }
}

/// A sink of all physical columns.
pub fn sink(table: ConnectorSpec) -> SinkSpec {
    SinkSpec {
        input: table.physical.clone(),
        metadata: vec![],
        connector: table,
        primary_key: vec![],
        not_null: NotNullEnforcer::Error,
        type_length: Default::default(),
        insert_only: true,
    }
}

/// The rows of a batch as JSON lines.
pub fn shown(batch: &Batch, row: &RowType) -> Vec<String> {
    use connectors::TableOptions;
    use connectors::formats::Format;
    let spec = table("filesystem", row, &[]);
    let format = Format::read(&TableOptions::new(&spec), "format", "json").expect("json has no required option");
    let columns: Vec<usize> = (0..row.len()).collect();
    let names: Vec<String> = row.fields.iter().map(|field| field.name.clone()).collect();
    let encoder = format.encoder(row, &columns, &names);
    let mut rows = encoder.rows(batch);
    let mut show = |index| {
        let mut out = String::new();
        rows.write(index, &mut out).expect("the rows of the test can be written");
        out
    };
    (0..batch.num_rows()).map(&mut show).collect()
}
