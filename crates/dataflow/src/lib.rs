//! The book of contracts: ids, batches, types, key groups, job graphs and the authoring traits.
