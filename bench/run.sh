#!/bin/bash
# Measures an engine: bench/run.sh flink|flinkrs [startup|first_row|tumble_csv|tumble_csv_tvf|tumble_datagen|flights_hourly]...
# Without arguments both engines, everything: tens of minutes.
set -e
run=$(dirname "$0")/run.py
if [ $# -gt 0 ]; then exec python3 "$run" "$@"; fi
python3 "$run" flink
python3 "$run" flinkrs
