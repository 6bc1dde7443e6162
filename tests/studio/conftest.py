"""What the tests of the application share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.library import Library
from studio.services import Studio
from studio.settings import Settings
from tests.studio.fakes import make_worker
from tests.tiny import make_sd_folder


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has the shape of a model and nothing in it."""
    return shape_model(tmp_path_factory.mktemp("models") / "shape")


def shape_model(folder: Path, **own: object) -> Path:
    """Write the configuration of a model for 64-pixel pictures; ``own`` goes to its studio.json."""
    index = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}
    index |= {"vae": ["diffusers", "AutoencoderKL"], "safety_checker": [None, None]}
    files = {"model_index.json": index, "unet/config.json": {"sample_size": 8}}
    files |= {"vae/config.json": {"block_out_channels": [1, 1, 1, 1]}}
    if own:
        files["studio.json"] = own
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    return folder


@pytest.fixture(scope="session")
def sd_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Stable Diffusion model that really runs."""
    return make_sd_folder(tmp_path_factory.mktemp("models") / "sd")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "outputs")


@pytest.fixture
def studio(tmp_path: Path, model_folder: Path) -> Iterator[Studio]:
    """A running studio with the fake engine in a real child process; jobs run one after another."""
    settings = Settings(outputs=tmp_path / "outputs", words=tmp_path / "words", model=str(model_folder), at_once=1)
    with Studio(settings, make_worker()) as studio:
        yield studio
