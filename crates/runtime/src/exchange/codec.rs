//! Batches as Arrow IPC frames: header and body of one record batch message. Both sides know the schema from the deployment.

use std::collections::HashMap;

use arrow_array::Int8Array;
use arrow_buffer::{Buffer, MutableBuffer};
use arrow_ipc::reader::read_record_batch;
use arrow_ipc::root_as_message;
use arrow_ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use arrow_schema::{ArrowError, SchemaRef};
use bytes::Bytes;
use dataflow::Batch;
use proto::v1::BatchFrame;

/// Arrow's buffers lie at multiples of this within a body.
const ALIGNMENT: usize = 64;

/// Makes frames; its buffers are reused.
#[derive(Default)]
pub(crate) struct FrameEncoder {
    generator: IpcDataGenerator,
    context: IpcWriteContext,
    options: IpcWriteOptions,
}

impl FrameEncoder {
    /// The frame of a batch.
    pub(crate) fn encode(&mut self, batch: &Batch) -> Result<BatchFrame, ArrowError> {
        // Types of flinkrs have no dictionaries, so there is nothing to track from frame to frame.
        let mut tracker = DictionaryTracker::new(true);
        let (_, data) = self.generator.encode(batch.rows(), &mut tracker, &self.options, &mut self.context)?;
        let kinds = batch.kinds().map_or_else(Bytes::new, |k| Bytes::copy_from_slice(k.values().inner().as_slice()));
        Ok(BatchFrame { header: Bytes::from(data.ipc_message), body: Bytes::from(data.arrow_data), kinds })
    }
}

/// The batch of a frame. Columns refer to the frame's body where it lies aligned in memory, else to one copy of it.
pub(crate) fn decode(frame: BatchFrame, schema: &SchemaRef) -> Result<Batch, ArrowError> {
    let message = root_as_message(&frame.header).map_err(|error| ArrowError::IpcError(error.to_string()))?;
    let header = message
        .header_as_record_batch()
        .ok_or_else(|| ArrowError::IpcError("the frame is not a record batch".into()))?;
    let body = aligned(frame.body);
    let rows = read_record_batch(&body, header, schema.clone(), &HashMap::new(), None, &message.version())?;
    if frame.kinds.is_empty() {
        return Ok(Batch::inserts(rows));
    }
    if frame.kinds.len() != rows.num_rows() {
        return Err(ArrowError::IpcError(format!("{} row kinds for {} rows", frame.kinds.len(), rows.num_rows())));
    }
    let kinds = Int8Array::from_iter_values(frame.kinds.iter().map(|kind| *kind as i8));
    Ok(Batch::changes(rows, kinds))
}

fn aligned(body: Bytes) -> Buffer {
    if body.as_ptr().align_offset(ALIGNMENT) == 0 {
        return Buffer::from(body);
    }
    let mut copy = MutableBuffer::with_capacity(body.len());
    copy.extend_from_slice(&body);
    copy.into()
}

/// Bytes of the rows themselves, also when the batch is a slice of a larger one.
pub(crate) fn row_bytes(batch: &Batch) -> usize {
    let column = |column: &arrow_array::ArrayRef| column.to_data().get_slice_memory_size().unwrap_or(0);
    batch.columns().iter().map(column).sum::<usize>() + batch.kinds().map_or(0, |kinds| kinds.len())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::builder::{ListBuilder, StringBuilder};
    use arrow_array::{ArrayRef, Decimal128Array, RecordBatch, StringArray};
    use dataflow::RowKind;

    use super::*;
    use crate::testing::numbers;

    fn round_trip(batch: &Batch) -> Batch {
        let frame = FrameEncoder::default().encode(batch).unwrap();
        decode(frame, &batch.rows().schema()).unwrap()
    }

    #[test]
    fn types_nulls_and_slices_come_back() {
        let mut lists = ListBuilder::new(StringBuilder::new());
        lists.append_value([Some("a"), None]);
        lists.append_null();
        lists.append_value([Some("b")]);
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("s", Arc::new(StringArray::from(vec![Some("x"), None, Some("a longer text")]))),
            (
                "d",
                Arc::new(Decimal128Array::from(vec![None, Some(1), Some(2)]).with_precision_and_scale(38, 4).unwrap()),
            ),
            ("l", Arc::new(lists.finish())),
        ];
        let batch = Batch::inserts(
            RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap(),
        );
        assert_eq!(round_trip(&batch).rows(), batch.rows());
        let slice = batch.slice(1, 2);
        assert_eq!(round_trip(&slice).rows(), slice.rows());
        assert!(row_bytes(&slice) < row_bytes(&batch));
    }

    #[test]
    fn row_kinds_come_back() {
        let rows = numbers(0..3).rows().clone();
        let batch = Batch::changes(rows, Int8Array::from(vec![0, 1, 3]));
        let back = round_trip(&batch.slice(1, 2));
        assert_eq!((back.kind(0), back.kind(1)), (RowKind::UpdateBefore, RowKind::Delete));
        assert!(round_trip(&batch.slice(0, 1)).kinds().is_none());
    }

    #[test]
    fn an_unaligned_body_is_copied() {
        let batch = numbers(0..100);
        let mut frame = FrameEncoder::default().encode(&batch).unwrap();
        let mut shifted = vec![0u8];
        shifted.extend_from_slice(&frame.body);
        frame.body = Bytes::from(shifted).slice(1..);
        assert_eq!(decode(frame, &batch.rows().schema()).unwrap().rows(), batch.rows());
    }

    #[test]
    fn garbage_is_an_error() {
        let schema = numbers(0..1).rows().schema();
        let frame = BatchFrame { header: Bytes::from_static(b"no flatbuffer"), ..Default::default() };
        assert!(decode(frame, &schema).is_err());
    }
}
