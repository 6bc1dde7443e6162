"""What a model will see of a request's words, told by its tokenizer alone; neither torch nor a network is loaded."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.prompt import Prompt, joined, parse
from pipelines.requests import Request
from pipelines.sight import describe, look
from studio.settings import QUIET


def tokenizer(folder: Path) -> Any:
    """The tokenizer of the model in a folder; ModelError where it cannot be read."""
    os.environ |= QUIET
    from pipelines.tokenizer import read_tokenizer

    return read_tokenizer(folder)


def seen(request: Request, tokenizer: Any) -> str:
    """The prompt and, if there is one, the negative prompt of a request that is worded, in lines; no hints."""

    def told(name: str, source: str, prompt: Prompt) -> str:
        sight = look(replace(prompt, hints=()), tokenizer, request.sampling.steps)
        return f"{name}: {source}\n{describe(sight)}"

    lines = told("Prompt", request.prompt, parse(request.prompt))
    return (
        f"{lines}\n{told('Negative', request.negative, joined(parse(request.negative)))}" if request.negative else lines
    )
