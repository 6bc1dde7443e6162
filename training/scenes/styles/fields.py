"""Pictures as arrays [height, width, 3] of channels from 0 to 255, and fields [height, width] over them."""

import numpy as np
from PIL import Image, ImageFilter

LUMA = np.array((0.299, 0.587, 0.114), dtype=np.float32)  # ITU-R BT.601


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture, dtype=np.float32)


def image(channels: np.ndarray) -> Image.Image:
    return Image.fromarray(channels.clip(0, 255).astype(np.uint8))


def share(mask: Image.Image, blur: float = 0.0) -> np.ndarray:
    """A mask as shares from 0 to 1 [height, width, 1], softened by a blur of so many pixels."""
    soft = mask.filter(ImageFilter.GaussianBlur(blur)) if blur else mask
    return pixels(soft)[..., None] / 255


def noise(chance: np.random.Generator, size: tuple[int, int], cell: float) -> np.ndarray:
    """A smooth field of mean 0 and spread about 1 that changes over `cell` pixels; size is (width, height)."""
    columns, rows = (max(2, round(side / cell)) for side in size)
    coarse = chance.normal(0, 1, (rows, columns)).astype(np.float32)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))


def grain(chance: np.random.Generator, size: tuple[int, int], blur: float) -> np.ndarray:
    """Fine grain of mean 0 and spread about 1."""
    bytes_ = chance.integers(0, 256, (size[1], size[0]), dtype=np.uint8)
    soft = pixels(Image.fromarray(bytes_).filter(ImageFilter.GaussianBlur(blur)))
    return (soft - soft.mean()) / max(float(soft.std()), 1e-6)


def wobbled(channels: np.ndarray, chance: np.random.Generator, cell: float, reach: float) -> np.ndarray:
    """The picture as an unsteady hand traces it: every pixel comes from up to some `reach` pixels away."""
    height, width = channels.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width]
    down, across = (noise(chance, (width, height), cell) * reach for _ in range(2))
    rows = np.clip(rows + down.round().astype(int), 0, height - 1)
    columns = np.clip(columns + across.round().astype(int), 0, width - 1)
    return channels[rows, columns]


def steepness(channels: np.ndarray) -> np.ndarray:
    """How fast the colour changes at each pixel [height, width]: the steepest of its channels."""
    down = np.abs(np.diff(channels, axis=0, append=channels[-1:]))
    across = np.abs(np.diff(channels, axis=1, append=channels[:, -1:]))
    return np.maximum(down, across).max(axis=-1)
