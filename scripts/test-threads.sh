#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# What needs no LLVM, the runtime first, and its tests under ThreadSanitizer, in
# build-tsan: loops, checks and errors of eight threads at once.
#   scripts/test-threads.sh [ctest arguments]
set -euo pipefail
cd "$(dirname "$0")/.."
BUILD_DIR=${BUILD_DIR:-build-tsan}
. scripts/lib/configure.sh

scripts/setup.sh sanitizers
configure -DTESSERA_PYTHON="$PWD/.venv/bin/python" -DTESSERA_SANITIZERS=thread
say "building"
cmake --build "$build" --target llvm-free-tests
say "testing"
TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 \
TSAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-22 \
  ctest --test-dir "$build" -V -L llvm-free --no-tests=error "$@"
