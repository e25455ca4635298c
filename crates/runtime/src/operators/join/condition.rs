//! The rest of a join condition, beside the equal keys: evaluated over pairs of rows, of which only the columns it reads are gathered.

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow_buffer::BooleanBuffer;
use arrow_schema::Schema;
use arrow_select::take::take;
use dataflow::operator_spec::JoinSpec;
use dataflow::{Batch, Expr, Failure, RowType};
use expr::{CompiledExpr, EvalContext, compile};
use state::{RowRef, RowStore};

/// A condition over pairs of rows.
#[derive(Debug)]
pub(in crate::operators) struct Condition {
    expression: CompiledExpr,
    /// The columns that it reads of each side.
    columns: [Vec<usize>; 2],
}

impl Condition {
    pub(in crate::operators) fn new(spec: &JoinSpec, condition: &Expr, context: &EvalContext) -> Result<Self, Failure> {
        let mut read = Vec::new();
        condition.for_each_column(&mut |column| read.push(column));
        read.sort_unstable();
        read.dedup();
        let fields = spec.left.fields.iter().chain(&spec.right.fields).cloned().collect();
        let columns = RowType::new(fields).project(&read);
        let mut condition = condition.clone();
        condition.map_columns(&mut |column| read.partition_point(|&other| other < column));
        let (left, right): (Vec<usize>, Vec<usize>) = read.into_iter().partition(|&column| column < spec.left.len());
        let right = right.into_iter().map(|column| column - spec.left.len()).collect();
        Ok(Self { expression: compile(&condition, &context.with_columns(&columns))?, columns: [left, right] })
    }

    /// For each pair whether the condition is TRUE: row `rows[i]` of the batch, which is of input `input`, beside row `others[i]` of the other.
    pub(in crate::operators) fn evaluate(
        &self,
        input: usize,
        batch: &Batch,
        rows: &[u32],
        other: &RowStore,
        others: &[Option<RowRef>],
    ) -> Result<BooleanBuffer, Failure> {
        let rows_of_batch = UInt32Array::from(rows.to_vec());
        let own = self.columns[input].iter().map(|&column| take(batch.column(column), &rows_of_batch, None));
        let own = own.collect::<Result<Vec<ArrayRef>, _>>()?;
        let others = other.gather_columns(others, &self.columns[1 - input])?;
        self.holds(if input == 0 { [own, others].concat() } else { [others, own].concat() }, rows.len())
    }

    /// The same for pairs of rows that are kept: row i of the left ones beside row i of the right ones.
    pub(in crate::operators) fn evaluate_stored(
        &self,
        stores: [&RowStore; 2],
        rows: [&[Option<RowRef>]; 2],
    ) -> Result<BooleanBuffer, Failure> {
        let left = stores[0].gather_columns(rows[0], &self.columns[0])?;
        let right = stores[1].gather_columns(rows[1], &self.columns[1])?;
        self.holds([left, right].concat(), rows[0].len())
    }

    fn holds(&self, columns: Vec<ArrayRef>, pairs: usize) -> Result<BooleanBuffer, Failure> {
        let fields = columns.iter().map(|column| arrow_schema::Field::new("", column.data_type().clone(), true));
        let options = RecordBatchOptions::new().with_row_count(Some(pairs));
        let schema = Schema::new(fields.collect::<Vec<_>>()).into();
        let pairs = Batch::inserts(RecordBatch::try_new_with_options(schema, columns, &options)?);
        Ok(self.expression.evaluate_condition(&pairs)?.values().clone())
    }
}
