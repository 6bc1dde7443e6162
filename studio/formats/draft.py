"""On the way from another program's words to a request: what fits is taken, what does not is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipelines.checks import MAX_PROMPT
from pipelines.engine.names import find_choice, find_spacing
from pipelines.engine.samplers import SAMPLERS
from pipelines.errors import InvalidRequest
from pipelines.parts import MAX_SEED, PARTS, Tuning
from pipelines.requests import MAX_CLIP_SKIP, Request, TextToImage
from studio.formats.texts import printable

LONGEST = 240
"""Characters of a note."""
USED = ("sampling", "tuning", "variation", "size", "hires")
EXPECTED = {"steps": "steps", "seed": "seed", "sampler": "sampler", "guidance": "guidance", "width": "size"}
"""What every file should say, by the names of settings, and in words."""


@dataclass(frozen=True)
class Carried:
    """A request made of what a file says.

    ``notes``: what could not be carried over, one sentence each.  ``program``: whose words they are.  ``model``: the
    name of the model as it stands there, empty where there is none.
    """

    request: Request
    notes: tuple[str, ...]
    program: str
    model: str = ""


class Draft:
    """A request that grows setting by setting; one that is refused is left as it usually is, with a note."""

    def __init__(self, program: str) -> None:
        self.program = program
        self.model = ""
        self.prompt: Any = ""
        self.negative: Any = ""
        self.notes: list[str] = []
        self._clip_skip = 1
        self._parts = {name: PARTS[name]() for name in USED}
        self._said: set[str] = set()

    def note(self, sentence: str) -> None:
        """Tell of something that is lost."""
        told = printable(sentence)
        self.notes.append(told if len(told) <= LONGEST else told[: LONGEST - 2].rstrip() + "….")

    def left(self, name: str, value: Any = "") -> None:
        """Tell of a setting that has no counterpart."""
        said = f" ({str(value)[:60]})" if str(value).strip() else ""
        self.note(f"{name}{said} has no counterpart here.")

    def set(self, part: str, **values: Any) -> None:
        """Take settings of one part of the request."""
        self._said |= set(values)
        try:
            self._parts[part] = dataclasses.replace(self._parts[part], **values)
        except InvalidRequest as error:
            self.note(f"Left out: {str(error)[:1].lower()}{str(error)[1:]}")

    def steps(self, value: Any) -> None:
        self.set("sampling", steps=whole(value))

    def seed(self, value: Any) -> None:
        seed = whole(value)
        if isinstance(seed, int) and seed > MAX_SEED:
            self.note(f"Seeds go up to {MAX_SEED} here, so that {seed} became {seed % (MAX_SEED + 1)}.")
            seed %= MAX_SEED + 1
        self.set("sampling", seed=seed)

    def guidance(self, value: Any) -> None:
        scale = number(value)
        if isinstance(scale, int | float) and 0 <= scale < 1:
            self.note(f"A guidance of {scale:g} became 1, which is none: it cannot be weaker.")
            scale = 1.0
        self.set("sampling", guidance=scale)

    def sampler(self, name: Any) -> None:
        self._said.add("sampler")
        choice = find_choice(str(name).removesuffix("_gpu"))
        if choice is None:
            usual = SAMPLERS[self._parts["sampling"].sampler].label
            return self.note(f"The sampler {str(name)[:60]!r} is not known here: {usual} takes its place.")
        self.set("sampling", sampler=choice.sampler)
        if choice.spacing is not None:
            self.set("sampling", spacing=choice.spacing)

    def spacing(self, name: Any) -> None:
        found = find_spacing(str(name))
        if found is None:
            return self.note(f"The spacing {str(name)[:60]!r} is not known here: Automatic takes its place.")
        self.set("sampling", spacing=found)

    def size(self, width: Any, height: Any) -> None:
        self.set("size", width=whole(width), height=whole(height))

    def clip_skip(self, value: Any) -> None:
        layer = whole(value)
        if isinstance(layer, int) and not isinstance(layer, bool) and 1 <= layer <= MAX_CLIP_SKIP:
            self._clip_skip = layer
        elif layer not in (0, None):
            self.note(f"Left out: clip skip must be 1 to {MAX_CLIP_SKIP}, but is {str(value)[:60]}.")

    def lora(self, name: Any, weight: Any = "", tagged: bool = False) -> None:
        """Tell of a LoRA: one that is ``tagged`` stands in the prompt as it does here, any other is not applied."""
        told = f" ({weight})" if weight not in ("", None) else ""
        what = "is looked for in your models folder" if tagged else "is not applied: a <lora:name:weight> would do that"
        self.note(f"The LoRA {str(name)[:80]}{told} {what}.")

    def painted_over(self, strength: Any = "") -> None:
        """Tell that there was a picture to begin with, which other programs do not keep."""
        told = f" (strength {strength})" if strength not in ("", None) else ""
        self.note(
            f"It was painted over another picture{told}, which is not in the file: text to image is what is left."
        )

    def damaged(self) -> None:
        """Tell that what the file says cannot be read."""
        self.note(f"What {self.program} wrote into the file is damaged and cannot be read.")

    def carried(self) -> Carried:
        """The request, with all notes."""
        missing = [words for name, words in EXPECTED.items() if name not in self._said]
        if missing:
            self.note(f"The file does not say its {', '.join(missing)}: the usual is taken.")
        if "seed" in self._said:
            self.note(f"The seed is kept, but {self.program} draws its noise its own way: expect a picture like it.")
        prompt, negative = self._text("prompt", self.prompt), self._text("negative prompt", self.negative)
        parts = self._parts | {"tuning": self._usable_tuning()}
        request = TextToImage(prompt=prompt, negative=negative, clip_skip=self._clip_skip, **parts)
        return Carried(request, tuple(dict.fromkeys(self.notes)), self.program, str(self.model))

    def _text(self, name: str, text: Any) -> str:
        if not isinstance(text, str):
            self.note(f"The {name} is no text, but {type(text).__name__}: it is left out.")
            return ""
        whole_letters = text.encode("utf-8", "ignore").decode()
        if whole_letters != text:
            self.note(f"The {name} has half a character in it, which is left out.")
        if len(whole_letters) > MAX_PROMPT:
            self.note(f"The {name} has {len(whole_letters):,} characters, of which {MAX_PROMPT:,} are kept.")
        return whole_letters[:MAX_PROMPT]

    def _usable_tuning(self) -> Tuning:
        """The tuning without what the sampler and the spacing have no use for."""
        tuning, sampling = self._parts["tuning"], self._parts["sampling"]
        for name, value in dataclasses.asdict(tuning).items():
            try:
                if value is not None:
                    Tuning(**{name: value}).check_use(sampling.sampler, sampling.spacing)
            except InvalidRequest:
                self.note(f"Left out: {SAMPLERS[sampling.sampler].label} has no use for {name}, which is {value:g}.")
                tuning = dataclasses.replace(tuning, **{name: None})
        return tuning


def number(value: Any) -> Any:
    """A number, also one that is written as text; what is none as it is, for the request to refuse."""
    if not isinstance(value, str):
        return value
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value[:60]


def whole(value: Any) -> Any:
    """A whole number; what is none as it is."""
    found = number(value)
    return int(found) if isinstance(found, float) and found.is_integer() else found


def leave(draft: Draft, values: Iterable[tuple[str, Any]], silent: Iterable[str]) -> None:
    """Tell of all settings but those that lose nothing by being left."""
    for name, value in values:
        if name not in silent and value not in (None, "", [], {}, False):
            draft.left(name, value)
