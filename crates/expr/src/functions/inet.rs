//! INET_ATON and INET_NTOA: IPv4 addresses as numbers, short forms as in MySQL: the last part is the last byte.

use std::fmt::Write;

use arrow_array::types::Int64Type;
use dataflow::{Failure, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::family::Family::{Long, Text};
use super::family::Nullability::Always;
use super::family::signature;
use super::{FunctionDef, Kernel, loops};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    vec![
        new("INET_ATON", &["INET_ATON(<CHARACTER>)"], "The number of an IPv4 address.", to_number, inet_aton),
        new("INET_NTOA", &["INET_NTOA(<INTEGER>)"], "The IPv4 address of a number.", to_address, inet_ntoa),
    ]
}

fn to_number(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text], 1, TypeKind::BigInt, Always)
}

fn to_address(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Long], 1, TypeKind::STRING, Always)
}

/// NULL of what is no address.
fn inet_aton(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::primitives::<Int64Type>(rows, |row| number(text.get(row)?)))
    }))
}

fn number(address: &str) -> Option<i64> {
    let mut parts = [0; 4];
    let mut count = 0;
    for part in address.split('.') {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        *parts.get_mut(count)? = part.parse::<i64>().ok().filter(|value| is_number && *value <= 255)?;
        count += 1;
    }
    let last = parts[count - 1];
    let before = parts[..count - 1].iter().zip([24, 16, 8]).map(|(part, shift)| part << shift).sum::<i64>();
    Some(before | last)
}

/// NULL of a number that has no 32 bits.
fn inet_ntoa(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        Ok(loops::texts(rows, |row, out| {
            let address = u32::try_from(args[0].value::<Int64Type>(row)?).ok()?;
            let [a, b, c, d] = address.to_be_bytes();
            let _ = write!(out, "{a}.{b}.{c}.{d}");
            Some(())
        }))
    }))
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn addresses_have_up_to_four_parts() {
        for (address, expected) in [
            ("127.0.0.1", Some(2_130_706_433)),
            ("255.255.255.255", Some(4_294_967_295)),
            ("127.1", Some(2_130_706_433)),
            ("1.2.3", Some(16_908_291)),
            ("1", Some(1)),
            ("0001.2.3.4", Some(16_909_060)),
            ("1.2.300", None),
            ("1.2.3.4.5", None),
            ("1..2", None),
            ("1.2.3.", None),
            ("+1.2.3.4", None),
            ("", None),
        ] {
            assert_eq!(number(address), expected, "{address}");
        }
    }
}
