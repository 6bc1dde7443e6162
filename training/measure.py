"""Measure a finished model: `python -m training.measure --work W`.

The studio's own engine paints from captions of scenes that nothing was trained on; the judge (`judge.py`) says what is
to be seen. The rows go to `measures.json` in the work folder, with `--keep` into the model's folder too.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from pipelines.errors import InvalidRequest
from training.command import spoken
from training.export import MEASURES
from training.folder import FOLDER
from training.judge import trained_judge
from training.measures.artist import artist
from training.measures.copies import copies
from training.measures.cost import cost
from training.measures.editing import inpainting, outpainting
from training.measures.following import following, sizes
from training.measures.rows import Row, fingerprint, keep, table
from training.measures.trial import Trial
from training.measures.variety import novelty, variety

PARTS: dict[str, Callable[[Trial], list[Row]]] = {
    "following": following,
    "copies": copies,
    "variety": variety,
    "novelty": novelty,
    "inpainting": inpainting,
    "outpainting": outpainting,
    "sizes": sizes,
    "cost": cost,
}


def chosen(only: str) -> tuple[str, ...]:
    """The parts that a list like "variety,copies" names; all of them for an empty one."""
    names = tuple(name.strip() for name in only.split(",") if name.strip()) or tuple(PARTS)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise InvalidRequest(f"There is no measure {unknown[0]!r}: choose from {', '.join(PARTS)}.")
    return names


def measure(trial: Trial, names: tuple[str, ...], kept: tuple[Path, ...]) -> list[Row]:
    """All rows of the named parts, written to each of the files as soon as a part is done."""
    model, rows = fingerprint(trial.folder), []
    for name in names:
        found = PARTS[name](trial)
        rows += found
        for path in kept:
            keep(found, model, path)
        print(table(found), flush=True)
    return rows


@spoken
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("work"), help="where the judge is")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the model")
    parser.add_argument("--count", type=int, default=200, help="pictures for each share")
    parser.add_argument("--only", default="", help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--keep", action="store_true", help="write the rows into the model's folder too")
    options = parser.parse_args()
    names = chosen(options.only)
    trial = Trial(artist(options.folder), trained_judge(options.work), options.folder, options.count)
    folders = (options.work, options.folder) if options.keep else (options.work,)
    rows = measure(trial, names, tuple(folder / MEASURES for folder in folders))
    print(f"{sum(row.reached is False for row in rows)} of {len(rows)} measures fall short")


if __name__ == "__main__":
    main()
