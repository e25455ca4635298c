//! The options of `datagen`: how many rows, how fast, and how each column is made.

use dataflow::operator_spec::ConnectorSpec;

use super::column_plan::{ColumnPlan, PlanReader};
use crate::error::ConnectorError;
use crate::option_def::{OptionDef, OptionKind};
use crate::table_options::TableOptions;

const ROWS_PER_SECOND: OptionDef = OptionDef::with_default(
    "rows-per-second",
    OptionKind::Integer,
    "10000",
    "Rows emitted each second, by all subtasks together.",
);
const NUMBER_OF_ROWS: OptionDef = OptionDef::optional(
    "number-of-rows",
    OptionKind::Integer,
    "Rows emitted in all, which makes the source bounded. Without it the source ends only when a sequence ends.",
);
const PARALLELISM: OptionDef =
    OptionDef::optional("scan.parallelism", OptionKind::Integer, "Parallelism of the source.");

pub(super) const OPTIONS: &[OptionDef] = &[
    ROWS_PER_SECOND,
    NUMBER_OF_ROWS,
    PARALLELISM,
    OptionDef::with_default(
        "fields.#.kind",
        OptionKind::Choice(&["random", "sequence"]),
        "random",
        "How the column is made.",
    ),
    OptionDef::optional(
        "fields.#.min",
        OptionKind::Number,
        "Smallest random number; the smallest of the type by default.",
    ),
    OptionDef::optional(
        "fields.#.max",
        OptionKind::Number,
        "Greatest random number; the greatest of the type by default.",
    ),
    OptionDef::with_default("fields.#.max-past", OptionKind::Duration, "0", "How far back a random timestamp may lie."),
    OptionDef::optional(
        "fields.#.length",
        OptionKind::Integer,
        "Length of a random text or byte string (100 by default), or number of elements of a collection (3 by default).",
    ),
    OptionDef::with_default(
        "fields.#.var-len",
        OptionKind::Boolean,
        "false",
        "Whether lengths vary from 1 to 'length'.",
    ),
    OptionDef::with_default(
        "fields.#.null-rate",
        OptionKind::Number,
        "0",
        "Share of NULL among random values, 0 to 1.",
    ),
    OptionDef::optional("fields.#.start", OptionKind::Integer, "First value of a sequence."),
    OptionDef::optional(
        "fields.#.end",
        OptionKind::Integer,
        "Last value of a sequence; the source ends when one ends.",
    ),
];

/// A table of generated rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DatagenTable {
    pub(super) rows_per_second: u64,
    pub(super) number_of_rows: Option<u64>,
    pub(super) parallelism: Option<u32>,
    /// One for each physical column.
    pub(super) columns: Vec<ColumnPlan>,
}

impl DatagenTable {
    /// Reads and validates the options.
    pub(super) fn read(spec: &ConnectorSpec) -> Result<Self, ConnectorError> {
        let options = TableOptions::new(spec);
        let count = |def: &OptionDef, least: u64| -> Result<Option<u64>, ConnectorError> {
            let Some(count) = options.integer(def)? else { return Ok(None) };
            match u64::try_from(count) {
                Ok(count) if count >= least => Ok(Some(count)),
                _ => Err(options.error_of(def, &format!("is {count}, but must be at least {least}"))),
            }
        };
        let rows_per_second = count(&ROWS_PER_SECOND, 1)?.unwrap_or(10_000);
        let number_of_rows = count(&NUMBER_OF_ROWS, 0)?;
        let mut reader = PlanReader::new(spec);
        let columns = spec.physical.fields.iter().map(|field| reader.column(&field.name, &field.ty));
        let columns = columns.collect::<Result<_, _>>()?;
        options.validate(OPTIONS, &[])?;
        reader.refuse_unused()?;
        Ok(Self { rows_per_second, number_of_rows, parallelism: options.positive(&PARALLELISM)?, columns })
    }

    /// Rows in all; `None` when they never end.
    pub(super) fn total_rows(&self) -> Option<u64> {
        self.columns.iter().filter_map(ColumnPlan::sequence_length).chain(self.number_of_rows).min()
    }
}
