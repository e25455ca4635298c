//! `Unnest`: each element of a collection beside the row that holds it. Row kinds pass through. An element that is a ROW and NULL is left out, as
//! in Flink, and an error WITH ORDINALITY, as in Flink too; any other NULL is an element. A BIGINT is a collection of as many elements that have no
//! columns: the row comes so many times.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, Int32Array, Int64Array, UInt32Array};
use arrow_schema::{DataType, SchemaRef};
use arrow_select::take::take;
use dataflow::operator_spec::UnnestSpec;
use dataflow::{Batch, Failure, Operator, Output, RowType, StreamElement, TypeKind};
use expr::{CompiledExpr, EvalContext, compile};

/// The operator.
#[derive(Debug)]
pub struct Unnest {
    collection: CompiledExpr,
    is_multiset: bool,
    outer: bool,
    with_ordinality: bool,
    schema: SchemaRef,
}

/// The elements to be emitted: which row, which element (`None`: NULLs), which position.
#[derive(Debug, Default)]
struct Elements {
    rows: Vec<u32>,
    elements: Vec<Option<u32>>,
    positions: Vec<Option<i32>>,
}

impl Elements {
    fn push(&mut self, row: usize, element: Option<usize>, position: Option<i32>) {
        self.rows.push(row as u32);
        self.elements.push(element.map(|element| element as u32));
        self.positions.push(position);
    }
}

impl Unnest {
    /// An operator over rows of type `input`.
    pub fn new(spec: &UnnestSpec, input: &RowType, context: &EvalContext) -> Result<Self, Failure> {
        Ok(Self {
            collection: compile(&spec.collection, &context.with_columns(input))?,
            is_multiset: matches!(spec.collection.ty.kind, TypeKind::Multiset(_)),
            outer: spec.outer,
            with_ordinality: spec.with_ordinality,
            schema: spec.output.arrow_schema(),
        })
    }

    /// The elements of each row, by the bounds of its collection; an element of a multiset comes as often as it is in it.
    fn elements(
        &self,
        collections: &ArrayRef,
        offsets: &[i32],
        values: &ArrayRef,
        counts: Option<&Int32Array>,
    ) -> Result<Elements, Failure> {
        let rows = matches!(values.data_type(), DataType::Struct(_)).then_some(values);
        let mut found = Elements::default();
        for row in 0..collections.len() {
            let before = found.rows.len();
            if collections.is_valid(row) {
                let mut position = 0;
                for element in offsets[row] as usize..offsets[row + 1] as usize {
                    for _ in 0..counts.map_or(1, |counts| counts.value(element)) {
                        position += 1;
                        if rows.is_some_and(|rows| rows.is_null(element)) {
                            if self.with_ordinality {
                                return Err(Failure::user("UNNEST WITH ORDINALITY met a ROW that is NULL").fatal());
                            }
                            continue;
                        }
                        found.push(row, Some(element), Some(position));
                    }
                }
            }
            if self.outer && found.rows.len() == before {
                found.push(row, None, None);
            }
        }
        Ok(found)
    }
}

impl Operator for Unnest {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let collections = self.collection.evaluate(&batch)?;
        let (values, found) = match collections.data_type() {
            DataType::List(_) => {
                let lists = collections.as_list::<i32>();
                (fields(lists.values()), self.elements(&collections, lists.value_offsets(), lists.values(), None)?)
            }
            DataType::Map(..) => {
                let maps = collections.as_map();
                if self.is_multiset {
                    let counts = maps.values().as_primitive_opt::<Int32Type>();
                    (fields(maps.keys()), self.elements(&collections, maps.value_offsets(), maps.keys(), counts)?)
                } else {
                    let columns = vec![maps.keys().clone(), maps.values().clone()];
                    (columns, self.elements(&collections, maps.value_offsets(), maps.keys(), None)?)
                }
            }
            DataType::Int64 => (Vec::new(), repeated(collections.as_primitive())),
            other => return Err(Failure::internal(format!("UNNEST of {other}"))),
        };
        if found.rows.is_empty() {
            return Ok(());
        }
        let rows = batch.take(&UInt32Array::from(found.rows))?;
        let mut columns = rows.columns().to_vec();
        let elements = UInt32Array::from(found.elements);
        for column in &values {
            columns.push(take(column, &elements, None)?);
        }
        if self.with_ordinality {
            columns.push(Arc::new(Int32Array::from(found.positions)));
        }
        out.emit(StreamElement::Batch(rows.with_columns(self.schema.clone(), columns)?))
    }
}

/// Each row so many times.
fn repeated(times: &Int64Array) -> Elements {
    let mut found = Elements::default();
    for (row, times) in times.iter().enumerate() {
        (0..times.unwrap_or(0)).for_each(|_| found.push(row, None, None));
    }
    found
}

/// The columns of elements: the fields of rows, or the elements themselves.
fn fields(elements: &ArrayRef) -> Vec<ArrayRef> {
    match elements.as_struct_opt() {
        Some(rows) => rows.columns().to_vec(),
        None => vec![elements.clone()],
    }
}

#[cfg(test)]
mod tests {
    use dataflow::{Expr, ExprKind, Field, Literal};

    use super::*;
    use crate::operators::testing::{batch, process, row_type};

    /// `CASE WHEN id IS NULL THEN NULL ELSE ARRAY[a, b] END`
    fn collection(input: &RowType) -> Expr {
        let column = |index: usize| Expr::column(index, input.fields[index].ty.clone());
        let ty = TypeKind::Array(Box::new(TypeKind::Int.nullable())).nullable();
        let array = Expr::call("ARRAY", vec![column(1), column(2)], ty.with_nullable(false));
        let is_null = Expr::call("IS NULL", vec![column(0)], TypeKind::Boolean.not_null());
        let branches = vec![(is_null, Expr::literal(Literal::Null, ty.clone()))];
        Expr { kind: ExprKind::Case { branches, otherwise: Box::new(array) }, ty }
    }

    fn unnested(outer: bool, with_ordinality: bool) -> Vec<String> {
        let input = row_type(&[("id", TypeKind::Int), ("a", TypeKind::Int), ("b", TypeKind::Int)]);
        let mut fields = input.fields.clone();
        fields.push(Field::new("x", TypeKind::Int.nullable()));
        fields.extend(with_ordinality.then(|| Field::new("o", TypeKind::Int.nullable())));
        let output = RowType::new(fields);
        let spec = UnnestSpec { collection: collection(&input), outer, with_ordinality, output: output.clone() };
        let mut operator = Unnest::new(&spec, &input, &EvalContext::default()).unwrap();
        let rows = batch(&input, &["+I 1|7|NULL", "-U NULL|8|9", "-D 2|5|5"]);
        process(&mut operator, 0, rows, &output).unwrap()
    }

    #[test]
    fn a_number_repeats_its_row() {
        let input = row_type(&[("n", TypeKind::BigInt), ("a", TypeKind::Int)]);
        let collection = Expr::column(0, TypeKind::BigInt.nullable());
        let spec = UnnestSpec { collection, outer: false, with_ordinality: false, output: input.clone() };
        let mut operator = Unnest::new(&spec, &input, &EvalContext::default()).unwrap();
        let rows = batch(&input, &["+I 2|7", "-U 0|8", "+I NULL|8", "-D 1|9"]);
        assert_eq!(process(&mut operator, 0, rows, &input).unwrap(), ["+I 2|7", "+I 2|7", "-D 1|9"]);
    }

    #[test]
    fn elements_have_the_kind_of_their_row() {
        let expected = ["+I 1|7|NULL|7", "+I 1|7|NULL|NULL", "-D 2|5|5|5", "-D 2|5|5|5"];
        assert_eq!(unnested(false, false), expected);
    }

    #[test]
    fn rows_without_elements_are_padded_when_they_are_kept() {
        let expected =
            ["+I 1|7|NULL|7|1", "+I 1|7|NULL|NULL|2", "-U NULL|8|9|NULL|NULL", "-D 2|5|5|5|1", "-D 2|5|5|5|2"];
        assert_eq!(unnested(true, true), expected);
    }
}
