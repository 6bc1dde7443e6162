"""Gradio is imported without its stubs, and nothing of that stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.settings import PROJECT

CODE = """
import contextlib, gc, sys
from studio.importing import hurried
before = list(sys.meta_path)
with {way}:
    import own
assert own.Own(value="a").value == "a" and gc.isenabled() and sys.meta_path == before
"""


@pytest.mark.parametrize(("way", "written"), [("hurried()", False), ("contextlib.nullcontext()", True)])
def test_no_stub_is_written_beside_a_component(tmp_path: Path, way: str, written: bool) -> None:
    (tmp_path / "own.py").write_text("import gradio\n\nclass Own(gradio.HTML):\n    pass\n")
    subprocess.run(
        [sys.executable, "-c", CODE.format(way=way)],
        env=os.environ | {"PYTHONPATH": f"{tmp_path}:{PROJECT}"},
        check=True,
    )
    assert (tmp_path / "own.pyi").exists() == written
