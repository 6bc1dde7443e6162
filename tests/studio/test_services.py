"""The whole of it with a real engine: a tiny model, loaded by the child process."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ModelError, OutputError
from pipelines.events import Picture
from pipelines.requests import Sampling, Size, TextToImage
from studio.jobs import FINAL
from studio.services import Studio
from studio.settings import Settings


def end(studio: Studio, id: str) -> dict[str, Any]:
    view = studio.jobs.view(id)
    while view is not None and view["state"] not in FINAL:
        view = studio.jobs.wait(id, view["version"], 60.0)
    assert view is not None
    return view


def test_the_engine_makes_what_the_library_makes_and_stops_when_told(sd_folder: Path, tmp_path: Path) -> None:
    from pipelines.loading import load
    from pipelines.run import generate

    wish = TextToImage(prompt="a red house", size=Size(width=64, height=64), sampling=Sampling(steps=3, seed=5))
    with Studio(Settings(outputs=tmp_path / "outputs", model=str(sd_folder))) as studio:
        done = end(studio, studio.jobs.submit([wish], studio.model))
        assert (done["state"], done["message"]) == ("done", None)
        assert studio.worker.status.on["attention"] == "sdpa"
        expected = [event.image for event in generate(load(sd_folder), wish) if isinstance(event, Picture)]
        assert studio.library.picture(done["pictures"][0]["id"]).tobytes() == expected[0].tobytes()
        long = TextToImage(size=Size(width=64, height=64), sampling=Sampling(steps=1000))
        id = studio.jobs.submit([long], studio.model)
        while not (view := studio.jobs.view(id)) or not view["step"]:
            time.sleep(0.01)
        studio.jobs.cancel(id)
        assert end(studio, id)["state"] == "cancelled"


def test_it_does_not_start_without_a_model_or_a_place_to_write(model_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        Studio(Settings(outputs=tmp_path, model="nowhere")).start()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        Studio(Settings(outputs=tmp_path / "file", model=str(model_folder))).start()
