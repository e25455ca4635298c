#!/bin/bash
# Fetches a JAR of Flink 2.3.0 from Maven Central, by its artifact's name, and prints its path. Cached under ${XDG_CACHE_HOME:-~/.cache}.
set -euo pipefail
name=$1
version=2.3.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/flinkrs
jar=$cache/$name-$version.jar
if [ ! -f "$jar" ]; then
  echo "maven-jar.sh: fetching $name $version to $cache" >&2
  mkdir -p "$cache"
  part=$(mktemp -d "$cache/$name.XXXXXX"); trap 'rm -rf "$part"' EXIT
  mvn -q -B dependency:copy "-Dartifact=org.apache.flink:$name:$version" "-DoutputDirectory=$part" >&2
  mv "$part/$name-$version.jar" "$jar"
fi
echo "$jar"
