"""Write the trained parts as a model folder that any program for Stable Diffusion models can load.

The folder also holds what a person wants to know (a model card) and what the studio wants to know (`studio.json`).
"""

import argparse
import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline

from training.autoencoder import decibels, trained_autoencoder
from training.captions import vocabulary
from training.denoiser import Painter
from training.loop import load
from training.noising import new_scheduler
from training.scenes import SIDE
from training.text import new_tokenizer

FOLDER = Path(__file__).parent.parent / "assets" / "meadow"
HISTORY = "training.json"  # beside the model: what it was trained on, for whoever goes on
CARD = Path(__file__).with_name("model_card.md")
DRAWS = (
    "Painted landscapes from dawn to storm: meadows, deserts, snow, lakes, beaches, autumn fields. Houses, trees, "
    "cacti, boats and balloons come out roughly, and not always where you say."
)
EXAMPLES = [
    "the desert at dusk, a cactus",
    "a calm lake at dawn, clouds",
    "a pine tree in a green meadow by day, hills in the distance",
    "a sandy beach at noon, a boat",
    "a golden field in the evening, a red tree",
    "snowy mountains at night, a full moon",
    "a green meadow in a storm, dark clouds",
    "an autumn field in the morning, mountains in the distance",
    "a starry night over the sea",
    "a palm tree on the beach at sunset",
]


@dataclass(frozen=True)
class Figures:
    """What was measured, for the model card."""

    decibels: float
    seen: int
    pictures: int
    minutes: float

    def after(self, history: dict[str, float]) -> "Figures":
        """These, with what was seen in earlier trainings of the same model."""
        seen, minutes = int(history.get("seen", 0)), history.get("minutes", 0.0)
        return replace(self, seen=self.seen + seen, minutes=round(self.minutes + minutes, 1))


def write_pipeline(painter: Painter, autoencoder: AutoencoderKL, folder: Path) -> None:
    """The five parts in diffusers' layout, as half floats."""
    autoencoder.register_to_config(scaling_factor=1.0, force_upcast=False)
    pipeline = StableDiffusionPipeline(
        vae=autoencoder.cpu(),
        text_encoder=painter.text_encoder.cpu(),
        tokenizer=new_tokenizer(),
        unet=painter.unet.cpu(),
        scheduler=new_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.to(torch.float16).save_pretrained(folder, safe_serialization=True)
    _load_as_float32(folder / "text_encoder" / "config.json")


def _load_as_float32(config: Path) -> None:
    """Unless told otherwise transformers loads in the type it saved, diffusers in float32; the parts must agree."""
    facts = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(facts | {"dtype": "float32"}, indent=2) + "\n", encoding="utf-8")


def write_studio_facts(folder: Path) -> None:
    facts = {
        "title": "Meadow",
        "draws": DRAWS,
        "words": [word for word in vocabulary() if word[0].isalnum()],
        "examples": EXAMPLES,
        "defaults": {
            "width": SIDE, "height": SIDE, "steps": 20, "guidance": 5.0, "sampler": "dpmpp_2m", "spacing": "uniform",
        },
    }  # fmt: skip
    (folder / "studio.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def write_card(figures: Figures, folder: Path) -> None:
    """Fill the measured figures into the model card."""
    weights = sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
    text = CARD.read_text(encoding="utf-8").format(
        draws=DRAWS,
        examples="\n".join(f"- {example}" for example in EXAMPLES),
        decibels=f"{figures.decibels:.1f}",
        seen=f"{figures.seen:,}",
        pictures=f"{figures.pictures:,}",
        minutes=f"{figures.minutes:.0f}",
        megabytes=f"{weights / 1e6:.0f}",
        words=len(vocabulary()),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def put_in_place(finished: Path, folder: Path) -> None:
    """Swap the folders, so that a reader meets the old one or the new one, never half of either."""
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    finished.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def export(work: Path, folder: Path) -> None:
    """From the checkpoints in `work` to a finished model folder."""
    checkpoint, autoencoder = load(work / "denoiser.pt"), trained_autoencoder(work)
    painter = Painter(new_tokenizer())
    painter.load_state_dict(checkpoint["average"])
    figures = Figures(
        decibels=decibels(autoencoder),
        seen=checkpoint["seen"],
        pictures=checkpoint["pictures"],
        minutes=checkpoint["seconds"] / 60,
    ).after(checkpoint.get("history", {}))
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    write_pipeline(painter, autoencoder, unfinished)
    write_studio_facts(unfinished)
    write_card(figures, unfinished)
    (unfinished / HISTORY).write_text(json.dumps(asdict(figures), indent=2) + "\n", encoding="utf-8")
    put_in_place(unfinished, folder)
    print(f"{folder}: {figures}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    export(options.work, options.folder)


if __name__ == "__main__":
    main()
