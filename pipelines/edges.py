"""The edges of a picture, white lines a pixel wide on black, as ControlNets were trained on them (Canny 1986)."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

BLUR = 1.0
"""Pixels that the picture is softened by first, so that grain is no edge."""

WEAK, STRONG = 100.0, 200.0
"""Steepness, by Sobel's masks on 0 to 255, from which on a place may be on an edge, and from which on it is."""

NEIGHBOURS = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1) if down or across]


def edges(picture: Image.Image) -> Image.Image:
    """The edges of an RGB picture, as an RGB picture of the same size."""
    grey = np.asarray(picture.convert("L").filter(ImageFilter.GaussianBlur(BLUR)), dtype=np.float32)
    across, down = _slopes(grey)
    steep = _ridges(np.hypot(across, down), across, down)
    lines = _connected(steep >= STRONG, steep >= WEAK)
    return Image.fromarray((lines * 255).astype(np.uint8)).convert("RGB")


def _slopes(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sobel's masks, across and down."""
    wide = np.pad(grey, 1, mode="edge")
    right, left = wide[:, 2:], wide[:, :-2]
    below, above = wide[2:], wide[:-2]
    across = (right - left)[:-2] + 2 * (right - left)[1:-1] + (right - left)[2:]
    down = (below - above)[:, :-2] + 2 * (below - above)[:, 1:-1] + (below - above)[:, 2:]
    return across, down


def _ridges(steep: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Steepness where it is greatest along its own direction, 0 elsewhere; of two equals the first is taken."""
    turns = np.round(np.arctan2(down, across) / (np.pi / 4)).astype(int) % 4
    wide = np.pad(steep, 1)
    height, width = steep.shape
    kept = np.zeros_like(steep)
    for turn, (rows, columns) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = wide[1 + rows : 1 + rows + height, 1 + columns : 1 + columns + width]
        behind = wide[1 - rows : 1 - rows + height, 1 - columns : 1 - columns + width]
        ridge = (turns == turn) & (steep > behind) & (steep >= ahead)
        kept[ridge] = steep[ridge]
    return kept


def _connected(certain: np.ndarray, possible: np.ndarray) -> np.ndarray:
    """What is certain, and what is possible and touches that, directly or by others."""
    lines, height, width = certain, *certain.shape
    while True:
        wide = np.pad(lines, 1)
        near = [wide[1 + down : 1 + down + height, 1 + across : 1 + across + width] for down, across in NEIGHBOURS]
        further = lines | (possible & np.logical_or.reduce(near))
        if (further == lines).all():
            return lines
        lines = further
