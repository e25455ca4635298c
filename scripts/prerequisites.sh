#!/usr/bin/env bash
# Installs what the build needs and the machine lacks: a C/C++ compiler, make, libclang for bindgen, zlib. With "test" also what the tests need:
# Java (17 or later) and Maven for the real Kafka broker, Node.js and Chromium for Flink's dashboard. Debian and Ubuntu; elsewhere it says what to install.
set -euo pipefail
packages=()
need() { command -v "$1" >/dev/null 2>&1 || packages+=("$2"); }
need cc gcc; need c++ g++; need make make; need curl curl; need python3 python3
[ -e /usr/include/zlib.h ] || packages+=(zlib1g-dev)
ls /usr/lib/llvm-*/lib/libclang{.so,-[0-9]}* /usr/lib/*/libclang{.so,-[0-9]}* 2>/dev/null | grep -q . || packages+=(libclang-dev)
if [ "${1:-}" = test ]; then
  need java default-jre-headless; need mvn maven; need openssl openssl
  need unzip unzip; need node nodejs; need npm npm; need chromium chromium
fi
if [ ${#packages[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "please install: ${packages[*]} (names of Debian packages)" >&2; exit 1
  fi
  sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
command -v cargo >/dev/null 2>&1 || { echo "Rust is missing: see https://rustup.rs" >&2; exit 1; }
