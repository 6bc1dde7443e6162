"""The whole recipe, one stage after the other: `python -m training --minutes 600`."""

import argparse
from pathlib import Path

from training import autoencoder, dataset, denoiser, export
from training.drawings import drawings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=600, help="for both trainings together; a quarter goes to the autoencoder"
    )
    parser.add_argument("--drawings", type=int, default=60000)
    parser.add_argument(
        "--work", type=Path, default=Path("work"), help="where drawings, latents and checkpoints are kept"
    )
    parser.add_argument("--folder", type=Path, default=export.FOLDER, help="where the model goes")
    options = parser.parse_args()
    autoencoder.train(options.work, options.minutes / 4, drawings(min(4000, options.drawings), options.work))
    dataset.write_latents(options.work, options.drawings)
    denoiser.train(options.work, options.minutes * 3 / 4)
    export.export(options.work, options.folder)


if __name__ == "__main__":
    main()
