"""A contact sheet: prompts and what the model makes of them, for a pair of human eyes."""

import argparse
import textwrap
from pathlib import Path
from random import Random

import torch
from diffusers import StableDiffusionPipeline
from PIL import Image, ImageDraw

from training.captions import caption
from training.drawings import FIRST_HELD_OUT
from training.export import EXAMPLES, FOLDER
from training.loop import device
from training.scenes import imagine

SHORT = [
    "a red house",
    "a sunset over the sea",
    "snowy mountains at night",
    "a desert",
    "two balloons",
    "a tree on the left",
]
LINE = 14  # pixels of a line of text under a picture


def held_out_prompts(count: int) -> list[str]:
    """Captions of scenes that training never saw."""
    random = Random(7)
    return [caption(imagine(FIRST_HELD_OUT + number), random) for number in range(count)]


def paint(folder: Path, prompts: list[str], guidance: float, steps: int) -> list[Image.Image]:
    """One picture per prompt, the k-th from seed k."""
    pipeline = StableDiffusionPipeline.from_pretrained(folder).to(device())
    pipeline.set_progress_bar_config(disable=True)
    seeds = [torch.Generator().manual_seed(number) for number in range(len(prompts))]
    with torch.inference_mode():
        return pipeline(prompts, guidance_scale=guidance, num_inference_steps=steps, generator=seeds).images


def contact_sheet(images: list[Image.Image], captions: list[str], columns: int = 6) -> Image.Image:
    """Pictures in rows, each with its words beneath."""
    width, height = images[0].width, images[0].height + 4 * LINE
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    pen = ImageDraw.Draw(sheet)
    for index, (image, words) in enumerate(zip(images, captions, strict=True)):
        x, y = index % columns * width, index // columns * height
        sheet.paste(image, (x, y))
        pen.multiline_text(
            (x + 4, y + image.height + 2), textwrap.fill(words, 42, max_lines=4), fill="black", spacing=1
        )
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path, default=Path("samples.png"))
    parser.add_argument("--guidance", type=float, default=5.0)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    prompts = SHORT + EXAMPLES + held_out_prompts(8)
    contact_sheet(paint(options.folder, prompts, options.guidance, options.steps), prompts).save(options.out)


if __name__ == "__main__":
    main()
