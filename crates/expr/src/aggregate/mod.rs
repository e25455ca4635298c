//! Aggregates: what a call means ([`resolve`]) and accumulators that keep one value a group in typed columns ([`create`]).
//!
//! An aggregate is a [`Fold`](fold::Fold) over (group, row) pairs; [`Folding`](folding::Folding) drives it over batches, applies FILTER, the NULL
//! rules and row kinds, and makes it an [`Accumulator`].

mod average;
mod count;
mod distinct;
mod extremum;
mod fold;
mod folding;
mod key;
mod resolve;
mod retractable_extremum;
mod sum;

use arrow_array::ArrayRef;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_schema::{DataType, TimeUnit};
use dataflow::{AggregateCall, Batch, Failure, LogicalType, RowType};

pub use resolve::{AggregateDef, ResolvedAggregate, catalogue, resolve};

use fold::Fold;
use folding::Folding;

/// One aggregate for many groups; groups are dense indices into typed columns. Works on the operator's input batch: `call.args` and
/// `call.filter` are columns of it.
pub trait Accumulator: Send {
    /// Makes room for this many groups; new ones start empty.
    fn resize(&mut self, groups: usize);

    /// Applies a batch; `groups[i]` is the group of row i. Rows of kind -U and -D are taken back.
    fn accumulate(&mut self, batch: &Batch, groups: &[u32]) -> Result<(), Failure>;

    /// The same, and the value of the row's group before and after each row, in row order.
    fn accumulate_traced(&mut self, batch: &Batch, groups: &[u32]) -> Result<(ArrayRef, ArrayRef), Failure>;

    /// The values of these groups.
    fn evaluate(&self, groups: &[u32]) -> Result<ArrayRef, Failure>;

    /// Merges group `from[i]` into `into[i]`, in order.
    fn merge(&mut self, from: &[u32], into: &[u32]) -> Result<(), Failure>;

    /// Makes these groups empty again, to be reused.
    fn reset(&mut self, groups: &[u32]);
}

/// The accumulator of a call. `retracts`: the input carries -U or -D rows, so that MIN and MAX have to keep every value.
pub fn create(call: &AggregateCall, input: &RowType, retracts: bool) -> Result<Box<dyn Accumulator>, Failure> {
    let builder = Builder { call, input, retracts };
    match call.function.as_str() {
        "COUNT" => builder.count(),
        "SUM" | "SUM0" | "$SUM0" => builder.sum(call.function != "SUM"),
        "AVG" => builder.average(),
        "MIN" | "MAX" => builder.extremum(),
        other => Err(Failure::user(format!("aggregate function {other} is not supported yet")).fatal()),
    }
}

/// What the accumulator of a call is made of.
struct Builder<'a> {
    call: &'a AggregateCall,
    input: &'a RowType,
    retracts: bool,
}

impl Builder<'_> {
    fn arg(&self, index: usize) -> Result<&LogicalType, Failure> {
        let column = self.call.args.get(index).and_then(|&column| self.input.fields.get(column));
        column.map(|field| &field.ty).ok_or_else(|| {
            Failure::internal(format!("{} is called without a column for argument {index}", self.call.function))
        })
    }

    fn unsupported(&self) -> Failure {
        let arg = self.arg(0).map(LogicalType::to_string).unwrap_or_default();
        Failure::user(format!("aggregate function {}({arg}) is not supported yet", self.call.function)).fatal()
    }

    /// Drives a fold of one argument of type `T`, wrapped for DISTINCT.
    fn finish<T, F>(&self, fold: F) -> Result<Box<dyn Accumulator>, Failure>
    where
        T: arrow_array::ArrowPrimitiveType,
        T::Native: key::Ordered,
        F: Fold + 'static,
    {
        if !self.call.distinct {
            return Ok(Box::new(Folding::new(fold, self.call)));
        }
        self.distinct::<F, key::Fixed<T>>(fold)
    }

    fn distinct<F: Fold + 'static, K: key::KeySource>(&self, fold: F) -> Result<Box<dyn Accumulator>, Failure> {
        let data_type = self.arg(0)?.arrow_type();
        Ok(Box::new(Folding::new(distinct::Distinct::<F, K>::new(fold, data_type), self.call)))
    }

    fn count(&self) -> Result<Box<dyn Accumulator>, Failure> {
        let fold = count::Count::default();
        if !self.call.distinct || self.call.args.is_empty() {
            return Ok(Box::new(Folding::new(fold, self.call)));
        }
        let types = (0..self.call.args.len()).map(|index| Ok(self.arg(index)?.arrow_type()));
        let types = types.collect::<Result<Vec<_>, Failure>>()?;
        match types.as_slice() {
            [DataType::Int32] => self.distinct::<_, key::Fixed<Int32Type>>(fold),
            [DataType::Int64] => self.distinct::<_, key::Fixed<Int64Type>>(fold),
            [DataType::Utf8] => self.distinct::<_, key::Text>(fold),
            types if types.iter().all(key::EncodedColumn::takes) => self.distinct::<_, key::Encoded>(fold),
            _ => Err(self.unsupported()),
        }
    }

    fn sum(&self, zero_if_empty: bool) -> Result<Box<dyn Accumulator>, Failure> {
        match self.arg(0)?.arrow_type() {
            DataType::Int8 => self.finish::<Int8Type, _>(sum::IntegerSum::<Int8Type>::new(zero_if_empty)),
            DataType::Int16 => self.finish::<Int16Type, _>(sum::IntegerSum::<Int16Type>::new(zero_if_empty)),
            DataType::Int32 => self.finish::<Int32Type, _>(sum::IntegerSum::<Int32Type>::new(zero_if_empty)),
            DataType::Int64 => self.finish::<Int64Type, _>(sum::IntegerSum::<Int64Type>::new(zero_if_empty)),
            DataType::Float32 => self.finish::<Float32Type, _>(sum::FloatSum::<Float32Type>::new(zero_if_empty)),
            DataType::Float64 => self.finish::<Float64Type, _>(sum::FloatSum::<Float64Type>::new(zero_if_empty)),
            DataType::Decimal128(_, scale) => self.finish::<Decimal128Type, _>(sum::DecimalSum::new(scale, zero_if_empty)),
            _ => Err(self.unsupported()),
        }
    }

    fn average(&self) -> Result<Box<dyn Accumulator>, Failure> {
        match self.arg(0)?.arrow_type() {
            DataType::Int8 => self.finish::<Int8Type, _>(average::IntegerAverage::<Int8Type>::default()),
            DataType::Int16 => self.finish::<Int16Type, _>(average::IntegerAverage::<Int16Type>::default()),
            DataType::Int32 => self.finish::<Int32Type, _>(average::IntegerAverage::<Int32Type>::default()),
            DataType::Int64 => self.finish::<Int64Type, _>(average::IntegerAverage::<Int64Type>::default()),
            DataType::Float32 => self.finish::<Float32Type, _>(average::FloatAverage::<Float32Type>::default()),
            DataType::Float64 => self.finish::<Float64Type, _>(average::FloatAverage::<Float64Type>::default()),
            DataType::Decimal128(_, scale) => self.finish::<Decimal128Type, _>(average::DecimalAverage::new(scale as u8)),
            _ => Err(self.unsupported()),
        }
    }

    /// DISTINCT changes nothing here.
    fn extremum(&self) -> Result<Box<dyn Accumulator>, Failure> {
        use TimeUnit::{Microsecond, Millisecond, Nanosecond};
        match self.arg(0)?.arrow_type() {
            DataType::Int8 => self.primitive_extremum::<Int8Type>(),
            DataType::Int16 => self.primitive_extremum::<Int16Type>(),
            DataType::Int32 => self.primitive_extremum::<Int32Type>(),
            DataType::Int64 => self.primitive_extremum::<Int64Type>(),
            DataType::Float32 => self.primitive_extremum::<Float32Type>(),
            DataType::Float64 => self.primitive_extremum::<Float64Type>(),
            DataType::Decimal128(..) => self.primitive_extremum::<Decimal128Type>(),
            DataType::Date32 => self.primitive_extremum::<Date32Type>(),
            DataType::Time32(_) => self.primitive_extremum::<Time32MillisecondType>(),
            DataType::Timestamp(Millisecond, _) => self.primitive_extremum::<TimestampMillisecondType>(),
            DataType::Timestamp(Microsecond, _) => self.primitive_extremum::<TimestampMicrosecondType>(),
            DataType::Timestamp(Nanosecond, _) => self.primitive_extremum::<TimestampNanosecondType>(),
            DataType::Utf8 | DataType::Boolean => self.keyed_extremum(),
            _ => Err(self.unsupported()),
        }
    }

    fn largest(&self) -> bool {
        self.call.function == "MAX"
    }

    fn primitive_extremum<T>(&self) -> Result<Box<dyn Accumulator>, Failure>
    where
        T: arrow_array::ArrowPrimitiveType,
        T::Native: key::Ordered,
    {
        let data_type = self.arg(0)?.arrow_type();
        Ok(match (self.retracts, self.largest()) {
            (true, largest) => {
                let fold = retractable_extremum::RetractableExtremum::<key::Fixed<T>>::new(data_type, largest);
                Box::new(Folding::new(fold, self.call))
            }
            (false, true) => Box::new(Folding::new(extremum::Extremum::<T, true>::new(data_type), self.call)),
            (false, false) => Box::new(Folding::new(extremum::Extremum::<T, false>::new(data_type), self.call)),
        })
    }

    /// Text and booleans, which no primitive column holds.
    fn keyed_extremum(&self) -> Result<Box<dyn Accumulator>, Failure> {
        let data_type = self.arg(0)?.arrow_type();
        let largest = self.largest();
        Ok(match (&data_type, self.retracts) {
            (DataType::Boolean, _) => {
                let fold = retractable_extremum::RetractableExtremum::<key::Flag>::new(data_type, largest);
                Box::new(Folding::new(fold, self.call))
            }
            (_, true) => {
                let fold = retractable_extremum::RetractableExtremum::<key::Text>::new(data_type, largest);
                Box::new(Folding::new(fold, self.call))
            }
            (_, false) => Box::new(Folding::new(extremum::TextExtremum::new(largest), self.call)),
        })
    }
}

#[cfg(test)]
mod tests;
