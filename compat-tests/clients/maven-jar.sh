#!/bin/bash
# Fetches a JAR of Flink 2.3.0 from Maven Central, by its artifact's name, and prints its path. Cached under ${XDG_CACHE_HOME:-~/.cache}.
set -euo pipefail
name=$1
version=2.3.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/flinkrs
jar=$cache/$name-$version.jar
if [ ! -f "$jar" ]; then
  echo "maven-jar.sh: downloading $name $version to $cache" >&2
  mkdir -p "$cache"
  part=$(mktemp "$cache/$name.XXXXXX"); trap 'rm -f "$part"' EXIT
  curl -fsSL -o "$part" "https://repo1.maven.org/maven2/org/apache/flink/$name/$version/$name-$version.jar"
  mv "$part" "$jar"
fi
echo "$jar"
