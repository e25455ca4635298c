#!/bin/bash
# Installs Python clients of Flink's REST APIs from PyPI, which others have generated from Flink's OpenAPI, and prints the interpreter that has them.
# Cached under ${XDG_CACHE_HOME:-~/.cache}.
set -euo pipefail
folder=${XDG_CACHE_HOME:-$HOME/.cache}/flinkrs/python-clients-1
if [ ! -f "$folder/.complete" ]; then
  python3 -m venv "$folder" || { echo "python.sh: on Debian: apt-get install python3-venv" >&2; exit 1; }
  "$folder/bin/pip" install --quiet flink-sql-gateway-api==2.1.0 flink-job-manager-api==1.0.2 >&2
  touch "$folder/.complete"
fi
echo "$folder/bin/python"
