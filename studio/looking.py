"""What a model will see of a request's words, told by its tokenizer alone; neither torch nor a network is loaded."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.adapters.words import LORA_KINDS, Words, words_on
from pipelines.prompt import Prompt, joined, parse, tags
from pipelines.requests import Request
from pipelines.shelf import Shelf
from pipelines.sight import describe, look
from studio.settings import QUIET

TAG = re.compile(r"<\w+:[^<>]*>")


def tokenizer(folder: Path) -> Any:
    """The tokenizer of the model that is this folder or file; ModelError where it cannot be read."""
    os.environ |= QUIET
    from pipelines.sources.vocabulary import read_words

    return read_words(folder)


def seen(request: Request, tokenizer: Any, models: Path | None = None) -> str:
    """The prompt and, if there is one, the negative prompt of a request that is worded, in lines; no hints.

    Then what is on beside the model.  ``models``: a person's models folder, where learnt words are.
    """
    texts = (TAG.sub(" ", text) for text in (request.prompt, request.negative))
    words = Words({}) if models is None else words_on(Shelf(models), texts)

    def told(name: str, source: str, prompt: Prompt) -> str:
        sight = look(replace(prompt, hints=()), tokenizer, request.sampling.steps, words=words)
        return f"{name}: {source}\n{describe(sight)}"

    lines = [told("Prompt", request.prompt, parse(request.prompt))]
    if request.negative:
        lines.append(told("Negative", request.negative, joined(parse(request.negative))))
    return "\n".join([*lines, *on(request, words)])


def on(request: Request, words: Words) -> Iterator[str]:
    """What is on beside the model, a line each."""
    for tag in tags(parse(request.prompt)):
        network = tag.weight if tag.network is None else tag.network
        apart = "" if network == tag.weight else f", the text encoders at {tag.weight:g}"
        yield f"On: {'LoRA' if tag.kind in LORA_KINDS else tag.kind} {tag.name} at {network:g}{apart}"
    for name, tokens in words.tokens.items():
        yield f"On: embedding {name}, {len(tokens)} place{'s' if len(tokens) > 1 else ''}"
    for each in (*request.controls, *request.image_prompts):
        when = f", from {each.start:g} to {each.end:g} of the steps" if each.end - each.start < 1 else ""
        yield f"On: {each.reader} {each.name} at {each.weight:g}{when}"
