#!/usr/bin/env bash
# Flink's SQL gateway under its own name: 'sql-gateway.sh start-foreground -Dkey=value' runs 'flinkrs sql-gateway', from FLINKRS or from the PATH.
if [ "${1:-}" != start-foreground ]; then
  echo "sql-gateway.sh: only 'start-foreground' is supported; a service manager or '&' puts it into the background" >&2
  exit 1
fi
exec "${FLINKRS:-flinkrs}" sql-gateway "${@:2}"
