//! A field of an event: its name and how its values are made. The lists in `person`, `auction` and `bid` are both the schema and the generator.

use dataflow::{Field, RowType, TypeKind};

use super::event_plan::{EventKind, EventPlan};
use super::{auction, bid, person};

/// How the values of a field are made from the number of the event.
#[derive(Debug, Clone, Copy)]
pub(super) enum Make {
    /// A BIGINT.
    Long(fn(&EventPlan, u64) -> i64),
    /// A TIMESTAMP(3), ms since the epoch.
    Time(fn(&EventPlan, u64) -> i64),
    /// ASCII text, appended.
    Text(fn(&EventPlan, u64, &mut Vec<u8>)),
}

/// A field of an event.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventField {
    pub(super) name: &'static str,
    pub(super) make: Make,
}

impl EventField {
    pub(super) const fn new(name: &'static str, make: Make) -> Self {
        Self { name, make }
    }

    fn type_kind(&self) -> TypeKind {
        match self.make {
            Make::Long(_) => TypeKind::BigInt,
            Make::Time(_) => TypeKind::timestamp(3),
            Make::Text(_) => TypeKind::STRING,
        }
    }
}

impl EventKind {
    pub(super) const ALL: [EventKind; 3] = [EventKind::Person, EventKind::Auction, EventKind::Bid];

    /// The column that holds such events.
    pub(super) fn column(self) -> &'static str {
        match self {
            EventKind::Person => "person",
            EventKind::Auction => "auction",
            EventKind::Bid => "bid",
        }
    }

    /// The fields of that column.
    pub(super) fn fields(self) -> &'static [EventField] {
        match self {
            EventKind::Person => person::FIELDS,
            EventKind::Auction => auction::FIELDS,
            EventKind::Bid => bid::FIELDS,
        }
    }
}

/// The physical columns of the benchmark's table.
pub(super) fn table_type() -> RowType {
    let mut columns = vec![Field::new("event_type", TypeKind::Int.nullable())];
    columns.extend(EventKind::ALL.map(|kind| {
        let fields = kind.fields().iter().map(|field| Field::new(field.name, field.type_kind().nullable()));
        Field::new(kind.column(), TypeKind::Row(RowType::new(fields.collect())).nullable())
    }));
    RowType::new(columns)
}
