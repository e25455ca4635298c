//! What a window operator emits: keys, aggregates, window properties.

use std::sync::Arc;

use arrow_array::{ArrayRef, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray};
use arrow_schema::SchemaRef;
use common::clock::Clock;
use dataflow::operator_spec::{WindowAggregateSpec, WindowProperty};
use dataflow::{Batch, Failure, Output, RowType, StreamElement, TypeKind};
use state::decode_keys;

use super::groups::Groups;
use super::wall_clock::WallClock;

/// Rows of a batch at most.
pub(super) const MAX_ROWS: usize = 8_192;

/// Rows to be emitted: key, group, start and end of the window.
#[derive(Default)]
pub(super) struct Rows<'a> {
    keys: Vec<&'a [u8]>,
    groups: Vec<u32>,
    bounds: Vec<(i64, i64)>,
}

impl<'a> Rows<'a> {
    #[inline]
    pub(super) fn push(&mut self, key: &'a [u8], group: u32, start: i64, end: i64) {
        self.keys.push(key);
        self.groups.push(group);
        self.bounds.push((start, end));
    }
}

/// Builds output rows.
#[derive(Debug)]
pub(super) struct Emission {
    key_type: RowType,
    properties: Vec<Property>,
    schema: SchemaRef,
    clock: Clock,
}

#[derive(Debug)]
struct Property {
    what: WindowProperty,
    precision: u8,
    /// TIMESTAMP_LTZ: an instant and not what the wall clock shows.
    instant: bool,
}

impl Emission {
    pub(super) fn new(spec: &WindowAggregateSpec, input: &RowType, clock: Clock) -> Result<Self, Failure> {
        let first = spec.keys.len() + spec.aggregates.len();
        if spec.output.len() != first + spec.properties.len() {
            return Err(Failure::internal(
                "the output of a window aggregate is not its keys, aggregates and properties",
            ));
        }
        let property = |(&what, field): (&WindowProperty, &dataflow::Field)| match field.ty.kind {
            TypeKind::Timestamp { precision, .. } => Ok(Property { what, precision, instant: false }),
            TypeKind::TimestampLtz { precision, .. } => Ok(Property { what, precision, instant: true }),
            _ => Err(Failure::internal(format!("window property '{}' cannot have type {}", field.name, field.ty))),
        };
        let properties = spec.properties.iter().zip(&spec.output.fields[first..]).map(property);
        Ok(Self {
            key_type: input.project(&spec.keys),
            properties: properties.collect::<Result<_, _>>()?,
            schema: spec.output.arrow_schema(),
            clock,
        })
    }

    /// Emits these rows, in this order.
    pub(super) fn emit(
        &self,
        rows: &Rows<'_>,
        groups: &Groups,
        wall_clock: &WallClock,
        out: &mut dyn Output,
    ) -> Result<(), Failure> {
        for first in (0..rows.groups.len()).step_by(MAX_ROWS) {
            let last = rows.groups.len().min(first + MAX_ROWS);
            let mut columns = decode_keys(&self.key_type, &rows.keys[first..last]);
            groups.evaluate(&rows.groups[first..last], &mut columns)?;
            for property in &self.properties {
                columns.push(self.property_column(property, &rows.bounds[first..last], wall_clock));
            }
            let batch = Batch::from_columns(self.schema.clone(), columns, None, last - first)?;
            out.emit(StreamElement::Batch(batch))?;
        }
        Ok(())
    }

    fn property_column(&self, property: &Property, bounds: &[(i64, i64)], wall_clock: &WallClock) -> ArrayRef {
        let now = self.clock.now_millis();
        let shown = |local: i64| if property.instant { wall_clock.epoch(local) } else { local };
        let millis = bounds.iter().map(|&(start, end)| match property.what {
            WindowProperty::Start => shown(start),
            WindowProperty::End => shown(end),
            WindowProperty::Rowtime => shown(end - 1),
            WindowProperty::Proctime => now,
        });
        match property.precision {
            0..=3 => Arc::new(TimestampMillisecondArray::from_iter_values(millis)),
            4..=6 => Arc::new(TimestampMicrosecondArray::from_iter_values(millis.map(|ms| ms * 1_000))),
            _ => Arc::new(TimestampNanosecondArray::from_iter_values(millis.map(|ms| ms * 1_000_000))),
        }
    }
}
