"""The configurations of a model in a single file: its kind's, its own marks, and what is beside it.  Without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.sources.folder import read_config
from pipelines.sources.identify import Contents
from pipelines.sources.kinds import CONFIGS


def beside(model: Path) -> Path:
    """The folder of the file's own name beside it, which may have configurations and tokenizers, by part."""
    return model.with_suffix("")


def config_of(contents: Contents, part: str) -> dict[str, Any]:
    """The configuration of a part, as `Source` has it; ModelError where what lies beside the file cannot be read."""
    if part == "model_index":
        return {}
    file = "scheduler_config.json" if part == "scheduler" else "config.json"
    own = beside(contents.header.path) / part / file
    if own.is_file():
        return read_config(own)
    kind = contents.kind
    config = read_config(CONFIGS / kind.configs / part / file) | dict(kind.changes.get(part, {}))
    return config | (_marks(contents) if part == "scheduler" else {})


def _marks(contents: Contents) -> dict[str, Any]:
    """What the file itself says of its noise schedule."""
    marks: dict[str, Any] = {"prediction_type": "v_prediction"} if contents.v else {}
    if contents.zero_snr:
        marks |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    return marks
