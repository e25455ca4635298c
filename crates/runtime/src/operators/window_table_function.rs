//! TUMBLE, HOP and CUMULATE as table functions: each row once for every window it is in, with window_start, window_end and window_time.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{Array, ArrayRef, TimestampMillisecondArray, UInt32Array};
use arrow_schema::SchemaRef;
use common::clock::Clock;
use dataflow::operator_spec::{WindowAssigner, WindowTableFunctionSpec, WindowTime};
use dataflow::{Batch, Failure, Operator, Output, StreamElement, TypeKind};
use expr::Zone;

use crate::time::windows::for_each_window;
use crate::time::zone::{parse_zone, to_epoch_millis, to_local_millis};

/// The operator.
#[derive(Debug)]
pub struct WindowTableFunction {
    time: WindowTime,
    assigner: WindowAssigner,
    zone: Zone,
    schema: SchemaRef,
    /// window_time is an instant (TIMESTAMP_LTZ), while window_start and window_end are what the wall clock shows.
    time_is_instant: bool,
    clock: Clock,
}

impl WindowTableFunction {
    /// An operator for this spec; `clock` is for windows over processing time.
    pub fn new(spec: &WindowTableFunctionSpec, clock: Clock) -> Result<Self, Failure> {
        if matches!(spec.assigner, WindowAssigner::Session { .. }) {
            return Err(Failure::internal("SESSION windows come from an aggregation, not from a table function alone"));
        }
        let time_is_instant =
            spec.output.fields.last().is_some_and(|field| matches!(field.ty.kind, TypeKind::TimestampLtz { .. }));
        let zone = parse_zone(&spec.time_zone)?;
        Ok(Self {
            time: spec.time,
            assigner: spec.assigner,
            zone,
            schema: spec.output.arrow_schema(),
            time_is_instant,
            clock,
        })
    }

    /// The row numbers of the output, and the windows beside them. Rows without a time are dropped, as in Flink.
    fn windows(&self, batch: &Batch) -> Result<Assigned, Failure> {
        let mut assigned = Assigned::default();
        match self.time {
            WindowTime::Rowtime { column } => {
                let times = batch.column(column).as_primitive_opt::<TimestampMillisecondType>();
                let times = times.ok_or_else(|| Failure::internal("the time of a window must be a TIMESTAMP(3)"))?;
                for row in (0..batch.num_rows()).filter(|&row| times.is_valid(row)) {
                    assigned.add(row, self.assigner, to_local_millis(times.value(row), self.local_zone()));
                }
            }
            WindowTime::Proctime => {
                let now = to_local_millis(self.clock.now_millis(), self.zone);
                (0..batch.num_rows()).for_each(|row| assigned.add(row, self.assigner, now));
            }
        }
        Ok(assigned)
    }

    /// A TIMESTAMP column already has the wall clock's time.
    fn local_zone(&self) -> Zone {
        if self.time_is_instant { self.zone } else { Zone::UTC }
    }
}

#[derive(Debug, Default)]
struct Assigned {
    rows: Vec<u32>,
    starts: Vec<i64>,
    ends: Vec<i64>,
}

impl Assigned {
    fn add(&mut self, row: usize, assigner: WindowAssigner, time: i64) {
        for_each_window(assigner, time, |window| {
            self.rows.push(row as u32);
            self.starts.push(window.start);
            self.ends.push(window.end);
        });
    }
}

impl Operator for WindowTableFunction {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let Assigned { rows, starts, ends } = self.windows(&batch)?;
        if rows.is_empty() {
            return Ok(());
        }
        let zone = self.local_zone();
        let times = ends.iter().map(|end| to_epoch_millis(end - 1, zone));
        let times: ArrayRef = Arc::new(TimestampMillisecondArray::from_iter_values(times));
        let rows = batch.take(&UInt32Array::from(rows))?;
        let mut columns = rows.columns().to_vec();
        columns.extend([
            Arc::new(TimestampMillisecondArray::from(starts)) as ArrayRef,
            Arc::new(TimestampMillisecondArray::from(ends)),
            times,
        ]);
        out.emit(StreamElement::Batch(rows.with_columns(self.schema.clone(), columns)?))
    }
}
