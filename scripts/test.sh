#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Sets up, builds, and runs every test: lit, GoogleTest, pytest, an outside
# project, and the house rules. Its last lines are CTest's summary.
#   scripts/test.sh [ctest arguments]      for example -L lit, or -R unit
# BUILD_DIR (build) and CMAKE_ARGS (none) are taken from the environment.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD_DIR:-build}
read -r -a cmake_args <<<"${CMAKE_ARGS:-}"

say() { echo "==> test: $* [${SECONDS}s]"; }

scripts/setup.sh
say "configuring $build"
[[ -f $build/build.ninja ]] || export CC=clang-22 CXX=clang++-22
cmake -S . -B "$build" -G Ninja -DTESSERA_PYTHON="$PWD/.venv/bin/python" \
  ${cmake_args[@]+"${cmake_args[@]}"} >"$build.configure.log" 2>&1 || {
  cat "$build.configure.log" >&2
  exit 1
}
mv "$build.configure.log" "$build/configure.log"
say "building"
cmake --build "$build"
say "testing"
# -V shows what each suite counted, also when all is well.
ctest --test-dir "$build" -V "$@"
