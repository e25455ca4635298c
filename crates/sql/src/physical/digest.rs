//! Stable operator ids: the same statement gives the same ids, whatever the machine or the release, because state is found by them.
//!
//! An id is a 128-bit FNV-1a hash of what the operator does (not of how its connector is configured) and of the ids of its inputs; equal operators
//! are told apart by their number.

use std::collections::HashMap;

use dataflow::OperatorId;

use super::PhysicalNode;

const OFFSET_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The ids of the nodes, which stand inputs first.
pub(super) fn operator_ids(nodes: &[PhysicalNode]) -> Vec<OperatorId> {
    let mut ids: Vec<OperatorId> = Vec::with_capacity(nodes.len());
    let mut seen: HashMap<u128, u32> = HashMap::new();
    for node in nodes {
        let mut text = node.name.clone();
        for line in &node.lines {
            text.push_str(&format!("|{}({})", line.name, line.prefix));
        }
        for edge in &node.inputs {
            text.push_str(&format!("|{}:{}", edge.input, ids[edge.source]));
        }
        let hash = fnv1a(text.as_bytes());
        let count = seen.entry(hash).or_default();
        ids.push(OperatorId(if *count == 0 { hash } else { fnv1a(format!("{text}#{count}").as_bytes()) }));
        *count += 1;
    }
    ids
}

fn fnv1a(bytes: &[u8]) -> u128 {
    bytes.iter().fold(OFFSET_BASIS, |hash, &byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::fnv1a;

    #[test]
    fn the_hash_is_fnv1a() {
        // From the reference vectors of the FNV authors.
        assert_eq!(fnv1a(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv1a(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
