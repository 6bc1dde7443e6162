"""Go on from a finished model: its parts become the checkpoints that the stages look for.

A training need not be one long night. Weights in a model folder are taken up again with a fresh optimiser, and the
folder's `training.json` says what they have seen so far. The captions may have gained words meanwhile: what was learnt
about a word moves to its new number, and new words begin among the old ones.
"""

import argparse
import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from pipelines.errors import ModelError
from training.captions import vocabulary
from training.cells import read_from
from training.command import spoken
from training.export import HISTORY
from training.folder import FOLDER
from training.loop import load, lot, save
from training.painter import Painter
from training.recipe import Recipe, Scale
from training.text import WORD_END, new_tokenizer

EMBEDDING = "text_encoder.embeddings.token_embedding.weight"  # of a painter: a row for each word piece
APART = 0.3  # how far new words begin from the middle of the old ones, in standard deviations

Weights = dict[str, Tensor]


def take_up(folder: Path, work: Path, checkpoint: Path | None = None) -> None:
    """Write `cells.pt`, `autoencoder.pt` and `denoiser.pt` into an empty `work`.

    `checkpoint`: a `denoiser.pt` of another work folder, taken up instead of the folder's own denoiser.
    """
    names = ("cells.pt", "autoencoder.pt", "denoiser.pt")
    there = [name for name in names if (work / name).exists()]
    if there:
        raise ModelError(f"{work} already holds {' and '.join(there)}: take the model up in an empty folder.")
    work.mkdir(parents=True, exist_ok=True)
    painters, words, history = from_checkpoint(checkpoint, folder) if checkpoint else from_folder(folder)
    kept = {name: in_todays_words(weights, words, Recipe.of(work).scale) for name, weights in painters.items()}
    autoencoder = AutoencoderKL.from_pretrained(folder / "vae")
    cells, weights = read_from(autoencoder), autoencoder.state_dict()
    save(work / "cells.pt", mean=cells.mean, patterns=cells.patterns)
    save(work / "autoencoder.pt", network=weights, average=weights)
    save(work / "denoiser.pt", **kept, history=history, words=new_tokenizer().get_vocab())
    print(told(words))


def from_folder(folder: Path) -> tuple[dict[str, Weights], dict[str, int], dict[str, float]]:
    """A painter's weights by what they are for, the numbers of its word pieces, and what it has seen."""
    parts = {
        "text_encoder": CLIPTextModel.from_pretrained(folder / "text_encoder"),
        "unet": UNet2DConditionModel.from_pretrained(folder / "unet"),
    }
    weights = {f"{part}.{name}": value for part in parts for name, value in parts[part].state_dict().items()}
    history = json.loads((folder / HISTORY).read_text(encoding="utf-8"))
    return {"network": weights, "average": weights}, _words_of(folder), history


def from_checkpoint(path: Path, folder: Path) -> tuple[dict[str, Weights], dict[str, int], dict[str, float]]:
    """The same of a checkpoint; the oldest ones do not say their words, which then are those of the model folder."""
    kept = load(path)
    if "average" not in kept:
        raise ModelError(f"{path} must be a denoiser.pt that a training has written, but there is none: name another.")
    before = kept.get("history", {})
    history = {
        "seen": kept.get("seen", 0) + before.get("seen", 0),
        "minutes": kept.get("seconds", 0.0) / 60 + before.get("minutes", 0.0),
    }
    return {name: kept[name] for name in ("network", "average")}, kept.get("words") or _words_of(folder), history


def _words_of(folder: Path) -> dict[str, int]:
    return CLIPTokenizer.from_pretrained(folder / "tokenizer").get_vocab()


def in_todays_words(weights: Weights, words: dict[str, int], scale: Scale) -> Weights:
    """Weights for a painter of today: its embeddings stand at the numbers that the pieces have now."""
    tokenizer = new_tokenizer()
    moved = {name: value.float() for name, value in weights.items()}
    moved[EMBEDDING] = moved_rows(moved[EMBEDDING], words, tokenizer.get_vocab())
    painter = Painter(tokenizer, scale)
    try:
        painter.load_state_dict(moved)
    except RuntimeError as error:
        raise ModelError(
            "The model's networks are of other widths than the recipe's, so it cannot be trained further: "
            "train one from the start, or take up a model that this recipe made."
        ) from error
    return painter.state_dict()


def moved_rows(rows: Tensor, before: dict[str, int], now: dict[str, int]) -> Tensor:
    """Embeddings [n, width] at the numbers of today; new pieces begin near the mean of the words that are known."""
    learnt = [before[word + WORD_END] for word in vocabulary() if word + WORD_END in before]
    known = rows[learnt] if learnt else rows
    chance = torch.randn(len(now), rows.shape[1], generator=torch.Generator().manual_seed(lot("new words")))
    moved = known.mean(dim=0) + APART * known.std(dim=0) * chance.to(rows.device)
    shared = [piece for piece in now if piece in before]
    moved[[now[piece] for piece in shared]] = rows[[before[piece] for piece in shared]]
    return moved


def told(before: dict[str, int]) -> str:
    """How much of the captions' vocabulary the model knew."""
    kept = [word for word in vocabulary() if word + WORD_END in before]
    return f"{len(kept)} of the captions' {len(vocabulary())} words are known, {len(vocabulary()) - len(kept)} are new"


@spoken
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--checkpoint", type=Path, help="a denoiser.pt to take up instead of the folder's denoiser")
    parser.add_argument("--work", type=Path, default=Path("work"))
    options = parser.parse_args()
    take_up(options.folder, options.work, options.checkpoint)


if __name__ == "__main__":
    main()
