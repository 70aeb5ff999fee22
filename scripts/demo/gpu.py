# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention over lists on a GPU, at the shapes of two models: what the compiler
makes, and, where there is a GPU, how fast it is and whether it is right."""

import time
from dataclasses import dataclass
from pathlib import Path

from built import run_tool

DRIVER = Path("/dev/nvidiactl")


@dataclass
class Shape:
    model: str  # of tessera-bench --list-models
    features: int
    block: int
    capacity: int  # blocks of a list


SHAPES = [
    Shape("vsa-120m", 64, 64, 32),
    Shape("vsa-120m", 64, 128, 16),
    Shape("wan-1.3b-480p", 128, 64, 125),  # the grid of the clip
    Shape("wan-1.3b-480p", 128, 128, 63),
]


def compile_kernels(say, folder):
    """Shows what each kernel takes; False if one was not made."""
    assembler = None
    for shape in SHAPES:
        cubin = folder / f"attend-{shape.features}-{shape.block}.cubin"
        start = time.perf_counter()
        done = run_tool("tessera-compile", "--op", "attend", "--target", "sm_90a", "--lse", "--sizes",
                        "--head-dim", shape.features, "--block", shape.block, "--topk", shape.capacity,
                        "-o", cubin)  # fmt: skip
        seconds = time.perf_counter() - start
        if done.returncode != 0:
            say(f"WRONG: {done.stderr.strip()}")
            return False
        by, *kernels = done.stderr.splitlines()
        if by != assembler:
            say(f"GPU kernels of attention over lists, {by}")
            assembler = by
        say(f"  D = {shape.features}, blocks of {shape.block}, {cubin.stat().st_size / 1024:.0f} KiB "
            f"in {seconds:.1f} s, a kernel for each order of tiles:")  # fmt: skip
        for resources, launch in zip(kernels[::2], kernels[1::2], strict=True):
            say(f"    {resources.partition(': ')[2]}")
            say(f"    {launch.strip()}")
    return True


def run_kernels(say):
    """Times them and holds them against float64; False if a result is wrong."""
    if not DRIVER.exists():
        say("no GPU here: these kernels were compiled and not run")
        return True
    right = True
    for block in sorted({shape.block for shape in SHAPES}):
        models = [f"--model={shape.model}" for shape in SHAPES if shape.block == block]
        done = run_tool("tessera-bench", *models, "--block", block, "--lse", "--check")
        for line in done.stdout.splitlines():
            say(f"  {line}")
        if done.returncode == 0:
            continue
        # What the tool says before any row: there is no GPU that it could use.
        did_run = done.stdout != ""
        say(("WRONG: " if did_run else "compiled and not run: ") + done.stderr.strip())
        right = right and not did_run
    return right
