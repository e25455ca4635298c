//! Key groups: the unit in which keyed state is spread over subtasks and moved when a job is rescaled. Flink's formulas, so that counts agree.

use std::ops::RangeInclusive;

/// Flink's default maximum parallelism for an operator of this parallelism: 1.5 times, rounded up to a power of two, within 128 and 32768.
pub fn default_max_parallelism(parallelism: u32) -> u32 {
    (parallelism + parallelism / 2).next_power_of_two().clamp(128, 1 << 15)
}

/// Flink's `MathUtils.murmurHash`: spreads a Java hash code; never negative.
pub fn murmur_hash(code: i32) -> u32 {
    let mut code = code as u32;
    code = code.wrapping_mul(0xcc9e_2d51);
    code = code.rotate_left(15);
    code = code.wrapping_mul(0x1b87_3593);
    code = code.rotate_left(13);
    code = code.wrapping_mul(5).wrapping_add(0xe654_6b64);
    code ^= 4;
    code ^= code >> 16;
    code = code.wrapping_mul(0x85eb_ca6b);
    code ^= code >> 13;
    code = code.wrapping_mul(0xc2b2_ae35);
    code ^= code >> 16;
    let signed = code as i32;
    if signed >= 0 {
        signed as u32
    } else if signed != i32::MIN {
        signed.unsigned_abs()
    } else {
        0
    }
}

/// The key group of a key with this Java hash code (`KeyGroupRangeAssignment.assignToKeyGroup`).
pub fn key_group(hash_code: i32, max_parallelism: u32) -> u32 {
    murmur_hash(hash_code) % max_parallelism
}

/// The subtask that owns a key group.
pub fn subtask_of_key_group(key_group: u32, max_parallelism: u32, parallelism: u32) -> u32 {
    key_group * parallelism / max_parallelism
}

/// The key groups that a subtask owns.
pub fn key_group_range(subtask: u32, max_parallelism: u32, parallelism: u32) -> RangeInclusive<u32> {
    let start = (subtask * max_parallelism).div_ceil(parallelism);
    let end = ((subtask + 1) * max_parallelism - 1) / parallelism;
    start..=end
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn default_max_parallelism_is_flinks() {
        for (parallelism, expected) in [(1, 128), (85, 128), (86, 256), (128, 256), (30_000, 32_768)] {
            assert_eq!(default_max_parallelism(parallelism), expected, "parallelism {parallelism}");
        }
    }

    proptest! {
        #[test]
        fn ranges_partition_the_key_groups(parallelism in 1u32..200, extra in 0u32..200) {
            let max = parallelism + extra;
            for group in 0..max {
                let owner = subtask_of_key_group(group, max, parallelism);
                prop_assert!(owner < parallelism);
                prop_assert!(key_group_range(owner, max, parallelism).contains(&group));
            }
        }

        #[test]
        fn a_key_group_is_in_range(code in any::<i32>(), max in 1u32..32_768) {
            prop_assert!(key_group(code, max) < max);
        }
    }
}
