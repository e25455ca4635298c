//! Casts to BINARY and VARBINARY: the UTF-8 bytes of text, cut to the length; BINARY(n) is filled with zeros.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::BinaryBuilder;
use arrow_array::cast::AsArray;
use dataflow::{Failure, TypeKind};

use super::Caster;
use crate::types::{is_character, length};

pub(super) fn caster(from: &TypeKind, to: &TypeKind) -> Caster {
    let bound = length(to)? as usize;
    let fill = matches!(to, TypeKind::Binary { .. });
    let text = is_character(from);
    if !text && !fill && length(from)? as usize <= bound {
        return None;
    }
    Some(Box::new(move |array| {
        if text {
            bounded(array.as_string::<i32>().iter().map(|text| text.map(str::as_bytes)), bound, fill)
        } else {
            bounded(array.as_binary::<i32>().iter(), bound, fill)
        }
    }))
}

fn bounded<'a>(values: impl Iterator<Item = Option<&'a [u8]>>, bound: usize, fill: bool) -> Result<ArrayRef, Failure> {
    let mut builder = BinaryBuilder::new();
    let mut filled = Vec::new();
    for value in values {
        match value {
            None => builder.append_null(),
            Some(value) if fill && value.len() < bound => {
                filled.clear();
                filled.extend_from_slice(value);
                filled.resize(bound, 0);
                builder.append_value(&filled);
            }
            Some(value) => builder.append_value(&value[..value.len().min(bound)]),
        }
    }
    Ok(Arc::new(builder.finish()))
}
