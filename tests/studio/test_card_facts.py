"""What a card says without loading its model is what the model says once it is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import InvalidRequest
from pipelines.loading import load
from pipelines.prompt import Piece
from studio.models import Models
from tests.tiny import PIPELINES, make_folder

MODELS: list[tuple[str, dict[str, Any]]] = [
    *((family, {}) for family in PIPELINES),
    ("flux", {"schnell": True}),
    ("sd", {"inpainting": True}),
    ("sd", {"told_guidance": True}),
]


@pytest.mark.parametrize(("family", "options"), MODELS, ids=[" ".join((name, *more)) for name, more in MODELS])
def test_a_card_says_what_the_loaded_model_says(tmp_path: Path, family: str, options: dict[str, Any]) -> None:
    folder = make_folder(tmp_path / "model", family, **options)
    card, model = Models().card(str(folder)), load(folder, device="cpu")
    facts = model.facts
    assert (card.cell, card.multiple) == (facts.downscale, facts.multiple)
    assert card.hears is not facts.embeds_guidance
    refused = {
        "sampling.reuse": not facts.has_outer_layers,
        "guiding.method": facts.embeds_guidance,
        "guiding.rescale": facts.embeds_guidance,
        "graded": facts.takes_mask,
        "clip_skip": refuses_clip_skip(model),
    }
    assert card.useless == {name for name, is_so in refused.items() if is_so}


def refuses_clip_skip(model: Any) -> bool:
    try:
        model.encode_prompts([[Piece("a house", 1.0)]], 2)
    except InvalidRequest:
        return True
    return False
