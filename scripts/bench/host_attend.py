# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The host's fine stage beside PyTorch's CPU attention, in one run.

    python scripts/bench/host_attend.py [--features 128] [--dtype f32] [--length 8192] [--flex]

Needs torch (CPU) in the Python that runs it. Rates count useful FLOPs: 4 * D for
each pair of tokens attended. The two are timed in turns, medians are printed."""

import argparse
import pathlib
import re
import statistics
import sys
import tempfile
import time

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "pylib"))
from compiled import RUNTIME, Module, to_bits  # noqa: E402

BLOCK = 64
SOURCE = """
func.func @attend(%q: tensor<?x?x?x{d}x{t}>, %k: tensor<?x?x?x{d}x{t}>, %v: tensor<?x?x?x{d}x{t}>,
                  %index: tensor<?x?x?x{c}xi32>, %count: tensor<?x?x?xi32>) -> tensor<?x?x?x{d}x{t}> {{
  %map = bsa.map_from_lists %index, %count : tensor<?x?x?x{c}xi32>, tensor<?x?x?xi32>
      -> !bsa.block_map<64x64, capacity = {c}, ascending>
  %o = bsa.attend query(%q : tensor<?x?x?x{d}x{t}>) key(%k : tensor<?x?x?x{d}x{t}>)
      value(%v : tensor<?x?x?x{d}x{t}>) at(%map : !bsa.block_map<64x64, capacity = {c}, ascending>)
      -> tensor<?x?x?x{d}x{t}>
  return %o : tensor<?x?x?x{d}x{t}>
}}
"""


def median_seconds(works, repeats):
    """The works in turns; a median each."""
    times = [[] for _ in works]
    for _ in range(repeats + 1):
        for work, taken in zip(works, times):
            time.sleep(0.2)  # until the other's threads no longer spin for work
            start = time.perf_counter()
            work()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken[1:]) for taken in times]  # the first warms up


def memory_of(work):
    """MiB resident before the work, and at most during it (Linux)."""

    def resident(field):
        status = pathlib.Path("/proc/self/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) / 1024

    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = resident("VmRSS")
    work()
    return before, resident("VmHWM")


def random_lists(rng, heads, blocks, kept):
    index = np.empty((1, heads, blocks, kept), "i4")
    for at in np.ndindex(1, heads, blocks):
        index[at] = np.sort(rng.permutation(blocks)[:kept])
    return index, np.full((1, heads, blocks), kept, "i4")


def flex_work(q, k, v, index):
    """PyTorch's compiled FlexAttention under the same block mask."""
    from torch.nn.attention.flex_attention import BlockMask, flex_attention

    none = torch.zeros(index.shape[:3], dtype=torch.int32)
    counts = torch.full(index.shape[:3], index.shape[3], dtype=torch.int32)
    ids = torch.full((*index.shape[:3], index.shape[2]), 0, dtype=torch.int32)
    ids[..., : index.shape[3]] = torch.from_numpy(index)
    mask = BlockMask.from_kv_blocks(none, torch.zeros_like(ids), counts, ids, BLOCK_SIZE=BLOCK)
    compiled = torch.compile(flex_attention)
    return lambda: compiled(q, k, v, block_mask=mask)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--features", type=int, default=128)
    parser.add_argument("--dtype", choices=["f32", "bf16", "f16"], default="f32")
    parser.add_argument("--length", type=int, default=8192)
    parser.add_argument("--heads", type=int, default=2)
    parser.add_argument("--density", type=float, nargs="*", default=[1.0, 0.5, 0.1])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--flex", action="store_true", help="FlexAttention as well (compiles for a minute)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    RUNTIME.tessera_set_num_threads(options.threads)
    rng = np.random.default_rng(0)
    shape = (1, options.heads, options.length, options.features)
    values = [rng.standard_normal(shape) for _ in range(3)]
    q, k, v = (to_bits(x, options.dtype) for x in values)
    kind = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[options.dtype]
    tensors = [torch.from_numpy(x).to(kind) for x in values]
    blocks = options.length // BLOCK
    print(f"D={options.features} S={options.length} H={options.heads} {options.dtype}, {options.threads} threads")
    for density in options.density:
        kept = max(1, round(density * blocks))
        source = SOURCE.format(d=options.features, t=options.dtype, c=kept)
        with tempfile.TemporaryDirectory() as folder:
            module = Module(source, pathlib.Path(folder))
        index, count = random_lists(rng, options.heads, blocks, kept)
        output = np.full_like(q, 1)  # its pages are there before memory is measured
        works = [
            lambda: module.call("attend", q, k, v, index, count, output),
            lambda: F.scaled_dot_product_attention(*tensors),
        ]
        if options.flex:
            works.append(flex_work(*tensors, index))
        before, peak = memory_of(works[0])
        seconds = median_seconds(works, options.repeats)
        dense = 4 * options.heads * options.length**2 * options.features
        rates = [dense * kept / blocks / seconds[0] / 1e9, dense / seconds[1] / 1e9]
        line = (
            f"  {kept:4d} of {blocks} blocks: tessera {rates[0]:6.1f} GFLOP/s, "
            f"dense SDPA {rates[1]:6.1f}, rate ratio {rates[0] / rates[1]:.2f}, "
            f"{seconds[1] / seconds[0]:.1f} x faster than dense"
        )
        if options.flex:
            line += f", {seconds[2] / seconds[0]:.1f} x faster than FlexAttention"
        print(f"{line}; RSS {before:.1f} MiB, {peak:.1f} during a call", flush=True)


if __name__ == "__main__":
    main()
