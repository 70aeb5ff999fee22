#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Installs what building, testing and the demo need and is not there yet, on
# Debian 12, as root or with sudo. Nothing missing: it takes a second.
#   scripts/setup.sh [sanitizers] [tidy]     also what those scripts need
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "==> setup: $*"; }
die() { echo "setup: $*" >&2; exit 1; }

packages=(
  ca-certificates git cmake ninja-build ccache g++ clang-22 lld-22
  llvm-22-dev llvm-22-tools liblld-22-dev libmlir-22-dev mlir-22-tools
  clang-format-22
  zlib1g-dev libzstd-dev libgtest-dev libxxhash-dev python3 python3-venv
  pkgconf dpkg-dev file
)
for extra in "$@"; do
  case $extra in
    sanitizers) packages+=(libclang-rt-22-dev) ;;
    tidy) packages+=(clang-tidy-22) ;;
    *) echo "usage: scripts/setup.sh [sanitizers] [tidy]" >&2; exit 2 ;;
  esac
done

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "needs root to install packages; run it as root or install sudo"
  fi
}

install_packages() {
  command -v apt-get >/dev/null ||
    die "this script knows Debian only; install the like of: ${packages[*]}"
  local installed missing=()
  installed=" $(dpkg-query -W -f='${db:Status-Abbrev}${binary:Package}\n' |
    sed -n 's/^ii //p' | sed 's/:.*//' | tr '\n' ' ') "
  for package in "${packages[@]}"; do
    [[ $installed == *" $package "* ]] || missing+=("$package")
  done
  [[ ${#missing[@]} == 0 ]] && return
  say "installing ${#missing[@]} packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
    --no-install-recommends "${missing[@]}" ||
    die "apt-get failed; LLVM 22 is in bookworm-security, is it in your sources?"
}

# The packages of the tests and the demo, apart from the system's Python.
make_venv() {
  if cmp -s scripts/requirements.txt .venv/installed-requirements.txt; then
    return
  fi
  say "making .venv with the packages of scripts/requirements.txt"
  # The one python3-venv belongs to, whatever else is first on the path.
  /usr/bin/python3 -m venv --clear .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check \
    -r scripts/requirements.txt ||
    die "pip failed; does this machine reach a package index?"
  cp scripts/requirements.txt .venv/installed-requirements.txt
}

# The assembler of the GPU target, for the tests and the demo: the version they
# were written with, unless the machine has one that will do.
ptxas_wheel=nvidia-cuda-nvcc==13.0.88

have_ptxas() {
  local file
  for file in "${TESSERA_PTXAS:-}" "$(command -v ptxas)" \
    "${CUDA_HOME:-}/bin/ptxas" /usr/local/cuda/bin/ptxas \
    .venv/lib/python3*/site-packages/nvidia/*/bin/ptxas; do
    # 12.7 or newer, as lib/Target/NVPTX wants it.
    if [[ -x $file ]] &&
      "$file" --version | grep -Eq ' V(12\.([7-9]|[1-9][0-9])|1[3-9])\.'; then
      return
    fi
  done
  return 1
}

install_ptxas() {
  have_ptxas && return
  say "installing ptxas of $ptxas_wheel into .venv"
  # ptxas runs without the headers and libraries the wheel depends on.
  .venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --no-deps "$ptxas_wheel" ||
    die "pip failed; install CUDA's ptxas, or does this machine reach an index?"
}

# What the check of the machine code compares: the oldest and the newest ptxas of
# those that will do and have a wheel (12.7 has none), each in a folder of its own,
# and what takes machine code apart.
machine_code_wheels=(
  nvidia-cuda-nvcc-cu12==12.8.93
  nvidia-cuda-nvcc==13.5.37
  nvidia-cuda-nvdisasm==13.5.37
)

install_machine_code_tools() {
  local wheel folder
  for wheel in "${machine_code_wheels[@]}"; do
    folder=.venv/assemblers/$wheel
    [[ -d $folder ]] && continue
    say "installing $wheel into $folder"
    rm -rf "$folder.part"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
      --no-deps --target "$folder.part" "$wheel" ||
      die "pip failed; does this machine reach a package index?"
    mv "$folder.part" "$folder"
  done
}

install_packages
make_venv
install_ptxas
install_machine_code_tools
say "everything is there"
