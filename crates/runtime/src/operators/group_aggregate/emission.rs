//! The changelog of an aggregation: +I, -U and +U, or -D for each change, in order.

use arrow_array::{Array, ArrayRef, Int8Array, UInt32Array};
use arrow_schema::SchemaRef;
use arrow_select::interleave::interleave;
use arrow_select::take::take;
use dataflow::operator_spec::GroupAggregateSpec;
use dataflow::{Batch, Failure, Output, RowKind, StreamElement};

use super::equality::equal_rows;
use super::keyed_groups::{Change, Values};

/// Rows of a batch at most.
const MAX_ROWS: usize = 8_192;

/// Emits changes.
#[derive(Debug)]
pub(super) struct Emission {
    schema: SchemaRef,
    update_before: bool,
    /// Updates that change nothing are emitted too: they keep state alive downstream that would expire.
    unchanged: bool,
}

impl Emission {
    pub(super) fn new(spec: &GroupAggregateSpec) -> Self {
        Self {
            schema: spec.output.arrow_schema(),
            update_before: spec.generate_update_before,
            unchanged: spec.state_ttl_ms > 0,
        }
    }

    /// Emits `changes[i]` of the key in row i of `keys`, from and to the values in row i of `values`.
    pub(super) fn emit(
        &self,
        changes: &[Change],
        keys: &[ArrayRef],
        values: &Values,
        out: &mut dyn Output,
    ) -> Result<(), Failure> {
        let rows = self.rows(changes, values)?;
        for first in (0..rows.kinds.len()).step_by(MAX_ROWS) {
            let last = rows.kinds.len().min(first + MAX_ROWS);
            out.emit(StreamElement::Batch(self.batch(&rows, first, last, keys, values)?))?;
        }
        Ok(())
    }

    fn rows(&self, changes: &[Change], values: &Values) -> Result<Rows, Failure> {
        let equal = equal_rows(&values.before, &values.after, changes.len())?;
        let mut rows = Rows::default();
        for (row, change) in changes.iter().enumerate() {
            match change {
                Change::First => rows.push(RowKind::Insert, Side::After, row),
                Change::Last => rows.push(RowKind::Delete, Side::Before, row),
                Change::Nothing => {}
                Change::Update if equal.value(row) && !self.unchanged => {}
                Change::Update => {
                    if self.update_before {
                        rows.push(RowKind::UpdateBefore, Side::Before, row);
                    }
                    rows.push(RowKind::UpdateAfter, Side::After, row);
                }
            }
        }
        Ok(rows)
    }

    fn batch(
        &self,
        rows: &Rows,
        first: usize,
        last: usize,
        keys: &[ArrayRef],
        values: &Values,
    ) -> Result<Batch, Failure> {
        let places = &rows.places[first..last];
        let of_changes = UInt32Array::from_iter_values(places.iter().map(|(_, row)| *row as u32));
        let mut columns = keys.iter().map(|key| take(key, &of_changes, None)).collect::<Result<Vec<_>, _>>()?;
        for (before, after) in values.before.iter().zip(&values.after) {
            let sides: [&dyn Array; 2] = [before.as_ref(), after.as_ref()];
            columns.push(interleave(&sides, places)?);
        }
        let kinds = Int8Array::from(rows.kinds[first..last].to_vec());
        let plain = Batch::from_columns(self.schema.clone(), columns, None, last - first)?;
        Ok(Batch::changes(plain.rows().clone(), kinds))
    }
}

/// Index of the arrays that values are taken from.
#[derive(Clone, Copy)]
enum Side {
    Before = 0,
    After = 1,
}

#[derive(Default)]
struct Rows {
    kinds: Vec<i8>,
    places: Vec<(usize, usize)>,
}

impl Rows {
    #[inline]
    fn push(&mut self, kind: RowKind, side: Side, row: usize) {
        self.kinds.push(kind as i8);
        self.places.push((side as usize, row));
    }
}
