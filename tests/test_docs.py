"""The documents tell the truth of today."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pipelines.attention import CHOICES
from pipelines.engine.guidance import GUIDANCES
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import SPACING_LABELS
from pipelines.placement import MEMORIES, PRECISIONS
from pipelines.requests import TASKS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", [*SAMPLERS, *SPACING_LABELS, *GUIDANCES])
def test_every_sampler_and_spacing_is_in_the_vocabulary(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs/vocabulary.md").read_text()


@pytest.mark.parametrize("name", [*CHOICES, *PRECISIONS, *MEMORIES])
def test_every_choice_of_how_a_model_is_loaded_is_explained(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs/placement.md").read_text()


@pytest.mark.parametrize("task", TASKS)
def test_the_readme_names_every_task(task: str) -> None:
    assert task.replace("_", " ") in (ROOT / "README.md").read_text().lower()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    for link in filter(None, links):
        assert (page.parent / link).exists(), link
    files = re.findall(r"`((?:pipelines|studio|tests|docs|training|benchmarks|assets)/[\w./-]+)`", text)
    for file in files:
        assert (ROOT / file).exists(), file


def test_the_readme_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands, but for fewer steps."""
    example = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert example
    code = example[1].replace('"assets/meadow"', repr(str(ROOT / "assets/meadow"))).replace("steps=20", "steps=2")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "meadow.png").stat().st_size > 1000


def test_the_examples_of_editing_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after another as they stand, but for fewer steps."""
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "docs/editing.md").read_text(), re.DOTALL)
    code = "\n".join(examples).replace('"assets/meadow"', repr(str(ROOT / "assets/meadow")))
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(code.replace("steps=20", "steps=2"), "editing.md", "exec"), names)
    assert names["made"].proof.locked > 0.5
    assert len(names["candidates"]) == 2
    assert names["wide"].size == (597, 256)
    assert names["both"].size == (384, 256)
    assert names["large"].size == (384, 384)
