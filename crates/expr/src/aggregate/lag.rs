//! LAG: the value so many rows before the last one, of an OVER window. Nothing is ever taken back from it.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array};
use arrow_schema::DataType;
use dataflow::Failure;

use super::fold::Fold;
use super::key::Reversible;
use super::state::{column_bytes, read_all, write_all};

/// The last values of each group, as many as are needed.
pub(super) struct Lag<K: Reversible> {
    values: Vec<Vec<Option<K::Key>>>,
    /// What the last row gives in place of a row that is not there.
    defaults: Vec<Option<K::Key>>,
    offset: usize,
    data_type: DataType,
}

/// The value, how far back, and the default.
pub(super) struct LagInput<'a, C> {
    column: C,
    arg: &'a ArrayRef,
    offset: &'a Int64Array,
    default: Option<(C, &'a ArrayRef)>,
}

impl<K: Reversible> Lag<K> {
    pub(super) fn new(data_type: DataType) -> Self {
        Self { values: Vec::new(), defaults: Vec::new(), offset: 0, data_type }
    }
}

impl<K: Reversible> Fold for Lag<K> {
    type Input<'a> = LagInput<'a, K::Column<'a>>;
    type Output = K::Output;

    const SKIPS_NULLS: bool = false;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<Self::Input<'a>, Failure> {
        let offset = args.get(1).and_then(|arg| arg.as_primitive_opt::<Int64Type>());
        let offset = offset.ok_or_else(|| Failure::internal("the offset of LAG must be a BIGINT").fatal())?;
        let default = match args.get(2) {
            Some(arg) => Some((K::column(&args[2..])?, arg)),
            None => None,
        };
        Ok(LagInput { column: K::column(&args[..1])?, arg: &args[0], offset, default })
    }

    fn resize(&mut self, groups: usize) {
        self.values.resize_with(groups, Vec::new);
        self.defaults.resize_with(groups, || None);
    }

    fn add(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        self.offset = usize::try_from(input.offset.value(row)).unwrap_or(usize::MAX - 1);
        let values = &mut self.values[group];
        values.push(input.arg.is_valid(row).then(|| K::key(&input.column, row)));
        if values.len() > self.offset + 1 {
            values.remove(0);
        }
        let default = input.default.as_ref().filter(|(_, arg)| arg.is_valid(row));
        self.defaults[group] = default.map(|(column, _)| K::key(column, row));
    }

    fn retract(&mut self, _group: usize, _input: &Self::Input<'_>, _row: usize) {
        unreachable!("the frame of LAG begins with the first row")
    }

    fn output(&self, capacity: usize) -> Self::Output {
        K::output(&self.data_type, capacity)
    }

    fn append(&self, group: usize, output: &mut Self::Output) {
        let values = &self.values[group];
        let value = match values.len() > self.offset {
            true => values[0].as_ref(),
            false => self.defaults[group].as_ref(),
        };
        K::append(value, output);
    }

    fn finish(&self, output: Self::Output) -> Result<ArrayRef, Failure> {
        K::finish(output)
    }

    fn merge(&mut self, _from: usize, _into: usize) -> Result<(), Failure> {
        Err(Failure::internal("LAG has no windows to be merged").fatal())
    }

    fn reset(&mut self, group: usize) {
        self.values[group].clear();
        self.defaults[group] = None;
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        write_all(&self.values[group], out);
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.values[group] = read_all(input)?;
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.values) + column_bytes(&self.defaults)
    }
}
