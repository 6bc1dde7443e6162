"""The command line: the page, or one of the commands.

Pictures' paths go to stdout, one a line; everything else is for a person and goes to stderr.  Exit codes: 0, 2 with one
sentence where something could not be done, 1 where something broke, 130 after Ctrl-C.
"""

from __future__ import annotations

import importlib
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.errors import InvalidRequest, StudioError
from pipelines.requests import Outpaint, Request, Sampling, TextToImage
from studio import arguments, asking
from studio.explain import sentence as explain
from studio.looking import seen, tokenizer
from studio.making import hint, make, make_all, say, show, worded
from studio.models import ModelCard, Models
from studio.settings import ENGINE, QUIET, Settings
from studio.wording import Wording, settled


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the words say and give the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words and words[0] in COMMANDS:
            return COMMANDS[words[0]](placed(arguments.COMMANDS[words[0]]().parse_args(words[1:])))
        return serve(placed(arguments.page().parse_args(words)))
    except StudioError as error:
        return say(str(error), 2)
    except KeyboardInterrupt:
        return say("Stopped.", 130)
    except Exception as error:
        return say(explain(error), 1)


def placed(options: Namespace) -> Namespace:
    """The options with the model by its built-in name or its path: names on a shelf mean something only with it."""
    if getattr(options, "models", None) is not None and getattr(options, "model", None) is not None:
        options.model = Models(shelf=options.models).named(options.model)
    return options


def serve(options: Namespace) -> int:
    """Open the page, and stay until it is closed."""
    from studio import app

    app.serve(Settings(**vars(options)))
    return 0


def asked(ask: Callable[[Namespace, ModelCard], Request]) -> Callable[[Namespace], int]:
    """The command that makes what ``ask`` makes of its options."""

    def command(options: Namespace) -> int:
        card = Models().card(options.model)
        if getattr(options, "plan", False):
            return _foretell(options, card, worded(ask(options, card), options))
        return make_all(options, card, ask)

    return command


def _foretell(options: Namespace, card: ModelCard, wording: Wording) -> int:
    """``--plan``: what would be done, and how long it would take."""
    os.environ |= QUIET
    from pipelines.foretelling import foretold, lines
    from pipelines.loading import load

    request = wording.requests[0]
    if request.idle is not None or not isinstance(request, Outpaint):
        raise InvalidRequest(request.idle or "Only an outpainting has a plan to show: leave --plan out.")
    family = load(card.folder, **{name: getattr(options, name) for name in ENGINE})
    print(*lines(*foretold(family, request)), sep="\n")
    return 0


def replay(options: Namespace) -> int:
    """``replay FILE``, or ``again FILE``: the picture anew; 1 where it should be the same, and is not."""
    from studio.library import Library
    from studio.replaying import ingredients, verdict

    wanted = ingredients(options.image, options.model, Library(options.out), models=Models(shelf=options.models))
    for note in wanted.notes:
        say(note)
    options.vae = options.vae or wanted.on.get("vae")
    differs: list[str | None] = []

    def tell(path: Path) -> None:
        show(path)
        differs.append(verdict(path, wanted))

    code = make(options, wanted.card, settled([wanted.request]), tell)
    if code or options.model is not None:
        return code
    sentence = next(iter(differs), None)
    return say("It is the same picture, pixel for pixel.") if sentence is None else say(sentence, 1)


def vary(options: Namespace) -> int:
    """``vary FILE``: pictures near it, from its recipe."""
    from studio.library import Library
    from studio.replaying import ingredients

    wanted = ingredients(options.image, options.model, Library(options.out), models=Models(shelf=options.models))
    options.vae = options.vae or wanted.on.get("vae")
    return make(options, wanted.card, settled([asking.varied(options, wanted.request)]))


def deferred(module: str, name: str) -> Callable[[Namespace], int]:
    """The command of a module that is imported when it is called for."""

    def command(options: Namespace) -> int:
        code: int = getattr(importlib.import_module(module), name)(options)
        return code

    return command


def look(options: Namespace) -> int:
    """``look PROMPT``: what the model's tokenizer makes of it; the model itself is not loaded."""
    card = Models().card(options.model)
    steps = card.defaults["steps"] if options.steps is None else options.steps
    sampling = Sampling(steps=steps, seed=options.seed)
    request = TextToImage(prompt=options.prompt, negative=options.negative, sampling=sampling)
    wording = worded(request, options)
    lines = seen(wording.requests[0], tokenizer(card.folder), options.models)
    hint(card, wording)
    print(lines)
    return 0


def doctor(options: Namespace) -> int:
    """``doctor``: 0 where everything needed is well, 1 where something is not."""
    from studio.doctor import examine

    os.environ |= QUIET
    how = {name: getattr(options, name) for name in ("device", "precision", "attention", "memory")}
    healthy = True
    for finding in examine(options.model, options.outputs, **how):
        print(f"{'ok ' if finding.well else 'BAD'}  {finding.subject:<12} {finding.words}", flush=True)
        healthy = healthy and finding.well
    return 0 if healthy else 1


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "generate": asked(asking.text_to_image),
    "image-to-image": asked(asking.image_to_image),
    "inpaint": asked(asking.inpaint),
    "outpaint": asked(asking.outpaint),
    "vary": vary,
    "replay": replay,
    "again": replay,
    "look": look,
    "library": deferred("studio.finding", "manage"),
    "verify": deferred("studio.verifying", "verify"),
    "export": deferred("studio.exporting", "write"),
    "models": deferred("studio.shelving", "manage"),
    "doctor": doctor,
}
