#!/bin/bash
# Installs Playwright's library without its browsers, and prints the folder whose node_modules has it. Cached under ${XDG_CACHE_HOME:-~/.cache}.
set -euo pipefail
version=1.65.1
folder=${XDG_CACHE_HOME:-$HOME/.cache}/flinkrs/playwright-$version
if [ ! -f "$folder/.complete" ]; then
  command -v npm >/dev/null || { echo "playwright.sh: 'npm' is missing; on Debian: apt-get install npm" >&2; exit 1; }
  mkdir -p "$folder"
  npm install --silent --no-audit --no-fund --prefix "$folder" "playwright-core@$version" >&2
  touch "$folder/.complete"
fi
echo "$folder"
