//! Writes rows as lines of part files, a folder for each partition.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::task::Waker;

use common::random::Random;
use dataflow::operator_spec::SinkSpec;
use dataflow::{Batch, Failure, Progress, SinkWriter, TypeKind};

use super::options::FileTable;
use super::part_file::PartFile;
use super::path::push_partition;
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
}

/// The files of one writer.
struct Buckets {
    folder: PathBuf,
    rolling_size: u64,
    /// `part-UNIQUE-SUBTASK`: the files of all writers ever are told apart by it.
    prefix: String,
    unique: String,
    /// By partition path; the empty one when there are no partitions.
    open: BTreeMap<String, Bucket>,
    /// Complete but hidden until the end.
    complete: Vec<PartFile>,
}

#[derive(Default)]
struct Bucket {
    file: Option<PartFile>,
    /// Number of the next file.
    next: u32,
}

impl FileWriter {
    pub(super) fn new(table: FileTable, spec: &SinkSpec, context: &WriterContext) -> Result<Self, Failure> {
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
        let mut random = Random::from_system();
        Ok(Self {
            encoder: table.format.encoder(&spec.input, &table.record_columns, &names),
            spec: spec.clone(),
            partitions: partition_names.zip(table.partition_columns.iter().copied()).collect(),
            default_partition: table.default_partition,
            buckets: Buckets {
                folder: table.path,
                rolling_size: table.rolling_size,
                prefix: format!("part-{}-{}", uuid(&mut random), context.subtask),
                unique: uuid(&mut random),
                open: BTreeMap::new(),
                complete: Vec::new(),
            },
        })
    }
}

impl SinkWriter for FileWriter {
    fn write(&mut self, batch: &Batch) -> Result<(), Failure> {
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
            self.buckets.file(&partition)?.add(|out| rows.write(row, out))?;
        }
        Ok(())
    }

    fn finish(&mut self, _waker: &Waker) -> Result<Progress, Failure> {
        self.buckets.publish()?;
        Ok(Progress::Done)
    }
}

impl Buckets {
    /// The open file of this partition, which is not full.
    fn file(&mut self, partition: &str) -> Result<&mut PartFile, Failure> {
        if !self.open.contains_key(partition) {
            self.open.insert(partition.to_owned(), Bucket::default());
        }
        let bucket = self.open.get_mut(partition).expect("it was inserted if it was missing");
        if let Some(mut full) = bucket.file.take_if(|file| file.size() >= self.rolling_size) {
            full.complete()?;
            self.complete.push(full);
        }
        match &mut bucket.file {
            Some(file) => Ok(file),
            none => {
                let name = format!("{}-{}", self.prefix, bucket.next);
                bucket.next += 1;
                Ok(none.insert(PartFile::create(&self.folder.join(partition), &name, &self.unique)?))
            }
        }
    }

    /// Completes all files, then makes them visible.
    fn publish(&mut self) -> Result<(), Failure> {
        for bucket in std::mem::take(&mut self.open).into_values() {
            if let Some(mut file) = bucket.file {
                file.complete()?;
                self.complete.push(file);
            }
        }
        for mut file in self.complete.drain(..) {
            file.publish()?;
        }
        Ok(())
    }
}

/// 128 random bits in the form of a UUID.
fn uuid(random: &mut Random) -> String {
    let (high, low) = (random.next_u64(), random.next_u64());
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
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
