# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How good a result is: against float64, against dense, and what was selected."""

import numpy as np

import oracle
from attention import BLOCK, CUBE, CUBES, GATE
from clip import FEATURES, GRID

SCALE = 1 / np.sqrt(FEATURES)
ORDER = oracle.partition_order(GRID, CUBE)


def relative_error(found, expected):
    difference = found.astype("f8") - expected
    return np.linalg.norm(difference) / np.linalg.norm(expected)


def to_blocks(x):
    """One head [token, feature] in block order, as [1, 1, token, feature]."""
    blocks = np.zeros((CUBES, BLOCK, x.shape[1]), x.dtype)
    for i, rows in enumerate(ORDER):
        blocks[i, : len(rows)] = x[rows]
    return blocks.reshape(1, 1, -1, x.shape[1])


def sampled_against_oracle(result, qkv, topk, blocks=64, seed=2):
    """(relative error, rows compared, lists that differ) over `blocks` query
    cubes, drawn from all heads."""
    heads = qkv[0].shape[1]
    drawn = np.random.default_rng(seed).choice(heads * CUBES, blocks, replace=False)
    found, expected, differing = [], [], 0
    for head in np.unique(drawn // CUBES):
        sampled = set(drawn[drawn // CUBES == head] % CUBES)
        rows, values, wrong = one_head(result, qkv, head, sampled, topk)
        found.append(result.output[0, head, rows])
        expected.append(values)
        differing += wrong
    found, expected = np.concatenate(found), np.concatenate(expected)
    return relative_error(found, expected), len(found), differing


def one_head(result, qkv, head, sampled, topk):
    q, k, v = (to_blocks(x[0, head]) for x in qkv)
    sizes = np.array([len(rows) for rows in ORDER], "i4")
    pooled = [oracle.pool(x, BLOCK, sizes) for x in (q, k, v)]
    scores, coarse = oracle.coarse(*pooled, SCALE, sizes)
    lists, wrong = [[] for _ in ORDER], 0
    for i in sampled:
        # The compiled list, so that one near-tie decided the other way in f32
        # is counted once and not again as an error of every row.
        lists[i] = result.lists(head)[i]
        chosen = oracle.select(scores[0, 0, i].astype("f4"), i, topk, local=1)
        wrong += chosen != list(lists[i])
    fine, _ = oracle.attend(q, k, v, [[lists]], BLOCK, BLOCK, SCALE, sizes, sizes)
    gate = np.full((1, 1, 1, 1), GATE)
    output = oracle.combine(fine, coarse, BLOCK, coarse_gate=gate, q_sizes=sizes)
    output = output.reshape(CUBES, BLOCK, -1)
    rows = np.concatenate([ORDER[i] for i in sampled])
    return rows, np.concatenate([output[i, : sizes[i]] for i in sampled]), wrong


def kept_mass(sparse, dense):
    """Mean over the rows of two results of the softmax mass the lists cover."""
    heads = dense.lse.shape[1]
    valid = (np.arange(BLOCK) < sparse.sizes[:, None]).reshape(-1)
    kept, whole = sparse.lse[:, :heads, valid], dense.lse[:, :, valid]
    return float(np.exp(kept.astype("f8") - whole).mean())


def list_overlap(result):
    """Mean share of a list that the next cube's list holds too."""
    shares = []
    for head in range(result.index.shape[1]):
        lists = result.lists(head)
        shares += [len(np.intersect1d(a, b)) / len(a) for a, b in zip(lists, lists[1:])]
    return float(np.mean(shares))
