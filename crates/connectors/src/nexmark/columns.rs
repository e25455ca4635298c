//! Makes the columns that are read, a batch of events at a time.

use std::sync::Arc;

use arrow_array::types::{Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{ArrayRef, PrimitiveArray, StringArray, StructArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Fields};
use dataflow::operator_spec::{ReadColumn, SourceSpec};
use dataflow::{Failure, LogicalType, TypeKind};

use super::event_field::{EventField, Make};
use super::event_plan::{EventKind, EventPlan};

/// A column that is read.
#[derive(Debug)]
enum Column {
    EventType,
    /// The events of one kind, NULL for the others, with these fields.
    Events {
        kind: EventKind,
        fields: Vec<EventField>,
        arrow: Fields,
    },
}

/// The columns that are read.
#[derive(Debug)]
pub(super) struct Columns {
    columns: Vec<Column>,
}

impl Columns {
    pub(super) fn new(spec: &SourceSpec) -> Result<Self, Failure> {
        let physical = |column: &ReadColumn| match column {
            ReadColumn::Physical(0) => Ok(Column::EventType),
            ReadColumn::Physical(index) => {
                let field = &spec.connector.physical.fields[*index];
                events(&field.name, &field.ty)
            }
            ReadColumn::Metadata { key, .. } => {
                Err(Failure::internal(format!("the nexmark source has no metadata '{key}'")))
            }
        };
        Ok(Self { columns: spec.read.iter().map(physical).collect::<Result<_, _>>()? })
    }

    /// The columns of these events.
    pub(super) fn make(&self, plan: &EventPlan, events: &[u64]) -> Vec<ArrayRef> {
        let kinds: Vec<EventKind> = events.iter().map(|&event| plan.kind(event)).collect();
        let column = |column: &Column| -> ArrayRef {
            match column {
                Column::EventType => {
                    let values: Vec<i32> = kinds.iter().map(|&kind| kind as i32).collect();
                    Arc::new(PrimitiveArray::<Int32Type>::new(ScalarBuffer::from(values), None))
                }
                Column::Events { kind, fields, arrow } => {
                    let is_kind = BooleanBuffer::collect_bool(kinds.len(), |row| kinds[row] == *kind);
                    let made = Rows { plan, events, present: NullBuffer::new(is_kind) };
                    let children = fields.iter().map(|field| made.field(field)).collect();
                    let nulls = Some(made.present);
                    let row = StructArray::try_new_with_length(arrow.clone(), children, nulls, events.len());
                    Arc::new(row.expect("each child was made with as many rows"))
                }
            }
        };
        self.columns.iter().map(column).collect()
    }
}

/// The column of events of that name, with the fields that its type names.
fn events(name: &str, ty: &LogicalType) -> Result<Column, Failure> {
    let unknown = |what: &str| Failure::internal(format!("the nexmark source makes no {what}"));
    let kind = EventKind::ALL.into_iter().find(|kind| kind.column() == name).ok_or_else(|| unknown(name))?;
    let (TypeKind::Row(row), DataType::Struct(arrow)) = (&ty.kind, ty.arrow_type()) else {
        return Err(unknown(&format!("{name} of type {ty}")));
    };
    let field = |name: &str| kind.fields().iter().find(|field| field.name == name).copied();
    let fields = row.fields.iter().map(|wanted| field(&wanted.name).ok_or_else(|| unknown(&wanted.name)));
    Ok(Column::Events { kind, fields: fields.collect::<Result<_, _>>()?, arrow })
}

/// Events, some of which are of the kind wanted.
struct Rows<'a> {
    plan: &'a EventPlan,
    events: &'a [u64],
    present: NullBuffer,
}

impl Rows<'_> {
    fn field(&self, field: &EventField) -> ArrayRef {
        let nulls = Some(self.present.clone());
        match field.make {
            Make::Long(value) => Arc::new(PrimitiveArray::<Int64Type>::new(self.numbers(value), nulls)),
            Make::Time(value) => Arc::new(PrimitiveArray::<TimestampMillisecondType>::new(self.numbers(value), nulls)),
            Make::Text(append) => {
                let mut ends = Vec::with_capacity(self.events.len() + 1);
                ends.push(0);
                let mut bytes = Vec::new();
                for row in self.present.valid_indices() {
                    ends.resize(row + 1, length(&bytes));
                    append(self.plan, self.events[row], &mut bytes);
                    ends.push(length(&bytes));
                }
                ends.resize(self.events.len() + 1, length(&bytes));
                let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
                Arc::new(StringArray::new(offsets, Buffer::from_vec(bytes), nulls))
            }
        }
    }

    fn numbers(&self, value: fn(&EventPlan, u64) -> i64) -> ScalarBuffer<i64> {
        let mut values = vec![0; self.events.len()];
        self.present.valid_indices().for_each(|row| values[row] = value(self.plan, self.events[row]));
        ScalarBuffer::from(values)
    }
}

fn length(bytes: &[u8]) -> i32 {
    i32::try_from(bytes.len()).expect("a batch of texts is far smaller than 2 GB")
}
