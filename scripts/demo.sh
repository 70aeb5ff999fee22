#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Sets up, builds the compiler and the runtime, and runs the main job on real
# pictures; writes build/demo/selection.png. Once built it takes some two minutes.
#   scripts/demo.sh
# BUILD_DIR (build) and CMAKE_ARGS (none) are taken from the environment.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD_DIR:-build}
read -r -a cmake_args <<<"${CMAKE_ARGS:-}"

say() { echo "==> demo: $* [${SECONDS}s]"; }

scripts/setup.sh
say "configuring $build"
[[ -f $build/build.ninja ]] || export CC=clang-22 CXX=clang++-22
cmake -S . -B "$build" -G Ninja -DTESSERA_PYTHON="$PWD/.venv/bin/python" \
  ${cmake_args[@]+"${cmake_args[@]}"} >"$build.configure.log" 2>&1 || {
  cat "$build.configure.log" >&2
  exit 1
}
mv "$build.configure.log" "$build/configure.log"
say "building the compiler and the runtime"
cmake --build "$build" --target tessera-compile tessera_rt_shared
say "running"
TESSERA_BUILD_DIR="$PWD/$build" TESSERA_TOOLS_DIR="$PWD/$build/bin" \
  .venv/bin/python scripts/demo/demo.py
say "done"
