#!/usr/bin/env bash
# Installs what the build needs and the machine lacks: a C/C++ compiler, make, libclang for bindgen, zlib. With "test" also what the tests need:
# a JDK (17 or later) and Maven for the real Kafka broker, Node.js and Chromium for Flink's dashboard, Python for what is in deploy/, cargo-deny and mdBook.
# Debian and Ubuntu; elsewhere it says what to install.
set -euo pipefail
packages=()
need() { command -v "$1" >/dev/null 2>&1 || packages+=("$2"); }
need cc gcc; need c++ g++; need make make; need curl curl; need python3 python3
[ -e /usr/include/zlib.h ] || packages+=(zlib1g-dev)
{ compgen -G '/usr/lib/*/lib/libclang[-.][0-9s]*' || compgen -G '/usr/lib/*/libclang[-.][0-9s]*'; } >/dev/null || packages+=(libclang-dev)
if [ "${1:-}" = test ]; then
  need java default-jdk-headless; need javac default-jdk-headless; need mvn maven; need openssl openssl
  need unzip unzip; need node nodejs; need npm npm; need chromium chromium; need ip iproute2; need debootstrap debootstrap
  python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
  python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip)
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
if [ "${1:-}" = test ]; then
  # That of Debian 12 is too old for the web UI and for Playwright, and npm has newer ones; the Makefile looks there first.
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    npm install --silent --no-audit --no-fund --prefix "${XDG_CACHE_HOME:-$HOME/.cache}/flinkrs/node" "node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')@22.23.5"
  cargo deny --version >/dev/null 2>&1 || cargo install --quiet --debug --locked cargo-deny@0.20.2
  command -v mdbook >/dev/null 2>&1 || cargo install --quiet --debug --locked mdbook@0.5.4
fi
