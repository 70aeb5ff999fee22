# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A short clip filmed off two photographs, and queries, keys and values of it."""

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

FRAMES, HEIGHT, WIDTH = 21, 240, 416
CUT = 12  # frames of the first picture
PATCH = 8
GRID = (FRAMES, HEIGHT // PATCH, WIDTH // PATCH)
HEADS, FEATURES = 12, 128


def film():
    """[frame, height, width, 3] in bytes: pan and zoom over one picture, then
    over the other."""
    first, second = (Image.fromarray(x) for x in load_sample_images().images)
    shots = [(first, i / (CUT - 1)) for i in range(CUT)]
    rest = FRAMES - CUT
    shots += [(second, 1 - i / (rest - 1)) for i in range(rest)]
    return np.stack([frame(picture, place) for picture, place in shots])


def frame(picture, place):
    """The camera at `place`, 0 .. 1: from all of the picture at its top left to
    a closer view at its bottom right."""
    width = 620 - 160 * place
    height = width * HEIGHT / WIDTH
    left = place * (picture.width - width)
    top = place * (picture.height - height)
    box = (left, top, left + width, top + height)
    return np.asarray(picture.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC, box=box))


def token_features(clip):
    """[token, feature] in raster order: the standardised patch, and where it is
    as a few smooth waves."""
    t, h, w = GRID
    patches = clip.reshape(t, h, PATCH, w, PATCH, 3).transpose(0, 1, 3, 2, 4, 5)
    patches = patches.reshape(t * h * w, -1).astype("f4")
    patches = (patches - patches.mean(axis=0)) / patches.std(axis=0)
    axes = np.meshgrid(*(np.linspace(0, 1, n, dtype="f4") for n in GRID), indexing="ij")
    angles = [np.pi * f * a.reshape(-1) for a in axes for f in (1, 2)]
    waves = np.stack([wave(a) for a in angles for wave in (np.sin, np.cos)], axis=1)
    return np.concatenate([patches, 2 * waves], axis=1)


def unit_variance(x):
    return x / np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + 1e-6)


def project(features, seed=1):
    """Query, key and value [1, head, token, feature]. Nothing here is trained:
    each head has random projections. Those of query and key have most in common,
    so that like patches attend to each other, and their rows are normalised, as
    video transformers do."""
    rng = np.random.default_rng(seed)
    shape = (HEADS, features.shape[1], FEATURES)
    draw = lambda: rng.standard_normal(shape, dtype="f4") / np.float32(np.sqrt(shape[1]))
    common = draw()
    query = unit_variance(features @ (common + 0.3 * draw()))
    key = unit_variance(features @ (common + 0.3 * draw()))
    return query[None], key[None], (features @ draw())[None]
