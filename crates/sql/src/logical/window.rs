//! Windows in a plan, and where their bounds are found.

use dataflow::operator_spec::{WindowAssigner, WindowProperty};
use dataflow::types::TimeAttribute;
use dataflow::{Field, LogicalType, RowType, TypeKind};

use crate::catalog::with_time_attribute;

/// How rows get into windows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LogicalWindow {
    /// The column that decides: a time attribute of the input. Absent once pruned, for processing time is not read from the row.
    pub column: Option<usize>,
    /// Its type.
    pub ty: LogicalType,
    /// The windows.
    pub assigner: WindowAssigner,
    /// Whether rows have been put into their windows before: the column then is the last millisecond of the row's window, and no time attribute.
    pub is_attached: bool,
}

impl LogicalWindow {
    /// Whether it is over event time.
    pub fn is_rowtime(&self) -> bool {
        self.ty.time_attribute() == TimeAttribute::Rowtime
    }

    /// The type of a property. Bounds are shown on the wall clock of the session, so they are TIMESTAMPs whatever the time column is.
    pub fn property_type(&self, property: WindowProperty) -> LogicalType {
        match property {
            WindowProperty::Start | WindowProperty::End => TypeKind::timestamp(3).not_null(),
            WindowProperty::Rowtime => match self.ty.kind {
                TypeKind::TimestampLtz { .. } => {
                    let ltz = TypeKind::timestamp_ltz(3).not_null().with_nullable(self.ty.nullable);
                    with_time_attribute(&ltz, self.ty.time_attribute())
                }
                _ => {
                    let plain = TypeKind::timestamp(3).not_null().with_nullable(self.ty.nullable);
                    with_time_attribute(&plain, self.ty.time_attribute())
                }
            },
            WindowProperty::Proctime => {
                with_time_attribute(&TypeKind::timestamp_ltz(3).not_null(), TimeAttribute::Proctime)
            }
        }
    }
}

/// The three columns that a window table function appends.
pub(crate) fn window_columns(window: &LogicalWindow) -> RowType {
    let time = window.property_type(WindowProperty::Rowtime).with_nullable(false);
    RowType::new(vec![
        Field::new("window_start", window.property_type(WindowProperty::Start)),
        Field::new("window_end", window.property_type(WindowProperty::End)),
        Field::new("window_time", time),
    ])
}
