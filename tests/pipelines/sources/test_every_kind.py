"""The kinds of files that look like another kind but for a mark, and that none is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import SD3Transformer2DModel

from pipelines.loading import load, open_source
from pipelines.sources.kinds import KINDS
from tests.original import save_original
from tests.pipelines.sources.test_checkpoint import CASES, picture
from tests.tiny import make_sd3_pipeline, make_sd_pipeline


def with_second_attention() -> Any:
    """As 3.5 Medium has it in its first layers."""
    pipeline = make_sd3_pipeline(qk_norm=True)
    torch.nn.init.eye_(pipeline.text_encoder.text_projection.weight)  # its authors use it without
    config = {**pipeline.transformer.config, "dual_attention_layers": (0,), "_use_default_values": ()}
    pipeline.register_modules(transformer=SD3Transformer2DModel.from_config(config).eval())
    return pipeline


MORE: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "sd2_v": (lambda: make_sd_pipeline(prediction_type="v_prediction"), "sd2", {"v_pred": torch.tensor([])}),
    "sd2_inpaint": (lambda: make_sd_pipeline(inpainting=True), "sd2", {}),
    "sd35_medium": (with_second_attention, "sd3", {}),
}


@pytest.mark.parametrize("kind", MORE)
def test_a_file_makes_the_picture_that_its_folder_makes(tmp_path: Path, kind: str) -> None:
    make, layout, marks = MORE[kind]
    pipeline = make()
    pipeline.save_pretrained(tmp_path / "folder", safe_serialization=True)
    file = save_original(pipeline, tmp_path / "file.safetensors", layout, **marks)
    assert open_source(file)[1].contents.kind.name == kind
    assert np.array_equal(picture(file), picture(tmp_path / "folder"))
    assert load(file, device="cpu").prediction == {"sd2_v": "v", "sd35_medium": "flow"}.get(kind, "noise")


def test_every_kind_of_model_is_compared_with_its_folder() -> None:
    assert {name for name, kind in KINDS.items() if kind.role == "model"} == {*CASES, *MORE}
