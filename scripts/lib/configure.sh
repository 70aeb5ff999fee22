# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# For the scripts that build; sourced in the root of the tree. BUILD_DIR (build),
# CMAKE_ARGS (none), and CC and CXX (clang 22) are taken from the environment.

build=${BUILD_DIR:-build}
read -r -a cmake_args <<<"${CMAKE_ARGS:-}"

say() { echo "==> $(basename "$0" .sh): $* [${SECONDS}s]"; }

# Makes or refreshes $build; arguments go to CMake. Silent unless it fails.
configure() {
  say "configuring $build"
  # A tree keeps the compilers it began with.
  [[ -f $build/build.ninja ]] || export CC=${CC:-clang-22} CXX=${CXX:-clang++-22}
  local log
  log=$(mktemp)
  cmake -S . -B "$build" -G Ninja "$@" ${cmake_args[@]+"${cmake_args[@]}"} \
    >"$log" 2>&1 || {
    cat "$log" >&2
    rm "$log"
    exit 1
  }
  mv "$log" "$build/configure.log"
}
