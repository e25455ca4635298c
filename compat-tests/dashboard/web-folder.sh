#!/bin/bash
# Takes the dashboard out of Flink's own archive and prints its folder. Cached beside the Flink that compat-tests/oracle/flink-home.sh assembles.
set -euo pipefail
home=$("$(dirname "$0")/../oracle/flink-home.sh")
if [ ! -f "$home/web/.complete" ]; then
  unzip -q -o "$home/lib/flink-dist-2.3.0.jar" 'web/*' -d "$home"
  touch "$home/web/.complete"
fi
echo "$home/web"
