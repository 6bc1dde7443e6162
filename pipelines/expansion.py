r"""Dynamic prompts: which words a prompt has for a seed, settled before the prompt language reads them.

    text    = { words | escape | choice | list | "{prompt}" }
    choice  = "{" option { "|" option } "}"        one of its options; choices may stand in choices
    option  = [ number "::" ] text                 the number is how often it is taken, beside the others (1)
    list    = "__" name "__"                       a line of the list of that name, itself a text
    name    = letters, digits, "-", "/" and single "_"
    escape  = "\" and one of  { } | \  or what else the prompt language escapes

``\{`` and ``\}`` become plain braces; any other escape is left for the prompt language, which knows it.  A bar between
square brackets is that language's own (``{[a|b]|c}`` has two options).  ``{prompt}`` is left for `wear`.  What does not
fit is left as it stands, and said by `hints`.

The picks: the n-th one that is made, counted from 1 as the text is read, options that were not taken left out, has the
number r = the first 8 bytes, big-endian, of SHA-256 of "seed:n" in ASCII.  Of options with the weights w (millionths; 1
for each line of a list) it takes the first whose running total is above ⌊r · sum(w) / 2⁶⁴⌋.  These are integers all
along, so that a seed means the same on every machine and in every version of Python.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from itertools import accumulate

from pipelines.choices import DEEPEST, SLOT, Choice, Line, Node, names, read
from pipelines.errors import InvalidRequest

Lists = Mapping[str, Sequence[str]]
NO_LISTS: Lists = {}
MOST_PICKS = 10_000


def expand(text: str, seed: int, lists: Lists = NO_LISTS) -> str:
    """The text with every choice made; InvalidRequest where a list leads back to itself or the choices never end."""
    try:
        TopologicalSorter(_leads_to(text, lists)).prepare()
    except CycleError as error:
        circle = " → ".join(f"__{name}__" for name in reversed(error.args[1]))
        raise InvalidRequest(f"A list leads back to itself: {circle}. Take one of these out of its list.") from error
    return _Picker(seed, lists).settle(text)


def hints(text: str, lists: Lists = NO_LISTS) -> tuple[str, ...]:
    """What `expand` leaves as it stands, in the text and in the lists that it may lead to: a sentence each."""
    found = [*_hints(text, lists)]
    for name in sorted(_leads_to(text, lists)):
        found += [f"In the list {name}: {hint}" for line in lists[name] for hint in _hints(line, lists)]
    return tuple(dict.fromkeys(found))


def wear(style: str, prompt: str) -> str:
    """A prompt in a style: where the style says ``{prompt}``, else before it and a comma.

    Without a prompt the style stands alone, and leaves no comma where the prompt would have been.
    """
    if SLOT in style and prompt.strip():
        return style.replace(SLOT, prompt)
    if SLOT in style:
        return ", ".join(filter(None, (each.strip() for each in style.replace(SLOT, "").split(","))))
    return ", ".join(filter(None, (prompt.rstrip(", \t\n"), style.strip()))) if style.strip() else prompt


def _leads_to(text: str, lists: Lists) -> dict[str, list[str]]:
    """Every list that a text may come to, with the lists that its lines name."""
    found: dict[str, list[str]] = {}
    ahead = [name for name in names(text) if name in lists]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found[name] = sorted({each for line in lists[name] for each in names(line) if each in lists})
            ahead += found[name]
    return found


def _hints(text: str, lists: Lists) -> Iterator[str]:
    yield from read(text).hints
    for name in names(text):
        if name not in lists:
            near = difflib.get_close_matches(name, list(lists), n=1)
            advice = f"did you mean __{near[0]}__?" if near else "add such a list, or take it out."
            yield f"There is no list {name}, so __{name}__ is read as it stands: {advice}"
        elif not lists[name]:
            yield f"The list {name} has no lines, so __{name}__ is read as it stands: write some, or take it out."


class _Picker:
    """Makes the choices of one seed, one after another."""

    def __init__(self, seed: int, lists: Lists) -> None:
        self.seed = seed
        self.lists = lists
        self.made = 0

    def settle(self, text: str, depth: int = 0) -> str:
        """A text, or a line that stands ``depth`` lists below it, with its choices made."""
        if depth > DEEPEST:
            raise InvalidRequest(f"Lists name lists more than {DEEPEST} deep: put some of them together.")
        return self._words(read(text).nodes, depth)

    def _words(self, nodes: Iterable[Node], depth: int) -> str:
        return "".join(node if isinstance(node, str) else self._taken(node, depth) for node in nodes)

    def _taken(self, node: Choice | Line, depth: int) -> str:
        if isinstance(node, Choice):
            return self._words(node.options[self._pick(node.weights)], depth)
        lines = self.lists.get(node.name, ())
        return self.settle(lines[self._pick([1] * len(lines))], depth + 1) if lines else f"__{node.name}__"

    def _pick(self, weights: Sequence[int]) -> int:
        self.made += 1
        if self.made > MOST_PICKS:
            raise InvalidRequest(f"There are more than {MOST_PICKS:,} choices to make: name fewer lists in each other.")
        number = int.from_bytes(sha256(f"{self.seed}:{self.made}".encode("ascii")).digest()[:8], "big")
        goal = number * sum(weights) >> 64
        return next(place for place, total in enumerate(accumulate(weights)) if total > goal)
