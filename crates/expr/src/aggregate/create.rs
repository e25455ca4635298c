//! From an [`AggregateCall`] to its accumulator: picks the fold for the types, and wraps it for DISTINCT.

use arrow_array::ArrowPrimitiveType;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_schema::DataType;
use dataflow::{AggregateCall, Failure, LogicalType, RowType, TypeKind};

use super::Accumulator;
use super::average::{DecimalAverage, FloatAverage, IntegerAverage};
use super::bitmap::{BitmapAggregate, Bitmaps, Integers, Keeps};
use super::collect::Collect;
use super::count::Count;
use super::distinct::Distinct;
use super::endpoint::Endpoint;
use super::extremum::{Extremum, TextExtremum};
use super::fold::Fold;
use super::folding::Folding;
use super::json_list::JsonList;
use super::json_map::JsonMap;
use super::key::{self, Encoded, EncodedColumn, Fixed, KeySource, KeyVisitor, Ordered, Reversible};
use super::lag::Lag;
use super::list_aggregate::ListAggregate;
use super::ordered_values::{OrderedValues, Shown};
use super::percentile::Percentile;
use super::retractable_extremum::RetractableExtremum;
use super::sum::{DecimalSum, FloatSum, IntegerSum};
use super::variance::{Spread, Variance};

/// The accumulator of a call. `retracts`: the input carries -U or -D rows, so that MIN, MAX, FIRST_VALUE and LAST_VALUE have to keep every value.
pub fn create(call: &AggregateCall, input: &RowType, retracts: bool) -> Result<Box<dyn Accumulator>, Failure> {
    of_builder(&Builder { call, input, retracts, is_partial: false })
}

/// The same for groups that are parts of others, into which they are merged: what they take back may have come to another part.
pub fn create_partial(call: &AggregateCall, input: &RowType, retracts: bool) -> Result<Box<dyn Accumulator>, Failure> {
    of_builder(&Builder { call, input, retracts, is_partial: true })
}

fn of_builder(builder: &Builder<'_>) -> Created {
    let call = builder.call;
    match call.function.as_str() {
        "COUNT" => builder.count(),
        "SUM" => builder.sum(false),
        "$SUM0" => builder.sum(true),
        "AVG" => builder.average(),
        "MIN" | "MAX" => builder.extremum(),
        "FIRST_VALUE" => builder.endpoint(Shown::First),
        "LAST_VALUE" => builder.endpoint(Shown::Last),
        "ARRAY_AGG" => builder.ordered(Shown::All),
        "SINGLE_VALUE" => builder.ordered(Shown::Single),
        "LAG" => builder.lag(),
        "LISTAGG" => builder.list(),
        "COLLECT" => builder.collect(),
        "JSON_ARRAYAGG_NULL_ON_NULL" | "JSON_ARRAYAGG_ABSENT_ON_NULL" => builder.json_list(),
        "JSON_OBJECTAGG_NULL_ON_NULL" | "JSON_OBJECTAGG_ABSENT_ON_NULL" => builder.json_map(),
        "PERCENTILE" => builder.percentile(),
        name if name.starts_with("BITMAP_") => builder.bitmap(),
        "VAR_POP" => builder.variance(Spread { of_sample: false, root: false }),
        "VAR_SAMP" | "VARIANCE" => builder.variance(Spread { of_sample: true, root: false }),
        "STDDEV_POP" => builder.variance(Spread { of_sample: false, root: true }),
        "STDDEV_SAMP" | "STDDEV" => builder.variance(Spread { of_sample: true, root: true }),
        other => Err(Failure::user(format!("aggregate function {other} is not supported yet")).fatal()),
    }
}

type Created = Result<Box<dyn Accumulator>, Failure>;

/// What the accumulator of a call is made of.
struct Builder<'a> {
    call: &'a AggregateCall,
    input: &'a RowType,
    retracts: bool,
    is_partial: bool,
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
        let distinct = if self.call.distinct { "DISTINCT " } else { "" };
        let name = &self.call.function;
        Failure::user(format!("aggregate function {name}({distinct}{arg}) is not supported yet")).fatal()
    }

    fn plain<F: Fold + 'static>(&self, fold: F) -> Created {
        Ok(Box::new(Folding::new(fold, self.call)))
    }

    fn distinct<F: Fold + 'static, K: KeySource>(&self, fold: F) -> Created {
        let data_type = self.arg(0)?.arrow_type();
        self.plain(Distinct::<F, K>::new(fold, data_type, self.is_partial))
    }

    /// A fold of one argument of type `T`.
    fn of_primitive<T, F>(&self, fold: F) -> Created
    where
        T: ArrowPrimitiveType,
        T::Native: Ordered,
        F: Fold + 'static,
    {
        if self.call.distinct { self.distinct::<F, Fixed<T>>(fold) } else { self.plain(fold) }
    }

    fn count(&self) -> Created {
        let fold = Count::default();
        if !self.call.distinct || self.call.args.is_empty() {
            return self.plain(fold);
        }
        let types = (0..self.call.args.len()).map(|index| Ok(self.arg(index)?.arrow_type()));
        let types = types.collect::<Result<Vec<_>, Failure>>()?;
        match types.as_slice() {
            [DataType::Int32] => self.distinct::<_, Fixed<Int32Type>>(fold),
            [DataType::Int64] => self.distinct::<_, Fixed<Int64Type>>(fold),
            [DataType::Utf8] => self.distinct::<_, key::Text>(fold),
            types if types.iter().all(EncodedColumn::takes) => self.distinct::<_, Encoded>(fold),
            _ => Err(self.unsupported()),
        }
    }

    fn sum(&self, zero_if_empty: bool) -> Created {
        match self.arg(0)?.arrow_type() {
            DataType::Int8 => self.of_primitive::<Int8Type, _>(IntegerSum::<Int8Type>::new(zero_if_empty)),
            DataType::Int16 => self.of_primitive::<Int16Type, _>(IntegerSum::<Int16Type>::new(zero_if_empty)),
            DataType::Int32 => self.of_primitive::<Int32Type, _>(IntegerSum::<Int32Type>::new(zero_if_empty)),
            DataType::Int64 => self.of_primitive::<Int64Type, _>(IntegerSum::<Int64Type>::new(zero_if_empty)),
            DataType::Float32 => self.of_primitive::<Float32Type, _>(FloatSum::<Float32Type>::new(zero_if_empty)),
            DataType::Float64 => self.of_primitive::<Float64Type, _>(FloatSum::<Float64Type>::new(zero_if_empty)),
            DataType::Decimal128(_, scale) => {
                self.of_primitive::<Decimal128Type, _>(DecimalSum::new(scale, zero_if_empty))
            }
            _ => Err(self.unsupported()),
        }
    }

    fn average(&self) -> Created {
        match self.arg(0)?.arrow_type() {
            DataType::Int8 => self.of_primitive::<Int8Type, _>(IntegerAverage::<Int8Type>::default()),
            DataType::Int16 => self.of_primitive::<Int16Type, _>(IntegerAverage::<Int16Type>::default()),
            DataType::Int32 => self.of_primitive::<Int32Type, _>(IntegerAverage::<Int32Type>::default()),
            DataType::Int64 => self.of_primitive::<Int64Type, _>(IntegerAverage::<Int64Type>::default()),
            DataType::Float32 => self.of_primitive::<Float32Type, _>(FloatAverage::<Float32Type>::default()),
            DataType::Float64 => self.of_primitive::<Float64Type, _>(FloatAverage::<Float64Type>::default()),
            DataType::Decimal128(_, scale) => self.of_primitive::<Decimal128Type, _>(DecimalAverage::new(scale as u8)),
            _ => Err(self.unsupported()),
        }
    }

    fn variance(&self, spread: Spread) -> Created {
        match self.arg(0)?.arrow_type() {
            DataType::Float64 => self.of_primitive::<Float64Type, _>(Variance::new(spread, &self.call.ty)?),
            _ => Err(self.unsupported()),
        }
    }

    /// DISTINCT changes nothing here.
    fn extremum(&self) -> Created {
        let data_type = self.arg(0)?.arrow_type();
        key::visit(&data_type, &ExtremumOf(self)).unwrap_or_else(|| Err(self.unsupported()))
    }

    fn largest(&self) -> bool {
        self.call.function == "MAX"
    }

    fn endpoint(&self, shown: Shown) -> Created {
        if self.retracts {
            return self.ordered(shown);
        }
        let data_type = self.arg(0)?.arrow_type();
        key::visit(&data_type, &EndpointOf(self, shown)).unwrap_or_else(|| Err(self.unsupported()))
    }

    fn ordered(&self, shown: Shown) -> Created {
        let data_type = self.arg(0)?.arrow_type();
        key::visit(&data_type, &OrderedOf(self, shown)).unwrap_or_else(|| Err(self.unsupported()))
    }

    fn lag(&self) -> Created {
        let data_type = self.arg(0)?.arrow_type();
        key::visit(&data_type, &LagOf(self)).unwrap_or_else(|| Err(self.unsupported()))
    }

    fn collect(&self) -> Created {
        let data_type = self.arg(0)?.arrow_type();
        key::visit(&data_type, &CollectOf(self)).unwrap_or_else(|| Err(self.unsupported()))
    }

    fn absent_on_null(&self) -> bool {
        self.call.function.ends_with("_ABSENT_ON_NULL")
    }

    /// The type of a JSON value; text that a word follows is JSON, as a VARIANT's is.
    fn json_type(&self, index: usize) -> Result<LogicalType, Failure> {
        match self.call.args.len() > index + 1 {
            true => Ok(TypeKind::Variant.nullable()),
            false => self.arg(index).cloned(),
        }
    }

    fn json_list(&self) -> Created {
        if self.call.distinct {
            return Err(self.unsupported());
        }
        self.plain(JsonList::new(self.json_type(0)?, self.absent_on_null()))
    }

    fn json_map(&self) -> Created {
        if self.call.distinct {
            return Err(self.unsupported());
        }
        self.plain(JsonMap::new(self.json_type(1)?, self.absent_on_null()))
    }

    fn bitmap(&self) -> Created {
        let counted = self.call.function.ends_with("_CARDINALITY_AGG");
        match (self.call.function.as_str(), self.call.distinct) {
            (_, true) => Err(self.unsupported()),
            ("BITMAP_BUILD_AGG" | "BITMAP_BUILD_CARDINALITY_AGG", _) => {
                self.plain(BitmapAggregate::<Integers>::new(Keeps::Any, counted))
            }
            (name, _) => {
                let keeps = match name {
                    "BITMAP_AND_AGG" | "BITMAP_AND_CARDINALITY_AGG" => Keeps::All,
                    "BITMAP_XOR_AGG" | "BITMAP_XOR_CARDINALITY_AGG" => Keeps::Odd,
                    _ => Keeps::Any,
                };
                self.plain(BitmapAggregate::<Bitmaps>::new(keeps, counted))
            }
        }
    }

    fn percentile(&self) -> Created {
        if self.call.distinct {
            return Err(self.unsupported());
        }
        self.plain(Percentile::new(matches!(self.arg(1)?.arrow_type(), DataType::List(_))))
    }

    fn list(&self) -> Created {
        let fold = ListAggregate::default();
        if self.call.distinct { self.distinct::<_, key::Text>(fold) } else { self.plain(fold) }
    }
}

struct CollectOf<'a>(&'a Builder<'a>);

impl KeyVisitor for CollectOf<'_> {
    type Result = Created;

    fn other<K: Reversible>(&self, data_type: &DataType) -> Created {
        let fold = Collect::<K>::new(data_type.clone());
        if self.0.call.distinct { self.0.distinct::<_, K>(fold) } else { self.0.plain(fold) }
    }
}

struct ExtremumOf<'a>(&'a Builder<'a>);

impl KeyVisitor for ExtremumOf<'_> {
    type Result = Created;

    fn primitive<T>(&self, data_type: &DataType) -> Created
    where
        T: ArrowPrimitiveType,
        T::Native: Ordered,
    {
        match (self.0.retracts, self.0.largest()) {
            (true, _) => self.other::<Fixed<T>>(data_type),
            (false, true) => self.0.plain(Extremum::<T, true>::new(data_type.clone())),
            (false, false) => self.0.plain(Extremum::<T, false>::new(data_type.clone())),
        }
    }

    fn text(&self, data_type: &DataType) -> Created {
        if self.0.retracts {
            self.other::<key::Text>(data_type)
        } else {
            self.0.plain(TextExtremum::new(self.0.largest()))
        }
    }

    fn other<K: Reversible>(&self, data_type: &DataType) -> Created {
        self.0.plain(RetractableExtremum::<K>::new(data_type.clone(), self.0.largest()))
    }
}

struct EndpointOf<'a>(&'a Builder<'a>, Shown);

impl KeyVisitor for EndpointOf<'_> {
    type Result = Created;

    fn other<K: Reversible>(&self, data_type: &DataType) -> Created {
        self.0.plain(Endpoint::<K>::new(data_type.clone(), self.1 == Shown::Last))
    }
}

struct LagOf<'a>(&'a Builder<'a>);

impl KeyVisitor for LagOf<'_> {
    type Result = Created;

    fn other<K: Reversible>(&self, data_type: &DataType) -> Created {
        self.0.plain(Lag::<K>::new(data_type.clone()))
    }
}

struct OrderedOf<'a>(&'a Builder<'a>, Shown);

impl KeyVisitor for OrderedOf<'_> {
    type Result = Created;

    fn other<K: Reversible>(&self, data_type: &DataType) -> Created {
        let distinct = self.0.call.distinct;
        match self.1 {
            Shown::All if distinct => {
                self.0.distinct::<_, K>(OrderedValues::<K, false>::new(data_type.clone(), Shown::All))
            }
            Shown::All => self.0.plain(OrderedValues::<K, false>::new(data_type.clone(), Shown::All)),
            shown => self.0.plain(OrderedValues::<K, true>::new(data_type.clone(), shown)),
        }
    }
}
