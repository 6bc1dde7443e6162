"""``models``: what can draw and what goes with it; fetched, shown, thrown away, made the usual one."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator

from pipelines.errors import InvalidRequest
from pipelines.requests import TASKS
from studio.models import Entry, Models

SHORT = 10
"""Digits of a file's hash that other programs call the model's hash."""


def manage(options: Namespace) -> int:
    """The command: lines for other programs go to stdout, the rest to stderr."""
    models = Models(shelf=options.models)
    for line in ACTIONS[options.action](models, options):
        print(line)
    return 0


def listed(models: Models, options: Namespace) -> Iterator[str]:
    """``list``: the built-in models, and what is on the shelf; a line each, with tabs."""
    usual = models.usual()
    for name in models.names():
        card = models.card(name)
        size = f"{card.defaults['width']}x{card.defaults['height']}"
        yield f"{name}\t{_said(card.title, size, 'the usual one' if name == usual else '')}\t{card.draws}".rstrip()
    for entry in models.entries():
        mark = "the usual one" if str(entry.path.resolve()) == usual else ""
        said = _said(entry.title, _side(entry), entry.precision, _bytes(entry.size), mark)
        yield f"{entry.name}\t{said}\t{entry.problem or entry.does}"
    print(f"More can be put into {models.shelf.root}, or given by their paths: --model PATH", file=sys.stderr)


def show(models: Models, options: Namespace) -> Iterator[str]:
    """``show NAME``: everything that can be told without loading it."""
    name = _one(options)
    entry = models.entry(name)
    if entry.problem:
        raise InvalidRequest(entry.problem)
    facts = {
        "name": entry.name,
        "path": str(entry.path.resolve()),
        "kind": entry.title,
        "does": entry.does + (f": {', '.join(_task(task) for task in TASKS)}" if entry.role == "model" else ""),
        "size": _side(entry),
        "precision": entry.precision,
        "bytes": str(entry.size),
        "licence": entry.licence or "it does not say",
    }
    if entry.path.is_file():
        facts["sha256"] = models.sha256(entry.path)
        facts["hash"] = facts["sha256"][:SHORT]
    if entry.role == "model":
        chosen = models.card(str(entry.path)).defaults
        facts["suits"] = ", ".join(f"{key} {value}" for key, value in chosen.items())
    yield from (f"{key:<10} {value}" for key, value in facts.items() if value)


def download(models: Models, options: Namespace) -> Iterator[str]:
    """``download ID``: from Hugging Face, into its cache; the only command that goes online."""
    from studio.models.fetching import fetch

    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    path, commit = fetch(_one(options), options.revision)
    print(f"Fetched as of commit {commit}.", file=sys.stderr)
    yield str(path)


def remove(models: Models, options: Namespace) -> Iterator[str]:
    """``remove NAME``: into the trash of the shelf, from where it can be taken back."""
    yield str(models.throw_away(models.entry(_one(options))))


def choose(models: Models, options: Namespace) -> Iterator[str]:
    """``default NAME``: used from now on where no model is named."""
    card = models.choose(_one(options))
    yield f"{card.title} is used from now on where no model is named."


ACTIONS: dict[str, Callable[[Models, Namespace], Iterator[str]]] = {
    "list": listed,
    "show": show,
    "download": download,
    "remove": remove,
    "default": choose,
}


def _one(options: Namespace) -> str:
    if options.what is None:
        raise InvalidRequest(f"models {options.action} needs a name: diffusion-studio models lists what there is.")
    return str(options.what)


def _said(*words: str) -> str:
    return ", ".join(word for word in words if word)


def _side(entry: Entry) -> str:
    return f"{entry.native}x{entry.native}" if entry.native else ""


def _bytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


def _task(task: str) -> str:
    return task.replace("_", " ")
