//! Hashes of whole rows of any types, a column at a time: to find a row among those of its key before it is compared.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use crate::hash::{hash_bytes, mix};

const NULL: u64 = 0x6e75_6c6c;

/// One hash for each of `rows` rows of these columns. Equal rows have equal hashes; NULL equals NULL.
pub fn hash_rows(columns: &[ArrayRef], rows: usize) -> Vec<u64> {
    let mut hashes = vec![0; rows];
    for column in columns {
        for (hash, value) in hashes.iter_mut().zip(hash_column(column)) {
            *hash = mix(*hash, value);
        }
    }
    hashes
}

fn hash_column(array: &ArrayRef) -> Vec<u64> {
    let mut hashes = match array.data_type() {
        DataType::Boolean => array.as_boolean().values().iter().map(u64::from).collect(),
        DataType::Utf8 => {
            let values = array.as_string::<i32>();
            (0..array.len()).map(|row| hash_bytes(values.value(row).as_bytes())).collect()
        }
        DataType::Binary => {
            let values = array.as_binary::<i32>();
            (0..array.len()).map(|row| hash_bytes(values.value(row))).collect()
        }
        DataType::Struct(_) => hash_rows(array.as_struct().columns(), array.len()),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            hash_ranges(&hash_column(list.values()), list.value_offsets())
        }
        DataType::Map(_, _) => {
            let map = array.as_map();
            let entries = map.entries();
            hash_ranges(&hash_rows(entries.columns(), entries.len()), map.value_offsets())
        }
        _ => hash_fixed(array),
    };
    if let Some(nulls) = array.logical_nulls() {
        for (row, hash) in hashes.iter_mut().enumerate() {
            if nulls.is_null(row) {
                *hash = NULL;
            }
        }
    }
    hashes
}

/// Values of a fixed number of bytes; NULL columns have none.
fn hash_fixed(array: &ArrayRef) -> Vec<u64> {
    let Some(width) = array.data_type().primitive_width() else { return vec![NULL; array.len()] };
    let data = array.to_data();
    let values = &data.buffers()[0].as_slice()[data.offset() * width..];
    values.chunks_exact(width).take(array.len()).map(hash_bytes).collect()
}

fn hash_ranges(elements: &[u64], offsets: &[i32]) -> Vec<u64> {
    let range = |ends: &[i32]| &elements[ends[0] as usize..ends[1] as usize];
    offsets.windows(2).map(|ends| range(ends).iter().fold(1, |hash, element| mix(hash, *element))).collect()
}
