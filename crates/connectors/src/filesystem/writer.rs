//! Writes rows as lines of part files, a folder for each partition.

use std::path::PathBuf;
use std::task::Waker;

use common::clock::Clock;
use common::random::Random;
use dataflow::operator_spec::SinkSpec;
use dataflow::{Batch, Failure, PreparedCommit, Progress, SinkWriter, TypeKind};

use super::buckets::Buckets;
use super::committable::{Committable, WriterState, from_json, to_json};
use super::committer::commit;
use super::options::FileTable;
use super::partition_commit::PartitionCommit;
use super::path::push_partition;
use super::pending_file::PendingFile;
use super::sink_options::SinkOptions;
use crate::column_view::ColumnView;
use crate::factory::WriterContext;
use crate::formats::Encoder;
use crate::java_text;

pub(super) struct FileWriter {
    encoder: Encoder,
    spec: SinkSpec,
    /// Partition keys: name and position in the input.
    partitions: Vec<(String, usize)>,
    default_partition: String,
    buckets: Buckets,
    /// Files that earlier writers had in progress: they end where a checkpoint has found them.
    restored: Vec<PendingFile>,
    /// Absent when partitions are not told to be complete.
    partition_commit: Option<PartitionCommit>,
    /// Folders of the partitions to be told with the next commit; their files are complete.
    complete_partitions: Vec<PathBuf>,
    success_file: String,
    /// Whether one more `prepare_commit` follows `finish`.
    checkpointing: bool,
    clock: Clock,
}

impl FileWriter {
    pub(super) fn new(
        table: FileTable,
        sink: SinkOptions,
        spec: &SinkSpec,
        context: &WriterContext,
        clock: Clock,
        mut random: Random,
    ) -> Result<Self, Failure> {
        if table.path.is_file() {
            return Err(Failure::user(format!(
                "{} is a file, but table '{}' writes into a folder; choose another 'path'",
                table.path.display(),
                table.table
            ))
            .fatal());
        }
        let names: Vec<String> = table.record.fields.iter().map(|field| field.name.clone()).collect();
        let partition_names = table.partition_fields(&spec.connector.physical).map(|field| field.name.clone());
        let partitions: Vec<(String, usize)> = partition_names.zip(table.partition_columns.iter().copied()).collect();
        let mut writer = Self {
            encoder: table.format.encoder(&spec.input, &table.record_columns, &names),
            spec: spec.clone(),
            partitions,
            default_partition: table.default_partition,
            buckets: Buckets::new(&table.path, sink.rolling, context.subtask, &mut random),
            restored: Vec::new(),
            partition_commit: sink.partition_commit.map(|(trigger, delay)| PartitionCommit::new(trigger, delay)),
            complete_partitions: Vec::new(),
            success_file: sink.success_file,
            checkpointing: context.checkpointing,
            clock,
        };
        writer.restore(from_json(&context.restored)?)?;
        Ok(writer)
    }

    fn restore(&mut self, items: Vec<WriterState>) -> Result<(), Failure> {
        for item in items {
            match (item, &mut self.partition_commit) {
                (WriterState::File(file), _) => self.restored.push(file),
                (WriterState::Partition { partition, since }, Some(commit)) => commit.restore(&partition, since)?,
                // The table tells no partitions any more.
                (WriterState::Partition { .. }, None) => {}
            }
        }
        Ok(())
    }

    /// Ends the files of these partitions, which are told with the next commit.
    fn complete_partitions(&mut self, partitions: Vec<String>) -> Result<(), Failure> {
        for partition in partitions {
            self.buckets.complete(&partition)?;
            self.complete_partitions.push(self.buckets.folder(&partition));
        }
        Ok(())
    }

    /// What the next commit makes visible.
    fn take_committables(&mut self) -> Vec<Committable> {
        let files = self.restored.drain(..).chain(self.buckets.take_complete()).map(Committable::File);
        let partitions = self.complete_partitions.drain(..).map(|folder| Committable::Partition { folder });
        files.chain(partitions).collect()
    }
}

impl SinkWriter for FileWriter {
    fn write(&mut self, batch: &Batch) -> Result<(), Failure> {
        let now = self.clock.now_millis();
        self.buckets.complete_old(now)?;
        let view = |(_, index): &(String, usize)| {
            ColumnView::new(batch.column(*index).as_ref(), &self.spec.input.fields[*index].ty)
        };
        let keys: Vec<ColumnView<'_>> = self.partitions.iter().map(view).collect();
        let mut rows = self.encoder.rows(batch);
        let (mut partition, mut value) = (String::new(), String::new());
        for row in 0..batch.num_rows() {
            partition.clear();
            for ((name, _), column) in self.partitions.iter().zip(&keys) {
                value.clear();
                push_partition_value(column, row, &mut value);
                push_partition(&mut partition, name, if value.is_empty() { &self.default_partition } else { &value });
            }
            if let Some(commit) = &mut self.partition_commit {
                commit.written(&partition, now)?;
            }
            self.buckets.file(&partition, now)?.add(|out| rows.write(row, out))?;
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: i64) {
        if let Some(commit) = &mut self.partition_commit {
            commit.on_watermark(watermark);
        }
    }

    fn finish(&mut self, _waker: &Waker) -> Result<Progress, Failure> {
        let partitions = self.partition_commit.as_mut().map(PartitionCommit::all);
        self.complete_partitions(partitions.unwrap_or_default())?;
        self.buckets.complete_all()?;
        self.buckets.sync()?;
        if !self.checkpointing {
            commit(&self.take_committables(), &self.success_file)?;
        }
        Ok(Progress::Done)
    }

    fn flush(&mut self, _waker: &Waker) -> Result<Progress, Failure> {
        let now = self.clock.now_millis();
        self.buckets.complete_old(now)?;
        self.buckets.complete_full()?;
        let due = self.partition_commit.as_mut().map(|commit| commit.due(now));
        self.complete_partitions(due.unwrap_or_default())?;
        self.buckets.sync()?;
        Ok(Progress::Done)
    }

    fn prepare_commit(&mut self, _checkpoint_id: u64) -> Result<PreparedCommit, Failure> {
        let waiting = self.partition_commit.iter().flat_map(PartitionCommit::waiting);
        let waiting = waiting.map(|(partition, since)| WriterState::Partition { partition: partition.clone(), since });
        let writer_state = to_json(self.buckets.in_progress().map(WriterState::File).chain(waiting))?;
        Ok(PreparedCommit { committables: to_json(self.take_committables())?, writer_state })
    }
}

/// Whether [`push_partition_value`] can write a value of this type.
pub(super) fn can_be_partition(kind: &TypeKind) -> bool {
    !matches!(
        kind,
        TypeKind::Binary { .. }
            | TypeKind::Varbinary { .. }
            | TypeKind::Array(_)
            | TypeKind::Map(..)
            | TypeKind::Multiset(_)
            | TypeKind::Row(_)
            | TypeKind::Null
    )
}

/// Appends the value as Flink writes it into paths: its internal form, so a DATE as days and a TIME as milliseconds. Nothing for NULL.
fn push_partition_value(column: &ColumnView<'_>, row: usize, out: &mut String) {
    if column.is_null(row) {
        return;
    }
    let mut push_integer = |value: i64| out.push_str(itoa::Buffer::new().format(value));
    match column {
        ColumnView::Boolean(array) => out.push_str(if array.value(row) { "true" } else { "false" }),
        ColumnView::TinyInt(array) => push_integer(i64::from(array.value(row))),
        ColumnView::SmallInt(array) => push_integer(i64::from(array.value(row))),
        ColumnView::Int(array) | ColumnView::IntervalYearMonth(array) => push_integer(i64::from(array.value(row))),
        ColumnView::BigInt(array) | ColumnView::IntervalDayTime(array) => push_integer(array.value(row)),
        ColumnView::Date(array) => push_integer(i64::from(array.value(row))),
        ColumnView::Time(array) => push_integer(i64::from(array.value(row))),
        ColumnView::Float(array) => java_text::push_float(out, array.value(row)),
        ColumnView::Double(array) => java_text::push_double(out, array.value(row)),
        ColumnView::Decimal { array, scale } => java_text::push_decimal(out, array.value(row), *scale),
        ColumnView::Text(array) => out.push_str(array.value(row)),
        ColumnView::Timestamp(array) | ColumnView::TimestampLtz(array) => {
            java_text::push_local_date_time(out, array.parts(row));
        }
        // Refused by `can_be_partition`.
        ColumnView::Bytes(_)
        | ColumnView::Array { .. }
        | ColumnView::Map { .. }
        | ColumnView::Row { .. }
        | ColumnView::Null => {}
    }
}
