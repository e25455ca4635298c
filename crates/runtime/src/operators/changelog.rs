//! `ToChangelog` and `FromChangelog`: the kind of a change becomes a column, and a column the kind. They keep no state.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, Int8Array, StringArray};
use arrow_schema::SchemaRef;
use dataflow::operator_spec::{FromChangelogSpec, ToChangelogSpec};
use dataflow::{Batch, Failure, Operator, Output, RowKind, StreamElement};

/// Changes become rows.
pub(super) struct ToChangelog {
    codes: [Option<String>; 4],
    output: SchemaRef,
}

impl ToChangelog {
    pub(super) fn new(spec: &ToChangelogSpec) -> Self {
        Self { codes: spec.codes.clone(), output: spec.output.arrow_schema() }
    }
}

impl Operator for ToChangelog {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let code = |kind: RowKind| self.codes[kind as usize].as_deref();
        let named: BooleanArray = (0..batch.num_rows()).map(|row| Some(code(batch.kind(row)).is_some())).collect();
        let batch = if named.false_count() > 0 { batch.filter(&named)? } else { batch };
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let codes: StringArray = (0..batch.num_rows()).map(|row| code(batch.kind(row))).collect();
        let mut columns: Vec<ArrayRef> = vec![Arc::new(codes)];
        columns.extend(batch.columns().iter().cloned());
        let rows = Batch::from_columns(self.output.clone(), columns, None, batch.num_rows())?;
        out.emit(StreamElement::Batch(rows))
    }
}

/// Rows become changes.
pub(super) struct FromChangelog {
    op: usize,
    kinds: HashMap<String, RowKind>,
    output: SchemaRef,
}

impl FromChangelog {
    pub(super) fn new(spec: &FromChangelogSpec) -> Self {
        let kinds = [RowKind::Insert, RowKind::UpdateBefore, RowKind::UpdateAfter, RowKind::Delete];
        let named = kinds.into_iter().zip(&spec.codes);
        let kinds = named.flat_map(|(kind, codes)| codes.iter().map(move |code| (code.clone(), kind))).collect();
        Self { op: spec.op, kinds, output: spec.output.arrow_schema() }
    }

    fn kind(&self, code: Option<&str>) -> Result<RowKind, Failure> {
        let Some(code) = code else {
            let message = "Received NULL op code. Every changelog row must carry an operation code.";
            return Err(Failure::user(message).fatal());
        };
        self.kinds.get(code).copied().ok_or_else(|| {
            let mut known: Vec<&str> = self.kinds.keys().map(String::as_str).collect();
            known.sort_unstable();
            let known = known.join(", ");
            Failure::user(format!("Received invalid op code '{code}'. Defined op codes are: [{known}].")).fatal()
        })
    }
}

impl Operator for FromChangelog {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let codes = batch.column(self.op).as_string_opt::<i32>();
        let codes = codes.ok_or_else(|| Failure::internal("the names of changes must be a STRING").fatal())?;
        let code = |row: usize| codes.is_valid(row).then(|| codes.value(row));
        let kinds = (0..batch.num_rows()).map(|row| Ok(self.kind(code(row))? as i8));
        let kinds = Int8Array::from(kinds.collect::<Result<Vec<i8>, Failure>>()?);
        let columns = batch.columns().iter().enumerate().filter(|(column, _)| *column != self.op);
        let columns = columns.map(|(_, column)| column.clone()).collect();
        let rows = Batch::from_columns(self.output.clone(), columns, Some(kinds), batch.num_rows())?;
        out.emit(StreamElement::Batch(rows))
    }
}

#[cfg(test)]
mod tests {
    use dataflow::TypeKind;

    use super::*;
    use crate::operators::testing::{batch, process, row_type};

    #[test]
    fn changes_become_rows_and_rows_changes() {
        let row = row_type(&[("v", TypeKind::Int)]);
        let with_op = row_type(&[("op", TypeKind::STRING), ("v", TypeKind::Int)]);
        let name = |name: &str| Some(name.to_owned());
        let codes = [name("put"), None, name("put"), name("del")];
        let mut to = ToChangelog::new(&ToChangelogSpec { codes, output: with_op.clone() });
        let changes = batch(&row, &["+I 1", "-U 1", "+U 2", "-D 2"]);
        assert_eq!(process(&mut to, 0, changes, &with_op).unwrap(), ["+I put|1", "+I put|2", "+I del|2"]);

        let codes = [vec!["c".to_owned(), "r".to_owned()], vec![], vec![], vec!["d".to_owned()]];
        let mut from = FromChangelog::new(&FromChangelogSpec { op: 0, codes, output: row.clone() });
        let mut run = |lines: &[&str]| process(&mut from, 0, batch(&with_op, lines), &row);
        assert_eq!(run(&["+I c|1", "+I r|2", "+I d|1"]).unwrap(), ["+I 1", "+I 2", "-D 1"]);
        let failure = run(&["+I x|1"]).unwrap_err().to_string();
        assert!(failure.contains("Received invalid op code 'x'. Defined op codes are: [c, d, r]."), "{failure}");
        assert!(run(&["+I NULL|1"]).unwrap_err().to_string().contains("Received NULL op code."));
    }
}
