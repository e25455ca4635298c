//! Event time: watermarks per split and per channel, and the arithmetic of windows. Pure machines, driven by their callers.

pub(crate) mod split_watermarks;
pub(crate) mod valve;
pub(crate) mod watermark_generator;
pub(crate) mod watermark_samples;
pub(crate) mod windows;
pub(crate) mod zone;

pub(crate) use watermark_generator::{Cut, WatermarkGenerator};
