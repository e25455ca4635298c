//! Makes the values of columns, a batch at a time.

use std::sync::Arc;

use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, ListArray, MapArray, PrimitiveArray, StringArray,
    StructArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, TimeUnit};
use chrono::{Datelike, Timelike};
use common::clock::Clock;
use common::random::Random;
use dataflow::types::timestamp_unit;
use dataflow::{LogicalType, TypeKind};

use super::column_plan::{ColumnPlan, ValuePlan};

/// Which values of sequences are made: those at `position + k * step` for k from 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stride {
    pub(super) position: u64,
    pub(super) step: u64,
}

/// Makes the values of one column from random numbers of its own and a clock. The first values of a longer column are the shorter column, save
/// for those that the clock tells: NULLs, values and parts each have their own numbers.
#[derive(Debug)]
pub(super) struct Generator<'a> {
    random: Random,
    clock: &'a Clock,
}

impl<'a> Generator<'a> {
    pub(super) fn new(random: Random, clock: &'a Clock) -> Self {
        Self { random, clock }
    }

    /// `rows` values of the column.
    pub(super) fn column(&mut self, plan: &ColumnPlan, rows: usize, stride: Stride) -> ArrayRef {
        let mut chance = self.random.fork();
        let nulls = (plan.null_rate > 0.0).then(|| {
            let valid: Vec<bool> = (0..rows).map(|_| chance.unit() >= plan.null_rate).collect();
            NullBuffer::from(valid)
        });
        match &plan.values {
            ValuePlan::Sequence { start, .. } => sequence(&plan.ty, *start, rows, stride),
            ValuePlan::Boolean => {
                let bits = Buffer::from_iter((0..rows.div_ceil(64)).map(|_| self.random.next_u64()));
                Arc::new(BooleanArray::new(BooleanBuffer::new(bits, 0, rows), nulls))
            }
            ValuePlan::Integer { min, max } => self.integers(&plan.ty, *min, *max, rows, nulls),
            ValuePlan::Floating { min, max } => {
                // Two products instead of `min + unit * (max - min)`, whose difference may overflow.
                let mut next = || {
                    let unit = self.random.unit();
                    min * (1.0 - unit) + max * unit
                };
                match plan.ty.kind {
                    TypeKind::Float => primitive::<Float32Type>((0..rows).map(|_| next() as f32).collect(), nulls),
                    _ => primitive::<Float64Type>((0..rows).map(|_| next()).collect(), nulls),
                }
            }
            ValuePlan::Text { length, varying } => {
                let (offsets, bytes) = self.byte_strings(rows, *length, *varying, true);
                Arc::new(StringArray::new(offsets, bytes, nulls))
            }
            ValuePlan::Bytes { length, varying } => {
                let (offsets, bytes) = self.byte_strings(rows, *length, *varying, false);
                Arc::new(BinaryArray::new(offsets, bytes, nulls))
            }
            ValuePlan::Today => {
                // Day 1 of the common era is 719,163 days before the epoch.
                let today = chrono::Local::now().date_naive().num_days_from_ce() - 719_163;
                primitive::<Date32Type>(vec![today; rows], nulls)
            }
            ValuePlan::TimeOfDay => {
                let now = chrono::Local::now().time();
                let millis = now.num_seconds_from_midnight() * 1_000 + now.nanosecond() / 1_000_000 % 1_000;
                primitive::<Time32MillisecondType>(vec![millis as i32; rows], nulls)
            }
            ValuePlan::Past { max_past } => self.past(&plan.ty, max_past.as_millis() as u64, rows, nulls),
            ValuePlan::Array { length, element } => {
                let values = self.part(element, rows * length, stride);
                let DataType::List(field) = plan.ty.arrow_type() else { unreachable!("an ARRAY is a list") };
                Arc::new(ListArray::new(field, even_offsets(rows, *length), values, nulls))
            }
            ValuePlan::Map { length, key, value } => {
                let keys = self.part(key, rows * length, stride);
                let values = self.part(value, rows * length, stride);
                map(&plan.ty, even_offsets(rows, *length), keys, values, nulls)
            }
            ValuePlan::Row(fields) => {
                let columns: Vec<ArrayRef> = fields.iter().map(|field| self.part(field, rows, stride)).collect();
                let DataType::Struct(fields) = plan.ty.arrow_type() else { unreachable!("a ROW is a struct") };
                let row = StructArray::try_new_with_length(fields, columns, nulls, rows);
                Arc::new(row.expect("each child was made with as many rows"))
            }
        }
    }

    /// The column of elements, keys, values or a field.
    fn part(&mut self, plan: &ColumnPlan, rows: usize, stride: Stride) -> ArrayRef {
        Generator::new(self.random.fork(), self.clock).column(plan, rows, stride)
    }

    fn integers(&mut self, ty: &LogicalType, min: i128, max: i128, rows: usize, nulls: Option<NullBuffer>) -> ArrayRef {
        let span = (max - min + 1) as u128;
        if let TypeKind::Decimal { precision, scale } = &ty.kind {
            let mut next = || {
                let wide = u128::from(self.random.next_u64()) << 64 | u128::from(self.random.next_u64());
                min + (wide % span) as i128
            };
            let values: Vec<i128> = (0..rows).map(|_| next()).collect();
            let array = PrimitiveArray::<Decimal128Type>::new(ScalarBuffer::from(values), nulls);
            return Arc::new(array.with_data_type(DataType::Decimal128(*precision, *scale as i8)));
        }
        let min = min as i64;
        // Lemire's multiplication instead of a division; the bias is below 2^-32 of the span for narrow types.
        let random = &mut self.random;
        let mut next = || min.wrapping_add(((u128::from(random.next_u64()) * span) >> 64) as i64);
        match ty.kind {
            TypeKind::TinyInt => primitive::<Int8Type>((0..rows).map(|_| next() as i8).collect(), nulls),
            TypeKind::SmallInt => primitive::<Int16Type>((0..rows).map(|_| next() as i16).collect(), nulls),
            TypeKind::Int | TypeKind::IntervalYearMonth => {
                primitive::<Int32Type>((0..rows).map(|_| next() as i32).collect(), nulls)
            }
            _ => primitive::<Int64Type>((0..rows).map(|_| next()).collect(), nulls),
        }
    }

    fn past(&mut self, ty: &LogicalType, max_past: u64, rows: usize, nulls: Option<NullBuffer>) -> ArrayRef {
        let now = self.clock.now_millis();
        let mut next = |per_milli: i64| (now - self.random.below(max_past.saturating_add(1)) as i64) * per_milli;
        let precision = match ty.kind {
            TypeKind::Timestamp { precision, .. } | TypeKind::TimestampLtz { precision, .. } => precision,
            _ => 3,
        };
        match timestamp_unit(precision) {
            TimeUnit::Microsecond => {
                primitive::<TimestampMicrosecondType>((0..rows).map(|_| next(1_000)).collect(), nulls)
            }
            TimeUnit::Nanosecond => {
                primitive::<TimestampNanosecondType>((0..rows).map(|_| next(1_000_000)).collect(), nulls)
            }
            _ => primitive::<TimestampMillisecondType>((0..rows).map(|_| next(1)).collect(), nulls),
        }
    }

    /// Random bytes, or hexadecimal digits.
    fn byte_strings(&mut self, rows: usize, length: usize, varying: bool, hex: bool) -> (OffsetBuffer<i32>, Buffer) {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0i32);
        let mut bytes: Vec<u8> = Vec::with_capacity(rows * length);
        for _ in 0..rows {
            let length = if varying { 1 + self.random.below(length as u64) as usize } else { length };
            let end = bytes.len() + length;
            while bytes.len() < end {
                let word = self.random.next_u64();
                let piece = if hex { hex_digits(word as u32) } else { word.to_le_bytes() };
                bytes.extend_from_slice(&piece[..piece.len().min(end - bytes.len())]);
            }
            ends.push(i32::try_from(end).expect("a batch of texts is far smaller than 2 GB"));
        }
        (OffsetBuffer::new(ScalarBuffer::from(ends)), Buffer::from_vec(bytes))
    }
}

fn hex_digits(word: u32) -> [u8; 8] {
    let mut out = [0; 8];
    for (position, digit) in out.iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(word >> (4 * position) & 15) as usize];
    }
    out
}

fn sequence(ty: &LogicalType, start: i64, rows: usize, stride: Stride) -> ArrayRef {
    let value = |row: usize| start + (stride.position + row as u64 * stride.step) as i64;
    match &ty.kind {
        TypeKind::TinyInt => primitive::<Int8Type>((0..rows).map(|row| value(row) as i8).collect(), None),
        TypeKind::SmallInt => primitive::<Int16Type>((0..rows).map(|row| value(row) as i16).collect(), None),
        TypeKind::Int => primitive::<Int32Type>((0..rows).map(|row| value(row) as i32).collect(), None),
        TypeKind::Float => primitive::<Float32Type>((0..rows).map(|row| value(row) as f32).collect(), None),
        TypeKind::Double => primitive::<Float64Type>((0..rows).map(|row| value(row) as f64).collect(), None),
        TypeKind::Decimal { precision, scale } => {
            let unit = 10i128.pow(u32::from(*scale));
            let limit = 10i128.pow(u32::from(*precision));
            let values: Vec<Option<i128>> =
                (0..rows).map(|row| Some(i128::from(value(row)) * unit).filter(|value| value.abs() < limit)).collect();
            let array: PrimitiveArray<Decimal128Type> = values.into_iter().collect();
            Arc::new(array.with_data_type(DataType::Decimal128(*precision, *scale as i8)))
        }
        TypeKind::Char { .. } | TypeKind::Varchar { .. } => {
            Arc::new((0..rows).map(|row| Some(value(row).to_string())).collect::<StringArray>())
        }
        _ => primitive::<Int64Type>((0..rows).map(value).collect(), None),
    }
}

fn primitive<T: ArrowPrimitiveType>(values: Vec<T::Native>, nulls: Option<NullBuffer>) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), nulls))
}

fn even_offsets(rows: usize, length: usize) -> OffsetBuffer<i32> {
    OffsetBuffer::from_lengths(std::iter::repeat_n(length, rows))
}

/// A map column; keys that are NULL are not allowed in Arrow, so such entries are made of valid keys.
fn map(
    ty: &LogicalType,
    offsets: OffsetBuffer<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    let DataType::Map(entries, _) = ty.arrow_type() else { unreachable!("a MAP is a map") };
    let DataType::Struct(fields) = entries.data_type().clone() else { unreachable!("entries are a struct") };
    let keys = match keys.nulls() {
        Some(_) => arrow_array::make_array(keys.to_data().into_builder().nulls(None).build().expect(VALID)),
        None => keys,
    };
    let pairs = StructArray::new(fields, vec![keys, values], None);
    Arc::new(MapArray::new(entries, offsets, pairs, nulls, false))
}

const VALID: &str = "an array without its null buffer is as valid as before";
