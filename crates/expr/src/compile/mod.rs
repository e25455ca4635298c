//! From a typed tree to kernels: [`compile`] once per task, [`CompiledExpr::evaluate`] per batch.
//!
//! Constants are evaluated here, once. What cannot fail is evaluated for all rows; a branch of AND, OR, CASE, COALESCE that can fail is evaluated
//! only for the rows that reach it (see [`node`]).

mod build;
mod describe;
mod frame;
mod node;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow_schema::Schema;
use arrow_select::filter::prep_null_mask_filter;
use dataflow::{Batch, Expr, Failure, Literal};

use crate::context::EvalContext;
use crate::literal;
use frame::Frame;
use node::Node;

/// An expression, ready to be evaluated over batches.
#[derive(Debug)]
pub struct CompiledExpr {
    root: Node,
}

/// Compiles an expression. Fails when it calls a function that is not in the catalogue, or divides by a constant zero.
pub fn compile(expr: &Expr, context: &EvalContext) -> Result<CompiledExpr, Failure> {
    Ok(CompiledExpr { root: build::build(expr, context)? })
}

/// The value of a constant expression. Fails when a column is read, when evaluation fails and when no literal can hold the value.
pub fn fold(expr: &Expr, context: &EvalContext) -> Result<Literal, Failure> {
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let rows = RecordBatch::try_new_with_options(Schema::empty().into(), Vec::new(), &options)?;
    let value = compile(expr, context)?.evaluate(&Batch::inserts(rows))?;
    literal::from_array(&value, 0)
}

impl CompiledExpr {
    /// One value for each row of the batch, in the Arrow layout of the expression's type.
    pub fn evaluate(&self, batch: &Batch) -> Result<ArrayRef, Failure> {
        self.evaluate_columns(batch.columns(), batch.num_rows())
    }

    /// The same over bare columns of `rows` rows.
    pub fn evaluate_columns(&self, columns: &[ArrayRef], rows: usize) -> Result<ArrayRef, Failure> {
        self.root.evaluate_array(&Frame::new(columns, rows))
    }

    /// The rows for which a BOOLEAN expression is TRUE; NULL counts as false, so that the result has no nulls.
    pub fn evaluate_condition(&self, batch: &Batch) -> Result<BooleanArray, Failure> {
        let array = self.evaluate(batch)?;
        let condition = array.as_boolean_opt().ok_or_else(|| Failure::internal("a condition is not BOOLEAN"))?;
        Ok(if condition.null_count() == 0 { condition.clone() } else { prep_null_mask_filter(condition) })
    }

    /// The value, when it is the same for every row.
    pub fn constant(&self) -> Option<&ArrayRef> {
        self.root.constant()
    }

    /// Whether there are values for which it fails.
    pub fn can_fail(&self) -> bool {
        self.root.fallible
    }
}

#[cfg(test)]
mod tests;
