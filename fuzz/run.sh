#!/usr/bin/env bash
# Fuzzes the parser or the planner: `fuzz/run.sh parser|planner [seconds]`, 15 minutes unless said. What crashes or hangs is left in fuzz/artifacts;
# a text that is mended goes into crates/sql/tests/robustness/crashers. Needs cargo-fuzz (`cargo install cargo-fuzz`), on the stable toolchain.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:?parser or planner}
seconds=${2:-900}
corpus=fuzz/corpus/$target
mkdir -p "$corpus"
python3 fuzz/seeds.py "$corpus" fuzz/corpus/words.dict
# No sanitizer, which would need another toolchain: the crates are safe Rust, and a panic, a hang and unbounded memory are seen without.
exec cargo fuzz run --sanitizer none "$target" "$corpus" -- \
  -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -dict=fuzz/corpus/words.dict -only_ascii=0
