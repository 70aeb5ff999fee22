#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# clang-tidy over the C++ files changed since a commit, or over all of them. A
# file with MLIR in it takes about a minute, so this is not part of test.sh.
#   scripts/tidy.sh [--all | <commit>]       without either: since HEAD
set -euo pipefail
cd "$(dirname "$0")/.."
BUILD_DIR=${BUILD_DIR:-build-tidy}
. scripts/lib/configure.sh

scripts/setup.sh tidy
case ${1:-HEAD} in
  --all) mapfile -t files < <(git ls-files '*.cpp' '*.c') ;;
  -*) echo "usage: scripts/tidy.sh [--all | <commit>]" >&2; exit 2 ;;
  *) mapfile -t files < <(git diff --name-only --diff-filter=d "${1:-HEAD}" -- \
    '*.cpp' '*.c') ;;
esac
if [[ ${#files[@]} == 0 ]]; then
  echo "no C or C++ file changed; scripts/tidy.sh --all checks every one"
  exit
fi

# Without the precompiled header, which clang-tidy would have to build first.
configure -DTESSERA_PCH=OFF
cmake --build "$build" --target tessera-generated >/dev/null
# The consumer is a project of its own, and cmake/ is compiled by other builds:
# neither is in this compile database.
printf '%s\0' "${files[@]}" | grep -zvE '^(test/consumer|cmake)/' |
  xargs -0 -r -n 1 -P "$(nproc)" \
    clang-tidy-22 -p "$build" --quiet --warnings-as-errors='*'
