#!/bin/bash
# Fetches Flink's JDBC driver from Maven Central and prints the path of its JAR. Cached under ${XDG_CACHE_HOME:-~/.cache}.
set -euo pipefail
version=2.3.0
name=flink-sql-jdbc-driver-bundle
cache=${XDG_CACHE_HOME:-$HOME/.cache}/flinkrs
jar=$cache/$name-$version.jar
if [ ! -f "$jar" ]; then
  echo "jdbc-driver.sh: downloading $name $version (40 MB) to $cache" >&2
  mkdir -p "$cache"
  part=$(mktemp "$cache/$name.XXXXXX"); trap 'rm -f "$part"' EXIT
  curl -fsSL -o "$part" "https://repo1.maven.org/maven2/org/apache/flink/$name/$version/$name-$version.jar"
  mv "$part" "$jar"
fi
echo "$jar"
