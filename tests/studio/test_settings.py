"""What the page may be started with."""

from __future__ import annotations

from dataclasses import fields
from inspect import signature
from pathlib import Path

import pytest

from pipelines.errors import InvalidRequest
from pipelines.loading import load
from studio import arguments
from studio.services import Studio
from studio.settings import Settings
from studio.workers.messages import Model


def started_with(*words: str) -> Settings:
    return Settings(**vars(arguments.page().parse_args(list(words))))


def test_patience_and_the_jobs_at_once_reach_those_who_heed_them(tmp_path) -> None:
    studio = Studio(started_with("--patience", "12.5", "--at-once", "7", "--outputs", str(tmp_path)))
    assert studio.worker.patience == 12.5 and len(studio.jobs._threads) == studio.jobs._at_once == 7
    usual = started_with()
    assert (usual.patience, usual.at_once) == (600.0, 4)


def test_how_a_model_is_loaded_reaches_the_engine(tmp_path) -> None:
    words = ("--device", "cpu", "--precision", "bfloat16", "--attention", "sliced", "--memory", "low", "--vae", "soft")
    studio = Studio(started_with(*words, "--models", str(tmp_path), "--outputs", str(tmp_path)))
    told = studio.worker._model(Path("x"))
    assert told == Model(Path("x"), "cpu", "bfloat16", "sliced", "low", tmp_path, "soft")
    assert set(signature(load).parameters) == {"reference", *(item.name for item in fields(Model)[1:])}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--at-once", "0"), "--at-once must be 1 to 32 jobs, but is 0."),
        (("--at-once", "33"), "--at-once must be 1 to 32 jobs, but is 33."),
        (("--at-once", "two"), "--at-once must be a whole number, but is 'two'."),
        (("--patience", "0"), "--patience must be 1 second or more, since a step may take long, but is 0."),
        (("--patience", "nan"), "--patience must be 1 second or more, since a step may take long, but is nan."),
        (("--patience", "inf"), "--patience must be 1 second or more, since a step may take long, but is inf."),
        (("--patience", "long"), "--patience must be a number, but is 'long'."),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(words: tuple[str, str], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        started_with(*words)
    assert str(refused.value) == sentence
