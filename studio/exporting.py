"""The command ``export``: a picture as a file for elsewhere."""

from __future__ import annotations

from argparse import Namespace

from pipelines.errors import InvalidRequest
from studio.library.export import export


def write(options: Namespace) -> int:
    """``export FILE TARGET``."""
    if not 1 <= options.quality <= 100:
        raise InvalidRequest(f"--quality must be 1 to 100, but is {options.quality}.")
    export(options.image, options.target, options.quality, options.recipe)
    print(options.target)
    return 0
