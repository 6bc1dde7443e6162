"""What a person can choose from: all models there are, each told without loading it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.errors import ModelError
from pipelines.presets import find_preset
from pipelines.sources.kinds import KINDS
from studio.models.card import defaults_of, hears, make_card
from studio.models.catalogue import Models
from studio.models.entries import Entry, entry_of


@dataclass(frozen=True)
class Offer:
    """A model to choose.  ``reference``: as `ModelCard` has it.  ``kind``: what it is, in words.

    ``draws``: one sentence, if it says.  ``suits``: its size, steps and guidance, in words.  ``size``: in bytes.
    ``problem``: why it cannot be chosen, in one sentence; empty where it can.  ``hears``: as `ModelCard` has it.
    """

    reference: str
    title: str
    kind: str
    draws: str
    suits: str
    precision: str
    size: int
    problem: str
    hears: bool = True


def offers(models: Models, drawing: str) -> tuple[Offer, ...]:
    """The built-in models, those on the shelf and fetched ones; and the one that is drawing, wherever it lies."""
    found = {each.reference: each for each in (*_built_in(models), *_shelved(models))}
    if drawing not in found:
        found[drawing] = _offer(drawing, entry_of(models.shelf.item(models.find(drawing))))
    return tuple(found.values())


def pick(among: Sequence[Offer], wanted: str) -> Offer:
    """The offer of this reference, else the one of this title; ModelError, with what is near, where there is none."""
    fitting = [offer for offer in among if offer.reference == wanted]
    fitting = fitting or [offer for offer in among if offer.title == wanted]
    if len(fitting) > 1:
        raise ModelError(f"{wanted!r} fits {' and '.join(offer.reference for offer in fitting)}: give one of these.")
    if not fitting:
        raise ModelError(f"There is no model {wanted[:100]!r} to choose: try {' or '.join(_near(among, wanted))}.")
    if fitting[0].problem:
        raise ModelError(fitting[0].problem)
    return fitting[0]


def _near(among: Sequence[Offer], wanted: str) -> list[str]:
    """What may have been meant, else some of what there is."""
    titles = {offer.title.lower(): offer.title for offer in among if not offer.problem}
    near = difflib.get_close_matches(wanted.lower(), titles, n=3, cutoff=0.5)
    return [titles[each] for each in near or list(titles)[:3]]


def _built_in(models: Models) -> Iterator[Offer]:
    for name in models.names():
        yield _offer(name, entry_of(models.shelf.item(models.built_in / name)))


def _shelved(models: Models) -> Iterator[Offer]:
    """What is in the models' place is offered even where it cannot be used, so that it is said why."""
    places = {item.path for item in models.shelf.items("checkpoint")}
    for entry in models.entries():
        if entry.role == "model" or entry.path in places:
            yield _offer(str(entry.path.resolve()), entry)


def _offer(reference: str, entry: Entry) -> Offer:
    """What is told of files is kept, so they are not opened again; folders are only looked into."""
    if entry.problem or entry.role != "model":
        return Offer(reference, entry.name, entry.title, "", "", entry.precision, entry.size, entry.problem)
    if entry.kind not in KINDS:
        return _folder(reference, entry)
    kind = KINDS[entry.kind]
    network = kind.changes.get(kind.network, {})
    preset = find_preset(kind.pipeline, network=network, name=entry.name, native=entry.native)
    suits = _said(defaults_of(preset))
    return Offer(reference, entry.name, entry.title, "", suits, entry.precision, entry.size, "", hears(preset))


def _folder(reference: str, entry: Entry) -> Offer:
    try:
        card = make_card(reference, entry.path)
    except ModelError as error:
        return Offer(reference, entry.name, entry.title, "", "", "", entry.size, str(error))
    suits = _said(card.defaults)
    return Offer(reference, card.title, entry.title, card.draws, suits, entry.precision, entry.size, "", card.hears)


def _said(defaults: Mapping[str, Any]) -> str:
    guidance = "no guidance" if defaults["guidance"] == 1 else f"guidance {defaults['guidance']:g}"
    return f"{defaults['width']}\u00a0×\u00a0{defaults['height']}, {defaults['steps']} steps, {guidance}"
