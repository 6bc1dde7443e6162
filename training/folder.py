"""A model folder that any program for Stable Diffusion models can load, with what the studio wants to know in it."""

import json
import shutil
from pathlib import Path

from diffusers import AutoencoderKL, StableDiffusionPipeline

from training.captions import vocabulary
from training.noising import new_scheduler
from training.painter import Painter
from training.recipe import SHIPPED, Scale
from training.text import new_tokenizer
from training.wording import DRAWS, EXAMPLES, TITLE

FOLDER = Path(__file__).parent.parent / "assets" / "meadow"  # where the studio's own model is


def write_pipeline(painter: Painter, autoencoder: AutoencoderKL, folder: Path) -> None:
    """The five parts in diffusers' layout, as half floats; the networks given are themselves made half."""
    autoencoder.register_to_config(scaling_factor=1.0, force_upcast=False)
    pipeline = StableDiffusionPipeline(
        vae=autoencoder.cpu().half(),
        text_encoder=painter.text_encoder.cpu().half(),
        tokenizer=new_tokenizer(),
        unet=painter.unet.cpu().half(),
        scheduler=new_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder, safe_serialization=True)
    _load_as_float32(folder / "text_encoder" / "config.json")


def _load_as_float32(config: Path) -> None:
    """Unless told otherwise transformers loads in the type it saved, diffusers in float32; the parts must agree."""
    facts = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(facts | {"dtype": "float32"}, indent=2) + "\n", encoding="utf-8")


def write_studio_facts(folder: Path, scale: Scale = SHIPPED) -> None:
    """`studio.json`: what the model draws, the words it knows, prompts to try, and the settings that suit it."""
    facts = {
        "title": TITLE,
        "draws": DRAWS,
        "words": [word for word in vocabulary() if word[0].isalnum()],
        "examples": EXAMPLES,
        "defaults": {
            "width": scale.side, "height": scale.side,
            "steps": 20, "guidance": 5.0, "sampler": "dpmpp_2m", "spacing": "uniform",
        },
    }  # fmt: skip
    (folder / "studio.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def put_in_place(finished: Path, folder: Path) -> None:
    """Swap the folders, so that a reader meets the old one or the new one, never half of either."""
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    finished.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
