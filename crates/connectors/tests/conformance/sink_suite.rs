//! What holds for every sink: it takes batches while it is available, and is done once it says so.

use std::sync::Arc;
use std::task::Waker;

use arrow_array::{ArrayRef, Int8Array, Int32Array, StringArray};
use connectors::WriterContext;
use dataflow::operator_spec::{ConnectorSpec, SinkSpec};
use dataflow::{Batch, Progress, RowType, SinkWriter, TypeKind};

use crate::{connector, row, sink, table};

/// The row type of the suite.
pub fn rows() -> RowType {
    row(&[("id", TypeKind::Int), ("name", TypeKind::STRING)])
}

/// Rows with these ids.
pub fn batch(ids: std::ops::Range<i32>) -> Batch {
    let names: StringArray = ids.clone().map(|id| (id % 3 != 0).then(|| format!("name {id}"))).collect();
    let columns: Vec<ArrayRef> = vec![Arc::new(Int32Array::from_iter_values(ids.clone())), Arc::new(names)];
    Batch::from_columns(rows().arrow_schema(), columns, None, ids.len()).expect("the columns have one length")
}

/// A writer of a sink.
pub fn writer(spec: &SinkSpec, subtask: u32, parallelism: u32) -> Box<dyn SinkWriter> {
    let context = WriterContext { subtask, parallelism, ..WriterContext::default() };
    connector(&spec.connector).create_writer(spec, &context).expect("the options of the test are valid")
}

/// Writes `batches` and finishes.
pub fn write(spec: &SinkSpec, batches: &[Batch]) {
    let mut writer = writer(spec, 0, 1);
    for batch in batches {
        assert!(writer.is_available(Waker::noop()).expect("a local sink does not fail"), "a local sink has room");
        writer.write(batch).expect("a local sink does not fail");
    }
    assert_eq!(writer.finish(Waker::noop()), Ok(Progress::Done));
}

/// Runs the suite: nothing, empty batches, and many batches, by one and by several writers.
pub fn check(table: &ConnectorSpec) {
    connector(table).sink(table).expect("the options of the test are valid");
    let spec = sink(table.clone());
    write(&spec, &[]);
    write(&spec, &[batch(0..0)]);
    write(&spec, &[batch(0..1), batch(0..0), batch(1..500)]);
    let mut writers: Vec<_> = (0..3).map(|subtask| writer(&spec, subtask, 3)).collect();
    for (index, writer) in writers.iter_mut().enumerate() {
        let first = 500 + 10 * index as i32;
        writer.write(&batch(first..first + 10)).expect("a local sink does not fail");
    }
    for writer in &mut writers {
        assert_eq!(writer.finish(Waker::noop()), Ok(Progress::Done));
    }
    // A writer that is given up midway does no harm.
    let mut abandoned = writer(&spec, 0, 1);
    abandoned.write(&batch(0..10)).expect("a local sink does not fail");
}

#[test]
fn blackhole() {
    check(&table("blackhole", &rows(), &[]));
    let changes = Batch::changes(batch(0..3).rows().clone(), Int8Array::from(vec![0, 1, 2]));
    write(&sink(table("blackhole", &rows(), &[])), &[changes]);
}

/// Rows would go to the terminal of whoever runs the tests, so there are none; what a row looks like is tested beside the writer.
#[test]
fn print() {
    let spec = sink(table("print", &rows(), &[("print-identifier", "p"), ("standard-error", "true")]));
    connector(&spec.connector).sink(&spec.connector).expect("the options of the test are valid");
    write(&spec, &[]);
    write(&spec, &[batch(0..0)]);
}
