#!/usr/bin/env bash
# Flink's jobmanager under its own name: 'jobmanager.sh start-foreground -Dkey=value' runs 'flinkrs jobmanager', from FLINKRS or from the PATH.
if [ "${1:-}" != start-foreground ]; then
  echo "jobmanager.sh: only 'start-foreground' is supported; a service manager or '&' puts it into the background" >&2
  exit 1
fi
exec "${FLINKRS:-flinkrs}" jobmanager "${@:2}"
