"""From a request as it was typed to requests as they are made: its styles put on, its choices made picture by picture.

This happens once, when something is submitted.  A recipe holds the words that came of it, and those are never worded
again: a file makes the same picture whatever has become of the lists since.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from pathlib import Path

from pipelines.choices import names
from pipelines.errors import InvalidRequest
from pipelines.expansion import Lists, expand, hints, wear
from pipelines.prompt import parse
from pipelines.requests import Request
from studio.wordlists import Style, Styles, Wordlists, read_styles, read_wordlists

MOST_NAMED = 5


@dataclass(frozen=True)
class Wording:
    """``requests``: alike but for words and seeds, in their pictures' order.  ``hints``: a sentence each."""

    requests: tuple[Request, ...]
    hints: tuple[str, ...] = ()


def word(request: Request, folder: Path, styles: Sequence[str] = ()) -> Wording:
    """The request in these styles, by name, and with a wording for each picture; InvalidRequest where one is unknown.

    Of ``folder`` only what the request asks for is read, each time anew, since people edit it while the studio runs.
    """
    known = read_styles(folder) if styles else Styles()
    for name in styles:
        style = _style(known, name, folder)
        prompt, negative = wear(style.prompt, request.prompt), wear(style.negative, request.negative)
        request = replace(request, prompt=prompt, negative=negative)
    texts = (request.prompt, request.negative)
    found = read_wordlists(folder) if any(True for text in texts for _ in names(text)) else Wordlists({})
    said = (hint for text in texts for hint in hints(text, found.lists))
    return settled(worded(request, found.lists), [*known.hints, *found.hints, *said])


def settled(requests: Sequence[Request], hints: Iterable[str] = ()) -> Wording:
    """Requests whose words are what is meant, such as a recipe's; what the prompt language says of them is added."""
    read = (hint for each in requests for text in (each.prompt, each.negative) for hint in parse(text).hints)
    return Wording(tuple(requests), tuple(dict.fromkeys([*hints, *read])))


def worded(request: Request, lists: Lists) -> tuple[Request, ...]:
    """Each picture in the words of its own seed; neighbours that are worded alike stay one request."""
    seeds = map(request.seed_of, range(request.count))
    said = [(expand(request.prompt, seed, lists), expand(request.negative, seed, lists)) for seed in seeds]
    requests: list[Request] = []
    first = 0
    for (prompt, negative), alike in groupby(said):
        count = len(list(alike))
        requests.append(replace(request.alone(first), prompt=prompt, negative=negative, count=count))
        first += count
    return tuple(requests)


def numbered(requests: Sequence[Request]) -> Iterator[tuple[Request, int]]:
    """Each request with the number that its first picture has among those of all."""
    return zip(requests, accumulate((each.count for each in requests), initial=0), strict=False)


def _style(styles: Styles, name: str, folder: Path) -> Style:
    found = styles.named(name)
    if found is not None:
        return found
    there = [style.name for style in styles.styles]
    near = difflib.get_close_matches(name, there, n=1)
    if near:
        raise InvalidRequest(f"There is no style {name!r}: did you mean {near[0]!r}?")
    if there:
        some = ", ".join(there[:MOST_NAMED]) + (" and more" if len(there) > MOST_NAMED else "")
        raise InvalidRequest(f"There is no style {name!r}: choose one of {some}.")
    reason = " ".join(styles.hints) or f"write some into {folder / 'styles.csv'}, which has none."
    raise InvalidRequest(f"There is no style {name!r}: {reason}")
