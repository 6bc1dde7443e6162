"""Making pictures in the command line's own process: a model is loaded once, and what is done stays.

Pictures' paths go to stdout, one a line; everything else is for a person and goes to stderr.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import InvalidRequest, StudioError
from pipelines.requests import Request
from studio.batches import items
from studio.grids import Axis, Grid, spread
from studio.models import ModelCard, Models
from studio.settings import ENGINE, QUIET
from studio.wording import Wording, numbered, word

if TYPE_CHECKING:
    from pipelines.events import Picture, Step
    from pipelines.families.family import Family
    from studio.library import Library

Ask = Callable[[Namespace, ModelCard], Request]


class Maker:
    """One model on one device, as the options say."""

    def __init__(self, options: Namespace, card: ModelCard) -> None:
        self.options = options
        self.card = card

    @cached_property
    def family(self) -> Family:
        """The model, loaded when the first picture is made."""
        os.environ |= QUIET
        from pipelines.loading import load

        return load(self.card.folder, **{name: getattr(self.options, name) for name in ENGINE})

    @cached_property
    def library(self) -> Library:
        """Where the pictures go; OutputError where they cannot be written, before work is spent on them."""
        from studio.library import Library

        library = Library(self.options.out)
        library.check()
        return library

    def make(self, wording: Wording, tell: Callable[[Path], None] | None = None) -> int:
        """Make the pictures of a wording; those that are done stay, whatever happens then.

        ``tell``: is told of each, instead of stdout.
        """
        idle = wording.requests[0].idle
        if idle is not None:
            raise InvalidRequest(idle)
        self.library.check()
        hint(self.card, wording)
        made = 0
        try:
            for path in self._pictures(wording.requests):
                (tell or show)(path)
                made += 1
        except KeyboardInterrupt:
            count = sum(request.count for request in wording.requests)
            return say(f"Stopped: {made} of {count} pictures are done.", 130)
        return 0

    def _pictures(self, requests: Sequence[Request]) -> Iterator[Path]:
        """The paths of the pictures, each once it is written; how far they are goes to a terminal's last line."""
        family = self.family
        from pipelines.events import Picture
        from studio.library import Recipe
        from studio.meter import Meter

        with closing(_events(family, requests)) as events, Meter(requests, sys.stderr) as meter:
            for request, event in events:
                if isinstance(event, Picture):
                    reference, title, on = self.card.reference, self.card.title, dict(family.report)
                    recipe = Recipe(
                        request=request,
                        model=reference,
                        title=title,
                        on=on,
                        proof=event.proof,
                        adapters=event.adapters,
                        file=Models(shelf=self.options.models).mark(self.card.folder),
                    )
                    saved = self.library.save(event.image, recipe)
                    meter.clear()
                    for note in event.notes:
                        say(note)
                    yield saved.path
                else:
                    meter.advance(event)


def make(options: Namespace, card: ModelCard, wording: Wording, tell: Callable[[Path], None] | None = None) -> int:
    """Make the pictures of one wording; see ``Maker.make``."""
    return Maker(options, card).make(wording, tell)


def make_all(options: Namespace, card: ModelCard, ask: Ask) -> int:
    """Make what ``ask`` makes of the options: of one picture or a batch, each as it is or in a grid of variants.

    What fails of a batch is said, and the rest is made all the same; the exit code is then 1.
    """
    axes = [Axis.read(text) for text in (options.x, options.y, options.z) if text is not None]
    maker, batch = Maker(options, card), items(options)
    code = 0
    for item in batch:
        try:
            one = _grid(maker, ask(item, card), axes) if axes else maker.make(worded(ask(item, card), item))
        except StudioError as error:
            if len(batch) == 1:
                raise
            one = say(f"{getattr(item, 'image', item.prompt)}: {error}", 1)
        if one == 130:
            return one
        code = max(code, one)
    return code


def worded(request: Request, options: Namespace) -> Wording:
    """The request in the words and styles that the options say."""
    return word(request, options.words, options.style)


def _grid(maker: Maker, request: Request, axes: Sequence[Axis]) -> int:
    """A picture a cell, and the sheet of them; of those that are done, where it is stopped."""
    grid = spread(request, axes)
    wordings = [worded(each, maker.options) for each in grid.requests]
    hints = dict.fromkeys(hint for wording in wordings for hint in wording.hints)
    paths: list[Path] = []

    def tell(path: Path) -> None:
        show(path)
        paths.append(path)

    code = maker.make(Wording(tuple(each for wording in wordings for each in wording.requests), tuple(hints)), tell)
    if paths:
        _write_sheets(maker, grid, paths)
    return code


def _write_sheets(maker: Maker, grid: Grid, paths: Sequence[Path]) -> None:
    from studio.grids.saving import save
    from studio.library import open_picture

    pictures = [open_picture(path) for path in paths] + [None] * (len(grid.requests) - len(paths))
    for path in save(grid, pictures, maker.library.outputs):
        show(path)


def _events(family: Family, requests: Sequence[Request]) -> Generator[tuple[Request, Step | Picture]]:
    """What happens to the pictures of all requests, numbered through, with the request that makes each alone."""
    from pipelines.run import generate

    for request, first in numbered(requests):
        with closing(generate(family, request)) as events:
            for event in events:
                yield request.alone(event.index), replace(event, index=first + event.index)


def hint(card: ModelCard, wording: Wording) -> None:
    """Say what may not be meant as it was written."""
    for each in wording.hints:
        say(each)
    unknown = card.unknown_words("\n".join(request.prompt for request in wording.requests))
    if unknown:
        say(f"{card.title} does not know: {', '.join(unknown)}.")


def show(path: Path) -> None:
    """Say where a picture is; that nobody listens any more (``| head -1``) is no reason to stop making them."""
    try:
        print(path, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(sentence: str, code: int = 0) -> int:
    """One sentence for a person, and the exit code that goes with it."""
    print(sentence, file=sys.stderr, flush=True)
    return code
