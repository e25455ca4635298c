//! Metadata columns: a table may declare them with another type than the connector's.

use arrow_array::ArrayRef;
use arrow_cast::{CastOptions, cast_with_options};
use dataflow::{Failure, Field};

/// The values of metadata `key` as the type that the table declares.
pub(crate) fn as_declared(values: ArrayRef, key: &str, field: &Field) -> Result<ArrayRef, Failure> {
    let declared = field.ty.arrow_type();
    if *values.data_type() == declared {
        return Ok(values);
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&values, &declared, &options).map_err(|error| {
        Failure::user(format!("metadata '{key}' cannot be read as column '{}' of type {}", field.name, field.ty))
            .caused_by(error)
            .fatal()
    })
}
