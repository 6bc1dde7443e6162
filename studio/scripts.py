"""The scripts and styles that browsers are given: the page's own, and Gradio's, and which of them are wanted soon.

Gradio's are served before Gradio itself is imported, so that the splash can have a browser fetch them meanwhile.  Their
names hold a hash of what is in them: whoever has one need never ask for it again.  Which of some hundreds the page
needs stands in themselves: a script names what it may import later, and all that comes with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from studio.settings import ASSETS

PAGE = ASSETS / "page"
FIRST = ("header", "canvas", "live", "recall", "prompt", "drawer", "shapes", "echo", "keep")
"""The page's own scripts that its components begin with, the others being imported by them."""

COMPONENTS = "accordion|button|checkbox|column|dropdown|form|html|number|row|slider|tabitem|tabs|textbox"
"""Of Gradio's, those that the page is made of, by the names in its table."""

OWN = re.compile(r"^import .*?[\"']\./(\w+)\.js[\"']", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"assets/(index-[\w-]+\.\w+)")
LIST = re.compile(r"m\.f=\[([^\]]*)\]")
LATER = re.compile(r"import\(`\./([\w-]+)\.js`\)[^_]*,__vite__mapDeps\(\[([\d,]+)\]\)")
ROW = re.compile(rf"\b(?:{COMPONENTS}):\{{[^{{}}]*\}}")
STEPS = (("index-", "Index-"), ("index-", "core-"), ("Index-", "Blocks-"), ("core-", ""))
"""How the names of Gradio's scripts begin on the way from its first to the components, and of what they import."""


class Scripts(StaticFiles):
    """A folder whose files are answered with this Cache-Control."""

    def __init__(self, folder: Path, kept: str) -> None:
        super().__init__(directory=folder)
        self._kept = kept

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        """Starlette's answer, and how long it holds."""
        response = super().file_response(*arguments, **options)
        response.headers["Cache-Control"] = self._kept
        return response


def own() -> Scripts:
    """The page's; a browser asks each time whether they have changed."""
    return Scripts(PAGE, "no-cache")


def gradios() -> Scripts:
    """Gradio's, which never change."""
    return Scripts(folder(), "public, max-age=31536000, immutable")


def folder() -> Path:
    """Where Gradio's are; it is found, but not imported."""
    spec = find_spec("gradio")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "templates" / "frontend" / "assets"


def splash() -> str:
    """The splash, which has Gradio's scripts fetched."""
    links = (f'<link rel="prefetch" href="assets/{name}">' for name in needed(folder()))
    return (PAGE / "splash.html").read_text("utf-8").replace("</title>", "\n".join(["</title>", *links]))


def head() -> str:
    """What the page has in its head: the styles, and all of its own scripts at once instead of one after the other."""
    links = (f'<link rel="modulepreload" href="page/{name}.js">' for name in reached(FIRST))
    return "\n".join([(PAGE / "head.html").read_text("utf-8").strip(), *links])


def reached(names: Iterable[str]) -> list[str]:
    """These of the page's own scripts and whatever they import."""
    found = list(dict.fromkeys(names))
    for name in found:  # which grows
        text = (PAGE / f"{name}.js").read_text("utf-8")
        found += [each for each in OWN.findall(text) if each not in found]
    return found


def needed(assets: Path) -> list[str]:
    """Those of Gradio's that the page is going to need; fewer where it is built otherwise than it is today."""
    found = dict.fromkeys(ENTRY.findall((assets.parent / "index.html").read_text("utf-8")))
    for begins, imports in STEPS:
        for name in [each for each in found if each.startswith(begins) and each.endswith(".js")]:
            found |= dict.fromkeys(_imported((assets / name).read_text("utf-8"), imports))
    return list(found)


def _imported(script: str, begins: str) -> list[str]:
    """What a script imports that is called so, or else for the components, with all that comes along."""
    files = re.findall(r'"\./([^"]+)"', "".join(LIST.findall(script)[:1]))
    told = script if begins else "".join(ROW.findall(script))
    rows = [numbers for name, numbers in LATER.findall(told) if name.startswith(begins)]
    return [files[int(number)] for row in rows for number in row.split(",")]
