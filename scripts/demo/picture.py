# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One frame with one query cube and the cubes it selected."""

import numpy as np
from PIL import Image, ImageDraw

from attention import CUBE
from clip import GRID, PATCH

CUBE_GRID = tuple(-(-n // c) for n, c in zip(GRID, CUBE))
ZOOM = 2
SHADE, OUTLINE = np.array([255, 120, 0]), (0, 255, 255)


def box_of(cube, image_size):
    """Pixels (left, top, right, bottom) of a cube in its frames."""
    _, row, column = np.unravel_index(cube, CUBE_GRID)
    height, width = (ZOOM * PATCH * c for c in CUBE[1:])
    left, top = int(column) * width, int(row) * height
    return left, top, min(left + width, image_size[0]), min(top + height, image_size[1])


def draw(path, clip, frame, query, selected):
    """Shades the cubes of `selected` that lie in `frame`; returns how many."""
    image = Image.fromarray(clip[frame])
    image = image.resize((ZOOM * image.width, ZOOM * image.height), Image.Resampling.LANCZOS)
    pixels = np.asarray(image) * 0.45
    here = [j for j in selected if np.unravel_index(j, CUBE_GRID)[0] == frame // CUBE[0]]
    for j in here:
        left, top, right, bottom = box_of(j, image.size)
        part = np.asarray(image)[top:bottom, left:right]
        pixels[top:bottom, left:right] = 0.7 * part + 0.3 * SHADE
    image = Image.fromarray(pixels.astype("u1"))
    pen = ImageDraw.Draw(image)
    for j in here:
        left, top, right, bottom = box_of(j, image.size)
        pen.rectangle((left, top, right - 1, bottom - 1), outline=tuple(SHADE))
    left, top, right, bottom = box_of(query, image.size)
    pen.rectangle((left, top, right - 1, bottom - 1), outline=OUTLINE, width=4)
    image.save(path)
    return len(here)
