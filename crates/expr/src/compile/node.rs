//! The compiled tree and its evaluation.
//!
//! A branch that can fail is evaluated over a [`Frame`] of the rows that reach it, and its values are put back in their places; a branch that
//! cannot fail is evaluated for all rows, which is faster than moving rows about.

use std::fmt;

use arrow_arith::boolean::{and_kleene, is_not_null, not, or_kleene};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, Scalar, new_empty_array, new_null_array};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;
use arrow_select::filter::prep_null_mask_filter;
use arrow_select::zip::zip;
use dataflow::Failure;

use super::frame::Frame;
use crate::functions::KernelFn;
use crate::operand::Operand;

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) shape: Shape,
    /// Arrow layout of the result.
    pub(super) data_type: DataType,
    /// Whether a row can make it fail.
    pub(super) fallible: bool,
    /// The input columns that it reads.
    pub(super) columns: Vec<usize>,
}

/// What a node does.
pub(super) enum Shape {
    Column(usize),
    /// An array of length one.
    Constant(ArrayRef),
    Call {
        kernel: KernelFn,
        args: Vec<Node>,
        /// The expression, for messages.
        text: String,
    },
    /// Field `index` of a ROW.
    Field {
        input: Box<Node>,
        index: usize,
    },
    /// Kleene AND (`all`) or OR (not `all`).
    Logic {
        all: bool,
        args: Vec<Node>,
    },
    Case {
        branches: Vec<(Node, Node)>,
        otherwise: Box<Node>,
    },
    Coalesce(Vec<Node>),
}

impl Node {
    /// The value, when it is the same for every row.
    pub(super) fn constant(&self) -> Option<&ArrayRef> {
        match &self.shape {
            Shape::Constant(array) => Some(array),
            _ => None,
        }
    }

    /// One value a row.
    pub(super) fn evaluate_array(&self, frame: &Frame<'_>) -> Result<ArrayRef, Failure> {
        Ok(self.evaluate(frame)?.expand(frame.rows)?)
    }

    fn evaluate(&self, frame: &Frame<'_>) -> Result<Operand, Failure> {
        if frame.rows == 0 && !matches!(self.shape, Shape::Constant(_)) {
            return Ok(Operand::Column(new_empty_array(&self.data_type)));
        }
        Ok(match &self.shape {
            Shape::Column(index) => Operand::Column(frame.column(*index)?.clone()),
            Shape::Constant(array) => Operand::Constant(array.clone()),
            Shape::Call { kernel, args, text } => {
                let args = args.iter().map(|arg| arg.evaluate(frame)).collect::<Result<Vec<_>, _>>()?;
                let result = kernel(&args, frame.rows).map_err(|failure| in_expression(failure, text))?;
                debug_assert_eq!((result.len(), result.data_type()), (frame.rows, &self.data_type), "{text}");
                Operand::Column(result)
            }
            Shape::Field { input, index } => Operand::Column(field(&input.evaluate_array(frame)?, *index)?),
            Shape::Logic { all, args } => Operand::Column(evaluate_logic(*all, args, frame)?),
            Shape::Case { branches, otherwise } => Operand::Column(self.evaluate_case(branches, otherwise, frame)?),
            Shape::Coalesce(args) => Operand::Column(self.evaluate_coalesce(args, frame)?),
        })
    }

    /// The value of each row of `reached`; what the other rows get is of no meaning when the node cannot fail, NULL when it can.
    fn evaluate_reached(&self, frame: &Frame<'_>, reached: &BooleanArray) -> Result<Operand, Failure> {
        if !self.fallible {
            return self.evaluate(frame);
        }
        match reached.true_count() {
            count if count == frame.rows => self.evaluate(frame),
            0 => Ok(Operand::Constant(new_null_array(&self.data_type, 1))),
            _ => {
                let values = self.evaluate_array(&frame.select(reached, &self.columns)?)?;
                let null = new_null_array(&self.data_type, 1);
                Ok(Operand::Column(arrow_select::merge::merge(reached, &values, &Scalar::new(null))?))
            }
        }
    }

    fn evaluate_case(
        &self,
        branches: &[(Node, Node)],
        otherwise: &Node,
        frame: &Frame<'_>,
    ) -> Result<ArrayRef, Failure> {
        let mut open = all_rows(frame.rows);
        let mut result: Option<ArrayRef> = None;
        for (condition, value) in branches {
            if open.true_count() == 0 {
                break;
            }
            let condition = condition.evaluate_reached(frame, &open)?.expand(frame.rows)?;
            let taken = intersect(&open, &certain(condition.as_boolean()));
            let value = value.evaluate_reached(frame, &taken)?;
            result = Some(choose(&taken, &value, result, frame.rows, &self.data_type)?);
            open = subtract(&open, &taken);
        }
        if open.true_count() > 0 {
            let value = otherwise.evaluate_reached(frame, &open)?;
            result = Some(choose(&open, &value, result, frame.rows, &self.data_type)?);
        }
        Ok(result.unwrap_or_else(|| new_null_array(&self.data_type, frame.rows)))
    }

    fn evaluate_coalesce(&self, args: &[Node], frame: &Frame<'_>) -> Result<ArrayRef, Failure> {
        let mut open = all_rows(frame.rows);
        let mut result: Option<ArrayRef> = None;
        for arg in args {
            if open.true_count() == 0 {
                break;
            }
            let value = arg.evaluate_reached(frame, &open)?.expand(frame.rows)?;
            let taken = intersect(&open, &is_not_null(&value)?);
            open = subtract(&open, &taken);
            result = Some(choose(&taken, &Operand::Column(value), result, frame.rows, &self.data_type)?);
        }
        Ok(result.unwrap_or_else(|| new_null_array(&self.data_type, frame.rows)))
    }
}

fn evaluate_logic(all: bool, args: &[Node], frame: &Frame<'_>) -> Result<ArrayRef, Failure> {
    let mut args = args.iter();
    let first = args.next().ok_or_else(|| Failure::internal("AND or OR without operands"))?;
    let mut result = first.evaluate_array(frame)?.as_boolean().clone();
    for arg in args {
        // Rows that are decided (FALSE for AND, TRUE for OR) do not reach the next operand.
        let decided = if all { certain(&not(&result)?) } else { certain(&result) };
        let value = arg.evaluate_reached(frame, &not(&decided)?)?.expand(frame.rows)?;
        let value = value.as_boolean();
        result = if all { and_kleene(&result, value)? } else { or_kleene(&result, value)? };
    }
    Ok(std::sync::Arc::new(result))
}

/// `value` where `taken`, else what was chosen before.
fn choose(
    taken: &BooleanArray,
    value: &Operand,
    before: Option<ArrayRef>,
    rows: usize,
    data_type: &DataType,
) -> Result<ArrayRef, Failure> {
    if taken.true_count() == rows {
        return Ok(value.expand(rows)?);
    }
    match before {
        Some(before) => Ok(zip(taken, value.datum().as_ref(), &before)?),
        None => Ok(zip(taken, value.datum().as_ref(), &Scalar::new(new_null_array(data_type, 1)))?),
    }
}

/// Field `index` of each ROW; NULL where the ROW is NULL.
fn field(rows: &ArrayRef, index: usize) -> Result<ArrayRef, Failure> {
    let rows = rows.as_struct_opt().ok_or_else(|| Failure::internal("a field is read of a value that is no ROW"))?;
    let column = rows.columns().get(index).ok_or_else(|| Failure::internal("a ROW has no such field"))?;
    match rows.nulls() {
        None => Ok(column.clone()),
        Some(nulls) => Ok(arrow_select::nullif::nullif(column, &BooleanArray::new(!nulls.inner(), None))?),
    }
}

fn all_rows(rows: usize) -> BooleanArray {
    BooleanArray::new(BooleanBuffer::new_set(rows), None)
}

/// TRUE where the value is TRUE: NULL is false.
fn certain(values: &BooleanArray) -> BooleanArray {
    if values.null_count() == 0 { values.clone() } else { prep_null_mask_filter(values) }
}

/// Rows in both; neither has nulls.
fn intersect(left: &BooleanArray, right: &BooleanArray) -> BooleanArray {
    BooleanArray::new(left.values() & right.values(), None)
}

/// Rows in `left` that are not in `right`; neither has nulls.
fn subtract(left: &BooleanArray, right: &BooleanArray) -> BooleanArray {
    BooleanArray::new(left.values() & &!right.values(), None)
}

/// Names the expression in a failure that came from a row's value.
fn in_expression(mut failure: Failure, text: &str) -> Failure {
    failure.message = format!("{text}: {}", failure.message);
    failure
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Column(index) => write!(f, "${index}"),
            Shape::Constant(array) => write!(f, "{array:?}"),
            Shape::Call { text, args, .. } => f.debug_tuple(text).field(args).finish(),
            Shape::Field { input, index } => write!(f, "{input:?}.{index}"),
            Shape::Logic { all, args } => f.debug_tuple(if *all { "AND" } else { "OR" }).field(args).finish(),
            Shape::Case { branches, otherwise } => f.debug_tuple("CASE").field(branches).field(otherwise).finish(),
            Shape::Coalesce(args) => f.debug_tuple("COALESCE").field(args).finish(),
        }
    }
}
