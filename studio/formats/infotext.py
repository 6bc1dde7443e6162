"""The grammar of A1111's generation parameters, read and written.

    text     = prompt [ newline "Negative prompt: " negative ] newline settings
    settings = pair { ", " pair }                   the last line; with fewer than three pairs it is prompt
    pair     = key ": " ( value | JSON string )     quoted where it holds a comma, a colon or a newline

A key begins with a letter or digit, and goes on with these, blanks, "-" and "/".  Prompts may span lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

NEGATIVE = "Negative prompt:"
FEWEST = 3
PAIR = re.compile(r'(?P<key>\w[\w /-]{1,60}):[ \t]*(?P<value>"(?:[^"\\]|\\.)+"(?=[ \t]*(?:,|$))|[^,]*)')


@dataclass(frozen=True)
class Infotext:
    """The three parts of a text; settings as they are written, quotes taken off."""

    prompt: str = ""
    negative: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        negative = f"\n{NEGATIVE} {self.negative}" if self.negative else ""
        pairs = ", ".join(f"{key}: {_quoted(value)}" for key, value in self.settings.items())
        return f"{self.prompt}{negative}\n{pairs}".strip()


def parse(text: str) -> Infotext:
    """Take a text apart; any text has a prompt at least."""
    lines = [line.strip() for line in text.strip().split("\n")]
    settings = {found["key"].strip(): _plain(found["value"].strip()) for found in PAIR.finditer(lines[-1])}
    if len(settings) < FEWEST:
        settings = {}
    else:
        lines.pop()
    begins = next((i for i, line in enumerate(lines) if line.startswith(NEGATIVE)), len(lines))
    negative = "\n".join(lines[begins:]).removeprefix(NEGATIVE).strip()
    return Infotext("\n".join(lines[:begins]), negative, settings)


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search(r'[,:\n]|^\s*"', value) else value


def _plain(value: str) -> str:
    """A value without its quotes; as it stands where they are broken."""
    if not value.startswith('"'):
        return value
    try:
        found = json.loads(value)
    except ValueError:
        return value
    return found if isinstance(found, str) else value
