# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Launches one compiled attention in many fresh processes, several at a time, on
ragged lists with empty rows and rows of one block, and compares the bits of what they
give with one another and each row with float64.

    cold.py TESSERA_RUN TESSERA_COMPILE HEAD_DIM BLOCK DTYPE LAUNCHES [PARALLEL]
    cold.py TESSERA_RUN FILE.tsb HEAD_DIM BLOCK DTYPE LAUNCHES [PARALLEL]
"""

import collections
import hashlib
import pathlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

BATCH, HEADS, KEY_HEADS, QUERIES, KEYS = 2, 6, 3, 1295, 368
MOST_BLOCKS = 2  # of a list
MOST_ROW_ERROR = 2e-2  # over the largest value of the row
MOST_LSE_ERROR = 1e-3


@dataclass
class Kernel:
    head_dim: int
    block: str  # "64", or query x key
    dtype: str
    plan: str = "order=wave"

    @property
    def blocks(self):
        query, key = (int(part) for part in (self.block.split("x") * 2)[:2])
        return query, key

    @property
    def flags(self):
        return ["--op", "attend", "--target", "sm_90a", "--head-dim", str(self.head_dim),
                "--block", self.block, "--topk", str(self.capacity), "--dtype", self.dtype,
                "--sizes", "--lse", "--plan", self.plan]  # fmt: skip

    def compile(self, compiler, bundle):
        subprocess.run([compiler, *self.flags, "--emit", "bundle", "-o", bundle],
                       check=True, stderr=subprocess.PIPE)  # fmt: skip

    @property
    def capacity(self):
        return min(MOST_BLOCKS, -(-KEYS // self.blocks[1]))


def to_bf16(x):
    bits = x.view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def widen(x, dtype):
    if dtype == "f16":
        return x.view(np.float16).astype(np.float64)
    return (x.view(np.uint16).astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def make_inputs(kernel, seed=7):
    random = np.random.default_rng(seed)
    query_block, key_block = kernel.blocks
    tiles, key_blocks = -(-QUERIES // query_block), -(-KEYS // key_block)

    def tensor(*shape):
        x = random.standard_normal(shape, dtype=np.float32)
        return x.astype(np.float16) if kernel.dtype == "f16" else to_bf16(x).view("V2")

    def sizes(count, block, tokens):
        there = np.minimum(block, tokens - block * np.arange(count))
        return np.minimum(random.integers(0, block + 1, count), there).astype(np.int32)

    order = np.argsort(random.random((BATCH, HEADS, tiles, key_blocks)), -1)
    count = random.integers(0, kernel.capacity + 1, (BATCH, HEADS, tiles)).astype(np.int32)
    count[0, 0, :2] = 0, 1
    return {
        "query": tensor(BATCH, HEADS, QUERIES, kernel.head_dim),
        "key": tensor(BATCH, KEY_HEADS, KEYS, kernel.head_dim),
        "value": tensor(BATCH, KEY_HEADS, KEYS, kernel.head_dim),
        "index": order[..., : kernel.capacity].astype(np.int32),
        "count": count,
        "query_sizes": sizes(tiles, query_block, QUERIES),
        "key_sizes": sizes(key_blocks, key_block, KEYS),
    }


def reference(kernel, inputs):
    """Output and log-sum-exp in float64; rows that see nothing are 0 and -inf."""
    q, k, v = (widen(inputs[name], kernel.dtype) for name in ("query", "key", "value"))
    query_block, key_block = kernel.blocks
    output, lse = np.zeros(q.shape), np.full(q.shape[:3], -np.inf)
    for b, h, tile in np.ndindex(inputs["count"].shape):
        blocks = inputs["index"][b, h, tile, : inputs["count"][b, h, tile]]
        tokens = [n * key_block + np.arange(inputs["key_sizes"][n]) for n in blocks]
        tokens = np.concatenate(tokens) if tokens else np.zeros(0, int)
        rows = tile * query_block + np.arange(inputs["query_sizes"][tile])
        if not len(tokens) or not len(rows):
            continue
        kv = h * KEY_HEADS // HEADS
        scores = q[b, h, rows] @ k[b, kv, tokens].T / np.sqrt(kernel.head_dim)
        largest = scores.max(-1, keepdims=True)
        weights = np.exp(scores - largest)
        total = weights.sum(-1, keepdims=True)
        output[b, h, rows] = weights @ v[b, kv, tokens] / total
        lse[b, h, rows] = (largest + np.log(total))[:, 0]
    return output, lse


def wrong_rows(kernel, inputs_reference, output, lse):
    """Which rows are far from the reference; NaN is far."""
    wanted, wanted_lse = inputs_reference
    error = np.abs(widen(output, kernel.dtype) - wanted).max(-1)
    with np.errstate(invalid="ignore"):
        lse_error = np.where(lse == wanted_lse, 0, np.abs(lse - wanted_lse))
    is_right = (error <= MOST_ROW_ERROR * np.abs(wanted).max(-1)) & (lse_error <= MOST_LSE_ERROR)
    return np.argwhere(~is_right)


@dataclass
class Verdict:
    launches: int = 0
    odd: int = 0  # with other bits than most
    failures: list = field(default_factory=list)  # what processes said
    wrong: dict = field(default_factory=dict)  # rows, by the bits of a launch

    @property
    def passes(self):
        return self.launches > 0 and not (self.odd or self.failures or self.wrong)

    def __str__(self):
        text = f"{self.launches} cold launches, {self.odd} odd, {len(self.failures)} failed"
        for bits, rows in self.wrong.items():
            tiles = sorted({(int(b), int(h)) for b, h, _ in rows})
            text += f"\n  {bits}: {len(rows)} rows are wrong, of batch and head {tiles}"
        return "\n  ".join([text, *self.failures[:3]])


def save(inputs, folder):
    """Flags that read them."""
    arguments = []
    for name, array in inputs.items():
        np.save(folder / f"{name}.npy", array)
        arguments += ["--input", f"{name}={folder / name}.npy"]
    return arguments


def run_cold(run, compiled, kernel, launches, parallel=4):
    """`compiled`: a bundle, or the tessera-compile that makes it."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        bundle = pathlib.Path(compiled)
        if bundle.suffix != ".tsb":
            bundle = folder / "kernel.tsb"
            kernel.compile(compiled, bundle)
        inputs = make_inputs(kernel)
        arguments = save(inputs, folder)
        wanted = reference(kernel, inputs)

        def launch(number):
            out = [folder / f"{name}{number}.npy" for name in ("output", "lse")]
            done = subprocess.run(
                [run, "--target", "sm_90a", "--bundle", bundle, *arguments, "--num-threads", "1",
                 "--output", f"output={out[0]}", "--output", f"lse={out[1]}"],
                capture_output=True, text=True)  # fmt: skip
            if done.returncode:
                return None, done.stderr[-300:], None
            arrays = [np.load(path) for path in out]
            for path in out:
                path.unlink()
            return hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()[:8], "", arrays

        with ThreadPoolExecutor(parallel) as pool:
            return judge(kernel, wanted, pool.map(launch, range(launches)))


def judge(kernel, wanted, results):
    verdict, seen = Verdict(), collections.Counter()
    for bits, failure, arrays in results:
        if failure or bits is None:
            verdict.failures.append(failure)
            continue
        verdict.launches += 1
        seen[bits] += 1
        rows = wrong_rows(kernel, wanted, *arrays) if seen[bits] == 1 else []
        if len(rows):
            verdict.wrong[bits] = rows
    verdict.odd = verdict.launches - max(seen.values(), default=0)
    return verdict


if __name__ == "__main__":
    run, compiled, head_dim, block, dtype, launches = sys.argv[1:7]
    verdict = run_cold(run, compiled, Kernel(int(head_dim), block, dtype), int(launches),
                       int(sys.argv[7]) if len(sys.argv) > 7 else 4)  # fmt: skip
    print(f"D {head_dim}, {block}, {dtype}: {verdict}", flush=True)
    sys.exit(not verdict.passes)
