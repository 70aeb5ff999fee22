# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The main job on real pictures: attention over a clip of 32,760 tokens in 12
heads at 90 % sparsity, timed against dense attention by the same compiler and
held against float64; then the kernels of the GPU target. Exits with 1 when the
numbers are wrong."""

import resource
import sys
import time

import numpy as np

import attention
import clip
import gpu
import measure
import picture
from built import BUILD_DIR

CAPACITY, TOPK = 64, 63
DENSE_HEADS = 2
TOLERANCE = 1e-3
FOLDER = BUILD_DIR / "demo"
FRAME, QUERY_CUBE, HEAD = 5, (1, 3, 4), 0  # of the picture

START = time.perf_counter()


def say(text):
    print(f"[{time.perf_counter() - START:6.1f}s] {text}", flush=True)


def make_inputs():
    frames = clip.film()
    t, h, w = clip.GRID
    say(f"clip: {frames.shape[0]}x{frames.shape[1]}x{frames.shape[2]} off two photographs")
    qkv = clip.project(clip.token_features(frames))
    say(f"tokens: {t}x{h}x{w} = {t * h * w:,} in {attention.CUBES} cubes of 4x4x4; "
        f"{clip.HEADS} heads of {clip.FEATURES}, f32")  # fmt: skip
    return frames, qkv


def compile_both():
    modules = []
    for name, capacity in (("sparse", CAPACITY), ("dense", attention.CUBES)):
        module = attention.Attention(name, capacity, FOLDER)
        say(f"compiled and linked @{name}: up to {capacity} cubes a list, "
            f"{module.object_bytes / 1024:.0f} KiB object, {module.compile_seconds:.1f} s")  # fmt: skip
        say(f"  functions: {', '.join(module.functions)}")
        modules.append(module)
    return modules


def run_both(sparse_module, dense_module, qkv):
    say(f"sparse attention: top {TOPK} of {attention.CUBES} cubes "
        f"({1 - TOPK / attention.CUBES:.0%} left out), all {clip.HEADS} heads ...")  # fmt: skip
    sparse = sparse_module(*qkv, TOPK)
    say(f"  {sparse.seconds:.2f} s ({sparse.cpu_seconds:.2f} s of processor time)")
    say(f"dense attention by the same compiler, {DENSE_HEADS} heads only ...")
    dense = dense_module(*(x[:, :DENSE_HEADS] for x in qkv), attention.CUBES)
    scale = clip.HEADS / DENSE_HEADS
    say(f"  {dense.seconds:.2f} s ({dense.cpu_seconds:.2f} s of processor time)")
    say(f"  scaled to {clip.HEADS} heads {dense.seconds * scale:.1f} s, so sparse is "
        f"{dense.seconds * scale / sparse.seconds:.1f} times as fast "
        f"({dense.cpu_seconds * scale / sparse.cpu_seconds:.1f} by processor time)")  # fmt: skip
    return sparse, dense


def compare(sparse, dense, qkv):
    """Whether the numbers are right; and how near to dense they come."""
    error, rows, differing = measure.sampled_against_oracle(sparse, qkv, TOPK)
    dense_error, dense_rows, _ = measure.sampled_against_oracle(
        dense, [x[:, :DENSE_HEADS] for x in qkv], attention.CUBES, blocks=4)  # fmt: skip
    say(f"relative error against the float64 oracle: sparse {error:.1e} on {rows:,} rows "
        f"of 64 cubes, dense {dense_error:.1e} on {dense_rows} rows of 4")  # fmt: skip
    say(f"  of these 64 lists {differing} differ from those that float64 scores give")
    near = measure.relative_error(sparse.output[:, :DENSE_HEADS], dense.output)
    say(f"relative error of sparse against dense: {near:.3f}, {DENSE_HEADS} heads")
    mass = measure.kept_mass(sparse, dense)
    say(f"share of attention mass the selection kept: {mass:.1%}, {DENSE_HEADS} heads "
        f"(projections are random, not trained; of the cubes it kept {TOPK / attention.CUBES:.1%})")  # fmt: skip
    say(f"neighbouring lists have {measure.list_overlap(sparse):.1%} of their cubes in common")
    finite = np.isfinite(sparse.output).all() and np.isfinite(dense.output).all()
    if not finite:
        say("WRONG: an output is not finite")
    if not max(error, dense_error) <= TOLERANCE:
        say(f"WRONG: the error against the oracle is above {TOLERANCE:.0e}")
    return finite and max(error, dense_error) <= TOLERANCE


def show_selection(frames, sparse):
    query = int(np.ravel_multi_index(QUERY_CUBE, picture.CUBE_GRID))
    selected = sparse.lists(HEAD)[query]
    path = FOLDER / "selection.png"
    here = picture.draw(path, frames, FRAME, query, selected)
    say(f"picture: {path}, frame {FRAME}, head {HEAD}: the query cube outlined, and "
        f"shaded the {here} of its {len(selected)} cubes that lie in this frame")  # fmt: skip


def main():
    frames, qkv = make_inputs()
    sparse, dense = run_both(*compile_both(), qkv)
    right = compare(sparse, dense, qkv)
    show_selection(frames, sparse)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    say(f"peak memory {peak:.2f} GiB; the inputs and the output are "
        f"{4 * qkv[0].nbytes / 2**30:.2f} GiB of it")  # fmt: skip
    right = gpu.compile_kernels(say, FOLDER) and gpu.run_kernels(say) and right
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
