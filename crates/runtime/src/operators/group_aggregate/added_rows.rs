//! What aggregates that look at added rows only read beside the input: a column for each of them that says which rows pass its filter and are not
//! taken back.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, BooleanArray};
use arrow_schema::SchemaRef;
use dataflow::operator_spec::GroupAggregateSpec;
use dataflow::{Batch, Failure, Field, RowType, TypeKind};

/// The input with those columns behind it.
pub(super) fn with_added_fields(spec: &GroupAggregateSpec, input: &RowType) -> RowType {
    let added =
        spec.insert_only_calls.iter().map(|call| Field::new(format!("$added{call}"), TypeKind::Boolean.not_null()));
    RowType::new(input.fields.iter().cloned().chain(added).collect())
}

/// Makes the columns.
#[derive(Debug)]
pub(super) struct AddedRows {
    filters: Vec<Option<usize>>,
    schema: SchemaRef,
}

impl AddedRows {
    pub(super) fn new(spec: &GroupAggregateSpec, input: &RowType) -> Self {
        Self {
            filters: spec.insert_only_calls.iter().map(|&call| spec.aggregates[call].filter).collect(),
            schema: with_added_fields(spec, input).arrow_schema(),
        }
    }

    /// The batch with the columns.
    pub(super) fn append(&self, batch: Batch) -> Result<Batch, Failure> {
        if self.filters.is_empty() {
            return Ok(batch);
        }
        let mut columns = batch.columns().to_vec();
        for filter in &self.filters {
            let filter = filter.map(|column| batch.column(column).as_boolean());
            let passes = |row: usize| filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            let is_added = |row: usize| Some(passes(row) && !batch.kind(row).is_retraction());
            columns.push(Arc::new((0..batch.num_rows()).map(is_added).collect::<BooleanArray>()));
        }
        Ok(batch.with_columns(self.schema.clone(), columns)?)
    }
}
