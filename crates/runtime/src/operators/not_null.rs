//! NOT NULL columns of what leaves a job: a row with a NULL in one of them fails, or is dropped.

use arrow_array::{Array, BooleanArray};
use arrow_buffer::NullBuffer;
use dataflow::operator_spec::NotNullEnforcer;
use dataflow::{Batch, Failure, RowType};

/// The columns that must not be NULL.
pub(super) struct NotNullColumns {
    required: Vec<(usize, String)>,
    enforcer: NotNullEnforcer,
    /// Of which table, when it is one.
    table: Option<String>,
}

impl NotNullColumns {
    /// The columns of `columns` that are NOT NULL.
    pub(super) fn of(columns: &RowType, enforcer: NotNullEnforcer, table: Option<String>) -> Self {
        let required = columns.fields.iter().enumerate().filter(|(_, field)| !field.ty.nullable);
        Self { required: required.map(|(index, field)| (index, field.name.clone())).collect(), enforcer, table }
    }

    /// Fails or drops rows with a NULL where there must be none.
    pub(super) fn enforce(&self, batch: Batch) -> Result<Batch, Failure> {
        let mut valid: Option<NullBuffer> = None;
        for (index, name) in &self.required {
            let nulls = batch.column(*index).logical_nulls().filter(|nulls| nulls.null_count() > 0);
            if nulls.is_some() && self.enforcer == NotNullEnforcer::Error {
                let table = self.table.as_ref().map(|table| format!(" of table '{table}'")).unwrap_or_default();
                return Err(Failure::user(format!(
                    "Column '{name}'{table} is NOT NULL, however, a null value is being written into it. You can set job configuration \
                     'table.exec.sink.not-null-enforcer'='DROP' to suppress this exception and drop such records silently."
                )));
            }
            valid = NullBuffer::union(valid.as_ref(), nulls.as_ref());
        }
        match valid {
            None => Ok(batch),
            Some(valid) => Ok(batch.filter(&BooleanArray::from(valid.into_inner()))?),
        }
    }
}
