//! `SortKeys`: the values that rows are ordered by, as bytes that compare like them.

use arrow_array::ArrayRef;
use arrow_row::{RowConverter, Rows};
use arrow_schema::SortOptions;
use dataflow::operator_spec::SortField;
use dataflow::{Failure, RowType};

/// Makes sort keys of rows of one type.
pub(in crate::operators) struct SortKeys {
    columns: Vec<usize>,
    /// Absent when rows are not ordered at all.
    converter: Option<RowConverter>,
}

/// The sort keys of the rows of a batch.
pub(in crate::operators) struct SortKeysOfBatch(Option<Rows>);

impl SortKeys {
    /// For rows of type `input` in this order.
    pub(in crate::operators) fn new(order: &[SortField], input: &RowType) -> Result<Self, Failure> {
        let field = |field: &SortField| {
            let options = SortOptions { descending: field.descending, nulls_first: field.nulls_first };
            arrow_row::SortField::new_with_options(input.fields[field.column].ty.arrow_type(), options)
        };
        let fields: Vec<_> = order.iter().map(field).collect();
        if !RowConverter::supports_fields(&fields) {
            return Err(Failure::user("rows cannot be ordered by a column of this type").fatal());
        }
        let converter = (!fields.is_empty()).then(|| RowConverter::new(fields)).transpose()?;
        Ok(Self { columns: order.iter().map(|field| field.column).collect(), converter })
    }

    /// The columns that rows are ordered by.
    pub(in crate::operators) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The keys of rows with these columns, which are all of a batch.
    pub(in crate::operators) fn of_batch(&self, columns: &[ArrayRef]) -> Result<SortKeysOfBatch, Failure> {
        let columns: Vec<ArrayRef> = self.columns.iter().map(|&column| columns[column].clone()).collect();
        self.of_columns(&columns)
    }

    /// The same, of [`columns`](Self::columns) only.
    pub(in crate::operators) fn of_columns(&self, columns: &[ArrayRef]) -> Result<SortKeysOfBatch, Failure> {
        let convert = |converter: &RowConverter| converter.convert_columns(columns);
        Ok(SortKeysOfBatch(self.converter.as_ref().map(convert).transpose()?))
    }
}

impl SortKeysOfBatch {
    /// The key of a row.
    #[inline]
    pub(in crate::operators) fn get(&self, row: usize) -> &[u8] {
        match &self.0 {
            // The lifetime is that of the rows and not of the view of one.
            Some(rows) => rows.row(row).data(),
            None => &[],
        }
    }
}
