"""The whole recipe at its tiny scale, once from a seed to a model folder, and once with stops in between."""

import os
import shutil
import signal
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
import torch
from PIL import Image

from pipelines.errors import InvalidRequest, ModelError
from training import autoencoder, dataset, denoiser
from training.__main__ import make
from training.curves import read
from training.export import export
from training.loop import load
from training.noising import new_road
from training.painter import Painter
from training.recipe import SCALES, Recipe
from training.shelves import read as read_shelves
from training.text import new_tokenizer

TINY, SEED = SCALES["tiny"], 5


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder in which everything was done in one go; the model is in `model`."""
    work = tmp_path_factory.mktemp("tiny") / "work"
    make(Recipe("tiny", SEED), work, work / "model", minutes=float("inf"))
    return work


def error(painter: Painter, work: Path) -> float:
    """Mean loss about the same twelve lessons, with the same noise for every painter."""
    lessons = dataset.Lessons(read_shelves(work / "latents"), TINY, seed=99).start()
    torch.manual_seed(0)
    with torch.no_grad():
        losses = [denoiser.loss_of(painter, new_road(), *lesson).item() for lesson in islice(lessons, 12)]
    return sum(losses) / len(losses)


def test_the_denoiser_learns(trained: Path) -> None:
    assert load(trained / "denoiser.pt")["step"] == TINY.denoiser_steps
    torch.manual_seed(1)
    painter = Painter(new_tokenizer(), TINY)
    before = error(painter, trained)
    painter.load_state_dict(load(trained / "denoiser.pt")["network"])
    assert error(painter, trained) < 0.93 * before


def test_the_decoder_learns(trained: Path) -> None:
    assert load(trained / "autoencoder.pt")["step"] == TINY.decoder_steps
    fresh = autoencoder.new_autoencoder(autoencoder.the_cells(trained, TINY), TINY)
    copies = [
        autoencoder.decibels(network, 6, TINY.shrink) for network in (fresh, autoencoder.trained_autoencoder(trained))
    ]
    assert copies[1] > copies[0] + 2  # decibels: two fifths of the error at least


def test_the_model_loads_in_diffusers_and_makes_a_picture(trained: Path) -> None:
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(trained / "model")
    pipeline.set_progress_bar_config(disable=True)
    with torch.inference_mode():
        image = pipeline("a red house", num_inference_steps=2, height=64, width=96).images[0]
    assert image.size == (96, 64)
    assert len(image.getcolors(1 << 16)) > 50


def test_the_model_loads_in_the_studio_and_makes_a_picture(trained: Path) -> None:
    from pipelines.events import Picture
    from pipelines.loading import load as load_family
    from pipelines.parts import Sampling, Size
    from pipelines.requests import TextToImage
    from pipelines.run import generate

    request = TextToImage(prompt="a red house", size=Size(width=96, height=64), sampling=Sampling(steps=2))
    events = list(generate(load_family(trained / "model"), request))
    assert isinstance(events[-1], Picture)
    assert events[-1].image.size == (96, 64)
    assert len(events[-1].image.getcolors(1 << 16)) > 50


def test_curves_and_sheets_can_be_looked_at(trained: Path) -> None:
    with Image.open(trained / "loss.png") as picture:
        assert picture.height == 2 * 360  # a panel for each training
        assert len(picture.getcolors(1 << 20)) > 20
    sheets = sorted((trained / "sheets").iterdir())
    assert len(sheets) == 2  # one after the small drawings, one at the end
    for path in sheets:
        with Image.open(path) as picture:
            assert picture.width == 6 * TINY.side
            assert len(picture.getcolors(1 << 20)) > 500


def test_a_finished_recipe_does_nothing_twice(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def untouched() -> dict[str, int]:
        names = ["autoencoder.pt", "denoiser.pt", "cells.pt", "losses.csv"]
        files = [
            *(trained / name for name in names),
            *trained.glob("latents/*x*"),
            *trained.glob("small/*x*"),
            *trained.glob("drawings/*x*"),
        ]
        return {str(path): path.stat().st_mtime_ns for path in files}

    before = untouched()
    monkeypatch.setattr("training.export.export", lambda *_: None)
    make(Recipe("tiny", SEED), trained, trained / "model", minutes=float("inf"))
    assert untouched() == before
    with pytest.raises(InvalidRequest, match="begun with the tiny recipe and seed 5"):
        make(Recipe("tiny", SEED + 1), trained, trained / "model", minutes=float("inf"))


@pytest.fixture
def begun(trained: Path, tmp_path: Path) -> Path:
    """The same work folder before either training."""
    for name in ("recipe.json", "cells.pt"):
        shutil.copy(trained / name, tmp_path / name)
    for name in ("drawings", "latents", "small"):
        shutil.copytree(trained / name, tmp_path / name)
    return tmp_path


def test_a_stage_without_the_one_before_it_says_which_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="small holds no latents to learn from: run python"):
        denoiser.train(tmp_path)
    with pytest.raises(ModelError, match="no trained decoder: run python"):
        export(tmp_path, tmp_path / "model")


def interrupting(lessons: Iterator[object], after: int) -> Iterator[object]:
    """Lessons in which somebody presses Ctrl-C."""
    for number, lesson in enumerate(lessons):
        if number == after:
            os.kill(os.getpid(), signal.SIGINT)
        yield lesson


def same(one: object, other: object) -> bool:
    """Equal to the last bit, through dictionaries and lists."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    return one == other


def points(work: Path, stage: str) -> list[tuple[str, ...]]:
    """Step, pictures seen and loss of a curve; seconds differ from run to run."""
    return [(step, seen, loss) for name, step, seen, _, loss in read(work) if name == stage]


def test_a_denoiser_that_was_stopped_twice_is_the_same_to_the_last_bit(
    trained: Path, begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = dataset.Lessons.start
    monkeypatch.setattr(denoiser, "sheet", lambda *_: "")
    for after in (12, 9):
        with monkeypatch.context() as patch:
            patch.setattr(dataset.Lessons, "start", lambda self, first, n=after: interrupting(start(self, first), n))
            with pytest.raises(KeyboardInterrupt):
                denoiser.train(begun)
    stopped_at = load(begun / "denoiser.pt")["step"]
    assert (
        stopped_at == 13 + 7 + 10
    )  # the rest of the small pictures lay between the two; the steps during which it was asked were finished
    denoiser.train(begun)
    whole, pieces = load(trained / "denoiser.pt"), load(begun / "denoiser.pt")
    assert whole.pop("seconds") > 0 < pieces.pop("seconds")
    assert same(whole, pieces)
    assert points(begun, "denoiser") == points(trained, "denoiser")


def test_a_decoder_that_was_killed_goes_on_from_its_checkpoint(
    trained: Path, begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed outright some steps after a checkpoint: those steps are done again, and nothing tells that it happened."""

    class Killed(Exception):
        pass

    cut = autoencoder.crops

    def killing(*arguments: object) -> Iterator[object]:
        for number, lesson in enumerate(cut(*arguments)):
            if number == 8:
                raise Killed
            yield lesson

    with monkeypatch.context() as patch:
        patch.setattr("training.learning.KEEP_EVERY", 0.0)
        patch.setattr(autoencoder, "crops", killing)
        with pytest.raises(Killed):
            autoencoder.train(begun)
    shutil.copy(begun / "autoencoder.pt", begun / "kept.pt")
    autoencoder.train(begun)
    whole, pieces = load(trained / "autoencoder.pt"), load(begun / "autoencoder.pt")
    assert load(begun / "kept.pt")["step"] == 8
    assert whole.pop("seconds") > 0 < pieces.pop("seconds")
    assert same(whole, pieces)
    assert points(begun, "autoencoder") == points(trained, "autoencoder")
