//! `$HASH_CODE`: an INT that spreads values, for aggregations that the planner splits into buckets. No call in a statement meets it.
//!
//! Keys of state depend on it, so that it must not change: of numbers and times Java's hash, of text and bytes FNV-1a, folded to 32 bits.

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use dataflow::{Failure, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::{FunctionDef, Kernel, loops};

const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The function.
pub(super) fn functions() -> Vec<FunctionDef> {
    vec![FunctionDef::new("$HASH_CODE", &["$HASH_CODE(<ANY>)"], "A number that spreads values.", types, kernel)]
}

fn types(args: &[Argument]) -> Option<Signature> {
    let [arg] = args else { return None };
    is_hashed(&arg.ty.arrow_type()).then(|| Signature::unchanged(args, TypeKind::Int))?
}

/// Whether values of this layout are hashed: those that are some bytes in a row.
fn is_hashed(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::Binary) || data_type.primitive_width().is_some()
}

fn kernel(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let array = args[0].array();
        Ok(match array.data_type() {
            DataType::Utf8 => {
                let texts = array.as_string::<i32>();
                hashed(array, rows, |row| texts.value(args[0].position(row)).as_bytes(), |row| args[0].position(row))
            }
            DataType::Binary => {
                let texts = array.as_binary::<i32>();
                hashed(array, rows, |row| texts.value(args[0].position(row)), |row| args[0].position(row))
            }
            data_type => {
                let width = data_type.primitive_width().unwrap_or(1);
                let data = array.to_data();
                let (values, offset) = (data.buffers()[0].as_slice(), data.offset());
                let bytes = |row: usize| {
                    let start = (offset + args[0].position(row)) * width;
                    &values[start..start + width]
                };
                let valid = |row: usize| array.is_valid(args[0].position(row));
                loops::primitives::<Int32Type>(rows, |row| valid(row).then(|| java_hash(bytes(row))))
            }
        })
    }))
}

fn hashed<'a>(
    array: &ArrayRef,
    rows: usize,
    bytes: impl Fn(usize) -> &'a [u8],
    position: impl Fn(usize) -> usize,
) -> ArrayRef {
    loops::primitives::<Int32Type>(rows, |row| array.is_valid(position(row)).then(|| fnv1a(bytes(row))))
}

/// The hash of a number with these bytes, lowest first: the number itself when it is an INT or smaller, else its halves together.
fn java_hash(bytes: &[u8]) -> i32 {
    let is_negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let word = |bytes: &[u8]| {
        let sign = if is_negative { -1 } else { 0 };
        bytes.iter().rev().fold(sign, |all: i32, &byte| all << 8 | i32::from(byte))
    };
    bytes.chunks(4).fold(0, |hash, half| hash ^ word(half))
}

fn fnv1a(bytes: &[u8]) -> i32 {
    let hash = bytes.iter().fold(OFFSET_BASIS, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    (hash ^ (hash >> 32)) as i32
}

#[cfg(test)]
mod tests {
    use super::{fnv1a, java_hash};

    #[test]
    fn the_hash_does_not_change() {
        // 64 bits from the reference vectors of the FNV authors: 0xcbf29ce484222325 and 0xaf63dc4c8601ec8c.
        assert_eq!(fnv1a(b""), (0xcbf2_9ce4_u32 ^ 0x8422_2325) as i32);
        assert_eq!(fnv1a(b"a"), (0xaf63_dc4c_u32 ^ 0x8601_ec8c) as i32);
        // Byte.hashCode, Integer.hashCode, Long.hashCode and Double.hashCode.
        assert_eq!(java_hash(&(-3_i8).to_le_bytes()), -3);
        assert_eq!(java_hash(&(-70_000_i32).to_le_bytes()), -70_000);
        assert_eq!(java_hash(&(-2_i64).to_le_bytes()), 1);
        assert_eq!(java_hash(&2.5_f64.to_le_bytes()), 1_074_003_968);
    }
}
