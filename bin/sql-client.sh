#!/usr/bin/env bash
# Flink's SQL client under its own name: passes everything on to 'flinkrs sql-client', from FLINKRS or from the PATH.
# Flink writes one long flag with a single dash.
arguments=()
for argument in "$@"; do
  if [ "$argument" = -hist ]; then argument=--history; fi
  arguments+=("$argument")
done
exec "${FLINKRS:-flinkrs}" sql-client "${arguments[@]}"
