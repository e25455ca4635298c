//! `DropUpdateBefore`: takes -U rows out of a changelog, for a consumer that knows by key what an update replaces. It keeps no state.

use arrow_array::{BooleanArray, Int8Array};
use dataflow::{Batch, Failure, Operator, Output, RowKind, StreamElement};

/// The operator.
pub(super) struct DropUpdateBefore;

impl Operator for DropUpdateBefore {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let Some(kinds) = batch.kinds().map(Int8Array::values) else {
            return out.emit(StreamElement::Batch(batch));
        };
        let dropped = RowKind::UpdateBefore as i8;
        if !kinds.contains(&dropped) {
            return out.emit(StreamElement::Batch(batch));
        }
        let kept: BooleanArray = kinds.iter().map(|&kind| Some(kind != dropped)).collect();
        let batch = batch.filter(&kept)?;
        if batch.num_rows() == 0 { Ok(()) } else { out.emit(StreamElement::Batch(batch)) }
    }
}

#[cfg(test)]
mod tests {
    use dataflow::TypeKind;

    use super::*;
    use crate::operators::testing::{batch, process, row_type};

    #[test]
    fn only_update_before_goes() {
        let row = row_type(&[("v", TypeKind::Int)]);
        let run = |lines: &[&str]| process(&mut DropUpdateBefore, 0, batch(&row, lines), &row).unwrap();
        assert_eq!(run(&["+I 1", "-U 1", "+U 2", "-D 2"]), ["+I 1", "+U 2", "-D 2"]);
        assert_eq!(run(&["+I 1"]), ["+I 1"]);
        assert!(run(&["-U 1"]).is_empty());
    }
}
