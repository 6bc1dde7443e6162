"""What a caption says of its scene, so that a picture is judged by nothing else.

A caption is true, so it is enough to find the words: of the scene, a phrase that is used for the true answer and for no
other; of things, a noun with its colour and its place beside it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count
from random import Random

from training.captions import caption
from training.drawings import FIRST_HELD_OUT
from training.labels import KINDS, SCENE, Seen
from training.scenes import Facts, Thing, imagine
from training.words import (
    FARS,
    GROUNDS,
    HOUR_NAMES,
    HOUR_TAGS,
    HOURS,
    LIGHTS,
    NOUNS,
    PLACES,
    PLURALS,
    STYLE_STARTS,
    STYLE_TAGS,
    WEATHER_TAGS,
    WEATHERS,
)

SAID = {  # the tables in which the words for each answer stand
    "hour": (HOURS, HOUR_NAMES, HOUR_TAGS),
    "weather": (WEATHERS, WEATHER_TAGS, LIGHTS),
    "ground": (GROUNDS,),
    "far": (FARS,),
    "style": (STYLE_STARTS, STYLE_TAGS),
}
WITH = re.compile(r"(?:in|wearing|with) (?:an? )?(?P<colour>\w+) (?P<what>coats?|sail|roof)\b ?")  # after a noun


@dataclass(frozen=True)
class Named:
    """A thing that a caption names, and whether it says its colour and its place."""

    thing: Thing
    at: int  # where in the caption
    colour: bool
    place: bool

    def shown(self, seen: Seen, *claims: str) -> bool:
        """Whether the thing is there, and what is claimed of it is so."""
        found = seen.find(self.thing.kind)
        return found is not None and all(getattr(found, claim) == getattr(self.thing, claim) for claim in claims)


@dataclass(frozen=True)
class Example:
    """A held-out scene and a caption of it."""

    number: int
    facts: Facts
    words: str

    @cached_property
    def things(self) -> tuple[Named, ...]:
        """The things that the caption names, in its order."""
        return named(self.words, self.facts)

    @property
    def pair(self) -> tuple[Named, ...]:
        """The first two single things whose colours are said, if these differ."""
        two = tuple(each for each in self.things if each.colour and each.thing.count == 1)[:2]
        return two if len({each.thing.colour for each in two}) == 2 else ()

    @cached_property
    def claims(self) -> frozenset[str]:
        """What the caption speaks of: questions about the scene; "thing", "colour" and "place" of the thing that it
        names first; "pair": two things in two colours."""
        found = {name for name in SCENE if says(self.words, name, getattr(self.facts, name))}
        for first in self.things[:1]:
            found |= {"thing"} | {name for name in ("colour", "place") if getattr(first, name)}
        return frozenset(found | {"pair"} if self.pair else found)

    def right(self, claim: str, seen: Seen) -> bool:
        """Whether a picture shows what the caption claims: a colour or a place only with the thing itself."""
        if claim in SCENE:
            return seen.scene[claim] == getattr(self.facts, claim)
        if claim == "pair":
            return all(each.shown(seen, "colour") for each in self.pair)
        return self.things[0].shown(seen, *(() if claim == "thing" else (claim,)))


def examples(*claims: str) -> Iterator[Example]:
    """Held-out scenes with captions that make all of these claims, in the order of their numbers."""
    for number in count(FIRST_HELD_OUT):
        facts = imagine(number)
        example = Example(number, facts, caption(facts, Random(number)))
        if example.claims >= set(claims):
            yield example


def says(words: str, name: str, value: str) -> bool:
    """Whether a caption holds a phrase that is used for this answer to a question and for no other one."""
    return any(re.search(rf"(?<![\w-]){phrase}(?![\w-])", words) for phrase in _phrases(name)[value])


@cache
def _phrases(name: str) -> dict[str, tuple[str, ...]]:
    """The phrases for each answer to a question; what would do for several answers is left out."""
    said = {value: {phrase for table in SAID[name] for phrase in table.get(value, ())} for value in SCENE[name]}
    return {
        value: tuple(phrase for phrase in phrases if sum(phrase in others for others in said.values()) == 1)
        for value, phrases in said.items()
    }


def named(words: str, facts: Facts) -> tuple[Named, ...]:
    """The things of the scene that a caption names, in its order."""
    places = _places(words)
    found = [_named(words, thing, *places[thing.kind]) for thing in facts.things if thing.kind in places]
    return tuple(sorted(found, key=lambda each: each.at))


def _places(words: str) -> dict[str, tuple[int, int]]:
    """Start and end of the first noun of each kind. The longest nouns are found first: a pine tree is no tree."""
    places: dict[str, tuple[int, int]] = {}
    nouns = {(form, kind) for kind in KINDS for noun in NOUNS[kind] for form in (noun, PLURALS.get(noun, f"{noun}s"))}
    for noun, kind in sorted(nouns, key=lambda each: (-len(each[0]), each)):
        for match in re.finditer(rf"\b{noun}\b", words):
            places[kind] = min(places.get(kind, match.span()), match.span())
            words = words[: match.start()] + "#" * len(noun) + words[match.end() :]
    return places


def _named(words: str, thing: Thing, start: int, end: int) -> Named:
    before, after = words[:start].rstrip(), words[end:].lstrip()
    beside = WITH.match(after)
    tells = beside is not None and beside["what"] != "roof" and beside["colour"] == thing.colour
    rest = after[beside.end() :] if beside else after
    place = any(rest.startswith(phrase) for phrase in PLACES.get(thing.place, ()))
    return Named(thing, start, tells or re.search(rf"\b{thing.colour}$", before) is not None, place)
