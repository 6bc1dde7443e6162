"""Go on from a finished model: its parts become the checkpoints that the stages look for.

A training need not be one long night. Weights in a model folder are taken up again with a fresh optimiser, and the
folder's `training.json` says what they have seen so far.
"""

import argparse
import json
from pathlib import Path

from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from training.cells import read_from
from training.denoiser import Painter
from training.export import FOLDER, HISTORY
from training.loop import save
from training.text import new_tokenizer


def take_up(folder: Path, work: Path) -> None:
    """Write `cells.pt`, `autoencoder.pt` and `denoiser.pt` into an empty `work`."""
    names = ("cells.pt", "autoencoder.pt", "denoiser.pt")
    there = [name for name in names if (work / name).exists()]
    if there:
        raise SystemExit(f"{work} already holds {' and '.join(there)}: take the model up in an empty folder.")
    work.mkdir(parents=True, exist_ok=True)
    history = json.loads((folder / HISTORY).read_text(encoding="utf-8"))
    autoencoder = AutoencoderKL.from_pretrained(folder / "vae")
    cells = read_from(autoencoder)
    save(work / "cells.pt", mean=cells.mean, patterns=cells.patterns)
    weights = autoencoder.state_dict()
    save(work / "autoencoder.pt", network=weights, average=weights)
    painter = read_painter(folder).state_dict()
    save(work / "denoiser.pt", network=painter, average=painter, history=history)


def read_painter(folder: Path) -> Painter:
    """Text encoder and denoiser of a model folder; its tokenizer must still be that of the captions."""
    tokenizer, kept = new_tokenizer(), CLIPTokenizer.from_pretrained(folder / "tokenizer")
    if tokenizer.get_vocab() != kept.get_vocab():
        raise SystemExit(f"The captions have other words than the model in {folder} knows: train it from the start.")
    painter = Painter(tokenizer)
    painter.text_encoder.load_state_dict(CLIPTextModel.from_pretrained(folder / "text_encoder").state_dict())
    painter.unet.load_state_dict(UNet2DConditionModel.from_pretrained(folder / "unet").state_dict())
    return painter


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--work", type=Path, default=Path("work"))
    options = parser.parse_args()
    take_up(options.folder, options.work)


if __name__ == "__main__":
    main()
