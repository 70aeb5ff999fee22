#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# What continuous integration has no time for: the tree built by gcc, the tools
# linked with static LLVM and packed, and clang-tidy over every file. About an hour
# on two cores. Its last line says what failed, if anything did.
#   scripts/test-more.sh [gcc] [static] [tidy]      without a choice: all three
set -euo pipefail
cd "$(dirname "$0")/.."

# The whole suite as gcc compiles it.
run_gcc() { CC=gcc CXX=g++ BUILD_DIR=build-gcc scripts/test.sh; }

# The tools that need no LLVM, by lit and as packages.
run_static() {
  export BUILD_DIR=build-static
  CMAKE_ARGS="-DTESSERA_STATIC_LLVM=ON" scripts/test.sh -R '^lit-static$' &&
    TESSERA_BUILD_DIR=$PWD/$BUILD_DIR \
      .venv/bin/python -m pytest -q test/python/test_package.py
}

run_tidy() { scripts/tidy.sh --all; }

(($#)) || set -- gcc static tidy
for step in "$@"; do
  [[ $step == gcc || $step == static || $step == tidy ]] || {
    echo "usage: scripts/test-more.sh [gcc] [static] [tidy]" >&2
    exit 2
  }
done
failed=()
for step in "$@"; do
  ("run_$step") || failed+=("$step")
done
if ((${#failed[@]})); then
  echo "test-more: failed: ${failed[*]}" >&2
  exit 1
fi
echo "test-more: passed: $*"
