#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The same tests with our code under the address and undefined-behaviour
# sanitizers, in build-asan. Debian's LLVM is not instrumented, so what hides in
# it stays hidden, and two checks that need both sides to agree are switched off.
#   scripts/test-sanitizers.sh [ctest arguments]
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh sanitizers
# Containers are annotated by instrumented code only: a vector filled by LLVM
# and read by us would look overflown. LLVM's arenas likewise: our half of their
# header poisons memory that LLVM's half does not release again. And LLVM keeps
# its globals until exit on purpose, which is no leak of ours. A thread that compiles
# has LLVM's stack for signals when it ends, which the sanitizer takes for its own.
export ASAN_OPTIONS=detect_container_overflow=0:allow_user_poisoning=0:detect_leaks=1
ASAN_OPTIONS+=:use_sigaltstack=0
export LSAN_OPTIONS="suppressions=$PWD/scripts/lsan.supp:print_suppressions=0"
export UBSAN_OPTIONS=print_stacktrace=1
export ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-22
export BUILD_DIR=build-asan
export CMAKE_ARGS="-DTESSERA_SANITIZERS=address,undefined -DTESSERA_STATIC_LLVM=OFF"
# Python runs one test after the other, so the rest runs beside it.
exec scripts/test.sh -j 2 "$@"
