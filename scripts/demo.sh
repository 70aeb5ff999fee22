#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Sets up, builds the compiler and the runtime, and runs the main job on real
# pictures; writes build/demo/selection.png. Once built it takes some two minutes.
#   scripts/demo.sh
# BUILD_DIR (build) and CMAKE_ARGS (none) are taken from the environment.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib/configure.sh

scripts/setup.sh
configure -DTESSERA_PYTHON="$PWD/.venv/bin/python"
say "building the compiler and the runtime"
cmake --build "$build" --target tessera-compile tessera_rt_shared
say "running"
TESSERA_BUILD_DIR=$(realpath "$build") PYTHONPATH="$PWD/scripts/pylib" \
  .venv/bin/python scripts/demo/demo.py
say "done"
