"""Files of Flux and Stable Diffusion 3 that come alone: with the vocabularies that the studio brings, and no network.

What their text encoders are given is compared with what diffusers' pipelines give them, by the genuine vocabularies.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
import pytest
import torch

from pipelines.loading import load
from pipelines.prompt import parse, pieces
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate
from pipelines.sight import look
from pipelines.sources.kinds import CONFIGS
from pipelines.sources.vocabulary import clip_tokenizer, read_words
from pipelines.tokenizer import read_tokenizer
from tests.original import save_original
from tests.tiny import PIPELINES
from tests.tiny.parts import make_clip, make_t5

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "flux_dev": ("flux", {}),
    "flux_schnell": ("flux", {"schnell": True}),
    "sd3": ("sd3", {}),
}
SHORT = "a red house on the hill, größe 日本"
LONG = "a lighthouse on the cliff, waves and gulls; " * 60  # more than any of them reads
SAID = ("", SHORT, LONG)


class Alone(NamedTuple):
    """A model as diffusers' pipeline, as its folder, as its file, and loaded from that."""

    kind: str
    oracle: Any
    folder: Path
    file: Path
    family: Any


def with_genuine_words(kind: str) -> Any:
    """diffusers' pipeline of a tiny network, whose text encoders know all words of the real ones."""
    family, options = KINDS[kind]
    pipeline = PIPELINES[family](**options)
    t5 = read_tokenizer(CONFIGS, "t5")
    torch.manual_seed(1)
    if family == "flux":
        first = clip_tokenizer()
        pipeline.register_modules(tokenizer=first, text_encoder=make_clip(first))
        pipeline.register_modules(tokenizer_2=t5, text_encoder_2=make_t5(t5))
        return pipeline
    first, second = clip_tokenizer(), clip_tokenizer("!")
    pipeline.register_modules(tokenizer=first, text_encoder=make_clip(first, projection=16, layers=3))
    pipeline.register_modules(tokenizer_2=second, text_encoder_2=make_clip(second, width=48, projection=24, layers=3))
    pipeline.register_modules(tokenizer_3=t5, text_encoder_3=make_t5(t5, width=96))
    torch.nn.init.eye_(pipeline.text_encoder.text_projection.weight)  # its authors use it without
    return pipeline


@pytest.fixture(scope="module", params=KINDS)
def alone(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Alone:
    """A model of each kind; beside its file there are no tokenizers."""
    folder = tmp_path_factory.mktemp(request.param)
    pipeline = with_genuine_words(request.param)
    pipeline.save_pretrained(folder / "folder", safe_serialization=True)
    layout = KINDS[request.param][0]
    file = save_original(pipeline, folder / "elsewhere" / "alone.safetensors", layout)
    for tokenizer in [*file.with_suffix("").glob("tokenizer*")]:
        shutil.rmtree(tokenizer)
    return Alone(request.param, pipeline, folder / "folder", file, load(file, device="cpu"))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("something wants to talk to the network")

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "empty"))
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_a_file_alone_makes_the_picture_that_its_folder_makes(alone: Alone) -> None:
    request = TextToImage(prompt=SHORT, size=Size(width=64, height=64), sampling=Sampling(steps=2))
    families = alone.family, load(alone.folder, device="cpu")
    assert np.array_equal(*(np.asarray([*generate(family, request)][-1].image) for family in families))


def given(encoder: Any, run: Callable[[], object]) -> list[int]:
    """The tokens that a text encoder is given first while something runs."""
    seen: list[list[int]] = []

    def note(_: Any, unnamed: tuple[Any, ...], named: dict[str, Any]) -> None:
        seen.append((unnamed[0] if unnamed else named["input_ids"])[0].tolist())

    handle = encoder.register_forward_pre_hook(note, with_kwargs=True)
    run()
    handle.remove()
    return seen[0]


def given_by_diffusers(oracle: Any, part: str, said: str, room: int) -> list[int]:
    more = {"prompt_3": said, "do_classifier_free_guidance": False} if hasattr(oracle, "text_encoder_3") else {}
    return given(getattr(oracle, part), lambda: oracle.encode_prompt(said, said, **more, max_sequence_length=room))


def test_its_encoders_are_given_what_diffusers_gives_them(alone: Alone) -> None:
    """T5 512 tokens in Flux dev, 256 in schnell and in Stable Diffusion 3, or 512 where 256 are too few; CLIP 77."""
    encoders = [name for name in ("text_encoder", "text_encoder_2", "text_encoder_3") if hasattr(alone.family, name)]
    for said, part in product(SAID, encoders):
        wording = pieces(parse(said).parts[0], 1, 1)
        room = 512 if alone.kind == "flux_dev" or (alone.kind == "sd3" and said == LONG) else 256
        ours = given(getattr(alone.family, part), partial(alone.family.encode_prompts, [wording]))
        assert ours == given_by_diffusers(alone.oracle, part, said, room)
        assert len(ours) == (room if part == encoders[-1] else 77)


def test_what_is_said_to_be_seen_is_what_diffusers_gives(alone: Alone) -> None:
    """Flux by T5; Stable Diffusion 3 by CLIP, in chunks, of which diffusers gives the first."""
    start, part, end = ([49406], "text_encoder", 49407) if alone.kind == "sd3" else ([], "text_encoder_2", 1)
    tokenizer = read_words(alone.file)
    for said in SAID:
        (stretch,) = look(parse(said), tokenizer, 1).stretches
        seen = [*start, *(token.number for token in stretch.sides[0].chunks[0].tokens), end]
        theirs = given_by_diffusers(alone.oracle, part, said, 256 if alone.kind == "flux_schnell" else 512)
        assert theirs[: len(seen)] == seen
        assert len({*theirs[len(seen) :]}) <= 1  # what fills it up
