"""A contact sheet for human eyes: prompts, and what the model makes of them, painted by the studio's engine."""

import argparse
import json
import shutil
import textwrap
from copy import deepcopy
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw

from pipelines.events import Picture
from pipelines.loading import load as load_family
from pipelines.parts import Sampling, Size
from pipelines.requests import TextToImage
from pipelines.run import generate
from training.autoencoder import trained_autoencoder
from training.captions import caption
from training.command import spoken
from training.drawings import FIRST_HELD_OUT
from training.folder import FOLDER, put_in_place, write_pipeline, write_studio_facts
from training.painter import Painter
from training.recipe import Recipe
from training.scenes import imagine
from training.wording import EXAMPLES, SHORT

LINE = 14  # pixels of a line of text under a picture


def held_out_prompts(count: int) -> list[str]:
    """Captions of scenes that training never saw."""
    random = Random(7)
    return [caption(imagine(FIRST_HELD_OUT + number), random) for number in range(count)]


def paint(folder: Path, prompts: list[str], **changed: object) -> list[Image.Image]:
    """One picture per prompt, the k-th from seed k, at the model's own settings but for those `changed`."""
    settings = json.loads((folder / "studio.json").read_text(encoding="utf-8"))["defaults"] | changed
    size = Size(width=settings.pop("width"), height=settings.pop("height"))
    family = load_family(folder)
    pictures = []
    for seed, prompt in enumerate(prompts):
        request = TextToImage(prompt=prompt, size=size, sampling=Sampling(seed=seed, **settings))
        pictures += [event.image for event in generate(family, request) if isinstance(event, Picture)]
    return pictures


def sheet(painter: Painter, work: Path, step: int, side: int) -> str:
    """The model as it is now goes to `work`/model, what it paints on squares of `side` to `work`/sheets; says where."""
    if not (work / "autoencoder.pt").exists():
        return f"step {step}: no sheet, for there is no decoder in {work} yet"
    unfinished, folder = work / "model.part", work / "model"
    shutil.rmtree(unfinished, ignore_errors=True)
    write_pipeline(deepcopy(painter), trained_autoencoder(work), unfinished)
    write_studio_facts(unfinished, Recipe.of(work).scale)
    put_in_place(unfinished, folder)
    path = work / "sheets" / f"{step:07}.png"
    path.parent.mkdir(exist_ok=True)
    contact_sheet(paint(folder, SHORT, width=side, height=side), SHORT).save(path)
    return f"step {step}: samples in {path}"


def contact_sheet(images: list[Image.Image], captions: list[str], columns: int = 6) -> Image.Image:
    """Pictures in rows, each with its words beneath."""
    width, height = images[0].width, images[0].height + 4 * LINE
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    pen = ImageDraw.Draw(sheet)
    for index, (image, words) in enumerate(zip(images, captions, strict=True)):
        x, y = index % columns * width, index // columns * height
        sheet.paste(image, (x, y))
        said = textwrap.fill(words, max(image.width // 6, 8), max_lines=4)
        pen.multiline_text((x + 4, y + image.height + 2), said, fill="black", spacing=1)
    return sheet


@spoken
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path, default=Path("samples.png"))
    parser.add_argument("--guidance", type=float, default=5.0)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    prompts = SHORT + EXAMPLES + held_out_prompts(8)
    images = paint(options.folder, prompts, guidance=options.guidance, steps=options.steps)
    contact_sheet(images, prompts).save(options.out)


if __name__ == "__main__":
    main()
