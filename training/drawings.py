"""Drawings kept on disk as one array, so that training never waits for the brush."""

import argparse
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from training.scenes import SIDE, draw_with_mask, imagine

FIRST_HELD_OUT = 10_000_000  # scenes from this number on are for judging only; training never sees them


def pixels(number: int) -> np.ndarray:
    """Scene `number` as bytes [SIDE, SIDE, 4]: red, green, blue, and the mask of its things."""
    picture, mask = draw_with_mask(imagine(number), number)
    picture.putalpha(mask)
    return np.asarray(picture)


def drawings(count: int, work: Path, first: int = 0) -> np.ndarray:
    """Scenes `first` … `first + count - 1` as bytes [count, SIDE, SIDE, 4], drawn once and then read from `work`."""
    path = work / f"drawings-{first}-{count}.npy"
    if not path.exists():
        work.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        shape = (count, SIDE, SIDE, 4)
        store = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.uint8, shape=shape)
        with Pool() as pool:
            for index, drawn in enumerate(pool.imap(pixels, range(first, first + count), chunksize=16)):
                store[index] = drawn
        store.flush()
        unfinished.rename(path)
    return np.load(path, mmap_mode="r")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--work", type=Path, default=Path("work"))
    options = parser.parse_args()
    print(drawings(options.count, options.work).shape)


if __name__ == "__main__":
    main()
