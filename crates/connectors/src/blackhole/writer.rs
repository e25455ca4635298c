//! Drops what it is given.

use std::task::Waker;

use dataflow::{Batch, Failure, Progress, SinkWriter};

pub(super) struct BlackholeWriter;

impl SinkWriter for BlackholeWriter {
    fn write(&mut self, _batch: &Batch) -> Result<(), Failure> {
        Ok(())
    }

    fn finish(&mut self, _waker: &Waker) -> Result<Progress, Failure> {
        Ok(Progress::Done)
    }
}
