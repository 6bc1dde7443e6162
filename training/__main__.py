"""The whole recipe, one stage after the other: `python -m training --minutes 600`.

Each stage goes on where an earlier run of the same command was stopped.
"""

import argparse
from math import inf
from pathlib import Path

from training import autoencoder, dataset, denoiser, export
from training.command import spoken
from training.folder import FOLDER
from training.recipe import Recipe
from training.shelves import seconds_of

DECODER = 0.25  # of the minutes
LEAST = 0.25  # of the minutes, for the denoiser, however long drawing took


def make(recipe: Recipe, work: Path, folder: Path, minutes: float, drawings: int | None = None) -> None:
    """Draw, train the decoder, encode, train the denoiser, export; all of it in about so many minutes."""
    recipe.begin(work)
    autoencoder.train(work, minutes * DECODER)
    dataset.write_latents(work, drawings)
    drawing = sum(seconds_of(work / folder) for folder in ("drawings", dataset.WHOLE, dataset.SMALL)) / 60
    denoiser.train(work, max(minutes * (1 - DECODER) - drawing, minutes * LEAST))
    export.export(work, folder)


@spoken
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, help="for everything together; 600 where nothing is said")
    parser.add_argument("--seed", type=int, default=0, help="of all that is left to chance")
    parser.add_argument("--drawings", type=int, help="that the denoiser learns from; as the recipe says if not given")
    parser.add_argument("--tiny", action="store_true", help="a toy model in seconds, to see that everything works")
    parser.add_argument("--work", type=Path, default=Path("work"), help="where everything but the model is kept")
    parser.add_argument("--folder", type=Path, help="where the model goes: assets/meadow, or WORK/model if it is tiny")
    options = parser.parse_args()
    recipe = Recipe("tiny" if options.tiny else "shipped", options.seed)
    minutes = (inf if options.tiny else 600) if options.minutes is None else options.minutes
    folder = options.folder or (options.work / "model" if options.tiny else FOLDER)
    make(recipe, options.work, folder, minutes, options.drawings)


if __name__ == "__main__":
    main()
