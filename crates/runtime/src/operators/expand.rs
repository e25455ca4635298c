//! `Expand`: each row several times, each time projected in another way, one after the other. Row kinds pass through.

use arrow_array::cast::AsArray;
use arrow_array::types::Int8Type;
use arrow_array::{Int8Array, UInt32Array};
use arrow_schema::SchemaRef;
use arrow_select::interleave::interleave;
use arrow_select::take::take;
use dataflow::operator_spec::ExpandSpec;
use dataflow::{Batch, Failure, Operator, Output, RowType, StreamElement};
use expr::{CompiledExpr, EvalContext, compile};

/// Rows of a batch that goes on, at most.
const MAX_ROWS: usize = 8_192;

/// The operator.
#[derive(Debug)]
pub struct Expand {
    projects: Vec<Vec<CompiledExpr>>,
    schema: SchemaRef,
}

impl Expand {
    /// An operator over rows of type `input`.
    pub fn new(spec: &ExpandSpec, input: &RowType, context: &EvalContext) -> Result<Self, Failure> {
        let context = context.with_columns(input);
        let compiled = |project: &Vec<_>| project.iter().map(|expr| compile(expr, &context)).collect();
        let projects = spec.projects.iter().map(compiled).collect::<Result<_, _>>()?;
        Ok(Self { projects, schema: spec.output.arrow_schema() })
    }

    fn expand(&self, batch: &Batch) -> Result<Batch, Failure> {
        let ways = self.projects.len();
        let places: Vec<(usize, usize)> =
            (0..batch.num_rows()).flat_map(|row| (0..ways).map(move |way| (way, row))).collect();
        let failed = |error: arrow_schema::ArrowError| Failure::internal(error.to_string());
        let column = |index: usize| {
            let values = self.projects.iter().map(|project| project[index].evaluate(batch));
            let values = values.collect::<Result<Vec<_>, Failure>>()?;
            let values: Vec<_> = values.iter().map(|value| value.as_ref()).collect();
            interleave(&values, &places).map_err(failed)
        };
        let columns = (0..self.schema.fields().len()).map(column).collect::<Result<Vec<_>, Failure>>()?;
        let rows: UInt32Array = places.iter().map(|(_, row)| *row as u32).collect();
        let kinds = batch.kinds().map(|kinds: &Int8Array| take(kinds, &rows, None)).transpose().map_err(failed)?;
        let kinds = kinds.map(|kinds| kinds.as_primitive::<Int8Type>().clone());
        Ok(Batch::from_columns(self.schema.clone(), columns, kinds, places.len())?)
    }
}

impl Operator for Expand {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let rows = (MAX_ROWS / self.projects.len().max(1)).max(1);
        let mut taken = 0;
        while taken < batch.num_rows() {
            let part = batch.slice(taken, rows.min(batch.num_rows() - taken));
            taken += part.num_rows();
            out.emit(StreamElement::Batch(self.expand(&part)?))?;
        }
        Ok(())
    }
}
