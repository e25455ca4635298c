//! The order in which a Java `HashMap` gives its entries: Flink shows maps in it, and so do we.

/// `String.hashCode`: over UTF-16 units.
pub fn string_hash_code(text: &str) -> i32 {
    text.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()))
}

/// The number of buckets of a `HashMap` that was made without saying how many.
pub const DEFAULT_CAPACITY: usize = 16;

/// The order in which a `HashMap` that was made for `capacity` entries gives keys of these hash codes that were put in one after the other. Keys in
/// the same bucket stay as they came.
pub fn hash_map_order(hash_codes: &[i32], capacity: usize) -> Vec<usize> {
    let mut capacity = u32::try_from(capacity).unwrap_or(1 << 30).clamp(1, 1 << 30).next_power_of_two();
    while hash_codes.len() as u64 > u64::from(capacity) * 3 / 4 && capacity < 1 << 30 {
        capacity *= 2;
    }
    let bucket = |index: usize| {
        let code = hash_codes[index] as u32;
        (code ^ (code >> 16)) & (capacity - 1)
    };
    let mut order: Vec<usize> = (0..hash_codes.len()).collect();
    order.sort_by_key(|&index| bucket(index));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_by_bucket() {
        assert_eq!((string_hash_code(""), string_hash_code("a"), string_hash_code("dd")), (0, 97, 3_200));
        assert_eq!(string_hash_code("polygenelubricants"), i32::MIN);
        let keys = ["a", "b", "c", "dd", "ee", "f"];
        let codes: Vec<i32> = keys.iter().map(|key| string_hash_code(key)).collect();
        let order: Vec<&str> = hash_map_order(&codes, DEFAULT_CAPACITY).into_iter().map(|index| keys[index]).collect();
        assert_eq!(order, ["dd", "ee", "a", "b", "c", "f"]);
        // Two buckets become four.
        let codes = [string_hash_code("He"), string_hash_code("Wor")];
        assert_eq!((hash_map_order(&codes, 2), hash_map_order(&codes, DEFAULT_CAPACITY)), (vec![0, 1], vec![1, 0]));
        // 13 entries are too many for 16 buckets.
        let codes: Vec<i32> = (4..17).rev().collect();
        assert_eq!(hash_map_order(&codes, DEFAULT_CAPACITY), (0..13).rev().collect::<Vec<_>>());
    }
}
