#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Sets up, builds the compiler and the runtime, and runs the main job on real
# pictures; writes build/demo/selection.png. Then compiles GPU kernels, and runs them
# where there is a GPU. Once built it takes a minute or two.
#   scripts/demo.sh
# BUILD_DIR (build) and CMAKE_ARGS (none) are taken from the environment.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib/configure.sh

scripts/setup.sh
configure -DTESSERA_PYTHON="$PWD/.venv/bin/python"
say "building the compiler and the runtime"
targets=(tessera-compile tessera_rt_shared)
[[ ! -e /dev/nvidiactl ]] || targets+=(tessera-bench)
cmake --build "$build" --target "${targets[@]}"
say "running"
# The tools look for ptxas in the packages of the Python on the path, too.
PATH="$PWD/.venv/bin:$PATH" TESSERA_BUILD_DIR=$(realpath "$build") \
  PYTHONPATH="$PWD/scripts/pylib" .venv/bin/python scripts/demo/demo.py
say "done"
