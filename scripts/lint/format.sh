#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Every tracked C and C++ file is formatted as .clang-format says.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t files < <(git ls-files '*.h' '*.c' '*.cpp')
if ! clang-format-22 --dry-run -Werror "${files[@]}"; then
  echo "format: run clang-format-22 -i on the files named above" >&2
  exit 1
fi
echo "format: ${#files[@]} files are clean"
