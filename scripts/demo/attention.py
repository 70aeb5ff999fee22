# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The function the demo compiles: attention from raster order to raster order."""

import subprocess
import time
from dataclasses import dataclass

import numpy as np

from clip import FEATURES, GRID
from compiled import Module

CUBE = (4, 4, 4)
BLOCK = 64
CUBES = int(np.prod([-(-n // c) for n, c in zip(GRID, CUBE)]))
GATE = 0.1  # of the coarse term


def symbols(path):
    """The functions in an object: the entry, and each kernel per CPU level."""
    listing = subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout
    return [line.split()[2] for line in listing.splitlines() if line.split()[1] in "Tt"]


def module_text(name, capacity):
    x, lists = f"tensor<1x?x?x{FEATURES}xf32>", f"tensor<1x?x?x{capacity}xi32>"
    sizes, gate = "tensor<?xi32>", "tensor<1x1x1x1xf32>"
    block_map = f"!bsa.block_map<{BLOCK}x{BLOCK}, capacity = {capacity}, ascending>"
    results = f"{x}, tensor<1x?x?xf32>, {lists}, tensor<1x?x?xi32>, {sizes}"
    grid = f"by #bsa.cube<{'x'.join(map(str, CUBE))}> grid(%t, %h, %w)"
    return f"""
func.func @{name}(%q: {x}, %k: {x}, %v: {x}, %gate: {gate},
    %topk: i32, %t: i32, %h: i32, %w: i32) -> ({results}) {{
  %qb, %qs = bsa.partition %q {grid} : {x} -> {x}, {sizes}
  %kb, %ks = bsa.partition %k {grid} : {x} -> {x}, {sizes}
  %vb, %vs = bsa.partition %v {grid} : {x} -> {x}, {sizes}
  %ob, %lse, %map = bsa.attention query(%qb : {x}, sizes %qs : {sizes})
      key(%kb : {x}, sizes %ks : {sizes}) value(%vb : {x})
      coarse_gate(%gate : {gate}) top(%topk) block({BLOCK}x{BLOCK})
      select(#bsa.select<capacity = {capacity}, local = 1>)
      -> {x}, lse tensor<1x?x?xf32>, map {block_map}
  %index, %count = bsa.map_to_lists %map : {block_map} -> {lists}, tensor<1x?x?xi32>
  %o = bsa.unpartition %ob {grid} : {x} -> {x}
  return %o, %lse, %index, %count, %qs : {results}
}}
"""


@dataclass
class Result:
    """Of a call. lse, index and count are in block order."""

    output: np.ndarray
    lse: np.ndarray
    index: np.ndarray
    count: np.ndarray
    sizes: np.ndarray
    seconds: float
    cpu_seconds: float  # of all threads; other programs disturb it less

    def lists(self, head):
        return [i[:n] for i, n in zip(self.index[0, head], self.count[0, head])]


class Attention:
    """One compiled module: at most `capacity` key blocks a query block."""

    def __init__(self, name, capacity, folder):
        self.name, self.capacity = name, capacity
        folder = folder / name
        folder.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        self.module = Module(module_text(name, capacity), folder)
        self.compile_seconds = time.perf_counter() - start
        self.functions = symbols(folder / "out.o")
        self.object_bytes = (folder / "out.o").stat().st_size

    def __call__(self, query, key, value, topk):
        heads = query.shape[1]
        # Written before the clock starts: a result nobody wrote stays NaN.
        results = [
            np.full(query.shape, np.nan, "f4"),
            np.full((1, heads, CUBES * BLOCK), np.nan, "f4"),
            np.full((1, heads, CUBES, self.capacity), -1, "i4"),
            np.full((1, heads, CUBES), -1, "i4"),
            np.full(CUBES, -1, "i4"),
        ]
        gate = np.full((1, 1, 1, 1), GATE, "f4")
        start, cpu_start = time.perf_counter(), time.process_time()
        self.module.call(self.name, query, key, value, gate, topk, *GRID, *results)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
        return Result(*results, seconds, cpu_seconds)
