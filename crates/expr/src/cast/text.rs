//! Casts to CHAR and VARCHAR: the value's text, cut to the length; CHAR(n) is filled with blanks.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use dataflow::TypeKind;

use super::Caster;
use crate::context::EvalContext;
use crate::render::cast_cell;
use crate::types::{is_character, length};

pub(super) fn caster(from: &TypeKind, to: &TypeKind, context: &EvalContext) -> Caster {
    let bound = length(to)? as usize;
    let fill = matches!(to, TypeKind::Char { .. });
    if is_character(from) {
        return widening(from, bound, fill).is_none().then(|| {
            Box::new(move |array: &ArrayRef| {
                let values = array.as_string::<i32>();
                let mut builder = StringBuilder::with_capacity(values.len(), values.value_data().len());
                values.iter().for_each(|text| builder.append_option(text.map(|text| bounded(text, bound, fill))));
                Ok(Arc::new(builder.finish()) as ArrayRef)
            }) as Box<_>
        });
    }
    let ty = from.clone().nullable();
    let zone = context.time_zone;
    Some(Box::new(move |array| {
        let mut builder = StringBuilder::with_capacity(array.len(), array.len() * 8);
        let mut text = String::new();
        for row in 0..array.len() {
            if array.is_null(row) {
                builder.append_null();
                continue;
            }
            text.clear();
            cast_cell(array, row, &ty, zone, &mut text);
            builder.append_value(bounded(&text, bound, fill));
        }
        Ok(Arc::new(builder.finish()))
    }))
}

/// Text that no value can exceed needs no work.
fn widening(from: &TypeKind, bound: usize, fill: bool) -> Option<()> {
    (!fill && length(from)? as usize <= bound).then_some(())
}

/// At most `bound` characters, exactly that many when filled.
pub(super) fn bounded(text: &str, bound: usize, fill: bool) -> Cow<'_, str> {
    if text.len() > bound
        && let Some((end, _)) = text.char_indices().nth(bound)
    {
        return Cow::Borrowed(&text[..end]);
    }
    if fill {
        let count = text.chars().count();
        if count < bound {
            return Cow::Owned(format!("{text}{:1$}", "", bound - count));
        }
    }
    Cow::Borrowed(text)
}
