"""Write the trained parts as a model folder that any program for Stable Diffusion models can load.

The folder also holds what a person wants to know (a model card) and what the studio wants to know (`studio.json`).
"""

import argparse
import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pipelines.errors import ModelError
from training.autoencoder import decibels, trained_autoencoder
from training.captions import vocabulary
from training.command import spoken
from training.folder import FOLDER, put_in_place, write_pipeline, write_studio_facts
from training.loop import load
from training.measures.rows import fingerprint
from training.painter import Painter
from training.recipe import Recipe
from training.text import new_tokenizer
from training.wording import DRAWS, EXAMPLES

HISTORY = "training.json"  # beside the model: what it was trained on, for whoever goes on
MEASURES = "measures.json"  # beside the checkpoints: what `training.measure` found out about the model
CARD = Path(__file__).with_name("model_card.md")


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


def write_card(figures: Figures, folder: Path, measures: dict[str, dict] | None = None) -> None:
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
        measures=measured(measures or {}),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def measured(measures: dict[str, dict]) -> str:
    """What was measured of the pictures, as a table: the figure, what it should reach, and whether it does."""
    if not measures:
        return "Its pictures have not been measured yet (`python -m training.measure`)."
    head = ["| measured by `training.measure` | figure | bar | reached |", "|---|---|---|---|"]
    return "\n".join([*head, *(_as_row(what, row) for what, row in measures.items())])


def _as_row(what: str, row: dict) -> str:
    value, bar = f"{row['value']:.4g} {row.get('unit', '')}".strip(), row.get("bar")
    if bar is None:
        return f"| {what} | {value} | | |"
    side = "at most" if row.get("at_most") else "at least"
    reached = row["value"] <= bar if row.get("at_most") else row["value"] >= bar
    return f"| {what} | {value} | {side} {bar:g} | {'yes' if reached else 'no'} |"


def measures_of(model: Path, work: Path) -> dict[str, dict]:
    """What `training.measure` wrote into `work` about the very weights in the folder `model`."""
    path = work / MEASURES
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    ours = fingerprint(model)
    return {what: row for what, row in rows.items() if row.get("model", ours) == ours}


def export(work: Path, folder: Path) -> None:
    """From the checkpoints in `work` to a finished model folder."""
    checkpoint, autoencoder, scale = load(work / "denoiser.pt"), trained_autoencoder(work), Recipe.of(work).scale
    if not checkpoint:
        raise ModelError(f"{work} holds no trained denoiser: run python -m training.denoiser --work {work} first.")
    painter = Painter(new_tokenizer(), scale)
    painter.load_state_dict(checkpoint["average"])
    figures = Figures(
        decibels=decibels(autoencoder, scale.judged, scale.shrink),
        seen=checkpoint.get("seen", 0),
        pictures=checkpoint.get("pictures", 0),
        minutes=checkpoint.get("seconds", 0.0) / 60,
    ).after(checkpoint.get("history", {}))
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    write_pipeline(painter, autoencoder, unfinished)
    write_studio_facts(unfinished, scale)
    measures = measures_of(unfinished, work)
    write_card(figures, unfinished, measures)
    (unfinished / HISTORY).write_text(json.dumps(asdict(figures), indent=2) + "\n", encoding="utf-8")
    if measures:
        (unfinished / MEASURES).write_text(json.dumps(measures, indent=2) + "\n", encoding="utf-8")
    put_in_place(unfinished, folder)
    print(f"{folder}: {figures}")


@spoken
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    export(options.work, options.folder)


if __name__ == "__main__":
    main()
