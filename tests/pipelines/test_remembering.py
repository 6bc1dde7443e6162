"""What was encoded before is not encoded again, and nothing is remembered for what is not the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from pipelines.canvas import to_pixels
from pipelines.loading import load
from pipelines.remembering import Remembered, digest
from pipelines.requests import Sampling, Size, TextToImage
from pipelines.run import generate
from tests.tiny import make_sd_folder


@pytest.fixture
def family(tmp_path: Path) -> Any:
    return load(make_sd_folder(tmp_path / "model"), device="cpu")


def counted(family: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a part of the model was called with, as it comes."""
    calls: list[Any] = []
    module = getattr(family, name)
    method = "encode" if name == "vae" else "forward"
    real = getattr(module, method)

    def called(*given: Any, **told: Any) -> Any:
        calls.append(given)
        return real(*given, **told)

    monkeypatch.setattr(module, method, called)
    return calls


def picture(family: Any, prompt: str, seed: int, clip_skip: int = 1) -> Any:
    sampling = Sampling(steps=2, guidance=3.0, seed=seed)
    request = TextToImage(prompt=prompt, size=Size(width=64, height=64), sampling=sampling, clip_skip=clip_skip)
    *_, last = generate(family, request)
    return last


def test_another_seed_reads_no_prompt_again(family: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(family, "text_encoder", monkeypatch)
    picture(family, "a red tree", 1)
    first = len(calls)
    picture(family, "a red tree", 2)
    assert len(calls) == first > 0
    picture(family, "a blue tree", 2)
    assert len(calls) > first


def test_the_same_words_read_otherwise_are_read(family: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(family, "text_encoder", monkeypatch)
    for number, wish in enumerate((("a red tree", 1), ("a (red) tree", 1), ("a red tree", 2)), 1):
        picture(family, wish[0], 1, wish[1])
        assert len(calls) == 2 * number


def test_the_same_canvas_is_encoded_once(family: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(family, "vae", monkeypatch)
    pixels = to_pixels(Image.linear_gradient("L").resize((64, 64)).convert("RGB"))
    first, again = family.encode(pixels), family.encode(pixels.clone())
    assert torch.equal(first, again)
    assert len(calls) == 1
    family.encode(pixels + 0.01)
    assert len(calls) == 2


def test_only_so_much_is_kept_and_what_was_used_last_stays() -> None:
    remembered, worked_out = Remembered(most=2), []

    def ask(key: str) -> str:
        return remembered.of(key, lambda: worked_out.append(key) or key.upper())

    assert [ask(key) for key in "abacab"] == list("ABACAB")
    assert worked_out == ["a", "b", "c", "b"]
    remembered.forget()
    ask("a")
    assert worked_out[-1] == "a"


def test_a_key_is_of_contents_and_shape() -> None:
    flat = torch.arange(6.0)
    assert digest(flat) == digest(flat.clone())
    assert digest(flat) != digest(flat.reshape(2, 3))
    assert digest(flat) != digest(flat + 1)
    assert digest(torch.arange(6.0).reshape(2, 3).T) == digest(torch.arange(6.0).reshape(2, 3).T.contiguous())
