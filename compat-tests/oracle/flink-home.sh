#!/bin/bash
# Assembles a runnable Apache Flink 2.3.0 from its two PyPI packages (libraries, launch scripts) and prints its folder.
# Cached under ${XDG_CACHE_HOME:-~/.cache}; FLINK_HOME names another place. Needs Java 17, python3 with pip, unzip.
set -euo pipefail
version=2.3.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/flinkrs
home=${FLINK_HOME:-$cache/flink-$version}

need() { command -v "$1" >/dev/null || { echo "flink-home.sh: '$1' is missing; on Debian: apt-get install $2" >&2; exit 1; }; }

if [ ! -f "$home/.complete" ]; then
  need java openjdk-17-jdk-headless; need python3 'python3 python3-pip'; need unzip unzip
  echo "flink-home.sh: downloading Apache Flink $version (230 MB) to $home" >&2
  work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
  python3 -m pip download -q --no-deps --no-binary :all: -d "$work" "apache-flink-libraries==$version" >&2
  python3 -m pip download -q --no-deps --only-binary :all: -d "$work" "apache-flink==$version" >&2
  mkdir -p "$work/libraries" "$work/scripts" "$home/log"
  tar xzf "$work/apache_flink_libraries-$version.tar.gz" -C "$work/libraries" --strip-components=1
  unzip -q -o "$work"/apache_flink-$version-*.whl 'pyflink/bin/*' 'pyflink/conf/*' -d "$work/scripts"
  for part in lib opt plugins bin; do
    mkdir -p "$home/$part"
    if [ -d "$work/libraries/deps/$part" ]; then cp -r "$work/libraries/deps/$part/." "$home/$part/"; fi
  done
  for part in bin conf; do
    mkdir -p "$home/$part"
    if [ -d "$work/scripts/pyflink/$part" ]; then cp -r "$work/scripts/pyflink/$part/." "$home/$part/"; fi
  done
  chmod +x "$home"/bin/*
  touch "$home/.complete"
fi
echo "$home"
