"""The tabs without a browser: their components, and the function that makes a request of what stands in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import gradio
import pytest
from PIL import Image

from pipelines.requests import Request
from studio.models import ModelCard
from studio.services import Studio
from studio.settings import Settings
from studio.ui import stage, tab
from studio.ui.tab import Form
from tests.studio.fakes import make_worker


@dataclass
class Tab:
    """One tab: `fill(steps=5)` gives what the page would send."""

    form: Form
    build: Callable[[Any], Request]

    def fill(self, canvas: Any = None, **typed: Any) -> dict[Any, Any]:
        """The values that stand in the fields, some of them typed anew."""
        names = {str(field.elem_id).removeprefix(f"{self.form.task}-"): field for field in self.form.fields}
        assert set(typed) <= set(names)
        values = {field: field.value for field in names.values()}
        return values | {self.form.easel: canvas} | {names[name]: value for name, value in typed.items()}

    def request(self, canvas: Any = None, **typed: Any) -> Any:
        """The request that the fields stand for."""
        return self.build(self.fill(canvas, **typed))


@pytest.fixture
def idle_studio(tmp_path: Path) -> Studio:
    """A studio that was not started: enough to build a page for."""
    return Studio(Settings(outputs=tmp_path / "outputs", words=tmp_path / "words", model="none"), make_worker())


@pytest.fixture
def canvas(idle_studio: Studio) -> dict[str, str]:
    """What a canvas sends once a picture and a mask were uploaded."""
    picture = idle_studio.library.keep(Image.new("RGB", (64, 48), "teal"))
    mask = Image.new("L", (64, 48))
    mask.paste(255, (0, 0, 8, 8))
    return {"picture": picture.id, "mask": idle_studio.library.keep(mask).id}


@pytest.fixture
def card() -> ModelCard:
    defaults = {"width": 256, "height": 192, "steps": 12, "guidance": 4.0, "sampler": "heun", "spacing": "karras"}
    return ModelCard("none", Path("none"), "Meadow", "It draws.", frozenset({"a"}), ("a house",), defaults)


@pytest.fixture
def make_tab(idle_studio: Studio, card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType], Tab]:
    """Build one tab and catch what it would have been wired with."""

    def make(module: ModuleType) -> Tab:
        caught: list[Tab] = []

        def wire(page: gradio.Blocks, studio: Studio, form: Form, build: Any) -> Any:
            caught.append(Tab(form, build))
            return tab.wire(page, studio, form, build)

        monkeypatch.setattr(module, "wire", wire)
        with gradio.Blocks(analytics_enabled=False) as page, gradio.Tabs():
            module.build(page, idle_studio, card, stage.make())
        return caught[0]

    return make
