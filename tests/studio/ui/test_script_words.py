"""What the page's scripts say in English stands in one place, and nowhere beside their components."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.ui import words
from tests.studio.ui.scripts import Text, pieces, texts

FOLDER = Path(words.__file__).parents[2] / "assets" / "page"
PLACES = ("words.js", "gallery_words.js", "keys.js")
SCRIPTS = [path for path in sorted(FOLDER.glob("*.js")) if path.name not in PLACES]
ENGLISH = re.compile(
    r"(?<![\w}])[A-Z][a-z]|[a-z]{2,} [a-z]{2,} [a-z]{2,}|[a-z]{2,}[,;:.]? …|\{\} [a-z]{2,}|[a-z]{2,} \{\}"
)
"""A word as it begins a sentence or a label, three in a row, what goes on, or a word beside what is put in."""

READ = {"title", "alt", "placeholder", "label", "aria-label", "aria-description", "textContent", "innerText"}
"""Attributes and properties that a person sees or hears."""

SPOKEN = {"say": 0, "tell": 0, "refuse": 0, "button": 0, "Error": 0, "Notification": 0}
"""Functions that say something, and their argument that is said."""

SELECTING = {"querySelector", "querySelectorAll", "closest", "appeared", "matches"}
SYNTAX = re.compile(
    r"(Ctrl\+|Shift\+)*\w?|Arrow(Up|Down|Left|Right)?|Home|End|Enter|Escape|Tab|Space|Del(ete)?|Backspace"
    r"|Files|Notification|Content-Type|take \{\}"
)
"""Names of keys, of commands and of the browser's own things."""


def said(code: str) -> Iterator[str]:
    """The English in a script."""
    for text in texts(code):
        if _is_said(text) and not SYNTAX.fullmatch(text.value):
            yield text.value


def _is_said(text: Text) -> bool:
    if text.key == "class" or text.call in SELECTING or (text.call == "el" and text.argument == 0):
        return False
    child = text.call in ("el", "append", "replaceChildren") and text.argument >= (2 if text.call == "el" else 0)
    if text.key in READ or text.target in READ or child:
        return bool(re.search(r"[^\W\d_]{2}", text.value))
    if SPOKEN.get(text.call) == text.argument and text.call in SPOKEN:
        return bool(re.search(r"[A-Z ]", text.value))
    return bool(ENGLISH.search(text.value))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_english_stands_beside_a_component(path: Path) -> None:
    assert list(said(path.read_text("utf-8"))) == []


def test_english_would_be_found() -> None:
    code = """
    import { el } from "./dom.js"; // A comment says what it likes
    const INVITATION = "Drop a picture here";
    const node = el("p", { class: "quiet little thing", "aria-label": `Seed ${seed}`, type: "button" }, "none");
    node.textContent = many ? `${count} pictures` : /Not this/.test(found) ? 'one' : "";
    say("Gone.", { label: "undo", act: () => lay("key", "value") });
    throw new Error(`No ${name ? "mask" : 'Picture'} is there.`);
    """
    found = [
        "Drop a picture here",
        "Seed {}",
        "none",
        "{} pictures",
        "one",
        "Gone.",
        "undo",
        "No {} is there.",
        "Picture",
    ]
    assert list(said(code)) == found


def entries(code: str) -> Iterator[tuple[str, str]]:
    """The names of what is said: of each object that is exported, and of what stands in it."""
    depth, group, tokens = 0, "", list(pieces(code))
    for at, (kind, value) in enumerate(tokens[:-1]):
        if not depth and value in ("const", "function"):
            group = tokens[at + 1][1] if tokens[at - 1][1] == "export" and value == "const" else ""
        begins = depth == 1 and tokens[at - 1][1] in ("{", ",")
        if group and begins and kind == "name" and tokens[at + 1][1] in (":", "("):
            yield group, value
        depth += (kind == "mark" and value in "([{") - (kind == "mark" and value in ")]}")


def test_every_word_is_said_somewhere() -> None:
    """What nobody says needs no translation."""
    scripts = "\n".join(path.read_text("utf-8") for path in SCRIPTS)
    names = [pair for place in PLACES[:2] for pair in entries((FOLDER / place).read_text("utf-8"))]
    assert len(names) > 150
    whole = {group for group, _ in names if re.search(rf"\b{group}\[|\({group}\)|\bin {group}\b", scripts)}
    unsaid = [pair for pair in names if pair[0] not in whole and not re.search(rf"\b{pair[0]}\.{pair[1]}\b", scripts)]
    assert unsaid == []


def test_scripts_and_python_call_the_modes_alike() -> None:
    titles = {
        text.key: text.value for text in texts((FOLDER / "words.js").read_text("utf-8")) if text.key in words.TABS
    }
    assert titles | {"gallery": words.TABS["gallery"]} == words.TABS
