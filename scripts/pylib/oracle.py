# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Coarse-to-fine block-sparse attention in float64 (docs/contract.md), written
for reading: one loop a sentence, nothing shared with the compiler."""

import numpy as np


def block_rows(i, block, length, sizes=None):
    """The valid rows of block i: its first `sizes[i]` ones, or all that exist."""
    exist = min(block, length - i * block)
    count = exist if sizes is None else int(sizes[i])
    return np.arange(i * block, i * block + count)


def sizes_of(sizes, batch):
    if sizes is None:
        return None
    return sizes[batch] if sizes.ndim == 2 else sizes


def pool(x, block, sizes=None):
    batches, heads, length, features = x.shape
    blocks = -(-length // block)
    mean = np.zeros((batches, heads, blocks, features))
    for b in range(batches):
        for i in range(blocks):
            rows = block_rows(i, block, length, sizes_of(sizes, b))
            if len(rows):
                mean[b, :, i] = x[b][:, rows].astype(np.float64).mean(axis=1)
    return mean


def coarse(query, key, value, scale, sizes=None):
    """Scores [B, H, Nq, Nkv] and the attention over pooled keys and values."""
    batches, heads, _, features = query.shape
    group = heads // key.shape[1]
    scores = np.einsum("bhid,bhjd->bhij", query, key.repeat(group, axis=1)) * scale
    output = np.zeros(query.shape)
    for b in range(batches):
        counts = sizes_of(sizes, b)
        empty = np.zeros(key.shape[2], bool) if counts is None else counts == 0
        scores[b][:, :, empty] = -np.inf
        if empty.all():
            continue
        for h in range(heads):
            kept = scores[b, h][:, ~empty]
            weights = np.exp(kept - kept.max(axis=1, keepdims=True))
            weights /= weights.sum(axis=1, keepdims=True)
            output[b, h] = weights @ value[b, h // group][~empty]
    return scores, output


def forced_blocks(i, candidates, sink, local):
    return [j for j in candidates if j < sink or abs(i - j) < local]


def select(scores, i, k, sink=0, local=0, forced="within", empty=()):
    """The list of query block i by its row of fp32 scores."""
    candidates = [j for j in range(len(scores)) if j not in set(empty)]
    must = forced_blocks(i, candidates, sink, local)
    rest = [j for j in candidates if j not in must]
    if forced == "within":
        k = max(0, min(k, len(candidates)) - len(must))
    # NaN below -inf, -0 equal to +0, ties to the smaller id.
    rest.sort(key=lambda j: (np.isnan(scores[j]), -scores[j] if scores[j] == scores[j] else 0, j))
    return sorted(must + rest[:k])


def attend(q, k, v, lists, block_q, block_kv, scale, q_sizes=None, kv_sizes=None):
    """lists[b][h][i] are key block ids, in any order."""
    batches, heads, length, _ = q.shape
    group = heads // k.shape[1]
    output, lse = np.zeros(q.shape), np.full(q.shape[:3], -np.inf)
    for b, h in np.ndindex(batches, heads):
        for i, ids in enumerate(lists[b][h]):
            rows = block_rows(i, block_q, length, sizes_of(q_sizes, b))
            keys = [block_rows(j, block_kv, k.shape[2], sizes_of(kv_sizes, b)) for j in ids]
            keys = np.concatenate(keys) if keys else np.zeros(0, int)
            if not len(rows) or not len(keys):
                continue
            s = q[b, h, rows].astype(np.float64) @ k[b, h // group, keys].astype(np.float64).T * scale
            top = s.max(axis=1, keepdims=True)
            p = np.exp(s - top)
            total = p.sum(axis=1, keepdims=True)
            output[b, h, rows] = p @ v[b, h // group, keys].astype(np.float64) / total
            lse[b, h, rows] = (top + np.log(total))[:, 0]
    return output, lse


def combine(fine, coarse_rows, block, fine_gate=None, coarse_gate=None, q_sizes=None):
    batches, _, length, _ = fine.shape
    result = np.zeros(fine.shape)
    total = fine * (1 if fine_gate is None else fine_gate.astype(np.float64))
    if coarse_rows is not None:
        spread = coarse_rows.repeat(block, axis=2)[:, :, :length]
        total = total + spread * (1 if coarse_gate is None else coarse_gate.astype(np.float64))
    for b in range(batches):
        for i in range(-(-length // block)):
            rows = block_rows(i, block, length, sizes_of(q_sizes, b))
            result[b][:, rows] = total[b][:, rows]
    return result


def partition_order(grid, cube, text=0, place="prefix"):
    """For each block the raster rows it holds."""
    (t, h, w), (ct, ch, cw) = grid, cube
    first = text if place == "prefix" else 0
    raster = np.arange(t * h * w).reshape(grid) + first
    video = [
        raster[a : a + ct, b : b + ch, c : c + cw].reshape(-1)
        for a in range(0, t, ct) for b in range(0, h, ch) for c in range(0, w, cw)
    ]  # fmt: skip
    volume = ct * ch * cw
    words = np.arange(text) + (0 if place == "prefix" else t * h * w)
    blocks = [words[a : a + volume] for a in range(0, text, volume)]
    return blocks + video if place == "prefix" else video + blocks
