#!/usr/bin/env bash
# Builds RocksDB's static library once for each librocksdb-sys version and set of features, into a cache under the home directory, and prints its
# folder: ROCKSDB_LIB_DIR for every later build, in any profile or clone. Without it cargo compiles RocksDB itself, which takes a quarter of an hour.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(awk '/^name = "librocksdb-sys"$/ { getline; gsub(/[^0-9.+]/, ""); print; exit }' Cargo.lock)
[ -n "$version" ] || { echo "no librocksdb-sys in Cargo.lock" >&2; exit 1; }
rocksdb=$(awk '/^name = "rocksdb"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)
dir="${XDG_CACHE_HOME:-$HOME/.cache}/flinkrs/rocksdb-$version-lz4"
if [ ! -f "$dir/librocksdb.a" ]; then
  work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/src" "$dir"
  cat > "$work/Cargo.toml" <<TOML
[package]
name = "rocksdb-cache"
version = "0.0.0"
edition = "2024"
[dependencies]
rocksdb = { version = "=$rocksdb", default-features = false, features = ["lz4", "bindgen-runtime"] }
[profile.dev.package.librocksdb-sys]
opt-level = 3
debug = false
[workspace]
TOML
  echo 'fn main() {}' > "$work/src/main.rs"
  echo "building RocksDB $version once into $dir (about a quarter of an hour on two cores)" >&2
  (cd "$work" && env -u ROCKSDB_LIB_DIR CARGO_TARGET_DIR="$work/target" cargo build -q) >&2
  built=$(find "$work/target" -name librocksdb.a | head -1)
  cp "$built" "$dir/librocksdb.a.tmp" && mv "$dir/librocksdb.a.tmp" "$dir/librocksdb.a"
fi
echo "$dir"
