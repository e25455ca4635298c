#!/bin/bash
# Records cases on the real Flink: starts one JVM, runs the cases, stops it. Usage: record.sh [--check | --print] CASE.sql...
#   (none)   writes CASE.json beside each CASE.sql
#   --check  records again and compares with CASE.json; exit code 1 when one differs
#   --print  writes to the standard output only
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
home=$("$here/flink-home.sh")
command -v javac >/dev/null || { echo "record.sh: 'javac' is missing; on Debian: apt-get install openjdk-17-jdk-headless" >&2; exit 1; }

cache=${XDG_CACHE_HOME:-$HOME/.cache}/flinkrs/oracle
classes=$cache/classes-$(cat "$here"/server/*.java | sha256sum | cut -c1-16)
classpath=$(printf '%s:' "$home"/lib/*.jar)$classes
if [ ! -d "$classes" ]; then
  mkdir -p "$classes.part"
  javac -d "$classes.part" -cp "$classpath" "$here"/server/*.java
  mv "$classes.part" "$classes"
fi

export ORACLE_WORK=$cache/work
ORACLE_JAVA="java $(sed -n 's/^ *all: //p' "$home/conf/config.yaml" | head -1) -Xmx${ORACLE_HEAP:-1500m} -Duser.timezone=UTC
  -Dlog4j.configurationFile=$here/server/log4j2.properties -Doracle.log=$cache/oracle.log -cp $classpath OracleServer"
export ORACLE_JAVA
exec python3 "$here/record.py" "$@"
