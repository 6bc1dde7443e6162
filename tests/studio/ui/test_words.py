"""What the page says in English stands in one place, and nowhere beside its components."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio
import pytest

from studio.services import Studio
from studio.settings import Settings
from studio.ui import page, words
from tests.studio.fakes import make_worker

FOLDER = Path(words.__file__).parent
ENGLISH = re.compile(r"[A-Z][a-z]|[a-z]{2,} [a-z]{2,} [a-z]{2,}")
"""A word as it begins a sentence or a label, or three words in a row."""

SYNTAX = {"theme.py": ("FONT", "MONO"), "grid.py": ("EXAMPLES",)}
"""Names of typefaces, and values as they are typed, which the studio reads: no language of the page's."""

SCRIPT = re.compile(r"\bimport\(|=>|^html|__type__")


def said(code: str, exempt: tuple[str, ...] = ()) -> Iterator[str]:
    """The English in a module, but for documents, refusals, scripts, and what is assigned to names in ``exempt``."""
    tree = ast.parse(code)
    silent = {id(inner) for node in ast.walk(tree) if _is_silent(node, exempt) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in silent else None
        if isinstance(text, str) and ENGLISH.search(text) and not SCRIPT.search(text):
            yield text


def _is_silent(node: ast.AST, exempt: tuple[str, ...]) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(name, ast.Name) and name.id in exempt for name in node.targets)
    return isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_no_english_stands_beside_a_component(path: Path) -> None:
    if path.name != "words.py":
        assert list(said(path.read_text("utf-8"), SYNTAX.get(path.name, ()))) == []


def test_english_would_be_found() -> None:
    code = """'A module about a field.'
def field():
    return gradio.Number(label="Steps", info="more of them take longer")
"""
    assert list(said(code)) == ["Steps", "more of them take longer"]


def test_every_word_is_said_somewhere(tmp_path: Path, model_folder: Path) -> None:
    """A label that no component has is one that nobody needs to translate."""
    settings = Settings(outputs=tmp_path / "outputs", words=tmp_path / "words", model=str(model_folder))
    blocks: list[Any] = list(page.build(Studio(settings, make_worker())).blocks.values())
    shown = {getattr(block, "label", None) for block in blocks}
    assert set(words.LABELS.values()) - {"Styles"} <= shown  # there are none to choose from
    assert {*words.FOLDS.values(), *words.TABS.values()} <= shown
    assert isinstance(blocks[0], gradio.blocks.Block)
