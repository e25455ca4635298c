#!/usr/bin/env bash
# Flink's taskmanager under its own name: 'taskmanager.sh start-foreground -Dkey=value' runs 'flinkrs taskmanager', from FLINKRS or from the PATH.
if [ "${1:-}" != start-foreground ]; then
  echo "taskmanager.sh: only 'start-foreground' is supported; a service manager or '&' puts it into the background" >&2
  exit 1
fi
exec "${FLINKRS:-flinkrs}" taskmanager "${@:2}"
