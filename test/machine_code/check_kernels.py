# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Holds the machine code of every kernel that ships against sass.py: each row of the
tuning table, both element types, the orders of tiles in turn, by each assembler.

    check_kernels.py TESSERA_COMPILE     TESSERA_ASSEMBLERS: .venv/assemblers
"""

import itertools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import sass

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCKS = ["64", "64x128", "128x64", "128"]
SHAPES = list(itertools.product([64, 96, 128, 192, 256], BLOCKS))
ORDERS = ["static", "ticket", "wave"]


def folder_of_assemblers():
    return pathlib.Path(os.environ.get("TESSERA_ASSEMBLERS", ROOT / ".venv/assemblers"))


def find_assemblers(folder):
    """(version, ptxas) from the oldest on, and nvdisasm."""
    files = sorted(folder.glob("*/nvidia/*/bin/ptxas"))
    nvdisasm = next(iter(folder.glob("*/nvidia/*/bin/nvdisasm")), None)
    if len(files) < 2 or not nvdisasm:
        sys.exit(f"{folder} has {len(files)} of the 2 assemblers and "
                 f"{'an' if nvdisasm else 'no'} nvdisasm; run scripts/setup.sh")  # fmt: skip
    return sorted((version_of(file), file) for file in files), nvdisasm


def version_of(ptxas):
    said = subprocess.run([ptxas, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in re.search(r"V(\d+)\.(\d+)\.(\d+)", said).groups())


def kernels():
    """What tessera-compile is given; orders and what is optional rotate."""
    for index, ((head_dim, block), dtype) in enumerate(itertools.product(SHAPES, ["bf16", "f16"])):
        options = [["--lse", "--sizes", "--scale"], ["--sizes"], ["--lse"]][index % 3]
        yield ["--head-dim", str(head_dim), "--block", block, "--dtype", dtype, *options,
               "--plan", f"order={ORDERS[index // 2 % 3]}"]  # fmt: skip


def check(compiler, assemblers, nvdisasm, flags, folder):
    """What is wrong with one kernel, a line each, and how many releases it has."""
    ptx = folder / ("_".join(flags).replace("/", "") + ".ptx")
    done = subprocess.run([compiler, "--op", "attend", "--target", "sm_90a", "--topk", "40", *flags,
                           "--emit", "ptx", "-o", ptx], capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        return [f"{' '.join(flags)}: {done.stderr}"], 0
    # A wait that the lowering had to add costs something in each round of a loop.
    wrong = [f"{' '.join(flags)}: {line}" for line in done.stderr.split("\n") if "release-waits" in line]
    releases = 0
    for version, ptxas in assemblers:
        name = f"{' '.join(flags)}, ptxas {'.'.join(map(str, version))}"
        cubin = ptx.with_suffix(f".{version[0]}.{version[1]}.cubin")
        subprocess.run([ptxas, "-arch", "sm_90a", "-o", cubin, ptx], check=True)
        early, count = sass.check(nvdisasm, cubin)
        wrong += [f"{name}: {each}" for each in early]
        wrong += [] if count else [f"{name}: no release was found"]
        releases += count
    return wrong, releases


def main():
    assemblers, nvdisasm = find_assemblers(folder_of_assemblers())
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(2) as pool:
        results = list(pool.map(
            lambda flags: check(sys.argv[1], assemblers, nvdisasm, flags, pathlib.Path(work)),
            kernels()))  # fmt: skip
    wrong = [line for lines, _ in results for line in lines]
    print(*wrong, sep="\n")
    print(f"{len(results)} kernels by {len(assemblers)} assemblers, "
          f"{sum(count for _, count in results)} releases: {len(wrong)} wrong")  # fmt: skip
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
