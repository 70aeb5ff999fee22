#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Sets up, builds, and runs every test: lit, GoogleTest, pytest, an outside
# project, and the house rules. Its last lines are CTest's summary.
#   scripts/test.sh [ctest arguments]      for example -L lit, or -R unit
# BUILD_DIR (build) and CMAKE_ARGS (none) are taken from the environment.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib/configure.sh

scripts/setup.sh
configure -DTESSERA_PYTHON="$PWD/.venv/bin/python"
say "building"
cmake --build "$build"
say "testing"
# -V shows what each suite counted, also when all is well.
ctest --test-dir "$build" -V "$@"
