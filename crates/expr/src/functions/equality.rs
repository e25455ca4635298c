//! When two values of ARRAY, MAP or MULTISET are equal. Inside of them two NULLs are equal; that a value itself is NULL is left to the caller.

use std::cmp::Ordering;
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_ord::ord::make_comparator;
use arrow_schema::{ArrowError, DataType, SortOptions};

/// Whether the value of a row on the left equals that of a row on the right.
pub(super) type Equality = Box<dyn Fn(usize, usize) -> bool + Send + Sync>;

/// For two columns of one layout.
pub(super) fn equality(left: &ArrayRef, right: &ArrayRef) -> Result<Equality, ArrowError> {
    let same = match left.data_type() {
        DataType::List(_) => lists(left, right)?,
        DataType::Map(..) => maps(left, right)?,
        DataType::Struct(_) => rows(left, right)?,
        _ => {
            let comparator = make_comparator(left, right, SortOptions::default())?;
            return Ok(Box::new(move |a, b| comparator(a, b) == Ordering::Equal));
        }
    };
    let nulls = [left.logical_nulls(), right.logical_nulls()];
    let is_null = move |side: usize, row: usize| nulls[side].as_ref().is_some_and(|nulls| nulls.is_null(row));
    Ok(Box::new(move |a, b| match (is_null(0, a), is_null(1, b)) {
        (false, false) => same(a, b),
        (one, other) => one == other,
    }))
}

fn entries(offsets: &[i32], row: usize) -> Range<usize> {
    offsets[row] as usize..offsets[row + 1] as usize
}

fn lists(left: &ArrayRef, right: &ArrayRef) -> Result<Equality, ArrowError> {
    let (left, right) = (left.as_list::<i32>(), right.as_list::<i32>());
    let same = equality(left.values(), right.values())?;
    let (left, right) = (left.offsets().clone(), right.offsets().clone());
    Ok(Box::new(move |a, b| {
        let (a, b) = (entries(&left, a), entries(&right, b));
        a.len() == b.len() && a.zip(b).all(|(a, b)| same(a, b))
    }))
}

/// As many entries, and each key of one has an equal value in the other.
fn maps(left: &ArrayRef, right: &ArrayRef) -> Result<Equality, ArrowError> {
    let (left, right) = (left.as_map(), right.as_map());
    let same_key = equality(left.keys(), right.keys())?;
    let same_value = equality(left.values(), right.values())?;
    let (left, right) = (left.offsets().clone(), right.offsets().clone());
    Ok(Box::new(move |a, b| {
        let (a, b) = (entries(&left, a), entries(&right, b));
        let has = |entry: usize| b.clone().any(|other| same_key(entry, other) && same_value(entry, other));
        a.len() == b.len() && a.clone().all(has)
    }))
}

fn rows(left: &ArrayRef, right: &ArrayRef) -> Result<Equality, ArrowError> {
    let fields = left.as_struct().columns().iter().zip(right.as_struct().columns());
    let fields = fields.map(|(left, right)| equality(left, right)).collect::<Result<Vec<_>, _>>()?;
    Ok(Box::new(move |a, b| fields.iter().all(|same| same(a, b))))
}
